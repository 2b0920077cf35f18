//! Reading an encoded entry back: its attributes, its DN, and chosen subsets of it re-encoded for an answer.

use super::attributes::{Attribute, InOrder, attribute, canonical, with_subtypes};
use super::ber::{self, OCTET_STRING, SEQUENCE, SET};
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::ops::Range;

/// Attributes of an encoded entry, in its order: names in canonical spelling, with their values as stored.
pub fn values(entry: &[u8]) -> impl Iterator<Item = (&str, Values<'_>)> {
    attributes(entry).filter_map(|a| Some((std::str::from_utf8(a.name).ok()?, Values { rest: a.values })))
}

/// A walk through the attributes of an encoded entry that can be left and gone on with: where it stands in the entry.
#[derive(Clone, Debug, Default)]
pub(crate) struct Places {
    list: Range<usize>,
}

impl Places {
    pub fn of(entry: &[u8]) -> Self {
        let list = ber::read(entry).and_then(|dn| ber::read(dn.rest));
        let place = |list: ber::Element<'_>| entry.len() - list.rest.len() - list.content.len()..entry.len() - list.rest.len();
        Self { list: list.map(place).unwrap_or_default() }
    }

    /// Name as it is and place of the values of the next one, see [`Values::at`]. `entry` is the one it was begun with.
    pub fn next<'a>(&mut self, entry: &'a [u8]) -> Option<(&'a [u8], Range<usize>)> {
        let (found, rest) = first_attribute(entry.get(self.list.clone())?)?;
        let end = self.list.end - rest.len() - found.behind;
        self.list.start = self.list.end - rest.len();
        Some((found.name, end - found.values.len()..end))
    }
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

impl<'a> Values<'a> {
    /// At a place of an entry that [`Places`] gave of it.
    pub(crate) fn at(entry: &'a [u8], place: Range<usize>) -> Self {
        Self { rest: entry.get(place).unwrap_or_default() }
    }
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
    /// Bytes of the attribute behind the values.
    behind: usize,
}

/// The first of a list, and the rest of the list.
fn first_attribute(list: &[u8]) -> Option<(Encoded<'_>, &[u8])> {
    let element = ber::read(list)?;
    let name = ber::read(element.content)?;
    let set = ber::read(name.rest)?;
    Some((Encoded { name: name.content, values: set.content, whole: element.whole, behind: set.rest.len() }, element.rest))
}

fn attributes(entry: &[u8]) -> impl Iterator<Item = Encoded<'_>> {
    let mut list = ber::read(entry).and_then(|dn| ber::read(dn.rest)).map_or(&[][..], |list| list.content);
    std::iter::from_fn(move || {
        let (found, rest) = first_attribute(list)?;
        list = rest;
        Some(found)
    })
}

/// Which attributes a client asked for (RFC 4511 §4.5.1.8, RFC 3673).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Selection {
    user: bool,
    operational: bool,
    names: BTreeSet<&'static str>,
    /// A name is of an operational attribute.
    names_operational: bool,
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
        selection.names_operational = selection.names.iter().any(|name| attribute(name).is_some_and(|kind| kind.operational));
        selection
    }

    /// May it take operational attributes?
    #[must_use]
    pub fn takes_operational(&self) -> bool {
        self.operational || self.names_operational
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

/// The content of a SearchResultEntry with the chosen attributes only.
#[derive(Clone, Debug, Default)]
pub struct Selected<'a> {
    /// Whole.
    dn: &'a [u8],
    /// Content of the list of attributes.
    list: Cow<'a, [u8]>,
}

impl Selected<'_> {
    /// Bytes of it.
    #[must_use]
    pub fn length(&self) -> usize {
        if self.dn.is_empty() { 0 } else { self.dn.len() + ber::header_length(self.list.len()) + self.list.len() }
    }

    pub fn put(&self, out: &mut Vec<u8>) {
        if !self.dn.is_empty() {
            out.extend_from_slice(self.dn);
            ber::write(out, SEQUENCE, &self.list);
        }
    }
}

/// Chooses attributes of an entry; with `types_only` their value sets are empty. Nothing of what is no entry. `user_end`: where its user
/// attributes end, where that is known (see [`user_end`]): what most clients ask for, and no byte of it is moved.
#[must_use]
pub fn select<'a>(entry: &'a [u8], user_end: Option<usize>, wanted: &Selection, types_only: bool) -> Selected<'a> {
    let Some(dn) = ber::read(entry) else {
        return Selected::default();
    };
    if wanted.is_default()
        && !types_only
        && let Some(end) = user_end
        && let Some(list) = ber::read(dn.rest).and_then(|list| entry.get(entry.len() - list.rest.len() - list.content.len()..end))
    {
        return Selected { dn: dn.whole, list: Cow::Borrowed(list) };
    }
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
    Selected { dn: dn.whole, list: Cow::Owned(list) }
}

/// Where the user attributes of an encoded entry end, and where the values of one of them stand (see [`Values::at`]). No end when an attribute
/// among them is unknown: it must be left out of answers.
pub(crate) fn user_end(entry: &[u8], among: &str) -> (Option<usize>, Range<usize>) {
    let mut places = Places::of(entry);
    let (mut known, mut all_known, mut found) = (InOrder::default(), true, 0..0);
    loop {
        let end = places.list.start;
        match places.next(entry).map(|(name, values)| (known.next(name), values)) {
            Some((Some(kind), values)) if !kind.operational => {
                if kind.name == among {
                    found = values;
                }
            }
            Some((None, _)) => all_known = false,
            Some((Some(_), _)) | None => return (all_known.then_some(end), found),
        }
    }
}

pub(super) fn write_attribute<'a>(out: &mut Vec<u8>, name: &[u8], values: impl Iterator<Item = &'a [u8]> + Clone) {
    let set: usize = values.clone().map(|value| ber::header_length(value.len()) + value.len()).sum();
    ber::write_header(out, SEQUENCE, ber::header_length(name.len()) + name.len() + ber::header_length(set) + set);
    ber::write(out, OCTET_STRING, name);
    ber::write_header(out, SET, set);
    values.for_each(|value| ber::write(out, OCTET_STRING, value));
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

    fn bytes(selected: &Selected<'_>) -> Vec<u8> {
        let mut out = Vec::new();
        selected.put(&mut out);
        assert_eq!(out.len(), selected.length());
        out
    }

    fn names(requested: &[&str]) -> Vec<String> {
        let chosen = bytes(&select(&entry(), None, &Selection::new(requested.iter().copied()), false));
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
        let bare = bytes(&select(&entry, None, &Selection::new(["cn"]), true));
        assert_eq!(values(&bare).map(|(name, v)| (name, v.count())).collect::<Vec<_>>(), [("cn", 0)]);
        assert!(bytes(&select(&[], None, &Selection::default(), false)).is_empty() && values(&[0x30]).next().is_none());
    }

    #[test]
    fn user_attributes_are_taken_as_they_stand_and_unknown_ones_left_out() {
        let user = Selection::new(["*"]);
        let names = |entry: &[u8]| {
            let (end, _) = user_end(entry, "sn");
            let [by_end, by_walk] = [end, None].map(|end| bytes(&select(entry, end, &user, false)));
            assert_eq!(by_end, by_walk);
            (end.is_some(), values(&by_end).map(|(name, _)| name.to_owned()).collect::<Vec<_>>())
        };
        let known = entry();
        assert_eq!(names(&known), (true, ["objectClass", "cn", "sn"].map(str::to_owned).to_vec()));
        let (end, of_sn) = user_end(&known, "sn");
        assert!(matches!(select(&known, end, &user, false).list, Cow::Borrowed(_)));
        assert_eq!(Values::at(&known, of_sn).collect::<Vec<_>>(), [b"s"]);
        assert_eq!(user_end(&known, "mail").1, 0..0);
        let v = |text: &str| vec![text.to_owned()];
        let strange = encode_entry("cn=a", &[("cn", v("a")), ("stranger", v("b")), ("sn", v("s")), ("entryDN", v("cn=a"))]);
        assert_eq!(names(&strange), (false, ["cn", "sn"].map(str::to_owned).to_vec()));
        assert_eq!(names(&encode_entry("cn=a", &[("cn", v("a"))])), (true, v("cn")));
        assert_eq!(user_end(&[], "cn"), (Some(0), 0..0));
        let mut walk = Places::of(&strange);
        for (expected, of_name) in values(&strange) {
            let (name, place) = walk.next(&strange).unwrap();
            assert_eq!(name, expected.as_bytes());
            assert!(Values::at(&strange, place).eq(of_name));
        }
        assert!(walk.next(&strange).is_none() && Places::of(&[]).next(&[]).is_none());
    }
}
