//! The journal: who did what to which thing, with what credential, from where and with what result; append-only, chained, kept ten years
//! after what it is about is gone (seed rule S59). Technical traces stand apart and are kept a year.
//!
//! Writes that change the directory append their own entry in their own transaction, inside the store. This door is for acts that
//! change no row (an export drawn, a right exercised, an administrator's look at something hidden), for the auditor who searches and
//! verifies, and for the erasure of what an entry says when the law asks for it. It is never a place for search terms or for the values
//! of hidden fields. What verification proves, and what only a head noted elsewhere does, is said in the store's `journal`.

use crate::error::Result;
pub use crate::store::{AuditQuery, AuditVerdict};

use crate::store::{AuditEntry, AuditRow, Store, Trace};

/// Appends to the journal, reads it and proves it.
#[derive(Clone, Debug)]
pub struct Journal {
    store: Store,
}

impl Journal {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Appends an act that was done, of which no more is known; returns once it is on the disk. `now` in UTC seconds.
    pub async fn record(&self, actor: &str, action: &str, object: &str, detail: serde_json::Value, now: i64) -> Result<()> {
        let entry = AuditEntry {
            at: now,
            actor: actor.to_owned(),
            action: action.to_owned(),
            object: object.to_owned(),
            result: "ok".to_owned(),
            detail,
            ..AuditEntry::default()
        };
        self.append(&entry).await
    }

    /// Appends a whole entry; returns once it is on the disk.
    pub async fn append(&self, entry: &AuditEntry) -> Result<()> {
        self.store.write_audit(entry).await
    }

    /// The last entries, newest first.
    pub async fn last(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        self.store.audit_entries(limit).await
    }

    /// Entries with their ids, oldest first.
    pub async fn search(&self, query: &AuditQuery) -> Result<Vec<(i64, AuditEntry)>> {
        self.store.audit_search(query).await
    }

    /// Rows with all that is needed to check them elsewhere, erased ones too.
    pub async fn rows(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        self.store.audit_rows(query).await
    }

    /// Reads everything again; `expected_head` is a head of any time before.
    pub async fn verify(&self, expected_head: Option<[u8; 32]>) -> Result<AuditVerdict> {
        self.store.audit_verify(expected_head).await
    }

    /// The head of the chain, to be noted where nobody who writes the store can write.
    pub async fn head(&self) -> Result<[u8; 32]> {
        self.store.audit_head().await
    }

    /// Erases what entries about an object say, for a reason which is recorded. Returns how many.
    pub async fn erase(&self, object: &str, reason: &str, actor: &str, now: i64) -> Result<u64> {
        self.store.audit_erase(object, reason, actor, now).await
    }

    /// Leaves a technical trace.
    pub async fn trace(&self, trace: &Trace) -> Result<()> {
        self.store.write_trace(trace).await
    }

    /// The last technical traces, newest first.
    pub async fn traces(&self, limit: usize) -> Result<Vec<Trace>> {
        self.store.traces(limit).await
    }
}
