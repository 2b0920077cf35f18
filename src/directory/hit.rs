//! One entry of an answer: what may be shown of it, and where it stands.

use crate::error::Result;
use crate::index::query::RankKey;
use crate::index::{Found, Stored};
use crate::visibility::Published;

/// One entry of an answer.
#[derive(Clone, Debug)]
pub struct Hit {
    /// What may be shown, decoded on demand.
    stored: Stored,
    pub rank: RankKey,
}

impl Hit {
    pub fn published(&self) -> Result<Published> {
        self.stored.published()
    }

    /// JSON of the view, as encoded when it was indexed: the same content has the same bytes.
    pub fn view_json(&self) -> Result<Vec<u8>> {
        self.stored.view_json()
    }

    /// BER of the SearchResultEntry content (see `ldap_entry::encode`).
    #[must_use]
    pub fn ldap(&self) -> &[u8] {
        self.stored.ldap()
    }

    /// Where the user attributes of it end, where that is known.
    #[must_use]
    pub fn user_end(&self) -> Option<usize> {
        self.stored.user_end()
    }

    /// UTC seconds of the last change of the content: ETag, Last-Modified, modifyTimestamp.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.stored.since()
    }
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        Self { stored: found.stored, rank: found.rank }
    }
}
