//! Suggestions while a question is typed, from its first letter: people, professions, savoir-faire, communes and structures.
//!
//! People and structures are the first entries of a search for what is typed. Communes are those of [`super::towns`];
//! professions and savoir-faire are published labels, by their words and by what they are called every day.
//! What completes only the last words leaves the words before them as free words of the search it stands for.

use super::Labels;
use super::patience::Limits;
use super::query::{Criteria, Matching, Order, Query};
use super::search::{self, Found, State};
use super::towns::{town_label, towns};
use crate::error::Result;
use crate::model::{Audience, Coded, Kind};
use crate::text;
use crate::visibility::{Practice, View};
use std::collections::BTreeMap;

/// Suggestions of one answer.
pub(super) const MOST: usize = 8;
/// Words that a commune or a label may be completed from.
const MOST_WORDS: usize = 6;

const PROFESSIONS: [&str; 4] = ["TRE_G15", "TRE_R94", "TRE_R95", "TRE_R291"];
const EXPERTISES: [&str; 11] =
    ["TRE_R38", "TRE_R39", "TRE_R40", "TRE_R42", "TRE_R43", "TRE_R44", "TRE_R45", "TRE_R97", "TRE_G13", "TRE_R359", "TRE_R394"];

/// What a suggestion is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SuggestionKind {
    Professional,
    Profession,
    Specialty,
    City,
    Organization,
}

/// One suggestion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Suggestion {
    pub kind: SuggestionKind,
    pub label: String,
    /// What tells it apart from others of the same label; may be empty.
    pub detail: String,
    /// Parameters of the search it stands for, by their names at `/v1/search`.
    pub search: BTreeMap<&'static str, String>,
    /// Stable id of a professional or a structure.
    pub id: Option<String>,
}

/// One suggestion, the entry it shows, and whether it is just what was typed.
pub(super) struct Suggested {
    pub suggestion: Suggestion,
    pub shown: Option<Found>,
    pub whole: bool,
}

pub(super) fn suggest(
    state: State<'_>,
    labels: &Labels,
    audience: Audience,
    typed: &str,
    entries: usize,
    limits: &Limits<'_>,
) -> Result<Vec<Suggested>> {
    let words = text::words(typed);
    if words.is_empty() {
        return Ok(Vec::new());
    }
    let mut found = [
        people(state, audience, typed, &words, entries, limits)?,
        completed(&words, |words| Ok(of_tables(labels, &PROFESSIONS, SuggestionKind::Profession, words)))?,
        completed(&words, |words| Ok(of_tables(labels, &EXPERTISES, SuggestionKind::Specialty, words)))?,
        completed(&words, |words| towns(state, audience, words, limits))?,
        organizations(state, audience, typed, &words, entries, limits)?,
    ];
    let [people, professions, specialties, towns, organizations] = &mut found;
    if !(professions.is_empty() && specialties.is_empty() && towns.is_empty()) {
        // Who only works in the town that is typed is not whom one looks for by its name.
        for entries in [people, organizations] {
            entries.retain(|suggested| is_named(&words, &suggested.suggestion.label));
        }
    }
    Ok(mixed(found))
}

/// Does a word of the name begin with one of those typed?
fn is_named(typed: &[String], name: &str) -> bool {
    text::words(name).iter().any(|own| typed.iter().any(|word| own.starts_with(word.as_str())))
}

/// Runs of blanks made one.
fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first of each kind, then the second, up to the bound; told kind by kind, those that are just what was typed before the others.
fn mixed(found: [Vec<Suggested>; 5]) -> Vec<Suggested> {
    let longest = found.iter().map(Vec::len).max().unwrap_or_default();
    let mut taken: Vec<(usize, usize, Suggested)> = Vec::new();
    let mut lists = found.map(|list| list.into_iter().enumerate());
    for _ in 0..longest {
        for (kind, list) in lists.iter_mut().enumerate() {
            if let Some((place, suggested)) = list.next().filter(|_| taken.len() < MOST) {
                taken.push((kind, place, suggested));
            }
        }
    }
    let whole: Vec<usize> = taken.iter().filter(|(_, _, suggested)| suggested.whole).map(|(kind, ..)| *kind).collect();
    taken.sort_by_key(|(kind, place, _)| (!whole.contains(kind), *kind, *place));
    taken.into_iter().map(|(.., suggested)| suggested).collect()
}

/// What the words complete, else the last ones of them: the words before stay free words.
fn completed(words: &[String], complete: impl Fn(&[String]) -> Result<Vec<Suggested>>) -> Result<Vec<Suggested>> {
    for from in words.len().saturating_sub(MOST_WORDS)..words.len() {
        let (before, last) = words.split_at(from);
        let mut found = complete(last)?;
        if !found.is_empty() {
            if !before.is_empty() {
                for suggested in &mut found {
                    suggested.suggestion.search.insert("q", before.join(" "));
                    suggested.whole = false;
                }
            }
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// What an everyday word stands for, then the labels of which words begin so.
fn of_tables(labels: &Labels, tables: &[&str], kind: SuggestionKind, words: &[String]) -> Vec<Suggested> {
    let (typed, everyday) = (words.join(" "), text::everyday::phrase(words).filter(|(count, _)| *count == words.len()));
    let (parameter, meant): (_, &[&str]) = match kind {
        SuggestionKind::Profession => ("profession", everyday.map_or(&[], |(_, everyday)| &everyday.professions)),
        _ => ("specialty", everyday.map_or(&[], |(_, everyday)| &everyday.specialties)),
    };
    let mut found = BTreeMap::new();
    for Coded { code, label } in tables.iter().filter_map(|table| labels.get(*table)).flat_map(|rows| rows.iter()) {
        let own = text::words(label);
        let place = meant.iter().position(|meant| meant == code).unwrap_or(usize::MAX);
        if place != usize::MAX || words.iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str()))) {
            let name = own.join(" ");
            let place = (place, name != typed, !name.starts_with(&typed), name.len(), name);
            found.entry(place).or_insert_with(|| (code.clone(), tidy(label)));
        }
    }
    let first = found.into_iter().take(MOST);
    let suggested = first.map(|((place, other, ..), (code, label))| Suggested {
        suggestion: Suggestion { kind, label, detail: String::new(), search: [(parameter, code)].into(), id: None },
        shown: None,
        whole: !other || place == 0,
    });
    suggested.collect()
}

fn first(state: State<'_>, audience: Audience, kind: Kind, criteria: Criteria, entries: usize, limits: &Limits<'_>) -> Result<Vec<Found>> {
    let (limit, matching) = (entries.min(MOST), Matching::Criteria(criteria));
    let query = Query { kinds: vec![kind], matching, order: Order::Rank, limit, after: None, count: false, facets: false };
    Ok(search::search(state, audience, &query, limits)?.hits)
}

/// So little is typed that only names are looked through: other words that begin so stand in nearly every entry.
fn is_short(words: &[String]) -> bool {
    words.iter().map(|word| word.chars().count()).sum::<usize>() < 3
}

fn people(
    state: State<'_>,
    audience: Audience,
    typed: &str,
    words: &[String],
    entries: usize,
    limits: &Limits<'_>,
) -> Result<Vec<Suggested>> {
    let typed_words = Some(typed.to_owned());
    let criteria = match is_short(words) {
        true => Criteria { name: typed_words, ..Criteria::default() },
        false => Criteria { q: typed_words, ..Criteria::default() },
    };
    let found = first(state, audience, Kind::Professional, criteria, entries, limits)?;
    let suggested = |found: Found| {
        let published = found.stored.published()?;
        let View::Professional(view) = published.view() else { return Ok(None) };
        let label = tidy(&[view.person.given_name.as_str(), &view.person.family_name].join(" "));
        let detail = published.view().practices().first().map(detail_of).unwrap_or_default();
        let search = [("q", label.clone())].into();
        let id = Some(published.id().to_owned());
        let suggestion = Suggestion { kind: SuggestionKind::Professional, label, detail, search, id };
        Ok(Some(Suggested { suggestion, shown: Some(found), whole: false }))
    };
    found.into_iter().filter_map(|found| suggested(found).transpose()).collect()
}

/// Savoir-faire or profession, and the commune.
fn detail_of(practice: &Practice<'_>) -> String {
    let what = practice.specialties.first().map(|s| s.label.as_str()).or_else(|| practice.profession.map(|p| p.label.as_str()));
    let parts = [what.unwrap_or_default(), practice.organization.map_or("", |o| &o.city)];
    parts.into_iter().filter(|part| !part.is_empty()).map(tidy).collect::<Vec<_>>().join(", ")
}

fn organizations(
    state: State<'_>,
    audience: Audience,
    typed: &str,
    words: &[String],
    entries: usize,
    limits: &Limits<'_>,
) -> Result<Vec<Suggested>> {
    let typed_words = Some(typed.to_owned());
    let criteria = match is_short(words) {
        true => Criteria { organization: typed_words, ..Criteria::default() },
        false => Criteria { q: typed_words, ..Criteria::default() },
    };
    let found = first(state, audience, Kind::Structure, criteria, entries, limits)?;
    let suggested = |found: Found| {
        let published = found.stored.published()?;
        let View::Structure(view) = published.view() else { return Ok(None) };
        let place = &view.organization;
        let search = [("organization", place.id.clone())].into();
        let (label, detail, id) = (tidy(&place.name), town_label(&place.city), Some(place.id.clone()));
        let suggestion = Suggestion { kind: SuggestionKind::Organization, label, detail, search, id };
        Ok(Some(Suggested { suggestion, shown: Some(found), whole: false }))
    };
    found.into_iter().filter_map(|found| suggested(found).transpose()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_are_mixed_and_what_was_typed_comes_first() {
        let list = |kind, count: usize, whole| -> Vec<Suggested> {
            let suggestion = |n: usize| Suggestion { kind, label: n.to_string(), detail: String::new(), search: BTreeMap::new(), id: None };
            (0..count).map(|n| Suggested { suggestion: suggestion(n), shown: None, whole: whole && n == 0 }).collect()
        };
        use SuggestionKind::{City, Organization, Profession, Professional, Specialty};
        let mixed = mixed([
            list(Professional, 8, false),
            list(Profession, 0, false),
            list(Specialty, 1, false),
            list(City, 2, true),
            list(Organization, 8, false),
        ]);
        let kinds: Vec<_> = mixed.iter().map(|s| (s.suggestion.kind, s.suggestion.label.as_str())).collect();
        assert_eq!(
            kinds,
            [
                (City, "0"),
                (City, "1"),
                (Professional, "0"),
                (Professional, "1"),
                (Professional, "2"),
                (Specialty, "0"),
                (Organization, "0"),
                (Organization, "1"),
            ]
        );
    }
}
