//! The first matches by rank of a segment whose documents stand in the order of names, or nearly so, see [`super::name_bounds`].
//!
//! Who has a mailbox is looked for first, then the others. Each time names come in their order, so once enough are found nothing of their
//! class can stand before them: of each word only the better levels are looked at from there on, and of a question without better ones
//! nothing. Matches are not counted: who counts looks at all of them.

use super::candidates::Candidates;
use super::fields::{Fields, kind_number};
use super::name_bounds::NameBounds;
use super::order::{SegmentKey, SegmentOrder, Smallest};
use super::patience::Patience;
use super::plan::{Place, Plan};
use super::practice::Criterion;
use super::query::class_of;
use super::question::Question;
use super::segments::Columns;
use crate::error::Result;
use crate::model::Kind;
use std::ops::Range;
use tantivy::{DocId, SegmentReader, TERMINATED};

/// Where is looked, and for what. The question needs no proof, the order is that of rank.
pub(super) struct Ranked<'a> {
    pub question: &'a Question,
    pub fields: &'a Fields,
    pub segment: &'a SegmentReader,
    pub columns: &'a Columns,
    pub order: &'a SegmentOrder<'a>,
    pub audience: u64,
    pub kind: Kind,
    pub patience: &'a Patience<'a>,
}

/// Those of a question, and who has a mailbox and who has none, none of them looked at yet.
pub(super) struct Matches {
    all: Candidates,
    with_mailbox: Candidates,
    without: Candidates,
}

/// Some names of a segment.
#[derive(Clone, Copy, Debug)]
pub(super) enum Names<'a> {
    /// These, but those of others.
    Of(&'a Range<u64>, &'a [Range<u64>]),
    /// All but these.
    But(&'a [Range<u64>]),
}

impl Names<'_> {
    fn hold(&self, name: u64) -> bool {
        match self {
            Self::Of(own, but) => own.contains(&name) && !but.iter().any(|but| but.contains(&name)),
            Self::But(but) => !but.iter().any(|but| but.contains(&name)),
        }
    }
}

impl Ranked<'_> {
    /// All matches, to be looked through from the beginning as often as needed.
    pub fn open(&self) -> Result<Matches> {
        let open = |plan: &Plan| Candidates::of(plan, self.fields, self.segment, Some(self.columns), self.patience);
        let mailbox = |has: bool| open(&Plan::Term(Place::Codes, Criterion::has_mailbox(has)));
        Ok(Matches { all: open(&self.question.plan)?, with_mailbox: mailbox(true)?, without: mailbox(false)? })
    }

    /// The first so many of some names. What is there when patience is over is not all.
    pub fn first(&self, matches: &Matches, capacity: usize, names: Names<'_>) -> Smallest {
        let mut best = Smallest::new(capacity);
        let Some(bounds) = self.columns.name_bounds() else { return best };
        self.strays(matches, &mut best, bounds, names);
        for (has_mailbox, set) in [(true, &matches.with_mailbox), (false, &matches.without)] {
            let mut candidates = Candidates::held_by(vec![matches.all.clone(), set.clone()], self.patience);
            self.walk(&mut candidates, &mut best, bounds, names, has_mailbox);
        }
        best
    }

    fn strays(&self, matches: &Matches, best: &mut Smallest, bounds: &NameBounds, names: Names<'_>) {
        let mut strays = bounds.strays(self.kind);
        if !strays.iter().any(|(_, name)| names.hold(*name)) {
            return;
        }
        let mut candidates = matches.all.clone();
        while let Some(((stray, name), behind)) = strays.split_first() {
            let doc = candidates.seek(*stray, self.patience);
            if doc == *stray
                && names.hold(*name)
                && let Some(key) = self.key(&candidates, doc)
            {
                best.push(key, doc);
            }
            strays = behind.get(behind.partition_point(|(stray, _)| *stray < doc)..).unwrap_or_default();
        }
    }

    fn walk(&self, candidates: &mut Candidates, best: &mut Smallest, bounds: &NameBounds, names: Names<'_>, has_mailbox: bool) {
        let (documents, left_out) = match names {
            Names::Of(own, _) => (bounds.around(self.kind, own), Vec::new()),
            Names::But(but) => (0..TERMINATED, but.iter().map(|but| bounds.within(self.kind, but)).collect()),
        };
        let strays = bounds.strays(self.kind);
        let mut least = u16::MAX;
        let mut doc = candidates.seek(documents.start, self.patience);
        while doc < documents.end && !self.patience.is_over_after_a_step() {
            if let Some(left_out) = left_out.iter().find(|range: &&Range<DocId>| range.contains(&doc)) {
                doc = candidates.seek(left_out.end, self.patience);
                continue;
            }
            if strays.binary_search_by_key(&doc, |(stray, _)| *stray).is_err()
                && let Some(key) = self.key(candidates, doc).filter(|(_, _, _, name)| names.hold(*name))
            {
                best.push(key, doc);
            }
            // Of one class the rest stands behind what is kept by who has a mailbox, then by name: a stray that is kept may have none.
            let rest = (u8::from(!has_mailbox), bounds.first_from(self.kind, doc + 1));
            let kept = best.worst().filter(|(class, without_mailbox, _, name)| *class < least && rest >= (*without_mailbox, *name));
            if let Some((class, ..)) = kept {
                least = class;
                if self.question.first_class_of(0) >= class {
                    return;
                }
                candidates.leave_out(&|level| self.question.first_class_of(level) >= class);
            }
            doc = candidates.advance(self.patience);
        }
    }

    /// Where the document that candidates are at stands; `None` when it is not shown, or stands before the page.
    pub fn key(&self, candidates: &Candidates, doc: DocId) -> Option<SegmentKey> {
        if !self.columns.shown(self.segment, doc, self.audience, 1 << kind_number(self.kind)) {
            return None;
        }
        let standing = candidates.standing();
        self.order.key(doc, class_of(standing.level.max(self.question.least), standing.next, standing.behind))
    }
}

#[cfg(test)]
#[path = "ranked_tests.rs"]
mod tests;
