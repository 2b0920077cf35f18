//! The staging database of one import: a SQLite file of its own under `staging/`, filled without touching the store.
//!
//! Contents are deduplicated here by a 128-bit hash before they are written, so the tables hold each distinct content once however often
//! the cross product of the files repeats it. Rows travel as one JSON array a batch, read by `json_each`: constant statements, no bound
//! value count to mind. Nothing is synced while it is filled; [`Staging::seal`] syncs it before the first slice leans on it.

use super::super::data_dir::DataDir;
use super::super::import::{Candidate, FileFacts, Plan, RejectedRow, SourceFile};
use super::{db, plan};
use crate::error::{Result, at_path};
use crate::model::is_test_domain;
use serde::Serialize;
use sha2::{Digest, Sha256};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::collections::HashSet;
use std::path::{Path, PathBuf};

/// Bytes of a batch at which it is worth writing.
const BATCH_BYTES: usize = 1 << 20;

const TABLES: [&str; 16] = [
    "INSERT INTO c_person SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7
     FROM json_each($1)",
    "INSERT INTO c_exercise SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)",
    "INSERT INTO c_savoir_faire SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)",
    "INSERT INTO c_activity SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
     value ->> 8, value ->> 9, value ->> 10 FROM json_each($1)",
    "INSERT INTO c_structure SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6, value ->> 7,
     value ->> 8, value ->> 9, value ->> 10, value ->> 11, value ->> 12, value ->> 13, value ->> 14, value ->> 15, value ->> 16,
     value ->> 17, value ->> 18, value ->> 19, value ->> 20, value ->> 21, value ->> 22, value ->> 23, value ->> 24, value ->> 25,
     value ->> 26, value ->> 27, value ->> 28, value ->> 29 FROM json_each($1)",
    "INSERT INTO c_structure_key SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)",
    "INSERT INTO c_mailbox SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6
     FROM json_each($1)",
    "INSERT INTO c_attachment SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)",
    "INSERT INTO c_label SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)",
    "INSERT INTO c_domain SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)",
    "INSERT INTO c_operator SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)",
    "INSERT INTO c_certificate SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($1)",
    "INSERT INTO c_domain_certificate SELECT value ->> 0, value ->> 1, value ->> 2 FROM json_each($1)",
    "INSERT OR IGNORE INTO protected SELECT value ->> 0, value ->> 1 FROM json_each($1)",
    "INSERT INTO rejection (kind, line, column_name, reason, excerpt)
     SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4 FROM json_each($1)",
    "INSERT OR REPLACE INTO file SELECT value ->> 0, value ->> 1, value ->> 2, value ->> 3, value ->> 4, value ->> 5, value ->> 6,
     value ->> 7 FROM json_each($1)",
];

/// Places in [`TABLES`].
#[derive(Clone, Copy)]
enum Table {
    Person,
    Exercise,
    SavoirFaire,
    Activity,
    Structure,
    StructureKey,
    Mailbox,
    Attachment,
    Label,
    Domain,
    Operator,
    Certificate,
    DomainCertificate,
    Protected,
    Rejection,
    File,
}

/// The staging database while its files are read.
#[derive(Debug)]
pub struct Staging {
    connection: SqliteConnection,
    path: PathBuf,
    /// One JSON array in the making for each statement of [`TABLES`].
    batches: [Vec<u8>; TABLES.len()],
    waiting: usize,
    seen: HashSet<u128>,
}

impl Staging {
    /// A new, empty one; `name` is its file name under `staging/`.
    pub async fn create(data: &DataDir, name: &str) -> Result<Self> {
        let path = data.staging().join(name);
        std::fs::create_dir_all(data.staging()).map_err(at_path(&path))?;
        let mut connection = SqliteConnectOptions::new()
            .filename(&path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .pragma("cache_size", "-200000")
            .pragma("temp_store", "file")
            .disable_statement_logging()
            .connect()
            .await
            .map_err(db("the staging database could not be made"))?;
        connection
            .execute(sqlx::raw_sql(include_str!("staging_schema.sql")))
            .await
            .map_err(db("the staging database could not be made"))?;
        Ok(Self { connection, path, batches: Default::default(), waiting: 0, seen: HashSet::new() })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes one statement of a file; [`Self::flush`] must be called from time to time, see [`Self::is_full`].
    pub fn add(&mut self, file: SourceFile, candidate: &Candidate<'_>) -> Result<()> {
        let f = file.number();
        match *candidate {
            Candidate::Person(p) => {
                self.once(Table::Person, &(f, &p.id, &p.id_type, &p.id_value, &p.civility, &p.exercise_civility, &p.family, &p.given))
            }
            Candidate::Exercise { professional, exercise: e } => self.once(Table::Exercise, &(f, professional, &e.profession, &e.category)),
            Candidate::Expertise { professional, expertise: e } => {
                self.once(Table::SavoirFaire, &(f, professional, &e.profession, &e.category, &e.kind, &e.code))
            }
            Candidate::Activity(a) => self.once(
                Table::Activity,
                &(f, &a.id, &a.professional, &a.profession, &a.category, &a.mode, &a.structure, &a.sector, &a.section, &a.role, &a.genre),
            ),
            Candidate::Structure { structure: s, key } => {
                let (kind, value) = key.map_or(("", ""), |k| (k.kind.code(), k.value.as_str()));
                let (a, number) = (&s.address, f.to_string());
                let texts: [&str; 30] = [
                    &number,
                    kind,
                    value,
                    &s.id,
                    &s.name,
                    &s.trade_name,
                    &s.siret,
                    &s.siren,
                    &s.finess,
                    &s.finess_ej,
                    &s.legacy_id,
                    &a.recipient,
                    &a.geographic,
                    &a.number,
                    &a.repetition,
                    &a.street_type,
                    &a.street,
                    &a.distribution,
                    &a.last_line,
                    &a.postal_code,
                    &a.insee,
                    &a.city,
                    &a.country_code,
                    &a.country,
                    &a.department,
                    &s.phone,
                    &s.phone2,
                    &s.fax,
                    &s.email,
                    &s.sector,
                ];
                self.once(Table::Structure, &texts.as_slice())
            }
            Candidate::StructureKey { key, structure } => self.once(Table::StructureKey, &(f, key.kind.code(), &key.value, structure)),
            Candidate::Mailbox { address, kind, zero_papier, service } => {
                let test = i64::from(is_test_domain(address.domain()));
                let row = (f, address.as_str(), address.domain(), kind.code(), test, zero_papier.map(i64::from), service);
                self.once(Table::Mailbox, &row)
            }
            Candidate::Attachment { mailbox, attachment: a } => {
                self.once(Table::Attachment, &(f, mailbox.as_str(), &a.professional, &a.structure_kind, &a.structure_value, &a.service))
            }
            Candidate::Label { nomenclature, code, label } => self.once(Table::Label, &(f, nomenclature, code, label)),
            Candidate::Domain { name, description } => self.once(Table::Domain, &(f, name, description)),
            Candidate::Operator(o) => self.once(Table::Operator, &(f, &o.id, &o.name)),
            Candidate::Certificate { domain, name, operator } => {
                self.once(Table::Certificate, &(f, &name.key, &name.text, operator))?;
                self.once(Table::DomainCertificate, &(f, domain, &name.key))
            }
        }
    }

    /// Has this row been read before, byte for byte? Remembers it.
    pub fn is_duplicate(&mut self, file: SourceFile, raw: &[u8]) -> bool {
        // 255: no statement's number, so that a row never equals a content.
        !self.seen.insert(hash(255, &[&file.number().to_be_bytes(), raw]))
    }

    /// Keeps a rejected row, and protects its key.
    pub fn reject(&mut self, row: &RejectedRow<'_>) -> Result<()> {
        if let Some(key) = row.protects {
            self.once(Table::Protected, &(row.file.number(), key))?;
        }
        self.push(Table::Rejection, &(row.file.code(), row.line, row.column, row.reason, row.excerpt))
    }

    /// Notes a file that was read to its end.
    pub fn add_file(&mut self, facts: &FileFacts) -> Result<()> {
        let counts = (facts.rows_read, facts.accepted, facts.duplicate, facts.rejected);
        let row = (facts.file.code(), &facts.name, &facts.edition, &facts.sha256, counts.0, counts.1, counts.2, counts.3);
        self.push(Table::File, &row)
    }

    fn once(&mut self, table: Table, row: &impl Serialize) -> Result<()> {
        let start = self.push_raw(table, row)?;
        let Some(batch) = self.batches.get_mut(table as usize) else { return Ok(()) };
        let key = hash(table as u8, &[batch.get(start..).unwrap_or_default()]);
        if self.seen.insert(key) {
            self.waiting += batch.len() - start;
        } else {
            batch.truncate(start.saturating_sub(1));
        }
        Ok(())
    }

    fn push(&mut self, table: Table, row: &impl Serialize) -> Result<()> {
        let start = self.push_raw(table, row)?;
        self.waiting += self.batches.get(table as usize).map_or(0, |b| b.len() - start);
        Ok(())
    }

    /// Appends a row to its batch after a separator; returns where the row itself begins.
    fn push_raw(&mut self, table: Table, row: &impl Serialize) -> Result<usize> {
        let Some(batch) = self.batches.get_mut(table as usize) else { return Ok(0) };
        batch.push(if batch.is_empty() { b'[' } else { b',' });
        let start = batch.len();
        serde_json::to_writer(&mut *batch, row).map_err(|e| crate::error::Error::internal("a row could not be staged", e))?;
        Ok(start)
    }

    /// Is it time to flush?
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.waiting >= BATCH_BYTES
    }

    /// Writes what waits.
    pub async fn flush(&mut self) -> Result<()> {
        self.waiting = 0;
        let mut transaction = self.connection.begin().await.map_err(db("rows could not be staged"))?;
        for (batch, statement) in self.batches.iter_mut().zip(TABLES) {
            if batch.is_empty() {
                continue;
            }
            batch.push(b']');
            let rows = String::from_utf8(std::mem::take(batch)).unwrap_or_default();
            sqlx::query(statement).bind(rows).execute(&mut *transaction).await.map_err(db("rows could not be staged"))?;
        }
        transaction.commit().await.map_err(db("rows could not be staged"))
    }

    /// Compares with the store and orders what is to be written. The store is only read.
    pub async fn plan(&mut self, data: &DataDir) -> Result<Plan> {
        self.flush().await?;
        self.seen = HashSet::new();
        plan::make(&mut self.connection, &data.database()).await
    }

    /// Closes and syncs: from here on a killed run can be finished from this file. Returns its path.
    pub async fn seal(self) -> Result<PathBuf> {
        self.connection.close().await.map_err(db("the staging database could not be closed"))?;
        let file = std::fs::File::open(&self.path).map_err(at_path(&self.path))?;
        file.sync_all().map_err(at_path(&self.path))?;
        sync_folder(&self.path)?;
        Ok(self.path)
    }

    /// Closes and removes it.
    pub async fn discard(self) -> Result<()> {
        self.connection.close().await.map_err(db("the staging database could not be closed"))?;
        std::fs::remove_file(&self.path).map_err(at_path(&self.path))
    }
}

/// Makes a file's entry in its folder durable.
pub(super) fn sync_folder(path: &Path) -> Result<()> {
    let folder = path.parent().unwrap_or(Path::new("."));
    std::fs::File::open(folder).and_then(|f| f.sync_all()).map_err(at_path(folder))
}

/// The first 128 bits of SHA-256: a collision would lose a row, so a keyless fast hash of hostile input will not do.
fn hash(space: u8, parts: &[&[u8]]) -> u128 {
    let mut hasher = Sha256::new();
    hasher.update([space]);
    for part in parts {
        hasher.update(part);
    }
    hasher.finalize().iter().take(16).fold(0, |sum, byte| sum << 8 | u128::from(*byte))
}
