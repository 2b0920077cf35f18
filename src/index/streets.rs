//! Streets in a question: `12 rue victor hugo`, `avenue jaures cabinet`.
//!
//! Half of the names of persons are names of streets somewhere, so words are asked of streets only behind a kind of street. The kind itself,
//! and the number of a house before it, hold where the word behind them does: neither is kept of an entry.

use super::alternative::{Alternative, BEGINNING, How, Test, WHOLE};
use super::facts::Tag;
use super::terms::LONGEST_EDGE;
use crate::text::street::{is_kind, is_repetition, street_word};

/// Words of one street at most: what comes behind is of something else.
const MOST_WORDS: usize = 6;

/// For each word of a question the word of a street that it asks for.
pub(super) fn asked<'a>(words: &[&'a str]) -> Vec<Option<&'a str>> {
    let mut asked = vec![None; words.len()];
    for (at, kind) in words.iter().enumerate().filter(|(_, word)| is_kind(word)) {
        let Some(name) = words.get(at + 1).map(|name| street_word(name)) else { continue };
        let mut put = |at: usize, word: &'a str| {
            if let Some(place) = asked.get_mut(at) {
                place.get_or_insert(word);
            }
        };
        let mut before = (0..at).rev().take_while(|before| words.get(*before).is_some_and(|word| is_number(word) || is_repetition(word)));
        let first = before.by_ref().take(2).last();
        let numbered = first.filter(|first| words.get(*first).is_some_and(|word| is_number(word)));
        numbered.into_iter().flat_map(|first| first..at).for_each(|number| put(number, name));
        // A faubourg is a kind, and a word of the street that is named after it.
        put(at, if asked_before(at, words) { street_word(kind) } else { name });
        for (behind, word) in words.iter().enumerate().skip(at + 1).take(MOST_WORDS).take_while(|(_, word)| !is_kind(word)) {
            put(behind, street_word(word));
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

/// Ways to match a word of a street.
pub(super) fn ways(word: &str) -> Vec<Alternative> {
    let whole = Alternative::new(WHOLE, How::Whole, Test::Word(Tag::Street, word.to_owned()));
    let begins = || Alternative::new(BEGINNING, How::Beginning, Test::Begins(Tag::Street, word.to_owned()));
    // Short beginnings are no terms.
    let begins = (word.chars().count() > LONGEST_EDGE).then(begins);
    std::iter::once(whole).chain(begins).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_asked_of_streets_behind_a_kind_only() {
        let none: Option<&str> = None;
        for (words, expected) in [
            (&["rue", "pasteur", "lille"][..], vec![Some("pasteur"), Some("pasteur"), Some("lille")]),
            (&["12", "rue", "victor", "hugo"], vec![Some("victor"), Some("victor"), Some("victor"), Some("hugo")]),
            (
                &["12", "bis", "bd", "gal", "leclerc"],
                vec![Some("general"), Some("general"), Some("general"), Some("general"), Some("leclerc")],
            ),
            (&["dupont", "b", "rue", "pasteur"], vec![none, none, Some("pasteur"), Some("pasteur")]),
            (&["rue", "faubourg", "ormeaux"], vec![Some("faubourg"), Some("faubourg"), Some("ormeaux")]),
            (&["pasteur", "hugo"], vec![none, none]),
            (&["dupont", "rue"], vec![none, none]),
            (&[], vec![]),
        ] {
            assert_eq!(asked(words), expected, "{words:?}");
        }
    }
}
