//! Forgiving errors: in which words, asked of the index for this audience.

use super::candidates::Candidates;
use super::criteria::{Forgivable, Tolerance};
use super::patience::{Limits, Patience};
use super::plan::Plan;
use super::query::{Matching, Order, Query};
use super::question::Question;
use super::search::State;
use crate::error::Result;
use crate::model::Audience;
use tantivy::TERMINATED;

/// The question with errors forgiven in the words that nobody shown holds as typed, and in names that nobody of the profession asked has;
/// nothing where that forgives nothing more. A walk that began with an error goes on with it although somebody has come by that name.
pub(super) fn forgiving(
    state: State<'_>,
    audience: Audience,
    query: &Query,
    limits: &Limits<'_>,
    tolerance: Tolerance,
) -> Result<Option<Question>> {
    let (Matching::Criteria(criteria), Order::Rank | Order::Name | Order::City | Order::BestByName(_) | Order::BestByCity(_)) =
        (&query.matching, &query.order)
    else {
        return Ok(None);
    };
    let forgivable = Forgivable::of(criteria);
    let patience = Patience::of(limits);
    let mut profession = Forgivable::profession(criteria);
    // Of a profession that nobody practises nothing is told by it.
    if let Some(plan) = &profession
        && !held(state, audience, plan, &patience)?
    {
        profession = None;
    }
    let mut marked = Vec::new();
    for (plan, is_name) in forgivable.as_typed() {
        let mut right = held(state, audience, &plan, &patience)?;
        // Many a misspelt name is that of somebody else.
        if let Some(profession) = profession.as_ref().filter(|_| right && is_name) {
            right = held(state, audience, &Plan::and(vec![plan, profession.clone()]), &patience)?;
        }
        marked.push(!right);
    }
    if query.after.is_some() && !marked.contains(&true) {
        marked.fill(true);
    }
    let plan = forgivable.plan(criteria, &marked, tolerance);
    Ok(plan.map(|plan| Question::forgiving(plan, tolerance)))
}

/// Does anybody shown to this audience match?
pub(super) fn held(state: State<'_>, audience: Audience, plan: &Plan, patience: &Patience<'_>) -> Result<bool> {
    for (ordinal, segment) in (0u32..).zip(state.searcher.segment_readers()) {
        let columns = state.segments.columns(ordinal)?;
        let mut candidates = Candidates::of(plan, state.fields, segment, Some(columns), patience)?;
        while candidates.doc() != TERMINATED {
            if columns.shown(segment, candidates.doc(), u64::from(audience.bit()), u64::MAX) {
                return Ok(true);
            }
            candidates.advance(patience);
        }
    }
    Ok(false)
}
