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

/// The question with errors forgiven in the words that nobody shown, of the profession asked, holds as typed; nothing where that forgives nothing more. A walk that
/// began with an error goes on with it although somebody has come by that name.
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
    let mut marked = Vec::new();
    // Many a misspelt name is that of somebody else: it is right when somebody of the profession has it. Of one that nobody practises nothing
    // is told by that.
    let mut profession = forgivable.profession(criteria);
    if !held(state, audience, &profession, &patience)? {
        profession = Plan::All;
    }
    for plan in forgivable.as_typed(&profession) {
        marked.push(!held(state, audience, &plan, &patience)?);
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
