//! The first load: a fresh database file, filled without syncing, then put in the place of the empty one.
//!
//! Only for whoever holds the exclusive process lock, and only while the store holds no professional, structure or mailbox. The fresh
//! file starts as a copy of everything else the store knows (accounts, operators, domains, journal). With nothing to compare with, the
//! winners go from their sorts straight into its tables, in the order of their keys; only labels and the liste blanche have a plan.
//! The old file is checkpointed and closed and its WAL and shm files are removed before the rename: a rename over a database with a live
//! WAL would lose the load. A kill at any step leaves either the old store or the new one, and at most a stray file under `staging/`.

use super::super::data_dir::{DataDir, ProcessLock};
use super::super::import::{Plan, Staging};
use super::bulk::{self, Place};
use super::contents::Sorted;
use super::plan::attach_read_only;
use super::staging::sync_folder;
use super::{apply, db, winners, writer_connection};
use crate::error::{Error, Result, at_path};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::sync::Arc;

const EMPTY: &str = "SELECT NOT EXISTS (SELECT 1 FROM professional) AND NOT EXISTS (SELECT 1 FROM structure)
    AND NOT EXISTS (SELECT 1 FROM mailbox) AND NOT EXISTS (SELECT 1 FROM exercise) AND NOT EXISTS (SELECT 1 FROM savoir_faire)
    AND NOT EXISTS (SELECT 1 FROM activity) AND NOT EXISTS (SELECT 1 FROM structure_alias) AND NOT EXISTS (SELECT 1 FROM attachment)";
const ONE_CAUSE: &str = "INSERT INTO change (run, kind, key, withdraws, at) VALUES ($1, 'all', '', 1, $2)";
const BEGIN_RUN: &str = "INSERT INTO import_run (state, staging, planned, applied, started_at, report)
    VALUES ('applying', '', 0, 0, $1, '') RETURNING id";
const INDEXES: &str = "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY name";

/// KiB, the way SQLite wants it. Rows are appended in key order, which needs no more; and as much again, once for each thread, is what the
/// sorts of the indexes hold before they write to disk.
const CACHE: &str = "-16000";

/// A fresh database file that waits to be loaded.
#[derive(Debug)]
pub struct FirstLoad<'a> {
    data: &'a DataDir,
    /// Held until the fresh file has taken the old one's place.
    _lock: ProcessLock,
    fresh: PathBuf,
    plan: Plan,
    sorted: Arc<Sorted>,
    /// Of the staging database, for what has a plan.
    staged: PathBuf,
}

/// Told each step before it is taken; an error of it stops there.
pub type Reached<'a> = &'a (dyn Fn(&'static str) -> Result<()> + Sync);

impl<'a> FirstLoad<'a> {
    /// Copies what the store holds. `None`, having done nothing, when it holds people, structures or mailboxes.
    pub async fn begin(lock: ProcessLock, data: &'a DataDir, staging: &mut Staging, reached: Reached<'_>) -> Result<Option<Self>> {
        let fresh = data.staging().join("first-load.sqlite3");
        // Whoever counts must have left the store.
        staging.held().await?;
        if !copy(&data.database(), &fresh, reached).await? {
            return Ok(None);
        }
        let plan = staging.plan_lists(data).await?;
        let (sorted, staged) = (staging.sorted()?, staging.path().to_owned());
        Ok(Some(Self { data, _lock: lock, fresh, plan, sorted, staged }))
    }

    /// What would be done to labels, operators and domains; all else is created.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// Loads what was read. `report` is given what was created and the last change number.
    ///
    /// # Errors
    /// The store as it was stands whenever an error is returned.
    pub async fn load(self, now: i64, report: &(dyn Fn(&Plan, i64) -> String + Sync), reached: Reached<'_>) -> Result<(Plan, i64)> {
        let fresh = self.fresh.clone();
        let loaded = self.replace(now, report, reached).await;
        if loaded.is_err() {
            // They may be what the disk is full of. The first error is the one to tell.
            let _ = std::fs::remove_file(tight(&fresh));
            let _ = std::fs::remove_file(&fresh);
        }
        loaded
    }

    async fn replace(self, now: i64, report: &(dyn Fn(&Plan, i64) -> String + Sync), reached: Reached<'_>) -> Result<(Plan, i64)> {
        let (old, fresh) = (self.data.database(), &self.fresh);
        reached("load")?;
        let loaded = load(fresh, &self.staged, self.sorted, now, report).await?;
        reached("sync")?;
        std::fs::File::open(fresh).and_then(|f| f.sync_all()).map_err(at_path(fresh))?;
        reached("replace")?;
        for suffix in ["-wal", "-shm"] {
            let beside = with_suffix(&old, suffix);
            if beside.exists() {
                std::fs::remove_file(&beside).map_err(at_path(&beside))?;
            }
        }
        reached("rename")?;
        std::fs::rename(fresh, &old).map_err(at_path(fresh))?;
        reached("done")?;
        sync_folder(&old)?;
        Ok(loaded)
    }

    /// Gives up before anything was loaded.
    pub fn discard(self) -> Result<()> {
        std::fs::remove_file(&self.fresh).map_err(at_path(&self.fresh))
    }
}

/// Copies the store, closing it with nothing left in its WAL. `false` when it is not empty.
async fn copy(old: &Path, fresh: &Path, reached: Reached<'_>) -> Result<bool> {
    let failed = || db("the store could not be copied");
    let mut connection = writer_connection(old).await?;
    let empty: bool = sqlx::query_scalar(EMPTY).fetch_one(&mut connection).await.map_err(failed())?;
    if empty {
        reached("copy")?;
        if fresh.exists() {
            std::fs::remove_file(fresh).map_err(at_path(fresh))?;
        }
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

async fn load(
    fresh: &Path,
    staging: &Path,
    sorted: Arc<Sorted>,
    now: i64,
    report: &(dyn Fn(&Plan, i64) -> String + Sync),
) -> Result<(Plan, i64)> {
    let failed = || db("the fresh store could not be loaded");
    let mut connection = unsynced(fresh).connect().await.map_err(failed())?;
    attach_read_only(&mut connection, staging, "staging").await?;
    let stretches = apply::stretches(&mut connection).await?;
    let mut write = connection.begin().await.map_err(failed())?;
    let indexes: Vec<(String, String)> = sqlx::query_as(INDEXES).fetch_all(&mut *write).await.map_err(failed())?;
    for (name, _) in &indexes {
        bulk::run_schema(&mut write, format!("DROP INDEX {name}")).await?;
    }
    let run: i64 = sqlx::query_scalar(BEGIN_RUN).bind(now).fetch_one(&mut *write).await.map_err(failed())?;
    for stretch in stretches.iter().filter(|s| s.kind != "cause") {
        stretch.apply(&mut write, stretch.first, stretch.last, now, run).await?;
    }
    let winners = bulk::fill(&mut write, Place::Fresh(now), move |rows| winners::things(&sorted, rows)).await?;
    for (_, sql) in indexes {
        bulk::run_schema(&mut write, sql).await?;
    }
    sqlx::query(ONE_CAUSE).bind(run).bind(now).execute(&mut *write).await.map_err(failed())?;
    let listed: i64 = stretches.iter().filter(|s| s.kind != "cause").map(|s| s.last - s.first + 1).sum();
    let planned = listed + winners.written.iter().map(|(_, rows)| *rows as i64).sum::<i64>();
    let created = winners.into_plan();
    let last = apply::end_run(&mut write, Some(run), "", planned, now, &|last| report(&created, last)).await?;
    write.commit().await.map_err(failed())?;
    sqlx::query("DETACH staging").execute(&mut connection).await.map_err(failed())?;
    let tight = tight(fresh);
    if tight.exists() {
        std::fs::remove_file(&tight).map_err(at_path(&tight))?;
    }
    // Tables filled in the order of their keys have an eighth of each page free.
    sqlx::query("VACUUM INTO $1").bind(tight.to_string_lossy()).execute(&mut connection).await.map_err(failed())?;
    connection.close().await.map_err(failed())?;
    std::fs::rename(&tight, fresh).map_err(at_path(&tight))?;
    let mut connection = unsynced(fresh).connect().await.map_err(failed())?;
    let check: String = sqlx::query_scalar("PRAGMA quick_check(1)").fetch_one(&mut connection).await.map_err(failed())?;
    if check != "ok" {
        return Err(Error::conflict("the fresh store did not pass its check; the store is as it was"));
    }
    connection.close().await.map_err(failed())?;
    Ok((created, last))
}

/// Of a file that is thrown away whole after any failure.
fn unsynced(fresh: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(fresh)
        .journal_mode(SqliteJournalMode::Off)
        .synchronous(SqliteSynchronous::Off)
        .locking_mode(SqliteLockingMode::Exclusive)
        .pragma("cache_size", CACHE)
        .pragma("threads", "2")
        .disable_statement_logging()
}

/// Where the fresh file is written again without free room.
fn tight(fresh: &Path) -> PathBuf {
    with_suffix(fresh, "-tight")
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::process::Command;

    /// What the sorts and the cache of a first load may take, whatever they sort.
    const MEMORY: u64 = 150 << 20;

    /// In a process of its own: the limit holds for everybody in it.
    #[test]
    #[ignore = "run by the test below, under a limit"]
    fn a_large_index_under_a_limit() {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let now = status.lines().find_map(|line| line.strip_prefix("VmData:")?.trim().strip_suffix(" kB")?.parse::<u64>().ok()).unwrap();
        rlimit::setrlimit(rlimit::Resource::DATA, (now << 10) + MEMORY, (now << 10) + MEMORY).unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        runtime.block_on(async {
            let mut connection = unsynced(&folder.path().join("large.sqlite3")).create_if_missing(true).connect().await.unwrap();
            // Some 240 MB of keys, which come in no order.
            let rows =
                "CREATE TABLE large (key TEXT NOT NULL); WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 400000)
                INSERT INTO large SELECT hex(i * 7919 % 400009) || printf('%0600d', i) FROM n";
            bulk::run_schema(&mut connection, rows.to_owned()).await.unwrap();
            bulk::run_schema(&mut connection, "CREATE INDEX large_key ON large (key)".to_owned()).await.unwrap();
        });
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_index_is_sorted_in_little_memory() {
        let test = "store::sqlite::first_load::tests::a_large_index_under_a_limit";
        let run = Command::new(std::env::current_exe().unwrap()).args(["--ignored", "--exact", test]).output().unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}\n{}", String::from_utf8_lossy(&run.stderr));
    }
}
