//! Table `alert`: which list was made for whom and why. The journal's entry is written with the row, and with each confirmation.

use super::super::alerts::{AlertDrawn, AlertRow, AlertState};
use super::super::journal::Trace;
use super::super::types::AuditEntry;
use super::{Sqlite, audit, audit_retention, commit, db, meta, rows, statements, traces};
use crate::error::Result;
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

/// Name of the fact in `meta`.
const POLICY: &str = "alert_policy";

statements! {
    ADD = "INSERT INTO alert (id, state, actor, reason, reference, asked, recipients, people, coverage, digests, created_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    // What a second person agreed to, or still has to, is not drawn by one alone.
    DRAWN = "SELECT coalesce(sum(recipients) FILTER (WHERE actor = $1), 0), coalesce(sum(recipients) FILTER (WHERE reference = $2), 0)
        FROM alert WHERE created_at > $3 AND state = 'ready' AND confirmed_by IS NULL";
    ONE = "SELECT * FROM alert WHERE id = $1";
    NEWEST = "SELECT id, state, actor, reason, reference, asked, recipients, people, '' AS coverage, digests, created_at, confirmed_by,
        confirmed_at, deleted_at FROM alert ORDER BY created_at DESC, id LIMIT $1";
    CONFIRM = "UPDATE alert SET state = 'ready', confirmed_by = $2, confirmed_at = $3 WHERE id = $1";
    EXPIRE = "UPDATE alert SET state = 'deleted', coverage = '', deleted_at = $3 WHERE state <> 'deleted'
        AND (created_at < $1 OR (state = 'awaiting_confirmation' AND created_at < $2))";
}

impl Sqlite {
    pub async fn add_alert(
        &self,
        alert: AlertRow,
        since: i64,
        settle: impl Fn(AlertRow, AlertDrawn) -> Result<(AlertRow, AuditEntry)> + Send,
    ) -> Result<AlertRow> {
        let mut write = self.write().await?;
        let drawn = drawn(&mut write, &alert.actor, &alert.reference, since).await?;
        let (alert, entry) = settle(alert, drawn)?;
        let add = sqlx::query(ADD)
            .bind(alert.id.as_str())
            .bind(alert.state.code())
            .bind(alert.actor.as_str())
            .bind(alert.reason.as_str())
            .bind(alert.reference.as_str())
            .bind(alert.asked.as_str())
            .bind(alert.recipients)
            .bind(alert.people)
            .bind(alert.coverage.as_str())
            .bind(alert.digests.as_str())
            .bind(alert.created_at);
        add.execute(&mut *write).await.map_err(db("writing alerts"))?;
        audit::append(&mut write, &entry).await?;
        commit(write).await?;
        Ok(alert)
    }

    pub async fn alert_drawn(&self, actor: &str, reference: &str, since: i64) -> Result<AlertDrawn> {
        drawn(&mut *self.read().await?, actor, reference, since).await
    }

    pub async fn alert_policy(&self) -> Result<Option<String>> {
        meta::get(&mut *self.read().await?, POLICY).await
    }

    pub async fn set_alert_policy(&self, policy: &str) -> Result<()> {
        if self.alert_policy().await?.as_deref() == Some(policy) {
            return Ok(());
        }
        let mut write = self.write().await?;
        meta::set(&mut write, POLICY, policy).await?;
        commit(write).await
    }

    pub async fn alert(&self, id: &str) -> Result<Option<AlertRow>> {
        one(&mut *self.read().await?, id).await
    }

    pub async fn alerts(&self, limit: u32) -> Result<Vec<AlertRow>> {
        let found = sqlx::query(NEWEST).bind(limit).try_map(|row| alert(&row)).fetch_all(&self.reader);
        found.await.map_err(db("reading alerts"))
    }

    pub async fn confirm_alert(
        &self,
        id: &str,
        entry: &AuditEntry,
        allowed: impl Fn(&AlertRow) -> Result<()> + Send,
    ) -> Result<Option<AlertRow>> {
        let mut write = self.write().await?;
        let Some(alert) = one(&mut write, id).await? else { return Ok(None) };
        allowed(&alert)?;
        let confirm = sqlx::query(CONFIRM).bind(id).bind(entry.actor.as_str()).bind(entry.at);
        confirm.execute(&mut *write).await.map_err(db("writing alerts"))?;
        audit::append(&mut write, entry).await?;
        commit(write).await?;
        let (state, by) = (AlertState::Ready, entry.actor.clone());
        Ok(Some(AlertRow { state, confirmed_by: Some(by), confirmed_at: Some(entry.at), ..alert }))
    }

    pub async fn expire_alerts(&self, made_before: i64, unconfirmed_before: i64, now: i64) -> Result<u64> {
        let mut write = self.write().await?;
        let expire = sqlx::query(EXPIRE).bind(made_before).bind(unconfirmed_before).bind(now);
        let expired = expire.execute(&mut *write).await.map_err(db("writing alerts"))?.rows_affected();
        if expired == 0 {
            return Ok(0);
        }
        let (actor, action) = (audit_retention::ACTOR.to_owned(), "alert.expire".to_owned());
        traces::append(&mut write, &Trace { at: now, actor, action, detail: serde_json::json!({ "lists": expired }) }).await?;
        commit(write).await?;
        Ok(expired)
    }
}

async fn drawn(connection: &mut SqliteConnection, actor: &str, reference: &str, since: i64) -> Result<AlertDrawn> {
    let asked = sqlx::query_as(DRAWN).bind(actor).bind(reference).bind(since);
    let (by_actor, for_reference) = asked.fetch_one(connection).await.map_err(db("reading alerts"))?;
    Ok(AlertDrawn { by_actor, for_reference })
}

async fn one(connection: &mut SqliteConnection, id: &str) -> Result<Option<AlertRow>> {
    sqlx::query(ONE).bind(id).try_map(|row| alert(&row)).fetch_optional(connection).await.map_err(db("reading alerts"))
}

fn alert(row: &SqliteRow) -> sqlx::Result<AlertRow> {
    Ok(AlertRow {
        id: row.try_get("id")?,
        state: rows::word(row, "state", AlertState::parse)?,
        actor: row.try_get("actor")?,
        reason: row.try_get("reason")?,
        reference: row.try_get("reference")?,
        asked: row.try_get("asked")?,
        recipients: row.try_get("recipients")?,
        people: row.try_get("people")?,
        coverage: row.try_get("coverage")?,
        digests: row.try_get("digests")?,
        created_at: row.try_get("created_at")?,
        confirmed_by: row.try_get("confirmed_by")?,
        confirmed_at: row.try_get("confirmed_at")?,
        deleted_at: row.try_get("deleted_at")?,
    })
}
