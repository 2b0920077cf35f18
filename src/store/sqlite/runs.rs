//! Sorting more records than memory should hold: sorted runs in a file without a name, merged when they are read.
//!
//! A record is a text of fields separated by NUL, which no field holds. Compared byte by byte, records then stand in the order of their
//! fields, which is the order in which SQLite keeps the rows of a table with such a key: what is read here can be appended there.
//! Equal records are kept once. The file is removed by the system when the process ends, however it ends.

use crate::error::{Error, Result};
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::Path;
use std::sync::Arc;

/// Bytes of records of which one run is made.
pub(super) const RUN_BYTES: usize = 12 << 20;
/// Bytes read ahead of each run while they are merged.
const AHEAD: usize = 1 << 16;

/// Records waiting to be sorted.
#[derive(Debug, Default)]
pub(super) struct Heap {
    bytes: Vec<u8>,
    /// The first eight bytes, start and length of each record.
    places: Vec<(u64, u32, u32)>,
}

impl Heap {
    pub fn push(&mut self, record: &[u8]) {
        // A heap is given away at RUN_BYTES and a record is far smaller than 4 GB.
        self.places.push((head(record), self.bytes.len() as u32, record.len() as u32));
        self.bytes.extend_from_slice(record);
    }

    pub fn is_full(&self) -> bool {
        self.bytes.len() >= RUN_BYTES
    }

    pub fn is_empty(&self) -> bool {
        self.places.is_empty()
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.places.clear();
    }

    fn record(&self, (_, start, length): (u64, u32, u32)) -> &[u8] {
        self.bytes.get(start as usize..(start + length) as usize).unwrap_or_default()
    }

    fn sort(&mut self) {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.record(*a).cmp(self.record(*b))));
        self.places = places;
    }
}

/// The beginning of a record as a number that compares like it.
fn head(record: &[u8]) -> u64 {
    let mut bytes = [0; 8];
    bytes.iter_mut().zip(record).for_each(|(to, from)| *to = *from);
    u64::from_be_bytes(bytes)
}

/// Sorted runs of one kind of record.
#[derive(Debug)]
pub(super) struct Runs {
    file: Arc<File>,
    /// Where each run lies.
    places: Vec<(u64, u64)>,
    end: u64,
}

impl Runs {
    pub fn create(folder: &Path) -> Result<Self> {
        let file = tempfile::tempfile_in(folder).map_err(failed)?;
        Ok(Self { file: Arc::new(file), places: Vec::new(), end: 0 })
    }

    /// Sorts what waits and writes it; the heap keeps its room.
    pub fn add(&mut self, heap: &mut Heap) -> Result<()> {
        heap.sort();
        let start = self.end;
        let mut writer = BufWriter::with_capacity(1 << 18, &*self.file);
        let mut last: Option<&[u8]> = None;
        for place in &heap.places {
            let record = heap.record(*place);
            if last == Some(record) {
                continue;
            }
            writer.write_all(&place.2.to_le_bytes()).and_then(|()| writer.write_all(record)).map_err(failed)?;
            self.end += 4 + record.len() as u64;
            last = Some(record);
        }
        writer.flush().map_err(failed)?;
        drop(writer);
        self.places.push((start, self.end));
        heap.clear();
        Ok(())
    }

    fn readers(&self) -> impl Iterator<Item = Run> {
        self.places.iter().map(|&(at, end)| Run {
            file: Arc::clone(&self.file),
            at,
            end,
            ahead: Vec::new(),
            next: 0,
            head: 0,
            record: (0, 0),
        })
    }
}

/// All records of some runs, each once, in order.
#[derive(Debug)]
pub(super) struct Merge {
    /// A binary heap, the smallest record first.
    runs: Vec<Run>,
}

impl Merge {
    pub fn new(of: &[&Runs]) -> Result<Self> {
        let mut runs = Vec::new();
        for mut run in of.iter().flat_map(|runs| runs.readers()) {
            if run.advance()? {
                runs.push(run);
            }
        }
        runs.sort_unstable_by(|a, b| a.key().cmp(&b.key()));
        Ok(Self { runs })
    }

    /// Puts the next record in the place of the one read before; `false` at the end.
    pub fn next(&mut self, record: &mut Vec<u8>) -> Result<bool> {
        loop {
            let Some(first) = self.runs.first_mut() else { return Ok(false) };
            let again = first.record() == record.as_slice();
            if !again {
                record.clear();
                record.extend_from_slice(first.record());
            }
            if !first.advance()? {
                self.runs.swap_remove(0);
            }
            self.sink();
            if !again {
                return Ok(true);
            }
        }
    }

    /// Moves the first run down to where it belongs.
    fn sink(&mut self) {
        let key = |at: usize| self.runs.get(at).map(Run::key);
        let mut moves = [0_usize; usize::BITS as usize];
        let (mut at, mut depth) = (0, 0);
        let own = key(0);
        loop {
            let (left, right) = (2 * at + 1, 2 * at + 2);
            let Some(left_key) = key(left) else { break };
            let smaller = match key(right) {
                Some(right_key) if right_key < left_key => right,
                _ => left,
            };
            if own <= key(smaller) {
                break;
            }
            if let Some(step) = moves.get_mut(depth) {
                *step = smaller;
            }
            (at, depth) = (smaller, depth + 1);
        }
        let mut at = 0;
        for &next in moves.iter().take(depth) {
            self.runs.swap(at, next);
            at = next;
        }
    }
}

/// One run being read.
#[derive(Debug)]
struct Run {
    file: Arc<File>,
    at: u64,
    end: u64,
    ahead: Vec<u8>,
    /// Where in `ahead` the record after the present one begins.
    next: usize,
    head: u64,
    record: (usize, usize),
}

impl Run {
    fn record(&self) -> &[u8] {
        self.ahead.get(self.record.0..self.record.1).unwrap_or_default()
    }

    fn key(&self) -> (u64, &[u8]) {
        (self.head, self.record())
    }

    fn advance(&mut self) -> Result<bool> {
        let Some(length) = self.peek(4)? else { return Ok(false) };
        let length = length.iter().rev().fold(0_usize, |sum, byte| sum << 8 | usize::from(*byte));
        let Some(head) = self.peek(4 + length)?.and_then(|bytes| bytes.get(4..)).map(head) else {
            return Err(failed(io::ErrorKind::UnexpectedEof.into()));
        };
        self.record = (self.next + 4, self.next + 4 + length);
        self.next += 4 + length;
        self.head = head;
        Ok(true)
    }

    /// The next bytes, read from the file where they are not yet; `None` at the end of the run.
    fn peek(&mut self, length: usize) -> Result<Option<&[u8]>> {
        if self.ahead.len() < self.next + length {
            self.ahead.drain(..self.next.min(self.ahead.len()));
            self.next = 0;
            let left = usize::try_from(self.end - self.at).unwrap_or(usize::MAX);
            let (held, more) = (self.ahead.len(), left.min(AHEAD.max(length)));
            self.ahead.resize(held + more, 0);
            self.file.read_exact_at(self.ahead.get_mut(held..).unwrap_or_default(), self.at).map_err(failed)?;
            self.at += more as u64;
        }
        Ok(self.ahead.get(self.next..self.next + length))
    }
}

fn failed(error: io::Error) -> Error {
    Error::internal(format!("the rows could not be sorted: {error}"), error)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn records_come_back_once_and_in_order() {
        let folder = tempfile::tempdir().unwrap();
        let mut runs = [Runs::create(folder.path()).unwrap(), Runs::create(folder.path()).unwrap()];
        let mut expected = BTreeSet::new();
        let mut heap = Heap::default();
        for number in 0..60_000_u64 {
            let text = format!("{}\0{}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15) % 20_011, "é".repeat((number % 97) as usize));
            heap.push(text.as_bytes());
            expected.insert(text.into_bytes());
            if number % 5_003 == 0 {
                runs[(number % 2) as usize].add(&mut heap).unwrap();
            }
        }
        let long = vec![b'x'; 3 * AHEAD];
        heap.push(&long);
        heap.push(b"");
        expected.extend([long, Vec::new()]);
        runs[0].add(&mut heap).unwrap();
        let mut merge = Merge::new(&[&runs[0], &runs[1]]).unwrap();
        // Not a record, so that the empty one is told from the beginning.
        let (mut record, mut found) = (b"\xff".to_vec(), Vec::new());
        while merge.next(&mut record).unwrap() {
            found.push(record.clone());
        }
        assert!(found.into_iter().eq(expected));
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
