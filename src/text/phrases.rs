//! Phrases of several words and what each stands for: looked up by the words that a question goes on with, the longest first.
//!
//! Small words do not count (chirurgien de la main), nor does a final s or x (cardiologues, sages-femmes).

use super::{edits, phonetic, small_words, words};
use std::collections::HashMap;

/// Most words of a phrase that is looked up.
const LONGEST: usize = 6;

/// Phrases with the place of what they stand for in a table.
#[derive(Default)]
pub struct Phrases {
    known: HashMap<String, usize>,
    by_sound: HashMap<String, usize>,
    /// Single words, for errors.
    single: Vec<(String, usize)>,
}

impl Phrases {
    /// The first that is added under a phrase stands.
    pub fn add(&mut self, phrase: &str, place: usize) {
        let mut all = words(phrase);
        if all.iter().any(|word| !small_words::is_particle(word)) {
            all.retain(|word| !small_words::is_particle(word));
        }
        let key = self::key(&all);
        self.known.entry(key.clone()).or_insert(place);
        if let [word] = all.as_slice() {
            self.single.push((word.clone(), place));
            if let Some(sound) = phonetic::key(word) {
                self.by_sound.entry(sound).or_insert(place);
            }
        } else {
            // Written as one word.
            self.known.entry(key.replace(' ', "")).or_insert(place);
        }
    }

    /// The longest phrase that these words begin with, small words left out: how many they are, and its place.
    pub fn longest<S: AsRef<str>>(&self, words: &[S]) -> Option<(usize, usize)> {
        (1..=words.len().min(LONGEST)).rev().find_map(|count| Some((count, *self.known.get(&key(words.get(..count)?))?)))
    }

    /// Places of the words that sound like this one.
    #[must_use]
    pub fn sounding(&self, word: &str) -> Option<usize> {
        self.by_sound.get(&phonetic::key(word)?).copied()
    }

    /// Places of the words that are so many edits away.
    pub fn near(&self, word: &str, most: usize) -> impl Iterator<Item = usize> {
        let first = word.chars().next();
        // Two errors, and another beginning: that is another word.
        let fits = move |known: &str| most < 2 || known.chars().next() == first;
        self.single
            .iter()
            .filter(move |(known, _)| known.len().abs_diff(word.len()) <= 4 * most && fits(known) && edits::within(word, known, most))
            .map(|(_, place)| *place)
    }
}

fn key<S: AsRef<str>>(words: &[S]) -> String {
    let singular = |word: &S| {
        let word = word.as_ref();
        let bare = word.strip_suffix(['s', 'x']).filter(|bare| bare.len() > 3);
        bare.unwrap_or(word).to_owned()
    };
    words.iter().map(singular).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_phrase_is_found() {
        let mut phrases = Phrases::default();
        for (place, phrase) in ["chirurgien", "chirurgien de la main", "sage-femme", "cardiologue", "main"].iter().enumerate() {
            phrases.add(phrase, place);
        }
        for (asked, expected) in [
            (&["chirurgien", "main", "lyon"][..], Some((2, 1))),
            (&["chirurgiens"], Some((1, 0))),
            (&["sages", "femmes"], Some((2, 2))),
            (&["sagefemme"], Some((1, 2))),
            (&["sage"], None),
            (&["lyon", "main"], None),
        ] {
            assert_eq!(phrases.longest(asked), expected, "{asked:?}");
        }
        assert_eq!(phrases.sounding("kardiologue"), Some(3));
        assert_eq!(phrases.near("cardiolgoue", 1).collect::<Vec<_>>(), [3]);
        assert_eq!(phrases.near("cardiolgeu", 1).count(), 0);
    }
}
