//! Operators beyond the liste blanche: their file, state, keys, certificates and the domains an administrator gave them; and the list of
//! all of it that is public.
//!
//! Each write is one transaction with its journal line and, where it may hide or show mailboxes, its change.

use super::super::operators::{DomainListing, OperatorDetail, OperatorListing, OperatorWrite};
use super::super::types::ChangeKind;
use super::super::writing::Actor;
use super::{Sqlite, audit, changes, commit, db, meta, rows, statements};
use crate::error::{Error, Result};
use crate::model::{DistinguishedName, Operator, OperatorFile, OperatorKey, OperatorState};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};
use subtle::ConstantTimeEq;

/// Fact: when what the public list says last changed otherwise than by an import.
const CHANGED: &str = "trust_changed";

statements! {
    ONE = "SELECT id, name, state FROM operator WHERE id = $1";
    ALL = "SELECT id, name, state FROM operator WHERE id > $1 ORDER BY id LIMIT $2";
    FILE = "SELECT contract, contract_from, contract_to, contacts, state_since FROM operator_file WHERE operator = $1";
    KEYS = "SELECT id, operator, label, created_at, expires_at, revoked_at FROM operator_key WHERE operator = $1 ORDER BY created_at, id";
    CERTIFICATES = "SELECT dn FROM operator_certificate WHERE operator = $1 ORDER BY dn_key";
    DOMAINS = "SELECT DISTINCT d.name FROM operator_certificate AS c JOIN domain_certificate AS l ON l.dn_key = c.dn_key
        JOIN domain AS d ON d.name = l.domain AND d.listed WHERE c.operator = $1 ORDER BY d.name";
    ADD = "INSERT INTO operator (id, name, state) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
    RENAME = "UPDATE operator SET name = $2 WHERE id = $1";
    SET_STATE = "UPDATE operator SET state = $2 WHERE id = $1";
    KEEP_FILE = "INSERT INTO operator_file (operator, contract, contract_from, contract_to, contacts, state_since)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (operator) DO UPDATE SET contract = excluded.contract,
        contract_from = excluded.contract_from, contract_to = excluded.contract_to, contacts = excluded.contacts,
        state_since = excluded.state_since";
    ADD_KEY = "INSERT INTO operator_key (id, operator, label, secret_sha256, created_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    REVOKE_KEY = "UPDATE operator_key SET revoked_at = $3 WHERE operator = $1 AND id = $2 AND revoked_at IS NULL";
    REVOKE_KEYS = "UPDATE operator_key SET revoked_at = $2 WHERE operator = $1 AND revoked_at IS NULL";
    CERTIFICATE_OWNER = "SELECT operator FROM operator_certificate WHERE dn_key = $1";
    ADD_CERTIFICATE = "INSERT INTO operator_certificate (dn_key, dn, operator) VALUES ($1, $2, $3) ON CONFLICT (dn_key) DO NOTHING";
    REMOVE_CERTIFICATE = "DELETE FROM operator_certificate WHERE operator = $1 AND dn_key = $2";
    FORGET_CERTIFICATE = "DELETE FROM domain_certificate WHERE dn_key = $1";
    DOMAIN_OPERATORS = "SELECT DISTINCT c.operator FROM domain_certificate AS d JOIN operator_certificate AS c ON c.dn_key = d.dn_key
        WHERE d.domain = $1 AND (SELECT listed FROM domain WHERE name = $1)";
    GRANT = "INSERT INTO domain_grant (domain, operator, granted_at) VALUES ($1, $3, $2)
        ON CONFLICT (domain) DO UPDATE SET operator = excluded.operator";
    GIVE_GRANTED = "INSERT OR IGNORE INTO domain_certificate (domain, dn_key) SELECT domain, $2 FROM domain_grant WHERE operator = $1";
    LIST_DOMAIN = "INSERT INTO domain (name, description, listed) VALUES ($1, $2, 1)
        ON CONFLICT (name) DO UPDATE SET description = iif($2 = '', domain.description, $2), listed = 1";
    GIVE_DOMAIN = "INSERT OR IGNORE INTO domain_certificate (domain, dn_key) SELECT $1, dn_key FROM operator_certificate WHERE operator = $2";
    UNGRANT = "DELETE FROM domain_grant WHERE domain = $1";
    TAKE_DOMAIN = "DELETE FROM domain_certificate WHERE domain = $1
        AND dn_key IN (SELECT dn_key FROM operator_certificate WHERE operator = $2)";
    UNLIST_DOMAIN = "UPDATE domain SET listed = 0 WHERE name = $1 AND NOT EXISTS (SELECT 1 FROM domain_certificate WHERE domain = $1)";
    BY_SECRET = "SELECT k.id AS key_id, k.expires_at, k.revoked_at, k.secret_sha256, o.id, o.name, o.state
        FROM operator_key AS k JOIN operator AS o ON o.id = k.operator WHERE k.secret_sha256 = $1";
    BY_CERTIFICATE = "SELECT o.id, o.name, o.state FROM operator_certificate AS c JOIN operator AS o ON o.id = c.operator WHERE c.dn_key = $1";
    PUBLIC_OPERATORS = "SELECT o.id, o.name, (SELECT count(DISTINCT l.domain) FROM operator_certificate AS c
            JOIN domain_certificate AS l ON l.dn_key = c.dn_key JOIN domain AS d ON d.name = l.domain AND d.listed WHERE c.operator = o.id)
            AS domains FROM operator AS o WHERE o.state = 'valide' AND o.id > $1 ORDER BY o.id LIMIT $2";
    PUBLIC_DOMAINS = "SELECT d.name, d.description, (SELECT json_group_array(json_array(id, name)) FROM
            (SELECT DISTINCT o.id, o.name FROM domain_certificate AS l JOIN operator_certificate AS c ON c.dn_key = l.dn_key
            JOIN operator AS o ON o.id = c.operator AND o.state = 'valide' WHERE l.domain = d.name ORDER BY o.id)) AS operators
        FROM domain AS d WHERE d.listed AND d.name > $1 ORDER BY d.name LIMIT $2";
    LISTE_BLANCHE = "SELECT d.name, d.description, c.dn FROM domain AS d JOIN domain_certificate AS l ON l.domain = d.name
        JOIN operator_certificate AS c ON c.dn_key = l.dn_key JOIN operator AS o ON o.id = c.operator AND o.state IN ('valide', 'provisoire')
        WHERE d.listed ORDER BY d.name, c.dn_key";
    LIST_APPLIED = "SELECT max(r.ended_at) FROM import_run AS r JOIN import_file AS f ON f.run = r.id AND f.kind = 'liste_blanche'";
}

impl Sqlite {
    pub async fn operator_detail(&self, id: &str) -> Result<Option<OperatorDetail>> {
        let mut read = self.read().await?;
        detail(&mut read, id).await
    }

    pub async fn operators(&self, after: &str, limit: u32) -> Result<Vec<Operator>> {
        let found = sqlx::query(ALL).bind(after).bind(limit).try_map(|row| rows::operator(&row)).fetch_all(&self.reader);
        found.await.map_err(failed())
    }

    /// See [`crate::store::Store::write_operator`].
    pub async fn write_operator(&self, id: &str, write: &OperatorWrite, actor: &Actor, now: i64) -> Result<Option<OperatorDetail>> {
        let mut transaction = self.write().await?;
        let known = detail(&mut transaction, id).await?;
        if known.is_none() && !matches!(write, OperatorWrite::Add { .. }) {
            return Ok(None);
        }
        let told = carry_out(&mut transaction, id, known.as_ref(), write, now).await?;
        let Some((action, about)) = told else {
            return Ok(known);
        };
        audit::append(&mut transaction, &actor.entry(action, id, about, now)).await?;
        // Keys, contracts and contacts are not in the list.
        if !matches!(write, OperatorWrite::AddKey { .. } | OperatorWrite::RevokeKey(_) | OperatorWrite::File { .. }) {
            meta::set(&mut transaction, CHANGED, &now.to_string()).await?;
        }
        let left = detail(&mut transaction, id).await?;
        commit(transaction).await?;
        Ok(left)
    }

    /// The operator of a key in force or not, with the key's id and whether it is in force.
    pub async fn operator_by_secret(&self, digest: &[u8; 32], now: i64) -> Result<Option<(Operator, String, bool)>> {
        let found = sqlx::query(BY_SECRET).bind(digest.as_slice()).fetch_optional(&self.reader).await.map_err(failed())?;
        let Some(row) = found else { return Ok(None) };
        let read = || -> sqlx::Result<_> {
            let kept: &[u8] = row.try_get("secret_sha256")?;
            let expires: Option<i64> = row.try_get("expires_at")?;
            let in_force = row.try_get::<Option<i64>, _>("revoked_at")?.is_none() && expires.is_none_or(|at| now < at);
            Ok((bool::from(kept.ct_eq(digest)), rows::operator(&row)?, row.try_get("key_id")?, in_force))
        };
        let (same, operator, key, in_force) = read().map_err(failed())?;
        Ok(same.then_some((operator, key, in_force)))
    }

    pub async fn operator_by_certificate(&self, subject: &DistinguishedName) -> Result<Option<Operator>> {
        let found = sqlx::query(BY_CERTIFICATE).bind(subject.key.as_str()).try_map(|row| rows::operator(&row)).fetch_optional(&self.reader);
        found.await.map_err(failed())
    }

    pub async fn public_operators(&self, after: &str, limit: u32) -> Result<Vec<OperatorListing>> {
        let listing = |row: SqliteRow| {
            Ok(OperatorListing {
                id: row.try_get("id")?,
                name: row.try_get("name")?,
                domains: row.try_get::<i64, _>("domains")?.unsigned_abs(),
            })
        };
        let found = sqlx::query(PUBLIC_OPERATORS).bind(after).bind(limit).try_map(listing).fetch_all(&self.reader);
        found.await.map_err(failed())
    }

    pub async fn public_domains(&self, after: &str, limit: u32) -> Result<Vec<DomainListing>> {
        let listing = |row: SqliteRow| {
            let operators: &str = row.try_get("operators")?;
            Ok(DomainListing {
                name: row.try_get("name")?,
                description: row.try_get("description")?,
                operators: serde_json::from_str(operators).map_err(|error| sqlx::Error::Decode(error.into()))?,
            })
        };
        let found = sqlx::query(PUBLIC_DOMAINS).bind(after).bind(limit).try_map(listing).fetch_all(&self.reader);
        found.await.map_err(failed())
    }

    /// Domain, description, subject of a certificate: an entry each; and when any of it last changed.
    pub async fn liste_blanche_entries(&self) -> Result<(Vec<(String, String, String)>, i64)> {
        let mut read = self.read().await?;
        let entries = sqlx::query_as(LISTE_BLANCHE).fetch_all(&mut *read).await.map_err(failed())?;
        let applied: Option<i64> = sqlx::query_scalar(LIST_APPLIED).fetch_one(&mut *read).await.map_err(failed())?;
        let changed = meta::get(&mut read, CHANGED).await?.and_then(|text| text.parse().ok());
        Ok((entries, applied.max(changed).unwrap_or_default()))
    }
}

fn failed() -> impl FnOnce(sqlx::Error) -> Error {
    db("reading operators")
}

async fn detail(connection: &mut SqliteConnection, id: &str) -> Result<Option<OperatorDetail>> {
    let operator = sqlx::query(ONE).bind(id).try_map(|row| rows::operator(&row)).fetch_optional(&mut *connection);
    let Some(operator) = operator.await.map_err(failed())? else {
        return Ok(None);
    };
    let file = sqlx::query(FILE).bind(id).try_map(file).fetch_optional(&mut *connection).await.map_err(failed())?;
    let key = |row: SqliteRow| {
        Ok(OperatorKey {
            id: row.try_get("id")?,
            operator: row.try_get("operator")?,
            label: row.try_get("label")?,
            created_at: row.try_get("created_at")?,
            expires_at: row.try_get("expires_at")?,
            revoked_at: row.try_get("revoked_at")?,
        })
    };
    let keys = sqlx::query(KEYS).bind(id).try_map(key).fetch_all(&mut *connection).await.map_err(failed())?;
    let certificates = sqlx::query_scalar(CERTIFICATES).bind(id).fetch_all(&mut *connection).await.map_err(failed())?;
    let domains = sqlx::query_scalar(DOMAINS).bind(id).fetch_all(&mut *connection).await.map_err(failed())?;
    Ok(Some(OperatorDetail { operator, file: file.unwrap_or_default(), keys, certificates, domains }))
}

fn file(row: SqliteRow) -> sqlx::Result<OperatorFile> {
    let contacts: &str = row.try_get("contacts")?;
    Ok(OperatorFile {
        contract: row.try_get("contract")?,
        contract_from: row.try_get("contract_from")?,
        contract_to: row.try_get("contract_to")?,
        contacts: serde_json::from_str(contacts).map_err(|error| sqlx::Error::Decode(error.into()))?,
        state_since: row.try_get("state_since")?,
    })
}

async fn keep_file(connection: &mut SqliteConnection, id: &str, file: &OperatorFile) -> Result<()> {
    let keep = sqlx::query(KEEP_FILE)
        .bind(id)
        .bind(file.contract.as_str())
        .bind(file.contract_from.as_str())
        .bind(file.contract_to.as_str())
        .bind(serde_json::to_string(&file.contacts).unwrap_or_default())
        .bind(file.state_since);
    keep.execute(connection).await.map_err(db("writing operators"))?;
    Ok(())
}

/// What the journal is told; `None` when nothing changed.
async fn carry_out(
    connection: &mut SqliteConnection,
    id: &str,
    known: Option<&OperatorDetail>,
    write: &OperatorWrite,
    now: i64,
) -> Result<Option<(&'static str, serde_json::Value)>> {
    let failed = || db("writing operators");
    let file = known.map(|known| known.file.clone()).unwrap_or_default();
    match write {
        OperatorWrite::Add { name, state, file } => {
            if known.is_some() {
                return Err(Error::conflict("there is already an operator of that id"));
            }
            sqlx::query(ADD).bind(id).bind(name.as_str()).bind(state.code()).execute(&mut *connection).await.map_err(failed())?;
            keep_file(connection, id, &OperatorFile { state_since: now, ..file.clone() }).await?;
            Ok(Some(("operator.add", serde_json::json!({ "name": name, "state": state.code(), "contract": file.contract }))))
        }
        OperatorWrite::State(next) => {
            let state = known.map(|known| known.operator.state);
            if state == Some(*next) {
                return Ok(None);
            }
            if !state.is_some_and(|state| state.may_become(*next)) {
                return Err(Error::conflict("an operator of this state cannot get that one"));
            }
            sqlx::query(SET_STATE).bind(id).bind(next.code()).execute(&mut *connection).await.map_err(failed())?;
            if *next == OperatorState::Resilie {
                sqlx::query(REVOKE_KEYS).bind(id).bind(now).execute(&mut *connection).await.map_err(failed())?;
            }
            keep_file(connection, id, &OperatorFile { state_since: now, ..file }).await?;
            changes::append(connection, None, ChangeKind::Operator, id, !next.in_force(), now).await?;
            Ok(Some(("operator.state", serde_json::json!({ "old": state.map(|state| state.code()), "new": next.code() }))))
        }
        OperatorWrite::File { name, file: wished } => {
            if let Some(name) = name {
                sqlx::query(RENAME).bind(id).bind(name.as_str()).execute(&mut *connection).await.map_err(failed())?;
            }
            keep_file(connection, id, &OperatorFile { state_since: file.state_since, ..wished.clone() }).await?;
            Ok(Some(("operator.file", serde_json::json!({ "contract": wished.contract, "contacts": wished.contacts.len() }))))
        }
        OperatorWrite::AddKey { key, secret_sha256 } => {
            let add = sqlx::query(ADD_KEY).bind(key.id.as_str()).bind(id).bind(key.label.as_str()).bind(secret_sha256.as_slice());
            add.bind(now).bind(key.expires_at).execute(&mut *connection).await.map_err(failed())?;
            Ok(Some(("operator.key.add", serde_json::json!({ "key": key.id, "expires_at": key.expires_at }))))
        }
        OperatorWrite::RevokeKey(key) => {
            let done = sqlx::query(REVOKE_KEY).bind(id).bind(key.as_str()).bind(now).execute(&mut *connection).await.map_err(failed())?;
            if done.rows_affected() == 0 {
                return Err(Error::not_found("the operator has no key of that id in force"));
            }
            Ok(Some(("operator.key.revoke", serde_json::json!({ "key": key }))))
        }
        OperatorWrite::AddCertificate(subject) => {
            let owner: Option<String> =
                sqlx::query_scalar(CERTIFICATE_OWNER).bind(subject.key.as_str()).fetch_optional(&mut *connection).await.map_err(failed())?;
            if known.is_some_and(|known| known.operator.state == OperatorState::Resilie) {
                return Err(Error::conflict("the contract of the operator has ended"));
            }
            match owner {
                Some(owner) if owner == id => return Ok(None),
                Some(_) => return Err(Error::conflict("the certificate is another operator's")),
                None => {}
            }
            let add = sqlx::query(ADD_CERTIFICATE).bind(subject.key.as_str()).bind(subject.text.as_str()).bind(id);
            add.execute(&mut *connection).await.map_err(failed())?;
            // What it was given it keeps through a change of certificates.
            sqlx::query(GIVE_GRANTED).bind(id).bind(subject.key.as_str()).execute(&mut *connection).await.map_err(failed())?;
            changes::append(connection, None, ChangeKind::Operator, id, false, now).await?;
            Ok(Some(("operator.certificate.add", serde_json::json!({ "subject": subject.text }))))
        }
        OperatorWrite::RemoveCertificate(subject) => {
            let remove = sqlx::query(REMOVE_CERTIFICATE).bind(id).bind(subject.key.as_str());
            if remove.execute(&mut *connection).await.map_err(failed())?.rows_affected() == 0 {
                return Err(Error::not_found("the operator has no such certificate"));
            }
            sqlx::query(FORGET_CERTIFICATE).bind(subject.key.as_str()).execute(&mut *connection).await.map_err(failed())?;
            changes::append(connection, None, ChangeKind::Operator, id, true, now).await?;
            Ok(Some(("operator.certificate.remove", serde_json::json!({ "subject": subject.text }))))
        }
        OperatorWrite::Grant { domain, description } => {
            let owners: Vec<String> =
                sqlx::query_scalar(DOMAIN_OPERATORS).bind(domain.as_str()).fetch_all(&mut *connection).await.map_err(failed())?;
            if owners.iter().any(|owner| owner != id) {
                return Err(Error::conflict("the domain is another operator's"));
            }
            if known.is_some_and(|known| known.certificates.is_empty()) {
                return Err(Error::conflict("a domain is given by a certificate: add one to the operator first"));
            }
            sqlx::query(GRANT).bind(domain.as_str()).bind(now).bind(id).execute(&mut *connection).await.map_err(failed())?;
            let list = sqlx::query(LIST_DOMAIN).bind(domain.as_str()).bind(description.as_str());
            list.execute(&mut *connection).await.map_err(failed())?;
            sqlx::query(GIVE_DOMAIN).bind(domain.as_str()).bind(id).execute(&mut *connection).await.map_err(failed())?;
            meta::set(connection, "list_loaded", "1").await?;
            changes::append(connection, None, ChangeKind::Domain, domain, true, now).await?;
            Ok(Some(("operator.domain.grant", serde_json::json!({ "domain": domain }))))
        }
        OperatorWrite::Ungrant(domain) => {
            let taken = sqlx::query(TAKE_DOMAIN).bind(domain.as_str()).bind(id).execute(&mut *connection).await.map_err(failed())?;
            if taken.rows_affected() == 0 {
                return Err(Error::not_found("the operator has no such domain"));
            }
            sqlx::query(UNGRANT).bind(domain.as_str()).execute(&mut *connection).await.map_err(failed())?;
            sqlx::query(UNLIST_DOMAIN).bind(domain.as_str()).execute(&mut *connection).await.map_err(failed())?;
            changes::append(connection, None, ChangeKind::Domain, domain, true, now).await?;
            Ok(Some(("operator.domain.take", serde_json::json!({ "domain": domain }))))
        }
    }
}
