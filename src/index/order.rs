//! Keeping the best entries of an ordered answer: per segment by ordinals of the sort column, across segments by the key itself.

use super::query::{Order, PART, RankKey};
use super::segments::Columns;
use super::sorted::MISSING;
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use tantivy::DocId;
use tantivy::columnar::StrColumn;

/// Place of a document in the order of its segment: class, has a mailbox, ordinal of its commune, ordinal of its sort key. The document is
/// part of it for the heap.
pub(super) type SegmentKey = (u16, u8, u32, u64);

/// Of an entry without a place, which comes last.
const NO_CITY: u32 = u32::MAX;

/// The order of one segment.
pub(super) struct SegmentOrder<'a> {
    columns: &'a Columns,
    /// Class of every match where matches are not ranked.
    class: u16,
    ranked: bool,
    by_city: bool,
    descending: bool,
    /// Keys from here on come behind the entry that the page continues from; `None`: nothing of this segment does.
    from: Option<SegmentKey>,
}

impl<'a> SegmentOrder<'a> {
    /// `class`: where every match stands in an order that is not ranked; it tells only whether an error was forgiven.
    pub fn of(columns: &'a Columns, order: &Order, after: Option<&RankKey>, class: u16) -> Result<Self> {
        let (descending, by_city) = (*order == Order::NameDescending, *order == Order::City);
        let mut from = Some((0, 0, 0, 0));
        if let (Some(after), Some(sort)) = (after, &columns.sort) {
            let failed = |e| Error::internal("a column cannot be read", e);
            from = if descending {
                // Ordinals below this one, counted from the other end.
                let bound = bisect(sort, |term| term.cmp(after.name.as_bytes()) == Ordering::Less).map_err(failed)?;
                bound.checked_sub(1).map(|last| (0, 0, 0, u64::MAX - last))
            } else if by_city {
                let (city, name) = after.name.split_once(PART).unwrap_or_default();
                let behind = bisect(sort, |term| term <= name.as_bytes()).map_err(failed)?;
                let (place, same) = place_of(columns, city).map_err(failed)?;
                Some((after.class, 0, place, if same { behind } else { 0 }))
            } else {
                let behind = bisect(sort, |term| term <= after.name.as_bytes()).map_err(failed)?;
                Some((after.class, after.without_mailbox, 0, behind))
            };
        }
        Ok(Self { columns, class, ranked: *order == Order::Rank, by_city, descending, from })
    }

    pub fn is_ranked(&self) -> bool {
        self.ranked
    }

    /// Key of a document, `None` when it stands before the page.
    pub fn key(&self, doc: DocId, class: u16) -> Option<SegmentKey> {
        let ordinal = self.columns.sort.as_ref().and_then(|s| s.ords().first(doc)).unwrap_or(u64::MAX);
        let key = if self.ranked {
            (class, self.without_mailbox(doc), 0, ordinal)
        } else {
            let city = if self.by_city { place_of_doc(self.columns, doc) } else { 0 };
            (if self.descending { 0 } else { self.class }, 0, city, if self.descending { u64::MAX - ordinal } else { ordinal })
        };
        (key >= self.from?).then_some(key)
    }

    fn without_mailbox(&self, doc: DocId) -> u8 {
        u8::from(self.columns.without_mailbox.first(doc) != Some(0))
    }
}

/// Where a commune stands in a segment, and whether it is there.
fn place_of(columns: &Columns, city: &str) -> std::io::Result<(u32, bool)> {
    let Some(column) = columns.city.as_ref().filter(|_| city != MISSING) else {
        return Ok((NO_CITY, city == MISSING));
    };
    let place = bisect(column, |term| term < city.as_bytes())?;
    let mut term = Vec::new();
    let same = place < column.num_terms() as u64 && column.ord_to_bytes(place, &mut term)? && term == city.as_bytes();
    Ok((u32::try_from(place).unwrap_or(NO_CITY), same))
}

/// The place of a document's commune in its segment.
pub(super) fn place_of_doc(columns: &Columns, doc: DocId) -> u32 {
    let ordinal = columns.city.as_ref().and_then(|c| c.ords().first(doc));
    ordinal.and_then(|ordinal| u32::try_from(ordinal).ok()).unwrap_or(NO_CITY)
}

/// The commune of a key of [`Order::City`], as its rank key has it.
pub(super) fn city_of(columns: &Columns, place: u32) -> Result<String> {
    let mut city = String::new();
    if let Some(column) = columns.city.as_ref().filter(|_| place != NO_CITY) {
        column.ord_to_str(place.into(), &mut city).map_err(|e| Error::internal("a column cannot be read", e))?;
    }
    Ok(if city.is_empty() { MISSING.to_owned() } else { city })
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

    /// The last of those kept, once they are as many as are wanted.
    pub fn worst(&self) -> Option<SegmentKey> {
        self.heap.peek().filter(|_| self.heap.len() >= self.capacity).map(|(worst, _)| *worst)
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
