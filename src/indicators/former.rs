//! The mailboxes the public was shown the day before, with the cells they were counted in and a digest of what was shown of them: what came,
//! went and changed is told by comparing, one line at a time, two lists in the order of addresses.
//!
//! A list is a file of the data folder, for the owner of the service alone: `indicators/<day>.zst`, a JSON array a line. It is written
//! beside, synced and renamed when the walk has ended; the newest two stay. Without a list of a day before nothing is known to have moved.

use super::cell::{Cell, Cut, Measure};
use crate::error::{Error, Result, at_path};
use serde::Deserialize;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Lines, Write};
use std::path::{Path, PathBuf};

const SUFFIX: &str = ".zst";
/// Lists that stay: the one of today, and the one it was compared with, should today's be made again.
const KEPT: usize = 2;
const LEVEL: i32 = 3;

/// A mailbox of the day before.
struct Known {
    address: String,
    digest: String,
    cells: BTreeSet<Cell>,
}

/// A line of a list. A list of before there were digests has lines without one.
#[derive(Deserialize)]
struct Line(String, Vec<(String, String)>, #[serde(default)] String);

type Reader = Lines<BufReader<zstd::Decoder<'static, BufReader<File>>>>;

/// The list of a day before, being compared, and today's, being written.
pub struct Former {
    folder: PathBuf,
    day: String,
    before: Option<Reader>,
    /// Its day.
    compared_with: Option<String>,
    /// Read and not compared yet.
    next: Option<Known>,
    today: zstd::Encoder<'static, tempfile::NamedTempFile>,
}

impl Former {
    /// `folder`: made if it is not there; `day`: ISO, Europe/Paris.
    pub fn open(folder: &Path, day: &str) -> Result<Self> {
        std::fs::create_dir_all(folder).map_err(at_path(folder))?;
        let compared_with = days(folder)?.into_iter().rev().find(|known| known.as_str() < day);
        let before = compared_with.as_ref().map(|known| {
            let path = folder.join(format!("{known}{SUFFIX}"));
            let file = File::open(&path).map_err(at_path(&path))?;
            Ok(BufReader::new(zstd::Decoder::new(file).map_err(unreadable)?).lines())
        });
        // Readable by the owner alone.
        let draft = tempfile::Builder::new().prefix(".draft-").tempfile_in(folder).map_err(at_path(folder))?;
        let today = zstd::Encoder::new(draft, LEVEL).map_err(unwritable)?;
        let (folder, day) = (folder.to_owned(), day.to_owned());
        let mut former = Self { folder, day, before: before.transpose()?, compared_with, next: None, today };
        former.advance()?;
        if former.next.as_ref().is_some_and(|known| known.digest.is_empty()) {
            (former.before, former.compared_with, former.next) = (None, None, None);
        }
        Ok(former)
    }

    /// The day of the list that today's is compared with.
    pub(super) fn compared_with(&self) -> Option<&str> {
        self.compared_with.as_deref()
    }

    /// Today's next mailbox, with a digest of what is shown of it: what went before it, and whether it came or changed.
    pub(super) fn pass(&mut self, address: &str, digest: &str, cells: &BTreeSet<Cell>) -> Result<Vec<(BTreeSet<Cell>, Measure)>> {
        let known = self.before.is_some();
        let mut moved = Vec::new();
        while self.next.as_ref().is_some_and(|before| before.address.as_str() < address) {
            moved.extend(self.next.take().map(|before| (before.cells, Measure::MailboxesGone)));
            self.advance()?;
        }
        match self.next.take_if(|before| before.address == address) {
            Some(before) => {
                if before.digest != digest {
                    moved.push((cells.clone(), Measure::MailboxesChanged));
                }
                self.advance()?;
            }
            None if known => moved.push((cells.clone(), Measure::MailboxesCreated)),
            None => {}
        }
        let cells: Vec<_> = cells.iter().filter(|cell| cell.cut != Cut::National).map(|cell| (cell.cut.word(), &cell.key)).collect();
        let line =
            serde_json::to_vec(&(address, cells, digest)).map_err(|e| Error::internal("the list of mailboxes cannot be written", e))?;
        self.today.write_all(&line).and_then(|()| self.today.write_all(b"\n")).map_err(unwritable)?;
        Ok(moved)
    }

    /// What is left of the day before.
    pub(super) fn end(&mut self) -> Result<Vec<BTreeSet<Cell>>> {
        let mut left = Vec::new();
        while let Some(before) = self.next.take() {
            left.push(before.cells);
            self.advance()?;
        }
        Ok(left)
    }

    fn advance(&mut self) -> Result<()> {
        let Some(lines) = &mut self.before else { return Ok(()) };
        let Some(line) = lines.next() else {
            self.next = None;
            return Ok(());
        };
        let damaged = |e| Error::internal("the list of the mailboxes of before cannot be read", e);
        let Line(address, cells, digest) = serde_json::from_str(&line.map_err(unreadable)?).map_err(damaged)?;
        let cells = cells.into_iter().filter_map(|(cut, key)| Some(Cell::new(Cut::parse(&cut)?, key)));
        self.next = Some(Known { address, digest, cells: cells.chain([Cell::nation()]).collect() });
        Ok(())
    }

    /// Today's list is whole.
    pub(super) fn keep(self) -> Result<()> {
        let Self { folder, day, today, .. } = self;
        let draft = today.finish().map_err(unwritable)?;
        draft.as_file().sync_all().map_err(unwritable)?;
        let path = folder.join(day + SUFFIX);
        draft.persist(&path).map_err(|error| at_path(&path)(error.error))?;
        let mut known = days(&folder)?;
        let old = known.len().saturating_sub(KEPT);
        for old in known.drain(..old) {
            let path = folder.join(old + SUFFIX);
            std::fs::remove_file(&path).map_err(at_path(&path))?;
        }
        File::open(&folder).and_then(|folder| folder.sync_all()).map_err(at_path(&folder))
    }
}

/// Days there is a list of, in order.
fn days(folder: &Path) -> Result<Vec<String>> {
    let entries = std::fs::read_dir(folder).map_err(at_path(folder))?;
    let name = |entry: std::fs::DirEntry| entry.file_name().into_string().ok()?.strip_suffix(SUFFIX).map(str::to_owned);
    let mut days: Vec<String> = entries.flatten().filter_map(name).filter(|day| !day.starts_with('.')).collect();
    days.sort_unstable();
    Ok(days)
}

fn unwritable(error: std::io::Error) -> Error {
    Error::internal(format!("the list of mailboxes cannot be written: {}", error.kind()), error)
}

fn unreadable(error: std::io::Error) -> Error {
    Error::internal("the list of the mailboxes of before cannot be read", error)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of `b=2` the address is `b` and the digest `2`; it is `1` unless said.
    fn day(folder: &Path, day: &str, mailboxes: &[&str]) -> Vec<(String, Measure)> {
        let mut former = Former::open(folder, day).unwrap();
        let mut moved = Vec::new();
        for mailbox in mailboxes {
            let (address, digest) = mailbox.split_once('=').unwrap_or((mailbox, "1"));
            let cells = BTreeSet::from([Cell::nation(), Cell::new(Cut::Domain, address)]);
            moved.extend(former.pass(address, digest, &cells).unwrap());
        }
        moved.extend(former.end().unwrap().into_iter().map(|cells| (cells, Measure::MailboxesGone)));
        former.keep().unwrap();
        let name = |cells: BTreeSet<Cell>| cells.into_iter().find(|cell| cell.cut == Cut::Domain).unwrap().key;
        moved.into_iter().map(|(cells, measure)| (name(cells), measure)).collect()
    }

    #[test]
    fn what_came_and_went_is_found_and_a_day_made_again_is_the_same() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        assert_eq!(day(folder, "2026-11-01", &["b", "d"]), []);
        let came = |name: &str| (name.to_owned(), Measure::MailboxesCreated);
        let went = |name: &str| (name.to_owned(), Measure::MailboxesGone);
        let changed = |name: &str| (name.to_owned(), Measure::MailboxesChanged);
        for _ in 0..2 {
            let moved = day(folder, "2026-11-02", &["a", "b=2", "c", "e"]);
            assert_eq!(moved, [came("a"), changed("b"), came("c"), went("d"), came("e")]);
        }
        assert_eq!(day(folder, "2026-11-05", &[]), ["a", "b", "c", "e"].map(went));
        assert_eq!(day(folder, "2026-11-06", &["z"]), [came("z")]);
        assert_eq!(days(folder).unwrap(), ["2026-11-05", "2026-11-06"]);
        drop(Former::open(folder, "2026-11-07").unwrap());
        assert_eq!(std::fs::read_dir(folder).unwrap().count(), 2, "what is given up leaves nothing");
    }
    #[test]
    fn a_list_without_digests_is_compared_with_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let list = zstd::encode_all(&b"[\"a\",[]]\n[\"b\",[]]\n"[..], LEVEL).unwrap();
        std::fs::write(folder.path().join("2026-11-01.zst"), list).unwrap();
        assert_eq!(Former::open(folder.path(), "2026-11-02").unwrap().compared_with(), None);
        assert_eq!(day(folder.path(), "2026-11-02", &["a", "c"]), []);
        assert_eq!(Former::open(folder.path(), "2026-11-03").unwrap().compared_with(), Some("2026-11-02"));
    }
}
