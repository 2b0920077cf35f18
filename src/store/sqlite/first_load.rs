//! The first load: a fresh database file, filled without syncing, then put in the place of the empty one.
//!
//! Only for whoever holds the exclusive process lock, and only while the store holds no professional, structure or mailbox. The fresh
//! file starts as a copy of everything else the store knows (accounts, operators, domains, journal). The old file is checkpointed and
//! closed and its WAL and shm files are removed before the rename: a rename over a database with a live WAL would lose the load.
//! A kill at any step leaves either the old store or the new one, and at most a stray file under `staging/`.

use super::super::data_dir::{DataDir, ProcessLock};
use super::plan::attach_read_only;
use super::staging::sync_folder;
use super::{apply, db, writer_connection};
use crate::error::{Error, Result, at_path};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, Executor, SqliteConnection};
use std::path::{Path, PathBuf};

const EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM professional) AND NOT EXISTS (SELECT 1 FROM structure)
    AND NOT EXISTS (SELECT 1 FROM mailbox)";
const ONE_CAUSE: &str = "INSERT INTO change (run, kind, key, withdraws, at) VALUES ($1, 'all', '', 1, $2)";
const BEGIN_RUN: &str = "INSERT INTO import_run (state, staging, planned, applied, started_at, report)
    VALUES ('applying', '', 0, 0, $1, '') RETURNING id";
const INDEXES: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";

/// Loads the plan of a sealed staging file. `reached` is told each step before it is taken; an error of it stops there.
///
/// Returns the last change number, or `None`, having done nothing, when the store is not empty after all.
///
/// # Errors
/// The store as it was stands whenever an error is returned.
pub async fn first_load(
    _lock: &ProcessLock,
    data: &DataDir,
    staging: &Path,
    now: i64,
    report: &(dyn Fn(i64) -> String + Sync),
    reached: &(dyn Fn(&'static str) -> Result<()> + Sync),
) -> Result<Option<i64>> {
    let (old, fresh) = (data.database(), data.staging().join("first-load.sqlite3"));
    if fresh.exists() {
        std::fs::remove_file(&fresh).map_err(at_path(&fresh))?;
    }
    reached("copy")?;
    if !copy(&old, &fresh).await? {
        return Ok(None);
    }
    reached("load")?;
    let last = load(&fresh, staging, now, report).await?;
    reached("sync")?;
    std::fs::File::open(&fresh).and_then(|f| f.sync_all()).map_err(at_path(&fresh))?;
    reached("replace")?;
    for suffix in ["-wal", "-shm"] {
        let beside = with_suffix(&old, suffix);
        if beside.exists() {
            std::fs::remove_file(&beside).map_err(at_path(&beside))?;
        }
    }
    reached("rename")?;
    std::fs::rename(&fresh, &old).map_err(at_path(&fresh))?;
    reached("done")?;
    sync_folder(&old)?;
    Ok(Some(last))
}

/// Copies the store, closing it with nothing left in its WAL. `false` when it is not empty.
async fn copy(old: &Path, fresh: &Path) -> Result<bool> {
    let failed = || db("the store could not be copied");
    let mut connection = writer_connection(old).await?;
    let empty: bool = sqlx::query_scalar(EMPTY).fetch_one(&mut connection).await.map_err(failed())?;
    if empty {
        sqlx::query("VACUUM INTO $1").bind(fresh.to_string_lossy()).execute(&mut connection).await.map_err(failed())?;
        let (busy, _, _): (i64, i64, i64) =
            sqlx::query_as("PRAGMA wal_checkpoint(TRUNCATE)").fetch_one(&mut connection).await.map_err(failed())?;
        if busy != 0 {
            return Err(Error::conflict("another process reads the store: the first load needs it alone"));
        }
    }
    connection.close().await.map_err(failed())?;
    Ok(empty)
}

async fn load(fresh: &Path, staging: &Path, now: i64, report: &(dyn Fn(i64) -> String + Sync)) -> Result<i64> {
    let failed = || db("the fresh store could not be loaded");
    let mut connection = SqliteConnectOptions::new()
        .filename(fresh)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .locking_mode(SqliteLockingMode::Exclusive)
        .pragma("cache_size", "-400000")
        .disable_statement_logging()
        .connect()
        .await
        .map_err(failed())?;
    attach_read_only(&mut connection, staging, "staging").await?;
    let stretches = apply::stretches(&mut connection).await?;
    let mut write = connection.begin().await.map_err(failed())?;
    let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES).fetch_all(&mut *write).await.map_err(failed())?;
    for (name, _) in &indexes {
        run_schema(&mut write, format!("DROP INDEX {name}")).await?;
    }
    let run: i64 = sqlx::query_scalar(BEGIN_RUN).bind(now).fetch_one(&mut *write).await.map_err(failed())?;
    for stretch in stretches.iter().filter(|s| s.kind != "cause") {
        stretch.apply(&mut write, stretch.first, stretch.last, now, run).await?;
    }
    for (_, sql) in indexes {
        run_schema(&mut write, sql).await?;
    }
    sqlx::query(ONE_CAUSE).bind(run).bind(now).execute(&mut *write).await.map_err(failed())?;
    let planned = stretches.iter().filter(|s| s.kind != "cause").map(|s| s.last - s.first + 1).sum();
    let last = apply::end_run(&mut write, Some(run), "", planned, now, report).await?;
    write.commit().await.map_err(failed())?;
    let check: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await.map_err(failed())?;
    if check != "ok" {
        return Err(Error::conflict("the fresh store did not pass its check; the store is as it was"));
    }
    connection.close().await.map_err(failed())?;
    Ok(last)
}

/// Runs a statement that the database itself wrote: its own schema, no value of anybody's.
async fn run_schema(connection: &mut SqliteConnection, sql: String) -> Result<()> {
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map_err(db("the indexes could not be made"))?;
    Ok(())
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}
