//! `/v1/professionals/{id}`: one professional with exercises, activities and the mailboxes shown.

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

/// One professional
///
/// By identification nationale (`8` + RPPS number, `0` + ADELI number). A bare RPPS or ADELI number answers 308 to it. What may not
/// be shown answers exactly like what does not exist.
#[utoipa::path(
    get,
    path = "/v1/professionals/{id}",
    tag = "directory",
    operation_id = "professional",
    params(("id" = String, Path, description = "Identification nationale PP, or an RPPS or ADELI number", max_length = 200, example = "810999990012")),
    responses(
        (status = 200, description = "The professional", body = Item, headers(
            ("etag" = String, description = "Strong entity tag, for If-None-Match"),
            ("last-modified" = String, description = "When the content last changed"),
        )),
        (status = 308, description = "Known under its stable id", headers(("location" = String, description = "Path of the stable id"))),
        EntryRefusals,
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn professional(
    State(api): State<Shared>,
    Caller(caller): Caller,
    _: NoParameters,
    Segment(id): Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    entry::answer(&api, &caller, Kind::Professional, &id, "/v1/professionals", &headers).await
}
