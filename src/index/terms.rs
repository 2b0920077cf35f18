//! Terms: what is cut from an entry for the index, and from a question for its plan, by the same functions.
//!
//! Grams are single characters, and windows of three of a prepared value behind a start mark and before two end marks, so that beginnings
//! and ends are grams too; two characters are looked up as the beginning of a window. Prepared means by the matching rule of the attribute
//! ([`Rule::prepare`]): what is compared is what was cut. Attributes with few distinct values have no grams: their values are listed. What
//! most values hold is no gram: its list would be as long as the country, and tell little.

use super::pairs::{Pairs, is_paired};
use super::plan::Place;
use super::ready::{Terms, put};
use crate::ldap_entry::attributes::{Attribute, InOrder, MatchingKind};
use crate::ldap_entry::matching::Rule;
use std::sync::LazyLock;

pub(super) const START: char = '\u{2}';
pub(super) const END: char = '\u{3}';

/// Longest value an equality term repeats, in bytes; longer ones share the term of their beginning (the re-test tells them apart). Addresses
/// are never cut.
pub(super) const LONGEST_EQUAL: usize = 256;
/// The same for entryUUID, whose first characters are as good as random: two entries of a country or three share them.
const LONGEST_UUID: usize = 5;

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
    /// By grams of these texts, and by equality terms where values are asked for whole.
    Grams { of: Texts, equal: bool },
    /// By no term: every entry is a candidate.
    Nothing,
}

/// Texts whose grams are kept apart, so that what one says does not drown another: half of all people work in a street that is called by
/// somebody's name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Texts {
    /// Of people.
    Names,
    /// Names, each with a remark behind it perhaps: profession and commune in a `cn`, the domain of an address.
    Remarked,
    /// Of organizations and services.
    Labels,
    /// Places and numbers.
    Others,
}

/// What a remark begins with.
const BEHIND: [char; 2] = ['(', '@'];
/// What a part of a remark ends with. Of remarks there are as many as entries, of their parts as many as there are professions, communes and
/// domains: they are terms as they stand (see [`super::remarks`]), with the mark they begin with and one behind the last.
const BETWEEN: &str = ", ";
/// Longest part of a remark that is a term, in bytes.
const LONGEST_REMARK: usize = 512;
/// The term of longer ones.
pub(super) const LONG_REMARK: &str = "\u{2}";

/// A naming value, or a piece of one, as its name (with what its remark begins with) and its remark.
pub(super) fn name_and_remark(text: &str) -> (&str, &str) {
    let Some((at, mark)) = text.char_indices().find(|(_, c)| BEHIND.contains(c)) else { return (text, "") };
    (text.get(..at + mark.len_utf8()).unwrap_or_default(), text.get(at..).unwrap_or_default())
}

/// Parts of a remark, or of a piece of one.
pub(super) fn parts_of_remark(remark: &str) -> impl Iterator<Item = &str> {
    remark.split_inclusive(BETWEEN)
}

/// Grams of a field that more than half of the entries hold, as counted in the invented country.
fn in_most(place: Place) -> &'static [&'static str] {
    match place {
        Place::NameGrams => &[" ", "(", "e", "a", "i", "r", "n", "l", "o", "c", "t", "u", "@", "m", "."],
        Place::LabelGrams => &[" ", "e", "a", "i", "r", "c", "t", "n", "s", "d", "l", "o", "u", "b", "m"],
        Place::OtherGrams => {
            &["1", "9", "0", "8", " ", "e", "3", "5", "2", "4", "6", "a", "r", "7", "d", "s", "i", "l", "n", "u", "o", "t", "m"]
        }
        _ => &[],
    }
}

pub(super) fn coverage(attribute: &Attribute) -> Coverage {
    match (attribute.name, attribute.matching) {
        ("name" | "dc", _) => Coverage::Never,
        ("entryUUID" | "structuralObjectClass", _) => Coverage::Equal,
        ("cn" | "displayName", _) => Coverage::Grams { of: Texts::Remarked, equal: false },
        ("mail", _) => Coverage::Grams { of: Texts::Remarked, equal: true },
        ("sn" | "givenName", _) => Coverage::Grams { of: Texts::Names, equal: true },
        ("o" | "ou" | "serviceRattachement" | "description", _) => Coverage::Grams { of: Texts::Labels, equal: false },
        ("street", _) => Coverage::Grams { of: Texts::Others, equal: false },
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
        (_, MatchingKind::CaseIgnore | MatchingKind::Ia5 | MatchingKind::Telephone) => Coverage::Grams { of: Texts::Others, equal: true },
        (_, MatchingKind::ObjectIdentifier) => Coverage::Equal,
        _ => Coverage::Nothing,
    }
}

/// Does every published entry carry it? Its presence has no term then.
pub(super) fn is_always_there(attribute: &Attribute) -> bool {
    attribute.operational || matches!(attribute.name, "objectClass" | "cn" | "displayName")
}

/// Stands for the attribute in terms of people's numbers. Nearly each is a value of two attributes; an entry has one or two, and few entries have
/// the same, so that what is asked for by one attribute is tested again.
const NUMBER: &str = "#";

pub(super) fn is_number(attribute: &str) -> bool {
    matches!(attribute, "IdentifiantPP" | "rpps")
}

/// Where the values of an attribute are terms, and what these begin with. The addresses of an entry are terms as they are.
pub(super) fn place_of(attribute: &str) -> (Place, String) {
    match attribute {
        "mail" => (Place::Address, String::new()),
        number if is_number(number) => (Place::Equal, format!("{NUMBER}=")),
        other => (Place::Equal, format!("{other}=")),
    }
}

/// Term of an attribute holding a prepared value.
pub(super) fn equal(attribute: &str, prepared: &str) -> (Place, String) {
    let (place, mut term) = place_of(attribute);
    term.push_str(if place == Place::Address { prepared } else { value_of_term(attribute, prepared) });
    (place, term)
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
const TWO: u64 = (1 << (2 * CHARACTER_BITS)) - 1;

/// A gram before it is packed: its characters.
fn packed(gram: impl IntoIterator<Item = char>) -> u64 {
    gram.into_iter().fold(0, |packed, c| packed << CHARACTER_BITS | (u64::from(u32::from(c)) + 1))
}

impl Grams {
    /// All grams of a value.
    pub fn add(&mut self, prepared: &str) {
        let last_two = self.add_beginning(prepared);
        let window = last_two << CHARACTER_BITS | packed([END]);
        self.packed.extend([window, (window & TWO) << CHARACTER_BITS | packed([END])]);
    }

    /// The same of a value that goes on; gives the last two characters back.
    fn add_beginning(&mut self, prepared: &str) -> u64 {
        let mut last_two = packed([START]);
        for (number, c) in (0..).zip(prepared.chars()) {
            let (one, window) = (packed([c]), last_two << CHARACTER_BITS | packed([c]));
            self.packed.push(one);
            if number > 0 {
                self.packed.push(window);
            }
            last_two = window & TWO;
        }
        last_two
    }

    /// Each gram once, as the value of a field, but for those that most hold.
    pub fn into_value(mut self, place: Place) -> String {
        static IN_MOST: LazyLock<Vec<(Place, Vec<u64>)>> = LazyLock::new(|| {
            let sorted = |place| {
                let mut grams: Vec<u64> = in_most(place).iter().map(|gram| packed(gram.chars())).collect();
                grams.sort_unstable();
                (place, grams)
            };
            Place::OF_GRAMS.map(sorted).into()
        });
        let in_most = IN_MOST.iter().find(|(of, _)| *of == place).map(|(_, grams)| grams.as_slice()).unwrap_or_default();
        self.packed.sort_unstable();
        self.packed.dedup();
        let mut value = String::with_capacity(self.packed.len() * 4);
        for packed in self.packed.into_iter().filter(|gram| in_most.binary_search(gram).is_err()) {
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

/// Grams in a field that a value must hold to hold this piece, which may begin or end with a mark. None of a piece that says nothing: every
/// value may hold it. `goes_on`: what the piece ends with is where the grams of the value end.
pub(super) fn grams_of_piece(place: Place, piece: &str, goes_on: bool) -> Vec<Gram> {
    let mut chars: Vec<char> = piece.chars().collect();
    if chars.iter().all(|c| matches!(*c, START | END)) {
        return Vec::new();
    }
    if chars.len() == 2 && chars.last() == Some(&END) {
        chars.push(END);
    }
    let mut grams: Vec<Gram> = match chars.len() {
        1 => vec![Gram::Whole(piece.to_owned())],
        2 if goes_on => Vec::new(),
        2 => vec![Gram::Beginning(piece.to_owned())],
        _ => chars.windows(3).map(|window| Gram::Whole(window.iter().collect())).collect(),
    };
    grams.retain(|gram| !matches!(gram, Gram::Whole(gram) if in_most(place).contains(&gram.as_str())));
    grams
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
    pub remarks: Terms,
    pub label_grams: Grams,
    pub other_grams: Grams,
}

impl AttributeTerms {
    fn add_remarked(&mut self, prepared: &str) {
        let (name, remark) = name_and_remark(prepared);
        if remark.is_empty() {
            return self.name_grams.add(name);
        }
        self.name_grams.add_beginning(name);
        let marked = format!("{remark}{END}");
        for part in parts_of_remark(&marked) {
            self.remarks.add(&[if part.len() <= LONGEST_REMARK { part } else { LONG_REMARK }]);
        }
    }

    pub fn of(entry: &[u8]) -> Self {
        let mut terms = Self::default();
        let mut known = InOrder::default();
        let mut prepared = String::new();
        let mut pairs = Pairs::default();
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
                    Coverage::Grams { of, equal } => {
                        match of {
                            Texts::Names => terms.name_grams.add(&prepared),
                            Texts::Remarked => terms.add_remarked(&prepared),
                            Texts::Labels => terms.label_grams.add(&prepared),
                            Texts::Others => terms.other_grams.add(&prepared),
                        }
                        equal
                    }
                    Coverage::Equal | Coverage::Listed => true,
                    Coverage::Never | Coverage::Nothing => false,
                };
                if equal && attribute.name != "mail" {
                    let of = if is_number(attribute.name) { NUMBER } else { name };
                    terms.equal.add(&[of, "=", value_of_term(name, &prepared)]);
                }
                if is_paired(attribute.name) {
                    pairs.add(attribute.name, &prepared);
                }
            }
        }
        pairs.add_to(&mut terms.equal);
        terms
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    fn grams(value: String) -> BTreeSet<String> {
        value.split('\u{1}').map(str::to_owned).collect()
    }

    #[test]
    fn grams_are_cut_by_characters() {
        let mut cut = Grams::default();
        for value in ["ké", "ké", "\u{10ffff}"] {
            cut.add(value);
        }
        let expected = ["k", "é", "\u{2}ké", "ké\u{3}", "é\u{3}\u{3}", "\u{10ffff}", "\u{2}\u{10ffff}\u{3}", "\u{10ffff}\u{3}\u{3}"];
        assert_eq!(grams(cut.into_value(Place::LabelGrams)), expected.map(str::to_owned).into());
        assert_eq!(edges("évi").collect::<Vec<_>>(), ["é", "év", "évi"]);
        assert_eq!(edges("kinésithérapeute").last(), Some("kin"));
    }

    #[test]
    fn remarks_are_apart() {
        let remarked = |values: &[&str]| {
            let mut terms = AttributeTerms::default();
            values.iter().for_each(|value| terms.add_remarked(value));
            (grams(terms.name_grams.into_value(Place::NameGrams)), grams(terms.remarks.into_value()))
        };
        let (name, remarks) = remarked(&["zy (k, lyon)", "z@k.fr"]);
        assert_eq!(name, ["z", "y", "\u{2}zy", "zy ", "y (", "\u{2}z@"].map(str::to_owned).into());
        assert_eq!(remarks, ["(k, ", "lyon)\u{3}", "@k.fr\u{3}"].map(str::to_owned).into());
        assert_eq!(remarked(&[&format!("z ({})", "k".repeat(LONGEST_REMARK))]).1, [LONG_REMARK.to_owned()].into());
    }

    #[test]
    fn every_piece_is_found_among_the_grams_of_a_value_that_holds_it() {
        for value in ["a", "né", "jean dupont", "a b", "essai", "martin ("] {
            let mut cut = Grams::default();
            cut.add(value);
            let grams = grams(cut.into_value(Place::LabelGrams));
            let marked: Vec<char> = format!("{START}{value}{END}").chars().collect();
            for (from, to) in (0..marked.len()).flat_map(|from| (from + 1..=marked.len()).map(move |to| (from, to))) {
                let piece: String = marked[from..to].iter().collect();
                for gram in grams_of_piece(Place::LabelGrams, &piece, false) {
                    let held = match &gram {
                        Gram::Whole(gram) => grams.contains(gram.as_str()),
                        Gram::Beginning(two) => grams.iter().any(|g| g.starts_with(two.as_str())),
                    };
                    assert!(held, "{piece:?} of {value:?}: {gram:?}");
                }
            }
        }
        assert!(["", "\u{2}", "\u{3}", "e"].iter().all(|nothing| grams_of_piece(Place::NameGrams, nothing, false).is_empty()));
    }

    #[test]
    fn long_values_share_a_term_at_a_character() {
        let long = "é".repeat(300);
        assert_eq!(equal("o", &long), (Place::Equal, format!("o={}", "é".repeat(128))));
        // An address is a term as it is, and never cut.
        assert_eq!(equal("mail", &long), (Place::Address, long.clone()));
        assert!(!is_whole(value_of_term("o", &long)) && is_whole("médecin"));
    }
}
