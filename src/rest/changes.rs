//! `/v1/changes`: what changed since a place, for accounts, as JSON lines; a client that has everything may wait for the next change.

use super::credential::identify;
use super::operator::Parameters;
use super::problem::{Problem, ProblemDocument};
use super::router::Shared;
use crate::error::{Error, Kind};
use crate::export::feed::{MAX_CHANGES, Page};
use crate::trust::Identity;
use axum::extract::{FromRequestParts, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use utoipa::IntoResponses;

/// Longest a request may wait for a change.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Requests of one account that are answered, or wait, at the same time; and of all.
const POLLS: usize = 4;
const POLLS_OF_ALL: usize = 512;

/// An account, or an operator with its key: strangers have the exports.
pub(super) struct Identified(Identity);

impl FromRequestParts<Shared> for Identified {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        let none = || Problem::new(StatusCode::UNAUTHORIZED, "invalid_credential", "the credential is not valid");
        identify(parts, api).await?.map(Self).ok_or_else(none)
    }
}

/// Who is being answered. Accounts are authenticated and few: this does not grow with what strangers send.
#[derive(Default)]
pub(super) struct Polls(Arc<Mutex<HashMap<String, usize>>>);

/// Held while a request is answered.
struct Poll {
    polls: Arc<Mutex<HashMap<String, usize>>>,
    account: String,
}

impl Polls {
    fn begin(&self, account: &str) -> Result<Poll, Error> {
        let mut polls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let all: usize = polls.values().sum();
        let own = polls.get(account).copied().unwrap_or_default();
        if own >= POLLS || all >= POLLS_OF_ALL {
            return Err(Error::new(Kind::RateLimited, "too_many_polls", "as many requests as may be are waiting here already"));
        }
        polls.insert(account.to_owned(), own + 1);
        Ok(Poll { polls: Arc::clone(&self.0), account: account.to_owned() })
    }
}

impl Drop for Poll {
    fn drop(&mut self) {
        let mut polls = self.polls.lock().unwrap_or_else(PoisonError::into_inner);
        match polls.get_mut(&self.account) {
            Some(count) if *count > 1 => *count -= 1,
            _ => {
                polls.remove(&self.account);
            }
        }
    }
}

/// Refusals of the change feed.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
enum FeedRefusals {
    /// `invalid_cursor`: not one of this service; `cursor_of_other_audience`: of an export or feed of the other audience; `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: none, or one that is not valid
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    TlsRequired(ProblemDocument<'static>),
    /// `feed_expired`: changes behind the cursor are not kept any more; start again from the export
    #[response(status = 410, content_type = "application/problem+json")]
    Expired(ProblemDocument<'static>),
    /// `too_many_polls`: the account waits here as often as it may; `too_many_requests`: wrong credentials; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `store_busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// What changed
///
/// JSON lines: for each entry that changed behind the cursor, what is shown of it now (`{"op":"put","kind","id","since","entry"}`) or that
/// nothing is (`{"op":"gone","kind","id"}`: deleted or hidden, never told apart); then one line `{"cursor":"…"}`, to be sent as `after` the
/// next time. The first cursor is that of the export one starts from; without `after` the answer is the cursor of now alone.
#[utoipa::path(
    get, path = "/v1/changes", tag = "directory", operation_id = "changes",
    params(
        ("after" = Option<String>, Query, description = "The last cursor received; good as long as what happened behind it is kept, 90 days"),
        ("limit" = Option<u32>, Query, description = "Changes of the answer: 1 to 1,000; 100 unless said"),
        ("wait" = Option<u32>, Query, description = "When there is nothing, wait for it up to so many seconds, 30 at most"),
    ),
    responses((status = 200, description = "Changes, then the cursor", body = String, content_type = "application/x-ndjson"), FeedRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn changes(State(api): State<Shared>, Identified(identity): Identified, uri: Uri) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri, &["after", "limit", "wait"])?;
    let limit = usize::try_from(parameters.limit()?).unwrap_or(MAX_CHANGES);
    let wait = parameters.number("wait", LONGEST_WAIT.as_secs().cast_signed())?.unwrap_or_default();
    let feed = &api.service.feed;
    let page = match parameters.text("after") {
        "" => Page { changes: Vec::new(), cursor: feed.cursor_now(identity.audience).await? },
        cursor => {
            let _poll = api.polls.begin(&identity.account)?;
            feed.after(identity.audience, cursor, limit, Duration::from_secs(wait.cast_unsigned())).await?
        }
    };
    let mut body = Vec::new();
    page.changes.iter().for_each(|change| change.line(&mut body));
    body.extend_from_slice(format!("{{\"cursor\":\"{}\"}}\n", page.cursor).as_bytes());
    metrics::counter!("annuaire_feed_changes_total").increment(page.changes.len() as u64);
    Ok(([(CONTENT_TYPE, "application/x-ndjson")], body).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_waits_four_times_and_no_more() {
        let polls = Polls::default();
        let held: Vec<_> = (0..POLLS).map(|_| polls.begin("a").unwrap()).collect();
        assert_eq!(polls.begin("a").err().unwrap().code(), "too_many_polls");
        assert!(polls.begin("b").is_ok());
        drop(held);
        assert!(polls.0.lock().unwrap().is_empty());
        let all: Vec<_> = (0..POLLS_OF_ALL).map(|n| polls.begin(&n.to_string()).unwrap()).collect();
        assert!(polls.begin("z").is_err());
        drop(all);
        assert!(polls.begin("z").is_ok());
    }
}
