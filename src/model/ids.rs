//! Identifiers with their keys, and the stable ids of things the files give none to (semantics: "Things and their names").

use sha2::{Digest, Sha256};
use uuid::Uuid;

/// Namespace of every entryUUID: UUIDv5(this, "kind:id"). Fixed for ever: changing it changes every entry's identity.
const ENTRY_NAMESPACE: Uuid = Uuid::from_u128(0x6f1d_0c52_8a3e_5b47_9c60_2f4b_7d15_e3a8);

/// Luhn (mod 10) over all digits; `false` when a character is no digit or the text is empty.
#[must_use]
pub fn luhn_valid(digits: &str) -> bool {
    let mut sum = 0u32;
    for (i, c) in digits.chars().rev().enumerate() {
        let Some(digit) = c.to_digit(10) else {
            return false;
        };
        let doubled = if i % 2 == 1 { digit * 2 } else { digit };
        sum += if doubled > 9 { doubled - 9 } else { doubled };
    }
    !digits.is_empty() && sum.is_multiple_of(10)
}

/// Identification nationale PP from its parts; the national column wins when it is filled.
#[must_use]
pub fn national_id(id_type: &str, id_value: &str, national: &str) -> String {
    if national.is_empty() { format!("{id_type}{id_value}") } else { national.to_owned() }
}

/// UUIDv5 of an entry: the same after any rebuild, on any machine. `kind` is `mailbox`, `professional` or `structure`.
#[must_use]
pub fn entry_uuid(kind: &str, id: &str) -> Uuid {
    Uuid::new_v5(&ENTRY_NAMESPACE, format!("{kind}:{id}").as_bytes())
}

fn short_hash(parts: &[&str]) -> String {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    // One allocation: this runs once a row of the largest file.
    let nibbles = hasher.finalize().into_iter().take(12).flat_map(|b| [b >> 4, b & 15]);
    nibbles.filter_map(|n| char::from_digit(u32::from(n), 16)).collect()
}

/// Id of an activity: a hash of (professional, profession, category, mode, structure, sector, section, role, genre), in that order.
#[must_use]
pub fn activity_id(parts: [&str; 9]) -> String {
    short_hash(&parts)
}

/// Id of a structure without any identifier: `X` + hash of (folded name, postcode, folded street). The caller folds.
#[must_use]
pub fn hashed_structure_id(folded_name: &str, postal_code: &str, folded_street: &str) -> String {
    format!("X{}", short_hash(&[folded_name, postal_code, folded_street]))
}

/// Kinds of key a structure may be named by, kept in `structure_alias.kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum StructureKeyKind {
    /// Column 24, Identifiant technique de la structure: also the id itself.
    Technical,
    /// FINESS of the site (EG).
    Finess,
    /// FINESS of the legal entity (EJ): names a structure only when a single one carries it.
    FinessEj,
    Siret,
    /// Names a structure only when a single one carries it.
    Siren,
    /// Rang RPPS: RPPS + 3 digits.
    RppsRank,
    /// Rang ADELI: ADELI + 2 digits.
    AdeliRank,
    /// Any other identifier, as given.
    Other,
}

impl StructureKeyKind {
    pub const ALL: [Self; 8] =
        [Self::Technical, Self::Finess, Self::FinessEj, Self::Siret, Self::Siren, Self::RppsRank, Self::AdeliRank, Self::Other];

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Technical => "technical",
            Self::Finess => "finess",
            Self::FinessEj => "finess_ej",
            Self::Siret => "siret",
            Self::Siren => "siren",
            Self::RppsRank => "rpps_rank",
            Self::AdeliRank => "adeli_rank",
            Self::Other => "other",
        }
    }
}

/// A key that names a structure: what columns 20–24 and 47 of Personne_activite and 6–7 of the mailbox extraction give.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StructureKey {
    pub kind: StructureKeyKind,
    pub value: String,
}

impl StructureKey {
    #[must_use]
    pub fn new(kind: StructureKeyKind, value: &str) -> Self {
        Self { kind, value: value.to_owned() }
    }

    /// From a prefixed identifier (`Ancien identifiant de la structure`): `1`+FINESS, `2`+SIREN, `3`+SIRET, `4`+rang RPPS, `0`+rang ADELI.
    #[must_use]
    pub fn from_prefixed(text: &str) -> Option<Self> {
        let mut chars = text.chars();
        let kind = match (chars.next()?, text.chars().count()) {
            ('1', 10) => StructureKeyKind::Finess,
            ('2', 10) => StructureKeyKind::Siren,
            ('3', 15) => StructureKeyKind::Siret,
            ('4', 15) => StructureKeyKind::RppsRank,
            ('0', 12) => StructureKeyKind::AdeliRank,
            _ => return None,
        };
        Some(Self::new(kind, chars.as_str()))
    }

    /// From columns 6–7 of the mailbox extraction: the type as a code of TRE_G07 or a label, the value with or without its prefix.
    #[must_use]
    pub fn from_mailbox_columns(kind: &str, value: &str) -> Option<Self> {
        use StructureKeyKind as K;
        if value.is_empty() {
            return None;
        }
        let label = kind.trim().to_lowercase();
        let (kind, prefix, length) = match label.as_str() {
            "0" | "id cabinet adeli" | "adeli" => (K::AdeliRank, "0", 11),
            "1" | "6" | "finess" | "finess eg" => (K::Finess, "1", 9),
            "5" | "finess ej" => (K::FinessEj, "1", 9),
            "2" | "siren" => (K::Siren, "2", 9),
            "3" | "siret" => (K::Siret, "3", 14),
            "4" | "id cabinet rpps" | "rpps" => (K::RppsRank, "4", 14),
            "40" | "identifiant national de structure" => {
                return Self::from_prefixed(value).or(Some(Self::new(K::Technical, value)));
            }
            _ => return Self::from_prefixed(value).or(Some(Self::new(K::Other, value))),
        };
        let bare = match value.strip_prefix(prefix) {
            Some(rest) if rest.chars().count() == length => rest,
            _ => value,
        };
        Some(Self::new(kind, bare))
    }

    /// Id of the structure that is created when no known one carries this key: `F`+FINESS, `C`+SIRET, else none.
    #[must_use]
    pub fn own_structure_id(&self) -> Option<String> {
        match self.kind {
            StructureKeyKind::Finess | StructureKeyKind::FinessEj => Some(format!("F{}", self.value)),
            StructureKeyKind::Siret => Some(format!("C{}", self.value)),
            StructureKeyKind::Technical => Some(self.value.clone()),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn luhn_follows_the_samples() {
        assert!(luhn_valid("10999990012") && luhn_valid("990999013"));
        assert!(!luhn_valid("10999990047") && !luhn_valid("2A0000001") && !luhn_valid(""));
    }

    #[test]
    fn mailbox_columns_are_normalized_both_ways() {
        let finess = StructureKey::new(StructureKeyKind::Finess, "990999013");
        for (kind, value) in [("FINESS", "990999013"), ("1", "990999013"), ("1", "1990999013"), ("", "1990999013")] {
            assert_eq!(StructureKey::from_mailbox_columns(kind, value), Some(finess.clone()), "{kind} {value}");
        }
        assert_eq!(StructureKey::from_mailbox_columns("FINESS", ""), None);
        assert_eq!(
            StructureKey::from_mailbox_columns("Id Cabinet RPPS", "10999990012001"),
            Some(StructureKey::new(StructureKeyKind::RppsRank, "10999990012001"))
        );
    }
}
