//! One generation: a tantivy index in a folder of its own, its writer, and what readers see of it.
//!
//! The commit carries the number of the last change applied, so that what is in the index and how far it goes cannot part. For the same
//! reason a writer that failed is never used again: what it lost would be missing under the next number. The generation goes back to its
//! last commit ([`Generation::restore`]) and its owner writes again from that number.

use super::compaction::Merging;
use super::document::Cut;
use super::entries::EntriesOf;
use super::fields::{Fields, register_tokenizer};
use super::folder::{Seal, sync_folder};
use super::held::Held;
use super::plan::Place;
use super::segments::{Latest, Seen};
use super::{Committed, Document};
use crate::error::{Error, Result};
use crate::model::EntryKey;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tantivy::index::SegmentId;
use tantivy::indexer::{IndexWriterOptions, LogMergePolicy, NoMergePolicy};
use tantivy::store::{Compressor, ZstdCompressor};
use tantivy::{Index, IndexReader, IndexSettings, IndexWriter, ReloadPolicy, TantivyError, Term};

const LIVE_HEAP: usize = 50_000_000;
/// A larger one makes fewer segments to be merged, and saves no time.
const BULK_HEAP: usize = 80_000_000;
pub(super) fn failed<E: Into<Box<dyn std::error::Error + Send + Sync>>>(what: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::internal(what, error)
}

fn open(path: &Path) -> Result<Index> {
    let mut index = Index::open_in_dir(path).map_err(failed("a generation of the index cannot be opened"))?;
    register_tokenizer(&index);
    index.register_plugin(Arc::new(EntriesOf(Fields::schema().1.entry)));
    Ok(index)
}

fn reader(index: &Index) -> Result<IndexReader> {
    let reader = index.reader_builder().reload_policy(ReloadPolicy::Manual).doc_store_cache_num_blocks(0).try_into();
    reader.map_err(failed("the index cannot be read"))
}

/// What readers hold: one generation as last committed.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub fields: Fields,
    latest: Latest,
}

impl Snapshot {
    /// What is committed now, read without a writer.
    pub fn open(path: &Path) -> Result<Self> {
        Ok(Self { latest: Latest::new(Seen::now(&reader(&open(path)?)?, None)?), fields: Fields::schema().1 })
    }

    /// The state as of now; stays the same until dropped, and keeps its files.
    pub fn seen(&self) -> Arc<Seen> {
        self.latest.get()
    }
}

/// Operations on one generation, in order, visible at commit.
pub struct Generation {
    pub(super) number: u64,
    path: PathBuf,
    index: Index,
    fields: Fields,
    /// `None` after a failure, until restored.
    writer: Option<IndexWriter>,
    reader: IndexReader,
    latest: Latest,
    /// What was deleted since the last commit; made at need, of a live generation only.
    held: Option<Held>,
    bulk: bool,
}

/// Merges of a build at the same time, and the segments of a large one: fewer than the live policy would join again, out of order.
fn merge_threads() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from).min(3)
}

/// How long, and how often, a lock of tantivy's is asked for again. The folder's own lock says whether another process has the index.
const LOCK_PATIENCE: Duration = Duration::from_secs(5);
const LOCK_PAUSE: Duration = Duration::from_millis(10);

fn writer(index: &Index, bulk: bool) -> Result<IndexWriter> {
    // One thread: documents keep the order they are fed in.
    let heap = if bulk { BULK_HEAP } else { LIVE_HEAP };
    let merges = if bulk { merge_threads() } else { 1 };
    let options = IndexWriterOptions::builder().num_worker_threads(1).memory_budget_per_thread(heap).num_merge_threads(merges).build();
    let started = Instant::now();
    let writer: IndexWriter = loop {
        match index.writer_with_options(options.clone()) {
            // The writer before this one has let go of its lock; a child process being started just then holds it open for a moment.
            Err(TantivyError::LockFailure(..)) if started.elapsed() < LOCK_PATIENCE => std::thread::sleep(LOCK_PAUSE),
            made => break made.map_err(failed("the index cannot be written"))?,
        }
    };
    // A commit that was cut short leaves files behind under the names that the same changes take the next time. Where they cannot be
    // removed now, that commit fails, and the writer after it tries again.
    let _ = writer.garbage_collect_files().wait();
    if bulk {
        writer.set_merge_policy(Box::new(NoMergePolicy));
    } else {
        let mut policy = LogMergePolicy::default();
        policy.set_min_num_segments(4);
        policy.set_del_docs_ratio_before_merge(0.3);
        writer.set_merge_policy(Box::new(policy));
    }
    Ok(writer)
}

impl Generation {
    /// A new empty one.
    pub(super) fn create(path: &Path, number: u64, seal: &Seal, bulk: bool) -> Result<Self> {
        std::fs::create_dir_all(path).map_err(crate::error::at_path(path))?;
        let (schema, fields) = Fields::schema();
        // Nothing is stored there: entries have a file of their own. What is left are the places of nothing, which pack well.
        let settings = IndexSettings {
            docstore_compression: Compressor::Zstd(ZstdCompressor::default()),
            docstore_blocksize: 1 << 20,
            docstore_compress_dedicated_thread: false,
            ..IndexSettings::default()
        };
        let index =
            Index::builder().schema(schema).settings(settings).register_plugin(Arc::new(EntriesOf(fields.entry))).create_in_dir(path);
        let index = index.map_err(failed("a generation of the index cannot be created"))?;
        register_tokenizer(&index);
        let generation = Self::over(index, path, number, bulk)?;
        seal.write(path)?;
        Ok(generation)
    }

    /// One that is there, with live settings.
    pub(super) fn open(path: &Path, number: u64) -> Result<Self> {
        Self::over(open(path)?, path, number, false)
    }

    fn over(index: Index, path: &Path, number: u64, bulk: bool) -> Result<Self> {
        let writer = Some(writer(&index, bulk)?);
        let reader = reader(&index)?;
        let latest = Latest::new(Seen::now(&reader, None)?);
        Ok(Self { number, path: path.to_owned(), index, fields: Fields::schema().1, writer, reader, latest, held: None, bulk })
    }

    pub(super) fn snapshot(&self) -> Snapshot {
        Snapshot { fields: self.fields, latest: self.latest.clone() }
    }

    pub(super) fn committed(&self) -> Option<Committed> {
        committed(&self.index)
    }

    fn writer(&mut self) -> Result<&mut IndexWriter> {
        self.writer.as_mut().ok_or_else(|| Error::internal("the index cannot be written", "its writer failed and is not restored yet"))
    }

    /// Forgets everything that is not committed. Nothing can be written until [`Generation::restore`].
    pub fn abandon(&mut self) {
        self.writer = None;
        self.held = None;
    }

    /// After a failure: goes on from the last commit on disk, with a new writer. Does nothing otherwise.
    pub fn restore(&mut self) -> Result<()> {
        if self.writer.is_none() {
            let writer = writer(&self.index, self.bulk)?;
            // A commit may have failed in its last steps: it counts, and its readers and its folder follow here.
            sync_folder(&self.path)?;
            self.reload()?;
            self.writer = Some(writer);
        }
        Ok(())
    }

    fn or_abandon<T>(&mut self, result: Result<T>) -> Result<T> {
        if result.is_err() {
            self.abandon();
        }
        result
    }

    fn held(&mut self) -> &mut Held {
        let fields = self.fields;
        self.held.get_or_insert_with(|| Held::new(fields, self.latest.get()))
    }

    /// What the live generation holds, to be asked on any thread: what is committed and not deleted until now counts. `None` for a build,
    /// which is to be written whole.
    pub fn held_now(&mut self) -> Option<Held> {
        (!self.bulk).then(|| self.held().clone())
    }

    /// A deletion that fails leaves the generation to be restored: the commit behind it fails.
    fn delete(&mut self, place: Place, term: &str) {
        if !self.bulk && self.held().delete(place, term).is_err() {
            self.abandon();
        }
        let fields = self.fields;
        if let Some(writer) = &self.writer {
            writer.delete_term(Term::from_field_text(place.field(&fields), term));
        }
    }

    /// Deletes every document of these entries (all audiences).
    pub fn delete_entries(&mut self, keys: &[EntryKey]) {
        for key in keys {
            self.delete(Place::Key, &key.to_string());
        }
    }

    /// Withdrawal of a mailbox: deletes its own documents and every document that shows its address.
    pub fn delete_showing_address(&mut self, address: &str) {
        self.delete(Place::Address, address);
    }

    /// A domain leaves: deletes every document that shows an address of it.
    pub fn delete_showing_domain(&mut self, domain: &str) {
        self.delete(Place::Domain, domain);
    }

    /// Adds one document (the caller has deleted the entry before).
    pub fn add(&mut self, document: &Document<'_>) -> Result<()> {
        self.add_cut(Cut::of(document))
    }

    /// [`Generation::add`] of a document that another thread may have cut into terms, which is most of the work.
    pub fn add_cut(&mut self, document: Cut) -> Result<()> {
        let added =
            self.writer().and_then(|writer| writer.add_document(document.0).map(|_| ()).map_err(failed("an entry cannot be indexed")));
        self.or_abandon(added)
    }

    /// Durable and visible to readers (live generation) when it returns. After an error nothing of it may be counted on: the generation
    /// is to be restored, and says itself how far it came.
    pub fn commit(&mut self, committed: Committed) -> Result<()> {
        let done = self.try_commit(committed);
        self.held = None;
        self.or_abandon(done)
    }

    fn try_commit(&mut self, committed: Committed) -> Result<()> {
        let what = "the index cannot be committed";
        let mut commit = self.writer()?.prepare_commit().map_err(failed(what))?;
        commit.set_payload(&committed.seq.to_string());
        commit.commit().map_err(failed(what))?;
        sync_folder(&self.path)?;
        self.reload()
    }

    fn reload(&self) -> Result<()> {
        self.latest.set(Seen::now(&self.reader, Some(&self.latest.get()))?);
        Ok(())
    }

    /// Begins to make few segments in document order of a bulk build: one, or of a `large` one (so many documents) one for each core, since
    /// a merge keeps a single core busy. Changes may be written meanwhile: they come behind them.
    pub fn begin_merge(&mut self, large: usize) -> Result<Vec<Merging>> {
        let segments = self.segments_in_order()?;
        let documents: usize = segments.iter().map(|(_, documents)| *documents as usize).sum();
        let parts = if documents < large { 1 } else { merge_threads() };
        let mut groups: Vec<Vec<SegmentId>> = vec![Vec::new(); parts];
        let mut before = 0;
        for (id, documents_here) in segments {
            // A segment goes where its middle lies.
            let middle = before + documents_here as usize / 2;
            if let Some(group) = groups.get_mut(middle * parts / documents.max(1)) {
                group.push(id);
            }
            before += documents_here as usize;
        }
        let writer = self.writer()?;
        Ok(groups.iter().filter(|group| group.len() > 1).map(|group| Merging::new(writer.merge(group))).collect())
    }

    pub(super) fn sync(&self) -> Result<()> {
        sync_folder(&self.path)
    }

    /// Segments by the sort key of their first document: a bulk build is fed in that order, and ids of segments are random.
    fn segments_in_order(&self) -> Result<Vec<(SegmentId, u32)>> {
        self.reload()?;
        let seen = self.latest.get();
        let segment = |ordinal: &u32| Some(seen.searcher.segment_readers().get(*ordinal as usize)?).map(|s| (s.segment_id(), s.max_doc()));
        Ok(seen.segments.by_name.iter().filter_map(segment).collect())
    }

    /// Begins to rewrite every segment that holds deletions: a merge drops the terms of deleted documents from the dictionaries, their keys
    /// from the columns and their bytes from the stored blocks.
    pub(super) fn rewrite_deletions(&mut self) -> Result<Vec<Merging>> {
        let metas = self.index.searchable_segment_metas().map_err(failed("the index cannot be read"))?;
        let held = metas.iter().filter(|m| m.num_deleted_docs() > 0);
        let writer = self.writer()?;
        Ok(held.map(|m| Merging::new(writer.merge(&[m.id()]))).collect())
    }

    /// Removes the files that the last commit does not name; `false` while readers hold some.
    pub(super) fn sweep(&mut self) -> Result<bool> {
        self.reload()?;
        self.writer()?.garbage_collect_files().wait().map_err(failed("old files of the index cannot be removed"))?;
        let clean = !self.has_stale_files()?;
        if clean {
            sync_folder(&self.path)?;
        }
        Ok(clean)
    }

    /// A file of a segment that the last commit does not name.
    fn has_stale_files(&self) -> Result<bool> {
        let metas = self.index.searchable_segment_metas().map_err(failed("the index cannot be read"))?;
        let live: Vec<String> = metas.iter().map(|m| m.id().uuid_string()).collect();
        let entries = std::fs::read_dir(&self.path).map_err(crate::error::at_path(&self.path))?;
        Ok(entries.filter_map(|e| e.ok()?.file_name().into_string().ok()).any(|name| {
            let segment = name.split('.').next().unwrap_or_default();
            segment.len() == 32 && !live.iter().any(|id| id == segment)
        }))
    }

    pub(super) fn is_bulk(&self) -> bool {
        self.bulk
    }
}

/// Commit number of an index; `None` before its first commit.
pub(super) fn committed(index: &Index) -> Option<Committed> {
    let seq = index.load_metas().ok()?.payload?.parse().ok()?;
    Some(Committed { seq })
}
