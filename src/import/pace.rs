//! The pace of an ordinary import: how much a slice takes, and the rest after it.
//!
//! A slice holds the store's write lock for 200 ms at most, 70 ms being aimed at, since a commit waits for the disk. When another writer
//! waits the lock is then left free for 120 ms, because SQLite's waiters sleep up to 100 ms between two looks; else for a moment, but for
//! one slice of many, in case one who waits could not show it. The clock and the pause are a parameter, so that a test needs neither.

use crate::error::Result;
use crate::store::import::{Applying, Slice};
use std::future::Future;
use std::pin::Pin;
use std::time::{Duration, Instant};

/// How long a slice should hold the write lock.
pub const AIM: Duration = Duration::from_millis(70);
/// How long the lock is left free after a slice when another writer waits, at least.
pub const REST: Duration = Duration::from_millis(120);
/// And when none does.
const BREATH: Duration = Duration::from_millis(2);
/// Every so many slices the lock is left as if somebody waited.
const ONCE_IN: usize = 16;
/// Units of a first slice of a kind, before anything is known of their cost.
const FIRST_SIZE: u64 = 200;
const MAX_SIZE: u64 = 50_000;

/// Time, and what happens between the steps of an import.
pub trait Pace: Send + Sync {
    /// Time since any fixed origin.
    fn now(&self) -> Duration;
    /// Waits that long, outside any lock. An error stops the import there, as a kill would.
    fn rest(&self, at_least: Duration) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>>;
    /// Told before each step of a first load, and after each slice of an ordinary one.
    fn reached(&self, _step: &'static str) -> Result<()> {
        Ok(())
    }
}

/// The machine's own clock.
#[derive(Debug)]
pub struct Clock {
    origin: Instant,
}

impl Default for Clock {
    fn default() -> Self {
        Self { origin: Instant::now() }
    }
}

impl Pace for Clock {
    fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    fn rest(&self, at_least: Duration) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async move {
            tokio::time::sleep(at_least).await;
            Ok(())
        })
    }
}

/// Applies everything but the closing, resting after each slice.
pub(super) async fn apply(applying: &mut Applying, pace: &dyn Pace, now: i64, done: &(dyn Fn(u64, u64) + Sync)) -> Result<()> {
    let mut size = SliceSize::default();
    for slices in 1.. {
        let Some((kind, left)) = applying.next() else { break };
        let units = size.for_kind(kind).min(left);
        let slice = applying.slice(units, now, &|| pace.now()).await?;
        size.learn(slice);
        done(applying.applied(), applying.planned());
        pace.reached("slice")?;
        pace.rest(if applying.awaited()? || slices % ONCE_IN == 0 { REST } else { BREATH }).await?;
    }
    Ok(())
}

/// Units a slice takes: what the last one of the same kind cost decides.
#[derive(Debug)]
struct SliceSize {
    kind: String,
    units: u64,
}

impl Default for SliceSize {
    fn default() -> Self {
        Self { kind: String::new(), units: FIRST_SIZE }
    }
}

impl SliceSize {
    fn for_kind(&mut self, kind: &str) -> u64 {
        if self.kind != kind {
            *self = Self { kind: kind.to_owned(), units: FIRST_SIZE };
        }
        self.units
    }

    /// In proportion to the time aimed at, growing by half at most: one cheap slice says little of the next.
    fn learn(&mut self, slice: Slice) {
        let held = slice.held.as_secs_f64().max(0.001);
        let fitting = (slice.units as f64 * AIM.as_secs_f64() / held) as u64;
        let most = if slice.units < self.units { self.units } else { self.units + self.units.div_ceil(2) };
        self.units = fitting.clamp(1, most.min(MAX_SIZE));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slice(units: u64, ms: u64) -> Slice {
        Slice { units, held: Duration::from_millis(ms) }
    }

    #[test]
    fn a_slow_slice_makes_the_next_one_smaller() {
        let mut size = SliceSize::default();
        assert_eq!(size.for_kind("mailbox"), 200);
        size.learn(slice(200, 400));
        assert_eq!(size.for_kind("mailbox"), 35);
        size.learn(slice(35, 1));
        assert_eq!(size.for_kind("mailbox"), 53);
        size.learn(slice(7, 1));
        assert_eq!(size.for_kind("mailbox"), 53, "the short end of a kind tells nothing");
        size.learn(slice(1, 5_000));
        assert_eq!(size.for_kind("mailbox"), 1);
        assert_eq!(size.for_kind("cause"), 200);
    }
}
