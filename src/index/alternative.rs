//! The ways an asked word may match an entry, each with its level, as a plan of terms and as a test of an entry's own words.
//!
//! A level is (quality, kind of field): whole before beginning before phonetic before one error before two; names of persons before where and
//! what is practised before other structures and services. An entry's level is that of its worst word, each word taken at its best.

use super::facts::{self, Field, Tag, Word};
use super::inside;
use super::near::Near;
use super::plan::{Place, Plan};
use super::practice::{Criterion, EVERYWHERE};
use super::terms::LONGEST_EDGE;
use crate::text::edits;
use crate::visibility::View;
use serde::Serialize;
use utoipa::ToSchema;

/// How an asked word matches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// The word, case and accents folded.
    Whole,
    Beginning,
    /// A piece of an address.
    Inside,
    /// A word that sounds alike.
    Phonetic,
    /// A word one or two errors away.
    Typo,
    /// An everyday word, a region, a short form of a first name.
    Synonym,
    /// A number or code.
    Number,
}

/// Kinds of field that are told apart in a level.
pub(super) const RANKS: u8 = 3;
/// Levels of one quality follow each other: `quality * RANKS + rank`.
pub(super) const WHOLE: u8 = 0;
pub(super) const BEGINNING: u8 = 1;
pub(super) const PHONETIC: u8 = 2;
pub(super) const ONE_ERROR: u8 = 3;
pub(super) const TWO_ERRORS: u8 = 4;
/// Errors of one word that are ever forgiven.
pub(super) const MOST_ERRORS: u8 = 2;

/// What an entry is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Test {
    Word(Tag, String),
    /// A longer word that begins so.
    Begins(Tag, String),
    /// Sounds of this key.
    Sounds(Tag, String),
    /// At most so many errors.
    Near(Tag, String, u8),
    /// All of these words, whole.
    All(Tag, Vec<String>),
    /// A code of a practice: `prof`, `spec`, `dept`, `cp`, `arr`; `sect` of a structure, `work` of where somebody practises.
    Code(&'static str, String),
    Identifier(String),
    Telephone(String),
    Address(String),
    /// A longer address that begins so.
    AddressBegins(String),
    Domain(String),
    /// A longer domain that begins so.
    DomainBegins(String),
    /// An address that holds it anywhere.
    Inside(String),
}

/// One way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Alternative {
    pub level: u8,
    pub how: How,
    pub test: Test,
}

impl Alternative {
    pub fn new(quality: u8, how: How, test: Test) -> Self {
        Self { level: quality * RANKS + test.rank(), how, test }
    }
}

impl Test {
    fn rank(&self) -> u8 {
        match self {
            Self::Word(tag, _) | Self::Begins(tag, _) | Self::Sounds(tag, _) | Self::Near(tag, ..) | Self::All(tag, _) => tag.rank(),
            Self::Code("work", _) => 2,
            Self::Code(..) => 1,
            Self::Identifier(_) | Self::Telephone(_) | Self::Address(_) | Self::AddressBegins(_) => 0,
            Self::Domain(_) | Self::DomainBegins(_) => 0,
            // Behind the names that are made of the same words.
            Self::Inside(_) => 2,
        }
    }

    /// Entries that pass, exactly.
    pub fn plan(&self) -> Plan {
        match self {
            Self::Word(tag, word) => Plan::Term(Place::Words, format!("{}{word}", tag.term())),
            Self::Begins(tag, word) => {
                let term = format!("{}{word}", tag.term());
                let short = word.chars().count() <= LONGEST_EDGE;
                if short { Plan::Term(Place::Edges, term) } else { Plan::Beginning(Place::Words, term) }
            }
            Self::Sounds(tag, key) => Plan::Term(Place::Words, format!("{}{key}", tag.sound())),
            Self::Near(tag, word, errors) => {
                Near::plan(Place::Words, tag.term().trim_end_matches(':'), word, *errors).unwrap_or(Plan::None)
            }
            // Of one same street.
            Self::All(Tag::Street, _) => self.plan_of_practice().map_or(Plan::None, |plan| Plan::InOneSlot(Box::new(plan))),
            Self::All(tag, words) => {
                Plan::and(words.iter().map(|word| Plan::Term(Place::Words, format!("{}{word}", tag.term()))).collect())
            }
            Self::Code(kind, code) => Plan::Term(Place::Codes, format!("{EVERYWHERE}{kind}={code}")),
            Self::Identifier(id) => Criterion::identifier(id).map_or(Plan::None, |term| Plan::Term(Place::Codes, term)),
            Self::Telephone(number) => Plan::Term(Place::Codes, Criterion::telephone(number)),
            Self::Address(address) => Plan::Term(Place::Address, address.clone()),
            Self::AddressBegins(beginning) => Plan::Beginning(Place::Address, beginning.clone()),
            Self::Domain(domain) => Plan::Term(Place::Domain, domain.clone()),
            Self::DomainBegins(beginning) => Plan::Beginning(Place::Domain, beginning.clone()),
            Self::Inside(piece) => Plan::Inside(piece.clone()),
        }
    }

    /// What of it is of no practice though it may be of one: the words of a service may be those of a structure.
    pub fn plan_of_entry(&self) -> Option<Plan> {
        match self {
            Self::Word(Tag::Own | Tag::Other, word) => Some(Plan::Term(Place::Codes, Criterion::service(word))),
            Self::Begins(Tag::Own | Tag::Other, word) if is_held(word) => Some(Plan::Beginning(Place::Codes, Criterion::service(word))),
            test => test.plan_of_practice().is_none().then(|| test.plan()),
        }
    }

    /// The same of one practice; nothing where the answer is of the whole entry.
    pub fn plan_of_practice(&self) -> Option<Plan> {
        match self {
            Self::Word(Tag::Department, word) => Some(Plan::Term(Place::Codes, format!("dept:{word}"))),
            Self::Word(Tag::Practice, word) => {
                let by = ["c:", "prof:", "spec:", "cp="];
                Some(Plan::or(by.iter().map(|tag| Plan::Term(Place::Codes, format!("{tag}{word}"))).collect()))
            }
            Self::Word(Tag::Own | Tag::Other, word) => Some(Plan::Term(Place::Codes, format!("o:{word}"))),
            Self::Word(Tag::Street, word) => Some(of_street(word)),
            Self::All(Tag::Street, words) => Some(Plan::and(words.iter().map(|word| of_street(word)).collect())),
            Self::Begins(tag, word) if is_held(word) => {
                let by: &[&str] = match tag {
                    Tag::Practice => &["c:", "prof:", "spec:", "cp="],
                    Tag::Department => &["dept:"],
                    Tag::Own | Tag::Other => &["o:"],
                    Tag::Street => &["r:"],
                    Tag::Family | Tag::Given | Tag::Initials => return None,
                };
                Some(Plan::or(by.iter().map(|tag| Plan::Beginning(Place::Codes, format!("{tag}{word}"))).collect()))
            }
            Self::Sounds(Tag::Practice, key) => Some(Plan::Term(Place::Codes, format!("{}{key}", Tag::Practice.sound()))),
            Self::Near(Tag::Practice, word, errors) => {
                Some(Plan::or(["c", "prof", "spec"].iter().filter_map(|tag| Near::plan(Place::Codes, tag, word, *errors)).collect()))
            }
            Self::Near(Tag::Street, word, errors) => Near::plan(Place::Codes, "r", word, *errors),
            Self::Near(Tag::Department, word, errors) => Near::plan(Place::Codes, "dept", word, *errors),
            Self::Code(kind, code) => Some(Plan::Term(Place::Codes, format!("{kind}={code}"))),
            _ => None,
        }
    }
}

/// An entry made ready to be tested.
pub(super) struct Evidence<'a> {
    words: Vec<Word<'a>>,
    codes: Vec<facts::Code<'a>>,
    telephones: Vec<&'a str>,
    identifiers: Vec<&'a str>,
    addresses: Vec<&'a str>,
}

impl<'a> Evidence<'a> {
    pub fn of(view: &'a View) -> Self {
        Self {
            words: facts::words(view),
            codes: view.practices().iter().flat_map(facts::codes).collect(),
            telephones: facts::telephones(view),
            identifiers: facts::identifiers(view),
            addresses: view.mailboxes().iter().map(|mailbox| mailbox.address.as_str()).collect(),
        }
    }

    /// The first field and value that pass.
    pub fn passes(&self, test: &Test) -> Option<(Field, &'a str)> {
        let word = |fits: &dyn Fn(&Word<'a>) -> bool| self.words.iter().find(|word| fits(word)).map(|word| (word.field, word.value));
        let value = |field, values: &[&'a str], fits: &dyn Fn(&str) -> bool| values.iter().find(|v| fits(v)).map(|v| (field, *v));
        match test {
            Test::Word(tag, asked) => word(&|w| w.tag == *tag && w.word == *asked),
            Test::Begins(tag, asked) => word(&|w| w.tag == *tag && w.word.len() > asked.len() && w.word.starts_with(asked.as_str())),
            Test::Sounds(tag, key) => word(&|w| w.tag == *tag && w.sound().as_deref() == Some(key)),
            Test::Near(tag, asked, errors) => word(&|w| w.tag == *tag && near(asked, &w.word, *errors)),
            Test::All(Tag::Street, asked) => {
                let streets = || self.words.iter().filter(|w| w.tag == Tag::Street);
                let has = |street: &str, asked: &String| streets().any(|w| w.value == street && w.word == *asked);
                streets().map(|w| w.value).find(|street| asked.iter().all(|word| has(street, word))).map(|street| (Field::Street, street))
            }
            Test::All(tag, asked) => {
                let has = |asked: &String| self.words.iter().any(|w| w.tag == *tag && w.word == *asked);
                asked.iter().all(has).then(|| word(&|w| w.tag == *tag && asked.contains(&w.word))).flatten()
            }
            Test::Code(kind, code) => self.codes.iter().find(|c| c.kind == *kind && c.code == *code).map(|c| (c.field, c.value)),
            Test::Identifier(asked) => {
                let asked = Criterion::identifier(asked);
                value(Field::Identifier, &self.identifiers, &|id| Criterion::identifier(id) == asked)
            }
            Test::Telephone(asked) => value(Field::Telephone, &self.telephones, &|number| facts::national_number(number) == *asked),
            Test::Address(asked) => value(Field::Address, &self.addresses, &|address| address == asked),
            Test::AddressBegins(asked) => {
                value(Field::Address, &self.addresses, &|address| address.len() > asked.len() && address.starts_with(asked.as_str()))
            }
            Test::Domain(asked) => value(Field::Address, &self.addresses, &|address| domain_of(address) == asked),
            Test::DomainBegins(asked) => value(Field::Address, &self.addresses, &|address| {
                let domain = domain_of(address);
                domain.len() > asked.len() && domain.starts_with(asked.as_str())
            }),
            Test::Inside(asked) => value(Field::Address, &self.addresses, &|address| inside::holds(address, asked)),
        }
    }
}

/// A word of the street of a practice.
fn of_street(word: &str) -> Plan {
    Plan::Term(Place::Codes, format!("{}{word}", Tag::Street.term()))
}

/// Is a beginning held to one practice? One letter begins thousands of words in each slot: over 36,000 entries that took two thirds longer, and over a
/// country two letters begin as many.
fn is_held(beginning: &str) -> bool {
    beginning.chars().count() >= LONGEST_EDGE
}

fn domain_of(address: &str) -> &str {
    address.split_once('@').map_or("", |(_, domain)| domain)
}

/// As [`Near`] reads the term list: of two errors none is in the first letter.
pub(super) fn near(asked: &str, own: &str, errors: u8) -> bool {
    (errors < 2 || own.chars().next() == asked.chars().next()) && edits::within(asked, own, usize::from(errors))
}
