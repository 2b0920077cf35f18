//! One mailbox as it is sent: a JSON object with the REST names, or the reference's French ones; a row of a CSV file with the same names.
//! An unknown field refuses it.
//!
//! A field may be absent, null or given. On creation absent and null are the same but for `zero_papier`, where null means not stated; on
//! an update what is absent stays and what is null is emptied. Booleans may be written `O` and `N`, as operators' files do.

use super::field::{Field, Flag, ZeroPapier};
use crate::error::{Error, Kind, Result};
use crate::model::{Address, MailboxState};
use serde::{Deserialize, Serialize};

/// Longest text of a field, in characters.
const LONGEST_TEXT: usize = 1_000;
/// Holders, structures or attachments of one mailbox.
const MOST_ATTACHMENTS: usize = 200;

/// A mailbox as sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    /// Of a batch: what to do; `put` when absent.
    #[serde(default)]
    pub(super) operation: Option<Operation>,
    #[serde(default, alias = "adresse")]
    pub(super) address: Field<String>,
    #[serde(default, rename = "type")]
    pub(super) kind: Field<String>,
    /// Identification nationale, or the bare RPPS or ADELI number.
    #[serde(default, alias = "identifiantPP")]
    pub(super) professional_id: Field<String>,
    /// Further holders of a CAB mailbox.
    #[serde(default)]
    pub(super) holders: Field<Vec<String>>,
    /// Stable id, FINESS, SIRET, or a prefixed identifier.
    #[serde(default, alias = "structure")]
    pub(super) structure_id: Field<String>,
    /// Further structures.
    #[serde(default)]
    pub(super) structures: Field<Vec<String>>,
    /// Name of the holder as the operator has it: compared, never kept.
    #[serde(default, alias = "nom")]
    pub(super) family_name: Field<String>,
    #[serde(default, alias = "prenom")]
    pub(super) given_name: Field<String>,
    #[serde(default, alias = "responsable")]
    pub(super) responsible: Field<String>,
    #[serde(default, alias = "serviceRattachement")]
    pub(super) service: Field<String>,
    #[serde(default)]
    pub(super) description: Field<String>,
    #[serde(default, alias = "telephone")]
    pub(super) phone: Field<String>,
    #[serde(default, alias = "oppositionTelephone")]
    pub(super) phone_opposed: Field<Flag>,
    #[serde(default, alias = "listeRouge")]
    pub(super) liste_rouge: Field<Flag>,
    #[serde(default, alias = "dematerialisation")]
    pub(super) zero_papier: Field<ZeroPapier>,
    #[serde(default, alias = "rang")]
    pub(super) rank: Field<u32>,
    #[serde(default)]
    pub(super) test: Field<Flag>,
    #[serde(default, alias = "etat")]
    pub(super) state: Field<State>,
}

/// What to do with a mailbox.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// Create, update as a whole, or adopt: whichever it takes.
    Put,
    Create,
    /// The fields given; the others stay.
    Update,
    Delete,
    Suspend,
    Resume,
}

/// States an operator may give; deleting is another operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum State {
    Active,
    Suspended,
    Unopened,
}

impl From<State> for MailboxState {
    fn from(state: State) -> Self {
        match state {
            State::Active => Self::Active,
            State::Suspended => Self::Suspended,
            State::Unopened => Self::Unopened,
        }
    }
}

impl Line {
    /// Reads and bounds a JSON object. Errors are MSS-001 and repeat no value of it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        // serde would take an array for the fields in their order.
        if bytes.trim_ascii_start().first() != Some(&b'{') {
            return Err(syntax("", "un objet JSON est attendu"));
        }
        let mut line: Self = serde_json::from_slice(bytes).map_err(|error| explain(&error, bytes))?;
        line.trim();
        line.check_texts()?;
        Ok(line)
    }

    /// The address that a body names, also one that is wrong otherwise.
    pub(super) fn address_of(body: &[u8]) -> Option<Address> {
        let value: serde_json::Value = serde_json::from_slice(body).ok()?;
        let text = value.get("address").or_else(|| value.get("adresse"))?.as_str()?;
        Address::parse(text).ok()
    }

    /// A line that only names a mailbox.
    pub(super) fn named(operation: Operation, address: &str) -> Self {
        Self { operation: Some(operation), address: Field::Given(address.to_owned()), ..Self::default() }
    }

    pub(super) fn operation(&self) -> Operation {
        self.operation.unwrap_or(Operation::Put)
    }

    fn texts(&mut self) -> impl Iterator<Item = (&'static str, &mut Field<String>)> {
        [
            ("professional_id", &mut self.professional_id),
            ("structure_id", &mut self.structure_id),
            ("family_name", &mut self.family_name),
            ("given_name", &mut self.given_name),
            ("responsible", &mut self.responsible),
            ("service", &mut self.service),
            ("description", &mut self.description),
            ("phone", &mut self.phone),
        ]
        .into_iter()
    }

    /// Blanks around a text are dropped; a text of blanks is null.
    fn trim(&mut self) {
        for (_, text) in self.texts() {
            if let Field::Given(given) = text {
                let trimmed = given.trim();
                *text = if trimmed.is_empty() { Field::Null } else { Field::Given(trimmed.to_owned()) };
            }
        }
        for list in [&mut self.holders, &mut self.structures] {
            if let Field::Given(items) = list {
                items.iter_mut().for_each(|item| *item = item.trim().to_owned());
            }
        }
    }

    fn check_texts(&mut self) -> Result<()> {
        let bad = |text: &str| text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control);
        for (field, text) in self.texts() {
            if text.given().is_some_and(|text| bad(text)) {
                return Err(syntax(field, "texte trop long (1 000 caractères au plus) ou contenant un caractère de contrôle"));
            }
        }
        for (field, list) in [("holders", &self.holders), ("structures", &self.structures)] {
            if list.given().is_some_and(|list| list.len() > MOST_ATTACHMENTS || list.iter().any(|item| item.is_empty() || bad(item))) {
                return Err(syntax(field, "200 identifiants non vides au plus sont attendus"));
            }
        }
        let digits = |phone: &str| phone.chars().all(|c| c.is_ascii_digit() || " +.-()".contains(c)) && phone.len() <= 32;
        if self.phone.given().is_some_and(|phone| !digits(phone)) {
            return Err(syntax("phone", "chiffres, espaces et + . - ( ) sont attendus, 32 caractères au plus"));
        }
        if self.rank == Field::Given(0) {
            return Err(syntax("rank", "le premier rang est 1"));
        }
        Ok(())
    }
}

/// MSS-001: syntax, unknown or forbidden field for the type.
pub(super) fn syntax(field: &str, message: impl std::fmt::Display) -> Error {
    let text = if field.is_empty() { message.to_string() } else { format!("{field} : {message}") };
    let error = Error::new(Kind::Invalid, "MSS-001", text);
    if field.is_empty() { error } else { error.at_field(field) }
}

/// What serde says of a body, in our words: its messages may quote a value.
fn explain(error: &serde_json::Error, body: &[u8]) -> Error {
    let text = error.to_string();
    let quoted = || text.split('`').nth(1).unwrap_or_default().to_owned();
    let place = format!("colonne {}", error.column());
    if text.starts_with("unknown field") {
        // The name is the client's own text.
        let name: String = quoted().chars().filter(|c| c.is_ascii_alphanumeric() || *c == '_').take(40).collect();
        return syntax(&name, format!("champ inconnu, {place}"));
    }
    if text.starts_with("duplicate field") {
        return syntax(&quoted(), format!("champ donné deux fois, {place}"));
    }
    if error.is_data() {
        let what = "la valeur n'est pas de la forme que ce champ attend";
        return match wrong_field(body) {
            Some(field) => syntax(&field, what),
            None => syntax("", format!("{what}, {place}")),
        };
    }
    syntax("", format!("un objet JSON est attendu, {place}"))
}

/// The first field that cannot be read by itself: serde tells no more than the column.
fn wrong_field(body: &[u8]) -> Option<String> {
    let fields: serde_json::Map<String, serde_json::Value> = serde_json::from_slice(body).ok()?;
    let alone = |(name, value): (String, serde_json::Value)| {
        let object = serde_json::Map::from_iter([(name.clone(), value)]);
        serde_json::from_value::<Line>(object.into()).is_err().then_some(name)
    };
    fields.into_iter().find_map(alone)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sets_of_names_are_read() {
        let english =
            r#"{"address":"a@b.fr","type":"PER","professional_id":"810","liste_rouge":true,"zero_papier":"refused","state":"suspended"}"#;
        let french =
            r#"{"adresse":"a@b.fr","type":"PER","identifiantPP":" 810 ","listeRouge":"O","dematerialisation":"N","etat":"suspended"}"#;
        assert_eq!(Line::parse(english.as_bytes()).unwrap(), Line::parse(french.as_bytes()).unwrap());
    }

    #[test]
    fn absent_null_and_given_are_three() {
        let line = Line::parse(br#"{"address":"a@b.fr","zero_papier":null,"liste_rouge":null,"phone":" "}"#).unwrap();
        assert_eq!((&line.zero_papier, &line.liste_rouge, &line.phone), (&Field::Null, &Field::Null, &Field::Null));
        assert_eq!(Line::parse(br#"{"address":"a@b.fr"}"#).unwrap().zero_papier, Field::Absent);
    }

    /// serde lists the names it knows when it meets another: the published schema has just those.
    #[test]
    fn the_schema_names_the_same_fields() {
        let schema: serde_json::Value = serde_json::from_str(include_str!("../../schema/mailbox-line.schema.json")).unwrap();
        let published: std::collections::BTreeSet<String> = schema["properties"].as_object().unwrap().keys().cloned().collect();
        let error = serde_json::from_str::<Line>(r#"{"?":1}"#).unwrap_err().to_string();
        let known = error.split("expected one of").nth(1).unwrap().split('`').skip(1).step_by(2).map(str::to_owned);
        assert_eq!(known.collect::<std::collections::BTreeSet<_>>(), published);
    }

    #[test]
    fn errors_name_the_field_and_no_value() {
        let error = |text: &str| Line::parse(text.as_bytes()).unwrap_err();
        let unknown = error(r#"{"address":"a@b.fr","type":"PER","liste_noire":true}"#);
        assert_eq!((unknown.code(), unknown.field()), ("MSS-001", Some("liste_noire")));
        let wrong = error(r#"{"address":"a@b.fr","type":"PER","state":"confidential-word"}"#).to_string();
        assert!(!wrong.contains("confidential") && wrong.starts_with("state : "), "{wrong}");
        assert!(error(r#"[null,"a@b.fr","PER"]"#).to_string().contains("objet JSON"));
        assert!(error("no json").to_string().contains("objet JSON"));
        assert_eq!(error(r#"{"address":"a@b.fr","phone":"call me"}"#).field(), Some("phone"));
        assert!(!error(r#"{"address":"a@b.fr","phone":"call me"}"#).to_string().contains("call"));
    }
}
