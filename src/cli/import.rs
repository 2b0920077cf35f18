//! `annuaire import`: official files in, a searchable directory out, and an account of every row.
//!
//! The rows of each file are summed: read = accepted + duplicate + rejected. When the store is written the command goes on until its
//! state is searchable: it projects itself, or waits for the server that holds the index.

use super::exit::{Exit, Refused, Usage};
use super::{Context, admission, clock, demo, progress, say_json};
use crate::import::{self, Options};
use crate::projection::{Searchable, make_searchable};
use crate::store::{DataDir, Store};
use std::io::Write as _;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Files, zips or folders, in any order
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Apply a file that closes more than the guard allows
    #[arg(long)]
    accept_shrink: bool,
    /// Apply a file with more rejected rows than the guard allows
    #[arg(long)]
    accept_rejects: bool,
    /// Apply a file older than the last one applied
    #[arg(long)]
    older: bool,
    /// Edition of files whose name carries none: 12 digits, Europe/Paris (202609010830)
    #[arg(long, value_name = "YYYYMMDDHHMM")]
    edition: Option<String>,
    /// Read, compare and report; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print the report as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    if let Some(path) = args.paths.iter().find(|path| !path.exists()) {
        return Err(Usage(format!("{} does not exist", path.display())).into());
    }
    if let Some(edition) = &args.edition
        && !(edition.len() == 12 && edition.bytes().all(|b| b.is_ascii_digit()))
    {
        return Err(Usage(format!("--edition {edition}: an edition is 12 digits, as in 202609010830")).into());
    }
    let data = context.folder()?;
    if demo::is_demo(&data) {
        let folder = data.root().display();
        return Err(Refused(format!("{folder} holds the invented people of the demo; import into another folder (--data)")).into());
    }
    let options = Options {
        accept_shrink: args.accept_shrink,
        accept_rejects: args.accept_rejects,
        older: args.older,
        edition: args.edition,
        dry_run: args.dry_run,
        list: admission::of(&context.settings)?,
    };
    let report = {
        let progress = progress::for_terminal();
        import::run(&data, &args.paths, &options, progress.as_ref(), &clock).await?
    };
    if args.json {
        say_json(&report)?;
    } else {
        let _ = write!(std::io::stdout(), "{report}");
    }
    if !report.dry_run {
        settle(&data).await?;
    }
    Ok(Exit::Ok)
}

/// Goes on until the store's state is searchable, and says so on standard error.
pub async fn settle(data: &DataDir) -> anyhow::Result<()> {
    let tell = |line: &str| {
        let _ = writeln!(std::io::stderr(), "{line}");
    };
    let store = Store::open(data).await?;
    let waiting = || tell("a running server holds the index; waiting until it has caught up");
    match make_searchable(&store, data, &waiting).await? {
        Searchable::Here => tell("searchable"),
        Searchable::ByServer => tell("searchable in the running server"),
    }
    Ok(())
}
