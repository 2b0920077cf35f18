//! `/v1/operator/batches` and `/v1/operator/sync`: many mailboxes at once, as lines, as a numbered delta, or as the whole state.

use super::identity::OperatorCaller;
use super::parameters::{self, Parameters};
use super::turns::Turn;
use crate::error::{Error, Kind};
use crate::publication::{BatchMode, BatchReport, BatchState, Delivery, Format, csv};
use crate::rest::path::Segment;
use crate::rest::problem::Problem;
use crate::rest::refusals::{OperatorReadRefusals, OperatorRefusals};
use crate::rest::router::Shared;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Request, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_TYPE, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use std::time::Duration;
use utoipa::ToSchema;

/// Up to so many lines the answer is the report; more are a job.
const SYNCHRONOUS: u64 = 500;

/// Batches of an operator.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Batches {
    /// The newest first, without their lines.
    items: Vec<BatchReport>,
}

/// Where a delta stands.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Sync {
    /// Last sequence number accepted.
    last_sequence: Option<i64>,
}

/// A batch as it arrives. Its sender is known before a byte of it is read, and waits for its turn to send it.
pub(in crate::rest) struct Arrival {
    pub(super) caller: OperatorCaller,
    pub(super) uri: Uri,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    pub(super) turn: Turn,
}

impl FromRequest<Shared> for Arrival {
    type Rejection = Response;

    async fn from_request(request: Request, api: &Shared) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let caller = OperatorCaller::from_request_parts(&mut parts, api).await.map_err(IntoResponse::into_response)?;
        let turn = api.turns.arrive(caller.id()).await;
        let (uri, headers) = (parts.uri.clone(), parts.headers.clone());
        let body = Bytes::from_request(Request::from_parts(parts, body), api).await.map_err(IntoResponse::into_response)?;
        Ok(Self { caller, uri, headers, body, turn })
    }
}

/// Send a batch
///
/// JSON lines (`application/x-ndjson`) or CSV (`text/csv`), each line one mailbox with an `operation` (`put` unless said; `create`,
/// `update`, `delete`, `suspend`, `resume`), accepted or refused by itself. Up to 500 lines the answer is the report; more are carried
/// out behind a 202.
#[utoipa::path(
    post, path = "/v1/operator/batches", tag = "operator", operation_id = "send_batch",
    request_body(content((String = "application/x-ndjson"), (String = "text/csv")), description = "One mailbox a line"),
    params(
        ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same batch under the same key is carried out once; its report is the answer"),
    ),
    responses(
        (status = 200, description = "Carried out: every accepted line is committed and synced", body = BatchReport),
        (status = 202, description = "Kept, and being carried out", body = BatchReport, headers(("location" = String, description = "Its report"))),
        OperatorRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn send(State(api): State<Shared>, arrival: Arrival) -> Result<Response, Problem> {
    let parameters = Parameters::of(&arrival.uri, &["dry_run"])?;
    let delivery = Delivery {
        mode: BatchMode::Batch,
        sequence: None,
        confirm: false,
        dry_run: parameters.flag("dry_run")?,
        key: parameters::key(&arrival.headers)?,
        format: format(&arrival.headers)?,
        body: arrival.body,
    };
    deliver(&api, &arrival.caller, arrival.turn, delivery).await
}

/// Synchronise
///
/// `mode=delta&sequence=N`: the changes since number N-1, in order; a number seen with the same body answers the same report, an older or
/// altered one MSS-070. `mode=full`: everything the operator has; what it does not hold is deleted, more than a tenth of it only with
/// `confirm=true` (MSS-071).
#[utoipa::path(
    post, path = "/v1/operator/sync", tag = "operator", operation_id = "synchronise",
    request_body(content((String = "application/x-ndjson"), (String = "text/csv")), description = "One mailbox a line"),
    params(
        ("mode" = String, Query, description = "delta or full"),
        ("sequence" = Option<i64>, Query, description = "Of a delta: 1 or more, growing"),
        ("confirm" = Option<bool>, Query, description = "Of a full state: delete more than a tenth"),
        ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing"),
    ),
    responses(
        (status = 200, description = "Carried out: every accepted line is committed and synced", body = BatchReport),
        (status = 202, description = "Kept, and being carried out", body = BatchReport, headers(("location" = String, description = "Its report"))),
        OperatorRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn synchronise(State(api): State<Shared>, arrival: Arrival) -> Result<Response, Problem> {
    let parameters = Parameters::of(&arrival.uri, &["mode", "sequence", "confirm", "dry_run"])?;
    let sequence = parameters.number("sequence", i64::MAX)?;
    let mode = match (parameters.text("mode"), sequence) {
        ("delta", Some(_)) => BatchMode::Delta,
        ("full", None) => BatchMode::Full,
        ("delta", None) => return Err(Problem::parameter("missing_parameter", "sequence", "a delta has a sequence number")),
        ("full", Some(_)) => return Err(Problem::parameter("invalid_parameter", "sequence", "a full state has no sequence number")),
        _ => return Err(Problem::parameter("invalid_parameter", "mode", "delta or full is expected")),
    };
    let delivery = Delivery {
        mode,
        sequence,
        confirm: parameters.flag("confirm")?,
        dry_run: parameters.flag("dry_run")?,
        key: parameters::key(&arrival.headers)?,
        format: format(&arrival.headers)?,
        body: arrival.body,
    };
    deliver(&api, &arrival.caller, arrival.turn, delivery).await
}

async fn deliver(api: &Shared, caller: &OperatorCaller, turn: Turn, delivery: Delivery) -> Result<Response, Problem> {
    let publication = &api.service.publication;
    let fresh = uuid::Uuid::new_v4().to_string();
    let received = publication.receive(caller.id(), &delivery, &caller.actor, fresh, api.now()).await.map_err(Problem::for_operator)?;
    drop((turn, delivery));
    // Behind a long job of the same operator even a short batch is one.
    let patience = if received.total > SYNCHRONOUS { 0 } else { api.service.settings.http.request_seconds };
    let report = publication.await_batch(caller.id(), &received.id, Duration::from_secs(patience)).await?;
    answer(report.ok_or_else(Problem::not_found)?, received.replayed)
}

fn answer(report: BatchReport, replayed: bool) -> Result<Response, Problem> {
    let waiting = report.state == BatchState::Received;
    let location = HeaderValue::from_str(&format!("/v1/operator/batches/{}", report.id)).ok().filter(|_| waiting);
    let mut response = (if waiting { StatusCode::ACCEPTED } else { StatusCode::OK }, Json(report)).into_response();
    if let Some(location) = location {
        response.headers_mut().insert(LOCATION, location);
    }
    if replayed {
        response.headers_mut().insert("idempotency-replayed", HeaderValue::from_static("true"));
    }
    Ok(response)
}

fn format(headers: &HeaderMap) -> Result<Format, Problem> {
    let given = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).and_then(Format::of);
    given.ok_or_else(|| {
        let detail = "application/x-ndjson or text/csv is expected";
        Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
    })
}

/// Where a delta stands
#[utoipa::path(
    get, path = "/v1/operator/sync", tag = "operator", operation_id = "sync_state",
    responses((status = 200, description = "The last number", body = Sync), OperatorReadRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn sync_state(State(api): State<Shared>, caller: OperatorCaller, uri: Uri) -> Result<Json<Sync>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(Sync { last_sequence: api.service.publication.last_sequence(caller.reads()?).await? }))
}

/// One's own batches
#[utoipa::path(
    get, path = "/v1/operator/batches", tag = "operator", operation_id = "batches",
    params(("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said")),
    responses((status = 200, description = "The newest", body = Batches), OperatorReadRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn list(State(api): State<Shared>, caller: OperatorCaller, uri: Uri) -> Result<Json<Batches>, Problem> {
    let limit = Parameters::of(&uri, &["limit"])?.limit()?;
    Ok(Json(Batches { items: api.service.publication.batches(caller.reads()?, limit).await? }))
}

/// The report of a batch
///
/// Compte rendu d'alimentation: counters, and each rejected or warned line (the first 10,000). Kept a year. `format=csv` for a spreadsheet.
#[utoipa::path(
    get, path = "/v1/operator/batches/{id}", tag = "operator", operation_id = "batch",
    params(
        ("id" = String, Path, description = "Id of the batch", max_length = 200),
        ("format" = Option<String>, Query, description = "json or csv"),
    ),
    responses(
        (status = 200, description = "The report", content((BatchReport = "application/json"), (String = "text/csv"))),
        OperatorReadRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn read(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(id): Segment,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri, &["format"])?;
    let report = api.service.publication.batch_report(caller.reads()?, &id).await?;
    let report = report.ok_or_else(|| Problem::from(Error::new(Kind::NotFound, "not_found", "aucun de vos lots n'a cet identifiant")))?;
    match parameters.text("format") {
        "" | "json" => Ok(Json(report).into_response()),
        "csv" => {
            let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"compte-rendu.csv\"")];
            Ok((headers, csv(&report.lines)).into_response())
        }
        _ => Err(Problem::parameter("invalid_parameter", "format", "json or csv is expected")),
    }
}

/// Cancel a batch
///
/// What was applied stays, and its report says what. 409 when it had ended.
#[utoipa::path(
    delete, path = "/v1/operator/batches/{id}", tag = "operator", operation_id = "cancel_batch",
    params(("id" = String, Path, description = "Id of the batch", max_length = 200)),
    responses((status = 200, description = "Cancelled", body = BatchReport), OperatorRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn cancel(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(id): Segment,
    uri: Uri,
) -> Result<Json<BatchReport>, Problem> {
    Parameters::of(&uri, &[])?;
    let publication = &api.service.publication;
    if !publication.cancel(caller.reads()?, &id, api.now()).await? {
        return Err(Problem::from(Error::new(Kind::Conflict, "batch_ended", "le lot est déjà terminé")));
    }
    Ok(Json(publication.batch_report(caller.id(), &id).await?.ok_or_else(Problem::not_found)?))
}
