//! From a secret to an identity, for every door.
//!
//! An answer, good or bad, is remembered for half a second, so that a busy client does not cost a database read a request, and a
//! revocation acts within one second. What is remembered is bounded, and keyed by the secret's digest, never by the secret.

use super::accounts::digest;
use crate::error::Result;
use crate::limits::Governor;
use crate::model::Audience;
use crate::store::Store;
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const REMEMBERED: Duration = Duration::from_millis(500);
const CAPACITY: usize = 1_024;

/// Who presented a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the account.
    pub account: String,
    pub audience: Audience,
}

/// By digest: the answer, and when the store was asked.
type Memory = HashMap<[u8; 32], (Option<Identity>, Instant)>;

/// Checks credentials; clones share what is remembered.
#[derive(Clone, Debug)]
pub struct Authenticator {
    store: Store,
    governor: Governor,
    remembered: Arc<Mutex<Memory>>,
}

impl Authenticator {
    #[must_use]
    pub fn new(store: Store, governor: Governor) -> Self {
        Self { store, governor, remembered: Arc::default() }
    }

    /// The identity of a secret that somebody at this address presents; `None` when there is none, it is revoked, or the text is no secret.
    /// Error `RateLimited` when the address has tried too many.
    pub async fn authenticate(&self, secret: &str, address: IpAddr) -> Result<Option<Identity>> {
        self.governor.may_try(address, Instant::now())?;
        let identity = self.identity(secret).await?;
        self.counted(identity, address)
    }

    /// The same for a simple bind, where the account is named too; account names are compared without case, as RDN values are.
    pub async fn authenticate_named(&self, name: &str, secret: &str, address: IpAddr) -> Result<Option<Identity>> {
        self.governor.may_try(address, Instant::now())?;
        let identity = self.named(name, secret).await?;
        self.counted(identity, address)
    }

    /// Is an identity that was given still in force? Counts no failure: a revoked account is not somebody guessing.
    pub async fn in_force(&self, name: &str, secret: &str) -> Result<bool> {
        Ok(self.named(name, secret).await?.is_some())
    }

    fn counted(&self, identity: Option<Identity>, address: IpAddr) -> Result<Option<Identity>> {
        if identity.is_none() {
            self.governor.failed(address, Instant::now());
        }
        Ok(identity)
    }

    async fn named(&self, name: &str, secret: &str) -> Result<Option<Identity>> {
        let identity = self.identity(secret).await?;
        Ok(identity.filter(|identity| identity.account.eq_ignore_ascii_case(name)))
    }

    async fn identity(&self, secret: &str) -> Result<Option<Identity>> {
        let Some(digest) = digest(secret) else {
            return Ok(None);
        };
        if let Some((identity, at)) = self.memory().get(&digest)
            && at.elapsed() < REMEMBERED
        {
            return Ok(identity.clone());
        }
        // Taken before the store is asked: a revocation committed later counts from here.
        let asked = Instant::now();
        let account = self.store.account_by_secret(&digest).await?;
        let in_force = account.filter(|account| account.revoked_at.is_none());
        let identity = in_force.map(|account| Identity { account: account.name, audience: account.audience });
        let mut memory = self.memory();
        if memory.len() >= CAPACITY {
            memory.clear();
        }
        memory.insert(digest, (identity.clone(), asked));
        Ok(identity)
    }

    fn memory(&self) -> MutexGuard<'_, Memory> {
        self.remembered.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
