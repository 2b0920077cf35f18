//! Communes to be suggested: terms of the entries that are there, confirmed and counted on live documents of the audience, for a term
//! dictionary alone also holds what was withdrawn.

use super::generation::failed;
use super::patience::{Limits, Patience};
use super::ready::Terms;
use super::search::State;
use super::suggest::{MOST_TRIED, Suggested, Suggestion, SuggestionKind};
use crate::error::Result;
use crate::model::{Audience, Kind};
use crate::text;
use crate::visibility::View;
use std::collections::{BTreeMap, HashMap};
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED};

/// Between the parts of a term: the folded name, the commune as written, code and name of its département.
const PART: char = '\u{2}';

/// Writes the communes where an entry is. Mailboxes are where their holders and structures are.
pub(super) fn add_towns(view: &View, terms: &mut Terms) {
    if view.kind() == Kind::Mailbox {
        return;
    }
    for place in view.practices().iter().filter_map(|practice| practice.organization) {
        let (label, department) = (town_label(&place.city), place.department.clone().unwrap_or_default());
        let key = text::town::town_words(&label).join(" ");
        if !key.is_empty() {
            let part = &PART.to_string();
            let clean = |text: &str| text.chars().filter(|c| !c.is_control()).collect::<String>();
            terms.add(&[&key, part, &label, part, &clean(&department.code), part, &clean(&department.label)]);
        }
    }
}

/// A commune as it is written, without what is behind its name in a line of delivery.
pub(super) fn town_label(city: &str) -> String {
    let words = city.split(|c: char| c.is_whitespace() || c.is_control()).filter(|word| !word.is_empty());
    words.take_while(|word| !word.eq_ignore_ascii_case("cedex")).collect::<Vec<_>>().join(" ")
}

/// Communes that begin so, those with most entries first.
pub(super) fn towns(state: State<'_>, audience: Audience, words: &[String], limits: &Limits<'_>) -> Result<Vec<Suggested>> {
    const WHAT: &str = "the communes cannot be read";
    let (typed, patience) = (text::town::town_words(&words.join(" ")).join(" "), Patience::of(limits));
    if typed.is_empty() {
        return Ok(Vec::new());
    }
    let kinds = u64::MAX;
    let mut counted: HashMap<String, (String, u64)> = HashMap::new();
    for (ordinal, segment) in (0u32..).zip(state.searcher.segment_readers()) {
        let columns = state.segments.columns(ordinal)?;
        let inverted = segment.inverted_index(state.fields.towns).map_err(failed(WHAT))?;
        let mut terms = inverted.terms().range().ge(&typed).into_stream().map_err(failed(WHAT))?;
        while terms.advance() && terms.key().starts_with(typed.as_bytes()) && !patience.is_over_after_a_step() {
            let mut postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(failed(WHAT))?;
            let mut shown = 0;
            while postings.doc() != TERMINATED && !patience.is_over_after_a_step() {
                shown += u64::from(columns.shown(segment, postings.doc(), u64::from(audience.bit()), kinds));
                postings.advance();
            }
            if let Some((key, label, code, name)) = std::str::from_utf8(terms.key()).ok().filter(|_| shown > 0).and_then(parts) {
                let whole = text::town::divided(key).filter(|(town, _)| town.starts_with(typed.as_str()));
                // An arrondissement counts for the whole town, too, which is what is meant more often.
                let of_whole = whole.filter(|(town, _)| *town != key);
                let label = whole.filter(|(town, _)| *town == key).map_or(label, |(_, label)| label);
                for (key, label) in std::iter::once((key, label)).chain(of_whole) {
                    let (first, count) = counted.entry(format!("{key}{PART}{code}{PART}{name}")).or_insert_with(|| (label.to_owned(), 0));
                    *count += shown;
                    // Written in two ways: one of them, whatever the segments.
                    if label > first.as_str() {
                        label.clone_into(first);
                    }
                }
            }
        }
    }
    let town = |(key, (label, count)): (String, (String, u64))| Some((town(&key, label, &typed)?, count, key));
    let mut found: Vec<_> = counted.into_iter().filter_map(town).collect();
    found.sort_by(|(a, many, key), (b, more, other)| b.whole.cmp(&a.whole).then(more.cmp(many)).then_with(|| key.cmp(other)));
    found.truncate(MOST_TRIED);
    Ok(found.into_iter().map(|(suggested, ..)| suggested).collect())
}

fn parts(term: &str) -> Option<(&str, &str, &str, &str)> {
    let mut parts = term.split(PART);
    Some((parts.next()?, parts.next()?, parts.next()?, parts.next()?))
}

fn town(key: &str, label: String, typed: &str) -> Option<Suggested> {
    let mut parts = key.split(PART);
    let (name, code, department) = (parts.next()?, parts.next()?, parts.next()?);
    let mut search = BTreeMap::from([("city", label.clone())]);
    if !code.is_empty() {
        search.insert("department", code.to_owned());
    }
    let detail = match (department, code) {
        ("", code) => code.to_owned(),
        (department, code) => format!("{department} ({code})"),
    };
    let suggestion = Suggestion { kind: SuggestionKind::City, label, detail, search, id: None };
    Some(Suggested { suggestion, shown: None, whole: name == typed })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn communes_lose_what_is_behind_their_name() {
        for (written, label) in
            [("LYON CEDEX 03", "LYON"), ("  Saint-Denis  ", "Saint-Denis"), ("PARIS 12E ARRONDISSEMENT", "PARIS 12E ARRONDISSEMENT")]
        {
            assert_eq!(town_label(written), label);
        }
        assert_eq!(town_label("CEDEX"), "");
    }
}
