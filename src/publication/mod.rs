//! The one door for writing mailboxes: checks in their order (reference §3.3), then one transaction of the store.
//!
//! What a line may say is `line` and `field`, which fields a type takes and what is asked of holders is `rules`, the checks in order are
//! `check`. One act is `operate`; many are `carry`, from a `file`, or as `batches` read by `intake`; what is told of them is `report`.
//! Checks that look at the present mailbox (MSS-050 to MSS-053, adoption, flags kept) are made by the store in the write transaction
//! itself, where nothing can change in between. Nothing here says more of a hidden mailbox than of an unknown one, but to its operator.
//! Messages with an MSS-code are French: they tell an operator what to mend.

mod batches;
mod carry;
mod check;
mod field;
mod file;
mod intake;
mod line;
mod operate;
mod report;
mod rules;
mod view;

pub use crate::store::{Actor, BatchMode, BatchState, HistoryEntry, MailboxFlags, Notice, OwnQuery, PutOutcome};
pub use batches::{BatchReport, Delivery, Received};
pub use intake::Format;
pub use line::Operation;
pub use operate::{Accepted, Answer, Request};
pub use report::{Counters, LineOutcome, LineReport, LoadReport, Warning, csv};
pub use view::{AttachmentView, OwnView};

use crate::error::{Error, Result};
use crate::model::{Address, Mailbox};
use crate::store::Store;
use std::sync::Arc;
use tokio::sync::Notify;

/// Writes mailboxes for administrators and operators. Clones share who waits for batches.
#[derive(Clone, Debug)]
pub struct Publication {
    store: Store,
    arrived: Arc<Notify>,
    refusals: Arc<operate::Refusals>,
}

impl Publication {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store, arrived: Arc::default(), refusals: Arc::default() }
    }

    /// Sets an administrator's flags and returns the mailbox as it then is; committed and synced when this returns.
    ///
    /// `actor`: who, for the journal; `now`: UTC seconds. Errors: `not_found`; `conflict` when the state asked is not the administrator's
    /// to give.
    pub async fn flag(&self, address: &Address, flags: MailboxFlags, actor: impl Into<Actor>, now: i64) -> Result<Mailbox> {
        let flagged = self.store.flag_mailbox(address, &flags, actor, now).await?;
        flagged.ok_or_else(|| Error::not_found("there is no mailbox of that address"))
    }

    /// A mailbox with all that is hidden, for an administrator: reading it is an act, and the caller puts it in the journal.
    pub async fn any(&self, address: &Address) -> Result<Mailbox> {
        self.store.mailbox(address).await?.ok_or_else(|| Error::not_found("there is no mailbox of that address"))
    }
}
