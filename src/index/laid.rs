//! An encoded entry laid open for filters: its attributes, and their values prepared by the rule of each when first asked for.

use crate::ldap_entry::attributes::{Attribute, InOrder};
use crate::ldap_entry::matching::Rule;
use crate::ldap_entry::{Values, values};
use std::sync::OnceLock;

/// Prepared values of one attribute.
pub(super) type Prepared = Box<[Box<str>]>;

#[derive(Debug)]
pub(super) struct Laid {
    /// In the order of the entry.
    attributes: Vec<(Option<&'static Attribute>, OnceLock<Prepared>)>,
}

impl Laid {
    pub fn of(entry: &[u8]) -> Self {
        let mut known = InOrder::default();
        Self { attributes: values(entry).map(|(name, _)| (known.next(name.as_bytes()), OnceLock::new())).collect() }
    }

    /// Places of the attributes of an entry among those asked for, with their kinds.
    pub fn among<'a>(&'a self, asked: &'a [&'static Attribute]) -> impl Iterator<Item = (usize, &'static Attribute)> + 'a {
        let kinds = self.attributes.iter().enumerate().filter_map(|(place, (kind, _))| Some((place, (*kind)?)));
        kinds.filter(|(_, kind)| asked.iter().any(|a| std::ptr::eq(*a, *kind)))
    }

    /// Prepared values of the first attribute of a name.
    pub fn prepared_of(&self, entry: &[u8], name: &str) -> &[Box<str>] {
        let place = self.attributes.iter().position(|(kind, _)| kind.is_some_and(|kind| kind.name == name));
        place.map(|place| self.prepared(entry, place)).unwrap_or_default()
    }

    /// Values of an attribute prepared by its own rule. `entry` is the one that was laid open.
    pub fn prepared(&self, entry: &[u8], place: usize) -> &[Box<str>] {
        let Some((kind, prepared)) = self.attributes.get(place) else { return &[] };
        prepared.get_or_init(|| kind.and_then(|kind| Rule::of(kind.matching)).map(|rule| prepare(entry, place, rule)).unwrap_or_default())
    }
}

/// Values of the attribute at a place of an entry.
pub(super) fn values_at(entry: &[u8], place: usize) -> Option<Values<'_>> {
    values(entry).nth(place).map(|(_, values)| values)
}

/// Those of them that are of the syntax of a rule, prepared by it.
pub(super) fn prepare(entry: &[u8], place: usize, rule: Rule) -> Prepared {
    let values = values_at(entry, place).into_iter().flatten();
    values.filter_map(|value| rule.prepare(std::str::from_utf8(value).ok()?)).map(String::into_boxed_str).collect()
}
