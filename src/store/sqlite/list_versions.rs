//! Every version of the liste blanche that was applied, with its bytes.
//!
//! A version is staged with the rows read from it and kept by the transaction that closes its run: a run that a kill interrupted before its
//! first slice leaves none, and one that is finished later keeps it then. The same bytes again are the same version, and nothing is written.

use super::super::types::{ListDocument, ListVersion};
use super::{Sqlite, db, statements};
use crate::error::{Error, Result};
use sha2::{Digest, Sha256};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

const LEVEL: i32 = 9;

const STAGE: &str = "INSERT OR REPLACE INTO list_version (sha256, generated, signer, signed, entries, bytes, document)
    VALUES ($1, $2, $3, $4, $5, $6, $7)";
// A run may have been staged by a program that kept no versions.
const STAGED: &str = "SELECT EXISTS (SELECT 1 FROM staging.sqlite_schema WHERE name = 'list_version')";
const KEEP: &str = "INSERT OR IGNORE INTO list_version (sha256, generated, received, signer, signed, entries, bytes, document)
    SELECT sha256, generated, $1, signer, signed, entries, bytes, document FROM staging.list_version";

statements! {
    VERSIONS = "SELECT sha256, generated, received, signer, signed, entries, bytes FROM list_version ORDER BY received, generated, sha256";
    DOCUMENT = "SELECT bytes, document FROM list_version WHERE sha256 = $1";
}

/// Puts a version into the staging database.
pub(super) async fn stage(staging: &mut SqliteConnection, list: &ListDocument<'_>) -> Result<()> {
    let packed = zstd::bulk::compress(list.document, LEVEL).map_err(|e| Error::internal("the liste blanche could not be packed", e))?;
    let sha256: String = Sha256::digest(list.document).iter().map(|byte| format!("{byte:02x}")).collect();
    let query = sqlx::query(STAGE).bind(sha256).bind(list.generated).bind(list.signer).bind(list.signed).bind(list.entries as i64);
    let query = query.bind(list.document.len() as i64).bind(packed);
    query.execute(staging).await.map_err(db("the liste blanche could not be staged"))?;
    Ok(())
}

/// Keeps what was staged, in the transaction that closes the run.
pub(super) async fn keep(write: &mut SqliteConnection, now: i64) -> Result<()> {
    let failed = || db("the liste blanche could not be kept");
    let staged: bool = sqlx::query_scalar(STAGED).fetch_one(&mut *write).await.map_err(failed())?;
    if staged {
        sqlx::query(KEEP).bind(now).execute(&mut *write).await.map_err(failed())?;
    }
    Ok(())
}

impl Sqlite {
    pub async fn list_versions(&self) -> Result<Vec<ListVersion>> {
        let version = |row: SqliteRow| {
            Ok(ListVersion {
                sha256: row.try_get("sha256")?,
                generated: row.try_get("generated")?,
                received: row.try_get("received")?,
                signer: row.try_get("signer")?,
                signed: row.try_get("signed")?,
                entries: row.try_get::<i64, _>("entries")?.unsigned_abs(),
                bytes: row.try_get::<i64, _>("bytes")?.unsigned_abs(),
            })
        };
        let read = sqlx::query(VERSIONS).try_map(version).fetch_all(&self.reader);
        read.await.map_err(db("reading the versions of the liste blanche"))
    }

    pub async fn list_version_document(&self, sha256: &str) -> Result<Option<Vec<u8>>> {
        let read = sqlx::query_as(DOCUMENT).bind(sha256).fetch_optional(&self.reader);
        let row: Option<(i64, Vec<u8>)> = read.await.map_err(db("reading a version of the liste blanche"))?;
        let unpacked = |(bytes, packed): (i64, Vec<u8>)| zstd::bulk::decompress(&packed, usize::try_from(bytes).unwrap_or_default());
        row.map(unpacked).transpose().map_err(|e| Error::internal("a version of the liste blanche could not be unpacked", e))
    }
}
