//! `/v1/search`: criteria to a page of entries, their total and a cursor.

use super::asked::Asked;
use super::credential::Caller;
use super::entry;
use super::facets::FacetsAnswer;
use super::item::Item;
use super::parameters::SearchParameters;
use super::problem::Problem;
use super::refusals::SearchRefusals;
use super::router::{Api, Shared};
use crate::directory::cursor::Progress;
use crate::directory::{self, Criteria, Hit, Level, Source, Truncated, Understood, WordDropped, WordMatch, WordRead};
use crate::error::Error;
use crate::settings::LimitSettings;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde::Serialize;
use std::time::Instant;
use utoipa::ToSchema;

/// A cursor is bound to its audience only: accounts of one audience see the same, and may hand a walk on.
const IDENTITY: &str = "";

/// A page of entries.
#[derive(Serialize, ToSchema)]
pub(super) struct SearchAnswer {
    /// Entries that match, on all pages.
    #[schema(example = 1)]
    pub(super) total: u64,
    /// Best first: by the worst word of each (whole, beginning, alike in sound, one error, two; then names before profession and place before
    /// other structures), then those whose family name is just `name`, those spelled as typed, with a mailbox before without, by name and id.
    pub(super) items: Vec<FoundItem>,
    /// Cursor of the next page; null on the last one. With `truncated`, the page behind it takes an account (`account_required`).
    pub(super) next: Option<String>,
    /// The facets asked for, counted over all pages.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) facets: Option<FacetsAnswer>,
    /// Only ever false: the search was ended early, `total` and the counts of facets are lower bounds and entries may be missing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exact: Option<bool>,
    /// Only ever true: there are more than the caller is answered. Either the pages together hold as many entries as it may read by one
    /// search (100 without an account), or it has been shown as many mailboxes as it may be for now. A narrower question finds the rest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) truncated: Option<bool>,
    /// How the question was read; with `explain=true`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) plan: Option<QuestionRead>,
}

/// An entry of an answer, and why it is there.
#[derive(Serialize, ToSchema)]
pub(super) struct FoundItem {
    #[serde(flatten)]
    pub(super) item: Item,
    /// For each word of `q`, `name` and `given` the best way it matches this entry, then the value that answers each of `profession`, `specialty`,
    /// `city`, `postal_code`, `department`, `organization`, `identifier` and `address` that was asked.
    pub(super) r#match: Vec<WordMatch>,
}

impl FoundItem {
    fn of(hit: &Hit, understood: &Understood) -> Result<Self, Problem> {
        let item = Item::of(hit)?;
        let (mut r#match, _) = understood.matches(item.view());
        r#match.extend(understood.filters(item.view()));
        Ok(Self { item, r#match })
    }
}

/// A question as it was read.
#[derive(Serialize, ToSchema)]
pub(super) struct QuestionRead {
    /// Words that are looked up, each with all it is taken for.
    pub(super) words: Vec<WordRead>,
    /// Particles, titles and the like, left out because other words remain.
    pub(super) dropped: Vec<WordDropped>,
    /// What was forgiven for this answer; absent when nothing was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) level: Option<Level>,
}

/// Entries that all pages of a question may hold, and whether an account would get further.
pub(super) fn pages_of(limits: &LimitSettings, source: &Source) -> (u64, bool) {
    match source {
        Source::Account { .. } => (limits.account_paged_entries as u64, false),
        Source::Address(_) | Source::Local => (limits.anonymous_entries as u64, true),
    }
}

fn account_required(most: u64) -> Problem {
    let detail = format!(
        "the first {most} entries of a question are for everybody; further ones take an account (Authorization: Bearer), and a narrower question finds them too"
    );
    Problem::new(StatusCode::FORBIDDEN, "account_required", detail)
}

/// Search
///
/// Professionals and structures with their mailboxes inside, or mailboxes alone with `kind=mailbox`. At least one criterion is
/// required. `total` counts what is answered, never both.
///
/// Without an account the pages of one question hold 100 entries together: the page behind them answers 403 `account_required`. They are the
/// first hundred by relevance in every order: `sort` puts these in order, and what is not among them is found by a narrower question.
///
/// Words of `q`, `name` and `given` match whole, by their beginning, and names and communes also by their sound (Lefèvre, Lefebvre). `q`
/// understands everyday words (cardio, kiné, généraliste), départements by number or name, regions, arrondissements, short forms of first
/// names, numbers (RPPS, FINESS, SIRET, telephone, postcode), addresses, pieces of them (`chu-lille.mssante.fr`, `martin.sv`) and streets behind
/// their kind (`rue pasteur`). Titles (dr) and particles (de, le) are left out when other words remain and they are no part of a name that
/// somebody has. Words of `q` recognised as profession, specialty or place hold of one same exercise or activity, beginnings of three letters too.
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
pub(super) async fn search(State(api): State<Shared>, Caller(caller): Caller, asked: Asked) -> Result<Response, Problem> {
    let (begun, further) = (Instant::now(), asked.cursor.is_some());
    let answer = answer(&api, &caller, asked).await?;
    // A further page is no further question.
    if !further {
        entry::answered(&api, begun, answer.items.is_empty());
    }
    // Written whole, then sent: piece by piece into a growing buffer takes longer.
    let body = serde_json::to_vec(&answer).map_err(|e| Error::internal("an answer cannot be written", e))?;
    Ok(([(CONTENT_TYPE, "application/json")], body).into_response())
}

/// The answer to what was asked. Whoever asks on somebody's behalf counts it as a question, or not.
pub(super) async fn answer(api: &Api, caller: &directory::Caller, asked: Asked) -> Result<SearchAnswer, Problem> {
    let (directory, audience) = (&api.service.directory, caller.audience);
    let now = (api.clock)().as_second();
    let mut query = asked.question();
    let (most, anonymous) = pages_of(&api.service.settings.limits, &caller.source);
    if anonymous {
        // In whatever order they are read: each order by itself would give others.
        query.order = query.order.of_best(usize::try_from(most).unwrap_or(usize::MAX));
    }
    let question = query.clone();
    let mut returned = 0;
    if let Some(cursor) = &asked.cursor {
        let place = directory.cursors().decode(cursor, audience, &question, IDENTITY, now);
        let progress = place.map_err(|error| Problem::parameter("invalid_cursor", "cursor", error.to_string()))?;
        returned = progress.returned;
        query.after = Some(progress.last);
    }
    let left = usize::try_from(most.saturating_sub(returned)).unwrap_or(usize::MAX);
    if left == 0 && anonymous {
        return Err(account_required(most));
    }
    // An account that was cut short has no next page; what it still has of an older cursor is one more page.
    query.limit = if anonymous { query.limit.min(left) } else { query.limit };
    // Known beforehand: what the search shows is no reason to call itself cut short.
    let had_enough = directory.is_restricted(caller);
    let answer = directory.search(caller, query, api.deadline()).await?;
    let understood = Understood::of(&Criteria { known_names: answer.known_names.clone(), ..asked.criteria.clone() });
    let items = answer.hits.iter().map(|hit| FoundItem::of(hit, &understood)).collect::<Result<Vec<_>, _>>()?;
    let returned = returned + answer.hits.len() as u64;
    // All pages together hold no more than over LDAP.
    let restricted = answer.truncated == Some(Truncated::Allowance) || (answer.more && (had_enough || returned >= most));
    let next = match answer.hits.last() {
        // Of the anonymous, whoever follows is told how to get further.
        Some(last) if answer.more && (!restricted || (anonymous && answer.truncated.is_none())) => {
            let progress = Progress { last: last.rank.clone(), returned };
            Some(directory.cursors().encode(audience, &question, IDENTITY, &progress, now))
        }
        _ => None,
    };
    Ok(SearchAnswer {
        total: answer.total.unwrap_or(answer.hits.len() as u64),
        items,
        next,
        facets: answer.facets.map(|facets| FacetsAnswer::of(facets, &asked.facets)),
        exact: answer.truncated.filter(|truncated| *truncated != Truncated::Allowance).map(|_| false),
        truncated: restricted.then_some(true),
        plan: asked.explain.then(|| QuestionRead {
            words: understood.words(),
            dropped: understood.dropped(),
            level: answer.hits.first().map(|hit| Level::of(&hit.rank)),
        }),
    })
}
