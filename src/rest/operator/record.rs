//! `/v1/operator` and `/v1/operator/notices`: what an operator is, here, and what it is told.

use super::identity::OperatorCaller;
use super::parameters::Parameters;
use crate::model::OperatorState;
use crate::publication::Notice;
use crate::rest::problem::Problem;
use crate::rest::refusals::OperatorReadRefusals;
use crate::rest::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

/// An operator as it may know itself.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct OperatorRecord {
    id: String,
    name: String,
    #[schema(value_type = String, example = "valide")]
    state: &'static str,
    /// May write at all, test mailboxes only when provisional.
    publishes: bool,
    test_only: bool,
    domains: Vec<String>,
    /// Subjects of its certificates.
    certificates: Vec<String>,
    keys: Vec<KeyRecord>,
    last_sequence: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct KeyRecord {
    id: String,
    label: String,
    /// UTC seconds.
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Notices {
    items: Vec<Notice>,
    /// `after` of the next page; null at the end.
    next: Option<i64>,
}

/// The operator of this credential
#[utoipa::path(
    get, path = "/v1/operator", tag = "operator", operation_id = "operator",
    responses((status = 200, description = "State, domains, credentials", body = OperatorRecord), OperatorReadRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn record(State(api): State<Shared>, caller: OperatorCaller, uri: Uri) -> Result<Json<OperatorRecord>, Problem> {
    Parameters::of(&uri, &[])?;
    let detail = api.service.operators.detail(caller.id()).await?;
    let state = detail.operator.state;
    let key = |key: crate::model::OperatorKey| KeyRecord {
        id: key.id,
        label: key.label,
        created_at: key.created_at,
        expires_at: key.expires_at,
        revoked_at: key.revoked_at,
    };
    Ok(Json(OperatorRecord {
        id: detail.operator.id,
        name: detail.operator.name,
        state: state.code(),
        publishes: state.publishes(),
        test_only: state == OperatorState::Provisoire,
        domains: detail.domains,
        certificates: detail.certificates,
        keys: detail.keys.into_iter().map(key).collect(),
        last_sequence: api.service.publication.last_sequence(caller.id()).await?,
    }))
}

/// What the operator is told
///
/// `holder_left`: every holder has left the register; `domain_left`: the domain has left the liste blanche; `inactive`: suspended or never
/// opened for ten months. At `due` the mailbox is deleted, unless its cause has gone.
#[utoipa::path(
    get, path = "/v1/operator/notices", tag = "operator", operation_id = "notices",
    params(
        ("after" = Option<i64>, Query, description = "Notices behind this id"),
        ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said"),
    ),
    responses((status = 200, description = "In order of their ids", body = Notices), OperatorReadRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn notices(State(api): State<Shared>, caller: OperatorCaller, uri: Uri) -> Result<Json<Notices>, Problem> {
    let parameters = Parameters::of(&uri, &["after", "limit"])?;
    let (after, limit) = (parameters.number("after", i64::MAX)?.unwrap_or_default(), parameters.limit()?);
    let items = api.service.publication.notices(caller.reads()?, after, limit).await?;
    let next = items.last().filter(|_| items.len() as u64 >= u64::from(limit)).map(|notice| notice.id);
    Ok(Json(Notices { items, next }))
}
