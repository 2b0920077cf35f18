//! `/v1/operator/exchanges`: what an operator says of the messages its mailboxes exchanged, for the indicators.

use super::batches::Arrival;
use super::parameters::{self, Parameters};
use crate::indicators::{Format, Receipt};
use crate::rest::problem::{Problem, ProblemDocument};
use crate::rest::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use utoipa::IntoResponses;

/// Refusals of a deposit.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "read by the derive: documentation only")]
enum DepositRefusals {
    /// `MSS-001`: a line that cannot be read (`detail` has its number, `field` names the field); `unknown_parameter`, `invalid_header`, `invalid_idempotency_key`, `invalid_encoding`
    #[response(status = 400, content_type = "application/problem+json")]
    Invalid(ProblemDocument<'static>),
    /// `MSS-002`: no credential, or none that is an operator's
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthenticated(ProblemDocument<'static>),
    /// `MSS-003`: the operator is not in force; `tls_required`: asked in clear, from another machine
    #[response(status = 403, content_type = "application/problem+json")]
    Forbidden(ProblemDocument<'static>),
    /// `body_too_large`
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(ProblemDocument<'static>),
    /// `unsupported_media_type`
    #[response(status = 415, content_type = "application/problem+json")]
    MediaType(ProblemDocument<'static>),
    /// `MSS-052`: a line with an address that is not the operator's own; `MSS-070`: too many lines, or one that is too old; `idempotency_key_reused`
    #[response(status = 422, content_type = "application/problem+json")]
    Unprocessable(ProblemDocument<'static>),
    /// `too_many_requests`: wrong credentials; `Retry-After` says when to ask again
    #[response(status = 429, content_type = "application/problem+json")]
    TooManyRequests(ProblemDocument<'static>),
    /// `MSS-099`
    #[response(status = 500, content_type = "application/problem+json")]
    Internal(ProblemDocument<'static>),
    /// `store_busy`: the store is busy; `Retry-After` says when to ask again
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(ProblemDocument<'static>),
}

/// Deposit exchange figures
///
/// JSON lines (`application/x-ndjson`) or CSV (`text/csv`) with `address` (of the operator's own), `at` (RFC 3339), `direction` (`sent` or
/// `received`) and `size` (bytes); 200,000 lines at most, none older than three months. Taken whole or refused whole; the same body, or the
/// same Idempotency-Key, counts once. After three months only sums by month are left, without an address.
#[utoipa::path(
    post, path = "/v1/operator/exchanges", tag = "operator", operation_id = "deposit_exchanges",
    request_body(content((String = "application/x-ndjson"), (String = "text/csv")), description = "One message a line"),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same deposit under the same key counts once")),
    responses((status = 200, description = "Taken, or there already", body = Receipt), DepositRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn deposit(State(api): State<Shared>, arrival: Arrival) -> Result<Json<Receipt>, Problem> {
    Parameters::of(&arrival.uri, &[])?;
    let key = parameters::key(&arrival.headers)?;
    let media_type = arrival.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let format = match media_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase().as_str() {
        "application/x-ndjson" | "application/jsonl" | "application/x-jsonlines" => Format::JsonLines,
        "text/csv" => Format::Csv,
        _ => {
            let detail = "application/x-ndjson or text/csv is expected";
            return Err(Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail));
        }
    };
    let caller = &arrival.caller;
    let deposited = api.service.exchanges.deposit(&caller.operator, format, &arrival.body, key, &caller.actor, api.now()).await;
    drop(arrival.turn);
    Ok(Json(deposited.map_err(Problem::for_operator)?))
}
