//! Terms: what is cut from an entry for the index, and from a question for its plan, by the same functions.
//!
//! Grams are single characters, and windows of three of a prepared value behind a start mark and before two end marks, so that beginnings
//! and ends are grams too; two characters are looked up as the beginning of a window. Prepared means by the matching rule of the attribute
//! ([`Rule::prepare`]): what is compared is what was cut. Attributes with few distinct values have no grams: their values are listed.

use super::ready::{Terms, put};
use crate::ldap_entry::attributes::{Attribute, InOrder, MatchingKind};
use crate::ldap_entry::matching::Rule;

pub(super) const START: char = '\u{2}';
pub(super) const END: char = '\u{3}';

/// Longest value an equality term repeats, in bytes; longer ones share the term of their beginning (the re-test tells them apart).
pub(super) const LONGEST_EQUAL: usize = 256;
/// The same for entryUUID, whose first characters are as good as random.
const LONGEST_UUID: usize = 12;

/// Longest word beginning kept as a term, in characters; longer beginnings are looked up among the whole words.
pub(super) const LONGEST_EDGE: usize = 3;

/// Operational attributes a published entry carries.
const PUBLISHED_OPERATIONAL: [&str; 7] =
    ["structuralObjectClass", "entryUUID", "entryDN", "createTimestamp", "modifyTimestamp", "hasSubordinates", "subschemaSubentry"];

/// How values of an attribute are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coverage {
    /// No published entry ever carries it.
    Never,
    /// By equality terms only.
    Equal,
    /// By equality terms, few enough to try each of them.
    Listed,
    /// By grams of this kind, and by equality terms where values are asked for whole.
    Grams { naming: bool, equal: bool },
    /// By no term: every entry is a candidate.
    Nothing,
}

pub(super) fn coverage(attribute: &Attribute) -> Coverage {
    match (attribute.name, attribute.matching) {
        ("name" | "dc", _) => Coverage::Never,
        ("entryUUID" | "structuralObjectClass", _) => Coverage::Equal,
        ("cn" | "displayName", _) => Coverage::Grams { naming: true, equal: false },
        ("sn" | "givenName" | "mail", _) => Coverage::Grams { naming: true, equal: true },
        ("o" | "ou" | "serviceRattachement" | "street" | "description", _) => Coverage::Grams { naming: false, equal: false },
        (
            "personalTitle" | "title" | "businessCategory" | "postalCode" | "st" | "TypeBAL" | "TypeIdentifiantPP" | "profession"
            | "professionLibelle" | "specialite" | "specialiteLibelle" | "modeExercice" | "TypeIdentifiantPM" | "departement"
            | "dematerialisation",
            _,
        ) => Coverage::Listed,
        (name, _) if attribute.operational => {
            if PUBLISHED_OPERATIONAL.contains(&name) {
                Coverage::Nothing
            } else {
                Coverage::Never
            }
        }
        (_, MatchingKind::CaseIgnore | MatchingKind::Ia5 | MatchingKind::Telephone) => Coverage::Grams { naming: false, equal: true },
        (_, MatchingKind::ObjectIdentifier) => Coverage::Equal,
        _ => Coverage::Nothing,
    }
}

/// Does every published entry carry it? Its presence has no term then.
pub(super) fn is_always_there(attribute: &Attribute) -> bool {
    attribute.operational || matches!(attribute.name, "objectClass" | "cn" | "displayName")
}

/// Term of an attribute holding a prepared value.
pub(super) fn equal(attribute: &str, prepared: &str) -> String {
    format!("{attribute}={}", value_of_term(attribute, prepared))
}

fn value_of_term<'a>(attribute: &str, prepared: &'a str) -> &'a str {
    let longest = if attribute == "entryUUID" { LONGEST_UUID } else { LONGEST_EQUAL };
    prepared.get(..prepared.floor_char_boundary(longest)).unwrap_or_default()
}

/// Is this all of a value, as an equality term repeats it?
pub(super) fn is_whole(value_of_term: &str) -> bool {
    // A character has four bytes at most.
    value_of_term.len() + 3 < LONGEST_EQUAL
}

/// Term of an attribute being there at all.
pub(super) fn present(attribute: &str) -> String {
    format!("{attribute}?")
}

/// Characters and windows of three, each packed into a number while they are collected: an entry has hundreds, most of them twice.
#[derive(Default)]
pub(super) struct Grams {
    packed: Vec<u64>,
}

/// Bits of a character; the lowest value of a place says that there is none, so characters are kept one higher.
const CHARACTER_BITS: u32 = 21;

impl Grams {
    /// All grams of a value.
    pub fn add(&mut self, prepared: &str) {
        const TWO: u64 = (1 << (2 * CHARACTER_BITS)) - 1;
        let one = |c: char| u64::from(u32::from(c)) + 1;
        let mut last_two = one(START);
        for (number, c) in (0..).zip(prepared.chars()) {
            let window = last_two << CHARACTER_BITS | one(c);
            self.packed.push(one(c));
            if number > 0 {
                self.packed.push(window);
            }
            last_two = window & TWO;
        }
        let window = last_two << CHARACTER_BITS | one(END);
        self.packed.extend([window, (window & TWO) << CHARACTER_BITS | one(END)]);
    }

    /// Each gram once, as the value of a field.
    pub fn into_value(mut self) -> String {
        self.packed.sort_unstable();
        self.packed.dedup();
        let mut value = String::with_capacity(self.packed.len() * 4);
        for packed in self.packed {
            let place = |n: u32| u32::try_from(packed >> (n * CHARACTER_BITS) & ((1 << CHARACTER_BITS) - 1)).unwrap_or_default();
            put(&mut value, "");
            [2, 1, 0].into_iter().filter_map(|n| char::from_u32(place(n).checked_sub(1)?)).for_each(|c| value.push(c));
        }
        value
    }
}

/// What a value must hold to hold a piece.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Gram {
    Whole(String),
    /// Any window beginning so.
    Beginning(String),
}

/// Grams a value must hold to hold this piece, which may begin or end with a mark. None of a piece that says nothing.
pub(super) fn grams_of_piece(piece: &str) -> Vec<Gram> {
    let mut chars: Vec<char> = piece.chars().collect();
    if chars.iter().all(|c| matches!(*c, START | END)) {
        return Vec::new();
    }
    if chars.len() == 2 && chars.last() == Some(&END) {
        chars.push(END);
    }
    match chars.len() {
        1 => vec![Gram::Whole(piece.to_owned())],
        2 => vec![Gram::Beginning(piece.to_owned())],
        _ => chars.windows(3).map(|w| Gram::Whole(w.iter().collect())).collect(),
    }
}

/// Beginnings of a word, up to [`LONGEST_EDGE`] characters.
pub(super) fn edges(word: &str) -> impl Iterator<Item = &str> {
    word.char_indices().take(LONGEST_EDGE).filter_map(move |(at, c)| word.get(..at + c.len_utf8()))
}

/// Everything an encoded entry is found by through attribute filters.
#[derive(Default)]
pub(super) struct AttributeTerms {
    pub equal: Terms,
    pub name_grams: Grams,
    pub text_grams: Grams,
}

impl AttributeTerms {
    pub fn of(entry: &[u8]) -> Self {
        let mut terms = Self::default();
        let mut known = InOrder::default();
        let mut prepared = String::new();
        for (name, values) in crate::ldap_entry::values(entry) {
            let Some(attribute) = known.next(name.as_bytes()) else {
                continue;
            };
            if !is_always_there(attribute) {
                terms.equal.add(&[name, "?"]);
            }
            let coverage = coverage(attribute);
            if matches!(coverage, Coverage::Never | Coverage::Nothing) {
                continue;
            }
            let Some(rule) = Rule::of(attribute.matching) else { continue };
            for value in values {
                prepared.clear();
                if !std::str::from_utf8(value).is_ok_and(|value| rule.prepare_onto(value, &mut prepared)) {
                    continue;
                }
                let equal = match coverage {
                    Coverage::Grams { naming, equal } => {
                        let grams = if naming { &mut terms.name_grams } else { &mut terms.text_grams };
                        grams.add(&prepared);
                        equal
                    }
                    Coverage::Equal | Coverage::Listed => true,
                    Coverage::Never | Coverage::Nothing => false,
                };
                if equal {
                    terms.equal.add(&[name, "=", value_of_term(name, &prepared)]);
                }
            }
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn grams_are_cut_by_characters() {
        let mut grams = Grams::default();
        for value in ["né", "né", "\u{10ffff}"] {
            grams.add(value);
        }
        let value = grams.into_value();
        let grams: BTreeSet<&str> = value.split('\u{1}').collect();
        let expected = ["n", "é", "\u{2}né", "né\u{3}", "é\u{3}\u{3}", "\u{10ffff}", "\u{2}\u{10ffff}\u{3}", "\u{10ffff}\u{3}\u{3}"];
        assert_eq!(grams, expected.into());
        assert_eq!(edges("évi").collect::<Vec<_>>(), ["é", "év", "évi"]);
        assert_eq!(edges("kinésithérapeute").last(), Some("kin"));
    }

    #[test]
    fn every_piece_is_found_among_the_grams_of_a_value_that_holds_it() {
        for value in ["a", "né", "jean dupont", "a b"] {
            let mut grams = Grams::default();
            grams.add(value);
            let all = grams.into_value();
            let grams: Vec<&str> = all.split('\u{1}').collect();
            let marked: Vec<char> = format!("{START}{value}{END}").chars().collect();
            for (from, to) in (0..marked.len()).flat_map(|from| (from + 1..=marked.len()).map(move |to| (from, to))) {
                let piece: String = marked[from..to].iter().collect();
                for gram in grams_of_piece(&piece) {
                    let held = match &gram {
                        Gram::Whole(gram) => grams.contains(&gram.as_str()),
                        Gram::Beginning(two) => grams.iter().any(|g| g.starts_with(two.as_str())),
                    };
                    assert!(held, "{piece:?} of {value:?}: {gram:?}");
                }
            }
        }
        assert!(grams_of_piece("").is_empty() && grams_of_piece("\u{2}").is_empty() && grams_of_piece("\u{3}").is_empty());
    }

    #[test]
    fn long_values_share_a_term_at_a_character() {
        let long = "é".repeat(300);
        assert_eq!(equal("o", &long), format!("o={}", "é".repeat(128)));
        assert!(!is_whole(value_of_term("o", &long)) && is_whole("médecin"));
    }
}
