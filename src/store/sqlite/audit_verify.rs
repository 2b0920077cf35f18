//! The proof: every row, payload and day head of the journal is read again in order, and the first thing that is wrong is named.
//!
//! Rows are read in batches within one read transaction and forgotten again. The walk begins at the first row, or at the head of the last
//! day that was cut, which must be ten years old. A payload may be missing when an entry `journal.erase` names its row or when the row is
//! ten years old; such an entry is itself a row that is checked. The clock asked is that of the database, as in the triggers that keep
//! what is younger.

use super::super::journal::{AuditFault, AuditVerdict};
use super::super::types::AuditEntry;
use super::audit::{GENESIS, link, payload_digest};
use super::audit_retention::{ERASE, OBJECT};
use super::{Sqlite, db, statements};
use crate::error::Result;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Row as _};
use std::collections::{BTreeSet, VecDeque};

statements! {
    DAYS = "SELECT day, first, last, head, previous, at, payload_digest FROM journal_day ORDER BY day";
    FIRST = "SELECT min(id) FROM journal";
    TEN_YEARS_AGO = "SELECT date('now', '-10 years')";
    ERASURES = "SELECT payload FROM journal_payload WHERE object = $1 AND action = $2 ORDER BY id";
    BATCH = "SELECT j.id, j.at, j.day, j.payload_digest, j.chain, p.salt, p.actor, p.action, p.object, p.payload
        FROM journal AS j LEFT JOIN journal_payload AS p ON p.id = j.id WHERE j.id > $1 ORDER BY j.id LIMIT 500";
    OF_NO_ROW = "SELECT min(id) FROM journal_payload AS p WHERE NOT EXISTS (SELECT 1 FROM journal WHERE id = p.id)";
}

#[derive(Debug, FromRow)]
struct Day {
    day: String,
    first: i64,
    last: i64,
    head: Vec<u8>,
    previous: Vec<u8>,
    at: i64,
    payload_digest: Vec<u8>,
}

#[derive(Debug)]
struct Row {
    id: i64,
    at: i64,
    day: String,
    digest: Vec<u8>,
    chain: Vec<u8>,
    held: Option<Held>,
}

/// A payload with what stands beside it.
#[derive(Debug)]
struct Held {
    salt: Vec<u8>,
    actor: String,
    action: String,
    object: String,
    payload: String,
}

impl Sqlite {
    pub async fn audit_verify(&self, expected_head: Option<[u8; 32]>) -> Result<AuditVerdict> {
        let failed = || db("verifying the journal");
        let mut read = self.read().await?;
        let days: VecDeque<Day> = sqlx::query_as(DAYS).fetch_all(&mut *read).await.map_err(failed())?.into();
        let first: Option<i64> = sqlx::query_scalar(FIRST).fetch_one(&mut *read).await.map_err(failed())?;
        let ten_years_ago: String = sqlx::query_scalar(TEN_YEARS_AGO).fetch_one(&mut *read).await.map_err(failed())?;
        let erasures: Vec<String> = sqlx::query_scalar(ERASURES).bind(OBJECT).bind(ERASE).fetch_all(&mut *read).await.map_err(failed())?;
        let erased = erasures.iter().flat_map(|payload| ids_erased(payload)).collect();
        let mut walk = Walk::start(days, first, ten_years_ago, erased, expected_head);
        let mut after = i64::MIN;
        loop {
            let batch = sqlx::query(BATCH).bind(after).try_map(|row| row_of(&row)).fetch_all(&mut *read);
            let batch = batch.await.map_err(failed())?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            batch.iter().for_each(|row| walk.step(row));
        }
        let foreign: Option<i64> = sqlx::query_scalar(OF_NO_ROW).fetch_one(&mut *read).await.map_err(failed())?;
        if let Some(id) = foreign {
            walk.wrong(id, "the payload belongs to no row".to_owned());
        }
        Ok(walk.end(first))
    }
}

fn row_of(row: &SqliteRow) -> sqlx::Result<Row> {
    let held = match row.try_get::<Option<String>, _>("payload")? {
        None => None,
        Some(payload) => Some(Held {
            salt: row.try_get("salt")?,
            actor: row.try_get("actor")?,
            action: row.try_get("action")?,
            object: row.try_get("object")?,
            payload,
        }),
    };
    Ok(Row {
        id: row.try_get("id")?,
        at: row.try_get("at")?,
        day: row.try_get("day")?,
        digest: row.try_get("payload_digest")?,
        chain: row.try_get("chain")?,
        held,
    })
}

/// Rows that an entry `journal.erase` names; what cannot be read names none, and is found wrong when its row is met.
fn ids_erased(payload: &str) -> Vec<i64> {
    let entry: AuditEntry = serde_json::from_str(payload).unwrap_or_default();
    let ids = entry.detail.get("ids").and_then(|ids| ids.as_array()).cloned().unwrap_or_default();
    ids.iter().filter_map(serde_json::Value::as_i64).collect()
}

impl Held {
    /// What stands in columns for the search is what the payload says.
    fn agrees(&self, at: i64) -> bool {
        let entry: Result<AuditEntry, _> = serde_json::from_str(&self.payload);
        entry.is_ok_and(|e| e.at == at && e.actor == self.actor && e.action == self.action && e.object == self.object)
    }
}

/// How far the proof has come: the row last seen, and what is still expected.
#[derive(Debug)]
struct Walk {
    id: i64,
    chain: Vec<u8>,
    /// The day of that row, and its first row.
    open: Option<(String, i64)>,
    /// Heads of days that were not cut, and whose end was not met yet.
    days: VecDeque<Day>,
    ten_years_ago: String,
    erased: BTreeSet<i64>,
    /// A head that must be met.
    sought: Option<[u8; 32]>,
    verdict: AuditVerdict,
}

impl Walk {
    fn start(
        days: VecDeque<Day>,
        first: Option<i64>,
        ten_years_ago: String,
        erased: BTreeSet<i64>,
        expected_head: Option<[u8; 32]>,
    ) -> Self {
        let sought = expected_head.filter(|head| *head != GENESIS);
        let verdict = AuditVerdict { first, ..AuditVerdict::default() };
        let mut walk = Self { id: 0, chain: GENESIS.to_vec(), open: None, days, ten_years_ago, erased, sought, verdict };
        let Some(first) = first else { return walk };
        while let Some(day) = walk.days.pop_front_if(|day| day.last < first) {
            if day.first != walk.id + 1 {
                walk.wrong(day.last, format!("the head of {} is wrong", day.day));
            }
            if link(&day.previous, day.last, day.at, &day.day, &day.payload_digest) != day.head.as_slice() {
                walk.wrong(day.last, format!("the beginning is missing: the head of {} is not of that day", day.day));
            }
            if day.day > walk.ten_years_ago {
                walk.wrong(day.last, format!("the beginning is missing: {} was cut before ten years had passed", day.day));
            }
            walk.meet(day.last, day.head);
        }
        if walk.id + 1 != first {
            walk.wrong(first, format!("the beginning is missing: the rows {} to {}", walk.id + 1, first - 1));
            walk.id = first - 1;
        }
        walk
    }

    fn wrong(&mut self, id: i64, what: String) {
        self.verdict.fault.get_or_insert(AuditFault { id, what });
    }

    /// Goes on to a row or head.
    fn meet(&mut self, id: i64, chain: Vec<u8>) {
        if self.sought.is_some_and(|sought| chain == sought) {
            self.sought = None;
        }
        self.id = id;
        self.chain = chain;
    }

    fn step(&mut self, row: &Row) {
        self.verdict.entries += 1;
        if row.id != self.id + 1 {
            self.wrong(row.id, format!("the rows {} to {} are missing", self.id + 1, row.id - 1));
        } else if row.chain != link(&self.chain, row.id, row.at, &row.day, &row.digest) {
            self.wrong(row.id, "the row was changed".to_owned());
        }
        if self.open.as_ref().is_none_or(|(day, _)| *day != row.day) {
            self.close_day();
            self.open = Some((row.day.clone(), row.id));
        }
        match &row.held {
            None => {
                self.verdict.erased += 1;
                if row.day > self.ten_years_ago && !self.erased.contains(&row.id) {
                    self.wrong(row.id, "the payload was removed, and no entry says why".to_owned());
                }
            }
            Some(held) => {
                if payload_digest(&held.salt, &held.payload).as_slice() != row.digest || !held.agrees(row.at) {
                    self.wrong(row.id, "the payload was changed".to_owned());
                }
            }
        }
        self.meet(row.id, row.chain.clone());
    }

    /// The day of the last row is over: its head must say what was met.
    fn close_day(&mut self) {
        let Some((day, first)) = self.open.take() else { return };
        let head = self.days.pop_front();
        let right = head.is_some_and(|h| h.day == day && h.first == first && h.last == self.id && h.head == self.chain);
        if !right {
            self.wrong(self.id, format!("the head of {day} is wrong"));
        }
    }

    fn end(mut self, first: Option<i64>) -> AuditVerdict {
        // A day is closed by the row that follows it.
        if let Some(day) = self.days.pop_back() {
            self.wrong(self.id, format!("the end was cut: {} went on to row {} and others followed", day.day, day.last));
        }
        if self.sought.is_some() {
            self.wrong(self.id, "the expected head is not in the journal: its end was cut or written anew".to_owned());
        }
        self.verdict.last = first.map(|_| self.id);
        self.verdict.head = self.chain.iter().map(|byte| format!("{byte:02x}")).collect();
        self.verdict
    }
}
