//! `/v1/operator/mailboxes`: an operator's mailboxes, one by one.

use super::identity::OperatorCaller;
use super::parameters::{self, Parameters};
use crate::model::MailboxState;
use crate::publication::{Accepted, Answer, HistoryEntry, Operation, OwnQuery, OwnView};
use crate::rest::path::{Segment, encode};
use crate::rest::problem::Problem;
use crate::rest::refusals::{OperatorReadRefusals, OperatorRefusals};
use crate::rest::router::Shared;
use axum::Json;
use axum::body::Bytes;
use axum::extract::{FromRequest, Request, State};
use axum::http::header::{CONTENT_TYPE, ETAG, LOCATION};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

const REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");

/// A page of one's own mailboxes.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct OwnPage {
    items: Vec<OwnView>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

/// A mailbox as an operator sends it. Which fields a type takes: docs/operators.md.
#[derive(ToSchema)]
#[expect(dead_code, reason = "documentation only: bodies are read by publication")]
pub(in crate::rest) struct MailboxBody {
    /// Mandatory unless the path names it
    #[schema(example = "zoe.exemple@ch-exempleville.mssante.fr")]
    address: Option<String>,
    /// Mandatory on creation: PER, ORG, APP, CAB
    #[schema(example = "PER")]
    r#type: Option<String>,
    /// Identification nationale, or RPPS or ADELI number
    professional_id: Option<String>,
    /// Holders of a CAB mailbox
    holders: Option<Vec<String>>,
    /// FINESS, SIRET, or stable id
    structure_id: Option<String>,
    structures: Option<Vec<String>>,
    family_name: Option<String>,
    given_name: Option<String>,
    responsible: Option<String>,
    service: Option<String>,
    description: Option<String>,
    phone: Option<String>,
    phone_opposed: Option<bool>,
    liste_rouge: Option<bool>,
    /// `accepted`, `refused`; null: not stated
    zero_papier: Option<String>,
    rank: Option<u32>,
    test: Option<bool>,
    /// `active`, `suspended`, `unopened`
    state: Option<String>,
}

/// One's own mailboxes
///
/// In address order; closed ones only with `state=closed`, for the year their address rests.
#[utoipa::path(
    get, path = "/v1/operator/mailboxes", tag = "operator", operation_id = "own_mailboxes",
    params(
        ("after" = Option<String>, Query, description = "Addresses behind this one"),
        ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said"),
        ("state" = Option<String>, Query, description = "active, suspended, unopened or closed; all but closed unless said"),
    ),
    responses((status = 200, description = "A page", body = OwnPage), OperatorReadRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn list(State(api): State<Shared>, caller: OperatorCaller, uri: Uri) -> Result<Json<OwnPage>, Problem> {
    let parameters = Parameters::of(&uri, &["after", "limit", "state"])?;
    let state = match parameters.text("state") {
        "" => None,
        word => Some(
            MailboxState::parse(word)
                .ok_or_else(|| Problem::parameter("invalid_parameter", "state", "active, suspended, unopened or closed is expected"))?,
        ),
    };
    let limit = parameters.limit()?;
    let query = OwnQuery { after: parameters.text("after").to_lowercase(), state, limit };
    let items = api.service.publication.own_page(caller.reads()?, &query, api.now()).await?;
    let next = items.last().filter(|_| items.len() as u64 >= u64::from(limit)).map(|own| own.address.clone());
    Ok(Json(OwnPage { items, next }))
}

/// Create a mailbox
///
/// An address of the official extraction in a domain of one's own is adopted: 200, `adopted`. One that is published already is refused
/// (MSS-050); `PUT` takes whichever it is.
#[utoipa::path(
    post, path = "/v1/operator/mailboxes", tag = "operator", operation_id = "create_mailbox", request_body = MailboxBody,
    params(
        ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key gets the same answer, for a day"),
    ),
    responses(
        (status = 201, description = "Created: committed and synced", body = Accepted, headers(("location" = String, description = "Its path"))),
        (status = 200, description = "Adopted, or a dry run", body = Accepted),
        OperatorRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn create(
    State(api): State<Shared>,
    caller: OperatorCaller,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act(&api, &caller, Operation::Create, None, &method, &uri, &headers, &body).await
}

/// One of one's own mailboxes
///
/// With everything that is hidden from others. Any other address answers MSS-052.
#[utoipa::path(
    get, path = "/v1/operator/mailboxes/{address}", tag = "operator", operation_id = "own_mailbox",
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200)),
    responses(
        (status = 200, description = "The mailbox", body = OwnView, headers(("etag" = String, description = "For If-Match"))),
        OperatorReadRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn read(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    uri: Uri,
) -> Result<Response, Problem> {
    Parameters::of(&uri, &[])?;
    let own = api.service.publication.own(caller.reads()?, &address).await?;
    let tag = HeaderValue::from_str(&format!("\"{}\"", own.revision)).ok();
    let mut response = Json(own).into_response();
    if let Some(tag) = tag {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}

/// Create, replace or adopt a mailbox
#[utoipa::path(
    put, path = "/v1/operator/mailboxes/{address}", tag = "operator", operation_id = "put_mailbox", request_body = MailboxBody,
    params(
        ("address" = String, Path, description = "Address of the mailbox", max_length = 200),
        ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing"),
        ("If-Match" = Option<String>, Header, description = "Revisions it must be in, else 412"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key gets the same answer, for a day"),
    ),
    responses(
        (status = 200, description = "As it then is: committed and synced", body = Accepted),
        (status = 201, description = "Created: committed and synced", body = Accepted),
        OperatorRefusals,
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn put(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    act(&api, &caller, Operation::Put, Some(address), &method, &uri, &headers, &body).await
}

/// Change fields of a mailbox
///
/// What is absent stays, null empties. Address and type never change (MSS-051).
#[utoipa::path(
    patch, path = "/v1/operator/mailboxes/{address}", tag = "operator", operation_id = "update_mailbox", request_body = MailboxBody,
    params(
        ("address" = String, Path, description = "Address of the mailbox", max_length = 200),
        ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing"),
        ("If-Match" = Option<String>, Header, description = "Revisions it must be in, else 412"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key gets the same answer, for a day"),
    ),
    responses((status = 200, description = "As it then is: committed and synced", body = Accepted), OperatorRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn update(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    if body.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "MSS-001", "un objet JSON est attendu"));
    }
    act(&api, &caller, Operation::Update, Some(address), &method, &uri, &headers, &body).await
}

/// Delete a mailbox
///
/// It is on no door any more; for a year its address is given to no other holder, then everything of it is erased.
#[utoipa::path(
    delete, path = "/v1/operator/mailboxes/{address}", tag = "operator", operation_id = "delete_mailbox",
    params(
        ("address" = String, Path, description = "Address of the mailbox", max_length = 200),
        ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing"),
        ("If-Match" = Option<String>, Header, description = "Revisions it must be in, else 412"),
        ("Idempotency-Key" = Option<String>, Header, description = "The same request under the same key gets the same answer, for a day"),
    ),
    responses((status = 200, description = "Deleted: committed and synced", body = Accepted), OperatorRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn delete(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    named(&api, &caller, Operation::Delete, address, &method, &uri, &headers, &body).await
}

/// Suspend a mailbox: hidden, and kept
#[utoipa::path(
    post, path = "/v1/operator/mailboxes/{address}/suspend", tag = "operator", operation_id = "suspend_mailbox",
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200), ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing")),
    responses((status = 200, description = "As it then is: committed and synced", body = Accepted), OperatorRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn suspend(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    named(&api, &caller, Operation::Suspend, address, &method, &uri, &headers, &body).await
}

/// Show a suspended mailbox again
#[utoipa::path(
    post, path = "/v1/operator/mailboxes/{address}/resume", tag = "operator", operation_id = "resume_mailbox",
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200), ("dry_run" = Option<bool>, Query, description = "Check everything, write nothing")),
    responses((status = 200, description = "As it then is: committed and synced", body = Accepted), OperatorRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn resume(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    Whole(body): Whole,
) -> Result<Response, Problem> {
    named(&api, &caller, Operation::Resume, address, &method, &uri, &headers, &body).await
}

/// What became of a mailbox
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct History {
    /// The newest first.
    #[schema(value_type = Vec<Object>)]
    items: Vec<HistoryEntry>,
}

/// What became of one of one's own mailboxes
///
/// Each state with who left it and when, the newest first.
#[utoipa::path(
    get, path = "/v1/operator/mailboxes/{address}/history", tag = "operator", operation_id = "own_mailbox_history",
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200)),
    responses((status = 200, description = "Its states", body = History), OperatorReadRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn history(
    State(api): State<Shared>,
    caller: OperatorCaller,
    Segment(address): Segment,
    uri: Uri,
) -> Result<Json<History>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(History { items: api.service.publication.own_history(caller.reads()?, &address).await? }))
}

/// A body that should not be there, to be refused.
pub(in crate::rest) struct Whole(Bytes);

impl<S: Send + Sync> FromRequest<S> for Whole {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        Bytes::from_request(request, state).await.map(Self).map_err(IntoResponse::into_response)
    }
}

/// An act that names its mailbox in the path and says no more.
#[expect(clippy::too_many_arguments, reason = "the parts of one request")]
async fn named(
    api: &Shared,
    caller: &OperatorCaller,
    operation: Operation,
    address: String,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Problem> {
    if !body.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "MSS-001", "cette opération ne prend pas de corps"));
    }
    act(api, caller, operation, Some(address), method, uri, headers, body).await
}

#[expect(clippy::too_many_arguments, reason = "the parts of one request")]
async fn act(
    api: &Shared,
    caller: &OperatorCaller,
    operation: Operation,
    address: Option<String>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<Response, Problem> {
    let request = parameters::act(operation, address, method, uri, headers, body)?;
    let _turn = api.turns.write(caller.id()).await;
    let answer = api.service.publication.operate(caller.id(), request, &caller.actor, api.now()).await;
    let answer = answer.map_err(Problem::for_operator)?;
    Ok(sent(&answer))
}

fn sent(answer: &Answer) -> Response {
    let status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::OK);
    let mut response = (status, [(CONTENT_TYPE, "application/json")], answer.body.clone()).into_response();
    if answer.replayed {
        response.headers_mut().insert(REPLAYED, HeaderValue::from_static("true"));
    }
    if status == StatusCode::CREATED {
        let body: serde_json::Value = serde_json::from_str(&answer.body).unwrap_or_default();
        let address = body.pointer("/mailbox/address").and_then(serde_json::Value::as_str).unwrap_or_default();
        if let Ok(location) = HeaderValue::from_str(&format!("/v1/operator/mailboxes/{}", encode(address))) {
            response.headers_mut().insert(LOCATION, location);
        }
    }
    response
}
