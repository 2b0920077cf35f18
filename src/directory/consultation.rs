//! How the directory is asked: questions by interface, with the time each took and whether anything was found. Numbers in memory, one relaxed
//! addition a question; who keeps them for longer takes them now and then.
//!
//! Nothing of a question or its answer is in them, and what is hidden counts as what was never there. The doors say when a question was
//! answered; a further page of the same question is none.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// A door that is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Interface {
    Ldap,
    Rest,
}

impl Interface {
    pub const ALL: [Self; 2] = [Self::Ldap, Self::Rest];

    /// The word kept and told.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Ldap => "ldap",
            Self::Rest => "rest",
        }
    }
}

/// Classes of durations: four an octave of microseconds, up to a minute and more.
const CLASSES: usize = 104;

/// Questions of one class.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Asked {
    pub interface: Interface,
    /// Longest duration of the class, microseconds.
    pub longest: u64,
    pub questions: u64,
    /// Those of them to which nothing was found.
    pub empty: u64,
}

/// Counts since they were taken last.
#[derive(Debug)]
pub struct Consultation {
    /// By interface, whether anything was found, and class.
    counts: [[[AtomicU64; CLASSES]; 2]; 2],
}

impl Default for Consultation {
    fn default() -> Self {
        Self { counts: std::array::from_fn(|_| std::array::from_fn(|_| std::array::from_fn(|_| AtomicU64::new(0)))) }
    }
}

impl Consultation {
    /// A question was answered; `empty`: nothing was found, for whatever reason.
    pub fn count(&self, interface: Interface, took: Duration, empty: bool) {
        let of = self.counts.get(interface as usize).and_then(|found| found.get(usize::from(empty)));
        if let Some(count) = of.and_then(|classes| classes.get(class(took))) {
            count.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// What was counted since; from now on it is counted from nothing.
    #[must_use]
    pub fn take(&self) -> Vec<Asked> {
        let mut taken = Vec::new();
        for (interface, [found, empty]) in Interface::ALL.into_iter().zip(&self.counts) {
            for (class, (found, empty)) in found.iter().zip(empty).enumerate() {
                let (found, empty) = (found.swap(0, Ordering::Relaxed), empty.swap(0, Ordering::Relaxed));
                if found + empty > 0 {
                    taken.push(Asked { interface, longest: longest(class), questions: found + empty, empty });
                }
            }
        }
        taken
    }
}

/// The last class takes everything longer as well.
fn class(took: Duration) -> usize {
    let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX).max(1);
    let octave = micros.ilog2();
    // The two bits behind the first one.
    let quarter = if octave >= 2 { (micros >> (octave - 2)) & 3 } else { (micros << (2 - octave)) & 3 };
    usize::try_from(u64::from(octave) * 4 + quarter).unwrap_or(CLASSES).min(CLASSES - 1)
}

fn longest(class: usize) -> u64 {
    let (octave, quarter) = (class / 4, class as u64 % 4);
    let next = (5 + quarter) << octave;
    // Below four microseconds a class may hold none.
    (next.div_ceil(4)).saturating_sub(1).max(1 << octave)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_in_the_class_that_ends_behind_it() {
        for micros in (1..5_000).chain([9_999, 123_456, 1_000_000, 59_999_999, 67_108_863]) {
            let class = class(Duration::from_micros(micros));
            assert!(micros <= longest(class), "{micros} in {class}: {}", longest(class));
            // A quarter of it at most is what a figure is too large.
            assert!(longest(class) * 4 <= micros * 5 + 4, "{micros} in {class}: {}", longest(class));
        }
        assert_eq!(class(Duration::from_secs(86_400)), CLASSES - 1);
        assert_eq!(class(Duration::ZERO), 0);
    }

    #[test]
    fn what_is_taken_is_counted_once() {
        let consultation = Consultation::default();
        for (interface, micros, empty) in [(Interface::Ldap, 300, false), (Interface::Ldap, 300, true), (Interface::Rest, 7_000, false)] {
            consultation.count(interface, Duration::from_micros(micros), empty);
        }
        let taken = consultation.take();
        let of = |asked: &Asked| (asked.interface, asked.longest, asked.questions, asked.empty);
        assert_eq!(taken.iter().map(of).collect::<Vec<_>>(), [(Interface::Ldap, 319, 2, 1), (Interface::Rest, 7_167, 1, 0)]);
        assert_eq!(consultation.take(), []);
    }
}
