//! What publication asks the store to write, and what came of it.
//!
//! A write is one act on one mailbox of one operator. Several go into one transaction, each accepted or refused on its own: a refusal is a
//! rule of `mailbox_rules`, decided before the row is touched, so that nothing has to be taken back.

use super::types::AuditEntry;
use crate::error::Result;
use crate::model::{Address, Attachment, Mailbox, MailboxState, MailboxType};
use serde::{Deserialize, Serialize};

/// Who acts, as history and journal tell it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// `operateur:<id>`, the name of an account, `administrator`.
    pub name: String,
    /// `key:<id>`, `certificate:<subject>`, `account`; empty on the machine itself.
    #[serde(default)]
    pub credential: String,
    /// Address of the client.
    #[serde(default)]
    pub source: String,
    #[serde(default)]
    pub request_id: String,
}

impl Actor {
    /// What the journal keeps of an act of this actor that was done; `detail` says old and new values.
    #[must_use]
    pub fn entry(&self, action: &str, object: &str, detail: serde_json::Value, now: i64) -> AuditEntry {
        AuditEntry {
            at: now,
            actor: self.name.clone(),
            credential: self.credential.clone(),
            source: self.source.clone(),
            request_id: self.request_id.clone(),
            action: action.to_owned(),
            object: object.to_owned(),
            result: "ok".to_owned(),
            detail,
        }
    }
}

impl From<&str> for Actor {
    fn from(name: &str) -> Self {
        Self { name: name.to_owned(), ..Self::default() }
    }
}

impl From<&Actor> for Actor {
    fn from(actor: &Actor) -> Self {
        actor.clone()
    }
}

/// What an operator has stated of a mailbox beyond its plain fields; `None` keeps what the store has, so that an omission shows nothing new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stated {
    pub liste_rouge: Option<bool>,
    /// The outer `None` keeps, the inner one means not stated.
    pub zero_papier: Option<Option<bool>>,
    pub phone_opposed: Option<bool>,
    pub test: Option<bool>,
    pub state: Option<MailboxState>,
}

/// What a publication did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PutOutcome {
    Created,
    Updated,
    /// The store already held exactly this: nothing was written.
    Unchanged,
    /// An address of the extraction became the operator's, for good.
    Adopted,
    /// Closed: on no door any more, its row kept a year.
    Deleted,
}

/// Outcome of a publication with the change number that makes it searchable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Put {
    pub outcome: PutOutcome,
    /// `None` when nothing was written.
    pub seq: Option<i64>,
}

/// Fields of a mailbox that an update names; `None` keeps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Patch {
    pub phone: Option<String>,
    pub responsible: Option<String>,
    pub service: Option<String>,
    pub description: Option<String>,
    /// The outer `None` keeps, the inner one means no rank.
    pub rank: Option<Option<u32>>,
    pub attachments: Option<Vec<Attachment>>,
    pub stated: Stated,
}

/// What is wanted of an address that may be there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// Created, updated or adopted, whichever it takes.
    Any,
    /// Refused when the operator has it already (MSS-050).
    New,
}

/// One act on one mailbox.
#[derive(Clone, Debug)]
pub enum Act {
    Put {
        wished: Box<Mailbox>,
        stated: Stated,
        presence: Presence,
    },
    /// `kind`: the type that the patch was checked against.
    Patch {
        address: Address,
        kind: MailboxType,
        patch: Box<Patch>,
    },
    Close {
        address: Address,
    },
}

impl Act {
    #[must_use]
    pub fn address(&self) -> &Address {
        match self {
            Self::Put { wished, .. } => &wished.address,
            Self::Patch { address, .. } | Self::Close { address } => address,
        }
    }
}

/// Which batch an act is of, and what had been written when it was received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchMark {
    pub id: String,
    pub mark: i64,
}

/// An act of an operator.
#[derive(Clone, Debug)]
pub struct Write {
    pub operator: String,
    pub act: Act,
    /// Of a batch: refused (`changed`) when a single act wrote the mailbox since the batch was received.
    pub batch: Option<BatchMark>,
    /// Refused (`changed`, 412) unless the mailbox is in one of these revisions; `*` is any that is open.
    pub expected: Option<Vec<String>>,
}

/// What a write left.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    pub outcome: PutOutcome,
    /// Change number that makes it searchable; `None` when nothing was written.
    pub seq: Option<i64>,
    pub mailbox: Mailbox,
}

/// An answer kept under an Idempotency-Key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Replay {
    /// SHA-256 of method, path and body.
    pub request: [u8; 32],
    pub status: u16,
    pub body: String,
}

/// What is written with the acts, in their transaction, from what came of them.
pub trait Beside: Send {
    fn of(self: Box<Self>, outcomes: &[Result<Written>]) -> Noted;
}

impl<F: FnOnce(&[Result<Written>]) -> Noted + Send> Beside for F {
    fn of(self: Box<Self>, outcomes: &[Result<Written>]) -> Noted {
        self(outcomes)
    }
}

/// See [`Beside`].
#[derive(Debug, Default)]
pub struct Noted {
    /// Operator, key, answer.
    pub replay: Option<(String, String, Replay)>,
    pub progress: Option<Progress>,
}

/// How far a batch has come, items of which the outcome is committed.
#[derive(Debug)]
pub struct Progress {
    pub batch: String,
    /// Place of the last item done before, and now.
    pub before: u64,
    pub done: u64,
    /// JSON.
    pub counters: String,
    /// Place, and JSON of what is told of it.
    pub lines: Vec<(u64, String)>,
    pub lines_left_out: u64,
    pub ended: bool,
}

/// What becomes of a batch and its items.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchMode {
    Batch,
    Delta,
    Full,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum BatchState {
    /// Waiting, or being carried out.
    Received,
    Done,
    /// By its operator; what was applied stays.
    Cancelled,
}

impl BatchMode {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Batch => "batch",
            Self::Delta => "delta",
            Self::Full => "full",
        }
    }

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Batch, Self::Delta, Self::Full].into_iter().find(|mode| mode.code() == code)
    }
}

impl BatchState {
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
        }
    }

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        [Self::Received, Self::Done, Self::Cancelled].into_iter().find(|state| state.code() == code)
    }
}

/// A batch as received and as far as it has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    pub id: String,
    pub operator: String,
    pub mode: BatchMode,
    pub sequence: Option<i64>,
    /// SHA-256 of the body.
    pub digest: [u8; 32],
    pub dry_run: bool,
    pub state: BatchState,
    pub actor: Actor,
    /// UTC seconds.
    pub received_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    pub total: u64,
    pub done: u64,
    /// JSON, as publication wrote it.
    pub counters: String,
    pub lines_left_out: u64,
    /// Set when it is kept.
    pub mark: i64,
}

impl Batch {
    /// The same that was sent, whenever.
    #[must_use]
    pub fn is_the_same_as(&self, other: &Self) -> bool {
        self.digest == other.digest && self.sequence == other.sequence && self.dry_run == other.dry_run
    }
}

/// An item of a batch: its place, its line in the body, its bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchItem {
    pub place: u64,
    pub line: u64,
    pub body: Vec<u8>,
}

/// A mailbox as it was left by one act.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HistoryEntry {
    /// UTC seconds.
    pub at: i64,
    pub actor: String,
    pub action: String,
    pub content: serde_json::Value,
}

/// A mailbox of an operator as it reads its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnMailbox {
    pub mailbox: Mailbox,
    /// UTC seconds.
    pub created_at: i64,
    pub changed_at: i64,
}

/// Which of an operator's mailboxes.
#[derive(Clone, Debug, Default)]
pub struct OwnQuery {
    /// Addresses behind this one.
    pub after: String,
    pub state: Option<MailboxState>,
    pub limit: u32,
}

/// What an operator is told of a mailbox of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Notice {
    pub id: i64,
    pub address: String,
    /// `holder_left`, `domain_left`, `inactive`.
    pub kind: String,
    /// UTC seconds; at `due` the mailbox is closed.
    pub since: i64,
    pub due: i64,
    pub ended_at: Option<i64>,
}
