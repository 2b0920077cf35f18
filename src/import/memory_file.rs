//! The bytes of `import.memory`: one zstd stream with a checksum, written while an import reads and finished when it is applied.
//!
//! Names and words are numbered as they first appear and stand there in full; later lines give their numbers. A draft is written under
//! `staging/` and takes its place under the data folder once the run is closed, so that a killed import leaves the old one, which then
//! belongs to another run. A draft that is given up is removed.

use super::fingerprint::Keys;
use super::memory::{Ends, LabelSaid, Lines, Memory, NONE, Names, Numbers};
use crate::error::{Result, at_path};
use crate::store::DataDir;
use crate::store::import::SourceFile;
use std::fs::File;
use std::io::{self, BufReader, BufWriter, Read, Write};
use std::path::PathBuf;
use tempfile::NamedTempFile;

/// A memory of another way of reading is of no use: the number is made of the sources that decide what a row says.
const READING: &str = env!("WAY_OF_READING");
const MAGIC: &[u8] = b"annuaire import memory 1\n";
const LEVEL: i32 = 3;
const FILE: u8 = b'F';
const LINE: u8 = b'L';
/// A line with remarks.
const REMARKED: u8 = b'R';
const END: u8 = b'E';
/// Longest text of a memory, bytes.
const LONGEST: u64 = 1 << 17;

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

/// A memory being written.
pub(super) struct Writer {
    to: zstd::Encoder<'static, BufWriter<NamedTempFile>>,
    path: PathBuf,
    names: u32,
    words: u32,
    last: [u32; 3],
}

impl Writer {
    pub fn create(data: &DataDir, keys: Keys) -> Result<Self> {
        let path = place(data);
        let failed = at_path(&path);
        let begin = || -> io::Result<_> {
            let draft = NamedTempFile::new_in(data.staging())?;
            let mut to = zstd::Encoder::new(BufWriter::with_capacity(1 << 18, draft), LEVEL)?;
            to.include_checksum(true)?;
            to.write_all(MAGIC)?;
            to.write_all(READING.as_bytes())?;
            keys.0.iter().try_for_each(|key| to.write_all(&key.to_le_bytes()))?;
            Ok(to)
        };
        let to = begin().map_err(failed)?;
        Ok(Self { to, path, names: 0, words: 0, last: [0; 3] })
    }

    pub fn begin_file(&mut self, file: SourceFile, header: u64) -> Result<()> {
        let mut bytes = vec![FILE, file.number() as u8];
        bytes.extend_from_slice(&header.to_le_bytes());
        self.write(&bytes)
    }

    /// The next line of the file; returns the numbers of its subject, its words, their place and its holder.
    pub fn line(&mut self, hash: u64, remarked: bool, subject: Said<'_>, words: Words<'_>, holder: Said<'_>) -> Result<[u32; 4]> {
        let mut bytes = Vec::with_capacity(64);
        bytes.push(if remarked { REMARKED } else { LINE });
        bytes.extend(hash.to_le_bytes().into_iter().take(7));
        let subject = self.name(&mut bytes, subject, 0);
        let (words, place) = match words {
            Words::Nothing => {
                number(&mut bytes, 0);
                (NONE, NONE)
            }
            Words::Known(known) => {
                number(&mut bytes, u64::from(known) + 2);
                (known, NONE)
            }
            Words::New(hash, place) => {
                number(&mut bytes, 1);
                bytes.extend(hash.to_le_bytes().into_iter().take(7));
                let place = self.name(&mut bytes, place, 1);
                self.words += 1;
                (self.words - 1, place)
            }
        };
        let holder = self.name(&mut bytes, holder, 2);
        self.write(&bytes)?;
        Ok([subject, words, place, holder])
    }

    /// Numbers follow each other often: the difference with the last one in the same place is written.
    fn name(&mut self, bytes: &mut Vec<u8>, said: Said<'_>, last: usize) -> u32 {
        let before = self.last.get(last).copied().unwrap_or_default();
        let given = match said {
            Said::Nothing => {
                number(bytes, 0);
                return NONE;
            }
            Said::New(name) => {
                number(bytes, 1);
                text(bytes, name);
                self.names += 1;
                self.names - 1
            }
            Said::Known(known) => {
                let difference = i64::from(known) - i64::from(before);
                number(bytes, ((difference << 1) ^ (difference >> 63)) as u64 + 2);
                known
            }
        };
        if let Some(last) = self.last.get_mut(last) {
            *last = given;
        }
        given
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.to.write_all(bytes).map_err(at_path(&self.path))
    }

    /// Writes the rest and puts the file in its place.
    pub fn finish(mut self, ends: &Ends) -> Result<()> {
        let mut bytes = vec![END];
        number(&mut bytes, ends.protected.len() as u64);
        for (file, key) in &ends.protected {
            bytes.push(file.number() as u8);
            text(&mut bytes, key.as_bytes());
        }
        number(&mut bytes, ends.shared.len() as u64);
        for (kind, value, structures) in &ends.shared {
            [kind, value].into_iter().for_each(|field| text(&mut bytes, field.as_bytes()));
            number(&mut bytes, structures.len() as u64);
            structures.iter().for_each(|structure| text(&mut bytes, structure.as_bytes()));
        }
        number(&mut bytes, ends.former.len() as u64);
        for (kind, value) in &ends.former {
            [kind, value].into_iter().for_each(|field| text(&mut bytes, field.as_bytes()));
        }
        number(&mut bytes, ends.labels.len() as u64);
        for said in &ends.labels {
            bytes.push(said.file.number() as u8);
            [&said.nomenclature, &said.code, &said.label].into_iter().for_each(|field| text(&mut bytes, field.as_bytes()));
            bytes.extend_from_slice(&said.witness.to_le_bytes());
        }
        bytes.extend_from_slice(&ends.run.to_le_bytes());
        bytes.extend_from_slice(&ends.seen.to_le_bytes());
        text(&mut bytes, ends.store.as_bytes());
        self.write(&bytes)?;
        let Self { to, path, .. } = self;
        let draft = to.finish().and_then(|writer| writer.into_inner().map_err(io::Error::from)).map_err(at_path(&path))?;
        draft.as_file().sync_all().map_err(at_path(&path))?;
        draft.persist(&path).map_err(|e| at_path(&path)(e.error))?;
        Ok(())
    }
}

fn number(bytes: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        bytes.push(number as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
}

fn text(bytes: &mut Vec<u8>, text: &[u8]) {
    number(bytes, text.len() as u64);
    bytes.extend_from_slice(text);
}

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
    let mut from =
        Source { from: BufReader::with_capacity(1 << 17, zstd::Decoder::new(BufReader::with_capacity(1 << 17, file))?), last: [0; 3] };
    let mut head = vec![0; MAGIC.len() + READING.len()];
    from.from.read_exact(&mut head)?;
    if head != [MAGIC, READING.as_bytes()].concat() {
        return Err(damaged());
    }
    let keys = Keys([from.eight()?, from.eight()?]);
    let mut memory = Memory { keys, names: Names::default(), words: Vec::new(), files: Vec::new(), ends: Ends::default() };
    loop {
        match from.byte()? {
            FILE => {
                let file = from.file()?;
                memory.files.push(Lines::new(file, from.eight()?));
            }
            kind @ (LINE | REMARKED) => from.line(&mut memory, kind == REMARKED)?,
            END => break,
            _ => return Err(damaged()),
        }
    }
    memory.ends = from.ends()?;
    if from.from.read(&mut [0])? != 0 {
        return Err(damaged());
    }
    memory.names.shrink();
    memory.words.shrink_to_fit();
    memory.files.iter_mut().for_each(Lines::sort);
    Ok(memory)
}

fn damaged() -> io::Error {
    io::ErrorKind::InvalidData.into()
}

struct Source<R> {
    from: R,
    last: [u32; 3],
}

impl<R: Read> Source<R> {
    fn byte(&mut self) -> io::Result<u8> {
        let mut byte = [0];
        self.from.read_exact(&mut byte)?;
        Ok(u8::from_le_bytes(byte))
    }

    fn file(&mut self) -> io::Result<SourceFile> {
        SourceFile::from_number(i64::from(self.byte()?)).ok_or_else(damaged)
    }

    fn eight(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.from.read_exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn seven(&mut self) -> io::Result<u64> {
        let mut bytes = [0; 8];
        self.from.read_exact(bytes.get_mut(..7).unwrap_or_default())?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn number(&mut self) -> io::Result<u64> {
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

    fn text(&mut self) -> io::Result<String> {
        String::from_utf8(self.bytes()?).map_err(|_| damaged())
    }

    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let length = self.number()?;
        if length > LONGEST {
            return Err(damaged());
        }
        let mut bytes = vec![0; length as usize];
        self.from.read_exact(&mut bytes)?;
        Ok(bytes)
    }

    fn name(&mut self, names: &mut Names, last: usize) -> io::Result<u32> {
        let before = self.last.get(last).copied().unwrap_or_default();
        let given = match self.number()? {
            0 => return Ok(NONE),
            1 => {
                let name = self.bytes()?;
                if !names.push(&name) {
                    return Err(damaged());
                }
                names.len() as u32 - 1
            }
            coded => {
                let coded = coded - 2;
                let difference = (coded >> 1) as i64 ^ -((coded & 1) as i64);
                let known = u32::try_from(i64::from(before) + difference).map_err(|_| damaged())?;
                if known as usize >= names.len() {
                    return Err(damaged());
                }
                known
            }
        };
        if let Some(last) = self.last.get_mut(last) {
            *last = given;
        }
        Ok(given)
    }

    fn line(&mut self, memory: &mut Memory, remarked: bool) -> io::Result<()> {
        let hash = self.seven()?;
        let subject = self.name(&mut memory.names, 0)?;
        let words = match self.number()? {
            0 => NONE,
            1 => {
                let hash = self.seven()?;
                let place = self.name(&mut memory.names, 1)?;
                memory.words.push((hash, place));
                memory.words.len() as u32 - 1
            }
            known => u32::try_from(known - 2).ok().filter(|known| (*known as usize) < memory.words.len()).ok_or_else(damaged)?,
        };
        let holder = self.name(&mut memory.names, 2)?;
        let lines = memory.files.last_mut().ok_or_else(damaged)?;
        if remarked {
            lines.remarked.insert(lines.hashes.len() as u32);
        }
        lines.hashes.push(hash);
        lines.marks.push(Numbers { subject, words, holder });
        Ok(())
    }

    fn ends(&mut self) -> io::Result<Ends> {
        let mut ends = Ends::default();
        for _ in 0..self.number()? {
            ends.protected.push((self.file()?, self.text()?));
        }
        for _ in 0..self.number()? {
            let (kind, value) = (self.text()?, self.text()?);
            let structures = (0..self.number()?).map(|_| self.text()).collect::<io::Result<_>>()?;
            ends.shared.push((kind, value, structures));
        }
        for _ in 0..self.number()? {
            ends.former.push((self.text()?, self.text()?));
        }
        for _ in 0..self.number()? {
            let file = self.file()?;
            let [nomenclature, code, label] = [self.text()?, self.text()?, self.text()?];
            ends.labels.push(LabelSaid { file, nomenclature, code, label, witness: self.eight()? });
        }
        (ends.run, ends.seen, ends.store) = (self.eight()? as i64, self.eight()? as i64, self.text()?);
        Ok(ends)
    }
}
