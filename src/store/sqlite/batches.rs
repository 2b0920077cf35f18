//! Batches, deltas and full states: what was received, how far it has come, what is told of it.
//!
//! A batch and its items are committed before anything of it is carried out, and its progress moves in the transaction of the writes it
//! counts: killed anywhere, it is gone on with where it stood. Items are dropped at its end, reports a year later.

use super::super::mailbox_rules;
use super::super::types::AuditEntry;
use super::super::writing::{Batch, BatchItem, BatchMode, BatchState, Progress};
use super::{Sqlite, audit, commit, db, rows, statements};
use crate::error::{Error, Kind, Result};
use sqlx::sqlite::SqliteRow;
use sqlx::{Row, SqliteConnection};

macro_rules! batch {
    ($rest:literal) => {
        concat!(
            "SELECT id, operator, mode, sequence, digest, dry_run, state, actor, received_at, started_at, ended_at, total, done, counters,
            lines_left_out, mark FROM batch ",
            $rest
        )
    };
}

statements! {
    ADD = "INSERT INTO batch (id, arrival, mark, operator, mode, sequence, digest, dry_run, state, actor, received_at, total, done, counters)
        VALUES ($1, (SELECT coalesce(max(arrival), 0) + 1 FROM batch), (SELECT coalesce(max(id), 0) FROM mailbox_history), $2, $3, $4, $5, $6, 'received', $7, $8, $9, 0, $10)";
    ADD_ITEMS = "INSERT INTO batch_item (batch, place, line, body) SELECT $1, value ->> 0, value ->> 1, unhex(value ->> 2) FROM json_each($2)";
    BY_SEQUENCE = batch!("WHERE operator = $1 AND sequence = $2 AND dry_run = 0");
    LAST_SEQUENCE = "SELECT max(sequence) FROM batch WHERE operator = $1 AND sequence IS NOT NULL AND dry_run = 0";
    WAITING_OF = "SELECT count(*) FROM batch WHERE operator = $1 AND state = 'received'";
    BY_ID = batch!("WHERE id = $1");
    ONE = batch!("WHERE id = $1 AND operator = $2");
    OF_OPERATOR = batch!("WHERE operator = $1 ORDER BY arrival DESC LIMIT $2");
    // The oldest of each operator, whose turn it is.
    WAITING = batch!("WHERE state = 'received' AND NOT EXISTS (SELECT 1 FROM batch AS earlier WHERE earlier.operator = batch.operator
        AND earlier.state = 'received' AND earlier.arrival < batch.arrival) ORDER BY arrival");
    ITEMS = "SELECT place, line, body FROM batch_item WHERE batch = $1 AND place > $2 ORDER BY place LIMIT $3";
    LINES = "SELECT report FROM batch_line WHERE batch = $1 AND place > $2 ORDER BY place LIMIT $3";
    ADVANCE = "UPDATE batch SET done = $2, counters = $3, lines_left_out = $4, started_at = coalesce(started_at, $6),
        state = iif($5, 'done', state), ended_at = iif($5, $6, ended_at) WHERE id = $1 AND state = 'received' AND done = $7";
    ADD_LINES = "INSERT INTO batch_line (batch, place, report) SELECT $1, value ->> 0, value ->> 1 FROM json_each($2)";
    DROP_ITEMS = "DELETE FROM batch_item WHERE batch = $1";
    CANCEL = "UPDATE batch SET state = 'cancelled', ended_at = $2 WHERE id = $1 AND state = 'received'";
}

/// What is remembered of a batch that was received, or has ended.
fn journal(batch: &Batch, action: &str, now: i64) -> AuditEntry {
    let counters: serde_json::Value = serde_json::from_str(&batch.counters).unwrap_or_default();
    let detail = serde_json::json!({ "mode": batch.mode.code(), "sequence": batch.sequence, "dry_run": batch.dry_run, "total": batch.total,
        "counters": counters });
    batch.actor.entry(action, &batch.id, detail, now)
}

/// Moves a batch on, in the caller's transaction. One that was cancelled or moved on meanwhile refuses, and the transaction with it.
pub(super) async fn advance(connection: &mut SqliteConnection, progress: &Progress, now: i64) -> Result<()> {
    let failed = || db("writing a batch");
    let update = sqlx::query(ADVANCE)
        .bind(progress.batch.as_str())
        .bind(progress.done as i64)
        .bind(progress.counters.as_str())
        .bind(progress.lines_left_out as i64)
        .bind(progress.ended)
        .bind(now)
        .bind(progress.before as i64);
    if update.execute(&mut *connection).await.map_err(failed())?.rows_affected() == 0 {
        return Err(Error::new(Kind::Gone, "batch_ended", "le lot a été annulé"));
    }
    if !progress.lines.is_empty() {
        let lines = progress.lines.iter().map(|(place, report)| serde_json::json!([place, report]));
        let lines = serde_json::Value::Array(lines.collect()).to_string();
        sqlx::query(ADD_LINES).bind(progress.batch.as_str()).bind(lines).execute(&mut *connection).await.map_err(failed())?;
    }
    if progress.ended {
        sqlx::query(DROP_ITEMS).bind(progress.batch.as_str()).execute(&mut *connection).await.map_err(failed())?;
        let batch = sqlx::query(BY_ID).bind(progress.batch.as_str()).try_map(read).fetch_one(&mut *connection).await.map_err(failed())?;
        audit::append(connection, &journal(&batch, "batch.end", now)).await?;
    }
    Ok(())
}

impl Sqlite {
    /// See [`crate::store::Store::receive_batch`].
    pub async fn receive_batch(&self, batch: &Batch, items: &[BatchItem], most_waiting: u32) -> Result<Batch> {
        let failed = || db("writing a batch");
        let mut write = self.write().await?;
        if let Some(sequence) = batch.sequence.filter(|_| !batch.dry_run) {
            let known = sqlx::query(BY_SEQUENCE).bind(batch.operator.as_str()).bind(sequence).try_map(read);
            if let Some(known) = known.fetch_optional(&mut *write).await.map_err(failed())? {
                if known.digest == batch.digest {
                    return Ok(known);
                }
                let message = "ce numéro de séquence a déjà été reçu avec un autre contenu : prenez le suivant";
                return Err(Error::new(Kind::Unprocessable, "MSS-070", message).at_field("sequence"));
            }
            let last: Option<i64> =
                sqlx::query_scalar(LAST_SEQUENCE).bind(batch.operator.as_str()).fetch_one(&mut *write).await.map_err(failed())?;
            if let Some(last) = last.filter(|last| *last > sequence) {
                let message = format!("le numéro de séquence est antérieur au dernier accepté ({last})");
                return Err(Error::new(Kind::Unprocessable, "MSS-070", message).at_field("sequence"));
            }
        }
        // Two requests under one key at the same time: the second is the first.
        let twin = sqlx::query(ONE).bind(batch.id.as_str()).bind(batch.operator.as_str()).try_map(read);
        if let Some(twin) = twin.fetch_optional(&mut *write).await.map_err(failed())? {
            return if twin.is_the_same_as(batch) { Ok(twin) } else { Err(mailbox_rules::key_reused()) };
        }
        let waiting: u32 = sqlx::query_scalar(WAITING_OF).bind(batch.operator.as_str()).fetch_one(&mut *write).await.map_err(failed())?;
        if waiting >= most_waiting {
            let message = "trop de lots attendent déjà : laissez-les se terminer";
            return Err(Error::new(Kind::RateLimited, "too_many_batches", message));
        }
        let add = sqlx::query(ADD)
            .bind(batch.id.as_str())
            .bind(batch.operator.as_str())
            .bind(batch.mode.code())
            .bind(batch.sequence)
            .bind(batch.digest.as_slice())
            .bind(batch.dry_run)
            .bind(serde_json::to_string(&batch.actor).unwrap_or_default())
            .bind(batch.received_at)
            .bind(batch.total as i64)
            .bind(batch.counters.as_str());
        add.execute(&mut *write).await.map_err(failed())?;
        for part in items.chunks(1_000) {
            let hex = |body: &[u8]| body.iter().map(|byte| format!("{byte:02x}")).collect::<String>();
            let part = part.iter().map(|item| serde_json::json!([item.place, item.line, hex(&item.body)]));
            let part = serde_json::Value::Array(part.collect()).to_string();
            sqlx::query(ADD_ITEMS).bind(batch.id.as_str()).bind(part).execute(&mut *write).await.map_err(failed())?;
        }
        audit::append(&mut write, &journal(batch, "batch.receive", batch.received_at)).await?;
        commit(write).await?;
        Ok(batch.clone())
    }

    pub async fn batch(&self, operator: &str, id: &str) -> Result<Option<Batch>> {
        let found = sqlx::query(ONE).bind(id).bind(operator).try_map(read).fetch_optional(&self.reader);
        found.await.map_err(db("reading batches"))
    }

    pub async fn batches(&self, operator: &str, limit: u32) -> Result<Vec<Batch>> {
        let found = sqlx::query(OF_OPERATOR).bind(operator).bind(limit).try_map(read).fetch_all(&self.reader);
        found.await.map_err(db("reading batches"))
    }

    pub async fn last_sequence(&self, operator: &str) -> Result<Option<i64>> {
        sqlx::query_scalar(LAST_SEQUENCE).bind(operator).fetch_one(&self.reader).await.map_err(db("reading batches"))
    }

    pub async fn waiting_batches(&self) -> Result<Vec<Batch>> {
        sqlx::query(WAITING).try_map(read).fetch_all(&self.reader).await.map_err(db("reading batches"))
    }

    pub async fn batch_items(&self, id: &str, after: u64, limit: u32) -> Result<Vec<BatchItem>> {
        let item = |row: SqliteRow| {
            Ok(BatchItem {
                place: row.try_get::<i64, _>("place")?.unsigned_abs(),
                line: row.try_get::<i64, _>("line")?.unsigned_abs(),
                body: row.try_get("body")?,
            })
        };
        let found = sqlx::query(ITEMS).bind(id).bind(after as i64).bind(limit).try_map(item).fetch_all(&self.reader);
        found.await.map_err(db("reading batches"))
    }

    pub async fn batch_lines(&self, id: &str, after: u64, limit: u32) -> Result<Vec<String>> {
        let found = sqlx::query_scalar(LINES).bind(id).bind(after as i64).bind(limit).fetch_all(&self.reader);
        found.await.map_err(db("reading batches"))
    }

    pub async fn cancel_batch(&self, batch: &Batch, now: i64) -> Result<bool> {
        let mut write = self.write().await?;
        let done = sqlx::query(CANCEL).bind(batch.id.as_str()).bind(now).execute(&mut *write).await.map_err(db("writing a batch"))?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        sqlx::query(DROP_ITEMS).bind(batch.id.as_str()).execute(&mut *write).await.map_err(db("writing a batch"))?;
        audit::append(&mut write, &journal(batch, "batch.cancel", now)).await?;
        commit(write).await?;
        Ok(true)
    }
}

fn read(row: SqliteRow) -> sqlx::Result<Batch> {
    let digest: Vec<u8> = row.try_get("digest")?;
    let actor: &str = row.try_get("actor")?;
    let count = |column: &str| row.try_get::<i64, _>(column).map(i64::unsigned_abs);
    Ok(Batch {
        id: row.try_get("id")?,
        operator: row.try_get("operator")?,
        mode: rows::word(&row, "mode", BatchMode::parse)?,
        sequence: row.try_get("sequence")?,
        digest: digest.try_into().map_err(|_| rows::unreadable("digest"))?,
        dry_run: row.try_get("dry_run")?,
        state: rows::word(&row, "state", BatchState::parse)?,
        actor: serde_json::from_str(actor).map_err(|error| sqlx::Error::Decode(error.into()))?,
        received_at: row.try_get("received_at")?,
        started_at: row.try_get("started_at")?,
        ended_at: row.try_get("ended_at")?,
        total: count("total")?,
        done: count("done")?,
        counters: row.try_get("counters")?,
        lines_left_out: count("lines_left_out")?,
        mark: row.try_get("mark")?,
    })
}
