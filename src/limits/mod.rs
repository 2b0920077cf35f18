//! The one governor: how often a source may search and how many searches of it work at a time, how many distinct mailboxes it may be
//! shown, how often it may guess a secret and how many connections it may hold. Shared by every door, held by `directory`.
//!
//! A directory is for finding, not for copying (S56). What counts is *distinct* mailboxes returned: asking for the same colleague all day
//! costs one. Beyond the allowance answers wait and shrink, which mail clients show as a long list cut short; an error would empty theirs.
//! Only a burst of searches that no person types is refused. A source is an account, else an IPv4 address, else an IPv6 /56.
//!
//! Distinct mailboxes are counted by HyperLogLog (exact to 128, then within about 2 %), in windows that begin with the first mailbox
//! shown. Memory is bounded: at most [`MOST_SOURCES`] sources are remembered, those that took least are forgotten first.

mod connections;
mod source;
mod tally;

pub use connections::{Connections, Held};
pub use source::Source;

use crate::error::{Error, Kind, Result};
use crate::settings::{LimitSettings, NetworkSettings};
use source::Key;
use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};
use tally::{Failures, Pace, Tally};
use tokio::sync::Semaphore;

/// Sources remembered at once; each costs at most some seven kilobytes.
pub const MOST_SOURCES: usize = 20_000;

const HOUR: Duration = Duration::from_secs(3_600);
/// For a small allowance no answer is held back longer by its pace: mail clients give up, and show nothing.
const LONGEST_PAUSE: Duration = Duration::from_secs(2);
const DAY: Duration = Duration::from_secs(24 * 3_600);

/// What one source may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Allowance {
    searches_per_second: u32,
    mailboxes_per_hour: u64,
    mailboxes_per_day: u64,
}

impl Allowance {
    /// What so many entries have to take for an hour of them to be no more than the allowance of an hour.
    fn pace_of(self, entries: usize) -> Duration {
        let thousandths = (entries as u64).saturating_mul(3_600_000) / self.mailboxes_per_hour.max(1);
        Duration::from_millis(thousandths).min(LONGEST_PAUSE)
    }

    /// The larger of the two in each respect.
    fn raised_by(self, network: &NetworkSettings) -> Self {
        Self {
            searches_per_second: self.searches_per_second.max(network.searches_per_second),
            mailboxes_per_hour: self.mailboxes_per_hour.max(network.mailboxes_per_hour),
            mailboxes_per_day: self.mailboxes_per_day.max(network.mailboxes_per_day),
        }
    }
}

/// A search that may run.
#[derive(Clone, Debug)]
pub struct Admission {
    /// The allowance is used up. `None`: no limit of this room's.
    pub restricted: Option<Restricted>,
    /// To be held while it works: searches of one source wait for each other, so that none can occupy every worker. `None`: not bounded.
    pub turns: Option<Arc<Semaphore>>,
}

/// How a source beyond its allowance is answered: less, and later. It would else take ten a time, sixty times a second.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Restricted {
    pub entries: usize,
    /// Before the search, in the source's own turn.
    pub pause: Duration,
}

/// What is remembered of one source.
#[derive(Debug)]
struct State {
    pace: Pace,
    hour: Tally,
    day: Tally,
    failures: Failures,
    turns: Arc<Semaphore>,
    /// Beyond the allowance one search works at a time, its pause included: over many connections it would else be none.
    restricted: Arc<Semaphore>,
}

impl State {
    fn new(now: Instant, turns: usize) -> Self {
        Self {
            turns: Arc::new(Semaphore::new(turns)),
            restricted: Arc::new(Semaphore::new(1)),
            pace: Pace::new(now),
            hour: Tally::new(HOUR, now),
            day: Tally::new(DAY, now),
            failures: Failures::new(now),
        }
    }

    /// Has it been shown as many mailboxes as it may be for now?
    fn has_used_up(&mut self, allowance: &Allowance, now: Instant) -> bool {
        self.hour.distinct(now) >= allowance.mailboxes_per_hour || self.day.distinct(now) >= allowance.mailboxes_per_day
    }
}

/// Cheap to clone; clones share what they remember.
#[derive(Clone, Debug)]
pub struct Governor {
    settings: Arc<LimitSettings>,
    /// Searches of one source at a time.
    turns: usize,
    sources: Arc<Mutex<HashMap<Key, State>>>,
    /// Keyed afresh in each process, so that nobody can choose what collides.
    hasher: RandomState,
}

impl Governor {
    #[must_use]
    pub fn new(settings: LimitSettings) -> Self {
        // One a core at most, whatever the setting: it takes eight sources to occupy every worker.
        let turns = settings.searches_at_once.clamp(1, cores());
        Self { settings: Arc::new(settings), turns, sources: Arc::default(), hasher: RandomState::new() }
    }

    /// May this source search now? Error `RateLimited` above its burst.
    pub fn admit(&self, source: &Source, now: Instant) -> Result<Admission> {
        let Some(key) = source.key() else {
            return Ok(Admission { restricted: None, turns: None });
        };
        let allowance = self.allowance(source);
        let mut sources = self.sources();
        let state = self.remembered(&mut sources, key, now);
        if !state.pace.take(allowance.searches_per_second, now) {
            metrics::counter!("annuaire_limits_total", "limit" => "searches").increment(1);
            return Err(too_many("too many searches a second, try again"));
        }
        let used_up = state.has_used_up(&allowance, now);
        if used_up {
            metrics::counter!("annuaire_limits_total", "limit" => "mailboxes").increment(1);
        }
        let settings = &self.settings;
        let pause = Duration::from_millis(settings.restricted_pause_ms).max(allowance.pace_of(settings.restricted_entries));
        let restricted = used_up.then_some(Restricted { entries: settings.restricted_entries, pause });
        Ok(Admission { restricted, turns: Some(Arc::clone(if used_up { &state.restricted } else { &state.turns })) })
    }

    /// Has this source been shown as much as it may be? Takes nothing from its pace.
    #[must_use]
    pub fn restricts(&self, source: &Source, now: Instant) -> bool {
        let allowance = self.allowance(source);
        source.key().is_some_and(|key| self.sources().get_mut(&key).is_some_and(|state| state.has_used_up(&allowance, now)))
    }

    /// Counts the mailboxes an answer shows, given by their addresses.
    pub fn shown<'a>(&self, source: &Source, addresses: impl Iterator<Item = &'a [u8]>, now: Instant) {
        let Some(key) = source.key() else {
            return;
        };
        let hashes: Vec<u64> = addresses.map(|address| self.hasher.hash_one(address)).collect();
        if hashes.is_empty() {
            return;
        }
        let mut sources = self.sources();
        let state = self.remembered(&mut sources, key, now);
        state.hour.add(&hashes, now);
        state.day.add(&hashes, now);
    }

    /// May somebody at this address try a secret? Lock-out is by address and never by account, which a stranger could else lock. Error
    /// `RateLimited`.
    pub fn may_try(&self, address: IpAddr, now: Instant) -> Result<()> {
        let raised = networks_of(&self.settings, address).map(|network| network.failed_credentials_per_minute);
        let most = raised.fold(self.settings.failed_credentials_per_minute, u32::max);
        let failed =
            Source::Address(address).key().is_some_and(|key| self.sources().get(&key).is_some_and(|s| s.failures.reached(most, now)));
        if failed {
            metrics::counter!("annuaire_limits_total", "limit" => "credentials").increment(1);
            return Err(too_many("too many wrong credentials, try again in a minute"));
        }
        Ok(())
    }

    /// A secret was tried and was none.
    pub fn failed(&self, address: IpAddr, now: Instant) {
        if let Some(key) = Source::Address(address).key() {
            self.remembered(&mut self.sources(), key, now).failures.add(now);
        }
    }

    /// The state of a source, made when it is new; room is made first when the memory is full.
    fn remembered<'a>(&self, sources: &'a mut HashMap<Key, State>, key: Key, now: Instant) -> &'a mut State {
        if sources.len() >= MOST_SOURCES && !sources.contains_key(&key) {
            make_room(sources, now);
        }
        sources.entry(key).or_insert_with(|| State::new(now, self.turns))
    }

    fn allowance(&self, source: &Source) -> Allowance {
        let s = &self.settings;
        let own = match source {
            Source::Account { .. } => Allowance {
                searches_per_second: s.searches_per_second,
                mailboxes_per_hour: s.account_mailboxes_per_day,
                mailboxes_per_day: s.account_mailboxes_per_day,
            },
            Source::Address(_) | Source::Local => Allowance {
                searches_per_second: s.searches_per_second,
                mailboxes_per_hour: s.anonymous_mailboxes_per_hour,
                mailboxes_per_day: s.anonymous_mailboxes_per_day,
            },
        };
        let networks = source.address().into_iter().flat_map(|address| networks_of(s, address));
        networks.fold(own, Allowance::raised_by)
    }

    fn sources(&self) -> MutexGuard<'_, HashMap<Key, State>> {
        self.sources.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Governor {
    fn default() -> Self {
        Self::new(LimitSettings::default())
    }
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(2, usize::from)
}

/// Searches that work at a time, of all sources together. More than cores, so that the system shares these fairly between heavy searches
/// and light ones.
#[must_use]
pub fn workers() -> usize {
    8 * cores()
}

/// The named networks an address is in.
fn networks_of(settings: &LimitSettings, address: IpAddr) -> impl Iterator<Item = &NetworkSettings> {
    settings.networks.iter().filter(move |network| network.addresses.iter().any(|range| range.contains(&address)))
}

fn too_many(message: &'static str) -> Error {
    Error::new(Kind::RateLimited, "too_many_requests", message)
}

/// Forgets the half that took least today: who harvests is remembered, whatever crowd comes beside.
fn make_room(sources: &mut HashMap<Key, State>, now: Instant) {
    let mut taken: Vec<u64> = sources.values_mut().map(|state| state.day.distinct(now)).collect();
    let middle = taken.len() / 2;
    let (_, &mut median, _) = taken.select_nth_unstable(middle);
    let mut to_forget = middle + 1;
    sources.retain(|_, state| {
        let forget = to_forget > 0 && state.day.distinct(now) <= median && !state.failures.reached(1, now);
        to_forget -= usize::from(forget);
        !forget
    });
    if sources.len() >= MOST_SOURCES {
        // Everybody guesses secrets: then nobody is remembered for it.
        sources.retain(|_, state| state.day.distinct(now) > median);
    }
}

#[cfg(test)]
#[path = "governor_tests.rs"]
mod tests;
