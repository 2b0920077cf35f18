//! Which fields each type of mailbox takes (reference §3.3): M mandatory, O optional, – refused. The rest is optional for all.
//!
//! | field | PER | ORG | APP | CAB |
//! |---|---|---|---|---|
//! | professional_id, holders | one | – | – | M |
//! | structure_id, structures | O | M | M | O |
//! | family_name, given_name | O | – | – | O |
//! | responsible | – | M | M | O |
//! | service | O | O | O | – |
//! | description | – | M | M | O |
//!
//! And what is asked of holders: known (MSS-020), in exercise (MSS-021), of an entitled profession (MSS-023, from data).

use super::line::{Line, syntax};
use crate::error::{Error, Kind, Result};
use crate::model::{MailboxType, ProfessionalOrigin, StructureKey, StructureKeyKind};
use crate::store::{HolderState, StructureMatch};
use crate::text;
use std::collections::BTreeSet;
use std::sync::LazyLock;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Mandatory,
    Optional,
    Refused,
}

use Rule::{Mandatory as M, Optional as O, Refused as R};

/// What a mailbox has of each field that a type may demand or refuse.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Has {
    pub(super) holders: usize,
    pub(super) structures: usize,
    pub(super) names: bool,
    pub(super) responsible: bool,
    pub(super) service: bool,
    pub(super) description: bool,
}

impl Has {
    pub(super) fn of(line: &Line) -> Self {
        Self {
            holders: holders(line).len(),
            structures: structures(line).len(),
            names: line.family_name.given().is_some() || line.given_name.given().is_some(),
            responsible: line.responsible.given().is_some(),
            service: line.service.given().is_some(),
            description: line.description.given().is_some(),
        }
    }
}

/// Checks what a mailbox has against its type. Refusals: MSS-001; MSS-040 for a missing responsible person; MSS-060 for a personal mailbox
/// with a name and no professional.
pub(super) fn check_fields(has: Has, kind: MailboxType) -> Result<()> {
    let given = [
        ("professional_id", has.holders > 0),
        ("structure_id", has.structures > 0),
        ("family_name", has.names),
        ("responsible", has.responsible),
        ("service", has.service),
        ("description", has.description),
    ];
    let rules = match kind {
        MailboxType::Per => [M, O, O, R, O, R],
        MailboxType::Org | MailboxType::App => [R, M, R, M, O, M],
        MailboxType::Cab => [M, O, O, O, R, O],
    };
    for ((field, given), rule) in given.into_iter().zip(rules) {
        match (rule, given) {
            (M, false) if field == "responsible" => {
                return Err(Error::new(Kind::Unprocessable, "MSS-040", "indiquez la personne responsable de la boîte").at_field(field));
            }
            (M, false) if field == "professional_id" && kind == MailboxType::Per && has.names => {
                let message = "une boîte nominative est réservée à un professionnel enregistré : indiquez son identifiant, ou créez une boîte \
                    organisationnelle";
                return Err(Error::new(Kind::Unprocessable, "MSS-060", message).at_field(field));
            }
            (M, false) => return Err(syntax(field, format!("obligatoire pour une boîte {}", kind.code()))),
            (R, true) => return Err(syntax(field, format!("sans objet pour une boîte {}", kind.code()))),
            _ => {}
        }
    }
    if kind == MailboxType::Per && has.holders > 1 {
        return Err(syntax("holders", "une boîte personnelle a un seul titulaire"));
    }
    Ok(())
}

/// The responsible person must be somebody: a name, or an identifier, which is then looked up by the caller.
pub(super) fn check_responsible(text: &str) -> Result<()> {
    let letters = text.chars().filter(|c| c.is_alphabetic()).count();
    if letters >= 2 || responsible_id(text).is_some() || text.is_empty() {
        return Ok(());
    }
    Err(unidentifiable())
}

pub(super) fn unidentifiable() -> Error {
    let message = "la personne responsable n'est pas identifiable : donnez son nom, ou son numéro RPPS";
    Error::new(Kind::Unprocessable, "MSS-040", message).at_field("responsible")
}

/// The RPPS number, or identification nationale, that a text is and nothing else.
pub(super) fn responsible_id(text: &str) -> Option<&str> {
    let text = text.trim();
    (matches!(text.len(), 11 | 12) && text.bytes().all(|b| b.is_ascii_digit())).then_some(text)
}

/// Holders named by a line, each once, in order.
pub(super) fn holders(line: &Line) -> Vec<&str> {
    let more = line.holders.given().into_iter().flatten();
    distinct(line.professional_id.given().into_iter().chain(more))
}

/// Structures named by a line, each once, in order.
pub(super) fn structures(line: &Line) -> Vec<&str> {
    let more = line.structures.given().into_iter().flatten();
    distinct(line.structure_id.given().into_iter().chain(more))
}

fn distinct<'a>(names: impl Iterator<Item = &'a String>) -> Vec<&'a str> {
    let mut names: Vec<&str> = names.map(String::as_str).collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Ids that an identifier may stand for: the identification nationale itself, a bare RPPS number, a bare ADELI number.
pub(super) fn candidates(identifier: &str) -> Vec<String> {
    let mut ids = vec![identifier.to_owned()];
    if identifier.bytes().all(|b| b.is_ascii_alphanumeric()) {
        match identifier.len() {
            11 => ids.push(format!("8{identifier}")),
            9 => ids.push(format!("0{identifier}")),
            _ => {}
        }
    }
    ids
}

/// Codes of the professions whose members may hold a mailbox (reference S24, S25): data, not code.
static ENTITLED: LazyLock<BTreeSet<&'static str>> = LazyLock::new(|| {
    let table = include_str!("../../schema/entitled_professions.csv");
    table.lines().skip(1).filter_map(|line| line.split(',').next()).collect()
});

/// Is this somebody an operator may know to be known? Whoever only the mailbox extraction names is shown with a mailbox or not at all:
/// "known" could mean that a hidden one is there. The same holds for structures.
pub(super) fn told_person(person: &HolderState) -> bool {
    person.origin != ProfessionalOrigin::Mailbox
}

/// See [`told_person`].
pub(super) fn told_structure(structure: &StructureMatch) -> bool {
    structure.in_rpps
}

/// A holder must be known (MSS-020), in exercise (MSS-021) and of an entitled profession (MSS-023).
pub(super) fn check_holder<'a>(found: Option<&'a HolderState>, field: &str) -> Result<&'a HolderState> {
    let refused = |code, message: &str| Error::new(Kind::Unprocessable, code, message).at_field(field);
    let holder = found.filter(|holder| told_person(holder)).ok_or_else(|| {
        refused("MSS-020", "ce professionnel n'est ni au RPPS ni à l'ADELI : vérifiez l'identifiant, ou attendez la prochaine mise à jour")
    })?;
    // A person met in a secondary file only has no exercise row yet, and is taken at that file's word.
    if holder.closed || (holder.origin == ProfessionalOrigin::Rpps && holder.professions.is_empty()) {
        return Err(refused("MSS-021", "ce professionnel n'a pas d'exercice en cours"));
    }
    if !holder.professions.is_empty() && !holder.professions.iter().any(|code| ENTITLED.contains(code.as_str())) {
        return Err(refused("MSS-023", "la profession de ce titulaire n'ouvre pas droit à une boîte"));
    }
    Ok(holder)
}

/// What is odd about the names sent, compared with the repertory's (MSS-022); a warning, because only one holder's names are sent.
pub(super) fn compare_names(line: &Line, holders: &[HolderState]) -> Option<&'static str> {
    let same = |given: Option<&String>, of: fn(&HolderState) -> &str, equal: &dyn Fn(&str, &str) -> bool| {
        given.is_none_or(|given| holders.iter().any(|holder| equal(given, of(holder))))
    };
    let compared = |equal: &dyn Fn(&str, &str) -> bool| {
        same(line.family_name.given(), |h| &h.family, equal) && same(line.given_name.given(), |h| &h.given, equal)
    };
    let sorted = |text: &str| {
        let mut words = text::words(text);
        words.sort_unstable();
        words
    };
    if compared(&|a, b| a.eq_ignore_ascii_case(b)) {
        None
    } else if compared(&|a, b| sorted(a) == sorted(b)) {
        Some("le nom ou le prénom diffère du répertoire par les accents, les traits d'union ou l'ordre des mots")
    } else {
        Some("le nom ou le prénom ne correspond pas au répertoire : vérifiez l'identifiant du titulaire")
    }
}

/// The key of a structure that nobody knows yet, from the form of its identifier.
pub(super) fn structure_key(identifier: &str) -> StructureKey {
    let digits = identifier.bytes().all(|b| b.is_ascii_digit());
    let kind = match identifier.len() {
        14 if digits => StructureKeyKind::Siret,
        9 => StructureKeyKind::Finess,
        _ => return StructureKey::from_prefixed(identifier).unwrap_or_else(|| stable_key(identifier)),
    };
    StructureKey::new(kind, identifier)
}

/// `F…` and `C…` stable ids say what they are made of.
fn stable_key(identifier: &str) -> StructureKey {
    let made_of = |prefix: char, length: usize| identifier.strip_prefix(prefix).filter(|rest| rest.len() == length);
    if let Some(finess) = made_of('F', 9) {
        return StructureKey::new(StructureKeyKind::Finess, finess);
    }
    if let Some(siret) = made_of('C', 14) {
        return StructureKey::new(StructureKeyKind::Siret, siret);
    }
    StructureKey::new(StructureKeyKind::Technical, identifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_of_entitled_professions_is_read() {
        assert!(["10", "60", "86", "200", "41"].iter().all(|code| ENTITLED.contains(code)));
        assert!(!["", "code", "71", "93", "32"].iter().any(|code| ENTITLED.contains(code)));
    }

    #[test]
    fn names_are_compared_with_patience() {
        let holder = HolderState {
            id: String::new(),
            origin: ProfessionalOrigin::Rpps,
            closed: false,
            family: "LE GOFF-MARTIN".to_owned(),
            given: "Élodie".to_owned(),
            professions: Vec::new(),
            structures: Vec::new(),
        };
        let compare = |family: &str, given: &str| {
            let line = Line::parse(format!(r#"{{"family_name":"{family}","given_name":"{given}"}}"#).as_bytes()).unwrap();
            compare_names(&line, std::slice::from_ref(&holder))
        };
        assert_eq!(compare("le goff-martin", "Élodie"), None);
        assert_eq!(compare("", ""), None);
        assert!(compare("Martin Le Goff", "elodie").unwrap().contains("accents"));
        assert!(compare("Martin", "Élodie").unwrap().contains("ne correspond pas"));
    }
}
