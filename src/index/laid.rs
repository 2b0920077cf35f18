//! An encoded entry laid open for filters: its attributes, and their values prepared by a rule when first asked for.
//!
//! A search lays thousands of entries open, one after the other in the same room. Attributes stand in the order of their table, and those
//! that are asked for most in front, so only as many are looked at as the filter needs.

use crate::ldap_entry::attributes::{Attribute, InOrder};
use crate::ldap_entry::matching::Rule;
use crate::ldap_entry::{Places, Values};
use std::ops::Range;

#[derive(Default)]
pub(super) struct Laid {
    rest: Places,
    known: InOrder,
    /// Those looked at so far, in the order of the entry.
    attributes: Vec<One>,
    /// Values prepared so far, one behind the other.
    text: String,
    ends: Vec<usize>,
    prepared: Vec<Prepared>,
}

/// One attribute: what it is, where its values stand.
struct One {
    kind: Option<&'static Attribute>,
    values: Range<usize>,
}

/// Values of an attribute prepared under a rule: their places among the ends.
struct Prepared {
    rule: Rule,
    place: usize,
    values: Range<usize>,
}

impl Laid {
    /// Begins with another entry; the room stays.
    pub fn begin(&mut self, entry: &[u8]) {
        self.rest = Places::of(entry);
        self.known = InOrder::default();
        self.attributes.clear();
        self.text.clear();
        self.ends.clear();
        self.prepared.clear();
    }

    /// The kind of the attribute at a place; `None` behind the last.
    fn kind(&mut self, entry: &[u8], place: usize) -> Option<Option<&'static Attribute>> {
        while self.attributes.len() <= place {
            let (name, values) = self.rest.next(entry)?;
            self.attributes.push(One { kind: self.known.next(name), values });
        }
        self.attributes.get(place).map(|one| one.kind)
    }

    /// The first attribute from a place on that is among those asked for: its place and kind.
    pub fn next_of(&mut self, entry: &[u8], from: usize, asked: &[&'static Attribute]) -> Option<(usize, &'static Attribute)> {
        let mut place = from;
        loop {
            match self.kind(entry, place)? {
                Some(kind) if asked.iter().any(|a| std::ptr::eq(*a, kind)) => return Some((place, kind)),
                _ => place += 1,
            }
        }
    }

    /// Values of the attribute at a place that was looked at.
    pub fn values<'a>(&self, entry: &'a [u8], place: usize) -> Values<'a> {
        Values::at(entry, self.attributes.get(place).map(|one| one.values.clone()).unwrap_or_default())
    }

    /// The same, those that are of the syntax of a rule, prepared by it.
    pub fn prepared(&mut self, entry: &[u8], place: usize, rule: Rule) -> impl Iterator<Item = &str> {
        let known = self.prepared.iter().find(|known| known.rule == rule && known.place == place);
        let values = match known {
            Some(known) => known.values.clone(),
            None => {
                let first = self.ends.len();
                for value in self.values(entry, place) {
                    if std::str::from_utf8(value).is_ok_and(|value| rule.prepare_onto(value, &mut self.text)) {
                        self.ends.push(self.text.len());
                    }
                }
                let values = first..self.ends.len();
                self.prepared.push(Prepared { rule, place, values: values.clone() });
                values
            }
        };
        let (text, ends) = (&self.text, &self.ends);
        values.filter_map(move |at| {
            let begin = at.checked_sub(1).map_or(Some(0), |before| ends.get(before).copied())?;
            text.get(begin..*ends.get(at)?)
        })
    }
}
