//! A query made ready to be searched: the plan of its candidates, what proves them, and where its matches stand at best.

use super::alternative::{ONE_ERROR, RANKS, TWO_ERRORS};
use super::criteria::{self, Tolerance};
use super::filter::Asked;
use super::filter_plan;
use super::plan::Plan;
use super::query::{CLASSES_OF_A_LEVEL, Matching, OTHER_NAME, Query, class_of};
use crate::error::Result;
use crate::model::Kind;

/// First classes of what is found by forgiving one error in a word, and two; see [`super::query::RankKey::class`].
pub(super) const WITH_ONE_ERROR: u16 = (ONE_ERROR * RANKS) as u16 * CLASSES_OF_A_LEVEL;
pub(super) const WITH_TWO_ERRORS: u16 = (TWO_ERRORS * RANKS) as u16 * CLASSES_OF_A_LEVEL;

/// All structures: most of what is asked of words and places is held by many more people.
fn structures() -> Plan {
    filter_plan::of_value("objectClass", "mssStructure")
}

/// A question made ready: what to look up, what to prove, what ranks first.
pub(super) struct Question {
    pub plan: Plan,
    pub proof: Option<Asked>,
    /// What the plan finds is proved by it, where all values that it tries were tried.
    pub exact: bool,
    /// No match stands before this level.
    pub least: u8,
    /// What every match that does not hold all words whole comes behind others for.
    behind: u16,
}

impl Question {
    pub fn of(query: &Query) -> Result<Self> {
        Ok(match &query.matching {
            Matching::Attributes(asked) => {
                let proof = Asked::of(asked)?;
                let exact = filter_plan::is_exact(&proof.node);
                Self { plan: filter_plan::plan(&proof.node), proof: Some(proof), exact, least: 0, behind: 0 }
            }
            Matching::Criteria(criteria) => {
                // Whose family name is just what is asked holds all its words whole.
                let by_name_only = criteria.name.is_some() && criteria.q.is_none() && criteria.given.is_none();
                let behind = if by_name_only { OTHER_NAME } else { 0 };
                let plan = criteria::plan(criteria);
                let plan = if query.kinds == [Kind::Structure] { Plan::and(vec![plan.of_structures(), structures()]) } else { plan };
                Self { plan, proof: None, exact: true, least: 0, behind }
            }
        })
    }

    /// No match is of a class before this one.
    pub fn first_class(&self) -> u16 {
        u16::from(self.least) * CLASSES_OF_A_LEVEL
    }

    /// No match whose worst word is of this level, or of one behind it, is of a class before this one.
    pub fn first_class_of(&self, level: u8) -> u16 {
        class_of(level.max(self.least), 0, if level > 0 { self.behind } else { 0 })
    }

    /// One that looks a plan up, errors forgiven.
    pub fn forgiving(plan: Plan, tolerance: Tolerance) -> Self {
        Self { plan, proof: None, exact: true, least: tolerance.least(), behind: 0 }
    }
}
