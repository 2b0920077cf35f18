//! REST criteria as terms. Profession, specialty, place and organisation are asked of one same practice, so each practice of an entry has a
//! slot of its own: terms `slot/criterion`. A question is the OR over slots of the AND inside a slot: exact, however many practices there are.

use super::plan::{Place, Plan};
use crate::model::Coded;
use crate::text;
use crate::visibility::{OrganizationView, Practice, View};
use std::collections::BTreeSet;

/// Spelling of the terms of the `code` field.
pub(super) struct Criterion;

impl Criterion {
    /// Any identifier: blanks dropped, case folded. Nothing for an empty one.
    pub fn identifier(id: &str) -> Option<String> {
        let bare: String = id.chars().filter(|c| !c.is_whitespace()).flat_map(char::to_lowercase).collect();
        (!bare.is_empty()).then(|| format!("id={bare}"))
    }

    /// A mailbox of this type, of this zéro papier statement, or of both at once.
    pub fn mailbox(kind: Option<&str>, zero_papier: Option<&str>) -> String {
        format!("mbx={}/{}", kind.unwrap_or("*"), zero_papier.unwrap_or("*"))
    }

    pub fn has_mailbox(has: bool) -> String {
        format!("has={}", u8::from(has))
    }
}

/// Prefix of the terms of a slot; also the term that says the slot is there.
pub(super) fn slot(number: usize) -> String {
    format!("{number}/")
}

pub(super) fn add_slots(view: &View, codes: &mut BTreeSet<String>) {
    for (number, practice) in view.practices().iter().enumerate() {
        let slot = slot(number);
        codes.extend(practice_terms(practice).into_iter().map(|term| format!("{slot}{term}")));
        codes.insert(slot);
    }
}

fn practice_terms(practice: &Practice<'_>) -> BTreeSet<String> {
    let mut terms = BTreeSet::new();
    if let Some(profession) = practice.profession {
        coded("prof", profession, &mut terms);
    }
    for specialty in practice.specialties {
        coded("spec", &Coded { code: specialty.code.clone(), label: specialty.label.clone() }, &mut terms);
    }
    if let Some(place) = practice.organization {
        organization(place, &mut terms);
    }
    terms
}

fn organization(place: &OrganizationView, terms: &mut BTreeSet<String>) {
    if let Some(department) = &place.department {
        coded("dept", department, terms);
    }
    exact("cp", &place.postal_code, terms);
    for id in [&place.id, &place.finess, &place.finess_ej, &place.siret] {
        exact("o", id, terms);
    }
    words("c", &place.city, terms);
    words("o", &place.name, terms);
    words("o", &place.trade_name, terms);
}

/// Found by its code, and by words of its label.
fn coded(tag: &str, coded: &Coded, terms: &mut BTreeSet<String>) {
    exact(tag, &coded.code, terms);
    exact(tag, &coded.label, terms);
    words(tag, &coded.label, terms);
}

fn exact(tag: &str, value: &str, terms: &mut BTreeSet<String>) {
    let folded = text::fold(value);
    if !folded.is_empty() {
        terms.insert(format!("{tag}={folded}"));
    }
}

fn words(tag: &str, value: &str, terms: &mut BTreeSet<String>) {
    terms.extend(text::words(value).into_iter().map(|word| format!("{tag}:{word}")));
}

/// A code, a whole label, or words of a label.
pub(super) fn plan_coded(tag: &str, asked: &str) -> Plan {
    Plan::or(vec![plan_exact(tag, asked), plan_words(tag, asked)])
}

pub(super) fn plan_exact(tag: &str, asked: &str) -> Plan {
    Plan::Term(Place::Codes, format!("{tag}={}", text::fold(asked)))
}

/// All words asked for; nothing that is a word finds nothing.
pub(super) fn plan_words(tag: &str, asked: &str) -> Plan {
    let words = text::words(asked);
    if words.is_empty() {
        return Plan::None;
    }
    Plan::and(words.into_iter().map(|word| Plan::Term(Place::Codes, format!("{tag}:{word}"))).collect())
}
