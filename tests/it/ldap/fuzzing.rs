//! Whatever comes: random and damaged bytes, and filters of every shape, against the readers, the evaluator, the index and a server.
//!
//! The tests here take about a minute together: each goes on for its time, and for a least number of cases however slow the machine.
//! `fuzz/` holds the longer way, by hand; [`corpus`] replays what it has kept. [`ber`] and [`laws`] serve both.

pub mod ber;
mod corpus;
mod damage;
pub mod filters;
mod frames;
mod laws;
mod logic;
mod requests;
mod wire;

use proptest::strategy::Strategy;
use proptest::test_runner::{Config, TestCaseResult, TestRunner};
use std::time::{Duration, Instant};

/// Longest a single case may take: nothing is timed closely, but a hang is found.
pub const LONGEST_CASE: Duration = Duration::from_secs(10);

/// Runs a property for a time, and for `least` cases at least.
pub fn for_a_while<S: Strategy>(time: Duration, least: u32, cases: &S, property: impl Fn(S::Value) -> TestCaseResult) {
    const BATCH: u32 = 16;
    let started = Instant::now();
    let mut ran = 0;
    while ran < least || started.elapsed() < time {
        let config = Config { cases: BATCH, failure_persistence: None, ..Config::default() };
        let timed = |value| {
            let began = Instant::now();
            let outcome = property(value);
            assert!(began.elapsed() < LONGEST_CASE, "one case took {:?}", began.elapsed());
            outcome
        };
        if let Err(failure) = TestRunner::new(config).run(cases, timed) {
            panic!("{failure}");
        }
        ran += BATCH;
    }
}
