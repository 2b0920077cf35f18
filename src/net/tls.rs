//! The one TLS acceptor of LDAPS, StartTLS and HTTPS: rustls, TLS 1.2 and 1.3, client certificates asked for where there is a CA for them
//! and never demanded.
//!
//! Certificate, key, client CA and revocation lists ([`super::tls_files`]) are read again when their content changes, and at SIGHUP. What
//! cannot be used is logged, and what was there before stays. Sessions resume (mail clients open a connection a search) within one reading
//! of the files: new tickets and no old ones after each, so that a session never outlives the CA and the revocation lists it was checked
//! against.

use super::tls_files::{Contents, Files, at, certificates};
use crate::error::{Error, Result};
use crate::ldap::Upgrade;
use crate::model::DistinguishedName;
use crate::settings::TlsSettings;
use crate::trust;
use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ServerConfig, VerifierBuilderError, WebPkiClientVerifier};
use rustls::{InconsistentKeys, RootCertStore};
use rustls_pki_types::PrivateKeyDer;
use rustls_pki_types::pem::PemObject;
use std::io;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(3);

/// In the place of a digest, when there is nothing to digest.
const UNREADABLE: [u8; 32] = [0; 32];

/// Which protocol is spoken inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    Ldap,
    Http,
}

struct Configs {
    ldap: Arc<ServerConfig>,
    http: Arc<ServerConfig>,
}

pub(super) struct Tls {
    files: Files,
    configs: ArcSwap<Configs>,
    /// Digest of the files as they were at the start.
    first: [u8; 32],
}

/// A handshake to come, with its deadline.
pub(super) struct Handshake {
    tls: Arc<Tls>,
    inside: Inside,
    patience: Duration,
}

impl<S: AsyncRead + AsyncWrite + Unpin + Send + 'static> Upgrade<S> for Handshake {
    type Stream = TlsStream<S>;

    async fn upgrade(self, stream: S) -> io::Result<(TlsStream<S>, Option<DistinguishedName>)> {
        let configs = self.tls.configs.load_full();
        let config = match self.inside {
            Inside::Ldap => Arc::clone(&configs.ldap),
            Inside::Http => Arc::clone(&configs.http),
        };
        let stream = tokio::time::timeout(self.patience, TlsAcceptor::from(config).accept(stream)).await??;
        let certificate = stream.get_ref().1.peer_certificates().and_then(<[_]>::first);
        let subject = certificate.and_then(|certificate| trust::certificate_subject(certificate));
        Ok((stream, subject))
    }
}

impl Tls {
    /// Reads the files; `None` when the settings name no certificate. Errors name the setting and the file.
    pub fn load(settings: &TlsSettings) -> Result<Option<Arc<Self>>> {
        let Some(files) = Files::of(settings)? else { return Ok(None) };
        let contents = files.read()?;
        let configs = ArcSwap::from_pointee(configs(&files, &contents)?);
        files.warn_of_outdated(&contents);
        Ok(Some(Arc::new(Self { files, configs, first: contents.digest() })))
    }

    pub fn handshake(self: &Arc<Self>, inside: Inside, patience: Duration) -> Handshake {
        Handshake { tls: Arc::clone(self), inside, patience }
    }

    /// Follows the files until `stop`.
    pub async fn follow(self: Arc<Self>, stop: CancellationToken) {
        let mut hangups = Hangups::new();
        let mut tried = self.first;
        loop {
            let told = tokio::select! {
                () = stop.cancelled() => return,
                () = hangups.next() => true,
                () = tokio::time::sleep(POLL) => false,
            };
            let tls = Arc::clone(&self);
            let before = tried;
            let looked = tokio::task::spawn_blocking(move || tls.look(before, told)).await;
            tried = looked.unwrap_or(tried);
        }
    }

    /// Takes the files over if they changed since `tried`, or if `told` to; returns what was tried.
    fn look(&self, tried: [u8; 32], told: bool) -> [u8; 32] {
        let contents = match self.files.read() {
            Ok(contents) => contents,
            Err(error) => {
                // Once: a file that stays away would fill the log.
                if told || tried != UNREADABLE {
                    tracing::error!(error = %error, "TLS files cannot be read; the ones before stay in use");
                }
                return UNREADABLE;
            }
        };
        let digest = contents.digest();
        if !told && tried == digest {
            return digest;
        }
        match configs(&self.files, &contents) {
            Ok(configs) => {
                self.configs.store(Arc::new(configs));
                self.files.warn_of_outdated(&contents);
                tracing::info!("TLS certificate, key, client CA and revocation lists read again");
            }
            Err(error) => tracing::error!(error = %error, "TLS files cannot be used; the ones before stay in use"),
        }
        digest
    }
}

fn configs(files: &Files, contents: &Contents) -> Result<Configs> {
    let provider = Arc::new(ring::default_provider());
    // Tickets of one protocol are no good for the other: each has keys of its own.
    let ldap = config(&provider, files, contents)?;
    let mut http = config(&provider, files, contents)?;
    http.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
    Ok(Configs { ldap: Arc::new(ldap), http: Arc::new(http) })
}

fn config(provider: &Arc<CryptoProvider>, files: &Files, contents: &Contents) -> Result<ServerConfig> {
    let chain = certificates("net.tls.certificate", &files.certificate, &contents.certificate)?;
    let key = PrivateKeyDer::from_pem_slice(&contents.key).map_err(|_| at("net.tls.key", &files.key, "holds no private key in PEM"))?;
    let builder = ServerConfig::builder_with_provider(Arc::clone(provider))
        .with_protocol_versions(&[&rustls::version::TLS13, &rustls::version::TLS12])
        .map_err(|error| Error::internal("TLS cannot be set up", error))?;
    let builder = match files.client_ca.as_deref().zip(contents.client_ca.as_deref()) {
        None => builder.with_no_client_auth(),
        Some((path, pem)) => {
            let refused = |error: &dyn std::fmt::Display| at("net.tls.client_ca", path, &format!("cannot be used: {error}"));
            let mut roots = RootCertStore::empty();
            for certificate in certificates("net.tls.client_ca", path, pem)? {
                roots.add(certificate).map_err(|error| refused(&error))?;
            }
            let verifier = WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider)).allow_unauthenticated();
            // An authority without a list is as before, and a list that is late still says who was revoked.
            let verifier = verifier.allow_unknown_revocation_status().only_check_end_entity_revocation();
            let verifier = verifier.with_crls(files.revocation_lists(contents)?);
            builder.with_client_cert_verifier(verifier.build().map_err(|error| match (&error, &files.client_crl) {
                (VerifierBuilderError::InvalidCrl(_), Some(path)) => at("net.tls.client_crl", path, &format!("cannot be used: {error}")),
                _ => refused(&error),
            })?)
        }
    };
    let mut config = builder.with_single_cert(chain, key).map_err(|error| match error {
        rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
            let what = format!("is not the key of the certificate in net.tls.certificate ({})", files.certificate.display());
            at("net.tls.key", &files.key, &what)
        }
        rustls::Error::InvalidCertificate(error) => at("net.tls.certificate", &files.certificate, &format!("cannot be used: {error:?}")),
        error => at("net.tls.key", &files.key, &format!("cannot be used: {error}")),
    })?;
    config.ticketer = ring::Ticketer::new().map_err(|error| Error::internal("TLS cannot be set up", error))?;
    Ok(config)
}

/// Takes SIGHUP for a word about files that are not there: a service manager's reload must not end a server without TLS.
pub(super) async fn nothing_to_reload(stop: CancellationToken) {
    let mut hangups = Hangups::new();
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = hangups.next() => tracing::info!("nothing to read again: net.tls is not set"),
        }
    }
}

/// SIGHUP, where there is such a thing.
struct Hangups {
    #[cfg(unix)]
    signal: Option<tokio::signal::unix::Signal>,
}

impl Hangups {
    fn new() -> Self {
        #[cfg(unix)]
        return Self { signal: tokio::signal::unix::signal(tokio::signal::unix::SignalKind::hangup()).ok() };
        #[cfg(not(unix))]
        Self {}
    }

    async fn next(&mut self) {
        #[cfg(unix)]
        if let Some(signal) = &mut self.signal
            && signal.recv().await.is_some()
        {
            return;
        }
        std::future::pending().await
    }
}

#[cfg(test)]
#[path = "tls_tests.rs"]
mod tests;
