//! Candidates of one segment: posting lists driven by hand, joined by leapfrog, in document order.
//!
//! Posting lists know nothing of deletions and a dictionary keeps terms of deleted documents until its segment is merged: whoever counts
//! or shows asks `is_deleted` first. Seeking never goes backwards.

use super::bitmaps::Common;
use super::one_practice::Practices;
use super::patience::Patience;
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;
use tantivy::postings::SegmentPostings;
use tantivy::{DocId, DocSet as _, TERMINATED};

/// A sorted set of documents, walked forward.
#[derive(Clone)]
pub(super) enum Candidates {
    All {
        doc: DocId,
        end: DocId,
    },
    Postings(Box<SegmentPostings>),
    /// A conjunction of long lists.
    Bitmaps(Common),
    /// Worked out beforehand, in order.
    Known {
        documents: Arc<Vec<DocId>>,
        at: usize,
    },
    And {
        members: Vec<Candidates>,
        doc: DocId,
    },
    Or {
        members: Vec<Candidates>,
        doc: DocId,
    },
    /// [`Candidates::Or`] of more than [`FEW`].
    Many {
        heap: BinaryHeap<Head>,
        doc: DocId,
    },
    /// Holds in at least one slot; each slot the members of a conjunction, the rarest first.
    Slots {
        slots: Vec<Vec<Candidates>>,
        doc: DocId,
    },
    /// The union of its levels, the best first.
    Levels {
        levels: Vec<(u8, Candidates)>,
        doc: DocId,
    },
    /// Every document; those that do not hold the set have the bit.
    Behind {
        all: Box<Candidates>,
        set: Box<Candidates>,
        bit: u16,
    },
    OnePractice(Box<Candidates>, Practices),
}

/// Where a document stands among those that match: the levels of its worst word and of the next, and what it comes behind others for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    pub level: u8,
    pub next: u8,
    pub behind: u16,
}

impl Standing {
    /// Of the words of both.
    fn with(self, other: Self) -> Self {
        let (worst, better) = if self.level >= other.level { (self, other) } else { (other, self) };
        Self { level: worst.level, next: worst.next.max(better.level), behind: self.behind | other.behind }
    }
}

/// Members of a disjunction that are looked at one by one at each step.
const FEW: usize = 4;
impl Candidates {
    pub fn empty() -> Self {
        Self::All { doc: TERMINATED, end: 0 }
    }

    /// Every document of a segment that has so many.
    pub fn all(documents: DocId) -> Self {
        Self::All { doc: if documents == 0 { TERMINATED } else { 0 }, end: documents }
    }

    /// What all sets hold.
    pub fn held_by(sets: Vec<Self>, patience: &Patience<'_>) -> Self {
        let (mut long, mut members) = (Vec::new(), Vec::with_capacity(sets.len()));
        for set in sets {
            match set {
                Self::Bitmaps(common) => long.push(common),
                other => members.push(other),
            }
        }
        if !long.is_empty() {
            members.push(Self::Bitmaps(Common::of_all(long)));
        }
        members.sort_by_key(Self::cost);
        match meet(&mut members, 0, patience) {
            TERMINATED => Self::empty(),
            doc => Self::And { members, doc },
        }
    }

    pub fn doc(&self) -> DocId {
        match self {
            Self::All { doc, .. }
            | Self::And { doc, .. }
            | Self::Or { doc, .. }
            | Self::Many { doc, .. }
            | Self::Slots { doc, .. }
            | Self::Levels { doc, .. } => *doc,
            Self::Postings(postings) => postings.doc(),
            Self::Bitmaps(common) => common.doc(),
            Self::Known { documents, at } => documents.get(*at).copied().unwrap_or(TERMINATED),
            Self::Behind { all, .. } => all.doc(),
            Self::OnePractice(matches, _) => matches.doc(),
        }
    }

    pub fn advance(&mut self, patience: &Patience<'_>) -> DocId {
        match self.doc() {
            TERMINATED => TERMINATED,
            doc => self.seek(doc + 1, patience),
        }
    }

    /// The first document at or behind `target`.
    pub fn seek(&mut self, target: DocId, patience: &Patience<'_>) -> DocId {
        if self.doc() >= target {
            return self.doc();
        }
        match self {
            Self::All { doc, end } => {
                *doc = if target < *end { target } else { TERMINATED };
                *doc
            }
            Self::Postings(postings) => postings.seek(target),
            Self::Bitmaps(common) => common.seek(target),
            Self::Known { documents, at } => {
                *at += before(documents.get(*at..).unwrap_or_default(), target);
                documents.get(*at).copied().unwrap_or(TERMINATED)
            }
            Self::And { members, doc } => {
                *doc = meet(members, target, patience);
                *doc
            }
            Self::Or { members, doc } => {
                *doc = first_of(members, |member| member.seek(target, patience));
                *doc
            }
            Self::Many { heap, doc } => {
                *doc = seek_many(heap, target, patience);
                *doc
            }
            Self::Slots { slots, doc } => {
                *doc = settle(slots, target, patience);
                *doc
            }
            Self::Levels { levels, doc } => {
                *doc = first_of(levels, |(_, level)| level.seek(target, patience));
                *doc
            }
            Self::Behind { all, set, .. } => {
                set.reach(target, patience);
                all.seek(target, patience)
            }
            Self::OnePractice(matches, practices) => practices.next(matches, target, patience),
        }
    }

    /// Is `target` in the set? It, or a document behind it before which there is none: the set is walked no further than that takes, and
    /// stands at `target` only when it holds it. What is asked so is asked of ever later documents.
    pub fn reach(&mut self, target: DocId, patience: &Patience<'_>) -> DocId {
        if let Self::Postings(postings) = self {
            return if postings.doc() >= target { postings.doc() } else { postings.seek(target) };
        }
        if self.doc() >= target && !matches!(self, Self::Slots { .. }) {
            return self.doc();
        }
        let (bound, doc) = match self {
            Self::Bitmaps(common) => return common.reach(target),
            Self::And { members, doc } => (held_by_all(members, target, patience), doc),
            Self::Or { members, doc } => (held_by_one(members, target, |member| member.reach(target, patience)), doc),
            Self::Slots { slots, doc } => (held_by_a_slot(slots, target, patience), doc),
            Self::Levels { levels, doc } => (held_by_one(levels, target, |(_, level)| level.reach(target, patience)), doc),
            _ => return self.seek(target, patience),
        };
        if bound == target {
            *doc = target;
        }
        bound
    }

    /// Leaves out, from the next document on, those that hold a word by such levels only.
    pub fn leave_out(&mut self, level: &impl Fn(u8) -> bool) {
        match self {
            Self::And { members, .. } => members.iter_mut().for_each(|member| member.leave_out(level)),
            Self::Levels { levels, .. } => levels.retain(|(own, _)| !level(*own)),
            Self::OnePractice(matches, _) => matches.leave_out(level),
            _ => {}
        }
    }

    /// Where the document that it is at stands.
    pub fn standing(&self) -> Standing {
        match self {
            Self::And { members, .. } => members.iter().map(Self::standing).fold(Standing::default(), Standing::with),
            Self::Levels { levels, doc } => {
                let best = levels.iter().find(|(_, level)| level.doc() == *doc);
                Standing { level: best.map_or(0, |(level, _)| *level), ..Standing::default() }
            }
            Self::Behind { all, set, bit } => Standing { behind: if set.doc() == all.doc() { 0 } else { *bit }, ..Standing::default() },
            Self::OnePractice(matches, _) => matches.standing(),
            _ => Standing::default(),
        }
    }

    /// Documents expected at most: the rarest drives a conjunction.
    pub fn cost(&self) -> u64 {
        match self {
            Self::All { end, .. } => u64::from(*end),
            Self::Postings(postings) => u64::from(postings.doc_freq()),
            Self::Bitmaps(common) => common.cost(),
            Self::Known { documents, .. } => documents.len() as u64,
            Self::And { members, .. } => members.first().map_or(0, Self::cost),
            Self::Or { members, .. } => members.iter().map(Self::cost).sum(),
            Self::Many { heap, .. } => heap.iter().map(|head| head.0.cost()).sum(),
            Self::Slots { slots, .. } => slots.iter().filter_map(|members| members.first()).map(Self::cost).sum(),
            Self::Levels { levels, .. } => levels.iter().map(|(_, level)| level.cost()).sum(),
            Self::Behind { all, .. } => all.cost(),
            Self::OnePractice(matches, _) => matches.cost(),
        }
    }
}

/// How many of some documents in order stand before `target`: mostly few, so that the way is doubled until it is behind it.
fn before(documents: &[DocId], target: DocId) -> usize {
    let mut way = 1;
    while documents.get(way).is_some_and(|doc| *doc < target) {
        way *= 2;
    }
    let known = way / 2;
    known + documents.get(known..documents.len().min(way + 1)).unwrap_or_default().partition_point(|doc| *doc < target)
}

/// The first document that sets come to; those that come to none are left out from then on.
fn first_of<T>(sets: &mut Vec<T>, mut seek: impl FnMut(&mut T) -> DocId) -> DocId {
    let (mut first, mut ended) = (TERMINATED, false);
    for set in &mut *sets {
        let doc = seek(set);
        (first, ended) = (first.min(doc), ended || doc == TERMINATED);
    }
    if ended {
        // Asked again, they answer from where they stand.
        sets.retain_mut(|set| seek(set) != TERMINATED);
    }
    first
}

/// First document at or behind `target` that all members hold; none once patience is over.
pub(super) fn meet(members: &mut [Candidates], target: DocId, patience: &Patience<'_>) -> DocId {
    first_held(target, |target| held_by_all(members, target, patience))
}

/// First document at or behind `target` that a slot holds.
pub(super) fn settle(slots: &mut [Vec<Candidates>], target: DocId, patience: &Patience<'_>) -> DocId {
    first_held(target, |target| held_by_a_slot(slots, target, patience))
}

/// From bound to bound, each as of [`Candidates::reach`].
fn first_held(mut target: DocId, mut reach: impl FnMut(DocId) -> DocId) -> DocId {
    loop {
        match reach(target) {
            bound if bound == target || bound == TERMINATED => return bound,
            bound => target = bound,
        }
    }
}

/// As [`Candidates::reach`], of a conjunction. Who turns a document down is asked a place sooner the next time, but never before the first:
/// what holds one gram of a word mostly holds its others too, and a gram of another word tells more.
fn held_by_all(members: &mut [Candidates], target: DocId, patience: &Patience<'_>) -> DocId {
    for at in 0..members.len() {
        let bound = members.get_mut(at).map_or(TERMINATED, |member| member.reach(target, patience));
        if bound == TERMINATED || patience.is_over_after_a_step() {
            return TERMINATED;
        }
        if bound > target {
            if at > 1 {
                members.swap(at, at - 1);
            }
            return bound;
        }
    }
    target
}

/// As [`Candidates::reach`], of a disjunction whose sets are reached so.
fn held_by_one<T>(sets: &mut [T], target: DocId, mut reach: impl FnMut(&mut T) -> DocId) -> DocId {
    let mut first = TERMINATED;
    for set in sets {
        first = first.min(reach(set));
        if first == target {
            break;
        }
    }
    first
}

fn held_by_a_slot(slots: &mut [Vec<Candidates>], target: DocId, patience: &Patience<'_>) -> DocId {
    held_by_one(slots, target, |members| held_by_all(members, target, patience))
}

/// Documents of any of the sets.
pub(super) fn union(mut members: Vec<Candidates>) -> Candidates {
    members.retain(|m| m.doc() != TERMINATED);
    match members.len() {
        0 => Candidates::empty(),
        1 => members.swap_remove(0),
        few if few <= FEW => {
            let doc = members.iter().map(Candidates::doc).min().unwrap_or(TERMINATED);
            Candidates::Or { members, doc }
        }
        _ => {
            let heap: BinaryHeap<Head> = members.into_iter().map(Head).collect();
            let doc = heap.peek().map_or(TERMINATED, |head| head.0.doc());
            Candidates::Many { heap, doc }
        }
    }
}

/// A member of a large disjunction; the one whose document comes first is the greatest.
#[derive(Clone)]
pub(super) struct Head(Candidates);

impl Ord for Head {
    fn cmp(&self, other: &Self) -> Ordering {
        other.0.doc().cmp(&self.0.doc())
    }
}

impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Head {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Head {}

/// First document at or behind `target` of a large disjunction.
fn seek_many(heap: &mut BinaryHeap<Head>, target: DocId, patience: &Patience<'_>) -> DocId {
    while let Some(mut head) = heap.peek_mut() {
        if head.0.doc() >= target {
            return head.0.doc();
        }
        if patience.is_over_after_a_step() {
            return TERMINATED;
        }
        if head.0.seek(target, patience) == TERMINATED {
            PeekMut::pop(head);
        }
    }
    TERMINATED
}

#[cfg(test)]
#[path = "candidates_tests.rs"]
mod tests;
