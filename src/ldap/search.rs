//! Search (RFC 4511 section 4.5): base, scope and filter to a question, the answer to entries, limits to result codes.
//!
//! Entries leave at the reader's pace, packed into chunks; none are collected beyond the bounded list of places the directory returns.
//! The entry limit is the smaller of the client's and the audience's; past it, past the evaluation budget or past the server's own time
//! the entries so far are followed by sizeLimitExceeded (4). timeLimitExceeded (3) answers only a time limit the client itself sent.

use super::LdapService;
use super::entry::{self, Entry};
use super::filter::FilterError;
use super::output::{CHUNK_BYTES, Gone, Output};
use super::request::{Scope, SearchRequest};
use super::response::Outcome;
use super::root_dse::Offers;
use super::tree::{self, Place};
use crate::directory::{Answer, Hit, Matching, Order, Query, Truncated};
use crate::model::{Audience, Kind};
use ldap3_proto::proto::LdapResultCode;
use std::time::Duration;

/// Answers a search request; the outcome is for its SearchResultDone.
pub async fn run(
    service: &LdapService,
    audience: Audience,
    offers: Offers,
    id: i32,
    content: &[u8],
    output: &Output,
) -> Result<Outcome, Gone> {
    let request = match SearchRequest::read(content) {
        Ok(request) => request,
        Err(FilterError::Malformed) => return Ok(Outcome::malformed()),
        Err(FilterError::TooComplex) => return Ok(Outcome::new(LdapResultCode::UnwillingToPerform, "the filter is too complex")),
    };
    let Ok(place) = tree::resolve(request.base) else {
        return Ok(Outcome::new(LdapResultCode::InvalidDNSyntax, "the base is no DN"));
    };
    let (entries, outcome) = match find(service, audience, offers, &request, &place).await {
        Ok(found) => found,
        Err(outcome) => return Ok(outcome),
    };
    let mut chunk = Vec::with_capacity(CHUNK_BYTES);
    for found in &entries {
        entry::put(&mut chunk, id, found.bytes(), &request.wanted, request.types_only);
        if chunk.len() >= CHUNK_BYTES {
            output.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_BYTES))).await?;
        }
    }
    if !chunk.is_empty() {
        output.send(chunk).await?;
    }
    Ok(outcome)
}

/// The entries of the answer and how it ends, or the refusal of the whole search.
async fn find(
    service: &LdapService,
    audience: Audience,
    offers: Offers,
    request: &SearchRequest<'_>,
    place: &Place,
) -> Result<(Vec<Entry>, Outcome), Outcome> {
    let (positions, kinds) = match (place, request.scope) {
        (Place::Root, Scope::One) => (tree::contexts(), Vec::new()),
        (Place::Root, Scope::Sub) => tree::subtree(tree::DEFAULT_CONTEXT),
        (Place::Base(position), Scope::One) => tree::one_level(*position),
        (Place::Base(position), Scope::Sub) => tree::subtree(*position),
        (Place::Root | Place::Base(_), Scope::Base) | (Place::Subschema | Place::Leaf { .. } | Place::Nowhere { .. }, _) => {
            let entry = Entry::at(service, audience, offers, place).await?;
            let returned = request.scope != Scope::One && entry.matches(&request.filter);
            return Ok((if returned { vec![entry] } else { Vec::new() }, Outcome::success()));
        }
    };
    let limit = entry_limit(service, audience, request);
    let mut entries: Vec<Entry> = positions
        .into_iter()
        .filter_map(|position| tree::base_entries().get(position))
        .map(|base| Entry::Fixed(&base.bytes))
        .filter(|entry| entry.matches(&request.filter))
        .collect();
    let mut outcome = Outcome::success();
    if !kinds.is_empty() {
        // One is asked for even when base entries took the limit, to know whether the answer is whole.
        let room = limit.saturating_sub(entries.len()).max(1);
        let answer = ask(service, audience, request, kinds, room).await?;
        outcome = ending(&answer, time_allowed(service, request).1);
        entries.extend(answer.hits.into_iter().map(Entry::Hit));
    }
    if entries.len() > limit {
        entries.truncate(limit);
        outcome = too_many();
    }
    Ok((entries, outcome))
}

async fn ask(
    service: &LdapService,
    audience: Audience,
    request: &SearchRequest<'_>,
    kinds: Vec<Kind>,
    limit: usize,
) -> Result<Answer<Hit>, Outcome> {
    let query =
        Query { kinds, matching: Matching::Attributes(request.filter.clone()), order: Order::Any, limit, after: None, count: false };
    let (deadline, _) = time_allowed(service, request);
    service.directory.search(audience, query, deadline).await.map_err(|error| Outcome::from(&error))
}

fn entry_limit(service: &LdapService, audience: Audience, request: &SearchRequest<'_>) -> usize {
    let cap = match audience {
        Audience::Public => service.settings.ldap.anonymous_entries,
        Audience::Professional => service.settings.ldap.account_entries,
    };
    if request.size_limit == 0 { cap } else { cap.min(request.size_limit) }
}

/// How long the search may work, and whether the client said so.
fn time_allowed(service: &LdapService, request: &SearchRequest<'_>) -> (Duration, bool) {
    let ours = Duration::from_millis(service.settings.search.deadline_ms);
    let theirs = Duration::from_secs(request.time_limit);
    if request.time_limit != 0 && theirs < ours { (theirs, true) } else { (ours, false) }
}

/// `of_client`: the deadline was the client's own time limit.
fn ending<H>(answer: &Answer<H>, of_client: bool) -> Outcome {
    match answer.truncated {
        Some(Truncated::Deadline) if of_client => {
            Outcome::new(LdapResultCode::TimeLimitExceeded, "the time limit of the request has passed")
        }
        Some(Truncated::Deadline | Truncated::Budget) => too_many(),
        None if answer.more => too_many(),
        None => Outcome::success(),
    }
}

fn too_many() -> Outcome {
    Outcome::new(LdapResultCode::SizeLimitExceeded, "more entries match than are returned")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_client_s_own_limit_ends_with_3() {
        let code = |more, truncated, of_client| ending(&Answer::<()> { hits: vec![], more, total: None, truncated }, of_client).code;
        for (more, truncated, of_client, expected) in [
            (false, None, false, LdapResultCode::Success),
            (false, None, true, LdapResultCode::Success),
            (true, None, true, LdapResultCode::SizeLimitExceeded),
            (true, Some(Truncated::Budget), true, LdapResultCode::SizeLimitExceeded),
            (true, Some(Truncated::Deadline), false, LdapResultCode::SizeLimitExceeded),
            (true, Some(Truncated::Deadline), true, LdapResultCode::TimeLimitExceeded),
        ] {
            assert_eq!(code(more, truncated, of_client), expected, "{more} {truncated:?} {of_client}");
        }
    }
}
