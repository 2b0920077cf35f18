//! `/v1/admin/exports`: an edition built now.

use super::Administrator;
use crate::rest::operator::Parameters;
use crate::rest::problem::Problem;
use crate::rest::refusals::AdminRefusals;
use crate::rest::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::{StatusCode, Uri};
use serde::Serialize;
use utoipa::ToSchema;

/// A build that began.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Building {
    /// Always true: the edition is in `/v1/exports` when it is done; a failure is a notice of `/readyz`
    building: bool,
}

/// Build an edition now
#[utoipa::path(
    post, path = "/v1/admin/exports", tag = "admin", operation_id = "build_edition",
    responses(
        (status = 202, description = "It is being built; `edition_in_progress` (409) when one was already", body = Building),
        AdminRefusals
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn build(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    uri: Uri,
) -> Result<(StatusCode, Json<Building>), Problem> {
    Parameters::of(&uri, &[])?;
    api.service.exports.begin(actor, api.now())?;
    Ok((StatusCode::ACCEPTED, Json(Building { building: true })))
}
