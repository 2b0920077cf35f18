//! `annuaire liste-blanche`: the versions of the list that were applied, and what each said to the byte: who was trusted when can be shown
//! years later.

use super::account::day;
use super::exit::Exit;
use super::{Context, say, say_json};
use crate::error::Error;
use anyhow::Context as _;
use clap::Subcommand;
use std::io::Write as _;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// List the versions that were applied, the newest first
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write a version as it came
    Show {
        /// SHA-256 of the document, as `list` prints it
        sha256: String,
    },
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    let (_data, store) = context.store().await?;
    match action {
        Action::List { json } => {
            let versions = store.list_versions().await?;
            if json {
                say_json(&versions)?;
                return Ok(Exit::Ok);
            }
            if versions.is_empty() {
                say("no version of a liste blanche was applied");
            }
            for version in versions {
                let signer = match (version.signer.as_str(), version.signed) {
                    ("", false) => "not signed".to_owned(),
                    ("", true) => "signed, by whom was not checked".to_owned(),
                    (signer, _) => format!("signed by {signer}"),
                };
                let generated = day(version.generated);
                say(format_args!("{}  of {generated}  applied {}  {signer}", version.sha256, day(version.received)));
            }
        }
        Action::Show { sha256 } => {
            let document = store.list_version_document(&sha256.to_lowercase()).await?;
            let document = document.ok_or_else(|| Error::not_found("no version with that SHA-256 was applied"))?;
            std::io::stdout().write_all(&document).context("writing the document")?;
        }
    }
    Ok(Exit::Ok)
}
