//! Which fields each type of mailbox takes (reference §3.3): M mandatory, O optional, – refused. The rest is optional for all.
//!
//! | field | PER | ORG | APP | CAB |
//! |---|---|---|---|---|
//! | professional_id, holders | one | – | – | M |
//! | structure_id | O | M | M | O |
//! | responsible | – | M | M | O |
//! | service | O | O | O | – |
//! | description | – | M | M | O |

use super::line::{Line, syntax};
use crate::error::{Error, Kind, Result};
use crate::model::{MailboxType, ProfessionalOrigin, StructureKey, StructureKeyKind};
use crate::store::HolderState;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Rule {
    Mandatory,
    Optional,
    Refused,
}

use Rule::{Mandatory as M, Optional as O, Refused as R};

/// Checks the fields of a line against its type. Refusals: MSS-001; MSS-040 for a missing responsible person.
pub(super) fn check_fields(line: &Line, kind: MailboxType) -> Result<()> {
    let holders = holders(line).len();
    let given = [
        ("professional_id", holders > 0),
        ("structure_id", line.structure_id.is_some()),
        ("responsible", line.responsible.is_some()),
        ("service", line.service.is_some()),
        ("description", line.description.is_some()),
    ];
    let rules = match kind {
        MailboxType::Per => [M, O, R, O, R],
        MailboxType::Org | MailboxType::App => [R, M, M, O, M],
        MailboxType::Cab => [M, O, O, R, O],
    };
    for ((field, given), rule) in given.into_iter().zip(rules) {
        match (rule, given) {
            (M, false) if field == "responsible" => {
                return Err(Error::new(Kind::Unprocessable, "MSS-040", "the responsible person is missing"));
            }
            (M, false) => return Err(syntax(format!("{field} is mandatory for {}", kind.code()))),
            (R, true) => return Err(syntax(format!("{field} is not taken for {}", kind.code()))),
            _ => {}
        }
    }
    if kind == MailboxType::Per && holders > 1 {
        return Err(syntax("a personal mailbox has one holder"));
    }
    Ok(())
}

/// Holders named by a line, each once, in order.
pub(super) fn holders(line: &Line) -> Vec<&str> {
    let mut names: Vec<&str> = line.professional_id.iter().chain(line.holders.iter().flatten()).map(String::as_str).collect();
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

/// A holder must be known (MSS-020) and in exercise (MSS-021).
pub(super) fn check_holder(found: Option<&HolderState>) -> Result<&HolderState> {
    let holder = found.ok_or_else(|| Error::new(Kind::Unprocessable, "MSS-020", "the professional is in none of the files loaded"))?;
    // A person met in a secondary file only has no exercise row yet, and is taken at that file's word.
    if holder.closed || (holder.origin == ProfessionalOrigin::Rpps && holder.exercises == 0) {
        return Err(Error::new(Kind::Unprocessable, "MSS-021", "the professional has no active exercise"));
    }
    Ok(holder)
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
