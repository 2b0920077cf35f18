//! A row of Personne_activite: one person × exercise × savoir-faire × activity.

use super::FileKind;
use super::cells::Cells;
use super::columns::{ActivityColumn as C, Column};
use super::place;
use super::row::{Label, Remark};
use crate::model::{
    Activity, Exercise, Expertise, PostalAddress, Professional, ProfessionalOrigin, Structure, StructureKey, StructureKeyKind, activity_id,
    expertise_table, profession_table, tables,
};
use std::borrow::Cow;

/// Borrowed row; the conversions below make model types of it. Two rows of one person or structure may disagree.
#[derive(Clone, Copy, Debug)]
pub struct ActivityRow<'a> {
    cells: Cells<'a>,
}

impl<'a> ActivityRow<'a> {
    pub(super) fn new(cells: Cells<'a>) -> Self {
        Self { cells }
    }

    /// Any column, trimmed.
    #[must_use]
    pub fn get(&self, column: C) -> &'a str {
        self.cells.get(column)
    }

    /// Identification nationale PP.
    #[must_use]
    pub fn id(&self) -> Cow<'a, str> {
        national_id(self.get(C::IdType), self.get(C::IdValue), self.get(C::NationalId))
    }

    #[must_use]
    pub fn professional(&self) -> Professional {
        let id = self.id().into_owned();
        let (id_type, id_value) = id_parts(self.get(C::IdType), self.get(C::IdValue), &id);
        Professional {
            id_type,
            id_value,
            id,
            civility: self.cells.owned(C::Civility),
            exercise_civility: self.cells.owned(C::ExerciseCivility),
            family: self.cells.owned(C::Family),
            given: self.cells.owned(C::Given),
            origin: Some(ProfessionalOrigin::Rpps),
            closed: false,
            replaces: None,
        }
    }

    /// `None` without a profession.
    #[must_use]
    pub fn exercise(&self) -> Option<Exercise> {
        let profession = self.get(C::Profession);
        (!profession.is_empty()).then(|| Exercise { profession: profession.to_owned(), category: self.cells.owned(C::Category) })
    }

    /// `None` when columns 14–17 name no savoir-faire.
    #[must_use]
    pub fn expertise(&self) -> Option<Expertise> {
        let code = self.get(C::Expertise);
        (!code.is_empty()).then(|| Expertise {
            profession: self.cells.owned(C::Profession),
            category: self.cells.owned(C::Category),
            kind: self.cells.owned(C::ExpertiseKind),
            code: code.to_owned(),
        })
    }

    /// Stable id of the row's structure: column 24, else `F`+FINESS, `C`+SIRET, else a hash of name, postcode and street.
    /// `None` when the row names no place.
    #[must_use]
    pub fn structure_id(&self) -> Option<Cow<'a, str>> {
        let technical = self.get(C::StructureId);
        if !technical.is_empty() {
            return Some(Cow::Borrowed(technical));
        }
        for (prefix, column) in [('F', C::Finess), ('C', C::Siret)] {
            let value = self.get(column);
            if !value.is_empty() {
                return Some(Cow::Owned(format!("{prefix}{value}")));
            }
        }
        let name = Some(self.get(C::Name)).filter(|n| !n.is_empty()).unwrap_or(self.get(C::TradeName));
        place::structure_id_without_identifier(name, self.get(C::PostalCode), self.get(C::Street)).map(Cow::Owned)
    }

    #[must_use]
    pub fn structure(&self) -> Option<Structure> {
        let id = self.structure_id()?.into_owned();
        let owned = |column| self.cells.owned(column);
        Some(Structure {
            id,
            name: owned(C::Name),
            trade_name: owned(C::TradeName),
            siret: owned(C::Siret),
            siren: owned(C::Siren),
            finess: owned(C::Finess),
            finess_ej: owned(C::FinessEj),
            legacy_id: owned(C::LegacyId),
            address: self.address(),
            phone: owned(C::Phone),
            phone2: owned(C::Phone2),
            fax: owned(C::Fax),
            email: place::without_patient(self.get(C::Email)).to_owned(),
            sector: owned(C::Sector),
            in_rpps: true,
            closed: false,
        })
    }

    fn address(&self) -> PostalAddress {
        let owned = |column| self.cells.owned(column);
        let street_type = self.get(C::StreetType);
        let mut address = PostalAddress {
            recipient: owned(C::Recipient),
            geographic: owned(C::Geographic),
            number: owned(C::Number),
            repetition: owned(C::Repetition),
            street_type: if street_type.is_empty() { owned(C::StreetTypeLabel) } else { street_type.to_owned() },
            street: owned(C::Street),
            distribution: owned(C::Distribution),
            last_line: owned(C::LastLine),
            postal_code: owned(C::PostalCode),
            insee: owned(C::Insee),
            city: owned(C::City),
            country_code: owned(C::CountryCode),
            country: owned(C::Country),
            department: owned(C::Department),
        };
        place::complete(&mut address);
        address
    }

    /// Every key the row names its structure by (columns 20–24 and 47), for `structure_alias`; empty without a structure.
    #[must_use]
    pub fn structure_keys(&self) -> Vec<StructureKey> {
        use StructureKeyKind as K;
        let Some(id) = self.structure_id() else { return Vec::new() };
        let mut keys = vec![StructureKey::new(K::Technical, &id)];
        for (kind, column) in [(K::Finess, C::Finess), (K::FinessEj, C::FinessEj), (K::Siret, C::Siret), (K::Siren, C::Siren)] {
            let value = self.get(column);
            if !value.is_empty() {
                keys.push(StructureKey::new(kind, value));
            }
        }
        keys.extend(key_of_technical_id(&id));
        let legacy = self.get(C::LegacyId);
        if !legacy.is_empty() {
            keys.push(StructureKey::from_prefixed(legacy).unwrap_or_else(|| StructureKey::new(K::Other, legacy)));
        }
        keys.sort();
        keys.dedup();
        keys
    }

    /// `None` when the person has no activity: columns 18–56 say nothing.
    #[must_use]
    pub fn activity(&self) -> Option<Activity> {
        let id = self.id();
        let structure = self.structure_id().unwrap_or_default();
        let columns = [C::Mode, C::Sector, C::Section, C::Role, C::Genre];
        let [mode, sector, section, role, genre] = columns.map(|c| self.get(c));
        if structure.is_empty() && [mode, sector, section, role, genre].iter().all(|v| v.is_empty()) {
            return None;
        }
        let (profession, category) = (self.get(C::Profession), self.get(C::Category));
        Some(Activity {
            id: activity_id([&id, profession, category, mode, &structure, sector, section, role, genre]),
            professional: id.into_owned(),
            profession: profession.to_owned(),
            category: category.to_owned(),
            mode: mode.to_owned(),
            structure: structure.into_owned(),
            sector: sector.to_owned(),
            section: section.to_owned(),
            role: role.to_owned(),
            genre: genre.to_owned(),
        })
    }

    /// Labels the row gives to codes.
    pub fn labels(&self) -> impl Iterator<Item = Label<'a>> {
        let get = |column| self.get(column);
        let kind = get(C::ExpertiseKind);
        let profession = get(C::Profession);
        [
            Label::new(tables::EXERCISE_CIVILITY, get(C::ExerciseCivility), get(C::ExerciseCivilityLabel)),
            Label::new(tables::CIVILITY, get(C::Civility), get(C::CivilityLabel)),
            Label::new(profession_table(profession), profession, get(C::ProfessionLabel)),
            Label::new(tables::CATEGORY, get(C::Category), get(C::CategoryLabel)),
            Label::new(tables::EXPERTISE_KIND, kind, get(C::ExpertiseKindLabel)),
            Label::new(expertise_table(kind), get(C::Expertise), get(C::ExpertiseLabel)),
            Label::new(tables::MODE, get(C::Mode), get(C::ModeLabel)),
            Label::new(tables::SECTOR, get(C::Sector), get(C::SectorLabel)),
            Label::new(tables::SECTION, get(C::Section), get(C::SectionLabel)),
            Label::new(tables::ROLE, get(C::Role), get(C::RoleLabel)),
            Label::new(tables::GENRE, get(C::Genre), get(C::GenreLabel)),
            Label::new(tables::DEPARTMENT, get(C::Department), get(C::DepartmentLabel)),
        ]
        .into_iter()
        .filter(Label::is_known)
    }

    /// Wrong key digits: fictional and test numbers fail them in official examples, so they are only counted.
    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = person_remarks(self.get(C::IdType), self.get(C::IdValue), FileKind::PersonneActivite, C::IdValue);
        for column in [C::Siret, C::Siren, C::Finess, C::FinessEj] {
            if !place::structure_key_is_right(self.get(column)) {
                let column = FileKind::PersonneActivite.layout().name(column.index());
                remarks.push(Remark { column, what: Remark::WRONG_KEY });
            }
        }
        remarks
    }
}

/// The key hidden in a technical id: `F`+FINESS, `C`+SIRET, `C`+rang ADELI.
pub(super) fn key_of_technical_id(id: &str) -> Option<StructureKey> {
    let mut chars = id.chars();
    let kind = match (chars.next()?, id.len()) {
        ('F', 10) => StructureKeyKind::Finess,
        ('C', 15) => StructureKeyKind::Siret,
        ('C', 12) => StructureKeyKind::AdeliRank,
        _ => return None,
    };
    chars.as_str().bytes().all(|b| b.is_ascii_alphanumeric()).then(|| StructureKey::new(kind, chars.as_str()))
}

/// The national column when it is filled, else the type before the value.
pub(super) fn national_id<'a>(id_type: &'a str, id_value: &'a str, national: &'a str) -> Cow<'a, str> {
    if national.is_empty() { Cow::Owned(format!("{id_type}{id_value}")) } else { Cow::Borrowed(national) }
}

/// Type and value of an identification nationale whose own columns may be empty: the type is its first digit.
pub(super) fn id_parts(id_type: &str, id_value: &str, id: &str) -> (String, String) {
    if !id_type.is_empty() && !id_value.is_empty() {
        return (id_type.to_owned(), id_value.to_owned());
    }
    let (first, rest) = id.split_at_checked(1).unwrap_or((id, ""));
    (first.to_owned(), rest.to_owned())
}

pub(super) fn person_remarks(id_type: &str, id_value: &str, kind: FileKind, column: impl Column) -> Vec<Remark> {
    if place::person_key_is_right(id_type, id_value) {
        return Vec::new();
    }
    vec![Remark { column: kind.layout().name(column.index()), what: Remark::WRONG_KEY }]
}
