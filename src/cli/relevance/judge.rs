//! How good an answer is: pure rules over ids in their order and a total, for whatever system answered.

use super::expected::Expected;

/// Answers looked at.
pub const DEPTH: usize = 10;

/// What a system answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Stable ids, best first, the first [`DEPTH`] at most.
    pub ids: Vec<String>,
    /// Entries that match, on all pages.
    pub total: u64,
}

/// What it is worth.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Judgement {
    /// 1 / rank of the first expected entry, 0 when it is not among the first [`DEPTH`].
    pub reciprocal_rank: f64,
    /// The answer is as expected. Where several entries are expected, or none, there is only right and wrong.
    pub success_1: bool,
    /// An expected entry is among the first five; where several are expected the same as `success_1`.
    pub success_5: bool,
}

impl Expected {
    #[must_use]
    pub fn judge(&self, given: &Given) -> Judgement {
        let rank = |wanted: &dyn Fn(&str) -> bool| given.ids.iter().take(DEPTH).position(|id| wanted(id)).map(|at| at + 1);
        let reciprocal = |rank: Option<usize>| rank.map_or(0.0, |rank| 1.0 / rank as f64);
        // The expected ones first, as far as one sees.
        let lead = |set: &std::collections::BTreeSet<String>| {
            let seen = set.len().min(DEPTH);
            given.ids.len() >= seen && given.ids.iter().take(seen).all(|id| set.contains(id))
        };
        let (reciprocal_rank, right) = match self {
            Self::None => {
                let empty = given.total == 0 && given.ids.is_empty();
                (f64::from(u8::from(empty)), empty)
            }
            Self::First(set) => {
                let rank = rank(&|id| set.contains(id));
                let judgement = |most| rank.is_some_and(|rank| rank <= most);
                return Judgement { reciprocal_rank: reciprocal(rank), success_1: judgement(1), success_5: judgement(5) };
            }
            Self::Order(list) => (reciprocal(rank(&|id| list.first().is_some_and(|first| first == id))), given.ids.starts_with(list)),
            Self::Only(set) => (reciprocal(rank(&|id| set.contains(id))), lead(set) && given.total == set.len() as u64),
            Self::Every(set) => (reciprocal(rank(&|id| set.contains(id))), lead(set) && given.total >= set.len() as u64),
        };
        Judgement { reciprocal_rank, success_1: right, success_5: right }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(ids: &str, total: u64) -> Given {
        Given { ids: ids.split_whitespace().map(str::to_owned).collect(), total }
    }

    #[test]
    fn answers_are_worth_what_they_should() {
        let set = |ids: &str| ids.split_whitespace().map(str::to_owned).collect();
        for (expected, answer, rank, first, five) in [
            (Expected::None, given("", 0), 1.0, true, true),
            (Expected::None, given("a", 1), 0.0, false, false),
            (Expected::First(set("a b")), given("b x", 2), 1.0, true, true),
            (Expected::First(set("a")), given("x y a", 3), 1.0 / 3.0, false, true),
            (Expected::First(set("a")), given("1 2 3 4 5 a", 6), 1.0 / 6.0, false, false),
            (Expected::First(set("a")), given("1 2 3 4 5 6 7 8 9 10 a", 11), 0.0, false, false),
            (Expected::Order(vec!["a".into(), "b".into()]), given("a b c", 3), 1.0, true, true),
            (Expected::Order(vec!["a".into(), "b".into()]), given("a c b", 3), 1.0, false, false),
            (Expected::Only(set("a b")), given("b a", 2), 1.0, true, true),
            (Expected::Only(set("a b")), given("b a c", 3), 1.0, false, false),
            (Expected::Only(set("a b")), given("b", 1), 1.0, false, false),
            (Expected::Every(set("a b")), given("b a c", 3), 1.0, true, true),
            (Expected::Every(set("a b")), given("b c a", 3), 1.0, false, false),
        ] {
            let judgement = expected.judge(&answer);
            assert_eq!((judgement.success_1, judgement.success_5), (first, five), "{expected:?} {answer:?}");
            assert!((judgement.reciprocal_rank - rank).abs() < 1e-9, "{expected:?} {answer:?}");
        }
    }
}
