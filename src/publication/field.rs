//! A field of a body that may be absent, null or given, and the words its values may be written in.

use serde::Deserialize;
use serde::de::{Deserializer, Error as _};

/// Absent keeps, null empties.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum Field<T> {
    #[default]
    Absent,
    Null,
    Given(T),
}

impl<T> Field<T> {
    pub(super) fn given(&self) -> Option<&T> {
        match self {
            Self::Given(value) => Some(value),
            Self::Absent | Self::Null => None,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        matches!(self, Self::Absent)
    }
}

impl Field<String> {
    /// For a new mailbox.
    pub(super) fn text(&self) -> String {
        self.given().cloned().unwrap_or_default()
    }

    /// For an update: `None` keeps.
    pub(super) fn patch(&self) -> Option<String> {
        match self {
            Self::Absent => None,
            Self::Null => Some(String::new()),
            Self::Given(text) => Some(text.clone()),
        }
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Field<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::<T>::deserialize(deserializer)?.map_or(Self::Null, Self::Given))
    }
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Word {
    Flag(bool),
    Text(String),
}

/// `true`, `false`, `O`, `N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag(pub(super) bool);

impl Flag {
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "O" | "true" => Some(Self(true)),
            "N" | "false" => Some(Self(false)),
            _ => None,
        }
    }
}

impl<'de> Deserialize<'de> for Flag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match Word::deserialize(deserializer)? {
            Word::Flag(flag) => Ok(Self(flag)),
            Word::Text(text) => Self::read(&text).ok_or_else(|| D::Error::custom("a boolean, O or N is expected")),
        }
    }
}

/// `accepted`, `refused`, or a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ZeroPapier(pub(super) bool);

impl<'de> Deserialize<'de> for ZeroPapier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let accepted = match Word::deserialize(deserializer)? {
            Word::Flag(accepted) => Some(accepted),
            Word::Text(text) => match text.as_str() {
                "accepted" => Some(true),
                "refused" => Some(false),
                text => Flag::read(text).map(|flag| flag.0),
            },
        };
        accepted.map(Self).ok_or_else(|| D::Error::custom("accepted, refused or null is expected"))
    }
}

impl Field<Flag> {
    /// Null is absent: it must not show what a flag hides.
    pub(super) fn flag(&self) -> Option<bool> {
        self.given().map(|flag| flag.0)
    }
}

impl Field<ZeroPapier> {
    /// Outer `None`: absent; inner: not stated.
    pub(super) fn stated(&self) -> Option<Option<bool>> {
        match self {
            Self::Absent => None,
            Self::Null => Some(None),
            Self::Given(accepted) => Some(Some(accepted.0)),
        }
    }
}
