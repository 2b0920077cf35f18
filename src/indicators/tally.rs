//! Counting what the public is shown, from the views of one walk: fed by the same walk as the open files, figures and files agree.

use super::cell::{self, Cell, Measure, Operators};
use super::former::Former;
use crate::directory::View;
use crate::error::Result;
use crate::model::MailboxType;
use std::collections::BTreeMap;

/// Counts by cell and measure; what is not there is 0.
pub type Counts = BTreeMap<(Cell, Measure), i64>;

/// Counts the entries it is shown, in the order of a walk (mailboxes first, by address).
pub struct Tally {
    counts: Counts,
    operators: Operators,
    former: Former,
}

impl Tally {
    #[must_use]
    pub fn new(operators: Operators, former: Former) -> Self {
        Self { counts: Counts::new(), operators, former }
    }

    pub fn add(&mut self, view: &View) -> Result<()> {
        let cells = cell::of(view, &self.operators);
        match view {
            View::Mailbox(mailbox) => {
                let accepted = mailbox.mailbox.zero_papier.is_some_and(|flag| flag.name() == "accepted");
                self.count(&cells, Measure::Mailboxes);
                if accepted {
                    self.count(&cells, Measure::ZeroPapierAccepted);
                }
                // Where a personal mailbox without structure lies is its holder's business: the nation's figure alone.
                if mailbox.organizations.is_empty() {
                    self.count([&Cell::nation()], Measure::MailboxesWithoutStructure);
                }
                let moved = self.former.pass(&mailbox.mailbox.address, &cells)?;
                moved.into_iter().for_each(|(cells, measure)| self.count(&cells, measure));
            }
            View::Professional(person) => {
                self.count(&cells, Measure::Professionals);
                if !person.mailboxes.is_empty() {
                    self.count(&cells, Measure::ProfessionalsEquipped);
                }
            }
            View::Structure(structure) => {
                self.count(&cells, Measure::Structures);
                if structure.mailboxes.iter().any(|mailbox| mailbox.kind == MailboxType::Org) {
                    self.count(&cells, Measure::StructuresWithOrg);
                }
            }
        }
        Ok(())
    }

    fn count<'a>(&mut self, cells: impl IntoIterator<Item = &'a Cell>, measure: Measure) {
        for cell in cells {
            *self.counts.entry((cell.clone(), measure)).or_default() += 1;
        }
    }

    /// The counts; what today's mailboxes are is kept for tomorrow's.
    pub fn finish(mut self) -> Result<Counts> {
        let left = self.former.end()?;
        left.into_iter().for_each(|cells| self.count(&cells, Measure::MailboxesGone));
        self.former.keep()?;
        Ok(self.counts)
    }
}
