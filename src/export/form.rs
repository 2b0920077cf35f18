//! The forms of file, and one of them in the making.

use super::packed::{Sum, Target};
use super::shelf::create;
use super::text_form::{TextFile, TextForm};
use super::{Sink, csv, extraction, jsonl, ldif, unwritable, vcard};
use crate::directory::{View, Walked};
use crate::error::{Error, Result};
use crate::model::Coded;
use crate::store::{Offline, OfflineEntry};
use crate::text;
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use tokio::runtime::Handle;

/// A form of file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Form {
    /// The official mailbox extraction of 31 columns.
    Extraction,
    /// One row a practice of an entry.
    Csv,
    /// One entry a line, as REST shows it.
    Jsonl,
    /// The LDAP tree (RFC 2849).
    Ldif,
    /// Address cards (RFC 6350).
    Vcard,
    /// A database with a full-text index.
    Sqlite,
}

impl Form {
    pub const ALL: [Self; 6] = [Self::Extraction, Self::Csv, Self::Jsonl, Self::Ldif, Self::Vcard, Self::Sqlite];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Extraction => "extraction",
            Self::Csv => "csv",
            Self::Jsonl => "jsonl",
            Self::Ldif => "ldif",
            Self::Vcard => "vcard",
            Self::Sqlite => "sqlite",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == name)
    }

    /// Name of the file in an edition, without what packing adds.
    #[must_use]
    pub fn file(self) -> &'static str {
        match self {
            Self::Extraction => "extraction.txt",
            Self::Csv => "annuaire.csv",
            Self::Jsonl => "annuaire.jsonl",
            Self::Ldif => "annuaire.ldif",
            Self::Vcard => "annuaire.vcf",
            Self::Sqlite => "annuaire.sqlite",
        }
    }

    /// The text form of it; `None` for a database.
    fn text(self, wanted: &Wanted<'_>) -> Option<Box<dyn TextForm + Send>> {
        Some(match self {
            Self::Extraction => Box::new(extraction::Extraction::default()),
            Self::Csv => Box::new(csv::Csv::default()),
            Self::Jsonl => Box::new(jsonl::JsonLines),
            Self::Ldif => Box::new(ldif::Ldif { context: wanted.context.map(str::to_owned), version: wanted.version }),
            Self::Vcard => Box::new(vcard::Cards::default()),
            Self::Sqlite => return None,
        })
    }
}

/// What a file is to say beside its entries.
#[derive(Clone, Copy, Debug)]
pub struct Wanted<'a> {
    /// LDIF: one naming context only.
    pub context: Option<&'a str>,
    /// LDIF: begin with the version line, as RFC 2849 demands; slapadd takes it for an entry and stops.
    pub version: bool,
    /// SQLite: rows of the table `edition`.
    pub about: &'a [(String, String)],
}

impl Default for Wanted<'_> {
    fn default() -> Self {
        Self { context: None, version: true, about: &[] }
    }
}

/// A finished file.
#[derive(Clone, Debug)]
pub struct Made {
    /// Rows, lines, entries or cards, the head not counted.
    pub rows: u64,
    pub content: Sum,
    /// Of the packed file, when it is one.
    pub file: Option<Sum>,
}

/// A file in the making. Blocking, on a thread that belongs to a runtime.
pub enum Making {
    Text(TextFile),
    Database(Box<Database>),
}

impl Making {
    /// Begins a file. A database is made at `beside` first, which is gone when it is finished: its bytes go to `target` then.
    pub fn begin(form: Form, wanted: &Wanted<'_>, target: Target, beside: &Path) -> Result<Self> {
        match form.text(wanted) {
            Some(text) => TextFile::begin(text, target).map(Self::Text),
            None => Database::begin(wanted, target, beside.to_owned()).map(Box::new).map(Self::Database),
        }
    }

    pub fn finish(self) -> Result<Made> {
        match self {
            Self::Text(text) => text.finish(),
            Self::Database(database) => database.finish(),
        }
    }
}

impl Sink for Making {
    fn entry(&mut self, entry: &Walked, view: &View) -> Result<()> {
        match self {
            Self::Text(text) => text.entry(entry, view),
            Self::Database(database) => database.entry(entry, view),
        }
    }
}

/// A database in the making.
pub struct Database {
    offline: Offline,
    target: Target,
    path: PathBuf,
    runtime: Handle,
    rows: u64,
}

impl Database {
    fn begin(wanted: &Wanted<'_>, target: Target, path: PathBuf) -> Result<Self> {
        let runtime = Handle::try_current().map_err(|e| Error::internal("a database is made on a thread of the runtime", e))?;
        // Made here, so that strangers do not read it.
        create(&path)?;
        let mut offline = runtime.block_on(Offline::create(&path))?;
        for (name, value) in wanted.about {
            runtime.block_on(offline.about(name, value))?;
        }
        Ok(Self { offline, target, path, runtime, rows: 0 })
    }

    fn finish(mut self) -> Result<Made> {
        self.runtime.block_on(self.offline.finish())?;
        io::copy(&mut File::open(&self.path).map_err(unwritable)?, &mut self.target).map_err(unwritable)?;
        std::fs::remove_file(&self.path).map_err(unwritable)?;
        let (content, file) = self.target.finish()?;
        Ok(Made { rows: self.rows, content, file })
    }
}

impl Sink for Database {
    fn entry(&mut self, entry: &Walked, view: &View) -> Result<()> {
        self.rows += 1;
        let json = jsonl::line(entry, view)?;
        let words = words(view);
        self.runtime.block_on(self.offline.put(OfflineEntry { kind: view.kind(), json: &json, words: &words }))
    }
}

/// What an entry is found by offline: names, professions, specialties, services, structures and their towns, each word once.
fn words(view: &View) -> String {
    let mut words: Vec<String> = Vec::new();
    let mut add = |text: &str| {
        for word in text::words(text) {
            if !words.contains(&word) {
                words.push(word);
            }
        }
    };
    for person in view.persons() {
        add(&person.family_name);
        add(&person.given_name);
    }
    if let View::Mailbox(mailbox) = view {
        add(&mailbox.mailbox.service);
        add(&mailbox.mailbox.description);
    }
    for practice in view.practices() {
        add(practice.profession.map_or("", |Coded { label, .. }| label));
        practice.specialties.iter().for_each(|specialty| add(&specialty.label));
        if let Some(place) = practice.organization {
            [&place.name, &place.trade_name, &place.city, &place.postal_code].into_iter().for_each(|text| add(text));
        }
    }
    words.join(" ")
}
