//! The `change` table: what happened, in order of commit, for whoever projects.
//!
//! Numbers are AUTOINCREMENT: never given twice, also after pruning. SQLite has one writer, so order of numbers is order of commits.

use super::super::types::{Change, ChangeKind};
use super::{Sqlite, commit, db, rows, statements};
use crate::error::Result;
use sqlx::SqliteConnection;

/// Change rows are kept at least this long.
const KEPT_SECONDS: i64 = 30 * 24 * 3600;

statements! {
    INSERT = "INSERT INTO change (run, kind, key, withdraws, at) VALUES ($1, $2, $3, $4, $5) RETURNING seq";
    // The sequence table remembers the last number also when every row has been pruned.
    LAST = "SELECT coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0)";
    AFTER = "SELECT seq, run, kind, key, withdraws, at FROM change WHERE seq > $1 ORDER BY seq LIMIT $2";
    OLDEST = "SELECT min(seq) FROM change";
    // Pruned rows leave a gap, not always at the beginning: a run's are as old as its start. Numbers are never given twice.
    KEPT = "SELECT count(*) = $2 - $1 FROM change WHERE seq > $1 AND seq <= $2";
    WITHDRAWALS_AFTER = "SELECT max(seq), min(at) FROM change WHERE seq > $1 AND withdraws = 1";
    WITHDRAWN_SINCE = "SELECT EXISTS (SELECT 1 FROM change WHERE seq > $1 AND withdraws = 1)
        OR coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'change'), 0) - $1 <> (SELECT count(*) FROM change WHERE seq > $1)";
    PRUNE = "DELETE FROM change WHERE seq <= $1 AND at < $2";
}

/// Appends a cause in the caller's transaction; returns its number.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    run: Option<i64>,
    kind: ChangeKind,
    key: &str,
    withdraws: bool,
    at: i64,
) -> Result<i64> {
    let insert = sqlx::query_scalar(INSERT).bind(run).bind(kind.code()).bind(key).bind(withdraws).bind(at);
    insert.fetch_one(connection).await.map_err(db("writing a change"))
}

impl Sqlite {
    pub async fn last_change(&self) -> Result<i64> {
        sqlx::query_scalar(LAST).fetch_one(&self.reader).await.map_err(db("reading changes"))
    }

    pub async fn changes_after(&self, seq: i64, limit: usize) -> Result<Vec<Change>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = sqlx::query(AFTER).bind(seq).bind(limit).try_map(|row| rows::change(&row)).fetch_all(&self.reader);
        found.await.map_err(db("reading changes"))
    }

    pub async fn oldest_change(&self) -> Result<Option<i64>> {
        sqlx::query_scalar(OLDEST).fetch_one(&self.reader).await.map_err(db("reading changes"))
    }

    pub async fn keeps_changes(&self, seq: i64, through: i64) -> Result<bool> {
        sqlx::query_scalar(KEPT).bind(seq).bind(through).fetch_one(&self.reader).await.map_err(db("reading changes"))
    }

    pub async fn withdrawals_after(&self, seq: i64) -> Result<Option<(i64, i64)>> {
        let found: (Option<i64>, Option<i64>) =
            sqlx::query_as(WITHDRAWALS_AFTER).bind(seq).fetch_one(&self.reader).await.map_err(db("reading changes"))?;
        Ok(found.0.zip(found.1))
    }

    pub async fn withdrawn_since(&self, seq: i64) -> Result<bool> {
        sqlx::query_scalar(WITHDRAWN_SINCE).bind(seq).fetch_one(&self.reader).await.map_err(db("reading changes"))
    }

    /// Withdraws nothing: the live index stays true while the new one is built.
    pub async fn request_rebuild(&self, now: i64) -> Result<i64> {
        let mut write = self.write().await?;
        let seq = append(&mut write, None, ChangeKind::All, "", false, now).await?;
        commit(write).await?;
        Ok(seq)
    }

    pub async fn prune_changes(&self, committed: i64, now: i64) -> Result<u64> {
        let mut write = self.write().await?;
        let prune = sqlx::query(PRUNE).bind(committed).bind(now - KEPT_SECONDS);
        let done = prune.execute(&mut *write).await.map_err(db("pruning changes"))?;
        commit(write).await?;
        Ok(done.rows_affected())
    }
}
