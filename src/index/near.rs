//! Words one or two errors away from a typed one, read from the term list of a segment.
//!
//! An error is a letter too many, a letter too few, another letter, or two neighbours swapped. The typed word itself is counted among its
//! neighbours. The term list also holds what only deleted documents or other audiences have, so neighbours are no answer: they open posting
//! lists, whose documents are asked one by one whether they live and are shown.

use super::plan::{Place, Plan};
use levenshtein_automata::{DFA, Distance, LevenshteinAutomatonBuilder, SINK_STATE};
use std::cmp::Ordering;
use std::fmt;
use std::sync::{Arc, LazyLock, OnceLock};
use tantivy_fst::Automaton;

/// Longest: the automaton grows with the word, and no name is as long.
const LONGEST: usize = 64;
/// Neighbours followed in one segment, in the order of the alphabet. A word of eight letters has fewer at one error over the Latin alphabet
/// (8 × 25 others, 9 × 26 longer, 8 shorter, 7 swapped), and few of those at two are names, so only a list made to be dense is cut.
pub(super) const MOST_NEIGHBOURS: usize = 1_000;

/// Their tables depend on the number of errors alone, and take longer to make than a search.
static ONE_ERROR: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO_ERRORS: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

/// A tag that must be there as it is, then a word with at most so many errors; of two none is in the first letter.
#[derive(Clone)]
pub(super) struct Near {
    tag: String,
    word: String,
    errors: u8,
    /// Made by the first segment that needs it, for all.
    automaton: Arc<OnceLock<DFA>>,
}

impl Near {
    /// The plan of a word that may hold errors, or of a name of several; nothing for one that may not: with another digit it is another
    /// postcode, number or arrondissement.
    pub fn plan(place: Place, tag: &str, word: &str, errors: u8) -> Option<Plan> {
        let length = word.chars().count();
        let near = || Self { tag: format!("{tag}:"), word: word.to_owned(), errors, automaton: Arc::default() };
        ((1..=LONGEST).contains(&length) && word.chars().all(|c| c.is_alphabetic() || c == ' ')).then(|| Plan::Near(place, near()))
    }

    /// The automaton of the terms that begin with `slot` and the tag.
    pub fn terms(&self, slot: &str) -> Terms<'_> {
        let tables = if self.errors < 2 { &ONE_ERROR } else { &TWO_ERRORS };
        let automaton = self.automaton.get_or_init(|| tables.build_dfa(&self.word));
        let first = self.word.chars().next().filter(|_| self.errors > 1);
        let kept = first.map(String::from).unwrap_or_default();
        Terms { beginning: format!("{slot}{}", self.tag), kept, automaton }
    }

    fn key(&self) -> (&str, &str, u8) {
        (&self.tag, &self.word, self.errors)
    }
}

impl fmt::Debug for Near {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Near({}{}, {})", self.tag, self.word, self.errors)
    }
}

impl PartialEq for Near {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl Eq for Near {}

impl PartialOrd for Near {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Near {
    fn cmp(&self, other: &Self) -> Ordering {
        self.key().cmp(&other.key())
    }
}

/// See [`Near::terms`].
pub(super) struct Terms<'a> {
    beginning: String,
    /// Beginning of the word that must be there as it is, also read by the automaton.
    kept: String,
    automaton: &'a DFA,
}

#[derive(Clone, Copy)]
pub(super) enum State {
    /// So many bytes of the exact beginning are read.
    Beginning(usize),
    /// State of the automaton, and bytes of the word read, as far as they are kept.
    Word(u32, usize),
    Lost,
}

impl Automaton for Terms<'_> {
    type State = State;

    fn start(&self) -> State {
        State::Beginning(0)
    }

    fn is_match(&self, state: &State) -> bool {
        matches!(state, State::Word(at, _) if matches!(self.automaton.distance(*at), Distance::Exact(_)))
    }

    fn can_match(&self, state: &State) -> bool {
        !matches!(state, State::Lost)
    }

    fn accept(&self, state: &State, byte: u8) -> State {
        match *state {
            State::Beginning(read) if self.beginning.as_bytes().get(read) == Some(&byte) => {
                if read + 1 == self.beginning.len() {
                    State::Word(self.automaton.initial_state(), 0)
                } else {
                    State::Beginning(read + 1)
                }
            }
            State::Word(_, read) if self.kept.as_bytes().get(read).is_some_and(|kept| *kept != byte) => State::Lost,
            State::Word(at, read) => match self.automaton.transition(at, byte) {
                SINK_STATE => State::Lost,
                next => State::Word(next, (read + 1).min(self.kept.len())),
            },
            State::Beginning(_) | State::Lost => State::Lost,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn holds(word: &str, term: &str, errors: u8) -> bool {
        let Some(Plan::Near(_, near)) = Near::plan(Place::Codes, "c", word, errors) else {
            return false;
        };
        let terms = near.terms("3/");
        let end = term.bytes().fold(terms.start(), |state, byte| terms.accept(&state, byte));
        terms.is_match(&end)
    }

    #[test]
    fn two_errors_are_forgiven_behind_the_first_letter() {
        for (typed, found) in [("cardiolgeu", "cardiologue"), ("matrniet", "martinet"), ("étangcouer", "étangcoeur"), ("dupont", "dupont")]
        {
            assert!(holds(typed, &format!("3/c:{found}"), 2), "{typed} {found}");
        }
        for (typed, other) in [("acrdiologeu", "cardiologue"), ("dupont", "lupont"), ("dupnt", "durand")] {
            assert!(!holds(typed, &format!("3/c:{other}"), 2), "{typed} {other}");
        }
    }

    #[test]
    fn one_error_is_forgiven_and_no_second() {
        for (typed, found) in [
            ("dupont", "dupont"),
            ("dupnt", "dupont"),
            ("duponnt", "dupont"),
            ("dupond", "dupont"),
            ("dupnot", "dupont"),
            ("udpont", "dupont"),
            ("duopnt", "dupont"),
            ("upont", "dupont"),
            ("dupon", "dupont"),
            ("xdupont", "dupont"),
            ("dupontx", "dupont"),
            ("lyno", "lyon"),
            ("lyonn", "lyon"),
            ("łukasz", "łuksz"),
            ("oux", "roux"),
            ("le gal", "le gall"),
            ("мария", "мария"),
            ("марии", "мария"),
            ("мраия", "мария"),
        ] {
            assert!(holds(typed, &format!("3/c:{found}"), 1), "{typed} {found}");
        }
        for (typed, other) in [
            ("dupont", "durand"),
            ("dupo", "dupont"),
            ("dpuotn", "dupont"),
            ("donput", "dupont"),
            ("dupontxy", "dupont"),
            ("dupo", ""),
            ("75012", "75012"),
            ("ville118", "ville119"),
        ] {
            assert!(!holds(typed, &format!("3/c:{other}"), 1), "{typed} {other}");
        }
        for term in ["2/c:dupont", "3/o:dupont", "c:dupont", "3/cdupont", "3/c:", "3/", ""] {
            assert!(!holds("dupont", term, 1), "the beginning forgives nothing: {term}");
        }
        assert!(!holds(&"a".repeat(LONGEST + 1), &format!("3/c:{}", "a".repeat(LONGEST + 1)), 1));
    }
}
