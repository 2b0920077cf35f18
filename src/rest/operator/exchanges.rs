//! `/v1/operator/exchanges`: what an operator says of the messages its mailboxes exchanged, for the indicators.

use super::batches::Arrival;
use super::parameters::{self, Parameters};
use crate::indicators::{Format, Receipt};
use crate::rest::problem::Problem;
use crate::rest::refusals::OperatorRefusals;
use crate::rest::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;

/// Deposit exchange figures
///
/// JSON lines (`application/x-ndjson`) or CSV (`text/csv`) with `address` (of the operator's own), `at` (RFC 3339), `direction` (`sent` or
/// `received`) and `size` (bytes); 200,000 lines at most, none older than three months. Taken whole or refused whole; the same body, or the
/// same Idempotency-Key, counts once. After three months only sums by month are left, without an address.
#[utoipa::path(
    post, path = "/v1/operator/exchanges", tag = "operator", operation_id = "deposit_exchanges",
    request_body(content((String = "application/x-ndjson"), (String = "text/csv")), description = "One message a line"),
    params(("Idempotency-Key" = Option<String>, Header, description = "The same deposit under the same key counts once")),
    responses((status = 200, description = "Taken, or there already", body = Receipt), OperatorRefusals),
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
