//! `/v1/alerts`: lists for the health authority. Role `autorite-sanitaire` only, by key or by client certificate; what a list holds and who
//! may read it is `alert`'s to say, here it is given its HTTP form.

use super::admin::with_role;
use super::file_answer::{self, FileAnswer};
use super::operator::Parameters;
use super::path::Segment;
use super::problem::Problem;
use super::refusals::{AlertMakingRefusals, AlertReadingRefusals};
use super::router::Shared;
use crate::alert::{self, Alert, AlertRequest, Format, Preview, Report};
use crate::error::Error;
use crate::model::Role;
use crate::publication::Actor;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequestParts, State};
use axum::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// An account of the health authority.
pub(super) struct Authority(Actor);

impl FromRequestParts<Shared> for Authority {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        with_role(parts, api, &[Role::AutoriteSanitaire]).await.map(Self)
    }
}

/// Lists.
#[derive(Serialize, ToSchema)]
pub(super) struct AlertPage {
    /// The newest first, of all accounts of the role.
    items: Vec<Alert>,
}

/// What a list would be
///
/// Counts: addresses, matching professionals and how they would be reached, by profession and by département; no address. Reason and
/// reference may be left out. Takes up to a minute for the whole country.
#[utoipa::path(
    post, path = "/v1/alerts/preview", tag = "alerts", operation_id = "preview_alert", request_body = AlertRequest,
    responses((status = 200, description = "Counts", body = Preview), AlertMakingRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn preview(
    State(api): State<Shared>,
    Authority(actor): Authority,
    uri: Uri,
    bytes: Bytes,
) -> Result<Json<Preview>, Problem> {
    Parameters::of(&uri, &[])?;
    let request = AlertRequest::parse(&bytes)?;
    Ok(Json(api.service.alerts.preview(request, &actor, api.now()).await?))
}

/// Make a list
///
/// Computed now, at one moment of the directory, and fixed: kept 30 days, the same bytes whenever it is read. A list of more lines than
/// `alerts.confirm_above` awaits the confirmation of a second account of the role.
#[utoipa::path(
    post, path = "/v1/alerts", tag = "alerts", operation_id = "create_alert", request_body = AlertRequest,
    responses(
        (status = 201, description = "Made: on the disk and in the journal", body = Alert, headers(("location" = String, description = "The list"))),
        AlertMakingRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn create(State(api): State<Shared>, Authority(actor): Authority, uri: Uri, bytes: Bytes) -> Result<Response, Problem> {
    Parameters::of(&uri, &[])?;
    let request = AlertRequest::parse(&bytes)?;
    let mut entropy = [0; 16];
    getrandom::fill(&mut entropy).map_err(|error| Problem::from(Error::internal("the system gives no random bytes", error)))?;
    let alert = api.service.alerts.create(request, &actor, entropy, api.now()).await?;
    let location = format!("/v1/alerts/{}", alert.id);
    Ok((StatusCode::CREATED, [(LOCATION, location)], Json(alert)).into_response())
}

/// Lists that were made
#[utoipa::path(
    get, path = "/v1/alerts", tag = "alerts", operation_id = "alerts",
    params(("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said")),
    responses((status = 200, description = "The newest", body = AlertPage), AlertReadingRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn list(State(api): State<Shared>, _: Authority, uri: Uri) -> Result<Json<AlertPage>, Problem> {
    let limit = Parameters::of(&uri, &["limit"])?.limit()?;
    Ok(Json(AlertPage { items: api.service.alerts.list(limit).await? }))
}

/// One list, without its addresses
#[utoipa::path(
    get, path = "/v1/alerts/{id}", tag = "alerts", operation_id = "alert",
    params(("id" = String, Path, description = "Id of the list", max_length = 200)),
    responses((status = 200, description = "What was asked, and where it stands", body = Alert), AlertReadingRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn read(State(api): State<Shared>, _: Authority, Segment(id): Segment, uri: Uri) -> Result<Json<Alert>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(api.service.alerts.get(&id).await?))
}

/// Confirm a large list
///
/// By another account than the one that made it, within 24 hours.
#[utoipa::path(
    post, path = "/v1/alerts/{id}/confirm", tag = "alerts", operation_id = "confirm_alert",
    params(("id" = String, Path, description = "Id of the list", max_length = 200)),
    responses((status = 200, description = "It may be read", body = Alert), AlertReadingRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn confirm(
    State(api): State<Shared>,
    Authority(actor): Authority,
    Segment(id): Segment,
    uri: Uri,
) -> Result<Json<Alert>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(api.service.alerts.confirm(&id, &actor, api.now()).await?))
}

/// The addresses
///
/// `csv` has `;` between its cells, `psv` has `|`, `jsonl` is an object a line. The first line says what the list is, with the SHA-256 of
/// the lines behind it. A download that broke off goes on with `Range` and `If-Range`. Each request is in the journal,
/// with the bytes that were sent.
#[utoipa::path(
    get, path = "/v1/alerts/{id}/list", tag = "alerts", operation_id = "alert_list",
    params(
        ("id" = String, Path, description = "Id of the list", max_length = 200),
        ("format" = Option<String>, Query, description = "csv unless said, psv or jsonl"),
        ("Range" = Option<String>, Header, description = "`bytes=N-`: from this byte on"),
        ("If-Range" = Option<String>, Header, description = "The entity tag of what is had already"),
    ),
    responses(
        (status = 200, description = "The list", content((String = "text/csv"), (String = "application/x-ndjson")),
            headers(("etag" = String, description = "Names these bytes"))),
        (status = 206, description = "A part of it", content((String = "text/csv"), (String = "application/x-ndjson"))),
        (status = 304, description = "Unchanged since the entity tag of `If-None-Match`"),
        (status = 416, description = "`range_not_satisfiable`: the list is not that long", content_type = "application/problem+json",
            body = super::problem::ProblemDocument),
        AlertReadingRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn download(
    State(api): State<Shared>,
    Authority(actor): Authority,
    Segment(id): Segment,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri, &["format"])?;
    let format = match parameters.text("format") {
        "" => Format::Csv,
        name => Format::parse(name).ok_or_else(|| Problem::parameter("invalid_parameter", "format", "csv, psv or jsonl is expected"))?,
    };
    let file = api.service.alerts.file(&id, format, api.now()).await?;
    let sent = file_answer::sent(&method, &headers, &file.tag, file.length);
    let path = api.service.alerts.give(&file, sent, &actor, api.now()).await?;
    let answer = FileAnswer { path: &path, media: file.format.media(), encoding: None, tag: &file.tag, name: &file.name };
    file_answer::answer(answer, &headers).await
}

/// Whom the list reaches, and whom it does not
///
/// Matching professionals by profession and département: reached, reached by a structure only, with closed mailboxes only, without any.
/// Each request is in the journal.
#[utoipa::path(
    get, path = "/v1/alerts/{id}/coverage", tag = "alerts", operation_id = "alert_coverage",
    params(
        ("id" = String, Path, description = "Id of the list", max_length = 200),
        ("format" = Option<String>, Query, description = "json unless said, csv, or html: a page to read and print"),
    ),
    responses(
        (status = 200, description = "The report", content((Report = "application/json"), (String = "text/csv"), (String = "text/html"))),
        AlertReadingRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn coverage(
    State(api): State<Shared>,
    Authority(actor): Authority,
    Segment(id): Segment,
    uri: Uri,
) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri, &["format"])?;
    let format = parameters.text("format");
    if !matches!(format, "" | "json" | "csv" | "html") {
        return Err(Problem::parameter("invalid_parameter", "format", "json, csv or html is expected"));
    }
    let report = api.service.alerts.report(&id, &actor, api.now()).await?;
    Ok(match format {
        "csv" => {
            let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, "attachment; filename=\"couverture.csv\"")];
            (headers, report.coverage.csv()).into_response()
        }
        "html" => {
            let mut response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], alert::page(&report)).into_response();
            let policy = HeaderValue::from_str(&alert::content_security_policy());
            let policy = policy.map_err(|error| Problem::from(Error::internal("a policy as a header", error)))?;
            response.headers_mut().insert(CONTENT_SECURITY_POLICY, policy);
            response
        }
        _ => Json(report).into_response(),
    })
}
