//! What operators write: acts on mailboxes, many in one transaction, each with its history, change and journal rows.
//!
//! Each act reads the row as it then is, in the write transaction: acts of one transaction see one another, and nothing changes under
//! them. A refusal is decided before the row is touched. A dry run takes the same steps and is rolled back.

use super::super::mailbox_rules::{self, Circumstances, Present};
use super::super::types::ChangeKind;
use super::super::writing::{Act, Actor, Beside, Put, PutOutcome, Replay, Write, Written};
use super::mailboxes::{alias_stable_ids, holders, present, record, sites, write_attachments, write_row};
use super::{Sqlite, batches, changes, commit, db, history, json, statements};
use crate::error::{Error, Kind, Result};
use crate::model::{Attachment, Mailbox, MailboxState, Source};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeSet;

statements! {
    REPLAY = "SELECT request, status, body FROM idempotency WHERE operator = $1 AND key = $2";
    HOLDS_DOMAIN = "SELECT EXISTS (SELECT 1 FROM domain_certificate AS d JOIN operator_certificate AS c ON c.dn_key = d.dn_key
        WHERE d.domain = $1 AND c.operator = $2)";
    RENUMBERED = "SELECT EXISTS (SELECT 1 FROM professional WHERE id IN (SELECT value FROM json_each($1))
        AND replaces IN (SELECT value FROM json_each($2)))";
    KEEP_REPLAY = "INSERT INTO idempotency (operator, key, request, status, body, at) VALUES ($1, $2, $3, $4, $5, $6)";
}

impl Sqlite {
    /// See [`crate::store::Store::write_mailboxes`].
    pub async fn write_mailboxes(
        &self,
        writes: &[Write],
        actor: &Actor,
        now: i64,
        dry_run: bool,
        beside: Option<Box<dyn Beside>>,
    ) -> Result<Vec<Result<Written>>> {
        let mut transaction = self.write().await?;
        let mut outcomes = Vec::with_capacity(writes.len());
        for write in writes {
            match one(&mut transaction, write, actor, now).await {
                Err(error) if matches!(error.kind(), Kind::Internal | Kind::Busy | Kind::Unavailable) => return Err(error),
                outcome => outcomes.push(outcome),
            }
        }
        // A dry run is taken back whole; what is noted beside it is not.
        if dry_run {
            transaction.rollback().await.map_err(db("the store could not take back a dry run"))?;
            transaction = self.write().await?;
        }
        if let Some(beside) = beside {
            let noted = beside.of(&outcomes);
            if let Some((operator, key, replay)) = noted.replay {
                keep_replay(&mut transaction, &operator, &key, &replay, now).await?;
            }
            if let Some(progress) = noted.progress {
                batches::advance(&mut transaction, &progress, now).await?;
            }
        }
        commit(transaction).await?;
        Ok(outcomes)
    }

    pub async fn replay(&self, operator: &str, key: &str) -> Result<Option<Replay>> {
        replay(&mut *self.read().await?, operator, key).await
    }
}

async fn replay(connection: &mut SqliteConnection, operator: &str, key: &str) -> Result<Option<Replay>> {
    let found = sqlx::query(REPLAY).bind(operator).bind(key).fetch_optional(connection).await.map_err(db("reading kept answers"))?;
    let Some(row) = found else { return Ok(None) };
    let unreadable = || db("reading kept answers");
    let request: Vec<u8> = row.try_get("request").map_err(unreadable())?;
    Ok(Some(Replay {
        request: request.try_into().unwrap_or_default(),
        status: row.try_get("status").map_err(unreadable())?,
        body: row.try_get("body").map_err(unreadable())?,
    }))
}

async fn keep_replay(connection: &mut SqliteConnection, operator: &str, key: &str, kept: &Replay, now: i64) -> Result<()> {
    // Two requests under one key at the same time: the second is taken back, and asked again finds the first one's answer.
    if replay(connection, operator, key).await?.is_some() {
        return Err(Error::new(Kind::Busy, "key_in_use", "une autre requête utilise cette clé d'idempotence : recommencez"));
    }
    let keep = sqlx::query(KEEP_REPLAY).bind(operator).bind(key).bind(kept.request.as_slice()).bind(kept.status);
    keep.bind(kept.body.as_str()).bind(now).execute(connection).await.map_err(db("keeping an answer"))?;
    Ok(())
}

async fn one(connection: &mut SqliteConnection, write: &Write, actor: &Actor, now: i64) -> Result<Written> {
    let address = write.act.address();
    let old = present(connection, address).await?.filter(|present| !present.forgotten(now));
    // What was acknowledged after a batch was received is newer than what the batch says.
    if let Some(batch) = &write.batch
        && history::written_since(connection, address, batch).await?
    {
        return Err(mailbox_rules::changed("la boîte a changé après la réception du lot : renvoyez cette ligne si elle vaut encore"));
    }
    mailbox_rules::check_expected(old.as_ref().map(|old| &old.mailbox), &write.operator, write.expected.as_deref())?;
    let (new, outcome, action) = match &write.act {
        Act::Put { wished, stated, presence } => {
            let wished = checked(wished, &write.operator)?;
            alias_stable_ids(connection, &wished.attachments).await?;
            let circumstances = circumstances(connection, old.as_ref(), &wished.attachments, &write.operator).await?;
            let (new, outcome) = mailbox_rules::published(old.as_ref(), wished, stated, *presence, circumstances)?;
            let action = match outcome {
                PutOutcome::Created => "mailbox.create",
                PutOutcome::Adopted => "mailbox.adopt",
                _ => "mailbox.update",
            };
            (new, outcome, action)
        }
        Act::Patch { kind, patch, .. } => {
            let own = mailbox_rules::own(old.as_ref(), &write.operator)?;
            let mut renumbered = false;
            if let Some(attachments) = &patch.attachments {
                alias_stable_ids(connection, attachments).await?;
                renumbered = is_renumbered(connection, &own.attachments, attachments).await?;
            }
            let (new, outcome) = mailbox_rules::patched(own, *kind, patch, renumbered)?;
            (new, outcome, "mailbox.update")
        }
        Act::Close { .. } => {
            let own = mailbox_rules::own(old.as_ref(), &write.operator)?;
            (Mailbox { state: MailboxState::Closed, ..own.clone() }, PutOutcome::Deleted, "mailbox.delete")
        }
    };
    if outcome == PutOutcome::Unchanged {
        return Ok(Written { outcome, seq: None, mailbox: new });
    }
    let old = old.map(|present| present.mailbox);
    let seq = leave(connection, old.as_ref(), &new, now).await?;
    record(connection, action, old.as_ref(), &new, actor, now, write.batch.as_ref().map(|batch| batch.id.as_str())).await?;
    Ok(Written { outcome, seq: Some(seq), mailbox: new })
}

/// What the rules ask beside the two rows; only what the case at hand needs is read.
async fn circumstances(
    connection: &mut SqliteConnection,
    old: Option<&Present>,
    attachments: &[Attachment],
    operator: &str,
) -> Result<Circumstances> {
    let Some(old) = old.map(|present| &present.mailbox) else {
        return Ok(Circumstances::default());
    };
    let mut found = Circumstances::default();
    let another = old.source == Source::Operator && old.operator.as_deref() != Some(operator);
    if another {
        let holds = sqlx::query_scalar(HOLDS_DOMAIN).bind(old.address.domain()).bind(old.operator.as_deref());
        let holds: bool = holds.fetch_one(&mut *connection).await.map_err(db("reading domains"))?;
        found.left_behind = !holds;
    }
    if another || old.state == MailboxState::Closed {
        let (before, after) = (sites(connection, &old.attachments).await?, sites(connection, attachments).await?);
        found.same_site = !before.is_disjoint(&after);
    }
    if old.attachments != attachments {
        found.renumbered = is_renumbered(connection, &old.attachments, attachments).await?;
    }
    Ok(found)
}

/// Does a holder of the new attachments replace one of the old: an RPPS number where an ADELI number was?
async fn is_renumbered(connection: &mut SqliteConnection, old: &[Attachment], new: &[Attachment]) -> Result<bool> {
    let people = |list: &[Attachment]| json(list.iter().map(|a| &a.professional).filter(|id| !id.is_empty()));
    let found = sqlx::query_scalar(RENUMBERED).bind(people(new)).bind(people(old)).fetch_one(connection);
    found.await.map_err(db("reading holders"))
}

fn checked(wished: &Mailbox, operator: &str) -> Result<Mailbox> {
    let whose = wished.source == Source::Operator && wished.operator.as_deref() == Some(operator);
    if !whose || wished.state == MailboxState::Closed {
        return Err(Error::invalid("an open mailbox of an operator is expected"));
    }
    let mut wished = wished.clone();
    wished.attachments.sort();
    wished.attachments.dedup();
    Ok(wished)
}

/// Writes the row and its causes; answers the last number.
pub(super) async fn leave(connection: &mut SqliteConnection, old: Option<&Mailbox>, new: &Mailbox, now: i64) -> Result<i64> {
    let none = Vec::new();
    let before = old.map_or(&none, |old| &old.attachments);
    let (old_sites, new_sites) = if *before == new.attachments {
        (BTreeSet::new(), BTreeSet::new())
    } else {
        (sites(connection, before).await?, sites(connection, &new.attachments).await?)
    };
    write_row(connection, new, now).await?;
    if *before != new.attachments {
        write_attachments(connection, new).await?;
    }
    let withdraws = old.is_some_and(|old| mailbox_rules::withdraws(old, new));
    let mut seq = changes::append(connection, None, ChangeKind::Mailbox, new.address.as_str(), withdraws, now).await?;
    // What it is still attached to is found through the mailbox; what it was detached from no longer is.
    for holder in holders(old).difference(&holders(Some(new))) {
        seq = changes::append(connection, None, ChangeKind::Professional, holder, true, now).await?;
    }
    for site in old_sites.difference(&new_sites) {
        seq = changes::append(connection, None, ChangeKind::Structure, site, true, now).await?;
    }
    Ok(seq)
}

impl From<Written> for Put {
    fn from(written: Written) -> Self {
        Self { outcome: written.outcome, seq: written.seq }
    }
}
