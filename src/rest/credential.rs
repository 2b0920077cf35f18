//! The caller's credential (RFC 6750): no header is the public or, over a connection whose client certificate is an account's, that
//! account; a valid bearer is its account's audience, and anything else is refused. A wrong credential never falls back to the public view: its bearer would believe the answer complete.

use super::problem::Problem;
use super::router::Shared;
use crate::model::Audience;
use crate::trust::Peer;
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};

/// Longest secret looked at, bytes.
const MAX_SECRET: usize = 256;

/// The audience the request is answered for.
pub(super) struct Caller(pub Audience);

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        if !parts.headers.contains_key(AUTHORIZATION) {
            let Some(subject) = parts.extensions.get::<Peer>().and_then(|peer| peer.certificate.as_ref()) else {
                return Ok(Self(Audience::Public));
            };
            let identity = api.service.authenticator.authenticate_certificate(subject).await?;
            return Ok(Self(identity.map_or(Audience::Public, |identity| identity.audience)));
        }
        // A header that cannot be read goes the same way as a wrong secret, so that neither answer nor time tells them apart.
        let secret = bearer(&parts.headers).unwrap_or_default();
        match api.service.authenticator.authenticate(secret).await? {
            Some(identity) => Ok(Self(identity.audience)),
            None => Err(Problem::new(StatusCode::UNAUTHORIZED, "invalid_credential", "the credential is not valid")),
        }
    }
}

/// The secret of the only `Authorization` header, when its scheme is Bearer.
fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut given = headers.get_all(AUTHORIZATION).iter();
    let (Some(only), None) = (given.next(), given.next()) else {
        return None;
    };
    let (scheme, secret) = only.to_str().ok()?.split_once(' ')?;
    let secret = secret.trim_matches(' ');
    (scheme.eq_ignore_ascii_case("bearer") && !secret.is_empty() && secret.len() <= MAX_SECRET).then_some(secret)
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn one_bearer_header_and_nothing_else() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(AUTHORIZATION, HeaderValue::from_bytes(value.as_bytes()).unwrap());
            }
            bearer(&headers).map(str::to_owned)
        };
        assert_eq!(of(&["Bearer abc"]).as_deref(), Some("abc"));
        assert_eq!(of(&["bEARER  abc"]).as_deref(), Some("abc"));
        let long = format!("Bearer {}", "x".repeat(MAX_SECRET + 1));
        for refused in [&["Basic YTpi"][..], &["Bearer"], &["Bearer "], &["Bearer a", "Bearer a"], &["Bearer é"], &[long.as_str()], &[""]]
        {
            assert_eq!(of(refused), None, "{refused:?}");
        }
    }
}
