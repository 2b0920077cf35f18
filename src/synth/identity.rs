//! Who person `index` is: number, name and profession, before any activity.
//!
//! RPPS numbers are taken from 109…, a range not in use, in an order that looks random and never repeats below ten million people.

use super::World;
use super::dice::{Dice, Topic, with_luhn_key};
use super::names::{self, Name};
use super::tables::{PROFESSIONS, Profession};
use std::sync::LazyLock;

/// One person, the same on every day.
#[derive(Clone, Debug)]
pub(super) struct Identity {
    /// `8` RPPS or `0` ADELI.
    pub id_type: &'static str,
    pub id_value: String,
    pub name: Name,
    pub profession: &'static Profession,
    /// C, E, F or M (TRE_R09).
    pub category: (&'static str, &'static str),
    /// DR or PR for physicians, surgeons and pharmacists; may be empty.
    pub exercise_civility: (&'static str, &'static str),
}

impl Identity {
    /// Identification nationale PP.
    pub fn national_id(&self) -> String {
        format!("{}{}", self.id_type, self.id_value)
    }
}

static NO_PROFESSION: LazyLock<Profession> = LazyLock::new(Profession::default);

pub(super) fn identity(world: &World, index: u64) -> Identity {
    let mut dice = Dice::new(world.seed, Topic::Person, index);
    let profession = dice.weighted(&PROFESSIONS, |p| p.weight).unwrap_or(&NO_PROFESSION);
    let titled = ["10", "21", "40"].contains(&profession.code.as_str());
    let category = match dice.below(1000) {
        0..=44 => ("E", "Etudiant"),
        45..=54 => ("M", "Militaire"),
        55..=64 => ("F", "Fonctionnaire d'Etat ou de collectivité locale"),
        _ => ("C", "Civil"),
    };
    let exercise_civility = match dice.below(100) {
        0..=4 if profession.code == "10" => ("PR", "Professeur"),
        0..=1 if category.0 == "M" => ("MC", "Médecin chef"),
        0..=79 if titled && category.0 != "E" => ("DR", "Docteur"),
        _ => ("", ""),
    };
    // Professions that the ARS register still have ADELI numbers here and there.
    let adeli = profession.authority.starts_with("ARS") && index % 25 == 7;
    let (id_type, id_value) = if adeli { ("0", with_luhn_key(&format!("99{:06}", index / 25))) } else { ("8", rpps(world, index)) };
    Identity { id_type, id_value, name: names::name(world, index), profession, category, exercise_civility }
}

/// RPPS number of person `index`; about three in a thousand end with a wrong key, as test numbers do.
fn rpps(world: &World, index: u64) -> String {
    // 7 654 321 is prime to ten million, so the numbers of different people differ.
    let payload = (index * 7_654_321 + world.seed % 10_000_000) % 10_000_000;
    let mut number = with_luhn_key(&format!("109{payload:07}"));
    if index % 331 == 15
        && let Some(key) = number.pop().and_then(|c| c.to_digit(10))
    {
        number.push(char::from_digit((key + 1) % 10, 10).unwrap_or('0'));
    }
    number
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;

    #[test]
    fn everyone_has_a_number_of_their_own() {
        let world = World::new(&Options { people: 30_000, ..Options::default() });
        let ids: std::collections::BTreeSet<_> = (0..30_000).map(|i| identity(&world, i).national_id()).collect();
        assert_eq!(ids.len(), 30_000);
        let wrong = ids.iter().filter(|id| !crate::model::luhn_valid(&id[1..])).count();
        assert!((50..150).contains(&wrong), "{wrong}");
        assert!(ids.iter().any(|id| id.starts_with("099") && id.len() == 10));
        assert!(ids.iter().filter(|id| id.starts_with('8')).all(|id| id.len() == 12 && id.starts_with("8109")));
    }
}
