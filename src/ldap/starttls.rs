//! TLS on an LDAP connection: StartTLS (RFC 4511 section 4.14, RFC 4513 section 3), and what may be asked before it.
//!
//! A connection is served in one or two legs: in clear, and after StartTLS over TLS on the same socket. The legs share nothing but the
//! socket: the second one begins anonymous, and bytes that came in clear never reach it. How TLS is spoken is the transport's matter: it
//! comes as an [`Upgrade`].

use super::LdapService;
use super::message::Operation;
use super::request::{ExtendedRequest, Scope, SearchRequest};
use super::response::Outcome;
use super::session;
use crate::model::DistinguishedName;
use crate::trust::Peer;
use ldap3_proto::proto::LdapResultCode;
use std::io;
use std::sync::Arc;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_util::sync::CancellationToken;

pub const START_TLS: &str = "1.3.6.1.4.1.1466.20037";

/// Where a connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tls {
    /// In clear, and there is no certificate to offer.
    Absent,
    /// In clear, until the client asks.
    Offered,
    On,
}

/// The server's side of a TLS handshake, with its deadline.
pub trait Upgrade<S>: Send {
    type Stream: AsyncRead + AsyncWrite + Unpin + Send + 'static;

    /// The stream over TLS, and the subject of the client's certificate if it showed one.
    fn upgrade(self, stream: S) -> impl Future<Output = io::Result<(Self::Stream, Option<DistinguishedName>)>> + Send;
}

/// Serves a connection that is over TLS from its first byte.
pub async fn serve_tls<S>(stream: S, peer: Peer, service: Arc<LdapService>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    session::serve(stream, peer, Tls::On, service, stop).await;
}

/// Serves a connection that begins in clear; `upgrade` is what StartTLS leads to, if it is offered.
pub async fn serve_clear<S, U>(stream: S, peer: Peer, upgrade: Option<U>, service: Arc<LdapService>, stop: CancellationToken)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
    U: Upgrade<S>,
{
    let tls = if upgrade.is_some() { Tls::Offered } else { Tls::Absent };
    let given_back = session::serve(stream, peer.clone(), tls, Arc::clone(&service), stop.clone()).await;
    let Some((stream, upgrade)) = given_back.zip(upgrade) else {
        return;
    };
    let upgraded = tokio::select! {
        biased;
        () = stop.cancelled() => return,
        upgraded = upgrade.upgrade(stream) => upgraded,
    };
    match upgraded {
        Ok((stream, certificate)) => serve_tls(stream, Peer { confidential: true, certificate, ..peer }, service, stop).await,
        Err(error) => tracing::debug!(error = %error, "StartTLS failed"),
    }
}

/// Is this extended request one for TLS, well-formed or not beyond its name?
pub fn is_start_tls(content: &[u8]) -> bool {
    ExtendedRequest::read(content).is_ok_and(|request| request.oid == START_TLS.as_bytes())
}

/// May TLS begin now?
pub fn check(tls: Tls, outstanding: bool, content: &[u8]) -> Result<(), Outcome> {
    if ExtendedRequest::read(content).map_or(true, |request| request.value.is_some()) {
        return Err(Outcome::malformed());
    }
    match tls {
        Tls::Absent => Err(Outcome::new(LdapResultCode::ProtocolError, "StartTLS is not offered: no certificate")),
        Tls::On => Err(Outcome::new(LdapResultCode::OperationsError, "TLS is on already")),
        Tls::Offered if outstanding => Err(Outcome::new(LdapResultCode::OperationsError, "operations are outstanding")),
        Tls::Offered => Ok(()),
    }
}

/// What may be asked where others can listen: to begin TLS, to leave, and what this server offers.
pub fn allowed_in_clear(operation: Operation, content: &[u8]) -> bool {
    match operation {
        Operation::Unbind | Operation::Abandon => true,
        Operation::Extended => is_start_tls(content),
        Operation::Search => SearchRequest::read(content).is_ok_and(|request| request.base.is_empty() && request.scope == Scope::Base),
        _ => false,
    }
}
