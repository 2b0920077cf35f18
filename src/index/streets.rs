//! Streets in a question: `12 rue victor hugo`, `avenue jaures cabinet`.
//!
//! Half of the names of persons are names of streets somewhere, so words are asked of streets only behind a kind of street. The kind itself,
//! and the number of a house before it, hold where the word behind them does; who has the same number, or a street of the same kind, comes first.

use super::alternative::{Alternative, BEGINNING, How, Test, WHOLE};
use super::facts::Tag;
use super::terms::LONGEST_EDGE;
use crate::text::street::{beside_the_name, house_number, is_kind, is_repetition, kind, street_word};

/// Words of one street at most: what comes behind is of something else.
const MOST_WORDS: usize = 6;

/// What a word of a question asks of a street.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum OfStreet<'a> {
    /// A word of its name.
    Name(&'a str),
    /// The street whose name has this word, and is of this kind or has a house of this number.
    Beside(String, &'a str),
}

/// For each word of a question what it asks of a street.
pub(super) fn asked<'a>(words: &[&'a str]) -> Vec<Option<OfStreet<'a>>> {
    let mut asked = vec![None; words.len()];
    for (at, kind) in words.iter().enumerate().filter(|(_, word)| is_kind(word)) {
        let Some(name) = words.get(at + 1).map(|name| street_word(name)) else { continue };
        let mut put = |at: usize, word: OfStreet<'a>| {
            if let Some(place) = asked.get_mut(at) {
                place.get_or_insert(word);
            }
        };
        let mut before = (0..at).rev().take_while(|before| words.get(*before).is_some_and(|word| is_number(word) || is_repetition(word)));
        let first = before.by_ref().take(2).last();
        let numbered = first.and_then(|first| Some((first, words.get(first).filter(|word| is_number(word))?)));
        if let Some((first, number)) = numbered {
            (first..at).for_each(|at| put(at, OfStreet::Beside(beside_the_name(house_number(number)), name)));
        }
        // A faubourg is a kind, and a word of the street that is named after it.
        let named = asked_before(at, words);
        put(at, if named { OfStreet::Name(street_word(kind)) } else { OfStreet::Beside(beside_the_name(self::kind(kind)), name) });
        for (behind, word) in words.iter().enumerate().skip(at + 1).take(MOST_WORDS).take_while(|(_, word)| !is_kind(word)) {
            put(behind, OfStreet::Name(street_word(word)));
        }
    }
    asked
}

/// Is there another kind of street right before?
fn asked_before(at: usize, words: &[&str]) -> bool {
    at.checked_sub(1).and_then(|before| words.get(before)).is_some_and(|word| is_kind(word))
}

fn is_number(word: &str) -> bool {
    word.len() <= 4 && word.starts_with(|c: char| c.is_ascii_digit())
}

/// Ways to match: of streets of one name the kind and the number come first that were asked for.
pub(super) fn ways(asked: &OfStreet<'_>) -> Vec<Alternative> {
    let (OfStreet::Name(name) | OfStreet::Beside(_, name)) = asked;
    let word = || Test::Word(Tag::Street, (*name).to_owned());
    let begins = Alternative::new(BEGINNING, How::Beginning, Test::Begins(Tag::Street, (*name).to_owned()));
    // Short beginnings are no terms.
    let begins = (name.chars().count() > LONGEST_EDGE).then_some(begins);
    let named = match asked {
        OfStreet::Name(_) => vec![Alternative::new(WHOLE, How::Whole, word())],
        OfStreet::Beside(beside, name) => vec![
            Alternative::new(WHOLE, How::Whole, Test::All(Tag::Street, vec![beside.clone(), (*name).to_owned()])),
            Alternative::new(BEGINNING, How::Whole, word()),
        ],
    };
    named.into_iter().chain(begins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_asked_of_streets_behind_a_kind_only() {
        let (none, name) = (None, |name| Some(OfStreet::Name(name)));
        let beside = |beside: &str, name| Some(OfStreet::Beside(beside.to_owned(), name));
        for (words, expected) in [
            (&["rue", "pasteur", "lille"][..], vec![beside("#rue", "pasteur"), name("pasteur"), name("lille")]),
            (&["12", "rue", "victor", "hugo"], vec![beside("#12", "victor"), beside("#rue", "victor"), name("victor"), name("hugo")]),
            (
                &["12", "bis", "bd", "gal", "leclerc"],
                vec![beside("#12", "general"), beside("#12", "general"), beside("#boulevard", "general"), name("general"), name("leclerc")],
            ),
            (&["dupont", "b", "rue", "pasteur"], vec![none.clone(), none.clone(), beside("#rue", "pasteur"), name("pasteur")]),
            (&["rue", "faubourg", "ormeaux"], vec![beside("#rue", "faubourg"), name("faubourg"), name("ormeaux")]),
            (&["pasteur", "hugo"], vec![none.clone(), none.clone()]),
            (&["dupont", "rue"], vec![none.clone(), none]),
            (&[], vec![]),
        ] {
            assert_eq!(asked(words), expected, "{words:?}");
        }
    }
}
