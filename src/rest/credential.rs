//! The caller's credential (RFC 6750; or the header `ESANTE-API-KEY`): no header is the public or, over a connection whose client certificate is an account's, that
//! account; a valid bearer is its account's audience, and anything else is refused. A wrong credential never falls back to the public view:
//! its bearer would believe the answer complete.

use super::problem::Problem;
use super::router::Shared;
use crate::directory::{self, Source};
use crate::model::Audience;
use crate::trust::{Identity, Peer};
use axum::extract::FromRequestParts;
use axum::http::header::AUTHORIZATION;
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderName, StatusCode};
use std::net::{IpAddr, Ipv4Addr};

/// Header of the official API for the same secrets.
pub(super) const ESANTE_API_KEY: HeaderName = HeaderName::from_static("esante-api-key");

/// Longest secret looked at, bytes.
const MAX_SECRET: usize = 256;

/// Who the request is answered for.
pub(super) struct Caller(pub directory::Caller);

impl FromRequestParts<Shared> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        Ok(Self(caller(identify(parts, api).await?, address(parts))))
    }
}

/// The same, for what is asked by accounts only, or by operators with their key.
pub(super) struct IdentifiedCaller(pub directory::Caller);

impl FromRequestParts<Shared> for IdentifiedCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        let identity = identify(parts, api).await?.ok_or_else(invalid)?;
        Ok(Self(caller(Some(identity), address(parts))))
    }
}

fn invalid() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credential", "the credential is not valid")
}

/// Where the client is; a request that came through no listener is this machine's own.
pub(super) fn address(parts: &Parts) -> IpAddr {
    parts.extensions.get::<Peer>().map_or(IpAddr::V4(Ipv4Addr::LOCALHOST), |peer| peer.address)
}

/// The identity of the credential presented, `None` when there is none; a wrong one is refused.
pub(super) async fn identify(parts: &Parts, api: &Shared) -> Result<Option<Identity>, Problem> {
    let authenticator = &api.service.authenticator;
    if !parts.headers.contains_key(AUTHORIZATION) && !parts.headers.contains_key(ESANTE_API_KEY) {
        let subject = parts.extensions.get::<Peer>().and_then(|peer| peer.certificate.as_ref());
        return match subject {
            Some(subject) => Ok(authenticator.authenticate_certificate(subject).await?),
            None => Ok(None),
        };
    }
    // A header that cannot be read goes the same way as a wrong secret, so that neither answer nor time tells them apart.
    let secret = secret(&parts.headers).unwrap_or_default();
    match authenticator.authenticate(secret, address(parts)).await? {
        Some(identity) => Ok(Some(identity)),
        None => Err(invalid()),
    }
}

fn caller(identity: Option<Identity>, address: IpAddr) -> directory::Caller {
    match identity {
        Some(Identity { account, audience, .. }) => directory::Caller { audience, source: Source::Account { name: account, address } },
        None => directory::Caller { audience: Audience::Public, source: Source::Address(address) },
    }
}

/// The secret of the one header that holds one: a bearer, or the key header of the official API.
fn secret(headers: &HeaderMap) -> Option<&str> {
    let mut keys = headers.get_all(ESANTE_API_KEY).iter();
    match (keys.next(), keys.next(), headers.contains_key(AUTHORIZATION)) {
        (None, _, _) => bearer(headers),
        (Some(key), None, false) => key.to_str().ok().map(str::trim).filter(|key| key.len() <= MAX_SECRET),
        _ => None,
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
