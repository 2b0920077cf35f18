//! `/v1/search`: criteria to a page of entries, their total and a cursor.

use super::asked::Asked;
use super::credential::Caller;
use super::item::Item;
use super::parameters::SearchParameters;
use super::problem::Problem;
use super::refusals::SearchRefusals;
use super::router::Shared;
use crate::directory::cursor::Progress;
use crate::directory::{Hit, Level, Source, Truncated, Understood, WordDropped, WordMatch, WordRead};
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
    /// Best first: by the worst word of each (whole, beginning, alike in sound, one error, two; then names before profession and place before
    /// other structures), then those whose family name is just `name`, those spelled as typed, with a mailbox before without, by name and id.
    items: Vec<FoundItem>,
    /// Cursor of the next page; null on the last one.
    next: Option<String>,
    /// Only ever false: the search was ended early, `total` is a lower bound and entries may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    exact: Option<bool>,
    /// Only ever true: there are more, and no next page. Either the pages together hold as many entries as the caller may read by one
    /// search, or it has been shown as many mailboxes as it may be for now. A narrower question finds the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    truncated: Option<bool>,
    /// How the question was read; with `explain=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    plan: Option<QuestionRead>,
}

/// An entry of an answer, and why it is there.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundItem {
    #[serde(flatten)]
    item: Item,
    /// For each word of `q`, `name` and `given` the best way it matches this entry; empty when none was asked.
    r#match: Vec<WordMatch>,
}

impl FoundItem {
    fn of(hit: &Hit, understood: &Understood) -> Result<Self, Problem> {
        let item = Item::of(hit)?;
        let (r#match, _) = understood.matches(item.view());
        Ok(Self { item, r#match })
    }
}

/// A question as it was read.
#[derive(Serialize, ToSchema)]
pub(super) struct QuestionRead {
    /// Words that are looked up, each with all it is taken for.
    words: Vec<WordRead>,
    /// Particles, titles and the like, left out because other words remain.
    dropped: Vec<WordDropped>,
    /// What was forgiven for this answer; absent when nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<Level>,
}

/// Search
///
/// Professionals and structures with their mailboxes inside, or mailboxes alone with `kind=mailbox`. At least one criterion is
/// required. `total` counts what is answered, never both.
///
/// Words of `q`, `name` and `given` match whole, by their beginning, and names and communes also by their sound (Lefèvre, Lefebvre). `q`
/// understands everyday words (cardio, kiné, généraliste), départements by number or name, regions, arrondissements, short forms of first
/// names, numbers (RPPS, FINESS, SIRET, telephone, postcode) and addresses. Titles (dr) and particles (de, le) are left out when other words
/// remain. Words of `q` recognised as profession, specialty or place hold of one same exercise or activity.
///
/// When nothing matches as typed, errors are forgiven in words of `q`, `name`, `given`, `city`, `profession` and `specialty` that nobody holds
/// as typed: a letter too many, too few, another one, or two neighbours swapped; one in a word of four letters or more and no digit, then,
/// when there is still nothing, two from eight letters. Such a word is compared whole. `total` counts these matches, and pages that follow
/// stay with them.
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
    let understood = Understood::of(&asked.criteria);
    let mut query = asked.question();
    let question = query.clone();
    let mut returned = 0;
    if let Some(cursor) = &asked.cursor {
        let place = directory.cursors().decode(cursor, audience, &question, IDENTITY, now);
        let progress = place.map_err(|error| Problem::parameter("invalid_cursor", "cursor", error.to_string()))?;
        returned = progress.returned;
        query.after = Some(progress.last);
    }
    let answer = directory.search(&caller, query, api.deadline()).await?;
    let items = answer.hits.iter().map(|hit| FoundItem::of(hit, &understood)).collect::<Result<Vec<_>, _>>()?;
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
        plan: asked.explain.then(|| QuestionRead {
            words: understood.words(),
            dropped: understood.dropped(),
            level: answer.hits.first().map(|hit| Level::of(&hit.rank)),
        }),
    }))
}
