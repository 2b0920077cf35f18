//! `annuaire export`: what an audience may see, as a file for another system.

use super::exit::{Exit, Usage};
use super::search::Door;
use super::{ACTOR, Context, account::AudienceName, now, say};
use crate::directory::{Audience, Directory};
use crate::error::{Error, Result, at_path};
use crate::export::{self, Exports, Filter, Form, Made, Making, Plain, Target, Wanted};
use crate::ldap_entry::{DIRECTORY_ROOT, MAILBOX_ROOT};
use crate::store::Actor;
use clap::ValueEnum;
use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Form of the file
    #[arg(long, value_enum)]
    format: Format,
    /// Write to this file, replaced as a whole when everything is written, instead of standard output
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// LDIF: one naming context only, since slapadd fills one database at a time
    #[arg(long, value_name = "DN", value_parser = [MAILBOX_ROOT, DIRECTORY_ROOT])]
    context: Option<String>,
    /// Whose view
    #[arg(long, value_enum, default_value_t = AudienceName::Public)]
    audience: AudienceName,
    #[command(flatten)]
    filter: FilterArgs,
}

/// One practice of an entry must satisfy all of them together.
#[derive(Debug, clap::Args)]
struct FilterArgs {
    /// Codes of professions, separated by commas
    #[arg(long, value_name = "CODES")]
    profession: Option<String>,
    /// Codes of savoir-faire
    #[arg(long, value_name = "CODES")]
    specialty: Option<String>,
    /// Codes of regions (INSEE)
    #[arg(long, value_name = "CODES")]
    region: Option<String>,
    /// Codes of départements
    #[arg(long, value_name = "CODES")]
    department: Option<String>,
    /// Names of communes
    #[arg(long, value_name = "NAMES")]
    city: Option<String>,
    /// INSEE codes of communes
    #[arg(long, value_name = "CODES")]
    insee: Option<String>,
}

impl FilterArgs {
    fn read(&self) -> anyhow::Result<Filter> {
        let mut filter = Filter::default();
        let given = [&self.profession, &self.specialty, &self.region, &self.department, &self.city, &self.insee];
        for (name, values) in Filter::NAMES.into_iter().zip(given) {
            if let Some(values) = values {
                filter.add(name, values).map_err(|error| Usage(error.to_string()))?;
            }
        }
        Ok(filter)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    /// The LDAP tree (RFC 2849), as ldapadd loads it
    Ldif,
    /// The same without the version line, which slapadd refuses
    Slapadd,
    /// The official mailbox extraction of 31 columns
    Extraction,
    /// One row a practice of an entry, for spreadsheets and statistics
    Csv,
    /// One entry a line, as REST shows it
    Jsonl,
    /// Address cards (RFC 6350)
    Vcard,
    /// A database with a full-text index
    Sqlite,
}

impl Format {
    fn form(self) -> Form {
        match self {
            Self::Ldif | Self::Slapadd => Form::Ldif,
            Self::Extraction => Form::Extraction,
            Self::Csv => Form::Csv,
            Self::Jsonl => Form::Jsonl,
            Self::Vcard => Form::Vcard,
            Self::Sqlite => Form::Sqlite,
        }
    }
}

pub async fn run(context: &Context, args: Args) -> anyhow::Result<Exit> {
    let filter = args.filter.read()?;
    if args.context.is_some() && args.format.form() != Form::Ldif {
        return Err(Usage("--context is for LDIF".to_owned()).into());
    }
    let (data, store) = context.store().await?;
    filter.check(&store.official_labels().await?)?;
    let door = Door::of_now(&data, &store).await?;
    let audience = args.audience.into();
    let export = Export { directory: door.directory.clone(), format: args.format, context: args.context, audience, filter: filter.clone() };
    let task = tokio::task::spawn_blocking(move || match args.out {
        Some(path) => replace(&path, |out| export.write(out)).map(|made| (made, Some(path))),
        None => Ok((export.write(Box::new(std::io::stdout()))?, None)),
    });
    let (made, path) = task.await.map_err(|e| Error::internal("the export ended abnormally", e))??;
    let exports = Exports::new(data, store, door.directory.clone(), context.settings.exports.clone());
    exports.journal_file(&Actor::from(ACTOR), audience, &format!("{:?}", args.format).to_lowercase(), &filter, &made, now()).await?;
    if let Some(path) = path {
        say(format_args!("{} {} written to {}", made.rows, args.format.unit(), path.display()));
    }
    Ok(Exit::Ok)
}

impl Format {
    /// What is counted.
    fn unit(self) -> &'static str {
        match self {
            Self::Extraction | Self::Csv => "rows",
            Self::Vcard => "cards",
            Self::Ldif | Self::Slapadd | Self::Jsonl | Self::Sqlite => "entries",
        }
    }
}

struct Export {
    directory: Directory,
    format: Format,
    context: Option<String>,
    audience: Audience,
    filter: Filter,
}

impl Export {
    fn write(&self, out: Box<dyn Write + Send>) -> Result<Made> {
        let beside = tempfile::tempdir().map_err(|e| Error::internal("there is no temporary folder", e))?;
        let wanted = Wanted { context: self.context.as_deref(), version: self.format != Format::Slapadd, about: &[] };
        let mut making = Making::begin(self.format.form(), &wanted, Target::Plain(Plain::new(out)), &beside.path().join("export"))?;
        export::select(&self.directory, self.audience, &self.filter, &mut making)?;
        making.finish()
    }
}

/// Written beside, synced and renamed: whoever reads the file has the old one or the new one, whole. The name beside is nobody's to guess.
pub(super) fn replace<T>(path: &Path, write: impl FnOnce(Box<dyn Write + Send>) -> Result<T>) -> anyhow::Result<T> {
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
    let written = write(Box::new(beside.as_file().try_clone().map_err(at_path(path))?))?;
    if let Some(permissions) = permissions {
        beside.as_file().set_permissions(permissions).map_err(at_path(path))?;
    }
    beside.as_file().sync_all().map_err(at_path(path))?;
    beside.persist(path).map_err(|error| at_path(path)(error.error))?;
    File::open(folder).and_then(|folder| folder.sync_all()).map_err(at_path(folder))?;
    Ok(written)
}
