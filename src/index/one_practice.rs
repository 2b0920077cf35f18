//! Words that must hold of one same practice: a cardiologist in Lyon is not one of Paris who also works in Lyon as something else.
//!
//! A match is looked at again, slot by slot, when two words or more hold of a practice only; other matches cost nothing. Beginnings are many
//! lists: they are looked at only where the words do not hold together whole.

use super::candidates::Candidates;
use super::patience::Patience;
use tantivy::{DocId, TERMINATED};

/// Words of one same practice.
#[derive(Clone, Default)]
pub(super) struct Practices {
    words: Vec<Word>,
}

/// The documents that hold a word as a whole, those that hold it in each slot, and those that hold what it begins there.
#[derive(Clone)]
struct Word {
    entry: Candidates,
    slots: Vec<Candidates>,
    begun: Vec<Candidates>,
}

impl Practices {
    /// A word: the documents that hold it as a whole, those that hold it in each slot, and those in each slot that hold what it begins.
    pub fn add(&mut self, entry: Candidates, slots: Vec<Candidates>, begun: Vec<Candidates>) {
        self.words.push(Word { entry, slots, begun });
    }

    /// The first match at or behind `target` whose words can hold together.
    pub fn next(&mut self, matches: &mut Candidates, target: DocId, patience: &Patience<'_>) -> DocId {
        let mut doc = matches.seek(target, patience);
        while doc != TERMINATED && !self.hold(doc, patience) {
            doc = matches.advance(patience);
        }
        doc
    }

    /// Words that the entry holds otherwise are asked of no practice.
    fn hold(&mut self, doc: DocId, patience: &Patience<'_>) -> bool {
        let mut asked: Vec<_> = Vec::new();
        for word in &mut self.words {
            if word.entry.reach(doc, patience) != doc {
                asked.push(word);
            }
        }
        let slots = asked.iter().map(|word| word.slots.len()).min().unwrap_or_default();
        let holds = |sets: &mut Vec<Candidates>, slot: usize| sets.get_mut(slot).is_some_and(|set| set.reach(doc, patience) == doc);
        asked.len() < 2
            || (0..slots).any(|slot| asked.iter_mut().all(|word| holds(&mut word.slots, slot)))
            || (0..slots).any(|slot| asked.iter_mut().all(|word| holds(&mut word.slots, slot) || holds(&mut word.begun, slot)))
    }
}
