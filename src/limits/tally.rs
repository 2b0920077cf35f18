//! Small counters of one source: searches a second, distinct mailboxes in a window, failed secrets in a minute.

use cardinality_estimator::CardinalityEstimator;
use std::time::{Duration, Instant};

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_secs(60);

/// Searches a second by the virtual scheduling form of the generic cell rate algorithm: a burst of one second's worth, then that rate.
#[derive(Debug)]
pub(super) struct Pace {
    /// When the source will have paid for what it took.
    paid_at: Instant,
}

impl Pace {
    pub fn new(now: Instant) -> Self {
        Self { paid_at: now }
    }

    /// Takes one, unless the burst is used up. `rate` a second, above 0.
    pub fn take(&mut self, rate: u32, now: Instant) -> bool {
        let cost = SECOND / rate.max(1);
        let paid_at = self.paid_at.max(now) + cost;
        // A hair more than a second: the costs of a whole burst do not add up to exactly one.
        let within = paid_at.duration_since(now) <= SECOND + cost / 2;
        if within {
            self.paid_at = paid_at;
        }
        within
    }
}

/// Distinct things in a window of time that begins with the first.
#[derive(Debug)]
pub(super) struct Tally {
    window: Duration,
    since: Instant,
    seen: CardinalityEstimator<u64>,
}

impl Tally {
    pub fn new(window: Duration, now: Instant) -> Self {
        Self { window, since: now, seen: CardinalityEstimator::new() }
    }

    /// Adds things by their hashes.
    pub fn add(&mut self, hashes: &[u64], now: Instant) {
        self.renew(now);
        if self.seen.estimate() == 0 {
            self.since = now;
        }
        for hash in hashes {
            self.seen.insert_hash(*hash);
        }
    }

    pub fn distinct(&mut self, now: Instant) -> u64 {
        self.renew(now);
        u64::try_from(self.seen.estimate()).unwrap_or(u64::MAX)
    }

    fn renew(&mut self, now: Instant) {
        if now.duration_since(self.since) >= self.window {
            self.since = now;
            self.seen = CardinalityEstimator::new();
        }
    }
}

/// Failed secrets of the running minute.
#[derive(Debug)]
pub(super) struct Failures {
    since: Instant,
    count: u32,
}

impl Failures {
    pub fn new(now: Instant) -> Self {
        Self { since: now, count: 0 }
    }

    pub fn add(&mut self, now: Instant) {
        if now.duration_since(self.since) >= MINUTE {
            *self = Self::new(now);
        }
        self.count = self.count.saturating_add(1);
    }

    pub fn reached(&self, most: u32, now: Instant) -> bool {
        self.count >= most && now.duration_since(self.since) < MINUTE
    }
}
