//! `/v1/mailboxes/{address}`: one mailbox with its holders and structures.

use super::credential::Caller;
use super::entry;
use super::item::Item;
use super::path::Segment;
use super::problem::Problem;
use super::query_string::NoParameters;
use super::refusals::EntryRefusals;
use super::router::Shared;
use crate::model::{Address, EntryKey, Kind};
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use std::time::Instant;

/// One mailbox
///
/// By its address. Another spelling of it (capitals, a domain with accents) answers 308 to the one form kept: lower case, the domain
/// as an A-label. What may not be shown answers exactly like what does not exist.
#[utoipa::path(
    get,
    path = "/v1/mailboxes/{address}",
    tag = "directory",
    operation_id = "mailbox",
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200, example = "elodie.testard@ch-exempleville.mssante.fr")),
    responses(
        (status = 200, description = "The mailbox", body = Item, headers(
            ("etag" = String, description = "Strong entity tag, for If-None-Match"),
            ("last-modified" = String, description = "When the content last changed"),
        )),
        (status = 308, description = "Known under its stable id", headers(("location" = String, description = "Path of the stable id"))),
        EntryRefusals,
    ),
    security((), ("bearer" = [])),
)]
pub(super) async fn mailbox(
    State(api): State<Shared>,
    Caller(caller): Caller,
    _: NoParameters,
    Segment(given): Segment,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    // What is no address is asked for all the same: the answer and its path do not depend on it.
    let address = Address::parse(&given).map_or_else(|_| given.clone(), String::from);
    let begun = Instant::now();
    let hit = api.service.directory.entry(&caller, EntryKey::new(Kind::Mailbox, address.as_str())).await?;
    // Who follows the move asks once, there.
    if hit.is_none() || address == given {
        entry::answered(&api, begun, hit.is_none());
    }
    match hit {
        None => Err(Problem::not_found()),
        Some(_) if address != given => entry::moved("/v1/mailboxes", &address),
        Some(hit) => entry::shown(&hit, &headers),
    }
}
