//! What an edition or a subset says of itself: `manifest.json`.

use super::{Filter, Form, Made};
use crate::error::{Error, Result};
use crate::model::Kind;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Name of the file.
pub const MANIFEST: &str = "manifest.json";

/// What an edition holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Manifest {
    /// Day of the edition (Europe/Paris); a further one of the same day has `-2` behind it
    #[schema(example = "2026-11-27")]
    pub edition: String,
    /// Moment of its content, UTC
    #[schema(format = DateTime, example = "2026-11-27T03:00:04Z")]
    pub created: String,
    /// `public` or `professional`
    pub audience: String,
    /// Entries by kind
    pub entries: Counts,
    /// What was selected; absent for the whole
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filter: Option<Filter>,
    /// The edition that `delta.jsonl.gz` starts from
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delta_from: Option<String>,
    /// Where the feed of changes goes on behind this edition
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cursor: Option<String>,
    pub licence: Licence,
    pub files: Vec<FileEntry>,
}

/// Entries by kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = EntryCounts)]
pub struct Counts {
    pub mailbox: u64,
    pub professional: u64,
    pub structure: u64,
}

impl Counts {
    pub(super) fn add(&mut self, kind: Kind) {
        match kind {
            Kind::Mailbox => self.mailbox += 1,
            Kind::Professional => self.professional += 1,
            Kind::Structure => self.structure += 1,
        }
    }

    #[must_use]
    pub fn all(&self) -> u64 {
        self.mailbox + self.professional + self.structure
    }
}

/// One file. The sums of the content are those of the file once unpacked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct FileEntry {
    #[schema(example = "annuaire.csv.gz")]
    pub name: String,
    /// `extraction`, `csv`, `jsonl`, `ldif`, `vcard`, `sqlite` or `delta`
    pub form: String,
    /// Rows, lines, entries or cards, without the head
    pub rows: u64,
    pub bytes: u64,
    /// Of the file as it is downloaded
    pub sha256: String,
    pub content_bytes: u64,
    pub content_sha256: String,
}

impl FileEntry {
    /// Errors: internal for a file that was not packed.
    pub(super) fn of(form: &str, name: String, made: Made) -> Result<Self> {
        let file = made.file.ok_or_else(|| Error::internal("a file of an edition", "it was not packed"))?;
        Ok(Self {
            name,
            form: form.to_owned(),
            rows: made.rows,
            bytes: file.bytes,
            sha256: file.sha256,
            content_bytes: made.content.bytes,
            content_sha256: made.content.sha256,
        })
    }
}

/// Under which terms the files may be used, and where the facts come from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Licence {
    #[schema(example = "Licence Ouverte / Open Licence 2.0")]
    pub name: String,
    pub url: String,
    /// The mention that whoever uses the files must make
    pub attribution: String,
    /// Last edition applied of each official file: 12 digits, Europe/Paris
    pub sources: BTreeMap<String, String>,
}

impl Licence {
    /// `sources`: kind of file and edition.
    pub(super) fn of(sources: impl IntoIterator<Item = (String, String)>) -> Self {
        let sources: BTreeMap<_, _> = sources.into_iter().collect();
        let day = |stamp: &str| Some(format!("{}/{}/{}", stamp.get(6..8)?, stamp.get(4..6)?, stamp.get(..4)?));
        let last = sources.values().max().and_then(|stamp| day(stamp)).map_or_else(String::new, |day| format!(", mise à jour du {day}"));
        Self {
            name: "Licence Ouverte / Open Licence 2.0".to_owned(),
            url: "https://www.etalab.gouv.fr/licence-ouverte-open-licence/".to_owned(),
            attribution: format!(
                "Source : Annuaire Santé, Agence du numérique en santé{last} ; boîtes aux lettres publiées par leurs opérateurs"
            ),
            sources,
        }
    }
}

impl Manifest {
    #[must_use]
    pub fn file(&self, name: &str) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.name == name)
    }

    pub(super) fn form(&self, form: Form) -> Option<&FileEntry> {
        self.files.iter().find(|file| file.form == form.name())
    }

    /// As it is written: indented, with a line end.
    pub(super) fn encode(&self) -> Result<Vec<u8>> {
        let mut bytes = serde_json::to_vec_pretty(self).map_err(|e| Error::internal("the manifest of an edition", e))?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}
