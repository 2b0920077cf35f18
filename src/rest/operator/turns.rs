//! Requests of one operator at a time: one that sends everything at once waits for itself, and nobody else for it. A batch takes memory
//! while it arrives: one of an operator at a time, and few of all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Writes of one operator; the store writes one after the other anyway.
const WRITES: usize = 4;
/// Batches of one operator, and of all, that arrive at the same time.
const ARRIVING: usize = 1;
const ARRIVING_OF_ALL: usize = 8;

pub(in crate::rest) struct Turns {
    writes: Each,
    arriving: Each,
    of_all: Arc<Semaphore>,
}

/// Held until dropped.
pub(in crate::rest) struct Turn(#[expect(dead_code, reason = "held, not read")] Vec<OwnedSemaphorePermit>);

impl Default for Turns {
    fn default() -> Self {
        Self { writes: Each::of(WRITES), arriving: Each::of(ARRIVING), of_all: Arc::new(Semaphore::new(ARRIVING_OF_ALL)) }
    }
}

impl Turns {
    /// To write. The caller's time-out bounds the wait.
    pub(in crate::rest) async fn write(&self, operator: &str) -> Turn {
        Turn(Self::permit(self.writes.of_operator(operator)).await.into_iter().collect())
    }

    /// To send a batch: first among one's own, then among all.
    pub(in crate::rest) async fn arrive(&self, operator: &str) -> Turn {
        let own = Self::permit(self.arriving.of_operator(operator)).await;
        let among_all = Self::permit(Arc::clone(&self.of_all)).await;
        Turn(own.into_iter().chain(among_all).collect())
    }

    /// `None` never comes: nobody closes a semaphore here.
    async fn permit(semaphore: Arc<Semaphore>) -> Option<OwnedSemaphorePermit> {
        semaphore.acquire_owned().await.ok()
    }
}

/// A semaphore for each operator. Operators are authenticated and few: this does not grow with what strangers send.
struct Each {
    permits: usize,
    known: Mutex<HashMap<String, Arc<Semaphore>>>,
}

impl Each {
    fn of(permits: usize) -> Self {
        Self { permits, known: Mutex::default() }
    }

    fn of_operator(&self, operator: &str) -> Arc<Semaphore> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(known.entry(operator.to_owned()).or_insert_with(|| Arc::new(Semaphore::new(self.permits))))
    }
}
