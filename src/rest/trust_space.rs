//! The public part of the trust space: `/v1/operators`, `/v1/domains`, and `/v1/liste-blanche.xml` in the official layout.

use super::operator::Parameters;
use super::problem::Problem;
use super::refusals::PublicListRefusals;
use super::router::Shared;
use crate::model::is_test_domain;
use crate::trust::OperatorListing;
use axum::Json;
use axum::extract::State;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use sha2::{Digest, Sha256};
use utoipa::ToSchema;

#[derive(Serialize, ToSchema)]
pub(super) struct OperatorList {
    items: Vec<OperatorListing>,
    /// `after` of the next page; null at the end.
    next: Option<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DomainList {
    items: Vec<DomainItem>,
    next: Option<String>,
}

/// A listed domain.
#[derive(Serialize, ToSchema)]
pub(super) struct DomainItem {
    #[schema(example = "ch-exempleville.mssante.fr")]
    name: String,
    description: String,
    /// Its name says that nothing real is there.
    test: bool,
    /// Those in force.
    operators: Vec<DomainOperator>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct DomainOperator {
    id: String,
    name: String,
}

/// Operators in force
#[utoipa::path(
    get, path = "/v1/operators", tag = "trust", operation_id = "operators",
    params(("after" = Option<String>, Query, description = "Ids behind this one"), ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said")),
    responses((status = 200, description = "A page, in id order", body = OperatorList), PublicListRefusals),
    security(()),
)]
pub(super) async fn operators(State(api): State<Shared>, uri: Uri) -> Result<Json<OperatorList>, Problem> {
    let parameters = Parameters::of(&uri, &["after", "limit"])?;
    let limit = parameters.limit()?;
    let items = api.service.registry.operators(parameters.text("after"), limit).await?;
    let next = items.last().filter(|_| items.len() as u64 >= u64::from(limit)).map(|operator| operator.id.clone());
    Ok(Json(OperatorList { items, next }))
}

/// Domains of the liste blanche in force
#[utoipa::path(
    get, path = "/v1/domains", tag = "trust", operation_id = "domains",
    params(("after" = Option<String>, Query, description = "Names behind this one"), ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said")),
    responses((status = 200, description = "A page, in name order", body = DomainList), PublicListRefusals),
    security(()),
)]
pub(super) async fn domains(State(api): State<Shared>, uri: Uri) -> Result<Json<DomainList>, Problem> {
    let parameters = Parameters::of(&uri, &["after", "limit"])?;
    let limit = parameters.limit()?;
    let page = api.service.registry.domains(parameters.text("after"), limit).await?;
    let next = page.last().filter(|_| page.len() as u64 >= u64::from(limit)).map(|domain| domain.name.clone());
    let item = |domain: crate::trust::DomainListing| DomainItem {
        test: is_test_domain(&domain.name),
        name: domain.name,
        description: domain.description,
        operators: domain.operators.into_iter().map(|(id, name)| DomainOperator { id, name }).collect(),
    };
    Ok(Json(DomainList { items: page.into_iter().map(item).collect(), next }))
}

/// The liste blanche in force
///
/// In the official layout, an entry for each domain and certificate; contacts are left empty, and it is not signed.
#[utoipa::path(
    get, path = "/v1/liste-blanche.xml", tag = "trust", operation_id = "liste_blanche",
    responses(
        (status = 200, description = "The list", body = String, content_type = "application/xml", headers(("etag" = String, description = "For If-None-Match"))),
        (status = 304, description = "Unchanged since the entity tag of `If-None-Match`"),
        PublicListRefusals,
    ),
    security(()),
)]
pub(super) async fn liste_blanche(State(api): State<Shared>, headers: HeaderMap, uri: Uri) -> Result<Response, Problem> {
    Parameters::of(&uri, &[])?;
    let (xml, _) = api.service.registry.liste_blanche().await?;
    let tag: String = Sha256::digest(xml.as_bytes()).iter().take(16).map(|byte| format!("{byte:02x}")).collect();
    let tag = format!("\"{tag}\"");
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|v| v.to_str().ok()).flat_map(|v| v.split(','));
    let unchanged = known.map(|given| given.trim().trim_start_matches("W/")).any(|given| given == tag || given == "*");
    let mut response = match unchanged {
        true => StatusCode::NOT_MODIFIED.into_response(),
        false => ([(CONTENT_TYPE, "application/xml; charset=utf-8")], xml).into_response(),
    };
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(ETAG, tag);
    }
    Ok(response)
}
