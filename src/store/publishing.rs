//! What publication and administration write, and what operators read of their own: each write one transaction with its history, change
//! and journal rows, synced when it returns.

use super::Store;
use super::operators::{DomainListing, OperatorDetail, OperatorListing, OperatorWrite};
use super::types::MailboxFlags;
use super::writing::{
    Act, Actor, Batch, BatchItem, Beside, HistoryEntry, Notice, OwnMailbox, OwnQuery, Presence, Put, Replay, Stated, Write, Written,
};
use crate::error::{Error, Result};
use crate::model::{Address, DistinguishedName, Mailbox, Operator};

/// Mailboxes.
impl Store {
    /// Sets flags and returns the mailbox as it then is; `None` for an unknown address.
    pub async fn flag_mailbox(
        &self,
        address: &Address,
        flags: &MailboxFlags,
        actor: impl Into<Actor>,
        now: i64,
    ) -> Result<Option<Mailbox>> {
        let actor = actor.into();
        match self {
            Self::Sqlite(db) => db.flag_mailbox(address, flags, &actor, now).await,
        }
    }

    /// Carries out acts of operators in one transaction, in order; each is accepted or refused on its own.
    ///
    /// A freeze, and a liste rouge or telephone opposition that an administrator set, are not the operator's to lift.
    /// Refusals: `changed` (412), MSS-050 (there already, or another operator's), MSS-051 (another type), MSS-052 (not its own), MSS-053
    /// (closed less than a year ago under another holder). A dry run writes nothing but what is noted `beside`. An error of the whole
    /// means that nothing was written.
    pub async fn write_mailboxes(
        &self,
        writes: &[Write],
        actor: &Actor,
        now: i64,
        dry_run: bool,
        beside: Option<Box<dyn Beside>>,
    ) -> Result<Vec<Result<Written>>> {
        match self {
            Self::Sqlite(db) => db.write_mailboxes(writes, actor, now, dry_run, beside).await,
        }
    }

    /// Creates, updates or adopts a mailbox of an operator, every field taken as stated.
    pub async fn put_operator_mailbox(&self, mailbox: &Mailbox, actor: impl Into<Actor>, now: i64) -> Result<Put> {
        let stated = Stated {
            liste_rouge: Some(mailbox.liste_rouge),
            zero_papier: Some(mailbox.zero_papier),
            phone_opposed: Some(mailbox.phone_opposed),
            test: Some(mailbox.test),
            state: Some(mailbox.state),
        };
        self.publish_mailbox(mailbox, &stated, actor, now).await
    }

    /// The same, where what `stated` leaves open keeps the value the store has, or takes the mailbox's on creation.
    pub async fn publish_mailbox(&self, mailbox: &Mailbox, stated: &Stated, actor: impl Into<Actor>, now: i64) -> Result<Put> {
        let operator = mailbox.operator.clone().unwrap_or_default();
        let act = Act::Put { wished: Box::new(mailbox.clone()), stated: *stated, presence: Presence::Any };
        let written =
            self.write_mailboxes(&[Write { operator, act, batch: None, expected: None }], &actor.into(), now, false, None).await?.pop();
        written.unwrap_or_else(|| Err(Error::invalid("nothing to write"))).map(Put::from)
    }

    /// States of a mailbox, the newest first, a thousand at most.
    pub async fn mailbox_history(&self, address: &Address) -> Result<Vec<HistoryEntry>> {
        match self {
            Self::Sqlite(db) => db.mailbox_history(address).await,
        }
    }

    /// Mailboxes an operator published, in address order; closed ones only when their state is asked for.
    pub async fn own_mailboxes(&self, operator: &str, query: &OwnQuery, now: i64) -> Result<Vec<OwnMailbox>> {
        match self {
            Self::Sqlite(db) => db.own_mailboxes(operator, query, now).await,
        }
    }

    /// One of them, open.
    pub async fn own_mailbox(&self, operator: &str, address: &Address) -> Result<Option<OwnMailbox>> {
        match self {
            Self::Sqlite(db) => db.own_mailbox(operator, address).await,
        }
    }

    /// Addresses of all open ones, sorted.
    pub async fn own_addresses(&self, operator: &str) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(db) => db.own_addresses(operator).await,
        }
    }

    /// The answer kept under an operator's Idempotency-Key.
    pub async fn replay(&self, operator: &str, key: &str) -> Result<Option<Replay>> {
        match self {
            Self::Sqlite(db) => db.replay(operator, key).await,
        }
    }

    /// Tells operators of mailboxes whose holder or domain left or that rest too long, and closes those whose term has come.
    pub async fn tend_mailboxes(&self, now: i64) -> Result<u64> {
        match self {
            Self::Sqlite(db) => db.tend_mailboxes(now).await,
        }
    }

    /// What an operator was told, behind an id, in order.
    pub async fn notices(&self, operator: &str, after: i64, limit: u32) -> Result<Vec<Notice>> {
        match self {
            Self::Sqlite(db) => db.notices(operator, after, limit).await,
        }
    }
}

/// Batches.
impl Store {
    /// Keeps a batch and its items. A delta whose sequence number was seen with the same body answers the batch it was then.
    ///
    /// Refusals: MSS-070 (the number was seen with another body, or is older than the last), `too_many_batches`.
    pub async fn receive_batch(&self, batch: &Batch, items: &[BatchItem], most_waiting: u32) -> Result<Batch> {
        match self {
            Self::Sqlite(db) => db.receive_batch(batch, items, most_waiting).await,
        }
    }

    pub async fn batch(&self, operator: &str, id: &str) -> Result<Option<Batch>> {
        match self {
            Self::Sqlite(db) => db.batch(operator, id).await,
        }
    }

    /// The newest first.
    pub async fn batches(&self, operator: &str, limit: u32) -> Result<Vec<Batch>> {
        match self {
            Self::Sqlite(db) => db.batches(operator, limit).await,
        }
    }

    pub async fn last_sequence(&self, operator: &str) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(db) => db.last_sequence(operator).await,
        }
    }

    /// The oldest waiting batch of each operator.
    pub async fn waiting_batches(&self) -> Result<Vec<Batch>> {
        match self {
            Self::Sqlite(db) => db.waiting_batches().await,
        }
    }

    pub async fn batch_items(&self, id: &str, after: u64, limit: u32) -> Result<Vec<BatchItem>> {
        match self {
            Self::Sqlite(db) => db.batch_items(id, after, limit).await,
        }
    }

    /// What is told of its lines, JSON each, behind a place.
    pub async fn batch_lines(&self, id: &str, after: u64, limit: u32) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(db) => db.batch_lines(id, after, limit).await,
        }
    }

    /// `false` when it had ended.
    pub async fn cancel_batch(&self, batch: &Batch, now: i64) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.cancel_batch(batch, now).await,
        }
    }
}

/// Operators.
impl Store {
    pub async fn operator_detail(&self, id: &str) -> Result<Option<OperatorDetail>> {
        match self {
            Self::Sqlite(db) => db.operator_detail(id).await,
        }
    }

    /// All of them, in id order, behind an id.
    pub async fn operators(&self, after: &str, limit: u32) -> Result<Vec<Operator>> {
        match self {
            Self::Sqlite(db) => db.operators(after, limit).await,
        }
    }

    /// One act of an administrator; answers the operator as it then is, `None` for an unknown one.
    pub async fn write_operator(&self, id: &str, write: &OperatorWrite, actor: &Actor, now: i64) -> Result<Option<OperatorDetail>> {
        match self {
            Self::Sqlite(db) => db.write_operator(id, write, actor, now).await,
        }
    }

    /// The operator of a key, the key's id, and whether it is in force.
    pub async fn operator_by_secret(&self, digest: &[u8; 32], now: i64) -> Result<Option<(Operator, String, bool)>> {
        match self {
            Self::Sqlite(db) => db.operator_by_secret(digest, now).await,
        }
    }

    pub async fn operator_by_certificate(&self, subject: &DistinguishedName) -> Result<Option<Operator>> {
        match self {
            Self::Sqlite(db) => db.operator_by_certificate(subject).await,
        }
    }

    /// Operators in force, in id order.
    pub async fn public_operators(&self, after: &str, limit: u32) -> Result<Vec<OperatorListing>> {
        match self {
            Self::Sqlite(db) => db.public_operators(after, limit).await,
        }
    }

    /// Listed domains, in name order.
    pub async fn public_domains(&self, after: &str, limit: u32) -> Result<Vec<DomainListing>> {
        match self {
            Self::Sqlite(db) => db.public_domains(after, limit).await,
        }
    }

    /// Domain, description and certificate subject of each entry of the liste blanche in force, and when it last changed (UTC seconds).
    pub async fn liste_blanche_entries(&self) -> Result<(Vec<(String, String, String)>, i64)> {
        match self {
            Self::Sqlite(db) => db.liste_blanche_entries().await,
        }
    }
}
