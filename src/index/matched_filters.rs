//! Why an entry was found by what was asked beside words: the value of each of `city`, `profession` … that answers it.
//!
//! What is asked of one same practice is told of one: of the first that answers all of it, without an error where there is one.

use super::alternative::{How, near};
use super::facts::{self, Field, name_words};
use super::practice::{Criterion, telling_words};
use super::query::Criteria;
use super::reading::{Source, errors_of};
use super::recognised;
use crate::model::{Address, Coded, normalize_domain};
use crate::text::structures::also_known_by;
use crate::text::{self, everyday, fold, town};
use crate::visibility::{OrganizationView, Practice, View};

/// The field, value and way by which something that was asked is answered.
pub(super) type Told<'a> = (Field, &'a str, How);

/// Each parameter given, what it asks for, and its answer; those that the view does not answer are left out.
pub(super) fn told<'a, 'c>(criteria: &'c Criteria, view: &'a View) -> Vec<(Source, &'c str, Told<'a>)> {
    let given = |source, asked: &'c Option<String>| asked.as_deref().map(|asked| (source, asked));
    let of_practice: Vec<_> = [
        given(Source::Profession, &criteria.profession),
        given(Source::Specialty, &criteria.specialty),
        given(Source::City, &criteria.city),
        given(Source::PostalCode, &criteria.postal_code),
        given(Source::Department, &criteria.department),
        given(Source::Organization, &criteria.organization),
    ]
    .into_iter()
    .flatten()
    .collect();
    let answers = |practice: Practice<'a>| -> Option<Vec<_>> {
        of_practice.iter().map(|(source, asked)| Some((*source, *asked, of_one(*source, asked, &practice)?))).collect()
    };
    let mistaken = |told: &Vec<(Source, &str, Told<'_>)>| told.iter().filter(|(.., (_, _, how))| *how == How::Typo).count();
    let mut all = view.practices().into_iter().filter_map(answers).min_by_key(mistaken).unwrap_or_default();
    let of_entry = [given(Source::Identifier, &criteria.identifier), given(Source::Address, &criteria.address)];
    all.extend(of_entry.into_iter().flatten().filter_map(|(source, asked)| Some((source, asked, of_entry_told(source, asked, view)?))));
    all
}

fn of_entry_told<'a>(source: Source, asked: &str, view: &'a View) -> Option<Told<'a>> {
    if source == Source::Identifier {
        let asked = Criterion::identifier(asked);
        let own = facts::identifiers(view).into_iter().find(|id| Criterion::identifier(id) == asked)?;
        return Some((Field::Identifier, own, How::Number));
    }
    let asked = asked.trim();
    let domain = asked.strip_prefix('@').map(normalize_domain);
    let address = Address::parse(asked).ok();
    let fits = |own: &&str| match &domain {
        Some(domain) => own.split_once('@').is_some_and(|(_, own)| domain.as_deref() == Some(own)),
        None => address.as_ref().is_some_and(|address| address.as_str() == *own),
    };
    let own = view.mailboxes().iter().map(|mailbox| mailbox.address.as_str()).find(fits)?;
    Some((Field::Address, own, How::Whole))
}

fn of_one<'a>(source: Source, asked: &str, practice: &Practice<'a>) -> Option<Told<'a>> {
    match source {
        Source::Profession => labelled(asked, "prof", Field::Profession, (&practice.profession?.code, &practice.profession?.label)),
        Source::Specialty => practice.specialties.iter().find_map(|s| labelled(asked, "spec", Field::Specialty, (&s.code, &s.label))),
        Source::City => {
            let place = practice.organization?;
            let how = by_words(&telling_words(town::town_words(asked)), &facts::town_words(place))?;
            Some((Field::City, &place.city, how))
        }
        Source::PostalCode => {
            let own = &practice.organization?.postal_code;
            (fold(own) == fold(asked)).then_some((Field::PostalCode, own.as_str(), How::Number))
        }
        Source::Department => department(asked, practice.organization?.department.as_ref()?),
        Source::Organization => organization(asked, practice.organization?),
        Source::Q | Source::Name | Source::Given | Source::Identifier | Source::Address => None,
    }
}

/// A code, a label or words of it, an everyday word; as the plan of the index asks for them.
fn labelled<'a>(asked: &str, kind: &str, field: Field, (code, label): (&str, &'a str)) -> Option<Told<'a>> {
    let words = telling_words(name_words(asked));
    let stands_for = || {
        let row = everyday::phrase(&words).filter(|(count, _)| *count == words.len()).map(|(_, row)| row)?;
        let codes = if kind == "prof" { &row.professions } else { &row.specialties };
        codes.contains(&code).then_some(How::Synonym)
    };
    let asked = fold(asked);
    let how = match () {
        () if asked == fold(code) => How::Number,
        () if asked == fold(label) => How::Whole,
        () => match by_words(&words, &name_words(label)) {
            Some(How::Whole) => How::Whole,
            mistaken => stands_for().or(mistaken)?,
        },
    };
    Some((field, label, how))
}

/// All words, each whole or with an error.
fn by_words(asked: &[String], own: &[String]) -> Option<How> {
    let has = |word: &String| own.contains(word);
    let nearly = |word: &String| has(word) || own.iter().any(|own| near(word, own, errors_of(word)));
    match () {
        () if asked.is_empty() => None,
        () if asked.iter().all(has) => Some(How::Whole),
        () => asked.iter().all(nearly).then_some(How::Typo),
    }
}

fn department<'a>(asked: &str, own: &'a Coded) -> Option<Told<'a>> {
    let known = recognised::departments_named(asked);
    let (asked_folded, code) = (fold(asked), fold(&own.code));
    let named = || by_words(&telling_words(name_words(asked)), &name_words(&own.label)) == Some(How::Whole);
    let how = match () {
        () if asked_folded == code || (known.contains(&code) && asked.trim().starts_with(|c: char| c.is_ascii_digit())) => How::Number,
        () if (known.is_empty() || known.contains(&code)) && named() => How::Whole,
        () if known.contains(&code) => How::Synonym,
        () => return None,
    };
    Some((Field::Department, &own.label, how))
}

fn organization<'a>(asked: &str, place: &'a OrganizationView) -> Option<Told<'a>> {
    let id = fold(asked);
    if [&place.id, &place.finess, &place.finess_ej, &place.siret].into_iter().any(|own| !own.is_empty() && fold(own) == id) {
        return Some((Field::Organization, &place.name, How::Number));
    }
    let words = telling_words(name_words(asked));
    let of = |name: &str| {
        let mut own = name_words(name);
        own.extend(also_known_by(&text::words(name)).map(str::to_owned));
        own
    };
    let (name, trade_name) = (of(&place.name), of(&place.trade_name));
    let whole = |own: &[String]| by_words(&words, own) == Some(How::Whole);
    let own = match () {
        () if whole(&name) => &place.name,
        () if whole(&trade_name) => &place.trade_name,
        () if whole(&[name, trade_name].concat()) => &place.name,
        () => return None,
    };
    Some((Field::Organization, own, How::Whole))
}
