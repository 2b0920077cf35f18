//! The PEM files of TLS: which the settings name, and what stood in them at one moment.
//!
//! Regular files of a bounded size only. Every error names the setting and the file. A revocation list past the time at which its
//! authority promised the next is warned of and used: whoever it names stays revoked, and clients are not shut out because a list is late.

use crate::error::{Error, Result};
use crate::settings::TlsSettings;
use crate::trust;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use sha2::{Digest, Sha256};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

/// No chain of certificates is larger, MiB.
const LARGEST: u64 = 1;
/// Nor are the revocation lists of a few authorities, MiB.
const LARGEST_LISTS: u64 = 8;

const LISTS: &str = "net.tls.client_crl";

/// What the settings point to.
#[derive(Clone, Debug)]
pub(super) struct Files {
    pub certificate: PathBuf,
    pub key: PathBuf,
    pub client_ca: Option<PathBuf>,
    pub client_crl: Option<PathBuf>,
}

/// The files as they were at one moment.
pub(super) struct Contents {
    pub certificate: Vec<u8>,
    pub key: Vec<u8>,
    pub client_ca: Option<Vec<u8>>,
    client_crl: Option<Vec<u8>>,
}

impl Files {
    /// `None` when the settings name no certificate; an error when they name what is no use without it.
    pub fn of(settings: &TlsSettings) -> Result<Option<Self>> {
        let TlsSettings { certificate, key, client_ca, client_crl } = settings.clone();
        let without = |set, other| Err(Error::invalid(format!("net.tls.{set} is set and net.tls.{other} is not")));
        if client_crl.is_some() && client_ca.is_none() {
            return without("client_crl", "client_ca");
        }
        match (certificate, key) {
            (Some(certificate), Some(key)) => Ok(Some(Self { certificate, key, client_ca, client_crl })),
            (Some(_), None) => without("certificate", "key"),
            (None, Some(_)) => without("key", "certificate"),
            (None, None) if client_ca.is_some() => without("client_ca", "certificate"),
            (None, None) => Ok(None),
        }
    }

    pub fn read(&self) -> Result<Contents> {
        Ok(Contents {
            certificate: read("net.tls.certificate", &self.certificate, LARGEST)?,
            key: read("net.tls.key", &self.key, LARGEST)?,
            client_ca: self.client_ca.as_deref().map(|path| read("net.tls.client_ca", path, LARGEST)).transpose()?,
            client_crl: self.client_crl.as_deref().map(|path| read(LISTS, path, LARGEST_LISTS)).transpose()?,
        })
    }

    /// The revocation lists; none where the settings name none.
    pub fn revocation_lists(&self, contents: &Contents) -> Result<Vec<CertificateRevocationListDer<'static>>> {
        match self.client_crl.as_deref().zip(contents.client_crl.as_deref()) {
            Some((path, pem)) => trust::revocation_lists(pem).map_err(|error| at(LISTS, path, &error.to_string())),
            None => Ok(Vec::new()),
        }
    }

    pub fn warn_of_outdated(&self, contents: &Contents) {
        let now = i64::try_from(UnixTime::now().as_secs()).unwrap_or(i64::MAX);
        let Ok(lists) = self.revocation_lists(contents) else { return };
        let outdated = lists.iter().filter(|list| trust::next_update(list).is_some_and(|next| next < now)).count();
        if outdated > 0 {
            tracing::warn!(outdated, "revocation lists of net.tls.client_crl are past their nextUpdate; they stay in use");
        }
    }
}

impl Contents {
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        let parts = [Some(&self.certificate), Some(&self.key), self.client_ca.as_ref(), self.client_crl.as_ref()];
        for part in parts.into_iter().flatten() {
            digest.update(Sha256::digest(part));
        }
        digest.finalize().into()
    }
}

/// `largest` in MiB.
fn read(setting: &str, path: &Path, largest: u64) -> Result<Vec<u8>> {
    let unreadable = |error: io::Error| at(setting, path, &format!("cannot be read: {error}")).with_source(error);
    // Opening a FIFO waits for its writer, and a device may have no end.
    if !std::fs::metadata(path).map_err(unreadable)?.is_file() {
        return Err(at(setting, path, "is no regular file"));
    }
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).map_err(unreadable)?;
    if file.take((largest << 20) + 1).read_to_end(&mut bytes).map_err(unreadable)? as u64 > largest << 20 {
        return Err(at(setting, path, &format!("is larger than {largest} MiB")));
    }
    Ok(bytes)
}

pub(super) fn at(setting: &str, path: &Path, what: &str) -> Error {
    Error::invalid(format!("setting {setting} (file {}): {what}", path.display()))
}

pub(super) fn certificates(setting: &str, path: &Path, pem: &[u8]) -> Result<Vec<CertificateDer<'static>>> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        Ok(_) => Err(at(setting, path, "holds no certificate in PEM")),
        Err(_) => Err(at(setting, path, "is no PEM")),
    }
}
