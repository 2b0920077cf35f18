//! A new generation beside the live one: from the whole store, in (folded name, id) order, then caught up and switched in.

use super::Projector;
use super::documents::write_entries;
use crate::error::Result;
use crate::index::{Committed, Generation};
use crate::model::{EntryKey, Kind};
use crate::store::ChangeKind;
use crate::text;
use jiff::Timestamp;

impl Projector {
    /// Builds, catches up and switches. The live generation goes on receiving publications and withdrawals; every change made since the
    /// build began is applied to the new one before it answers anything.
    pub(super) async fn build(&mut self) -> Result<()> {
        let began = self.store.last_change().await?;
        let at = self.store.changes_after(began - 1, 1).await?.last().map_or_else(|| Timestamp::now().as_second(), |c| c.at);
        let live = self.index.committed().map(|c| c.seq);
        self.urgent_through = self.urgent_through.max(live.unwrap_or(began));
        if let Some(seq) = live {
            self.apply_urgent(seq).await?;
        }
        let mut generation = self.index.begin_build()?;
        for batch in self.ordered_entries().await?.chunks(self.bounds.commit) {
            let causes: Vec<(EntryKey, i64)> = batch.iter().map(|key| (key.clone(), at)).collect();
            write_entries(&self.store, &mut generation, &causes).await?;
            if let Some(seq) = live {
                self.apply_urgent(seq).await?;
            }
        }
        generation.commit(Committed { seq: began })?;
        if let Some(mut merging) = generation.begin_merge()? {
            while !merging.done()? {
                tokio::time::sleep(super::POLL).await;
                if let Some(seq) = live {
                    self.apply_urgent(seq).await?;
                }
            }
        }
        let reached = self.catch_up_build(&mut generation, began, live).await?;
        self.index.switch_to(generation)?;
        self.withdrawn_whole = self.withdrawn_whole.filter(|seq| *seq > reached);
        self.refresh_labels().await?;
        self.refresh_notices().await?;
        self.urgent_through = self.urgent_through.max(reached);
        self.withdrawn(reached).await
    }

    /// Replays what was changed since the build began, and returns how far it came. Documents it holds may show what was withdrawn
    /// meanwhile: those go by term first. A run that names no entry needs a build of its own, which the next step begins.
    async fn catch_up_build(&mut self, generation: &mut Generation, began: i64, live: Option<i64>) -> Result<i64> {
        let mut reached = began;
        loop {
            let mut changes = self.store.changes_after(reached, 10_000).await?;
            if let Some(whole) = changes.iter().position(|c| c.kind == ChangeKind::All && c.run.is_some()) {
                changes.truncate(whole);
            }
            let Some(last) = changes.last().map(|c| c.seq) else { return Ok(reached) };
            for change in changes.iter().filter(|c| c.withdraws) {
                match change.kind {
                    ChangeKind::Mailbox => generation.delete_showing_address(&change.key),
                    ChangeKind::Domain => generation.delete_showing_domain(&change.key),
                    _ => {}
                }
            }
            // A rebuild asked for meanwhile names no entry: this one reads the same store, and is as good.
            for batch in self.causes(&changes).await?.chunks(self.bounds.commit) {
                write_entries(&self.store, generation, batch).await?;
                if let Some(seq) = live {
                    self.apply_urgent(seq).await?;
                }
            }
            generation.commit(Committed { seq: last })?;
            reached = last;
        }
    }

    /// Every entry of the store in (folded name, id) order, which is the document order of the generation.
    async fn ordered_entries(&self) -> Result<Vec<EntryKey>> {
        let mut named = Vec::new();
        for kind in Kind::ALL {
            let names = self.store.entry_names(kind).await?;
            named.extend(names.into_iter().map(|n| (text::sort_key(&n.first, &n.second), EntryKey::new(n.kind, n.id))));
        }
        named.sort_unstable();
        Ok(named.into_iter().map(|(_, key)| key).collect())
    }
}
