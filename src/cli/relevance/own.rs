//! The suite's own people and places, as rows of the national files: what a generated country has too rarely to be asked for by name, such as
//! Lefèvre, Lefebvre and Lefeuvre, particles of many kinds, and people on the liste rouge.

use super::questions::table;
use crate::extraction::write::{Cells, Shape, Writer};
use crate::extraction::{ActivityColumn, Column, ExpertiseColumn, FileKind, MailboxColumn};
use anyhow::Context as _;
use serde::Deserialize;
use std::io::{self, Write};

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Person {
    pub key: String,
    pub rpps: String,
    /// TRE_R81.
    pub civility: String,
    /// TRE_R11.
    pub title: String,
    pub given: String,
    pub family: String,
    /// `code:label`, as the next.
    pub profession: String,
    pub specialty: String,
    /// Keys of places, blank between.
    pub places: String,
    pub mailbox: String,
    pub zero_papier: String,
    /// The mailbox is on it.
    pub liste_rouge: Option<bool>,
}

#[derive(Clone, Debug, Deserialize)]
pub(super) struct Place {
    pub key: String,
    pub finess: String,
    pub siret: String,
    pub name: String,
    pub trade_name: String,
    /// `code:label`, as the street type.
    pub sector: String,
    pub number: String,
    pub street_type: String,
    pub street: String,
    pub postal_code: String,
    pub insee: String,
    pub city: String,
    pub last_line: String,
    pub department: String,
    pub department_label: String,
    pub phone: String,
    pub mailbox: String,
    pub service: String,
}

impl Person {
    pub fn id(&self) -> String {
        format!("8{}", self.rpps)
    }
}

impl Place {
    pub fn id(&self) -> String {
        format!("F{}", self.finess)
    }
}

#[derive(Clone, Debug)]
pub(super) struct Own {
    pub people: Vec<Person>,
    pub places: Vec<Place>,
}

fn coded(text: &str) -> (&str, &str) {
    text.split_once(':').unwrap_or((text, ""))
}

impl Own {
    pub fn read() -> anyhow::Result<Self> {
        Ok(Self {
            people: table(include_str!("../../../benches/relevance/data/people.csv"))?,
            places: table(include_str!("../../../benches/relevance/data/places.csv"))?,
        })
    }

    fn places_of<'a>(&'a self, person: &'a Person) -> impl Iterator<Item = anyhow::Result<&'a Place>> {
        let place = |key| self.places.iter().find(|place| place.key == key).with_context(|| format!("{}: no place {key}", person.key));
        person.places.split_whitespace().map(place)
    }

    /// Rows of one of the files, without its header.
    pub fn rows(&self, kind: FileKind) -> anyhow::Result<Vec<u8>> {
        let mut rows = Vec::new();
        for person in &self.people {
            match kind {
                FileKind::PersonneActivite => {
                    for place in self.places_of(person) {
                        activity(person, place?, &mut rows)?;
                    }
                }
                FileKind::SavoirFaire => expertise(person, &mut rows)?,
                FileKind::Mailboxes => personal(person, &mut rows)?,
            }
        }
        if kind == FileKind::Mailboxes {
            self.places.iter().try_for_each(|place| organizational(place, &mut rows))?;
        }
        Ok(rows)
    }
}

fn row<C: Column>(kind: FileKind, values: &[(C, &str)], sink: &mut Vec<u8>) -> io::Result<()> {
    let mut cells = Cells::new(kind);
    values.iter().for_each(|(column, value)| cells.set(*column, value));
    // The writer begins with the header, which the file has already.
    let mut whole = Writer::new(kind, Shape::CURRENT, Vec::new())?;
    whole.row(&cells)?;
    let whole = whole.finish()?;
    let header = whole.iter().position(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    sink.write_all(whole.get(header..).unwrap_or_default())
}

fn activity(person: &Person, place: &Place, sink: &mut Vec<u8>) -> io::Result<()> {
    use ActivityColumn as C;
    let (id, structure) = (person.id(), place.id());
    let (profession, specialty) = (coded(&person.profession), coded(&person.specialty));
    let (sector, street_type) = (coded(&place.sector), coded(&place.street_type));
    let last_line = format!("{} {}", place.postal_code, place.last_line);
    let mut values = vec![
        (C::IdType, "8"),
        (C::IdValue, &person.rpps),
        (C::NationalId, &id),
        (C::ExerciseCivility, &person.title),
        (C::ExerciseCivilityLabel, if person.title.is_empty() { "" } else { "Docteur" }),
        (C::Civility, &person.civility),
        (C::CivilityLabel, if person.civility == "M" { "Monsieur" } else { "Madame" }),
        (C::Family, &person.family),
        (C::Given, &person.given),
        (C::Profession, profession.0),
        (C::ProfessionLabel, profession.1),
        (C::Category, "C"),
        (C::CategoryLabel, "Civil"),
        (C::Mode, "L"),
        (C::ModeLabel, "Libéral"),
        (C::Siret, &place.siret),
        (C::Finess, &place.finess),
        (C::StructureId, &structure),
        (C::Name, &place.name),
        (C::TradeName, &place.trade_name),
        (C::Number, &place.number),
        (C::StreetType, street_type.0),
        (C::StreetTypeLabel, street_type.1),
        (C::Street, &place.street),
        (C::LastLine, &last_line),
        (C::PostalCode, &place.postal_code),
        (C::Insee, &place.insee),
        (C::City, &place.city),
        (C::CountryCode, "99000"),
        (C::Country, "France"),
        (C::Phone, &place.phone),
        (C::Department, &place.department),
        (C::DepartmentLabel, &place.department_label),
        (C::Sector, sector.0),
        (C::SectorLabel, sector.1),
    ];
    if !specialty.0.is_empty() {
        values.extend([
            (C::ExpertiseKind, "S"),
            (C::ExpertiseKindLabel, "Spécialité ordinale"),
            (C::Expertise, specialty.0),
            (C::ExpertiseLabel, specialty.1),
        ]);
    }
    row(FileKind::PersonneActivite, &values, sink)
}

fn expertise(person: &Person, sink: &mut Vec<u8>) -> io::Result<()> {
    use ExpertiseColumn as C;
    let (profession, specialty) = (coded(&person.profession), coded(&person.specialty));
    if specialty.0.is_empty() {
        return Ok(());
    }
    let values = [
        (C::IdType, "8"),
        (C::IdValue, &person.rpps),
        (C::NationalId, &person.id()),
        (C::Family, &person.family),
        (C::Given, &person.given),
        (C::Profession, profession.0),
        (C::ProfessionLabel, profession.1),
        (C::Category, "C"),
        (C::CategoryLabel, "Civil"),
        (C::ExpertiseKind, "S"),
        (C::ExpertiseKindLabel, "Spécialité ordinale"),
        (C::Expertise, specialty.0),
        (C::ExpertiseLabel, specialty.1),
    ];
    row(FileKind::SavoirFaire, &values, sink)
}

fn personal(person: &Person, sink: &mut Vec<u8>) -> io::Result<()> {
    use MailboxColumn as C;
    if person.mailbox.is_empty() {
        return Ok(());
    }
    let profession = coded(&person.profession);
    let values = [
        (C::Kind, "PER"),
        (C::Address, person.mailbox.as_str()),
        (C::IdType, "8"),
        (C::IdValue, &person.rpps),
        (C::NationalId, &person.id()),
        (C::Family, &person.family),
        (C::Given, &person.given),
        (C::Category, "C"),
        (C::CategoryLabel, "Civil"),
        (C::Profession, profession.0),
        (C::ProfessionLabel, profession.1),
        (C::ZeroPapier, &person.zero_papier),
    ];
    row(FileKind::Mailboxes, &values, sink)
}

fn organizational(place: &Place, sink: &mut Vec<u8>) -> io::Result<()> {
    use MailboxColumn as C;
    if place.mailbox.is_empty() {
        return Ok(());
    }
    let last_line = format!("{} {}", place.postal_code, place.last_line);
    let values = [
        (C::Kind, "ORG"),
        (C::Address, place.mailbox.as_str()),
        (C::StructureIdType, "FINESS"),
        (C::StructureId, &place.finess),
        (C::Service, &place.service),
        (C::ZeroPapier, "O"),
        (C::Name, &place.name),
        (C::LastLine, &last_line),
        (C::PostalCode, &place.postal_code),
        (C::Department, &place.department),
        (C::Country, "France"),
    ];
    row(FileKind::Mailboxes, &values, sink)
}
