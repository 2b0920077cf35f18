//! The truth: normalized SQL. One enum over its databases, one method a question; no sqlx type leaves this room.
//!
//! Each method is a match over the databases into the same method of that database's module: what a second database must
//! answer is what the compiler then lists. A write that returns has been committed and synced (rule 7: acknowledged means committed, with
//! its history, change and audit rows in the same transaction). The store knows nothing of audiences: it answers everything it holds, and
//! only `projection`, `publication`, `trust`, `import` and the exports may ask.

mod alerts;
pub mod data_dir;
pub mod exchanges;
pub mod feed;
pub mod import;
pub mod indicators;
mod journal;
mod mailbox_rules;
mod nomenclatures;
pub mod operators;
mod publishing;
pub mod sqlite;
pub mod types;
pub mod writing;

pub use alerts::{AlertActivity, AlertDrawn, AlertMailbox, AlertPerson, AlertRow, AlertScope, AlertState, AlertStructure};
pub use data_dir::{DataDir, ExportLock, ImportLock, PRIVATE_FILE, ProcessLock, private_folder};
pub use journal::{AuditFault, AuditQuery, AuditRow, AuditVerdict, Trace};
pub use mailbox_rules::{key_reused, revision, type_stays, unknown};
pub use sqlite::alert_read::AlertReading;
pub use sqlite::offline::{Offline, OfflineEntry};
pub use sqlite::records::Records;
pub use types::*;

use crate::error::Result;
use crate::model::{Account, Address, Coded, DistinguishedName, EntryKey, Kind, Mailbox, Operator, Record};
use std::collections::BTreeMap;
use std::io;
use std::sync::Arc;

/// An open store; clones share its connections.
#[derive(Clone, Debug)]
pub enum Store {
    Sqlite(Arc<sqlite::Sqlite>),
}

/// Opening, and what happened since.
impl Store {
    /// Opens the store of a data folder, creating or migrating it. Waits while a first load holds it; holds the shared lock for life.
    pub async fn open(data: &DataDir) -> Result<Self> {
        Ok(Self::Sqlite(Arc::new(sqlite::Sqlite::open(data).await?)))
    }

    /// Closes the connections of every clone; later questions fail. A process that goes on, and may then replace the database by a first
    /// load, closes before it drops: a dropped pool closes its files some time later.
    pub async fn close(&self) {
        match self {
            Self::Sqlite(db) => db.close().await,
        }
    }

    /// Random, made with the store; the index carries it.
    #[must_use]
    pub fn store_id(&self) -> &str {
        match self {
            Self::Sqlite(db) => db.store_id(),
        }
    }

    /// Random, made with the store: authenticates the cursors of its directory.
    #[must_use]
    pub fn cursor_key(&self) -> [u8; 32] {
        match self {
            Self::Sqlite(db) => db.cursor_key(),
        }
    }

    /// Highest change number committed, 0 for none.
    pub async fn last_change(&self) -> Result<i64> {
        match self {
            Self::Sqlite(db) => db.last_change().await,
        }
    }

    /// Changes above `seq`, in order, `limit` at most.
    pub async fn changes_after(&self, seq: i64, limit: usize) -> Result<Vec<Change>> {
        match self {
            Self::Sqlite(db) => db.changes_after(seq, limit).await,
        }
    }

    /// Is every change behind `seq` kept, up to number `through`?
    pub async fn keeps_changes(&self, seq: i64, through: i64) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.keeps_changes(seq, through).await,
        }
    }

    /// Withdrawing changes above `seq`: the highest number and the oldest time (UTC seconds), or `None`.
    pub async fn withdrawals_after(&self, seq: i64) -> Result<Option<(i64, i64)>> {
        match self {
            Self::Sqlite(db) => db.withdrawals_after(seq).await,
        }
    }

    /// Was anything withdrawn by a change behind `seq`? What is not known any more, since its row was pruned, counts as withdrawn.
    pub async fn withdrawn_since(&self, seq: i64) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.withdrawn_since(seq).await,
        }
    }

    /// Asks whoever projects to build the index anew; returns the number of the change that says so.
    pub async fn request_rebuild(&self, now: i64) -> Result<i64> {
        match self {
            Self::Sqlite(db) => db.request_rebuild(now).await,
        }
    }

    /// Drops change rows at or below the committed number and older than 30 days. Returns how many.
    pub async fn prune_changes(&self, committed: i64, now: i64) -> Result<u64> {
        match self {
            Self::Sqlite(db) => db.prune_changes(committed, now).await,
        }
    }

    /// Erases what may no longer be kept: rejected rows after 30 days, mailboxes one year after their closing, for as long that an entry was
    /// published and technical traces; what the journal says ten years after, when nothing holds it. Returns how many rows went.
    pub async fn purge(&self, now: i64) -> Result<u64> {
        match self {
            Self::Sqlite(db) => db.purge(now).await,
        }
    }
}

/// What the projection asks.
impl Store {
    /// Entries a change may alter, computed from the present state. `All` names none: it means rebuild.
    pub async fn dependants(&self, change: &Change) -> Result<Vec<EntryKey>> {
        self.dependants_of(std::slice::from_ref(change)).await
    }

    /// The same for many changes at once, each entry named once, sorted.
    pub async fn dependants_of(&self, changes: &[Change]) -> Result<Vec<EntryKey>> {
        match self {
            Self::Sqlite(db) => db.dependants_of(changes).await,
        }
    }

    /// [`Store::records`] as read, each put together when it is asked for: on any thread.
    pub async fn read_records(&self, keys: &[EntryKey]) -> Result<Records> {
        match self {
            Self::Sqlite(db) => db.read_records(keys).await,
        }
    }

    /// Complete records in the order asked, labels resolved; `None` for what is not in the store.
    pub async fn records(&self, keys: &[EntryKey]) -> Result<Vec<(EntryKey, Option<Record>)>> {
        match self {
            Self::Sqlite(db) => db.records(keys).await,
        }
    }

    /// Entries of a kind, shown or not, with the words each is sorted by, in id order: at most `most` behind `after`.
    pub async fn entry_names(&self, kind: Kind, after: &str, most: u32) -> Result<Vec<EntryName>> {
        match self {
            Self::Sqlite(db) => db.entry_names(kind, after, most).await,
        }
    }

    /// Was nothing ever published?
    pub async fn nothing_published(&self) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.nothing_published().await,
        }
    }

    /// Writes what was published for the first time; of entries that have rows already nothing is written. In key order it is fastest.
    /// The feed tells of them, as written at `told` (UTC seconds), unless nothing was ever published before.
    pub async fn add_published(&self, rows: &[PublishedRow], told: Option<i64>) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.add_published(rows, told).await,
        }
    }

    /// What was last published of these entries.
    pub async fn published(&self, entries: &[EntryKey]) -> Result<Vec<PublishedRow>> {
        match self {
            Self::Sqlite(db) => db.published(entries).await,
        }
    }

    /// Replaces the rows of `entries` by `rows`; in transactions of at most 2,000 entries, so that writers wait little.
    /// The feed tells of whatever an audience is shown differently for it; `now` in UTC seconds.
    pub async fn write_published(&self, entries: &[EntryKey], rows: &[PublishedRow], now: i64) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.write_published(entries, rows, now).await,
        }
    }

    /// Labels of the nomenclatures and of the RPPS files, by nomenclature, sorted by code: what may be told of codes whatever entries are shown.
    pub async fn official_labels(&self) -> Result<BTreeMap<String, Vec<Coded>>> {
        match self {
            Self::Sqlite(db) => db.official_labels().await,
        }
    }

    /// Those that only rows of the mailbox file tell too, hidden ones among them: for who may see every mailbox.
    pub async fn labels(&self) -> Result<BTreeMap<String, Vec<Coded>>> {
        match self {
            Self::Sqlite(db) => db.labels().await,
        }
    }
}

/// Trust: the liste blanche as loaded, accounts.
impl Store {
    /// A liste blanche was loaded at least once.
    pub async fn list_loaded(&self) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.list_loaded().await,
        }
    }

    /// The versions of the liste blanche that were applied, oldest first.
    pub async fn list_versions(&self) -> Result<Vec<ListVersion>> {
        match self {
            Self::Sqlite(db) => db.list_versions().await,
        }
    }

    /// The bytes of one, as they came; `sha256` in lower-case hexadecimal.
    pub async fn list_version_document(&self, sha256: &str) -> Result<Option<Vec<u8>>> {
        match self {
            Self::Sqlite(db) => db.list_version_document(sha256).await,
        }
    }

    /// Listed domains whose name says test, sorted.
    pub async fn test_domains(&self) -> Result<Vec<String>> {
        match self {
            Self::Sqlite(db) => db.test_domains().await,
        }
    }

    pub async fn operator(&self, id: &str) -> Result<Option<Operator>> {
        match self {
            Self::Sqlite(db) => db.operator(id).await,
        }
    }

    /// The domain is in the last liste blanche applied.
    pub async fn domain_listed(&self, domain: &str) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.domain_listed(domain).await,
        }
    }

    /// Operators whose certificates list the domain, in id order.
    pub async fn operators_of_domain(&self, domain: &str) -> Result<Vec<Operator>> {
        match self {
            Self::Sqlite(db) => db.operators_of_domain(domain).await,
        }
    }

    /// Creates an account. Refused when the name was ever given, also to a revoked account.
    pub async fn add_account(&self, account: &Account, secret_sha256: [u8; 32]) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.add_account(account, secret_sha256).await,
        }
    }

    /// Gives a client certificate to an account; `false` when no account of that name is in force. Refused when one in force has it.
    pub async fn add_account_certificate(&self, name: &str, subject: &DistinguishedName, now: i64) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.add_account_certificate(name, subject, now).await,
        }
    }

    /// All accounts, revoked ones too, by name.
    pub async fn accounts(&self) -> Result<Vec<Account>> {
        match self {
            Self::Sqlite(db) => db.accounts().await,
        }
    }

    /// `false` when there is no such account, or it is revoked already.
    pub async fn revoke_account(&self, name: &str, now: i64) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.revoke_account(name, now).await,
        }
    }

    /// The account of a secret, revoked or not.
    pub async fn account_by_secret(&self, secret_sha256: &[u8; 32]) -> Result<Option<Account>> {
        match self {
            Self::Sqlite(db) => db.account_by_secret(secret_sha256).await,
        }
    }

    /// The account of a client certificate, revoked or not.
    pub async fn account_by_certificate(&self, subject: &DistinguishedName) -> Result<Option<Account>> {
        match self {
            Self::Sqlite(db) => db.account_by_certificate(subject).await,
        }
    }
}

/// What publication asks; what it writes is in `publishing`.
impl Store {
    pub async fn mailbox(&self, address: &Address) -> Result<Option<Mailbox>> {
        match self {
            Self::Sqlite(db) => db.mailbox(address).await,
        }
    }

    /// The holders of these ids that the store knows, in id order.
    pub async fn professional_states(&self, ids: &[String]) -> Result<Vec<HolderState>> {
        match self {
            Self::Sqlite(db) => db.professional_states(ids).await,
        }
    }

    /// The structure that an identifier names (stable id, FINESS, SIRET, …), with the alias key to attach by.
    pub async fn structure_by_identifier(&self, identifier: &str) -> Result<Option<StructureMatch>> {
        match self {
            Self::Sqlite(db) => db.structure_by_identifier(identifier).await,
        }
    }
}

/// For administrators.
impl Store {
    pub async fn status(&self) -> Result<Status> {
        match self {
            Self::Sqlite(db) => db.status().await,
        }
    }

    /// The truth, sorted, one JSON line a row, without run ids and times: two stores that hold the same give the same bytes.
    pub async fn canonical_dump(&self, out: &mut (dyn io::Write + Send)) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.canonical_dump(out).await,
        }
    }
}
