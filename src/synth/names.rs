//! Invented names, French in shape: accents, hyphens, particles, apostrophes, double surnames, œ, and namesakes.

use super::World;
use super::dice::{Dice, Topic};
use super::long_tail;
use std::sync::LazyLock;

/// How a person is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Name {
    /// As the files write it: capitals, at times without accents.
    pub family: String,
    pub given: String,
    /// TRE_R81.
    pub civility: &'static str,
}

static FAMILY_NAMES: LazyLock<Vec<&'static str>> =
    LazyLock::new(|| include_str!("data/family_names.csv").lines().skip(1).filter(|l| !l.is_empty()).collect());
static GIVEN_NAMES: LazyLock<Vec<(&'static str, &'static str)>> =
    LazyLock::new(|| include_str!("data/given_names.csv").lines().skip(1).filter_map(|l| l.split_once(',')).collect());

/// Of those behind the first people of a large country, in a thousand: who has a surname and a given name that few have.
const RARE_SURNAMES: u64 = 700;
const RARE_GIVEN_NAMES: u64 = 120;

/// Pieces of place-like surnames.
const BEGINNINGS: [&str; 24] = [
    "Mont", "Bel", "Cham", "Roche", "Font", "Gar", "Ville", "Haute", "Val", "Court", "Bois", "Saint-", "Pré", "Marche", "Char", "Ber",
    "Tour", "Vau", "Lau", "Mar", "Cas", "Pont", "Mal", "Ger",
];
const ENDINGS: [&str; 24] = [
    "mont", "court", "ville", "bert", "ard", "ault", "ière", "elle", "in", "ot", "eau", "ier", "fort", "champ", "bois", "roux", "val",
    "don", "nay", "gnac", "zac", "oux", "ès", "ec",
];
/// Carried by many: what a directory must tell apart.
const NAMESAKES: [(&str, &str, &str); 6] = [
    ("DUPONT", "Jean", "M"),
    ("MARTIN", "Marie", "MME"),
    ("LEFÈVRE", "Anne", "MME"),
    ("BERNARD", "Pierre", "M"),
    ("LE GOFF", "Yann", "M"),
    ("D'ARTOIS", "Élodie", "MME"),
];

/// The name of person `index` of a country, or of somebody who is none of its people.
pub(super) fn name(world: &World, index: u64) -> Name {
    let mut dice = Dice::new(world.seed, Topic::Name, index);
    if dice.per_mille(30) {
        let (family, given, civility) = dice.pick(&NAMESAKES);
        return Name { family: family.to_owned(), given: given.to_owned(), civility };
    }
    // What comes from the tail has a stream of its own.
    let mut tail = (world.people > long_tail::FROM && index >= long_tail::FROM).then(|| Dice::new(world.seed, Topic::TailName, index));
    let (civility, given) = given_name(&mut dice, tail.as_mut());
    Name { family: family_name(&mut dice, tail.as_mut()), given, civility }
}

fn given_name(dice: &mut Dice, tail: Option<&mut Dice>) -> (&'static str, String) {
    let civility = if dice.per_mille(560) { "MME" } else { "M" };
    let fitting = |wanted: &str| wanted == civility || wanted == "*";
    let first = dice.weighted(&GIVEN_NAMES, |(c, _)| u64::from(fitting(c))).map_or("", |(_, n)| n);
    let mut given = first.to_owned();
    if let Some(tail) = tail
        && tail.per_mille(RARE_GIVEN_NAMES)
    {
        given = long_tail::given(tail, civility);
    }
    if dice.per_mille(60) && !first.contains('-') {
        let second = dice.weighted(&GIVEN_NAMES, |(c, n)| u64::from(fitting(c) && !n.contains('-') && *n != first)).map_or("", |(_, n)| n);
        given.push('-');
        given.push_str(second);
    }
    let given = match dice.below(100) {
        0..=9 => given.to_uppercase(),
        10..=13 => without_accents(&given).to_uppercase(),
        14..=15 => format!("  {given}"),
        16..=17 => given.replace('-', " "),
        _ => given,
    };
    (civility, given)
}

fn family_name(dice: &mut Dice, mut tail: Option<&mut Dice>) -> String {
    let mut name = simple_surname(dice, tail.as_deref_mut());
    let vowel = name.starts_with(|c: char| "AEIOUYHÉÈÊÎÔŒØ".contains(c));
    let simple = !name.contains(' ');
    match dice.below(100) {
        0..=5 if !simple => {}
        0..=2 if vowel => name = format!("D'{name}"),
        0..=2 => name = format!("DE {name}"),
        3 => name = format!("DU {name}"),
        4 => name = format!("LE {name}"),
        5 => name = format!("DE LA {name}"),
        6..=11 => name = format!("{name}-{}", simple_surname(dice, tail)),
        12..=14 => name = format!("{name} {}", simple_surname(dice, tail)),
        15 => name = format!("{name}  {}", simple_surname(dice, tail)),
        _ => {}
    }
    match dice.below(100) {
        0..=44 => without_accents(&name),
        45 => name.to_lowercase(),
        _ => name,
    }
}

fn simple_surname(dice: &mut Dice, tail: Option<&mut Dice>) -> String {
    let rare = tail.and_then(|tail| tail.per_mille(RARE_SURNAMES).then(|| long_tail::surname(tail)));
    let name = if let Some(rare) = rare {
        rare
    } else if dice.per_mille(450) {
        dice.pick(&FAMILY_NAMES).to_owned()
    } else {
        format!("{}{}", dice.pick(&BEGINNINGS), dice.pick(&ENDINGS))
    };
    name.to_uppercase()
}

/// Accents dropped, case kept, ligatures opened: how older systems wrote names.
pub(super) fn without_accents(text: &str) -> String {
    text.chars()
        .flat_map(|c| {
            let folded = crate::text::fold_keeping_ends(&c.to_string());
            if c.is_uppercase() { folded.to_uppercase() } else { folded }.chars().collect::<Vec<_>>()
        })
        .collect()
}

/// Letters, digits and hyphens of a name, for the local part of an address or a label of a domain.
pub(super) fn slug(text: &str) -> String {
    crate::text::words(text).join("-")
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;

    #[test]
    fn names_have_every_shape() {
        let small = World::new(&Options { people: 3000, ..Options::default() });
        let names: Vec<_> = (0..3000).map(|i| name(&small, i)).collect();
        let has = |f: &dyn Fn(&Name) -> bool| names.iter().any(f);
        assert!(has(&|n| n.family.contains('\'')) && has(&|n| n.family.contains('-')) && has(&|n| n.family.contains('Œ')));
        assert!(has(&|n| n.family.starts_with("DE LA ")) && has(&|n| n.given.contains('-')) && has(&|n| n.given.contains('é')));
        assert!(names.iter().filter(|n| (n.family.as_str(), n.given.as_str()) == ("DUPONT", "Jean")).count() > 3);
        assert!(names.iter().all(|n| !n.family.trim().is_empty() && !n.given.trim().is_empty()));
        let distinct: std::collections::BTreeSet<_> = names.iter().map(|n| (&n.family, &n.given)).collect();
        assert!(distinct.len() > 2800, "{}", distinct.len());
    }

    #[test]
    fn behind_the_first_of_a_large_country_are_names_that_few_have() {
        let [small, large] = [20_000, 100_000].map(|people| World::new(&Options { people, ..Options::default() }));
        // Its first people are those of a small one, and so are those of a small one who are none of its people.
        assert!([0, 19_999].iter().all(|i| name(&small, *i) == name(&large, *i)));
        let families = |world: &World, from: u64| -> std::collections::BTreeSet<String> {
            (from..from + 3000).map(|index| without_accents(&name(world, index).family).to_lowercase()).collect()
        };
        let [common, rare] = [families(&small, 6_000_000), families(&large, 50_000)].map(|names| names.len());
        assert!(common < 1300 && rare > 2000, "{common} {rare}");
    }

    #[test]
    fn spellings() {
        assert_eq!(without_accents("Cœur-d'Été"), "Coeur-d'Ete");
        assert_eq!(slug("D'ÉPINAY LE GALL"), "d-epinay-le-gall");
    }
}
