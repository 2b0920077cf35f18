//! Which labels today's files give to codes, when not every line is read: of each label the last import remembers a line that gives it.
//!
//! As long as that line is there the label is. Of a label whose line went another line is looked for by its text, and where none is
//! found the label is no more.

use super::fingerprint::{BuildUniform, Keys};
use super::memory::{LabelSaid, Memory};
use super::recorder::label_said;
use crate::store::import::{Candidate, SourceFile};
use memchr::memmem::Finder;
use std::collections::{BTreeSet, HashMap};

/// Labels to look for at most; with more of them everything is read.
const MOST_PENDING: usize = 64;

/// Labels of new lines.
pub(super) struct Witnesses {
    keys: Keys,
    /// Those of the last import, and their lines of today where they are known.
    said: Vec<(LabelSaid, Option<u64>)>,
    known: HashMap<u64, usize, BuildUniform>,
    new: HashMap<u64, LabelSaid, BuildUniform>,
}

impl Witnesses {
    pub fn new(memory: &Memory) -> Self {
        let keys = memory.keys;
        let known = memory.ends.labels.iter().enumerate().map(|(place, said)| (said.hash(keys), place)).collect();
        Self { keys, said: memory.ends.labels.iter().map(|said| (said.clone(), None)).collect(), known, new: HashMap::default() }
    }

    /// A statement of a new line.
    pub fn see(&mut self, file: SourceFile, candidate: &Candidate<'_>, witness: u64) {
        let Candidate::Label { nomenclature, code, label } = *candidate else { return };
        let said = label_said(file, (nomenclature, code, label), witness);
        let hash = said.hash(self.keys);
        match self.known.get(&hash).and_then(|place| self.said.get_mut(*place)) {
            Some((_, renewed)) => *renewed = Some(witness),
            None => {
                self.new.entry(hash).or_insert(said);
            }
        }
    }

    /// The end of new lines. `found` tells whether a line of the last import is there. `None` when too many labels lost their line.
    pub fn pending(mut self, found: &dyn Fn(SourceFile, u64) -> bool) -> Option<Pending> {
        let mut pending = Vec::new();
        for (place, (said, witness)) in self.said.iter_mut().enumerate() {
            if witness.is_none() && found(said.file, said.witness) {
                *witness = Some(said.witness);
            }
            if witness.is_none() {
                let text = said.label.clone();
                pending.push(Sought { place, file: said.file, text: Finder::new(&text).into_owned() });
            }
        }
        (pending.len() <= MOST_PENDING).then_some(Pending { all: self, sought: pending })
    }
}

/// Labels whose line went.
pub(super) struct Pending {
    all: Witnesses,
    sought: Vec<Sought>,
}

struct Sought {
    place: usize,
    file: SourceFile,
    text: Finder<'static>,
}

impl Pending {
    /// May this line give a label that is looked for?
    pub fn may_hold(&self, file: SourceFile, line: &[u8]) -> bool {
        self.sought.iter().any(|sought| sought.file == file && sought.text.find(line).is_some())
    }

    /// Takes note of a statement of such a line.
    pub fn see(&mut self, file: SourceFile, candidate: &Candidate<'_>, witness: u64) {
        let Candidate::Label { nomenclature, code, label } = *candidate else { return };
        let said = label_said(file, (nomenclature, code, label), witness);
        let Some(place) = self.all.known.get(&said.hash(self.all.keys)) else { return };
        if let Some(at) = self.sought.iter().position(|sought| sought.place == *place) {
            self.sought.swap_remove(at);
            if let Some((_, known)) = self.all.said.get_mut(*place) {
                *known = Some(witness);
            }
        }
    }

    /// All that is said today of the codes of which more or less is said than before.
    pub fn changed(&self) -> impl Iterator<Item = &LabelSaid> {
        let lost = self.all.said.iter().filter(|(_, witness)| witness.is_none()).map(|(said, _)| said);
        let codes: BTreeSet<_> = self.all.new.values().chain(lost).map(|said| (said.nomenclature.clone(), said.code.clone())).collect();
        self.today().filter(move |said| codes.contains(&(said.nomenclature.clone(), said.code.clone())))
    }

    fn today(&self) -> impl Iterator<Item = &LabelSaid> {
        let known = self.all.said.iter().filter(|(_, witness)| witness.is_some()).map(|(said, _)| said);
        known.chain(self.all.new.values())
    }

    /// All labels of today, each with a line that gives it.
    pub fn into_labels(self) -> Vec<LabelSaid> {
        let known = self.all.said.into_iter().filter_map(|(said, witness)| Some(LabelSaid { witness: witness?, ..said }));
        known.chain(self.all.new.into_values()).collect()
    }
}
