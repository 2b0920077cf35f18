//! What searches need of the segments of one state and is not worked out anew for each: the order of their names, their columns and entries.
//!
//! To open a column is to read the description of all of its blocks, which takes longer than an exact search.

use super::bitmaps::Bitmaps;
use super::entries::Entries;
use super::fields::{AUDIENCE, CITY, FACETS, KIND, SORT, WITHOUT_MAILBOX};
use super::generation::failed;
use super::name_bounds::{NameBounds, Told};
use super::remarks::Remarks;
use crate::error::Result;
use crate::model::Audience;
use std::sync::{Arc, PoisonError, RwLock};
use tantivy::columnar::{Column, StrColumn};
use tantivy::index::SegmentId;
use tantivy::{DocId, IndexReader, Searcher, SegmentReader};

/// The segments of one state.
pub(super) struct Segments {
    /// By the name of their first document, see [`in_name_order`].
    pub by_name: Vec<u32>,
    /// By ordinal.
    columns: Vec<Columns>,
}

/// The columns of one segment, and its entries.
pub(super) struct Columns {
    pub segment: SegmentId,
    pub entries: Entries,
    pub audience: Column<u64>,
    pub kind: Column<u64>,
    pub without_mailbox: Column<u64>,
    pub sort: Option<StrColumn>,
    pub city: Option<StrColumn>,
    pub facets: Option<StrColumn>,
    bounds: Told,
    pub bitmaps: Bitmaps,
    pub remarks: Remarks,
}

impl Columns {
    fn open(segment: &SegmentReader, before: Option<&Segments>) -> Result<Self> {
        let columns = segment.fast_fields();
        let open = |name| columns.u64(name).map_err(failed("a column of the index cannot be opened"));
        let texts = |name| columns.str(name).map_err(failed("a column of the index cannot be opened"));
        let (audience, kind, without_mailbox) = (open(AUDIENCE)?, open(KIND)?, open(WITHOUT_MAILBOX)?);
        let (sort, city, facets) = (texts(SORT)?, texts(CITY)?, texts(FACETS)?);
        let (id, entries) = (segment.segment_id(), Entries::open(segment)?);
        let known = before.and_then(|before| before.columns.iter().find(|columns| columns.segment == id));
        let bounds = known.map(|known| known.bounds.clone()).unwrap_or_default();
        let bitmaps = known.map_or_else(|| Bitmaps::of(segment.max_doc()), |known| known.bitmaps.clone());
        let remarks = known.map_or_else(|| Remarks::of(segment), |known| Ok(known.remarks.clone()))?;
        Ok(Self { segment: id, entries, audience, kind, without_mailbox, sort, city, facets, bounds, bitmaps, remarks })
    }

    /// Where names may stand.
    pub fn name_bounds(&self) -> Option<&NameBounds> {
        Some(self.bounds.get(self.sort.as_ref()?.ords(), &self.kind))
    }

    /// Alive, for this audience, of one of these kinds.
    pub fn shown(&self, segment: &SegmentReader, doc: DocId, audience: u64, kinds: u64) -> bool {
        !segment.is_deleted(doc)
            && self.audience.first(doc).is_some_and(|set| set & audience != 0)
            && self.kind.first(doc).is_some_and(|kind| kinds >> kind & 1 == 1)
    }
}

impl Segments {
    fn of(searcher: &Searcher, before: Option<&Self>) -> Result<Self> {
        let columns: Vec<_> = searcher.segment_readers().iter().map(|segment| Columns::open(segment, before)).collect::<Result<_>>()?;
        Ok(Self { by_name: in_name_order(searcher, &columns)?, columns })
    }

    pub fn columns(&self, ordinal: u32) -> Result<&Columns> {
        self.columns.get(ordinal as usize).ok_or("no such segment").map_err(failed("a column of the index cannot be opened"))
    }
}

/// Documents a segment is named by.
const NAMING: usize = 9;

/// Segments of a state by the name of their first live documents, the middle one of some, since names that are only known once an entry is put
/// together stand elsewhere: a build lays documents out in that order, over several segments, and ids of segments are random. Only what
/// everybody may see counts, for the order of an answer must not tell of anything else; segments without such a document come last.
fn in_name_order(searcher: &Searcher, columns: &[Columns]) -> Result<Vec<u32>> {
    let mut keyed = Vec::new();
    for ((ordinal, segment), columns) in (0u32..).zip(searcher.segment_readers()).zip(columns) {
        let public = |doc: &u32| columns.audience.first(*doc).is_some_and(|set| set & u64::from(Audience::Public.bit()) != 0);
        let first = segment.doc_ids_alive().filter(public).take(NAMING);
        let mut names = first.map(|doc| Ok(columns.entries.read(doc)?.sort().to_owned())).collect::<Result<Vec<_>>>()?;
        names.sort_unstable();
        let name = names.get(names.len() / 2).cloned();
        keyed.push((name.is_none(), name, ordinal));
    }
    keyed.sort();
    Ok(keyed.into_iter().map(|(.., ordinal)| ordinal).collect())
}

/// How often a state is looked for whose files are still there.
const TRIES: usize = 20;

/// One state of a generation, with all files that are read of it open.
pub(super) struct Seen {
    pub searcher: Searcher,
    pub segments: Segments,
}

impl Seen {
    /// What is committed now, after another state. A merge may end between the moment the state is read and the one its files are opened, and
    /// take some of them away: then there is a later state.
    pub fn now(reader: &IndexReader, before: Option<&Self>) -> Result<Self> {
        let mut tries = 1..TRIES;
        loop {
            reader.reload().map_err(failed("the index cannot be read again"))?;
            let searcher = reader.searcher();
            match Segments::of(&searcher, before.map(|before| &before.segments)) {
                Ok(segments) => return Ok(Self { searcher, segments }),
                Err(error) if tries.next().is_none() => return Err(error),
                Err(_) => {}
            }
        }
    }
}

/// The state seen last, for the generation that goes on and for all who read it; cheap to clone.
#[derive(Clone)]
pub(super) struct Latest(Arc<RwLock<Arc<Seen>>>);

impl Latest {
    pub fn new(seen: Seen) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(seen))))
    }

    pub fn get(&self) -> Arc<Seen> {
        Arc::clone(&self.0.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub fn set(&self, seen: Seen) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(seen);
    }
}
