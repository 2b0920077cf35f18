//! Tables `exchange` and `exchange_month`: rows as operators deposited them, three months, then sums without an address.

use super::super::exchanges::{Deposited, ExchangeDeposit};
use super::super::types::AuditEntry;
use super::{Sqlite, audit, commit, db, json, statements};
use crate::error::{Error, Result};
use crate::model::Audience;
use sqlx::Row;

/// Rows of one statement.
const BATCH: usize = 10_000;

statements! {
    KNOWN = "SELECT digest, lines FROM exchange_deposit WHERE operator = $1 AND key = $2";
    KEEP = "INSERT INTO exchange_deposit (operator, key, digest, received_at, lines) VALUES ($1, $2, $3, $4, $5)";
    INSERT = "INSERT INTO exchange (operator, address, at, sent, bytes)
        SELECT $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($2)";
    // A mailbox of its own stays its own when it is closed.
    FOREIGN = "SELECT json_group_array(value) FROM json_each($2) WHERE NOT EXISTS
        (SELECT 1 FROM mailbox m WHERE m.address = value AND m.operator = $1 AND m.source = 'operator')
        AND NOT (EXISTS (SELECT 1 FROM mailbox m WHERE m.address = value AND m.source = 'extraction') AND EXISTS
            (SELECT 1 FROM domain d WHERE d.name = substr(value, instr(value, '@') + 1) AND d.listed AND
                (EXISTS (SELECT 1 FROM domain_grant g WHERE g.domain = d.name AND g.operator = $1) OR EXISTS
                (SELECT 1 FROM domain_certificate c JOIN operator_certificate o ON o.dn_key = c.dn_key
                    WHERE c.domain = d.name AND o.operator = $1))))";
    OLDEST = "SELECT min(at) FROM exchange";
    // $1 month, $2 its first second, $3 the first of the next, $4 the public's bit.
    COUNT = "INSERT INTO exchange_month (month, operator, domain, sent, shown, messages, bytes, active_mailboxes)
        SELECT $1, operator, substr(address, instr(address, '@') + 1), sent,
            EXISTS (SELECT 1 FROM published p WHERE p.entry = 'm:' || address AND p.audiences & $4 AND p.gone IS NULL) AS shown,
            count(*), sum(bytes), count(DISTINCT address)
        FROM exchange WHERE at >= $2 AND at < $3 GROUP BY 2, 3, 4, 5
        ON CONFLICT (month, operator, domain, sent, shown) DO UPDATE SET messages = messages + excluded.messages,
            bytes = bytes + excluded.bytes, active_mailboxes = max(active_mailboxes, excluded.active_mailboxes)";
    ERASE = "DELETE FROM exchange WHERE at >= $1 AND at < $2";
    ERASE_DEPOSITS = "DELETE FROM exchange_deposit WHERE received_at < $1";
}

fn failed() -> impl FnOnce(sqlx::Error) -> Error {
    db("writing exchange figures")
}

impl Sqlite {
    pub async fn deposit_exchanges(&self, deposit: &ExchangeDeposit, entry: &AuditEntry) -> Result<Deposited> {
        let ExchangeDeposit { operator, key, digest, exchanges, now } = deposit;
        let mut write = self.write().await?;
        let known = sqlx::query(KNOWN).bind(operator).bind(key).fetch_optional(&mut *write).await.map_err(failed())?;
        if let Some(known) = known {
            let (taken, lines): (&[u8], i64) = (known.try_get("digest").map_err(failed())?, known.try_get("lines").map_err(failed())?);
            return Ok(if taken == digest { Deposited::Before(lines) } else { Deposited::KeyReused });
        }
        let lines = i64::try_from(exchanges.len()).unwrap_or(i64::MAX);
        let keep = sqlx::query(KEEP).bind(operator).bind(key).bind(digest.as_slice()).bind(now).bind(lines);
        keep.execute(&mut *write).await.map_err(failed())?;
        for batch in exchanges.chunks(BATCH) {
            let rows = batch.iter().map(|e| serde_json::json!([e.address, e.at, i64::from(e.sent), e.bytes])).collect();
            let insert = sqlx::query(INSERT).bind(operator).bind(serde_json::Value::Array(rows).to_string());
            insert.execute(&mut *write).await.map_err(failed())?;
        }
        audit::append(&mut write, entry).await?;
        commit(write).await?;
        Ok(Deposited::Taken)
    }

    pub async fn foreign_addresses(&self, operator: &str, addresses: &[String]) -> Result<Vec<String>> {
        let mut foreign = Vec::new();
        for batch in addresses.chunks(BATCH) {
            let found: String =
                sqlx::query_scalar(FOREIGN).bind(operator).bind(json(batch)).fetch_one(&self.reader).await.map_err(failed())?;
            let found: Vec<String> = serde_json::from_str(&found).map_err(|e| Error::internal("reading mailboxes", e))?;
            foreign.extend(found);
        }
        Ok(foreign)
    }

    pub async fn oldest_exchange(&self) -> Result<Option<i64>> {
        sqlx::query_scalar(OLDEST).fetch_one(&self.reader).await.map_err(failed())
    }

    /// One month a transaction: counted and erased together.
    pub async fn anonymise_exchanges(&self, months: &[(String, i64, i64)], now: i64) -> Result<u64> {
        let mut erased = 0;
        for (month, first, next) in months {
            let mut write = self.write().await?;
            let count = sqlx::query(COUNT).bind(month).bind(first).bind(next).bind(i64::from(Audience::Public.bit()));
            count.execute(&mut *write).await.map_err(failed())?;
            let gone = sqlx::query(ERASE).bind(first).bind(next).execute(&mut *write).await.map_err(failed())?.rows_affected();
            sqlx::query(ERASE_DEPOSITS).bind(next).execute(&mut *write).await.map_err(failed())?;
            if gone > 0 {
                let entry = AuditEntry {
                    at: now,
                    actor: super::audit_retention::ACTOR.to_owned(),
                    action: "exchanges.anonymise".to_owned(),
                    object: month.clone(),
                    result: "ok".to_owned(),
                    detail: serde_json::json!({ "rows": gone }),
                    ..AuditEntry::default()
                };
                audit::append(&mut write, &entry).await?;
            }
            commit(write).await?;
            erased += gone;
        }
        Ok(erased)
    }
}
