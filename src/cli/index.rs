//! `annuaire index`: rebuild or compact, here or through the process that holds the index lock.

use super::exit::Exit;
use super::{Context, now, say};
use crate::error::{Kind, at_path};
use crate::projection::{Doors, Projector, Searchable, compact_request, make_searchable};
use crate::store::{DataDir, Store};
use clap::Subcommand;
use std::time::Duration;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Build the index anew from the store; answers go on meanwhile
    Rebuild,
    /// Remove every byte of withdrawn entries from the index files now
    Compact,
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    let (data, store) = context.store().await?;
    match action {
        Action::Rebuild => rebuild(&data, &store).await,
        Action::Compact => compact(&data, &store).await,
    }
}

async fn rebuild(data: &DataDir, store: &Store) -> anyhow::Result<Exit> {
    store.request_rebuild(now()).await?;
    let waiting = || say("a running server rebuilds; waiting for it");
    match make_searchable(store, data, &waiting).await? {
        Searchable::Here => say("rebuilt"),
        Searchable::ByServer => say("rebuilt by the running server"),
    }
    Ok(Exit::Ok)
}

/// Takes the index when nobody has it, else leaves a request and waits until it is gone. Should the server stop meanwhile, the lock
/// becomes free and the work is done here.
async fn compact(data: &DataDir, store: &Store) -> anyhow::Result<Exit> {
    let request = compact_request(data);
    let mut asked = false;
    loop {
        match Projector::open(store.clone(), data.clone(), Doors::default()).await {
            Ok(mut projector) => {
                projector.catch_up().await?;
                projector.compact().await?;
                if asked {
                    let _ = std::fs::remove_file(&request);
                }
                say("compacted");
                return Ok(Exit::Ok);
            }
            Err(error) if error.kind() == Kind::Conflict => {}
            Err(error) => return Err(error.into()),
        }
        if !asked {
            // Who asks: a request that another asker replaced meanwhile is not done yet.
            std::fs::write(&request, std::process::id().to_string()).map_err(at_path(&request))?;
            say("a running server compacts; waiting for it");
            asked = true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
        if !request.exists() {
            say("compacted by the running server");
            return Ok(Exit::Ok);
        }
    }
}
