//! Plain rows and answers of the store.

pub use super::writing::*;

use crate::model::{EntryKey, Kind, MailboxState, OperatorState, ProfessionalOrigin};
use serde::{Deserialize, Serialize};

/// Kind of a change row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChangeKind {
    Professional,
    Structure,
    Mailbox,
    Domain,
    Operator,
    Label,
    /// Everything: rebuild.
    All,
}

impl ChangeKind {
    pub const ALL: [Self; 7] = [Self::Professional, Self::Structure, Self::Mailbox, Self::Domain, Self::Operator, Self::Label, Self::All];

    /// The word kept in `change.kind`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::Professional => "professional",
            Self::Structure => "structure",
            Self::Mailbox => "mailbox",
            Self::Domain => "domain",
            Self::Operator => "operator",
            Self::Label => "label",
            Self::All => "all",
        }
    }

    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.code() == code)
    }
}

/// A cause, for the projection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub seq: i64,
    /// Import run that wrote it, `None` for a publication or a flag.
    pub run: Option<i64>,
    pub kind: ChangeKind,
    pub key: String,
    pub withdraws: bool,
    /// UTC seconds.
    pub at: i64,
}

/// The first bytes of a SHA-256 of what is published: it tells whether content changed, and nothing is trusted for it.
pub type ContentDigest = [u8; 8];

/// State of an entry's published content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublishedRow {
    pub entry: EntryKey,
    /// Set of `Audience::bit`.
    pub audiences: u8,
    pub digest: ContentDigest,
    /// UTC second of the change that last altered the digest.
    pub since: i64,
    /// UTC second of the change with which it was first shown, or shown again after it was gone.
    pub created: i64,
    pub gone: Option<i64>,
}

/// An entry with the words it is sorted by, for a rebuild in order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EntryName {
    pub kind: Kind,
    pub id: String,
    /// Family name, or organisation name.
    pub first: String,
    /// Given name, or the service of an organisation's mailbox.
    pub second: String,
}

/// What an administrator may set on a mailbox; `None` leaves as it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MailboxFlags {
    pub liste_rouge: Option<bool>,
    /// The outer `None` leaves as it is, the inner one means not stated.
    pub zero_papier: Option<Option<bool>>,
    pub phone_opposed: Option<bool>,
    pub frozen: Option<bool>,
    pub state: Option<MailboxState>,
}

/// What the trust rules ask about a holder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HolderState {
    pub id: String,
    pub origin: ProfessionalOrigin,
    pub closed: bool,
    pub family: String,
    pub given: String,
    /// Codes of the professions exercised, sorted.
    pub professions: Vec<String>,
    /// Structures of the activities, sorted.
    pub structures: Vec<String>,
}

/// One entry of the journal: who did what to what, how and from where. What is not known is empty.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct AuditEntry {
    /// UTC seconds.
    pub at: i64,
    pub actor: String,
    /// What the actor was known by: the id of a key, the subject of a certificate, never a secret.
    pub credential: String,
    /// Address of the client.
    pub source: String,
    pub request_id: String,
    /// `mailbox.flag`, `account.add` …
    pub action: String,
    pub object: String,
    /// `ok`, or the code of an error.
    pub result: String,
    /// Old and new values.
    pub detail: serde_json::Value,
}

/// Numbers and states for `annuaire status`: totals, never a name, an address or a small group.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Status {
    pub professionals: ThingCount,
    /// Professionals met in a secondary file only.
    pub incomplete_professionals: u64,
    pub exercises: u64,
    pub savoir_faire: u64,
    pub activities: u64,
    pub structures: ThingCount,
    pub mailboxes: Vec<MailboxCount>,
    pub attachments: u64,
    pub operators: Vec<OperatorCount>,
    pub domains_listed: u64,
    pub domains_left: u64,
    pub test_domains: Vec<String>,
    pub list_loaded: bool,
    pub accounts: ThingCount,
    pub labels: u64,
    /// The last file applied of each kind.
    pub files: Vec<AppliedFile>,
    /// The last runs, newest first.
    pub runs: Vec<RunStatus>,
    pub rejections: u64,
    pub last_change: i64,
    pub oldest_change: Option<i64>,
}

/// Rows in force and rows closed (vanished, revoked).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct ThingCount {
    pub open: u64,
    pub closed: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct MailboxCount {
    #[serde(rename = "type")]
    pub kind: String,
    pub source: String,
    pub state: MailboxState,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OperatorCount {
    pub state: OperatorState,
    pub count: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AppliedFile {
    pub kind: String,
    pub name: String,
    /// 12 digits, Europe/Paris.
    pub edition: String,
    pub run: i64,
    pub rows_read: u64,
    pub accepted: u64,
    pub duplicate: u64,
    pub rejected: u64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RunStatus {
    pub id: i64,
    /// `applying` or `done`.
    pub state: String,
    pub planned: i64,
    pub applied: i64,
    /// UTC seconds.
    pub started_at: i64,
    pub ended_at: Option<i64>,
}

/// A structure found by one of its identifiers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StructureMatch {
    pub id: String,
    pub closed: bool,
    /// Seen in Personne_activite; otherwise the mailbox extraction alone names it.
    pub in_rpps: bool,
    /// Key of `structure_alias` that leads to it.
    pub key: crate::model::StructureKey,
}

/// A liste blanche that was applied.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ListVersion {
    /// Of its bytes, lower-case hexadecimal.
    pub sha256: String,
    /// `DateDeGeneration`, UTC seconds.
    pub generated: i64,
    /// When it was first applied, UTC seconds.
    pub received: i64,
    /// Subject of its signer; empty where that was not checked against an authority.
    pub signer: String,
    /// It carried a signature that fits it.
    pub signed: bool,
    /// Entries, rejected ones too.
    pub entries: u64,
    pub bytes: u64,
}

/// A liste blanche about to be applied.
#[derive(Clone, Copy, Debug)]
pub struct ListDocument<'a> {
    pub generated: i64,
    pub signer: &'a str,
    pub signed: bool,
    pub entries: usize,
    pub document: &'a [u8],
}
