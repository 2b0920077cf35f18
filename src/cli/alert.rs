//! `annuaire alert`: lists for the health authority from the machine itself, with or without a server beside it. The person who acts is
//! the account whose key is given, with its role and its name in the journal: a second person has another key.

use super::exit::{Exit, Refused, Usage};
use super::{Context, now, say, say_json};
use crate::alert::{Alert, AlertFilter, AlertRequest, AlertState, Alerts, Choice, Column, Format, Report, Unplaced, page};
use crate::directory::Governor;
use crate::error::at_path;
use crate::model::Role;
use crate::publication::Actor;
use crate::store::Store;
use crate::trust::Authenticator;
use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use std::fs::File;
use std::io::{self, Write as _};
use std::net::{IpAddr, Ipv4Addr};
use std::path::{Path, PathBuf};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Count whom a list would reach, and whom not
    Preview {
        #[command(flatten)]
        key: Key,
        #[command(flatten)]
        asked: Box<Asked>,
        /// The reference the list will have: lists of one reference are added up
        #[arg(long, value_name = "TEXT", default_value = "")]
        reference: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Make a list: computed now, kept 30 days
    Create {
        #[command(flatten)]
        key: Key,
        #[command(flatten)]
        asked: Box<Asked>,
        /// Columns, joined by commas: only what the sender needs
        #[arg(long, value_name = "NAMES", value_delimiter = ',', value_parser = column, default_value = "address")]
        columns: Vec<Column>,
        /// Why
        #[arg(long, value_name = "TEXT")]
        reason: String,
        /// The authority's own number for it
        #[arg(long, value_name = "TEXT")]
        reference: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Lists that were made, the newest first
    List {
        #[command(flatten)]
        key: Key,
        /// Lists printed at most
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=1000))]
        limit: u32,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// One list, without its addresses, as JSON
    Show {
        id: String,
        #[command(flatten)]
        key: Key,
    },
    /// Confirm a large list that another account made
    Confirm {
        id: String,
        #[command(flatten)]
        key: Key,
    },
    /// Write the addresses
    Download {
        id: String,
        #[command(flatten)]
        key: Key,
        #[arg(long, value_enum, default_value_t = FormatName::Csv)]
        format: FormatName,
        /// Write to this file, which must not be there, instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Write whom a list does not reach
    Coverage {
        id: String,
        #[command(flatten)]
        key: Key,
        #[arg(long, value_enum, default_value_t = ReportFormat::Csv)]
        format: ReportFormat,
        /// Write to this file, which must not be there, instead of standard output
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
}

#[derive(Debug, clap::Args)]
pub struct Key {
    /// File with the key of an account of the role autorite-sanitaire
    #[arg(long, value_name = "FILE")]
    key_file: PathBuf,
}

/// Whom; each option may be repeated.
#[derive(Debug, clap::Args)]
pub struct Asked {
    /// Code of a profession: 10 médecin, 21 pharmacien, 60 infirmier
    #[arg(long, value_name = "CODE")]
    profession: Vec<String>,
    /// Code of a savoir-faire: SM54 médecine générale
    #[arg(long, value_name = "CODE")]
    specialty: Vec<String>,
    /// Mode d'exercice: L libéral, S salarié, B bénévole
    #[arg(long, value_name = "CODE")]
    mode: Vec<String>,
    /// Secteur d'activité
    #[arg(long, value_name = "CODE")]
    sector: Vec<String>,
    /// Structure: stable id, FINESS or SIRET
    #[arg(long, value_name = "ID")]
    structure: Vec<String>,
    /// Region, INSEE code
    #[arg(long, value_name = "CODE")]
    region: Vec<String>,
    /// Département: 69, 2A, 971
    #[arg(long, value_name = "CODE")]
    department: Vec<String>,
    /// Commune, INSEE code
    #[arg(long, value_name = "CODE")]
    commune: Vec<String>,
    #[arg(long, value_name = "CODE")]
    postal_code: Vec<String>,
    /// Type of mailbox: PER unless said, CAB, ORG
    #[arg(long = "type", value_name = "TYPE")]
    types: Vec<String>,
    /// One address of each recipient, or all
    #[arg(long, value_enum, default_value_t = ChoiceName::One)]
    choice: ChoiceName,
    /// Write to the structure where a professional has no mailbox
    #[arg(long)]
    fallback_org: bool,
}

impl Asked {
    fn request(self) -> AlertRequest {
        let filter = AlertFilter {
            professions: self.profession,
            specialties: self.specialty,
            modes: self.mode,
            sectors: self.sector,
            structures: self.structure,
            regions: self.region,
            departments: self.department,
            communes: self.commune,
            postal_codes: self.postal_code,
            types: self.types,
        };
        let choice = if self.choice == ChoiceName::All { Choice::All } else { Choice::One };
        AlertRequest { filter, choice, fallback_org: self.fallback_org, ..AlertRequest::default() }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum ChoiceName {
    One,
    All,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum FormatName {
    /// UTF-8, cells joined by ;
    Csv,
    /// The same, joined by |
    Psv,
    /// JSON lines
    Jsonl,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum ReportFormat {
    Json,
    Csv,
    /// A page to read and print
    Html,
}

fn column(name: &str) -> Result<Column, String> {
    Column::parse(name).ok_or_else(|| format!("one of {}", Column::ALL.map(Column::name).join(", ")))
}

/// The door, and who stands at it.
struct Desk {
    alerts: Alerts,
    actor: Actor,
}

impl Desk {
    async fn open(context: &Context, key: &Key) -> anyhow::Result<Self> {
        let (data, store) = context.store().await?;
        let actor = authority(&store, &key.key_file).await?;
        let alerts = Alerts::new(store, &data, &context.settings.alerts).bound().await?;
        Ok(Self { alerts, actor })
    }
}

async fn authority(store: &Store, key_file: &Path) -> anyhow::Result<Actor> {
    let secret = std::fs::read_to_string(key_file).map_err(at_path(key_file))?;
    let here = IpAddr::V4(Ipv4Addr::LOCALHOST);
    let identity = Authenticator::new(store.clone(), Governor::default()).authenticate(secret.trim(), here).await?;
    match identity {
        None => Err(Refused(format!("{} holds no key of an account in force", key_file.display())).into()),
        Some(identity) if identity.role == Role::AutoriteSanitaire => {
            Ok(Actor { name: identity.account, credential: identity.credential, source: "local".to_owned(), request_id: String::new() })
        }
        Some(_) => Err(Refused("the account has not the role autorite-sanitaire".to_owned()).into()),
    }
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    match action {
        Action::Preview { key, asked, reference, json } => {
            let desk = Desk::open(context, &key).await?;
            let preview = desk.alerts.preview(AlertRequest { reference, ..asked.request() }, &desk.actor, now()).await?;
            if json {
                say_json(&preview)?;
                return Ok(Exit::Ok);
            }
            let total = preview.total;
            say(format_args!("{} adresses", preview.recipients));
            say(format_args!(
                "{} professionnels répondent aux critères\u{a0}: {} joints, {} par la structure seulement",
                total.people, total.reached, total.by_organization
            ));
            say(format_args!("non joints\u{a0}: {} dont toutes les BAL sont fermées, {} sans BAL", total.suspended, total.without));
            if let Some(Unplaced { people, with_mailbox }) = preview.unplaced {
                say(format_args!("{people} de plus n'ont aucun lieu d'exercice connu ({with_mailbox} avec une BAL)"));
            }
            if let Some(confirmation) = preview.confirmation {
                say(format_args!("à confirmer par un second compte\u{a0}: {}", confirmation.message));
            }
        }
        Action::Create { key, asked, columns, reason, reference, json } => {
            let desk = Desk::open(context, &key).await?;
            let mut entropy = [0; 16];
            getrandom::fill(&mut entropy).context("no randomness from the system")?;
            let request = AlertRequest { columns, reason, reference, ..asked.request() };
            let alert = desk.alerts.create(request, &desk.actor, entropy, now()).await?;
            if json { say_json(&alert)? } else { told(&alert) }
        }
        Action::List { key, limit, json } => {
            let desk = Desk::open(context, &key).await?;
            let lists = desk.alerts.list(limit).await?;
            if json {
                say_json(&lists)?;
            } else if lists.is_empty() {
                say("aucune liste");
            } else {
                lists.iter().for_each(told);
            }
        }
        Action::Show { id, key } => say_json(&Desk::open(context, &key).await?.alerts.get(&id).await?)?,
        Action::Confirm { id, key } => {
            let desk = Desk::open(context, &key).await?;
            told(&desk.alerts.confirm(&id, &desk.actor, now()).await?);
        }
        Action::Download { id, key, format, out } => {
            let desk = Desk::open(context, &key).await?;
            let format = match format {
                FormatName::Csv => Format::Csv,
                FormatName::Psv => Format::Psv,
                FormatName::Jsonl => Format::Jsonl,
            };
            let file = desk.alerts.file(&id, format, now()).await?;
            let path = desk.alerts.give(&file, Some(0..=file.length.saturating_sub(1)), &desk.actor, now()).await?;
            let mut list = File::open(&path).map_err(at_path(&path))?;
            written(out.as_deref(), |to| io::copy(&mut list, to).map(drop))?;
        }
        Action::Coverage { id, key, format, out } => {
            let desk = Desk::open(context, &key).await?;
            let report = desk.alerts.report(&id, &desk.actor, now()).await?;
            let text = rendered(&report, format)?;
            written(out.as_deref(), |to| to.write_all(text.as_bytes()))?;
        }
    }
    Ok(Exit::Ok)
}

fn rendered(report: &Report, format: ReportFormat) -> anyhow::Result<String> {
    Ok(match format {
        ReportFormat::Json => format!("{}\n", serde_json::to_string_pretty(report).context("writing JSON")?),
        ReportFormat::Csv => report.coverage.csv(),
        ReportFormat::Html => page(report),
    })
}

fn told(alert: &Alert) {
    let state = alert.state.code();
    say(format_args!("{}  {state}  {} adresses  par {}  {}", alert.id, alert.recipients, alert.actor, alert.reference));
    if let (AlertState::AwaitingConfirmation, Some(confirmation)) = (alert.state, &alert.confirmation) {
        say(format_args!("    {}", confirmation.message));
    }
}

/// To a fresh file that only its owner reads, or to standard output.
fn written(out: Option<&Path>, write: impl FnOnce(&mut dyn io::Write) -> io::Result<()>) -> anyhow::Result<()> {
    let Some(path) = out else {
        let mut out = io::stdout().lock();
        return write(&mut out).and_then(|()| out.flush()).context("writing to standard output");
    };
    let mut options = File::options();
    options.write(true).create_new(true);
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = match options.open(path) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            return Err(Usage(format!("{} is there already", path.display())).into());
        }
        opened => opened.map_err(at_path(path))?,
    };
    let done = write(&mut file).and_then(|()| file.sync_all());
    if done.is_err() {
        // Half a list would be taken for a list.
        let _ = std::fs::remove_file(path);
    }
    Ok(done.map_err(at_path(path))?)
}
