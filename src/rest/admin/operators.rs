//! `/v1/admin/operators`: the life of operators, their contracts, keys, certificates and domains.

use super::Administrator;
use crate::error::Error;
use crate::model::{Contact, OperatorState};
use crate::rest::json_body;
use crate::rest::operator::Parameters;
use crate::rest::path::Segment;
use crate::rest::problem::Problem;
use crate::rest::refusals::AdminRefusals;
use crate::rest::router::Shared;
use crate::trust::{FileChange, NewKey, OperatorDetail, written_subject};
use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::{StatusCode, Uri};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// An operator, for administrators.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AdminOperator {
    id: String,
    name: String,
    #[schema(value_type = String, example = "valide")]
    state: &'static str,
    /// UTC second; 0 when the liste blanche gave it.
    state_since: i64,
    contract: String,
    contract_from: String,
    contract_to: String,
    contacts: Vec<Contact>,
    domains: Vec<String>,
    certificates: Vec<String>,
    keys: Vec<AdminKey>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AdminKey {
    id: String,
    label: String,
    created_at: i64,
    expires_at: Option<i64>,
    revoked_at: Option<i64>,
}

#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct OperatorLine {
    id: String,
    name: String,
    #[schema(value_type = String)]
    state: &'static str,
}

#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct OperatorPage {
    items: Vec<OperatorLine>,
    next: Option<String>,
}

/// A new operator; it begins as a candidate.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct NewOperator {
    /// Prefixed structure id, as the OU of its certificates
    #[schema(example = "1990999013")]
    id: String,
    name: String,
    contract: Option<String>,
    contract_from: Option<String>,
    contract_to: Option<String>,
    contacts: Option<Vec<Contact>>,
}

/// What changes of an operator; what is absent stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct OperatorChange {
    /// `provisoire`, `valide`, `suspendu`, `resilie`
    state: Option<String>,
    name: Option<String>,
    contract: Option<String>,
    contract_from: Option<String>,
    contract_to: Option<String>,
    contacts: Option<Vec<Contact>>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct KeyBody {
    #[serde(default)]
    label: String,
    /// UTC second; without one it does not expire
    expires_at: Option<i64>,
}

/// A key with its secret, shown this once.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct KeySecret {
    id: String,
    secret: String,
    expires_at: Option<i64>,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct Certificate {
    /// As openssl x509 -subject -nameopt RFC2253 prints it
    subject: String,
}

#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(in crate::rest) struct GrantedDomain {
    domain: String,
    #[serde(default)]
    description: String,
}

impl From<OperatorDetail> for AdminOperator {
    fn from(detail: OperatorDetail) -> Self {
        let key = |key: crate::model::OperatorKey| AdminKey {
            id: key.id,
            label: key.label,
            created_at: key.created_at,
            expires_at: key.expires_at,
            revoked_at: key.revoked_at,
        };
        Self {
            id: detail.operator.id,
            name: detail.operator.name,
            state: detail.operator.state.code(),
            state_since: detail.file.state_since,
            contract: detail.file.contract,
            contract_from: detail.file.contract_from,
            contract_to: detail.file.contract_to,
            contacts: detail.file.contacts,
            domains: detail.domains,
            certificates: detail.certificates,
            keys: detail.keys.into_iter().map(key).collect(),
        }
    }
}

/// Operators, of every state
#[utoipa::path(
    get, path = "/v1/admin/operators", tag = "admin", operation_id = "all_operators",
    params(("after" = Option<String>, Query, description = "Ids behind this one"), ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said")),
    responses((status = 200, description = "A page", body = OperatorPage), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn list(State(api): State<Shared>, _: Administrator, uri: Uri) -> Result<Json<OperatorPage>, Problem> {
    let parameters = Parameters::of(&uri, &["after", "limit"])?;
    let limit = parameters.limit()?;
    let page = api.service.operators.page(parameters.text("after"), limit).await?;
    let next = page.last().filter(|_| page.len() as u64 >= u64::from(limit)).map(|operator| operator.id.clone());
    let items = page.into_iter().map(|o| OperatorLine { id: o.id, name: o.name, state: o.state.code() }).collect();
    Ok(Json(OperatorPage { items, next }))
}

/// Add an operator
#[utoipa::path(
    post, path = "/v1/admin/operators", tag = "admin", operation_id = "add_operator", request_body = NewOperator,
    responses((status = 201, description = "A candidate", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn add(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    uri: Uri,
    bytes: Bytes,
) -> Result<(StatusCode, Json<AdminOperator>), Problem> {
    Parameters::of(&uri, &[])?;
    let new: NewOperator = json_body::read(&bytes)?;
    let NewOperator { id, name, contract, contract_from, contract_to, contacts } = new;
    let change = FileChange { name: None, contract, contract_from, contract_to, contacts };
    let detail = api.service.operators.add(&id, &name, change, &actor, api.now()).await?;
    Ok((StatusCode::CREATED, Json(detail.into())))
}

/// One operator
#[utoipa::path(
    get, path = "/v1/admin/operators/{id}", tag = "admin", operation_id = "any_operator",
    params(("id" = String, Path, description = "Id of the operator", max_length = 200)),
    responses((status = 200, description = "All that is kept of it", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn read(
    State(api): State<Shared>,
    _: Administrator,
    Segment(id): Segment,
    uri: Uri,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(api.service.operators.detail(&id).await?.into()))
}

/// Change an operator
#[utoipa::path(
    patch, path = "/v1/admin/operators/{id}", tag = "admin", operation_id = "change_operator", request_body = OperatorChange,
    params(("id" = String, Path, description = "Id of the operator", max_length = 200)),
    responses((status = 200, description = "As it then is; its mailboxes are hidden or shown at once", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn change(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(id): Segment,
    uri: Uri,
    bytes: Bytes,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    let OperatorChange { state, name, contract, contract_from, contract_to, contacts } = json_body::read(&bytes)?;
    let state = match state.as_deref() {
        None => None,
        Some(word) => Some(OperatorState::parse(word).ok_or_else(|| {
            Problem::from(Error::invalid("state: candidat, provisoire, valide, suspendu or resilie is expected").at_field("state"))
        })?),
    };
    let operators = &api.service.operators;
    let change = FileChange { name, contract, contract_from, contract_to, contacts };
    let mut detail = operators.detail(&id).await?;
    if change.is_some() {
        detail = operators.change_file(&id, change, &actor, api.now()).await?;
    }
    if let Some(state) = state {
        detail = operators.set_state(&id, state, &actor, api.now()).await?;
    }
    Ok(Json(detail.into()))
}

/// Make a key for an operator
///
/// Several may be in force: the new one works before the old one is revoked.
#[utoipa::path(
    post, path = "/v1/admin/operators/{id}/keys", tag = "admin", operation_id = "add_key", request_body = KeyBody,
    params(("id" = String, Path, description = "Id of the operator", max_length = 200)),
    responses((status = 201, description = "The secret, shown this once", body = KeySecret), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn add_key(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(id): Segment,
    uri: Uri,
    bytes: Bytes,
) -> Result<(StatusCode, Json<KeySecret>), Problem> {
    Parameters::of(&uri, &[])?;
    let KeyBody { label, expires_at } = json_body::read(&bytes)?;
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).map_err(|error| Problem::from(Error::internal("the system gives no random bytes", error)))?;
    let new = NewKey { id: uuid::Uuid::new_v4().to_string(), label, expires_at, entropy };
    let (key, secret) = api.service.operators.add_key(&id, new, &actor, api.now()).await?;
    Ok((StatusCode::CREATED, Json(KeySecret { id: key.id, secret: secret.reveal().to_owned(), expires_at: key.expires_at })))
}

/// Revoke a key
#[utoipa::path(
    delete, path = "/v1/admin/operators/{id}/keys/{key}", tag = "admin", operation_id = "revoke_key",
    params(("id" = String, Path, description = "Id of the operator"), ("key" = String, Path, description = "Id of the key")),
    responses((status = 200, description = "Refused everywhere within a second", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn revoke_key(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Path((id, key)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(api.service.operators.revoke_key(&id, &key, &actor, api.now()).await?.into()))
}

/// Give an operator a certificate
#[utoipa::path(
    post, path = "/v1/admin/operators/{id}/certificates", tag = "admin", operation_id = "add_certificate", request_body = Certificate,
    params(("id" = String, Path, description = "Id of the operator", max_length = 200)),
    responses((status = 200, description = "As it then is", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn add_certificate(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(id): Segment,
    uri: Uri,
    bytes: Bytes,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    let subject = written_subject(&json_body::read::<Certificate>(&bytes)?.subject)?;
    Ok(Json(api.service.operators.add_certificate(&id, subject, &actor, api.now()).await?.into()))
}

/// Take a certificate from an operator, with the domains only it gave
#[utoipa::path(
    delete, path = "/v1/admin/operators/{id}/certificates", tag = "admin", operation_id = "remove_certificate", request_body = Certificate,
    params(("id" = String, Path, description = "Id of the operator", max_length = 200)),
    responses((status = 200, description = "As it then is", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn remove_certificate(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(id): Segment,
    uri: Uri,
    bytes: Bytes,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    let subject = written_subject(&json_body::read::<Certificate>(&bytes)?.subject)?;
    Ok(Json(api.service.operators.remove_certificate(&id, subject, &actor, api.now()).await?.into()))
}

/// List a domain for an operator, beside the official liste blanche
#[utoipa::path(
    post, path = "/v1/admin/operators/{id}/domains", tag = "admin", operation_id = "grant_domain", request_body = GrantedDomain,
    params(("id" = String, Path, description = "Id of the operator", max_length = 200)),
    responses((status = 200, description = "As it then is", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn grant(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(id): Segment,
    uri: Uri,
    bytes: Bytes,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    let GrantedDomain { domain, description } = json_body::read(&bytes)?;
    Ok(Json(api.service.operators.grant(&id, &domain, &description, &actor, api.now()).await?.into()))
}

/// Take a domain from an operator: its mailboxes there are hidden at once
#[utoipa::path(
    delete, path = "/v1/admin/operators/{id}/domains/{domain}", tag = "admin", operation_id = "take_domain",
    params(("id" = String, Path, description = "Id of the operator"), ("domain" = String, Path, description = "The domain")),
    responses((status = 200, description = "As it then is", body = AdminOperator), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn take(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Path((id, domain)): Path<(String, String)>,
    uri: Uri,
) -> Result<Json<AdminOperator>, Problem> {
    Parameters::of(&uri, &[])?;
    Ok(Json(api.service.operators.ungrant(&id, &domain, &actor, api.now()).await?.into()))
}
