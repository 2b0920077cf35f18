//! Mailbox rows: reading one, writing one, and the flags of an administrator, in one transaction with history, change and journal.
//!
//! The present row is read in the write transaction itself, so that a flag set meanwhile by anyone else is seen and kept. What a write
//! may do to the row is `mailbox_rules`'; here is the SQL. What operators write is `publishing`'s.

use super::super::mailbox_rules::{self, Present};
use super::super::types::{ChangeKind, MailboxFlags};
use super::super::writing::Actor;
use super::{Sqlite, audit, changes, commit, db, history, json, rows, statements};
use crate::error::Result;
use crate::model::{Address, Attachment, Mailbox};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeSet;

statements! {
    ONE = "SELECT * FROM mailbox WHERE address = $1";
    ATTACHMENTS = "SELECT professional, structure_kind, structure_value, service FROM attachment WHERE mailbox = $1
        ORDER BY professional, structure_kind, structure_value, service";
    WRITE = "INSERT INTO mailbox (address, kind, source, operator, state, test, liste_rouge, frozen, zero_papier, phone,
            phone_opposed, responsible, service, description, rank, in_extraction, created_at, changed_at, closed_at,
            liste_rouge_held, phone_opposed_held)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $17, iif($5 = 'closed', $17, NULL), $18, $19)
        ON CONFLICT (address) DO UPDATE SET kind = excluded.kind, source = excluded.source, operator = excluded.operator,
            state = excluded.state, test = excluded.test, liste_rouge = excluded.liste_rouge, frozen = excluded.frozen,
            zero_papier = excluded.zero_papier, phone = excluded.phone, phone_opposed = excluded.phone_opposed,
            responsible = excluded.responsible, service = excluded.service, description = excluded.description,
            rank = excluded.rank, in_extraction = excluded.in_extraction, changed_at = excluded.changed_at,
            liste_rouge_held = excluded.liste_rouge_held, phone_opposed_held = excluded.phone_opposed_held,
            closed_at = iif(excluded.state = 'closed', coalesce(mailbox.closed_at, excluded.closed_at), NULL)";
    DETACH = "DELETE FROM attachment WHERE mailbox = $1";
    ATTACH = "INSERT INTO attachment (mailbox, professional, structure_kind, structure_value, service)
        SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2)";
    // A structure without any identifier is attached to by its stable id, which must then lead somewhere.
    ALIAS_STABLE_IDS = "INSERT OR IGNORE INTO structure_alias (kind, value, structure)
        SELECT 'technical', id, id FROM structure WHERE id IN (SELECT value FROM json_each($1))";
    SITES = "SELECT DISTINCT x.structure FROM json_each($1) AS asked
        JOIN structure_alias AS x ON x.kind = asked.value ->> 0 AND x.value = asked.value ->> 1";
}

impl Sqlite {
    pub async fn mailbox(&self, address: &Address) -> Result<Option<Mailbox>> {
        let mut read = self.read().await?;
        Ok(present(&mut read, address).await?.map(|present| present.mailbox))
    }

    pub async fn flag_mailbox(&self, address: &Address, flags: &MailboxFlags, actor: &Actor, now: i64) -> Result<Option<Mailbox>> {
        let mut write = self.write().await?;
        let Some(old) = present(&mut write, address).await?.map(|present| present.mailbox) else {
            return Ok(None);
        };
        let new = mailbox_rules::flagged(&old, flags)?;
        if new == old {
            return Ok(Some(old));
        }
        write_row(&mut write, &new, now).await?;
        let withdraws = mailbox_rules::withdraws(&old, &new);
        changes::append(&mut write, None, ChangeKind::Mailbox, address.as_str(), withdraws, now).await?;
        record(&mut write, "mailbox.flag", Some(&old), &new, actor, now, None).await?;
        commit(write).await?;
        Ok(Some(new))
    }
}

pub(super) async fn present(connection: &mut SqliteConnection, address: &Address) -> Result<Option<Present>> {
    let row = |row| Ok(Present { mailbox: rows::mailbox(&row)?, closed_at: row.try_get("closed_at")? });
    let found = sqlx::query(ONE).bind(address.as_str()).try_map(row).fetch_optional(&mut *connection);
    let Some(mut present) = found.await.map_err(db("reading a mailbox"))? else {
        return Ok(None);
    };
    let attachments = sqlx::query(ATTACHMENTS).bind(address.as_str()).try_map(|row| rows::attachment(&row)).fetch_all(connection);
    present.mailbox.attachments = attachments.await.map_err(db("reading a mailbox"))?;
    Ok(Some(present))
}

pub(super) async fn write_row(connection: &mut SqliteConnection, mailbox: &Mailbox, now: i64) -> Result<()> {
    let write = sqlx::query(WRITE)
        .bind(mailbox.address.as_str())
        .bind(mailbox.kind.code())
        .bind(mailbox.source.code())
        .bind(mailbox.operator.as_deref())
        .bind(mailbox.state.code())
        .bind(mailbox.test)
        .bind(mailbox.liste_rouge)
        .bind(mailbox.frozen)
        .bind(mailbox.zero_papier)
        .bind(mailbox.phone.as_str())
        .bind(mailbox.phone_opposed)
        .bind(mailbox.responsible.as_str())
        .bind(mailbox.service.as_str())
        .bind(mailbox.description.as_str())
        .bind(mailbox.rank)
        .bind(mailbox.in_extraction)
        .bind(now)
        .bind(mailbox.liste_rouge_held)
        .bind(mailbox.phone_opposed_held);
    write.execute(connection).await.map_err(db("writing a mailbox"))?;
    Ok(())
}

pub(super) async fn write_attachments(connection: &mut SqliteConnection, mailbox: &Mailbox) -> Result<()> {
    let address = mailbox.address.as_str();
    sqlx::query(DETACH).bind(address).execute(&mut *connection).await.map_err(db("writing a mailbox"))?;
    let list = mailbox.attachments.iter().map(|a| serde_json::json!([a.professional, a.structure_kind, a.structure_value, a.service]));
    let list = serde_json::Value::Array(list.collect()).to_string();
    sqlx::query(ATTACH).bind(address).bind(list).execute(connection).await.map_err(db("writing a mailbox"))?;
    Ok(())
}

/// Structures that the attachments lead to.
pub(super) async fn sites(connection: &mut SqliteConnection, attachments: &[Attachment]) -> Result<BTreeSet<String>> {
    let keys = attachments.iter().map(|a| serde_json::json!([a.structure_kind, a.structure_value]));
    let keys = serde_json::Value::Array(keys.collect()).to_string();
    let found: Vec<String> = sqlx::query_scalar(SITES).bind(keys).fetch_all(connection).await.map_err(db("reading structures"))?;
    Ok(found.into_iter().collect())
}

pub(super) fn holders(mailbox: Option<&Mailbox>) -> BTreeSet<&str> {
    let attachments = mailbox.iter().flat_map(|mailbox| &mailbox.attachments);
    attachments.map(|a| a.professional.as_str()).filter(|id| !id.is_empty()).collect()
}

/// History and journal of an act, beside it.
pub(super) async fn record(
    connection: &mut SqliteConnection,
    action: &str,
    old: Option<&Mailbox>,
    new: &Mailbox,
    actor: &Actor,
    now: i64,
    batch: Option<&str>,
) -> Result<()> {
    history::append(connection, new, actor, action, now, batch).await?;
    let entry = actor.entry(action, new.address.as_str(), mailbox_rules::difference(old, new), now);
    audit::append(connection, &entry).await
}

/// Makes the stable ids of structures lead somewhere.
pub(super) async fn alias_stable_ids(connection: &mut SqliteConnection, attachments: &[Attachment]) -> Result<()> {
    let technical: Vec<_> = attachments.iter().filter(|a| a.structure_kind == "technical").map(|a| &a.structure_value).collect();
    if technical.is_empty() {
        return Ok(());
    }
    let aliases = sqlx::query(ALIAS_STABLE_IDS).bind(json(technical));
    aliases.execute(connection).await.map_err(db("attaching to structures"))?;
    Ok(())
}
