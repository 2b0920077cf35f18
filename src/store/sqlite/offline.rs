//! The database file of an export: tables of published entries and a full-text index, for use without a network.
//!
//! It is no store: it has no migrations and is never opened again by this program. It is made beside, without journal and without syncs,
//! because whoever makes it throws it away after any failure; closed, it is one file in rollback mode that needs no other beside it.
//! Its tables are described in docs/exports.md.

use super::db;
use crate::error::{Error, Result};
use crate::model::Kind;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, Executor as _, SqliteConnection};
use std::path::Path;

const SCHEMA: &str = r#"
CREATE TABLE edition (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE mailbox (address TEXT PRIMARY KEY, type TEXT NOT NULL, zero_papier TEXT, rank INTEGER, service TEXT, description TEXT,
    phone TEXT, updated_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE mailbox_holder (address TEXT NOT NULL, professional TEXT NOT NULL, PRIMARY KEY (address, professional)) WITHOUT ROWID;
CREATE TABLE mailbox_structure (address TEXT NOT NULL, structure TEXT NOT NULL, PRIMARY KEY (address, structure)) WITHOUT ROWID;
CREATE TABLE professional (id TEXT PRIMARY KEY, rpps TEXT, adeli TEXT, title TEXT, family_name TEXT NOT NULL, given_name TEXT NOT NULL,
    updated_at TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE exercise (professional TEXT NOT NULL, profession_code TEXT NOT NULL, profession TEXT NOT NULL, category_code TEXT NOT NULL,
    category TEXT NOT NULL);
CREATE TABLE specialty (professional TEXT NOT NULL, profession_code TEXT NOT NULL, category_code TEXT NOT NULL, type TEXT NOT NULL,
    code TEXT NOT NULL, label TEXT NOT NULL);
CREATE TABLE activity (professional TEXT NOT NULL, profession_code TEXT NOT NULL, category_code TEXT NOT NULL, mode TEXT, sector TEXT,
    role TEXT, structure TEXT);
CREATE TABLE structure (id TEXT PRIMARY KEY, name TEXT NOT NULL, trade_name TEXT, finess TEXT, finess_ej TEXT, siret TEXT,
    sector_code TEXT, sector TEXT, street TEXT, address_complement TEXT, postal_code TEXT, city TEXT, insee TEXT, department_code TEXT,
    department TEXT, country TEXT, phone TEXT, fax TEXT, updated_at TEXT NOT NULL) WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5 (kind UNINDEXED, id UNINDEXED, words, tokenize = "unicode61 remove_diacritics 2", prefix = '2 3');
"#;

const INDEXES: &str = "
CREATE INDEX mailbox_holder_of ON mailbox_holder (professional);
CREATE INDEX mailbox_structure_of ON mailbox_structure (structure);
CREATE INDEX exercise_of ON exercise (professional);
CREATE INDEX specialty_of ON specialty (professional);
CREATE INDEX specialty_code ON specialty (code);
CREATE INDEX activity_of ON activity (professional);
CREATE INDEX activity_at ON activity (structure);
CREATE INDEX structure_in ON structure (department_code, postal_code);
INSERT INTO search (search) VALUES ('optimize');
";

// $1 is an array of pairs: an entry as the JSON lines have it, and the words it is found by.
const MAILBOXES: [&str; 4] = [
    "INSERT INTO mailbox SELECT value ->> '$[0].address', value ->> '$[0].type', value ->> '$[0].zero_papier', value ->> '$[0].rank',
        value ->> '$[0].service', value ->> '$[0].description', value ->> '$[0].phone', value ->> '$[0].updated_at' FROM json_each($1)",
    "INSERT OR IGNORE INTO mailbox_holder SELECT e.value ->> '$[0].address', h.value ->> 'id'
        FROM json_each($1) AS e, json_each(e.value, '$[0].holders') AS h",
    "INSERT OR IGNORE INTO mailbox_structure SELECT e.value ->> '$[0].address', o.value ->> 'id'
        FROM json_each($1) AS e, json_each(e.value, '$[0].organizations') AS o",
    "INSERT INTO search (kind, id, words) SELECT 'mailbox', value ->> '$[0].address', value ->> 1 FROM json_each($1)",
];
const PROFESSIONALS: [&str; 5] = [
    "INSERT INTO professional SELECT value ->> '$[0].id', value ->> '$[0].rpps', value ->> '$[0].adeli', value ->> '$[0].title',
        value ->> '$[0].family_name', value ->> '$[0].given_name', value ->> '$[0].updated_at' FROM json_each($1)",
    "INSERT INTO exercise SELECT e.value ->> '$[0].id', x.value ->> '$.profession.code', x.value ->> '$.profession.label',
        x.value ->> '$.category.code', x.value ->> '$.category.label' FROM json_each($1) AS e, json_each(e.value, '$[0].exercises') AS x",
    "INSERT INTO specialty SELECT e.value ->> '$[0].id', x.value ->> '$.profession.code', x.value ->> '$.category.code',
        s.value ->> '$.type.code', s.value ->> 'code', s.value ->> 'label'
        FROM json_each($1) AS e, json_each(e.value, '$[0].exercises') AS x, json_each(x.value, '$.specialties') AS s",
    "INSERT INTO activity SELECT e.value ->> '$[0].id', a.value ->> '$.profession.code', a.value ->> '$.category.code',
        a.value ->> '$.mode.code', a.value ->> '$.sector.code', a.value ->> '$.role.code', a.value ->> '$.organization.id'
        FROM json_each($1) AS e, json_each(e.value, '$[0].activities') AS a",
    "INSERT INTO search (kind, id, words) SELECT 'professional', value ->> '$[0].id', value ->> 1 FROM json_each($1)",
];
const STRUCTURES: [&str; 2] = [
    "INSERT INTO structure SELECT value ->> '$[0].id', value ->> '$[0].name', value ->> '$[0].trade_name', value ->> '$[0].finess',
        value ->> '$[0].finess_ej', value ->> '$[0].siret', value ->> '$[0].sector.code', value ->> '$[0].sector.label',
        value ->> '$[0].street', value ->> '$[0].address_complement', value ->> '$[0].postal_code', value ->> '$[0].city',
        value ->> '$[0].insee', value ->> '$[0].department.code', value ->> '$[0].department.label', value ->> '$[0].country',
        value ->> '$[0].phone', value ->> '$[0].fax', value ->> '$[0].updated_at' FROM json_each($1)",
    "INSERT INTO search (kind, id, words) SELECT 'structure', value ->> '$[0].id', value ->> 1 FROM json_each($1)",
];
const ABOUT: &str = "INSERT OR REPLACE INTO edition (name, value) VALUES ($1, $2)";

/// Bytes of entries put in by one set of statements.
const BATCH: usize = 1 << 20;

/// One entry for the file.
#[derive(Clone, Copy, Debug)]
pub struct OfflineEntry<'a> {
    pub kind: Kind,
    /// A JSON object, as the JSON lines of the export have it.
    pub json: &'a str,
    /// What it is found by, words apart.
    pub words: &'a str,
}

/// The file in the making. Dropped without [`Offline::finish`] it leaves a file that is not to be used.
#[derive(Debug)]
pub struct Offline {
    connection: SqliteConnection,
    kind: Kind,
    batch: String,
}

impl Offline {
    /// Makes the file; there must be none of that name.
    pub async fn create(path: &Path) -> Result<Self> {
        let options = SqliteConnectOptions::new()
            .filename(path)
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Off)
            .synchronous(SqliteSynchronous::Off)
            .disable_statement_logging();
        let mut connection = options.connect().await.map_err(db("the offline database could not be made"))?;
        let made = (&mut connection).execute(sqlx::raw_sql(SCHEMA)).await;
        made.map_err(db("the offline database could not be made"))?;
        let begun = (&mut connection).execute("BEGIN").await;
        begun.map_err(db("the offline database could not be made"))?;
        Ok(Self { connection, kind: Kind::Mailbox, batch: String::new() })
    }

    /// A line of the table `edition`.
    pub async fn about(&mut self, name: &str, value: &str) -> Result<()> {
        let put = sqlx::query(ABOUT).bind(name).bind(value).execute(&mut self.connection).await;
        put.map(|_| ()).map_err(db("the offline database could not be written"))
    }

    /// Entries of one kind come together, so that a batch is of one kind.
    pub async fn put(&mut self, entry: OfflineEntry<'_>) -> Result<()> {
        if entry.kind != self.kind || self.batch.len() > BATCH {
            self.write().await?;
            self.kind = entry.kind;
        }
        let words = serde_json::to_string(entry.words).map_err(|e| Error::internal("words of an entry", e))?;
        self.batch.push(if self.batch.is_empty() { '[' } else { ',' });
        self.batch.push('[');
        self.batch.push_str(entry.json);
        self.batch.push(',');
        self.batch.push_str(&words);
        self.batch.push(']');
        Ok(())
    }

    async fn write(&mut self) -> Result<()> {
        if self.batch.is_empty() {
            return Ok(());
        }
        self.batch.push(']');
        let statements: &[&'static str] = match self.kind {
            Kind::Mailbox => &MAILBOXES,
            Kind::Professional => &PROFESSIONALS,
            Kind::Structure => &STRUCTURES,
        };
        for statement in statements {
            let put = sqlx::query(*statement).bind(&*self.batch).execute(&mut self.connection).await;
            put.map_err(db("the offline database could not be written"))?;
        }
        self.batch.clear();
        Ok(())
    }

    /// Writes what waits, makes the indexes and closes the file. It is not synced.
    pub async fn finish(mut self) -> Result<()> {
        self.write().await?;
        for step in [INDEXES, "COMMIT", "PRAGMA journal_mode = DELETE", "ANALYZE"] {
            let done = (&mut self.connection).execute(sqlx::raw_sql(step)).await;
            done.map_err(db("the offline database could not be finished"))?;
        }
        self.connection.close().await.map_err(db("the offline database could not be closed"))
    }
}
