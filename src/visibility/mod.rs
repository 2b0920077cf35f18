//! Rule zero, written once: who may see what. `publish` turns a complete record into what one audience may see, or into nothing.
//!
//! A [`Published`] has two constructors: [`publish`] and [`Published::decode`], which only `index/` may call (the architecture test
//! holds it). The index accepts nothing else and frontends render nothing else: what is hidden is not filtered out, it is not there.
//! The rule is ../docs/visibility.md, printed from the same table that tests it. Changing it means raising [`RULE_VERSION`].

mod rule;
mod view;

pub use rule::{mailbox_alerted, mailbox_shown};
pub use view::{
    ActivityView, ExerciseView, HolderView, MailboxSummary, MailboxView, OrganizationView, PersonView, Practice, ProfessionalView,
    SpecialtyView, StructureView, View, ZeroPapier,
};

use crate::model::{Audience, EntryKey, Kind, Record};

/// Raised with every change of the rule or of the views: an index built under another number is rebuilt.
pub const RULE_VERSION: u32 = 2;

/// What one audience may see of one entry. Private by construction: nobody outside this room can make one up.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    view: View,
}

/// The rule: a complete record and an audience, to what that audience may see.
#[must_use]
pub fn publish(record: &Record, audience: Audience) -> Option<Published> {
    rule::view(record, audience).map(|view| Published { view })
}

/// What each audience may see, equal answers joined: contents with their sets of [`Audience::bit`].
#[must_use]
pub fn publish_to_all(record: &Record) -> Vec<(Published, u8)> {
    if !rule::depends_on_audience(record) {
        let everybody = Audience::ALL.into_iter().fold(0, |set, audience| set | audience.bit());
        return publish(record, Audience::Public).map(|content| (content, everybody)).into_iter().collect();
    }
    let mut contents: Vec<(Published, u8)> = Vec::with_capacity(2);
    for audience in Audience::ALL {
        let Some(content) = publish(record, audience) else { continue };
        match contents.iter_mut().find(|(known, _)| *known == content) {
            Some((_, audiences)) => *audiences |= audience.bit(),
            None => contents.push((content, audience.bit())),
        }
    }
    contents
}

impl Published {
    #[must_use]
    pub fn view(&self) -> &View {
        &self.view
    }

    #[must_use]
    pub fn into_view(self) -> View {
        self.view
    }

    #[must_use]
    pub fn kind(&self) -> Kind {
        self.view.kind()
    }

    /// Stable id: address, identification nationale or structure id.
    #[must_use]
    pub fn id(&self) -> &str {
        self.view.id()
    }

    /// Document key.
    #[must_use]
    pub fn key(&self) -> EntryKey {
        EntryKey::new(self.kind(), self.id())
    }

    /// The bytes the index stores: JSON of the view. The same content gives the same bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        serde_json::to_vec(&self.view).unwrap_or_default()
    }

    /// Reads back stored bytes. To be called from `index/` only.
    pub(crate) fn decode(bytes: &[u8]) -> Result<Self, serde_json::Error> {
        // A tag in front tells the variant. Left to itself serde would keep all values aside until it has met it.
        let kind = bytes.strip_prefix(br#"{"kind":""#).and_then(|rest| rest.split(|byte| *byte == b'"').next());
        let view = match kind {
            Some(b"professional") => serde_json::from_slice(bytes).map(View::Professional),
            Some(b"mailbox") => serde_json::from_slice(bytes).map(View::Mailbox),
            Some(b"structure") => serde_json::from_slice(bytes).map(View::Structure),
            _ => serde_json::from_slice(bytes),
        };
        view.map(|view| Self { view })
    }
}
