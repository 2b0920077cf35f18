//! Writing `import.memory`: whole while everything is read, later only what a day brought and took, behind what is there.
//!
//! Names and words are numbered as they first appear. A draft is written under `staging/` and takes its place under the data folder, or
//! behind the memory there, once the run is closed: a killed import leaves the old one, which then belongs to another run. A draft that
//! is given up is removed. A memory that is cut while it grows is damaged, and as good as none: it belonged to the run before anyway.

use super::fingerprint::Keys;
use super::memory::{Ends, Memory, NONE, Numbers};
use super::memory_block::{COLUMNS, ENDS, FILE, GONE, HASHES, LINES, MARKS, NAMES, WORDS, hash, number, text, write};
use crate::error::{Error, Kind, Result, at_path};
use crate::store::DataDir;
use crate::store::import::SourceFile;
use std::fs::OpenOptions;
use std::io::{self, BufWriter, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};
use tempfile::NamedTempFile;

/// A memory of another way of reading is of no use: the number is made of the sources that decide what a row says.
pub(super) const READING: &str = env!("WAY_OF_READING");
pub(super) const MAGIC: &[u8] = b"annuaire import memory 3\n";
/// Lines of a block at most, and bytes of a column that are enough for one.
const MOST_LINES: u64 = 1 << 15;
const ENOUGH: usize = 1 << 20;
/// A memory is worth writing anew when more than one in so many of its lines came or went since it was.
const WORN: u64 = 8;

/// Where a memory is kept.
pub(super) fn place(data: &DataDir) -> PathBuf {
    data.root().join("import.memory")
}

/// A name as a line gives it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Said<'a> {
    Nothing,
    /// Its number in this memory.
    Known(u32),
    /// It gets the next number.
    New(&'a [u8]),
}

/// What is said of a place.
#[derive(Clone, Copy, Debug)]
pub(super) enum Words<'a> {
    Nothing,
    Known(u32),
    New(u64, Said<'a>),
}

/// A memory, or what is added to one, being written.
pub(super) struct Writer {
    to: BufWriter<NamedTempFile>,
    path: PathBuf,
    keys: Keys,
    behind: Option<Behind>,
    /// Lines in all, and those that came or went since the memory was written whole.
    lines: u64,
    later: u64,
    names: Part,
    words: Part,
    hashes: Part,
    marks: Part,
    remarked: Vec<u64>,
    last: [u32; 3],
}

/// The memory that something is added to: its length, and where the addition begins.
struct Behind {
    bytes: u64,
    at: u64,
}

/// A column in the making.
#[derive(Default)]
struct Part {
    bytes: Vec<u8>,
    /// Things in it, and in all.
    count: u64,
    total: u32,
}

impl Part {
    fn push(&mut self) -> u32 {
        self.count += 1;
        self.total += 1;
        self.total - 1
    }

    /// The column; an empty one follows.
    fn take(&mut self) -> Vec<u8> {
        if self.count == 0 {
            return Vec::new();
        }
        let mut column = Vec::with_capacity(self.bytes.len() + 5);
        number(&mut column, self.count);
        column.append(&mut self.bytes);
        self.count = 0;
        column
    }
}

impl Writer {
    /// A memory of its own.
    pub fn create(data: &DataDir, keys: Keys) -> Result<Self> {
        let mut writer = Self::draft(data, keys, None)?;
        let mut head = [MAGIC, READING.as_bytes()].concat();
        keys.0.iter().for_each(|key| head.extend_from_slice(&key.to_le_bytes()));
        writer.to.write_all(&head).map_err(at_path(&writer.path))?;
        Ok(writer)
    }

    /// What is added to a memory.
    pub fn behind(data: &DataDir, memory: &Memory) -> Result<Self> {
        let mut writer = Self::draft(data, memory.keys, Some(Behind { bytes: memory.bytes, at: memory.lines_end }))?;
        (writer.names.total, writer.words.total, writer.later) = (memory.names, memory.words, memory.later);
        writer.lines = memory.files.iter().map(|lines| lines.hashes.len() as u64).sum();
        Ok(writer)
    }

    fn draft(data: &DataDir, keys: Keys, behind: Option<Behind>) -> Result<Self> {
        let path = place(data);
        let draft = NamedTempFile::new_in(data.staging()).map_err(at_path(&path))?;
        let to = BufWriter::with_capacity(1 << 18, draft);
        let [names, words, hashes, marks] = <[Part; COLUMNS]>::default();
        Ok(Self { to, path, keys, behind, lines: 0, later: 0, names, words, hashes, marks, remarked: Vec::new(), last: [0; 3] })
    }

    /// What follows is of this file.
    pub fn begin_file(&mut self, file: SourceFile, header: u64) -> Result<()> {
        self.flush()?;
        let mut bytes = vec![file.number() as u8];
        bytes.extend_from_slice(&header.to_le_bytes());
        self.write(FILE, [&bytes, &[], &[], &[]])
    }

    /// The next line of the file; returns the numbers of its subject, its words, their place and its holder.
    pub fn line(&mut self, line: u64, remarked: bool, subject: Said<'_>, words: Words<'_>, holder: Said<'_>) -> Result<[u32; 4]> {
        let subject = self.name(subject);
        let (words, place) = match words {
            Words::Nothing => (NONE, NONE),
            Words::Known(known) => (known, NONE),
            Words::New(hash, place) => {
                let place = self.name(place);
                (self.new_words(hash, place), place)
            }
        };
        let holder = self.name(holder);
        self.numbers(line, remarked, Numbers { subject, words, holder })?;
        Ok([subject, words, place, holder])
    }

    /// A line by the numbers of what it speaks of.
    pub fn numbers(&mut self, line: u64, remarked: bool, numbers: Numbers) -> Result<()> {
        if remarked {
            self.remarked.push(self.hashes.count);
        }
        self.lines += 1;
        self.later += u64::from(self.behind.is_some());
        self.hashes.push();
        hash(&mut self.hashes.bytes, line);
        self.marks.push();
        // Numbers follow each other often: the difference with the last one in the same place is written.
        for (given, last) in [numbers.subject, numbers.words, numbers.holder].into_iter().zip(&mut self.last) {
            if given == NONE {
                number(&mut self.marks.bytes, 0);
                continue;
            }
            let difference = i64::from(given) - i64::from(*last);
            number(&mut self.marks.bytes, ((difference << 1) ^ (difference >> 63)) as u64 + 1);
            *last = given;
        }
        self.flush_if_full()
    }

    fn name(&mut self, said: Said<'_>) -> u32 {
        match said {
            Said::Nothing => NONE,
            Said::Known(known) => known,
            Said::New(name) => self.new_name(name),
        }
    }

    /// A name that is not in the memory yet; its number.
    pub fn new_name(&mut self, name: &[u8]) -> u32 {
        text(&mut self.names.bytes, name);
        self.names.push()
    }

    /// Words that are not; their number.
    pub fn new_words(&mut self, words: u64, place: u32) -> u32 {
        hash(&mut self.words.bytes, words);
        number(&mut self.words.bytes, if place == NONE { 0 } else { u64::from(place) + 1 });
        self.words.push()
    }

    /// Lines of the file that are there no more, by their places, sorted.
    pub fn gone(&mut self, places: impl Iterator<Item = u32>) -> Result<()> {
        self.flush()?;
        let (mut bytes, mut last) = (Vec::new(), 0);
        for place in places {
            number(&mut bytes, u64::from(place - last));
            last = place;
            self.later += 1;
        }
        if bytes.is_empty() { Ok(()) } else { self.write(GONE, [&bytes, &[], &[], &[]]) }
    }

    /// Ends a block when it holds enough.
    pub fn flush_if_full(&mut self) -> Result<()> {
        let full = [&self.names, &self.words].into_iter().any(|part| part.bytes.len() >= ENOUGH);
        if full || self.hashes.count >= MOST_LINES { self.flush() } else { Ok(()) }
    }

    fn flush(&mut self) -> Result<()> {
        self.last = [0; 3];
        let mut columns = <[Vec<u8>; COLUMNS]>::default();
        for (column, part) in [(NAMES, &mut self.names), (WORDS, &mut self.words), (HASHES, &mut self.hashes), (MARKS, &mut self.marks)] {
            if let Some(column) = columns.get_mut(column) {
                *column = part.take();
            }
        }
        if let Some(hashes) = columns.get_mut(HASHES).filter(|hashes| !hashes.is_empty()) {
            let mut remarks = Vec::new();
            number(&mut remarks, self.remarked.len() as u64);
            self.remarked.drain(..).for_each(|at| number(&mut remarks, at));
            remarks.append(hashes);
            *hashes = remarks;
        }
        if columns.iter().all(Vec::is_empty) {
            return Ok(());
        }
        self.write(LINES, columns.each_ref().map(Vec::as_slice))
    }

    fn write(&mut self, kind: u8, columns: [&[u8]; COLUMNS]) -> Result<()> {
        write(&mut self.to, self.keys, kind, columns).map_err(at_path(&self.path))
    }

    /// Writes the rest and puts it in its place; `true` when the memory is worth writing anew, see `memory_renew`.
    pub fn finish(mut self, ends: &Ends) -> Result<bool> {
        self.flush()?;
        let bytes = ends.to_bytes([u64::from(self.names.total), u64::from(self.words.total), self.later]);
        let worn = self.later > self.lines / WORN;
        self.write(ENDS, [&bytes, &[], &[], &[]])?;
        let Self { to, path, behind, .. } = self;
        let draft = to.into_inner().map_err(|e| at_path(&path)(e.into_error()))?;
        if let Some(behind) = behind {
            return append(draft, &path, &behind).map(|()| worn);
        }
        draft.as_file().sync_all().map_err(at_path(&path))?;
        draft.persist(&path).map_err(|e| at_path(&path)(e.error))?;
        Ok(worn)
    }
}

fn append(mut draft: NamedTempFile, path: &Path, behind: &Behind) -> Result<()> {
    let mut memory = OpenOptions::new().write(true).open(path).map_err(at_path(path))?;
    if memory.metadata().map_err(at_path(path))?.len() != behind.bytes {
        let what = format!("{}: somebody else wrote it meanwhile", path.display());
        return Err(Error::new(Kind::Conflict, "memory_changed", what));
    }
    let mut copy = || -> io::Result<()> {
        draft.seek(SeekFrom::Start(0))?;
        // Cut first: whatever a kill leaves has no end.
        memory.set_len(behind.at)?;
        memory.seek(SeekFrom::Start(behind.at))?;
        io::copy(&mut draft, &mut memory)?;
        memory.sync_all()
    };
    copy().map_err(at_path(path))
}
