//! Everyday words: what people call professions, specialties, kinds of structure and regions, and short forms of first names.
//!
//! The tables are schema/words/everyday.csv (codes of the ANS tables named in its last column, both genders) and given_names.csv (short forms
//! in use, listed by the project). A word stands for all of its codes at once; it stays a word beside.

use super::phrases::Phrases;
use super::{fold, words};
use std::collections::HashMap;
use std::sync::LazyLock;

/// What an everyday word stands for.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Everyday {
    /// The word that the others of its row are named after.
    pub name: &'static str,
    /// TRE_G15, R94, R95, R96.
    pub professions: Vec<&'static str>,
    /// TRE_R38 and its sisters.
    pub specialties: Vec<&'static str>,
    /// TRE_R02: kinds of structure.
    pub sectors: Vec<&'static str>,
    /// INSEE codes.
    pub regions: Vec<&'static str>,
}

struct Table {
    rows: Vec<Everyday>,
    phrases: Phrases,
}

static EVERYDAY: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table { rows: Vec::new(), phrases: Phrases::default() };
    for line in include_str!("../../schema/words/everyday.csv").lines().skip(1) {
        let mut cells = line.splitn(6, ',');
        let phrases = cells.next().unwrap_or_default();
        let mut codes = || cells.next().unwrap_or_default().split_whitespace().collect();
        let name = phrases.split('|').next().unwrap_or_default();
        let row = Everyday { name, professions: codes(), specialties: codes(), sectors: codes(), regions: codes() };
        for phrase in phrases.split('|') {
            table.phrases.add(phrase, table.rows.len());
        }
        table.rows.push(row);
    }
    table
});

static SHORT_FORMS: LazyLock<HashMap<String, Vec<Vec<String>>>> = LazyLock::new(|| {
    let rows = include_str!("../../schema/words/given_names.csv").lines().skip(1).filter_map(|line| {
        let mut cells = line.split(',');
        Some((fold(cells.next()?), cells.next()?.split('|').map(words).collect()))
    });
    rows.collect()
});

/// The longest everyday phrase these words begin with, small words left out: how many words it has, and what it stands for.
pub fn phrase<S: AsRef<str>>(words: &[S]) -> Option<(usize, &'static Everyday)> {
    let (count, place) = EVERYDAY.phrases.longest(words)?;
    Some((count, EVERYDAY.rows.get(place)?))
}

/// The everyday word that sounds like this one.
#[must_use]
pub fn sounding(word: &str) -> Option<&'static Everyday> {
    EVERYDAY.phrases.sounding(word).and_then(|place| EVERYDAY.rows.get(place))
}

/// Everyday words that are so many edits away.
pub fn near(word: &str, most: usize) -> impl Iterator<Item = &'static Everyday> {
    EVERYDAY.phrases.near(word, most).filter_map(|place| EVERYDAY.rows.get(place))
}

/// First names a short form stands for, each by its words; empty for what is none.
#[must_use]
pub fn full_names(short: &str) -> &'static [Vec<String>] {
    SHORT_FORMS.get(short).map_or(&[], Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stand_for_codes() {
        for (asked, professions, specialties) in [
            ("généraliste", &[][..], &["SM26", "SM53", "SM54"][..]),
            ("médecin généraliste", &[], &["SM26", "SM53", "SM54"]),
            ("infirmière", &["60", "69"], &[]),
            ("sage femme", &["50"], &[]),
            ("sages-femmes", &["50"], &[]),
            ("chirurgien dentiste", &["40"], &[]),
            ("masseur kiné", &["70"], &[]),
            ("pharmacie", &["21"], &[]),
        ] {
            let asked = words(asked);
            let (count, found) = phrase(&asked).unwrap();
            assert_eq!((count, &found.professions[..], &found.specialties[..]), (asked.len(), professions, specialties), "{asked:?}");
        }
        let psy = phrase(&["psy"]).unwrap().1;
        assert!(psy.professions.contains(&"93") && psy.specialties.contains(&"SM42"));
        assert_eq!(phrase(&["pharmacie"]).unwrap().1.sectors[0], "SA33");
        assert_eq!(phrase(&["paca"]).unwrap().1.regions, ["93"]);
        assert_eq!(sounding("oftalmo"), phrase(&["ophtalmo"]).map(|(_, row)| row));
        assert!(phrase(&["martin"]).is_none() && phrase::<&str>(&[]).is_none() && near("dupont", 1).next().is_none());
    }

    #[test]
    fn short_forms_stand_for_names() {
        assert_eq!(full_names("cathy"), [["catherine"]]);
        assert_eq!(full_names("jp")[0], ["jean", "pierre"]);
        assert!(full_names("kti").is_empty() && full_names("martin").is_empty());
        for short in ["jo", "fred", "bea", "isa", "nico", "seb", "max", "steph"] {
            assert!(!full_names(short).is_empty(), "{short}");
        }
    }
}
