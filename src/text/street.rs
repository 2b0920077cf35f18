//! Lines of streets as the files and as people write them: `12 B AV DES TILLEULS`, `avenue des Tilleuls`.
//!
//! A street is known by the words of its own name. Its kind, which people and files shorten in many ways, and the number of a house only tell
//! those of one name apart: many streets share them.

use super::small_words::{canonical, is_particle};
use super::words;

/// Kinds of street, as they are said and as AFNOR XP Z 10-011 and the national files shorten them; folded.
const KINDS: [&str; 72] = [
    "all",
    "allee",
    "allees",
    "av",
    "ave",
    "avenue",
    "avenues",
    "bd",
    "bld",
    "boul",
    "boulevard",
    "boulevards",
    "bvd",
    "car",
    "carrefour",
    "chaussee",
    "che",
    "chem",
    "chemin",
    "chs",
    "cite",
    "corniche",
    "cour",
    "cours",
    "crs",
    "descente",
    "esp",
    "esplanade",
    "faubourg",
    "fg",
    "galerie",
    "gr",
    "ham",
    "hameau",
    "imp",
    "impasse",
    "lot",
    "lotissement",
    "mail",
    "montee",
    "mte",
    "parvis",
    "pas",
    "passage",
    "pl",
    "place",
    "placette",
    "pont",
    "port",
    "pro",
    "prom",
    "promenade",
    "prv",
    "qu",
    "quai",
    "quais",
    "quartier",
    "r",
    "residence",
    "rle",
    "rocade",
    "route",
    "rpt",
    "rte",
    "rue",
    "ruelle",
    "sen",
    "sente",
    "sentier",
    "sq",
    "square",
    "traverse",
];

/// Kinds that nobody means by the word alone, or that are other words oftener: only read in files.
const READ_ONLY: [&str; 14] =
    ["car", "cite", "cour", "galerie", "gr", "mail", "pas", "pont", "port", "pro", "qu", "quartier", "r", "residence"];

/// Is it a kind of street where people ask for one?
#[must_use]
pub fn is_kind(folded: &str) -> bool {
    KINDS.contains(&folded) && !READ_ONLY.contains(&folded)
}

/// May it stand between the number of a house and its street?
#[must_use]
pub fn is_repetition(folded: &str) -> bool {
    matches!(folded, "bis" | "ter" | "quater") || folded.len() == 1 && folded.bytes().all(|b| b.is_ascii_alphabetic())
}

/// One way of writing a word of a street.
#[must_use]
pub fn street_word(folded: &str) -> &str {
    match folded {
        "gal" | "gen" => "general",
        "mal" => "marechal",
        "cdt" => "commandant",
        "col" => "colonel",
        "cap" | "cne" => "capitaine",
        "lt" => "lieutenant",
        "pdt" | "pres" => "president",
        "dr" => "docteur",
        "pr" | "prof" => "professeur",
        "fg" | "fbg" => "faubourg",
        "gd" => "grand",
        "gde" => "grande",
        other => canonical(other),
    }
}

/// One way of writing a kind of street.
#[must_use]
pub fn kind(folded: &str) -> &str {
    match folded {
        "r" => "rue",
        "av" | "ave" | "avenues" => "avenue",
        "bd" | "bld" | "boul" | "bvd" | "boulevards" => "boulevard",
        "pl" | "placette" => "place",
        "all" | "allees" => "allee",
        "che" | "chem" => "chemin",
        "imp" => "impasse",
        "rte" => "route",
        "crs" => "cours",
        "qu" | "quais" => "quai",
        "sq" => "square",
        "esp" => "esplanade",
        "pro" | "prom" => "promenade",
        "pas" => "passage",
        "fg" => "faubourg",
        other => other,
    }
}

/// The number of a house, as a word of its street that is no word of a name; also a kind of street.
#[must_use]
pub fn beside_the_name(number_or_kind: &str) -> String {
    format!("#{number_or_kind}")
}

/// Digits that a word begins with.
#[must_use]
pub fn house_number(word: &str) -> &str {
    word.split(|c: char| !c.is_ascii_digit()).next().unwrap_or_default()
}

/// Words that a line is found by: those of the street's own name, without small words; the number of the house and the kind as
/// [`beside_the_name`].
#[must_use]
pub fn street_words(line: &str) -> Vec<String> {
    let all = words(line);
    let mut found = Vec::new();
    let mut own = all.as_slice();
    while let Some((first, behind)) = own.split_first().filter(|(first, _)| first.starts_with(|c: char| c.is_ascii_digit())) {
        found.push(beside_the_name(house_number(first)));
        own = behind;
    }
    if let Some((_, behind)) = own.split_first().filter(|(first, behind)| !found.is_empty() && is_repetition(first) && is_kind_of(behind)) {
        own = behind;
    }
    if let Some((first, behind)) = own.split_first().filter(|(first, behind)| KINDS.contains(&first.as_str()) && !behind.is_empty()) {
        found.push(beside_the_name(kind(first)));
        own = behind;
    }
    found.extend(own.iter().filter(|word| !is_particle(word)).map(|word| street_word(word).to_owned()));
    found
}

fn is_kind_of(rest: &[String]) -> bool {
    rest.first().is_some_and(|first| KINDS.contains(&first.as_str()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_have_the_words_of_their_names() {
        for (line, expected) in [
            ("12 B AV DES TILLEULS", &["#12", "#avenue", "tilleuls"][..]),
            ("12 bis rue Victor Hugo", &["#12", "#rue", "victor", "hugo"]),
            ("R PASTEUR", &["#rue", "pasteur"]),
            ("3 R R POINCARE", &["#3", "#rue", "poincare"]),
            ("39 BD DU GAL DE GAULLE", &["#39", "#boulevard", "general", "gaulle"]),
            ("184 R DU FAUBOURG ST-ANTOINE", &["#184", "#rue", "faubourg", "saint", "antoine"]),
            ("RUE DU 8 MAI 1945", &["#rue", "8", "mai", "1945"]),
            ("1 RUE DU 11 NOVEMBRE", &["#1", "#rue", "11", "novembre"]),
            ("LA PLACE", &["place"]),
            ("PLACE", &["place"]),
            ("12 R DE LA GARE", &["#12", "#rue", "gare"]),
            ("12 B DES ORMES", &["#12", "b", "ormes"]),
            ("12", &["#12"]),
            ("12B-14 PL D'ARMES", &["#12", "#14", "#place", "armes"]),
            ("", &[]),
        ] {
            assert_eq!(street_words(line), expected, "{line}");
        }
    }

    #[test]
    fn kinds_are_told_from_other_words() {
        for kind in ["rue", "avenue", "av", "bd", "boulevard", "cours", "place", "quai", "chemin", "impasse", "allee"] {
            assert!(is_kind(kind), "{kind}");
        }
        for other in ["r", "port", "residence", "pasteur", "mail", ""] {
            assert!(!is_kind(other), "{other}");
        }
        assert!(READ_ONLY.iter().all(|kind| KINDS.contains(kind)));
    }
}
