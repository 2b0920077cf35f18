//! What is remembered of a row: a keyed hash of its line, and what it speaks of.
//!
//! The keys are drawn once for a memory and kept in it: nobody who writes a file knows them, so that no two lines can be made to meet. By
//! chance two of three million lines meet once in tens of thousands of years of daily files.

use crate::error::{Error, Result};
use crate::model::{Structure, StructureKey};
use crate::store::import::Candidate;
use siphasher::sip::SipHasher13;
use std::hash::{BuildHasherDefault, Hasher};

/// Bits of a hash that are kept.
const KEPT: u64 = u64::MAX >> 8;

/// The secret of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Keys(pub [u64; 2]);

impl Keys {
    pub fn draw() -> Result<Self> {
        let mut bytes = [0; 16];
        getrandom::fill(&mut bytes).map_err(|e| Error::internal("no random numbers", std::io::Error::from(e)))?;
        let number = u128::from_le_bytes(bytes);
        Ok(Self([number as u64, (number >> 64) as u64]))
    }

    pub fn hasher(&self) -> SipHasher13 {
        SipHasher13::new_with_keys(self.0[0], self.0[1])
    }

    /// 56 bits.
    pub fn hash(&self, bytes: &[u8]) -> u64 {
        self.hasher().hash(bytes) & KEPT
    }
}

/// What a row speaks of. Names are of one kind each, which their first letter tells: `P` a person, `M` a mailbox, `S` a structure, `K` a
/// key that the mailbox file names a structure by. Empty where there is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Marks {
    /// The person of file 1 or 2, the mailbox of file 5.
    pub subject: String,
    /// The structure of file 1, the key of file 5.
    pub place: String,
    /// Hash of all that the row says of that place: many rows say the same.
    pub words: u64,
    /// The holder that file 5 names.
    pub holder: String,
}

/// Makes the marks of a row out of its statements.
#[derive(Debug)]
pub(super) struct Marker {
    keys: Keys,
    marks: Marks,
    words: SipHasher13,
}

impl Marker {
    pub fn new(keys: Keys) -> Self {
        Self { keys, marks: Marks::default(), words: keys.hasher() }
    }

    pub fn see(&mut self, candidate: &Candidate<'_>) {
        match *candidate {
            Candidate::Person(person) => {
                let to = if self.marks.subject.is_empty() { &mut self.marks.subject } else { &mut self.marks.holder };
                name(to, 'P', &person.id);
            }
            Candidate::Mailbox { address, .. } => name(&mut self.marks.subject, 'M', address.as_str()),
            Candidate::Structure { structure, key } => {
                match key {
                    Some(key) => name(&mut self.marks.place, 'K', &key_name(key)),
                    None => name(&mut self.marks.place, 'S', &structure.id),
                }
                self.structure(structure);
            }
            Candidate::StructureKey { key, .. } => {
                self.words.write(key.kind.code().as_bytes());
                self.words.write(key.value.as_bytes());
                self.words.write_u8(0);
            }
            _ => {}
        }
    }

    fn structure(&mut self, structure: &Structure) {
        self.words.write(self.marks.place.as_bytes());
        for field in crate::store::import::structure_fields(structure) {
            self.words.write(field.as_bytes());
            self.words.write_u8(0);
        }
    }

    /// Ends a row; begins the next.
    pub fn finish(&mut self) -> Marks {
        let words = std::mem::replace(&mut self.words, self.keys.hasher());
        if !self.marks.place.is_empty() {
            self.marks.words = words.finish() & KEPT;
        }
        std::mem::take(&mut self.marks)
    }
}

fn name(to: &mut String, kind: char, value: &str) {
    to.clear();
    to.push(kind);
    to.push_str(value);
}

/// A key as one text.
pub(super) fn key_name(key: &StructureKey) -> String {
    join(key.kind.code(), &key.value)
}

pub(super) fn join(kind: &str, value: &str) -> String {
    format!("{kind}\0{value}")
}

/// For numbers that are hashes already.
pub(super) type BuildUniform = BuildHasherDefault<Uniform>;

#[derive(Debug, Default)]
pub(super) struct Uniform(u64);

impl Hasher for Uniform {
    fn finish(&self) -> u64 {
        // A table looks at the first bits, too, which a kept hash has not.
        self.0 << 8 | self.0 >> 48
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().take(8).fold(0, |sum, byte| sum << 8 | u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }
}
