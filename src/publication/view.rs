//! A mailbox as its own operator reads it: everything it sent, with what an administrator set. Never an answer of the directory.

use crate::model::{Mailbox, MailboxState, MailboxType};
use crate::store::{OwnMailbox, revision};
use serde::Serialize;
use utoipa::ToSchema;

/// A mailbox of the operator that asks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct OwnView {
    #[schema(example = "zoe.exemple@ch-exempleville.mssante.fr")]
    pub address: String,
    #[serde(rename = "type")]
    pub kind: MailboxType,
    pub state: MailboxState,
    pub test: bool,
    pub liste_rouge: bool,
    /// An administrator set it: the operator cannot lift it.
    pub liste_rouge_held: bool,
    /// Hidden by an administrator while a case of the holder is open.
    pub frozen: bool,
    /// `accepted`, `refused`, or null: not stated.
    pub zero_papier: Option<&'static str>,
    pub phone: String,
    pub phone_opposed: bool,
    pub phone_opposed_held: bool,
    pub responsible: String,
    pub service: String,
    pub description: String,
    /// 1 is preferred.
    pub rank: Option<u32>,
    pub attachments: Vec<AttachmentView>,
    /// Names this content: the entity tag.
    pub revision: String,
    /// UTC seconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub created_at: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<i64>,
}

/// A holder at a structure; one of them may be missing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AttachmentView {
    #[serde(skip_serializing_if = "str::is_empty")]
    pub professional_id: String,
    /// `finess`, `siret`, `technical` …
    #[serde(skip_serializing_if = "str::is_empty")]
    pub structure_kind: String,
    #[serde(skip_serializing_if = "str::is_empty")]
    pub structure_id: String,
    /// Of an adopted mailbox: the service as the extraction gave it.
    #[serde(skip_serializing_if = "str::is_empty")]
    pub service: String,
}

impl From<&Mailbox> for OwnView {
    fn from(mailbox: &Mailbox) -> Self {
        let attachment = |a: &crate::model::Attachment| AttachmentView {
            professional_id: a.professional.clone(),
            structure_kind: a.structure_kind.clone(),
            structure_id: a.structure_value.clone(),
            service: a.service.clone(),
        };
        Self {
            address: mailbox.address.as_str().to_owned(),
            kind: mailbox.kind,
            state: mailbox.state,
            test: mailbox.test,
            liste_rouge: mailbox.liste_rouge,
            liste_rouge_held: mailbox.liste_rouge_held,
            frozen: mailbox.frozen,
            zero_papier: mailbox.zero_papier.map(|accepted| if accepted { "accepted" } else { "refused" }),
            phone: mailbox.phone.clone(),
            phone_opposed: mailbox.phone_opposed,
            phone_opposed_held: mailbox.phone_opposed_held,
            responsible: mailbox.responsible.clone(),
            service: mailbox.service.clone(),
            description: mailbox.description.clone(),
            rank: mailbox.rank,
            attachments: mailbox.attachments.iter().map(attachment).collect(),
            revision: revision(mailbox),
            created_at: None,
            changed_at: None,
        }
    }
}

impl From<&OwnMailbox> for OwnView {
    fn from(own: &OwnMailbox) -> Self {
        Self { created_at: Some(own.created_at), changed_at: Some(own.changed_at), ..Self::from(&own.mailbox) }
    }
}
