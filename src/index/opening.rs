//! Opening a plan on one segment: terms, ranges of terms and automata to posting lists, in bounds.

use super::candidates::{Candidates, meet, settle, union};
use super::entries::Entries;
use super::fields::Fields;
use super::inside;
use super::near::{MOST_NEIGHBOURS, Near};
use super::one_practice::Practices;
use super::patience::Patience;
use super::plan::{Place, Plan, ValueTest};
use super::practice::slot;
use super::terms::is_whole;
use crate::error::{Error, Result};
use std::collections::HashMap;
use std::sync::Arc;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, InvertedIndexReader, SegmentReader, TERMINATED, Term};

/// Values of a listed attribute that are tried for a pattern: more, and it is not a list.
const MOST_LISTED: usize = 20_000;
/// Values with a beginning that are followed one by one: more, and grams are the shorter way.
const MOST_BEGINNING: usize = 400;
/// Posting lists of more than a kilobyte each that one filter may open in a segment for what lists are not needed for.
const MOST_LISTS: usize = 20_000;

impl Candidates {
    /// Once `patience` is over, here or while the set is walked, the rest is left out: the caller must take its answer for cut.
    /// `entries`: those of the segment, where they are at hand.
    pub fn of(plan: &Plan, fields: &Fields, segment: &SegmentReader, entries: Option<&Entries>, patience: &Patience<'_>) -> Result<Self> {
        Builder::new(fields, segment, entries, patience).build(plan)
    }
}

struct Builder<'a> {
    fields: &'a Fields,
    segment: &'a SegmentReader,
    entries: Option<&'a Entries>,
    patience: &'a Patience<'a>,
    /// Prefix of code terms inside a slot.
    slot: String,
    /// Posting lists opened so far through [`Builder::each_term`].
    lists: usize,
    /// [`Plan::Inside`] as opened before: all words of an address ask for the same piece.
    inside: HashMap<String, Arc<Vec<DocId>>>,
}

impl<'a> Builder<'a> {
    fn new(fields: &'a Fields, segment: &'a SegmentReader, entries: Option<&'a Entries>, patience: &'a Patience<'a>) -> Self {
        Self { fields, segment, entries, patience, slot: String::new(), lists: 0, inside: HashMap::new() }
    }

    fn build(&mut self, plan: &Plan) -> Result<Candidates> {
        Ok(match plan {
            Plan::All => self.all(),
            Plan::None => Candidates::empty(),
            Plan::Term(place, term) => self.term(*place, term)?,
            Plan::Beginning(place, beginning) => self.beginning(*place, beginning)?,
            Plan::Inside(piece) => self.inside(piece)?,
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
        let end = self.segment.max_doc();
        Candidates::All { doc: if end == 0 { TERMINATED } else { 0 }, end }
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
        let postings = self.inverted(place)?.read_postings(&term, IndexRecordOption::Basic);
        let postings = postings.map_err(|e| Error::internal("a posting list cannot be read", e))?;
        Ok(postings.map_or_else(Candidates::empty, |p| Candidates::Postings(Box::new(p))))
    }

    /// Of a beginning that would open too many lists every entry is a candidate, unless nothing proves candidates afterwards.
    fn beginning(&mut self, place: Place, text: &str) -> Result<Candidates> {
        let beginning = format!("{}{text}", if place == Place::Codes { &self.slot } else { "" });
        // Of words and addresses the whole one is another matter.
        let whole = matches!(place, Place::Words | Place::Address | Place::Domain);
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

    fn inside(&mut self, piece: &str) -> Result<Candidates> {
        let documents = match self.inside.get(piece) {
            Some(known) => Arc::clone(known),
            None => {
                let found = Arc::new(inside::documents(piece, self.fields, self.segment, self.entries, self.patience)?);
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
        let mut built = Vec::new();
        while built.len() < MOST_NEIGHBOURS && terms.advance() && !self.patience.is_over_after_a_step() {
            let postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(failed)?;
            built.push(Candidates::Postings(Box::new(postings)));
        }
        Ok(union(built))
    }
}

#[cfg(test)]
#[path = "opening_tests.rs"]
mod tests;
