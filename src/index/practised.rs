//! Professions and savoir-faire to be suggested: what an everyday word stands for, all of it at once, then the official labels of which
//! words begin so. Whether anybody practises them is for [`super::suggest`] to try.

use super::Labels;
use super::suggest::{Suggested, Suggestion, SuggestionKind, tidy};
use crate::model::Coded;
use crate::text::{self, everyday::Everyday};
use std::collections::BTreeMap;

const PROFESSIONS: [&str; 4] = ["TRE_G15", "TRE_R94", "TRE_R95", "TRE_R291"];
const EXPERTISES: [&str; 11] =
    ["TRE_R38", "TRE_R39", "TRE_R40", "TRE_R42", "TRE_R43", "TRE_R44", "TRE_R45", "TRE_R97", "TRE_G13", "TRE_R359", "TRE_R394"];

/// What the words may mean, the likeliest first; as many as there are.
pub(super) fn practised(labels: &Labels, kind: SuggestionKind, words: &[String]) -> Vec<Suggested> {
    let everyday = text::everyday::phrase(words).filter(|(count, _)| *count == words.len()).map(|(_, everyday)| everyday);
    let (tables, parameter, meant): (&[&str], _, &[&str]) = match kind {
        SuggestionKind::Profession => (&PROFESSIONS, "profession", everyday.map_or(&[], |everyday| &everyday.professions)),
        _ => (&EXPERTISES, "specialty", everyday.map_or(&[], |everyday| &everyday.specialties)),
    };
    let typed = words.join(" ");
    let mut found = BTreeMap::new();
    for Coded { code, label } in tables.iter().filter_map(|table| labels.get(*table)).flat_map(|rows| rows.iter()) {
        let own = text::words(label);
        let place = meant.iter().position(|meant| meant == code).unwrap_or(usize::MAX);
        if place != usize::MAX || words.iter().all(|word| own.iter().any(|own| own.starts_with(word.as_str()))) {
            let name = own.join(" ");
            found.insert((place, name != typed, !name.starts_with(&typed), name.len(), name, code), label);
        }
    }
    let suggested = |label: String, search, whole| Suggested {
        suggestion: Suggestion { kind, label, detail: String::new(), search, id: None },
        shown: None,
        whole,
    };
    let whole = everyday.and_then(|everyday| meaning(everyday, kind)).map(|(label, search)| suggested(label, search, true));
    let coded = found
        .into_iter()
        .map(|((place, other, .., code), label)| suggested(tidy(label), BTreeMap::from([(parameter, code.clone())]), !other || place == 0));
    whole.into_iter().chain(coded).collect()
}

/// An everyday word as a suggestion of its own where it stands for several codes, and the search for all of them. What names a profession
/// and savoir-faire at once is told as the former.
fn meaning(everyday: &Everyday, kind: SuggestionKind) -> Option<(String, BTreeMap<&'static str, String>)> {
    let (professions, specialties) = (everyday.professions.len(), everyday.specialties.len());
    let parameter = match (kind, professions, specialties) {
        (SuggestionKind::Profession, 1.., 1..) => "q",
        (SuggestionKind::Profession, 2.., 0) => "profession",
        (SuggestionKind::Specialty, 0, 2..) => "specialty",
        _ => return None,
    };
    let mut letters = everyday.name.chars();
    let label = letters.next()?.to_uppercase().chain(letters).collect();
    Some((label, BTreeMap::from([(parameter, everyday.name.to_owned())])))
}

/// Several codes of one label are told apart by these.
pub(super) fn tell_twins_apart(mut found: Vec<Suggested>) -> Vec<Suggested> {
    let key = |suggested: &Suggested| text::words(&suggested.suggestion.label).concat();
    let keys: Vec<String> = found.iter().map(key).collect();
    for (suggested, own) in found.iter_mut().zip(&keys) {
        let code = ["profession", "specialty"].into_iter().find_map(|name| suggested.suggestion.search.get(name));
        if keys.iter().filter(|key| *key == own).count() > 1
            && let Some(code) = code.filter(|code| code.chars().any(|letter| letter.is_ascii_digit()))
        {
            suggested.suggestion.detail.clone_from(code);
        }
    }
    found
}
