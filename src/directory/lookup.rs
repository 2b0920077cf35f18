//! Single entries for programs that know already whom they ask about: mailboxes of a list of keys, and one professional to compare with.
//!
//! Governed like any search. What is hidden is not in the index, so it takes the very same steps as what never existed.

use super::{Caller, Directory, Hit};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::{EntryKey, Kind};
use std::time::{Duration, Instant};

/// Keys of one question.
pub const MOST_KEYS: usize = 1_000;

impl Directory {
    /// What the caller may see under each of these keys, in their order; those beyond [`MOST_KEYS`] are not looked at. A caller that has had
    /// its allowance is answered for its first ones only: the list is shorter then.
    /// Errors: as [`Directory::search`].
    pub async fn entries(&self, caller: &Caller, mut keys: Vec<EntryKey>, deadline: Duration) -> Result<Vec<Option<Hit>>> {
        let admission = self.governor.admit(&caller.source, Instant::now())?;
        keys.truncate(admission.restricted.map_or(MOST_KEYS, |restricted| restricted.entries.min(MOST_KEYS)));
        let turn = self.turn(deadline, &admission).await?;
        let (reader, audience) = (self.reader.clone(), caller.audience);
        let found = self.work(deadline, turn, move |_| reader.entries(audience, &keys)).await?;
        let shown = found.iter().flatten().flat_map(|found| found.stored.addresses());
        self.governor.shown(&caller.source, shown, Instant::now());
        Ok(found.into_iter().map(|found| found.map(Hit::from)).collect())
    }

    /// The professional of this id, to be compared with, not to be shown. Each id asked for counts as one mailbox of the allowance, whether
    /// or not there is one, so that nobody tries them all.
    /// Errors: as [`Directory::search`]; rate-limited once the allowance is used up.
    pub async fn professional(&self, caller: &Caller, id: &str) -> Result<Option<Hit>> {
        let admission = self.governor.admit(&caller.source, Instant::now())?;
        if admission.restricted.is_some() {
            // An answer made smaller is still an answer: here the allowance is the end.
            return Err(Error::new(
                ErrorKind::RateLimited,
                "too_many_requests",
                "the allowance of this account is used up, ask again later",
            ));
        }
        let _turn = self.turn(Duration::from_secs(5), &admission).await?;
        let key = EntryKey::new(Kind::Professional, id);
        let found = self.reader.entry(caller.audience, &key)?;
        self.governor.shown(&caller.source, std::iter::once(key.to_string().as_bytes()), Instant::now());
        Ok(found.map(Hit::from))
    }
}
