//! Carrying what an import wrote from the write-ahead log over into the store's file, beside its next slices: the log is synced once for
//! each slice anyway, and whoever carries over waits for the disk again, for longer than a slice may take.

use super::writer_connection;
use crate::error::Result;
use sqlx::{Connection as _, Executor as _, SqliteConnection};
use std::path::Path;
use tokio::task::JoinHandle;

/// Slices between the beginnings of two.
const EVERY: u32 = 4;
/// Takes no lock that a writer waits for; what a reader still needs in the log stays there.
const CHECKPOINT: &str = "PRAGMA wal_checkpoint(PASSIVE)";

/// A connection of its own, or the work it is at.
#[derive(Debug)]
pub(super) struct CarryingOver {
    idle: Option<SqliteConnection>,
    at_work: Option<JoinHandle<Option<SqliteConnection>>>,
    slices: u32,
}

impl CarryingOver {
    pub async fn of(database: &Path) -> Result<Self> {
        Ok(Self { idle: Some(writer_connection(database).await?), at_work: None, slices: 0 })
    }

    /// Told after each slice. One that fails is the last: the slices' own connection carries over when the log has become long.
    pub async fn slice_written(&mut self) {
        self.slices += 1;
        if self.slices < EVERY {
            return;
        }
        if self.at_work.as_ref().is_some_and(JoinHandle::is_finished) {
            self.rest().await;
        }
        if let Some(mut connection) = self.idle.take() {
            self.slices = 0;
            self.at_work = Some(tokio::spawn(async move {
                let done = connection.execute(CHECKPOINT).await;
                done.inspect_err(|error| tracing::warn!(%error, "the log cannot be carried over beside the import"))
                    .is_ok()
                    .then_some(connection)
            }));
        }
    }

    async fn rest(&mut self) {
        if let Some(work) = self.at_work.take() {
            self.idle = work.await.ok().flatten();
        }
    }

    /// Waits for what is under way.
    pub async fn end(mut self) {
        self.rest().await;
        if let Some(connection) = self.idle {
            let _ = connection.close().await;
        }
    }
}
