//! Entries read lately, unpacked and laid open for filters: whoever types a name asks for the same entries at each letter, and so do all who
//! type a common one.
//!
//! Found by segment and document, both of which never change their content. Whether a document is alive and shown to an audience is asked
//! of the columns before it is looked for here, so what was withdrawn is out of reach, and its place is soon taken by others.

use super::generation::failed;
use super::stored::Stored;
use crate::error::Result;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tantivy::index::SegmentId;
use tantivy::{DocAddress, DocId, Searcher};

/// Bytes of entries kept in memory.
const CAPACITY: u64 = 192 << 20;
/// Entries expected to fit.
const EXPECTED: usize = 100_000;

type Key = (SegmentId, DocId);

pub(super) struct Lately(Cache<Key, Stored, Weight>);

#[derive(Clone)]
struct Weight;

impl Weighter<Key, Stored> for Weight {
    fn weight(&self, _: &Key, stored: &Stored) -> u64 {
        stored.weight() as u64
    }
}

impl Default for Lately {
    fn default() -> Self {
        Self(Cache::with_weighter(EXPECTED, CAPACITY, Weight))
    }
}

impl Lately {
    pub fn fetch(&self, searcher: &Searcher, segment: u32, doc: DocId) -> Result<Stored> {
        let key = (searcher.segment_reader(segment).segment_id(), doc);
        if let Some(known) = self.0.get(&key) {
            return Ok(known);
        }
        let stored: Stored = searcher.doc(DocAddress::new(segment, doc)).map_err(failed("an entry of the index cannot be read"))?;
        self.0.insert(key, stored.clone());
        Ok(stored)
    }
}
