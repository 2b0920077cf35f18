//! What the alert room asks: a reading of everybody at one moment of the store, and the rows that say who asked for which list and why.
//!
//! The reading answers what is known, hidden or not; whom an alert may be written to is `visibility`'s to say. Its rows are plain: a
//! mailbox comes as the [`MailboxRecord`] that the rule is asked about, without the records of its holders and structures.

use super::types::AuditEntry;
use super::{AlertReading, Store};
use crate::error::Result;
use crate::model::{Exercise, Expertise, MailboxRecord};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What SQL may leave out because it cannot match; an empty list leaves out nobody. It never leaves out anybody who matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AlertScope {
    pub professions: Vec<String>,
    /// Codes of savoir-faire.
    pub specialties: Vec<String>,
    pub modes: Vec<String>,
    pub sectors: Vec<String>,
    /// Stable ids.
    pub structures: Option<Vec<String>>,
    /// Places, joined: one of them suffices.
    pub departments: Vec<String>,
    pub communes: Vec<String>,
    pub postal_codes: Vec<String>,
}

impl AlertScope {
    /// Is a place asked for?
    #[must_use]
    pub fn placed(&self) -> bool {
        !(self.departments.is_empty() && self.communes.is_empty() && self.postal_codes.is_empty())
    }

    /// Is anything asked for that only an activity has?
    #[must_use]
    pub fn of_activities(&self) -> bool {
        !(self.modes.is_empty() && self.sectors.is_empty())
    }
}

/// A professional in force, with all that a filter and a list ask.
#[derive(Clone, Debug)]
pub struct AlertPerson {
    pub id: String,
    pub family: String,
    pub given: String,
    /// Sorted.
    pub exercises: Vec<Exercise>,
    /// Sorted; of the best file that tells them.
    pub specialties: Vec<Expertise>,
    /// Sorted by activity id.
    pub activities: Vec<AlertActivity>,
    /// PER and CAB mailboxes it holds, but closed ones; by address.
    pub mailboxes: Vec<Arc<AlertMailbox>>,
}

#[derive(Clone, Debug)]
pub struct AlertActivity {
    pub profession: String,
    pub category: String,
    pub mode: String,
    pub sector: String,
    /// Its structure, when that is in force.
    pub structure: Option<Arc<AlertStructure>>,
}

/// A structure as a filter and a list ask about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertStructure {
    pub id: String,
    pub name: String,
    pub postal_code: String,
    pub insee: String,
    pub city: String,
    pub department: String,
    pub sector: String,
}

/// A mailbox with what is asked when one of several is chosen.
#[derive(Clone, Debug)]
pub struct AlertMailbox {
    pub record: MailboxRecord,
    /// Distinct holders its attachments name, sorted.
    pub holders: Vec<String>,
    /// Distinct structures its attachments lead to, sorted; told of ORG mailboxes only.
    pub structures: Vec<String>,
    /// UTC seconds.
    pub created_at: i64,
    pub changed_at: i64,
}

/// Where a list stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum AlertState {
    /// Too large for one person to decide on.
    AwaitingConfirmation,
    Ready,
    /// Its files went: after 30 days, or because nobody confirmed it in a day.
    Deleted,
}

impl AlertState {
    pub const ALL: [Self; 3] = [Self::AwaitingConfirmation, Self::Ready, Self::Deleted];

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::AwaitingConfirmation => "awaiting_confirmation",
            Self::Ready => "ready",
            Self::Deleted => "deleted",
        }
    }

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.code() == code)
    }
}

/// What is kept of a list beside its files. JSON is as the alert room wrote it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertRow {
    pub id: String,
    pub state: AlertState,
    pub actor: String,
    pub reason: String,
    pub reference: String,
    pub asked: String,
    pub recipients: i64,
    pub people: i64,
    pub coverage: String,
    pub digests: String,
    /// UTC seconds.
    pub created_at: i64,
    pub confirmed_by: Option<String>,
    pub confirmed_at: Option<i64>,
    pub deleted_at: Option<i64>,
}

/// Lines of lists that were made since a moment and that nobody but who asked had to agree to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AlertDrawn {
    /// By one account.
    pub by_actor: i64,
    /// For one reference, whoever asked.
    pub for_reference: i64,
}

/// Alert lists.
impl Store {
    /// Begins a reading at the present moment, on a connection of its own; `None` while an import is being applied.
    pub async fn alert_reading(&self) -> Result<Option<AlertReading>> {
        match self {
            Self::Sqlite(db) => db.alert_reading().await,
        }
    }

    /// Keeps a list whose files are synced, with its entry of the journal. `settle` is told, in the very transaction that writes, what was
    /// drawn since `since` (UTC seconds) by the account and for the reference of the row: two lists made at once both count.
    pub async fn add_alert(
        &self,
        row: AlertRow,
        since: i64,
        settle: impl Fn(AlertRow, AlertDrawn) -> Result<(AlertRow, AuditEntry)> + Send,
    ) -> Result<AlertRow> {
        match self {
            Self::Sqlite(db) => db.add_alert(row, since, settle).await,
        }
    }

    /// What was drawn since a moment (UTC seconds).
    pub async fn alert_drawn(&self, actor: &str, reference: &str, since: i64) -> Result<AlertDrawn> {
        match self {
            Self::Sqlite(db) => db.alert_drawn(actor, reference, since).await,
        }
    }

    /// The policy of the server that served this store last, as the alert room wrote it.
    pub async fn alert_policy(&self) -> Result<Option<String>> {
        match self {
            Self::Sqlite(db) => db.alert_policy().await,
        }
    }

    /// Writes it, unless it is there already.
    pub async fn set_alert_policy(&self, policy: &str) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.set_alert_policy(policy).await,
        }
    }

    pub async fn alert(&self, id: &str) -> Result<Option<AlertRow>> {
        match self {
            Self::Sqlite(db) => db.alert(id).await,
        }
    }

    /// The newest first, without their reports.
    pub async fn alerts(&self, limit: u32) -> Result<Vec<AlertRow>> {
        match self {
            Self::Sqlite(db) => db.alerts(limit).await,
        }
    }

    /// Confirms, when `allowed` says so of the row as it is in the very transaction that writes. `None` when there is no such list.
    pub async fn confirm_alert(
        &self,
        id: &str,
        entry: &AuditEntry,
        allowed: impl Fn(&AlertRow) -> Result<()> + Send,
    ) -> Result<Option<AlertRow>> {
        match self {
            Self::Sqlite(db) => db.confirm_alert(id, entry, allowed).await,
        }
    }

    /// Marks as deleted what was made before `made_before`, and what still awaits confirmation and was made before `unconfirmed_before`.
    pub async fn expire_alerts(&self, made_before: i64, unconfirmed_before: i64, now: i64) -> Result<u64> {
        match self {
            Self::Sqlite(db) => db.expire_alerts(made_before, unconfirmed_before, now).await,
        }
    }
}
