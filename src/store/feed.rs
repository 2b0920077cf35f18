//! What the change feed asks: which entries an audience is shown differently than before, in order, and how far that may be told.

use super::Store;
use crate::error::Result;
use crate::model::{Audience, EntryKey};
use std::collections::BTreeMap;

/// That something changed for an audience. What, the index says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FeedRow {
    pub n: i64,
    pub entry: EntryKey,
}

/// Where the feed begins and ends for an audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FeedPlaces {
    /// Rows up to this number are in the live index.
    pub told: i64,
    /// The last row that concerned the audience and is not kept any more; 0 for none.
    pub forgotten: i64,
}

impl Store {
    /// Rows behind `after` up to `through` that concern an audience, in order, `limit` at most. An entry may come more than once.
    pub async fn feed_rows(&self, audience: Audience, after: i64, through: i64, limit: usize) -> Result<Vec<FeedRow>> {
        match self {
            Self::Sqlite(db) => db.feed_rows(audience, after, through, limit).await,
        }
    }

    pub async fn feed_places(&self, audience: Audience) -> Result<FeedPlaces> {
        match self {
            Self::Sqlite(db) => db.feed_places(audience).await,
        }
    }

    /// [`FeedPlaces::told`], for whoever waits.
    pub async fn feed_told(&self) -> Result<i64> {
        match self {
            Self::Sqlite(db) => db.feed_told().await,
        }
    }

    /// The last row up to `told` that concerns an audience, 0 for none.
    pub async fn feed_latest(&self, audience: Audience, told: i64) -> Result<i64> {
        match self {
            Self::Sqlite(db) => db.feed_latest(audience, told).await,
        }
    }

    /// Everything written may be told: the live index holds it. Writes nothing when that was so before.
    pub async fn tell_feed(&self) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.tell_feed().await,
        }
    }

    /// Tells once more of entries that are missing from the live index for a while: whoever reads them meanwhile takes them for gone.
    /// With sets of `Audience::bit`; `now` in UTC seconds.
    pub async fn append_feed(&self, rows: &BTreeMap<&EntryKey, u8>, now: i64) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.append_feed(rows, now).await,
        }
    }

    /// Whoever follows the feed starts again: what is published came, or changed, without a row.
    pub async fn begin_feed_anew(&self, now: i64) -> Result<()> {
        match self {
            Self::Sqlite(db) => db.begin_feed_anew(now).await,
        }
    }
}
