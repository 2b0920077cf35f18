//! A mailbox (boîte aux lettres, BAL) and what it is attached to.

use super::Address;
use serde::{Deserialize, Serialize};

/// TRE_R257-TypeBAL.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "UPPERCASE")]
pub enum MailboxType {
    /// Personal: held by one professional.
    Per,
    /// Organisational: held by a structure.
    Org,
    /// Of a software; shown to the professional audience only.
    App,
    /// Of a practice: shared by its holders.
    Cab,
}

impl MailboxType {
    pub const ALL: [Self; 4] = [Self::Per, Self::Org, Self::App, Self::Cab];

    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Per => "PER",
            Self::Org => "ORG",
            Self::App => "APP",
            Self::Cab => "CAB",
        }
    }

    /// Reads a code, case ignored; `None` for an unknown one.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|t| t.code().eq_ignore_ascii_case(code.trim()))
    }

    /// PER and CAB are held by professionals, ORG and APP by structures.
    #[must_use]
    pub fn held_by_people(self) -> bool {
        matches!(self, Self::Per | Self::Cab)
    }
}

/// Where the row came from, which decides who may change it (semantics: "Where a mailbox comes from").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    Extraction,
    Operator,
}

/// State as the operator or the extraction gives it; only `Active` is ever shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum MailboxState {
    Active,
    Suspended,
    /// Created by the operator, never opened by its holder.
    Unopened,
    /// Deleted, or vanished from the extraction; the row is kept one year.
    Closed,
}

macro_rules! codes {
    ($type:ty { $($variant:ident => $code:literal),+ $(,)? }) => {
        impl $type {
            pub const ALL: &'static [Self] = &[$(Self::$variant),+];
            /// The word kept in the store and used in JSON.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
            #[must_use]
            pub fn parse(code: &str) -> Option<Self> {
                match code { $($code => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}
pub(super) use codes;

codes!(Source { Extraction => "extraction", Operator => "operator" });
codes!(MailboxState { Active => "active", Suspended => "suspended", Unopened => "unopened", Closed => "closed" });

/// A complete mailbox, with what must stay hidden. Only `visibility` decides what of it is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Mailbox {
    pub address: Address,
    pub kind: MailboxType,
    pub source: Source,
    /// Operator that published it; `None` for `extraction`, whose operators are all those of its domain.
    pub operator: Option<String>,
    pub state: MailboxState,
    pub test: bool,
    pub liste_rouge: bool,
    /// Set by an administrator: no publication lifts it.
    pub liste_rouge_held: bool,
    /// Restriction asked under the GDPR: hidden and not exported while the case is open.
    pub frozen: bool,
    /// Dématérialisation: accepted, refused, or not stated.
    pub zero_papier: Option<bool>,
    pub phone: String,
    pub phone_opposed: bool,
    /// Set by an administrator: no publication lifts it.
    pub phone_opposed_held: bool,
    /// Responsible person of ORG and APP: never in a view.
    pub responsible: String,
    pub service: String,
    pub description: String,
    /// 1 = preferred.
    pub rank: Option<u32>,
    /// Present in the last extraction applied (kept for `extraction` mailboxes under an administrator's flag).
    pub in_extraction: bool,
    pub attachments: Vec<Attachment>,
}

impl Mailbox {
    /// An active mailbox of the extraction, nothing stated, attached to nothing yet.
    #[must_use]
    pub fn extracted(address: Address, kind: MailboxType) -> Self {
        Self {
            address,
            kind,
            source: Source::Extraction,
            operator: None,
            state: MailboxState::Active,
            test: false,
            liste_rouge: false,
            liste_rouge_held: false,
            frozen: false,
            zero_papier: None,
            phone: String::new(),
            phone_opposed: false,
            phone_opposed_held: false,
            responsible: String::new(),
            service: String::new(),
            description: String::new(),
            rank: None,
            in_extraction: true,
            attachments: Vec::new(),
        }
    }

    /// An active mailbox that its operator publishes, nothing stated, attached to nothing yet.
    #[must_use]
    pub fn published_by(operator: impl Into<String>, address: Address, kind: MailboxType) -> Self {
        Self { source: Source::Operator, operator: Some(operator.into()), in_extraction: false, ..Self::extracted(address, kind) }
    }
}

/// One attachment of a mailbox: a holder, a structure, or a holder in a structure.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Attachment {
    /// Identification nationale PP of the holder, empty for none.
    pub professional: String,
    /// Structure key as given by the file or operator, joined through `structure_alias`; empty kind for none.
    pub structure_kind: String,
    pub structure_value: String,
    pub service: String,
}
