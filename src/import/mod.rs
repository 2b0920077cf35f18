//! Importing the national files: files → staging → plan → store, with report, guard and resume (semantics: "Importing a national
//! file").
//!
//! Reading decides nothing and locks nothing: every distinct content of every file is sorted by its key. For each key the content with
//! more filled fields wins, else the smaller one in byte order (file 1 before file 2 before the mailbox file), so that the order of rows
//! never matters. Where the store is empty and nobody has it open the winners make a fresh database file. Otherwise they are staged and
//! compared with the store; the plan closes only what the given files own, guards refuse one that shrinks the directory like a cut file
//! would, and it is applied in slices of at most 200 ms that leave it to whoever waits; a killed import is finished from its staging file by the
//! next start.
//!
//! The next edition of the same files is compared line by line with what was remembered of the last (see `daily`), and only what changed
//! lines speak of with the store.
//!
//! Refused whole, the store as it was: a file without an accepted row, an older edition, a liste blanche that is malformed or not signed as
//! the caller demands, an unsafe zip.

mod addition;
mod ahead;
mod archive;
mod daily;
mod edition;
mod fingerprint;
mod guard;
mod inputs;
mod memory;
mod memory_block;
mod memory_file;
mod memory_read;
mod memory_renew;
mod pace;
mod read;
mod recall;
mod recorder;
mod report;
mod run;
mod scope;
mod second;
mod statements;
mod today;
mod witnesses;

use crate::trust::Admission;
pub use pace::{AIM, Clock, Pace, REST};
pub use report::{Effects, FileReport, Report};
pub use run::{resume, resume_at, run, run_at};

/// What the administrator says besides the files.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// However much closes is meant.
    pub accept_shrink: bool,
    /// However many rows are rejected, import the others.
    pub accept_rejects: bool,
    /// An edition older than the last applied is meant.
    pub older: bool,
    /// Edition of files whose name carries none: 12 digits `AAAAMMJJhhmm`, Europe/Paris.
    pub edition: Option<String>,
    /// All but applying.
    pub dry_run: bool,
    /// What a liste blanche must show; nothing by default.
    pub list: Admission,
}

/// Told how an import goes; silent by default.
pub trait Progress: Send + Sync {
    /// A file is begun: its kind, its name, its plain size in bytes.
    fn file(&self, _kind: &str, _name: &str, _bytes: u64) {}
    /// Rows and bytes read of it so far.
    fn rows(&self, _rows: u64, _bytes: u64) {}
    /// Steps of the plan applied so far, of how many.
    fn applied(&self, _applied: u64, _planned: u64) {}
    /// What begins now, in words for an administrator.
    fn stage(&self, _what: &str) {}
}

/// No progress shown.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {}
