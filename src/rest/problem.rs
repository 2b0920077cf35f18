//! Problem documents (RFC 9457): one shape for every refusal, with a stable `code`, and the one place where an error of the domain
//! becomes an HTTP status.
//!
//! Handlers return a [`Problem`]; it travels as a response extension until [`complete`], which knows the request id, writes the
//! body, or for people the page ([`site`]). The same layer turns bare error responses of the layers below (unknown route, wrong method, body too large, time-out) into
//! problems, so that no error leaves in another shape. A problem names parameters, never their values.

use super::observe::RequestId;
use super::site;
use crate::error::{Error, Kind};
use axum::Extension;
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, RETRY_AFTER, TRANSFER_ENCODING, WWW_AUTHENTICATE};
use axum::http::{HeaderValue, Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use utoipa::ToSchema;

const MEDIA_TYPE: HeaderValue = HeaderValue::from_static("application/problem+json");

/// A refusal on its way to the client.
#[derive(Clone, Debug)]
pub(super) struct Problem {
    status: StatusCode,
    code: &'static str,
    detail: String,
    parameter: Option<String>,
    field: Option<String>,
}

/// A refusal as it is sent (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub(super) struct ProblemDocument<'a> {
    /// Names the kind of problem; one for each `code`.
    #[serde(rename = "type")]
    #[schema(example = "urn:annuaire:problem:unknown_parameter")]
    kind: String,
    /// The HTTP status in words.
    #[schema(example = "Bad Request")]
    title: &'a str,
    #[schema(example = 400)]
    status: u16,
    /// Stable, for programs.
    #[schema(example = "unknown_parameter")]
    code: &'a str,
    /// For people; may change its wording.
    detail: &'a str,
    /// The query parameter at fault, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "ville")]
    parameter: Option<&'a str>,
    /// The field of the body at fault, when it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "professional_id")]
    field: Option<&'a str>,
    /// The same as in the header `x-request-id`.
    #[schema(example = "6f0c4d4e-6b0e-4f5e-9f57-6a4b7f6f8f10")]
    request_id: &'a str,
}

impl Problem {
    pub(super) fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Self {
        Self { status, code, detail: detail.into(), parameter: None, field: None }
    }

    /// 400 that names a parameter of the query.
    pub(super) fn parameter(code: &'static str, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { parameter: Some(name.into()), ..Self::new(StatusCode::BAD_REQUEST, code, detail) }
    }

    /// A refusal that names a field of the body.
    pub(super) fn field(status: StatusCode, code: &'static str, name: &'static str, detail: impl Into<String>) -> Self {
        Self { field: Some(name.to_owned()), ..Self::new(status, code, detail) }
    }

    /// The same, of an error that names its field: the fields of a question are its parameters.
    pub(super) fn of_question(error: Error) -> Self {
        let problem = Self::from(error);
        Self { parameter: problem.field.clone(), field: None, ..problem }
    }

    /// The one answer for what does not exist and for what may not be shown.
    pub(super) fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", "nothing is shown under this identifier")
    }

    /// The same for an operator: a failure of ours has a code of its interface.
    pub(super) fn for_operator(error: Error) -> Self {
        let problem = Self::from(error);
        if problem.code == "internal" { Self { code: "MSS-099", ..problem } } else { problem }
    }

    /// Is it [`Problem::not_found`]?
    pub(super) fn is_not_found(&self) -> bool {
        self.code == "not_found"
    }

    pub(super) fn is_unauthorized(&self) -> bool {
        self.status == StatusCode::UNAUTHORIZED
    }

    /// What a bare error status of a lower layer means.
    fn of_status(status: StatusCode) -> Self {
        let (code, detail) = match status {
            StatusCode::NOT_FOUND => ("unknown_route", "there is no such route; see /docs"),
            StatusCode::METHOD_NOT_ALLOWED => ("method_not_allowed", "the route exists, not for this method; see the header Allow"),
            StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "the body is larger than allowed"),
            StatusCode::GATEWAY_TIMEOUT => ("timeout", "no answer was ready in time"),
            s if s.is_client_error() => ("invalid_request", "the request cannot be read"),
            _ => ("internal", INTERNAL),
        };
        Self::new(status, code, detail)
    }

    fn document<'a>(&'a self, id: &'a RequestId) -> ProblemDocument<'a> {
        ProblemDocument {
            kind: format!("urn:annuaire:problem:{}", self.code),
            title: self.status.canonical_reason().unwrap_or("Error"),
            status: self.status.as_u16(),
            code: self.code,
            detail: &self.detail,
            parameter: self.parameter.as_deref(),
            field: self.field.as_deref(),
            request_id: id.as_str(),
        }
    }

    pub(super) fn code(&self) -> &'static str {
        self.code
    }
}

const INTERNAL: &str = "the server failed to answer; its administrator can find the request by its id";

/// The one place where a kind of error becomes an HTTP status.
fn status_of(kind: Kind) -> StatusCode {
    match kind {
        Kind::Invalid => StatusCode::BAD_REQUEST,
        Kind::Unauthenticated => StatusCode::UNAUTHORIZED,
        Kind::Forbidden => StatusCode::FORBIDDEN,
        Kind::NotFound => StatusCode::NOT_FOUND,
        Kind::Conflict => StatusCode::CONFLICT,
        Kind::Gone => StatusCode::GONE,
        Kind::Precondition => StatusCode::PRECONDITION_FAILED,
        Kind::Unprocessable => StatusCode::UNPROCESSABLE_ENTITY,
        Kind::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
        Kind::RateLimited => StatusCode::TOO_MANY_REQUESTS,
        Kind::Busy | Kind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        Kind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

impl From<Error> for Problem {
    fn from(error: Error) -> Self {
        match error.kind() {
            // The sources may quote values of an entry: only our own words go to the log.
            Kind::Internal => {
                tracing::error!(code = error.code(), message = %error, "a request failed");
                Self::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", INTERNAL)
            }
            kind => {
                let field = error.field().map(str::to_owned);
                Self { field, ..Self::new(status_of(kind), error.code(), error.to_string()) }
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        (self.status, Extension(self)).into_response()
    }
}

/// Layer: gives every error response its problem document.
pub(super) async fn complete(Extension(id): Extension<RequestId>, request: Request, next: Next) -> Response {
    let head = request.method() == Method::HEAD;
    let page = site::answers(request.uri().path(), request.headers()).then(|| request.uri().clone());
    let response = next.run(request).await;
    let status = response.status();
    if !status.is_client_error() && !status.is_server_error() {
        return response;
    }
    let (mut parts, body) = response.into_parts();
    let problem = match parts.extensions.remove::<Problem>() {
        Some(problem) => problem,
        // A route that answers an error status in its own documented shape (readiness).
        None if parts.headers.get(CONTENT_TYPE).is_some_and(|t| t == "application/json") => {
            return Response::from_parts(parts, body);
        }
        None => Problem::of_status(status),
    };
    for replaced in [CONTENT_ENCODING, TRANSFER_ENCODING, CONTENT_LENGTH] {
        parts.headers.remove(replaced);
    }
    let body = match page {
        Some(uri) => {
            let page = site::refusal_page(status, problem.code, problem.parameter.as_deref(), id.as_str(), &uri);
            let (shown, body) = page.into_parts();
            parts.headers.extend(shown.headers);
            body
        }
        None => {
            let bytes = serde_json::to_vec(&problem.document(&id)).unwrap_or_default();
            parts.headers.insert(CONTENT_TYPE, MEDIA_TYPE);
            parts.headers.insert(CONTENT_LENGTH, HeaderValue::from(bytes.len()));
            bytes.into()
        }
    };
    match status {
        StatusCode::UNAUTHORIZED => {
            parts.headers.insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"annuaire\", error=\"invalid_token\""));
        }
        StatusCode::SERVICE_UNAVAILABLE | StatusCode::TOO_MANY_REQUESTS => {
            parts.headers.insert(RETRY_AFTER, HeaderValue::from_static("2"));
        }
        _ => {}
    }
    Response::from_parts(parts, if head { axum::body::Body::empty() } else { body })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_internal_error_says_nothing_of_the_inside() {
        let problem = Problem::from(Error::internal("reading shard 3 of DUPONT", "disk on fire"));
        let text = format!("{problem:?}");
        assert!(!text.contains("DUPONT") && !text.contains("disk"), "{text}");
        assert_eq!(problem.status, 500);
    }

    #[test]
    fn kinds_keep_their_code_and_message() {
        let problem = Problem::from(Error::new(Kind::Invalid, "invalid_cursor", "the cursor is not one of ours"));
        assert_eq!(
            (problem.status, problem.code, problem.detail.as_str()),
            (StatusCode::BAD_REQUEST, "invalid_cursor", "the cursor is not one of ours")
        );
    }
}
