//! One walk over everybody: who matches, at which addresses they are written to, and how they are reached. The order of a list is made
//! here: people by id with their addresses in order of preference, then structures by id.
//!
//! An address has one line. One that several people may come to (a practice's, an organisation's, a personal one with two holders) stands
//! with the first of them, and how many they are is counted; only such addresses are remembered, so that memory does not grow with the
//! people of a country. Which mailbox may be written to is asked of `visibility::mailbox_alerted` and decided nowhere else.

use super::coverage::{Coverage, Reach, Tally, Unplaced};
use super::criteria::{Criteria, Match};
use super::request::Choice;
use super::rows::{Column, Line, Recipient, cells};
use crate::error::Result;
use crate::model::{Labels, MailboxState, MailboxType};
use crate::store::{AlertMailbox, AlertPerson, AlertReading, AlertStructure};
use crate::visibility::mailbox_alerted;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// People and structures read at once, and mailboxes of organisations.
const BATCH: u32 = 250;

/// What is asked of everybody.
pub(super) struct Walk<'a> {
    pub criteria: Criteria,
    pub choice: Choice,
    pub fallback_org: bool,
    /// The policy: are those on the liste rouge written to?
    pub liste_rouge: bool,
    pub columns: &'a [Column],
    pub labels: &'a Labels,
}

/// What came of it.
#[derive(Debug, Default)]
pub(super) struct Walked {
    pub recipients: u64,
    pub coverage: Coverage,
    /// People of each shared address.
    pub shared: HashMap<String, u64>,
}

/// ORG mailboxes that may be written to, by structure, the preferred first.
type Organisations = BTreeMap<String, Vec<Arc<AlertMailbox>>>;

/// Takes the lines in their order.
pub(super) type Lines<'a> = &'a mut (dyn FnMut(Line) -> Result<()> + Send);

impl Walk<'_> {
    pub(super) async fn run(&self, reading: &mut AlertReading, lines: Lines<'_>) -> Result<Walked> {
        let organisations =
            if self.fallback_org || self.lists_organisations() { self.organisations(reading).await? } else { Organisations::default() };
        let mut under_way = UnderWay { walked: Walked::default(), tally: Tally::default(), met: BTreeSet::new(), lines };
        let mut after = String::new();
        loop {
            let people = reading.people_after(&after, BATCH).await?;
            for person in &people {
                self.person(person, &organisations, &mut under_way)?;
            }
            let whole = people.len() >= BATCH as usize;
            match people.into_iter().next_back() {
                Some(last) if whole => after = last.id,
                _ => break,
            }
        }
        if self.lists_organisations() {
            self.structures(reading, &organisations, &mut under_way).await?;
        }
        let UnderWay { mut walked, tally, .. } = under_way;
        walked.coverage = tally.coverage(self.labels);
        walked.coverage.unplaced = self.unplaced(reading).await?;
        Ok(walked)
    }

    /// Who would match, were any place of theirs known; `None` when no place is asked for.
    async fn unplaced(&self, reading: &mut AlertReading) -> Result<Option<Unplaced>> {
        let Some(anywhere) = self.criteria.anywhere() else { return Ok(None) };
        let all = reading.gather_nowhere().await?;
        if anywhere.is_all_in_scope() {
            return Ok(Some(Unplaced { people: all, with_mailbox: self.holders_nowhere(reading).await? }));
        }
        let mut unplaced = Unplaced::default();
        let mut after = String::new();
        loop {
            let people = reading.people_nowhere_after(&after, BATCH).await?;
            for person in people.iter().filter(|person| anywhere.matches(person).is_some()) {
                unplaced.people += 1;
                unplaced.with_mailbox += u64::from(self.own(&person.mailboxes).any(|mailbox| self.alerted(mailbox)));
            }
            let whole = people.len() >= BATCH as usize;
            match people.into_iter().next_back() {
                Some(last) if whole => after = last.id,
                _ => return Ok(Some(unplaced)),
            }
        }
    }

    /// Of those without a place, who has a mailbox that may be written to.
    async fn holders_nowhere(&self, reading: &mut AlertReading) -> Result<u64> {
        let (mut found, mut after) = (0, String::new());
        loop {
            let holders = reading.holders_nowhere_after(&after, BATCH).await?;
            found += holders.iter().filter(|(_, own)| self.own(own).any(|mailbox| self.alerted(mailbox))).count() as u64;
            let whole = holders.len() >= BATCH as usize;
            match holders.into_iter().next_back() {
                Some((last, _)) if whole => after = last,
                _ => return Ok(found),
            }
        }
    }

    /// Those of the types asked for among the mailboxes of a professional.
    fn own<'p>(&'p self, mailboxes: &'p [Arc<AlertMailbox>]) -> impl Iterator<Item = &'p AlertMailbox> + Clone {
        mailboxes.iter().map(Arc::as_ref).filter(|mailbox| self.criteria.types.contains(&mailbox.record.mailbox.kind))
    }

    fn lists_organisations(&self) -> bool {
        self.criteria.types.contains(&MailboxType::Org)
    }

    fn alerted(&self, mailbox: &AlertMailbox) -> bool {
        mailbox_alerted(&mailbox.record, self.liste_rouge)
    }

    async fn organisations(&self, reading: &mut AlertReading) -> Result<Organisations> {
        let mut found = Organisations::default();
        let mut after = String::new();
        loop {
            let mailboxes = reading.organisations_after(&after, BATCH).await?;
            let whole = mailboxes.len() >= BATCH as usize;
            let last = mailboxes.last().map(|mailbox| mailbox.record.mailbox.address.as_str().to_owned());
            for mailbox in mailboxes.into_iter().filter(|mailbox| self.alerted(mailbox)).map(Arc::new) {
                for structure in &mailbox.structures {
                    found.entry(structure.clone()).or_default().push(Arc::clone(&mailbox));
                }
            }
            match last {
                Some(last) if whole => after = last,
                _ => break,
            }
        }
        found.values_mut().for_each(|mailboxes| mailboxes.sort_by(|a, b| preference(a).cmp(&preference(b))));
        Ok(found)
    }

    fn person(&self, person: &AlertPerson, organisations: &Organisations, under_way: &mut UnderWay<'_>) -> Result<()> {
        let Some(by) = self.criteria.matches(person) else { return Ok(()) };
        let sites: Vec<&AlertStructure> = by.activities.iter().filter_map(|at| person.activities.get(*at)?.structure.as_deref()).collect();
        if self.lists_organisations() {
            let met = sites.iter().filter(|site| organisations.contains_key(&site.id) && !under_way.met.contains(&site.id));
            let met: Vec<String> = met.map(|site| site.id.clone()).collect();
            under_way.met.extend(met);
        }
        let own = self.own(&person.mailboxes);
        let mut reachable: Vec<&AlertMailbox> = own.clone().filter(|mailbox| self.alerted(mailbox)).collect();
        reachable.sort_by(|a, b| preference(a).cmp(&preference(b)));
        let first = sites.first().copied();
        let reach = if reachable.is_empty() {
            let through = sites.iter().find_map(|site| Some((*site, organisations.get(&site.id)?)));
            if let (true, Some((site, mailboxes))) = (self.fallback_org, through) {
                let to = Recipient { person: Some((person, &by)), site: Some(site) };
                for mailbox in self.chosen(mailboxes.iter().map(Arc::as_ref)) {
                    under_way.write(self, mailbox, &to, 1)?;
                }
            }
            let listed = |site: &&&AlertStructure| organisations.contains_key(&site.id) && self.criteria.structure_fits(site);
            let listed = || self.lists_organisations() && sites.iter().any(|site| listed(&site));
            if (self.fallback_org && through.is_some()) || listed() {
                Reach::ByOrganization
            } else if own.clone().any(|mailbox| self.rests(mailbox)) {
                Reach::Suspended
            } else {
                Reach::Without
            }
        } else {
            let to = Recipient { person: Some((person, &by)), site: first };
            for mailbox in self.chosen(reachable.into_iter()) {
                under_way.write(self, mailbox, &to, 1)?;
            }
            Reach::Reached
        };
        under_way.count(&by, first, reach);
        Ok(())
    }

    fn chosen<'m>(&self, mailboxes: impl Iterator<Item = &'m AlertMailbox>) -> impl Iterator<Item = &'m AlertMailbox> {
        mailboxes.take(if self.choice == Choice::One { 1 } else { usize::MAX })
    }

    /// Would be written to, were it in use?
    fn rests(&self, mailbox: &AlertMailbox) -> bool {
        let mut record = mailbox.record.clone();
        let rests = matches!(record.mailbox.state, MailboxState::Suspended | MailboxState::Unopened);
        record.mailbox.state = MailboxState::Active;
        rests && mailbox_alerted(&record, self.liste_rouge)
    }

    /// Structures written to for themselves.
    async fn structures(&self, reading: &mut AlertReading, organisations: &Organisations, under_way: &mut UnderWay<'_>) -> Result<()> {
        let of_people = self.criteria.of_people();
        let wanted: Vec<&str> = organisations.keys().filter(|id| !of_people || under_way.met.contains(*id)).map(String::as_str).collect();
        for ids in wanted.chunks(BATCH as usize) {
            for site in reading.structures(ids.iter().copied()).await? {
                let mailboxes = organisations.get(&site.id).filter(|_| self.criteria.structure_fits(&site));
                let to = Recipient { person: None, site: Some(&site) };
                for mailbox in self.chosen(mailboxes.into_iter().flatten().map(Arc::as_ref)) {
                    under_way.write(self, mailbox, &to, 0)?;
                }
            }
        }
        Ok(())
    }
}

/// Preferred first: by rank, then what changed last, then by address.
fn preference(mailbox: &AlertMailbox) -> (u32, Reverse<i64>, Reverse<i64>, &str) {
    let of = &mailbox.record.mailbox;
    (of.rank.unwrap_or(u32::MAX), Reverse(mailbox.changed_at), Reverse(mailbox.created_at), of.address.as_str())
}

struct UnderWay<'a> {
    walked: Walked,
    tally: Tally,
    /// Structures with an ORG mailbox in which a matching professional exercises as asked.
    met: BTreeSet<String>,
    lines: Lines<'a>,
}

impl UnderWay<'_> {
    fn write(&mut self, walk: &Walk<'_>, mailbox: &AlertMailbox, to: &Recipient<'_>, people: u64) -> Result<()> {
        let shared = mailbox.record.mailbox.kind == MailboxType::Org || mailbox.holders.len() > 1;
        let address = shared.then(|| mailbox.record.mailbox.address.as_str().to_owned());
        if let Some(address) = &address {
            if let Some(counted) = self.walked.shared.get_mut(address) {
                *counted += people;
                return Ok(());
            }
            self.walked.shared.insert(address.clone(), people);
        }
        self.walked.recipients += 1;
        (self.lines)(Line { shared: address, cells: cells(walk.columns, mailbox, to, walk.labels) })
    }

    fn count(&mut self, by: &Match, site: Option<&AlertStructure>, reach: Reach) {
        // The département is that of the first matching activity, which may be in no structure.
        self.tally.count(&by.exercise.profession, site.map(|site| site.department.as_str()).unwrap_or_default(), reach);
    }
}
