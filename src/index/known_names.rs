//! Words that are left out of a question as particles, and begin names as well: Ben Ali. (`m` is a title, unless an apostrophe follows.)
//!
//! Whether one does is not to be told from the question. It is looked up in a directory that is asked, as the caller sees it: the name as one
//! word that somebody shown has. Of names that are asked so a reading leaves nothing out ([`Criteria::known_names`]).

use super::facts::name_words;
use super::forgiving::held;
use super::patience::{Limits, Patience};
use super::plan::{Place, Plan};
use super::query::{Answer, Criteria, Matching, Query};
use super::search::{Found, State};
use crate::error::Result;
use crate::model::Audience;

/// Names of a question that are looked up.
const MOST: usize = 4;

/// May it begin a name that has no meaning without it?
pub(super) fn may_begin_a_name(folded: &str) -> bool {
    matches!(folded, "ben" | "bin")
}

/// Names that may be meant, each written as one word.
fn doubtful(criteria: &Criteria) -> Vec<String> {
    let mut names = Vec::new();
    for asked in [&criteria.q, &criteria.name].into_iter().flatten() {
        let words = name_words(asked);
        let begun = words.windows(2).filter(|pair| pair.first().is_some_and(|first| may_begin_a_name(first)));
        names.extend(begun.map(<[String]>::concat));
    }
    names.truncate(MOST);
    names
}

/// Those of them that somebody shown to this audience is called.
fn known_names(state: State<'_>, audience: Audience, criteria: &Criteria, limits: &Limits<'_>) -> Result<Vec<String>> {
    let patience = Patience::of(limits);
    let mut known = Vec::new();
    for name in doubtful(criteria) {
        if held(state, audience, &Plan::Term(Place::Words, format!("n:{name}")), &patience)? {
            known.push(name);
        }
    }
    Ok(known)
}

/// A search whose question is read with the names that the directory knows.
pub(super) fn search(state: State<'_>, audience: Audience, query: &Query, limits: &Limits<'_>) -> Result<Answer<Found>> {
    let known = match &query.matching {
        Matching::Criteria(criteria) => known_names(state, audience, criteria, limits)?,
        Matching::Attributes(_) => Vec::new(),
    };
    if known.is_empty() {
        return super::search::search(state, audience, query, limits);
    }
    let mut query = query.clone();
    if let Matching::Criteria(criteria) = &mut query.matching {
        criteria.known_names.clone_from(&known);
    }
    Ok(Answer { known_names: known, ..super::search::search(state, audience, &query, limits)? })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_words_that_may_begin_a_name_are_doubtful() {
        let of = |q: &str| doubtful(&Criteria { q: Some(q.into()), ..Criteria::default() });
        assert_eq!(of("Ben Ali lyon"), ["benali"]);
        assert!(
            of("m'barki").is_empty()
                && of("de la tour").is_empty()
                && of("ben").is_empty()
                && of("ali ben").is_empty()
                && of("").is_empty()
        );
    }
}
