//! LDIF content records (RFC 2849): safe values as they are, others in base64, lines folded.

use super::text_form::TextForm;
use super::unwritable;
use crate::directory::{View, Walked};
use crate::error::Result as Outcome;
use crate::ldap_entry::{self, BASES, Base};
use std::io::{Result, Write};

/// Longest line, octets; a folded line goes on behind a blank.
const LINE: usize = 76;

/// The LDAP tree, roots and branches first, so that it loads in this order: user attributes only, which is what `slapadd` and `ldapadd` take.
pub(super) struct Ldif {
    /// One naming context only.
    pub context: Option<String>,
    /// Begin with the version line.
    pub version: bool,
}

impl Ldif {
    fn bases(&self) -> impl Iterator<Item = &'static Base> {
        let context = self.context.clone();
        BASES.iter().filter(move |base| context.as_ref().is_none_or(|context| base.dn.ends_with(context)))
    }
}

impl TextForm for Ldif {
    fn head(&mut self, out: &mut dyn Write) -> Outcome<u64> {
        if self.version {
            out.write_all(b"version: 1\n\n").map_err(unwritable)?;
        }
        let mut written = 0;
        for base in self.bases() {
            let attributes = base.user_attributes();
            let lines = attributes.iter().flat_map(|(name, values)| values.iter().map(move |value| (*name, value.as_bytes())));
            record(out, base.dn, lines).map_err(unwritable)?;
            written += 1;
        }
        Ok(written)
    }

    fn entry(&mut self, entry: &Walked, view: &View, out: &mut dyn Write) -> Outcome<u64> {
        if !self.bases().any(|base| base.leaves == Some(view.kind())) {
            return Ok(0);
        }
        let attributes = ldap_entry::user_values(entry.ldap());
        let lines = attributes.flat_map(|(name, values)| values.map(move |value| (name, value)));
        record(out, ldap_entry::dn_of(entry.ldap()), lines).map_err(unwritable)?;
        Ok(1)
    }
}

/// One entry, with the blank line that ends it.
fn record<'a>(out: &mut dyn Write, dn: &str, attributes: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<()> {
    line(out, "dn", dn.as_bytes())?;
    for (name, value) in attributes {
        line(out, name, value)?;
    }
    out.write_all(b"\n")
}

fn line(out: &mut dyn Write, name: &str, value: &[u8]) -> Result<()> {
    let mut text = name.as_bytes().to_vec();
    if is_safe(value) {
        text.extend_from_slice(b": ");
        text.extend_from_slice(value);
    } else {
        text.extend_from_slice(b":: ");
        base64(&mut text, value);
    }
    let (first, mut rest) = text.split_at(text.len().min(LINE));
    out.write_all(first)?;
    while !rest.is_empty() {
        let (part, later) = rest.split_at(rest.len().min(LINE - 1));
        out.write_all(b"\n ")?;
        out.write_all(part)?;
        rest = later;
    }
    out.write_all(b"\n")
}

/// SAFE-STRING, without a blank at its end, which note 8 wants encoded too.
fn is_safe(value: &[u8]) -> bool {
    let safe = |octet: &u8| octet.is_ascii() && !matches!(octet, 0 | b'\n' | b'\r');
    let begins = value.first().is_none_or(|octet| !matches!(octet, b' ' | b':' | b'<'));
    begins && value.last() != Some(&b' ') && value.iter().all(safe)
}

/// RFC 4648 section 4.
fn base64(out: &mut Vec<u8>, value: &[u8]) {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for group in value.chunks(3) {
        let octet = |at: usize| group.get(at).copied().map_or(0, u32::from);
        let bits = octet(0) << 16 | octet(1) << 8 | octet(2);
        for place in 0..4 {
            let sextet = usize::try_from(bits >> (18 - 6 * place) & 0x3f).unwrap_or(0);
            out.push(if place > group.len() { b'=' } else { ALPHABET.get(sextet).copied().unwrap_or(b'=') });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(name: &str, value: &[u8]) -> String {
        let mut out = Vec::new();
        line(&mut out, name, value).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn unsafe_values_are_encoded() {
        for (value, expected) in [
            (&b"plain: text <"[..], "cn: plain: text <\n"),
            (b"", "cn: \n"),
            (b" x", "cn:: IHg=\n"),
            (b"x ", "cn:: eCA=\n"),
            (b":x", "cn:: Ong=\n"),
            (b"<x", "cn:: PHg=\n"),
            (b"a\nb", "cn:: YQpi\n"),
            (b"a\0", "cn:: YQA=\n"),
            ("é".as_bytes(), "cn:: w6k=\n"),
            (b"\xff\xfe\xfd\xfc", "cn:: //79/A==\n"),
        ] {
            assert_eq!(written("cn", value), expected);
        }
    }

    #[test]
    fn lines_end_at_76_and_unfold() {
        for length in [71, 72, 73, 146, 147, 148, 1_000] {
            let text = written("cn", "x".repeat(length).as_bytes());
            assert!(text.lines().all(|l| l.len() <= 76), "{length}");
            assert_eq!(text.replace("\n ", ""), format!("cn: {}\n", "x".repeat(length)));
        }
        assert_eq!(written("cn", "x".repeat(72).as_bytes()).lines().count(), 1);
        assert_eq!(written("cn", "x".repeat(73).as_bytes()).lines().count(), 2);
    }
}
