//! What operators say was exchanged (seed rule S62): address, time, direction and size, kept three months, then counted by month without
//! an address and erased.

use super::{AuditEntry, Store};
use crate::error::Result;

/// One message, as its operator saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exchange {
    pub address: String,
    /// UTC seconds.
    pub at: i64,
    pub sent: bool,
    pub bytes: i64,
}

/// A deposit of an operator.
#[derive(Clone, Debug)]
pub struct ExchangeDeposit {
    pub operator: String,
    /// The Idempotency-Key, else the digest in hexadecimal.
    pub key: String,
    /// SHA-256 of the body.
    pub digest: [u8; 32],
    pub exchanges: Vec<Exchange>,
    /// UTC seconds.
    pub now: i64,
}

/// What became of a deposit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deposited {
    Taken,
    /// It was there; so many lines were taken then.
    Before(i64),
    /// Another body came under this key.
    KeyReused,
}

impl Store {
    /// Takes a deposit whole, with its entry of the journal, in one transaction; one that was taken before counts once.
    pub async fn deposit_exchanges(&self, deposit: &ExchangeDeposit, audit: &AuditEntry) -> Result<Deposited> {
        match self {
            Self::Sqlite(db) => db.deposit_exchanges(deposit, audit).await,
        }
    }

    /// Of these addresses, those the operator may not speak of: neither its own mailboxes, open or closed, nor in a domain that is listed
    /// for it.
    pub async fn foreign_addresses(&self, operator: &str, addresses: &[String]) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(db) => db.foreign_addresses(operator, addresses).await,
        }
    }

    /// Counts what happened before `before` (the beginning of a month) by month and erases it, with an entry in the journal. `months`: each
    /// month with its first second and the first of the next. Returns the number of rows erased.
    pub async fn anonymise_exchanges(&self, months: &[(String, i64, i64)], now: i64) -> Result<u64> {
        match self {
            Self::Sqlite(db) => db.anonymise_exchanges(months, now).await,
        }
    }

    /// The oldest row kept, UTC seconds.
    pub async fn oldest_exchange(&self) -> Result<Option<i64>> {
        match self {
            Self::Sqlite(db) => db.oldest_exchange().await,
        }
    }
}
