//! The bytes of `import.memory`: blocks of four columns, each column compressed by itself, so that whoever needs one reads that one.
//!
//! A block has a head: its kind, the plain and the packed length of each column, and a keyed hash of all that. Columns carry a checksum.
//! What is damaged or cut is an error of reading, wherever it is.

use super::fingerprint::Keys;
use std::fs::File;
use std::io::{self, Write};
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

const LEVEL: i32 = 3;
const HEAD: usize = 1 + 8 * COLUMNS + 8;
pub(super) const COLUMNS: usize = 4;

/// What follows is of this file: its number and the hash of its header line, in the first column.
pub(super) const FILE: u8 = b'F';
/// Names, words, lines and marks, a column each, see [`NAMES`] and those after it. Each begins with its count.
pub(super) const LINES: u8 = b'L';
/// Places of the file whose lines are there no more, in the first column.
pub(super) const GONE: u8 = b'G';
/// What is remembered besides, in the first column. It ends the memory; what a day adds takes its place.
pub(super) const ENDS: u8 = b'E';

/// Names that appear first in this block.
pub(super) const NAMES: usize = 0;
/// Words that do: hash, and number of the place's name.
pub(super) const WORDS: usize = 1;
/// Lines with remarks, then the hash of each line.
pub(super) const HASHES: usize = 2;
/// Of each line the numbers of subject, words and holder.
pub(super) const MARKS: usize = 3;

/// Writes a block.
pub(super) fn write(to: &mut impl Write, keys: Keys, kind: u8, columns: [&[u8]; COLUMNS]) -> io::Result<()> {
    let mut compressor = zstd::bulk::Compressor::new(LEVEL)?;
    compressor.include_checksum(true)?;
    let mut head = vec![kind];
    let mut packed = Vec::new();
    for column in columns {
        let bytes = if column.is_empty() { Vec::new() } else { compressor.compress(column)? };
        for length in [column.len(), bytes.len()] {
            head.extend_from_slice(&u32::try_from(length).map_err(|_| damaged())?.to_le_bytes());
        }
        packed.push(bytes);
    }
    head.extend_from_slice(&keys.hash(&head).to_le_bytes());
    to.write_all(&head)?;
    packed.iter().try_for_each(|bytes| to.write_all(bytes))
}

/// A block whose columns are not read yet.
#[derive(Clone, Copy, Debug)]
pub(super) struct Block {
    pub kind: u8,
    /// Where its head is.
    pub begin: u64,
    columns: [Column; COLUMNS],
}

#[derive(Clone, Copy, Debug, Default)]
struct Column {
    at: u64,
    plain: usize,
    packed: usize,
}

/// The blocks of a file, one after the other.
pub(super) struct Blocks {
    file: Arc<File>,
    keys: Keys,
    at: u64,
    end: u64,
    decompressor: zstd::bulk::Decompressor<'static>,
}

impl Blocks {
    pub fn new(file: Arc<File>, keys: Keys, at: u64, end: u64) -> io::Result<Self> {
        Ok(Self { file, keys, at, end, decompressor: zstd::bulk::Decompressor::new()? })
    }

    /// The next block; `None` at the end of the file.
    pub fn next(&mut self) -> io::Result<Option<Block>> {
        if self.at == self.end {
            return Ok(None);
        }
        let mut head = [0; HEAD];
        self.file.read_exact_at(&mut head, self.at)?;
        let (said, hash) = head.split_at(HEAD - 8);
        if hash != self.keys.hash(said).to_le_bytes() {
            return Err(damaged());
        }
        let mut said = Bytes(said);
        let kind = said.byte()?;
        let mut at = self.at + HEAD as u64;
        let mut columns = [Column::default(); COLUMNS];
        for column in &mut columns {
            let (plain, packed) = (said.four()? as usize, said.four()? as usize);
            *column = Column { at, plain, packed };
            at += packed as u64;
        }
        if at > self.end {
            return Err(damaged());
        }
        let begin = std::mem::replace(&mut self.at, at);
        Ok(Some(Block { kind, begin, columns }))
    }

    /// The plain bytes of a column.
    pub fn column(&mut self, block: &Block, number: usize) -> io::Result<Vec<u8>> {
        let column = block.columns.get(number).copied().unwrap_or_default();
        if column.packed == 0 {
            return Ok(Vec::new());
        }
        let mut packed = vec![0; column.packed];
        self.file.read_exact_at(&mut packed, column.at)?;
        let plain = self.decompressor.decompress(&packed, column.plain)?;
        if plain.len() == column.plain { Ok(plain) } else { Err(damaged()) }
    }
}

pub(super) fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

/// Seven bits a byte, the last one first.
pub(super) fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

pub(super) fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    number(bytes, text.len() as u64);
    bytes.extend_from_slice(text);
}

/// A kept hash.
pub(super) fn hash(bytes: &mut Vec<u8>, hash: u64) {
    bytes.extend(hash.to_le_bytes().into_iter().take(7));
}

/// What is left of a column.
pub(super) struct Bytes<'a>(pub &'a [u8]);

impl<'a> Bytes<'a> {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn take(&mut self, length: usize) -> io::Result<&'a [u8]> {
        let (taken, rest) = self.0.split_at_checked(length).ok_or_else(damaged)?;
        self.0 = rest;
        Ok(taken)
    }

    pub fn byte(&mut self) -> io::Result<u8> {
        let (byte, rest) = self.0.split_first().ok_or_else(damaged)?;
        self.0 = rest;
        Ok(*byte)
    }

    fn low(&mut self, length: usize) -> io::Result<u64> {
        let mut bytes = [0; 8];
        bytes.iter_mut().zip(self.take(length)?).for_each(|(to, from)| *to = *from);
        Ok(u64::from_le_bytes(bytes))
    }

    fn four(&mut self) -> io::Result<u32> {
        Ok(self.low(4)? as u32)
    }

    pub fn eight(&mut self) -> io::Result<u64> {
        self.low(8)
    }

    pub fn hash(&mut self) -> io::Result<u64> {
        self.low(7)
    }

    pub fn number(&mut self) -> io::Result<u64> {
        let mut number = 0;
        for shift in (0..64).step_by(7) {
            let byte = self.byte()?;
            number |= u64::from(byte & 0x7f) << shift;
            if byte < 0x80 {
                return Ok(number);
            }
        }
        Err(damaged())
    }

    pub fn bytes(&mut self) -> io::Result<&'a [u8]> {
        let length = usize::try_from(self.number()?).map_err(|_| damaged())?;
        self.take(length)
    }

    pub fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?.to_vec()).map_err(|_| damaged())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Seek as _;

    #[test]
    fn blocks_come_back_and_damage_is_seen() {
        let keys = Keys([3, 4]);
        let mut bytes = Vec::new();
        let long = vec![7; 100_000];
        write(&mut bytes, keys, LINES, [b"a", b"", &long, b"xyz"]).unwrap();
        write(&mut bytes, keys, ENDS, [b"end", b"", b"", b""]).unwrap();
        let read = |bytes: &[u8]| -> io::Result<Vec<(u8, Vec<Vec<u8>>)>> {
            let mut file = tempfile::tempfile()?;
            file.write_all(bytes)?;
            file.rewind()?;
            let mut blocks = Blocks::new(Arc::new(file), keys, 0, bytes.len() as u64)?;
            let mut found = Vec::new();
            while let Some(block) = blocks.next()? {
                let columns = (0..COLUMNS).map(|column| blocks.column(&block, column)).collect::<io::Result<_>>()?;
                found.push((block.kind, columns));
            }
            Ok(found)
        };
        let found = read(&bytes).unwrap();
        assert_eq!(found.iter().map(|(kind, _)| *kind).collect::<Vec<_>>(), [LINES, ENDS]);
        assert_eq!(found[0].1, [b"a".to_vec(), vec![], long.clone(), b"xyz".to_vec()]);
        for place in 0..bytes.len() {
            let mut other = bytes.clone();
            other[place] ^= 0x10;
            // A bit of a frame that means nothing may be another.
            assert!(read(&other).map_or(true, |other| other == found), "byte {place}");
        }
        let heads = (1..bytes.len()).filter(|length| read(&bytes[..*length]).is_ok()).count();
        assert_eq!(heads, 1, "only at the end of the first block");
    }

    #[test]
    fn numbers_come_back() {
        let mut bytes = Vec::new();
        let numbers = [0, 1, 0x7f, 0x80, 300, u64::from(u32::MAX), u64::MAX];
        numbers.iter().for_each(|n| number(&mut bytes, *n));
        text(&mut bytes, "é".as_bytes());
        let mut read = Bytes(&bytes);
        assert!(numbers.iter().all(|n| read.number().unwrap() == *n));
        assert_eq!(read.text().unwrap(), "é");
        assert!(read.is_empty() && read.byte().is_err());
    }
}
