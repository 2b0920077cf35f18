//! Table `audit`: the append-only journal. A writer appends in its own transaction, so that no change exists without its line.

use super::super::types::AuditEntry;
use super::{Sqlite, commit, db, statements};
use crate::error::Result;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

statements! {
    INSERT = "INSERT INTO audit (at, actor, action, object, detail) VALUES ($1, $2, $3, $4, $5)";
    LAST = "SELECT at, actor, action, object, detail FROM audit ORDER BY id DESC LIMIT $1";
}

/// Appends a line in the caller's transaction.
pub(super) async fn append(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<()> {
    let insert = sqlx::query(INSERT)
        .bind(entry.at)
        .bind(entry.actor.as_str())
        .bind(entry.action.as_str())
        .bind(entry.object.as_str())
        .bind(entry.detail.to_string());
    insert.execute(connection).await.map_err(db("writing the journal"))?;
    Ok(())
}

impl Sqlite {
    pub async fn write_audit(&self, entry: &AuditEntry) -> Result<()> {
        let mut write = self.write().await?;
        append(&mut write, entry).await?;
        commit(write).await
    }

    pub async fn audit_entries(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let entry = |row: SqliteRow| {
            let detail: &str = row.try_get("detail")?;
            Ok(AuditEntry {
                at: row.try_get("at")?,
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                object: row.try_get("object")?,
                detail: serde_json::from_str(detail).map_err(|error| sqlx::Error::Decode(error.into()))?,
            })
        };
        sqlx::query(LAST).bind(limit).try_map(entry).fetch_all(&self.reader).await.map_err(db("reading the journal"))
    }
}
