//! The long tail of a large country: surnames, given names, communes and streets that few have, made of syllables.
//!
//! Of real surnames a thousand are those of a quarter of all people, and half of the rest are in a hundred thousand others; of communes it is much
//! alike. A small country has only the head of both, written out in `data/`: what is made for it stays as it is.

use super::dice::{Dice, Topic};
use super::names::without_accents;
use super::tables::{COMMUNES, Commune};
use crate::model::territory;
use std::sync::LazyLock;

/// People of a country before any of the tail are among them.
pub(super) const FROM: u64 = 20_000;

/// Surnames, given names and communes of the tail, and how many of each are drawn alike before the first half as rare, as powers of two.
const SURNAME_BITS: (u32, u32) = (10, 18);
const GIVEN_NAME_BITS: (u32, u32) = (6, 12);
const COMMUNE_BITS: (u32, u32) = (5, 14);

const ONSETS: [&str; 32] = [
    "b", "br", "c", "ch", "cl", "d", "dr", "f", "fr", "g", "gr", "gu", "j", "l", "m", "n", "p", "pl", "pr", "qu", "r", "s", "t", "tr", "v",
    "l", "m", "r", "b", "d", "h", "",
];
const VOWELS: [&str; 32] = [
    "a", "e", "i", "o", "u", "ai", "au", "eu", "ou", "oi", "é", "a", "e", "i", "o", "an", "en", "in", "on", "ar", "er", "or", "al", "el",
    "il", "ol", "es", "as", "ou", "u", "y", "ie",
];
const ENDINGS: [&str; 32] = [
    "ard", "aud", "ault", "eau", "el", "et", "ez", "ier", "ière", "in", "ot", "on", "oux", "and", "ert", "ois", "ac", "ic", "ec", "y", "é",
    "elle", "ette", "at", "as", "is", "us", "ain", "ent", "ine", "ou", "illon",
];
const GIVEN_ENDINGS: [[&str; 8]; 2] =
    [["a", "ine", "ie", "elle", "ia", "ane", "ée", "ya"], ["o", "an", "in", "is", "en", "el", "ien", "ys"]];

/// What a commune is called by besides, as often as the tables repeat it.
const BEHIND: [&str; 16] = [
    "",
    "",
    "",
    "",
    "",
    "",
    "-sur-",
    "-sur-",
    "-sous-",
    "-en-",
    "-le-Château",
    "-les-Bains",
    "-la-Forêt",
    "-lès-",
    "-le-Vieux",
    "-aux-Bois",
];

/// A rank by a law of Zipf, below a power of two. Ranks are in groups, each as large as all before it: of one group all are drawn alike, and the
/// whole of it `growth` hundredths as often as the group before (100 is an exponent of 1, 110 of 0.86).
fn rank(dice: &mut Dice, (first_bits, bits): (u32, u32), growth: u64) -> u64 {
    let mut weights = vec![1000];
    for _ in first_bits..bits {
        weights.push(weights.last().copied().unwrap_or_default() * growth / 100);
    }
    let groups: Vec<(u32, u64)> = (first_bits..=bits).zip(weights).collect();
    let group = dice.weighted(&groups, |(_, weight)| *weight).map_or(first_bits, |(group, _)| *group);
    let below = if group == first_bits { 0 } else { 1 << (group - 1) };
    below + dice.below((1 << group) - below)
}

/// What a name is of.
#[derive(Clone, Copy)]
enum Of {
    Family = 0,
    Given = 1,
    Commune = 2,
}

/// Digits of a number, the same for ever: the pieces a name of the tail is made of.
struct Pieces(u64);

impl Pieces {
    fn of(of: Of, rank: u64) -> Self {
        Self(Dice::new(of as u64, Topic::TailWords, rank).below(u64::MAX))
    }

    fn next<'a, const N: usize>(&mut self, list: &[&'a str; N]) -> &'a str {
        let at = self.0 % N as u64;
        self.0 /= N as u64;
        list.get(at as usize).copied().unwrap_or_default()
    }

    fn syllables(&mut self, most: u64) -> String {
        let more = self.0 % most;
        self.0 /= most;
        (0..=more).map(|_| [self.next(&ONSETS), self.next(&VOWELS)].concat()).collect::<String>() + self.next(&ONSETS)
    }
}

fn capital(word: &str) -> String {
    let mut chars = word.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// A surname that few have, with a capital.
pub(super) fn surname(dice: &mut Dice) -> String {
    let mut pieces = Pieces::of(Of::Family, rank(dice, SURNAME_BITS, 110));
    capital(&(pieces.syllables(2) + pieces.next(&ENDINGS)))
}

/// A given name that few have.
pub(super) fn given(dice: &mut Dice, civility: &str) -> String {
    let mut pieces = Pieces::of(Of::Given, rank(dice, GIVEN_NAME_BITS, 100));
    let [of_women, of_men] = &GIVEN_ENDINGS;
    capital(&(pieces.syllables(1) + pieces.next(if civility == "MME" { of_women } else { of_men })))
}

/// Communes of the tail, by their size: ninety a département, under codes from 910 on, which next to none really has. Paris is one commune:
/// its ninety lie beside it, under other codes that nobody has.
static TAIL: LazyLock<Vec<Commune>> =
    LazyLock::new(|| (0..90).flat_map(|round| departments().map(move |department| invented(department, round))).collect());

fn departments() -> impl Iterator<Item = &'static territory::Department> {
    territory::departments().iter().filter(|department| department.code.len() == 2)
}

fn invented(department: &'static territory::Department, round: u64) -> Commune {
    let key = u64::from_str_radix(department.code, 16).unwrap_or_default();
    let (department, first) = match territory::department("77").filter(|_| department.code == "75") {
        Some(beside) => (beside, 820),
        None => (department, 910),
    };
    let code = department.code;
    let mut pieces = Pieces::of(Of::Commune, round << 16 | key);
    let saint = if round % 7 == 3 { "Saint-" } else { "" };
    let name = saint.to_owned() + &capital(&(pieces.syllables(1) + pieces.next(&ENDINGS)));
    let behind = pieces.next(&BEHIND);
    let city = if behind.ends_with('-') { format!("{name}{behind}{}e", capital(&pieces.syllables(1))) } else { format!("{name}{behind}") };
    // Postcodes of Corsica tell its départements by their third digit.
    let postal_code = match code {
        "2A" => format!("200{:02}", round + 10),
        "2B" => format!("202{:02}", round + 10),
        code => format!("{code}{:03}", (round + 10) * 9),
    };
    let region = COMMUNES.iter().find(|known| territory::department(&known.department).is_some_and(|d| d.region == department.region));
    Commune {
        last_line: without_accents(&city).to_uppercase().replace('-', " ") + if round % 10 == 9 { " CEDEX" } else { "" },
        city,
        insee: format!("{code}{}", first + round),
        postal_code,
        department: code.to_owned(),
        department_label: department.name.to_owned(),
        region: region.map_or_else(|| "idf".to_owned(), |known| known.region.clone()),
        ..Commune::default()
    }
}

/// A commune of the tail.
pub(super) fn commune(dice: &mut Dice) -> Option<&'static Commune> {
    TAIL.get((rank(dice, COMMUNE_BITS, 104) as usize) % TAIL.len().max(1))
}

/// The commune of the tail that hospital `n` stands in: each has one before any has two.
pub(super) fn commune_of_hospital(n: u64) -> Option<&'static Commune> {
    TAIL.get((n % TAIL.len().max(1) as u64) as usize)
}

/// A street called by somebody or by a place.
pub(super) fn street(dice: &mut Dice) -> String {
    match dice.below(3) {
        0 => format!("{} {}", given(dice, "M"), surname(dice)).to_uppercase(),
        1 => format!("DE {}", commune(dice).map_or("", |commune| commune.city.as_str()).to_uppercase()),
        _ => format!("DU {}", surname(dice).to_uppercase()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::{BTreeMap, BTreeSet};

    #[test]
    fn a_few_names_are_those_of_many_and_many_those_of_few() {
        let mut counted: BTreeMap<String, u32> = BTreeMap::new();
        for index in 0..50_000 {
            *counted.entry(surname(&mut Dice::new(1, Topic::TailName, index))).or_default() += 1;
        }
        let mut counts: Vec<u32> = counted.values().copied().collect();
        counts.sort_unstable_by(|a, b| b.cmp(a));
        let share = |first: usize| f64::from(counts.iter().take(first).sum::<u32>()) / 50_000.0;
        assert!((20_000..40_000).contains(&counts.len()), "{}", counts.len());
        assert!((0.08..0.2).contains(&share(1_000)) && share(10_000) > 0.3, "{} {}", share(1_000), share(10_000));
        assert!(counted.keys().all(|name| name.chars().count() > 1 && name.starts_with(char::is_uppercase)), "{:?}", counted.keys().next());
    }

    #[test]
    fn communes_are_many_and_lie_where_their_codes_say() {
        assert_eq!(TAIL.len(), 90 * 96);
        let codes: BTreeSet<&str> = TAIL.iter().map(|commune| commune.insee.as_str()).collect();
        assert_eq!(codes.len(), TAIL.len());
        for commune in TAIL.iter() {
            let derived = crate::extraction::department(&commune.insee, &commune.postal_code, "");
            assert_eq!(derived, Some(commune.department.as_str()), "{commune:?}");
            assert!(commune.postal_code.len() == 5 && !commune.region.is_empty() && !commune.city.ends_with('-'), "{commune:?}");
        }
        let names: BTreeSet<&str> = TAIL.iter().map(|commune| commune.city.as_str()).collect();
        assert!(names.len() > 7_000, "{}", names.len());
        let drawn = (0..20_000).filter_map(|index| commune(&mut Dice::new(1, Topic::TailSite, index)));
        let mut counted: BTreeMap<&str, u32> = BTreeMap::new();
        drawn.for_each(|commune| *counted.entry(&commune.insee).or_default() += 1);
        assert!(counted.len() > 3_000 && counted.values().any(|count| *count > 40), "{}", counted.len());
    }
}
