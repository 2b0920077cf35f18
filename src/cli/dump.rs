//! `annuaire dump --canonical`: the store sorted, without run ids and times, so that two stores can be compared byte for byte.

use super::Context;
use super::exit::Exit;
use crate::error::at_path;
use anyhow::Context as _;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::PathBuf;

/// The dump holds everything, liste rouge included: it is for administrators.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// The only form there is: sorted, without run ids and times. Holds everything, hidden or not
    #[arg(long, required = true)]
    canonical: bool,
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let (_data, store) = context.store().await?;
    match args.out {
        Some(path) => {
            let mut file = BufWriter::new(File::create(&path).map_err(at_path(&path))?);
            store.canonical_dump(&mut file).await?;
            file.flush().map_err(at_path(&path))?;
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout());
            store.canonical_dump(&mut out).await?;
            out.flush().context("writing to standard output")?;
        }
    }
    Ok(Exit::Ok)
}
