//! The refusals the routes share, as the OpenAPI document lists them: status and codes, all in one shape ([`ProblemDocument`], RFC 9457).

use super::problem::ProblemDocument;
use utoipa::IntoResponses;

/// Refusals of the search.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum SearchRefusals {
    /// `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `limit_too_large`, `missing_criterion`, `invalid_cursor`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: the bearer is not valid; without any, the answer is the public one
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    TlsRequired(ProblemDocument<'static>),
    /// `uri_too_long`
    #[response(status = 414, content_type = "application/problem+json")]
    UriTooLong(ProblemDocument<'static>),
    /// `too_many_requests`: more searches a second, or more wrong credentials, than one source may send; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `headers_too_large`
    #[response(status = 431, content_type = "application/problem+json")]
    HeadersTooLarge(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
    /// `timeout`
    #[response(status = 504, content_type = "application/problem+json")]
    Timeout(ProblemDocument<'static>),
}

/// Refusals of the routes that name one thing, and 304.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum EntryRefusals {
    /// Unchanged since the entity tag of `If-None-Match`
    #[response(status = 304)]
    NotModified,
    /// `unknown_parameter`, `invalid_identifier`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: the bearer is not valid; without any, the answer is the public one
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    TlsRequired(ProblemDocument<'static>),
    /// `not_found`: does not exist, or may not be shown; never told apart
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `uri_too_long`
    #[response(status = 414, content_type = "application/problem+json")]
    UriTooLong(ProblemDocument<'static>),
    /// `too_many_requests`: more searches a second, or more wrong credentials, than one source may send; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `headers_too_large`
    #[response(status = 431, content_type = "application/problem+json")]
    HeadersTooLarge(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
    /// `timeout`
    #[response(status = 504, content_type = "application/problem+json")]
    Timeout(ProblemDocument<'static>),
}
