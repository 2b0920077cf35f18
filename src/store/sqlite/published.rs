//! Table `published`: what the index last showed of each entry, and since when; written by the projection only.

use super::super::types::PublishedRow;
use super::{Sqlite, commit, db, json, rows, statements};
use crate::error::Result;
use crate::model::{EntryKey, Kind};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;
use std::collections::BTreeMap;

/// Entries of one transaction: bounds the time a waiting publication is held up.
const BATCH: usize = 2_000;

statements! {
    READ = "SELECT entry, audiences, digest, since, created, gone FROM published
        WHERE entry IN (SELECT value FROM json_each($1)) ORDER BY entry, audiences";
    DELETE = "DELETE FROM published WHERE entry IN (SELECT value FROM json_each($1))";
    // Digests travel as hexadecimal: JSON has no bytes.
    INSERT = "INSERT INTO published (entry, audiences, digest, since, created, gone)
        SELECT value ->> 0, value ->> 1, unhex(value ->> 2), value ->> 3, value ->> 4, value ->> 5 FROM json_each($1)";
}

impl Sqlite {
    pub async fn published(&self, entries: &[EntryKey]) -> Result<Vec<PublishedRow>> {
        let mut found = Vec::new();
        for batch in entries.chunks(BATCH) {
            let asked = json(batch.iter().map(EntryKey::to_string));
            let read = sqlx::query(READ).bind(asked).try_map(|row| published(&row)).fetch_all(&self.reader);
            found.extend(read.await.map_err(db("reading what is published"))?);
        }
        Ok(found)
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
    let digest: String = row.digest.iter().map(|byte| format!("{byte:02x}")).collect();
    serde_json::json!([row.entry.to_string(), row.audiences, digest, row.since, row.created, row.gone])
}

fn published(row: &SqliteRow) -> sqlx::Result<PublishedRow> {
    let digest: &[u8] = row.try_get("digest")?;
    Ok(PublishedRow {
        entry: rows::word(row, "entry", parse_key)?,
        audiences: row.try_get("audiences")?,
        digest: digest.try_into().map_err(|_| rows::unreadable("digest"))?,
        since: row.try_get("since")?,
        created: row.try_get("created")?,
        gone: row.try_get("gone")?,
    })
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
