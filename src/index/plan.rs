//! A plan: which terms an entry must hold. For attribute filters a superset, proved afterwards entry by entry; for criteria exact.

use super::facts;
use super::fields::Fields;
use super::near::Near;
use super::terms::LONGEST_EQUAL;
use crate::ldap_entry::matching::{Pattern, words_match};
use tantivy::schema::Field;

/// A field of terms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Key,
    Address,
    Domain,
    Equal,
    NameGrams,
    LabelGrams,
    OtherGrams,
    Words,
    Edges,
    Codes,
}

impl Place {
    pub fn field(self, fields: &Fields) -> Field {
        match self {
            Self::Key => fields.key,
            Self::Address => fields.address,
            Self::Domain => fields.domain,
            Self::Equal => fields.equal,
            Self::NameGrams => fields.name_grams,
            Self::LabelGrams => fields.label_grams,
            Self::OtherGrams => fields.other_grams,
            Self::Words => fields.words,
            Self::Edges => fields.edges,
            Self::Codes => fields.codes,
        }
    }

    pub const OF_GRAMS: [Self; 3] = [Self::NameGrams, Self::LabelGrams, Self::OtherGrams];

    pub fn is_of_grams(self) -> bool {
        Self::OF_GRAMS.contains(&self)
    }
}

/// A test of the values an attribute is known to have.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum ValueTest {
    Substring(Pattern),
    Words(Vec<String>),
}

impl ValueTest {
    /// What the term of every value that passes begins with, prepared; terms of long values are cut, so no more than that is asked.
    pub fn beginning(&self) -> &str {
        match self {
            Self::Substring(pattern) => {
                let initial = pattern.initial();
                initial.get(..initial.floor_char_boundary(LONGEST_EQUAL / 2)).unwrap_or_default()
            }
            Self::Words(_) => "",
        }
    }

    pub fn passes(&self, prepared: &str) -> bool {
        match self {
            Self::Substring(pattern) => pattern.matches(prepared),
            Self::Words(words) => words_match(words, prepared),
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Plan {
    All,
    None,
    Term(Place, String),
    /// Any term beginning so.
    Beginning(Place, String),
    /// An address that holds this piece anywhere.
    Inside(String),
    /// A part of a remark behind a name that holds this piece.
    Remark(String),
    /// Any value of an attribute that passes, among the terms of its values (see [`super::terms::place_of`]); when there are too many to be
    /// tried, another plan.
    Values(&'static str, ValueTest, Box<Plan>),
    And(Vec<Plan>),
    Or(Vec<Plan>),
    /// Holds in at least one practice slot; its terms are without the slot's number.
    InOneSlot(Box<Plan>),
    /// Any term with a few errors: a conjunction opens it only when its other members meet.
    Near(Place, Near),
    /// A word of a question: its ways to match by level, the best first.
    Levels(Vec<(u8, Plan)>),
    /// Every entry; those that do not hold it come behind the others of their level. The bits of [`super::query::RankKey::class`].
    Behind {
        bit: u16,
        plan: Box<Plan>,
    },
    /// Words that must hold of one same practice, where they hold of a practice only.
    OnePractice(Box<Plan>, Vec<OfPractice>),
}

/// A word that may match a practice.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct OfPractice {
    /// By the whole entry.
    pub entry: Plan,
    /// By a practice; its terms are without the slot's number.
    pub practice: Plan,
    /// By what a practice begins with, in the same way.
    pub begun: Plan,
}

impl Plan {
    /// The same of structures, which have no names of people.
    pub fn of_structures(self) -> Self {
        let all = |members: Vec<Self>| members.into_iter().map(Self::of_structures).collect();
        match self {
            Self::Term(Place::Words | Place::Edges, term) | Self::Beginning(Place::Words, term) if facts::is_of_people(&term) => Self::None,
            Self::And(members) => Self::and(all(members)),
            Self::Or(members) => Self::or(all(members)),
            Self::Levels(levels) => {
                let own = levels.into_iter().map(|(level, plan)| (level, plan.of_structures()));
                Self::Levels(own.filter(|(_, plan)| *plan != Self::None).collect())
            }
            Self::Behind { bit, plan } => Self::Behind { bit, plan: Box::new(plan.of_structures()) },
            Self::OnePractice(plan, words) => Self::OnePractice(Box::new(plan.of_structures()), words),
            other => other,
        }
    }

    /// Does it open a list that is dear to open?
    pub fn is_dear(&self) -> bool {
        match self {
            Self::Near(..) | Self::Inside(_) => true,
            Self::And(members) | Self::Or(members) => members.iter().any(Self::is_dear),
            Self::Levels(levels) => levels.iter().any(|(_, plan)| plan.is_dear()),
            Self::Behind { plan, .. } | Self::InOneSlot(plan) | Self::OnePractice(plan, _) => plan.is_dear(),
            _ => false,
        }
    }

    /// Values of which there are few to try: remarks, and attributes that are lists.
    pub fn is_of_few(&self) -> bool {
        match self {
            Self::Remark(_) => true,
            Self::Values(_, _, otherwise) => **otherwise == Self::All,
            Self::Or(members) => members.iter().all(Self::is_of_few),
            _ => false,
        }
    }

    /// Grams, or a conjunction of them.
    pub fn is_of_grams(&self) -> bool {
        match self {
            Self::Term(place, _) | Self::Beginning(place, _) => place.is_of_grams(),
            Self::And(members) => members.iter().all(Self::is_of_grams),
            _ => false,
        }
    }

    /// Members sorted and made unique: the same pattern on four attributes of one gram field is one conjunction.
    pub fn and(members: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for member in members {
            match member {
                Self::All => {}
                Self::None => return Self::None,
                Self::And(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        match flat.len() {
            0 => Self::All,
            1 => flat.swap_remove(0),
            _ => Self::And(flat),
        }
    }

    pub fn or(members: Vec<Self>) -> Self {
        let mut flat = Vec::new();
        for member in members {
            match member {
                Self::None => {}
                Self::All => return Self::All,
                Self::Or(inner) => flat.extend(inner),
                other => flat.push(other),
            }
        }
        flat.sort();
        flat.dedup();
        match flat.len() {
            0 => Self::None,
            1 => flat.swap_remove(0),
            _ => Self::Or(flat),
        }
    }
}
