//! The one TLS acceptor of LDAPS, StartTLS and HTTPS: rustls, TLS 1.2 and 1.3, client certificates asked for where there is a CA for them
//! and never demanded.
//!
//! Certificate, key and client CA are read again when their content changes, and at SIGHUP. What cannot be used is logged, and what was
//! there before stays. Sessions resume (mail clients open a connection a search) within one reading of the files: new tickets and no
//! old ones after each, so that a session never outlives the CA it was checked against.

use crate::error::{Error, Result};
use crate::ldap::Upgrade;
use crate::model::DistinguishedName;
use crate::settings::TlsSettings;
use crate::trust;
use arc_swap::ArcSwap;
use rustls::crypto::{CryptoProvider, ring};
use rustls::server::{ServerConfig, WebPkiClientVerifier};
use rustls::{InconsistentKeys, RootCertStore};
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest, Sha256};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::server::TlsStream;
use tokio_util::sync::CancellationToken;

/// How often the files are looked at.
const POLL: Duration = Duration::from_secs(3);
/// No chain of certificates is larger, bytes.
const LARGEST: u64 = 1 << 20;

/// In the place of a digest, when there is nothing to digest.
const UNREADABLE: [u8; 32] = [0; 32];

/// Which protocol is spoken inside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Inside {
    Ldap,
    Http,
}

/// What the settings point to.
#[derive(Clone, Debug)]
struct Files {
    certificate: PathBuf,
    key: PathBuf,
    client_ca: Option<PathBuf>,
}

/// The files as they were at one moment.
struct Contents {
    certificate: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
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
        let files = match (&settings.certificate, &settings.key) {
            (Some(certificate), Some(key)) => {
                Files { certificate: certificate.clone(), key: key.clone(), client_ca: settings.client_ca.clone() }
            }
            (Some(_), None) => return Err(Error::invalid("net.tls.certificate is set and net.tls.key is not")),
            (None, Some(_)) => return Err(Error::invalid("net.tls.key is set and net.tls.certificate is not")),
            (None, None) if settings.client_ca.is_some() => {
                return Err(Error::invalid("net.tls.client_ca is set and net.tls.certificate is not"));
            }
            (None, None) => return Ok(None),
        };
        let contents = files.read()?;
        let configs = ArcSwap::from_pointee(configs(&files, &contents)?);
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
                tracing::info!("TLS certificate, key and client CA read again");
            }
            Err(error) => tracing::error!(error = %error, "TLS files cannot be used; the ones before stay in use"),
        }
        digest
    }
}

impl Files {
    fn read(&self) -> Result<Contents> {
        Ok(Contents {
            certificate: read("net.tls.certificate", &self.certificate)?,
            key: read("net.tls.key", &self.key)?,
            client_ca: self.client_ca.as_deref().map(|path| read("net.tls.client_ca", path)).transpose()?,
        })
    }
}

impl Contents {
    fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        for part in [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref()].into_iter().flatten() {
            digest.update(Sha256::digest(part));
        }
        digest.finalize().into()
    }
}

fn read(setting: &str, path: &Path) -> Result<Vec<u8>> {
    let unreadable = |error: io::Error| at(setting, path, &format!("cannot be read: {error}")).with_source(error);
    // Opening a FIFO waits for its writer, and a device may have no end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(at(setting, path, "is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    if file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)? as u64 > LARGEST {
        return Err(at(setting, path, "is larger than 1 MiB"));
    }
    Ok(bytes)
}

fn at(setting: &str, path: &Path, what: &str) -> Error {
    Error::invalid(format!("setting {setting} (file {}): {what}", path.display()))
}

fn certificates(setting: &str, path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(at(setting, path, "holds no certificate in PEM")),
        Err(_) => Err(at(setting, path, "is no PEM")),
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
            builder.with_client_cert_verifier(verifier.build().map_err(|error| refused(&error))?)
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
mod tests {
    use super::*;
    use rcgen::{CertificateParams, KeyPair};

    /// Certificate and key, PEM.
    fn issued() -> (String, String) {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec!["localhost".to_owned()]).unwrap().self_signed(&key).unwrap();
        (certificate.pem(), key.serialize_pem())
    }

    fn settings(folder: &Path) -> TlsSettings {
        TlsSettings { certificate: Some(folder.join("c.pem")), key: Some(folder.join("k.pem")), client_ca: Some(folder.join("ca.pem")) }
    }

    fn write(folder: &Path, certificate: &str, key: &str, ca: &str) {
        for (name, text) in [("c.pem", certificate), ("k.pem", key), ("ca.pem", ca)] {
            std::fs::write(folder.join(name), text).unwrap();
        }
    }

    #[test]
    fn what_cannot_be_used_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let ((certificate, key), (other, other_key)) = (issued(), issued());
        let load = || Tls::load(&settings(folder.path())).map(|tls| tls.is_some()).map_err(|error| error.to_string());
        assert!(load().unwrap_err().starts_with(&format!("setting net.tls.certificate (file {}", folder.path().join("c.pem").display())));
        for (certificate, key, ca, words) in [
            (certificate.as_str(), other_key.as_str(), other.as_str(), "setting net.tls.key (file "),
            ("", &key, &other, "setting net.tls.certificate (file "),
            ("-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n", &key, &other, "setting net.tls.certificate (file "),
            (&certificate, "no key", &other, "setting net.tls.key (file "),
            (&certificate, &certificate, &other, "setting net.tls.key (file "),
            (&certificate, &key, "", "setting net.tls.client_ca (file "),
        ] {
            write(folder.path(), certificate, key, ca);
            let error = load().unwrap_err();
            assert!(error.starts_with(words), "{error}");
        }
        write(folder.path(), &certificate, &key, &other);
        assert_eq!(load(), Ok(true));
        let none = TlsSettings::default();
        assert!(Tls::load(&none).unwrap().is_none());
        assert!(Tls::load(&TlsSettings { key: None, ..settings(folder.path()) }).is_err());
        assert!(Tls::load(&TlsSettings { certificate: None, ..settings(folder.path()) }).is_err());
        assert!(Tls::load(&TlsSettings { client_ca: Some(folder.path().join("ca.pem")), ..none }).is_err());
    }

    #[test]
    fn only_regular_files_of_a_bounded_size_are_read() {
        let folder = tempfile::tempdir().unwrap();
        let (certificate, key) = issued();
        let load = || Tls::load(&settings(folder.path())).map(|tls| tls.is_some()).map_err(|error| error.to_string());
        write(folder.path(), &certificate, &key, &certificate);
        let (path, kept) = (folder.path().join("c.pem"), folder.path().join("kept.pem"));
        // As secrets are mounted.
        #[cfg(unix)]
        {
            std::fs::rename(&path, &kept).unwrap();
            std::os::unix::fs::symlink(&kept, &path).unwrap();
            assert_eq!(load(), Ok(true));
            std::fs::remove_file(&path).unwrap();
            assert!(std::process::Command::new("mkfifo").arg(&path).status().unwrap().success());
            // Opened anyway, the FIFO would find this writer and then hold nothing.
            let writer = path.clone();
            std::thread::spawn(move || std::fs::OpenOptions::new().write(true).open(writer));
            assert!(load().unwrap_err().ends_with("c.pem): is no regular file"));
            std::fs::remove_file(&path).unwrap();
        }
        let large = format!("{certificate}{}", "\n".repeat(1 << 20));
        write(folder.path(), &large, &key, &certificate);
        assert!(load().unwrap_err().ends_with("c.pem): is larger than 1 MiB"));
        let largest = format!("{certificate}{}", "\n".repeat((1 << 20) - certificate.len()));
        write(folder.path(), &largest, &key, &certificate);
        assert_eq!(load(), Ok(true));
    }

    #[test]
    fn a_bad_new_file_leaves_the_old_one_in_use() {
        let folder = tempfile::tempdir().unwrap();
        let ((certificate, key), (other, other_key)) = (issued(), issued());
        write(folder.path(), &certificate, &key, &certificate);
        let tls = Tls::load(&settings(folder.path())).unwrap().unwrap();
        let first = tls.configs.load_full();
        let same = |configs: &Arc<Configs>| Arc::ptr_eq(configs, &tls.configs.load_full());
        let tried = tls.look(tls.first, false);
        assert!(same(&first) && tls.look(tried, false) == tried && same(&first), "unchanged files are left alone");
        write(folder.path(), &other, &key, &certificate);
        let tried = tls.look(tried, false);
        assert!(same(&first), "the key is not there yet");
        std::fs::remove_file(folder.path().join("k.pem")).unwrap();
        let tried = tls.look(tried, false);
        assert!(same(&first));
        write(folder.path(), &other, &other_key, &certificate);
        let tried = tls.look(tried, false);
        assert!(!same(&first));
        let second = tls.configs.load_full();
        tls.look(tried, true);
        assert!(!same(&second), "told to, it reads again");
    }
}
