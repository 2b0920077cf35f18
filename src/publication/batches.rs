//! Batches, deltas and full states: kept whole before anything is done, then carried out some fifty lines at a time, each operator in
//! its turn. Killed anywhere, a batch is gone on with where it stood; cancelled, what was applied stays and is told.
//!
//! A full state deletes what it does not hold: those addresses are taken down when it is received, and its guard (MSS-071) is judged
//! then. It must be readable whole, because of a line that cannot be read nothing tells which mailbox it is.

use super::Publication;
use super::carry::{AT_ONCE, Item, Pending};
use super::check::Domains;
use super::file::ALL_OPERATIONS;
use super::intake::{self, Format};
use super::line::{Line, Operation, syntax};
use super::report::{Counters, LINES_KEPT, LineReport};
use crate::error::{Error, Kind, Result};
use crate::store::{Actor, Batch, BatchItem, BatchMark, BatchMode, BatchState, Noted, Progress, key_reused};
use crate::trust::publisher;
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::time::Duration;
use tokio_util::bytes::Bytes;
use utoipa::ToSchema;
use uuid::Uuid;

/// Batches of one operator that wait.
const MOST_WAITING: u32 = 5;
/// Share of an operator's mailboxes, in percent, that a full state deletes without being confirmed.
const GUARD_PERCENT: usize = 10;
/// How often waiting batches are looked for when nobody says that there is one.
const LOOK_EVERY: Duration = Duration::from_millis(500);

/// A batch as a door hands it over.
#[derive(Debug)]
pub struct Delivery {
    pub mode: BatchMode,
    /// Of a delta.
    pub sequence: Option<i64>,
    /// A full state may delete more than the guard's share.
    pub confirm: bool,
    pub dry_run: bool,
    /// Idempotency-Key.
    pub key: Option<String>,
    pub format: Format,
    pub body: Bytes,
}

/// A batch that is kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    pub id: String,
    pub total: u64,
    /// It was received before.
    pub replayed: bool,
}

/// Compte rendu d'alimentation.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct BatchReport {
    pub id: String,
    pub mode: BatchMode,
    pub sequence: Option<i64>,
    pub dry_run: bool,
    pub state: BatchState,
    /// UTC seconds.
    pub received_at: i64,
    pub started_at: Option<i64>,
    pub ended_at: Option<i64>,
    /// Lines, and what a full state does not hold.
    pub total: u64,
    pub done: u64,
    pub counters: Counters,
    /// Rejected and warned lines, the first 10,000.
    pub lines: Vec<LineReport>,
    pub lines_left_out: u64,
}

impl Delivery {
    /// The batch that it is before anything is done of it.
    fn batch(&self, operator: &str, actor: &Actor, id: String, now: i64) -> Batch {
        Batch {
            id,
            operator: operator.to_owned(),
            mode: self.mode,
            sequence: self.sequence,
            digest: Sha256::new_with_prefix(self.mode.code()).chain_update(&self.body).finalize().into(),
            dry_run: self.dry_run,
            state: BatchState::Received,
            actor: actor.clone(),
            received_at: now,
            started_at: None,
            ended_at: None,
            total: 0,
            done: 0,
            counters: serde_json::to_string(&Counters::default()).unwrap_or_default(),
            lines_left_out: 0,
            mark: 0,
        }
    }
}

impl Publication {
    /// Keeps a batch; it is carried out by whoever [`works`](Self::work). `id`: fresh, for a batch without a key. Sent again under its key,
    /// or as a delta under its number, it is the batch that it was then.
    pub async fn receive(&self, operator: &str, delivery: &Delivery, actor: &Actor, id: String, now: i64) -> Result<Received> {
        let id = delivery.key.as_ref().map_or(id, |key| id_of_key(operator, key));
        let mut batch = delivery.batch(operator, actor, id, now);
        if delivery.key.is_some()
            && let Some(kept) = self.store.batch(operator, &batch.id).await?
        {
            let same = kept.is_the_same_as(&batch);
            return if same { Ok(Received { id: kept.id, total: kept.total, replayed: true }) } else { Err(key_reused()) };
        }
        publisher(&self.store, operator).await?;
        if delivery.sequence.is_some_and(|sequence| sequence < 1) {
            return Err(syntax("sequence", "un nombre entier à partir de 1 est attendu"));
        }
        let mut items = intake::items(delivery.format, &delivery.body)?;
        if delivery.mode == BatchMode::Full {
            self.add_absent(operator, &mut items, delivery.confirm).await?;
        }
        batch.total = items.len() as u64;
        let kept = self.store.receive_batch(&batch, &items, MOST_WAITING).await?;
        self.arrived.notify_one();
        Ok(Received { replayed: kept.id != batch.id || kept.received_at != now, id: kept.id, total: kept.total })
    }

    /// Adds a deletion for each open mailbox of the operator that a full state does not hold.
    async fn add_absent(&self, operator: &str, items: &mut Vec<BatchItem>, confirm: bool) -> Result<()> {
        let mut held = BTreeMap::new();
        for item in items.iter() {
            let address = Line::address_of(&item.body).ok_or_else(|| {
                syntax("", format!("ligne {} : adresse illisible ; un état complet doit pouvoir être lu en entier", item.line))
            })?;
            if let Some(first) = held.insert(String::from(address), item.line) {
                return Err(syntax("address", format!("les lignes {first} et {} sont de la même boîte", item.line)));
            }
        }
        let own = self.store.own_addresses(operator).await?;
        let absent: Vec<&String> = own.iter().filter(|address| !held.contains_key(*address)).collect();
        if !confirm && absent.len() * 100 > own.len() * GUARD_PERCENT {
            let message = format!(
                "cet état complet supprimerait {} de vos {} boîtes, plus de {GUARD_PERCENT} % : voyez lesquelles avec confirm=true&dry_run=true, puis envoyez-le avec confirm=true",
                absent.len(),
                own.len()
            );
            return Err(Error::new(Kind::Conflict, "MSS-071", message));
        }
        for address in absent {
            let body = serde_json::json!({ "operation": "delete", "address": address }).to_string().into_bytes();
            items.push(BatchItem { place: items.len() as u64 + 1, line: 0, body });
        }
        Ok(())
    }

    /// Carries out waiting batches, a transaction of each operator's oldest in turn. `true` when there was any.
    pub async fn work(&self, now: i64) -> Result<bool> {
        let waiting = self.store.waiting_batches().await?;
        for batch in &waiting {
            match self.step(batch, now).await {
                // Cancelled, or carried on by somebody else, between the look and the step.
                Err(error) if error.code() == "batch_ended" => {}
                done => done?,
            }
        }
        Ok(!waiting.is_empty())
    }

    /// Works until `stop`: at once when a batch arrives here, soon when it arrived in another process.
    pub async fn keep_working(&self, clock: impl Fn() -> i64, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        loop {
            let worked = match self.work(clock()).await {
                Ok(worked) => worked,
                Err(error) => {
                    tracing::warn!(code = error.code(), error = %error, "a batch could not be carried on, trying again");
                    false
                }
            };
            let pause = async {
                if !worked {
                    let _ = tokio::time::timeout(LOOK_EVERY, self.arrived.notified()).await;
                }
            };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = pause => {}
            }
        }
    }

    async fn step(&self, batch: &Batch, now: i64) -> Result<()> {
        let items = self.store.batch_items(&batch.id, batch.done, u32::try_from(2 * AT_ONCE).unwrap_or(u32::MAX)).await?;
        let operator = publisher(&self.store, &batch.operator).await;
        if let Err(error) = &operator
            && matches!(error.kind(), Kind::Internal | Kind::Busy | Kind::Unavailable)
        {
            return operator.map(|_| ());
        }
        let mark = BatchMark { id: batch.id.clone(), mark: batch.mark };
        let (mut pending, mut domains) = (Pending::of_batch(mark), Domains::new());
        for item in &items {
            let absent = item.line == 0;
            let allowed: &[Operation] = match batch.mode {
                BatchMode::Full if absent => &[Operation::Delete],
                BatchMode::Full => &[Operation::Put],
                BatchMode::Batch | BatchMode::Delta => &ALL_OPERATIONS,
            };
            let item = Item { line: item.line, body: intake::body(item) };
            if !self.take(&item, &operator, allowed, &mut pending, &mut domains).await? {
                break;
            }
        }
        let taken = items.get(..pending.len()).unwrap_or_default();
        let done = taken.last().map_or(batch.total, |item| item.place);
        let mut counters: Counters = serde_json::from_str(&batch.counters).unwrap_or_default();
        let full = batch.mode == BatchMode::Full;
        let deletions = if full { counters.deleted } else { 0 };
        let told_before = (counters.rejected + counters.warned + deletions).saturating_sub(batch.lines_left_out);
        let (id, left_out, total) = (batch.id.clone(), batch.lines_left_out, batch.total);
        let places: Vec<u64> = taken.iter().map(|item| item.place).collect();
        let beside = move |lines: &[LineReport]| {
            let mut told = Vec::new();
            let mut lines_left_out = left_out;
            for (place, line) in places.iter().zip(lines) {
                counters.add(line);
                // What a full state deletes is told one by one: a dry run shows it before it is done.
                if line.code.is_some() || (full && line.line == 0) {
                    if told_before + (told.len() as u64) < LINES_KEPT as u64 {
                        told.push((*place, serde_json::to_string(line).unwrap_or_default()));
                    } else {
                        lines_left_out += 1;
                    }
                }
            }
            let counters = serde_json::to_string(&counters).unwrap_or_default();
            let progress = Progress {
                batch: id,
                before: done_before(&places, done),
                done,
                counters,
                lines: told,
                lines_left_out,
                ended: done >= total,
            };
            Noted { replay: None, progress: Some(progress) }
        };
        self.write_pending(pending, &batch.actor, now, batch.dry_run, Some(beside)).await?;
        Ok(())
    }

    /// The report of one of the operator's batches, with its lines; `None` for any other id.
    pub async fn batch_report(&self, operator: &str, id: &str) -> Result<Option<BatchReport>> {
        let Some(batch) = self.store.batch(operator, id).await? else {
            return Ok(None);
        };
        let lines = self.store.batch_lines(id, 0, u32::try_from(LINES_KEPT).unwrap_or(u32::MAX)).await?;
        Ok(Some(report(batch, lines)))
    }

    /// The newest batches of an operator, without their lines.
    pub async fn batches(&self, operator: &str, limit: u32) -> Result<Vec<BatchReport>> {
        Ok(self.store.batches(operator, limit).await?.into_iter().map(|batch| report(batch, Vec::new())).collect())
    }

    /// The report once the batch has ended, or as it stands after `patience`.
    pub async fn await_batch(&self, operator: &str, id: &str, patience: Duration) -> Result<Option<BatchReport>> {
        let asked = tokio::time::Instant::now();
        loop {
            let batch = self.store.batch(operator, id).await?;
            if batch.is_none_or(|batch| batch.state != BatchState::Received) || asked.elapsed() >= patience {
                return self.batch_report(operator, id).await;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Stops a batch; `false` when it had ended, an error when there is none.
    pub async fn cancel(&self, operator: &str, id: &str, now: i64) -> Result<bool> {
        publisher(&self.store, operator).await?;
        let batch = self.store.batch(operator, id).await?.ok_or_else(|| Error::not_found("aucun de vos lots n'a cet identifiant"))?;
        self.store.cancel_batch(&batch, now).await
    }

    /// Last sequence number accepted of a delta.
    pub async fn last_sequence(&self, operator: &str) -> Result<Option<i64>> {
        self.store.last_sequence(operator).await
    }
}

/// Where the batch stood before these places.
fn done_before(places: &[u64], done: u64) -> u64 {
    places.first().map_or(done, |first| first - 1)
}

/// One key, one batch: its id is made of both operator and key, so that no second can be kept.
fn id_of_key(operator: &str, key: &str) -> String {
    let name = format!("{}:{operator}:{key}", operator.len());
    Uuid::new_v5(&Uuid::NAMESPACE_OID, name.as_bytes()).to_string()
}

fn report(batch: Batch, lines: Vec<String>) -> BatchReport {
    BatchReport {
        id: batch.id,
        mode: batch.mode,
        sequence: batch.sequence,
        dry_run: batch.dry_run,
        state: batch.state,
        received_at: batch.received_at,
        started_at: batch.started_at,
        ended_at: batch.ended_at,
        total: batch.total,
        done: batch.done,
        counters: serde_json::from_str(&batch.counters).unwrap_or_default(),
        lines: lines.iter().filter_map(|line| serde_json::from_str(line).ok()).collect(),
        lines_left_out: batch.lines_left_out,
    }
}
