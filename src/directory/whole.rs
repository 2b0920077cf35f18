//! What jobs of the service itself read, past the governor: everything an audience may see, for files of the whole directory, and single
//! entries by their keys, for the change feed. The gate holds for them as for any search.

use super::{Audience, Directory};
use crate::error::Result;
use crate::index::Stored;
use crate::model::EntryKey;
use crate::visibility::Published;
use std::ops::ControlFlow;

/// One entry of a walk: what may be shown of it, decoded on demand.
#[derive(Clone, Debug)]
pub struct Walked {
    stored: Stored,
}

impl Walked {
    pub(super) fn of(stored: Stored) -> Self {
        Self { stored }
    }

    /// `m:address`, `p:id`, `s:id`.
    #[must_use]
    pub fn key(&self) -> &str {
        self.stored.key()
    }

    pub fn published(&self) -> Result<Published> {
        self.stored.published()
    }

    /// JSON of the view, as encoded when it was indexed: the same content has the same bytes.
    pub fn view_json(&self) -> Result<Vec<u8>> {
        self.stored.view_json()
    }

    /// BER of the SearchResultEntry content, without operational attributes (see `ldap_entry::encode_user`).
    #[must_use]
    pub fn ldap(&self) -> &[u8] {
        self.stored.ldap()
    }

    /// The same with them (see `ldap_entry::encode`), made anew.
    #[must_use]
    pub fn with_operational(&self) -> Vec<u8> {
        self.stored.with_operational()
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

impl Directory {
    /// Tells `each` every entry that an audience may see, as of one moment, in the order of keys (`m:address`, `p:id`, `s:id`, by bytes): what
    /// files of the whole directory are made of. Blocking, and not governed: for jobs of the service itself, one at a time.
    /// Errors: unavailable when the gate is closed or closes meanwhile, what `each` fails with, internal.
    pub fn walk(&self, audience: Audience, each: &mut dyn FnMut(Walked) -> Result<()>) -> Result<()> {
        self.gate.check()?;
        let mut told = 0_u32;
        self.reader.walk(audience, &mut |stored| {
            told = told.wrapping_add(1);
            if told.is_multiple_of(1_024) {
                self.gate.check()?;
            }
            each(Walked::of(stored))?;
            Ok(ControlFlow::Continue(()))
        })
    }

    /// What an audience is shown now under each of these keys, in their order. Blocking, and not governed, like [`Directory::walk`].
    /// Errors: unavailable when the gate is closed, internal.
    pub fn present(&self, audience: Audience, keys: &[EntryKey]) -> Result<Vec<Option<Walked>>> {
        self.gate.check()?;
        let found = keys.iter().map(|key| Ok(self.reader.entry(audience, key)?.map(|found| Walked::of(found.stored))));
        let found = found.collect::<Result<_>>()?;
        // It may have closed meanwhile.
        self.gate.check()?;
        Ok(found)
    }
}
