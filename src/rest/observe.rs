//! Request ids, the request log and the request metrics.
//!
//! The log line of a request is its method, the template of the route it matched, the status, the time to the answer's headers and
//! the id: never the URI, the query, a header or a body, which name people. Metric labels are the same closed words, so that no
//! client can make new series.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method};
use axum::middleware::Next;
use axum::response::Response;
use std::time::Instant;

pub(super) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Longest id accepted from a client, bytes.
const MAX_REQUEST_ID: usize = 64;

/// Names one request, in its answer, its problem document and its log line.
#[derive(Clone, Debug)]
pub(super) struct RequestId(String);

impl RequestId {
    /// The client's own when it is well formed (hexadecimal digits and hyphens; 64 at most), else a new one: it goes to the log, which names
    /// nobody, not even by a client's choice.
    fn of(headers: &HeaderMap) -> Self {
        let given = headers
            .get(X_REQUEST_ID)
            .and_then(|v| v.to_str().ok())
            .filter(|text| (1..=MAX_REQUEST_ID).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_hexdigit() || b == b'-'));
        Self(given.map_or_else(|| uuid::Uuid::new_v4().to_string(), str::to_owned))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}

/// The method as one of a closed list: an extension method is free text.
fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::PATCH => "PATCH",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "OTHER",
    }
}

/// Outermost layer: gives the request its id, and counts, times and logs it.
pub(super) async fn observe(mut request: Request, next: Next) -> Response {
    let started = Instant::now();
    let id = RequestId::of(request.headers());
    let method = method_name(request.method());
    let route = request.extensions().get::<MatchedPath>().map_or_else(|| "unmatched".to_owned(), |path| path.as_str().to_owned());
    request.extensions_mut().insert(id.clone());

    let mut response = next.run(request).await;

    let status = response.status();
    let elapsed = started.elapsed();
    if let Ok(value) = HeaderValue::from_str(id.as_str()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    let labels = [("method", method.to_owned()), ("route", route.clone()), ("status", status.as_str().to_owned())];
    metrics::counter!("annuaire_http_requests_total", &labels).increment(1);
    metrics::histogram!("annuaire_http_request_seconds", &labels).record(elapsed);
    let latency_ms = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
    if status.is_server_error() {
        tracing::warn!(method, route, status = status.as_u16(), latency_ms, request_id = id.as_str(), "request");
    } else {
        tracing::info!(method, route, status = status.as_u16(), latency_ms, request_id = id.as_str(), "request");
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_well_formed_ids_are_taken_over() {
        let of = |text: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(X_REQUEST_ID, HeaderValue::from_bytes(text.as_bytes()).unwrap());
            RequestId::of(&headers).0
        };
        assert_eq!(of("3F0c1f0e-42"), "3F0c1f0e-42");
        let long = "x".repeat(65);
        for refused in ["", "belin.philippe", "client_42", "a b", "a\"b", "é", long.as_str()] {
            assert_eq!(of(refused).len(), 36, "{refused}");
        }
    }
}
