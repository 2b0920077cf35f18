//! `/v1/search`: criteria to a page of entries, their total and a cursor.

use super::asked::Asked;
use super::credential::Caller;
use super::item::Item;
use super::parameters::SearchParameters;
use super::problem::Problem;
use super::refusals::SearchRefusals;
use super::router::Shared;
use crate::directory::cursor::Progress;
use crate::directory::{Source, Truncated};
use axum::Json;
use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

/// A cursor is bound to its audience only: accounts of one audience see the same, and may hand a walk on.
const IDENTITY: &str = "";

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchAnswer {
    /// Entries that match, on all pages.
    #[schema(example = 1)]
    total: u64,
    /// Best first: those whose family name is just `name`, then whole words before beginnings, with a mailbox before without, then by name
    /// and id. When nothing matches as typed, those that match with one error in one word.
    items: Vec<Item>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
    /// Only ever false: the search was ended early, `total` is a lower bound and entries may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<bool>,
    /// Only ever true: there are more, and no next page. Either the pages together hold as many entries as the caller may read by one
    /// search, or it has been shown as many mailboxes as it may be for now. A narrower question finds the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
}

/// Search
///
/// Professionals and structures with their mailboxes inside, or mailboxes alone with `kind=mailbox`. At least one criterion is
/// required. `total` counts what is answered, never both.
///
/// When nothing matches as typed, one error in one word of `q`, `name`, `given`, `city`, `profession` or `specialty` is forgiven: a letter
/// too many, too few, another one, or two neighbours swapped, in a word of three letters or more and no digit, which is then compared whole
/// and not by its beginning. `total` counts these matches, and pages that follow stay with them.
#[utoipa::path(
    get,
    path = "/v1/search",
    tag = "directory",
    operation_id = "search",
    params(SearchParameters),
    responses((status = 200, description = "A page of entries", body = SearchAnswer), SearchRefusals),
    security((), ("bearer" = [])),
)]
pub(super) async fn search(State(api): State<Shared>, Caller(caller): Caller, asked: Asked) -> Result<Json<SearchAnswer>, Problem> {
    let (directory, audience) = (&api.service.directory, caller.audience);
    let now = (api.clock)().as_second();
    let cursor = asked.cursor.clone();
    let mut query = asked.question();
    let question = query.clone();
    let mut returned = 0;
    if let Some(cursor) = &cursor {
        let place = directory.cursors().decode(cursor, audience, &question, IDENTITY, now);
        let progress = place.map_err(|error| Problem::parameter("invalid_cursor", "cursor", error.to_string()))?;
        returned = progress.returned;
        query.after = Some(progress.last);
    }
    let answer = directory.search(&caller, query, api.deadline()).await?;
    let items = answer.hits.iter().map(Item::of).collect::<Result<Vec<_>, _>>()?;
    let limits = &api.service.settings.limits;
    let most = match caller.source {
        Source::Account { .. } => limits.account_paged_entries,
        Source::Address(_) | Source::Local => limits.anonymous_entries,
    };
    let returned = returned + answer.hits.len() as u64;
    // All pages together hold no more than over LDAP.
    let restricted = answer.truncated == Some(Truncated::Allowance) || (answer.more && returned >= most as u64);
    let next = match answer.hits.last() {
        Some(last) if answer.more && !restricted => {
            let progress = Progress { last: last.rank.clone(), returned };
            Some(directory.cursors().encode(audience, &question, IDENTITY, &progress, now))
        }
        _ => None,
    };
    Ok(Json(SearchAnswer {
        total: answer.total.unwrap_or(answer.hits.len() as u64),
        items,
        next,
        exact: answer.truncated.filter(|_| !restricted).map(|_| false),
        truncated: restricted.then_some(true),
    }))
}
