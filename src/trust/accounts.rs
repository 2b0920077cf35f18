//! Accounts of professionals and software: added, listed and revoked by the administrator.
//!
//! A name is given once: it stands in the journal for ever, so a revoked account's name is not given again.

use crate::error::{Error, Result};
use crate::model::{Account, Audience, DistinguishedName, Role};
use crate::store::Store;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::fmt;

/// Tells our secrets apart from others in a configuration file, and lets scanners find leaked ones.
const PREFIX: &str = "ann_";
const NOT_IN_FORCE: &str = "there is no account of that name in force";

/// The secret of an account, in the clear: shown once, never stored, never printed by `Debug`.
pub struct Secret(String);

impl Secret {
    /// From 32 bytes of a cryptographic random source: `ann_` and base64url without padding.
    #[must_use]
    pub fn from_entropy(entropy: [u8; 32]) -> Self {
        Self(format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(entropy)))
    }

    /// To be shown to the administrator, once.
    #[must_use]
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// SHA-256 of a text that has the form of a secret; `None` for any other text, which no account can have.
pub(super) fn digest(secret: &str) -> Option<[u8; 32]> {
    let bytes = URL_SAFE_NO_PAD.decode(secret.strip_prefix(PREFIX)?).ok()?;
    (bytes.len() == 32).then(|| Sha256::digest(secret.as_bytes()).into())
}

/// The administrator's door to accounts.
#[derive(Clone, Debug)]
pub struct Accounts {
    store: Store,
}

impl Accounts {
    #[must_use]
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Creates an account. `name`: 1 to 64 of `a-z 0-9 . _ -`; `entropy`: 32 fresh random bytes; `now` in UTC seconds.
    pub async fn add(&self, name: &str, audience: Audience, entropy: [u8; 32], now: i64) -> Result<(Account, Secret)> {
        self.add_with_certificates(name, audience, Role::default(), Vec::new(), entropy, now).await
    }

    /// [`Accounts::add`] with a role and the subjects of its client certificates, in one step.
    pub async fn add_with_certificates(
        &self,
        name: &str,
        audience: Audience,
        role: Role,
        certificates: Vec<DistinguishedName>,
        entropy: [u8; 32],
        now: i64,
    ) -> Result<(Account, Secret)> {
        if !valid_name(name) {
            return Err(Error::invalid("an account name is 1 to 64 characters of a-z, 0-9, '.', '_' and '-'"));
        }
        let secret = Secret::from_entropy(entropy);
        if role == Role::Operateur {
            return Err(Error::invalid("an operator has keys and certificates of its own: annuaire operator"));
        }
        let account = Account { name: name.to_owned(), audience, role, created_at: now, revoked_at: None, certificates };
        let digest = digest(secret.reveal()).ok_or_else(|| Error::invalid("the secret has no valid form"))?;
        self.store.add_account(&account, digest).await?;
        Ok((account, secret))
    }

    /// Gives an account a further client certificate. Refused when an account in force has it.
    pub async fn add_certificate(&self, name: &str, subject: &DistinguishedName, now: i64) -> Result<()> {
        if self.store.add_account_certificate(name, subject, now).await? {
            return Ok(());
        }
        Err(Error::not_found(NOT_IN_FORCE))
    }

    /// All accounts by name, revoked ones too.
    pub async fn list(&self) -> Result<Vec<Account>> {
        self.store.accounts().await
    }

    /// Revokes for good; the doors refuse the secret within a second.
    pub async fn revoke(&self, name: &str, now: i64) -> Result<()> {
        if self.store.revoke_account(name, now).await? {
            return Ok(());
        }
        Err(Error::not_found(NOT_IN_FORCE))
    }
}

fn valid_name(name: &str) -> bool {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '_' | '-');
    (1..=64).contains(&name.len()) && name.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_have_one_form() {
        let secret = Secret::from_entropy([7; 32]);
        assert_eq!(secret.reveal().len(), PREFIX.len() + 43);
        assert!(digest(secret.reveal()).is_some());
        assert_eq!(format!("{secret:?}"), "Secret(…)");
        for other in ["", "ann_", "ann_AAAA", "hunter2", &secret.reveal()[4..]] {
            assert!(digest(other).is_none(), "{other}");
        }
    }

    #[test]
    fn names_are_plain() {
        assert!(valid_name("logiciel-1.prod_a"));
        for name in ["", "Alice", "a b", "é", "a,ou=comptes", &"a".repeat(65)] {
            assert!(!valid_name(name), "{name}");
        }
    }
}
