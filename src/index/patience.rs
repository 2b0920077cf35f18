//! When a search must end, asked often and answered cheaply: by the deadline, by who waits for it, by the entries it may test.

use std::cell::Cell;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Entries re-tested by one search at most.
pub const MAX_CANDIDATES: usize = 200_000;
/// The clock is looked at once in so many steps; one moves a posting list, or reads a term.
pub(super) const STEPS: u32 = 64;

/// When a search must end.
#[derive(Debug)]
pub struct Limits<'a> {
    pub deadline: Instant,
    /// Set when nobody waits for the answer any more.
    pub cancelled: &'a AtomicBool,
    /// Entries re-tested at most.
    pub candidates: usize,
}

/// Limits as a running search asks them; `None`: those of a look-up without end.
pub(super) struct Patience<'a> {
    limits: Option<&'a Limits<'a>>,
    steps: Cell<u32>,
    over: Cell<bool>,
}

impl<'a> Patience<'a> {
    pub fn of(limits: &'a Limits<'a>) -> Self {
        Self { limits: Some(limits), steps: Cell::new(0), over: Cell::new(false) }
    }

    pub fn endless() -> Self {
        Self { limits: None, steps: Cell::new(0), over: Cell::new(false) }
    }

    /// Is it over? Looks at the clock now.
    pub fn is_over(&self) -> bool {
        if !self.over.get() {
            self.over.set(self.limits.is_some_and(|l| l.cancelled.load(Ordering::Relaxed) || Instant::now() >= l.deadline));
        }
        self.over.get()
    }

    /// The same, looking at the clock now and then.
    pub fn is_over_after_a_step(&self) -> bool {
        let steps = self.steps.get().wrapping_add(1);
        self.steps.set(steps);
        if steps.is_multiple_of(STEPS) { self.is_over() } else { self.over.get() }
    }

    /// Was it found to be over?
    pub fn was_over(&self) -> bool {
        self.over.get()
    }

    /// Steps so far.
    #[cfg(test)]
    pub fn taken(&self) -> u32 {
        self.steps.get()
    }
}
