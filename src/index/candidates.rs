//! Candidates of one segment: posting lists driven by hand, joined by leapfrog, in document order.
//!
//! Posting lists know nothing of deletions and a dictionary keeps terms of deleted documents until its segment is merged: whoever counts
//! or shows asks `is_deleted` first. Seeking never goes backwards.

use super::fields::Fields;
use super::near::{MOST_NEIGHBOURS, Near};
use super::patience::Patience;
use super::plan::{Place, Plan, ValueTest};
use super::practice::slot;
use super::terms::is_whole;
use crate::error::{Error, Result};
use std::cmp::Ordering;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;
use std::sync::Arc;
use tantivy::postings::SegmentPostings;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet as _, InvertedIndexReader, SegmentReader, TERMINATED, Term};

/// A sorted set of documents, walked forward.
pub(super) enum Candidates {
    All {
        doc: DocId,
        end: DocId,
    },
    Postings(Box<SegmentPostings>),
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
    /// The union of its levels, the best first.
    Levels {
        levels: Vec<(u8, Candidates)>,
        doc: DocId,
    },
    /// Every document; those that hold the set, or do not, have the bit.
    Behind {
        all: Box<Candidates>,
        set: Box<Candidates>,
        holds: bool,
        bit: u8,
    },
    OnePractice(Box<Candidates>, Practices),
}

/// Where a document stands among those that match: the level of its worst word, and what it comes behind others of its level for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Standing {
    pub level: u8,
    pub behind: u8,
}

/// Members of a disjunction that are looked at one by one at each step.
const FEW: usize = 4;
/// Values of a listed attribute that are tried for a pattern: more, and it is not a list.
const MOST_LISTED: usize = 20_000;
/// Values with a beginning that are followed one by one: more, and grams are the shorter way.
const MOST_BEGINNING: usize = 400;
/// Posting lists of more than a kilobyte each that one filter may open in a segment for what lists are not needed for.
const MOST_LISTS: usize = 20_000;

impl Candidates {
    /// Once `patience` is over, here or while the set is walked, the rest is left out: the caller must take its answer for cut.
    pub fn of(plan: &Plan, fields: &Fields, segment: &SegmentReader, patience: &Patience<'_>) -> Result<Self> {
        Builder::new(fields, segment, patience).build(plan)
    }

    fn empty() -> Self {
        Self::All { doc: TERMINATED, end: 0 }
    }

    pub fn doc(&self) -> DocId {
        match self {
            Self::All { doc, .. } | Self::And { doc, .. } | Self::Or { doc, .. } | Self::Many { doc, .. } | Self::Levels { doc, .. } => {
                *doc
            }
            Self::Postings(postings) => postings.doc(),
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
            Self::And { members, doc } => {
                *doc = meet(members, target, patience);
                *doc
            }
            Self::Or { members, doc } => {
                *doc = members.iter_mut().map(|m| m.seek(target, patience)).min().unwrap_or(TERMINATED);
                members.retain(|m| m.doc() != TERMINATED);
                *doc
            }
            Self::Many { heap, doc } => {
                *doc = seek_many(heap, target, patience);
                *doc
            }
            Self::Levels { levels, doc } => {
                *doc = levels.iter_mut().map(|(_, level)| level.seek(target, patience)).min().unwrap_or(TERMINATED);
                levels.retain(|(_, level)| level.doc() != TERMINATED);
                *doc
            }
            Self::Behind { all, set, .. } => {
                set.seek(target, patience);
                all.seek(target, patience)
            }
            Self::OnePractice(matches, practices) => practices.next(matches, target, patience),
        }
    }

    /// Where the document that it is at stands.
    pub fn standing(&self) -> Standing {
        match self {
            Self::And { members, .. } => members
                .iter()
                .map(Self::standing)
                .fold(Standing::default(), |worst, one| Standing { level: worst.level.max(one.level), behind: worst.behind | one.behind }),
            Self::Levels { levels, doc } => {
                let best = levels.iter().find(|(_, level)| level.doc() == *doc);
                Standing { level: best.map_or(0, |(level, _)| *level), behind: 0 }
            }
            Self::Behind { all, set, holds, bit } => {
                let held = set.doc() == all.doc();
                Standing { level: 0, behind: if held == *holds { *bit } else { 0 } }
            }
            Self::OnePractice(matches, _) => matches.standing(),
            _ => Standing::default(),
        }
    }

    /// Documents expected at most: the rarest drives a conjunction.
    fn cost(&self) -> u64 {
        match self {
            Self::All { end, .. } => u64::from(*end),
            Self::Postings(postings) => u64::from(postings.doc_freq()),
            Self::And { members, .. } => members.first().map_or(0, Self::cost),
            Self::Or { members, .. } => members.iter().map(Self::cost).sum(),
            Self::Many { heap, .. } => heap.iter().map(|head| head.0.cost()).sum(),
            Self::Levels { levels, .. } => levels.iter().map(|(_, level)| level.cost()).sum(),
            Self::Behind { all, .. } => all.cost(),
            Self::OnePractice(matches, _) => matches.cost(),
        }
    }
}

/// First document at or behind `target` that all members hold; none once patience is over.
fn meet(members: &mut [Candidates], mut target: DocId, patience: &Patience<'_>) -> DocId {
    'again: loop {
        for member in members.iter_mut() {
            let doc = member.seek(target, patience);
            if doc == TERMINATED || patience.is_over_after_a_step() {
                return TERMINATED;
            }
            if doc > target {
                target = doc;
                continue 'again;
            }
        }
        return target;
    }
}

struct Builder<'a> {
    fields: &'a Fields,
    segment: &'a SegmentReader,
    patience: &'a Patience<'a>,
    /// Prefix of code terms inside a slot.
    slot: String,
    /// Posting lists opened so far through [`Builder::each_term`].
    lists: usize,
}

impl<'a> Builder<'a> {
    fn new(fields: &'a Fields, segment: &'a SegmentReader, patience: &'a Patience<'a>) -> Self {
        Self { fields, segment, patience, slot: String::new(), lists: 0 }
    }

    fn build(&mut self, plan: &Plan) -> Result<Candidates> {
        Ok(match plan {
            Plan::All => self.all(),
            Plan::None => Candidates::empty(),
            Plan::Term(place, term) => self.term(*place, term)?,
            Plan::Beginning(place, beginning) => self.beginning(*place, beginning)?,
            Plan::Values(attribute, test, otherwise) => self.values(attribute, test, otherwise)?,
            Plan::And(members) => self.conjunction(members)?,
            Plan::Or(members) => {
                let mut built = Vec::new();
                for member in members {
                    if self.patience.is_over() {
                        break;
                    }
                    built.push(self.build(member)?);
                }
                union(built)
            }
            Plan::InOneSlot(inner) => self.slots(inner)?,
            Plan::Near(place, near) => self.near(*place, near)?,
            Plan::Levels(levels) => {
                let mut built = Vec::with_capacity(levels.len());
                for (level, plan) in levels {
                    built.push((*level, self.build(plan)?));
                }
                built.retain(|(_, candidates)| candidates.doc() != TERMINATED);
                let doc = built.iter().map(|(_, candidates)| candidates.doc()).min().unwrap_or(TERMINATED);
                Candidates::Levels { levels: built, doc }
            }
            Plan::Behind { bit, holds, plan } => {
                Candidates::Behind { all: Box::new(self.all()), set: Box::new(self.build(plan)?), holds: *holds, bit: *bit }
            }
            Plan::OnePractice(plan, words) => {
                let mut matches = self.build(plan)?;
                if matches.doc() == TERMINATED {
                    return Ok(matches);
                }
                let mut practices = Practices::default();
                for word in words {
                    practices.words.push((self.build(&word.entry)?, self.each_slot(&word.practice)?));
                }
                practices.next(&mut matches, 0, self.patience);
                Candidates::OnePractice(Box::new(matches), practices)
            }
        })
    }

    /// What is dear to open is opened only when the other members meet.
    fn conjunction(&mut self, members: &[Plan]) -> Result<Candidates> {
        let mut built = Vec::with_capacity(members.len());
        let cheap = members.iter().filter(|member| !member.is_dear());
        for member in cheap.chain(members.iter().filter(|member| member.is_dear())) {
            if self.patience.is_over() {
                return Ok(Candidates::empty());
            }
            if member.is_dear() && meet(&mut built, 0, self.patience) == TERMINATED {
                return Ok(Candidates::empty());
            }
            let candidates = self.build(member)?;
            if candidates.doc() == TERMINATED {
                return Ok(Candidates::empty());
            }
            built.push(candidates);
        }
        built.sort_by_key(Candidates::cost);
        Ok(match meet(&mut built, 0, self.patience) {
            TERMINATED => Candidates::empty(),
            doc => Candidates::And { members: built, doc },
        })
    }

    fn all(&self) -> Candidates {
        let end = self.segment.max_doc();
        Candidates::All { doc: if end == 0 { TERMINATED } else { 0 }, end }
    }

    fn slots(&mut self, inner: &Plan) -> Result<Candidates> {
        Ok(union(self.each_slot(inner)?))
    }

    /// Slots are numbered without gaps: the first number no document of the segment has ends the walk.
    fn each_slot(&mut self, inner: &Plan) -> Result<Vec<Candidates>> {
        let mut built = Vec::new();
        for number in 0.. {
            let name = slot(number);
            self.slot = String::new();
            if self.term(Place::Codes, &name)?.doc() == TERMINATED {
                break;
            }
            self.slot = name;
            built.push(self.build(inner)?);
        }
        self.slot = String::new();
        Ok(built)
    }

    fn inverted(&self, place: Place) -> Result<Arc<InvertedIndexReader>> {
        self.segment.inverted_index(place.field(self.fields)).map_err(|e| Error::internal("a term list cannot be opened", e))
    }

    fn term(&self, place: Place, text: &str) -> Result<Candidates> {
        let term = if place == Place::Codes {
            Term::from_field_text(place.field(self.fields), &format!("{}{text}", self.slot))
        } else {
            Term::from_field_text(place.field(self.fields), text)
        };
        let postings = self.inverted(place)?.read_postings(&term, IndexRecordOption::Basic);
        let postings = postings.map_err(|e| Error::internal("a posting list cannot be read", e))?;
        Ok(postings.map_or_else(Candidates::empty, |p| Candidates::Postings(Box::new(p))))
    }

    /// Of a beginning that would open too many lists every entry is a candidate, unless nothing proves candidates afterwards.
    fn beginning(&mut self, place: Place, text: &str) -> Result<Candidates> {
        let beginning = format!("{}{text}", if place == Place::Codes { &self.slot } else { "" });
        // Of words and addresses the whole one is another matter.
        let whole = matches!(place, Place::Words | Place::Address);
        let most = if matches!(place, Place::NameGrams | Place::TextGrams) { self.lists_left() } else { usize::MAX };
        Ok(self
            .each_term(place, &beginning, most, usize::MAX, |term| !whole || term.len() > beginning.len())?
            .unwrap_or_else(|| self.all()))
    }

    /// Entries with a value that passes. A value too long for its term to repeat it whole may pass.
    fn values(&mut self, attribute: &str, test: &ValueTest, otherwise: &Plan) -> Result<Candidates> {
        let name = format!("{attribute}=");
        let tried = if *otherwise == Plan::All { MOST_LISTED } else { MOST_BEGINNING };
        let beginning = format!("{name}{}", test.beginning());
        let passes = |term: &str| term.strip_prefix(name.as_str()).is_none_or(|value| !is_whole(value) || test.passes(value));
        match self.each_term(Place::Equal, &beginning, self.lists_left(), tried, passes)? {
            Some(found) => Ok(found),
            None => self.build(otherwise),
        }
    }

    fn lists_left(&self) -> usize {
        MOST_LISTS.saturating_sub(self.lists)
    }

    /// Documents of the terms of a field that begin so and pass; `None` when that takes more lists than `most`, or more than `tried`
    /// terms begin so. Past the deadline the rest is left out.
    fn each_term(
        &mut self,
        place: Place,
        beginning: &str,
        most: usize,
        tried: usize,
        passes: impl Fn(&str) -> bool,
    ) -> Result<Option<Candidates>> {
        let failed = |e| Error::internal("a posting list cannot be read", e);
        let inverted = self.inverted(place)?;
        let mut terms = inverted.terms().range().ge(beginning).into_stream().map_err(failed)?;
        let mut built = Vec::new();
        let mut number = 0;
        while terms.advance() && terms.key().starts_with(beginning.as_bytes()) {
            if number >= tried {
                return Ok(None);
            }
            number += 1;
            if self.patience.is_over_after_a_step() {
                break;
            }
            if passes(std::str::from_utf8(terms.key()).unwrap_or_default()) {
                if built.len() >= most {
                    return Ok(None);
                }
                let postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(failed)?;
                built.push(Candidates::Postings(Box::new(postings)));
            }
        }
        self.lists += built.len();
        Ok(Some(union(built)))
    }

    fn near(&self, place: Place, near: &Near) -> Result<Candidates> {
        let failed = |e| Error::internal("a posting list cannot be read", e);
        let inverted = self.inverted(place)?;
        let slot = if place == Place::Codes { self.slot.as_str() } else { "" };
        let mut terms = inverted.terms().search(near.terms(slot)).into_stream().map_err(failed)?;
        let mut built = Vec::new();
        while built.len() < MOST_NEIGHBOURS && terms.advance() && !self.patience.is_over_after_a_step() {
            let postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(failed)?;
            built.push(Candidates::Postings(Box::new(postings)));
        }
        Ok(union(built))
    }
}

/// Words of one same practice, each with the documents that hold it as a whole and those that hold it in each slot.
#[derive(Default)]
pub(super) struct Practices {
    words: Vec<(Candidates, Vec<Candidates>)>,
}

impl Practices {
    /// The first match at or behind `target` whose words can hold together.
    fn next(&mut self, matches: &mut Candidates, target: DocId, patience: &Patience<'_>) -> DocId {
        let mut doc = matches.seek(target, patience);
        while doc != TERMINATED && !self.hold(doc, patience) {
            doc = matches.advance(patience);
        }
        doc
    }

    /// Words that the entry holds otherwise are asked of no practice.
    fn hold(&mut self, doc: DocId, patience: &Patience<'_>) -> bool {
        let mut asked: Vec<_> = Vec::new();
        for (entry, slots) in &mut self.words {
            if entry.seek(doc, patience) != doc {
                asked.push(slots);
            }
        }
        let slots = asked.iter().map(|slots| slots.len()).min().unwrap_or_default();
        let together = |slot: usize, asked: &mut [&mut Vec<Candidates>]| {
            asked.iter_mut().all(|slots| slots.get_mut(slot).is_some_and(|set| set.seek(doc, patience) == doc))
        };
        asked.len() < 2 || (0..slots).any(|slot| together(slot, &mut asked))
    }
}

fn union(mut members: Vec<Candidates>) -> Candidates {
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
