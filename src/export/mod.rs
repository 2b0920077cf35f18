//! Files of what an audience may see: editions of the whole directory, subsets of it, and the differences between editions.
//!
//! Everything comes from one walk of [`crate::directory`]: one moment, in the order of keys, published entries only, so that nothing can be
//! written that a search would not show. Each form of file is a [`Sink`] of that walk; so may be whatever else wants to see every entry of
//! the day. A file is written beside, synced and renamed: whoever reads has the former or the new one, whole.
//!
//! [`Exports`] is the handle of the doors: [`edition`] builds, [`shelf`] knows what lies on the disk, [`delta`] compares, [`subset`] selects.

mod alongside;
mod csv;
mod daily;
pub mod delta;
mod delta_files;
mod draft;
mod edition;
mod extraction;
pub mod feed;
mod feed_cursor;
mod filter;
mod form;
mod journal;
mod jsonl;
mod ldif;
mod manifest;
mod packed;
mod shelf;
mod subset;
mod text_form;
mod vcard;

pub use alongside::{Alongside, Boxed, Companion};
pub use delta_files::Difference;
pub use edition::BUILDING;
pub use filter::Filter;
pub use form::{Form, Made, Making, Wanted};
pub use manifest::{Counts, FileEntry, Licence, Manifest};
pub use packed::{Packed, Plain, Target};
pub use shelf::{EditionId, Shelf};
pub use subset::Subset;

use filter::Selection;

use crate::audit::Journal;
use crate::directory::{Audience, Directory, View, Walked};
use crate::error::{Error, Result, unwritable};
use crate::settings::ExportSettings;
use crate::store::{DataDir, Store};
use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Semaphore;

/// Sees every entry of a walk, in the order of keys.
pub trait Sink {
    fn entry(&mut self, entry: &Walked, view: &View) -> Result<()>;
}

/// Shows the sinks what an audience may see; returns how many entries they saw. Blocking.
fn walk(directory: &Directory, audience: Audience, sinks: &mut [&mut dyn Sink]) -> Result<Counts> {
    let mut counts = Counts::default();
    directory.walk(audience, &mut |walked| {
        let published = walked.published()?;
        let view = published.view();
        counts.add(view.kind());
        sinks.iter_mut().try_for_each(|sink| sink.entry(&walked, view))
    })?;
    Ok(counts)
}

/// The same of what a filter lets through. Errors: `unknown_code` when it names a commune in which nothing lies that the audience sees.
pub fn select(directory: &Directory, audience: Audience, filter: &Filter, sink: &mut dyn Sink) -> Result<Counts> {
    let mut selection = Selection::new(filter, sink);
    walk(directory, audience, &mut [&mut selection])?;
    selection.end()
}

/// What doors and commands do with files of the directory; clones share who works and what failed last.
#[derive(Clone)]
pub struct Exports {
    data: DataDir,
    store: Store,
    directory: Directory,
    journal: Journal,
    settings: ExportSettings,
    companion: Option<Companion>,
    /// Places in the change feed, of whoever reads a state that is older than the store; `None`: asked when a build begins.
    cursors: Option<BTreeMap<Audience, String>>,
    state: Arc<State>,
}

struct State {
    /// Why the last build failed, in words for everybody.
    failure: Mutex<Option<String>>,
    /// Differences are computed one at a time.
    comparing: Arc<Semaphore>,
    subsets: subset::Turns,
}

impl Exports {
    #[must_use]
    pub fn new(data: DataDir, store: Store, directory: Directory, settings: ExportSettings) -> Self {
        let state = State { failure: Mutex::default(), comparing: Arc::new(Semaphore::new(1)), subsets: subset::Turns::default() };
        let journal = Journal::new(store.clone());
        Self { journal, data, store, directory, settings, companion: None, cursors: None, state: Arc::new(state) }
    }

    /// With the cursors of the moment at which `directory` was opened beside a running server.
    #[must_use]
    pub fn with_cursors(self, cursors: BTreeMap<Audience, String>) -> Self {
        Self { cursors: Some(cursors), ..self }
    }

    /// Where the change feed goes on behind what is about to be walked.
    async fn cursors_now(&self) -> Result<BTreeMap<Audience, String>> {
        if let Some(cursors) = &self.cursors {
            return Ok(cursors.clone());
        }
        let mut cursors = BTreeMap::new();
        for audience in Audience::ALL {
            cursors.insert(audience, feed::cursor_now(&self.store, audience).await?);
        }
        Ok(cursors)
    }

    /// Waits until the index shows all that the store holds: while a run is being applied, entries are missing from it for a while.
    /// Error unavailable when it did not within `patience`.
    async fn caught_up(&self, patience: Duration) -> Result<()> {
        let since = Instant::now();
        while self.data.searchable() < self.store.last_change().await? {
            if since.elapsed() > patience {
                return Err(Error::unavailable("changes are being applied; ask again when they are"));
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok(())
    }

    /// What lies on the disk for an audience.
    #[must_use]
    pub fn shelf(&self, audience: Audience) -> Shelf {
        Shelf::new(&self.data, audience)
    }

    /// A standing remark for those who run the service: the last build failed.
    #[must_use]
    pub fn notice(&self) -> Option<String> {
        self.state.failure.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn note(&self, failure: Option<String>) {
        *self.state.failure.lock().unwrap_or_else(PoisonError::into_inner) = failure;
    }
}

/// As [`unwritable`], for what was written before.
fn unreadable(error: io::Error) -> Error {
    Error::internal("the files of an edition cannot be read", error)
}

/// The word of an audience, in paths and answers.
#[must_use]
pub fn audience_name(audience: Audience) -> &'static str {
    match audience {
        Audience::Public => "public",
        Audience::Professional => "professional",
    }
}
