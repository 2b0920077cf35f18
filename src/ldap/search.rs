//! Search (RFC 4511 section 4.5): base, scope and filter to a question, the answer to entries, limits to result codes.
//!
//! Entries leave at the reader's pace, but within a deadline for the whole answer; the directory's bounded list of them lies in memory
//! until then, for the few searches of a connection that have their turn.
//!
//! The entry limit is the smaller of the client's and the caller's; past it, past the evaluation budget or past the server's own time
//! the entries so far are followed by sizeLimitExceeded (4). timeLimitExceeded (3) answers only a time limit the client itself sent.

use super::asking::Asking;
use super::controls::{Response, SearchControls, Sort, sort_response};
use super::entry::Entry;
use super::filter::FilterError;
use super::output::{CHUNK_BYTES, Gone, Output};
use super::paging::{BadCookie, Page};
use super::request::{Scope, SearchRequest};
use super::response::Outcome;
use super::sort;
use super::tree::{self, Place};
use crate::directory::{self, Matcher, Matching, Order, Query, RankKey, Truncated};
use crate::model::Kind;
use ldap3_proto::proto::LdapResultCode;
use std::time::{Duration, Instant};

/// Bytes around an entry, and of a result without controls, at most.
const ENVELOPE: usize = 32;

/// Name of a base entry in an order: before every other where nothing was asked, else as one that lacks what is sorted by.
const BEFORE_ALL: &str = "";
const BEHIND_ALL: &str = "\u{10ffff}";

/// What is left to be sent.
pub struct Answered {
    /// Messages of the last entries.
    pub entries: Vec<u8>,
    pub outcome: Outcome,
}

impl Answered {
    /// A result and nothing before it.
    pub fn plain(outcome: Outcome) -> Self {
        Self { entries: Vec::new(), outcome }
    }
}

/// Answers a search request, but for its last entries and its SearchResultDone, which are sent together.
pub async fn run(asking: &Asking, controls: &SearchControls, id: i32, content: &[u8], output: &Output) -> Result<Answered, Gone> {
    let (entries, request, outcome) = match answer(asking, controls, content).await {
        Ok(answer) => answer,
        Err(outcome) => return Ok(Answered::plain(outcome)),
    };
    let entries = write(&entries, &request, id, output, asking.taken_within()).await?;
    Ok(Answered { entries, outcome })
}

/// Every entry of the answer and how it ends, or the refusal.
async fn answer<'a>(
    asking: &Asking,
    controls: &SearchControls,
    content: &'a [u8],
) -> Result<(Vec<Entry>, SearchRequest<'a>, Outcome), Outcome> {
    let request = match SearchRequest::read(content) {
        Ok(request) => request,
        Err(FilterError::Malformed) => return Err(Outcome::malformed()),
        Err(FilterError::TooComplex) => return Err(Outcome::new(LdapResultCode::UnwillingToPerform, "the request is too complex")),
    };
    let Ok(place) = tree::resolve(request.base) else {
        return Err(Outcome::new(LdapResultCode::InvalidDNSyntax, "the base is no DN"));
    };
    let (sorted, sort_answer) = match controls.sort.as_ref().map(sorting).transpose()? {
        None => (None, None),
        Some((order, answer)) => (order, Some(answer)),
    };
    let page = match controls.paged.as_ref().map(|paged| Page::open(asking, &request, sorted.as_ref(), &place, paged)).transpose() {
        Ok(page) => page,
        Err(BadCookie) => return Err(Outcome::new(LdapResultCode::UnwillingToPerform, "the cookie is of another search, or too old")),
    };
    let (entries, mut outcome) = find(asking, &request, &place, sorted, page).await?;
    outcome.controls.extend(sort_answer);
    Ok((entries, request, outcome))
}

/// Sends the entries at the reader's pace, packed into chunks. They lie in memory meanwhile: a reader that drips them out is cut, as one
/// that takes nothing is. The last chunk is handed back.
async fn write(entries: &[Entry], request: &SearchRequest<'_>, id: i32, output: &Output, within: Duration) -> Result<Vec<u8>, Gone> {
    let writing = async {
        let all: usize = entries.iter().map(|found| found.length() + ENVELOPE).sum();
        let mut chunk = Vec::with_capacity(all.min(CHUNK_BYTES) + ENVELOPE);
        for found in entries {
            found.put(&mut chunk, id, &request.wanted, request.types_only);
            if chunk.len() >= CHUNK_BYTES {
                output.send(std::mem::replace(&mut chunk, Vec::with_capacity(CHUNK_BYTES))).await?;
            }
        }
        Ok(chunk)
    };
    tokio::time::timeout(within, writing).await.unwrap_or_else(|_| Err(output.cut()))
}

/// The order asked for (`None` when it cannot be and need not), and the control that says so; or the refusal of the search.
fn sorting(sort: &Sort) -> Result<(Option<Order>, Response), Outcome> {
    match sort::order(&sort.keys) {
        Ok(order) => Ok((Some(order), sort_response(0, None))),
        Err(failed) => {
            let answer = sort_response(failed.code, Some(&failed.attribute));
            if sort.critical {
                let refused = Outcome::new(LdapResultCode::UnavailableCriticalExtension, "entries cannot be sorted so");
                return Err(Outcome { controls: vec![answer], ..refused });
            }
            Ok((None, answer))
        }
    }
}

/// The entries of the answer and how it ends, or the refusal of the whole search.
async fn find(
    asking: &Asking,
    request: &SearchRequest<'_>,
    place: &Place,
    sorted: Option<Order>,
    page: Option<Page>,
) -> Result<(Vec<Entry>, Outcome), Outcome> {
    let (positions, kinds) = match reach(place, request.scope) {
        Some(reached) => reached,
        None => {
            let entry = Entry::at(asking, place).await?;
            let returned = request.scope != Scope::One && entry.matches(&request.filter);
            let ended = page.map_or_else(Outcome::success, |page| page.end(Outcome::success()));
            return Ok((if returned { vec![entry] } else { Vec::new() }, ended));
        }
    };
    let limit = match &page {
        Some(page) if page.is_last_call() => return Ok((Vec::new(), page.end(Outcome::success()))),
        Some(page) => page.limit,
        None => entry_limit(asking.caps().search, request),
    };
    let name = if sorted.is_some() { BEHIND_ALL } else { BEFORE_ALL };
    let order = sorted.unwrap_or(if page.is_some() { Order::Name } else { Order::Any });
    let after = page.as_ref().and_then(Page::after);
    let mut entries = base_entries(&positions, request, &order, name, after);
    let (mut more, mut cut) = (false, None);
    if !kinds.is_empty() {
        let (deadline, of_client) = time_allowed(asking.deadline(), request);
        // In document order base entries come first; one more is asked for all the same, to know whether the answer is whole.
        let room = if order == Order::Any { limit.saturating_sub(entries.len()).max(1) } else { limit };
        let matching = Matching::Attributes(request.filter.clone());
        let query = Query { kinds, matching, order: order.clone(), limit: room, after: after.cloned(), count: false, facets: false };
        let begun = Instant::now();
        let answer = asking.search(query, deadline).await?;
        // A further page is no further question.
        if after.is_none() {
            asking.count(begun, answer.hits.is_empty());
        }
        more = answer.more;
        cut = answer.truncated.map(|reason| cut_short(reason, of_client));
        entries.extend(answer.hits.into_iter().map(|hit| (hit.rank.clone(), Entry::Hit(hit))));
    }
    if order != Order::Any {
        entries.sort_by(|a, b| order.compare(&a.0, &b.0));
    }
    more |= entries.len() > limit;
    entries.truncate(limit);
    let outcome = match (page, cut) {
        (Some(page), Some(cut)) => page.end(cut),
        (Some(page), None) => page.next(asking, entries.last().map(|(rank, _)| rank), entries.len(), more),
        (None, Some(cut)) => cut,
        (None, None) if more => too_many(),
        (None, None) => Outcome::success(),
    };
    Ok((entries.into_iter().map(|(_, entry)| entry).collect(), outcome))
}

/// Base entries and kinds of published entries that a scope reaches from a place; `None` when it reaches that one entry at most.
pub(super) fn reach(place: &Place, scope: Scope) -> Option<(Vec<usize>, Vec<Kind>)> {
    match (place, scope) {
        (Place::Root, Scope::One) => Some((tree::contexts(), Vec::new())),
        (Place::Root, Scope::Sub) => Some(tree::subtree(tree::DEFAULT_CONTEXT)),
        (Place::Base(position), Scope::One) => Some(tree::one_level(*position)),
        (Place::Base(position), Scope::Sub) => Some(tree::subtree(*position)),
        (Place::Root | Place::Base(_), Scope::Base) | (Place::Subschema | Place::Leaf { .. } | Place::Nowhere { .. }, _) => None,
    }
}

/// The base entries that match, with their places in the order, behind `after`.
fn base_entries(
    positions: &[usize],
    request: &SearchRequest<'_>,
    order: &Order,
    name: &str,
    after: Option<&RankKey>,
) -> Vec<(RankKey, Entry)> {
    // A filter past the bounds is refused by the directory, which is asked next.
    let Ok(matcher) = Matcher::new(&request.filter) else {
        return Vec::new();
    };
    let found = positions.iter().filter_map(|position| Some((position, tree::base_entries().get(*position)?)));
    found
        .map(|(position, base)| (directory::rank_of(order, &base.bytes, &format!("{name}\0{position}")), Entry::Fixed(&base.bytes)))
        .filter(|(rank, entry)| {
            after.is_none_or(|after| order.compare(rank, after).is_gt()) && matcher.evaluate(&entry.bytes()) == Some(true)
        })
        .collect()
}

fn entry_limit(cap: usize, request: &SearchRequest<'_>) -> usize {
    if request.size_limit == 0 { cap } else { cap.min(request.size_limit) }
}

/// How long the search may work, and whether the client said so.
fn time_allowed(ours: Duration, request: &SearchRequest<'_>) -> (Duration, bool) {
    let theirs = Duration::from_secs(request.time_limit);
    if request.time_limit != 0 && theirs < ours { (theirs, true) } else { (ours, false) }
}

/// The end of a search that did not look at everything. `of_client`: the deadline was the client's own time limit.
fn cut_short(reason: Truncated, of_client: bool) -> Outcome {
    match reason {
        Truncated::Deadline if of_client => Outcome::new(LdapResultCode::TimeLimitExceeded, "the time limit of the request has passed"),
        Truncated::Deadline | Truncated::Budget | Truncated::Allowance => too_many(),
    }
}

pub(super) fn too_many() -> Outcome {
    Outcome::new(LdapResultCode::SizeLimitExceeded, "more entries match than are returned")
}

#[cfg(test)]
mod tests {
    use super::super::output;
    use super::*;
    use tokio::io::AsyncReadExt;
    use tokio_util::sync::CancellationToken;

    #[tokio::test]
    async fn a_reader_that_drips_an_answer_out_is_cut() {
        let (mut client, server) = tokio::io::duplex(1_024);
        let cut = CancellationToken::new();
        // Patient with each piece.
        let (output, writer) = output::channel(server, Duration::from_secs(60), cut.clone());
        tokio::spawn(writer.run());
        tokio::spawn(async move {
            let mut piece = [0; 64];
            while client.read(&mut piece).await.is_ok_and(|size| size > 0) {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        });
        let entries: Vec<Entry> = (0..20_000).map(|_| Entry::Fixed(&tree::base_entries()[0].bytes)).collect();
        let present = [0x87, 2, b'c', b'n'];
        let content = [&[4, 0, 10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0][..], &present, &[0x30, 0]].concat();
        let request = SearchRequest::read(&content).unwrap();
        assert_eq!(write(&entries, &request, 1, &output, Duration::from_millis(300)).await, Err(Gone));
        assert!(cut.is_cancelled());
    }

    #[test]
    fn only_a_client_s_own_limit_ends_with_3() {
        for (reason, of_client, expected) in [
            (Truncated::Budget, true, LdapResultCode::SizeLimitExceeded),
            (Truncated::Allowance, true, LdapResultCode::SizeLimitExceeded),
            (Truncated::Deadline, false, LdapResultCode::SizeLimitExceeded),
            (Truncated::Deadline, true, LdapResultCode::TimeLimitExceeded),
        ] {
            assert_eq!(cut_short(reason, of_client).code, expected, "{reason:?} {of_client}");
        }
    }
}
