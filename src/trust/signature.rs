//! The signature of the liste blanche: enveloped XML-DSig in the one profile that the list is published in (reference, section 7.1).
//!
//! `Signature` is the last child of the root and holds what [`SHAPE`] says, in that order and nothing else: exclusive C14N, one reference
//! to the whole document without its signature, SHA-256, RSA with PKCS #1 v1.5, one certificate. Anything else is refused, so that
//! there is no second signature, no moved element and no transform to be led astray by. What was digested is handed out, and that is
//! what the list is then read from.
//!
//! No library: those in Rust alone either call themselves unfit for production (xml-sec) or bring an XML parser, a second set of
//! cryptography and a tree of the whole document (bergshamra), and say that something verified, not what.

use super::anchors::{Anchors, Signer};
use super::canonical::{Canonical, Element, Piece, Pieces};
use super::liste_blanche::{MAX_BYTES, NAMESPACE, ROOT};
use crate::error::{Error, Kind, Result};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::NsReader;
use quick_xml::events::Event;
use quick_xml::name::{Namespace, ResolveResult};
use rustls_pki_types::CertificateDer;
use sha2::{Digest as _, Sha256};
use webpki::EndEntityCert;
use webpki::ring::RSA_PKCS1_2048_8192_SHA256;

const DSIG: &str = "http://www.w3.org/2000/09/xmldsig#";
/// Longest text inside a signature: a certificate in base64.
const LONGEST: usize = 64 << 10;

const ALGORITHM: &str = "Algorithm";

/// Depth below `Signature`, name, the one attribute.
type Shape = (usize, &'static str, Option<(&'static str, &'static str)>);

/// The elements of a signature in their order.
const SHAPE: [Shape; 14] = [
    (0, "Signature", None),
    (1, "SignedInfo", None),
    (2, "CanonicalizationMethod", Some((ALGORITHM, "http://www.w3.org/2001/10/xml-exc-c14n#"))),
    (2, "SignatureMethod", Some((ALGORITHM, "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"))),
    (2, "Reference", Some(("URI", ""))),
    (3, "Transforms", None),
    (4, "Transform", Some((ALGORITHM, "http://www.w3.org/2000/09/xmldsig#enveloped-signature"))),
    (4, "Transform", Some((ALGORITHM, "http://www.w3.org/2001/10/xml-exc-c14n#"))),
    (3, "DigestMethod", Some((ALGORITHM, "http://www.w3.org/2001/04/xmlenc#sha256"))),
    (3, "DigestValue", None),
    (1, "SignatureValue", None),
    (1, "KeyInfo", None),
    (2, "X509Data", None),
    (3, "X509Certificate", None),
];

/// A document whose signature fits the certificate in it.
pub(super) struct Consistent {
    /// The document without its signature, in canonical form: what was digested.
    pub content: Vec<u8>,
    /// DER.
    pub certificate: Vec<u8>,
}

/// Does the document carry a signature, whether good or not?
#[must_use]
pub fn signed(document: &[u8]) -> bool {
    let Ok(text) = std::str::from_utf8(document) else { return false };
    let mut reader = NsReader::from_str(text);
    loop {
        match reader.read_resolved_event() {
            Ok((ResolveResult::Bound(Namespace(namespace)), Event::Start(tag) | Event::Empty(tag))) => {
                if namespace == DSIG.as_bytes() && tag.local_name().as_ref() == b"Signature" {
                    return true;
                }
            }
            Ok((_, Event::Eof)) | Err(_) => return false,
            Ok(_) => {}
        }
    }
}

/// Verifies a whole document; `now` in UTC seconds.
///
/// # Errors
/// `bad_signature`, with what is wrong.
pub fn verify(document: &[u8], anchors: &Anchors, now: i64) -> Result<Signer> {
    let consistent = consistent(document)?;
    anchors.check(&consistent.certificate, now).map_err(|what| refused(&what))
}

/// Verifies a document by the certificate that it brings along, whoever's that is.
pub(super) fn consistent(document: &[u8]) -> Result<Consistent> {
    if document.len() > MAX_BYTES {
        return Err(refused(&format!("it is larger than {} MiB", MAX_BYTES >> 20)));
    }
    let text = std::str::from_utf8(document).map_err(|_| refused("it is not UTF-8"))?;
    let mut pieces = Pieces::of(text.trim_start_matches('\u{feff}'));
    let mut envelope = Envelope::default();
    while !envelope.read(&mut pieces).map_err(|what| refused(&format!("{what} (line {})", pieces.line())))? {}
    envelope.verify().map_err(refused)
}

pub(super) fn refused(what: &str) -> Error {
    let message = format!("the signature of the liste blanche cannot be accepted: {what}; the former list stays in force");
    Error::new(Kind::Unprocessable, "bad_signature", message)
}

/// A document being taken apart.
#[derive(Default)]
struct Envelope {
    content: Canonical,
    signed_info: Canonical,
    /// Elements of [`SHAPE`] met so far.
    met: usize,
    /// Depth of the element of [`SHAPE`] that is open, while one is.
    inside: Option<usize>,
    root_closed: bool,
    digest: String,
    value: String,
    certificate: String,
}

impl Envelope {
    /// Takes the next piece; `true` at the end.
    fn read(&mut self, pieces: &mut Pieces<'_>) -> Result<bool, &'static str> {
        match pieces.next()? {
            Piece::Open(element) if self.inside.is_some() || &*element.namespace == DSIG => {
                self.open_signature(&element, pieces.depth())?
            }
            Piece::Open(element) => self.open(&element, pieces.depth())?,
            Piece::Text(text) => self.text(&text, pieces.depth())?,
            Piece::Close(name) => self.close(&name, pieces.depth()),
            Piece::End => return Ok(true),
        }
        Ok(false)
    }

    /// An element of the list. `depth` counts it.
    fn open(&mut self, element: &Element, depth: usize) -> Result<(), &'static str> {
        if element.namespace.as_bytes() != NAMESPACE || (depth == 1 && element.name != ROOT) {
            return Err("the document is no liste blanche: another root element or namespace");
        }
        if depth == 1 && self.root_closed {
            return Err("the document has a second root element");
        }
        if self.met > 0 {
            return Err("the Signature is not the last element of the list");
        }
        if !element.attributes.is_empty() {
            return Err("an element of the list has attributes");
        }
        self.content.open(element);
        Ok(())
    }

    /// An element of the signature, which must be the next of [`SHAPE`]. `depth` counts it, as do the depths of the shape from 2 on.
    fn open_signature(&mut self, element: &Element, depth: usize) -> Result<(), &'static str> {
        let Some((below, name, attribute)) = SHAPE.get(self.met) else { return Err("the document has more than one Signature") };
        let attributes = element.attributes.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        if depth != below + 2 || element.name != *name || &*element.namespace != DSIG || !attributes.eq(*attribute) {
            return Err("the Signature is not of the profile of the liste blanche");
        }
        self.met += 1;
        self.inside = Some(*below);
        if self.in_signed_info() {
            self.signed_info.open(element);
        }
        Ok(())
    }

    fn text(&mut self, text: &str, depth: usize) -> Result<(), &'static str> {
        let blank = text.chars().all(|c| matches!(c, ' ' | '\t' | '\n' | '\r'));
        let Some(inside) = self.inside else {
            if depth == 0 {
                return if blank { Ok(()) } else { Err("the document has text outside its root element") };
            }
            if depth == 1 && !blank {
                return Err("the root element holds text");
            }
            self.content.text(text);
            return Ok(());
        };
        if self.in_signed_info() {
            self.signed_info.text(text);
        }
        // The element met last, unless it is closed already.
        let open = self.met.checked_sub(1).and_then(|last| SHAPE.get(last)).filter(|shape| shape.0 == inside).map(|shape| shape.1);
        let kept = match open {
            Some("DigestValue") => &mut self.digest,
            Some("SignatureValue") => &mut self.value,
            Some("X509Certificate") => &mut self.certificate,
            _ if blank => return Ok(()),
            _ => return Err("the Signature holds text where it has none"),
        };
        if kept.len() + text.len() > LONGEST {
            return Err("a text of the Signature is too long");
        }
        kept.push_str(text);
        Ok(())
    }

    /// `depth` does not count the element any more.
    fn close(&mut self, name: &str, depth: usize) {
        match self.inside {
            Some(inside) => {
                if self.in_signed_info() {
                    self.signed_info.close(name);
                }
                self.inside = inside.checked_sub(1);
            }
            None => self.content.close(name),
        }
        self.root_closed |= depth == 0;
    }

    /// From the start tag of `SignedInfo` to its end tag.
    fn in_signed_info(&self) -> bool {
        // Its last element is the tenth of the shape; what follows it is met outside.
        (2..=10).contains(&self.met) && self.inside.is_some_and(|inside| inside >= 1)
    }

    fn verify(self) -> Result<Consistent, &'static str> {
        if self.met == 0 {
            return Err("there is none");
        }
        if self.met != SHAPE.len() {
            return Err("the Signature is not whole");
        }
        let certificate = base64(&self.certificate).ok_or("the certificate is no base64")?;
        let value = base64(&self.value).ok_or("SignatureValue is no base64")?;
        let digest = base64(&self.digest).ok_or("DigestValue is no base64")?;
        let der = CertificateDer::from(certificate.as_slice());
        let signer = EndEntityCert::try_from(&der).map_err(|_| "the certificate cannot be read")?;
        signer
            .verify_signature(RSA_PKCS1_2048_8192_SHA256, &self.signed_info.bytes, &value)
            .map_err(|_| "SignatureValue is not that of the certificate over SignedInfo")?;
        if Sha256::digest(&self.content.bytes).as_slice() != digest {
            return Err("the list is not the one that was signed: its digest is another");
        }
        Ok(Consistent { content: self.content.bytes, certificate })
    }
}

/// Base64 in lines, all of which end alike, with a line feed or with a carriage return before it. Blanks that no signer writes would only
/// let two documents differ unseen.
fn base64(text: &str) -> Option<Vec<u8>> {
    let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let text = text.strip_prefix(ending).unwrap_or(text);
    let text = text.strip_suffix(ending).unwrap_or(text);
    let mut joined = String::with_capacity(text.len());
    for line in text.split(ending) {
        if line.is_empty() {
            return None;
        }
        joined.push_str(line);
    }
    STANDARD.decode(joined).ok()
}

#[cfg(test)]
#[path = "signature_tests.rs"]
mod tests;
