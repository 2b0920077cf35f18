//! Chance that is the same on every machine: one stream of random numbers for each invented thing, so that any of them can be made
//! alone, in any order, and a change to one leaves the others as they were.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{RngCore, SeedableRng};

/// What a stream of numbers is for. The numbers are part of what the fixtures are: never renumber.
#[derive(Clone, Copy, Debug)]
pub(super) enum Topic {
    Name = 1,
    Person = 2,
    Site = 3,
    Rows = 4,
    Mailbox = 5,
    SiteMailbox = 6,
    NextDay = 7,
    OperatorMailbox = 9,
    TailName = 10,
    TailSite = 11,
    TailWords = 12,
}

/// Throws for one thing.
#[derive(Clone, Debug)]
pub(super) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of thing `index` (below 2^48) of a topic.
    pub fn new(seed: u64, topic: Topic, index: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(((topic as u64) << 48) | index);
        Self(rng)
    }

    /// A number below `bound` (0 when the bound is 0).
    pub fn below(&mut self, bound: u64) -> u64 {
        // Multiply and shift: the bias is below 2^-32 for the bounds used here.
        ((u128::from(self.0.next_u64()) * u128::from(bound)) >> 64) as u64
    }

    /// True in `times` of a thousand throws.
    pub fn per_mille(&mut self, times: u64) -> bool {
        self.below(1000) < times
    }

    /// One of a list, the default when it is empty.
    pub fn pick<T: Copy + Default>(&mut self, list: &[T]) -> T {
        let at = self.below(list.len() as u64) as usize;
        list.get(at).copied().unwrap_or_default()
    }

    /// One of a list by weight; `None` when the weights are all 0.
    pub fn weighted<'a, T>(&mut self, list: &'a [T], weight: impl Fn(&T) -> u64) -> Option<&'a T> {
        let mut left = self.below(list.iter().map(&weight).sum());
        list.iter().find(|item| {
            let weight = weight(item);
            let found = left < weight;
            left = left.saturating_sub(weight);
            found
        })
    }
}

/// Appends the Luhn key to digits.
pub(super) fn with_luhn_key(digits: &str) -> String {
    (0..10).map(|key| format!("{digits}{key}")).find(|number| crate::model::luhn_valid(number)).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_fixed_for_ever() {
        let throws = |seed, index| {
            let mut dice = Dice::new(seed, Topic::Person, index);
            [dice.below(1000), dice.below(1000), dice.below(1_000_000)]
        };
        assert_eq!(throws(1, 0), throws(1, 0));
        assert_ne!(throws(1, 0), throws(1, 1));
        assert_ne!(throws(1, 0), throws(2, 0));
        assert_eq!(with_luhn_key("1099999001"), "10999990012");
    }

    #[test]
    fn weights_are_kept() {
        let mut dice = Dice::new(1, Topic::Rows, 0);
        let list = [("never", 0), ("rare", 1), ("often", 9)];
        let often = (0..1000).filter(|_| dice.weighted(&list, |(_, w)| *w).unwrap().0 == "often").count();
        assert!((850..950).contains(&often), "{often}");
        assert!(dice.weighted(&[("x", 0)], |(_, w)| *w).is_none());
        assert_eq!(dice.below(0), 0);
    }
}
