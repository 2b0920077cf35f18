//! Keeping the best entries of an ordered answer: per segment by ordinals of the sort column, across segments by the key itself.

use super::query::{Order, RankKey};
use super::segments::Columns;
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use tantivy::DocId;
use tantivy::columnar::StrColumn;

/// Place of a document in the order of its segment: class, has a mailbox, ordinal of its sort key. The document is part of it for the heap.
pub(super) type SegmentKey = (u8, u8, u64);

/// The order of one segment.
pub(super) struct SegmentOrder<'a> {
    columns: &'a Columns,
    ranked: bool,
    descending: bool,
    /// Keys from here on come behind the entry that the page continues from; `None`: nothing of this segment does.
    from: Option<SegmentKey>,
}

impl<'a> SegmentOrder<'a> {
    pub fn of(columns: &'a Columns, order: &Order, after: Option<&RankKey>) -> Result<Self> {
        let descending = *order == Order::NameDescending;
        let mut from = Some((0, 0, 0));
        if let (Some(after), Some(sort)) = (after, &columns.sort) {
            let failed = |e| Error::internal("a column cannot be read", e);
            from = if descending {
                // Ordinals below this one, counted from the other end.
                let bound = bisect(sort, |term| term.cmp(after.name.as_bytes()) == Ordering::Less).map_err(failed)?;
                bound.checked_sub(1).map(|last| (0, 0, u64::MAX - last))
            } else {
                let behind = bisect(sort, |term| term <= after.name.as_bytes()).map_err(failed)?;
                Some((after.class, after.without_mailbox, behind))
            };
        }
        Ok(Self { columns, ranked: *order == Order::Rank, descending, from })
    }

    /// Key of a document, `None` when it stands before the page.
    pub fn key(&self, doc: DocId, class: u8) -> Option<SegmentKey> {
        let ordinal = self.columns.sort.as_ref().and_then(|s| s.ords().first(doc)).unwrap_or(u64::MAX);
        let key = if self.ranked {
            (class, self.without_mailbox(doc), ordinal)
        } else {
            (0, 0, if self.descending { u64::MAX - ordinal } else { ordinal })
        };
        (key >= self.from?).then_some(key)
    }

    fn without_mailbox(&self, doc: DocId) -> u8 {
        u8::from(self.columns.without_mailbox.first(doc) != Some(0))
    }
}

/// The first ordinal that is not `before`. Ordinals follow the bytes of the keys, so it is found whether or not the key itself is there.
fn bisect(sort: &StrColumn, before: impl Fn(&[u8]) -> bool) -> std::io::Result<u64> {
    let dictionary = sort.dictionary();
    let (mut low, mut high) = (0u64, dictionary.num_terms() as u64);
    let mut term = Vec::new();
    while low < high {
        let middle = low + (high - low) / 2;
        dictionary.ord_to_term(middle, &mut term)?;
        if before(&term) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    Ok(low)
}

/// The `capacity` smallest keys seen.
pub(super) struct Smallest {
    heap: BinaryHeap<(SegmentKey, DocId)>,
    capacity: usize,
}

impl Smallest {
    pub fn new(capacity: usize) -> Self {
        Self { heap: BinaryHeap::new(), capacity }
    }

    /// Would it be kept? Asked before the costly part of a test.
    pub fn wants(&self, key: SegmentKey) -> bool {
        self.heap.len() < self.capacity || self.heap.peek().is_some_and(|(worst, _)| key < *worst)
    }

    pub fn push(&mut self, key: SegmentKey, doc: DocId) {
        if self.wants(key) {
            self.heap.push((key, doc));
            if self.heap.len() > self.capacity {
                self.heap.pop();
            }
        }
    }

    pub fn into_sorted(self) -> Vec<(SegmentKey, DocId)> {
        self.heap.into_sorted_vec()
    }
}
