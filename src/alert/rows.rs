//! One line of a list: an address and what the sender asked to know of its recipient, the columns always in one order.

use super::criteria::Match;
use crate::model::{Labels, expertise_table, label, profession_table, territory};
use crate::store::{AlertMailbox, AlertPerson, AlertStructure};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What a list may tell; the order here is the order of the columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Column {
    Address,
    /// PER, CAB or ORG.
    Type,
    /// Identification nationale PP: `8` and the RPPS number, `0` and the ADELI number.
    ProfessionalId,
    FamilyName,
    GivenName,
    /// In words, of the first matching activity or exercise.
    Profession,
    /// Savoir-faire of that exercise, in words, joined by commas.
    Specialties,
    /// Of the first matching activity; of the structure written to for an ORG mailbox.
    StructureId,
    StructureName,
    City,
    PostalCode,
    /// Code.
    Department,
    /// Name.
    Region,
    /// Matching professionals this address stands for; 0 for a structure written to for itself.
    People,
}

impl Column {
    pub const ALL: [Self; 14] = [
        Self::Address,
        Self::Type,
        Self::ProfessionalId,
        Self::FamilyName,
        Self::GivenName,
        Self::Profession,
        Self::Specialties,
        Self::StructureId,
        Self::StructureName,
        Self::City,
        Self::PostalCode,
        Self::Department,
        Self::Region,
        Self::People,
    ];

    /// The name in requests and in the first line of a list.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Address => "address",
            Self::Type => "type",
            Self::ProfessionalId => "professional_id",
            Self::FamilyName => "family_name",
            Self::GivenName => "given_name",
            Self::Profession => "profession",
            Self::Specialties => "specialties",
            Self::StructureId => "structure_id",
            Self::StructureName => "structure_name",
            Self::City => "city",
            Self::PostalCode => "postal_code",
            Self::Department => "department",
            Self::Region => "region",
            Self::People => "people",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|column| column.name() == name)
    }
}

/// A line before it is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// The address, when others may come to it by it: how many they are is known at the end.
    pub shared: Option<String>,
    /// A cell for each column asked for; that of `people` empty.
    pub cells: Vec<String>,
}

/// Who is written to at an address.
pub(super) struct Recipient<'a> {
    pub person: Option<(&'a AlertPerson, &'a Match)>,
    pub site: Option<&'a AlertStructure>,
}

/// The cells of a line.
pub(super) fn cells(columns: &[Column], mailbox: &AlertMailbox, to: &Recipient<'_>, labels: &Labels) -> Vec<String> {
    let person = |of: fn(&AlertPerson) -> &String| to.person.map(|(person, _)| of(person).clone()).unwrap_or_default();
    let site = |of: fn(&AlertStructure) -> &String| to.site.map(|site| of(site).clone()).unwrap_or_default();
    let cell = |column: &Column| match column {
        Column::Address => mailbox.record.mailbox.address.as_str().to_owned(),
        Column::Type => mailbox.record.mailbox.kind.code().to_owned(),
        Column::ProfessionalId => person(|p| &p.id),
        Column::FamilyName => person(|p| &p.family),
        Column::GivenName => person(|p| &p.given),
        Column::Profession => to.person.map(|(_, by)| profession(labels, &by.exercise.profession)).unwrap_or_default(),
        Column::Specialties => to.person.map(|(person, by)| specialties(labels, person, by)).unwrap_or_default(),
        Column::StructureId => site(|s| &s.id),
        Column::StructureName => site(|s| &s.name),
        Column::City => site(|s| &s.city),
        Column::PostalCode => site(|s| &s.postal_code),
        Column::Department => site(|s| &s.department),
        Column::Region => to.site.map(|s| region(&s.department).to_owned()).unwrap_or_default(),
        Column::People => String::new(),
    };
    columns.iter().map(cell).collect()
}

/// A profession in words, its code when none are known.
pub(super) fn profession(labels: &Labels, code: &str) -> String {
    label(labels, profession_table(code), code).unwrap_or(code).to_owned()
}

/// Name of the region of a département, empty for none.
pub(super) fn region(department: &str) -> &'static str {
    territory::department(department).map_or("", |d| d.region_name)
}

fn specialties(labels: &Labels, person: &AlertPerson, by: &Match) -> String {
    let own = person.specialties.iter().filter(|e| e.profession == by.exercise.profession && e.category == by.exercise.category);
    let words: Vec<&str> = own.map(|e| label(labels, expertise_table(&e.kind), &e.code).unwrap_or(&e.code)).collect();
    words.join(", ")
}
