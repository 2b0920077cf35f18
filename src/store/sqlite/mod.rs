//! The store on SQLite: one writer connection, a pool of read-only ones, one file of statements a subject.
//!
//! WAL, `synchronous = FULL`: what a method acknowledges has reached the disk. Writes are `BEGIN IMMEDIATE` transactions on the single
//! writer, so two tasks of a process queue on the pool and two processes queue on SQLite's own lock (30 s). Questions that need several
//! statements run in one read transaction, which sees one state of the store.
//!
//! Statements are constants, listed by [`statements!`] and prepared by a test; values are bound, lists as one JSON array read by
//! `json_each`. Statement logging is off: a bound value may be a name or an address.

mod accounts;
mod alert_nowhere;
pub mod alert_read;
mod alerts;
pub(super) mod apply;
mod apply_statements;
mod assemble;
mod audit;
mod audit_retention;
mod audit_search;
mod audit_verify;
mod batches;
mod bulk;
mod carry;
mod changes;
pub(super) mod contents;
mod dependants;
mod dump;
mod exchanges;
mod feed;
pub(super) mod first_load;
mod held;
mod history;
mod indicators;
mod labels;
mod list_versions;
mod mailboxes;
mod meta;
mod names;
mod notices;
pub mod offline;
mod operators;
mod plan;
mod published;
mod publishing;
mod purge;
pub mod records;
mod rows;
mod runs;
mod scope;
pub(super) mod staging;
mod standings;
mod status;
mod traces;
mod trust;
mod winners;
mod winners_structures;

use super::data_dir::{DataDir, OpeningLock, ProcessLock, Waiting};
use crate::error::{Error, Kind, Result, STORAGE_FULL};
use sqlx::migrate::{MigrateError, Migrator};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection, Sqlite as Driver, SqliteConnection, SqlitePool, Transaction};
use std::path::Path;
use std::time::Duration;

static MIGRATOR: Migrator = sqlx::migrate!("migrations/sqlite");

const BUSY_TIMEOUT: Duration = Duration::from_secs(30);
/// Pages that a reading connection keeps, in KiB, the way SQLite wants it: what a build looks up again and again.
const READER_CACHE: &str = "-16000";
/// Bytes of the store that a reading connection sees as they lie in the system's memory, as many as SQLite allows: a look-up of a page that is
/// not kept is no call to the system then.
const READER_MAP: &str = "2147418112";
const READERS: u32 = 4;

/// Declares constant statements and lists them in `STATEMENTS`, for the test that prepares every one.
macro_rules! statements {
    ($($(#[$meta:meta])* $name:ident = $sql:expr;)+) => {
        $($(#[$meta])* const $name: &str = $sql;)+
        #[cfg(test)]
        pub(super) const STATEMENTS: &[&str] = &[$($name),+];
    };
}
use statements;

/// An open store. Dropping it releases the shared process lock.
#[derive(Debug)]
pub struct Sqlite {
    writer: SqlitePool,
    reader: SqlitePool,
    store_id: String,
    cursor_key: [u8; 32],
    waiting: Waiting,
    _lock: ProcessLock,
}

impl Sqlite {
    /// Opens, creates or migrates the database of a data folder.
    pub async fn open(data: &DataDir) -> Result<Self> {
        let folder = data.clone();
        let locks = tokio::task::spawn_blocking(move || Ok((ProcessLock::shared(&folder)?, OpeningLock::acquire(&folder)?)));
        let (lock, opening) = locks.await.map_err(|error| Error::internal("the store could not be locked", error))??;
        let path = data.database();
        let one = pool(1);
        let writer = one.connect_with(writer_options(&path)).await.map_err(db("the store could not be opened"))?;
        let mut connection = writer.acquire().await.map_err(db("the store could not be opened"))?;
        prepare(&mut connection).await?;
        let store_id = meta::store_id(&mut connection).await?;
        let cursor_key = meta::cursor_key(&mut connection).await?;
        drop(connection);
        drop(opening);
        let many = pool(READERS);
        let reader = many.connect_with(reader_options(&path)).await.map_err(db("the store could not be opened for reading"))?;
        Ok(Self { writer, reader, store_id, cursor_key, waiting: Waiting::new(data)?, _lock: lock })
    }

    /// Random, made with the store: an index that carries another one belongs to another store.
    #[must_use]
    pub fn store_id(&self) -> &str {
        &self.store_id
    }

    #[must_use]
    pub fn cursor_key(&self) -> [u8; 32] {
        self.cursor_key
    }

    /// Closes every connection; the write-ahead log is folded into the file by the last one.
    pub async fn close(&self) {
        self.reader.close().await;
        self.writer.close().await;
    }

    /// A write transaction: holds SQLite's write lock from its first statement, so that nothing read in it can change under it.
    async fn write(&self) -> Result<Transaction<'static, Driver>> {
        let _standing = self.waiting.stand();
        self.writer.begin_with("BEGIN IMMEDIATE").await.map_err(db("the store could not be written"))
    }

    /// A read transaction: every statement in it sees the same state.
    async fn read(&self) -> Result<Transaction<'static, Driver>> {
        self.reader.begin().await.map_err(db("the store could not be read"))
    }
}

/// Connections that stay. One that believes itself in a transaction that SQLite has ended, as it does when the disk is full, could begin no
/// other ever again: it gives way to a fresh one.
fn pool(connections: u32) -> SqlitePoolOptions {
    let options = SqlitePoolOptions::new().max_connections(connections).idle_timeout(None).max_lifetime(None);
    options.before_acquire(|connection, _| Box::pin(async move { Ok(!connection.is_in_transaction()) }))
}

/// A connection of its own for long work (an import), with the pragmas of the store: WAL, synchronous FULL, foreign keys, 30 s patience.
pub async fn writer_connection(path: &Path) -> Result<SqliteConnection> {
    writer_options(path).connect().await.map_err(db("the store could not be opened"))
}

/// Brings a database to the present schema, gives it an id and the embedded labels, chains its older journal. Does nothing to one that has
/// them.
/// The caller sees to it that no other process does the same at the same time.
pub async fn prepare(connection: &mut SqliteConnection) -> Result<()> {
    // `run` takes its connection in a way whose future the compiler cannot prove Send; `run_direct` is what it calls.
    MIGRATOR.run_direct(None, connection, false).await.map_err(migration_error)?;
    let mut transaction = connection.begin_with("BEGIN IMMEDIATE").await.map_err(db("the store could not be written"))?;
    meta::ensure_store_id(&mut transaction).await?;
    meta::ensure_cursor_key(&mut transaction).await?;
    labels::seed(&mut transaction).await?;
    audit_retention::carry_over(&mut transaction).await?;
    commit(transaction).await
}

fn writer_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY_TIMEOUT)
        .disable_statement_logging()
}

fn reader_options(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .read_only(true)
        .busy_timeout(BUSY_TIMEOUT)
        .pragma("cache_size", READER_CACHE)
        .pragma("mmap_size", READER_MAP)
        .disable_statement_logging()
}

/// Maps a database failure; `what` says which step failed. Neither SQL nor values are in it: SQLite's own texts hold table names only.
fn db(what: &'static str) -> impl FnOnce(sqlx::Error) -> Error {
    move |error| {
        // SQLITE_BUSY, _RECOVERY and _SNAPSHOT, after the patience of the connection or of the pool.
        let code = error.as_database_error().and_then(|e| e.code());
        let busy = matches!(error, sqlx::Error::PoolTimedOut) || code.is_some_and(|code| matches!(&*code, "5" | "261" | "517"));
        if busy {
            return Error::new(Kind::Busy, "store_busy", format!("{what}: the store is busy")).with_source(error);
        }
        if no_room(&error) {
            return Error::new(Kind::Unavailable, STORAGE_FULL, format!("{what}: there is no room on the disk")).with_source(error);
        }
        Error::internal(what, error)
    }
}

/// SQLITE_FULL, and the failures to write, sync, cut or lengthen a file: some file systems say only so that there is no room. Failures to
/// read are none of them: they tell of a damaged disk.
fn no_room(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|e| e.code());
    code.is_some_and(|code| matches!(&*code, "10" | "13" | "778" | "1034" | "1290" | "1546" | "4618" | "4874" | "5386"))
}

fn migration_error(error: MigrateError) -> Error {
    match error {
        MigrateError::VersionMissing(_) | MigrateError::VersionMismatch(_) => {
            Error::conflict("the store was written by another version of this program").with_source(error)
        }
        other => Error::internal("the store could not be brought to the present schema", other),
    }
}

async fn commit(transaction: Transaction<'_, Driver>) -> Result<()> {
    transaction.commit().await.map_err(db("the store could not commit"))
}

/// A list as one bound value, for `json_each`.
fn json<T: AsRef<str>>(items: impl IntoIterator<Item = T>) -> String {
    serde_json::Value::Array(items.into_iter().map(|item| item.as_ref().into()).collect()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sqlx::Executor;

    #[tokio::test]
    async fn every_constant_statement_prepares() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        prepare(&mut connection).await.unwrap();
        let lists = [
            accounts::STATEMENTS,
            alert_read::STATEMENTS,
            alerts::STATEMENTS,
            audit::STATEMENTS,
            batches::STATEMENTS,
            audit_retention::STATEMENTS,
            audit_search::STATEMENTS,
            audit_verify::STATEMENTS,
            changes::STATEMENTS,
            dependants::STATEMENTS,
            dump::STATEMENTS,
            exchanges::STATEMENTS,
            feed::STATEMENTS,
            history::STATEMENTS,
            indicators::STATEMENTS,
            labels::STATEMENTS,
            list_versions::STATEMENTS,
            mailboxes::STATEMENTS,
            meta::STATEMENTS,
            names::STATEMENTS,
            notices::STATEMENTS,
            operators::STATEMENTS,
            scope::STATEMENTS,
            published::STATEMENTS,
            publishing::STATEMENTS,
            purge::STATEMENTS,
            records::STATEMENTS,
            status::STATEMENTS,
            traces::STATEMENTS,
            trust::STATEMENTS,
        ];
        for sql in lists.into_iter().flatten() {
            (&mut connection).prepare(sqlx::SqlStr::from_static(sql)).await.unwrap_or_else(|error| panic!("{sql}\n{error}"));
        }
    }

    #[tokio::test]
    async fn a_full_disk_is_told_and_the_store_goes_on_when_there_is_room() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&DataDir::create_or_open(folder.path()).unwrap()).await.unwrap();
        let mut writer = store.writer.acquire().await.unwrap();
        (&mut *writer).execute("PRAGMA max_page_count = 1").await.unwrap();
        drop(writer);
        let error = store.set_alert_policy(&"x".repeat(4 << 20)).await.unwrap_err();
        assert_eq!((error.kind(), error.code()), (Kind::Unavailable, STORAGE_FULL), "{}", error.chain());
        // A transaction that SQLite ended by itself, as it does when it cannot write.
        let mut ended = store.write().await.unwrap();
        (&mut *ended).execute("ROLLBACK").await.unwrap();
        drop(ended);
        store.set_alert_policy("again").await.unwrap();
        assert_eq!(store.alert_policy().await.unwrap().as_deref(), Some("again"));
    }

    /// Batches of the projection and single writes must cost what they name, not what the store holds.
    #[tokio::test]
    async fn no_question_of_the_projection_scans_a_table() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        prepare(&mut connection).await.unwrap();
        let lists = [changes::STATEMENTS, mailboxes::STATEMENTS, published::STATEMENTS, records::STATEMENTS, dependants::STATEMENTS];
        // Asked by an operator or domain that leaves: rare, too.
        let passes = |sql: &str| sql.starts_with("SELECT NOT EXISTS") || dependants::PASSES.contains(&sql);
        for sql in lists.into_iter().flatten().filter(|sql| !passes(sql)) {
            let explain = sqlx::AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let plan: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(&mut connection).await.unwrap();
            for (_, _, _, step) in plan {
                // The lists themselves, and what was found by them so far, are walked.
                let walked =
                    ["json_each", "asked", "SCAN CONSTANT ROW", "box", "shared", "active", "attached", "(subquery", "SCAN sqlite_sequence"];
                let scans = step.starts_with("SCAN") && !walked.iter().any(|name| step.contains(name));
                assert!(!scans, "{step} in\n{sql}");
            }
        }
    }

    /// Rows of before keep what they say, and their activities are found by their old ids.
    #[tokio::test]
    async fn a_store_of_before_is_made_smaller_without_loss() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        let before = Migrator::with_migrations(MIGRATOR.iter().filter(|m| m.version < 4).cloned().collect());
        before.run_direct(None, &mut connection, false).await.unwrap();
        let rows = "INSERT INTO activity VALUES
                ('0fa1b2c3d4e5f60718293a4b', '81', '10', 'C', 'L', 'R1', 'SA07', '', 'FON-01', 'GENR01'),
                ('00a1b2c3d4e5f60718293a4b', '82', '60', 'C', 'S', '', '', 'A', '', '');
            INSERT INTO mailbox (address, domain, kind, source, operator, state, test, liste_rouge, liste_rouge_held, frozen, zero_papier,
                phone, phone_opposed, phone_opposed_held, responsible, service, description, rank, in_extraction, created_at, changed_at,
                closed_at)
            VALUES ('a.b@un.mssante.fr', 'un.mssante.fr', 'CAB', 'operator', 'op', 'closed', 2, 3, 4, 5, 6, 'p', 7, 8, 'r', 's', 'd', 9,
                10, 11, 12, 13)";
        (&mut connection).execute(sqlx::raw_sql(rows)).await.unwrap();
        prepare(&mut connection).await.unwrap();
        let activities: Vec<String> = sqlx::query_scalar(
            "SELECT concat_ws('|', lower(hex(id)), professional, profession, category, mode, structure, sector, section, role, genre)
                FROM activity ORDER BY professional",
        )
        .fetch_all(&mut connection)
        .await
        .unwrap();
        let expected = ["0fa1b2c3d4e5f60718293a4b|81|10|C|L|R1|SA07||FON-01|GENR01", "00a1b2c3d4e5f60718293a4b|82|60|C|S|||A||"];
        assert_eq!(activities, expected);
        let mailbox: String = sqlx::query_scalar(
            "SELECT concat_ws('|', address, domain, kind, source, operator, state, test, liste_rouge, liste_rouge_held, frozen,
                zero_papier, phone, phone_opposed, phone_opposed_held, responsible, service, description, rank, in_extraction, created_at,
                changed_at, closed_at) FROM mailbox WHERE domain = 'un.mssante.fr'",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(mailbox, "a.b@un.mssante.fr|un.mssante.fr|CAB|operator|op|closed|2|3|4|5|6|p|7|8|r|s|d|9|10|11|12|13");
        let indexes: i64 = sqlx::query_scalar(
            "SELECT count(*) FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ('activity', 'mailbox')",
        )
        .fetch_one(&mut connection)
        .await
        .unwrap();
        assert_eq!(indexes, 3);
    }
}
