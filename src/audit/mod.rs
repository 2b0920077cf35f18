//! The journal: who did what to which thing, and when; append-only, kept ten years (seed rule S59).
//!
//! Writes that change the directory append their own line in their own transaction, inside the store. This door is for acts that
//! change no row: an export drawn, a right exercised, an administrator's look at something hidden. It is never a place for search terms
//! or for the values of hidden fields.

use crate::error::Result;
use crate::store::{AuditEntry, Store};

/// Appends to the journal and reads its end.
#[derive(Clone, Debug)]
pub struct Journal {
    store: Store,
}

impl Journal {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Appends one line; returns once it is on the disk. `now` in UTC seconds.
    pub async fn record(&self, actor: &str, action: &str, object: &str, detail: serde_json::Value, now: i64) -> Result<()> {
        let entry = AuditEntry { at: now, actor: actor.to_owned(), action: action.to_owned(), object: object.to_owned(), detail };
        self.store.write_audit(&entry).await
    }

    /// The last lines, newest first.
    pub async fn last(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        self.store.audit_entries(limit).await
    }
}
