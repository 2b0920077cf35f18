//! `/healthz`, `/readyz` and `/metrics`: for those who run the service. They say nothing of the inside that a stranger could use:
//! no change numbers, no editions, no counts of entries.

use super::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

/// The process answers.
#[derive(Serialize, ToSchema)]
pub(super) struct Health {
    /// Always true.
    alive: bool,
}

/// Whether searches are answered.
#[derive(Serialize, ToSchema)]
pub(super) struct Readiness {
    /// Fit to receive traffic.
    ready: bool,
    /// Standing remarks (`no liste blanche was ever loaded`).
    notices: Vec<String>,
}

/// Alive
///
/// 200 as long as the process answers at all; restart it when it does not.
#[utoipa::path(get, path = "/healthz", tag = "service", operation_id = "healthz",
    responses((status = 200, description = "Alive", body = Health)))]
pub(super) async fn healthz() -> Response {
    ([(CACHE_CONTROL, "no-store")], Json(Health { alive: true })).into_response()
}

/// Ready
///
/// 503 while withdrawals of the store may be missing from the index: searches are refused or about to be.
#[utoipa::path(get, path = "/readyz", tag = "service", operation_id = "readyz",
    responses(
        (status = 200, description = "Searches are answered", body = Readiness),
        (status = 503, description = "Send no traffic here now", body = Readiness),
    ))]
pub(super) async fn readyz(State(api): State<Shared>) -> Response {
    let (ready, mut notices) = api.service.directory.ready();
    notices.extend(api.service.exports.notice());
    let status = if ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    (status, [(CACHE_CONTROL, "no-store")], Json(Readiness { ready, notices })).into_response()
}

/// Metrics
///
/// Prometheus text format 0.0.4. Labels are methods, route templates and statuses.
#[utoipa::path(get, path = "/metrics", tag = "service", operation_id = "metrics",
    responses((status = 200, description = "All metrics", body = String, content_type = "text/plain")))]
pub(super) async fn metrics(State(api): State<Shared>) -> Response {
    let text = api.service.metrics.render();
    ([(CACHE_CONTROL, "no-store"), (CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()
}
