//! The ordered answers of a search: the first matches of each segment by ordinals of its columns, merged by the keys themselves.

use super::super::order::{SegmentKey, SegmentOrder, Smallest, city_of, place_of_doc};
use super::super::query::{Order, PART, RankKey, class_of};
use super::super::question::Question;
use super::super::ranked::{Names, Ranked};
use super::super::segments::Columns;
use super::super::stored::Stored;
use super::{Found, Proof, Run};
use crate::error::Result;
use tantivy::{DocId, SegmentReader, TERMINATED};

/// A match, and its segment and document.
type Placed = ((u32, DocId), Found);

/// What an entry goes by in [`Order::City`]; `place` that of its commune in its segment.
fn in_city(columns: &Columns, place: u32, stored: &Stored) -> Result<String> {
    Ok(format!("{}{PART}{}", city_of(columns, place)?, stored.sort()))
}

impl Run<'_> {
    pub(super) fn ordered(&mut self, question: &Question, limit: usize) -> Result<(Vec<Found>, bool)> {
        let query = self.query;
        let (hits, more) = self.first_of(question, &query.order, query.after.as_ref(), limit)?;
        Ok((hits.into_iter().map(|(_, found)| found).collect(), more))
    }

    /// The first `best` by rank in another order, from where the page begins. There are more when the page leaves some of them, and when
    /// others match that are not among them.
    pub(super) fn best_sorted(&mut self, question: &Question, limit: usize, best: usize, by_city: bool) -> Result<(Vec<Found>, bool)> {
        let (mut ranked, beyond) = self.first_of(question, &Order::Rank, None, best)?;
        ranked.truncate(best);
        let mut hits = Vec::new();
        for ((ordinal, doc), Found { stored, .. }) in ranked {
            let columns = self.segments.columns(ordinal)?;
            let name = match by_city {
                true => in_city(columns, place_of_doc(columns, doc), &stored)?,
                false => stored.sort().to_owned(),
            };
            let rank = RankKey { class: question.first_class(), without_mailbox: 0, name };
            if self.query.after.as_ref().is_none_or(|after| rank > *after) {
                hits.push(Found { stored, rank });
            }
        }
        hits.sort_by(|a, b| a.rank.cmp(&b.rank));
        let more = beyond || hits.len() > limit;
        Ok((hits, more))
    }

    /// The first matches of an order behind a place of it, one more than `limit` if there are, each with where it lies; and whether there are.
    fn first_of(&mut self, question: &Question, order: &Order, after: Option<&RankKey>, limit: usize) -> Result<(Vec<Placed>, bool)> {
        let mut segments = Vec::new();
        let backwards = *order == Order::NameDescending && !self.query.count;
        for (ordinal, segment) in (0u32..).zip(self.searcher.segment_readers()) {
            let place = SegmentOrder::of(self.segments.columns(ordinal)?, order, after, question.first_class())?;
            let kept = if backwards {
                self.last_of_segment(question, ordinal, segment, &place, limit + 1)?
            } else {
                self.best_of_segment(question, ordinal, segment, &place, limit + 1)?
            };
            segments.push((ordinal, kept.into_iter()));
        }
        // Merge: the head of each segment is read, the smallest taken, until one more than the page is known.
        let mut heads = Vec::new();
        for (ordinal, kept) in &mut segments {
            heads.push(self.next_of(*ordinal, kept, order)?);
        }
        let mut hits = Vec::new();
        while hits.len() <= limit {
            let smallest =
                heads.iter().enumerate().filter_map(|(i, head)| Some((i, &head.as_ref()?.1.rank))).min_by(|a, b| order.compare(a.1, b.1));
            let Some(index) = smallest.map(|(i, _)| i) else {
                break;
            };
            if let (Some(head), Some((ordinal, kept))) = (heads.get_mut(index), segments.get_mut(index)) {
                hits.extend(std::mem::replace(head, self.next_of(*ordinal, kept, order)?));
            }
        }
        let more = hits.len() > limit;
        Ok((hits, more))
    }

    fn next_of(&self, ordinal: u32, kept: &mut impl Iterator<Item = (SegmentKey, DocId)>, order: &Order) -> Result<Option<Placed>> {
        let Some(((class, without_mailbox, city, _), doc)) = kept.next() else {
            return Ok(None);
        };
        let columns = self.segments.columns(ordinal)?;
        let stored = self.lately.fetch(columns, doc)?;
        let name = match order {
            Order::City => in_city(columns, city, &stored)?,
            _ => stored.sort().to_owned(),
        };
        Ok(Some(((ordinal, doc), Found { stored, rank: RankKey { class, without_mailbox, name } })))
    }

    fn best_of_segment(
        &mut self,
        question: &Question,
        ordinal: u32,
        segment: &SegmentReader,
        order: &SegmentOrder<'_>,
        capacity: usize,
    ) -> Result<Vec<(SegmentKey, DocId)>> {
        let columns = self.segments.columns(ordinal)?;
        let all_matter = self.query.count || self.query.facets || question.proof.is_some();
        if let (&[kind], true) = (self.query.kinds.as_slice(), order.is_ranked() && !all_matter) {
            let (fields, audience, patience) = (self.fields, self.audience, self.patience);
            let ranked = Ranked { question, fields, segment, columns, order, audience, kind, patience };
            return Ok(ranked.first(&ranked.open()?, capacity, Names::But(&[])).into_sorted());
        }
        let (mut candidates, proof) = self.candidates(question, segment, columns)?;
        let mut best = Smallest::new(capacity);
        while candidates.doc() != TERMINATED {
            let doc = candidates.doc();
            if self.stop() {
                break;
            }
            if columns.shown(segment, doc, self.audience, self.kinds) {
                let standing = candidates.standing();
                let class = class_of(standing.level.max(question.least), standing.next, standing.behind);
                let key = order.key(doc, class).filter(|key| best.wants(*key));
                // What would not be kept is proved only when it is to be counted.
                if (key.is_some() || self.query.count) && !matches!(self.prove(proof, columns, doc)?, Proof::Failed) {
                    self.tally.add(columns, ordinal, doc);
                    if let Some(key) = key {
                        best.push(key, doc);
                    }
                }
            }
            candidates.advance(self.patience);
        }
        Ok(best.into_sorted())
    }

    /// [`Self::best_of_segment`] from the end of the names. Documents come in the order of names, each better than all before: they are
    /// gathered by their keys alone, and proved from the end.
    fn last_of_segment(
        &mut self,
        question: &Question,
        ordinal: u32,
        segment: &SegmentReader,
        order: &SegmentOrder<'_>,
        capacity: usize,
    ) -> Result<Vec<(SegmentKey, DocId)>> {
        let columns = self.segments.columns(ordinal)?;
        let (mut candidates, proof) = self.candidates(question, segment, columns)?;
        let mut keys = Vec::new();
        while candidates.doc() != TERMINATED && !self.stop() {
            let doc = candidates.doc();
            if columns.shown(segment, doc, self.audience, self.kinds) {
                keys.extend(order.key(doc, 0).map(|key| (key, doc)));
            }
            candidates.advance(self.patience);
        }
        keys.sort_unstable();
        let mut kept = Vec::new();
        for (key, doc) in keys {
            if kept.len() == capacity || self.truncated.is_some() {
                break;
            }
            if !matches!(self.prove(proof, columns, doc)?, Proof::Failed) {
                self.tally.add(columns, ordinal, doc);
                kept.push((key, doc));
            }
        }
        Ok(kept)
    }
}
