//! What the files of the last import said, line by line, as the next import reads it: `import.memory` in the data folder.
//!
//! Of each accepted row it holds a hash of its line, and what the row speaks of, so that the next edition is compared line by line and
//! only what lines that came or went speak of is compared with the store. It is a help and no truth: it belongs to one run of one store
//! and to one way of reading, and without it, or with another's, an import compares everything. See `memory_file` for its bytes.

use super::fingerprint::Keys;
use crate::store::import::SourceFile;
use std::collections::HashSet;

/// No name, or no words.
pub(super) const NONE: u32 = u32::MAX;
/// Bits of a hash by which a table of lines begins.
const FIRST_BITS: u32 = 16;
/// Bits of a kept hash.
const BITS: u32 = 56;

/// All of it.
#[derive(Debug)]
pub(super) struct Memory {
    pub keys: Keys,
    pub names: Names,
    /// What rows say of places, each once: its hash, and the name of the place.
    pub words: Vec<(u64, u32)>,
    pub files: Vec<Lines>,
    pub ends: Ends,
}

/// What is remembered besides the lines.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Ends {
    /// Keys of rejected rows, by file: nothing of theirs was closed.
    pub protected: Vec<(SourceFile, String)>,
    /// Keys that several structures of file 1 carry: kind, value, structures.
    pub shared: Vec<(String, String, Vec<String>)>,
    /// Keys that name a structure although no row of file 1 says so: kind and value.
    pub former: Vec<(String, String)>,
    pub labels: Vec<LabelSaid>,
    /// The run these files were imported by.
    pub run: i64,
    /// Last change of others that this run had seen.
    pub seen: i64,
    pub store: String,
}

/// A label as a file gives it, and a line that does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct LabelSaid {
    pub file: SourceFile,
    pub nomenclature: String,
    pub code: String,
    pub label: String,
    pub witness: u64,
}

/// Texts by number.
#[derive(Debug, Default)]
pub(super) struct Names {
    bytes: Vec<u8>,
    ends: Vec<u32>,
}

impl Names {
    /// Appends one; `false` when there is no room for more.
    pub fn push(&mut self, name: &[u8]) -> bool {
        self.bytes.extend_from_slice(name);
        let end = u32::try_from(self.bytes.len()).ok();
        self.ends.extend(end);
        end.is_some() && self.ends.len() < NONE as usize
    }

    /// Gives back the room that is not used.
    pub fn shrink(&mut self) {
        self.bytes.shrink_to_fit();
        self.ends.shrink_to_fit();
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    pub fn get(&self, number: u32) -> &[u8] {
        let at = number as usize;
        let start = at.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.ends.get(at).and_then(|end| self.bytes.get(start as usize..*end as usize)).unwrap_or_default()
    }

    pub fn iter(&self) -> impl Iterator<Item = &[u8]> {
        (0..self.ends.len() as u32).map(|number| self.get(number))
    }
}

/// The accepted rows of one file, in its order; a row that stands there twice is one.
#[derive(Debug)]
pub(super) struct Lines {
    pub file: SourceFile,
    /// Hash of the header line.
    pub header: u64,
    pub hashes: Vec<u64>,
    pub marks: Vec<Numbers>,
    /// Lines with remarks: they are read again each time, so that the remarks are counted.
    pub remarked: HashSet<u32>,
    /// Places sorted by hash, and where in them each beginning of a hash begins.
    order: Vec<u32>,
    firsts: Vec<u32>,
}

/// The marks of a line, by number of name and of words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Numbers {
    pub subject: u32,
    pub words: u32,
    pub holder: u32,
}

impl Lines {
    pub fn new(file: SourceFile, header: u64) -> Self {
        Self { file, header, hashes: Vec::new(), marks: Vec::new(), remarked: HashSet::new(), order: Vec::new(), firsts: Vec::new() }
    }

    /// To be called when all lines are there.
    pub fn sort(&mut self) {
        self.hashes.shrink_to_fit();
        self.marks.shrink_to_fit();
        let mut order: Vec<u32> = (0..self.hashes.len() as u32).collect();
        let hash = |at: &u32| self.hashes.get(*at as usize).copied().unwrap_or_default();
        order.sort_unstable_by_key(hash);
        let mut firsts = vec![0_u32; (1 << FIRST_BITS) + 1];
        for at in &order {
            if let Some(count) = firsts.get_mut(first(hash(at)) + 1) {
                *count += 1;
            }
        }
        let mut sum = 0;
        for count in &mut firsts {
            sum += *count;
            *count = sum;
        }
        (self.order, self.firsts) = (order, firsts);
    }

    /// The place of a line.
    pub fn find(&self, hash: u64) -> Option<u32> {
        let (start, end) = (*self.firsts.get(first(hash))?, *self.firsts.get(first(hash) + 1)?);
        let among = self.order.get(start as usize..end as usize)?;
        let at = among.binary_search_by_key(&hash, |at| self.hashes.get(*at as usize).copied().unwrap_or_default()).ok()?;
        among.get(at).copied()
    }

    pub fn marks(&self, place: u32) -> Numbers {
        self.marks.get(place as usize).copied().unwrap_or(Numbers { subject: NONE, words: NONE, holder: NONE })
    }
}

fn first(hash: u64) -> usize {
    (hash >> (BITS - FIRST_BITS)) as usize & ((1 << FIRST_BITS) - 1)
}

/// A set of numbers below a bound.
#[derive(Clone, Debug)]
pub(super) struct Bits(Vec<u64>);

impl Bits {
    pub fn new(bound: usize) -> Self {
        Self(vec![0; bound.div_ceil(64)])
    }

    /// `false` when it was there already.
    pub fn insert(&mut self, number: u32) -> bool {
        let Some(word) = self.0.get_mut(number as usize / 64) else { return false };
        let bit = 1 << (number % 64);
        let new = *word & bit == 0;
        *word |= bit;
        new
    }

    pub fn contains(&self, number: u32) -> bool {
        self.0.get(number as usize / 64).is_some_and(|word| word & 1 << (number % 64) != 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_by_their_hash() {
        let keys = Keys([1, 2]);
        let mut lines = Lines::new(SourceFile::PersonneActivite, 0);
        for n in 0..5_000_u32 {
            lines.hashes.push(keys.hash(&n.to_le_bytes()));
            lines.marks.push(Numbers { subject: n, words: NONE, holder: NONE });
        }
        lines.sort();
        for n in 0..6_000_u32 {
            let found = lines.find(keys.hash(&n.to_le_bytes()));
            assert_eq!(found, (n < 5_000).then_some(n));
        }
        assert_eq!(Lines::new(SourceFile::Mailboxes, 0).find(7), None);
    }

    #[test]
    fn names_and_bits() {
        let mut names = Names::default();
        assert!(names.push(b"Pa") && names.push(b"") && names.push("Mé".as_bytes()));
        assert_eq!((names.get(0), names.get(1), names.get(2), names.get(3)), (&b"Pa"[..], &b""[..], "Mé".as_bytes(), &b""[..]));
        let mut bits = Bits::new(70);
        assert!(bits.insert(69) && !bits.insert(69) && bits.contains(69) && !bits.contains(5) && !bits.insert(1_000));
    }
}
