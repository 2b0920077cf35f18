//! One line of a batch: a JSON object with the REST names, or the reference's French ones. An unknown field rejects the line.
//!
//! Absent and null are the same but for `zero_papier`, where null means not stated. Booleans may be written `O` and `N`, as operators'
//! files do.

use crate::error::{Error, Kind, Result};
use crate::model::MailboxState;
use serde::de::{Deserializer, Error as _};
use serde::{Deserialize, Serialize};

/// Longest text of a field, in characters.
const LONGEST_TEXT: usize = 1_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Line {
    #[serde(alias = "adresse")]
    pub(super) address: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    /// Identification nationale, or the bare RPPS or ADELI number.
    #[serde(default, alias = "identifiantPP")]
    pub(super) professional_id: Option<String>,
    /// Further holders of a CAB mailbox.
    #[serde(default)]
    pub(super) holders: Option<Vec<String>>,
    /// Stable id, FINESS, SIRET, or a prefixed identifier.
    #[serde(default, alias = "structure")]
    pub(super) structure_id: Option<String>,
    #[serde(default, alias = "responsable")]
    pub(super) responsible: Option<String>,
    #[serde(default, alias = "serviceRattachement")]
    pub(super) service: Option<String>,
    #[serde(default)]
    pub(super) description: Option<String>,
    #[serde(default, alias = "telephone")]
    pub(super) phone: Option<String>,
    #[serde(default, alias = "oppositionTelephone", deserialize_with = "flag")]
    pub(super) phone_opposed: Option<bool>,
    #[serde(default, alias = "listeRouge", deserialize_with = "flag")]
    pub(super) liste_rouge: Option<bool>,
    #[serde(default, alias = "dematerialisation", deserialize_with = "zero_papier")]
    pub(super) zero_papier: Option<Option<bool>>,
    #[serde(default, alias = "rang")]
    pub(super) rank: Option<u32>,
    #[serde(default, deserialize_with = "flag")]
    pub(super) test: Option<bool>,
    #[serde(default, alias = "etat")]
    pub(super) state: Option<State>,
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

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Flag(bool),
    Text(String),
}

fn flag<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<bool>, D::Error> {
    match Option::<Word>::deserialize(deserializer)? {
        None => Ok(None),
        Some(Word::Flag(flag)) => Ok(Some(flag)),
        Some(Word::Text(text)) => match text.as_str() {
            "O" => Ok(Some(true)),
            "N" => Ok(Some(false)),
            _ => Err(D::Error::custom("a boolean, O or N is expected")),
        },
    }
}

fn zero_papier<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<bool>>, D::Error> {
    match Option::<Word>::deserialize(deserializer)? {
        None => Ok(Some(None)),
        Some(Word::Flag(accepted)) => Ok(Some(Some(accepted))),
        Some(Word::Text(text)) => match text.as_str() {
            "accepted" | "O" => Ok(Some(Some(true))),
            "refused" | "N" => Ok(Some(Some(false))),
            _ => Err(D::Error::custom("accepted, refused or null is expected")),
        },
    }
}

impl Line {
    /// Reads and bounds a line. Errors are MSS-001 and repeat no value of it.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self> {
        let mut line: Self = serde_json::from_slice(bytes).map_err(|error| syntax(explain(&error)))?;
        line.trim();
        line.check_texts()?;
        Ok(line)
    }

    fn texts(&mut self) -> impl Iterator<Item = &mut Option<String>> {
        [
            &mut self.professional_id,
            &mut self.structure_id,
            &mut self.responsible,
            &mut self.service,
            &mut self.description,
            &mut self.phone,
        ]
        .into_iter()
    }

    /// Blanks around a text are dropped; a text of blanks is absent.
    fn trim(&mut self) {
        for text in self.texts() {
            *text = text.take().map(|t| t.trim().to_owned()).filter(|t| !t.is_empty());
        }
        for holder in self.holders.iter_mut().flatten() {
            *holder = holder.trim().to_owned();
        }
    }

    fn check_texts(&mut self) -> Result<()> {
        let bad = |text: &str| text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control);
        let bad_text = self.texts().flatten().any(|text| bad(text));
        if bad_text || self.holders.iter().flatten().any(|holder| holder.is_empty() || bad(holder)) {
            return Err(syntax("a text is empty, too long, or holds a control character"));
        }
        let digits = |phone: &str| phone.chars().all(|c| c.is_ascii_digit() || " +.-()".contains(c)) && phone.len() <= 32;
        if self.phone.as_deref().is_some_and(|phone| !digits(phone)) {
            return Err(syntax("phone: digits, blanks and + . - ( ) are expected, 32 characters at most"));
        }
        if self.rank == Some(0) {
            return Err(syntax("rank: 1 is the first"));
        }
        Ok(())
    }
}

/// MSS-001: syntax, unknown or forbidden field for the type.
pub(super) fn syntax(message: impl Into<String>) -> Error {
    Error::new(Kind::Invalid, "MSS-001", message)
}

/// serde's words where they name fields only; its other messages quote the value.
fn explain(error: &serde_json::Error) -> String {
    let text = error.to_string();
    let named = ["unknown field", "missing field", "duplicate field"].iter().any(|start| text.starts_with(start));
    let place = format!("column {}", error.column());
    match text.split([',', '\n']).next() {
        Some(start) if named => format!("{}, {place}", start.split(" at line").next().unwrap_or(start)),
        _ if error.is_data() => format!("a value of another kind than its field takes, {place}"),
        _ => format!("no JSON object, {place}"),
    }
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
    fn absent_and_null_differ_for_zero_papier_only() {
        let line = Line::parse(br#"{"address":"a@b.fr","type":"PER","zero_papier":null,"liste_rouge":null}"#).unwrap();
        assert_eq!((line.zero_papier, line.liste_rouge), (Some(None), None));
        assert_eq!(Line::parse(br#"{"address":"a@b.fr","type":"PER"}"#).unwrap().zero_papier, None);
    }

    #[test]
    fn errors_name_the_field_and_no_value() {
        let message = |text: &str| Line::parse(text.as_bytes()).unwrap_err().to_string();
        assert!(message(r#"{"address":"a@b.fr","type":"PER","liste_noire":true}"#).contains("unknown field `liste_noire`"));
        assert!(message(r#"{"type":"PER"}"#).contains("missing field `address`"));
        let wrong = message(r#"{"address":"a@b.fr","type":"PER","state":"confidential-word"}"#);
        assert!(!wrong.contains("confidential"), "{wrong}");
        assert!(message("no json").contains("no JSON object"));
        assert!(!message(r#"{"address":"a@b.fr","type":"PER","phone":"call me"}"#).contains("call"));
    }
}
