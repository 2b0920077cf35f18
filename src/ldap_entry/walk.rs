//! Reading an encoded entry back: its attributes, its DN, and chosen subsets of it re-encoded for an answer.

use super::attributes::{Attribute, InOrder, attribute, canonical, with_subtypes};
use super::ber::{self, OCTET_STRING, SEQUENCE, SET};
use std::collections::BTreeSet;

/// Attributes of an encoded entry, in its order: names in canonical spelling, with their values as stored.
pub fn values(entry: &[u8]) -> impl Iterator<Item = (&str, Values<'_>)> {
    attributes(entry).filter_map(|a| Some((std::str::from_utf8(a.name).ok()?, Values { rest: a.values })))
}

/// The user attributes of an encoded entry: they stand before the operational ones.
pub fn user_values(entry: &[u8]) -> impl Iterator<Item = (&str, Values<'_>)> {
    values(entry).take_while(|(name, _)| canonical(name.as_bytes()).is_some_and(|kind| !kind.operational))
}

/// DN of an encoded entry.
#[must_use]
pub fn dn_of(entry: &[u8]) -> &str {
    ber::read(entry).and_then(|e| std::str::from_utf8(e.content).ok()).unwrap_or_default()
}

/// Values of one attribute.
#[derive(Clone, Debug)]
pub struct Values<'a> {
    rest: &'a [u8],
}

impl<'a> Iterator for Values<'a> {
    type Item = &'a [u8];
    fn next(&mut self) -> Option<&'a [u8]> {
        let element = ber::read(self.rest)?;
        self.rest = element.rest;
        Some(element.content)
    }
}

struct Encoded<'a> {
    name: &'a [u8],
    /// Content of the SET of values.
    values: &'a [u8],
    whole: &'a [u8],
}

fn attributes(entry: &[u8]) -> impl Iterator<Item = Encoded<'_>> {
    let list = ber::read(entry).and_then(|dn| ber::read(dn.rest)).map_or(&[][..], |list| list.content);
    let mut rest = list;
    std::iter::from_fn(move || {
        let element = ber::read(rest)?;
        rest = element.rest;
        let name = ber::read(element.content)?;
        let set = ber::read(name.rest)?;
        Some(Encoded { name: name.content, values: set.content, whole: element.whole })
    })
}

/// Which attributes a client asked for (RFC 4511 §4.5.1.8, RFC 3673).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    user: bool,
    operational: bool,
    names: BTreeSet<&'static str>,
}

impl Selection {
    /// None, or `*`: all user attributes; `+`: operational ones; `1.1`: none, ignored beside others; a supertype takes its subtypes
    /// along; unknown names and names with options select nothing.
    #[must_use]
    pub fn new<'a>(requested: impl IntoIterator<Item = &'a str>) -> Self {
        let mut selection = Self::default();
        let mut asked = false;
        for name in requested {
            asked = true;
            match name {
                "*" => selection.user = true,
                "+" => selection.operational = true,
                _ => selection.names.extend(attribute(name).map(with_subtypes).unwrap_or_default().iter().map(|a| a.name)),
            }
        }
        selection.user |= !asked;
        selection
    }

    /// Every user attribute and nothing else.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.user && !self.operational && self.names.is_empty()
    }

    #[must_use]
    pub fn takes(&self, kind: &Attribute) -> bool {
        let group = if kind.operational { self.operational } else { self.user };
        group || self.names.contains(kind.name)
    }
}

/// The content of a SearchResultEntry with the chosen attributes only; with `types_only` their value sets are empty.
#[must_use]
pub fn select(entry: &[u8], wanted: &Selection, types_only: bool) -> Vec<u8> {
    let Some(dn) = ber::read(entry) else {
        return Vec::new();
    };
    let mut list = Vec::with_capacity(entry.len());
    let mut known = InOrder::default();
    for attribute in attributes(entry) {
        let Some(kind) = known.next(attribute.name) else {
            continue;
        };
        if wanted.is_default() && kind.operational {
            break;
        }
        if !wanted.takes(kind) {
            continue;
        }
        if types_only {
            write_attribute(&mut list, attribute.name, std::iter::empty::<&[u8]>());
        } else {
            list.extend_from_slice(attribute.whole);
        }
    }
    let mut out = Vec::with_capacity(dn.whole.len() + list.len() + 6);
    out.extend_from_slice(dn.whole);
    ber::write(&mut out, SEQUENCE, &list);
    out
}

pub(super) fn write_attribute<'a>(out: &mut Vec<u8>, name: &[u8], values: impl Iterator<Item = &'a [u8]>) {
    let mut set = Vec::new();
    for value in values {
        ber::write(&mut set, OCTET_STRING, value);
    }
    let mut content = Vec::with_capacity(set.len() + name.len() + 8);
    ber::write(&mut content, OCTET_STRING, name);
    ber::write(&mut content, SET, &set);
    ber::write(out, SEQUENCE, &content);
}

/// Encodes any entry the same way: for the few that are no published entry (roots, branches, root DSE, subschema).
/// Attributes are to be given with the user ones first, in canonical spelling; those without values are left out.
#[must_use]
pub fn encode_entry(dn: &str, attributes: &[(&str, Vec<String>)]) -> Vec<u8> {
    let mut list = Vec::new();
    for (name, values) in attributes.iter().filter(|(_, values)| !values.is_empty()) {
        write_attribute(&mut list, name.as_bytes(), values.iter().map(String::as_bytes));
    }
    let mut out = Vec::with_capacity(dn.len() + list.len() + 12);
    ber::write(&mut out, OCTET_STRING, dn.as_bytes());
    ber::write(&mut out, SEQUENCE, &list);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry() -> Vec<u8> {
        let v = |text: &str| vec![text.to_owned()];
        encode_entry(
            "cn=a",
            &[("objectClass", v("top")), ("cn", vec!["a".into(), "b".into()]), ("o", vec![]), ("sn", v("s")), ("entryDN", v("cn=a"))],
        )
    }

    fn names(requested: &[&str]) -> Vec<String> {
        let chosen = select(&entry(), &Selection::new(requested.iter().copied()), false);
        values(&chosen).map(|(name, _)| name.to_owned()).collect()
    }

    #[test]
    fn selections() {
        for (requested, expected) in [
            (&[][..], &["objectClass", "cn", "sn"][..]),
            (&["*"], &["objectClass", "cn", "sn"]),
            (&["+"], &["entryDN"]),
            (&["*", "+"], &["objectClass", "cn", "sn", "entryDN"]),
            (&["1.1"], &[]),
            (&["1.1", "SURNAME"], &["sn"]),
            (&["2.5.4.3", "cn", "commonName", "nothing"], &["cn"]),
            (&["cn;lang-fr"], &[]),
            (&["name"], &["cn", "sn"]),
            (&["entrydn", "objectclass"], &["objectClass", "entryDN"]),
        ] {
            assert_eq!(names(requested), expected, "{requested:?}");
        }
    }

    #[test]
    fn values_read_back_and_types_only() {
        let entry = entry();
        let cn: Vec<_> = values(&entry).find(|(name, _)| *name == "cn").unwrap().1.collect();
        assert_eq!((cn, dn_of(&entry)), (vec![&b"a"[..], b"b"], "cn=a"));
        let bare = select(&entry, &Selection::new(["cn"]), true);
        assert_eq!(values(&bare).map(|(name, v)| (name, v.count())).collect::<Vec<_>>(), [("cn", 0)]);
        assert!(select(&[], &Selection::default(), false).is_empty() && values(&[0x30]).next().is_none());
    }
}
