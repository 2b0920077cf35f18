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

/// What was counted of a day, or of a month.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CountedDay {
    /// `directory`, `consultation`, `exchanges`.
    pub part: String,
    pub day: String,
    /// The day whose mailboxes this one's were compared with.
    pub compared_with: Option<String>,
}

/// Questions to the directory on a day that is not over, by door and class of duration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsultationRow {
    pub day: String,
    /// `ldap`, `rest`.
    pub interface: String,
    /// Longest duration of the class, microseconds.
    pub longest: i64,
    pub questions: i64,
    /// Of them, those to which nothing was found.
    pub empty: i64,
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
    /// Replaces what was counted of one part of a day, the figures of `measures`, and leaves a trace, in one transaction. The rows that the
    /// consultation of the day was counted from go with it.
    pub async fn write_figures(
        &self,
        scope: &str,
        counted: &CountedDay,
        measures: &[&str],
        figures: &[FigureRow],
        trace: &Trace,
    ) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.write_figures(scope, counted, measures, figures, trace).await,
        }
    }

    /// In the order of day, cut, key, measure.
    pub async fn figures(&self, scope: &str, query: &FigureQuery) -> Result<Vec<FigureRow>> {
        match self {
            Self::Sqlite(db) => db.figures(scope, query).await,
        }
    }

    /// The last day, or month, of which this part was counted.
    pub async fn last_counted(&self, scope: &str, part: &str) -> Result<Option<String>> {
        match self {
            Self::Sqlite(db) => db.last_counted(scope, part).await,
        }
    }

    /// What was counted between two days, both with them, in the order of part and day.
    pub async fn counted_days(&self, scope: &str, from: &str, to: &str) -> Result<Vec<CountedDay>> {
        match self {
            Self::Sqlite(db) => db.counted_days(scope, from, to).await,
        }
    }

    /// Was there ever a figure of this key? Looks through all of the scope.
    pub async fn has_figures(&self, scope: &str, cut: &str, key: &str) -> Result<bool> {
        match self {
            Self::Sqlite(db) => db.has_figures(scope, cut, key).await,
        }
    }

    /// Adds to the questions counted of a day.
    pub async fn add_consultation(&self, rows: &[ConsultationRow]) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.add_consultation(rows).await,
        }
    }

    /// Questions counted of days before this one of which no figures were made yet.
    pub async fn consultation_before(&self, day: &str) -> Result<Vec<ConsultationRow>> {
        match self {
            Self::Sqlite(db) => db.consultation_before(day).await,
        }
    }

    /// When each operator last sent something itself, a mailbox or a batch that was no rehearsal: UTC seconds.
    pub async fn operator_feeds(&self) -> Result<Vec<(String, i64)>> {
        match self {
            Self::Sqlite(db) => db.operator_feeds().await,
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
