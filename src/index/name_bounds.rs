//! Where names may stand in a segment. A build lays documents out in the order of names, but for some that are only known once the entry is
//! put together, and what is joined to them later stands behind. So those that are out of the order are kept one by one, and of the others, for
//! each block of documents, the last name up to it and the first from it on. All by kind, since most questions are of one.

use super::fields::kind_number;
use crate::model::Kind;
use std::ops::Range;
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
    pub fn of(names: &Column<u64>, kinds: &Column<u64>) -> Self {
        let blocks = (names.num_docs() as usize).div_ceil(BLOCK);
        let of_kind = |kind: usize| {
            let own = (0..names.num_docs()).filter(|doc| kinds.first(*doc) == Some(kind as u64));
            OfKind::of(own.filter_map(|doc| Some((doc, names.first(doc)?))).collect(), blocks)
        };
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

/// Documents of blocks.
fn range(from: usize, to: usize) -> Range<DocId> {
    let doc = |block: usize| DocId::try_from(block * BLOCK).unwrap_or(DocId::MAX);
    doc(from)..doc(to.max(from))
}

impl OfKind {
    fn of(documents: Vec<(DocId, u64)>, blocks: usize) -> Self {
        let (strays, others) = apart(documents);
        let (mut ends, mut firsts) = (vec![0; blocks], vec![u64::MAX; blocks]);
        for (doc, name) in others {
            let block = doc as usize / BLOCK;
            ends.get_mut(block).into_iter().for_each(|end| *end = name.saturating_add(1).max(*end));
            firsts.get_mut(block).into_iter().for_each(|first| *first = name.min(*first));
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

/// Those that are out of the order, where they are few, and the others: a longest run of documents whose names do not go back.
fn apart(documents: Vec<(DocId, u64)>) -> (Vec<(DocId, u64)>, Vec<(DocId, u64)>) {
    const NONE: usize = usize::MAX;
    let name = |at: usize| documents.get(at).map_or(0, |(_, name)| *name);
    // The last document of the run of each length that ends with the least name, and before each document the one its run goes on from.
    let (mut lasts, mut before): (Vec<usize>, Vec<usize>) = (Vec::new(), Vec::with_capacity(documents.len()));
    for (at, (_, own)) in documents.iter().enumerate() {
        let length = lasts.partition_point(|last| name(*last) <= *own);
        before.push(length.checked_sub(1).and_then(|shorter| lasts.get(shorter).copied()).unwrap_or(NONE));
        match lasts.get_mut(length) {
            Some(last) => *last = at,
            None => lasts.push(at),
        }
    }
    if documents.len() - lasts.len() > documents.len() / FEW {
        return (Vec::new(), documents);
    }
    let mut in_order = vec![false; documents.len()];
    let mut at = lasts.last().copied();
    while let Some(of_run) = at.and_then(|at| in_order.get_mut(at)) {
        *of_run = true;
        at = at.and_then(|at| before.get(at).copied());
    }
    let (kept, strays): (Vec<_>, Vec<_>) = documents.into_iter().zip(in_order).partition(|(_, in_order)| *in_order);
    let bare = |them: Vec<((DocId, u64), bool)>| them.into_iter().map(|(document, _)| document).collect();
    (bare(strays), bare(kept))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_are_apart_and_the_others_in_order() {
        let of = |names: &[u64]| apart((0..).zip(names.iter().copied()).collect());
        let (strays, others) = of(&[1, 2, 9, 3, 4, 4, 5, 6, 7, 8, 10, 11, 2, 12, 13, 14, 15]);
        assert_eq!(strays, [(2, 9), (12, 2)]);
        assert_eq!(others.len(), 15);
        assert!(others.is_sorted_by_key(|(_, name)| *name));
        let (strays, others) = of(&[5, 1, 4, 2, 3]);
        assert!(strays.is_empty() && others.len() == 5, "there are no exceptions without a rule");
        assert!(of(&[]).0.is_empty());
    }

    #[test]
    fn bounds_hold_all_and_nothing_else() {
        let many: Vec<(DocId, u64)> = (0..3_000).map(|doc| (doc, u64::from(if doc == 700 { 2_900 } else { doc / 3 * 2 }))).collect();
        let kinds: [OfKind; KINDS] = [OfKind::default(), OfKind::of(many.clone(), 3_000_usize.div_ceil(BLOCK)), OfKind::default()];
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
