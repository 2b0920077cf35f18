//! What the health authority asks: whom (a filter), which of their addresses, what of each, and why. Read from JSON with every name known.

use super::rows::Column;
use crate::error::{Error, Kind, Result};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Values of one list.
pub const MOST_VALUES: usize = 1_000;
/// Characters of a reason and of a reference.
pub const LONGEST_TEXT: usize = 500;

/// Whom. Within a list one value suffices, every list that is given must be met; `regions`, `departments`, `communes` and `postal_codes`
/// are one list of places together. One activity meets profession, mode, sector, structure and place together.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertFilter {
    /// Codes of professions (TRE_G15 and its neighbours): `10` médecin, `21` pharmacien; with a savoir-faire of that profession, `10:SM54`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["10"]), max_items = 1000)]
    pub professions: Vec<String>,
    /// Codes of savoir-faire: general medicine is `SM26`, `SM53` and `SM54` together.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["SM54"]), max_items = 1000)]
    pub specialties: Vec<String>,
    /// Modes d'exercice (TRE_R23): `L` libéral, `S` salarié, `B` bénévole.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub modes: Vec<String>,
    /// Secteurs d'activité (TRE_R02): `SA07` cabinet individuel.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub sectors: Vec<String>,
    /// Structures: stable id, FINESS (of the site, or of the legal entity with all its sites) or SIRET.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub structures: Vec<String>,
    /// Regions (INSEE): `84`; `COM` for the overseas collectivities.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub regions: Vec<String>,
    /// Départements: `69`, `2A`, `971`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["69", "42"]), max_items = 1000)]
    pub departments: Vec<String>,
    /// INSEE codes of communes.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub communes: Vec<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(max_items = 1000)]
    pub postal_codes: Vec<String>,
    /// Types of mailbox: `PER` unless said, `CAB`, `ORG`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    #[schema(example = json!(["PER"]), max_items = 1000)]
    pub types: Vec<String>,
}

impl AlertFilter {
    /// Each list with the name it has in JSON.
    pub fn lists(&self) -> [(&'static str, &Vec<String>); 10] {
        [
            ("professions", &self.professions),
            ("specialties", &self.specialties),
            ("modes", &self.modes),
            ("sectors", &self.sectors),
            ("structures", &self.structures),
            ("regions", &self.regions),
            ("departments", &self.departments),
            ("communes", &self.communes),
            ("postal_codes", &self.postal_codes),
            ("types", &self.types),
        ]
    }
}

/// Which addresses of a recipient.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Choice {
    /// The preferred by rank, else the one changed last, else the first.
    #[default]
    One,
    All,
}

/// What is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AlertRequest {
    pub filter: AlertFilter,
    pub choice: Choice,
    /// Whoever has no mailbox of the types asked for is written to at an ORG mailbox of the structure of a matching activity.
    pub fallback_org: bool,
    /// Only what the sender needs; written in the order of the list of columns, whatever the order here. `address` alone unless said.
    pub columns: Vec<Column>,
    /// Why, 1 to 500 characters; needed to make a list.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 500, example = "Alerte sanitaire")]
    pub reason: String,
    /// The authority's own number for it, 1 to 500 characters; needed to make a list.
    #[serde(skip_serializing_if = "String::is_empty")]
    #[schema(max_length = 500, example = "DGS-URGENT 2026-31")]
    pub reference: String,
}

impl AlertRequest {
    /// Reads a body. Errors: `invalid_body`, with the field where one is known.
    pub fn parse(bytes: &[u8]) -> Result<Self> {
        objects(bytes)?;
        let error = match serde_json::from_slice(bytes) {
            Ok(request) => return Ok(request),
            Err(error) => error,
        };
        let place = format!("ligne {}, colonne {}", error.line(), error.column());
        let text = error.to_string();
        let refused = |what: &str| Error::new(Kind::Invalid, "invalid_body", format!("{what} ({place})"));
        // What was sent is repeated only when it looks like a name.
        let named = |before: &str| {
            let name = text.strip_prefix(before)?.split('`').next()?;
            let plain = name.len() <= 40 && !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
            Some(if plain { name.to_owned() } else { "?".to_owned() })
        };
        Err(match (named("unknown field `"), named("unknown variant `")) {
            (Some(name), _) => refused("la demande n'a pas de tel champ").at_field(name),
            (None, Some(_)) => refused("valeur inconnue : choice est one ou all, columns des noms de colonnes"),
            _ => refused("un objet JSON de la forme documentée est attendu"),
        })
    }

    /// Sorted, each value once, the defaults filled in: two requests that ask the same are the same.
    #[must_use]
    pub fn canonical(mut self) -> Self {
        let filter = &mut self.filter;
        for list in [
            &mut filter.professions,
            &mut filter.specialties,
            &mut filter.modes,
            &mut filter.sectors,
            &mut filter.structures,
            &mut filter.regions,
            &mut filter.departments,
            &mut filter.communes,
            &mut filter.postal_codes,
            &mut filter.types,
        ] {
            for value in list.iter_mut() {
                *value = value.trim().to_owned();
            }
            list.sort();
            list.dedup();
        }
        if filter.types.is_empty() {
            filter.types.push("PER".to_owned());
        }
        self.columns.sort();
        self.columns.dedup();
        if self.columns.is_empty() {
            self.columns.push(Column::Address);
        }
        self.reason = self.reason.trim().to_owned();
        self.reference = self.reference.trim().to_owned();
        self
    }

    /// Reason and reference, without which nothing is made.
    pub fn justified(&self) -> Result<()> {
        for (name, text) in [("reason", &self.reason), ("reference", &self.reference)] {
            if text.is_empty() {
                return Err(
                    Error::new(Kind::Invalid, "missing_reason", "le motif et la référence de l'alerte sont obligatoires").at_field(name)
                );
            }
        }
        self.readable()
    }

    /// Reason and reference, where they are given, are short and on one line.
    pub fn readable(&self) -> Result<()> {
        for (name, text) in [("reason", &self.reason), ("reference", &self.reference)] {
            if text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
                let message = format!("{LONGEST_TEXT} caractères au plus, sur une ligne");
                return Err(Error::new(Kind::Invalid, "invalid_reason", message).at_field(name));
            }
        }
        Ok(())
    }
}

/// Refuses what serde would take in another shape than was meant: arrays for objects, read by position, and empty lists, which a program
/// whose list of codes came out empty would send and which would mean everybody.
fn objects(bytes: &[u8]) -> Result<()> {
    use serde_json::Value;
    let Ok(value) = serde_json::from_slice::<Value>(bytes) else { return Ok(()) };
    let refused = |what: &str, field: &str| Err(Error::new(Kind::Invalid, "invalid_body", what.to_owned()).at_field(field.to_owned()));
    let Value::Object(request) = &value else {
        return Err(Error::new(Kind::Invalid, "invalid_body", "un objet JSON est attendu"));
    };
    match request.get("filter") {
        None => Ok(()),
        Some(Value::Object(filter)) => {
            let empty = filter.iter().find(|(_, list)| list.as_array().is_some_and(Vec::is_empty));
            empty.map_or(Ok(()), |(name, _)| refused("une liste vide ne dit rien : retirez le critère", &format!("filter.{name}")))
        }
        Some(_) => refused("un objet JSON est attendu", "filter"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_read_strictly() {
        let refused = |body: &str| AlertRequest::parse(body.as_bytes()).unwrap_err();
        let error = refused(r#"{"filter": {"ville": ["Lyon"]}}"#);
        assert_eq!((error.code(), error.field()), ("invalid_body", Some("ville")));
        assert_eq!(refused(r#"{"fi<b>lter": {}}"#).field(), Some("?"));
        assert_eq!(refused(r#"{"columns": ["password"]}"#).code(), "invalid_body");
        assert_eq!(refused("[").code(), "invalid_body");
        assert!(!refused(r#"{"choice": "secret-value"}"#).to_string().contains("secret-value"));
    }

    #[test]
    fn a_reason_is_short_whether_or_not_a_list_is_made() {
        let request = |reason: &str| AlertRequest { reason: reason.to_owned(), reference: "n° 1".to_owned(), ..AlertRequest::default() };
        let refused = |result: Result<()>| result.unwrap_err().code();
        assert!(request("").readable().is_ok() && request(&"é".repeat(500)).justified().is_ok());
        for wrong in [&"é".repeat(501), "deux\nlignes"] {
            assert_eq!(refused(request(wrong).readable()), "invalid_reason");
            assert_eq!(refused(request(wrong).justified()), "invalid_reason");
        }
        assert_eq!(refused(request("").justified()), "missing_reason");
    }

    #[test]
    fn the_same_question_has_one_form() {
        let one = AlertRequest::parse(br#"{"filter": {"departments": ["69", "42", "69 "]}, "columns": ["city", "address"]}"#).unwrap();
        let two = r#"{"filter": {"departments": ["42", "69"], "types": ["PER"]}, "columns": ["address", "city"]}"#;
        assert_eq!(one.canonical(), AlertRequest::parse(two.as_bytes()).unwrap().canonical());
    }
}
