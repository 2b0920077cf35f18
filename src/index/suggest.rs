//! Suggestions while a question is typed, from its first letter: people, professions, savoir-faire, communes and structures.
//!
//! People and structures are the first entries of a search for what is typed. Communes are those of [`super::towns`];
//! professions and savoir-faire those of [`super::practised`].
//! What completes only the last words leaves the words before them as free words of the search it stands for. A completion is suggested only
//! when that search finds an entry that the audience is shown, so that no code and no commune tells of what is hidden.

use super::Labels;
use super::family_names::people_named;
use super::known_names;
use super::patience::Limits;
use super::practice::telling_words;
use super::practised::{practised, tell_twins_apart};
use super::query::{Criteria, Matching, Order, Query};
use super::question::Question;
use super::search::{self, Begun, Found, State};
use super::towns::{town_label, towns};
use crate::error::Result;
use crate::model::{Audience, Kind};
use crate::text;
use crate::visibility::{Practice, View};
use std::collections::BTreeMap;

/// Suggestions of one answer.
pub(super) const MOST: usize = 8;
/// Words that a commune or a label may be completed from.
const MOST_WORDS: usize = 6;
/// What may be meant by one completion and is tried whether it finds anybody.
pub(super) const MOST_TRIED: usize = 64;

/// Places of two kinds among those that are mixed.
const PEOPLE: usize = 0;
const ORGANIZATIONS: usize = 4;

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
        tell_twins_apart(completed(state, audience, typed, &words, limits, |words| {
            Ok(practised(labels, SuggestionKind::Profession, words))
        })?),
        tell_twins_apart(completed(state, audience, typed, &words, limits, |words| {
            Ok(practised(labels, SuggestionKind::Specialty, words))
        })?),
        completed(state, audience, typed, &words, limits, |words| towns(state, audience, words, limits))?,
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
pub(super) fn tidy(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The first of each kind, then the second, up to the bound; told kind by kind: professions, savoir-faire and communes that are just what was typed
/// before people, people before structures, and these before all others.
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
    let rank = |kind: usize| match kind {
        _ if !whole.contains(&kind) => 3,
        PEOPLE => 1,
        ORGANIZATIONS => 2,
        _ => 0,
    };
    taken.sort_by_key(|(kind, place, _)| (rank(*kind), *kind, *place));
    taken.into_iter().map(|(.., suggested)| suggested).collect()
}

/// What is typed before the last of its words, these, as it is typed: what becomes of it stands in the search box again.
fn typed_before<'a>(typed: &'a str, last: &[String]) -> Option<&'a str> {
    let cuts = typed.char_indices().rev().filter(|(_, letter)| !letter.is_alphanumeric()).map(|(at, _)| typed.split_at(at));
    let mut behind = cuts.map(|(before, behind)| (before, text::words(behind))).take_while(|(_, words)| words.len() <= last.len());
    behind.find(|(_, words)| words == last).map(|(before, _)| before.trim())
}

/// What the words complete, else the last ones of them: the words before stay free words. Only what finds somebody, with the words kept.
fn completed(
    state: State<'_>,
    audience: Audience,
    typed: &str,
    words: &[String],
    limits: &Limits<'_>,
    complete: impl Fn(&[String]) -> Result<Vec<Suggested>>,
) -> Result<Vec<Suggested>> {
    for from in words.len().saturating_sub(MOST_WORDS)..words.len() {
        let (before, last) = words.split_at(from);
        let before = match before {
            [] => String::new(),
            _ => typed_before(typed, last).map_or_else(|| before.join(" "), str::to_owned),
        };
        let mut found = Vec::new();
        for mut suggested in complete(last)?.into_iter().take(MOST_TRIED) {
            if !before.is_empty() {
                let kept = |own: Option<String>| own.map_or_else(|| before.clone(), |own| format!("{before} {own}"));
                let asked = kept(suggested.suggestion.search.remove("q"));
                suggested.suggestion.search.insert("q", asked);
                suggested.whole = false;
            }
            if found.len() < MOST && finds(state, audience, &suggested.suggestion, limits)? {
                found.push(suggested);
            }
        }
        if !found.is_empty() {
            return Ok(found);
        }
    }
    Ok(Vec::new())
}

/// Does the search it stands for find an entry as it is typed?
fn finds(state: State<'_>, audience: Audience, suggestion: &Suggestion, limits: &Limits<'_>) -> Result<bool> {
    let asked = |name: &str| suggestion.search.get(name).cloned();
    let criteria = Criteria {
        q: asked("q"),
        profession: asked("profession"),
        specialty: asked("specialty"),
        city: asked("city"),
        department: asked("department"),
        ..Criteria::default()
    };
    Ok(!typed(state, audience, vec![Kind::Professional, Kind::Structure], criteria, 1, Order::Any, limits)?.is_empty())
}

/// Entries found without forgiving an error.
fn typed(
    state: State<'_>,
    audience: Audience,
    kinds: Vec<Kind>,
    criteria: Criteria,
    limit: usize,
    order: Order,
    limits: &Limits<'_>,
) -> Result<Vec<Found>> {
    let query = Query { kinds, matching: Matching::Criteria(criteria), order, limit, after: None, count: false, facets: false };
    Ok(search::answer(state, audience, &query, limits, &Question::of(&query)?, &mut Begun::default())?.hits)
}

fn first(state: State<'_>, audience: Audience, kind: Kind, criteria: Criteria, entries: usize, limits: &Limits<'_>) -> Result<Vec<Found>> {
    let (limit, matching) = (entries.min(MOST), Matching::Criteria(criteria));
    let query = Query { kinds: vec![kind], matching, order: Order::Rank, limit, after: None, count: false, facets: false };
    Ok(known_names::search(state, audience, &query, limits)?.hits)
}

/// So little is typed that only names are looked through: other words that begin so stand in nearly every entry.
fn is_short(words: &[String]) -> bool {
    words.iter().map(|word| word.chars().count()).sum::<usize>() < 3
}

fn people(
    state: State<'_>,
    audience: Audience,
    text: &str,
    words: &[String],
    entries: usize,
    limits: &Limits<'_>,
) -> Result<Vec<Suggested>> {
    let limit = entries.min(MOST);
    // Who begins to type a person's name begins with that of the family.
    let mut found = match is_short(words) || telling_words(words.to_vec()).len() == 1 {
        true => people_named(state, audience, text, limit, limits)?,
        false => Vec::new(),
    };
    if !is_short(words) && found.len() < limit {
        let criteria = Criteria { q: Some(text.to_owned()), ..Criteria::default() };
        let others = first(state, audience, Kind::Professional, criteria, entries, limits)?;
        let known: Vec<String> = found.iter().map(|found| found.rank.name.clone()).collect();
        found.extend(others.into_iter().filter(|other| !known.contains(&other.rank.name)));
        found.truncate(limit);
    }
    let suggested = |found: Found| {
        let published = found.stored.published()?;
        let View::Professional(view) = published.view() else { return Ok(None) };
        let label = tidy(&[view.person.given_name.as_str(), &view.person.family_name].join(" "));
        let (family, given) = (text::words(&view.person.family_name), text::words(&view.person.given_name));
        let whole = words == family
            || telling_words(words.to_vec()) == telling_words(family.clone())
            || [[&family[..], &given[..]], [&given, &family]].iter().any(|name| name.concat() == words);
        let detail = published.view().practices().first().map(detail_of).unwrap_or_default();
        let search = [("q", label.clone())].into();
        let id = Some(published.id().to_owned());
        let suggestion = Suggestion { kind: SuggestionKind::Professional, label, detail, search, id };
        Ok(Some(Suggested { suggestion, shown: Some(found), whole }))
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
        let whole = [&place.name, &place.trade_name].into_iter().any(|name| text::words(name) == words);
        let (label, detail, id) = (tidy(&place.name), town_label(&place.city), Some(place.id.clone()));
        let suggestion = Suggestion { kind: SuggestionKind::Organization, label, detail, search, id };
        Ok(Some(Suggested { suggestion, shown: Some(found), whole }))
    };
    let mut found: Vec<_> = found.into_iter().filter_map(|found| suggested(found).transpose()).collect::<Result<_>>()?;
    found.sort_by_key(|suggested| !suggested.whole);
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_before_stays_as_it_is() {
        for (typed, count, before) in [
            ("kiné tou", 1, "kiné"),
            (" Dr. L'Étang-Cœur  (Lyon) ", 1, "Dr. L'Étang-Cœur"),
            ("Jean-Ba d'Ar", 1, "Jean-Ba d"),
            ("KINÉ du sport saint-ét", 2, "KINÉ du sport"),
            ("kine\u{301} pari\u{301}s", 1, "kine\u{301}"),
        ] {
            let words = text::words(typed);
            let (_, last) = words.split_at(words.len() - count);
            assert_eq!(typed_before(typed, last), Some(before), "{typed}");
        }
        assert_eq!(typed_before("paris", &["lyon".to_owned()]), None);
    }

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
