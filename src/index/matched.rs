//! Why an entry was found, told from the entry's own values: for each asked word the best way it matches. The index is not asked, so what is
//! told is what is shown; a test holds the two to each other.

use super::alternative::{Alternative, Evidence, How, MOST_ERRORS, Test};
use super::facts::{Field, Tag};
use super::matched_filters;
use super::query::{Criteria, RankKey};
use super::question::{WITH_ONE_ERROR, WITH_TWO_ERRORS};
use super::reading::{Asked, Dropped, Reading, Source};
use crate::text;
use crate::visibility::View;
use serde::Serialize;
use std::sync::OnceLock;
use utoipa::ToSchema;

/// How one asked word, or another parameter, matches an entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordMatch {
    /// The word as it was read, or all that was asked by another parameter: case and accents folded.
    #[schema(example = "cardio")]
    pub word: String,
    /// The parameter it was asked by.
    pub parameter: Source,
    pub field: Field,
    /// The value of the entry that matched.
    #[schema(example = "Cardiologie et Maladies vasculaires (SM)")]
    pub value: String,
    pub how: How,
}

/// What a word was taken for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A word of a name, a place, a profession, a structure.
    Word,
    /// A first name that this is a short form of.
    FirstName,
    Profession,
    Specialty,
    StructureType,
    Department,
    Arrondissement,
    PostalCode,
    Identifier,
    Telephone,
    Address,
    Domain,
    /// A street with this word in its name.
    Street,
}

/// One meaning of a word.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Taken {
    pub kind: Kind,
    /// Codes, names or numbers it stands for; for a word the ways of writing it that are looked up.
    pub values: Vec<String>,
}

/// A word and what it was taken for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordRead {
    #[schema(example = "cardio")]
    pub word: String,
    pub parameter: Source,
    pub taken_for: Vec<Taken>,
}

/// A word that was not looked up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct WordDropped {
    #[schema(example = "dr")]
    pub word: String,
    pub parameter: Source,
    pub reason: Dropped,
}

/// What had to be forgiven for an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Nothing: whole words, beginnings, words that sound alike.
    AsTyped,
    OneError,
    TwoErrors,
}

impl Level {
    /// That of an answer with this entry.
    #[must_use]
    pub fn of(rank: &RankKey) -> Self {
        match rank.class {
            WITH_TWO_ERRORS.. => Self::TwoErrors,
            WITH_ONE_ERROR.. => Self::OneError,
            _ => Self::AsTyped,
        }
    }
}

/// A question as it is understood.
#[derive(Debug)]
pub struct Understood {
    reading: Reading,
    /// What was asked beside words.
    criteria: Criteria,
    /// Ways to match with errors, word by word: worked out where an entry needs one.
    mistaken: Vec<OnceLock<Vec<Alternative>>>,
}

impl Understood {
    #[must_use]
    pub fn of(criteria: &Criteria) -> Self {
        let reading = Reading::of(criteria);
        Self { criteria: criteria.clone(), mistaken: reading.words.iter().map(|_| OnceLock::new()).collect(), reading }
    }

    /// One for each word that is looked up, in the order asked, with the level of the worst (see [`RankKey::class`]); a word that does not
    /// match is left out.
    #[must_use]
    pub fn matches(&self, view: &View) -> (Vec<WordMatch>, u8) {
        let evidence = Evidence::of(view);
        let first = |ways: &'_ [Alternative]| ways.iter().find_map(|way| Some((way.level, way.how, evidence.passes(&way.test)?)));
        let mut worst = 0;
        let mut matches = Vec::new();
        for (asked, mistaken) in self.reading.words.iter().zip(&self.mistaken) {
            let best = first(&asked.typed).or_else(|| first(mistaken.get_or_init(|| asked.mistaken(MOST_ERRORS))));
            if let Some((level, how, (field, value))) = best {
                worst = worst.max(level);
                let (word, parameter) = (asked.text.clone(), asked.source);
                matches.push(WordMatch { word, parameter, field, value: value.to_owned(), how });
            }
        }
        (matches, worst)
    }

    /// The same of what was asked by other parameters: one for each that a value of the entry answers.
    #[must_use]
    pub fn filters(&self, view: &View) -> Vec<WordMatch> {
        let told = matched_filters::told(&self.criteria, view).into_iter();
        told.map(|(parameter, asked, (field, value, how))| WordMatch {
            word: text::fold(asked),
            parameter,
            field,
            value: value.to_owned(),
            how,
        })
        .collect()
    }

    /// Every word and what it was taken for.
    #[must_use]
    pub fn words(&self) -> Vec<WordRead> {
        let read = |asked: &Asked| WordRead { word: asked.text.clone(), parameter: asked.source, taken_for: taken(&asked.typed) };
        self.reading.words.iter().map(read).collect()
    }

    /// Particles, titles and what of a town's name is not looked up.
    #[must_use]
    pub fn dropped(&self) -> Vec<WordDropped> {
        let dropped = |(word, parameter, reason): &(String, Source, Dropped)| WordDropped {
            word: word.clone(),
            parameter: *parameter,
            reason: *reason,
        };
        self.reading.dropped.iter().map(dropped).collect()
    }
}

fn taken(ways: &[Alternative]) -> Vec<Taken> {
    let mut all: Vec<Taken> = Vec::new();
    for way in ways.iter().filter(|way| way.how != How::Phonetic) {
        let Some((kind, value)) = meaning(&way.test) else { continue };
        match all.iter_mut().find(|taken| taken.kind == kind) {
            Some(taken) if taken.values.contains(&value) => {}
            Some(taken) => taken.values.push(value),
            None => all.push(Taken { kind, values: vec![value] }),
        }
    }
    all
}

fn meaning(test: &Test) -> Option<(Kind, String)> {
    Some(match test {
        Test::Word(Tag::Street, word) => (Kind::Street, word.clone()),
        Test::Word(tag, word) if *tag != Tag::Initials => (Kind::Word, word.clone()),
        Test::All(Tag::Street, words) => (Kind::Street, words.last()?.clone()),
        Test::All(_, names) => (Kind::FirstName, names.join(" ")),
        Test::Code(kind, code) => {
            let kind = match *kind {
                "prof" => Kind::Profession,
                "spec" => Kind::Specialty,
                "sect" | "work" => Kind::StructureType,
                "dept" => Kind::Department,
                "arr" => Kind::Arrondissement,
                _ => Kind::PostalCode,
            };
            (kind, code.to_uppercase())
        }
        Test::Identifier(id) => (Kind::Identifier, id.clone()),
        Test::Telephone(number) => (Kind::Telephone, number.clone()),
        Test::Address(address) | Test::AddressBegins(address) | Test::Inside(address) => (Kind::Address, address.clone()),
        Test::Domain(domain) | Test::DomainBegins(domain) => (Kind::Domain, domain.clone()),
        _ => return None,
    })
}
