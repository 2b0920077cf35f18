//! The store's doors for the import of national files: a staging database, the plan made from it, and its application.
//!
//! An import never writes the store while it reads. [`Staging`] takes every distinct content its files give, row after row;
//! [`Staging::plan`] picks the winners, compares them with the store and orders what is to be written; [`Applying`] writes that plan in
//! short transactions that leave other writers their turn, and goes on where a killed process stopped; [`FirstLoad`] fills a fresh
//! database file with the winners instead, when nobody has the store open and it holds nothing.
//!
//! Here are the plain types of these doors. The decisions of an import (which file, which edition, how much may close, how long a
//! slice is) are made in `import/`, the SQL is in `sqlite/{staging,plan,apply,first_load}*`.

use super::Store;
use crate::error::Result;
use crate::model::{
    Activity, Address, Attachment, DistinguishedName, Exercise, Expertise, MailboxType, Operator, Professional, Structure, StructureKey,
};

pub use super::sqlite::apply::{Applying, Slice, drop_staging};
pub use super::sqlite::contents::structure_fields;
pub use super::sqlite::first_load::FirstLoad;
pub use super::sqlite::staging::Staging;

/// A file an import owns things by. The number orders them: where two name the same thing, the lower one's words win.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum SourceFile {
    PersonneActivite = 1,
    SavoirFaire = 2,
    Mailboxes = 5,
    ListeBlanche = 9,
}

impl SourceFile {
    pub const ALL: [Self; 4] = [Self::PersonneActivite, Self::SavoirFaire, Self::Mailboxes, Self::ListeBlanche];

    /// The word kept in `import_file.kind` and shown in reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PersonneActivite => "personne_activite",
            Self::SavoirFaire => "savoir_faire",
            Self::Mailboxes => "mailboxes",
            Self::ListeBlanche => "liste_blanche",
        }
    }

    /// Number used in the staging tables.
    #[must_use]
    pub fn number(self) -> i64 {
        self as i64
    }

    /// The file of a number.
    #[must_use]
    pub fn from_number(number: i64) -> Option<Self> {
        Self::ALL.into_iter().find(|file| file.number() == number)
    }
}

/// One statement of a file, to be weighed against the others. Equal ones are kept once.
#[derive(Clone, Copy, Debug)]
pub enum Candidate<'a> {
    Person(&'a Professional),
    Exercise {
        professional: &'a str,
        exercise: &'a Exercise,
    },
    Expertise {
        professional: &'a str,
        expertise: &'a Expertise,
    },
    Activity(&'a Activity),
    /// `key` is what a mailbox row names the structure by; `None` where its id is its own.
    Structure {
        structure: &'a Structure,
        key: Option<&'a StructureKey>,
    },
    StructureKey {
        key: &'a StructureKey,
        structure: &'a str,
    },
    /// `service` of a row that names no structure; empty otherwise, the attachment carries it.
    Mailbox {
        address: &'a Address,
        kind: MailboxType,
        zero_papier: Option<bool>,
        service: &'a str,
    },
    Attachment {
        mailbox: &'a Address,
        attachment: &'a Attachment,
    },
    Label {
        nomenclature: &'a str,
        code: &'a str,
        label: &'a str,
    },
    Domain {
        name: &'a str,
        description: &'a str,
    },
    /// Its state is not the list's to change.
    Operator(&'a Operator),
    Certificate {
        domain: &'a str,
        name: &'a DistinguishedName,
        operator: &'a str,
    },
}

/// A row kept aside.
#[derive(Clone, Debug)]
pub struct RejectedRow<'a> {
    pub file: SourceFile,
    pub line: u64,
    pub column: &'a str,
    pub reason: &'a str,
    /// The beginning of its bytes; empty when they may not be kept.
    pub excerpt: &'a str,
    /// Its key when it can be read: nothing of that key's is closed.
    pub protects: Option<&'a str>,
}

/// A file as it was read: `rows_read` = `accepted` + `duplicate` + `rejected`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileFacts {
    pub file: SourceFile,
    pub name: String,
    /// 12 digits, Europe/Paris.
    pub edition: String,
    pub sha256: String,
    pub rows_read: u64,
    pub accepted: u64,
    pub duplicate: u64,
    pub rejected: u64,
}

/// The last file applied of a kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastApplied {
    pub file: SourceFile,
    pub edition: String,
    pub sha256: String,
}

/// How many things of a kind the store holds, and how many of them a file would close.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shrink {
    pub file: SourceFile,
    pub thing: String,
    pub held: u64,
    pub closing: u64,
}

/// A key that several structures of file 1 carry: kind, value, their ids.
pub type SharedKey = (String, String, Vec<String>);

/// What a plan compares: these things, and with a structure the keys that name it, with a mailbox what it is attached to. Whoever draws
/// a scope answers for it that nothing outside differs from the store.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    pub people: Vec<String>,
    pub structures: Vec<String>,
    /// Kind and value.
    pub keys: Vec<(String, String)>,
    pub mailboxes: Vec<String>,
}

/// What a plan would do.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Keys among those compared that several structures of file 1 carry.
    pub shared: Vec<SharedKey>,
    /// Keys among those compared that name a structure although no row of file 1 says so.
    pub former: Vec<(String, String)>,
    /// Keys that one file gives two contents or more, by file and kind of thing.
    pub conflicts: Vec<(SourceFile, String, u64)>,
    pub shrinks: Vec<Shrink>,
    /// Kind of thing, effect (`created`, `changed`, `reopened`, `closed`, `removed`, `kept`, `confirmed`), how many.
    pub effects: Vec<(String, String, u64)>,
    /// Extraction rows whose mailbox is an operator's.
    pub held_by_operator: u64,
}

/// A run of which at least one slice was applied and that is not done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unfinished {
    pub run: i64,
    /// File name under `staging/`.
    pub staging: String,
    /// The report as it was when the run began, JSON.
    pub report: String,
}

impl Store {
    /// The last file applied of each kind.
    pub async fn last_applied(&self) -> Result<Vec<LastApplied>> {
        match self {
            Self::Sqlite(db) => db.last_applied().await,
        }
    }

    /// The last run that was done, and the store's id.
    pub async fn last_run(&self) -> Result<Option<(i64, String)>> {
        match self {
            Self::Sqlite(db) => db.last_run().await,
        }
    }

    /// Kind and key of what others than imports changed after a change number; `None` when that cannot be told any more.
    pub async fn touched_since(&self, seq: i64) -> Result<Option<Vec<(String, String)>>> {
        match self {
            Self::Sqlite(db) => db.touched_since(seq).await,
        }
    }

    /// What mailboxes are attached to: professional, kind and value of a structure's key; empty for none.
    pub async fn attached_to(&self, mailboxes: &[String]) -> Result<Vec<(String, String, String)>> {
        match self {
            Self::Sqlite(db) => db.attached_to(mailboxes).await,
        }
    }

    /// Kind and value of the keys that name structures.
    pub async fn keys_of(&self, structures: &[String]) -> Result<Vec<(String, String)>> {
        match self {
            Self::Sqlite(db) => db.keys_of(structures).await,
        }
    }

    /// Which structures keys name, and whether file 1 holds them: kind, value, structure.
    pub async fn named_by(&self, keys: &[(&str, &str)]) -> Result<Vec<(String, String, String, bool)>> {
        match self {
            Self::Sqlite(db) => db.named_by(keys).await,
        }
    }

    /// Those of the structures that file 1 holds.
    pub async fn structures_in_rpps(&self, structures: &[String]) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(db) => db.structures_in_rpps(structures).await,
        }
    }

    /// Structures of people's activities.
    pub async fn structures_worked_at(&self, people: &[String]) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(db) => db.structures_worked_at(people).await,
        }
    }

    /// Some thousand mailboxes that operators published, by operator and address, behind one of them; none at the end.
    pub async fn operator_addresses(&self, behind: (&str, &str)) -> Result<Vec<(String, String)>> {
        match self {
            Self::Sqlite(db) => db.operator_addresses(behind).await,
        }
    }

    /// The run that a kill interrupted after its first slice, if any.
    pub async fn unfinished_run(&self) -> Result<Option<Unfinished>> {
        match self {
            Self::Sqlite(db) => db.unfinished_run().await,
        }
    }
}
