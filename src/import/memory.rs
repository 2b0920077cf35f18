//! What the files of the last import said, line by line, as the next import reads it: `import.memory` in the data folder.
//!
//! Of each accepted row it holds a hash of its line, and what the row speaks of, so that the next edition is compared line by line and
//! only what lines that came or went speak of is compared with the store. It is a help and no truth: it belongs to one run of one store
//! and to one way of reading, and without it, or with another's, an import compares everything. See `memory_file`
//! and `memory_read`, and for its bytes `memory_block`.

use super::fingerprint::Keys;
use crate::store::import::SourceFile;
use std::collections::HashSet;
use std::fs::File;
use std::sync::{Arc, OnceLock};

/// No name, or no words.
pub(super) const NONE: u32 = u32::MAX;
/// The hash of a line that is there no more; no kept hash is so long.
pub(super) const GONE: u64 = u64::MAX;
/// Bits of a kept hash.
const BITS: u32 = 56;

/// All of it. Names, words and marks are not held: they pass as a stream, see `memory_read`.
#[derive(Debug)]
pub(super) struct Memory {
    pub keys: Keys,
    /// How many names and words there are.
    pub names: u32,
    pub words: u32,
    pub files: Vec<Lines>,
    pub ends: Ends,
    /// Lines that came or went since it was written whole.
    pub later: u64,
    /// Length of its file, and where in it `ends` are written: what a day adds begins there.
    pub bytes: u64,
    pub lines_end: u64,
    pub(super) source: Arc<File>,
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

/// The accepted rows of one file: in its order when the memory was written whole, later ones behind. A row that stands in the file twice
/// is one.
#[derive(Debug)]
pub(super) struct Lines {
    pub file: SourceFile,
    /// Hash of the header line.
    pub header: u64,
    /// [`GONE`] for a line that is there no more.
    pub hashes: Vec<u64>,
    /// Lines with remarks: they are read again each time, so that the remarks are counted.
    pub remarked: HashSet<u32>,
    table: OnceLock<Table>,
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
        Self { file, header, hashes: Vec::new(), remarked: HashSet::new(), table: OnceLock::new() }
    }

    /// The place of a line; `next` is the one where it stands when nothing came or went.
    pub fn find(&self, hash: u64, next: u32) -> Option<u32> {
        if self.hashes.get(next as usize) == Some(&hash) {
            return Some(next);
        }
        self.table.get_or_init(|| Table::new(&self.hashes)).find(&self.hashes, hash)
    }
}

/// Places of lines by the beginning of their hash.
#[derive(Debug)]
struct Table {
    /// Bits by which places are grouped.
    bits: u32,
    /// Where in `places` each group begins.
    firsts: Vec<u32>,
    places: Vec<u32>,
}

impl Table {
    fn new(hashes: &[u64]) -> Self {
        // Two or three in a group.
        let bits = hashes.len().max(4).ilog2() - 1;
        let groups = 1 << bits;
        let there = || hashes.iter().enumerate().filter(|(_, hash)| **hash != GONE);
        // Counted one group further, summed up to the ends of groups, and as places are put in it becomes the beginning of the next.
        let mut firsts = vec![0_u32; groups + 2];
        for (_, hash) in there() {
            firsts.get_mut(group(*hash, bits) + 2).into_iter().for_each(|count| *count += 1);
        }
        let mut sum = 0;
        for count in &mut firsts {
            sum += *count;
            *count = sum;
        }
        let mut places = vec![0; sum as usize];
        for (place, hash) in there() {
            let Some(next) = firsts.get_mut(group(*hash, bits) + 1) else { continue };
            places.get_mut(*next as usize).into_iter().for_each(|to| *to = place as u32);
            *next += 1;
        }
        Self { bits, firsts, places }
    }

    fn find(&self, hashes: &[u64], hash: u64) -> Option<u32> {
        let at = group(hash, self.bits);
        let (start, end) = (*self.firsts.get(at)?, *self.firsts.get(at + 1)?);
        let group = self.places.get(start as usize..end as usize)?;
        group.iter().copied().find(|place| hashes.get(*place as usize) == Some(&hash))
    }
}

fn group(hash: u64, bits: u32) -> usize {
    (hash >> (BITS - bits)) as usize & ((1 << bits) - 1)
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

    /// `false` when it was not there.
    pub fn remove(&mut self, number: u32) -> bool {
        let Some(word) = self.0.get_mut(number as usize / 64) else { return false };
        let there = *word & 1 << (number % 64) != 0;
        *word &= !(1 << (number % 64));
        there
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
        }
        lines.hashes[70] = GONE;
        for n in 0..6_000_u32 {
            let hash = keys.hash(&n.to_le_bytes());
            let there = n < 5_000 && n != 70;
            for next in [n, n + 1, NONE] {
                assert_eq!(lines.find(hash, next), there.then_some(n));
            }
        }
        assert_eq!(Lines::new(SourceFile::Mailboxes, 0).find(7, 0), None);
    }

    #[test]
    fn bits_are_a_set() {
        let mut bits = Bits::new(70);
        assert!(bits.insert(69) && !bits.insert(69) && bits.contains(69) && !bits.contains(5) && !bits.insert(1_000));
        assert!(bits.remove(69) && !bits.remove(69) && !bits.contains(69) && !bits.remove(1_000));
    }
}
