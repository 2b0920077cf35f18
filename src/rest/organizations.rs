//! `/v1/organizations/{id}`: one structure with its address and the mailboxes shown.

use super::credential::Caller;
use super::entry;
use super::item::Item;
use super::path::Segment;
use super::problem::Problem;
use super::query_string::NoParameters;
use super::refusals::EntryRefusals;
use super::router::Shared;
use crate::model::Kind;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;

/// One structure
///
/// By its stable id (identifiant technique, `F` + FINESS, `C` + SIRET, or `X…`). A bare FINESS or SIRET number that names a single
/// structure answers 308 to it. What may not be shown answers exactly like what does not exist.
#[utoipa::path(
    get,
    path = "/v1/organizations/{id}",
    tag = "directory",
    operation_id = "organization",
    params(("id" = String, Path, description = "Stable id, or a FINESS or SIRET number", max_length = 200, example = "F990999013")),
    responses(
        (status = 200, description = "The structure", body = Item, headers(
            ("etag" = String, description = "Strong entity tag, for If-None-Match"),
            ("last-modified" = String, description = "When the content last changed"),
        )),
        (status = 308, description = "Known under its stable id", headers(("location" = String, description = "Path of the stable id"))),
        EntryRefusals,
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn organization(
    State(api): State<Shared>,
    Caller(caller): Caller,
    _: NoParameters,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    entry::answer(&api, &caller, Kind::Structure, &id, "/v1/organizations", &headers).await
}
