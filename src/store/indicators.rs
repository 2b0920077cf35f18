//! What the indicators ask and keep: figures of a day, what only the store knows, and the exchange figures of operators by month.

use super::{Store, Trace};
use crate::error::Result;
use serde::{Deserialize, Serialize};

/// A figure of a day, or of a month (`2026-11`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FigureRow {
    pub day: String,
    pub cut: String,
    pub key: String,
    pub measure: String,
    /// `None`: it may not be told.
    pub value: Option<i64>,
}

/// Which figures are asked for; days are ISO, both ends with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct FigureQuery {
    pub from: String,
    pub to: String,
    pub cut: Option<String>,
    pub key: Option<String>,
    pub measure: Option<String>,
    pub limit: usize,
}

/// Exchange figures of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExchangeMonth {
    pub month: String,
    pub operator: String,
    pub domain: String,
    pub sent: bool,
    /// By mailboxes that the public was shown when this was counted.
    pub shown: bool,
    pub messages: i64,
    pub bytes: i64,
    pub active_mailboxes: i64,
}

impl Store {
    /// Replaces all figures of a day and scope (`public`, `full`), and leaves a trace, in one transaction.
    pub async fn write_figures(&self, scope: &str, day: &str, figures: &[FigureRow], trace: &Trace) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.write_figures(scope, day, figures, trace).await,
        }
    }

    /// In the order of day, cut, key, measure.
    pub async fn figures(&self, scope: &str, query: &FigureQuery) -> Result<Vec<FigureRow>> {
        match self {
            Self::Sqlite(db) => db.figures(scope, query).await,
        }
    }

    /// The last day there are figures of, months aside.
    pub async fn last_figures(&self, scope: &str) -> Result<Option<String>> {
        match self {
            Self::Sqlite(db) => db.last_figures(scope).await,
        }
    }

    /// Everything the store holds, hidden mailboxes too, by nation, region, state and reason: cut, key, measure, count. `regions`: départements
    /// with their region.
    pub async fn full_counts(&self, regions: &[(&str, &str)]) -> Result<Vec<(String, String, String, i64)>> {
        match self {
            Self::Sqlite(db) => db.full_counts(regions).await,
        }
    }

    /// The edition applied last of each kind of file: 12 digits, Europe/Paris.
    pub async fn editions(&self) -> Result<Vec<(String, String)>> {
        match self {
            Self::Sqlite(db) => db.editions().await,
        }
    }

    /// Exchange figures of the months that are counted, by month.
    pub async fn exchange_months(&self) -> Result<Vec<ExchangeMonth>> {
        match self {
            Self::Sqlite(db) => db.exchange_months().await,
        }
    }
}
