//! Who may sign the liste blanche: the authorities an administrator names, and the subject expected of the signer.
//!
//! A signature that fits its own certificate says nothing: anybody can make one. The certificate must be one of the configured ones byte
//! for byte, or be issued under one of them for signing mail (where it says what it is for), be in its time, not be revoked, and carry the
//! expected subject. Each configured certificate is trusted by itself, so an authority in the middle may stand there without its root.
//! A revocation list past its time is still used, and said ([`Anchors::outdated`]): the import must not stop because a list is late.

use super::subject::certificate_subject;
use crate::error::{Error, Result};
use crate::model::DistinguishedName;
use rustls_pki_types::pem::PemObject;
use rustls_pki_types::{CertificateDer, CertificateRevocationListDer, UnixTime};
use std::time::Duration;
use webpki::{
    ALL_VERIFICATION_ALGS, CertRevocationList, EndEntityCert, ExpirationPolicy, KeyUsage, OwnedCertRevocationList, RevocationCheckDepth,
    RevocationOptionsBuilder, UnknownStatusPolicy, anchor_from_trusted_cert,
};
use x509_parser::prelude::{CertificateRevocationList, FromDer, X509Certificate};

/// `id-kp-emailProtection`, 1.3.6.1.5.5.7.3.4 (RFC 5280, section 4.2.1.12).
const EMAIL_PROTECTION: &[u8] = &[0x2b, 6, 1, 5, 5, 7, 3, 4];

/// The signer of a liste blanche, found good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Signer {
    pub subject: DistinguishedName,
    /// End of its certificate, UTC seconds.
    pub not_after: i64,
}

/// What a signer is measured by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Anchors {
    authorities: Vec<CertificateDer<'static>>,
    revocations: Vec<CertificateRevocationListDer<'static>>,
    subject: DistinguishedName,
}

impl Anchors {
    /// From one certificate or more in PEM, and the subject of the signer ([`super::written_subject`]).
    pub fn new(authorities: &[u8], subject: DistinguishedName) -> Result<Self> {
        let read: std::result::Result<Vec<_>, _> = CertificateDer::pem_slice_iter(authorities).collect();
        let authorities = read.map_err(|_| Error::invalid("is no PEM"))?;
        if authorities.is_empty() {
            return Err(Error::invalid("holds no certificate in PEM"));
        }
        for authority in &authorities {
            anchor_from_trusted_cert(authority).map_err(|error| Error::invalid(format!("holds an unusable certificate: {error}")))?;
        }
        Ok(Self { authorities, revocations: Vec::new(), subject })
    }

    /// With one revocation list or more in PEM.
    pub fn with_revocations(self, lists: &[u8]) -> Result<Self> {
        let revocations = revocation_lists(lists)?;
        for list in &revocations {
            OwnedCertRevocationList::from_der(list)
                .map_err(|error| Error::invalid(format!("holds an unusable revocation list: {error}")))?;
        }
        Ok(Self { revocations, ..self })
    }

    /// Is one of the revocation lists past the time at which its authority promised the next?
    #[must_use]
    pub fn outdated(&self, now: i64) -> bool {
        self.revocations.iter().any(|list| next_update(list).is_some_and(|next| next < now))
    }

    /// Measures the certificate of a signature that fits it; tells what is wrong.
    pub(super) fn check(&self, certificate: &[u8], now: i64) -> std::result::Result<Signer, String> {
        let (_, parsed) = X509Certificate::from_der(certificate).map_err(|_| "the signer's certificate cannot be read")?;
        let subject = certificate_subject(certificate).ok_or("the subject of the signer's certificate cannot be read")?;
        let (not_before, not_after) = (parsed.validity().not_before.timestamp(), parsed.validity().not_after.timestamp());
        if now < not_before {
            return Err("the signer's certificate is not valid yet".to_owned());
        }
        if now > not_after {
            return Err("the signer's certificate has expired".to_owned());
        }
        if !self.authorities.iter().any(|known| known.as_ref() == certificate) {
            self.check_chain(certificate, now)?;
        }
        if subject.key != self.subject.key {
            return Err(format!("it was signed by {}, and {} is expected", subject.text, self.subject.text));
        }
        Ok(Signer { subject, not_after })
    }

    fn check_chain(&self, certificate: &[u8], now: i64) -> std::result::Result<(), String> {
        let failed = |error: webpki::Error| match error {
            webpki::Error::UnknownIssuer | webpki::Error::InvalidSignatureForPublicKey => {
                "no configured authority issued the signer's certificate".to_owned()
            }
            webpki::Error::CertRevoked => "the signer's certificate was revoked".to_owned(),
            webpki::Error::RequiredEkuNotFoundContext(_) => "the signer's certificate is not for signing mail".to_owned(),
            error => format!("the signer's certificate is not acceptable: {error}"),
        };
        let der = CertificateDer::from(certificate);
        let signer = EndEntityCert::try_from(&der).map_err(failed)?;
        let anchors: Vec<_> = self.authorities.iter().map(anchor_from_trusted_cert).collect::<Result<_, _>>().map_err(failed)?;
        let lists: Vec<CertRevocationList<'_>> = self
            .revocations
            .iter()
            .map(|list| OwnedCertRevocationList::from_der(list).map(CertRevocationList::from))
            .collect::<Result<_, _>>()
            .map_err(failed)?;
        let lists: Vec<_> = lists.iter().collect();
        // Without lists there is nothing to build.
        let revocation = RevocationOptionsBuilder::new(&lists).ok().map(|builder| {
            builder
                .with_depth(RevocationCheckDepth::EndEntity)
                .with_status_policy(UnknownStatusPolicy::Allow)
                .with_expiration_policy(ExpirationPolicy::Ignore)
                .build()
        });
        let time = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now).unwrap_or_default()));
        let usage = KeyUsage::required_if_present(EMAIL_PROTECTION);
        signer.verify_for_usage(ALL_VERIFICATION_ALGS, &anchors, &[], time, usage, revocation, None).map(drop).map_err(failed)
    }
}

/// The revocation lists of a PEM file; one at least.
pub fn revocation_lists(pem: &[u8]) -> Result<Vec<CertificateRevocationListDer<'static>>> {
    let read: std::result::Result<Vec<_>, _> = CertificateRevocationListDer::pem_slice_iter(pem).collect();
    match read {
        Ok(lists) if !lists.is_empty() => Ok(lists),
        Ok(_) => Err(Error::invalid("holds no revocation list in PEM")),
        Err(_) => Err(Error::invalid("is no PEM")),
    }
}

/// When the next revocation list is promised, UTC seconds; `None` when that cannot be read.
#[must_use]
pub fn next_update(list: &[u8]) -> Option<i64> {
    let (_, list) = CertificateRevocationList::from_der(list).ok()?;
    list.next_update().map(|time| time.timestamp())
}
