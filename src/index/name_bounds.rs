//! Where names may stand in a segment. A build lays documents out in the order of names, but for some that are only known once the entry is
//! put together, and what is joined to them later stands behind. So those that are out of the order are kept one by one, and of the others, for
//! each block of documents, the last name up to it and the first from it on. All by kind, since most questions are of one.

use super::fields::kind_number;
use crate::model::Kind;
use std::ops::Range;
use std::sync::{Arc, OnceLock};
use tantivy::DocId;
use tantivy::columnar::Column;

const KINDS: usize = Kind::ALL.len();
/// Documents of a block.
const BLOCK: usize = 128;
/// More than one document in so many is no exception.
const FEW: usize = 8;

/// Of one segment; names are ordinals of its column.
pub(super) struct NameBounds {
    kinds: [OfKind; KINDS],
}

#[derive(Default)]
struct OfKind {
    /// Out of the order: documents, sorted, and their names.
    strays: Vec<(DocId, u64)>,
    /// Of each block what is behind its names and those of the blocks before it.
    ends: Vec<u64>,
    /// Of each block its first name and those of the blocks behind it.
    firsts: Vec<u64>,
}

impl NameBounds {
    fn of(names: &Column<u64>, kinds: &Column<u64>) -> Self {
        let blocks = (names.num_docs() as usize).div_ceil(BLOCK);
        let of_kind = |kind: usize| {
            let own = (0..names.num_docs()).filter(|doc| kinds.first(*doc) == Some(kind as u64));
            OfKind::of(&own.filter_map(|doc| Some((doc, names.first(doc)?))).collect::<Vec<_>>(), blocks)
        };
        Self { kinds: std::array::from_fn(of_kind) }
    }

    /// Where nothing is known yet of a segment: any name may stand anywhere.
    fn anywhere(documents: u32) -> Self {
        let blocks = (documents as usize).div_ceil(BLOCK);
        let of_kind = |_| OfKind { strays: Vec::new(), ends: vec![u64::MAX; blocks], firsts: vec![0; blocks] };
        Self { kinds: std::array::from_fn(of_kind) }
    }

    fn of_kind(&self, kind: Kind) -> Option<&OfKind> {
        self.kinds.get(usize::try_from(kind_number(kind)).ok()?)
    }

    /// Documents out of the order, sorted, with their names. Nothing else that is told here is of them.
    pub fn strays(&self, kind: Kind) -> &[(DocId, u64)] {
        self.of_kind(kind).map_or(&[], |of| &of.strays)
    }

    /// No document of the kind from this one on has a name before it.
    pub fn first_from(&self, kind: Kind, doc: DocId) -> u64 {
        self.of_kind(kind).and_then(|of| of.firsts.get(doc as usize / BLOCK)).copied().unwrap_or(u64::MAX)
    }

    /// All documents of the kind with these names stand there, with others maybe.
    pub fn around(&self, kind: Kind, names: &Range<u64>) -> Range<DocId> {
        let Some(OfKind { ends, firsts, .. }) = self.of_kind(kind) else { return 0..0 };
        range(ends.partition_point(|end| *end <= names.start), firsts.partition_point(|first| *first < names.end))
    }

    /// All documents of the kind that stand there have these names; others may have them, too.
    pub fn within(&self, kind: Kind, names: &Range<u64>) -> Range<DocId> {
        let Some(OfKind { ends, firsts, .. }) = self.of_kind(kind) else { return 0..0 };
        range(firsts.partition_point(|first| *first < names.start), ends.partition_point(|end| *end <= names.end))
    }
}

/// Documents of a segment whose bounds are told at once: that takes a few milliseconds.
const SMALL: u32 = 10_000;

/// The bounds of one segment, for all states that have it. To tell them is to read two columns whole, which takes most of a second where there
/// is a country: who asks first does not wait for it, and has those of a segment of which nothing is known.
#[derive(Clone, Default)]
pub(super) struct Told(Arc<Bounds>);

#[derive(Default)]
struct Bounds {
    told: OnceLock<NameBounds>,
    /// Until then. There from the moment they are being told.
    anywhere: OnceLock<NameBounds>,
}

impl Told {
    pub fn get(&self, names: &Column<u64>, kinds: &Column<u64>) -> &NameBounds {
        self.get_within(SMALL, names, kinds)
    }

    /// `at_once`: documents of the largest segment that is told so.
    pub(super) fn get_within(&self, at_once: u32, names: &Column<u64>, kinds: &Column<u64>) -> &NameBounds {
        let Bounds { told, anywhere } = &*self.0;
        if names.num_docs() <= at_once {
            return told.get_or_init(|| NameBounds::of(names, kinds));
        }
        if let Some(told) = told.get() {
            return told;
        }
        anywhere.get_or_init(|| {
            let (bounds, names, kinds) = (Arc::clone(&self.0), names.clone(), kinds.clone());
            let documents = names.num_docs();
            let tell = move || drop(bounds.told.set(NameBounds::of(&names, &kinds)));
            // Without a thread all is looked through, as until one has ended.
            let _ = std::thread::Builder::new().name("name bounds".into()).spawn(tell);
            NameBounds::anywhere(documents)
        })
    }
}

/// Documents of blocks.
fn range(from: usize, to: usize) -> Range<DocId> {
    let doc = |block: usize| DocId::try_from(block * BLOCK).unwrap_or(DocId::MAX);
    doc(from)..doc(to.max(from))
}

impl OfKind {
    fn of(documents: &[(DocId, u64)], blocks: usize) -> Self {
        let names: Vec<u64> = documents.iter().map(|(_, name)| *name).collect();
        let in_order = longest_run(&names);
        let kept = in_order.iter().filter(|in_order| **in_order).count();
        let are_few = documents.len() - kept <= documents.len() / FEW;
        let (mut strays, mut ends, mut firsts) = (Vec::new(), vec![0; blocks], vec![u64::MAX; blocks]);
        for ((doc, name), in_order) in documents.iter().zip(in_order) {
            if are_few && !in_order {
                strays.push((*doc, *name));
                continue;
            }
            let block = *doc as usize / BLOCK;
            ends.get_mut(block).into_iter().for_each(|end| *end = name.saturating_add(1).max(*end));
            firsts.get_mut(block).into_iter().for_each(|first| *first = *name.min(first));
        }
        ends.iter_mut().fold(0, |before, end| {
            *end = before.max(*end);
            *end
        });
        firsts.iter_mut().rev().fold(u64::MAX, |behind, first| {
            *first = behind.min(*first);
            *first
        });
        Self { strays, ends, firsts }
    }
}

/// Which names are of a longest run of them that does not go back.
fn longest_run(names: &[u64]) -> Vec<bool> {
    const NONE: u32 = u32::MAX;
    let name = |at: u32| names.get(at as usize).copied().unwrap_or_default();
    // The place of the last name of the run of each length that ends with the least, and for each name the one its run goes on from.
    let (mut lasts, mut before): (Vec<u32>, Vec<u32>) = (Vec::new(), Vec::with_capacity(names.len()));
    for (at, own) in (0..).zip(names) {
        // Most names go on where the longest run ends.
        let goes_on = lasts.last().is_none_or(|last| name(*last) <= *own);
        let length = if goes_on { lasts.len() } else { lasts.partition_point(|last| name(*last) <= *own) };
        before.push(length.checked_sub(1).and_then(|shorter| lasts.get(shorter).copied()).unwrap_or(NONE));
        match lasts.get_mut(length) {
            Some(last) => *last = at,
            None => lasts.push(at),
        }
    }
    let mut of_run = vec![false; names.len()];
    let mut at = lasts.last().copied().unwrap_or(NONE);
    while let Some(own) = of_run.get_mut(at as usize) {
        *own = true;
        at = before.get(at as usize).copied().unwrap_or(NONE);
    }
    of_run
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_apart_and_the_others_in_order() {
        let of = |names: &[u64]| OfKind::of(&(0..).zip(names.iter().copied()).collect::<Vec<_>>(), 1);
        let some = of(&[1, 2, 9, 3, 4, 4, 5, 6, 7, 8, 10, 11, 2, 12, 13, 14, 15]);
        assert_eq!((some.strays, some.firsts, some.ends), (vec![(2, 9), (12, 2)], vec![1], vec![16]));
        let mixed = of(&[5, 1, 4, 2, 3]);
        assert!(mixed.strays.is_empty(), "there are no exceptions without a rule");
        assert_eq!((mixed.firsts, mixed.ends), (vec![1], vec![6]));
        assert!(of(&[]).strays.is_empty());
        assert_eq!(longest_run(&[3, 1, 2, 2, 9, 4]).iter().filter(|of_run| **of_run).count(), 4);
    }

    #[test]
    fn bounds_hold_all_and_nothing_else() {
        let many: Vec<(DocId, u64)> = (0..3_000).map(|doc| (doc, u64::from(if doc == 700 { 2_900 } else { doc / 3 * 2 }))).collect();
        let kinds: [OfKind; KINDS] = [OfKind::default(), OfKind::of(&many, 3_000_usize.div_ceil(BLOCK)), OfKind::default()];
        let (bounds, kind) = (NameBounds { kinds }, Kind::Professional);
        assert_eq!(bounds.strays(kind), [(700, 2_900)]);
        for names in [0..1, 3..4, 100..1_000, 1_990..5_000, 7_000..8_000] {
            let (around, within) = (bounds.around(kind, &names), bounds.within(kind, &names));
            for (doc, name) in many.iter().filter(|(doc, _)| *doc != 700) {
                assert!(!names.contains(name) || around.contains(doc), "{names:?} {doc}");
                assert!(names.contains(name) || !within.contains(doc), "{names:?} {doc}");
            }
            assert!(around.len() <= within.len() + 2 * BLOCK + 2, "{names:?} {around:?} {within:?}");
        }
        assert!((0..3_000).all(|doc| many.iter().skip(doc).all(|(at, name)| *at == 700 || *name >= bounds.first_from(kind, doc as u32))));
        assert_eq!(bounds.first_from(Kind::Structure, 0), u64::MAX);
    }
}
