//! `annuaire mailbox`: what the administrator may write. Each write is acknowledged after its commit, with its history, change and
//! audit; a running server has it in, or out of, every answer within a second.

use super::exit::{Exit, Usage};
use super::{ACTOR, Context, now, say, say_json};
use crate::error::Error;
use crate::model::{Address, Mailbox};
use crate::publication::{Counters, LineOutcome, LoadReport, Publication};
use crate::store::MailboxFlags;
use clap::{Subcommand, ValueEnum};
use std::fs::File;
use std::io::BufReader;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Set flags on one mailbox; what is not named stays as it is
    Flag(Flag),
    /// Load mailboxes of an operator from JSON lines with the REST field names
    Load {
        /// One JSON object a line
        file: PathBuf,
        /// Operator the mailboxes belong to: the OU of its certificates in the liste blanche
        #[arg(long, value_name = "ID")]
        operator: String,
        /// Print the report as JSON
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, clap::Args)]
pub struct Flag {
    address: String,
    /// Hidden from every door
    #[arg(long, value_name = "true|false")]
    liste_rouge: Option<bool>,
    /// Dématérialisation
    #[arg(long, value_enum)]
    zero_papier: Option<ZeroPapierName>,
    /// The telephone number is not shown
    #[arg(long, value_name = "true|false")]
    phone_opposed: Option<bool>,
    /// Restriction asked by the person while their case is open: hidden and not exported
    #[arg(long, value_name = "true|false")]
    frozen: Option<bool>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ZeroPapierName {
    Accepted,
    Refused,
    /// Not stated
    Unset,
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    match action {
        Action::Flag(flag) => set_flags(context, flag).await,
        Action::Load { file, operator, json } => load(context, file, &operator, json).await,
    }
}

async fn set_flags(context: &Context, flag: Flag) -> anyhow::Result<Exit> {
    let address = Address::parse(&flag.address).map_err(|error| Usage(format!("{}: {error}", flag.address)))?;
    let flags = MailboxFlags {
        liste_rouge: flag.liste_rouge,
        zero_papier: flag.zero_papier.map(|wanted| match wanted {
            ZeroPapierName::Accepted => Some(true),
            ZeroPapierName::Refused => Some(false),
            ZeroPapierName::Unset => None,
        }),
        phone_opposed: flag.phone_opposed,
        frozen: flag.frozen,
        state: None,
    };
    if flags == MailboxFlags::default() {
        return Err(Usage("name at least one flag: --liste-rouge, --zero-papier, --phone-opposed, --frozen".to_owned()).into());
    }
    let (_data, store) = context.store().await?;
    let mailbox = Publication::new(store).flag(&address, flags, ACTOR, now()).await?;
    say(format_args!("acknowledged: {}", described(&mailbox)));
    Ok(Exit::Ok)
}

fn described(mailbox: &Mailbox) -> String {
    let zero_papier = match mailbox.zero_papier {
        Some(true) => "accepted",
        Some(false) => "refused",
        None => "unset",
    };
    format!(
        "{} liste rouge {}, zéro papier {zero_papier}, phone opposed {}, frozen {}",
        mailbox.address, mailbox.liste_rouge, mailbox.phone_opposed, mailbox.frozen
    )
}

async fn load(context: &Context, path: PathBuf, operator: &str, json: bool) -> anyhow::Result<Exit> {
    let file = File::open(&path).map_err(|error| Error::invalid(format!("{}: {error}", path.display())))?;
    if path.is_dir() {
        return Err(Error::invalid(format!("{} is a folder, not a file of JSON lines", path.display())).into());
    }
    let (_data, store) = context.store().await?;
    let report = Publication::new(store).load_lines(operator, BufReader::new(file), ACTOR, now()).await?;
    if json {
        say_json(&report)?;
    } else {
        print_load(&report);
    }
    Ok(if report.counters.rejected == 0 && report.interrupted.is_none() { Exit::Ok } else { Exit::Failed })
}

fn print_load(report: &LoadReport) {
    for line in report.lines.iter().filter(|line| line.code.is_some()) {
        let (code, message) = (line.code.as_deref().unwrap_or_default(), line.message.as_deref().unwrap_or_default());
        let what = if line.outcome == LineOutcome::Rejected { "rejected" } else { "warning" };
        say(format_args!("line {}: {what}: {code} {message}", line.line));
    }
    if let Some(reason) = &report.interrupted {
        say(format_args!("stopped early: {reason}; what precedes is applied"));
    }
    let Counters { received, created, updated, unchanged, adopted, deleted, rejected, .. } = report.counters;
    say(format_args!(
        "acknowledged: {received} lines = {created} created + {updated} updated + {unchanged} unchanged + {adopted} adopted + {deleted} deleted + {rejected} rejected"
    ));
}
