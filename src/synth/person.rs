//! What a person does: exercises, savoir-faire, activities; and what changes from the first day to the next.

use super::World;
use super::dice::{Dice, Topic};
use super::identity::{Identity, identity};
use super::site::Site;
use super::tables::{PROFESSIONS, Profession, SPECIALTIES, Specialty};

/// A person on a day.
#[derive(Clone, Debug)]
pub(super) struct Person {
    pub identity: Identity,
    pub exercises: Vec<Exercise>,
}

#[derive(Clone, Debug)]
pub(super) struct Exercise {
    pub profession: &'static Profession,
    pub specialties: Vec<&'static Specialty>,
    pub activities: Vec<Activity>,
}

/// Codes with the labels the files give them.
#[derive(Clone, Debug)]
pub(super) struct Activity {
    pub mode: (&'static str, &'static str),
    pub site: Option<Site>,
    pub section: (&'static str, &'static str),
    pub role: (&'static str, &'static str),
    pub genre: (&'static str, &'static str),
}

const NONE: (&str, &str) = ("", "");

impl Person {
    pub fn first_site(&self) -> Option<Site> {
        self.exercises.iter().flat_map(|e| &e.activities).find_map(|a| a.site)
    }

    pub fn main_specialty(&self) -> Option<&'static Specialty> {
        self.exercises.first().and_then(|e| e.specialties.first()).copied()
    }
}

/// Person `index` on the first day, whatever the world's day.
pub(super) fn person(world: &World, index: u64) -> Person {
    let identity = identity(world, index);
    let mut dice = Dice::new(world.seed, Topic::Rows, index);
    let mut exercises = vec![exercise(world, index, &identity, identity.profession, &mut dice)];
    // A second profession: nurse and psychologist, physician and pharmacist.
    if dice.per_mille(12)
        && let Some(second) = PROFESSIONS.get(dice.below(PROFESSIONS.len() as u64) as usize)
        && second.code != identity.profession.code
    {
        exercises.push(exercise(world, index, &identity, second, &mut dice));
    }
    Person { identity, exercises }
}

/// Person `index` on the world's day: `None` when gone by then.
pub(super) fn person_today(world: &World, index: u64) -> Option<Person> {
    if world.is_gone(index) {
        return None;
    }
    let mut person = person(world, index);
    if world.has_moved(index) {
        let mut dice = Dice::new(world.seed, Topic::NextDay, index);
        let site = Site::Company(dice.below(world.companies));
        let moved = Activity { mode: ("S", "Salarié"), site: Some(site), section: NONE, role: NONE, genre: NONE };
        if let Some(exercise) = person.exercises.first_mut() {
            exercise.activities.splice(..exercise.activities.len().min(1), [moved]);
        }
    }
    Some(person)
}

fn exercise(world: &World, index: u64, identity: &Identity, profession: &'static Profession, dice: &mut Dice) -> Exercise {
    let student = identity.category.0 == "E";
    let of = |rank: u8, s: &Specialty| if s.rank == rank && s.profession == profession.code { s.weight } else { 0 };
    let mut specialties = Vec::new();
    if !student {
        specialties.extend(dice.weighted(&SPECIALTIES, |s| of(1, s)).filter(|s| !s.code.is_empty()));
        if dice.per_mille(120) {
            specialties.extend(dice.weighted(&SPECIALTIES, |s| of(2, s)));
        }
    }
    let count = match dice.below(100) {
        0..=24 => 0,
        25..=63 => 1,
        64..=86 => 2,
        _ => 3,
    };
    let count = if student { count.min(1) } else { count };
    let activities = (0..count).map(|rank| activity(world, index, rank, identity, profession, dice)).collect();
    Exercise { profession, specialties, activities }
}

fn activity(world: &World, index: u64, rank: u64, identity: &Identity, profession: &Profession, dice: &mut Dice) -> Activity {
    let salaried = dice.below(100) < profession.salaried;
    let mode = match dice.below(100) {
        0 => ("B", "Bénévole"),
        _ if salaried => ("S", "Salarié"),
        _ => ("L", "Libéral"),
    };
    let genre = match dice.below(100) {
        0..=69 => ("GENR01", "Activité de soin et de pharmacie"),
        70..=74 => ("GENR03", "Remplacement dans une activité de soins"),
        75..=77 => ("GENR04", "Activité non soignante"),
        _ => NONE,
    };
    if identity.category.0 == "M" {
        // The armed forces' structures carry no identifier and no address.
        return Activity { mode: ("S", "Salarié"), site: None, section: NONE, role: NONE, genre };
    }
    let (site, section, role) = match (profession.code.as_str(), salaried) {
        ("21", false) => {
            (Site::Pharmacy(dice.below(world.pharmacies)), ("A", "Pharmacien titulaire d'officine"), ("FON-03", "Titulaire d'officine"))
        }
        ("21", true) if dice.per_mille(600) => {
            (Site::Pharmacy(dice.below(world.pharmacies)), ("D", "Pharmacien adjoint, remplaçant ou gérant"), ("FON-05", "Adjoint"))
        }
        ("21", true) => (hospital(world, dice), ("H", "Pharmacien d'établissement de santé"), ("FON-37", "Gérant de PUI")),
        ("86", _) => (Site::Laboratory(dice.below(world.laboratories)), NONE, NONE),
        (_, true) if dice.per_mille(60) => (Site::Laboratory(dice.below(world.laboratories)), NONE, ("FON-41", "Biologiste médical")),
        (_, true) if dice.per_mille(150) => (Site::Company(dice.below(world.companies)), NONE, ("FON-33", "Salarié en poste fixe")),
        (_, true) => (hospital(world, dice), NONE, NONE),
        (_, false) => (practice(world, index, rank, dice), NONE, liberal_role(dice)),
    };
    Activity { mode, site: Some(site), section, role, genre }
}

/// The first hospitals are the large ones.
fn hospital(world: &World, dice: &mut Dice) -> Site {
    let ceiling = dice.below(world.hospitals) + 1;
    Site::Hospital(dice.below(ceiling))
}

/// A first practice is shared with one's neighbours in the country; others are anywhere.
fn practice(world: &World, index: u64, rank: u64, dice: &mut Dice) -> Site {
    match dice.below(100) {
        0..=11 => Site::Company(dice.below(world.companies)),
        12..=14 => Site::Unidentified(dice.below(world.unidentified)),
        _ if rank == 0 && index < world.people => Site::Cabinet(index * world.cabinets / world.people),
        _ => Site::Cabinet(dice.below(world.cabinets)),
    }
}

fn liberal_role(dice: &mut Dice) -> (&'static str, &'static str) {
    match dice.below(10) {
        0..=5 => ("FON-01", "Titulaire de cabinet"),
        6 => ("FON-17", "Collaborateur"),
        7 => ("FON-22", "Remplaçant, intérimaire, intermittent"),
        _ => NONE,
    }
}
