//! Tables `journal`, `journal_payload`, `journal_day`: appending. A writer appends in its own transaction, so that no change exists
//! without its entry.
//!
//! Each row is chained to the one before over its id, time, day and the digest of its salted payload; the payload lies beside it, so that
//! it can be erased and the chain still be checked. The first row of a day closes the day before, whose head is kept. A clock that goes
//! back does not go back in the journal: the day of a row is never before that of the row before it, and ids are consecutive.
//! Nothing here reads the clock or changes a row.

use super::super::types::AuditEntry;
use super::{Sqlite, commit, db, statements};
use crate::error::{Error, Result};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use sqlx::SqliteConnection;

/// Days are compared as texts, which holds for years of four digits: 9999-01-01.
const LATEST: i64 = 253_370_764_800;

/// What the first row is chained to.
pub(super) const GENESIS: [u8; 32] = [0; 32];

statements! {
    LAST_ROW = "SELECT id, day, chain FROM journal ORDER BY id DESC LIMIT 1";
    LAST_DAY = "SELECT last, day, head FROM journal_day ORDER BY day DESC LIMIT 1";
    ROW = "INSERT INTO journal (id, at, day, payload_digest, chain) VALUES ($1, $2, $3, $4, $5)";
    PAYLOAD = "INSERT INTO journal_payload (id, salt, actor, action, object, payload) VALUES ($1, $2, $3, $4, $5, $6)";
    CLOSE_DAY = "INSERT INTO journal_day (day, first, last, head, previous, at, payload_digest)
        SELECT $1, coalesce((SELECT last + 1 FROM journal_day ORDER BY day DESC LIMIT 1), 1), $2, $3,
            coalesce((SELECT chain FROM journal WHERE id = $2 - 1), (SELECT head FROM journal_day WHERE last = $2 - 1), zeroblob(32)),
            at, payload_digest FROM journal WHERE id = $2";
}

/// The end of the chain, which the next row is written after.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Tip {
    pub id: i64,
    /// Empty before the first row.
    pub day: String,
    pub chain: Vec<u8>,
}

/// Appends an entry in the caller's transaction.
pub(super) async fn append(connection: &mut SqliteConnection, entry: &AuditEntry) -> Result<()> {
    let tip = tip(connection).await?;
    append_after(connection, &tip, entry).await.map(drop)
}

/// The same behind a tip that the caller knows.
pub(super) async fn append_after(connection: &mut SqliteConnection, tip: &Tip, entry: &AuditEntry) -> Result<Tip> {
    let failed = || db("writing the journal");
    let payload = canonical(entry)?;
    let mut salt = [0u8; 32];
    getrandom::fill(&mut salt).map_err(|e| Error::internal("the system gives no random bytes", e))?;
    let digest = payload_digest(&salt, &payload);
    let id = tip.id + 1;
    let day = paris_day(entry.at)?.max(tip.day.clone());
    if !tip.day.is_empty() && day != tip.day {
        let close = sqlx::query(CLOSE_DAY).bind(tip.day.as_str()).bind(tip.id).bind(tip.chain.as_slice());
        close.execute(&mut *connection).await.map_err(failed())?;
    }
    let chain = link(&tip.chain, id, entry.at, &day, &digest);
    let row = sqlx::query(ROW).bind(id).bind(entry.at).bind(day.as_str()).bind(digest.as_slice()).bind(chain.as_slice());
    row.execute(&mut *connection).await.map_err(failed())?;
    let beside = sqlx::query(PAYLOAD)
        .bind(id)
        .bind(salt.as_slice())
        .bind(entry.actor.as_str())
        .bind(entry.action.as_str())
        .bind(entry.object.as_str())
        .bind(payload);
    beside.execute(connection).await.map_err(failed())?;
    Ok(Tip { id, day, chain: chain.to_vec() })
}

pub(super) async fn tip(connection: &mut SqliteConnection) -> Result<Tip> {
    for statement in [LAST_ROW, LAST_DAY] {
        let last: Option<(i64, String, Vec<u8>)> =
            sqlx::query_as(statement).fetch_optional(&mut *connection).await.map_err(db("reading the journal"))?;
        if let Some((id, day, chain)) = last {
            return Ok(Tip { id, day, chain });
        }
    }
    Ok(Tip { id: 0, day: String::new(), chain: GENESIS.to_vec() })
}

/// One text for one entry: names in order, no spaces.
fn canonical(entry: &AuditEntry) -> Result<String> {
    let value = serde_json::to_value(entry).map_err(|error| Error::internal("writing the journal", error))?;
    Ok(value.to_string())
}

pub(super) fn payload_digest(salt: &[u8], payload: &str) -> [u8; 32] {
    Sha256::new().chain_update(salt).chain_update(payload).finalize().into()
}

/// All parts but the day have one length, so that no two rows are hashed as the same bytes.
pub(super) fn link(previous: &[u8], id: i64, at: i64, day: &str, payload_digest: &[u8]) -> [u8; 32] {
    let hasher = Sha256::new().chain_update(previous).chain_update(id.to_be_bytes()).chain_update(at.to_be_bytes());
    hasher.chain_update(day).chain_update(payload_digest).finalize().into()
}

/// The day of a moment in Paris.
pub(super) fn paris_day(at: i64) -> Result<String> {
    let failed = |e: jiff::Error| Error::internal("the day in Paris could not be told", e);
    let moment = Timestamp::from_second(at.clamp(0, LATEST)).map_err(failed)?;
    Ok(moment.to_zoned(crate::model::paris()).date().to_string())
}

impl Sqlite {
    pub async fn write_audit(&self, entry: &AuditEntry) -> Result<()> {
        let mut write = self.write().await?;
        append(&mut write, entry).await?;
        commit(write).await
    }

    pub async fn audit_head(&self) -> Result<[u8; 32]> {
        let tip = tip(&mut *self.read().await?).await?;
        tip.chain.as_slice().try_into().map_err(|error| Error::internal("the head of the journal is no digest", error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_paris() {
        let day = |time: &str| paris_day(time.parse::<Timestamp>().unwrap().as_second()).unwrap();
        assert_eq!(day("2026-12-31T22:59:59Z"), "2026-12-31");
        assert_eq!(day("2026-12-31T23:00:00Z"), "2027-01-01");
        assert_eq!(day("2026-07-01T22:00:00Z"), "2026-07-02");
        assert_eq!((paris_day(i64::MIN).unwrap(), paris_day(i64::MAX).unwrap()), ("1970-01-01".to_owned(), "9999-01-01".to_owned()));
    }

    /// Written down, because heads that auditors noted must be found again by every later version.
    #[test]
    fn the_chain_is_what_it_was() {
        let entry = AuditEntry { at: 5, actor: "é".to_owned(), detail: serde_json::json!({ "b": 1, "a": [2] }), ..AuditEntry::default() };
        let payload = canonical(&entry).unwrap();
        let expected = r#"{"action":"","actor":"é","at":5,"credential":"","detail":{"a":[2],"b":1},"object":"","request_id":"","result":"","source":""}"#;
        assert_eq!(payload, expected);
        let digest = payload_digest(&[7; 32], &payload);
        let by_hand = Sha256::digest([&[7; 32][..], payload.as_bytes()].concat());
        assert_eq!(digest.as_slice(), by_hand.as_slice());
        let parts = [&GENESIS[..], &[0, 0, 0, 0, 0, 0, 0, 1], &[0, 0, 0, 0, 0, 0, 0, 5], b"1970-01-01", &digest].concat();
        assert_eq!(link(&GENESIS, 1, 5, "1970-01-01", &digest).as_slice(), Sha256::digest(parts).as_slice());
    }
}
