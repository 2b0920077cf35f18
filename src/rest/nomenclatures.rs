//! `/v1/nomenclatures/{table}`: codes and labels, as learned from the official files.

use super::credential::Caller;
use super::entry;
use super::path::Segment;
use super::problem::Problem;
use super::query_string::NoParameters;
use super::refusals::EntryRefusals;
use super::router::Shared;
use crate::error::Error;
use crate::model::Coded;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

/// A table of codes.
#[derive(Serialize, ToSchema)]
pub(super) struct Nomenclature<'a> {
    /// The table, as asked for.
    #[schema(example = "TRE_R38")]
    table: &'a str,
    /// Sorted by code.
    items: &'a [Coded],
}

/// One nomenclature
///
/// The tables are the ANS's (`TRE_G15` professions, `TRE_R38` spécialités ordinales, …), and `DEPARTEMENT`.
#[utoipa::path(
    get,
    path = "/v1/nomenclatures/{table}",
    tag = "nomenclatures",
    operation_id = "nomenclature",
    params(("table" = String, Path, description = "Name of the table, short or full", max_length = 200, example = "TRE_R38")),
    responses(
        (status = 200, description = "The table", body = Nomenclature, headers(
            ("etag" = String, description = "Strong entity tag, for If-None-Match"),
        )),
        EntryRefusals,
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn nomenclature(
    State(api): State<Shared>,
    _: Caller,
    _: NoParameters,
    Segment(table): Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let items = api.service.directory.nomenclature(&table).ok_or_else(Problem::not_found)?;
    let body = serde_json::to_vec(&Nomenclature { table: &table, items: &items });
    entry::tagged(body.map_err(|e| Error::internal("a nomenclature as JSON", e))?, &headers)
}
