//! The directory as one connection asks it: who asks, and how many of its searches may work at once.
//!
//! A connection may send many searches without waiting. Only a few of them take a place in the queue all connections share, so that a
//! flood on one is served, and nobody else waits behind it.

use super::LdapService;
use super::response::Outcome;
use super::root_dse::Offers;
use crate::directory::{Answer, Caller, Hit, Query, Source};
use crate::model::EntryKey;
use ldap3_proto::proto::LdapResultCode;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Semaphore;

/// One operation's way to the directory.
pub struct Asking {
    pub service: Arc<LdapService>,
    pub caller: Caller,
    /// What the root DSE lists on this connection.
    pub offers: Offers,
    pub turns: Arc<Semaphore>,
}

/// Entries one caller may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Caps {
    /// By one search, or one page of it.
    pub search: usize,
    /// By all pages of one search.
    pub pages: usize,
}

impl Asking {
    pub fn caps(&self) -> Caps {
        let limits = &self.service.settings.limits;
        match self.caller.source {
            Source::Account { .. } => Caps { search: limits.account_entries, pages: limits.account_paged_entries },
            Source::Address(_) | Source::Local => Caps { search: limits.anonymous_entries, pages: limits.anonymous_entries },
        }
    }

    /// The server's own longest time for a search.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.service.settings.search.deadline_ms)
    }

    pub async fn search(&self, query: Query, deadline: Duration) -> Result<Answer<Hit>, Outcome> {
        let _turn = self.turn().await?;
        self.service.directory.search(&self.caller, query, deadline).await.map_err(|error| Outcome::from(&error))
    }

    pub async fn entry(&self, key: EntryKey) -> Result<Option<Hit>, Outcome> {
        let _turn = self.turn().await?;
        self.service.directory.entry(&self.caller, key).await.map_err(|error| Outcome::from(&error))
    }

    /// The next free turn, in the order they were asked for.
    async fn turn(&self) -> Result<tokio::sync::SemaphorePermit<'_>, Outcome> {
        self.turns.acquire().await.map_err(|_| Outcome::new(LdapResultCode::Unavailable, "the connection is closing"))
    }
}
