//! REST criteria as terms. Profession, specialty, place and organisation are asked of one same practice, so each practice of an entry has a
//! slot of its own: terms `slot/criterion`. A question is the OR over slots of the AND inside a slot: exact, however many practices there are.

use super::facts;
use super::plan::{Place, Plan};
use super::ready::Terms;
use crate::text::small_words::{canonical, is_particle};
use crate::text::street::street_words;
use crate::text::structures::also_known_by;
use crate::text::{self, phonetic};
use crate::visibility::{OrganizationView, Practice, View};

/// Spelling of the terms of the `code` field.
pub(super) struct Criterion;

impl Criterion {
    /// Any identifier: blanks dropped, case folded. Nothing for an empty one.
    pub fn identifier(id: &str) -> Option<String> {
        let bare: String = id.chars().filter(|c| !c.is_whitespace() && !c.is_control()).flat_map(char::to_lowercase).collect();
        (!bare.is_empty()).then(|| format!("id={bare}"))
    }

    /// A mailbox of this type, of this zéro papier statement, or of both at once.
    pub fn mailbox(kind: Option<&str>, zero_papier: Option<&str>) -> String {
        format!("mbx={}/{}", kind.unwrap_or("*"), zero_papier.unwrap_or("*"))
    }

    /// A telephone number shown, as [`super::facts::national_number`] makes it.
    pub fn telephone(national: &str) -> String {
        format!("tel={national}")
    }

    /// A word of the service of a mailbox, which is of no practice.
    pub fn service(word: &str) -> String {
        format!("svc:{word}")
    }

    pub fn has_mailbox(has: bool) -> String {
        format!("has={}", u8::from(has))
    }
}

/// Prefix of the codes that any practice of an entry has.
pub(super) const EVERYWHERE: &str = "*/";

/// Prefix of the terms of a slot; also the term that says the slot is there.
pub(super) fn slot(number: usize) -> String {
    format!("{number}/")
}

pub(super) fn add_slots(view: &View, codes: &mut Terms) {
    for (number, practice) in view.practices().iter().enumerate() {
        let slot = slot(number);
        let mut terms = Slot { slot: &slot, terms: codes };
        terms.practice(practice);
        codes.add(&[&slot]);
    }
}

/// Terms of one practice.
struct Slot<'a> {
    slot: &'a str,
    terms: &'a mut Terms,
}

impl Slot<'_> {
    fn practice(&mut self, practice: &Practice<'_>) {
        for code in facts::codes(practice) {
            self.terms.add(&[self.slot, code.kind, "=", &code.code]);
        }
        if let Some(profession) = practice.profession {
            self.label("prof", &profession.label);
        }
        for specialty in practice.specialties {
            self.label("spec", &specialty.label);
        }
        if let Some(place) = practice.organization {
            self.organization(place);
        }
    }

    fn organization(&mut self, place: &OrganizationView) {
        if let Some(department) = &place.department {
            self.label("dept", &department.label);
        }
        for id in [&place.id, &place.finess, &place.finess_ej, &place.siret] {
            self.exact("o", id);
        }
        for word in facts::town_words(place) {
            self.terms.add(&[self.slot, "c:", &word]);
            if let Some(sound) = phonetic::key(&word) {
                self.terms.add(&[self.slot, facts::Tag::Practice.sound(), &sound]);
            }
        }
        for word in street_words(&place.street) {
            self.terms.add(&[self.slot, facts::Tag::Street.term(), &word]);
        }
        for name in [&place.name, &place.trade_name] {
            self.words("o", name);
            for word in also_known_by(&text::words(name)) {
                self.terms.add(&[self.slot, "o:", word]);
            }
        }
    }

    /// Found whole, and by its words.
    fn label(&mut self, tag: &str, label: &str) {
        let label = text::fold(label);
        if !label.is_empty() {
            self.terms.add(&[self.slot, tag, "=", &label]);
            self.words_of(tag, &label);
        }
    }

    fn exact(&mut self, tag: &str, value: &str) {
        let folded = text::fold(value);
        if !folded.is_empty() {
            self.terms.add(&[self.slot, tag, "=", &folded]);
        }
    }

    fn words(&mut self, tag: &str, value: &str) {
        self.words_of(tag, &text::fold_keeping_ends(value));
    }

    fn words_of(&mut self, tag: &str, folded: &str) {
        for word in text::words_of(folded) {
            self.terms.add(&[self.slot, tag, ":", canonical(word)]);
        }
    }
}

/// A code, a whole label, or words of a label.
pub(super) fn plan_coded(tag: &str, asked: &str) -> Plan {
    Plan::or(vec![plan_exact(tag, asked), plan_words(tag, asked)])
}

pub(super) fn plan_exact(tag: &str, asked: &str) -> Plan {
    Plan::Term(Place::Codes, format!("{tag}={}", text::fold(asked)))
}

/// All words asked for, small ones left out where others remain; nothing that is a word finds nothing.
pub(super) fn plan_words(tag: &str, asked: &str) -> Plan {
    let words = telling_words(facts::name_words(asked));
    if words.is_empty() {
        return Plan::None;
    }
    Plan::and(words.into_iter().map(|word| Plan::Term(Place::Codes, format!("{tag}:{word}"))).collect())
}

/// Words without particles, unless there are no others.
pub(super) fn telling_words(mut words: Vec<String>) -> Vec<String> {
    if words.iter().any(|word| !is_particle(word)) {
        words.retain(|word| !is_particle(word));
    }
    words
}
