//! Table `published`: what the index last showed of each entry, and since when; written by the projection only.

use super::super::types::{ContentDigest, PublishedRow};
use super::{Sqlite, commit, db, feed, json, statements};
use crate::error::{Error, Result};
use crate::model::EntryKey;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, BTreeSet};

/// Entries of one transaction: bounds the time a waiting publication is held up.
const BATCH: usize = 2_000;

statements! {
    READ = "SELECT json_group_array(json_array(entry, audiences, hex(digest), since, iif(created = 0, since, created), gone)) FROM published
        WHERE entry IN (SELECT value FROM json_each($1))";
    IS_EMPTY = "SELECT NOT EXISTS (SELECT 1 FROM published)";
    DELETE = "DELETE FROM published WHERE entry IN (SELECT value FROM json_each($1))";
    // Digests travel as hexadecimal: JSON has no bytes. A `created` of 0 stands for the same as `since`, as nearly every row has it.
    INSERT = "INSERT INTO published (entry, audiences, digest, since, created, gone)
        SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)";
    UNKNOWN = "SELECT json_group_array(value ->> 0) FROM json_each($1) WHERE value ->> 0 NOT IN (SELECT entry FROM published)";
    INSERT_MISSING = "INSERT OR IGNORE INTO published (entry, audiences, digest, since, created, gone)
        SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)";
}

impl Sqlite {
    pub async fn published(&self, entries: &[EntryKey]) -> Result<Vec<PublishedRow>> {
        let mut found = Vec::new();
        for batch in entries.chunks(BATCH) {
            let asked = json(batch.iter().map(EntryKey::to_string));
            let mut reader = self.read().await?;
            found.extend(read(&mut reader, asked).await?);
        }
        Ok(found)
    }

    pub async fn nothing_published(&self) -> Result<bool> {
        sqlx::query_scalar(IS_EMPTY).fetch_one(&self.reader).await.map_err(db("reading what is published"))
    }

    /// Rows that are there already stay as they are. `told`: when the feed is to tell of them, and since when.
    pub async fn add_published(&self, rows: &[PublishedRow], told: Option<i64>) -> Result<()> {
        for batch in rows.chunks(BATCH) {
            let new = serde_json::Value::Array(batch.iter().map(as_json).collect()).to_string();
            let mut write = self.write().await?;
            if let Some(now) = told {
                let unknown: String =
                    sqlx::query_scalar(UNKNOWN).bind(&new).fetch_one(&mut *write).await.map_err(db("writing what is published"))?;
                let unknown: BTreeSet<String> =
                    serde_json::from_str(&unknown).map_err(|e| Error::internal("writing what is published", e))?;
                let mut changed = BTreeMap::new();
                for row in batch.iter().filter(|row| unknown.contains(&row.entry.to_string())) {
                    *changed.entry(&row.entry).or_default() |= feed::difference([].iter(), &[row]);
                }
                feed::append(&mut write, &changed, now).await?;
            }
            sqlx::query(INSERT_MISSING).bind(new).execute(&mut *write).await.map_err(db("writing what is published"))?;
            commit(write).await?;
        }
        Ok(())
    }

    /// Rows of entries that `entries` does not name are ignored. The feed tells of each audience that is shown something else than before.
    pub async fn write_published(&self, entries: &[EntryKey], rows: &[PublishedRow], now: i64) -> Result<()> {
        let mut by_entry: BTreeMap<&EntryKey, Vec<&PublishedRow>> = BTreeMap::new();
        for row in rows {
            by_entry.entry(&row.entry).or_default().push(row);
        }
        for batch in entries.chunks(BATCH) {
            let replaced = json(batch.iter().map(EntryKey::to_string));
            let mut write = self.write().await?;
            let before = read(&mut write, replaced.clone()).await?;
            let mut new = Vec::with_capacity(batch.len());
            let mut changed = BTreeMap::new();
            for entry in batch {
                let after = by_entry.remove(entry).unwrap_or_default();
                let start = before.partition_point(|row| row.entry < *entry);
                let was = before.get(start..).unwrap_or_default().iter().take_while(|row| row.entry == *entry);
                *changed.entry(entry).or_default() |= feed::difference(was, &after);
                new.extend(after.into_iter().map(as_json));
            }
            feed::append(&mut write, &changed, now).await?;
            sqlx::query(DELETE).bind(replaced).execute(&mut *write).await.map_err(db("writing what is published"))?;
            let insert = sqlx::query(INSERT).bind(serde_json::Value::Array(new).to_string());
            insert.execute(&mut *write).await.map_err(db("writing what is published"))?;
            commit(write).await?;
        }
        Ok(())
    }
}

/// The rows of entries, sorted by entry.
async fn read(connection: &mut SqliteConnection, entries: String) -> Result<Vec<PublishedRow>> {
    let rows: String = sqlx::query_scalar(READ).bind(entries).fetch_one(connection).await.map_err(db("reading what is published"))?;
    let rows: Vec<Row> = serde_json::from_str(&rows).map_err(|e| Error::internal("reading what is published", e))?;
    let row = |row| published(row).ok_or_else(|| Error::internal("reading what is published", "a row cannot be read"));
    let mut rows: Vec<PublishedRow> = rows.into_iter().map(row).collect::<Result<_>>()?;
    rows.sort_unstable_by(|a, b| (&a.entry, a.audiences).cmp(&(&b.entry, b.audiences)));
    Ok(rows)
}

fn as_json(row: &PublishedRow) -> serde_json::Value {
    let mut digest = String::with_capacity(2 * row.digest.len());
    let created = if row.created == row.since { 0 } else { row.created };
    for byte in row.digest {
        digest.extend([byte >> 4, byte & 15].into_iter().filter_map(|half| char::from_digit(u32::from(half), 16)));
    }
    serde_json::json!([row.entry.to_string(), row.audiences, digest, row.since, created, row.gone])
}

/// entry, audiences, digest, since, created, gone.
type Row = (String, u8, String, i64, i64, Option<i64>);

fn published((entry, audiences, digest, since, created, gone): Row) -> Option<PublishedRow> {
    let entry = EntryKey::parse(&entry)?;
    // Rows of before have more, of which the first tell as well whether an entry changed.
    let mut bytes = ContentDigest::default();
    for (byte, place) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digest.get(place..place + 2)?, 16).ok()?;
    }
    Some(PublishedRow { entry, audiences, digest: bytes, since, created, gone })
}
