//! The one door for writing mailboxes: checks in their order (reference §3.3), then one transaction of the store.
//!
//! What a line may say is `line`, which fields a type of mailbox takes is `rules`, a whole file is `batch`, and what is told of it is
//! `report`. Checks that look at the present mailbox (MSS-050 to MSS-053, adoption, flags kept) are made by the store in the write
//! transaction itself, where nothing can change in between. Nothing here says more of a hidden mailbox than of an unknown one.

mod batch;
mod line;
mod report;
mod rules;

pub use report::{LineOutcome, LineReport, LoadReport, Warning};

use crate::error::{Error, Result};
use crate::model::{Address, Mailbox};
use crate::store::{MailboxFlags, Store};

/// Writes mailboxes for administrators and operators.
#[derive(Clone, Debug)]
pub struct Publication {
    store: Store,
}

impl Publication {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Sets an administrator's flags and returns the mailbox as it then is; committed and synced when this returns.
    ///
    /// `actor`: who, for the journal; `now`: UTC seconds. Errors: `not_found`; `conflict` when the state asked is not the administrator's
    /// to give.
    pub async fn flag(&self, address: &Address, flags: MailboxFlags, actor: &str, now: i64) -> Result<Mailbox> {
        let flagged = self.store.flag_mailbox(address, &flags, actor, now).await?;
        flagged.ok_or_else(|| Error::not_found("there is no mailbox of that address"))
    }
}
