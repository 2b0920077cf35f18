//! Sorting by the values of attributes: each match is read, its key made, and only the first ones kept.

use super::query::{Order, PART, Query, RankKey, SortKey};
use super::search::Found;
use super::stored::Stored;
use crate::ldap_entry::attributes::attribute;
use crate::ldap_entry::matching::collation_key;
use crate::ldap_entry::values;
use std::cmp::Ordering;
use std::collections::BinaryHeap;

/// Of an entry that lacks the attribute: larger than any value (RFC 2891 section 2.2).
pub(super) const MISSING: &str = "\u{10ffff}";

/// The first entries behind a place, in the order of a query.
pub(super) struct Sorted<'a> {
    query: &'a Query,
    capacity: usize,
    /// A key is an operational attribute.
    operational: bool,
    kept: BinaryHeap<Placed<'a>>,
}

struct Placed<'a> {
    found: Found,
    order: &'a Order,
}

impl Ord for Placed<'_> {
    fn cmp(&self, other: &Self) -> Ordering {
        self.order.compare(&self.found.rank, &other.found.rank)
    }
}

impl PartialOrd for Placed<'_> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Placed<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Placed<'_> {}

impl<'a> Sorted<'a> {
    pub fn new(query: &'a Query, capacity: usize) -> Self {
        let keys = if let Order::By(keys) = &query.order { keys.as_slice() } else { &[] };
        let operational = keys.iter().any(|key| attribute(key.attribute).is_some_and(|kind| kind.operational));
        Self { query, capacity, operational, kept: BinaryHeap::new() }
    }

    pub fn offer(&mut self, stored: Stored) {
        let Order::By(keys) = &self.query.order else {
            return;
        };
        let whole = self.operational.then(|| stored.with_operational());
        let entry = whole.as_deref().unwrap_or_else(|| stored.ldap());
        let rank = RankKey { class: 0, without_mailbox: 0, name: place(keys, entry, stored.sort()) };
        if self.query.after.as_ref().is_some_and(|after| self.query.order.compare(&rank, after).is_le()) {
            return;
        }
        self.kept.push(Placed { found: Found { stored, rank }, order: &self.query.order });
        if self.kept.len() > self.capacity {
            self.kept.pop();
        }
    }

    pub fn into_hits(self) -> Vec<Found> {
        self.kept.into_sorted_vec().into_iter().map(|placed| placed.found).collect()
    }
}

/// Place in an order of an entry that is not of the index; `name`: what it goes by in [`Order::Name`].
#[must_use]
pub fn rank_of(order: &Order, entry: &[u8], name: &str) -> RankKey {
    let name = match order {
        Order::By(keys) => place(keys, entry, name),
        Order::Any | Order::Name | Order::NameDescending | Order::City | Order::Rank | Order::BestByName(_) | Order::BestByCity(_) => {
            name.to_owned()
        }
    };
    RankKey { class: 0, without_mailbox: 0, name }
}

/// The least value of each attribute, then what [`Order::Name`] goes by.
fn place(keys: &[SortKey], entry: &[u8], sort: &str) -> String {
    let mut name = String::new();
    for key in keys {
        let least = attribute(key.attribute).and_then(|kind| {
            let own = values(entry).find(|(name, _)| *name == kind.name)?.1;
            own.filter_map(|value| collation_key(kind, std::str::from_utf8(value).ok()?)).min()
        });
        name.push_str(least.as_deref().unwrap_or(MISSING));
        name.push(PART);
    }
    name.push_str(sort);
    name
}
