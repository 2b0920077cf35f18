//! What surrounds every route, outermost first: request id, log and metrics; security headers; who may keep the answer; problem
//! documents; confidentiality; panics; compression; time-out; bounds of the request.
//!
//! The order matters. A panic or a time-out must be inside the layer that writes problem documents, and that one inside the layer
//! that knows the request id. The bounds stand inside so that a refusal by them is logged, counted and answered like any other.

use super::credential::ESANTE_API_KEY;
use super::problem::Problem;
use super::{bounds, observe, problem};
use crate::settings::HttpSettings;
use crate::trust::Peer;
use axum::Router;
use axum::extract::{DefaultBodyLimit, Request};
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, ETAG, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS};
use axum::http::{Extensions, HeaderMap, HeaderName, HeaderValue, StatusCode, Version};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use std::any::Any;
use std::time::Duration;
use tower::ServiceBuilder;
use tower::layer::util::{Identity, Stack};
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::compression::CompressionLayer;
use tower_http::compression::predicate::{DefaultPredicate, Predicate};
use tower_http::limit::RequestBodyLimitLayer;
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::timeout::TimeoutLayer;

/// Body of a list: a thousand addresses of the longest kind, with room for escapes.
const LIST_BYTES: usize = 512 * 1024;

/// Bounds every request is held to, from the settings.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub uri_bytes: usize,
    body_bytes: usize,
    time: Duration,
    batch_bytes: usize,
    batch_time: Duration,
}

impl Bounds {
    pub(super) fn of(settings: &HttpSettings) -> Self {
        Self {
            uri_bytes: settings.max_uri_bytes,
            body_bytes: settings.max_body_bytes,
            time: Duration::from_secs(settings.request_seconds),
            batch_bytes: settings.max_batch_bytes,
            batch_time: Duration::from_secs(settings.batch_seconds),
        }
    }
}

/// Routes of small bodies and short answers.
pub(super) fn bounded(router: Router, bounds: Bounds) -> Router {
    router.layer(limits(bounds.time, bounds.body_bytes))
}

/// Routes that take a whole batch: a larger body, and the time to send it and to hear what became of it.
pub(super) fn bounded_for_batches(router: Router, bounds: Bounds) -> Router {
    router.layer(DefaultBodyLimit::disable()).layer(limits(bounds.batch_time, bounds.batch_bytes))
}

/// Routes that take a list of a thousand addresses, however they are escaped.
pub(super) fn bounded_for_lists(router: Router, bounds: Bounds) -> Router {
    router.layer(limits(bounds.time, bounds.body_bytes.max(LIST_BYTES)))
}

/// Routes of small bodies that take the time of a look at everybody.
pub(super) fn bounded_for_everybody(router: Router, bounds: Bounds) -> Router {
    router.layer(limits(bounds.batch_time, bounds.body_bytes))
}

/// Routes that wait for something to happen.
pub(super) fn bounded_for_waiting(router: Router, bounds: Bounds, longest: Duration) -> Router {
    router.layer(limits(bounds.time + longest, bounds.body_bytes))
}

fn limits(time: Duration, body: usize) -> Stack<RequestBodyLimitLayer, Stack<TimeoutLayer, Identity>> {
    let time = TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, time);
    ServiceBuilder::new().layer(time).layer(RequestBodyLimitLayer::new(body)).into_inner()
}

/// The router with everything around it that all routes share.
pub(super) fn around(router: Router, bounds: Bounds) -> Router {
    let described = ServiceBuilder::new()
        .layer(from_fn(observe::observe))
        .layer(header(X_CONTENT_TYPE_OPTIONS, "nosniff"))
        .layer(header(REFERRER_POLICY, "no-referrer"))
        // Answers are data: whatever a browser is made to see in them, it may run and load nothing. /docs sets its own policy.
        .layer(header(CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .layer(from_fn(keep))
        .layer(from_fn(problem::complete))
        // Outside everything that looks at the request: a credential that came in clear is not even read.
        .layer(from_fn(confidential));
    let guarded = ServiceBuilder::new()
        .layer(CatchPanicLayer::custom(panicked))
        .layer(CompressionLayer::new().compress_when(DefaultPredicate::new().and(without_etag)))
        .layer(from_fn_with_state(bounds, bounds::hold));
    router
        .fallback(async || StatusCode::NOT_FOUND)
        .method_not_allowed_fallback(async || StatusCode::METHOD_NOT_ALLOWED)
        .layer(guarded)
        .layer(described)
}

fn header(name: HeaderName, value: &'static str) -> SetResponseHeaderLayer<HeaderValue> {
    SetResponseHeaderLayer::if_not_present(name, HeaderValue::from_static(value))
}

/// A strong entity tag names bytes; gzip would send others under the same tag (RFC 9110 §8.8.3.3). Single entries are small anyway.
fn without_etag(_: StatusCode, _: Version, headers: &HeaderMap, _: &Extensions) -> bool {
    !headers.contains_key(ETAG)
}

/// The panic's own message may quote what was asked: it goes nowhere.
fn panicked(_: Box<dyn Any + Send + 'static>) -> Response {
    tracing::error!("a handler panicked");
    StatusCode::INTERNAL_SERVER_ERROR.into_response()
}

/// Who may keep an answer. What is withdrawn must be gone from every answer at once: caches may keep, and must ask again; what was
/// shown to an account is kept by nobody.
async fn keep(request: Request, next: Next) -> Response {
    let certificate = request.extensions().get::<Peer>().is_some_and(|peer| peer.certificate.is_some());
    let credential = certificate || request.headers().contains_key(AUTHORIZATION) || request.headers().contains_key(ESANTE_API_KEY);
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.append(VARY, HeaderValue::from_static("authorization, esante-api-key"));
    headers.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static(if credential { "private, no-store" } else { "no-cache" }));
    response
}

/// Where others can listen nothing is answered but that the process lives. A request without a peer did not come over a network.
async fn confidential(request: Request, next: Next) -> Response {
    let overheard = request.extensions().get::<Peer>().is_some_and(|peer| !peer.confidential);
    if overheard && request.uri().path() != "/healthz" {
        return Problem::new(StatusCode::FORBIDDEN, "tls_required", "nothing is answered in clear; ask over https").into_response();
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::body::{Body, to_bytes};
    use axum::routing::{get, post};
    use tower::ServiceExt;

    fn router() -> Router {
        let routes = Router::new()
            .route("/panic", get(async || -> StatusCode { panic!("DUPONT") }))
            .route("/slow", get(async || tokio::time::sleep(Duration::from_secs(60)).await))
            .route("/body", post(async |_: axum::body::Bytes| "taken"));
        let bounds = Bounds {
            uri_bytes: 100,
            body_bytes: 10,
            time: Duration::from_millis(50),
            batch_bytes: 20,
            batch_time: Duration::from_millis(50),
        };
        around(bounded(routes, bounds), bounds)
    }

    async fn answer(request: axum::http::request::Builder, body: &'static str) -> (u16, String, String) {
        let response = router().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
        let status = response.status().as_u16();
        let media = response.headers().get("content-type").map_or(String::new(), |v| v.to_str().unwrap().to_owned());
        assert!(response.headers().contains_key("x-request-id"));
        assert_eq!(response.headers()["x-content-type-options"], "nosniff");
        let bytes = to_bytes(response.into_body(), 1 << 20).await.unwrap();
        (status, media, String::from_utf8(bytes.to_vec()).unwrap())
    }

    #[tokio::test]
    async fn in_clear_nothing_is_read() {
        let peer = |confidential| Peer { address: [192, 0, 2, 1].into(), confidential, certificate: None };
        let request = |path: &str, confidential| axum::http::Request::builder().uri(path).extension(peer(confidential));
        let (status, media, text) = answer(request("/nowhere", false).header("authorization", "Bearer x"), "").await;
        assert_eq!((status, media.as_str()), (403, "application/problem+json"));
        assert!(text.contains("\"code\":\"tls_required\""), "{text}");
        assert_eq!(answer(request("/nowhere", true), "").await.0, 404);
        assert_eq!(answer(request("/healthz", false), "").await.0, 404, "this router has no such route, but it was asked");
    }

    #[tokio::test]
    async fn failures_below_the_handlers_are_problems_too() {
        let request = axum::http::Request::builder;
        let long = format!("/{}", "x".repeat(200));
        for (case, body, status, code) in [
            (request().uri("/panic"), "", 500, "internal"),
            (request().uri("/slow"), "", 504, "timeout"),
            (request().uri("/nowhere"), "", 404, "unknown_route"),
            (request().uri(&long), "", 414, "uri_too_long"),
            (request().method("POST").uri("/panic"), "", 405, "method_not_allowed"),
            (request().method("POST").uri("/body").header("content-length", 11), "12345678901", 413, "body_too_large"),
            (request().method("POST").uri("/body"), "12345678901", 413, "body_too_large"),
            (request().uri("/panic").header("x-filler", "y".repeat(40_000)), "", 431, "headers_too_large"),
        ] {
            let (got, media, text) = answer(case, body).await;
            assert_eq!((got, media.as_str()), (status, "application/problem+json"), "{text}");
            assert!(text.contains(&format!("\"code\":\"{code}\"")), "{text}");
            assert!(!text.contains("DUPONT"), "{text}");
        }
        let (status, _, text) = answer(request().method("POST").uri("/body"), "12345").await;
        assert_eq!((status, text.as_str()), (200, "taken"));
    }
}
