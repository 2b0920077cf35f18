//! Accounts: a name is given once and for ever, so that the journal never means two people by it. Secrets are kept as SHA-256 only.

use super::super::types::AuditEntry;
use super::{Sqlite, audit, commit, db, rows, statements};
use crate::error::{Error, Result};
use crate::model::{Account, DistinguishedName};
use sqlx::{Row, SqliteConnection};
use subtle::ConstantTimeEq;

/// Accounts are added and revoked on the command line of the machine only.
const ACTOR: &str = "administrator";

/// What [`rows::account`] reads.
macro_rules! account {
    ($rest:literal) => {
        concat!(
            "SELECT name, audience, role, created_at, revoked_at, secret_sha256,
            (SELECT json_group_array(subject) FROM (SELECT subject FROM account_certificate WHERE account = name ORDER BY key))
            AS certificates FROM account ",
            $rest
        )
    };
}

statements! {
    ALL = account!("ORDER BY name");
    ONE = account!("WHERE name = $1");
    BY_SECRET = account!("WHERE secret_sha256 = $1");
    BY_CERTIFICATE = account!("WHERE name = (SELECT account FROM account_certificate WHERE key = $1)");
    ADD = "INSERT INTO account (name, audience, secret_sha256, created_at, revoked_at, role) VALUES ($1, $2, $3, $4, $5, $6)";
    ADD_CERTIFICATE = "INSERT INTO account_certificate (key, account, subject) VALUES ($1, $2, $3)
        ON CONFLICT (key) DO UPDATE SET account = excluded.account, subject = excluded.subject";
    REVOKE = "UPDATE account SET revoked_at = $2 WHERE name = $1 AND revoked_at IS NULL";
}

impl Sqlite {
    pub async fn add_account(&self, account: &Account, secret_sha256: [u8; 32]) -> Result<()> {
        let mut write = self.write().await?;
        if let Some(known) = one(&mut write, ONE, &account.name).await? {
            return Err(Error::conflict(match known.revoked_at {
                None => format!("there is already an account named {}", known.name),
                Some(_) => format!("{} was the name of a revoked account; names are never given twice, take another", known.name),
            }));
        }
        let add = sqlx::query(ADD)
            .bind(account.name.as_str())
            .bind(rows::audience_code(account.audience))
            .bind(secret_sha256.as_slice())
            .bind(account.created_at)
            .bind(account.revoked_at)
            .bind(account.role.code());
        add.execute(&mut *write).await.map_err(db("writing accounts"))?;
        let detail = serde_json::json!({ "audience": rows::audience_code(account.audience), "role": account.role.code() });
        audit::append(&mut write, &line(account.created_at, "account.add", &account.name, detail)).await?;
        for subject in &account.certificates {
            add_certificate(&mut write, &account.name, subject, account.created_at).await?;
        }
        commit(write).await
    }

    /// `false` when there is no such account in force.
    pub async fn add_account_certificate(&self, name: &str, subject: &DistinguishedName, now: i64) -> Result<bool> {
        let mut write = self.write().await?;
        if one(&mut write, ONE, name).await?.is_none_or(|account| account.revoked_at.is_some()) {
            return Ok(false);
        }
        add_certificate(&mut write, name, subject, now).await?;
        commit(write).await?;
        Ok(true)
    }

    pub async fn accounts(&self) -> Result<Vec<Account>> {
        sqlx::query(ALL).try_map(|row| rows::account(&row)).fetch_all(&self.reader).await.map_err(db("reading accounts"))
    }

    pub async fn revoke_account(&self, name: &str, now: i64) -> Result<bool> {
        let mut write = self.write().await?;
        let done = sqlx::query(REVOKE).bind(name).bind(now).execute(&mut *write).await.map_err(db("writing accounts"))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        audit::append(&mut write, &line(now, "account.revoke", name, serde_json::json!({}))).await?;
        commit(write).await?;
        Ok(true)
    }

    /// The digest is looked up in an index, then compared once more in constant time.
    pub async fn account_by_secret(&self, secret_sha256: &[u8; 32]) -> Result<Option<Account>> {
        let found = sqlx::query(BY_SECRET).bind(secret_sha256.as_slice()).fetch_optional(&self.reader);
        let Some(row) = found.await.map_err(db("reading accounts"))? else {
            return Ok(None);
        };
        let kept: &[u8] = row.try_get("secret_sha256").map_err(db("reading accounts"))?;
        if !bool::from(kept.ct_eq(secret_sha256)) {
            return Ok(None);
        }
        rows::account(&row).map(Some).map_err(db("reading accounts"))
    }

    pub async fn account_by_certificate(&self, subject: &DistinguishedName) -> Result<Option<Account>> {
        let found = sqlx::query(BY_CERTIFICATE).bind(subject.key.as_str()).try_map(|row| rows::account(&row));
        found.fetch_optional(&self.reader).await.map_err(db("reading accounts"))
    }
}

async fn one(write: &mut SqliteConnection, sql: &'static str, key: &str) -> Result<Option<Account>> {
    sqlx::query(sql).bind(key).try_map(|row| rows::account(&row)).fetch_optional(write).await.map_err(db("reading accounts"))
}

/// Gives a subject to an account, unless one in force has it.
async fn add_certificate(write: &mut SqliteConnection, name: &str, subject: &DistinguishedName, now: i64) -> Result<()> {
    if let Some(owner) = one(write, BY_CERTIFICATE, &subject.key).await?.filter(|owner| owner.revoked_at.is_none()) {
        return Err(Error::conflict(format!("the certificate is that of the account {} already", owner.name)));
    }
    let add = sqlx::query(ADD_CERTIFICATE).bind(subject.key.as_str()).bind(name).bind(subject.text.as_str());
    add.execute(&mut *write).await.map_err(db("writing accounts"))?;
    audit::append(write, &line(now, "account.certificate", name, serde_json::json!({ "subject": subject.text }))).await
}

fn line(at: i64, action: &str, name: &str, detail: serde_json::Value) -> AuditEntry {
    AuditEntry {
        at,
        actor: ACTOR.to_owned(),
        action: action.to_owned(),
        object: name.to_owned(),
        result: "ok".to_owned(),
        detail,
        ..AuditEntry::default()
    }
}
