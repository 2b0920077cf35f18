//! What `annuaire status` says of the store: totals and states, in one read transaction.

use super::super::types::{AppliedFile, MailboxCount, OperatorCount, RunStatus, Status, ThingCount};
use super::{Sqlite, db, meta, rows, statements};
use crate::error::Result;
use crate::model::{MailboxState, OperatorState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

const RUNS: i64 = 10;

statements! {
    TOTALS = "SELECT
        (SELECT count(*) FROM professional WHERE closed_at IS NULL) AS professionals,
        (SELECT count(*) FROM professional WHERE closed_at IS NOT NULL) AS professionals_closed,
        (SELECT count(*) FROM professional WHERE origin <> 'rpps' AND closed_at IS NULL) AS incomplete,
        (SELECT count(*) FROM exercise) AS exercises,
        (SELECT count(*) FROM savoir_faire) AS savoir_faire,
        (SELECT count(*) FROM activity) AS activities,
        (SELECT count(*) FROM structure WHERE closed_at IS NULL) AS structures,
        (SELECT count(*) FROM structure WHERE closed_at IS NOT NULL) AS structures_closed,
        (SELECT count(*) FROM attachment) AS attachments,
        (SELECT count(*) FROM domain WHERE listed = 1) AS domains_listed,
        (SELECT count(*) FROM domain WHERE listed = 0) AS domains_left,
        (SELECT count(*) FROM account WHERE revoked_at IS NULL) AS accounts,
        (SELECT count(*) FROM account WHERE revoked_at IS NOT NULL) AS accounts_closed,
        (SELECT count(*) FROM label) AS labels,
        (SELECT count(*) FROM rejection) AS rejections";
    MAILBOXES = "SELECT kind, source, state, count(*) AS count FROM mailbox GROUP BY kind, source, state ORDER BY kind, source, state";
    OPERATORS = "SELECT state, count(*) AS count FROM operator GROUP BY state ORDER BY state";
    FILES = "SELECT f.kind, f.name, f.edition, f.run, f.rows_read, f.accepted, f.duplicate, f.rejected FROM import_file AS f
        WHERE f.run = (SELECT max(g.run) FROM import_file AS g WHERE g.kind = f.kind) ORDER BY f.kind";
    LAST_RUNS = "SELECT id, state, planned, applied, started_at, ended_at FROM import_run ORDER BY id DESC LIMIT $1";
}

impl Sqlite {
    pub async fn status(&self) -> Result<Status> {
        let mut read = self.read().await?;
        let totals = sqlx::query(TOTALS).try_map(|row| totals(&row)).fetch_one(&mut *read);
        let mut status = totals.await.map_err(db("counting"))?;
        status.mailboxes = list(&mut read, MAILBOXES, mailboxes).await?;
        status.operators = list(&mut read, OPERATORS, operators).await?;
        status.files = list(&mut read, FILES, file).await?;
        let runs = sqlx::query(LAST_RUNS).bind(RUNS).try_map(|row| run(&row)).fetch_all(&mut *read);
        status.runs = runs.await.map_err(db("counting"))?;
        status.list_loaded = meta::list_loaded(&mut read).await?;
        drop(read);
        status.test_domains = self.test_domains().await?;
        status.last_change = self.last_change().await?;
        status.oldest_change = self.oldest_change().await?;
        Ok(status)
    }
}

async fn list<T: Send + Unpin>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    map: fn(&SqliteRow) -> sqlx::Result<T>,
) -> Result<Vec<T>> {
    sqlx::query(statement).try_map(move |row| map(&row)).fetch_all(connection).await.map_err(db("counting"))
}

/// Counts are never negative; SQLite has signed integers only.
fn count(row: &SqliteRow, column: &str) -> sqlx::Result<u64> {
    row.try_get::<i64, _>(column).map(i64::unsigned_abs)
}

fn totals(row: &SqliteRow) -> sqlx::Result<Status> {
    let things = |open: &str, closed: &str| Ok::<_, sqlx::Error>(ThingCount { open: count(row, open)?, closed: count(row, closed)? });
    Ok(Status {
        professionals: things("professionals", "professionals_closed")?,
        incomplete_professionals: count(row, "incomplete")?,
        exercises: count(row, "exercises")?,
        savoir_faire: count(row, "savoir_faire")?,
        activities: count(row, "activities")?,
        structures: things("structures", "structures_closed")?,
        attachments: count(row, "attachments")?,
        domains_listed: count(row, "domains_listed")?,
        domains_left: count(row, "domains_left")?,
        accounts: things("accounts", "accounts_closed")?,
        labels: count(row, "labels")?,
        rejections: count(row, "rejections")?,
        ..Status::default()
    })
}

fn mailboxes(row: &SqliteRow) -> sqlx::Result<MailboxCount> {
    Ok(MailboxCount {
        kind: row.try_get("kind")?,
        source: row.try_get("source")?,
        state: rows::word(row, "state", MailboxState::parse)?,
        count: count(row, "count")?,
    })
}

fn operators(row: &SqliteRow) -> sqlx::Result<OperatorCount> {
    Ok(OperatorCount { state: rows::word(row, "state", OperatorState::parse)?, count: count(row, "count")? })
}

fn file(row: &SqliteRow) -> sqlx::Result<AppliedFile> {
    Ok(AppliedFile {
        kind: row.try_get("kind")?,
        name: row.try_get("name")?,
        edition: row.try_get("edition")?,
        run: row.try_get("run")?,
        rows_read: count(row, "rows_read")?,
        accepted: count(row, "accepted")?,
        duplicate: count(row, "duplicate")?,
        rejected: count(row, "rejected")?,
    })
}

fn run(row: &SqliteRow) -> sqlx::Result<RunStatus> {
    Ok(RunStatus {
        id: row.try_get("id")?,
        state: row.try_get("state")?,
        planned: row.try_get("planned")?,
        applied: row.try_get("applied")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
    })
}
