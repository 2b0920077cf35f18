//! Lines of streets as the files and as people write them: `12 B AV DES TILLEULS`, `avenue des Tilleuls`.
//!
//! A street is known by the words of its own name. Its kind, which people and files shorten in many ways, and the number of a house are no
//! such words: many streets share them.

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

/// Words that a line is found by: those of the street's own name, without number, kind and small words.
#[must_use]
pub fn street_words(line: &str) -> Vec<String> {
    let all = words(line);
    let mut own = all.as_slice();
    while let Some((_, behind)) = own.split_first().filter(|(first, _)| first.starts_with(|c: char| c.is_ascii_digit())) {
        own = behind;
    }
    let numbered = own.len() < all.len();
    if let Some((_, behind)) = own.split_first().filter(|(first, behind)| numbered && is_repetition(first) && is_kind_of(behind)) {
        own = behind;
    }
    if let Some((_, behind)) = own.split_first().filter(|(first, behind)| KINDS.contains(&first.as_str()) && !behind.is_empty()) {
        own = behind;
    }
    own.iter().filter(|word| !is_particle(word)).map(|word| street_word(word).to_owned()).collect()
}

fn is_kind_of(rest: &[String]) -> bool {
    rest.first().is_some_and(|first| KINDS.contains(&first.as_str()) || is_particle(first))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streets_have_the_words_of_their_names() {
        for (line, expected) in [
            ("12 B AV DES TILLEULS", &["tilleuls"][..]),
            ("12 bis rue Victor Hugo", &["victor", "hugo"]),
            ("R PASTEUR", &["pasteur"]),
            ("3 R R POINCARE", &["poincare"]),
            ("39 BD DU GAL DE GAULLE", &["general", "gaulle"]),
            ("184 R DU FAUBOURG ST-ANTOINE", &["faubourg", "saint", "antoine"]),
            ("RUE DU 8 MAI 1945", &["8", "mai", "1945"]),
            ("1 RUE DU 11 NOVEMBRE", &["11", "novembre"]),
            ("LA PLACE", &["place"]),
            ("PLACE", &["place"]),
            ("12", &[]),
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
