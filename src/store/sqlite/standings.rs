//! The facts outside a mailbox's row that decide whether it may be shown, as maps: put to each mailbox as its [`MailboxStanding`].

use crate::model::{Mailbox, MailboxStanding, OperatorState, is_test_domain};
use std::collections::{HashMap, HashSet};

#[derive(Debug, Default)]
pub(super) struct Standings {
    pub(super) list_loaded: bool,
    pub(super) listed: HashSet<String>,
    pub(super) domain_operators: HashMap<String, Vec<OperatorState>>,
    /// Domain and id of each operator that holds it.
    pub(super) domain_holders: HashSet<(String, String)>,
    pub(super) operators: HashMap<String, OperatorState>,
}

impl Standings {
    pub(super) fn of(&self, mailbox: &Mailbox) -> MailboxStanding {
        let domain = mailbox.address.domain();
        let holds = |id: &String| self.domain_holders.contains(&(domain.to_owned(), id.clone()));
        MailboxStanding {
            list_loaded: self.list_loaded,
            domain_listed: self.listed.contains(domain),
            domain_test: is_test_domain(domain),
            domain_operators: self.domain_operators.get(domain).cloned().unwrap_or_default(),
            operator: mailbox.operator.as_ref().and_then(|id| self.operators.get(id)).copied(),
            operator_holds_domain: mailbox.operator.as_ref().is_some_and(holds),
        }
    }
}
