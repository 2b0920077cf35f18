//! A query made ready to be searched: the plan of its candidates, what proves them, and where its matches stand at best.

use super::alternative::{ONE_ERROR, RANKS, TWO_ERRORS};
use super::criteria::{self, Tolerance};
use super::filter::Node;
use super::plan::Plan;
use super::query::{CLASSES_OF_A_LEVEL, Matching, Query};
use super::{filter, filter_plan};
use crate::error::Result;

/// First classes of what is found by forgiving one error in a word, and two; see [`super::query::RankKey::class`].
pub(super) const WITH_ONE_ERROR: u16 = (ONE_ERROR * RANKS) as u16 * CLASSES_OF_A_LEVEL;
pub(super) const WITH_TWO_ERRORS: u16 = (TWO_ERRORS * RANKS) as u16 * CLASSES_OF_A_LEVEL;

/// A question made ready: what to look up, what to prove, what ranks first.
pub(super) struct Question {
    pub plan: Plan,
    pub proof: Option<Node>,
    /// No match stands before this level.
    pub least: u8,
}

impl Question {
    pub fn of(query: &Query) -> Result<Self> {
        Ok(match &query.matching {
            Matching::Attributes(asked) => {
                let proof = filter::compile(asked)?;
                Self { plan: filter_plan::plan(&proof), proof: Some(proof), least: 0 }
            }
            Matching::Criteria(criteria) => Self { plan: criteria::plan(criteria), proof: None, least: 0 },
        })
    }

    /// No match is of a class before this one.
    pub fn first_class(&self) -> u16 {
        u16::from(self.least) * CLASSES_OF_A_LEVEL
    }

    /// One that looks a plan up, errors forgiven.
    pub fn forgiving(plan: Plan, tolerance: Tolerance) -> Self {
        Self { plan, proof: None, least: tolerance.least() }
    }
}
