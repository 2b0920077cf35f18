//! The staging database of one import: a SQLite file of its own under `staging/`, filled without touching the store.
//!
//! What the big files say is sorted beside it first (see `contents`), and only the winners reach its tables, unless a first load takes
//! them straight to a fresh store. The small lists and the rejected rows travel as one JSON array a batch, read by `json_each`. Nothing
//! is synced while it is filled; [`Staging::seal`] syncs it before the first slice leans on it.

use super::super::data_dir::DataDir;
use super::super::import::{Candidate, FileFacts, Plan, RejectedRow, Scope, SourceFile};
use super::super::types::ListDocument;
use super::bulk::{self, Place};
use super::contents::{Contents, Sorted};
use super::winners::{self, Conflicts};
use super::{db, held, list_versions, plan};
use crate::error::{Error, Result, at_path};
use serde::Serialize;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Executor, SqliteConnection};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes of a batch at which it is worth writing.
const BATCH_BYTES: usize = 1 << 20;

const TABLES: [&str; 7] = [
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
    scoped: bool,
    held: Option<held::Counting>,
    /// While the files are read.
    contents: Option<Contents>,
    /// After that.
    sorted: Option<Arc<Sorted>>,
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
            .pragma("cache_size", "-64000")
            .pragma("temp_store", "file")
            .disable_statement_logging()
            .connect()
            .await
            .map_err(db("the staging database could not be made"))?;
        connection
            .execute(sqlx::raw_sql(include_str!("staging_schema.sql")))
            .await
            .map_err(db("the staging database could not be made"))?;
        Ok(Self {
            connection,
            batches: Default::default(),
            waiting: 0,
            scoped: false,
            held: Some(held::Counting::begin(data.database())),
            contents: Some(Contents::new(&data.staging())?),
            sorted: None,
            path,
        })
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Takes one statement of a file, `false` when it was said lately; [`Self::flush`] must be called from time to time, see
    /// [`Self::is_full`].
    pub fn add(&mut self, file: SourceFile, candidate: &Candidate<'_>) -> Result<bool> {
        let Some(contents) = &mut self.contents else { return Err(read_already()) };
        if let Some(new) = contents.add(file, candidate)? {
            return Ok(new);
        }
        let f = file.number();
        match *candidate {
            Candidate::Domain { name, description } => self.push(Table::Domain, &(f, name, description)),
            Candidate::Operator(o) => self.push(Table::Operator, &(f, &o.id, &o.name)),
            Candidate::Certificate { domain, name, operator } => {
                self.push(Table::Certificate, &(f, &name.key, &name.text, operator))?;
                self.push(Table::DomainCertificate, &(f, domain, &name.key))
            }
            _ => Ok(()),
        }
        .map(|()| true)
    }

    /// What lines of file 1 that are not read again say of a key.
    pub fn claim(&mut self, kind: &str, value: &str, structure: &str) -> Result<()> {
        let Some(contents) = &mut self.contents else { return Err(read_already()) };
        contents.claim(kind, value, structure)
    }

    /// Compares only this; `held` rows of the mailbox file outside it are of mailboxes that are an operator's.
    pub async fn scope(&mut self, scope: &Scope, held: u64) -> Result<()> {
        self.scoped = true;
        super::scope::fill(&mut self.connection, scope, held).await
    }

    /// What the store held when the import began: counted meanwhile, and not to be waited for by anybody who needs the store alone.
    pub(super) async fn held(&mut self) -> Result<held::Held> {
        match self.held.take() {
            Some(counting) => {
                let held = counting.end().await?;
                self.held = Some(held::Counting::Done(held.clone()));
                Ok(held)
            }
            None => Err(read_already()),
        }
    }

    /// Keeps a rejected row, and protects its key.
    pub fn reject(&mut self, row: &RejectedRow<'_>) -> Result<()> {
        if let Some(key) = row.protects {
            self.push(Table::Protected, &(row.file.number(), key))?;
        }
        self.push(Table::Rejection, &(row.file.code(), row.line, row.column, row.reason, row.excerpt))
    }

    /// Notes a file that was read to its end.
    pub fn add_file(&mut self, facts: &FileFacts) -> Result<()> {
        let counts = (facts.rows_read, facts.accepted, facts.duplicate, facts.rejected);
        let row = (facts.file.code(), &facts.name, &facts.edition, &facts.sha256, counts.0, counts.1, counts.2, counts.3);
        self.push(Table::File, &row)
    }

    /// Notes the liste blanche that was read, to be kept when the run is closed.
    pub async fn keep_list(&mut self, list: &ListDocument<'_>) -> Result<()> {
        list_versions::stage(&mut self.connection, list).await
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
        let mut conflicts = self.fill_labels().await?;
        let sorted = self.sorted()?;
        let failed = || db("the winners could not be staged");
        let mut write = self.connection.begin().await.map_err(failed())?;
        let winners = bulk::fill(&mut write, Place::Staging, move |rows| winners::things(&sorted, rows)).await?;
        write.commit().await.map_err(failed())?;
        conflicts.extend(winners.conflicts);
        let held = self.held().await?;
        let plan = plan::make(&mut self.connection, &data.database(), self.scoped, held, conflicts).await?;
        Ok(Plan { shared: winners.shared, ..plan })
    }

    /// The plan of what a first load compares with the store all the same: labels and the liste blanche. Gives the sorted rest along.
    pub(super) async fn plan_lists(&mut self, data: &DataDir) -> Result<Plan> {
        let conflicts = self.fill_labels().await?;
        let held = self.held().await?;
        plan::make(&mut self.connection, &data.database(), false, held, conflicts).await
    }

    async fn fill_labels(&mut self) -> Result<Conflicts> {
        self.flush().await?;
        let sorted = self.sorted()?;
        let failed = || db("the labels could not be staged");
        let mut write = self.connection.begin().await.map_err(failed())?;
        let winners = bulk::fill(&mut write, Place::Staging, move |rows| winners::labels(&sorted, rows)).await?;
        write.commit().await.map_err(failed())?;
        Ok(winners.conflicts)
    }

    /// What the big files say, sorted; no content is taken after it was asked for.
    pub(super) fn sorted(&mut self) -> Result<Arc<Sorted>> {
        if let Some(contents) = self.contents.take() {
            self.sorted = Some(Arc::new(contents.finish()?));
        }
        self.sorted.clone().ok_or_else(|| Error::conflict("the files could not be sorted"))
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

fn read_already() -> Error {
    Error::conflict("the files were read to their end")
}
