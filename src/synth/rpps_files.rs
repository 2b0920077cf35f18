//! The rows of Personne_activite and SavoirFaire, with the oddities real ones have: exact duplicates, identity columns that differ in
//! case from row to row, structures whose telephone is given once and not again, labels that are missing.

use super::World;
use super::dice::{Dice, Topic};
use super::identity::{Identity, identity};
use super::person::{Activity, Exercise, person, person_today};
use super::site::{Structure, structure};
use super::tables::{Profession, Specialty};
use crate::extraction::write::{Cells, Shape, Writer};
use crate::extraction::{ActivityColumn, ExpertiseColumn, FileKind};
use std::io::{self, Write};

/// Streams of quirks are beside those of content, so that a new quirk changes no content.
const QUIRKS: u64 = 1 << 40;
/// Persons that SavoirFaire names and Personne_activite does not.
pub(super) const ORPHANS: u64 = 6_000_000;

/// Writes Personne_activite; answers the number of rows.
pub(super) fn personne_activite(world: &World, shape: Shape, sink: impl Write) -> io::Result<u64> {
    let mut writer = Writer::new(FileKind::PersonneActivite, shape, sink)?;
    let mut cells = Cells::new(FileKind::PersonneActivite);
    let mut rows = 0;
    for index in world.everyone() {
        let Some(person) = person_today(world, index) else { continue };
        let mut quirks = Dice::new(world.seed, Topic::Rows, QUIRKS | index);
        for exercise in &person.exercises {
            let structures: Vec<_> = exercise.activities.iter().map(|a| a.site.map(|site| structure(world, site))).collect();
            let specialties = exercise.specialties.iter().map(|s| Some(*s)).chain(exercise.specialties.is_empty().then_some(None));
            for specialty in specialties {
                let activities = exercise.activities.iter().zip(&structures).map(Some);
                for activity in activities.chain(exercise.activities.is_empty().then_some(None)) {
                    activity_cells(world, &mut cells, &person.identity, exercise, specialty, activity, &mut quirks);
                    rows += 1;
                    writer.row(&cells)?;
                    if quirks.per_mille(10) {
                        rows += 1;
                        writer.row(&cells)?;
                    }
                }
            }
        }
    }
    writer.finish()?;
    Ok(rows)
}

fn activity_cells(
    world: &World,
    cells: &mut Cells<ActivityColumn>,
    identity: &Identity,
    exercise: &Exercise,
    specialty: Option<&Specialty>,
    activity: Option<(&Activity, &Option<Structure>)>,
    quirks: &mut Dice,
) {
    use ActivityColumn as C;
    cells.clear();
    let civility = if identity.name.civility == "M" { "Monsieur" } else { "Madame" };
    let given = if quirks.per_mille(10) { identity.name.given.to_lowercase() } else { identity.name.given.clone() };
    let family = if quirks.per_mille(5) { identity.name.family.to_lowercase() } else { identity.name.family.clone() };
    for (column, value) in [
        (C::IdType, identity.id_type),
        (C::IdValue, &identity.id_value),
        (C::NationalId, &identity.national_id()),
        (C::ExerciseCivility, identity.exercise_civility.0),
        (C::ExerciseCivilityLabel, identity.exercise_civility.1),
        (C::Civility, identity.name.civility),
        (C::CivilityLabel, civility),
        (C::Family, &family),
        (C::Given, &given),
        (C::Profession, &exercise.profession.code),
        (C::ProfessionLabel, &exercise.profession.label),
        (C::Category, identity.category.0),
        (C::CategoryLabel, identity.category.1),
    ] {
        cells.set(column, value);
    }
    if let Some(s) = specialty {
        cells.set(C::ExpertiseKind, &s.kind);
        cells.set(C::ExpertiseKindLabel, &s.kind_label);
        cells.set(C::Expertise, &s.code);
        cells.set(C::ExpertiseLabel, world.label_today(s));
    }
    let Some((activity, structure)) = activity else { return };
    let sector = structure.as_ref().map_or(("SA02", "Hôpital militaire du Service de santé des armées"), |s| s.sector);
    let authority = if structure.is_some() { exercise.profession.authority.as_str() } else { "SSA/SSA/SSA" };
    cells.set(C::Authority, authority);
    let coded = [
        (C::Mode, C::ModeLabel, activity.mode),
        (C::Sector, C::SectorLabel, sector),
        (C::Section, C::SectionLabel, activity.section),
        (C::Role, C::RoleLabel, activity.role),
        (C::Genre, C::GenreLabel, activity.genre),
    ];
    for (code_column, label_column, (code, label)) in coded {
        cells.set(code_column, code);
        cells.set(label_column, label);
    }
    if let Some(structure) = structure {
        structure_cells(cells, structure, quirks);
    }
}

fn structure_cells(cells: &mut Cells<ActivityColumn>, structure: &Structure, quirks: &mut Dice) {
    use ActivityColumn as C;
    for (column, value) in [
        (C::Siret, &structure.siret),
        (C::Siren, &structure.siren),
        (C::Finess, &structure.finess),
        (C::FinessEj, &structure.finess_ej),
        (C::StructureId, &structure.technical_id),
        (C::Name, &structure.name),
        (C::TradeName, &structure.trade_name),
        (C::Geographic, &structure.geographic),
        (C::Number, &structure.number),
        (C::Distribution, &structure.distribution),
        (C::Phone2, &structure.phone2),
        (C::Fax, &structure.fax),
        (C::Email, &structure.email),
        (C::LegacyId, &structure.legacy_id),
    ] {
        cells.set(column, value);
    }
    cells.set(C::Repetition, structure.repetition);
    cells.set(C::StreetType, structure.street_type.0);
    cells.set(C::StreetTypeLabel, structure.street_type.1);
    cells.set(C::Street, &structure.street);
    if !quirks.per_mille(10) {
        cells.set(C::Phone, &structure.phone);
    }
    let Some(commune) = structure.commune else { return };
    cells.set(C::PostalCode, &commune.postal_code);
    cells.set(C::City, &commune.city);
    if structure.is_abroad() {
        cells.set(C::CountryCode, "99132");
        cells.set(C::Country, "ROYAUME-UNI");
        return;
    }
    cells.set(C::LastLine, &format!("{} {}", commune.postal_code, commune.last_line));
    // Rows of the ARS register lack the codes of the place, and some others the département: they are to be derived.
    if structure.legacy_id.starts_with('0') || structure.legacy_id.is_empty() {
        return;
    }
    cells.set(C::Insee, &commune.insee);
    cells.set(C::CountryCode, "99000");
    cells.set(C::Country, "France");
    if !structure.legacy_id.ends_with('4') {
        cells.set(C::Department, &commune.department);
        cells.set(C::DepartmentLabel, &commune.department_label);
    }
}

/// Writes SavoirFaire; answers the number of rows.
pub(super) fn savoir_faire(world: &World, shape: Shape, sink: impl Write) -> io::Result<u64> {
    let mut writer = Writer::new(FileKind::SavoirFaire, shape, sink)?;
    let mut cells = Cells::new(FileKind::SavoirFaire);
    let mut rows = 0;
    for index in world.everyone() {
        let Some(person) = person_today(world, index) else { continue };
        let mut quirks = Dice::new(world.seed, Topic::Rows, (QUIRKS << 1) | index);
        for exercise in &person.exercises {
            for specialty in &exercise.specialties {
                expertise_cells(world, &mut cells, &person.identity, exercise.profession, specialty, quirks.per_mille(10));
                let copies = if quirks.per_mille(10) { 2 } else { 1 };
                for _ in 0..copies {
                    rows += 1;
                    writer.row(&cells)?;
                }
            }
        }
    }
    for index in ORPHANS..=ORPHANS + world.people / 1000 {
        let orphan = identity(world, index);
        if let Some(specialty) = person(world, index).main_specialty().or(super::tables::SPECIALTIES.first()) {
            expertise_cells(world, &mut cells, &orphan, orphan.profession, specialty, false);
            rows += 1;
            writer.row(&cells)?;
        }
    }
    writer.finish()?;
    Ok(rows)
}

fn expertise_cells(
    world: &World,
    cells: &mut Cells<ExpertiseColumn>,
    identity: &Identity,
    profession: &Profession,
    specialty: &Specialty,
    unlabelled: bool,
) {
    use ExpertiseColumn as C;
    for (column, value) in [
        (C::IdType, identity.id_type),
        (C::IdValue, &identity.id_value),
        (C::NationalId, &identity.national_id()),
        (C::Family, &identity.name.family),
        (C::Given, &identity.name.given),
        (C::Profession, &profession.code),
        (C::ProfessionLabel, &profession.label),
        (C::Category, identity.category.0),
        (C::CategoryLabel, identity.category.1),
        (C::ExpertiseKind, &specialty.kind),
        (C::ExpertiseKindLabel, if unlabelled { "" } else { &specialty.kind_label }),
        (C::Expertise, &specialty.code),
        (C::ExpertiseLabel, world.label_today(specialty)),
    ] {
        cells.set(column, value);
    }
}
