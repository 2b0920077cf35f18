//! Reading the journal: its end, a search for an auditor, and rows with all that is needed to check them elsewhere.
//!
//! Times are found by day first: a row of a day is never before it, so that a search for last month reads what was written since, and not
//! ten years. Who asks about one object is led by the index on it. Payloads that were erased are not found; rows of them are.

use super::super::journal::{AuditQuery, AuditRow};
use super::super::types::AuditEntry;
use super::audit::paris_day;
use super::{Sqlite, db, statements};
use crate::error::{Error, Result};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// $1 after, $2 from, $3 to, $4 actor, $5 action, $6 limit, $7 object.
macro_rules! search {
    ($object:literal) => {
        concat!(
            "SELECT j.id, p.payload FROM journal_payload AS p JOIN journal AS j ON j.id = p.id
            WHERE p.id > $1 AND ($2 IS NULL OR j.at >= $2) AND ($3 IS NULL OR j.at < $3)
                AND ($4 IS NULL OR p.actor = $4) AND ($5 IS NULL OR p.action = $5) AND ",
            $object,
            " ORDER BY p.id LIMIT $6"
        )
    };
}

statements! {
    LAST = "SELECT id, payload FROM journal_payload ORDER BY id DESC LIMIT $1";
    SEARCH = search!("$7 IS NULL");
    SEARCH_OBJECT = search!("p.object = $7");
    ROWS = "SELECT j.id, j.at, j.day, j.payload_digest, j.chain, p.salt, p.payload
        FROM journal AS j LEFT JOIN journal_payload AS p ON p.id = j.id
        WHERE j.id > $1 AND ($2 IS NULL OR j.at >= $2) AND ($3 IS NULL OR j.at < $3) ORDER BY j.id LIMIT $4";
    // The last row before the first of a day, or of those after it.
    BEFORE_DAY = "SELECT coalesce((SELECT first - 1 FROM journal_day WHERE day >= $1 ORDER BY day LIMIT 1),
        (SELECT last FROM journal_day ORDER BY day DESC LIMIT 1), 0)";
}

impl Sqlite {
    pub async fn audit_entries(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        let rows: Vec<(i64, String)> =
            sqlx::query_as(LAST).bind(bound(limit)).fetch_all(&self.reader).await.map_err(db("reading the journal"))?;
        rows.into_iter().map(|(_, payload)| entry(&payload)).collect()
    }

    pub async fn audit_search(&self, query: &AuditQuery) -> Result<Vec<(i64, AuditEntry)>> {
        let mut read = self.read().await?;
        let after = start(&mut read, query).await?;
        let rows: Vec<(i64, String)> = sqlx::query_as(if query.object.is_some() { SEARCH_OBJECT } else { SEARCH })
            .bind(after)
            .bind(query.from)
            .bind(query.to)
            .bind(query.actor.as_deref())
            .bind(query.action.as_deref())
            .bind(bound(query.limit))
            .bind(query.object.as_deref())
            .fetch_all(&mut *read)
            .await
            .map_err(db("searching the journal"))?;
        rows.into_iter().map(|(id, payload)| Ok((id, entry(&payload)?))).collect()
    }

    pub async fn audit_rows(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        let mut read = self.read().await?;
        let after = start(&mut read, query).await?;
        let rows = sqlx::query(ROWS).bind(after).bind(query.from).bind(query.to).bind(bound(query.limit)).try_map(|row| row_of(&row));
        rows.fetch_all(&mut *read).await.map_err(db("reading the journal"))
    }
}

/// The row behind which a query begins.
async fn start(read: &mut SqliteConnection, query: &AuditQuery) -> Result<i64> {
    let Some(from) = query.from else { return Ok(query.after) };
    let before: i64 = sqlx::query_scalar(BEFORE_DAY).bind(paris_day(from)?).fetch_one(read).await.map_err(db("searching the journal"))?;
    Ok(before.max(query.after))
}

fn row_of(row: &SqliteRow) -> sqlx::Result<AuditRow> {
    let salt: Option<Vec<u8>> = row.try_get("salt")?;
    let payload: Option<String> = row.try_get("payload")?;
    Ok(AuditRow {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        day: row.try_get("day")?,
        payload_digest: row.try_get("payload_digest")?,
        chain: row.try_get("chain")?,
        payload: salt.zip(payload),
    })
}

fn entry(payload: &str) -> Result<AuditEntry> {
    serde_json::from_str(payload).map_err(|error| Error::internal("an entry of the journal cannot be read: verify it", error))
}

fn bound(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}
