//! The searches and compares of one connection that run beside each other.
//!
//! What can be answered without waiting is answered by the session itself, at once and with nobody woken: the directory bounds how long that
//! may take. All others become tasks, each with a token that abandon, unbind and a lost connection cancel. The number running is bounded,
//! and of these the number that works or writes.

use super::output::{Gone, Output};
use crate::settings::LdapSettings;
use std::collections::HashMap;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio_util::sync::CancellationToken;

pub struct Operations {
    allowed: usize,
    slots: Arc<Semaphore>,
    /// Of the operations running, those that work or write.
    turns: Arc<Semaphore>,
    running: Arc<Running>,
    output: Output,
    cut: CancellationToken,
}

/// Operations that may be abandoned, by message id.
#[derive(Default)]
struct Running(Mutex<HashMap<i32, CancellationToken>>);

impl Running {
    fn lock(&self) -> MutexGuard<'_, HashMap<i32, CancellationToken>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Operations {
    /// `cut` ends them all.
    pub fn new(settings: &LdapSettings, output: Output, cut: CancellationToken) -> Self {
        let allowed = settings.max_operations.clamp(1, 10_000);
        let turns = Arc::new(Semaphore::new(settings.searches_at_once.clamp(1, 1_000)));
        Self { allowed, slots: Arc::new(Semaphore::new(allowed)), turns, running: Arc::default(), output, cut }
    }

    /// Does anything run?
    pub fn any(&self) -> bool {
        self.slots.available_permits() < self.allowed
    }

    /// Is any to be answered yet?
    pub fn any_unanswered(&self) -> bool {
        !self.running.lock().is_empty()
    }

    pub fn is_running(&self, id: i32) -> bool {
        self.running.lock().contains_key(&id)
    }

    /// Was there anything to abandon?
    pub fn abandon(&self, id: i32) -> bool {
        let token = self.running.lock().remove(&id);
        token.inspect(CancellationToken::cancel).is_some()
    }

    /// Waits until nothing runs; holding what it returns keeps it so. `None` when the connection was cut meanwhile.
    pub async fn drain(&self) -> Option<OwnedSemaphorePermit> {
        let all = u32::try_from(self.allowed).unwrap_or(u32::MAX);
        tokio::select! {
            () = self.cut.cancelled() => None,
            permit = Arc::clone(&self.slots).acquire_many_owned(all) => permit.ok(),
        }
    }

    /// Waits until one more may run.
    pub async fn slot(&self) -> Result<OwnedSemaphorePermit, Gone> {
        Arc::clone(&self.slots).acquire_owned().await.map_err(|_| Gone)
    }

    /// To be had by an operation while it works, and held until its answer is written: what a slow reader has asked for lies in memory for a
    /// few searches only, and a flood on one connection takes a few places in the queue that all connections share.
    pub fn turn(&self) -> impl Future<Output = Result<OwnedSemaphorePermit, Gone>> + Send + use<> {
        let turns = Arc::clone(&self.turns);
        async move { turns.acquire_owned().await.map_err(|_| Gone) }
    }

    /// Runs an operation, which gives its turn back with its answer; as a task, unless it ends before it has to wait for anything. `finish`
    /// makes the message of its end. Was it answered already? The work lies outside the session, which thousands of idle connections have.
    pub async fn start<T: Send + 'static>(
        &self,
        slot: OwnedSemaphorePermit,
        id: i32,
        mut work: Pin<Box<impl Future<Output = Result<(T, OwnedSemaphorePermit), Gone>> + Send + 'static>>,
        finish: impl FnOnce(T) -> Vec<u8> + Send + 'static,
    ) -> Result<bool, Gone> {
        if let Poll::Ready(worked) = poll_fn(|context| Poll::Ready(work.as_mut().poll(context))).await {
            let (answer, turn) = worked?;
            if let Some(later) = self.output.begin(finish(answer))? {
                tokio::spawn(async move {
                    let _ = later.send().await;
                    drop((turn, slot));
                });
            }
            return Ok(true);
        }
        let token = self.cut.child_token();
        self.running.lock().insert(id, token.clone());
        let (output, running) = (self.output.clone(), Arc::clone(&self.running));
        tokio::spawn(async move {
            let worked = tokio::select! {
                biased;
                () = token.cancelled() => None,
                worked = work => worked.ok(),
            };
            // Freed before the answer: a client may use the id again once it has it. Abandoned in the last moment: no answer.
            // And then the id may be another search's by now: its entry stays.
            let in_time = {
                let mut running = running.lock();
                !token.is_cancelled() && running.remove(&id).is_some()
            };
            if let Some((answer, _turn)) = worked.filter(|_| in_time) {
                let _ = output.send(finish(answer)).await;
            }
            drop(slot);
        });
        Ok(false)
    }
}
