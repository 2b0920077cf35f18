//! What a question must get, read from its `expect`:
//!
//! | text | the answer |
//! |---|---|
//! | `none` | is empty |
//! | `first A` or `first A B` | begins with one of these entries |
//! | `order A B` | begins with these entries, in this order |
//! | `only A B` | is these entries, in any order |
//! | `some PREDICATE` | begins with an entry of which the predicate holds |
//! | `every PREDICATE` | has those of which it holds before all others, and all of them |
//! | `exactly PREDICATE` | is those of which it holds |
//!
//! Entries are named by their stable ids, the suite's own people and places by their keys. Predicates: [`super::predicate`].

use super::predicate::Predicate;
use super::questions::Question;
use super::witness::Witness;
use anyhow::{Context as _, bail, ensure};
use std::collections::BTreeSet;

/// Entries by stable id.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expected {
    None,
    First(BTreeSet<String>),
    Order(Vec<String>),
    Only(BTreeSet<String>),
    Every(BTreeSet<String>),
}

impl Witness {
    /// What a question must get of this data.
    ///
    /// # Errors
    /// When the text cannot be read, or names or describes nobody: then the question is wrong.
    pub fn expected(&self, question: &Question) -> anyhow::Result<Expected> {
        self.understood(question.expect.trim()).with_context(|| format!("question {}: expect {}", question.id, question.expect))
    }

    fn understood(&self, text: &str) -> anyhow::Result<Expected> {
        let (verb, rest) = text.split_once(' ').unwrap_or((text, ""));
        let named = || rest.split_whitespace().map(|name| self.id_of(name)).collect::<anyhow::Result<Vec<_>>>();
        let described = || -> anyhow::Result<BTreeSet<String>> {
            let predicate = Predicate::read(rest)?;
            Ok(self.entries().iter().filter(|entry| predicate.holds(entry)).map(|entry| entry.id.clone()).collect())
        };
        let expected = match verb {
            "none" => {
                ensure!(rest.is_empty(), "none stands alone");
                return Ok(Expected::None);
            }
            "first" => Expected::First(named()?.into_iter().collect()),
            "order" => Expected::Order(named()?),
            "only" => Expected::Only(named()?.into_iter().collect()),
            "some" => Expected::First(described()?),
            "every" => Expected::Every(described()?),
            "exactly" => Expected::Only(described()?),
            _ => bail!("one of none, first, order, only, some, every, exactly"),
        };
        ensure!(!expected.entries().is_empty(), "nobody");
        Ok(expected)
    }
}

impl Expected {
    /// The entries it speaks of.
    #[must_use]
    pub fn entries(&self) -> BTreeSet<String> {
        match self {
            Self::None => BTreeSet::new(),
            Self::First(set) | Self::Only(set) | Self::Every(set) => set.clone(),
            Self::Order(list) => list.iter().cloned().collect(),
        }
    }
}
