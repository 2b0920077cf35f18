//! Table `published`: what the index last showed of each entry, and since when; written by the projection only.

use super::super::types::{ContentDigest, PublishedRow};
use super::{Sqlite, commit, db, json, statements};
use crate::error::{Error, Result};
use crate::model::{EntryKey, Kind};
use std::collections::BTreeMap;

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
    INSERT_MISSING = "INSERT OR IGNORE INTO published (entry, audiences, digest, since, created, gone)
        SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)";
}

impl Sqlite {
    pub async fn published(&self, entries: &[EntryKey]) -> Result<Vec<PublishedRow>> {
        let mut found = Vec::new();
        for batch in entries.chunks(BATCH) {
            let asked = json(batch.iter().map(EntryKey::to_string));
            let rows: String =
                sqlx::query_scalar(READ).bind(asked).fetch_one(&self.reader).await.map_err(db("reading what is published"))?;
            let mut rows: Vec<Row> = serde_json::from_str(&rows).map_err(|e| Error::internal("reading what is published", e))?;
            rows.sort_unstable();
            for row in rows {
                found.push(published(row).ok_or_else(|| Error::internal("reading what is published", "a row cannot be read"))?);
            }
        }
        Ok(found)
    }

    pub async fn nothing_published(&self) -> Result<bool> {
        sqlx::query_scalar(IS_EMPTY).fetch_one(&self.reader).await.map_err(db("reading what is published"))
    }

    /// Rows that are there already stay as they are.
    pub async fn add_published(&self, rows: &[PublishedRow]) -> Result<()> {
        for batch in rows.chunks(BATCH) {
            let rows = serde_json::Value::Array(batch.iter().map(as_json).collect()).to_string();
            let mut write = self.write().await?;
            sqlx::query(INSERT_MISSING).bind(rows).execute(&mut *write).await.map_err(db("writing what is published"))?;
            commit(write).await?;
        }
        Ok(())
    }

    /// Rows of entries that `entries` does not name are ignored.
    pub async fn write_published(&self, entries: &[EntryKey], rows: &[PublishedRow]) -> Result<()> {
        let mut by_entry: BTreeMap<&EntryKey, Vec<&PublishedRow>> = BTreeMap::new();
        for row in rows {
            by_entry.entry(&row.entry).or_default().push(row);
        }
        for batch in entries.chunks(BATCH) {
            let replaced = json(batch.iter().map(EntryKey::to_string));
            let new: Vec<_> = batch.iter().filter_map(|entry| by_entry.remove(entry)).flatten().map(as_json).collect();
            let mut write = self.write().await?;
            sqlx::query(DELETE).bind(replaced).execute(&mut *write).await.map_err(db("writing what is published"))?;
            let insert = sqlx::query(INSERT).bind(serde_json::Value::Array(new).to_string());
            insert.execute(&mut *write).await.map_err(db("writing what is published"))?;
            commit(write).await?;
        }
        Ok(())
    }
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
    let entry = parse_key(&entry)?;
    // Rows of before have more, of which the first tell as well whether an entry changed.
    let mut bytes = ContentDigest::default();
    for (byte, place) in bytes.iter_mut().zip((0..).step_by(2)) {
        *byte = u8::from_str_radix(digest.get(place..place + 2)?, 16).ok()?;
    }
    Some(PublishedRow { entry, audiences, digest: bytes, since, created, gone })
}

fn parse_key(text: &str) -> Option<EntryKey> {
    let (letter, id) = text.split_once(':')?;
    let kind = match letter {
        "m" => Kind::Mailbox,
        "p" => Kind::Professional,
        "s" => Kind::Structure,
        _ => return None,
    };
    Some(EntryKey::new(kind, id))
}
