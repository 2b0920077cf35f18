//! Complete records, as the store assembles them for the projection: everything known, hidden or not, labels resolved.

use super::{Coded, Mailbox, OperatorState, Professional, Structure};
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// The three kinds of entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Mailbox,
    Professional,
    Structure,
}

impl Kind {
    pub const ALL: [Self; 3] = [Self::Mailbox, Self::Professional, Self::Structure];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Mailbox => "mailbox",
            Self::Professional => "professional",
            Self::Structure => "structure",
        }
    }
}

/// Names one entry of the directory, shown or not.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EntryKey {
    pub kind: Kind,
    /// Address, identification nationale or structure id.
    pub id: String,
}

impl EntryKey {
    pub fn new(kind: Kind, id: impl Into<String>) -> Self {
        Self { kind, id: id.into() }
    }

    /// Reads its text back.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (letter, id) = text.split_once(':')?;
        let kind = match letter {
            "m" => Kind::Mailbox,
            "p" => Kind::Professional,
            "s" => Kind::Structure,
            _ => return None,
        };
        Some(Self::new(kind, id))
    }
}

/// `m:address`, `p:identification nationale`, `s:structure id`: the document key, and the key of table `published`.
impl std::fmt::Display for EntryKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let letter = match self.kind {
            Kind::Mailbox => 'm',
            Kind::Professional => 'p',
            Kind::Structure => 's',
        };
        write!(f, "{letter}:{}", self.id)
    }
}

/// What `visibility::publish` is asked about.
#[derive(Clone, Debug)]
pub enum Record {
    Mailbox(MailboxRecord),
    Professional(ProfessionalRecord),
    Structure(StructureRecord),
}

/// The facts outside the mailbox row that decide whether it may be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailboxStanding {
    /// A liste blanche was loaded at least once.
    pub list_loaded: bool,
    /// The domain is in the last liste blanche applied.
    pub domain_listed: bool,
    /// The domain's name says test (`is_test_domain`).
    pub domain_test: bool,
    /// States of the operators whose certificates list the domain.
    pub domain_operators: Vec<OperatorState>,
    /// State of the operator that published it (`operator` source); `None` when unknown.
    pub operator: Option<OperatorState>,
    /// A certificate of that operator lists the domain.
    pub operator_holds_domain: bool,
}

/// What is known of a holder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HolderStanding {
    /// Not in the store under that id.
    Unseen,
    /// In Personne_activite, or met in a secondary file only.
    Present,
    /// Vanished from Personne_activite.
    Closed,
}

/// A mailbox with all that it is attached to.
#[derive(Clone, Debug)]
pub struct MailboxRecord {
    pub mailbox: Mailbox,
    pub standing: MailboxStanding,
    /// Standing of each distinct holder named by the attachments, in id order.
    pub holder_standings: Vec<HolderStanding>,
    /// Holders found in the store, in id order; empty inside professional and structure records.
    pub holders: Vec<ProfessionalRecord>,
    /// Structures its attachments resolve to, in id order.
    pub sites: Vec<SiteRecord>,
}

/// A structure as an attachment or an activity sees it.
#[derive(Clone, Debug)]
pub struct SiteRecord {
    pub structure: Arc<Structure>,
    /// Label of `structure.sector`.
    pub sector: Coded,
    /// Label of `structure.address.department`.
    pub department: Coded,
    /// Service named by the attachment; empty otherwise.
    pub service: String,
}

#[derive(Clone, Debug)]
pub struct ExerciseRecord {
    pub profession: Coded,
    pub category: Coded,
    /// (type, code) with labels, sorted.
    pub specialties: Vec<(Coded, Coded)>,
}

#[derive(Clone, Debug)]
pub struct ActivityRecord {
    pub profession: Coded,
    pub category: Coded,
    pub mode: Coded,
    pub sector: Coded,
    pub section: Coded,
    pub role: Coded,
    pub genre: Coded,
    pub site: Option<SiteRecord>,
}

#[derive(Clone, Debug)]
pub struct ProfessionalRecord {
    pub professional: Professional,
    pub civility: Coded,
    pub exercise_civility: Coded,
    /// Sorted by (profession, category).
    pub exercises: Vec<ExerciseRecord>,
    /// Sorted by activity id.
    pub activities: Vec<ActivityRecord>,
    /// Mailboxes it holds (`holders` left empty); empty when this record stands inside a mailbox record.
    pub mailboxes: Vec<MailboxRecord>,
}

#[derive(Clone, Debug)]
pub struct StructureRecord {
    pub site: SiteRecord,
    /// ORG, APP and CAB mailboxes attached to it (`holders` left empty).
    pub mailboxes: Vec<MailboxRecord>,
}
