//! Single-row facts: the store's id, the key of cursors, whether a liste blanche was ever loaded, which embedded labels were seeded.

use super::{Sqlite, db, statements};
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

statements! {
    GET = "SELECT value FROM meta WHERE name = $1";
    SET = "INSERT INTO meta (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value";
    ENSURE_STORE_ID = "INSERT OR IGNORE INTO meta (name, value) VALUES ('store_id', lower(hex(randomblob(16))))";
    ENSURE_CURSOR_KEY = "INSERT OR IGNORE INTO meta (name, value) VALUES ('cursor_key', $1)";
}

pub(super) async fn get(connection: &mut SqliteConnection, name: &str) -> Result<Option<String>> {
    sqlx::query_scalar(GET).bind(name).fetch_optional(connection).await.map_err(db("reading the facts of the store"))
}

pub(super) async fn set(connection: &mut SqliteConnection, name: &str, value: &str) -> Result<()> {
    sqlx::query(SET).bind(name).bind(value).execute(connection).await.map_err(db("writing the facts of the store"))?;
    Ok(())
}

/// 32 random bytes in hexadecimal, once. Kept in the store so that cursors survive a restart and hold on every machine that shares it.
pub(super) async fn ensure_cursor_key(connection: &mut SqliteConnection) -> Result<()> {
    let mut key = [0u8; 32];
    getrandom::fill(&mut key).map_err(|e| Error::internal("the system gives no random bytes", e))?;
    let key: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
    sqlx::query(ENSURE_CURSOR_KEY).bind(key).execute(connection).await.map_err(db("writing the facts of the store"))?;
    Ok(())
}

pub(super) async fn cursor_key(connection: &mut SqliteConnection) -> Result<[u8; 32]> {
    Ok(Sha256::digest(get(connection, "cursor_key").await?.unwrap_or_default()).into())
}

pub(super) async fn ensure_store_id(connection: &mut SqliteConnection) -> Result<()> {
    sqlx::query(ENSURE_STORE_ID).execute(connection).await.map_err(db("naming the store"))?;
    Ok(())
}

pub(super) async fn store_id(connection: &mut SqliteConnection) -> Result<String> {
    Ok(get(connection, "store_id").await?.unwrap_or_default())
}

/// Written (`set(…, "list_loaded", "1")`) with the first liste blanche, in its transaction.
pub(super) async fn list_loaded(connection: &mut SqliteConnection) -> Result<bool> {
    Ok(get(connection, "list_loaded").await?.is_some_and(|value| value == "1"))
}

impl Sqlite {
    pub async fn list_loaded(&self) -> Result<bool> {
        list_loaded(&mut *self.read().await?).await
    }
}
