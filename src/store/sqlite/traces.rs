//! Table `technical_trace`: what the machine did by itself, apart from the journal and kept a year.
//!
//! A trace is for whoever runs the machine: that a purge erased so many rows, that an import ended. It names no person and no address, is
//! not chained and proves nothing. Writers of the store append theirs in the transaction that does the work.

use super::super::journal::Trace;
use super::{Sqlite, commit, db, statements};
use crate::error::Result;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

statements! {
    INSERT = "INSERT INTO technical_trace (at, actor, action, detail) VALUES ($1, $2, $3, $4)";
    LAST = "SELECT at, actor, action, detail FROM technical_trace ORDER BY id DESC LIMIT $1";
}

/// Appends a trace in the caller's transaction.
pub(super) async fn append(connection: &mut SqliteConnection, trace: &Trace) -> Result<()> {
    let insert = sqlx::query(INSERT).bind(trace.at).bind(trace.actor.as_str()).bind(trace.action.as_str()).bind(trace.detail.to_string());
    insert.execute(connection).await.map_err(db("writing a technical trace"))?;
    Ok(())
}

impl Sqlite {
    pub async fn write_trace(&self, trace: &Trace) -> Result<()> {
        let mut write = self.write().await?;
        append(&mut write, trace).await?;
        commit(write).await
    }

    pub async fn traces(&self, limit: usize) -> Result<Vec<Trace>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let trace = |row: SqliteRow| {
            let detail: &str = row.try_get("detail")?;
            Ok(Trace {
                at: row.try_get("at")?,
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                detail: serde_json::from_str(detail).map_err(|error| sqlx::Error::Decode(error.into()))?,
            })
        };
        sqlx::query(LAST).bind(limit).try_map(trace).fetch_all(&self.reader).await.map_err(db("reading the technical traces"))
    }
}
