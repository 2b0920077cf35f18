//! One search over one generation: candidates, columns, re-test, order, totals. Blocking; bounded by candidates and a deadline.

mod ordered;

use super::candidates::Candidates;
use super::criteria::Tolerance;
use super::facets::Tally;
use super::fields::{Fields, kind_number};
use super::filter::{Asked, Subject};
use super::forgiving::forgiving;
use super::laid::Laid;
use super::lately::Lately;
use super::patience::{Limits, Patience};
use super::plan::{Place, Plan};
use super::query::{Answer, MAX_PAGE, Order, Query, RankKey, Truncated};
use super::question::{Question, WITH_ONE_ERROR, WITH_TWO_ERRORS};
use super::segments::{Columns, Segments};
use super::sorted::Sorted;
use super::stored::Stored;
use crate::error::{Error, Result};
use crate::model::{Audience, EntryKey};
use std::ops::ControlFlow;
use tantivy::{DocId, Searcher, SegmentReader, TERMINATED};

/// One entry of an answer.
#[derive(Clone, Debug)]
pub struct Found {
    pub stored: Stored,
    pub rank: RankKey,
}

/// A search in document order that may be left and gone on with.
#[derive(Default)]
pub(super) struct Begun {
    /// Place of a segment in the order of names.
    place: usize,
    /// The first document of it that was not looked at.
    from: DocId,
    /// Found before.
    pub hits: Vec<Found>,
    tested: usize,
}

/// Outcome of the re-test of a candidate.
enum Proof {
    Failed,
    Held(Stored),
    NotNeeded,
}

/// State of a running search.
struct Run<'a> {
    searcher: &'a Searcher,
    segments: &'a Segments,
    fields: &'a Fields,
    lately: &'a Lately,
    laid: Laid,
    query: &'a Query,
    audience: u64,
    kinds: u64,
    /// Entries re-tested at most.
    most: usize,
    patience: &'a Patience<'a>,
    tested: usize,
    /// See [`Begun`].
    place: usize,
    from: DocId,
    tally: Tally,
    truncated: Option<Truncated>,
}

/// One state of a generation.
#[derive(Clone, Copy)]
pub(super) struct State<'a> {
    pub searcher: &'a Searcher,
    pub segments: &'a Segments,
    pub fields: &'a Fields,
    pub lately: &'a Lately,
}

pub(super) fn search(state: State<'_>, audience: Audience, query: &Query, limits: &Limits<'_>) -> Result<Answer<Found>> {
    check(query)?;
    let ask = |question: &Question| answer(state, audience, query, limits, question, &mut Begun::default());
    let typed = |query: &Query| Question::of(query).and_then(|question| ask(&question));
    let forgiving = |tolerance| forgiving(state, audience, query, limits, tolerance);
    match &query.after {
        // A page that continues behind an entry found with an error stays with what was forgiven, whatever has come to match since.
        Some(after) if after.class >= WITH_ONE_ERROR => {
            let tolerance = if after.class >= WITH_TWO_ERRORS { Tolerance::Two } else { Tolerance::One };
            forgiving(tolerance)?.map_or_else(|| typed(query), |question| ask(&question))
        }
        Some(_) => typed(query),
        None => {
            let mut found = typed(query)?;
            for tolerance in [Tolerance::One, Tolerance::Two] {
                let nothing = found.hits.is_empty() && !found.more && found.truncated.is_none();
                match nothing.then(|| forgiving(tolerance)).transpose()?.flatten() {
                    Some(question) => found = ask(&question)?,
                    None if nothing => {}
                    None => break,
                }
            }
            Ok(found)
        }
    }
}

pub(super) fn check(query: &Query) -> Result<()> {
    if query.order == Order::Any && query.after.is_some() {
        return Err(Error::invalid("only an ordered answer can be continued"));
    }
    Ok(())
}

/// `begun` is where a search in document order begins, and where it could go on when it was cut; its hits are in the answer.
pub(super) fn answer(
    state: State<'_>,
    audience: Audience,
    query: &Query,
    limits: &Limits<'_>,
    question: &Question,
    begun: &mut Begun,
) -> Result<Answer<Found>> {
    let patience = Patience::of(limits);
    let mut run = Run {
        searcher: state.searcher,
        segments: state.segments,
        fields: state.fields,
        lately: state.lately,
        laid: Laid::default(),
        query,
        audience: u64::from(audience.bit()),
        kinds: query.kinds.iter().fold(0, |set, kind| set | 1 << kind_number(*kind)),
        most: limits.candidates,
        patience: &patience,
        tested: begun.tested,
        place: begun.place,
        from: begun.from,
        tally: Tally::of(query, state.searcher.segment_readers().len()),
        truncated: None,
    };
    let limit = query.limit.min(MAX_PAGE);
    let (mut hits, more) = match query.order {
        Order::Any => run.in_document_order(question, limit, std::mem::take(&mut begun.hits))?,
        Order::Name | Order::NameDescending | Order::City | Order::Rank => run.ordered(question, limit)?,
        Order::BestByName(best) => run.best_sorted(question, limit, best.min(MAX_PAGE), false)?,
        Order::BestByCity(best) => run.best_sorted(question, limit, best.min(MAX_PAGE), true)?,
        Order::By(_) => run.by_values(question, limit)?,
    };
    hits.truncate(limit);
    // It may have ended among posting lists, which only look ended then.
    let truncated = run.truncated.or_else(|| patience.was_over().then_some(Truncated::Deadline));
    (begun.place, begun.from, begun.tested) = (run.place, run.from, run.tested);
    let facets = run.tally.facets(state.segments)?;
    Ok(Answer { hits, more, total: query.count.then_some(run.tally.total), facets, truncated, known_names: Vec::new() })
}

/// One entry by its key.
pub(super) fn entry(state: State<'_>, audience: Audience, key: &EntryKey) -> Result<Option<Found>> {
    let State { searcher, segments, fields, lately } = state;
    let plan = Plan::Term(Place::Key, key.to_string());
    let patience = Patience::endless();
    for (ordinal, segment) in (0u32..).zip(searcher.segment_readers()) {
        let columns = segments.columns(ordinal)?;
        let mut candidates = Candidates::of(&plan, fields, segment, None, &patience)?;
        while candidates.doc() != TERMINATED {
            let doc = candidates.doc();
            if columns.shown(segment, doc, u64::from(audience.bit()), u64::MAX) {
                let stored = lately.fetch(columns, doc)?;
                let rank = RankKey { class: 0, without_mailbox: 0, name: stored.sort().to_owned() };
                return Ok(Some(Found { stored, rank }));
            }
            candidates.advance(&patience);
        }
    }
    Ok(None)
}

impl Run<'_> {
    /// Must the search end here?
    fn stop(&mut self) -> bool {
        if self.truncated.is_none() && self.patience.is_over_after_a_step() {
            self.truncated = Some(Truncated::Deadline);
        }
        self.truncated.is_some()
    }

    /// The candidates of a segment, with what each of them is to be proved by: nothing, where the plan says all.
    fn candidates<'q>(
        &mut self,
        question: &'q Question,
        segment: &SegmentReader,
        columns: &Columns,
    ) -> Result<(Candidates, Option<&'q Asked>)> {
        let (candidates, all_tried) = Candidates::told(&question.plan, self.fields, segment, Some(columns), self.patience)?;
        if self.patience.is_over() {
            self.truncated = Some(Truncated::Deadline);
        }
        Ok((candidates, question.proof.as_ref().filter(|_| !(question.exact && all_tried))))
    }

    /// Proves a candidate on its own values, which are handed back.
    fn prove(&mut self, proof: Option<&Asked>, segment: &Columns, doc: DocId) -> Result<Proof> {
        let Some(proof) = proof else {
            return Ok(Proof::NotNeeded);
        };
        if self.tested >= self.most {
            self.truncated = Some(Truncated::Budget);
            return Ok(Proof::Failed);
        }
        if self.patience.is_over() {
            self.truncated = Some(Truncated::Deadline);
            return Ok(Proof::Failed);
        }
        self.tested += 1;
        let stored = self.lately.fetch(segment, doc)?;
        let whole = proof.operational.then(|| stored.with_operational());
        let entry = whole.as_deref().unwrap_or_else(|| stored.ldap());
        let truth = Subject::new(&|| stored.key(), entry, &mut self.laid).evaluate(&proof.node);
        Ok(if truth == Some(true) { Proof::Held(stored) } else { Proof::Failed })
    }

    /// Every match in document order, with its bytes where the proof has read them, until `take` says that it has enough.
    fn each(
        &mut self,
        question: &Question,
        mut take: impl FnMut(&Self, &Columns, DocId, Option<Stored>) -> Result<ControlFlow<()>>,
    ) -> Result<()> {
        let segments = self.segments;
        while let Some(&ordinal) = segments.by_name.get(self.place) {
            let segment = self.searcher.segment_reader(ordinal);
            let columns = self.segments.columns(ordinal)?;
            let (mut candidates, proof) = self.candidates(question, segment, columns)?;
            candidates.seek(self.from, self.patience);
            while candidates.doc() != TERMINATED {
                let doc = candidates.doc();
                if self.stop() {
                    return Ok(());
                }
                candidates.advance(self.patience);
                let proof = match columns.shown(segment, doc, self.audience, self.kinds) {
                    true => self.prove(proof, columns, doc)?,
                    false => Proof::Failed,
                };
                if self.truncated.is_some() {
                    return Ok(());
                }
                self.from = doc + 1;
                let proved = match proof {
                    Proof::Failed => continue,
                    Proof::Held(stored) => Some(stored),
                    Proof::NotNeeded => None,
                };
                self.tally.add(columns, ordinal, doc);
                if take(self, columns, doc, proved)?.is_break() {
                    return Ok(());
                }
            }
            if self.patience.was_over() {
                return Ok(());
            }
            (self.place, self.from) = (self.place + 1, 0);
        }
        Ok(())
    }

    fn in_document_order(&mut self, question: &Question, limit: usize, mut hits: Vec<Found>) -> Result<(Vec<Found>, bool)> {
        let mut matched = hits.len();
        self.each(question, |run, columns, doc, proved| {
            matched += 1;
            if matched > limit {
                return Ok(if run.query.count { ControlFlow::Continue(()) } else { ControlFlow::Break(()) });
            }
            let stored = proved.map_or_else(|| run.lately.fetch(columns, doc), Ok)?;
            hits.push(Found { stored, rank: RankKey::NONE });
            Ok(ControlFlow::Continue(()))
        })?;
        Ok((hits, matched > limit))
    }

    fn by_values(&mut self, question: &Question, limit: usize) -> Result<(Vec<Found>, bool)> {
        let mut sorted = Sorted::new(self.query, limit + 1);
        self.each(question, |run, columns, doc, proved| {
            sorted.offer(proved.map_or_else(|| run.lately.fetch(columns, doc), Ok)?);
            Ok(ControlFlow::Continue(()))
        })?;
        let hits = sorted.into_hits();
        let more = hits.len() > limit;
        Ok((hits, more))
    }
}
