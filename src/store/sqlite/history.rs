//! The history of each mailbox, and an operator's own mailboxes as it reads them.

use super::super::mailbox_rules::CLOSED_SECONDS;
use super::super::writing::{Actor, BatchMark, HistoryEntry, OwnMailbox, OwnQuery};
use super::{Sqlite, db, json, rows, statements};
use crate::error::Result;
use crate::model::{Address, Mailbox};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use std::collections::HashMap;

/// Entries answered of one mailbox, the newest.
const MOST: i64 = 1_000;

statements! {
    APPEND = "INSERT INTO mailbox_history (address, at, actor, action, content, batch) VALUES ($1, $2, $3, $4, $5, $6)";
    WRITTEN_SINCE = "SELECT EXISTS (SELECT 1 FROM mailbox_history WHERE address = $1 AND id > $2 AND batch IS NULL)";
    OF = "SELECT at, actor, action, content FROM mailbox_history WHERE address = $1 ORDER BY id DESC LIMIT $2";
    OWN = "SELECT * FROM mailbox WHERE operator = $1 AND source = 'operator' AND address > $2
        AND (state <> 'closed' AND $3 IS NULL OR state = $3) AND (state <> 'closed' OR closed_at > $5) ORDER BY address LIMIT $4";
    OWN_ONE = "SELECT * FROM mailbox WHERE address = $2 AND operator = $1 AND source = 'operator' AND state <> 'closed'";
    ATTACHMENTS = "SELECT mailbox, professional, structure_kind, structure_value, service FROM attachment
        WHERE mailbox IN (SELECT value FROM json_each($1)) ORDER BY mailbox, professional, structure_kind, structure_value, service";
    OWN_ADDRESSES = "SELECT address FROM mailbox WHERE operator = $1 AND source = 'operator' AND state <> 'closed' ORDER BY address";
}

/// One more state of a mailbox, in the caller's transaction.
pub(super) async fn append(
    connection: &mut SqliteConnection,
    mailbox: &Mailbox,
    actor: &Actor,
    action: &str,
    now: i64,
    batch: Option<&str>,
) -> Result<()> {
    let content = serde_json::to_string(mailbox).unwrap_or_default();
    let append =
        sqlx::query(APPEND).bind(mailbox.address.as_str()).bind(now).bind(actor.name.as_str()).bind(action).bind(content).bind(batch);
    append.execute(connection).await.map_err(db("writing the history of a mailbox"))?;
    Ok(())
}

/// Did a single act write the mailbox since the batch was received? Earlier batches come first anyway, later ones after.
pub(super) async fn written_since(connection: &mut SqliteConnection, address: &Address, batch: &BatchMark) -> Result<bool> {
    let asked = sqlx::query_scalar(WRITTEN_SINCE).bind(address.as_str()).bind(batch.mark);
    asked.fetch_one(connection).await.map_err(db("reading the history of a mailbox"))
}

impl Sqlite {
    pub async fn mailbox_history(&self, address: &Address) -> Result<Vec<HistoryEntry>> {
        let entry = |row: SqliteRow| {
            let content: &str = row.try_get("content")?;
            Ok(HistoryEntry {
                at: row.try_get("at")?,
                actor: row.try_get("actor")?,
                action: row.try_get("action")?,
                content: serde_json::from_str(content).map_err(|error| sqlx::Error::Decode(error.into()))?,
            })
        };
        let found = sqlx::query(OF).bind(address.as_str()).bind(MOST).try_map(entry).fetch_all(&self.reader);
        found.await.map_err(db("reading the history of a mailbox"))
    }

    pub async fn own_mailboxes(&self, operator: &str, query: &OwnQuery, now: i64) -> Result<Vec<OwnMailbox>> {
        let mut read = self.read().await?;
        let found = sqlx::query(OWN)
            .bind(operator)
            .bind(query.after.as_str())
            .bind(query.state.map(crate::model::MailboxState::code))
            .bind(query.limit)
            .bind(now - CLOSED_SECONDS)
            .try_map(own)
            .fetch_all(&mut *read);
        let mut found = found.await.map_err(db("reading mailboxes"))?;
        attach(&mut read, &mut found).await?;
        Ok(found)
    }

    pub async fn own_mailbox(&self, operator: &str, address: &Address) -> Result<Option<OwnMailbox>> {
        let mut read = self.read().await?;
        let found = sqlx::query(OWN_ONE).bind(operator).bind(address.as_str()).try_map(own).fetch_all(&mut *read);
        let mut found = found.await.map_err(db("reading mailboxes"))?;
        attach(&mut read, &mut found).await?;
        Ok(found.pop())
    }

    pub async fn own_addresses(&self, operator: &str) -> Result<Vec<String>> {
        let found = sqlx::query_scalar(OWN_ADDRESSES).bind(operator).fetch_all(&self.reader);
        found.await.map_err(db("reading mailboxes"))
    }
}

fn own(row: SqliteRow) -> sqlx::Result<OwnMailbox> {
    Ok(OwnMailbox { mailbox: rows::mailbox(&row)?, created_at: row.try_get("created_at")?, changed_at: row.try_get("changed_at")? })
}

async fn attach(connection: &mut SqliteConnection, found: &mut [OwnMailbox]) -> Result<()> {
    let addresses = json(found.iter().map(|own| own.mailbox.address.as_str()));
    let attachment = |row: SqliteRow| Ok((row.try_get::<String, _>("mailbox")?, rows::attachment(&row)?));
    let attachments = sqlx::query(ATTACHMENTS).bind(addresses).try_map(attachment).fetch_all(connection);
    let mut by_address: HashMap<String, Vec<_>> = HashMap::new();
    for (address, attachment) in attachments.await.map_err(db("reading mailboxes"))? {
        by_address.entry(address).or_default().push(attachment);
    }
    for own in found {
        own.mailbox.attachments = by_address.remove(own.mailbox.address.as_str()).unwrap_or_default();
    }
    Ok(())
}
