//! One entry as JSON: the published view, with the two facts every door tells of it, its entryUUID and the time of its last change.

use super::problem::Problem;
use crate::directory::{Hit, View};
use crate::error::Error;
use crate::model::entry_uuid;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// An entry as its audience sees it. Optional fields without a value are absent.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Item {
    #[serde(flatten)]
    pub(super) view: View,
    /// The same on every machine and after any rebuild (UUIDv5).
    #[schema(value_type = String, format = "uuid", example = "3f0c1f0e-3b6e-5f6c-9c76-0f6f3f6f8f10")]
    entry_uuid: Uuid,
    /// When the content last changed, UTC.
    #[schema(format = DateTime, example = "2026-11-03T05:12:45Z")]
    pub(super) updated_at: String,
}

impl Item {
    pub(super) fn view(&self) -> &View {
        &self.view
    }

    pub(super) fn of(hit: &Hit) -> Result<Self, Problem> {
        let published = hit.published()?;
        let updated = jiff::Timestamp::from_second(hit.since()).map_err(|e| Error::internal("the time of an entry", e))?;
        Ok(Self {
            entry_uuid: entry_uuid(published.kind().name(), published.id()),
            updated_at: updated.to_string(),
            view: published.into_view(),
        })
    }
}
