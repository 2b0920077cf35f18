//! Merges that do not hold up their owner: begun, looked at now and then, while changes go on being written.
//!
//! A compaction ends when no byte of what was deleted before it began is left. One round rewrites every segment that holds deletions. A
//! merge of tantivy's own, begun before, may have carried deleted bytes into a segment the round did not see: so two rounds without a
//! failure, then the old files, once no reader needs them.

use super::generation::failed;
use super::{Generation, Index};
use crate::error::{Error, Kind, Result};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};
use std::time::{Duration, Instant};
use tantivy::{FutureResult, SegmentMeta};

/// How long readers may hold old files, or tantivy's own merges a segment, before a compaction gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// One merge under way.
pub struct Merging(Option<FutureResult<Option<SegmentMeta>>>);

impl Merging {
    pub(super) fn new(result: FutureResult<Option<SegmentMeta>>) -> Self {
        Self(Some(result))
    }

    /// Has it ended? Does not wait. Error when it failed.
    pub fn done(&mut self) -> Result<bool> {
        let Some(result) = &mut self.0 else { return Ok(true) };
        match Pin::new(result).poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Pending => Ok(false),
            Poll::Ready(ended) => {
                self.0 = None;
                ended.map(|_| true).map_err(failed("segments of the index cannot be merged"))
            }
        }
    }
}

/// A compaction under way; see [`Index::advance`].
pub struct Compaction {
    /// Rounds ended without a failure, one after the other.
    clean: u8,
    /// The round under way, and whether all of it went well so far.
    round: Option<(Vec<Merging>, bool)>,
    /// Gives up when nothing got on since.
    since: Instant,
}

impl Index {
    #[must_use]
    pub fn begin_compaction(&self) -> Compaction {
        Compaction { clean: 0, round: None, since: Instant::now() }
    }

    /// One look at a compaction, which begins what comes next. `true`: nothing that was deleted before it began is left in the folder.
    /// What is not committed yet is not touched. Error `busy` when a reader holds old files, or a merge a segment, for over a minute.
    pub fn advance(&mut self, compaction: &mut Compaction) -> Result<bool> {
        if compaction.clean < 2 {
            compaction.turn(&mut self.live)?;
        } else if self.sweep()? {
            return Ok(true);
        }
        if compaction.round.is_none() && compaction.since.elapsed() > PATIENCE {
            return Err(Error::new(Kind::Busy, "index_in_use", "old files of the index are still in use; compact again"));
        }
        Ok(false)
    }

    /// [`Index::begin_compaction`] and [`Index::advance`] until the end, blocking.
    pub fn compact(&mut self) -> Result<()> {
        let mut compaction = self.begin_compaction();
        while !self.advance(&mut compaction)? {
            std::thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }

    /// Removes files that no commit names; `false` while some are in use.
    fn sweep(&mut self) -> Result<bool> {
        let kept: Vec<u64> = std::iter::once(self.live.number).chain(self.building).collect();
        self.folder.keep_only(&kept)?;
        self.live.sweep()
    }
}

impl Compaction {
    fn turn(&mut self, live: &mut Generation) -> Result<()> {
        let Some((merges, well)) = &mut self.round else {
            self.round = Some((live.rewrite_deletions()?, true));
            return Ok(());
        };
        // A segment that a merge of tantivy's own holds fails at once: another round will find what became of it.
        merges.retain_mut(|merge| {
            let ended = merge.done();
            *well &= ended.is_ok();
            matches!(ended, Ok(false))
        });
        if merges.is_empty() {
            if *well {
                self.clean += 1;
                self.since = Instant::now();
            } else {
                self.clean = 0;
            }
            self.round = None;
        }
        Ok(())
    }
}
