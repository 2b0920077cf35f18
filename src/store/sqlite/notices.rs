//! The life of operators' mailboxes beyond what their operators say: who left, what rests too long, what is then done.
//!
//! | notice | its cause | due |
//! |---|---|---|
//! | `holder_left` | every holder is closed: the mailbox is hidden already | 30 days |
//! | `domain_left` | the domain is not listed any more, or for another operator: hidden already | 90 days |
//! | `inactive` | suspended or never opened, and nothing heard of it for ten months | a year, two months at least after the notice |
//!
//! A cause that goes ends its notice. What is due is closed as its operator would have closed it, with history and journal; what is frozen
//! waits.

use super::super::mailbox_rules::CLOSED_SECONDS;
use super::super::writing::{Actor, Notice};
use super::mailboxes::{present, record};
use super::{Sqlite, commit, db, publishing, statements};
use crate::error::Result;
use crate::model::{Address, Mailbox, MailboxState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

const DAY: i64 = 24 * 3600;
/// Mailboxes closed in one transaction.
const SLICE: u32 = 200;

/// Mailboxes with a cause for a notice of a kind: `$1` is now.
macro_rules! causes {
    ($before:literal, $after:literal) => {
        concat!(
            $before,
            " SELECT m.operator AS operator, m.address AS address, 'holder_left' AS kind, $1 + 30 * 86400 AS due FROM mailbox AS m
                WHERE m.operator IS NOT NULL AND m.source = 'operator' AND m.state <> 'closed' AND m.kind IN ('PER', 'CAB')
                AND EXISTS (SELECT 1 FROM attachment AS a WHERE a.mailbox = m.address AND a.professional <> '')
                AND NOT EXISTS (SELECT 1 FROM attachment AS a LEFT JOIN professional AS p ON p.id = a.professional
                    WHERE a.mailbox = m.address AND a.professional <> '' AND p.closed_at IS NULL)
              UNION ALL SELECT m.operator, m.address, 'domain_left', $1 + 90 * 86400 FROM mailbox AS m
                WHERE m.operator IS NOT NULL AND m.source = 'operator' AND m.state <> 'closed'
                AND EXISTS (SELECT 1 FROM meta WHERE name = 'list_loaded' AND value = '1')
                AND NOT EXISTS (SELECT 1 FROM domain AS d JOIN domain_certificate AS l ON l.domain = d.name
                    JOIN operator_certificate AS c ON c.dn_key = l.dn_key AND c.operator = m.operator
                    WHERE d.name = m.domain AND d.listed)
              UNION ALL SELECT m.operator, m.address, 'inactive', max(m.changed_at + 365 * 86400, $1 + 61 * 86400) FROM mailbox AS m
                WHERE m.operator IS NOT NULL AND m.source = 'operator' AND m.state IN ('suspended', 'unopened')
                AND m.changed_at < $1 - 304 * 86400 ",
            $after
        )
    };
}

statements! {
    TELL = causes!("INSERT INTO notice (operator, address, kind, since, due) SELECT operator, address, kind, $1, due FROM (",
        ") AS cause WHERE NOT EXISTS (SELECT 1 FROM notice AS n WHERE n.address = cause.address AND n.kind = cause.kind AND n.ended_at IS NULL)");
    END = causes!("UPDATE notice SET ended_at = $1 WHERE ended_at IS NULL AND (operator, address, kind) NOT IN (SELECT operator, address, kind FROM (",
        "))");
    DUE = "SELECT n.id, n.address FROM notice AS n JOIN mailbox AS m ON m.address = n.address AND m.frozen = 0
        WHERE n.ended_at IS NULL AND n.due <= $1 ORDER BY n.id LIMIT $2";
    CARRIED_OUT = "UPDATE notice SET ended_at = $2 WHERE id = $1";
    OF_OPERATOR = "SELECT id, address, kind, since, due, ended_at FROM notice WHERE operator = $1 AND id > $2 ORDER BY id LIMIT $3";
    OLD_NOTICES = "DELETE FROM notice WHERE ended_at < $1";
    OLD_LINES = "DELETE FROM batch_line WHERE batch IN (SELECT id FROM batch WHERE received_at < $1)";
    OLD_ITEMS = "DELETE FROM batch_item WHERE batch IN (SELECT id FROM batch WHERE received_at < $1)";
    OLD_BATCHES = "DELETE FROM batch WHERE received_at < $1";
    OLD_HISTORY = "DELETE FROM mailbox_history WHERE address IN (SELECT address FROM mailbox WHERE state = 'closed' AND closed_at < $1
        AND NOT (source = 'extraction' AND (liste_rouge OR frozen)))";
    OLD_ANSWERS = "DELETE FROM idempotency WHERE at < $1";
}

/// Erases what publication keeps for a while: before the mailboxes themselves, in their transaction. Returns the rows.
pub(super) async fn erase(connection: &mut SqliteConnection, now: i64) -> Result<u64> {
    let year = now - CLOSED_SECONDS;
    let mut erased = 0;
    for (statement, before) in
        [(OLD_NOTICES, year), (OLD_LINES, year), (OLD_ITEMS, year), (OLD_BATCHES, year), (OLD_HISTORY, year), (OLD_ANSWERS, now - DAY)]
    {
        let done = sqlx::query(statement).bind(before).execute(&mut *connection).await.map_err(db("erasing what is no longer kept"))?;
        erased += done.rows_affected();
    }
    Ok(erased)
}

impl Sqlite {
    /// Tells, ends, carries out. Returns how many mailboxes were closed.
    pub async fn tend_mailboxes(&self, now: i64) -> Result<u64> {
        let failed = || db("tending mailboxes");
        let mut write = self.write().await?;
        for statement in [END, TELL] {
            sqlx::query(statement).bind(now).execute(&mut *write).await.map_err(failed())?;
        }
        commit(write).await?;
        let mut closed = 0;
        loop {
            let mut write = self.write().await?;
            let due: Vec<(i64, String)> = sqlx::query_as(DUE).bind(now).bind(SLICE).fetch_all(&mut *write).await.map_err(failed())?;
            if due.is_empty() {
                return Ok(closed);
            }
            for (id, address) in due {
                if let Ok(address) = Address::parse(&address) {
                    closed += u64::from(close(&mut write, &address, now).await?);
                }
                sqlx::query(CARRIED_OUT).bind(id).bind(now).execute(&mut *write).await.map_err(failed())?;
            }
            commit(write).await?;
        }
    }

    pub async fn notices(&self, operator: &str, after: i64, limit: u32) -> Result<Vec<Notice>> {
        let notice = |row: SqliteRow| {
            Ok(Notice {
                id: row.try_get("id")?,
                address: row.try_get("address")?,
                kind: row.try_get("kind")?,
                since: row.try_get("since")?,
                due: row.try_get("due")?,
                ended_at: row.try_get("ended_at")?,
            })
        };
        let found = sqlx::query(OF_OPERATOR).bind(operator).bind(after).bind(limit).try_map(notice).fetch_all(&self.reader);
        found.await.map_err(db("reading notices"))
    }
}

async fn close(connection: &mut SqliteConnection, address: &Address, now: i64) -> Result<bool> {
    let Some(old) = present(connection, address).await?.map(|present| present.mailbox).filter(|m| m.state != MailboxState::Closed) else {
        return Ok(false);
    };
    let new = Mailbox { state: MailboxState::Closed, ..old.clone() };
    publishing::leave(connection, Some(&old), &new, now).await?;
    record(connection, "mailbox.expire", Some(&old), &new, &Actor::from("annuaire"), now, None).await?;
    Ok(true)
}
