//! `annuaire account`: readers who identify themselves and see the professional view. A secret is made here, shown once, never kept.

use super::exit::{Exit, Usage};
use super::{Context, now, say, say_json};
use crate::model::{Audience, DistinguishedName, Role};
use crate::store::Store;
use crate::trust::{Accounts, written_subject};
use anyhow::Context as _;
use clap::{Subcommand, ValueEnum};

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Add an account and print its secret, once
    Add {
        /// Lower-case letters, digits, dot, hyphen and underscore
        name: String,
        /// What the account may see
        #[arg(long, value_enum, default_value_t = AudienceName::Professional)]
        audience: AudienceName,
        /// What the account is for: administrateur opens /v1/admin
        #[arg(long, value_enum, default_value_t = RoleName::Logiciel)]
        role: RoleName,
        /// Subject of a client certificate that stands for the account, as openssl x509 -subject -nameopt RFC2253 prints it; repeatable
        #[arg(long, value_name = "SUBJECT")]
        certificate: Vec<String>,
    },
    /// Give an account a further client certificate
    Certificate {
        name: String,
        /// Subject of the certificate, as openssl x509 -subject -nameopt RFC2253 prints it
        subject: String,
    },
    /// List accounts, without secrets
    List {
        /// Print JSON
        #[arg(long)]
        json: bool,
    },
    /// Revoke an account at once
    Revoke { name: String },
}

/// [`Audience`], as a word of the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum AudienceName {
    Public,
    Professional,
}

impl From<AudienceName> for Audience {
    fn from(name: AudienceName) -> Self {
        match name {
            AudienceName::Public => Self::Public,
            AudienceName::Professional => Self::Professional,
        }
    }
}

/// [`Role`], as a word of the command line; an operator is no account.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RoleName {
    Professionnel,
    Logiciel,
    AutoriteSanitaire,
    Administrateur,
    Dpo,
    Auditeur,
}

impl From<RoleName> for Role {
    fn from(name: RoleName) -> Self {
        match name {
            RoleName::Professionnel => Self::Professionnel,
            RoleName::Logiciel => Self::Logiciel,
            RoleName::AutoriteSanitaire => Self::AutoriteSanitaire,
            RoleName::Administrateur => Self::Administrateur,
            RoleName::Dpo => Self::Dpo,
            RoleName::Auditeur => Self::Auditeur,
        }
    }
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    match action {
        Action::Add { name, audience, role, certificate } => {
            let certificates = certificate.iter().map(|text| subject(text)).collect::<Result<Vec<_>, _>>()?;
            let data = context.folder()?;
            let store = Store::open(&data).await?;
            let secret = add_with(&store, &name, audience.into(), role.into(), certificates.clone()).await?;
            say(format_args!("account  {name}"));
            say(format_args!("bind DN  uid={name},ou=comptes,dc=mssante,dc=fr"));
            say(format_args!("secret   {secret}"));
            for certificate in certificates {
                say(format_args!("subject  {}", certificate.text));
            }
            say("The secret is not kept and cannot be shown again. It serves the LDAP bind and the HTTP bearer.");
            Ok(Exit::Ok)
        }
        Action::Certificate { name, subject } => {
            let subject = self::subject(&subject)?;
            let (_data, store) = context.store().await?;
            Accounts::new(store).add_certificate(&name, &subject, now()).await?;
            say(format_args!("{name} is also {}", subject.text));
            Ok(Exit::Ok)
        }
        Action::List { json } => list(context, json).await,
        Action::Revoke { name } => {
            let (_data, store) = context.store().await?;
            Accounts::new(store).revoke(&name, now()).await?;
            say(format_args!("revoked {name}"));
            Ok(Exit::Ok)
        }
    }
}

fn subject(text: &str) -> Result<DistinguishedName, Usage> {
    written_subject(text).map_err(|error| Usage(error.to_string()))
}

/// Adds an account with a fresh secret and returns the secret.
pub async fn add(store: &Store, name: &str, audience: Audience) -> anyhow::Result<String> {
    add_with(store, name, audience, Role::default(), Vec::new()).await
}

async fn add_with(
    store: &Store,
    name: &str,
    audience: Audience,
    role: Role,
    certificates: Vec<DistinguishedName>,
) -> anyhow::Result<String> {
    let mut entropy = [0; 32];
    getrandom::fill(&mut entropy).context("no randomness from the system")?;
    let (_, secret) = Accounts::new(store.clone()).add_with_certificates(name, audience, role, certificates, entropy, now()).await?;
    Ok(secret.reveal().to_owned())
}

async fn list(context: &Context, json: bool) -> anyhow::Result<Exit> {
    let (_data, store) = context.store().await?;
    let accounts = Accounts::new(store).list().await?;
    if json {
        say_json(&accounts)?;
        return Ok(Exit::Ok);
    }
    if accounts.is_empty() {
        say("no accounts");
    }
    for account in accounts {
        let audience = match account.audience {
            Audience::Public => "public",
            Audience::Professional => "professional",
        };
        let state = account.revoked_at.map_or_else(|| "in force".to_owned(), |at| format!("revoked {}", day(at)));
        let role = account.role.code();
        say(format_args!("{:<24} {audience:<13} {role:<18} since {}  {state}", account.name, day(account.created_at)));
        for certificate in account.certificates {
            say(format_args!("  {}", certificate.text));
        }
    }
    Ok(Exit::Ok)
}

/// A UTC second as a day of Europe/Paris, which is what a day means here.
pub fn day(second: i64) -> String {
    let paris = jiff::Timestamp::from_second(second).ok().and_then(|t| t.in_tz("Europe/Paris").ok());
    paris.map_or_else(|| second.to_string(), |t| t.date().to_string())
}
