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
    /// `account_required`: further pages of this question take an account; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `too_many_requests`: more searches a second, or more wrong credentials, than one source may send; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of the suggestions.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum SuggestRefusals {
    /// `missing_parameter`, `unknown_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: the bearer is not valid; without any, the answer is the public one
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    TlsRequired(ProblemDocument<'static>),
    /// `too_many_requests`: more searches a second, or more wrong credentials, than one source may send; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
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
    /// `too_many_requests`: more searches a second, or more wrong credentials, than one source may send; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of what accounts ask with a body: the lookup of a list and the identity check.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum AccountRefusals {
    /// `invalid_body` (`field` names the field at fault); `too_many_items`: 1,000 in a list at most; `unknown_parameter`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: none, or one that is not valid
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    TlsRequired(ProblemDocument<'static>),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// `too_many_requests`: more searches a second, or more wrong credentials, than one source may send, or an identity check beyond the allowance of the account; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `unavailable` (not ready, see /readyz) or `busy`; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of the files.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum ExportRefusals {
    /// Unchanged since the entity tag of `If-None-Match`
    #[response(status = 304)]
    NotModified,
    /// `unknown_parameter`, `invalid_parameter`, `missing_parameter`, `repeated_parameter`, `parameter_too_long`, `missing_criterion`, `unknown_code`: nothing has the code of a criterion; `invalid_edition`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`: the bearer is not valid, or what was asked takes one
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `forbidden`: the account has not the professional view; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `unknown_edition`; `not_found`: no such file
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `gzip_only`: the name without `.gz` takes `Accept-Encoding: gzip`
    #[response(status = 406, content_type = "application/problem+json")]
    NotAcceptable(ProblemDocument<'static>),
    /// `edition_not_offered`: a newer one is there
    #[response(status = 410, content_type = "application/problem+json")]
    Gone(ProblemDocument<'static>),
    /// `range_not_satisfiable`
    #[response(status = 416, content_type = "application/problem+json")]
    Range(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `busy`: a subset or a difference is being made; `storage_full`, `storage`: there is no room on the disk, or it may not be written; `unavailable` (not ready, see /readyz); `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of the operator routes that write.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum OperatorRefusals {
    /// `MSS-001` (`field` names the field), `unknown_parameter`, `invalid_parameter`, `missing_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_header`, `invalid_idempotency_key`, `invalid_encoding`, `invalid_identifier`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `MSS-002`: no credential, or none that is an operator's in force
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `MSS-003`, `MSS-010`, `MSS-011`, `MSS-012`; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `MSS-052`: the operator publishes no such mailbox; `not_found`: no such batch of its own
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `MSS-050`, `MSS-051`, `MSS-071`; `no_liste_blanche`; `batch_ended`
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDocument<'static>),
    /// `MSS-053`: deleted less than a year ago under another holder
    #[response(status = 410, content_type = "application/problem+json")]
    Gone(ProblemDocument<'static>),
    /// `changed`: not in a revision of `If-Match`
    #[response(status = 412, content_type = "application/problem+json")]
    Changed(ProblemDocument<'static>),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(ProblemDocument<'static>),
    /// `MSS-020` to `MSS-023`, `MSS-031`, `MSS-040`, `MSS-060`, `MSS-070`; `idempotency_key_reused`
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `too_many_batches`: let those that wait end; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `MSS-099`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`: the store is busy; `storage_full`: there is no room on the disk; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of the operator routes that read.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum OperatorReadRefusals {
    /// `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`, `invalid_identifier`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `MSS-002`: no credential, or none that is an operator's in force
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `MSS-003`; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `MSS-052`: the operator publishes no such mailbox; `not_found`: no such batch of its own
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `too_many_batches`: let those that wait end; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`: the store is busy; `storage_full`: there is no room on the disk; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of the administration.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum AdminRefusals {
    /// `invalid_request`, `invalid_body`, `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`, `invalid_identifier`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `forbidden`: the account has not the role; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `not_found`
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `conflict`
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDocument<'static>),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `too_many_batches`: let those that wait end; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`: the store is busy; `storage_full`: there is no room on the disk; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of the public lists of the trust space.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum PublicListRefusals {
    /// `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    TlsRequired(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`: the store is busy; `storage_full`: there is no room on the disk; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Refusals of a list for the health authority, or of its preview.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum AlertMakingRefusals {
    /// `invalid_body`, `unknown_code`, `too_many_values`, `missing_reason`, `invalid_reason` (`field` names the field), `unknown_parameter`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `forbidden`: the account has not the role `autorite-sanitaire`; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// `alert_under_way`: the account has one under way; `too_many_requests`: wrong credentials; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `alerts_busy`, `import_under_way`, `store_busy`; `storage_full`: there is no room on the disk; `storage`: it may not be written
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
    /// `timeout`: asked for and perhaps made, see the lists
    #[response(status = 504, content_type = "application/problem+json")]
    Timeout(ProblemDocument<'static>),
}

/// Refusals of what is kept of a list.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
pub(super) enum AlertReadingRefusals {
    /// `unknown_parameter`, `invalid_parameter`, `repeated_parameter`, `parameter_too_long`, `invalid_encoding`, `invalid_identifier`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `invalid_credential`
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `forbidden`: the account has not the role `autorite-sanitaire`; `second_person_required`: another account confirms; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `not_found`
    #[response(status = 404, content_type = "application/problem+json")]
    NotFound(ProblemDocument<'static>),
    /// `confirmation_awaited`, `nothing_to_confirm`
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(ProblemDocument<'static>),
    /// `alert_deleted`, `confirmation_expired`
    #[response(status = 410, content_type = "application/problem+json")]
    Gone(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `internal`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`; `storage_full`: there is no room for the entry of the journal, without which nothing is given; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}
