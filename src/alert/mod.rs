//! Lists for the health authority (code de la santé publique, L.4001-2): whom to warn, at which addresses, and whom a list does not reach.
//!
//! A list is computed once, at one moment of the store, and fixed in files; downloads, also repeated and resumed ones, read the files.
//! Reason and reference are mandatory; above `alerts.confirm_above` lines a second account of the role must agree before anybody reads
//! the list. Lists are kept 30 days. Which mailbox may be written to is `visibility`'s to say; the liste rouge is in by the policy of the
//! settings and marked nowhere. Every act is in the journal: who, filter, counts, digests, reference, and never an address.
//!
//! What is asked is `request`, made ready in `criteria`; the one pass over everybody is `walk`, what it yields `rows` and `coverage`; the
//! files are `files`, their folders `folder`, the report as a page `page`. Messages are French: they tell a duty officer what to do.

mod ceiling;
mod coverage;
mod criteria;
mod files;
mod folder;
mod kept;
mod make;
mod page;
mod request;
mod rows;
mod turns;
mod walk;

pub use ceiling::{Because, Confirmation};
pub use coverage::{Counts, Coverage, CoverageRow, Group, Unplaced};
pub use files::{Digests, Format};
pub use kept::{Alert, AlertFile, Report};
pub use make::Preview;
pub use page::{content_security_policy, page};
pub use request::{AlertFilter, AlertRequest, Choice};
pub use rows::Column;

pub use crate::store::AlertState;

use crate::audit::Journal;
use crate::settings::AlertSettings;
use crate::store::{DataDir, Store};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How long a list waits for an import that is being applied.
const PATIENCE: Duration = Duration::from_secs(180);
/// How long a list is kept, and how long it may wait for its second person, seconds.
const KEPT: i64 = 30 * 24 * 3_600;
const CONFIRMABLE: i64 = 24 * 3_600;

/// Makes, keeps and gives out lists. Clones share whose turn it is.
#[derive(Clone, Debug)]
pub struct Alerts {
    store: Store,
    journal: Journal,
    root: PathBuf,
    policy: AlertSettings,
    turns: Arc<turns::Turns>,
    patience: Duration,
}

impl Alerts {
    #[must_use]
    pub fn new(store: Store, data: &DataDir, policy: &AlertSettings) -> Self {
        let journal = Journal::new(store.clone());
        Self { store, journal, root: data.alerts(), policy: policy.clone(), turns: Arc::default(), patience: PATIENCE }
    }

    /// With another patience for imports.
    #[must_use]
    pub fn with_patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }
}
