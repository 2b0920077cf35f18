//! The subject of a client certificate, from the certificate itself or as an administrator writes it, in one form.
//!
//! A certificate holds its subject from the country down; RFC 4514, the liste blanche and `openssl x509 -subject -nameopt RFC2253` write
//! it from the name up. That second order is the one kept. Types have several names and values several escapes: both are undone before
//! [`DistinguishedName`] compares RDN by RDN. A subject that cannot be read whole is nobody's: half a name might be another's.

use crate::error::{Error, Result};
use crate::model::DistinguishedName;
use x509_parser::prelude::{FromDer, X509Certificate};

/// Type and value of each pair of each RDN, the most specific RDN first.
type Rdns = Vec<Vec<(String, String)>>;

/// Object identifier, name, further names.
const TYPES: [(&str, &str, &[&str]); 17] = [
    ("2.5.4.3", "CN", &["commonname"]),
    ("2.5.4.4", "SN", &["surname"]),
    ("2.5.4.5", "serialNumber", &[]),
    ("2.5.4.6", "C", &["countryname"]),
    ("2.5.4.7", "L", &["localityname"]),
    ("2.5.4.8", "ST", &["s", "stateorprovincename"]),
    ("2.5.4.9", "street", &["streetaddress"]),
    ("2.5.4.10", "O", &["organizationname"]),
    ("2.5.4.11", "OU", &["organizationalunitname"]),
    ("2.5.4.12", "title", &["t"]),
    ("2.5.4.17", "postalCode", &[]),
    ("2.5.4.42", "GN", &["g", "givenname"]),
    ("2.5.4.65", "pseudonym", &[]),
    ("2.5.4.97", "organizationIdentifier", &[]),
    ("0.9.2342.19200300.100.1.1", "UID", &["userid"]),
    ("0.9.2342.19200300.100.1.25", "DC", &["domaincomponent"]),
    ("1.2.840.113549.1.9.1", "emailAddress", &["e", "email"]),
];

/// The one name of a type; an unknown object identifier stands for itself.
fn type_name(written: &str) -> Option<String> {
    let lower = written.trim().to_lowercase();
    let oid = lower.strip_prefix("oid.").unwrap_or(&lower);
    let known = TYPES.iter().find(|(id, name, more)| *id == oid || name.eq_ignore_ascii_case(oid) || more.contains(&oid));
    match known {
        Some((_, name, _)) => Some((*name).to_owned()),
        None => (!oid.is_empty() && oid.chars().all(|c| c.is_ascii_alphanumeric() || c == '.' || c == '-')).then(|| oid.to_owned()),
    }
}

/// The subject as `account add --certificate` is given it; what openssl prints before it may stay.
pub fn written_subject(text: &str) -> Result<DistinguishedName> {
    let text = text.trim();
    let name = text.get(..8).filter(|head| head.eq_ignore_ascii_case("subject=")).and_then(|_| text.get(8..)).unwrap_or(text);
    // From the country down is another name: it would be kept and never match.
    let downwards = |rdns: &Rdns| rdns.len() > 1 && rdns.first().is_some_and(|rdn| rdn.iter().any(|(kind, _)| kind == "C"));
    let read = rdns(name).filter(|rdns| !downwards(rdns));
    read.and_then(|rdns| named(&rdns)).ok_or_else(|| {
        Error::invalid(
            "the subject is no name such as CN=logiciel,OU=service,O=organisme,C=FR (openssl x509 -noout -subject -nameopt RFC2253)",
        )
    })
}

/// The subject of a certificate in DER; `None` when it has none that can be read.
#[must_use]
pub fn certificate_subject(der: &[u8]) -> Option<DistinguishedName> {
    let (_, certificate) = X509Certificate::from_der(der).ok()?;
    let mut rdns = Rdns::new();
    for rdn in certificate.subject().iter_rdn() {
        let pairs = rdn.iter().map(|pair| Some((type_name(&pair.attr_type().to_id_string())?, pair.as_str().ok()?.to_owned())));
        rdns.push(pairs.collect::<Option<_>>()?);
    }
    rdns.reverse();
    named(&rdns)
}

fn named(rdns: &Rdns) -> Option<DistinguishedName> {
    let pair = |(kind, value): &(String, String)| {
        let escaped: String = value.chars().flat_map(|c| matches!(c, ',' | '+' | '\\').then_some('\\').into_iter().chain([c])).collect();
        format!("{kind}={escaped}")
    };
    let texts: Vec<_> = rdns.iter().map(|rdn| rdn.iter().map(pair).collect::<Vec<_>>().join("+")).collect();
    DistinguishedName::parse(&texts.join(","))
}

/// Reads RFC 4514.
fn rdns(text: &str) -> Option<Rdns> {
    let mut rdns = vec![Vec::new()];
    let mut rest = text;
    loop {
        let (kind, after) = rest.split_once('=')?;
        let (value, separator, after) = value(after)?;
        rdns.last_mut()?.push((type_name(kind)?, value));
        match separator {
            None => return Some(rdns),
            Some(',') => rdns.push(Vec::new()),
            Some(_) => {}
        }
        rest = after;
    }
}

/// A value up to its separator, unescaped; the separator; what follows.
fn value(text: &str) -> Option<(String, Option<char>, &str)> {
    let mut bytes = Vec::new();
    let mut chars = text.char_indices();
    let mut end = (None, "");
    while let Some((at, c)) = chars.next() {
        match c {
            ',' | '+' => {
                end = (Some(c), text.get(at + 1..)?);
                break;
            }
            '\\' => {
                let (at, escaped) = chars.next()?;
                match text.get(at..at + 2).and_then(|pair| u8::from_str_radix(pair, 16).ok()).filter(|_| escaped.is_ascii_hexdigit()) {
                    Some(byte) => {
                        chars.next();
                        bytes.push(byte);
                    }
                    None => bytes.extend_from_slice(escaped.encode_utf8(&mut [0; 4]).as_bytes()),
                }
            }
            '"' | ';' | '<' | '>' => return None,
            c => bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes()),
        }
    }
    let read = String::from_utf8(bytes).ok()?;
    let read = match read.trim().strip_prefix('#').filter(|_| text.trim_start().starts_with('#')) {
        Some(hex) => of_der(hex)?,
        None => read,
    };
    (!read.trim().is_empty()).then_some((read, end.0, end.1))
}

/// `#0C03414243`: the value as it stands in the certificate.
fn of_der(hex: &str) -> Option<String> {
    let digits: Vec<u8> = hex.chars().map(|c| c.to_digit(16).and_then(|digit| u8::try_from(digit).ok())).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits.chunks(2).map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect::<Option<_>>()?;
    let (_, any) = x509_parser::asn1_rs::Any::from_der(&bytes).ok()?;
    std::str::from_utf8(any.data).ok().map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use rcgen::{CertificateParams, DistinguishedName as Subject, DnType, KeyPair};
    use std::io::Write as _;

    fn key(text: &str) -> Option<String> {
        written_subject(text).ok().map(|name| name.key)
    }

    /// In the order of certificates: the country first.
    fn certificate(parts: &[(DnType, &str)]) -> rcgen::Certificate {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.distinguished_name = Subject::new();
        for (kind, value) in parts {
            params.distinguished_name.push(kind.clone(), *value);
        }
        params.self_signed(&KeyPair::generate().unwrap()).unwrap()
    }

    #[test]
    fn one_name_however_it_is_written() {
        let plain = key("CN=mss.op.invalid,OU=399990001200017,O=OPERATEUR  FICTIF,ST=Exemple (99),C=FR").unwrap();
        for same in [
            "subject=CN=mss.op.invalid,OU=399990001200017,O=OPERATEUR FICTIF,ST=Exemple (99),C=FR",
            "cn=MSS.op.invalid, ou=399990001200017, o=Operateur Fictif, S=Exemple \\2899\\29, c=fr",
            "2.5.4.3=mss.op.invalid,OID.2.5.4.11=#0C0F333939393930303031323030303137,O=OPERATEUR FICTIF,ST=Exemple (99),C=FR",
        ] {
            assert_eq!(key(same).as_ref(), Some(&plain), "{same}");
        }
        assert_eq!(key("CN=a+UID=b,O=\\C3\\89lan\\, R\\+D"), key("uid=B+cn=A,o=Élan\\, R\\+D"));
        for other in ["CN=mss.op.invalid", "C=FR,ST=Exemple (99),O=OPERATEUR FICTIF,OU=399990001200017,CN=mss.op.invalid"] {
            assert_ne!(key(other).as_ref(), Some(&plain), "{other}");
        }
        for refused in ["", "logiciel", "CN=", "CN=a,", "CN=a,OU", "=a", "CN=a\\", "C N=a", "CN=#zz", "CN=\"a\"", "CN=\\ff"] {
            assert!(key(refused).is_none(), "{refused}");
        }
    }

    #[test]
    fn a_certificate_has_the_name_openssl_prints() {
        let issued = certificate(&[
            (DnType::CountryName, "FR"),
            (DnType::OrganizationName, "Élan, R+D \"Exemple\""),
            (DnType::OrganizationalUnitName, "1990999013"),
            (DnType::CustomDnType(vec![2, 5, 4, 97]), "VATFR-99"),
            (DnType::CustomDnType(vec![1, 2, 3, 4, 5]), "à part"),
            (DnType::CommonName, "logiciel.exemple.invalid"),
        ]);
        let read = certificate_subject(issued.der()).unwrap();
        assert!(read.text.starts_with("CN=logiciel.exemple.invalid,"), "{}", read.text);
        let mut openssl = std::process::Command::new("openssl")
            .args(["x509", "-inform", "DER", "-noout", "-subject", "-nameopt", "RFC2253"])
            .stdin(std::process::Stdio::piped())
            .stdout(std::process::Stdio::piped())
            .spawn()
            .unwrap();
        openssl.stdin.take().unwrap().write_all(issued.der()).unwrap();
        let printed = String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap();
        assert_eq!(written_subject(&printed).unwrap().key, read.key, "{printed}");
        assert_eq!(DistinguishedName::parse(&read.text).unwrap(), read, "what is kept is read back the same");
    }

    #[test]
    fn what_cannot_be_read_is_nobody_s() {
        assert!(certificate_subject(b"no certificate").is_none());
        assert!(certificate_subject(certificate(&[]).der()).is_none());
    }
}
