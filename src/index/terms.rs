//! Terms: what is cut from an entry for the index, and from a question for its plan, by the same functions.
//!
//! Grams are windows of one to three characters of a prepared value between a start and an end mark, so that beginnings and ends are
//! grams too. Prepared means by the matching rule of the attribute ([`Rule::prepare`]): what is compared is what was cut.

use crate::ldap_entry::attributes::{Attribute, MatchingKind};
use crate::ldap_entry::matching::Rule;
use std::collections::BTreeSet;

pub(super) const START: char = '\u{2}';
pub(super) const END: char = '\u{3}';

/// Longest value an equality term repeats, in bytes; longer ones share the term of their beginning (the re-test tells them apart).
const LONGEST_EQUAL: usize = 256;

/// Longest word beginning kept as a term, in characters; longer beginnings are looked up among the whole words.
pub(super) const LONGEST_EDGE: usize = 8;

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
    /// By equality terms and grams; `true`: among the naming attributes.
    Grams(bool),
    /// By no term: every entry is a candidate.
    Nothing,
}

pub(super) fn coverage(attribute: &Attribute) -> Coverage {
    match (attribute.name, attribute.matching) {
        ("name" | "dc", _) => Coverage::Never,
        ("entryUUID" | "structuralObjectClass", _) => Coverage::Equal,
        ("cn" | "sn" | "givenName" | "displayName" | "mail", _) => Coverage::Grams(true),
        (name, _) if attribute.operational => {
            if PUBLISHED_OPERATIONAL.contains(&name) {
                Coverage::Nothing
            } else {
                Coverage::Never
            }
        }
        (_, MatchingKind::CaseIgnore | MatchingKind::Ia5 | MatchingKind::Telephone) => Coverage::Grams(false),
        (_, MatchingKind::ObjectIdentifier) => Coverage::Equal,
        _ => Coverage::Nothing,
    }
}

/// Term of an attribute holding a prepared value.
pub(super) fn equal(attribute: &str, prepared: &str) -> String {
    format!("{attribute}={}", prepared.get(..prepared.floor_char_boundary(LONGEST_EQUAL)).unwrap_or_default())
}

/// Term of an attribute being there at all.
pub(super) fn present(attribute: &str) -> String {
    format!("{attribute}?")
}

/// Windows of up to three characters, each packed into a number while they are collected: an entry has thousands, most of them twice.
#[derive(Default)]
pub(super) struct Grams {
    packed: Vec<u64>,
}

/// Bits of a character; the lowest value of a place says that there is none, so characters are kept one higher.
const CHARACTER_BITS: u32 = 21;

impl Grams {
    /// All grams of a value.
    pub fn add(&mut self, prepared: &str) {
        const MASK: u64 = (1 << CHARACTER_BITS) - 1;
        let (mut last_two, mut count) = (0u64, 0);
        for c in std::iter::once(START).chain(prepared.chars()).chain([END]) {
            let one = u64::from(u32::from(c)) + 1;
            let two = (last_two & MASK) << CHARACTER_BITS | one;
            let three = last_two << CHARACTER_BITS | one;
            count += 1;
            self.packed.extend([one, two, three].iter().take(count.min(3)));
            last_two = two;
        }
    }

    /// Each gram once.
    pub fn into_terms(mut self) -> impl Iterator<Item = String> {
        self.packed.sort_unstable();
        self.packed.dedup();
        self.packed.into_iter().map(|packed| {
            let place = |n: u32| u32::try_from(packed >> (n * CHARACTER_BITS) & ((1 << CHARACTER_BITS) - 1)).unwrap_or_default();
            [2, 1, 0].into_iter().filter_map(|n| char::from_u32(place(n).checked_sub(1)?)).collect()
        })
    }
}

/// Grams a value must hold to hold this piece (which may begin or end with a mark): the longest windows that fit.
pub(super) fn grams_of_piece(piece: &str) -> BTreeSet<String> {
    let chars: Vec<char> = piece.chars().collect();
    let length = chars.len().min(3);
    if length == 0 {
        return BTreeSet::new();
    }
    chars.windows(length).map(|w| w.iter().collect()).collect()
}

/// Beginnings of a word, up to [`LONGEST_EDGE`] characters.
pub(super) fn edges(word: &str) -> impl Iterator<Item = &str> {
    word.char_indices().take(LONGEST_EDGE).filter_map(move |(at, c)| word.get(..at + c.len_utf8()))
}

/// Everything an encoded entry is found by through attribute filters.
#[derive(Default)]
pub(super) struct AttributeTerms {
    pub equal: BTreeSet<String>,
    pub name_grams: Grams,
    pub text_grams: Grams,
}

impl AttributeTerms {
    pub fn of(entry: &[u8]) -> Self {
        let mut terms = Self::default();
        for (name, values) in crate::ldap_entry::values(entry) {
            let Some(attribute) = crate::ldap_entry::attributes::canonical(name.as_bytes()) else {
                continue;
            };
            let rule = Rule::of(attribute.matching);
            if !attribute.operational {
                terms.equal.insert(present(name));
            }
            let coverage = coverage(attribute);
            for prepared in values.filter_map(|v| rule?.prepare(std::str::from_utf8(v).ok()?)) {
                match coverage {
                    Coverage::Grams(true) => terms.name_grams.add(&prepared),
                    Coverage::Grams(false) => terms.text_grams.add(&prepared),
                    Coverage::Equal => {}
                    Coverage::Never | Coverage::Nothing => continue,
                }
                terms.equal.insert(equal(name, &prepared));
            }
        }
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grams_are_cut_by_characters() {
        let mut grams = Grams::default();
        for value in ["né", "né", "\u{10ffff}"] {
            grams.add(value);
        }
        let grams: BTreeSet<String> = grams.into_terms().collect();
        let expected = [
            "\u{2}",
            "\u{3}",
            "n",
            "é",
            "né",
            "\u{2}n",
            "é\u{3}",
            "\u{2}né",
            "né\u{3}",
            "\u{10ffff}",
            "\u{2}\u{10ffff}",
            "\u{10ffff}\u{3}",
            "\u{2}\u{10ffff}\u{3}",
        ];
        assert_eq!(grams, expected.map(str::to_owned).into());
        assert_eq!(grams_of_piece("\u{2}dup").into_iter().collect::<Vec<_>>(), ["\u{2}du", "dup"]);
        assert_eq!(grams_of_piece("é").into_iter().collect::<Vec<_>>(), ["é"]);
        assert!(grams_of_piece("").is_empty());
        assert_eq!(edges("évi").collect::<Vec<_>>(), ["é", "év", "évi"]);
        assert_eq!(edges("kinésithérapeute").last(), Some("kinésith"));
    }

    #[test]
    fn long_values_share_a_term_at_a_character() {
        let long = "é".repeat(300);
        assert_eq!(equal("o", &long), format!("o={}", "é".repeat(128)));
    }
}
