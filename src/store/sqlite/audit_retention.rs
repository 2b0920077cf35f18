//! What the journal loses, and how: payloads erased because the law says so, payloads and days that may no longer be kept, and the rows of
//! the older table `audit`, which are written into it.
//!
//! Ten years are counted in whole days of the journal, 3,653 days back, so that a day is judged as one. A payload older than that goes
//! unless its object is still a mailbox, or something was written about the object since: that a mailbox was forgotten is written for
//! this, and begins its last ten years. Days of which no payload is left are cut from the beginning; their heads stay.
//! What is erased is overwritten in the file as well: the salt would otherwise be found there.

use super::super::types::AuditEntry;
use super::audit::{self, paris_day};
use super::{Sqlite, commit, db, statements};
use crate::error::{Error, Result};
use sqlx::SqliteConnection;

/// No ten years are longer.
const TEN_YEARS_SECONDS: i64 = 3_653 * 24 * 3600;

/// Object of what is written about the journal itself.
pub(super) const OBJECT: &str = "journal";
pub(super) const ERASE: &str = "journal.erase";
/// Who acts when time has passed.
pub(super) const ACTOR: &str = "retention";

statements! {
    OVERWRITE = "PRAGMA secure_delete = ON";
    OVERWRITE_NO_MORE = "PRAGMA secure_delete = OFF";
    LITTLE_PATIENCE = "PRAGMA busy_timeout = 500";
    FOLD_LOG = "PRAGMA wal_checkpoint(TRUNCATE)";
    // That of the store's connections.
    PATIENCE = "PRAGMA busy_timeout = 30000";
    ERASE_OBJECT = "DELETE FROM journal_payload WHERE object = $1 RETURNING id";
    // $1: the first day that is kept. The last day has no head yet and counts when it is over as well.
    OLD = "SELECT max(coalesce((SELECT last FROM journal_day WHERE day < $1 ORDER BY day DESC LIMIT 1), 0),
        coalesce((SELECT id FROM journal WHERE id = (SELECT max(id) FROM journal) AND day < $1), 0))";
    EXPIRE = "DELETE FROM journal_payload WHERE id <= $1
        AND NOT EXISTS (SELECT 1 FROM mailbox WHERE address = journal_payload.object)
        AND NOT EXISTS (SELECT 1 FROM journal_payload AS later WHERE later.object = journal_payload.object AND later.id > $1)";
    CUT = "DELETE FROM journal WHERE id <= coalesce((SELECT last FROM journal_day
        WHERE day < $1 AND last < coalesce((SELECT min(id) FROM journal_payload), 9223372036854775807) ORDER BY day DESC LIMIT 1), 0)";
    // The rule is that of the purge which forgets them.
    FORGOTTEN = "SELECT address FROM mailbox WHERE state = 'closed' AND closed_at < $1
        AND NOT (source = 'extraction' AND (liste_rouge OR frozen))
        AND EXISTS (SELECT 1 FROM journal_payload WHERE object = address) ORDER BY address";
    IS_TABLE = "SELECT EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = $1)";
}

/// Of a table that is gone in every store that was opened once.
const OLDER: &str = "SELECT id, at, actor, action, object, detail FROM audit WHERE id > $1 ORDER BY id LIMIT 500";
const DROP_OLDER: &str = "DROP TABLE audit";

type OlderRow = (i64, i64, String, String, String, String);

/// Writes the rows of the table `audit` into the journal, in their order, and drops it. Does nothing where it is gone.
pub(super) async fn carry_over(write: &mut SqliteConnection) -> Result<()> {
    let failed = || db("the older journal could not be carried over");
    let is_there: bool = sqlx::query_scalar(IS_TABLE).bind("audit").fetch_one(&mut *write).await.map_err(failed())?;
    if !is_there {
        return Ok(());
    }
    let mut tip = audit::tip(write).await?;
    let mut after = i64::MIN;
    loop {
        let rows: Vec<OlderRow> = sqlx::query_as(OLDER).bind(after).fetch_all(&mut *write).await.map_err(failed())?;
        if rows.is_empty() {
            break;
        }
        for (id, at, actor, action, object, detail) in rows {
            let detail = serde_json::from_str(&detail).unwrap_or(serde_json::Value::String(detail));
            let entry = AuditEntry { at, actor, action, object, detail, ..AuditEntry::default() };
            tip = audit::append_after(write, &tip, &entry).await?;
            after = id;
        }
    }
    sqlx::query(DROP_OLDER).execute(write).await.map_err(failed())?;
    Ok(())
}

/// Writes that mailboxes which are about to be forgotten are: of those that the journal knows.
pub(super) async fn forget_mailboxes(write: &mut SqliteConnection, closed_before: i64, now: i64) -> Result<()> {
    let addresses: Vec<String> =
        sqlx::query_scalar(FORGOTTEN).bind(closed_before).fetch_all(&mut *write).await.map_err(db("reading what is forgotten"))?;
    for object in addresses {
        let (action, result) = ("mailbox.forget".to_owned(), "ok".to_owned());
        let entry = AuditEntry { at: now, actor: ACTOR.to_owned(), action, object, result, ..AuditEntry::default() };
        audit::append(write, &entry).await?;
    }
    Ok(())
}

/// Erases payloads and cuts days that may no longer be kept. Returns the number of both kinds of rows.
pub(super) async fn expire(write: &mut SqliteConnection, now: i64) -> Result<u64> {
    let failed = || db("erasing what the journal no longer keeps");
    let kept_from = paris_day(now.saturating_sub(TEN_YEARS_SECONDS))?;
    let old: i64 = sqlx::query_scalar(OLD).bind(kept_from.as_str()).fetch_one(&mut *write).await.map_err(failed())?;
    if old == 0 {
        return Ok(0);
    }
    sqlx::query(OVERWRITE).execute(&mut *write).await.map_err(failed())?;
    let payloads = sqlx::query(EXPIRE).bind(old).execute(&mut *write).await.map_err(failed())?;
    sqlx::query(OVERWRITE_NO_MORE).execute(&mut *write).await.map_err(failed())?;
    let rows = sqlx::query(CUT).bind(kept_from).execute(write).await.map_err(failed())?;
    Ok(payloads.rows_affected() + rows.rows_affected())
}

impl Sqlite {
    pub async fn audit_erase(&self, object: &str, reason: &str, actor: &str, now: i64) -> Result<u64> {
        if object.is_empty() || object == OBJECT {
            return Err(Error::invalid("name the object whose entries are to be erased; what is written about the journal itself stays"));
        }
        let failed = || db("erasing in the journal");
        let mut write = self.write().await?;
        sqlx::query(OVERWRITE).execute(&mut *write).await.map_err(failed())?;
        let mut ids: Vec<i64> = sqlx::query_scalar(ERASE_OBJECT).bind(object).fetch_all(&mut *write).await.map_err(failed())?;
        sqlx::query(OVERWRITE_NO_MORE).execute(&mut *write).await.map_err(failed())?;
        if ids.is_empty() {
            return Ok(0);
        }
        ids.sort_unstable();
        let entry = AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: ERASE.to_owned(),
            object: OBJECT.to_owned(),
            result: "ok".to_owned(),
            detail: serde_json::json!({ "reason": reason, "ids": ids }),
            ..AuditEntry::default()
        };
        audit::append(&mut write, &entry).await?;
        commit(write).await?;
        // The log still holds the pages of before. A long read may be in the way, which no writer shall wait for: a later checkpoint does it.
        let mut connection = self.writer.acquire().await.map_err(failed())?;
        for statement in [LITTLE_PATIENCE, FOLD_LOG, PATIENCE] {
            sqlx::query(statement).execute(&mut *connection).await.map_err(failed())?;
        }
        Ok(ids.len() as u64)
    }
}
