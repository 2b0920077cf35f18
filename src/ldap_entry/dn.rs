//! Distinguished names as strings (RFC 4514): escaping values into them, reading them back, comparing them.

use super::attributes::attribute;
use super::matching::Rule;
use crate::model::Kind;

/// Root of the mailboxes.
pub const MAILBOX_ROOT: &str = "dc=mssante,dc=fr";
/// Root of professionals and structures.
pub const DIRECTORY_ROOT: &str = "dc=annuaire,dc=sante,dc=fr";
/// Where the schema is published.
pub const SUBSCHEMA: &str = "cn=subschema";

/// The branch under which entries of a kind stand.
#[must_use]
pub const fn branch(kind: Kind) -> &'static str {
    match kind {
        Kind::Mailbox => "ou=bal,dc=mssante,dc=fr",
        Kind::Professional => "ou=professionnels,dc=annuaire,dc=sante,dc=fr",
        Kind::Structure => "ou=structures,dc=annuaire,dc=sante,dc=fr",
    }
}

/// DN of an entry (`mail=…,ou=bal,dc=mssante,dc=fr`, `uid=…,ou=professionnels|structures,dc=annuaire,dc=sante,dc=fr`), RFC 4514 escaped.
#[must_use]
pub fn dn(kind: Kind, id: &str) -> String {
    let naming = if kind == Kind::Mailbox { "mail" } else { "uid" };
    format!("{naming}={},{}", escape(id), branch(kind))
}

/// Escapes an attribute value for a DN (RFC 4514 §2.4).
#[must_use]
pub fn escape(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    let last = value.chars().count().saturating_sub(1);
    for (i, c) in value.chars().enumerate() {
        match c {
            '\0' => out.push_str("\\00"),
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', c]),
            ' ' if i == 0 || i == last => out.push_str("\\ "),
            '#' if i == 0 => out.push_str("\\#"),
            c => out.push(c),
        }
    }
    out
}

/// One relative name: its attribute-value pairs, the types as written.
pub type Rdn = Vec<(String, String)>;

/// Reads a DN, leaf first. `None` when it is not one: the caller answers invalidDNSyntax. The empty text is the empty name.
/// A `#hex` value is read as the BER OCTET STRING it must hold.
#[must_use]
pub fn parse(text: &str) -> Option<Vec<Rdn>> {
    if text.trim().is_empty() {
        return Some(Vec::new());
    }
    let mut names = Vec::new();
    let mut rdn = Rdn::new();
    let mut rest = text;
    loop {
        let (kind, after) = rest.split_once('=')?;
        let kind = kind.trim();
        let plausible = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == ';';
        if kind.is_empty() || !kind.chars().all(plausible) {
            return None;
        }
        let (value, separator, tail) = parse_value(after)?;
        rdn.push((kind.to_owned(), value));
        match separator {
            Some('+') => {}
            Some(_) => names.push(std::mem::take(&mut rdn)),
            None => {
                names.push(rdn);
                return Some(names);
            }
        }
        rest = tail;
    }
}

/// A value up to its separator: (value, separator, what follows).
fn parse_value(text: &str) -> Option<(String, Option<char>, &str)> {
    let mut bytes: Vec<u8> = Vec::new();
    // Length of `bytes` up to the last character that is no unescaped blank: blanks before a separator mean nothing.
    let mut kept = 0;
    let mut chars = text.trim_start_matches(' ').chars();
    let hexadecimal = chars.as_str().starts_with('#');
    let mut separator = None;
    while let Some(c) = chars.next() {
        match c {
            ',' | ';' | '+' => {
                separator = Some(c);
                break;
            }
            '\\' => {
                let next = chars.next()?;
                if let Some(high) = next.to_digit(16) {
                    let low = chars.next()?.to_digit(16)?;
                    bytes.push(u8::try_from(high * 16 + low).ok()?);
                } else if " \"#+,;<=>\\".contains(next) {
                    bytes.extend_from_slice(next.encode_utf8(&mut [0; 4]).as_bytes());
                } else {
                    return None;
                }
                kept = bytes.len();
            }
            '"' | '<' | '>' | '\0' => return None,
            c => {
                bytes.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                if c != ' ' {
                    kept = bytes.len();
                }
            }
        }
    }
    bytes.truncate(kept);
    let value = String::from_utf8(bytes).ok()?;
    let value = if hexadecimal { from_hex(value.strip_prefix('#')?)? } else { value };
    (!value.is_empty()).then_some((value, separator, chars.as_str()))
}

fn from_hex(text: &str) -> Option<String> {
    let digits: Vec<u32> = text.chars().map(|c| c.to_digit(16)).collect::<Option<_>>()?;
    let bytes: Vec<u8> = digits
        .chunks(2)
        .map(|pair| match pair {
            [high, low] => u8::try_from(high * 16 + low).ok(),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let element = super::ber::read(&bytes)?;
    element.rest.is_empty().then(|| String::from_utf8(element.content.to_vec()).ok())?
}

/// The form two DNs are compared by: types in canonical spelling, values prepared by their equality rule, multi-valued names sorted.
#[must_use]
pub fn key(names: &[Rdn]) -> String {
    let mut out = String::new();
    for rdn in names {
        let mut pairs: Vec<_> = rdn
            .iter()
            .map(|(kind, value)| match attribute(kind) {
                Some(known) => {
                    (known.name.to_owned(), Rule::of(known.matching).and_then(|r| r.prepare(value)).unwrap_or_else(|| value.clone()))
                }
                None => (kind.to_ascii_lowercase(), value.clone()),
            })
            .collect();
        pairs.sort();
        for (i, (kind, value)) in pairs.iter().enumerate() {
            out.push(if i == 0 { '\u{1}' } else { '\u{2}' });
            out.push_str(kind);
            out.push('=');
            out.push_str(value);
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        key(&parse(a).unwrap()) == key(&parse(b).unwrap())
    }

    #[test]
    fn names_are_built_and_escaped() {
        assert_eq!(dn(Kind::Mailbox, "a+b@c.mssante.fr"), "mail=a\\+b@c.mssante.fr,ou=bal,dc=mssante,dc=fr");
        assert_eq!(dn(Kind::Structure, " #X,1 "), "uid=\\ #X\\,1\\ ,ou=structures,dc=annuaire,dc=sante,dc=fr");
        assert_eq!(escape("#a"), "\\#a");
    }

    #[test]
    fn names_compare_by_their_rules() {
        assert!(same("MAIL=A@B.fr, OU = Bal,dc=MSSANTE,dc=fr", "0.9.2342.19200300.100.1.3=a@b.fr,ou=bal,dc=mssante,dc=fr"));
        assert!(same("cn=a+sn=b", "sn=B+cn=A"));
        assert!(same("uid=a\\2Cb", "uid=a\\,b"));
        assert!(same("uid=#040161", "uid=a"));
        assert!(same("ou=\\C3\\A9cole", "ou=École"));
        assert!(!same("ou=bal", "ou=bal,dc=fr"));
    }

    #[test]
    fn what_is_no_name_is_refused() {
        for text in ["bal", "=x", "ou=", "ou=a\\", "ou=a\"b", "ou=a,,dc=fr", "uid=#0", "u d=a", "ou=\\zz"] {
            assert!(parse(text).is_none(), "{text}");
        }
        assert_eq!(parse("  "), Some(Vec::new()));
    }
}
