//! What an import did, for a terminal (`Display`), for `--json`, and for the run's row in the store.

use crate::store::import::{Plan, SourceFile};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::fmt;

/// The whole import.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    pub files: Vec<FileReport>,
    /// By kind of thing: `professional`, `exercise`, `activity`, `savoir_faire`, `structure`, `alias`, `mailbox`, `attachment`, `label`,
    /// `operator`, `domain`. A kind without any change is left out.
    pub things: BTreeMap<String, Effects>,
    /// Rows of the mailbox file whose mailbox is an operator's: left as they are.
    pub held_by_operator: u64,
    pub warnings: Vec<String>,
    /// Loaded as a fresh file into an empty store.
    pub first_load: bool,
    pub dry_run: bool,
    /// An interrupted run, finished.
    pub resumed: bool,
    /// The store already said all that the files say.
    pub unchanged: bool,
    /// Change number at which the store shows this import; `None` for a dry run.
    pub last_change: Option<i64>,
}

/// One file: `rows_read` = `accepted` + `duplicate` + `rejected`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileReport {
    /// `personne_activite`, `savoir_faire`, `mailboxes`, `liste_blanche`.
    pub kind: String,
    pub name: String,
    /// 12 digits, Europe/Paris.
    pub edition: String,
    /// Of the unzipped bytes.
    pub sha256: String,
    pub rows_read: u64,
    pub accepted: u64,
    pub duplicate: u64,
    pub rejected: u64,
    /// Accepted rows that the edition before held, byte for byte: only what the others speak of was compared with the store. 0 where
    /// everything was.
    #[serde(default)]
    pub unchanged: u64,
    /// Rejected rows by column and reason.
    pub rejections: BTreeMap<String, u64>,
    /// Rows with a citizen's address, among the rejected: counted, their bytes never kept.
    pub citizens: u64,
    /// Keys among those compared that rows of the file give two contents or more, by kind of thing.
    pub conflicts: BTreeMap<String, u64>,
    /// Accepted rows with something odd, by column.
    pub remarks: BTreeMap<String, u64>,
    /// Subject of the signer of the liste blanche; `None` where nobody checked it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signer: Option<String>,
    /// What is odd about the file as a whole: columns nobody knows.
    pub warnings: Vec<String>,
}

/// What happened to the things of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Effects {
    pub created: u64,
    pub changed: u64,
    /// Were closed, and are back.
    pub reopened: u64,
    pub closed: u64,
    /// Known from a secondary file only, and named by none any more.
    pub removed: u64,
    /// Left their file, and stay: under an administrator's flag, or because a mailbox still names them.
    pub kept: u64,
}

impl FileReport {
    pub(super) fn title(&self) -> String {
        format!("{} {} (edition {})", self.kind, self.name, self.edition)
    }

    /// The most frequent reason, for the text of a refusal.
    pub(super) fn first_rejection(&self) -> String {
        let most = self.rejections.iter().max_by_key(|(_, count)| **count);
        most.map_or_else(String::new, |(reason, count)| format!(" ({count} times: {reason})"))
    }
}

impl Report {
    pub(super) fn take_plan(&mut self, plan: &Plan) {
        for (file, thing, keys) in &plan.conflicts {
            if let Some(report) = self.files.iter_mut().find(|f| f.kind == file.code()) {
                report.conflicts.insert(thing.clone(), *keys);
            }
        }
        for (thing, effect, count) in &plan.effects {
            if effect == "confirmed" {
                continue;
            }
            let effects = self.things.entry(thing.clone()).or_default();
            let slot = match effect.as_str() {
                "created" => &mut effects.created,
                "reopened" => &mut effects.reopened,
                "closed" => &mut effects.closed,
                "removed" => &mut effects.removed,
                "kept" => &mut effects.kept,
                _ => &mut effects.changed,
            };
            *slot += count;
        }
        self.held_by_operator = plan.held_by_operator;
        self.unchanged = self.things.is_empty();
    }

    pub(super) fn json(&self) -> String {
        serde_json::to_string(self).unwrap_or_default()
    }
}

impl fmt::Display for FileReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.title())?;
        let Self { rows_read, accepted, duplicate, rejected, .. } = self;
        writeln!(f, "  rows read {rows_read} = accepted {accepted} + duplicate {duplicate} + rejected {rejected}")?;
        match &self.signer {
            Some(signer) => writeln!(f, "  signed by {signer}")?,
            None if self.kind == SourceFile::ListeBlanche.code() => {
                writeln!(f, "  signature not checked: trust.liste_blanche_ca is not set")?
            }
            None => {}
        }
        if self.unchanged > 0 {
            writeln!(f, "  as in the edition before {}: what the others speak of was compared", self.unchanged)?;
        }
        for (reason, count) in &self.rejections {
            writeln!(f, "  rejected {count}: {reason}")?;
        }
        if self.citizens > 0 {
            writeln!(f, "  citizens' addresses counted and not kept: {}", self.citizens)?;
        }
        for (thing, keys) in &self.conflicts {
            writeln!(f, "  rows disagree about {keys} {thing} keys: the fuller content was taken")?;
        }
        for (what, count) in &self.remarks {
            writeln!(f, "  accepted all the same, {count} rows: {what}")?;
        }
        for warning in &self.warnings {
            writeln!(f, "  warning: {warning}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Effects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = [
            ("created", self.created),
            ("changed", self.changed),
            ("reopened", self.reopened),
            ("closed", self.closed),
            ("removed", self.removed),
            ("kept", self.kept),
        ];
        let said: Vec<_> = words.iter().filter(|(_, n)| *n > 0).map(|(word, n)| format!("{word} {n}")).collect();
        f.write_str(&said.join(", "))
    }
}

/// Plain lines, one fact each.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for file in &self.files {
            write!(f, "{file}")?;
        }
        for (thing, effects) in &self.things {
            writeln!(f, "{thing}: {effects}")?;
        }
        if self.held_by_operator > 0 {
            writeln!(f, "mailboxes held by their operator, left as they are: {}", self.held_by_operator)?;
        }
        for warning in &self.warnings {
            writeln!(f, "warning: {warning}")?;
        }
        if self.dry_run {
            writeln!(f, "dry run: nothing was written")?;
        } else if self.unchanged {
            writeln!(f, "nothing changed: the store already said all this")?;
        } else if self.first_load {
            writeln!(f, "first load done")?;
        } else if self.resumed {
            writeln!(f, "the interrupted import is finished")?;
        }
        Ok(())
    }
}
