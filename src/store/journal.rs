//! The journal as the store keeps it: what is asked of it, what it answers, and the proof that it is whole.
//!
//! Functional acts are chained rows that stay, with their payloads beside them; a payload may be erased by law and the chain still holds.
//! The heads of past days (Europe/Paris) are anchors: days that nobody may keep any longer are cut, and verification starts from the head
//! of the last one cut. Technical traces are apart, not chained, and kept a year. A chain proves that nothing in the middle was touched;
//! that its end was not cut or written anew is proved only against a head which was noted outside of the store.

use super::Store;
use super::types::AuditEntry;
use crate::error::Result;
use serde::Serialize;

/// What an auditor looks for; what is `None` is not asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AuditQuery {
    pub object: Option<String>,
    pub actor: Option<String>,
    pub action: Option<String>,
    /// UTC seconds, the first one wanted.
    pub from: Option<i64>,
    /// UTC seconds, the first one no longer wanted.
    pub to: Option<i64>,
    /// Entries behind this one only; 0 for all.
    pub after: i64,
    pub limit: usize,
}

/// A row of the journal with all that is needed to check it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AuditRow {
    pub id: i64,
    /// UTC seconds.
    pub at: i64,
    /// Europe/Paris.
    pub day: String,
    pub payload_digest: Vec<u8>,
    pub chain: Vec<u8>,
    /// Salt and payload; `None` once erased.
    pub payload: Option<(Vec<u8>, String)>,
}

/// What verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct AuditVerdict {
    pub entries: u64,
    /// Entries of which only the digest is left.
    pub erased: u64,
    pub first: Option<i64>,
    pub last: Option<i64>,
    /// Chain of the last entry, in hexadecimal.
    pub head: String,
    /// The first thing that is wrong.
    pub fault: Option<AuditFault>,
}

/// Where the journal is not what was written, and how.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AuditFault {
    pub id: i64,
    pub what: String,
}

/// A technical trace: what the machine did by itself. It names no person and no address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Trace {
    /// UTC seconds.
    pub at: i64,
    pub actor: String,
    /// `purge`, `import` …
    pub action: String,
    pub detail: serde_json::Value,
}

/// The journal: functional acts.
impl Store {
    pub async fn write_audit(&self, entry: &AuditEntry) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.write_audit(entry).await,
        }
    }

    /// The last entries whose payload is there, newest first.
    pub async fn audit_entries(&self, limit: usize) -> Result<Vec<AuditEntry>> {
        match self {
            Self::Sqlite(db) => db.audit_entries(limit).await,
        }
    }

    /// Entries that match, with their ids, oldest first. What was erased is not found.
    pub async fn audit_search(&self, query: &AuditQuery) -> Result<Vec<(i64, AuditEntry)>> {
        match self {
            Self::Sqlite(db) => db.audit_search(query).await,
        }
    }

    /// Rows in order, erased ones too. Of the query, times, `after` and `limit` count: a row says no more by itself.
    pub async fn audit_rows(&self, query: &AuditQuery) -> Result<Vec<AuditRow>> {
        match self {
            Self::Sqlite(db) => db.audit_rows(query).await,
        }
    }

    /// Checks every row, payload and day head. `expected_head` is a head of any time before, noted elsewhere.
    pub async fn audit_verify(&self, expected_head: Option<[u8; 32]>) -> Result<AuditVerdict> {
        match self {
            Self::Sqlite(db) => db.audit_verify(expected_head).await,
        }
    }

    /// Chain of the last entry; zeros when there is none.
    pub async fn audit_head(&self) -> Result<[u8; 32]> {
        match self {
            Self::Sqlite(db) => db.audit_head().await,
        }
    }

    /// Erases what entries about an object say, and says so in an entry that names their ids but not the object. Returns how many.
    pub async fn audit_erase(&self, object: &str, reason: &str, actor: &str, now: i64) -> Result<u64> {
        match self {
            Self::Sqlite(db) => db.audit_erase(object, reason, actor, now).await,
        }
    }
}

/// Technical traces.
impl Store {
    pub async fn write_trace(&self, trace: &Trace) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.write_trace(trace).await,
        }
    }

    /// The last ones, newest first.
    pub async fn traces(&self, limit: usize) -> Result<Vec<Trace>> {
        match self {
            Self::Sqlite(db) => db.traces(limit).await,
        }
    }
}
