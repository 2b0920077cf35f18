//! How many things of each kind the store holds, for the guard: whole tables are counted, beside the reading of the files.

use super::db;
use super::plan::read_only_uri;
use crate::error::{Error, Result};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};
use std::path::{Path, PathBuf};
use std::str::FromStr as _;
use tokio::task::JoinHandle;

/// File number, kind of thing, how many.
pub(super) type Held = Vec<(i64, &'static str, i64)>;

const COUNTS: [(i64, &str, &str); 7] = [
    (1, "professional", "SELECT count(*) FROM professional WHERE origin = 'rpps' AND closed_at IS NULL"),
    (1, "exercise", "SELECT count(*) FROM exercise"),
    (1, "activity", "SELECT count(*) FROM activity"),
    (1, "structure", "SELECT count(*) FROM structure WHERE in_rpps AND closed_at IS NULL"),
    (2, "savoir_faire", "SELECT count(*) FROM savoir_faire WHERE source = 2"),
    (5, "mailbox", "SELECT count(*) FROM mailbox WHERE source = 'extraction' AND state <> 'closed'"),
    (9, "domain", "SELECT count(*) FROM domain WHERE listed"),
];

#[derive(Debug)]
pub(super) enum Counting {
    Running(JoinHandle<Result<Held>>),
    Done(Held),
}

impl Counting {
    /// Begins to count what a database holds.
    pub fn begin(database: PathBuf) -> Self {
        Self::Running(tokio::spawn(async move { count(&database).await }))
    }

    pub async fn end(self) -> Result<Held> {
        match self {
            Self::Done(held) => Ok(held),
            Self::Running(task) => task.await.map_err(|e| Error::internal("the store could not be counted", e))?,
        }
    }
}

async fn count(database: &Path) -> Result<Held> {
    let failed = || db("the store could not be counted");
    let options = SqliteConnectOptions::from_str(&read_only_uri(database)).map_err(failed())?;
    let mut connection = options.disable_statement_logging().connect().await.map_err(failed())?;
    let mut held = Vec::new();
    for (file, thing, sql) in COUNTS {
        let things = sqlx::query_scalar(sql).fetch_one(&mut connection).await.map_err(failed())?;
        held.push((file, thing, things));
    }
    connection.close().await.map_err(failed())?;
    Ok(held)
}
