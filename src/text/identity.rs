//! How names that somebody gives agree with the names that are known: the same, nearly, or others, and why.
//!
//! Letter case, accents, hyphens, apostrophes and blanks make no other name (official files write them in their own way). A name is near when
//! it is a part of the other one, as either half of a double surname is, or a name without its particle; when what is given is the beginning
//! of what is known, as a first name shortened is; or when it is typed with an error: one from four letters, two from eight. Whoever asks says
//! one name: no more than one word beside those known, and no particle or letter for a name.

use super::small_words::is_particle;
use super::{fold, words};
use std::collections::BTreeSet;

/// How names agree, all together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Agreement {
    Exact,
    Close,
    Different,
}

/// In what they do not agree to the letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remark {
    /// Accents, hyphens, apostrophes or blanks.
    FamilySpelling,
    /// One is a part of the other, word by word.
    FamilyPart,
    FamilyTypo,
    FamilyOther,
    /// Another family name under the same given name: perhaps that of birth, where the name of use is known.
    PerhapsBirthName,
    GivenSpelling,
    /// One is the beginning or a part of the other.
    GivenShort,
    GivenTypo,
    GivenOther,
    /// Each in the place of the other.
    Swapped,
}

/// How one name agrees.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Likeness {
    Same,
    Spelling,
    Part,
    Typo,
    Other,
}

/// Compares (family name, given name) as given with those known.
#[must_use]
pub fn compare(given: (&str, &str), known: (&str, &str)) -> (Agreement, Vec<Remark>) {
    let (family, first) = (likeness(given.0, known.0, false), likeness(given.1, known.1, true));
    let same = |likeness| matches!(likeness, Likeness::Same | Likeness::Spelling);
    if !same(family) && !same(first) && same(likeness(given.0, known.1, false)) && same(likeness(given.1, known.0, false)) {
        return (Agreement::Close, vec![Remark::Swapped]);
    }
    let mut remarks = Vec::new();
    remarks.extend(match family {
        Likeness::Same => None,
        Likeness::Spelling => Some(Remark::FamilySpelling),
        Likeness::Part => Some(Remark::FamilyPart),
        Likeness::Typo => Some(Remark::FamilyTypo),
        Likeness::Other => Some(Remark::FamilyOther),
    });
    if family == Likeness::Other && same(first) {
        remarks.push(Remark::PerhapsBirthName);
    }
    remarks.extend(match first {
        Likeness::Same => None,
        Likeness::Spelling => Some(Remark::GivenSpelling),
        Likeness::Part => Some(Remark::GivenShort),
        Likeness::Typo => Some(Remark::GivenTypo),
        Likeness::Other => Some(Remark::GivenOther),
    });
    let agreement = match (family, first) {
        (Likeness::Other, _) | (_, Likeness::Other) => Agreement::Different,
        (family, first) if same(family) && same(first) => Agreement::Exact,
        _ => Agreement::Close,
    };
    (agreement, remarks)
}

fn likeness(given: &str, known: &str, may_be_short: bool) -> Likeness {
    let (own, other) = (words(given), words(known));
    let (letters, known_letters) = (own.concat(), other.concat());
    if letters.is_empty() || known_letters.is_empty() {
        return Likeness::Other;
    }
    if given.trim().to_lowercase() == known.trim().to_lowercase() {
        return Likeness::Same;
    }
    if letters == known_letters || fold(given) == fold(known) {
        return Likeness::Spelling;
    }
    let begins = letters.chars().count() >= 2 && known_letters.starts_with(&letters);
    if is_part(&own, &other) || (may_be_short && begins) {
        return Likeness::Part;
    }
    let errors = match known_letters.chars().count().min(letters.chars().count()) {
        0..4 => 0,
        4..8 => 1,
        _ => 2,
    };
    if strsim::osa_distance(&letters, &known_letters) <= errors { Likeness::Typo } else { Likeness::Other }
}

/// Is what is given a part of what is known, or that and one word more?
fn is_part(given: &[String], known: &[String]) -> bool {
    let telling = |words: &[String]| -> BTreeSet<String> {
        words.iter().filter(|word| !is_particle(word) && word.chars().count() >= 2).cloned().collect()
    };
    let (given, known) = (telling(given), telling(known));
    let in_common = given.intersection(&known).count();
    in_common > 0 && (in_common == given.len() || (in_common == known.len() && given.len() <= known.len() + 1))
}

#[cfg(test)]
mod tests {
    use super::{Agreement, Remark, compare};
    use Agreement::{Close, Different, Exact};
    use Remark::*;

    #[test]
    fn names_agree_as_people_would_say() {
        for (given, known, agreement, remarks) in [
            (("MARTIN", "Élodie"), ("MARTIN", "Élodie"), Exact, &[][..]),
            (("martin", "élodie"), ("MARTIN", "Élodie"), Exact, &[]),
            (("MARTIN", "Elodie"), ("MARTIN", "Élodie"), Exact, &[GivenSpelling]),
            (("LEFEVRE D ARC", "Jean François"), ("Lefèvre-d’Arc", "JEAN-FRANCOIS"), Exact, &[FamilySpelling, GivenSpelling]),
            (("LE FEVRE", "Jean"), ("LEFEVRE", "Jean"), Exact, &[FamilySpelling]),
            (("LEFEVRE", "Jean"), ("LEFEVRE DURAND", "Jean"), Close, &[FamilyPart]),
            (("LEFEVRE DURAND", "Jean"), ("DURAND", "Jean"), Close, &[FamilyPart]),
            (("ETANG", "Élodie"), ("DE L'ÉTANG", "Élodie"), Close, &[FamilyPart]),
            (("MARTIN", "Jean-Ba"), ("MARTIN", "Jean-Baptiste"), Close, &[GivenShort]),
            (("MARTIN", "Jean Baptiste Marie"), ("MARTIN", "Jean-Baptiste"), Close, &[GivenShort]),
            (("MARTIN", "Anne"), ("MARTIN", "Marie Anne"), Close, &[GivenShort]),
            (("MARTNI", "Élodie"), ("MARTIN", "Élodie"), Close, &[FamilyTypo]),
            (("BEAUREAGRD", "Élodei"), ("BEAUREGARD", "Élodie"), Close, &[FamilyTypo, GivenTypo]),
            (("Élodie", "MARTIN"), ("MARTIN", "Élodie"), Close, &[Swapped]),
            (("DURAND", "Élodie"), ("MARTIN", "Élodie"), Different, &[FamilyOther, PerhapsBirthName]),
            (("MARTIN", "Paul"), ("MARTIN", "Élodie"), Different, &[GivenOther]),
            (("DURAND", "Paul"), ("MARTIN", "Élodie"), Different, &[FamilyOther, GivenOther]),
            // A beginning is no family name, and three letters have no error.
            (("MART", "Élodie"), ("MARTIN", "Élodie"), Different, &[FamilyOther, PerhapsBirthName]),
            (("ROI", "Élodie"), ("ROY", "Élodie"), Different, &[FamilyOther, PerhapsBirthName]),
            // Neither particles, letters nor lists of names are tried for a name, and what is known is no beginning of what is given.
            (("de", "s"), ("DE BELMONT", "Sarah"), Different, &[FamilyOther, GivenOther]),
            (("DE", "Sarah"), ("DE BELMONT", "Sarah"), Different, &[FamilyOther, PerhapsBirthName]),
            (("BELMONT", "Sarah"), ("DE BELMONT", "Sarah"), Close, &[FamilyPart]),
            (("DE LA TOUR BELMONT", "Sarah"), ("DE BELMONT", "Sarah"), Close, &[FamilyPart]),
            (("MARTIN", "J."), ("MARTIN", "Jean"), Different, &[GivenOther]),
            (("MARTIN", "S."), ("MARTIN", "Marie S."), Different, &[GivenOther]),
            (("MARTIN BERNARD DURAND", "Jean"), ("MARTIN", "Jean"), Different, &[FamilyOther, PerhapsBirthName]),
            (("MARTIN BERNARD PETIT ROBERT", "Jean"), ("MARTIN DURAND", "Jean"), Different, &[FamilyOther, PerhapsBirthName]),
            (("MARTIN", "Jean Paul Luc Marc Anne Marie"), ("MARTIN", "Jean"), Different, &[GivenOther]),
            (("MARTIN", "CLAIRE-ELISEXXXX"), ("MARTIN", "Claire-Élise"), Different, &[GivenOther]),
            (("MARTIN", "Cl"), ("MARTIN", "Claire-Élise"), Close, &[GivenShort]),
            (("-", "'"), ("MARTIN", "Élodie"), Different, &[FamilyOther, GivenOther]),
        ] {
            assert_eq!(compare(given, known), (agreement, remarks.to_vec()), "{given:?} {known:?}");
        }
    }
}
