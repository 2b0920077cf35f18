//! `annuaire openapi`: the OpenAPI document, as served at `/openapi.json` and kept in openapi/.

use super::exit::Exit;
use crate::error::at_path;
use crate::rest;
use anyhow::Context as _;
use std::io::Write as _;
use std::path::PathBuf;

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Write to this file instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
}

pub fn run(args: Args) -> anyhow::Result<Exit> {
    let mut document = rest::openapi().to_pretty_json().context("writing the OpenAPI document")?;
    document.push('\n');
    match args.out {
        Some(path) => std::fs::write(&path, document).map_err(at_path(&path))?,
        None => std::io::stdout().write_all(document.as_bytes()).context("writing to standard output")?,
    }
    Ok(Exit::Ok)
}
