//! The reading side: cheap to clone, follows commits and generation switches by itself.
//!
//! Made before the index is opened, so that doors can stand while another process still holds the lock; until an index is attached
//! (`Index::open`) every question answers unavailable.

use super::Labels;
use super::folder::{self, Seal};
use super::generation::Snapshot;
use super::known_names;
use super::lately::Lately;
use super::patience::Limits;
use super::query::{Answer, Query};
use super::search::{self, Found, State};
use super::segments::Seen;
use super::stored::Stored;
use super::suggest::{self, Suggestion};
use super::walk;
use crate::error::{Error, Result};
use crate::model::{Audience, Coded, EntryKey};
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::{Arc, PoisonError, RwLock};

/// Reading side; cheap to clone; follows generation switches and commits by itself.
#[derive(Clone, Default)]
pub struct Reader {
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    snapshot: RwLock<Option<Arc<Snapshot>>>,
    labels: RwLock<Labels>,
    lately: Lately,
}

impl Reader {
    pub(super) fn point_at(&self, snapshot: Snapshot) {
        *self.shared.snapshot.write().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(snapshot));
    }

    /// Reads what the process that holds the lock has committed by now; later commits are not followed. The caller has made sure that
    /// no withdrawal is missing ([`super::committed_on_disk`]). Error `unavailable` without a generation of this store.
    pub fn beside(index: &Path, store_id: &str) -> Result<Self> {
        let missing = || Error::unavailable("there is no search index of this store yet");
        let path = index.join(folder::current(index).ok_or_else(missing)?.to_string());
        if !Seal::of(store_id).matches(&path) {
            return Err(missing());
        }
        let reader = Self::default();
        reader.point_at(Snapshot::open(&path)?);
        Ok(reader)
    }

    pub(super) fn set_labels(&self, labels: Labels) {
        *self.shared.labels.write().unwrap_or_else(PoisonError::into_inner) = labels;
    }

    pub(super) fn snapshot(&self) -> Result<Arc<Snapshot>> {
        let snapshot = self.shared.snapshot.read().unwrap_or_else(PoisonError::into_inner);
        snapshot.clone().ok_or_else(|| Error::unavailable("the search index is not open yet"))
    }

    /// Asks a state of a generation.
    pub(super) fn within<T>(&self, snapshot: &Snapshot, seen: &Seen, ask: impl FnOnce(State<'_>) -> Result<T>) -> Result<T> {
        let Seen { searcher, segments } = seen;
        ask(State { searcher, segments, fields: &snapshot.fields, lately: &self.shared.lately })
    }

    fn with_state<T>(&self, ask: impl FnOnce(State<'_>) -> Result<T>) -> Result<T> {
        let snapshot = self.snapshot()?;
        self.within(&snapshot, &snapshot.seen(), ask)
    }

    /// One search, blocking. A search that runs while segments change sees those it began with.
    pub fn search(&self, audience: Audience, query: &Query, limits: &Limits<'_>) -> Result<Answer<Found>> {
        self.with_state(|state| known_names::search(state, audience, query, limits))
    }

    /// Suggestions for what is typed, each with the entry it shows, of which there are `entries` at most; blocking.
    pub fn suggest(
        &self,
        audience: Audience,
        typed: &str,
        entries: usize,
        limits: &Limits<'_>,
    ) -> Result<Vec<(Suggestion, Option<Found>)>> {
        let labels = self.shared.labels.read().unwrap_or_else(PoisonError::into_inner).clone();
        let suggested = self.with_state(|state| suggest::suggest(state, &labels, audience, typed, entries, limits))?;
        Ok(suggested.into_iter().map(|suggested| (suggested.suggestion, suggested.shown)).collect())
    }

    /// One entry by its key, blocking.
    pub fn entry(&self, audience: Audience, key: &EntryKey) -> Result<Option<Found>> {
        self.with_state(|state| search::entry(state, audience, key))
    }

    /// [`Reader::entry`] of many keys, in their order, all of one moment.
    pub fn entries(&self, audience: Audience, keys: &[EntryKey]) -> Result<Vec<Option<Found>>> {
        self.with_state(|state| keys.iter().map(|key| search::entry(state, audience, key)).collect())
    }

    /// Tells `each` every entry shown to an audience as of now, in the order of keys, until it breaks off. Blocking, for a minute where there
    /// is a country; changes made meanwhile are not seen.
    pub fn walk(&self, audience: Audience, each: &mut dyn FnMut(Stored) -> Result<ControlFlow<()>>) -> Result<()> {
        self.with_state(|state| walk::walk(state, audience, each))
    }

    /// Entries shown to an audience, in the order of `Kind::ALL`. Walks a column of every document: for status, not for doors.
    pub fn counts(&self, audience: Audience) -> Result<[u64; 3]> {
        self.with_state(|state| walk::counts(state, audience))
    }

    /// Published labels of a table.
    #[must_use]
    pub fn labels(&self, table: &str) -> Option<Arc<Vec<Coded>>> {
        self.shared.labels.read().unwrap_or_else(PoisonError::into_inner).get(table).cloned()
    }
}
