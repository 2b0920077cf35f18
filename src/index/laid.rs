//! An encoded entry laid open for filters: its attributes, and their values prepared by the rule of each when first asked for.

use crate::ldap_entry::attributes::{Attribute, InOrder};
use crate::ldap_entry::matching::Rule;
use crate::ldap_entry::{Values, places};
use std::ops::Range;
use std::sync::OnceLock;

/// Prepared values of one attribute.
pub(super) type Prepared = Box<[Box<str>]>;

#[derive(Debug)]
pub(super) struct Laid {
    /// In the order of the entry.
    attributes: Vec<One>,
}

/// One attribute: what it is, where its values stand, what they are prepared.
#[derive(Debug)]
struct One {
    kind: Option<&'static Attribute>,
    values: Range<usize>,
    prepared: OnceLock<Prepared>,
}

impl Laid {
    pub fn of(entry: &[u8]) -> Self {
        let mut known = InOrder::default();
        let one = |(name, values): (&[u8], _)| One { kind: known.next(name), values, prepared: OnceLock::new() };
        Self { attributes: places(entry).map(one).collect() }
    }

    /// Places of the attributes of an entry among those asked for, with their kinds.
    pub fn among<'a>(&'a self, asked: &'a [&'static Attribute]) -> impl Iterator<Item = (usize, &'static Attribute)> + 'a {
        let kinds = self.attributes.iter().enumerate().filter_map(|(place, one)| Some((place, one.kind?)));
        kinds.filter(|(_, kind)| asked.iter().any(|a| std::ptr::eq(*a, *kind)))
    }

    /// Prepared values of the first attribute of a name.
    pub fn prepared_of(&self, entry: &[u8], name: &str) -> &[Box<str>] {
        let place = self.attributes.iter().position(|one| one.kind.is_some_and(|kind| kind.name == name));
        place.map(|place| self.prepared(entry, place)).unwrap_or_default()
    }

    /// Values of an attribute prepared by its own rule. `entry` is the one that was laid open.
    pub fn prepared(&self, entry: &[u8], place: usize) -> &[Box<str>] {
        let Some(one) = self.attributes.get(place) else { return &[] };
        one.prepared.get_or_init(|| {
            let rule = one.kind.and_then(|kind| Rule::of(kind.matching));
            rule.map(|rule| prepare(self.values(entry, place), rule)).unwrap_or_default()
        })
    }

    /// Values of the attribute at a place.
    pub fn values<'a>(&self, entry: &'a [u8], place: usize) -> Values<'a> {
        Values::at(entry, self.attributes.get(place).map(|one| one.values.clone()).unwrap_or_default())
    }
}

/// Those values that are of the syntax of a rule, prepared by it.
pub(super) fn prepare(values: Values<'_>, rule: Rule) -> Prepared {
    values.filter_map(|value| rule.prepare(std::str::from_utf8(value).ok()?)).map(String::into_boxed_str).collect()
}
