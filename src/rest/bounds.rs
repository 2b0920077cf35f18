//! Bounds of a request's head: the length of its URI (414) and of its headers (431), checked before anything else reads them.

use super::layers::Bounds;
use super::problem::Problem;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

/// Names and values of all headers together, bytes.
const MAX_HEADER_BYTES: usize = 32 * 1024;

pub(super) async fn hold(State(bounds): State<Bounds>, request: Request, next: Next) -> Response {
    let uri = request.uri();
    let uri_bytes = uri.path().len() + uri.query().map_or(0, |query| query.len() + 1);
    if uri_bytes > bounds.uri_bytes {
        let detail = format!("path and query may hold {} bytes together", bounds.uri_bytes);
        return Problem::new(StatusCode::URI_TOO_LONG, "uri_too_long", detail).into_response();
    }
    let header_bytes: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len()).sum();
    if header_bytes > MAX_HEADER_BYTES {
        let detail = format!("the headers may hold {MAX_HEADER_BYTES} bytes together");
        return Problem::new(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", detail).into_response();
    }
    next.run(request).await
}
