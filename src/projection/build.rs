//! A new generation beside the live one: from the whole store, in (folded name, id) order, then caught up and switched in.

use super::Projector;
use super::documents::{Loaded, Ready, write_entries};
use super::ordered::Ordered;
use crate::error::{Error, Result};
use crate::index::{Committed, Generation};
use crate::store::{ChangeKind, ContentDigest, PublishedRow};
use jiff::Timestamp;
use std::collections::VecDeque;
use tokio::task::JoinHandle;

impl Projector {
    /// Builds, catches up and switches. A live generation, of this commit number, goes on receiving publications and withdrawals; every
    /// change made since the build began is applied to the new one before it answers anything. `None`: nothing is answered meanwhile.
    pub(super) async fn build(&mut self, live: Option<i64>) -> Result<()> {
        self.untold = true;
        let began = self.store.last_change().await?;
        let at = self.store.changes_after(began - 1, 1).await?.last().map_or_else(|| Timestamp::now().as_second(), |c| c.at);
        if let Some(seq) = live {
            self.urgent_through = self.urgent_through.max(seq);
            self.apply_urgent(seq).await?;
        } else {
            self.doors.gate.close("the index is built anew");
            (self.withdrawn_through, self.urgent_through) = (0, 0);
        }
        let mut generation = self.index.begin_build()?;
        let entries = Ordered::read(&self.store).await?;
        let fresh = self.store.nothing_published().await?;
        let first = self.write_everything(&entries, &mut generation, at, live, fresh).await?;
        generation.commit(Committed { seq: began })?;
        let mut merges = generation.begin_merge(LARGE_BUILD)?;
        if fresh && !first.is_empty() {
            // A whole country at once is no change to tell line by line.
            self.store.begin_feed_anew(Timestamp::now().as_second()).await?;
        }
        self.write_first_rows(&entries, first, at, live, !fresh).await?;
        drop(entries);
        for merge in &mut merges {
            while !merge.done()? {
                tokio::time::sleep(super::POLL).await;
                if let Some(seq) = live {
                    self.apply_urgent(seq).await?;
                }
            }
        }
        let (reached, seen) = self.catch_up_build(&mut generation, began, live).await?;
        self.index.switch_to(generation)?;
        self.withdrawn_whole = self.withdrawn_whole.filter(|seq| *seq > reached);
        self.refresh_labels().await?;
        self.refresh_notices().await?;
        self.urgent_through = seen;
        self.withdrawn(seen).await
    }

    /// Replays what was changed since the build began. Documents it holds may show what was withdrawn meanwhile: those go by term first.
    /// Returns how far its commit number came, and up to which change it was brought: a run that names no entry needs a build of its own,
    /// which the next step begins, and what was withdrawn behind it must not come back until then.
    async fn catch_up_build(&mut self, generation: &mut Generation, began: i64, live: Option<i64>) -> Result<(i64, i64)> {
        let (mut seen, mut before_whole) = (began, None);
        loop {
            let changes = self.store.changes_after(seen, 10_000).await?;
            let Some(last) = changes.last().map(|c| c.seq) else { return Ok((before_whole.unwrap_or(seen), seen)) };
            self.announce(&changes, seen);
            let whole = changes.iter().find(|c| c.kind == ChangeKind::All && c.run.is_some());
            before_whole = before_whole.or(whole.map(|c| c.seq - 1));
            for change in changes.iter().filter(|c| c.withdraws) {
                match change.kind {
                    ChangeKind::Mailbox => generation.delete_showing_address(&change.key),
                    ChangeKind::Domain => generation.delete_showing_domain(&change.key),
                    _ => {}
                }
            }
            // A rebuild asked for meanwhile names no entry: this one reads the same store, and is as good.
            for batch in self.causes(&changes).await?.chunks(self.bounds.entries()) {
                write_entries(&self.store, generation, batch).await?;
                if let Some(seq) = live {
                    self.apply_urgent(seq).await?;
                }
            }
            seen = last;
            generation.commit(Committed { seq: before_whole.unwrap_or(seen) })?;
        }
    }

    /// Feeds every entry to a generation, in order: batches are read one after the other here, and decided and cut on other threads.
    /// Rows of entries that were never published before are given back: all at once and in key order they cost a tenth.
    async fn write_everything(
        &mut self,
        entries: &Ordered,
        generation: &mut Generation,
        at: i64,
        live: Option<i64>,
        fresh: bool,
    ) -> Result<Vec<FirstRow>> {
        let ahead = std::thread::available_parallelism().map_or(1, usize::from) + 1;
        // Of nearly every entry of a fresh store: grown by doubling it would reserve twice as much.
        let mut first = Vec::with_capacity(if fresh { entries.len() } else { 0 });
        let mut cutting: VecDeque<(usize, JoinHandle<Ready>)> = VecDeque::new();
        let mut next = 0;
        while next < entries.len() || !cutting.is_empty() {
            if next < entries.len() && cutting.len() < ahead {
                let end = entries.len().min(next + self.bounds.entries());
                let causes = (next..end).filter_map(|number| Some((entries.key(number)?, at))).collect();
                let loaded = Loaded::read(&self.store, causes, fresh).await?;
                cutting.push_back((next, tokio::task::spawn_blocking(move || loaded.cut())));
                next = end;
                continue;
            }
            let Some((start, batch)) = cutting.pop_front() else { break };
            let ready = batch.await.map_err(|e| Error::internal("entries cannot be indexed", e))?;
            for document in ready.documents {
                generation.add_cut(document)?;
            }
            first.extend(ready.first.into_iter().map(|(place, row)| FirstRow::new(start + place, row)));
            if !ready.changed.is_empty() {
                self.store.write_published(&ready.changed, &ready.rows, Timestamp::now().as_second()).await?;
            }
            if let Some(seq) = live {
                self.apply_urgent(seq).await?;
            }
        }
        Ok(first)
    }

    /// `told`: the feed tells of them.
    async fn write_first_rows(&mut self, entries: &Ordered, mut rows: Vec<FirstRow>, at: i64, live: Option<i64>, told: bool) -> Result<()> {
        entries.sort_by_key(&mut rows, |row| row.entry);
        for batch in rows.chunks(FIRST_ROWS) {
            let rows: Vec<PublishedRow> = batch.iter().filter_map(|row| row.published(entries, at)).collect();
            self.store.add_published(&rows, told.then(|| Timestamp::now().as_second())).await?;
            if let Some(seq) = live {
                self.apply_urgent(seq).await?;
            }
        }
        Ok(())
    }
}

/// Documents from which a build ends in several segments.
const LARGE_BUILD: usize = 500_000;
/// Rows written between two looks at what is urgent.
const FIRST_ROWS: usize = 10_000;

/// A row of table `published` of an entry that had none, in little memory.
struct FirstRow {
    /// Place among the ordered entries.
    entry: u32,
    audiences: u8,
    digest: ContentDigest,
}

impl FirstRow {
    fn new(entry: usize, row: PublishedRow) -> Self {
        Self { entry: u32::try_from(entry).unwrap_or(u32::MAX), audiences: row.audiences, digest: row.digest }
    }

    /// Shown for the first time: both of its times are that of the change, and it is not gone.
    fn published(&self, entries: &Ordered, at: i64) -> Option<PublishedRow> {
        let Self { audiences, digest, .. } = *self;
        Some(PublishedRow { entry: entries.key(self.entry as usize)?, audiences, digest, since: at, created: at, gone: None })
    }
}
