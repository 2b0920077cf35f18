//! Entries read lately, unpacked: whoever types a name asks for the same entries at each letter, and so do all who type a common one.
//!
//! Found by segment and document, both of which never change their content. Whether a document is alive and shown to an audience is asked
//! of the columns before it is looked for here, so what was withdrawn is out of reach, and its place is soon taken by others.

use super::segments::Columns;
use super::stored::Stored;
use crate::error::Result;
use quick_cache::Weighter;
use quick_cache::sync::Cache;
use tantivy::DocId;
use tantivy::index::SegmentId;

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
    pub fn fetch(&self, segment: &Columns, doc: DocId) -> Result<Stored> {
        let key = (segment.segment, doc);
        if let Some(known) = self.0.get(&key) {
            return Ok(known);
        }
        let stored = segment.entries.read(doc)?;
        self.0.insert(key, stored.clone());
        Ok(stored)
    }
}
