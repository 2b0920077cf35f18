//! A query made ready to be searched: the plan of its candidates, what proves them, and the classes of the rank.

use super::filter::Node;
use super::plan::Plan;
use super::query::{Matching, Order, Query};
use super::{criteria, filter, filter_plan};
use crate::error::Result;

/// Class of what is found by forgiving an error.
pub(super) const TOLERANT: u8 = 2;

/// A question made ready: what to look up, what to prove, what ranks first.
pub(super) struct Question {
    pub plan: Plan,
    pub proof: Option<Node>,
    /// Documents of class 0; `All` when the order has no classes.
    pub whole: Plan,
    /// Class of the others.
    pub other: u8,
}

impl Question {
    pub fn of(query: &Query) -> Result<Self> {
        Ok(match &query.matching {
            Matching::Attributes(asked) => {
                let proof = filter::compile(asked)?;
                Self { plan: filter_plan::plan(&proof), proof: Some(proof), whole: Plan::All, other: 1 }
            }
            Matching::Criteria(criteria) => {
                let criteria::Plans { typed, whole } = criteria::plan(criteria);
                Self { plan: typed, proof: None, whole: if query.order == Order::Rank { whole } else { Plan::All }, other: 1 }
            }
        })
    }

    /// The same with one error forgiven; nothing where errors are not.
    pub fn tolerant(query: &Query) -> Option<Self> {
        match &query.matching {
            Matching::Criteria(criteria) if query.order == Order::Rank => {
                Some(Self { plan: criteria::tolerant(criteria), proof: None, whole: Plan::None, other: TOLERANT })
            }
            _ => None,
        }
    }
}
