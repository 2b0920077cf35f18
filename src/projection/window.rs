//! One window of changes into the live generation: withdrawals first, then the rest in bounded commits, publications in between.

use super::documents::{Ahead, delete_outdated, note_absent, write_entries};
use super::{MOST_DOCUMENTS, Projector};
use crate::error::Result;
use crate::index::Committed;
use crate::model::{EntryKey, Kind};
use crate::store::{Change, ChangeKind};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Entries with the time of the latest change that concerns each, in key order.
pub(super) type Causes = Vec<(EntryKey, i64)>;

/// Changes looked at together.
const AT_ONCE: usize = 10_000;

impl Projector {
    /// Applies the changes behind `from`, up to [`super::Bounds::rebuild_beyond`] of them; builds anew when that is less work.
    pub(super) async fn apply_window(&mut self, from: i64) -> Result<()> {
        self.untold = true;
        let changes = self.store.changes_after(from, self.bounds.rebuild_beyond + 1).await?;
        let Some(last) = changes.last().map(|c| c.seq) else { return Ok(()) };
        self.announce(&changes, from);
        if changes.iter().any(|c| c.kind == ChangeKind::All) || changes.len() > self.bounds.rebuild_beyond {
            // The build begins by applying what is withdrawn to the live generation.
            return self.build(Some(from)).await;
        }
        self.refresh_facts(&changes).await?;
        let mut causes = self.causes(&changes).await?;
        let mut last = last;
        if causes.len() > self.bounds.rebuild_beyond {
            self.withdraw(&changes, from).await?;
            return self.build(Some(from)).await;
        }
        self.urgent_through = self.urgent_through.max(last);
        if causes.len() > self.bounds.entries() {
            self.withdraw(&changes, from).await?;
            self.apply_urgent(from).await?;
            last = self.join_what_came(&mut causes, last).await?;
            self.write_in_commits(&causes, from, last).await?;
        } else {
            // Deleted and written again in one commit, and nothing in between: nothing flickers. What is linked is among the causes.
            self.delete_shown(&changes);
            write_entries(&self.store, self.index.live(), &causes).await?;
            self.index.live().commit(Committed { seq: last })?;
        }
        self.withdrawn(last).await
    }

    /// The entries of a window whose withdrawals are committed, with what is urgent in between. The last commit has the number `last`,
    /// those before it `from`.
    async fn write_in_commits(&mut self, causes: &Causes, from: i64, last: i64) -> Result<()> {
        let store = self.store.clone();
        let at_once = self.bounds.at_once();
        let (mut rest, mut documents) = (causes.as_slice(), 0);
        let mut ahead = Ahead::read(&store, self.index.live(), rest, at_once);
        while let Some(written) = ahead.write_next(&store, self.index.live()).await? {
            rest = rest.get(written.entries..).unwrap_or_default();
            documents += written.documents;
            if rest.is_empty() {
                break;
            }
            let urgent = !self.next_urgent(from).await?.is_empty();
            if urgent || documents + MOST_DOCUMENTS * at_once > self.bounds.commit {
                self.index.live().commit(Committed { seq: from })?;
                documents = 0;
            }
            if urgent {
                // What is held is told by what is committed, and what was read ahead may be of before what is urgent.
                self.apply_urgent(from).await?;
                ahead = Ahead::read(&store, self.index.live(), rest, at_once);
            }
        }
        self.index.live().commit(Committed { seq: last })
    }

    /// A run tells its changes in slices, and the first of them may have been here alone. What came while those were withdrawn, and was looked
    /// at as urgent, joins them: much of it concerns the same entries. Returns the number of the last change that `causes` are of.
    async fn join_what_came(&self, causes: &mut Causes, last: i64) -> Result<i64> {
        let mut changes = self.store.changes_after(last, self.bounds.rebuild_beyond).await?;
        changes.retain(|change| change.seq <= self.urgent_through);
        if changes.is_empty() || changes.iter().any(|c| c.kind == ChangeKind::All) {
            return Ok(last);
        }
        let new = self.causes(&changes).await?;
        if causes.len() + new.len() > self.bounds.rebuild_beyond {
            return Ok(last);
        }
        self.refresh_facts(&changes).await?;
        let mut all: HashMap<EntryKey, i64> = std::mem::take(causes).into_iter().collect();
        all.extend(new);
        *causes = sorted(all);
        Ok(changes.last().map_or(last, |change| change.seq))
    }

    /// Between the commits of a long run or build: what arrived meanwhile. Publications are applied whole; of another run, the
    /// withdrawals. The live commit number stays `committed`, so all of it is simply applied again in its turn.
    pub(super) async fn apply_urgent(&mut self, committed: i64) -> Result<()> {
        loop {
            let changes = self.next_urgent(committed).await?;
            let Some(last) = changes.last().map(|c| c.seq) else { return Ok(()) };
            self.delete_withdrawn(&changes).await?;
            let withdrawals: Vec<Change> = changes.iter().filter(|c| c.withdraws && c.run.is_some()).cloned().collect();
            let publications: Vec<Change> = changes.into_iter().filter(|c| c.run.is_none() && c.kind != ChangeKind::All).collect();
            self.refresh_facts(&publications).await?;
            let causes = self.causes(&publications).await?;
            write_entries(&self.store, self.index.live(), &causes).await?;
            self.index.live().commit(Committed { seq: committed })?;
            self.note_absent(&withdrawals).await?;
            self.urgent_through = last;
            self.withdrawn(last).await?;
        }
    }

    /// Changes that were not looked at yet, when one of them cannot wait for its turn; told to the gate. What another run writes and
    /// withdraws nothing is passed over.
    async fn next_urgent(&mut self, committed: i64) -> Result<Vec<Change>> {
        loop {
            let changes = self.store.changes_after(self.urgent_through, AT_ONCE).await?;
            let Some(last) = changes.last().map(|c| c.seq) else { return Ok(changes) };
            if changes.iter().any(|c| c.withdraws || c.run.is_none()) {
                self.announce(&changes, committed);
                return Ok(changes);
            }
            self.urgent_through = last;
            self.withdrawn(last).await?;
        }
    }

    /// Tells the gate that withdrawals wait, before any work on them.
    pub(super) fn announce(&mut self, changes: &[Change], from: i64) {
        let known = self.withdrawn_through.max(from);
        for change in changes.iter().filter(|c| c.withdraws && c.seq > known) {
            self.doors.gate.set_pending(true);
            if change.kind == ChangeKind::All {
                self.withdrawn_whole = Some(change.seq);
            }
        }
    }

    /// Remembers how far withdrawals are in the live generation, and tells the watch.
    pub(super) fn note_withdrawn(&mut self, through: i64) {
        self.withdrawn_through = self.withdrawn_through.max(through);
        // One that waits for a build counts as not there.
        let whole = self.withdrawn_whole.map_or(i64::MAX, |seq| seq - 1);
        self.doors.gate.set_withdrawn_through(self.withdrawn_through.min(whole));
    }

    /// Every withdrawal up to `through` is in the live generation. When the store knows of no other, nothing withdrawn can be found any
    /// more and the doors may open.
    pub(super) async fn withdrawn(&mut self, through: i64) -> Result<()> {
        self.note_withdrawn(through);
        if self.withdrawn_whole.is_none() && self.store.withdrawals_after(self.withdrawn_through).await?.is_none() {
            self.doors.gate.set_pending(false);
            self.doors.gate.open();
        }
        Ok(())
    }

    /// Deletes what the changes withdraw, in one commit of its own that leaves the commit number where it is.
    async fn withdraw(&mut self, changes: &[Change], committed: i64) -> Result<()> {
        self.delete_withdrawn(changes).await?;
        self.index.live().commit(Committed { seq: committed })?;
        if let Some(last) = changes.last() {
            self.withdrawn(last.seq).await?;
        }
        self.note_absent(changes).await
    }

    /// What was deleted by term, without being written again in the same commit, and is shown as before: see `documents::note_absent`.
    async fn note_absent(&self, changes: &[Change]) -> Result<()> {
        let of = |kind| changes.iter().filter(move |c: &&Change| c.withdraws && c.kind == kind);
        let (addresses, domains) = (of(ChangeKind::Mailbox), of(ChangeKind::Domain));
        let named: Vec<Change> = addresses.clone().chain(domains.clone()).cloned().collect();
        if named.is_empty() {
            return Ok(());
        }
        let causes = self.causes(&named).await?;
        let keys = |changes: &mut dyn Iterator<Item = &'_ Change>| changes.map(|c| c.key.clone()).collect::<HashSet<_>>();
        note_absent(&self.store, &causes, keys(&mut addresses.into_iter()), keys(&mut domains.into_iter())).await
    }

    /// Deletes what shows a thing withdrawn, and of what is linked to one whatever has to change for it.
    async fn delete_withdrawn(&mut self, changes: &[Change]) -> Result<()> {
        self.delete_shown(changes);
        let by_link = |c: &Change| matches!(c.kind, ChangeKind::Professional | ChangeKind::Structure | ChangeKind::Operator);
        let linked: Vec<Change> = changes.iter().filter(|c| c.withdraws && by_link(c)).cloned().collect();
        let causes = self.causes(&linked).await?;
        delete_outdated(&self.store, self.index.live(), &causes).await
    }

    /// Deletes by term: also what the store no longer links to the thing withdrawn.
    fn delete_shown(&mut self, changes: &[Change]) {
        for change in changes.iter().filter(|c| c.withdraws) {
            match change.kind {
                ChangeKind::Mailbox => self.index.live().delete_showing_address(&change.key),
                ChangeKind::Domain => self.index.live().delete_showing_domain(&change.key),
                ChangeKind::Professional | ChangeKind::Structure | ChangeKind::Operator | ChangeKind::Label | ChangeKind::All => {}
            }
        }
    }

    /// What depends on the changes, each entry once, with the time of its latest cause. A withdrawn mailbox also concerns whoever
    /// shows it now, which the index alone may remember: those documents were deleted by term and their entries are named by the writer.
    pub(super) async fn causes(&self, changes: &[Change]) -> Result<Causes> {
        // A run writes all its changes with one time: few groups, few statements.
        let mut by_time: BTreeMap<i64, Vec<Change>> = BTreeMap::new();
        for change in changes {
            by_time.entry(change.at).or_default().push(change.clone());
        }
        let mut causes: HashMap<EntryKey, i64> = HashMap::new();
        for (at, group) in by_time {
            causes.extend(self.store.dependants_of(&group).await?.into_iter().map(|key| (key, at)));
        }
        Ok(sorted(causes))
    }

    /// Labels and readiness notices follow the changes that concern them.
    pub(super) async fn refresh_facts(&self, changes: &[Change]) -> Result<()> {
        if changes.iter().any(|c| matches!(c.kind, ChangeKind::Label | ChangeKind::All)) {
            self.refresh_labels().await?;
        }
        if changes.iter().any(|c| matches!(c.kind, ChangeKind::Domain | ChangeKind::All)) {
            self.refresh_notices().await?;
        }
        Ok(())
    }
}

fn sorted(causes: HashMap<EntryKey, i64>) -> Causes {
    let mut causes: Causes = causes.into_iter().collect();
    causes.sort_by(|a, b| order(&a.0).cmp(&order(&b.0)));
    causes
}

/// Mailboxes first: a publication is looked for under its address.
fn order(key: &EntryKey) -> (Kind, &str) {
    (key.kind, &key.id)
}
