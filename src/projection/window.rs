//! One window of changes into the live generation: withdrawals first, then the rest in bounded commits, publications in between.

use super::Projector;
use super::documents::{delete_outdated, note_absent, write_entries};
use crate::error::Result;
use crate::index::Committed;
use crate::model::{EntryKey, Kind};
use crate::store::{Change, ChangeKind};
use std::collections::{BTreeMap, HashMap, HashSet};

/// Entries with the time of the latest change that concerns each, in key order.
pub(super) type Causes = Vec<(EntryKey, i64)>;

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
        let causes = self.causes(&changes).await?;
        if causes.len() > self.bounds.rebuild_beyond {
            self.withdraw(&changes, from).await?;
            return self.build(Some(from)).await;
        }
        if causes.len() > self.bounds.commit {
            self.withdraw(&changes, from).await?;
        } else {
            // Deleted and written again in the one commit below: nothing flickers. What is linked is among the causes.
            self.delete_shown(&changes);
        }
        self.urgent_through = self.urgent_through.max(last);
        let chunks: Vec<_> = causes.chunks(self.bounds.commit).collect();
        for (number, chunk) in chunks.iter().enumerate() {
            write_entries(&self.store, self.index.live(), chunk).await?;
            let seq = if number + 1 == chunks.len() { last } else { from };
            self.index.live().commit(Committed { seq })?;
            if number + 1 < chunks.len() {
                self.apply_urgent(from).await?;
            }
        }
        if chunks.is_empty() {
            self.index.live().commit(Committed { seq: last })?;
        }
        self.withdrawn(last).await
    }

    /// Between the commits of a long run or build: what arrived meanwhile. Publications are applied whole; of another run, the
    /// withdrawals. The live commit number stays `committed`, so all of it is simply applied again in its turn.
    pub(super) async fn apply_urgent(&mut self, committed: i64) -> Result<()> {
        loop {
            let changes = self.store.changes_after(self.urgent_through, 10_000).await?;
            let Some(last) = changes.last().map(|c| c.seq) else { return Ok(()) };
            self.announce(&changes, committed);
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
        note_absent(&self.store, &causes, &keys(&mut addresses.into_iter()), &keys(&mut domains.into_iter())).await
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
        let mut causes: Causes = causes.into_iter().collect();
        causes.sort_by(|a, b| order(&a.0).cmp(&order(&b.0)));
        Ok(causes)
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

/// Mailboxes first: a publication is looked for under its address.
fn order(key: &EntryKey) -> (Kind, &str) {
    (key.kind, &key.id)
}
