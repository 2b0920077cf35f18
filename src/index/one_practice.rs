//! Words that must hold of one same practice: a cardiologist in Lyon is not one of Paris who also works in Lyon as something else.
//!
//! A match is looked at again, slot by slot, when two words or more hold of a practice only; other matches cost nothing.

use super::candidates::Candidates;
use super::patience::Patience;
use tantivy::{DocId, TERMINATED};

/// Words of one same practice, each with the documents that hold it as a whole and those that hold it in each slot.
#[derive(Default)]
pub(super) struct Practices {
    words: Vec<(Candidates, Vec<Candidates>)>,
}

impl Practices {
    /// A word: the documents that hold it as a whole, and those that hold it in each slot.
    pub fn add(&mut self, entry: Candidates, slots: Vec<Candidates>) {
        self.words.push((entry, slots));
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
        for (entry, slots) in &mut self.words {
            if entry.seek(doc, patience) != doc {
                asked.push(slots);
            }
        }
        let slots = asked.iter().map(|slots| slots.len()).min().unwrap_or_default();
        let together = |slot: usize, asked: &mut [&mut Vec<Candidates>]| {
            asked.iter_mut().all(|slots| slots.get_mut(slot).is_some_and(|set| set.seek(doc, patience) == doc))
        };
        asked.len() < 2 || (0..slots).any(|slot| together(slot, &mut asked))
    }
}
