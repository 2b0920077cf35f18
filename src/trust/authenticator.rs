//! From a secret, or a certificate the transport has checked, to an identity, for every door.
//!
//! An answer, good or bad, is remembered for half a second, so that a busy client does not cost a database read a request, and a
//! revocation acts within one second. What is remembered is bounded, and keyed by the secret's digest, never by the secret. A secret is found by its
//! digest alone, whatever name came with it: an unknown name and a wrong secret take the same steps.

use super::accounts::digest;
use crate::error::Result;
use crate::limits::Governor;
use crate::model::{Account, Audience, DistinguishedName, Operator, Role};
use crate::store::Store;
use sha2::{Digest, Sha256};
use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

const REMEMBERED: Duration = Duration::from_millis(500);
const CAPACITY: usize = 1_024;

/// Who presented a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// Name of the account; `operateur:<id>` for an operator, which no account can have.
    pub account: String,
    pub audience: Audience,
    pub role: Role,
    /// The operator whose key or certificate it is.
    pub operator: Option<Operator>,
    /// `account`, `key:<id>`, `certificate`, for the journal.
    pub credential: String,
}

impl Identity {
    fn of_account(account: Account, credential: &str) -> Self {
        Self { account: account.name, audience: account.audience, role: account.role, operator: None, credential: credential.to_owned() }
    }

    /// An operator in force looks people up as software does.
    fn of_operator(operator: Operator, credential: String) -> Self {
        let audience = if operator.state.in_force() { Audience::Professional } else { Audience::Public };
        Self { account: format!("operateur:{}", operator.id), audience, role: Role::Operateur, operator: Some(operator), credential }
    }
}

/// By digest: the answer, and when the store was asked.
type Memory = HashMap<[u8; 32], (Option<Identity>, Instant)>;

/// Checks credentials; clones share what is remembered.
#[derive(Clone)]
pub struct Authenticator {
    store: Store,
    governor: Governor,
    remembered: Arc<Mutex<Memory>>,
    /// UTC seconds: keys expire by it.
    clock: Arc<dyn Fn() -> i64 + Send + Sync>,
}

impl Authenticator {
    #[must_use]
    pub fn new(store: Store, governor: Governor) -> Self {
        Self { store, governor, remembered: Arc::default(), clock: Arc::new(|| jiff::Timestamp::now().as_second()) }
    }

    /// With the time as a parameter.
    #[must_use]
    pub fn with_clock(self, clock: Arc<dyn Fn() -> i64 + Send + Sync>) -> Self {
        Self { clock, ..self }
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

    fn counted(&self, identity: Option<Identity>, address: IpAddr) -> Result<Option<Identity>> {
        if identity.is_none() {
            self.governor.failed(address, Instant::now());
        }
        Ok(identity)
    }

    /// [`Self::authenticate_named`] for a secret that was right before: a revoked account is not somebody guessing, and nothing is counted.
    pub async fn still(&self, name: &str, secret: &str) -> Result<Option<Identity>> {
        self.named(name, secret).await
    }

    async fn named(&self, name: &str, secret: &str) -> Result<Option<Identity>> {
        let identity = self.identity(secret).await?;
        Ok(identity.filter(|identity| identity.account.eq_ignore_ascii_case(name)))
    }

    async fn identity(&self, secret: &str) -> Result<Option<Identity>> {
        let Some(digest) = digest(secret) else {
            return Ok(None);
        };
        // Both are always asked: how long it takes tells nobody which kind of secret, or whether one that was in force, it is.
        let ask = async {
            let account = self.store.account_by_secret(&digest).await?;
            let operator = self.store.operator_by_secret(&digest, (self.clock)()).await?;
            let account = account.filter(|account| account.revoked_at.is_none()).map(|account| Identity::of_account(account, "account"));
            let of_key = operator.filter(|(_, _, in_force)| *in_force);
            Ok(account.or_else(|| of_key.map(|(operator, key, _)| Identity::of_operator(operator, format!("key:{key}")))))
        };
        self.remembering(digest, ask).await
    }

    /// The identity of a client certificate, whose chain the transport has checked; `None` when its subject is no account's in force.
    pub async fn authenticate_certificate(&self, subject: &DistinguishedName) -> Result<Option<Identity>> {
        let digest = Sha256::new().chain_update(b"certificate\0").chain_update(subject.key.as_bytes()).finalize().into();
        let ask = async {
            let account = self.store.account_by_certificate(subject).await?.filter(|account| account.revoked_at.is_none());
            let operator = self.store.operator_by_certificate(subject).await?;
            let account = account.map(|account| Identity::of_account(account, "certificate"));
            Ok(account.or_else(|| operator.map(|operator| Identity::of_operator(operator, "certificate".to_owned()))))
        };
        self.remembering(digest, ask).await
    }

    /// The answer remembered under a digest, or that of the store.
    async fn remembering(&self, digest: [u8; 32], ask: impl Future<Output = Result<Option<Identity>>>) -> Result<Option<Identity>> {
        if let Some((identity, at)) = self.memory().get(&digest)
            && at.elapsed() < REMEMBERED
        {
            return Ok(identity.clone());
        }
        // Taken before the store is asked: a revocation committed later counts from here.
        let asked = Instant::now();
        let identity = ask.await?;
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
