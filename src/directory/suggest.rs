//! Suggestions while a question is typed. Governed like any search: the people and structures suggested are entries shown.

use super::{Caller, Directory};
use crate::error::Result;
use crate::index::{Limits, MAX_CANDIDATES};
pub use crate::index::{Suggestion, SuggestionKind};
use std::time::{Duration, Instant};

impl Directory {
    /// A few suggestions, of every kind there is, for what is typed so far; none when it holds neither a letter nor a digit.
    /// Errors: as [`Directory::search`].
    pub async fn suggest(&self, caller: &Caller, typed: &str, deadline: Duration) -> Result<Vec<Suggestion>> {
        let admission = self.governor.admit(&caller.source, Instant::now())?;
        let entries = admission.restricted.map_or(usize::MAX, |restricted| restricted.entries);
        let turn = self.turn(deadline, &admission).await?;
        let (reader, audience, typed) = (self.reader.clone(), caller.audience, typed.to_owned());
        let work = self.work(deadline, turn, move |cancelled| {
            let limits = Limits { deadline: Instant::now() + deadline, cancelled, candidates: MAX_CANDIDATES };
            reader.suggest(audience, &typed, entries, &limits)
        });
        let suggested = work.await?;
        let shown = suggested.iter().filter_map(|(_, shown)| shown.as_ref());
        self.governor.shown(&caller.source, shown.flat_map(|found| found.stored.addresses()), Instant::now());
        Ok(suggested.into_iter().map(|(suggestion, _)| suggestion).collect())
    }
}
