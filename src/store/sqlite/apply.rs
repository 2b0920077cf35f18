//! Applying a plan to a store in use, slice by slice, on a connection of its own.
//!
//! The units of a run are the rows of the plan, then the rejected rows, then the causes for the projection; `import_run.applied` counts
//! them and is written in the same transaction as the slice, so a killed run goes on at the next unit. The first slice writes the run's
//! row: a run without a row was never applied and may be dropped. Causes come last and withdrawals first among them; a cause only names
//! what to look at again, so it does not matter that they may take more than one slice.

use super::super::data_dir::{DataDir, Waiting};
use super::super::import::Unfinished;
use super::super::journal::Trace;
use super::carry::CarryingOver;
use super::plan::attach_read_only;
use super::{Sqlite, apply_statements as statements, commit, db, list_versions, writer_connection};
use crate::error::{Error, Kind, Result, at_path};
use sqlx::{Connection, Executor as _, SqliteConnection};
use std::path::Path;
use std::time::Duration;

const STRETCHES: &str = "SELECT kind, min(seq), max(seq) FROM staging.plan GROUP BY kind ORDER BY min(seq)";
const REJECTIONS: &str = "SELECT count(*) FROM staging.rejection";
const CAUSES: &str = "SELECT count(*) FROM staging.cause";
const BEGIN_RUN: &str = "INSERT INTO import_run (state, staging, planned, applied, started_at, report)
    VALUES ('applying', $1, $2, 0, $3, $4) RETURNING id";
const ADVANCE: &str = "UPDATE import_run SET applied = $2 WHERE id = $1";
const END_RUN: &str = "UPDATE import_run SET state = 'done', ended_at = $2, report = $3 WHERE id = $1";
const LAST_CHANGE: &str = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0)";
const HELD: &str = "SELECT count(*) + coalesce((SELECT held FROM staging.scoped), 0)
    FROM staging.n_mailbox n CROSS JOIN mailbox m ON m.address = n.address WHERE m.source = 'operator'";
const UNFINISHED: &str = "SELECT id, staging, report FROM import_run WHERE state = 'applying' ORDER BY id LIMIT 1";
const APPLIED: &str = "SELECT applied FROM import_run WHERE id = $1";

/// A slice is held in memory until it is committed. From that many pages of log on, 64 MB, it is carried over by each slice, which waits for it;
/// before, beside the slices ([`CarryingOver`]).
const SPARING: [&str; 2] = ["PRAGMA cache_size = -24000", "PRAGMA wal_autocheckpoint = 16000"];

/// Units of one kind that follow each other: places `first..=last` in their table, `before` units of other kinds ahead of them.
#[derive(Clone, Debug)]
pub(super) struct Stretch {
    pub kind: String,
    pub first: i64,
    pub last: i64,
}

/// A run being applied. Dropping it leaves the run to be finished later.
#[derive(Debug)]
pub struct Applying {
    connection: SqliteConnection,
    staging: String,
    /// JSON, written with the first slice.
    report: String,
    run: Option<i64>,
    stretches: Vec<Stretch>,
    applied: u64,
    waiting: Waiting,
    carrying_over: CarryingOver,
}

/// One transaction that was committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// Units applied.
    pub units: u64,
    /// How long the write lock was held.
    pub held: Duration,
}

impl Applying {
    /// Prepares a run over a sealed staging file; the store is not written yet.
    pub async fn begin(data: &DataDir, staging: &Path, report: String) -> Result<Self> {
        let name = staging.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let mut connection = writer_connection(&data.database()).await?;
        for pragma in SPARING {
            connection.execute(pragma).await.map_err(db("the store could not be opened"))?;
        }
        attach_read_only(&mut connection, staging, "staging").await?;
        let stretches = stretches(&mut connection).await?;
        let carrying_over = CarryingOver::of(&data.database()).await?;
        Ok(Self { connection, staging: name, report, run: None, stretches, applied: 0, waiting: Waiting::new(data)?, carrying_over })
    }

    /// Takes up a run that was interrupted.
    ///
    /// # Errors
    /// `staging_missing` when its staging file is gone: the store then holds part of an import, and importing the same files again
    /// cannot be told from it.
    pub async fn resume(data: &DataDir, unfinished: &Unfinished) -> Result<Self> {
        let path = data.staging().join(&unfinished.staging);
        if !path.is_file() {
            return Err(Error::new(
                Kind::Conflict,
                "staging_missing",
                format!(
                    "import run {} was interrupted and its staging file {} is gone; put it back, or start from a new data folder",
                    unfinished.run,
                    path.display()
                ),
            ));
        }
        let mut applying = Self::begin(data, &path, unfinished.report.clone()).await?;
        let applied: i64 = sqlx::query_scalar(APPLIED)
            .bind(unfinished.run)
            .fetch_one(&mut applying.connection)
            .await
            .map_err(db("the interrupted run could not be read"))?;
        applying.run = Some(unfinished.run);
        applying.applied = applied.unsigned_abs();
        Ok(applying)
    }

    /// Units of the whole run.
    #[must_use]
    pub fn planned(&self) -> u64 {
        self.stretches.iter().map(Stretch::units).sum()
    }

    #[must_use]
    pub fn applied(&self) -> u64 {
        self.applied
    }

    /// Kind of the next unit and how many of that kind follow; `None` when all are applied.
    #[must_use]
    pub fn next(&self) -> Option<(&str, u64)> {
        self.place().map(|(stretch, skipped)| (stretch.kind.as_str(), stretch.units() - skipped))
    }

    fn place(&self) -> Option<(&Stretch, u64)> {
        let mut ahead = self.applied;
        for stretch in &self.stretches {
            if ahead < stretch.units() {
                return Some((stretch, ahead));
            }
            ahead -= stretch.units();
        }
        None
    }

    /// Applies the next units, `size` at most and of one kind, in one transaction. `clock` tells time since any origin.
    pub async fn slice(&mut self, size: u64, now: i64, clock: &(dyn Fn() -> Duration + Sync)) -> Result<Slice> {
        let Some((stretch, skipped)) = self.place() else { return Ok(Slice { units: 0, held: Duration::ZERO }) };
        let stretch = stretch.clone();
        let units = size.clamp(1, stretch.units() - skipped);
        let from = stretch.first + skipped as i64;
        let planned = self.planned() as i64;
        let mut write = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(db("the store could not be written"))?;
        let locked = clock();
        let run = match self.run {
            Some(run) => run,
            None => sqlx::query_scalar(BEGIN_RUN)
                .bind(&self.staging)
                .bind(planned)
                .bind(now)
                .bind(&self.report)
                .fetch_one(&mut *write)
                .await
                .map_err(db("the import run could not be written"))?,
        };
        stretch.apply(&mut write, from, from + units as i64 - 1, now, run).await?;
        let applied = (self.applied + units) as i64;
        sqlx::query(ADVANCE).bind(run).bind(applied).execute(&mut *write).await.map_err(db("the import run could not be written"))?;
        commit(write).await?;
        let held = clock().saturating_sub(locked);
        self.run = Some(run);
        self.applied += units;
        self.carrying_over.slice_written().await;
        Ok(Slice { units, held })
    }

    /// Does another writer wait for the store?
    pub fn awaited(&self) -> Result<bool> {
        self.waiting.anybody()
    }

    /// Rows of the mailbox file whose mailbox is an operator's, now.
    pub async fn held_by_operator(&mut self) -> Result<u64> {
        let held: i64 =
            sqlx::query_scalar(HELD).fetch_one(&mut self.connection).await.map_err(db("the mailboxes held could not be counted"))?;
        Ok(held.unsigned_abs())
    }

    /// Closes the run: its files, its report, and the word that it is done. `report` is given the last change number.
    /// Returns that number.
    pub async fn close(mut self, now: i64, report: &(dyn Fn(i64) -> String + Sync)) -> Result<i64> {
        let planned = self.planned() as i64;
        let mut write = self.connection.begin_with("BEGIN IMMEDIATE").await.map_err(db("the store could not be written"))?;
        let last = end_run(&mut write, self.run, &self.staging, planned, now, report).await?;
        commit(write).await?;
        self.carrying_over.end().await;
        self.connection.close().await.map_err(db("the store could not be closed"))?;
        Ok(last)
    }
}

impl Stretch {
    fn units(&self) -> u64 {
        (self.last - self.first + 1).unsigned_abs()
    }

    /// Writes the units at `from..=to`.
    pub(super) async fn apply(&self, write: &mut SqliteConnection, from: i64, to: i64, now: i64, run: i64) -> Result<()> {
        let list: &[&'static str] = match self.kind.as_str() {
            "rejection" => &[statements::REJECTIONS],
            "cause" => &[statements::LIST_LOADED, statements::CAUSES],
            kind => statements::of(kind),
        };
        for statement in list {
            let query = sqlx::query(*statement).bind(from).bind(to).bind(now).bind(run);
            query.execute(&mut *write).await.map_err(db("a slice of the import could not be applied"))?;
        }
        Ok(())
    }
}

/// All units of the attached staging database, in the order they are applied.
pub(super) async fn stretches(connection: &mut SqliteConnection) -> Result<Vec<Stretch>> {
    let failed = || db("the plan could not be read");
    let rows: Vec<(String, i64, i64)> = sqlx::query_as(STRETCHES).fetch_all(&mut *connection).await.map_err(failed())?;
    let mut stretches: Vec<_> = rows.into_iter().map(|(kind, first, last)| Stretch { kind, first, last }).collect();
    for (kind, count) in [("rejection", REJECTIONS), ("cause", CAUSES)] {
        let last: i64 = sqlx::query_scalar(count).fetch_one(&mut *connection).await.map_err(failed())?;
        if last > 0 {
            stretches.push(Stretch { kind: kind.to_owned(), first: 1, last });
        }
    }
    Ok(stretches)
}

/// The end of a run, inside the caller's transaction; makes the run's row when no slice did.
pub(super) async fn end_run(
    write: &mut SqliteConnection,
    run: Option<i64>,
    staging: &str,
    planned: i64,
    now: i64,
    report: &(dyn Fn(i64) -> String + Sync),
) -> Result<i64> {
    let failed = || db("the import run could not be closed");
    let run: i64 = match run {
        Some(run) => run,
        None => {
            let query = sqlx::query_scalar(BEGIN_RUN).bind(staging).bind(planned).bind(now).bind("");
            query.fetch_one(&mut *write).await.map_err(failed())?
        }
    };
    sqlx::query(statements::LIST_LOADED).execute(&mut *write).await.map_err(failed())?;
    sqlx::query(statements::FILES).bind(run).execute(&mut *write).await.map_err(failed())?;
    list_versions::keep(write, now).await?;
    let last: i64 = sqlx::query_scalar(LAST_CHANGE).fetch_one(&mut *write).await.map_err(failed())?;
    sqlx::query(ADVANCE).bind(run).bind(planned).execute(&mut *write).await.map_err(failed())?;
    sqlx::query(END_RUN).bind(run).bind(now).bind(report(last)).execute(&mut *write).await.map_err(failed())?;
    let detail = serde_json::json!({ "run": run, "planned": planned, "last_change": last });
    super::traces::append(write, &Trace { at: now, actor: "import".to_owned(), action: "import".to_owned(), detail }).await?;
    Ok(last)
}

/// Removes staging files; call it only while holding the import lock and when no unfinished run needs one.
pub fn drop_staging(data: &DataDir) -> Result<()> {
    let folder = data.staging();
    for entry in std::fs::read_dir(&folder).map_err(at_path(&folder))?.flatten() {
        if entry.path().is_file() {
            std::fs::remove_file(entry.path()).map_err(at_path(&entry.path()))?;
        }
    }
    Ok(())
}

impl Sqlite {
    /// The run that a kill interrupted, if any.
    pub async fn unfinished_run(&self) -> Result<Option<Unfinished>> {
        let mut read = self.read().await?;
        let row: Option<(i64, String, String)> =
            sqlx::query_as(UNFINISHED).fetch_optional(&mut *read).await.map_err(db("reading the import runs"))?;
        Ok(row.map(|(run, staging, report)| Unfinished { run, staging, report }))
    }
}
