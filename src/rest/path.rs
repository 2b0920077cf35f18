//! The one variable segment of a path: read strictly, bounded, and written back percent-encoded for `Location`.

use super::asked::MAX_LENGTH;
use super::problem::Problem;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;

/// The identifier in the path, decoded and trimmed.
pub(super) struct Segment(pub String);

impl<S: Send + Sync> FromRequestParts<S> for Segment {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let Ok(Path(text)) = Path::<String>::from_request_parts(parts, state).await else {
            return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_encoding", "the path is not percent-encoded UTF-8"));
        };
        if text.chars().count() > MAX_LENGTH {
            let detail = format!("an identifier in a path has {MAX_LENGTH} characters at most");
            return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_identifier", detail));
        }
        Ok(Self(text.trim().to_owned()))
    }
}

/// A path segment (RFC 3986 pchar) that decodes to `text`.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~!$&'()*+,;=:@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use super::encode;

    #[test]
    fn segments_are_encoded_once() {
        assert_eq!(encode("a.b+c@x.fr"), "a.b+c@x.fr");
        assert_eq!(encode("a/b?#%é\r\n@x"), "a%2Fb%3F%23%25%C3%A9%0D%0A@x");
    }
}
