//! Names of towns as the files and as people write them: CEDEX, arrondissements, Saint.
//!
//! Only Paris, Lyon and Marseille have arrondissements; their number may stand in the name (`LYON 3E ARRONDISSEMENT`, `Marseille 08`) or be
//! known from the postcode alone (75012, 69003, 13008; 75116 is of the 16th).

use super::small_words::canonical;
use super::words;

const WITH_ARRONDISSEMENTS: [(&str, &str, u32); 3] = [("paris", "75", 20), ("lyon", "69", 9), ("marseille", "13", 16)];

/// Words of a town's name: without CEDEX and its number, `arrondissement` left out, numbers plain (`3E`, `03` are `3`), Saint in one way.
#[must_use]
pub fn town_words(name: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let mut after_cedex = false;
    for word in words(name) {
        let number = ordinal(&word);
        match (is_cedex(&word), std::mem::replace(&mut after_cedex, is_cedex(&word)), number) {
            (true, ..) | (_, true, Some(_)) => {}
            (.., Some(number)) => kept.push(number.to_string()),
            _ if is_arrondissement(&word) => {}
            _ if kept.last().is_some_and(|town| roman(&word).is_some_and(|number| has_arrondissement(town, number))) => {
                kept.extend(roman(&word).map(|number| number.to_string()));
            }
            _ => kept.push(canonical(&word).to_owned()),
        }
    }
    kept
}

/// Number of the arrondissement of a place; none where there are none.
#[must_use]
pub fn arrondissement(name: &str, postal_code: &str) -> Option<u32> {
    let words = town_words(name);
    let (_, department, most) = WITH_ARRONDISSEMENTS.into_iter().find(|(town, ..)| words.first().is_some_and(|w| w == town))?;
    let told = words.get(1).and_then(|word| word.parse().ok());
    let coded = || match postal_code {
        "75116" => Some(16),
        code => code.strip_prefix(department).filter(|rest| rest.len() == 3)?.parse().ok(),
    };
    told.or_else(coded).filter(|number| (1..=most).contains(number))
}

/// The town with arrondissements that this name, made of [`town_words`], is or is a part of: folded, and as it is written.
#[must_use]
pub fn divided(name: &str) -> Option<(&'static str, &'static str)> {
    let (town, number) = name.split_once(' ').map_or((name, None), |(town, number)| (town, Some(number)));
    let (town, _, most) = WITH_ARRONDISSEMENTS.into_iter().find(|(known, ..)| *known == town)?;
    let is_part = number.is_none_or(|number| number.parse().is_ok_and(|number: u32| (1..=most).contains(&number)));
    let written = match town {
        "paris" => "Paris",
        "lyon" => "Lyon",
        _ => "Marseille",
    };
    is_part.then_some((town, written))
}

/// Does this town have an arrondissement of this number?
#[must_use]
pub fn has_arrondissement(folded: &str, number: u32) -> bool {
    WITH_ARRONDISSEMENTS.into_iter().any(|(town, _, most)| town == folded && (1..=most).contains(&number))
}

/// A number of one or two digits, as such or as an ordinal: `3`, `03`, `3e`, `3eme`, `1er`.
#[must_use]
pub fn ordinal(folded: &str) -> Option<u32> {
    let digits = folded.trim_end_matches(|c: char| !c.is_ascii_digit());
    let ending = folded.get(digits.len()..)?;
    let fits = matches!(ending, "" | "e" | "er" | "eme" | "ere" | "re" | "ieme") && (1..=2).contains(&digits.len());
    digits.parse().ok().filter(|number| fits && *number > 0)
}

/// A number up to twenty in Roman figures, as such or as an ordinal: `xv`, `iiie`, `ier`. Only behind a town that has such a number: alone
/// they are letters.
#[must_use]
pub fn roman(folded: &str) -> Option<u32> {
    const UNITS: [&str; 10] = ["", "i", "ii", "iii", "iv", "v", "vi", "vii", "viii", "ix"];
    let ending = ["eme", "ere", "er", "e", ""].into_iter();
    let mut figures = ending.filter_map(|ending| folded.strip_suffix(ending));
    figures.find_map(|figures| {
        let (tens, units) = match figures {
            "xx" => (2, ""),
            _ => figures.strip_prefix('x').map_or((0, figures), |units| (1, units)),
        };
        let units = UNITS.iter().position(|known| *known == units)?;
        u32::try_from(10 * tens + units).ok().filter(|number| *number > 0)
    })
}

#[must_use]
pub fn is_cedex(folded: &str) -> bool {
    folded == "cedex"
}

#[must_use]
pub fn is_arrondissement(folded: &str) -> bool {
    matches!(folded, "arrondissement" | "arrdt" | "ardt" | "arr")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn towns_have_their_words() {
        for (name, expected) in [
            ("LYON 3E ARRONDISSEMENT", &["lyon", "3"][..]),
            ("Lyon 3e  Arrondissement", &["lyon", "3"]),
            ("Marseille 08", &["marseille", "8"]),
            ("PARIS 1ER ARRONDISSEMENT", &["paris", "1"]),
            ("GRENOBLE CEDEX 09", &["grenoble"]),
            ("GRENOBLE CEDEX", &["grenoble"]),
            ("PARIS CEDEX 12", &["paris"]),
            ("ST ETIENNE", &["saint", "etienne"]),
            ("Sainte-Foy-lès-Lyon", &["saint", "foy", "les", "lyon"]),
            ("L'Haÿ-les-Roses", &["l", "hay", "les", "roses"]),
            ("", &[]),
        ] {
            assert_eq!(town_words(name), expected, "{name}");
        }
    }

    #[test]
    fn arrondissements_are_told_by_name_or_postcode() {
        for (name, postal_code, expected) in [
            ("LYON 3E ARRONDISSEMENT", "", Some(3)),
            ("Paris", "75012", Some(12)),
            ("PARIS CEDEX 12", "75571", None),
            ("PARIS", "75116", Some(16)),
            ("Marseille 08", "13008", Some(8)),
            ("MARSEILLE", "13285", None),
            ("LYON", "69012", None),
            ("VILLEURBANNE", "69100", None),
            ("LYON 12", "", None),
        ] {
            assert_eq!(arrondissement(name, postal_code), expected, "{name} {postal_code}");
        }
        let whole = ["lyon", "marseille 16", "paris 21", "paris plage", "lyons"].map(divided);
        assert_eq!(whole, [Some(("lyon", "Lyon")), Some(("marseille", "Marseille")), None, None, None]);
        assert!(has_arrondissement("lyon", 9) && !has_arrondissement("lyon", 10) && !has_arrondissement("nice", 1));
        let read = ["3", "03", "3e", "12eme", "1er", "0", "123", "e", "3x"].map(ordinal);
        assert_eq!(read, [Some(3), Some(3), Some(3), Some(12), Some(1), None, None, None, None]);
    }

    #[test]
    fn roman_figures_are_read() {
        let read =
            ["i", "iiie", "iv", "ve", "viiieme", "ixe", "x", "xv", "xve", "xixe", "xx", "ier", "", "e", "xxi", "iiii", "vx", "d", "l"]
                .map(roman);
        let told = [1, 3, 4, 5, 8, 9, 10, 15, 15, 19, 20, 1].map(Some);
        assert_eq!(read[..12], told);
        assert!(read[12..].iter().all(Option::is_none));
        assert_eq!(town_words("Paris XVe"), ["paris", "15"]);
        assert_eq!(town_words("LYON VI"), ["lyon", "6"]);
        assert_eq!(town_words("Saint-Cyr X"), ["saint", "cyr", "x"]);
    }
}
