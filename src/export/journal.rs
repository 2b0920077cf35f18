//! Files in the journal: who had what written, with filter, count and digest. That an open file was downloaded is no act on anybody's data and
//! is only counted.

use super::{Exports, Filter, Form, Made, Manifest, audience_name};
use crate::directory::Audience;
use crate::error::Result;
use crate::store::Actor;
use serde_json::json;

impl Exports {
    pub(super) async fn journal_edition(&self, actor: &Actor, manifest: &Manifest, now: i64) -> Result<()> {
        let files: Vec<_> =
            manifest.files.iter().map(|file| json!({ "name": file.name, "rows": file.rows, "sha256": file.sha256 })).collect();
        let detail = json!({ "audience": manifest.audience, "entries": manifest.entries, "files": files });
        self.journal.append(&actor.entry("export.edition", &manifest.edition, detail, now)).await
    }

    pub(super) async fn journal_subset(&self, actor: &Actor, manifest: &Manifest, form: Form, now: i64) -> Result<()> {
        let digest = manifest.form(form).map(|file| file.content_sha256.as_str());
        let detail = json!({
            "audience": manifest.audience, "filter": manifest.filter, "entries": manifest.entries, "content_sha256": digest,
        });
        self.journal.append(&actor.entry("export.subset", form.name(), detail, now)).await
    }

    /// A file that a command wrote; `form` may be a variant of a form.
    pub async fn journal_file(&self, actor: &Actor, audience: Audience, form: &str, filter: &Filter, made: &Made, now: i64) -> Result<()> {
        let detail = json!({
            "audience": audience_name(audience), "filter": filter, "rows": made.rows, "content_sha256": made.content.sha256,
        });
        self.journal.append(&actor.entry("export.file", form, detail, now)).await
    }
}
