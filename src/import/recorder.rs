//! What an import remembers while it reads everything: see `memory`. It also tells which rows stand in a file twice.

use super::fingerprint::{BuildUniform, Keys, Marker, Marks};
use super::memory::{Ends, LabelSaid};
use super::memory_file::{Said, Words, Writer};
use crate::error::Result;
use crate::store::DataDir;
use crate::store::import::{Candidate, SourceFile};
use std::collections::{HashMap, HashSet};
use std::hash::Hasher as _;

/// Labels that differ, at most: files that hold more are compared whole.
const MOST_LABELS: usize = 50_000;

/// Remembers; without a writer it only knows rows again.
pub(super) struct Recorder {
    keys: Keys,
    marker: Marker,
    /// `None` when nothing is to be kept, or cannot be.
    writer: Option<Writer>,
    names: HashMap<u64, u32, BuildUniform>,
    words: HashMap<u64, u32, BuildUniform>,
    /// Rows of the file being read.
    seen: HashSet<u64, BuildUniform>,
    labels: HashMap<u64, LabelSaid, BuildUniform>,
    protected: Vec<(SourceFile, String)>,
}

impl Recorder {
    /// `data` is where the memory will be kept.
    pub fn new(data: Option<&DataDir>) -> Result<Self> {
        let keys = Keys::draw()?;
        Ok(Self {
            keys,
            marker: Marker::new(keys),
            writer: data.map(|data| Writer::create(data, keys)).transpose()?,
            names: HashMap::default(),
            words: HashMap::default(),
            seen: HashSet::default(),
            labels: HashMap::default(),
            protected: Vec::new(),
        })
    }

    pub fn begin_file(&mut self, file: SourceFile, header: &[u8]) -> Result<()> {
        self.seen = HashSet::default();
        let header = self.keys.hash(header);
        self.writer.as_mut().map_or(Ok(()), |writer| writer.begin_file(file, header))
    }

    /// The hash of a row; `None` when the file had it before, byte for byte.
    pub fn first(&mut self, row: &[u8]) -> Option<u64> {
        let hash = self.keys.hash(row);
        self.seen.insert(hash).then_some(hash)
    }

    /// Told each statement of a row.
    pub fn see(&mut self, candidate: &Candidate<'_>) {
        if self.writer.is_some() {
            self.marker.see(candidate);
        }
    }

    /// A label that was not said lately.
    pub fn label(&mut self, file: SourceFile, candidate: &Candidate<'_>, witness: u64) {
        let Candidate::Label { nomenclature, code, label } = *candidate else { return };
        if self.writer.is_none() {
            return;
        }
        let said = label_said(file, (nomenclature, code, label), witness);
        self.labels.entry(said.hash(self.keys)).or_insert(said);
        if self.labels.len() > MOST_LABELS {
            self.writer = None;
        }
    }

    /// The end of a row.
    pub fn row(&mut self, hash: u64, remarked: bool) -> Result<()> {
        let Some(writer) = &mut self.writer else { return Ok(()) };
        let Marks { subject, place, words, holder } = self.marker.finish();
        let hashes = [&subject, &place, &holder].map(|name| self.keys.hash(name.as_bytes()));
        let subject_said = said(&self.names, &subject, hashes[0]);
        // A holder is another name than the subject and the place of its row: the first letters differ.
        let holder_said = said(&self.names, &holder, hashes[2]);
        let words_said = match self.words.get(&words) {
            _ if place.is_empty() => Words::Nothing,
            Some(known) => Words::Known(*known),
            None => Words::New(words, said(&self.names, &place, hashes[1])),
        };
        let given = writer.line(hash, remarked, subject_said, words_said, holder_said)?;
        for (said, hash, number) in [(subject_said, hashes[0], given[0]), (holder_said, hashes[2], given[3])] {
            if matches!(said, Said::New(_)) {
                self.names.insert(hash, number);
            }
        }
        if let Words::New(words, place) = words_said {
            self.words.insert(words, given[1]);
            if matches!(place, Said::New(_)) {
                self.names.insert(hashes[1], given[2]);
            }
        }
        Ok(())
    }

    /// A rejected row whose key can be read.
    pub fn protect(&mut self, file: SourceFile, key: &str) {
        self.protected.push((file, key.to_owned()));
    }

    /// The end of all files.
    pub fn finish(self) -> Option<Recorded> {
        let ends = Ends { protected: self.protected, labels: self.labels.into_values().collect(), ..Ends::default() };
        self.writer.map(|writer| Recorded { writer, ends })
    }
}

fn said<'a>(names: &HashMap<u64, u32, BuildUniform>, name: &'a str, hash: u64) -> Said<'a> {
    match names.get(&hash) {
        _ if name.is_empty() => Said::Nothing,
        Some(number) => Said::Known(*number),
        None => Said::New(name.as_bytes()),
    }
}

pub(super) fn label_said(file: SourceFile, (nomenclature, code, label): (&str, &str, &str), witness: u64) -> LabelSaid {
    let [nomenclature, code, label] = [nomenclature, code, label].map(str::to_owned);
    LabelSaid { file, nomenclature, code, label, witness }
}

impl LabelSaid {
    pub(super) fn hash(&self, keys: Keys) -> u64 {
        let mut hasher = keys.hasher();
        hasher.write_u8(self.file.number() as u8);
        for field in [&self.nomenclature, &self.code, &self.label] {
            hasher.write(field.as_bytes());
            hasher.write_u8(0);
        }
        hasher.finish() >> 8
    }
}

/// A memory that waits for the end of its run.
pub(super) struct Recorded {
    pub writer: Writer,
    pub ends: Ends,
}
