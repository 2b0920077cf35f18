//! The one door for reading: a neutral [`Query`] for an [`Audience`], and its answer. No getter gives the index away.
//!
//! Every search passes the governor (how much a source may take), the gate (may anything be answered), its source's turn, then the
//! audience's own documents: for a moment where it stands ([`GLANCE`]), which is all that most questions take, and otherwise on a bounded
//! number of blocking workers. A caller that goes away cancels its search. Nothing here logs what was asked.

mod consultation;
pub mod cursor;
mod hit;
mod lookup;
mod suggest;
mod whole;

use crate::error::{Error, Kind as ErrorKind, Result};
pub use crate::index::How;
pub use crate::index::matched::{Kind as WordKind, Level, Understood, WordDropped, WordMatch, WordRead};
pub use crate::index::query::{
    Answer, AttributeFilter, Criteria, FacetCount, Facets, MAX_PAGE, Matching, Order, QUICK_TESTS, Query, RankKey, SortKey, Truncated,
    ZeroPapierFilter,
};
use crate::index::{Found, Gate, Limits, MAX_CANDIDATES, Paused, Progress, Reader};
pub use crate::index::{Matcher, evaluate as matches_entry, rank_of};
use crate::limits::{Admission, workers};
pub use crate::limits::{Governor, Source};
pub use crate::model::Audience;
use crate::model::{Coded, EntryKey};
pub use crate::visibility::{
    ActivityView, ExerciseView, MailboxSummary, OrganizationView, PersonView, ProfessionalView, StructureView, View, ZeroPapier,
};
pub use consultation::{Asked, Consultation, Interface};
use cursor::CursorKey;
pub use hit::Hit;
pub use lookup::MOST_KEYS;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};
pub use suggest::{Suggestion, SuggestionKind};
use tokio::sync::{AcquireError, OwnedSemaphorePermit, Semaphore};
pub use whole::Walked;

/// Searches that may wait for a worker at once; one more is told that the service is busy.
const MOST_WAITING: usize = 256;

/// Longest a search works on the thread that serves connections. All of them share these threads, so a heavy search must be gone from there
/// soon; how often one source can come for a moment is bounded by its searches a second. To wake a worker and be woken by it costs about a
/// third of this.
const GLANCE: Duration = Duration::from_micros(300);

/// Who asks: what may be seen, and who is counted for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    pub audience: Audience,
    pub source: Source,
}

impl Caller {
    /// The administrator of this machine, looking with somebody's eyes; never limited.
    #[must_use]
    pub fn local(audience: Audience) -> Self {
        Self { audience, source: Source::Local }
    }
}

/// A search for a worker.
enum Rest {
    Whole(Box<Query>),
    Paused(Box<Paused>),
}

/// Cheap to clone.
#[derive(Clone)]
pub struct Directory {
    reader: Reader,
    gate: Arc<Gate>,
    workers: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    cursors: CursorKey,
    governor: Governor,
    consultation: Arc<Consultation>,
}

impl Directory {
    /// `key` authenticates cursors; the caller keeps it, so that they survive a restart and hold on several machines.
    #[must_use]
    pub fn new(reader: Reader, gate: Arc<Gate>, key: [u8; 32], governor: Governor) -> Self {
        let workers = Arc::new(Semaphore::new(workers()));
        Self { reader, gate, workers, waiting: Arc::default(), cursors: CursorKey::new(key), governor, consultation: Arc::default() }
    }

    /// Tokens that continue an ordered answer.
    #[must_use]
    pub fn cursors(&self) -> &CursorKey {
        &self.cursors
    }

    /// Where the doors count what they were asked.
    #[must_use]
    pub fn consultation(&self) -> &Consultation {
        &self.consultation
    }

    /// `deadline` from when it begins to work, and as long again it may wait for its source's turn and for a worker. A caller that has had
    /// its allowance gets the first entries only, said by [`Truncated::Allowance`] unless the search was ended early besides.
    /// Errors: unavailable when the gate is closed, rate-limited, busy, internal.
    pub async fn search(&self, caller: &Caller, mut query: Query, deadline: Duration) -> Result<Answer<Hit>> {
        let admission = self.governor.admit(&caller.source, Instant::now())?;
        query.limit = admission.restricted.map_or(query.limit, |restricted| restricted.entries.min(query.limit));
        let audience = caller.audience;
        let turn = self.turn(deadline, &admission).await?;
        let answer = match self.glance(audience, query)? {
            Ok(answer) => answer,
            Err(rest) => {
                let reader = self.reader.clone();
                let work = self.work(deadline, turn, move |cancelled| {
                    let limits = Limits { deadline: Instant::now() + deadline, cancelled, candidates: MAX_CANDIDATES };
                    match rest {
                        Rest::Whole(query) => reader.search(audience, &query, &limits),
                        Rest::Paused(paused) => paused.finish(&limits),
                    }
                });
                work.await?
            }
        };
        let Answer { hits, more, total, facets, truncated, known_names } = answer;
        self.governor.shown(&caller.source, hits.iter().flat_map(|found| found.stored.addresses()), Instant::now());
        // However small the page: a walk in small steps would be no smaller.
        let truncated = truncated.or(admission.restricted.filter(|_| more).map(|_| Truncated::Allowance));
        Ok(Answer { hits: hits.into_iter().map(Hit::from).collect(), more, total, facets, truncated, known_names })
    }

    /// One entry by its stable id: so little work that it never needs a worker.
    pub async fn entry(&self, caller: &Caller, key: EntryKey) -> Result<Option<Hit>> {
        let admission = self.governor.admit(&caller.source, Instant::now())?;
        let _turn = self.turn(Duration::from_secs(5), &admission).await?;
        let found = self.reader.entry(caller.audience, &key)?;
        if let Some(found) = &found {
            self.governor.shown(&caller.source, found.stored.addresses(), Instant::now());
        }
        Ok(found.map(Hit::from))
    }

    /// Is the caller answered less, and later, for it has had its allowance?
    #[must_use]
    pub fn is_restricted(&self, caller: &Caller) -> bool {
        self.governor.restricts(&caller.source, Instant::now())
    }

    /// The whole answer, if a moment is enough for it, or what is left to do.
    fn glance(&self, audience: Audience, query: Query) -> Result<std::result::Result<Answer<Found>, Rest>> {
        if !query.is_quick_to_try() {
            return Ok(Err(Rest::Whole(Box::new(query))));
        }
        let limits = Limits { deadline: Instant::now() + GLANCE, cancelled: &AtomicBool::new(false), candidates: MAX_CANDIDATES };
        Ok(match self.reader.begin(audience, query, &limits)? {
            Progress::Done(answer) => Ok(answer),
            Progress::Paused(paused) => Err(Rest::Paused(paused)),
        })
    }

    /// The gate, then the source's turn: what one source sends too much of waits where it keeps nobody else waiting.
    async fn turn(&self, patience: Duration, admission: &Admission) -> Result<Option<OwnedSemaphorePermit>> {
        self.gate.check()?;
        let turn = match &admission.turns {
            Some(turns) => Some(match Arc::clone(turns).try_acquire_owned() {
                Ok(free) => free,
                Err(_) => within(patience, Arc::clone(turns).acquire_owned()).await?,
            }),
            None => None,
        };
        if let Some(restricted) = &admission.restricted {
            tokio::time::sleep(restricted.pause).await;
        }
        // It may have closed while the search waited.
        self.gate.check()?;
        Ok(turn)
    }

    /// A worker, then the work. Dropping the future sets the flag the work looks at.
    async fn work<T: Send + 'static>(
        &self,
        patience: Duration,
        turn: Option<OwnedSemaphorePermit>,
        work: impl FnOnce(&AtomicBool) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let worker = {
            let _waiting = Waiting::enter(&self.waiting)?;
            (turn, within(patience, Arc::clone(&self.workers).acquire_owned()).await?)
        };
        self.gate.check()?;
        let cancelled = Arc::new(AtomicBool::new(false));
        let _guard = CancelOnDrop(Arc::clone(&cancelled));
        let task = tokio::task::spawn_blocking(move || {
            let _worker = worker;
            work(&cancelled)
        });
        task.await.map_err(|e| Error::internal("a search ended abnormally", e))?
    }

    /// Published labels of a nomenclature (`TRE_R38` or its full name), sorted by code; `None` for an unknown table.
    #[must_use]
    pub fn nomenclature(&self, table: &str) -> Option<Arc<Vec<Coded>>> {
        let short = table.split_once('-').map_or(table, |(short, _)| short);
        self.reader.labels(table).or_else(|| self.reader.labels(&short.to_ascii_uppercase()))
    }

    /// Whether a search would be answered.
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.gate.is_open()
    }

    /// Fit to receive traffic, and the standing remarks of readiness.
    #[must_use]
    pub fn ready(&self) -> (bool, Vec<String>) {
        (self.gate.ready(), self.gate.notices())
    }
}

/// A permit in time, or busy.
async fn within(
    patience: Duration,
    acquiring: impl Future<Output = std::result::Result<OwnedSemaphorePermit, AcquireError>>,
) -> Result<OwnedSemaphorePermit> {
    tokio::time::timeout(patience, acquiring).await.ok().and_then(std::result::Result::ok).ok_or_else(busy)
}

fn busy() -> Error {
    Error::new(ErrorKind::Busy, "busy", "too many searches at once")
}

/// A place in the bounded queue before the workers.
struct Waiting<'a>(&'a AtomicUsize);

impl<'a> Waiting<'a> {
    fn enter(count: &'a AtomicUsize) -> Result<Self> {
        let entered = Self(count);
        if count.fetch_add(1, Ordering::SeqCst) >= MOST_WAITING { Err(busy()) } else { Ok(entered) }
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

struct CancelOnDrop(Arc<AtomicBool>);

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::Index;
    use crate::model::Kind;

    fn directory(workers: usize) -> (tempfile::TempDir, Index, Directory) {
        let folder = tempfile::TempDir::new().unwrap();
        let index = Index::open(folder.path(), "store", &Reader::default()).unwrap();
        let gate = Arc::new(Gate::default());
        gate.open();
        let mut directory = Directory::new(index.reader(), gate, [0; 32], Governor::default());
        directory.workers = Arc::new(Semaphore::new(workers));
        (folder, index, directory)
    }

    fn unbounded() -> Admission {
        Admission { restricted: None, turns: None }
    }

    impl Directory {
        async fn run(
            &self,
            patience: Duration,
            admission: &Admission,
            work: impl FnOnce(&AtomicBool) -> Result<()> + Send + 'static,
        ) -> Result<()> {
            let turn = self.turn(patience, admission).await?;
            self.work(patience, turn, work).await
        }
    }

    #[tokio::test]
    async fn searches_of_one_source_wait_for_each_other_and_keep_nobody_else_waiting() {
        let (_folder, _index, directory) = directory(4);
        let one = Admission { restricted: None, turns: Some(Arc::new(Semaphore::new(1))) };
        let (finish, finished) = std::sync::mpsc::channel::<()>();
        let first = directory.run(Duration::from_secs(60), &one, move |_| {
            let _ = finished.recv();
            Ok(())
        });
        let mut first = Box::pin(first);
        assert!(tokio::time::timeout(Duration::from_millis(50), &mut first).await.is_err(), "it works");
        let second = directory.run(Duration::from_millis(50), &one, |_| Ok(())).await;
        assert_eq!(second.unwrap_err().kind(), ErrorKind::Busy);
        assert_eq!(directory.waiting.load(Ordering::SeqCst), 0, "it took no place in the common queue");
        assert!(directory.run(Duration::from_secs(60), &unbounded(), |_| Ok(())).await.is_ok(), "others are served");
        finish.send(()).unwrap();
        assert!(first.await.is_ok());
        assert!(directory.run(Duration::from_secs(60), &one, |_| Ok(())).await.is_ok());
    }

    #[tokio::test]
    async fn too_many_searches_are_told_so() {
        let (_folder, _index, directory) = directory(0);
        let work = |_: &AtomicBool| Ok(());
        let late = directory.run(Duration::from_millis(20), &unbounded(), work).await.unwrap_err();
        assert_eq!(late.kind(), ErrorKind::Busy);
        assert_eq!(directory.waiting.load(Ordering::SeqCst), 0);
        directory.waiting.store(MOST_WAITING, Ordering::SeqCst);
        assert_eq!(directory.run(Duration::from_secs(60), &unbounded(), work).await.unwrap_err().kind(), ErrorKind::Busy);
        assert_eq!(directory.waiting.load(Ordering::SeqCst), MOST_WAITING);
    }

    #[tokio::test]
    async fn a_caller_that_leaves_cancels_its_search() {
        let (_folder, _index, directory) = directory(1);
        let (seen, told) = tokio::sync::oneshot::channel();
        let free = unbounded();
        let search = directory.run(Duration::from_secs(60), &free, move |cancelled| {
            while !cancelled.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(1));
            }
            let _ = seen.send(());
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(50), search).await.is_err());
        assert!(told.await.is_ok());
        assert!(directory.run(Duration::from_secs(60), &free, |_| Ok(())).await.is_ok(), "the worker is free again");
    }

    #[tokio::test]
    async fn what_takes_a_moment_needs_no_worker_and_is_answered_while_all_of_them_are_busy() {
        let (_folder, mut index, directory) = directory(0);
        index.live().commit(crate::index::Committed { seq: 1 }).unwrap();
        let caller = Caller::local(Audience::Public);
        let question = |filter| Query {
            kinds: Kind::ALL.to_vec(),
            matching: Matching::Attributes(filter),
            order: Order::Any,
            limit: 100,
            after: None,
            count: false,
            facets: false,
        };
        let equal = AttributeFilter::Equal("mail".to_owned(), b"a@b.fr".to_vec());
        let deadline = Duration::from_millis(20);
        assert!(directory.search(&caller, question(equal.clone()), deadline).await.unwrap().hits.is_empty());
        assert!(directory.entry(&caller, EntryKey::new(Kind::Mailbox, "x")).await.unwrap().is_none());
        let many = AttributeFilter::Or(vec![equal; QUICK_TESTS + 1]);
        let error = directory.search(&caller, question(many), deadline).await.unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Busy, "what may take long waits for a worker");
        directory.gate.close("test");
        let equal = AttributeFilter::Equal("mail".to_owned(), b"a@b.fr".to_vec());
        assert_eq!(directory.search(&caller, question(equal), deadline).await.unwrap_err().kind(), ErrorKind::Unavailable);
    }
}
