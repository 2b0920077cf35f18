//! Opening a plan on one segment: terms, ranges of terms and automata to posting lists, in bounds.

use super::bitmaps::{Bitmap, Common};
use super::candidates::{Candidates, meet, settle, union};
use super::fields::Fields;
use super::inside;
use super::near::{MOST_NEIGHBOURS, Near};
use super::one_practice::Practices;
use super::patience::Patience;
use super::plan::{Place, Plan, ValueTest};
use super::practice::slot;
use super::segments::Columns;
use super::terms::{is_whole, place_of};
use crate::error::{Error, Result};
use std::cell::Cell;
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::postings::{BlockSegmentPostings, TermInfo};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, InvertedIndexReader, SegmentReader, TERMINATED, Term};

/// Values of a listed attribute that are tried for a pattern: more, and it is not a list.
const MOST_LISTED: usize = 20_000;
/// Values with a beginning that are followed one by one: more, and grams are the shorter way.
const MOST_BEGINNING: usize = 400;
/// Posting lists of more than a kilobyte each that one filter may open in a segment for what lists are not needed for.
const MOST_LISTS: usize = 20_000;
/// Pieces of remarks that one filter may look up in a segment: what holds one may be a bitmap. Of more, every entry is a candidate.
const MOST_REMARKS: usize = 128;

impl Candidates {
    /// Once `patience` is over, here or while the set is walked, the rest is left out: the caller must take its answer for cut.
    /// `columns`: those of the segment, where they are at hand.
    pub fn of(plan: &Plan, fields: &Fields, segment: &SegmentReader, columns: Option<&Columns>, patience: &Patience<'_>) -> Result<Self> {
        Ok(Self::told(plan, fields, segment, columns, patience)?.0)
    }

    /// The same, and whether all values that the plan tries were tried whole.
    pub fn told(
        plan: &Plan,
        fields: &Fields,
        segment: &SegmentReader,
        columns: Option<&Columns>,
        patience: &Patience<'_>,
    ) -> Result<(Self, bool)> {
        let mut builder = Builder::new(fields, segment, columns, patience);
        let candidates = builder.build(plan)?;
        Ok((candidates, builder.all_tried))
    }
}

struct Builder<'a> {
    fields: &'a Fields,
    segment: &'a SegmentReader,
    columns: Option<&'a Columns>,
    patience: &'a Patience<'a>,
    /// Prefix of code terms inside a slot.
    slot: String,
    /// Posting lists opened so far through [`Builder::each_term`].
    lists: usize,
    /// Pieces of remarks asked for so far.
    remarks: usize,
    /// Was each value that a [`Plan::Values`] stands for tried, and is it whole in its term?
    all_tried: bool,
    /// [`Plan::Inside`] as opened before: all words of an address ask for the same piece.
    inside: HashMap<String, Arc<Vec<DocId>>>,
}

impl<'a> Builder<'a> {
    fn new(fields: &'a Fields, segment: &'a SegmentReader, columns: Option<&'a Columns>, patience: &'a Patience<'a>) -> Self {
        Self { fields, segment, columns, patience, slot: String::new(), lists: 0, remarks: 0, all_tried: true, inside: HashMap::new() }
    }

    fn build(&mut self, plan: &Plan) -> Result<Candidates> {
        Ok(match plan {
            Plan::All => self.all(),
            Plan::None => Candidates::empty(),
            Plan::Term(place, term) => self.term(*place, term)?,
            Plan::Beginning(place, beginning) => self.beginning(*place, beginning)?,
            Plan::Inside(piece) => self.inside(piece)?,
            // Where nothing is known of the segment, any of its entries may hold it.
            Plan::Remark(piece) => {
                self.remarks += 1;
                match self.columns.filter(|_| self.remarks <= MOST_REMARKS) {
                    Some(columns) => columns.remarks.candidates(piece, self.segment)?,
                    None => self.all(),
                }
            }
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
            Plan::InOneSlot(inner) => {
                let mut slots = self.slots(inner)?;
                match settle(&mut slots, 0, self.patience) {
                    TERMINATED => Candidates::empty(),
                    doc => Candidates::Slots { slots, doc },
                }
            }
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
            Plan::Behind { bit, plan } => Candidates::Behind { all: Box::new(self.all()), set: Box::new(self.build(plan)?), bit: *bit },
            Plan::OnePractice(plan, words) => {
                let mut matches = self.build(plan)?;
                if matches.doc() == TERMINATED {
                    return Ok(matches);
                }
                let mut practices = Practices::default();
                for word in words {
                    practices.add(self.build(&word.entry)?, self.each_slot(&word.practice)?, self.each_slot(&word.begun)?);
                }
                practices.next(&mut matches, 0, self.patience);
                Candidates::OnePractice(Box::new(matches), practices)
            }
        })
    }

    /// What is dear to open is opened only when the other members meet; first what mostly holds nothing, and opens no list to tell so.
    fn conjunction(&mut self, members: &[Plan]) -> Result<Candidates> {
        let mut built = Vec::with_capacity(members.len());
        let mut members: Vec<&Plan> = members.iter().collect();
        members.sort_by_key(|member| (member.is_dear(), !member.is_of_few()));
        for member in members {
            if self.patience.is_over() {
                return Ok(Candidates::empty());
            }
            if member.is_dear() && meet(&mut built, 0, self.patience) == TERMINATED {
                return Ok(Candidates::empty());
            }
            let candidates = match member {
                // What else is asked is mostly rarer: where a slot holds by itself is not looked for.
                Plan::InOneSlot(inner) => match self.slots(inner)? {
                    none if none.is_empty() => Candidates::empty(),
                    slots => Candidates::Slots { slots, doc: 0 },
                },
                member => self.build(member)?,
            };
            if candidates.doc() == TERMINATED {
                return Ok(Candidates::empty());
            }
            built.push(candidates);
        }
        Ok(Candidates::held_by(built, self.patience))
    }

    fn all(&self) -> Candidates {
        Candidates::all(self.segment.max_doc())
    }

    /// The members of the conjunction that a slot is asked for, of each slot that has them all.
    fn slots(&mut self, inner: &Plan) -> Result<Vec<Vec<Candidates>>> {
        let members = match inner {
            Plan::And(members) => members.as_slice(),
            one => std::slice::from_ref(one),
        };
        let mut slots = self.in_each_slot(|builder| {
            let mut built = Vec::with_capacity(members.len());
            for member in members {
                let candidates = builder.build(member)?;
                if candidates.doc() == TERMINATED {
                    return Ok(Vec::new());
                }
                built.push(candidates);
            }
            built.sort_by_key(Candidates::cost);
            Ok(built)
        })?;
        slots.retain(|members| !members.is_empty());
        Ok(slots)
    }

    fn each_slot(&mut self, inner: &Plan) -> Result<Vec<Candidates>> {
        self.in_each_slot(|builder| builder.build(inner))
    }

    /// Slots are numbered without gaps: the first number no document of the segment has ends the walk.
    fn in_each_slot<T>(&mut self, build: impl Fn(&mut Self) -> Result<T>) -> Result<Vec<T>> {
        let mut built = Vec::new();
        for number in 0.. {
            let name = slot(number);
            self.slot = String::new();
            if self.term(Place::Codes, &name)?.doc() == TERMINATED {
                break;
            }
            self.slot = name;
            built.push(build(self)?);
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
        let inverted = self.inverted(place)?;
        let list = inverted.get_term_info(&term).map_err(|e| Error::internal("a term list cannot be opened", e))?;
        list.map_or_else(|| Ok(Candidates::empty()), |list| self.list(place, &inverted, &list))
    }

    fn list(&self, place: Place, inverted: &InvertedIndexReader, list: &TermInfo) -> Result<Candidates> {
        let field = place.field(self.fields);
        if let Some(bitmap) = self.columns.map(|columns| columns.bitmaps.get(field, inverted, list)).transpose()?.flatten() {
            return Ok(Candidates::Bitmaps(bitmap));
        }
        let postings = inverted.read_postings_from_terminfo(list, IndexRecordOption::Basic);
        Ok(Candidates::Postings(Box::new(postings.map_err(|e| Error::internal("a posting list cannot be read", e))?)))
    }

    /// Of a beginning that would open too many lists every entry is a candidate, unless nothing proves candidates afterwards.
    fn beginning(&mut self, place: Place, text: &str) -> Result<Candidates> {
        let beginning = format!("{}{text}", if place == Place::Codes { &self.slot } else { "" });
        // Of words and addresses the whole one is another matter.
        let whole = matches!(place, Place::Words | Place::Address | Place::Domain);
        let most = if place.is_of_grams() { self.lists_left() } else { usize::MAX };
        Ok(self
            .each_term(place, &beginning, most, usize::MAX, |term| !whole || term.len() > beginning.len())?
            .unwrap_or_else(|| self.all()))
    }

    /// Entries with a value that passes. A value too long for its term to repeat it whole may pass.
    fn values(&mut self, attribute: &str, test: &ValueTest, otherwise: &Plan) -> Result<Candidates> {
        let (place, name) = place_of(attribute);
        let tried = if *otherwise == Plan::All { MOST_LISTED } else { MOST_BEGINNING };
        let beginning = format!("{name}{}", test.beginning());
        let all_whole = Cell::new(true);
        let passes = |term: &str| {
            let value = term.strip_prefix(name.as_str()).unwrap_or_default();
            all_whole.set(all_whole.get() && is_whole(value));
            !is_whole(value) || test.passes(value)
        };
        let found = self.each_term(place, &beginning, self.lists_left(), tried, passes)?;
        self.all_tried &= found.is_some() && all_whole.get();
        found.map_or_else(|| self.build(otherwise), Ok)
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
        let mut lists = Lists::new(place, &inverted);
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
                if lists.number >= most {
                    return Ok(None);
                }
                lists.add(self, terms.value())?;
            }
        }
        self.lists += lists.number;
        Ok(Some(lists.union(self.segment.max_doc())))
    }

    fn inside(&mut self, piece: &str) -> Result<Candidates> {
        let documents = match self.inside.get(piece) {
            Some(known) => Arc::clone(known),
            None => {
                let found = Arc::new(inside::documents(piece, self.fields, self.segment, self.columns, self.patience)?);
                self.inside.insert(piece.to_owned(), Arc::clone(&found));
                found
            }
        };
        Ok(Candidates::Known { documents, at: 0 })
    }

    fn near(&self, place: Place, near: &Near) -> Result<Candidates> {
        let failed = |e| Error::internal("a posting list cannot be read", e);
        let inverted = self.inverted(place)?;
        let slot = if place == Place::Codes { self.slot.as_str() } else { "" };
        let mut terms = inverted.terms().search(near.terms(slot)).into_stream().map_err(failed)?;
        let mut lists = Lists::new(place, &inverted);
        while lists.number < MOST_NEIGHBOURS && terms.advance() && !self.patience.is_over_after_a_step() {
            lists.add(self, terms.value())?;
        }
        Ok(lists.union(self.segment.max_doc()))
    }
}

/// Lists of one field whose documents are looked for together. Most are short: these are read at once, for to open one as a list of its own
/// and to walk it beside others takes longer than to read it.
struct Lists<'a> {
    place: Place,
    inverted: &'a InvertedIndexReader,
    number: usize,
    block: BlockSegmentPostings,
    of_short: Vec<DocId>,
    long: Vec<Candidates>,
}

/// Documents of a list that is read at once, at most: less than the block it is packed in.
const SHORT: u32 = 127;
/// More than one document in so many of a segment, and a bitmap puts them in order sooner than sorting.
const SPARSE: u32 = 64;

impl<'a> Lists<'a> {
    fn new(place: Place, inverted: &'a InvertedIndexReader) -> Self {
        Self { place, inverted, number: 0, block: BlockSegmentPostings::empty(), of_short: Vec::new(), long: Vec::new() }
    }

    fn add(&mut self, builder: &Builder<'_>, list: &TermInfo) -> Result<()> {
        self.number += 1;
        if list.doc_freq > SHORT {
            self.long.push(builder.list(self.place, self.inverted, list)?);
            return Ok(());
        }
        let read = self.inverted.reset_block_postings_from_terminfo(list, &mut self.block);
        read.map_err(|e| Error::internal("a posting list cannot be read", e))?;
        self.of_short.extend_from_slice(self.block.docs());
        Ok(())
    }

    fn union(mut self, max_doc: u32) -> Candidates {
        if self.of_short.len() > (max_doc / SPARSE) as usize {
            self.long.push(Candidates::Bitmaps(Common::of(vec![Arc::new(Bitmap::of(max_doc, self.of_short))])));
        } else {
            self.of_short.sort_unstable();
            self.of_short.dedup();
            self.long.push(Candidates::Known { documents: Arc::new(self.of_short), at: 0 });
        }
        union(self.long)
    }
}

#[cfg(test)]
#[path = "opening_tests.rs"]
mod tests;
