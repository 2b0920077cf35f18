//! `annuaire operator`: the life of operators, for the administrator of this machine: state, contract, contacts, certificates, keys, domains.
//! The same over HTTP is `/v1/admin/operators`.

use super::exit::{Exit, Usage};
use super::{ACTOR, Context, account, now, say, say_json};
use crate::model::{Contact, DistinguishedName, OperatorState};
use crate::publication::Actor;
use crate::trust::{FileChange, NewKey, OperatorDetail, Operators, written_subject};
use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};
use serde_json::json;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add an operator, as a candidate
    Add {
        /// Prefixed structure id, as the OU of its certificates: 1 + FINESS, 3 + SIRET
        id: String,
        name: String,
        #[command(flatten)]
        file: File,
    },
    /// Change name, contract or contacts
    Change {
        id: String,
        #[arg(long)]
        name: Option<String>,
        #[command(flatten)]
        file: File,
    },
    /// List operators
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Show one operator, without secrets
    Show {
        id: String,
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Lead an operator to another state; its mailboxes are hidden or shown at once
    State {
        id: String,
        #[arg(value_enum)]
        state: StateName,
    },
    /// Keys for ESANTE-API-KEY and bearer
    #[command(subcommand)]
    Key(Key),
    /// Client certificates that stand for an operator
    #[command(subcommand)]
    Certificate(Certificate),
    /// Domains listed for an operator, beside the official liste blanche
    #[command(subcommand)]
    Domain(Domain),
}

#[derive(Debug, clap::Args)]
pub struct File {
    /// Reference of the contract
    #[arg(long)]
    contract: Option<String>,
    /// First day of the contract
    #[arg(long, value_name = "DAY")]
    contract_from: Option<String>,
    /// Last day of the contract
    #[arg(long, value_name = "DAY")]
    contract_to: Option<String>,
    /// A contact, never public: role,name,e-mail,telephone; repeatable, replaces all
    #[arg(long, value_name = "ROLE,NAME,EMAIL,PHONE")]
    contact: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub enum Key {
    /// Make a key and print its secret, once; the ones before stay in force
    Add {
        id: String,
        /// What it is for
        #[arg(long, default_value = "")]
        label: String,
        /// Days until it expires; without it, it does not
        #[arg(long, value_name = "NUMBER")]
        days: Option<u32>,
    },
    /// Revoke a key at once
    Revoke { id: String, key: String },
}

#[derive(Debug, Subcommand)]
pub enum Certificate {
    /// Add a certificate by its subject, as openssl x509 -subject -nameopt RFC2253 prints it
    Add { id: String, subject: String },
    /// Remove a certificate, with the domains that only it gave
    Remove { id: String, subject: String },
}

#[derive(Debug, Subcommand)]
pub enum Domain {
    /// List a domain for the operator
    Add {
        id: String,
        domain: String,
        #[arg(long, default_value = "")]
        description: String,
    },
    /// Take a domain from the operator
    Remove { id: String, domain: String },
}

/// [`OperatorState`], as a word of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum StateName {
    Provisoire,
    Valide,
    Suspendu,
    Resilie,
}

impl From<StateName> for OperatorState {
    fn from(name: StateName) -> Self {
        match name {
            StateName::Provisoire => Self::Provisoire,
            StateName::Valide => Self::Valide,
            StateName::Suspendu => Self::Suspendu,
            StateName::Resilie => Self::Resilie,
        }
    }
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    // A new trust space may begin with its operators: the folder need not be there.
    let data = context.folder()?;
    let operators = Operators::new(crate::store::Store::open(&data).await?);
    let (actor, now) = (Actor::from(ACTOR), now());
    let left = match action {
        Action::Add { id, name, file } => operators.add(&id, &name, change(None, file)?, &actor, now).await?,
        Action::Change { id, name, file } => {
            let change = change(name, file)?;
            if !change.is_some() {
                return Err(Usage("name what changes: --name, --contract, --contract-from, --contract-to, --contact".to_owned()).into());
            }
            operators.change_file(&id, change, &actor, now).await?
        }
        Action::List { json } => return list(&operators, json).await,
        Action::Show { id, json } => {
            let detail = operators.detail(&id).await?;
            if json {
                say_json(&as_json(&detail))?
            } else {
                print(&detail)
            }
            return Ok(Exit::Ok);
        }
        Action::State { id, state } => operators.set_state(&id, state.into(), &actor, now).await?,
        Action::Key(Key::Add { id, label, days }) => {
            let mut entropy = [0; 32];
            getrandom::fill(&mut entropy).context("no randomness from the system")?;
            let expires_at = days.map(|days| now + i64::from(days) * 24 * 3600);
            let new = NewKey { id: uuid::Uuid::new_v4().to_string(), label, expires_at, entropy };
            let (key, secret) = operators.add_key(&id, new, &actor, now).await?;
            say(format_args!("operator {id}"));
            say(format_args!("key      {}", key.id));
            say(format_args!("secret   {}", secret.reveal()));
            say("The secret is not kept and cannot be shown again. Send it as ESANTE-API-KEY or as bearer.");
            return Ok(Exit::Ok);
        }
        Action::Key(Key::Revoke { id, key }) => operators.revoke_key(&id, &key, &actor, now).await?,
        Action::Certificate(Certificate::Add { id, subject }) => {
            operators.add_certificate(&id, self::subject(&subject)?, &actor, now).await?
        }
        Action::Certificate(Certificate::Remove { id, subject }) => {
            operators.remove_certificate(&id, self::subject(&subject)?, &actor, now).await?
        }
        Action::Domain(Domain::Add { id, domain, description }) => operators.grant(&id, &domain, &description, &actor, now).await?,
        Action::Domain(Domain::Remove { id, domain }) => operators.ungrant(&id, &domain, &actor, now).await?,
    };
    print(&left);
    Ok(Exit::Ok)
}

fn subject(text: &str) -> Result<DistinguishedName, Usage> {
    written_subject(text).map_err(|error| Usage(error.to_string()))
}

fn change(name: Option<String>, file: File) -> Result<FileChange, Usage> {
    let contact = |text: &String| {
        let parts: Vec<&str> = text.split(',').map(str::trim).collect();
        match parts.as_slice() {
            [role, name, rest @ ..] if rest.len() <= 2 => {
                let part = |n: usize| rest.get(n).copied().unwrap_or_default().to_owned();
                Ok(Contact { role: (*role).to_owned(), name: (*name).to_owned(), email: part(0), phone: part(1) })
            }
            _ => Err(Usage("--contact: role,name,e-mail,telephone is expected".to_owned())),
        }
    };
    let contacts = file.contact.iter().map(contact).collect::<Result<Vec<_>, _>>()?;
    Ok(FileChange {
        name,
        contract: file.contract,
        contract_from: file.contract_from,
        contract_to: file.contract_to,
        contacts: (!contacts.is_empty()).then_some(contacts),
    })
}

async fn list(operators: &Operators, json: bool) -> anyhow::Result<Exit> {
    let (mut after, mut all) = (String::new(), Vec::new());
    loop {
        let page = operators.page(&after, 1_000).await?;
        let Some(last) = page.last() else { break };
        after.clone_from(&last.id);
        all.extend(page);
    }
    if json {
        say_json(&all)?;
        return Ok(Exit::Ok);
    }
    if all.is_empty() {
        say("no operators");
    }
    for operator in all {
        say(format_args!("{:<20} {:<11} {}", operator.id, operator.state.code(), operator.name));
    }
    Ok(Exit::Ok)
}

fn as_json(detail: &OperatorDetail) -> serde_json::Value {
    json!({
        "id": detail.operator.id, "name": detail.operator.name, "state": detail.operator.state.code(),
        "file": detail.file, "domains": detail.domains, "certificates": detail.certificates, "keys": detail.keys,
    })
}

fn print(detail: &OperatorDetail) {
    let file = &detail.file;
    say(format_args!("operator     {}  {}", detail.operator.id, detail.operator.name));
    say(format_args!("state        {}", detail.operator.state.code()));
    if !file.contract.is_empty() {
        let from = if file.contract_from.is_empty() { String::new() } else { format!("  from {}", file.contract_from) };
        let to = if file.contract_to.is_empty() { String::new() } else { format!("  to {}", file.contract_to) };
        say(format_args!("contract     {}{from}{to}", file.contract));
    }
    for contact in &file.contacts {
        let ways = format!("{}  {}", contact.email, contact.phone);
        say(format_args!("contact      {}: {}  {}", contact.role, contact.name, ways.trim()).to_string().trim_end());
    }
    for certificate in &detail.certificates {
        say(format_args!("certificate  {certificate}"));
    }
    for key in &detail.keys {
        let until = match (key.revoked_at, key.expires_at) {
            (Some(at), _) => format!("revoked {}", account::day(at)),
            (None, Some(at)) => format!("until {}", account::day(at)),
            (None, None) => "in force".to_owned(),
        };
        say(format_args!("key          {}  {}  since {}  {until}", key.id, key.label, account::day(key.created_at)));
    }
    for domain in detail.domains.iter().take(20) {
        say(format_args!("domain       {domain}"));
    }
    if detail.domains.len() > 20 {
        say(format_args!("domains      {} in all", detail.domains.len()));
    }
}
