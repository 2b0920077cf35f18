//! Writes of one operator at a time: one that sends everything at once waits for itself, and nobody else for it.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Of one operator; the store writes one after the other anyway.
const AT_ONCE: usize = 4;

#[derive(Default)]
pub(in crate::rest) struct Turns(Mutex<HashMap<String, Arc<Semaphore>>>);

impl Turns {
    /// A turn of this operator, held until dropped. The caller's time-out bounds the wait.
    pub(in crate::rest) async fn take(&self, operator: &str) -> Option<OwnedSemaphorePermit> {
        let turns = {
            let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            // Operators are authenticated and few: this does not grow with what strangers send.
            Arc::clone(known.entry(operator.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(AT_ONCE))))
        };
        turns.acquire_owned().await.ok()
    }
}
