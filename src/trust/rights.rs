//! What an operator may publish: its state, and the domains that its certificates list (reference §3.3, checks MSS-003 to MSS-012).
//!
//! Read from the liste blanche as last applied, and what an administrator added. Without any liste blanche nothing may be published:
//! nobody is known to own a domain.

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
        return Err(Error::new(Kind::Conflict, "no_liste_blanche", "aucune liste blanche n'a été chargée : rien ne peut être publié"));
    }
    let operator = store.operator(id).await?.ok_or_else(|| Error::not_found("there is no operator of that id"))?;
    if operator.state.publishes() { Ok(Publisher { operator }) } else { Err(not_in_force(operator.state)) }
}

/// MSS-003, with what to do about it.
pub fn not_in_force(state: OperatorState) -> Error {
    let message = match state {
        OperatorState::Candidat => "opérateur candidat : la publication s'ouvre à l'intégration provisoire",
        OperatorState::Suspendu => "opérateur suspendu : vos boîtes restent lisibles, rien ne peut être modifié",
        _ => "opérateur résilié : aucun accès",
    };
    Error::new(Kind::Forbidden, "MSS-003", message)
}

/// MSS-010, or MSS-011 for a domain of the list that is not this operator's.
#[must_use]
pub fn domain_refusal(code: &'static str) -> Error {
    let message = match code {
        "MSS-010" => "ce domaine n'est pas dans la liste blanche",
        _ => "ce domaine n'est pas l'un des vôtres",
    };
    Error::new(Kind::Forbidden, code, message).at_field("address")
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
            return Err(domain_refusal("MSS-010"));
        }
        let operators = store.operators_of_domain(domain).await?;
        if operators.iter().any(|operator| operator.id == self.operator.id) {
            return Ok(());
        }
        Err(domain_refusal("MSS-011"))
    }
}
