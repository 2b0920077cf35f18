//! What an entry says, by words and by codes, each with the field it stands in: cut into terms by [`super::document`] and
//! [`super::practice`], and read again by [`super::matched`] to tell why the entry was found. One function, so that the two agree.

use crate::text::small_words::{canonical, joined};
use crate::text::street::street_words;
use crate::text::structures::also_known_by;
use crate::text::{self, phonetic, town};
use crate::visibility::{OrganizationView, Practice, View};
use serde::Serialize;
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Where an asked word was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    FamilyName,
    GivenName,
    Profession,
    Specialty,
    City,
    PostalCode,
    Department,
    /// Street line of a place.
    Street,
    /// Name of a structure, or kind of structure.
    Organization,
    Service,
    Identifier,
    Telephone,
    Address,
}

/// Kinds of words, by what they name; the tag of their terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Tag {
    Family,
    Given,
    /// Initials of a given name of several parts.
    Initials,
    /// Profession, specialty, town, postcode.
    Practice,
    /// Name of a département: its words are apart from those of towns, for Rhône is not Bouches-du-Rhône.
    Department,
    /// The name of the structure that the entry is, or of the service whose mailbox it is.
    Own,
    /// Structures and services of others.
    Other,
    /// The name of a street, without number and kind.
    Street,
}

impl Tag {
    pub fn term(self) -> &'static str {
        match self {
            Self::Family => "n:",
            Self::Given => "g:",
            Self::Initials => "k:",
            Self::Practice => "c:",
            Self::Department => "d:",
            Self::Own => "s:",
            Self::Other => "q:",
            Self::Street => "r:",
        }
    }

    /// Tag of the sounds of these words, where they have any.
    pub fn sound(self) -> &'static str {
        match self {
            Self::Family => "N:",
            Self::Given => "G:",
            _ => "C:",
        }
    }

    /// 0 a name of a person, 1 where and what is practised, 2 other.
    pub fn rank(self) -> u8 {
        match self {
            Self::Family | Self::Given | Self::Initials => 0,
            Self::Practice | Self::Department | Self::Own => 1,
            Self::Other | Self::Street => 2,
        }
    }
}

/// Is it a term that only names of people are cut into: their words and sounds, whole ones (`f:`), how they are spelled (`x:`)?
pub(super) fn is_of_people(term: &str) -> bool {
    let words = [Tag::Family, Tag::Given, Tag::Initials].map(Tag::term);
    let sounds = [Tag::Family, Tag::Given].map(Tag::sound);
    words.iter().chain(&sounds).chain(&["f:", "x:"]).any(|tag| term.starts_with(tag))
}

/// A word of an entry.
#[derive(Clone, Debug)]
pub(super) struct Word<'a> {
    pub tag: Tag,
    pub word: String,
    pub field: Field,
    /// The value it stands in.
    pub value: &'a str,
}

impl Word<'_> {
    /// Sounds are kept of names of persons and of towns.
    pub fn sound(&self) -> Option<String> {
        matches!(self.field, Field::FamilyName | Field::GivenName | Field::City).then(|| phonetic::key(&self.word)).flatten()
    }
}

/// Every word an entry is found by; the same may come several times.
pub(super) fn words(view: &View) -> Vec<Word<'_>> {
    let mut facts = Words { out: Vec::new() };
    for person in view.persons() {
        facts.name(Tag::Family, Field::FamilyName, &person.family_name);
        facts.name(Tag::Given, Field::GivenName, &person.given_name);
    }
    // A place of several activities is told once.
    let mut places = BTreeSet::new();
    let own = if view.persons().is_empty() { Tag::Own } else { Tag::Other };
    for practice in view.practices() {
        if let Some(profession) = practice.profession {
            facts.plain(Tag::Practice, Field::Profession, &profession.label);
        }
        for specialty in practice.specialties {
            facts.plain(Tag::Practice, Field::Specialty, &specialty.label);
        }
        if let Some(place) = practice.organization.filter(|place| places.insert(&place.id)) {
            facts.organization(own, place);
        }
    }
    for mailbox in view.mailboxes() {
        let tag = if matches!(view, View::Mailbox(_)) { own } else { Tag::Other };
        facts.plain(tag, Field::Service, &mailbox.service);
    }
    facts.out
}

struct Words<'a> {
    out: Vec<Word<'a>>,
}

impl<'a> Words<'a> {
    fn put(&mut self, tag: Tag, word: String, field: Field, value: &'a str) {
        self.out.push(Word { tag, word, field, value });
    }

    fn plain(&mut self, tag: Tag, field: Field, value: &'a str) {
        for word in text::words_of(&text::fold_keeping_ends(value)) {
            self.put(tag, canonical(word).to_owned(), field, value);
        }
    }

    /// Words of a person's name, and neighbours written as one.
    fn name(&mut self, tag: Tag, field: Field, value: &'a str) {
        let words = name_words(value);
        joined(&words).for_each(|(_, joined)| self.put(tag, joined, field, value));
        if tag == Tag::Given && words.len() > 1 {
            self.put(Tag::Initials, words.iter().filter_map(|word| word.chars().next()).collect(), field, value);
        }
        words.into_iter().for_each(|word| self.put(tag, word, field, value));
    }

    fn organization(&mut self, tag: Tag, place: &'a OrganizationView) {
        for name in [&place.name, &place.trade_name] {
            self.plain(tag, Field::Organization, name);
            for word in also_known_by(&text::words(name)) {
                self.put(tag, word.to_owned(), Field::Organization, name);
            }
        }
        for word in town_words(place) {
            self.put(Tag::Practice, word, Field::City, &place.city);
        }
        self.plain(Tag::Practice, Field::PostalCode, &place.postal_code);
        for word in street_words(&place.street) {
            self.put(Tag::Street, word, Field::Street, &place.street);
        }
        self.plain(Tag::Department, Field::Department, place.department.as_ref().map_or("", |d| &d.label));
    }
}

/// Words of a name, each in one way of writing.
pub(super) fn name_words(name: &str) -> Vec<String> {
    text::words(name).iter().map(|word| canonical(word).to_owned()).collect()
}

/// Words of a place's town, and all of them written as one; the number of an arrondissement is one of them, whether it is written or only coded.
pub(super) fn town_words(place: &OrganizationView) -> Vec<String> {
    let mut words = town::town_words(&place.city);
    if words.len() > 1 {
        words.push(words.iter().filter(|word| !word.bytes().all(|b| b.is_ascii_digit())).map(String::as_str).collect());
    }
    let number = town::arrondissement(&place.city, &place.postal_code).map(|number| number.to_string());
    words.extend(number.filter(|number| !words.contains(number)));
    words
}

/// A code of a practice, `kind=code`, with the label that is shown for it.
pub(super) struct Code<'a> {
    pub kind: &'static str,
    pub code: String,
    pub field: Field,
    pub value: &'a str,
}

/// Codes of one practice. A number of an arrondissement is one too.
pub(super) fn codes<'a>(practice: &Practice<'a>) -> Vec<Code<'a>> {
    let mut codes = Vec::new();
    let mut put = |kind, code: &str, field, value| {
        if !code.is_empty() {
            codes.push(Code { kind, code: text::fold(code), field, value });
        }
    };
    if let Some(profession) = practice.profession {
        put("prof", &profession.code, Field::Profession, profession.label.as_str());
    }
    for specialty in practice.specialties {
        put("spec", &specialty.code, Field::Specialty, &specialty.label);
    }
    if let Some(place) = practice.organization {
        if let Some(sector) = &place.sector {
            // What a structure is, and where a person works, are asked for apart.
            let kind = if practice.person.is_none() { "sect" } else { "work" };
            put(kind, &sector.code, Field::Organization, &sector.label);
        }
        if let Some(department) = &place.department {
            put("dept", &department.code, Field::Department, &department.label);
        }
        put("cp", &place.postal_code, Field::PostalCode, &place.postal_code);
        if let Some(number) = town::arrondissement(&place.city, &place.postal_code) {
            put("arr", &number.to_string(), Field::City, &place.city);
        }
    }
    codes
}

/// Telephone and fax numbers shown, as the file writes them.
pub(super) fn telephones(view: &View) -> Vec<&str> {
    let mut numbers: Vec<&str> = view.mailboxes().iter().map(|mailbox| mailbox.phone.as_str()).collect();
    if let View::Structure(structure) = view {
        numbers.extend([structure.phone.as_str(), structure.fax.as_str()]);
    }
    numbers.retain(|number| !number.is_empty());
    numbers
}

/// A French number as it is dialled at home: ten digits, whatever stands between them and in whatever way the country is told.
pub(super) fn national_number(written: &str) -> String {
    let digits = text::phone_digits(written);
    match digits.strip_prefix("0033") {
        Some(rest) => format!("0{}", rest.strip_prefix('0').unwrap_or(rest)),
        None => digits,
    }
}

/// Identifiers of the persons and structures that the entry is of.
pub(super) fn identifiers(view: &View) -> Vec<&str> {
    let mut all: Vec<&str> = Vec::new();
    for person in view.persons() {
        all.extend([person.id.as_str(), &person.rpps, &person.adeli]);
    }
    let places = match view {
        View::Mailbox(v) => v.organizations.as_slice(),
        View::Structure(v) => std::slice::from_ref(&v.organization),
        View::Professional(_) => &[],
    };
    for place in places {
        all.extend([place.id.as_str(), &place.finess, &place.finess_ej, &place.siret]);
    }
    all.retain(|id| !id.is_empty());
    all
}
