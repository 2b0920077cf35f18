//! Mailbox addresses and domains: parsed once, kept in one form (local part lower-cased, domain as an A-label).

use serde::{Deserialize, Serialize};
use std::fmt;

/// `local@domain`, normalized: the stable id of a mailbox.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Address {
    text: String,
    at: usize,
}

/// Why a text is no mailbox address; the message never repeats the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidAddress {
    #[error("the address has no @, or more than one")]
    At,
    #[error("the part before the @ is empty, longer than 64 bytes, or holds a forbidden character")]
    Local,
    #[error("the part after the @ is not a domain name")]
    Domain,
    #[error("an address under patient.mssante.fr is a citizen's and is never kept")]
    Patient,
}

impl Address {
    /// Parses and normalizes; blanks around are dropped. Local part: RFC 5321 dot-atom, 64 bytes at most.
    pub fn parse(text: &str) -> Result<Self, InvalidAddress> {
        let (local, domain) = text.trim().split_once('@').ok_or(InvalidAddress::At)?;
        if domain.contains('@') {
            return Err(InvalidAddress::At);
        }
        let local = local.to_lowercase();
        let atom = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
        let dots = local.starts_with('.') || local.ends_with('.') || local.contains("..");
        if local.is_empty() || local.len() > 64 || dots || !local.chars().all(atom) {
            return Err(InvalidAddress::Local);
        }
        let domain = normalize_domain(domain).ok_or(InvalidAddress::Domain)?;
        if domain == "patient.mssante.fr" || domain.ends_with(".patient.mssante.fr") {
            return Err(InvalidAddress::Patient);
        }
        let at = local.len();
        Ok(Self { text: format!("{local}@{domain}"), at })
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    #[must_use]
    pub fn local(&self) -> &str {
        self.text.get(..self.at).unwrap_or_default()
    }

    #[must_use]
    pub fn domain(&self) -> &str {
        self.text.get(self.at + 1..).unwrap_or_default()
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

impl From<Address> for String {
    fn from(address: Address) -> Self {
        address.text
    }
}

impl TryFrom<String> for Address {
    type Error = InvalidAddress;
    fn try_from(text: String) -> Result<Self, InvalidAddress> {
        Self::parse(&text)
    }
}

/// A domain as an A-label in lower case, without trailing dot; `None` when it is no host name of two labels or more.
#[must_use]
pub fn normalize_domain(domain: &str) -> Option<String> {
    let domain = domain.trim().trim_end_matches('.');
    let ascii = idna::domain_to_ascii(domain).ok()?.to_ascii_lowercase();
    let label = |l: &str| {
        !l.is_empty()
            && l.len() <= 63
            && !l.starts_with('-')
            && !l.ends_with('-')
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
    };
    (ascii.len() <= 253 && ascii.contains('.') && ascii.split('.').all(label)).then_some(ascii)
}

/// A test domain: one label is `test` or `formation`, starts with `test-` or ends with `-test` (semantics: default states).
#[must_use]
pub fn is_test_domain(domain: &str) -> bool {
    domain.split('.').any(|label| label == "test" || label == "formation" || label.starts_with("test-") || label.ends_with("-test"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_take_one_form() {
        let address = Address::parse("  Elodie.TESTARD@CH-Exempleville.mssante.fr ").unwrap();
        assert_eq!(address.as_str(), "elodie.testard@ch-exempleville.mssante.fr");
        assert_eq!((address.local(), address.domain()), ("elodie.testard", "ch-exempleville.mssante.fr"));
        assert_eq!(Address::parse("a@hôpital.mssante.fr").unwrap().domain(), "xn--hpital-ixa.mssante.fr");
    }

    #[test]
    fn what_is_no_address_says_why() {
        assert_eq!(Address::parse("adresse-sans-arobase.mssante.fr"), Err(InvalidAddress::At));
        assert_eq!(Address::parse("a@b@c.fr"), Err(InvalidAddress::At));
        assert_eq!(Address::parse(".a@b.fr"), Err(InvalidAddress::Local));
        assert_eq!(Address::parse("a b@c.fr"), Err(InvalidAddress::Local));
        assert_eq!(Address::parse("a@localhost"), Err(InvalidAddress::Domain));
        assert_eq!(Address::parse("123@patient.mssante.fr"), Err(InvalidAddress::Patient));
    }

    #[test]
    fn only_whole_labels_make_a_test_domain() {
        for domain in ["x.test.mssante.fr", "a-test.mssante.fr", "test-a.mssante.fr", "medecin.formation.mssante.fr"] {
            assert!(is_test_domain(domain), "{domain}");
        }
        for domain in ["protestant.mssante.fr", "formationmetier.mssante.fr", "medecin.mssante.fr"] {
            assert!(!is_test_domain(domain), "{domain}");
        }
    }
}
