//! The only way into the index: follows the store's change table, builds each entry, applies the visibility rule, writes or deletes.
//!
//! One process projects, the one that holds the index lock. A change row names a cause; what depends on it is computed from the store's
//! present state, so that replaying a row is harmless. Withdrawals go first and in one commit; the rest of a long run follows in
//! commits of bounded size, with publications that arrive meanwhile applied in between. The doors open only when every withdrawing
//! change of the store is in the index (semantics: "The change table and the projection", "Never stale in the wrong direction").
//!
//! The index calls block: run [`Projector::follow`] on a thread of its own ([`spawn`]).

mod build;
mod documents;
mod ordered;
mod watch;
mod window;

pub use watch::watch;

use crate::error::{Error, Kind as ErrorKind, Result};
use crate::index::{Gate, Index, Reader};
use crate::model::Audience;
use crate::store::{DataDir, Store};
use jiff::Timestamp;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio_util::sync::CancellationToken;

/// How often new changes are looked for.
const POLL: Duration = Duration::from_millis(50);
/// Withdrawn bytes are merged away within 24 h; twice as often leaves room for a missed turn.
const COMPACT_EVERY: Duration = Duration::from_secs(12 * 3600);
/// Old change rows and rejections are dropped this often.
const PRUNE_EVERY: Duration = Duration::from_secs(3600);
/// A compaction that failed waits this long for its next try.
const RETRY_AFTER: Duration = Duration::from_secs(60);
/// Said by readiness while no liste blanche was ever loaded.
const NO_LIST: &str = "no liste blanche was ever loaded: mailboxes of the extraction are shown, publication is refused";

/// What the doors read through: made before the index is opened, attached to it by [`Projector::open`].
#[derive(Clone, Default)]
pub struct Doors {
    pub reader: Reader,
    pub gate: Arc<Gate>,
}

/// Follows the store into the index. Holds the index lock for its life.
pub struct Projector {
    store: Store,
    index: Index,
    doors: Doors,
    data: DataDir,
    /// Withdrawing changes up to this number are in the live generation.
    withdrawn_through: i64,
    /// Changes of publications up to this number are in the live generation, though its commit number may be lower.
    urgent_through: i64,
    /// Number of a withdrawal that names no entry and waits: nothing but a new generation applies it.
    withdrawn_whole: Option<i64>,
    /// Commit number that other processes were told last.
    told: Option<i64>,
    /// The feed may hold rows whose content is in the live generation, and which nobody was told of.
    untold: bool,
    bounds: Bounds,
}

/// Sizes of the projection's work; the defaults are for a country, tests take smaller ones.
#[derive(Clone, Copy, Debug)]
pub struct Bounds {
    /// Documents of one commit, at most.
    pub commit: usize,
    /// Beyond this many changes or entries a new generation is built beside the live one instead.
    pub rebuild_beyond: usize,
}

impl Default for Bounds {
    fn default() -> Self {
        Self { commit: 2_000, rebuild_beyond: 200_000 }
    }
}

/// An entry has one for each audience, or one for all.
const MOST_DOCUMENTS: usize = Audience::ALL.len();

impl Bounds {
    /// Entries that surely fit into one commit, and those of one batch of a build: between two of them publications get through.
    fn entries(&self) -> usize {
        (self.commit / MOST_DOCUMENTS).max(1)
    }

    /// Entries of a long run written between two looks at what is urgent.
    fn at_once(&self) -> usize {
        (self.entries() / 4).max(1)
    }
}

impl Projector {
    /// Takes the index lock. Error `conflict` when another process holds it.
    pub async fn open(store: Store, data: DataDir, doors: Doors) -> Result<Self> {
        let index = Index::open(&data.index(), store.store_id(), &doors.reader)?;
        let bounds = Bounds::default();
        let mut projector = Self {
            store,
            index,
            doors,
            data,
            withdrawn_through: 0,
            urgent_through: 0,
            withdrawn_whole: None,
            told: None,
            untold: true,
            bounds,
        };
        projector.refresh_labels().await?;
        projector.refresh_notices().await?;
        projector.tell_searchable()?;
        Ok(projector)
    }

    #[must_use]
    pub fn with_bounds(mut self, bounds: Bounds) -> Self {
        self.bounds = Bounds { commit: bounds.commit.max(1), ..bounds };
        self
    }

    #[must_use]
    pub fn doors(&self) -> &Doors {
        &self.doors
    }

    /// Tells other processes how far readers of this one have come: the commit number on disk is a moment ahead of them.
    fn tell_searchable(&mut self) -> Result<()> {
        let committed = self.committed();
        let path = self.data.searchable_file();
        let fresh = path.with_extension("new");
        std::fs::write(&fresh, committed.to_string()).map_err(crate::error::at_path(&fresh))?;
        std::fs::rename(&fresh, &path).map_err(crate::error::at_path(&path))?;
        self.told = Some(committed);
        Ok(())
    }

    /// Last change number applied to the live generation; 0 before the first build.
    #[must_use]
    pub fn committed(&self) -> i64 {
        self.index.committed().map_or(0, |c| c.seq)
    }

    /// Applies everything the store holds now, rebuilding when the index is missing, foreign or too far behind, and opens the doors.
    pub async fn catch_up(&mut self) -> Result<()> {
        while self.step().await? {}
        self.doors.gate.set_pending(false);
        self.doors.gate.open();
        Ok(())
    }

    /// Builds a new generation from the store beside the live one and switches to it.
    pub async fn rebuild(&mut self) -> Result<()> {
        self.index.live().restore()?;
        let live = self.followed(self.store.last_change().await?).await?;
        let built = self.build(live).await;
        self.or_go_back(built)?;
        self.catch_up().await
    }

    /// Merges withdrawn entries away; afterwards no byte of them is left in the index folder. Changes go on being applied meanwhile.
    pub async fn compact(&mut self) -> Result<()> {
        let mut compaction = self.index.begin_compaction();
        while !self.index.advance(&mut compaction)? {
            if !self.step().await? {
                tokio::time::sleep(POLL).await;
            }
        }
        Ok(())
    }

    /// One turn: applies what is waiting. `true` when there was something. What fails, for whatever reason, leaves nothing half written:
    /// the live generation goes back to its last commit, and the next turn begins behind that.
    async fn step(&mut self) -> Result<bool> {
        self.index.live().restore()?;
        let applied = self.apply().await;
        self.or_go_back(applied)
    }

    fn or_go_back<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.index.live().abandon();
            // Counted before its commit: a build must not take it for applied.
            self.urgent_through = 0;
        }
        result
    }

    async fn apply(&mut self) -> Result<bool> {
        let last = self.store.last_change().await?;
        let committed = self.index.committed().map(|c| c.seq);
        if committed == Some(last) {
            self.note_withdrawn(last);
            // Telling may have failed where the commit did not.
            if self.told != Some(last) || self.untold {
                self.tell().await?;
            }
            return Ok(false);
        }
        if committed.is_some_and(|seq| seq > last) {
            self.store.begin_feed_anew(Timestamp::now().as_second()).await?;
        }
        match self.followed(last).await? {
            Some(from) => self.apply_window(from).await?,
            None => self.build(None).await?,
        }
        self.tell().await?;
        Ok(true)
    }

    /// Commit number of the live generation, where the store's changes tell all it lacks. Not of an index ahead of its store (the store was
    /// put back from a copy), nor of one so old that changes behind it were pruned (the index was): what it shows may be withdrawn.
    async fn followed(&self, last: i64) -> Result<Option<i64>> {
        let Some(committed) = self.index.committed().map(|c| c.seq) else { return Ok(None) };
        let followed = committed <= last && self.store.keeps_changes(committed, last).await?;
        Ok(followed.then_some(committed))
    }

    /// Everything written is in the live generation, and nothing is on its way: tells other processes, and lets the feed tell. Were the feed
    /// to tell of a row before, who reads it would be given the content of before and go on.
    async fn tell(&mut self) -> Result<()> {
        self.tell_searchable()?;
        self.store.tell_feed().await?;
        self.untold = false;
        Ok(())
    }

    /// Follows the store until cancelled; errors are logged and tried again, the gate closing by itself when a withdrawal waits too long.
    pub async fn follow(&mut self, cancel: CancellationToken) {
        let mut chores = Chores::default();
        while !cancel.is_cancelled() {
            match self.turn(&mut chores).await {
                Ok(true) => {}
                Ok(false) => pause(&cancel, POLL).await,
                Err(error) => {
                    // What cannot be read may be a withdrawal: the gate counts from here.
                    self.doors.gate.set_pending(true);
                    tracing::error!(error = %error.chain(), "projection failed, trying again");
                    pause(&cancel, Duration::from_millis(500)).await;
                }
            }
        }
    }

    async fn turn(&mut self, chores: &mut Chores) -> Result<bool> {
        let worked = self.step().await?;
        // A step that worked has told the gate itself, and may have left a withdrawal to the next.
        if !worked {
            self.doors.gate.set_pending(false);
            self.doors.gate.open();
        }
        let request = compact_request(&self.data);
        let asked = std::fs::read(&request).ok();
        if asked.is_some() || (!worked && due(chores.compacted, COMPACT_EVERY)) {
            self.compact_in_turn(chores, &request, asked).await?;
        }
        if !worked && due(chores.pruned, PRUNE_EVERY) {
            let now = Timestamp::now().as_second();
            self.store.prune_changes(self.committed(), now).await?;
            self.store.tend_mailboxes(now).await?;
            self.store.purge(now).await?;
            chores.pruned = Some(Instant::now());
        }
        Ok(worked)
    }

    /// A compaction that failed is tried again after a while; the request stays until one that began after it has ended.
    async fn compact_in_turn(&mut self, chores: &mut Chores, request: &Path, asked: Option<Vec<u8>>) -> Result<()> {
        if !due(chores.failed, RETRY_AFTER) {
            return Ok(());
        }
        if let Err(error) = self.compact().await {
            chores.failed = Some(Instant::now());
            tracing::warn!(error = %error.chain(), "the index could not be compacted, trying again in a minute");
            return Ok(());
        }
        *chores = Chores { compacted: Some(Instant::now()), failed: None, ..*chores };
        if asked.is_some() && std::fs::read(request).ok() == asked {
            std::fs::remove_file(request).map_err(crate::error::at_path(request))?;
        }
        Ok(())
    }

    async fn refresh_labels(&self) -> Result<()> {
        let labels = self.store.official_labels().await?;
        self.index.set_labels(labels.into_iter().map(|(table, rows)| (table, Arc::new(rows))).collect());
        Ok(())
    }

    async fn refresh_notices(&self) -> Result<()> {
        let notices = if self.store.list_loaded().await? { Vec::new() } else { vec![NO_LIST.to_owned()] };
        self.doors.gate.set_notices(notices);
        Ok(())
    }
}

/// When what is done now and then was done last.
#[derive(Clone, Copy, Default)]
struct Chores {
    compacted: Option<Instant>,
    failed: Option<Instant>,
    pruned: Option<Instant>,
}

fn due(last: Option<Instant>, every: Duration) -> bool {
    last.is_none_or(|at| at.elapsed() > every)
}

async fn pause(cancel: &CancellationToken, duration: Duration) {
    tokio::select! {
        () = cancel.cancelled() => {}
        () = tokio::time::sleep(duration) => {}
    }
}

/// File whose presence asks the projecting process to compact; removed when it has.
#[must_use]
pub fn compact_request(data: &DataDir) -> PathBuf {
    data.index().join("compact.request")
}

/// Follows the store on a thread of its own until cancelled: waits for the index lock, catches up, opens the doors, goes on.
/// The doors are closed when the thread ends, for whatever reason.
pub fn spawn(store: Store, data: DataDir, doors: Doors, cancel: CancellationToken) -> Result<std::thread::JoinHandle<()>> {
    // Beside this thread, which is often busy in the index, another reads ahead.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .map_err(|e| Error::internal("the projection's runtime could not start", e))?;
    std::thread::Builder::new()
        .name("projection".to_owned())
        .spawn(move || {
            let _closed = CloseOnDrop(Arc::clone(&doors.gate));
            runtime.block_on(run(store, data, doors, cancel));
        })
        .map_err(|e| Error::internal("the projection's thread could not start", e))
}

async fn run(store: Store, data: DataDir, doors: Doors, cancel: CancellationToken) {
    while !cancel.is_cancelled() {
        match Projector::open(store.clone(), data.clone(), doors.clone()).await {
            Ok(mut projector) => return projector.follow(cancel).await,
            Err(error) => {
                if doors.gate.reason() != error.to_string() {
                    tracing::warn!(error = %error.chain(), "searches stay closed");
                }
                doors.gate.close(error.to_string());
                pause(&cancel, Duration::from_millis(500)).await;
            }
        }
    }
}

/// A projection that ended, by order or by a fault, leaves no door open behind it.
struct CloseOnDrop(Arc<Gate>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.close("the projection has stopped");
    }
}

/// Who made the store's state searchable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Searchable {
    /// No other process held the index lock: projected here.
    Here,
    /// A running server did; its commit number has reached the store's.
    ByServer,
}

/// Makes the present state of the store searchable: projects it, or waits until the process that holds the index lock has.
/// `waiting` is called once when a server is waited for.
pub async fn make_searchable(store: &Store, data: &DataDir, waiting: &(dyn Fn() + Sync)) -> Result<Searchable> {
    let wanted = store.last_change().await?;
    let mut told = false;
    loop {
        match Projector::open(store.clone(), data.clone(), Doors::default()).await {
            Ok(mut projector) => {
                projector.catch_up().await?;
                return Ok(Searchable::Here);
            }
            Err(error) if error.kind() == ErrorKind::Conflict => {}
            Err(error) => return Err(error),
        }
        if data.searchable() >= wanted {
            return Ok(Searchable::ByServer);
        }
        if !told {
            waiting();
            told = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
