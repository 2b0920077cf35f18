//! Many rows into one table: statements of some hundred rows each, filled by a thread beside the one that runs them.
//!
//! The same rows go to two places: the winners' tables of a staging database, to be compared with the store, or the tables of a fresh
//! store. [`Place`] knows the columns of both. A value that stands in the row before is shared with it and not copied.
//!
//! Statements are made of the names and marks of this file, or are the database's own schema; values are bound.

use super::db;
use crate::error::{Error, Result};
use sqlx::sqlite::SqliteArguments;
use sqlx::{Arguments as _, AssertSqlSafe, Executor as _, SqliteConnection};
use std::fmt::Write as _;
use std::sync::Arc;
use tokio::sync::mpsc;

/// Values of one statement at most; SQLite allows 32,766.
const VALUES: usize = 8_000;
/// Statements waiting to be run.
const WAITING: usize = 3;

/// Where rows go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Staging,
    /// A fresh store; its mailboxes are created at this time.
    Fresh(i64),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Table {
    Person,
    Exercise,
    SavoirFaire,
    Activity,
    Structure,
    /// Structures as the mailbox file describes them, by the key it names them by; staging only.
    Described,
    Alias,
    Mailbox,
    Attachment,
    /// Staging only.
    Label,
}

impl Table {
    const ALL: [Self; 10] = [
        Self::Person,
        Self::Exercise,
        Self::SavoirFaire,
        Self::Activity,
        Self::Structure,
        Self::Described,
        Self::Alias,
        Self::Mailbox,
        Self::Attachment,
        Self::Label,
    ];

    /// What stands before the rows, and one row: a question mark for each value.
    fn shape(self, place: Place) -> (&'static str, String) {
        let marks = |count: usize| format!("({})", vec!["?"; count].join(","));
        let (into, row) = match (self, place) {
            (Self::Person, Place::Staging) => {
                ("n_person (file, id, origin, id_type, id_value, civility, exercise_civility, family, given)", marks(9))
            }
            (Self::Person, Place::Fresh(_)) => {
                ("professional (id, origin, id_type, id_value, civility, exercise_civility, family, given)", marks(8))
            }
            (Self::Exercise, Place::Staging) => ("c_exercise (file, professional, profession, category)", marks(4)),
            (Self::Exercise, Place::Fresh(_)) => ("exercise (professional, profession, category)", marks(3)),
            (Self::SavoirFaire, Place::Staging) => ("n_savoir_faire (professional, source, profession, category, kind, code)", marks(6)),
            (Self::SavoirFaire, Place::Fresh(_)) => ("savoir_faire (professional, source, profession, category, kind, code)", marks(6)),
            (Self::Activity, Place::Staging) => ("n_activity", marks(10)),
            (Self::Activity, Place::Fresh(_)) => ("activity", marks(10).replacen("?,?", "?,unhex(?)", 1)),
            (Self::Structure, Place::Staging) => ("n_structure", marks(28)),
            (Self::Structure, Place::Fresh(_)) => ("structure", marks(28).replace(')', ",NULL)")),
            (Self::Described, _) => (
                "c_structure (file, key_kind, key_value, id, name, trade_name, siret, siren, finess, finess_ej, legacy_id, recipient,
                  geographic, number, repetition, street_type, street, distribution, last_line, postal_code, insee, city, country_code,
                  country, department, phone, phone2, fax, email, sector)",
                marks(29).replace('(', "(5,"),
            ),
            (Self::Alias, Place::Staging) => ("n_alias", marks(3)),
            (Self::Alias, Place::Fresh(_)) => ("structure_alias", marks(3)),
            (Self::Mailbox, Place::Staging) => ("n_mailbox (address, kind, test, zero_papier, service)", marks(5)),
            (Self::Mailbox, Place::Fresh(now)) => (
                "mailbox (address, kind, test, zero_papier, service, source, operator, state, liste_rouge, frozen, phone,
                  phone_opposed, responsible, description, rank, in_extraction, created_at, changed_at, closed_at)",
                format!("(?,?,?,?,?,'extraction',NULL,'active',0,0,'',0,'','',NULL,1,{now},{now},NULL)"),
            ),
            (Self::Attachment, Place::Staging) => ("n_attachment", marks(5)),
            (Self::Attachment, Place::Fresh(_)) => ("attachment", marks(5)),
            (Self::Label, _) => ("n_label", marks(4)),
        };
        (into, row)
    }
}

#[derive(Clone, Copy, Debug)]
pub(super) enum Value<'a> {
    Text(&'a str),
    Number(i64),
    Nothing,
}

/// Rows of one table that fill a statement.
struct Batch {
    sql: Arc<str>,
    /// A last one of a table, smaller than the others, is not prepared for good.
    full: bool,
    values: SqliteArguments,
}

/// A table being filled.
struct Open {
    into: &'static str,
    row: String,
    full_rows: usize,
    sql: Arc<str>,
    values: SqliteArguments,
    rows: usize,
    total: u64,
    last: Vec<Arc<str>>,
}

/// Where the winners are handed over.
pub(super) struct Rows {
    pub place: Place,
    tables: Vec<Open>,
    to: mpsc::Sender<Batch>,
    nothing: Arc<str>,
}

impl Rows {
    fn new(place: Place, to: mpsc::Sender<Batch>) -> Self {
        let nothing: Arc<str> = Arc::from("");
        let open = |table: Table| {
            let (into, row) = table.shape(place);
            let columns = row.matches('?').count();
            let full_rows = VALUES / columns.max(1);
            let sql = statement(into, &row, full_rows);
            Open {
                into,
                row,
                full_rows,
                sql,
                values: SqliteArguments::default(),
                rows: 0,
                total: 0,
                last: vec![Arc::clone(&nothing); columns],
            }
        };
        Self { place, tables: Table::ALL.into_iter().map(open).collect(), to, nothing }
    }

    /// Appends a row: a value for each question mark of [`Table::shape`].
    pub fn push<'a>(&mut self, table: Table, values: impl IntoIterator<Item = Value<'a>>) -> Result<()> {
        let Some(open) = self.tables.get_mut(table as usize) else { return Ok(()) };
        for (value, last) in values.into_iter().zip(&mut open.last) {
            let added = match value {
                Value::Text("") => open.values.add(Arc::clone(&self.nothing)),
                Value::Text(text) => {
                    if **last != *text {
                        *last = Arc::from(text);
                    }
                    open.values.add(Arc::clone(last))
                }
                Value::Number(number) => open.values.add(number),
                Value::Nothing => open.values.add(None::<i64>),
            };
            added.map_err(|_| Error::conflict("a row could not be handed over"))?;
        }
        open.rows += 1;
        open.total += 1;
        if open.rows == open.full_rows {
            open.rows = 0;
            let batch = Batch { sql: Arc::clone(&open.sql), full: true, values: std::mem::take(&mut open.values) };
            send(&self.to, batch)?;
        }
        Ok(())
    }

    /// Rows a table was given.
    pub fn total(&self, table: Table) -> u64 {
        self.tables.get(table as usize).map_or(0, |open| open.total)
    }

    fn finish(self) -> Result<()> {
        for open in self.tables.into_iter().filter(|open| open.rows > 0) {
            send(&self.to, Batch { sql: statement(open.into, &open.row, open.rows), full: false, values: open.values })?;
        }
        Ok(())
    }
}

fn statement(into: &str, row: &str, rows: usize) -> Arc<str> {
    let mut sql = format!("INSERT INTO {into} VALUES {row}");
    for _ in 1..rows {
        let _ = write!(sql, ",{row}");
    }
    Arc::from(sql)
}

fn send(to: &mpsc::Sender<Batch>, batch: Batch) -> Result<()> {
    // Nobody listens after a failed statement, whose error is the one that is told.
    to.blocking_send(batch).map_err(|_| Error::conflict("the rows could not be written"))
}

/// Runs `produce` on a thread of its own and writes the rows it pushes.
pub(super) async fn fill<T: Send + 'static>(
    connection: &mut SqliteConnection,
    place: Place,
    produce: impl FnOnce(&mut Rows) -> Result<T> + Send + 'static,
) -> Result<T> {
    let (to, mut from) = mpsc::channel(WAITING);
    let producer = tokio::task::spawn_blocking(move || {
        let mut rows = Rows::new(place, to);
        let result = produce(&mut rows)?;
        rows.finish()?;
        Ok(result)
    });
    let mut written = Ok(());
    while let Some(batch) = from.recv().await {
        let query = sqlx::query_with(AssertSqlSafe(batch.sql), batch.values).persistent(batch.full);
        if let Err(error) = query.execute(&mut *connection).await.map_err(db("the rows could not be written")) {
            written = Err(error);
            break;
        }
    }
    drop(from);
    let produced = producer.await.map_err(|error| Error::internal("the rows could not be sorted", error))?;
    written?;
    produced
}

/// Runs a statement that the database itself wrote: its own schema, no value of anybody's.
pub(super) async fn run_schema(connection: &mut SqliteConnection, sql: String) -> Result<()> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map_err(db("the indexes could not be made"))?;
    Ok(())
}
