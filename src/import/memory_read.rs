//! Reading `import.memory`: at first the hashes of its lines only; names, words and marks pass as streams when they are asked for.

use super::fingerprint::Keys;
use super::memory::{Ends, GONE as GONE_HASH, LabelSaid, Lines, Memory, NONE, Numbers};
use super::memory_block::{Block, Blocks, Bytes, ENDS, FILE, GONE, HASHES, LINES, MARKS, NAMES, WORDS, damaged, number, text};
use super::memory_file::{MAGIC, READING, place};
use crate::error::{Result, at_path};
use crate::store::DataDir;
use crate::store::import::SourceFile;
use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt as _;
use std::sync::Arc;

const KEYS: usize = 16;

/// Reads the memory of a data folder; `None` when there is none that can be read, or one of another way of reading.
pub(super) fn read(data: &DataDir) -> Result<Option<Memory>> {
    let path = place(data);
    let file = match File::open(&path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(at_path(&path)(error)),
    };
    // A damaged one is as good as none.
    Ok(parse(file).ok())
}

fn parse(file: File) -> io::Result<Memory> {
    let mut head = vec![0; MAGIC.len() + READING.len() + KEYS];
    file.read_exact_at(&mut head, 0)?;
    let rest = head.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(READING.as_bytes())).ok_or_else(damaged)?;
    let mut rest = Bytes(rest);
    let keys = Keys([rest.eight()?, rest.eight()?]);
    let bytes = file.metadata()?.len();
    let mut memory = Memory {
        keys,
        names: 0,
        words: 0,
        files: Vec::new(),
        ends: Ends::default(),
        later: 0,
        bytes,
        lines_end: bytes,
        source: Arc::new(file),
    };
    let mut blocks = memory.blocks()?;
    let (mut of, mut ended) = (None, false);
    while let Some(block) = blocks.next()? {
        match block.kind {
            // They are the last.
            _ if ended => return Err(damaged()),
            FILE => {
                let (file, header) = file_of(&mut blocks, &block)?;
                let known = memory.files.iter().position(|lines| lines.file == file);
                let at = known.unwrap_or_else(|| {
                    memory.files.push(Lines::new(file, header));
                    memory.files.len() - 1
                });
                if memory.files.get(at).is_none_or(|lines| lines.header != header) {
                    return Err(damaged());
                }
                of = Some(at);
            }
            LINES => {
                let column = blocks.column(&block, HASHES)?;
                if !column.is_empty() {
                    let lines = of.and_then(|at| memory.files.get_mut(at)).ok_or_else(damaged)?;
                    hashes(&column, lines)?;
                }
            }
            GONE => {
                let lines = of.and_then(|at| memory.files.get_mut(at)).ok_or_else(damaged)?;
                gone(&blocks.column(&block, 0)?, lines)?;
            }
            ENDS => {
                let (ends, [names, words, later]) = Ends::from_bytes(&blocks.column(&block, 0)?)?;
                let total = |number: u64| u32::try_from(number).map_err(|_| damaged());
                (memory.ends, memory.names, memory.words, memory.later) = (ends, total(names)?, total(words)?, later);
                (memory.lines_end, ended) = (block.begin, true);
            }
            _ => return Err(damaged()),
        }
    }
    memory.files.iter_mut().for_each(|lines| lines.hashes.shrink_to_fit());
    if ended { Ok(memory) } else { Err(damaged()) }
}

fn file_of(blocks: &mut Blocks, block: &Block) -> io::Result<(SourceFile, u64)> {
    let column = blocks.column(block, 0)?;
    let mut bytes = Bytes(&column);
    Ok((source_file(&mut bytes)?, bytes.eight()?))
}

fn source_file(bytes: &mut Bytes<'_>) -> io::Result<SourceFile> {
    SourceFile::from_number(i64::from(bytes.byte()?)).ok_or_else(damaged)
}

fn hashes(column: &[u8], lines: &mut Lines) -> io::Result<()> {
    let mut bytes = Bytes(column);
    let begin = lines.hashes.len() as u64;
    for _ in 0..bytes.number()? {
        lines.remarked.insert(u32::try_from(begin + bytes.number()?).map_err(|_| damaged())?);
    }
    let count = bytes.number()?;
    if count * 7 != bytes.0.len() as u64 || begin + count >= u64::from(NONE) {
        return Err(damaged());
    }
    lines.hashes.reserve(count as usize);
    for _ in 0..count {
        lines.hashes.push(bytes.hash()?);
    }
    Ok(())
}

fn gone(column: &[u8], lines: &mut Lines) -> io::Result<()> {
    let (mut bytes, mut place) = (Bytes(column), 0);
    while !bytes.is_empty() {
        place += bytes.number()?;
        *usize::try_from(place).ok().and_then(|at| lines.hashes.get_mut(at)).ok_or_else(damaged)? = GONE_HASH;
    }
    Ok(())
}

impl Memory {
    fn blocks(&self) -> io::Result<Blocks> {
        Blocks::new(Arc::clone(&self.source), self.keys, (MAGIC.len() + READING.len() + KEYS) as u64, self.bytes)
    }

    /// All names, by their numbers.
    pub fn each_name(&self, mut see: impl FnMut(u32, &str)) -> io::Result<()> {
        self.each_of(NAMES, self.names, |number, bytes| {
            see(number, std::str::from_utf8(bytes.bytes()?).map_err(|_| damaged())?);
            Ok(())
        })
    }

    /// All that is said of places, by number: its hash and the number of the place's name.
    pub fn each_words(&self, mut see: impl FnMut(u32, u64, u32)) -> io::Result<()> {
        self.each_of(WORDS, self.words, |number, bytes| {
            let (hash, place) = (bytes.hash()?, bytes.number()?);
            see(number, hash, place.checked_sub(1).map_or(Ok(NONE), u32::try_from).map_err(|_| damaged())?);
            Ok(())
        })
    }

    /// All things of a column by their numbers, which must be as many as there are.
    fn each_of(&self, column: usize, count: u32, mut see: impl FnMut(u32, &mut Bytes<'_>) -> io::Result<()>) -> io::Result<()> {
        let (mut blocks, mut number) = (self.blocks()?, 0);
        while let Some(block) = blocks.next()? {
            if block.kind != LINES {
                continue;
            }
            let column = blocks.column(&block, column)?;
            let mut bytes = Bytes(&column);
            for _ in 0..if column.is_empty() { 0 } else { bytes.number()? } {
                see(number, &mut bytes)?;
                number += 1;
            }
        }
        if number == count { Ok(()) } else { Err(damaged()) }
    }

    /// Of every line that is there what it speaks of: its file's number among [`Memory::files`], its place in it.
    pub fn each_mark(&self, mut see: impl FnMut(usize, u32, Numbers)) -> io::Result<()> {
        let (mut blocks, mut of, mut places) = (self.blocks()?, 0, vec![0_u32; self.files.len()]);
        while let Some(block) = blocks.next()? {
            if block.kind == FILE {
                let (file, _) = file_of(&mut blocks, &block)?;
                of = self.files.iter().position(|lines| lines.file == file).ok_or_else(damaged)?;
            }
            if block.kind != LINES {
                continue;
            }
            let column = blocks.column(&block, MARKS)?;
            let (mut bytes, mut last) = (Bytes(&column), [0_u32; 3]);
            let (Some(lines), Some(place)) = (self.files.get(of), places.get_mut(of)) else { continue };
            for _ in 0..if column.is_empty() { 0 } else { bytes.number()? } {
                let mut given = [NONE; 3];
                for (given, last) in given.iter_mut().zip(&mut last) {
                    let Some(coded) = bytes.number()?.checked_sub(1) else { continue };
                    let difference = (coded >> 1) as i64 ^ -((coded & 1) as i64);
                    *last = u32::try_from(i64::from(*last).wrapping_add(difference)).map_err(|_| damaged())?;
                    *given = *last;
                }
                let [subject, words, holder] = given;
                if lines.hashes.get(*place as usize).ok_or_else(damaged)? != &GONE_HASH {
                    see(of, *place, Numbers { subject, words, holder });
                }
                *place += 1;
            }
        }
        let complete = self.files.iter().zip(&places).all(|(lines, place)| lines.hashes.len() == *place as usize);
        if complete { Ok(()) } else { Err(damaged()) }
    }
}

impl Ends {
    /// With how many names and words there are, and how many lines came or went since all was written.
    pub fn to_bytes(&self, totals: [u64; 3]) -> Vec<u8> {
        let mut bytes = Vec::new();
        totals.into_iter().for_each(|total| number(&mut bytes, total));
        number(&mut bytes, self.protected.len() as u64);
        for (file, key) in &self.protected {
            bytes.push(file.number() as u8);
            text(&mut bytes, key.as_bytes());
        }
        number(&mut bytes, self.shared.len() as u64);
        for (kind, value, structures) in &self.shared {
            [kind, value].into_iter().for_each(|field| text(&mut bytes, field.as_bytes()));
            number(&mut bytes, structures.len() as u64);
            structures.iter().for_each(|structure| text(&mut bytes, structure.as_bytes()));
        }
        number(&mut bytes, self.former.len() as u64);
        for (kind, value) in &self.former {
            [kind, value].into_iter().for_each(|field| text(&mut bytes, field.as_bytes()));
        }
        number(&mut bytes, self.labels.len() as u64);
        for said in &self.labels {
            bytes.push(said.file.number() as u8);
            [&said.nomenclature, &said.code, &said.label].into_iter().for_each(|field| text(&mut bytes, field.as_bytes()));
            bytes.extend_from_slice(&said.witness.to_le_bytes());
        }
        bytes.extend_from_slice(&self.run.to_le_bytes());
        bytes.extend_from_slice(&self.seen.to_le_bytes());
        text(&mut bytes, self.store.as_bytes());
        bytes
    }

    fn from_bytes(column: &[u8]) -> io::Result<(Self, [u64; 3])> {
        let (mut from, mut ends) = (Bytes(column), Self::default());
        let totals = [from.number()?, from.number()?, from.number()?];
        for _ in 0..from.number()? {
            ends.protected.push((source_file(&mut from)?, from.text()?));
        }
        for _ in 0..from.number()? {
            let (kind, value) = (from.text()?, from.text()?);
            let structures = (0..from.number()?).map(|_| from.text()).collect::<io::Result<_>>()?;
            ends.shared.push((kind, value, structures));
        }
        for _ in 0..from.number()? {
            ends.former.push((from.text()?, from.text()?));
        }
        for _ in 0..from.number()? {
            let file = source_file(&mut from)?;
            let [nomenclature, code, label] = [from.text()?, from.text()?, from.text()?];
            ends.labels.push(LabelSaid { file, nomenclature, code, label, witness: from.eight()? });
        }
        (ends.run, ends.seen, ends.store) = (from.eight()? as i64, from.eight()? as i64, from.text()?);
        if from.is_empty() { Ok((ends, totals)) } else { Err(damaged()) }
    }
}
