//! The command line: one file a subcommand, and the assembly of the rooms into a running service.
//!
//! Owns what only a terminal needs: arguments, progress, exit codes, the words an administrator reads. Refuses to decide anything:
//! each subcommand opens the rooms it needs, calls one of them, and prints. anyhow, progress bars and exit codes live here only.
//! All subcommands share `--data` and `--settings`; settings come from defaults, the file, the environment, then flags, in that order
//! (see [`crate::settings`]). The list of subcommands is docs/commands.md; a test compares it with `--help`.

mod account;
mod admission;
mod alert;
pub mod assembly;
mod audit;
mod bench;
mod demo;
mod dump;
mod edition;
mod exit;
mod export;
mod fixtures;
mod import;
mod index;
mod indicators;
mod liste_blanche;
mod logging;
mod mailbox;
mod openapi;
mod operator;
mod progress;
pub mod relevance;
mod search;
mod search_output;
mod serve;
mod status;
mod synth;

pub use account::add as add_account;
pub use demo::load as load_demo;

use crate::error::{Error, Kind};
use crate::settings::Settings;
use crate::store::{DataDir, Store};
use anyhow::Context as _;
use clap::{Parser, Subcommand};
use exit::Exit;
use std::path::PathBuf;
use std::process::ExitCode;

/// Arguments of the binary.
#[derive(Debug, Parser)]
#[command(name = "annuaire", version, about = ABOUT, after_help = exit::HELP, max_term_width = 120)]
struct Arguments {
    /// Folder that holds everything: store, index, locks
    #[arg(long, global = true, value_name = "FOLDER", default_value = "./annuaire-data")]
    data: PathBuf,
    /// Settings file (TOML); the environment (ANNUAIRE_LDAP__LISTEN=…) and flags override it
    #[arg(long, global = true, value_name = "FILE")]
    settings: Option<PathBuf>,
    #[command(subcommand)]
    command: Command,
}

const ABOUT: &str = "An open directory of health professionals and their secure mailboxes (MSSanté), \
over LDAP and REST, built from the official files.";

#[derive(Debug, Subcommand)]
enum Command {
    /// Import invented people, serve them, and print four things to try
    Demo(demo::Args),
    /// Import official files: files, zips or folders, in any order
    Import(import::Args),
    /// Answer LDAP and HTTP until stopped
    Serve(serve::Args),
    /// Search from the terminal, through the same gate as a door
    Search(Box<search::Args>),
    /// Write what an audience may see to a file for another system
    Export(Box<export::Args>),
    /// Editions of the open files: build one, list them, write a difference
    #[command(subcommand)]
    Edition(edition::Action),
    /// Say what the data folder holds
    Status(status::Args),
    /// Accounts of identified readers (bind and bearer)
    #[command(subcommand)]
    Account(account::Action),
    /// Mailboxes, for the administrator
    #[command(subcommand)]
    Mailbox(mailbox::Action),
    /// Operators: life, contracts, keys, certificates, domains
    #[command(subcommand)]
    Operator(operator::Action),
    /// Lists for the health authority, and whom they do not reach
    #[command(subcommand)]
    Alert(alert::Action),
    /// Versions of the liste blanche that were applied
    #[command(subcommand)]
    ListeBlanche(liste_blanche::Action),
    /// The journal of who did what: prove it, search it, export it
    #[command(subcommand)]
    Audit(audit::Action),
    /// Indicators: count the day, read its figures
    #[command(subcommand)]
    Indicators(indicators::Action),
    /// Write invented national files in the real layouts
    Synth(synth::Args),
    /// Measures of what is answered, over invented people
    #[command(subcommand)]
    Bench(bench::Action),
    /// Print the OpenAPI document
    Openapi(openapi::Args),
    /// Rebuild or compact the search index
    #[command(subcommand)]
    Index(index::Action),
    /// Write the store sorted, for comparisons
    Dump(dump::Args),
}

/// What every subcommand starts from.
struct Context {
    data: PathBuf,
    settings: Settings,
}

impl Context {
    /// The data folder, made if it is not there; a folder of something else is refused.
    fn folder(&self) -> anyhow::Result<DataDir> {
        Ok(DataDir::create_or_open(&self.data)?)
    }

    /// Refuses a command that invents people where real ones are served.
    fn outside_production(&self, command: &str) -> anyhow::Result<()> {
        if self.settings.production {
            let message = format!("{command} invents people, and the settings say `production = true`: run it on another machine");
            return Err(exit::Refused(message).into());
        }
        Ok(())
    }

    /// The data folder, which must be there: for commands that only read or that correct what was imported.
    fn existing_folder(&self) -> anyhow::Result<DataDir> {
        DataDir::open(&self.data).map_err(|error| match error.kind() {
            Kind::NotFound => {
                Error::not_found(format!("{error}; name another with --data, or make one: annuaire import, annuaire demo")).into()
            }
            _ => error.into(),
        })
    }

    /// The store of [`Context::existing_folder`].
    async fn store(&self) -> anyhow::Result<(DataDir, Store)> {
        let data = self.existing_folder()?;
        let store = Store::open(&data).await?;
        Ok((data, store))
    }
}

/// Runs the binary: parses, runs the subcommand, prints the error, gives the exit code.
#[must_use]
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // Help and version are no failure; clap tells them apart by its own code.
            let code = if error.use_stderr() { Exit::Usage } else { Exit::Ok };
            let _ = error.print();
            return code.into();
        }
    };
    match run(arguments) {
        Ok(exit) => exit.into(),
        Err(failure) => {
            exit::print(&failure);
            exit::of(&failure).into()
        }
    }
}

fn run(arguments: Arguments) -> anyhow::Result<Exit> {
    let settings = Settings::load(arguments.settings.as_deref()).map_err(|error| exit::Usage(error.to_string()))?;
    logging::start(&settings.log, matches!(arguments.command, Command::Serve(_)))?;
    let context = Context { data: arguments.data, settings };
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the threads")?;
    let result = runtime.block_on(async {
        assembly::outlive_full_files();
        dispatch(&context, arguments.command).await
    });
    // A search that outlives its deadline must not hold the process back.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    result
}

async fn dispatch(context: &Context, command: Command) -> anyhow::Result<Exit> {
    match command {
        Command::Demo(args) => demo::run(context, args).await,
        Command::Import(args) => import::run(context, args).await,
        Command::Serve(args) => serve::run(context, args).await,
        Command::Search(args) => search::run(context, *args).await,
        Command::Export(args) => export::run(context, *args).await,
        Command::Edition(action) => edition::run(context, action).await,
        Command::Status(args) => status::run(context, args).await,
        Command::Account(action) => account::run(context, action).await,
        Command::Mailbox(action) => mailbox::run(context, action).await,
        Command::Operator(action) => operator::run(context, action).await,
        Command::Alert(action) => alert::run(context, action).await,
        Command::ListeBlanche(action) => liste_blanche::run(context, action).await,
        Command::Audit(action) => audit::run(context, action).await,
        Command::Indicators(action) => indicators::run(context, action).await,
        Command::Synth(args) => synth::run(context, args),
        Command::Bench(action) => bench::run(context, action).await,
        Command::Openapi(args) => openapi::run(args),
        Command::Index(action) => index::run(context, action).await,
        Command::Dump(args) => dump::run(context, args).await,
    }
}

/// The one clock of the binary; the rooms below take time as a parameter.
fn clock() -> jiff::Timestamp {
    jiff::Timestamp::now()
}

/// [`clock`] in UTC seconds.
fn now() -> i64 {
    clock().as_second()
}

/// Prints a line on standard output; a reader that went away (`| head`) is no failure.
fn say(line: impl std::fmt::Display) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// Prints a value as indented JSON.
fn say_json(value: &impl serde::Serialize) -> anyhow::Result<()> {
    say(serde_json::to_string_pretty(value).context("writing JSON")?);
    Ok(())
}

/// Who acts, as the journal records it: the administrator of this machine.
const ACTOR: &str = "administrator";
