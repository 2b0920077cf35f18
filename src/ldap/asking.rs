//! The directory as one operation asks it: for whom, within which caps, in how long.

use super::LdapService;
use super::response::Outcome;
use super::root_dse::Offers;
use crate::directory::{Answer, Caller, Hit, Interface, Query, Source};
use crate::model::EntryKey;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One operation's way to the directory.
pub struct Asking {
    pub service: Arc<LdapService>,
    pub caller: Caller,
    /// What the root DSE lists on this connection.
    pub offers: Offers,
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

    /// Longest time the reader may take for a whole answer: four times what a piece of it may.
    pub fn taken_within(&self) -> Duration {
        Duration::from_secs(self.service.settings.ldap.message_seconds.saturating_mul(4))
    }

    /// The server's own longest time for a search.
    pub fn deadline(&self) -> Duration {
        Duration::from_millis(self.service.settings.search.deadline_ms)
    }

    pub async fn search(&self, query: Query, deadline: Duration) -> Result<Answer<Hit>, Outcome> {
        self.service.directory.search(&self.caller, query, deadline).await.map_err(|error| Outcome::from(&error))
    }

    pub async fn entry(&self, key: EntryKey) -> Result<Option<Hit>, Outcome> {
        self.service.directory.entry(&self.caller, key).await.map_err(|error| Outcome::from(&error))
    }

    /// A question to the directory was answered, for the indicators; the root DSE, the schema and the tree's own entries ask it nothing.
    pub fn count(&self, begun: Instant, empty: bool) {
        self.service.directory.consultation().count(Interface::Ldap, begun.elapsed(), empty);
    }
}
