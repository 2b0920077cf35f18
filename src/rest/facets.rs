//! The facets of a search: which may be asked for, and how they are answered.

use crate::directory::{FacetCount, Facets};
use serde::Serialize;
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Facet {
    Profession,
    Specialty,
    Department,
    MailboxType,
    ZeroPapier,
}

impl Facet {
    pub const ALL: [Self; 5] = [Self::Profession, Self::Specialty, Self::Department, Self::MailboxType, Self::ZeroPapier];

    /// As it is asked for.
    pub fn name(self) -> &'static str {
        match self {
            Self::Profession => "profession",
            Self::Specialty => "specialty",
            Self::Department => "department",
            Self::MailboxType => "mailbox_type",
            Self::ZeroPapier => "zero_papier",
        }
    }
}

/// Matches of all pages by the values they show: the most frequent first, then by code, fifty values at most. An entry counts once for each
/// value that it shows, whatever filters asked for, so the counts of a list may add up to more than `total`, or to less. Only what was asked
/// for is there.
#[derive(Serialize, ToSchema)]
#[schema(as = Facets)]
pub(super) struct FacetsAnswer {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) profession: Option<Vec<FacetCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) specialty: Option<Vec<FacetCount>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) department: Option<Vec<FacetCount>>,
    /// By the types of the mailboxes shown.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) mailbox_type: Option<Vec<FacetCount>>,
    /// By what the mailboxes shown say: `accepted`, `refused`, `unknown`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) zero_papier: Option<Vec<FacetCount>>,
}

impl FacetsAnswer {
    pub fn of(facets: Facets, asked: &[Facet]) -> Self {
        let chosen = |facet: Facet, counts: Vec<FacetCount>| asked.contains(&facet).then_some(counts);
        Self {
            profession: chosen(Facet::Profession, facets.profession),
            specialty: chosen(Facet::Specialty, facets.specialty),
            department: chosen(Facet::Department, facets.department),
            mailbox_type: chosen(Facet::MailboxType, facets.mailbox_type),
            zero_papier: chosen(Facet::ZeroPapier, facets.zero_papier),
        }
    }
}
