//! Counting what the public is shown, from the views of one walk: fed by the same walk as the open files, figures and files agree.

use super::cell::{self, Cell, Measure, Operators};
use super::former::Former;
use crate::directory::{View, Walked};
use crate::error::Result;
use crate::model::MailboxType;
use sha2::{Digest, Sha256};
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

    /// `view`: what was walked shows.
    pub fn add(&mut self, walked: &Walked, view: &View) -> Result<()> {
        let cells = cell::of(view, &self.operators);
        match view {
            View::Mailbox(mailbox) => {
                let accepted = mailbox.mailbox.zero_papier.is_some_and(|flag| flag.name() == "accepted");
                self.count(&cells, Measure::Mailboxes);
                if accepted {
                    self.count(&cells, Measure::ZeroPapierAccepted);
                }
                if mailbox.organizations.is_empty() {
                    self.count(&cells, Measure::MailboxesWithoutStructure);
                }
                let moved = self.former.pass(&mailbox.mailbox.address, &digest(walked)?, &cells)?;
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

    /// The counts, and the day its mailboxes were compared with; what today's are is kept for tomorrow's.
    pub fn finish(mut self) -> Result<(Counts, Option<String>)> {
        let left = self.former.end()?;
        left.into_iter().for_each(|cells| self.count(&cells, Measure::MailboxesGone));
        let compared_with = self.former.compared_with().map(str::to_owned);
        self.former.keep()?;
        Ok((self.counts, compared_with))
    }
}

/// Differs when the entry's line of an edition does: that is the stored view and the time it last changed.
fn digest(walked: &Walked) -> Result<String> {
    let digest = Sha256::new().chain_update(walked.view_json()?).chain_update(walked.since().to_be_bytes()).finalize();
    Ok(digest.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}
