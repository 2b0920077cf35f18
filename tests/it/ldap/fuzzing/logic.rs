//! Filters of every shape through the decoder and on real entries: read back as written, the laws of three-valued logic, and what the
//! matching rules promise about other spellings.

use super::filters::{ENTRIES, KNOWN, any_assertion, any_filter, any_text, piece};
use super::laws::{hold, truth};
use super::{ber, for_a_while};
use annuaire::directory::AttributeFilter as F;
use annuaire::ldap::examine;
use annuaire::ldap_entry::attributes::{ATTRIBUTES, MatchingKind, attribute};
use annuaire::ldap_entry::matching::Rule;
use annuaire::ldap_entry::values;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::time::Duration;
use unicode_normalization::UnicodeNormalization;

fn some_entry() -> impl Strategy<Value = &'static [u8]> {
    any::<Index>().prop_map(|at| ENTRIES[at.index(ENTRIES.len())].as_slice())
}

#[test]
fn filters_are_read_as_they_were_written() {
    for_a_while(Duration::from_secs(5), 256, &any_filter(), |filter| {
        let bytes = ber::filter(&filter);
        let read = examine::filter(&bytes);
        // Past the bound of assertion bytes it may be refused, and is never read as another.
        if bytes.len() <= examine::MAX_VALUE_BYTES || read.is_ok() {
            prop_assert_eq!(read, Ok(filter));
        }
        Ok(())
    });
}

#[test]
fn the_laws_of_three_valued_logic_hold() {
    let cases = (any_filter(), any_filter(), any_assertion(), some_entry());
    for_a_while(Duration::from_secs(8), 256, &cases, |(f, g, h, entry)| {
        hold(&f, &g, &h, entry);
        Ok(())
    });
}

fn substring(attribute: &str, initial: Option<&str>, any: &[&str], last: Option<&str>) -> F {
    let bytes = |text: &str| text.as_bytes().to_vec();
    F::Substring {
        attribute: attribute.to_owned(),
        initial: initial.map(bytes),
        any: any.iter().map(|piece| bytes(piece)).collect(),
        last: last.map(bytes),
    }
}

/// An entry that holds a value: Equal, Present, and Substring by any of its pieces are TRUE of it, under every name of the attribute.
#[test]
fn a_value_is_found_by_itself_and_by_its_pieces() {
    let cases = (some_entry(), any::<Index>(), any::<Index>(), any::<[Index; 4]>());
    for_a_while(Duration::from_secs(6), 256, &cases, |(entry, which, name, at)| {
        let held: Vec<_> = values(entry).flat_map(|(name, values)| values.map(move |value| (name, value))).collect();
        let (canonical, value) = held[which.index(held.len())];
        let value = std::str::from_utf8(value).unwrap();
        let kind = attribute(canonical).unwrap();
        let wider: Vec<_> = ATTRIBUTES.iter().filter(|other| kind.is_a(other)).collect();
        let names: Vec<&str> = wider.iter().flat_map(|a| a.aliases.iter().copied().chain([a.name, a.oid])).collect();
        let name = names[name.index(names.len())].to_uppercase();
        prop_assert_eq!(truth(&F::Present(name.clone()), entry), Some(true));
        let Some(rule) = Rule::of(kind.matching) else { return Ok(()) };
        prop_assert_eq!(truth(&F::Equal(name.clone(), value.as_bytes().to_vec()), entry), Some(true), "{} {}", name, value);
        if rule.has_order() {
            let both = F::And(vec![F::AtLeast(name.clone(), value.into()), F::AtMost(name.clone(), value.into())]);
            prop_assert_eq!(truth(&both, entry), Some(true), "{} {}", name, value);
        }
        if !rule.has_substrings() {
            return Ok(());
        }
        let [a, b, c, d] = at;
        let alone = piece(value, a, b);
        let chars: Vec<char> = value.chars().collect();
        let mut cuts = [c.index(chars.len() + 1), d.index(chars.len() + 1)];
        cuts.sort_unstable();
        let text = |range: std::ops::Range<usize>| chars[range].iter().collect::<String>();
        let (head, middle, tail) = (text(0..cuts[0]), text(cuts[0]..cuts[1]), text(cuts[1]..chars.len()));
        for filter in [
            substring(&name, None, &[&alone], None),
            substring(&name, Some(&head), &[&middle], Some(&tail)),
            substring(&name, None, &[&head, &middle, &tail], None),
            substring(&name, Some(&head), &[], None),
            substring(&name, None, &[], Some(&tail)),
        ] {
            // Undefined when nothing is left of all pieces once prepared: blanks, marks, a digit-less part of a number.
            prop_assert_ne!(truth(&filter, entry), Some(false), "{:?} of {}", filter, value);
        }
        Ok(())
    });
}

/// Another spelling of the same words.
#[derive(Clone, Copy, Debug)]
enum Spelling {
    Upper,
    Lower,
    Decomposed,
    Composed,
    Bare,
    Soft,
    Joined,
    Apostrophe,
    Ligature,
    Wide,
}

fn respelled(text: &str, spelling: Spelling) -> String {
    let bare = |c: &char| !unicode_normalization::char::is_combining_mark(*c);
    match spelling {
        Spelling::Upper => text.to_uppercase(),
        Spelling::Lower => text.to_lowercase(),
        Spelling::Decomposed => text.nfd().collect(),
        Spelling::Composed => text.nfc().collect(),
        Spelling::Bare => text.nfd().filter(bare).collect(),
        Spelling::Soft => text.chars().flat_map(|c| [c, '\u{ad}']).collect(),
        Spelling::Joined => text.chars().flat_map(|c| [c, '\u{200d}']).collect(),
        Spelling::Apostrophe => text.replace('\'', "’").replace('-', "\u{2011}"),
        Spelling::Ligature => text.replace("oe", "œ").replace("OE", "Œ").replace("fi", "ﬁ"),
        Spelling::Wide => text.replace(' ', " \u{a0} "),
    }
}

const SPELLINGS: [Spelling; 10] = [
    Spelling::Upper,
    Spelling::Lower,
    Spelling::Decomposed,
    Spelling::Composed,
    Spelling::Bare,
    Spelling::Soft,
    Spelling::Joined,
    Spelling::Apostrophe,
    Spelling::Ligature,
    Spelling::Wide,
];

/// French words, known values and their pieces: no letter whose capital is another letter's.
fn french() -> impl Strategy<Value = String> {
    let known = any::<Index>().prop_map(|at| KNOWN[at.index(KNOWN.len())].1.clone());
    let letters = "aàâbcçdeéèêëfghiîïjklmnñoôpqrstuùûüvwxyÿzæœABCÉÈÇÀŒÆ '-.()0123456789".chars().collect::<Vec<_>>();
    let words = vec(select(letters), 1..10).prop_map(|chars| chars.into_iter().collect());
    let part = (known.clone(), any::<Index>(), any::<Index>()).prop_map(|(text, from, length)| piece(&text, from, length));
    prop_oneof![known, words, part].prop_filter("a text", |text: &String| !text.is_empty())
}

/// Case, accents, composition and typography of an assertion change no answer on folded attributes, nor one to its pieces.
#[test]
fn spelling_changes_no_answer() {
    let folded = |name: &str| attribute(name).is_some_and(|a| a.matching == MatchingKind::CaseIgnore);
    let asked = (any::<Index>(), option::of(french()), option::of(any::<[Index; 2]>()));
    let cases = (some_entry(), asked, vec(select(&SPELLINGS[..]), 1..4));
    for_a_while(Duration::from_secs(8), 256, &cases, |(entry, (which, stranger, part), spellings)| {
        let held: Vec<_> = values(entry).filter(|(name, _)| folded(name)).flat_map(|(name, v)| v.map(move |value| (name, value))).collect();
        let (name, value) = held[which.index(held.len())];
        let own = std::str::from_utf8(value).unwrap();
        let own = part.map(|[from, length]| piece(own, from, length)).filter(|part| !part.is_empty()).unwrap_or(own.to_owned());
        let text = stranger.unwrap_or(own);
        let other = spellings.iter().fold(text.clone(), |text, spelling| respelled(&text, *spelling));
        for asked in [
            |name: &str, text: &str| F::Equal(name.to_owned(), text.into()),
            |name: &str, text: &str| F::Approx(name.to_owned(), text.into()),
            |name: &str, text: &str| substring(name, None, &[text], None),
            |name: &str, text: &str| substring(name, Some(text), &[], None),
            |name: &str, text: &str| substring(name, None, &[], Some(text)),
        ] {
            let (one, another) = (asked(name, &text), asked(name, &other));
            prop_assert_eq!(truth(&one, entry), truth(&another, entry), "{:?} and {:?}", one, another);
        }
        Ok(())
    });
}

/// What is prepared stays as it is when it is prepared again: the index cuts its terms from prepared values.
#[test]
fn preparing_twice_changes_nothing() {
    for_a_while(Duration::from_secs(2), 512, &prop_oneof![any_text(), french(), any::<String>()], |text| {
        for rule in [Rule::CaseIgnore, Rule::CaseExact, Rule::Ia5CaseIgnore, Rule::Ia5CaseExact] {
            let once = rule.prepare(&text);
            prop_assert_eq!(once.as_deref().and_then(|text| rule.prepare(text)), once.clone(), "{:?} {:?}", rule, text);
        }
        Ok(())
    });
}
