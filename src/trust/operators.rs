//! Operators for administrators: their life, contracts and contacts, certificates, keys and domains (reference §6).
//!
//! | state | may authenticate | reads its own | publishes | shown |
//! |---|---|---|---|---|
//! | candidat | yes | – | – | no |
//! | provisoire | yes | yes | test mailboxes | no |
//! | valide | yes | yes | yes | yes |
//! | suspendu | yes | yes | – | no |
//! | resilie | its certificates only | – | – | no |
//!
//! A key is made here, shown once, kept as its SHA-256; several are in force at a time, so that one takes over before another ends. The end
//! of a contract revokes them all. Certificates that came with a liste blanche leave with it; those added here stay.

use super::accounts::{Secret, digest};
use crate::error::{Error, Result};
use crate::model::{Contact, DistinguishedName, Operator, OperatorFile, OperatorKey, OperatorState, normalize_domain};
use crate::store::operators::{OperatorDetail, OperatorWrite};
use crate::store::{Actor, Store};

/// Keys of one operator in force at a time.
const MOST_KEYS: usize = 10;
const LONGEST_TEXT: usize = 200;

/// The administrator's door to operators.
#[derive(Clone, Debug)]
pub struct Operators {
    store: Store,
}

/// What an administrator says of an operator's contract; `None` leaves.
#[derive(Clone, Debug, Default)]
pub struct FileChange {
    pub name: Option<String>,
    pub contract: Option<String>,
    pub contract_from: Option<String>,
    pub contract_to: Option<String>,
    pub contacts: Option<Vec<Contact>>,
}

/// A key to be made.
#[derive(Clone, Debug)]
pub struct NewKey {
    /// Fresh, such as a UUID; shown.
    pub id: String,
    pub label: String,
    /// UTC second, later than now.
    pub expires_at: Option<i64>,
    /// Fresh random bytes.
    pub entropy: [u8; 32],
}

impl FileChange {
    /// Does it say anything?
    #[must_use]
    pub fn is_some(&self) -> bool {
        let texts = [&self.name, &self.contract, &self.contract_from, &self.contract_to];
        texts.iter().any(|text| text.is_some()) || self.contacts.is_some()
    }
}

impl Operators {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// A new operator, of a structure's prefixed id (`1` + FINESS, `3` + SIRET), as the OU of its certificates will say.
    pub async fn add(&self, id: &str, name: &str, change: FileChange, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        let plain = (1..=64).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b));
        if !plain {
            return Err(Error::invalid("an operator id is 1 to 64 letters, digits, '-', '_' or '.'"));
        }
        text("name", name)?;
        if name.trim().is_empty() {
            return Err(Error::invalid("an operator has a name").at_field("name"));
        }
        let file = changed(OperatorFile::default(), change)?;
        let write = OperatorWrite::Add { name: name.trim().to_owned(), state: OperatorState::Candidat, file };
        self.write(id, write, actor, now).await
    }

    pub async fn page(&self, after: &str, limit: u32) -> Result<Vec<Operator>> {
        self.store.operators(after, limit).await
    }

    /// Name and state.
    pub async fn present(&self, id: &str) -> Result<Operator> {
        self.store.operator(id).await?.ok_or_else(unknown)
    }

    pub async fn detail(&self, id: &str) -> Result<OperatorDetail> {
        self.store.operator_detail(id).await?.ok_or_else(unknown)
    }

    /// Leads an operator to another state. `conflict` for one that does not follow.
    pub async fn set_state(&self, id: &str, state: OperatorState, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        self.write(id, OperatorWrite::State(state), actor, now).await
    }

    pub async fn change_file(&self, id: &str, change: FileChange, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        let name = change.name.clone();
        if let Some(name) = &name {
            text("name", name)?;
        }
        let file = changed(self.detail(id).await?.file, change)?;
        self.write(id, OperatorWrite::File { name, file }, actor, now).await
    }

    /// Makes a key.
    pub async fn add_key(&self, id: &str, new: NewKey, actor: &Actor, now: i64) -> Result<(OperatorKey, Secret)> {
        let NewKey { id: key_id, label, expires_at, entropy } = new;
        text("label", &label)?;
        if expires_at.is_some_and(|at| at <= now) {
            return Err(Error::invalid("the key would have expired already").at_field("expires_at"));
        }
        let detail = self.detail(id).await?;
        if detail.keys.iter().filter(|key| key.in_force(now)).count() >= MOST_KEYS {
            return Err(Error::conflict("the operator has ten keys in force: revoke one first"));
        }
        if detail.operator.state == OperatorState::Resilie {
            return Err(Error::conflict("the contract of the operator has ended"));
        }
        let secret = Secret::from_entropy(entropy);
        let secret_sha256 = digest(secret.reveal()).ok_or_else(|| Error::invalid("the secret has no valid form"))?;
        let key = OperatorKey { id: key_id, operator: id.to_owned(), label, created_at: now, expires_at, revoked_at: None };
        self.write(id, OperatorWrite::AddKey { key: key.clone(), secret_sha256 }, actor, now).await?;
        Ok((key, secret))
    }

    /// Revokes for good; the doors refuse it within a second.
    pub async fn revoke_key(&self, id: &str, key: &str, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        self.write(id, OperatorWrite::RevokeKey(key.to_owned()), actor, now).await
    }

    pub async fn add_certificate(&self, id: &str, subject: DistinguishedName, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        self.write(id, OperatorWrite::AddCertificate(subject), actor, now).await
    }

    pub async fn remove_certificate(&self, id: &str, subject: DistinguishedName, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        self.write(id, OperatorWrite::RemoveCertificate(subject), actor, now).await
    }

    /// Lists a domain for an operator, beside what the official liste blanche says.
    pub async fn grant(&self, id: &str, domain: &str, description: &str, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        text("description", description)?;
        let domain = domain_name(domain)?;
        self.write(id, OperatorWrite::Grant { domain, description: description.to_owned() }, actor, now).await
    }

    /// Takes a domain from an operator: its mailboxes there are hidden at once.
    pub async fn ungrant(&self, id: &str, domain: &str, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        self.write(id, OperatorWrite::Ungrant(domain_name(domain)?), actor, now).await
    }

    async fn write(&self, id: &str, write: OperatorWrite, actor: &Actor, now: i64) -> Result<OperatorDetail> {
        self.store.write_operator(id, &write, actor, now).await?.ok_or_else(unknown)
    }
}

fn unknown() -> Error {
    Error::not_found("there is no operator of that id")
}

fn domain_name(domain: &str) -> Result<String> {
    normalize_domain(domain).ok_or_else(|| Error::invalid("the domain is no domain name").at_field("domain"))
}

fn text(field: &str, text: &str) -> Result<()> {
    if text.chars().count() > LONGEST_TEXT || text.chars().any(char::is_control) {
        return Err(Error::invalid(format!("{field}: 200 characters at most, none of them a control character")).at_field(field));
    }
    Ok(())
}

fn changed(mut file: OperatorFile, change: FileChange) -> Result<OperatorFile> {
    for (field, given, kept) in [
        ("contract", change.contract, &mut file.contract),
        ("contract_from", change.contract_from, &mut file.contract_from),
        ("contract_to", change.contract_to, &mut file.contract_to),
    ] {
        let Some(given) = given else { continue };
        text(field, &given)?;
        if field != "contract" && !given.is_empty() && given.parse::<jiff::civil::Date>().is_err() {
            return Err(Error::invalid(format!("{field}: a day is expected, such as 2026-11-27")).at_field(field));
        }
        *kept = given;
    }
    if let Some(contacts) = change.contacts {
        if contacts.len() > 20 {
            return Err(Error::invalid("contacts: 20 at most").at_field("contacts"));
        }
        for contact in &contacts {
            for part in [&contact.role, &contact.name, &contact.email, &contact.phone] {
                text("contacts", part)?;
            }
        }
        file.contacts = contacts;
    }
    Ok(file)
}
