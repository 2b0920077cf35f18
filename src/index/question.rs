//! A query made ready to be searched: the plan of its candidates, what proves them, and the classes of the rank.

use super::filter::Node;
use super::plan::Plan;
use super::query::{Matching, Order, Query};
use super::{criteria, filter, filter_plan};
use crate::error::Result;

/// First class of what is found by forgiving an error; see [`super::query::RankKey::class`].
pub(super) const TOLERANT: u8 = 3;

/// A question made ready: what to look up, what to prove, what ranks first.
pub(super) struct Question {
    pub plan: Plan,
    pub proof: Option<Node>,
    /// Class of the first of `classes`.
    pub best: u8,
    /// What a document has to hold to be of a class, the best first; all others are of the class behind the last.
    pub classes: Vec<Plan>,
}

impl Question {
    pub fn of(query: &Query) -> Result<Self> {
        Ok(match &query.matching {
            Matching::Attributes(asked) => {
                let proof = filter::compile(asked)?;
                Self { plan: filter_plan::plan(&proof), proof: Some(proof), best: 0, classes: vec![Plan::All] }
            }
            Matching::Criteria(criteria) => {
                let criteria::Plans { matches, classes } = criteria::plan(criteria);
                Self { plan: matches, proof: None, best: 0, classes: if query.order == Order::Rank { classes } else { vec![Plan::All] } }
            }
        })
    }

    /// The same with one error forgiven; nothing where errors are not.
    pub fn tolerant(query: &Query) -> Option<Self> {
        match &query.matching {
            Matching::Criteria(criteria) if matches!(query.order, Order::Rank | Order::Name | Order::City) => {
                let criteria::Plans { matches, classes } = criteria::tolerant(criteria);
                let classes = if query.order == Order::Rank { classes } else { vec![Plan::All] };
                Some(Self { plan: matches, proof: None, best: TOLERANT, classes })
            }
            _ => None,
        }
    }
}
