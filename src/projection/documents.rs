//! From records to documents: both audiences asked, equal answers joined, and the time the content last changed carried along.

use crate::error::{Error, Result};
use crate::index::{Cut, Document, Generation, Held};
use crate::model::{Audience, EntryKey};
use crate::store::{ContentDigest, PublishedRow, Records, Store};
use crate::visibility::{Published, publish_to_all};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::sync::Arc;
use tokio::task::JoinHandle;

/// Records asked of the store at once.
const RECORDS: usize = 250;

/// What the store holds of some entries, read and not looked at yet.
pub(super) struct Loaded {
    /// Entries with the UTC second of the latest change that concerns each.
    causes: Vec<(EntryKey, i64)>,
    records: Records,
    /// Rows of table `published`.
    before: HashMap<EntryKey, Vec<PublishedRow>>,
}

/// What the store now gives of one entry, and its rows of table `published` before and after.
struct Present {
    key: EntryKey,
    shown: Vec<(Published, u8, i64, i64)>,
    before: Vec<PublishedRow>,
    after: Vec<PublishedRow>,
}

impl Present {
    fn documents(&self) -> Vec<Document<'_>> {
        let shown = self.shown.iter();
        shown
            .map(|(published, audiences, since, created)| Document { published, audiences: *audiences, since: *since, created: *created })
            .collect()
    }
}

/// A batch of a build, ready to be written.
pub(super) struct Ready {
    /// In the order of the batch.
    pub documents: Vec<Cut>,
    /// Rows of entries that had none, by their place in the batch.
    pub first: Vec<(usize, PublishedRow)>,
    /// Entries whose rows change, with the new ones.
    pub changed: Vec<EntryKey>,
    pub rows: Vec<PublishedRow>,
}

impl Loaded {
    /// Reads entries; `fresh`: nothing was ever published, so that no row need be looked for.
    pub async fn read(store: &Store, causes: Vec<(EntryKey, i64)>, fresh: bool) -> Result<Self> {
        let keys: Vec<EntryKey> = causes.iter().map(|(key, _)| key.clone()).collect();
        let records = store.read_records(&keys).await?;
        let mut before: HashMap<EntryKey, Vec<PublishedRow>> = HashMap::new();
        for row in if fresh { Vec::new() } else { store.published(&keys).await? } {
            before.entry(row.entry.clone()).or_default().push(row);
        }
        Ok(Self { causes, records, before })
    }

    /// Decides what is shown. No question to the store: on any thread.
    fn decide(self) -> impl Iterator<Item = Present> {
        let Self { causes, records, mut before } = self;
        causes.into_iter().map(move |(key, at)| {
            let documents = records.get(&key).as_ref().map(publish_to_all).unwrap_or_default();
            let before = before.remove(&key).unwrap_or_default();
            let after = rows_of(&key, &documents, &before, at);
            let times = |audiences| after.iter().find(|r| r.audiences == audiences).map_or((at, at), |r| (r.since, r.created));
            let shown = documents.into_iter().map(|(content, audiences)| {
                let (since, created) = times(audiences);
                (content, audiences, since, created)
            });
            Present { shown: shown.collect(), key, before, after }
        })
    }

    /// Decides, and cuts what is shown into terms: the work of a build, on any thread.
    pub fn cut(self) -> Ready {
        let mut ready = Ready { documents: Vec::new(), first: Vec::new(), changed: Vec::new(), rows: Vec::new() };
        for (place, entry) in self.decide().enumerate() {
            ready.documents.extend(entry.documents().iter().map(Cut::of));
            if entry.before.is_empty() {
                ready.first.extend(entry.after.into_iter().map(|row| (place, row)));
            } else if !same_rows(&entry.before, &entry.after) {
                ready.changed.push(entry.key);
                ready.rows.extend(entry.after);
            }
        }
        ready
    }

    /// Decides: entries that a generation does not hold as they should be; `None`: it holds none.
    fn outdated(self, held: Option<&Held>) -> Result<Vec<EntryKey>> {
        let mut outdated = Vec::new();
        for entry in self.decide() {
            if !held.map_or(Ok(false), |held| held.holds(&entry.documents()))? {
                outdated.push(entry.key);
            }
        }
        Ok(outdated)
    }

    /// Decides, and cuts into terms what a generation does not hold as it should be; `None`: it holds nothing.
    fn changed(self, held: Option<&Held>) -> Result<Changed> {
        let mut changed =
            Changed { entries: self.causes.len(), stale: Vec::new(), documents: Vec::new(), keys: Vec::new(), rows: Vec::new() };
        for entry in self.decide() {
            let documents = entry.documents();
            if !held.map_or(Ok(false), |held| held.holds(&documents))? {
                changed.documents.extend(documents.iter().map(Cut::of));
                changed.stale.push(entry.key.clone());
            }
            if !same_rows(&entry.before, &entry.after) {
                changed.keys.push(entry.key);
                changed.rows.extend(entry.after);
            }
        }
        Ok(changed)
    }
}

/// What is to be written of some entries.
struct Changed {
    entries: usize,
    /// Entries the generation does not hold as they should be, and what it should hold of them.
    stale: Vec<EntryKey>,
    documents: Vec<Cut>,
    /// Entries whose rows change, with the new ones.
    keys: Vec<EntryKey>,
    rows: Vec<PublishedRow>,
}

/// Writes the present state of these entries into a generation (not committed). `causes` gives, for each entry, the UTC second of
/// the latest change that concerns it. An entry that the live generation holds as it is keeps its document, and with it its place in
/// the document order: a change of what is hidden moves nothing.
///
/// The `published` rows are written before the index commit: should the process die in between, the replay finds its own digest there
/// and carries the same time, where rows written after a commit could be lost for good.
///
pub(super) async fn write_entries(store: &Store, generation: &mut Generation, causes: &[(EntryKey, i64)]) -> Result<()> {
    let mut ahead = Ahead::read(store, generation, causes, RECORDS);
    while ahead.write_next(store, generation).await?.is_some() {}
    Ok(())
}

/// Entries that are being read to be written, see [`write_entries`].
pub(super) struct Ahead<'a>(Chunks<'a, Changed>);

/// What was written at once.
#[derive(Clone, Copy, Debug)]
pub(super) struct Written {
    pub entries: usize,
    pub documents: usize,
}

impl<'a> Ahead<'a> {
    /// Begins, with so many entries at once, [`RECORDS`] at most. Whatever is withdrawn or published before they are written, they are to be
    /// read again.
    pub fn read(store: &'a Store, generation: &mut Generation, causes: &'a [(EntryKey, i64)], at_once: usize) -> Self {
        let held = generation.held_now();
        Self(Chunks::new(store, causes, at_once, move |loaded| loaded.changed(held.as_ref())))
    }

    /// `None`: all are.
    pub async fn write_next(&mut self, store: &Store, generation: &mut Generation) -> Result<Option<Written>> {
        let Some(Changed { entries, stale, documents, keys, rows }) = self.0.next().await? else { return Ok(None) };
        let written = Written { entries, documents: documents.len() };
        generation.delete_entries(&stale);
        for document in documents {
            generation.add_cut(document)?;
        }
        if !keys.is_empty() {
            store.write_published(&keys, &rows, Timestamp::now().as_second()).await?;
        }
        Ok(Some(written))
    }
}

/// Deletes those of these entries (not committed) that the live generation does not hold as they should be.
pub(super) async fn delete_outdated(store: &Store, generation: &mut Generation, causes: &[(EntryKey, i64)]) -> Result<()> {
    let held = generation.held_now();
    let mut chunks = Chunks::new(store, causes, RECORDS, move |loaded| loaded.outdated(held.as_ref()));
    while let Some(outdated) = chunks.next().await? {
        generation.delete_entries(&outdated);
    }
    Ok(())
}

/// Notes for the feed which of these entries are shown with a mailbox of `addresses` or of a domain of `domains`: by either the live
/// generation deletes their documents, to get them again in their turn, and whoever reads them in between takes them for gone.
pub(super) async fn note_absent(
    store: &Store,
    causes: &[(EntryKey, i64)],
    addresses: HashSet<String>,
    domains: HashSet<String>,
) -> Result<()> {
    let mut chunks = Chunks::new(store, causes, RECORDS, move |loaded| {
        let mut absent: BTreeMap<EntryKey, u8> = BTreeMap::new();
        for entry in loaded.decide() {
            for (published, audiences, ..) in &entry.shown {
                let named = |address: &str| {
                    addresses.contains(address) || address.split_once('@').is_some_and(|(_, domain)| domains.contains(domain))
                };
                if published.view().mailboxes().iter().any(|mailbox| named(&mailbox.address)) {
                    *absent.entry(entry.key.clone()).or_default() |= audiences;
                }
            }
        }
        Ok(absent)
    });
    while let Some(absent) = chunks.next().await? {
        if !absent.is_empty() {
            store.append_feed(&absent.iter().map(|(key, audiences)| (key, *audiences)).collect(), Timestamp::now().as_second()).await?;
        }
    }
    Ok(())
}

/// Chunks of entries that are read, and then worked on by other threads, a few at the same time, and given back in their order.
struct Chunks<'a, T> {
    store: &'a Store,
    rest: std::slice::Chunks<'a, (EntryKey, i64)>,
    work: Arc<Work<T>>,
    under_way: VecDeque<JoinHandle<Result<T>>>,
}

type Work<T> = dyn Fn(Loaded) -> Result<T> + Send + Sync;

impl<'a, T: Send + 'static> Chunks<'a, T> {
    /// Begins with the first; `at_once` entries are a chunk.
    fn new(
        store: &'a Store,
        causes: &'a [(EntryKey, i64)],
        at_once: usize,
        work: impl Fn(Loaded) -> Result<T> + Send + Sync + 'static,
    ) -> Self {
        let rest = causes.chunks(at_once.clamp(1, RECORDS));
        let mut chunks = Self { store, rest, work: Arc::new(work), under_way: VecDeque::new() };
        chunks.go_on();
        chunks
    }

    fn go_on(&mut self) {
        let cores = std::thread::available_parallelism().map_or(1, usize::from);
        while self.under_way.len() <= cores
            && let Some(chunk) = self.rest.next()
        {
            let (store, work, chunk) = (self.store.clone(), Arc::clone(&self.work), chunk.to_vec());
            self.under_way.push_back(tokio::spawn(async move {
                let loaded = Loaded::read(&store, chunk, false).await?;
                tokio::task::spawn_blocking(move || work(loaded)).await.map_err(ended)?
            }));
        }
    }

    async fn next(&mut self) -> Result<Option<T>> {
        let Some(chunk) = self.under_way.pop_front() else { return Ok(None) };
        let done = chunk.await.map_err(ended)?.map(Some);
        self.go_on();
        done
    }
}

/// What was read in vain is not gone on with.
impl<T> Drop for Chunks<'_, T> {
    fn drop(&mut self) {
        self.under_way.iter().for_each(JoinHandle::abort);
    }
}

fn ended(error: tokio::task::JoinError) -> Error {
    Error::internal("entries cannot be read for the index", error)
}

fn same_rows(before: &[PublishedRow], after: &[PublishedRow]) -> bool {
    before.len() == after.len() && after.iter().all(|row| before.contains(row))
}

fn digest(content: &Published) -> ContentDigest {
    let mut digest = ContentDigest::default();
    digest.iter_mut().zip(Sha256::digest(content.encode())).for_each(|(to, from)| *to = from);
    digest
}

/// The rows of table `published` for one entry: what is shown keeps its time while its digest is the same; what is no longer shown to an
/// audience stays, with the time it went.
fn rows_of(key: &EntryKey, documents: &[(Published, u8)], before: &[PublishedRow], at: i64) -> Vec<PublishedRow> {
    let mut rows = Vec::with_capacity(2);
    let mut shown = 0;
    for (content, audiences) in documents {
        let digest = digest(content);
        let same = before.iter().find(|r| r.gone.is_none() && r.digest == digest && r.audiences & audiences != 0);
        shown |= audiences;
        let created = created(before, *audiences, at);
        // Content that comes back as it was did not change before it was there.
        let since = same.map_or(at, |r| r.since).max(created);
        rows.push(PublishedRow { entry: key.clone(), audiences: *audiences, digest, since, created, gone: None });
    }
    for row in before {
        let hidden = row.audiences & !shown;
        if hidden != 0 && !rows.iter().any(|r| r.audiences == hidden) {
            rows.push(PublishedRow { audiences: hidden, gone: row.gone.or(Some(at)), ..row.clone() });
        }
    }
    rows
}

/// When an entry was first shown to all of these audiences, counted anew from the last time it came back to one of them: an older time
/// would tell that audience of a while in which it was hidden from it.
fn created(before: &[PublishedRow], audiences: u8, at: i64) -> i64 {
    let first = |bit: u8| before.iter().find(|r| r.gone.is_none() && r.audiences & bit != 0).map_or(at, |r| r.created);
    Audience::ALL.into_iter().map(Audience::bit).filter(|bit| audiences & bit != 0).map(first).max().unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coded, Kind, Professional, ProfessionalRecord, Record};

    fn person(family: &str) -> Vec<(Published, u8)> {
        let professional = Professional { id: "810000000001".into(), family: family.into(), ..Professional::default() };
        publish_to_all(&Record::Professional(ProfessionalRecord {
            professional,
            civility: Coded::default(),
            exercise_civility: Coded::default(),
            exercises: Vec::new(),
            activities: Vec::new(),
            mailboxes: Vec::new(),
        }))
    }

    #[test]
    fn equal_views_are_one_document_for_both_audiences() {
        let documents = person("MARTIN");
        assert_eq!(documents.iter().map(|d| d.1).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn the_time_stays_while_the_content_does() {
        let key = EntryKey::new(Kind::Professional, "810000000001");
        let first = rows_of(&key, &person("MARTIN"), &[], 10);
        let replayed = rows_of(&key, &person("MARTIN"), &first, 20);
        assert_eq!(first, replayed);
        let renamed = rows_of(&key, &person("MARTIN-DURAND"), &first, 30);
        assert_eq!(renamed.iter().map(|r| (r.since, r.gone)).collect::<Vec<_>>(), [(30, None)]);
        let gone = rows_of(&key, &[], &renamed, 40);
        assert_eq!(gone.iter().map(|r| (r.audiences, r.since, r.gone)).collect::<Vec<_>>(), [(3, 30, Some(40))]);
        assert_eq!(rows_of(&key, &[], &gone, 50), gone);
    }

    #[test]
    fn the_first_time_shown_is_kept_until_it_is_gone() {
        let key = EntryKey::new(Kind::Professional, "810000000001");
        let times = |rows: &[PublishedRow]| rows.iter().map(|r| (r.audiences, r.since, r.created)).collect::<Vec<_>>();
        let first = rows_of(&key, &person("MARTIN"), &[], 10);
        let renamed = rows_of(&key, &person("MARTIN-DURAND"), &first, 20);
        assert_eq!(times(&renamed), [(3, 20, 10)]);
        // Split by audience, then equal again: never gone for anybody.
        let split = [person("A"), person("B")].into_iter().zip([1, 2]).map(|(mut d, bit)| (d.remove(0).0, bit)).collect::<Vec<_>>();
        let apart = rows_of(&key, &split, &renamed, 30);
        assert_eq!(times(&apart), [(1, 30, 10), (2, 30, 10)]);
        assert_eq!(times(&rows_of(&key, &person("B"), &apart, 40)), [(3, 30, 10)]);
        // Hidden from everybody and back with the same content: both times begin anew.
        let gone = rows_of(&key, &[], &renamed, 30);
        let back = rows_of(&key, &person("MARTIN-DURAND"), &gone, 50);
        assert_eq!(times(&back), [(3, 50, 50)]);
        // Hidden from the public only.
        let hidden = rows_of(&key, &split[1..], &apart, 60);
        assert_eq!(hidden.iter().find(|r| r.gone.is_none()).map(|r| (r.audiences, r.created)), Some((2, 10)));
        assert_eq!(times(&rows_of(&key, &person("B"), &hidden, 70))[0], (3, 70, 70));
    }
}
