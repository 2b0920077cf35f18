//! Simple paged results (RFC 2696): where a page begins, how large it is, and the cookie of the next.
//!
//! Pages follow the (folded name, id) order or the one asked for, from the last entry sent on: an entry that does not change during the
//! walk is neither skipped nor repeated. The cookie is the directory's own cursor, bound to the question and to who asks, so it holds no
//! memory here and survives a restart. All pages together are capped: an anonymous walk ends where one anonymous search would.

use super::asking::Asking;
use super::controls::{Paged, paged_response};
use super::request::SearchRequest;
use super::response::Outcome;
use super::search::{reach, too_many};
use super::tree::Place;
use crate::directory::cursor::Progress;
use crate::directory::{Matching, Order, Query, RankKey, Source};

/// The cookie is none of this question and this caller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadCookie;

/// One page of a walk.
#[derive(Clone, Debug)]
pub struct Page {
    /// Entries of this page at most.
    pub limit: usize,
    /// Entries all pages may hold.
    most: usize,
    progress: Option<Progress>,
    /// The question without its place, as the cookie names it.
    question: Query,
    identity: String,
}

impl Page {
    pub fn open(
        asking: &Asking,
        request: &SearchRequest<'_>,
        sorted: Option<&Order>,
        place: &Place,
        paged: &Paged,
    ) -> Result<Self, BadCookie> {
        let caps = asking.caps();
        let most = if request.size_limit == 0 { caps.pages } else { caps.pages.min(request.size_limit) };
        let question = Query {
            kinds: reach(place, request.scope).map(|(_, kinds)| kinds).unwrap_or_default(),
            matching: Matching::Attributes(request.filter.clone()),
            order: sorted.cloned().unwrap_or(Order::Name),
            limit: 0,
            after: None,
            count: false,
            facets: false,
        };
        let identity = identity(&asking.caller.source, request);
        let mut page = Self { limit: 0, most, progress: None, question, identity };
        if !paged.cookie.is_empty() {
            let cookie = std::str::from_utf8(&paged.cookie).map_err(|_| BadCookie)?;
            let cursors = asking.service.directory.cursors();
            let progress = cursors.decode(cookie, asking.caller.audience, &page.question, &page.identity, now());
            page.progress = Some(progress.map_err(|_| BadCookie)?);
        }
        page.limit = paged.size.min(caps.search).min(most.saturating_sub(page.returned()));
        Ok(page)
    }

    /// Entries sent on the pages before.
    fn returned(&self) -> usize {
        self.progress.as_ref().map_or(0, |progress| usize::try_from(progress.returned).unwrap_or(usize::MAX))
    }

    /// The last entry sent.
    pub fn after(&self) -> Option<&RankKey> {
        self.progress.as_ref().map(|progress| &progress.last)
    }

    /// The client ends the walk (size 0).
    pub fn is_last_call(&self) -> bool {
        self.limit == 0
    }

    /// How a page ends: with a cookie while there is more and the cap is not reached.
    pub fn next(&self, asking: &Asking, last: Option<&RankKey>, sent: usize, more: bool) -> Outcome {
        let returned = self.returned().saturating_add(sent);
        match last {
            Some(last) if more && returned < self.most => {
                let progress = Progress { last: last.clone(), returned: returned as u64 };
                let cursors = asking.service.directory.cursors();
                let cookie = cursors.encode(asking.caller.audience, &self.question, &self.identity, &progress, now());
                Outcome { controls: vec![paged_response(cookie.as_bytes())], ..Outcome::success() }
            }
            _ if more => self.end(too_many()),
            _ => self.end(Outcome::success()),
        }
    }

    /// No further page.
    pub fn end(&self, outcome: Outcome) -> Outcome {
        Outcome { controls: vec![paged_response(&[])], ..outcome }
    }
}

/// What the cookie is bound to beside the question: who asks, and everything else that must come again unchanged.
fn identity(source: &Source, request: &SearchRequest<'_>) -> String {
    let account = match source {
        Source::Account { name, .. } => name,
        Source::Address(_) | Source::Local => "",
    };
    let SearchRequest { base, scope, size_limit, types_only, wanted, .. } = request;
    format!("ldap\0{account}\0{base:?}\0{scope:?}\0{size_limit}\0{types_only}\0{wanted:?}")
}

/// UTC seconds; cookies expire by it.
fn now() -> i64 {
    jiff::Timestamp::now().as_second()
}
