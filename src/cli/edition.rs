//! `annuaire edition`: editions of the open files, as `serve` builds them every day.

use super::exit::{Exit, Usage};
use super::export::replace;
use super::search::Door;
use super::{ACTOR, Context, account::AudienceName, now, say, say_json};
use crate::directory::Audience;
use crate::error::{Error, at_path};
use crate::export::feed::cursor_now;
use crate::export::{EditionId, Exports};
use crate::indicators::Indicators;
use crate::store::Actor;
use anyhow::Context as _;
use std::collections::BTreeMap;
use std::fs::File;
use std::path::PathBuf;

#[derive(Debug, clap::Subcommand)]
pub enum Action {
    /// Build an edition now, in all forms and for each audience of the settings
    Build {
        /// Print the manifests as JSON
        #[arg(long)]
        json: bool,
    },
    /// List the editions that are kept, newest first
    List {
        /// Whose view
        #[arg(long, value_enum, default_value_t = AudienceName::Public)]
        audience: AudienceName,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Write what differs between two kept editions (JSON lines, gzip)
    Delta {
        /// The earlier edition
        #[arg(long, value_name = "EDITION")]
        from: String,
        /// The later one; the newest unless said
        #[arg(long, value_name = "EDITION")]
        to: Option<String>,
        /// Write to this file
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Whose view
        #[arg(long, value_enum, default_value_t = AudienceName::Public)]
        audience: AudienceName,
    },
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    let (data, store) = context.store().await?;
    // Before the state is fixed that is read beside a running server.
    let mut cursors = BTreeMap::new();
    for audience in Audience::ALL {
        cursors.insert(audience, cursor_now(&store, audience).await?);
    }
    let door = Door::of_now(&data, &store).await?;
    let indicators = Indicators::new(store.clone(), door.directory.clone(), &data);
    let exports = Exports::new(data, store, door.directory.clone(), context.settings.exports.clone()).with_cursors(cursors);
    let exports = exports.with_companion(super::assembly::companion(indicators));
    match action {
        Action::Build { json } => {
            let manifests = exports.build(&Actor::from(ACTOR), now(), Vec::new()).await?;
            if json {
                say_json(&manifests)?;
            } else {
                for manifest in manifests {
                    let entries = manifest.entries;
                    say(format_args!(
                        "{} {}: {} mailboxes, {} professionals, {} structures",
                        manifest.edition, manifest.audience, entries.mailbox, entries.professional, entries.structure
                    ));
                }
            }
        }
        Action::List { audience, json } => {
            let shelf = exports.shelf(audience.into());
            let manifests = shelf.editions()?.into_iter().map(|id| shelf.manifest(id)).collect::<crate::error::Result<Vec<_>>>()?;
            if json {
                say_json(&manifests)?;
            } else {
                manifests.iter().for_each(|m| say(format_args!("{}  {}  {} entries", m.edition, m.created, m.entries.all())));
            }
            if manifests.is_empty() {
                return Ok(Exit::NothingFound);
            }
        }
        Action::Delta { from, to, out, audience } => {
            let id = |text: &str| text.parse::<EditionId>().map_err(|_| Usage(format!("{text} is no edition")));
            let to = to.as_deref().map(id).transpose()?;
            let path = exports.difference(audience.into(), id(&from)?, to).await?.path;
            let mut made = File::open(&path).map_err(at_path(&path))?;
            let copied = tokio::task::spawn_blocking(move || {
                replace(&out, |mut file| std::io::copy(&mut made, &mut file).map_err(|e| Error::internal("copying the delta", e)))
            });
            copied.await.context("copying the delta")??;
        }
    }
    Ok(Exit::Ok)
}
