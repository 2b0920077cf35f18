//! What comes out of a line: a typed record, or a rejection that says where and why.

use super::{ActivityRow, ExpertiseRow, MailboxRow};

/// A well-formed row of one of the files, borrowed from the reader.
#[derive(Clone, Debug)]
pub enum Record<'a> {
    Activity(ActivityRow<'a>),
    Expertise(ExpertiseRow<'a>),
    Mailbox(MailboxRow<'a>),
}

impl Record<'_> {
    /// What is odd about an accepted row.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        match self {
            Self::Activity(row) => row.remarks(),
            Self::Expertise(row) => row.remarks(),
            Self::Mailbox(row) => row.remarks(),
        }
    }
}

/// A row kept aside.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// Header name of the column at fault, as the file writes it.
    pub column: String,
    /// For an administrator; never repeats a value.
    pub reason: String,
    /// Identification nationale or normalized address, when it can be read for sure: import closes nothing for it.
    pub readable_key: Option<String>,
}

/// An accepted row's oddity, counted and never a reason to drop it: a wrong key digit, a word outside its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Remark {
    /// Official name of the column.
    pub column: &'static str,
    pub what: &'static str,
}

impl Remark {
    pub(super) const WRONG_KEY: &'static str = "wrong key digit";
    pub(super) const UNKNOWN_WORD: &'static str = "unknown word, read as not stated";
}

/// A label seen in a row, to be learned: `table` is the nomenclature the code belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Label<'a> {
    pub table: &'a str,
    pub code: &'a str,
    pub label: &'a str,
}

impl<'a> Label<'a> {
    pub(super) fn new(table: &'a str, code: &'a str, label: &'a str) -> Self {
        Self { table, code, label }
    }

    pub(super) fn is_known(&self) -> bool {
        !self.code.is_empty() && !self.label.is_empty()
    }
}
