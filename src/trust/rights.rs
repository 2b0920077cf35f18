//! What an operator may publish: its state, and the domains that its certificates list (reference §3.3, checks MSS-003 to MSS-012).
//!
//! Read from the liste blanche as last applied. Without any liste blanche nothing may be published: nobody is known to own a domain.

use crate::error::{Error, Kind, Result};
use crate::model::{Operator, OperatorState};
use crate::store::Store;

/// An operator that may publish at least something.
#[derive(Clone, Debug)]
pub struct Publisher {
    operator: Operator,
}

/// The operator as a publisher; refused when it is unknown, not in force (MSS-003), or no liste blanche was ever loaded.
pub async fn publisher(store: &Store, id: &str) -> Result<Publisher> {
    if !store.list_loaded().await? {
        return Err(Error::new(Kind::Conflict, "no_liste_blanche", "no liste blanche was ever loaded: nothing can be published"));
    }
    let operator = store.operator(id).await?.ok_or_else(|| Error::not_found("there is no operator of that id"))?;
    match operator.state {
        OperatorState::Valide | OperatorState::Provisoire => Ok(Publisher { operator }),
        OperatorState::Candidat | OperatorState::Suspendu | OperatorState::Resilie => {
            Err(Error::new(Kind::Forbidden, "MSS-003", "the operator is not in force"))
        }
    }
}

impl Publisher {
    #[must_use]
    pub fn id(&self) -> &str {
        &self.operator.id
    }

    /// Provisional: test mailboxes only.
    #[must_use]
    pub fn test_only(&self) -> bool {
        self.operator.state == OperatorState::Provisoire
    }

    /// Refuses a domain that is not listed (MSS-010) or is another operator's (MSS-011).
    pub async fn check_domain(&self, store: &Store, domain: &str) -> Result<()> {
        if !store.domain_listed(domain).await? {
            return Err(Error::new(Kind::Forbidden, "MSS-010", "the domain is not in the liste blanche"));
        }
        let operators = store.operators_of_domain(domain).await?;
        if operators.iter().any(|operator| operator.id == self.operator.id) {
            return Ok(());
        }
        Err(Error::new(Kind::Forbidden, "MSS-011", "the domain is another operator's"))
    }
}
