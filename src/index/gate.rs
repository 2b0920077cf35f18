//! The gate: no door answers a search while a withdrawal of the store may be missing from the index.
//!
//! Closed at start; the projection opens it once every withdrawing change is in the index, and reports how old the oldest waiting
//! withdrawal is. Read at each search and by readiness.

use crate::error::{Error, Result};
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// A withdrawal waiting longer than this makes readiness fail.
pub const ALARM_AFTER: Duration = Duration::from_secs(5);
/// … and longer than this closes the doors.
pub const CLOSE_AFTER: Duration = Duration::from_secs(60);

/// Shared by the projection (which sets it) and the doors (which ask it).
#[derive(Debug)]
pub struct Gate {
    open: AtomicBool,
    /// Since when a withdrawal is in the store and not in the index, or may be.
    pending: Mutex<Option<Instant>>,
    /// Withdrawing changes up to this number are in the index.
    withdrawn_through: AtomicI64,
    /// For administrators and operators of the service: why it is closed.
    reason: Mutex<String>,
    /// Standing remarks readiness repeats (`no liste blanche was ever loaded`).
    notices: Mutex<Vec<String>>,
}

impl Default for Gate {
    fn default() -> Self {
        Self {
            open: AtomicBool::new(false),
            pending: Mutex::default(),
            withdrawn_through: AtomicI64::new(0),
            reason: Mutex::new("starting".to_owned()),
            notices: Mutex::default(),
        }
    }
}

impl Gate {
    pub fn open(&self) {
        self.open.store(true, Ordering::SeqCst);
    }

    pub fn close(&self, reason: impl Into<String>) {
        self.open.store(false, Ordering::SeqCst);
        *self.reason.lock().unwrap_or_else(PoisonError::into_inner) = reason.into();
    }

    /// Says that a withdrawal waits (its first call counts), or that none does. An unreadable store counts as waiting.
    pub fn set_pending(&self, pending: bool) {
        let mut since = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        *since = pending.then(|| since.unwrap_or_else(Instant::now));
    }

    /// Says that a withdrawal waits since a known moment.
    pub fn set_pending_since(&self, since: Instant) {
        *self.pending.lock().unwrap_or_else(PoisonError::into_inner) = Some(since);
    }

    /// Says up to which change number withdrawals are in the index.
    pub fn set_withdrawn_through(&self, seq: i64) {
        self.withdrawn_through.store(seq, Ordering::SeqCst);
    }

    #[must_use]
    pub fn withdrawn_through(&self) -> i64 {
        self.withdrawn_through.load(Ordering::SeqCst)
    }

    /// How long the oldest withdrawal has been waiting.
    #[must_use]
    pub fn waiting(&self) -> Duration {
        self.pending.lock().unwrap_or_else(PoisonError::into_inner).map_or(Duration::ZERO, |since| since.elapsed())
    }

    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.load(Ordering::SeqCst)
    }

    /// May a search be answered now?
    pub fn check(&self) -> Result<()> {
        if self.open.load(Ordering::SeqCst) && self.waiting() < CLOSE_AFTER {
            Ok(())
        } else {
            Err(Error::unavailable("the directory is not ready to answer searches"))
        }
    }

    /// Fit to receive traffic? Stricter than [`Gate::check`]: a late withdrawal already says no.
    #[must_use]
    pub fn ready(&self) -> bool {
        self.open.load(Ordering::SeqCst) && self.waiting() < ALARM_AFTER
    }

    pub fn set_notices(&self, notices: Vec<String>) {
        *self.notices.lock().unwrap_or_else(PoisonError::into_inner) = notices;
    }

    #[must_use]
    pub fn notices(&self) -> Vec<String> {
        self.notices.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Why it is closed, for administrators.
    #[must_use]
    pub fn reason(&self) -> String {
        self.reason.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}
