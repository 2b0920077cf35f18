//! `annuaire export`: what an audience may see, as a file for another system.

use super::exit::{Exit, Usage};
use super::search::Door;
use super::{Context, account::AudienceName, say};
use crate::directory::Directory;
use crate::error::at_path;
use crate::export::Ldif;
use crate::ldap_entry::{DIRECTORY_ROOT, MAILBOX_ROOT};
use anyhow::Context as _;
use clap::ValueEnum;
use std::fs::File;
use std::io::{BufWriter, ErrorKind, Write as _};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Form of the file
    #[arg(long, value_enum)]
    format: Format,
    /// Write to this file, replaced as a whole when everything is written, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// One naming context only: slapadd fills one database at a time
    #[arg(long, value_name = "DN", value_parser = [MAILBOX_ROOT, DIRECTORY_ROOT])]
    context: Option<String>,
    /// Whose view
    #[arg(long, value_enum, default_value_t = AudienceName::Public)]
    audience: AudienceName,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The LDAP tree (RFC 2849), as ldapadd loads it
    Ldif,
    /// The same without the version line, which slapadd refuses
    Slapadd,
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let (data, store) = context.store().await?;
    let door = Door::open(&data, &store).await?;
    let version = args.format == Format::Ldif;
    let wanted = Ldif { audience: args.audience.into(), context: args.context.as_deref(), version, page: Ldif::PAGE };
    let what = Export { directory: &door.directory, wanted };
    match args.out {
        Some(path) => {
            let written = replace(&path, &what).await?;
            say(format_args!("{written} entries written to {}", path.display()));
        }
        None => {
            let mut out = BufWriter::new(std::io::stdout());
            what.write(&mut out).await?;
            out.flush().context("writing to standard output")?;
        }
    }
    Ok(Exit::Ok)
}

struct Export<'a> {
    directory: &'a Directory,
    wanted: Ldif<'a>,
}

impl Export<'_> {
    async fn write(&self, out: &mut impl std::io::Write) -> anyhow::Result<u64> {
        Ok(crate::export::ldif(self.directory, self.wanted, out).await?)
    }
}

/// Written beside, synced and renamed: whoever reads the file has the old one or the new one, whole. The name beside is nobody's to guess.
async fn replace(path: &Path, what: &Export<'_>) -> anyhow::Result<u64> {
    if path.file_name().is_none() {
        return Err(Usage(format!("{} names no file", path.display())).into());
    }
    let permissions = match std::fs::symlink_metadata(path) {
        Ok(there) if there.is_file() => Some(there.permissions()),
        Ok(_) => return Err(Usage(format!("{} is no regular file, and only such a one is replaced", path.display())).into()),
        Err(error) if error.kind() == ErrorKind::NotFound => None,
        Err(error) => return Err(at_path(path)(error).into()),
    };
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let beside = tempfile::Builder::new().prefix(".annuaire-").suffix(".part").tempfile_in(folder).map_err(at_path(folder))?;
    let mut out = BufWriter::new(beside);
    let written = what.write(&mut out).await?;
    let beside = out.into_inner().map_err(|error| at_path(path)(error.into_error()))?;
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions).map_err(at_path(path))?;
    }
    beside.as_file().sync_all().map_err(at_path(path))?;
    beside.persist(path).map_err(|error| at_path(path)(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at_path(folder))?;
    Ok(written)
}
