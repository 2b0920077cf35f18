//! Filters of every shape: all choices, every published attribute under all its names, unknown ones, and values of any kind.

use crate::index::sample::{Doc, SINCE, world};
use annuaire::directory::AttributeFilter;
use annuaire::ldap_entry::attributes::ATTRIBUTES;
use annuaire::ldap_entry::matching::RULES;
use annuaire::ldap_entry::{encode, values};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::LazyLock;

/// The small country of the index tests.
pub static DOCS: LazyLock<Vec<Doc>> = LazyLock::new(world);

/// Its entries, encoded, in the same order.
pub static ENTRIES: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| DOCS.iter().map(|doc| encode(&doc.published, SINCE, SINCE)).collect());

/// (attribute, value) as they stand in the entries.
pub static KNOWN: LazyLock<Vec<(String, String)>> = LazyLock::new(|| {
    let pairs = ENTRIES.iter().flat_map(|entry| values(entry).flat_map(|(name, values)| values.map(move |value| (name, value))));
    let mut known: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), String::from_utf8(value.to_vec()).unwrap())).collect();
    known.sort();
    known.dedup();
    known
});

static NAMES: LazyLock<Vec<&str>> =
    LazyLock::new(|| ATTRIBUTES.iter().flat_map(|a| a.aliases.iter().copied().chain([a.name, a.oid])).collect());

fn known_name() -> impl Strategy<Value = String> {
    (select(NAMES.clone()), 0..3).prop_map(|(name, spelled)| match spelled {
        0 => name.to_uppercase(),
        1 => name.to_lowercase(),
        _ => name.to_owned(),
    })
}

pub fn any_name() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => known_name(),
        1 => known_name().prop_map(|name| format!("{name};lang-fr")),
        1 => select(vec!["", ";", "*", "+", "1.1", "mozillaNickname", "2.5.4.3 ", "cn;", "\u{0}cn"]).prop_map(str::to_owned),
        1 => any::<String>(),
    ]
}

/// Text as people, keyboards and other software write it.
pub fn any_text() -> impl Strategy<Value = String> {
    let characters = select(
        "aeiouéèêëàçœæÿßÉÇŒ0159 .,-'’‑\u{ad}\u{200b}\u{a0}\u{301}\u{327}\u{300}ŁøıﬁĳΣςǆ\u{1f600}\t\u{1}\\*()#".chars().collect::<Vec<_>>(),
    );
    prop_oneof![
        4 => vec(characters, 0..12).prop_map(|chars| chars.into_iter().collect()),
        1 => any::<String>(),
        1 => select(vec!["TRUE", "20260901083000Z", "2026090108.5+0130", "6f1d0c52-8a3e-5b47-9c60-2f4b7d15e3a8", "-3", "2.5.6.6",
            "ou=bal,dc=mssante,dc=fr", "ou=\\c3\\a9+cn=x,dc=fr", "+33 1 99 00", "01.99.00"]).prop_map(str::to_owned),
    ]
}

/// A piece of a text, cut between characters.
pub fn piece(text: &str, from: Index, length: Index) -> String {
    let chars: Vec<char> = text.chars().collect();
    let from = from.index(chars.len() + 1);
    let length = length.index(chars.len() - from + 1);
    chars[from..from + length].iter().collect()
}

pub fn any_value() -> impl Strategy<Value = Vec<u8>> {
    let known = || any::<Index>().prop_map(|at| KNOWN[at.index(KNOWN.len())].1.clone());
    prop_oneof![
        4 => known().prop_map(String::into_bytes),
        4 => (known(), any::<Index>(), any::<Index>()).prop_map(|(text, from, length)| piece(&text, from, length).into_bytes()),
        4 => any_text().prop_map(String::into_bytes),
        1 => vec(any::<u8>(), 0..8),
        1 => (any_text(), 1..200usize).prop_map(|(text, times)| text.repeat(times).into_bytes()),
    ]
}

/// Of a substring: the server refuses an empty one as malformed.
fn any_piece() -> impl Strategy<Value = Vec<u8>> {
    any_value().prop_filter("a piece", |piece| !piece.is_empty())
}

fn substring() -> impl Strategy<Value = AttributeFilter> {
    (any_name(), option::of(any_piece()), vec(any_piece(), 0..4), option::of(any_piece()))
        .prop_filter("a piece", |(_, initial, any, last)| initial.is_some() || !any.is_empty() || last.is_some())
        .prop_map(|(attribute, initial, any, last)| AttributeFilter::Substring { attribute, initial, any, last })
}

fn extensible() -> impl Strategy<Value = AttributeFilter> {
    let rules: Vec<&str> = RULES.iter().flat_map(|(_, name, oid)| [*name, *oid]).chain(["2.5.13.4", ""]).collect();
    (option::of(select(rules)), option::of(any_name()), any_value(), any::<bool>())
        .prop_filter("a rule or a name", |(rule, attribute, ..)| rule.is_some() || attribute.is_some())
        .prop_map(|(rule, attribute, value, dn_attributes)| AttributeFilter::Extensible {
            rule: rule.map(str::to_owned),
            attribute,
            value,
            dn_attributes,
        })
}

/// A value asked of the attribute that has it: what random pairs nearly never are.
fn fitting() -> impl Strategy<Value = AttributeFilter> {
    use AttributeFilter as F;
    (any::<Index>(), any::<Index>(), any::<Index>(), 0..5).prop_map(|(at, from, length, shape)| {
        let (name, value) = KNOWN[at.index(KNOWN.len())].clone();
        let part = piece(&value, from, length);
        match shape {
            0 => F::Equal(name, value.into_bytes()),
            1 => F::Approx(name, value.into_bytes()),
            2 => F::AtLeast(name, value.into_bytes()),
            3 if !part.is_empty() => F::Substring { attribute: name, initial: None, any: vec![part.into_bytes()], last: None },
            _ => F::Present(name),
        }
    })
}

/// One assertion.
pub fn any_assertion() -> impl Strategy<Value = AttributeFilter> {
    use AttributeFilter as F;
    prop_oneof![
        1 => any_name().prop_map(F::Present),
        2 => (any_name(), any_value()).prop_map(|(name, value)| F::Equal(name, value)),
        1 => (any_name(), any_value()).prop_map(|(name, value)| F::AtLeast(name, value)),
        1 => (any_name(), any_value()).prop_map(|(name, value)| F::AtMost(name, value)),
        1 => (any_name(), any_value()).prop_map(|(name, value)| F::Approx(name, value)),
        3 => substring(),
        2 => extensible(),
        6 => fitting(),
    ]
}

/// A whole filter.
pub fn any_filter() -> impl Strategy<Value = AttributeFilter> {
    any_assertion().prop_recursive(5, 24, 4, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(AttributeFilter::And),
            vec(inner.clone(), 0..4).prop_map(AttributeFilter::Or),
            inner.prop_map(|filter| AttributeFilter::Not(Box::new(filter))),
        ]
    })
}
