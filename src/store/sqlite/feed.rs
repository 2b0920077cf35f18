//! Table `feed`: that an audience is shown something else of an entry than before, in the order it happened.
//!
//! Rows are written in the transaction of the `published` rows they compare (see `published`), before the index shows their content.
//! Readers know rows up to the mark only, which the projection raises when everything written is in the live index.

use super::super::feed::{FeedPlaces, FeedRow};
use super::super::types::PublishedRow;
use super::{Sqlite, commit, db, statements};
use crate::error::{Error, Result};
use crate::model::{Audience, EntryKey};
use sqlx::{Row, SqliteConnection};
use std::collections::BTreeMap;

/// Days a row is kept.
pub(super) const KEPT_SECONDS: i64 = 90 * 24 * 3600;
/// Further than any row will ever be numbered before: cursors given on another course of the store stand behind no row of this one.
const LEAP: i64 = 1 << 32;

statements! {
    APPEND = "INSERT INTO feed (entry, audiences, at) SELECT value ->> 0, value ->> 1, $2 FROM json_each($1)";
    ROWS = "SELECT n, entry FROM feed WHERE n > $1 AND n <= $2 AND audiences & $3 ORDER BY n LIMIT $4";
    LATEST = "SELECT n FROM feed WHERE n <= $1 AND audiences & $2 ORDER BY n DESC LIMIT 1";
    PLACES = "SELECT max(iif(name = 'told', n, 0)) AS told, max(iif(name = 'forgotten_' || $1, n, 0)) AS forgotten FROM feed_mark";
    TOLD = "SELECT n FROM feed_mark WHERE name = 'told'";
    WRITTEN = "SELECT coalesce((SELECT n FROM feed ORDER BY n DESC LIMIT 1), 0)";
    TELL = "UPDATE feed_mark SET n = $1 WHERE name = 'told' AND n < $1";
    LEAPT = "INSERT INTO feed (n, entry, audiences, at)
        VALUES (max(coalesce((SELECT max(n) FROM feed), 0), (SELECT max(n) FROM feed_mark)) + $1, '', 0, $2) RETURNING n";
    FORGET_ALL = "UPDATE feed_mark SET n = $1 WHERE name <> 'told'";
    OLDEST_KEPT = "SELECT coalesce(max(n), 0) FROM feed WHERE at < $1 AND n <= (SELECT n FROM feed_mark WHERE name = 'told')";
    FORGET = "UPDATE feed_mark SET n = max(n, coalesce((SELECT max(feed.n) FROM feed WHERE feed.n <= $1 AND audiences & $2), 0))
        WHERE name = 'forgotten_' || $2";
    ERASE = "DELETE FROM feed WHERE n <= $1";
}

/// The audiences that are shown something else after than before, as a set; 0 for none.
pub(super) fn difference<'a>(before: impl Iterator<Item = &'a PublishedRow> + Clone, after: &[&PublishedRow]) -> u8 {
    let shown = |row: &&PublishedRow, bit: u8| row.gone.is_none() && row.audiences & bit != 0;
    Audience::ALL.into_iter().map(Audience::bit).fold(0, |set, bit| {
        let was = before.clone().find(|row| shown(row, bit)).map(|row| (row.digest, row.since));
        let is = after.iter().copied().find(|row| shown(row, bit)).map(|row| (row.digest, row.since));
        if was == is { set } else { set | bit }
    })
}

/// Appends in the caller's transaction, in key order.
pub(super) async fn append(write: &mut SqliteConnection, rows: &BTreeMap<&EntryKey, u8>, now: i64) -> Result<()> {
    let rows: Vec<_> = rows.iter().filter(|(_, set)| **set != 0).map(|(entry, set)| serde_json::json!([entry.to_string(), set])).collect();
    if rows.is_empty() {
        return Ok(());
    }
    let append = sqlx::query(APPEND).bind(serde_json::Value::Array(rows).to_string()).bind(now);
    append.execute(write).await.map_err(db("writing the feed"))?;
    Ok(())
}

/// Erases what is too old and told; what nobody was told yet stays. Number of rows.
pub(super) async fn erase(write: &mut SqliteConnection, now: i64) -> Result<u64> {
    let failed = || db("erasing what is no longer kept");
    let last: i64 = sqlx::query_scalar(OLDEST_KEPT).bind(now - KEPT_SECONDS).fetch_one(&mut *write).await.map_err(failed())?;
    if last == 0 {
        return Ok(0);
    }
    for audience in Audience::ALL {
        sqlx::query(FORGET).bind(last).bind(i64::from(audience.bit())).execute(&mut *write).await.map_err(failed())?;
    }
    Ok(sqlx::query(ERASE).bind(last).execute(write).await.map_err(failed())?.rows_affected())
}

impl Sqlite {
    /// Rows between two numbers that concern an audience, in order.
    pub async fn feed_rows(&self, audience: Audience, after: i64, through: i64, limit: usize) -> Result<Vec<FeedRow>> {
        let rows = sqlx::query(ROWS).bind(after).bind(through).bind(i64::from(audience.bit()));
        let rows = rows.bind(i64::try_from(limit).unwrap_or(i64::MAX)).fetch_all(&self.reader).await.map_err(db("reading the feed"))?;
        let row = |row: sqlx::sqlite::SqliteRow| {
            let entry: &str = row.try_get("entry").map_err(db("reading the feed"))?;
            let entry = EntryKey::parse(entry).ok_or_else(|| Error::internal("reading the feed", "a row cannot be read"))?;
            Ok(FeedRow { n: row.try_get("n").map_err(db("reading the feed"))?, entry })
        };
        rows.into_iter().map(row).collect()
    }

    pub async fn feed_places(&self, audience: Audience) -> Result<FeedPlaces> {
        let row = sqlx::query(PLACES).bind(i64::from(audience.bit())).fetch_one(&self.reader).await.map_err(db("reading the feed"))?;
        let number = |name: &str| row.try_get::<i64, _>(name).map_err(db("reading the feed"));
        Ok(FeedPlaces { told: number("told")?, forgotten: number("forgotten")? })
    }

    /// The mark alone, for whoever waits.
    pub async fn feed_told(&self) -> Result<i64> {
        sqlx::query_scalar(TOLD).fetch_one(&self.reader).await.map_err(db("reading the feed"))
    }

    /// The last row told that concerns an audience, 0 for none.
    pub async fn feed_latest(&self, audience: Audience, told: i64) -> Result<i64> {
        let found = sqlx::query_scalar(LATEST).bind(told).bind(i64::from(audience.bit())).fetch_optional(&self.reader);
        Ok(found.await.map_err(db("reading the feed"))?.unwrap_or(0))
    }

    /// Everything written may be told.
    pub async fn tell_feed(&self) -> Result<()> {
        let written: i64 = sqlx::query_scalar(WRITTEN).fetch_one(&self.reader).await.map_err(db("reading the feed"))?;
        if written <= self.feed_told().await? {
            return Ok(());
        }
        let mut write = self.write().await?;
        sqlx::query(TELL).bind(written).execute(&mut *write).await.map_err(db("writing the feed"))?;
        commit(write).await
    }

    /// These entries were, or are about to be, missing from the live index for a while.
    pub async fn append_feed(&self, rows: &BTreeMap<&EntryKey, u8>, now: i64) -> Result<()> {
        let mut write = self.write().await?;
        append(&mut write, rows, now).await?;
        commit(write).await
    }

    /// No cursor given so far is good any more.
    pub async fn begin_feed_anew(&self, now: i64) -> Result<()> {
        let mut write = self.write().await?;
        let n: i64 = sqlx::query_scalar(LEAPT).bind(LEAP).bind(now).fetch_one(&mut *write).await.map_err(db("writing the feed"))?;
        sqlx::query(FORGET_ALL).bind(n).execute(&mut *write).await.map_err(db("writing the feed"))?;
        commit(write).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::Kind;

    fn row(audiences: u8, digest: u8, gone: Option<i64>) -> PublishedRow {
        let entry = EntryKey::new(Kind::Structure, "S1");
        PublishedRow { entry, audiences, digest: [digest; 8], since: 10, created: 10, gone }
    }

    #[test]
    fn each_audience_is_compared_by_itself() {
        for (before, after, expected) in [
            (vec![], vec![row(3, 1, None)], 3),
            (vec![row(3, 1, None)], vec![row(3, 1, None)], 0),
            (vec![row(3, 1, None)], vec![row(3, 1, Some(20))], 3),
            // What only professionals are shown comes, changes and goes.
            (vec![row(3, 1, None)], vec![row(1, 1, None), row(2, 2, None)], 2),
            (vec![row(1, 1, None), row(2, 2, None)], vec![row(1, 1, None), row(2, 3, None)], 2),
            (vec![row(1, 1, None), row(2, 2, None)], vec![row(3, 1, None)], 2),
            (vec![], vec![row(2, 2, None)], 2),
            // Gone stays gone, in whatever rows that is noted.
            (vec![row(3, 1, Some(20))], vec![row(2, 2, None), row(1, 1, Some(20))], 2),
            (vec![row(1, 1, Some(20)), row(2, 1, Some(20))], vec![row(3, 1, Some(20))], 0),
        ] {
            assert_eq!(difference(before.iter(), &after.iter().collect::<Vec<_>>()), expected, "{before:?} {after:?}");
        }
    }
}
