//! One act of an operator on one mailbox, and what it reads of its own.
//!
//! An answer given under an Idempotency-Key is kept in the transaction of the act: sent again, the request gets the same answer and
//! nothing is done twice, whatever became of the first answer on its way. A refusal is not kept: sent again, it is judged again.

use super::Publication;
use super::check::{Checks, Domains};
use super::line::{Line, Operation, syntax};
use super::report::Warning;
use super::view::OwnView;
use crate::error::{Error, Kind, Result};
use crate::model::Address;
use crate::store::{Actor, AuditEntry, Beside, HistoryEntry, Noted, Notice, OwnQuery, PutOutcome, Replay, Written, key_reused, unknown};
use crate::trust::publisher;
use serde::Serialize;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use utoipa::ToSchema;

/// One act as a door hands it over.
#[derive(Debug)]
pub struct Request {
    pub operation: Operation,
    /// From the path; the body may repeat it.
    pub address: Option<String>,
    /// A JSON object; empty for an act that only names its mailbox.
    pub body: Vec<u8>,
    /// Revisions of `If-Match`.
    pub expected: Option<Vec<String>>,
    pub dry_run: bool,
    /// Idempotency-Key, and the SHA-256 of method, path and body.
    pub key: Option<(String, [u8; 32])>,
}

/// What an accepted act did.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Accepted {
    pub outcome: PutOutcome,
    /// An address of the extraction became the operator's, for good.
    pub adopted: bool,
    /// Nothing was written.
    pub dry_run: bool,
    pub warnings: Vec<Warning>,
    pub mailbox: OwnView,
}

/// An answer ready to send.
#[derive(Clone, Debug)]
pub struct Answer {
    /// HTTP status: 201 for a new mailbox, else 200.
    pub status: u16,
    /// JSON of an [`Accepted`].
    pub body: String,
    /// Sent before, under the same key.
    pub replayed: bool,
}

impl Publication {
    /// Carries out one act; committed and synced when this returns, in every answer of its operator at once.
    ///
    /// Errors carry the MSS-codes of reference §3.3, `changed` (412) for `If-Match`, `idempotency_key_reused` (422).
    pub async fn operate(&self, operator: &str, request: Request, actor: &Actor, now: i64) -> Result<Answer> {
        let mut done = self.judge(operator, &request, actor, now).await;
        // Two requests under one key at the same time: the second is refused because of the first, and has its answer.
        if let (Err(_), Some((key, digest))) = (&done, &request.key)
            && let Some(answer) = self.replayed(operator, key, digest).await?
        {
            done = Ok(answer);
        }
        if let Err(error) = &done
            && (error.kind() == Kind::Forbidden || error.code() == "MSS-050")
            && let Some(passed_over) = self.refusals.worth_telling(operator, now)
        {
            // Somebody who is known reached for what is not its own: worth remembering.
            let named = request.address.as_deref().and_then(|text| Address::parse(text).ok());
            let object = named.or_else(|| Line::address_of(&request.body)).map(String::from).unwrap_or_default();
            self.store.write_audit(&refusal(actor, &object, error.code(), passed_over, now)).await?;
        }
        done
    }

    async fn judge(&self, operator: &str, request: &Request, actor: &Actor, now: i64) -> Result<Answer> {
        if let Some((key, digest)) = &request.key
            && let Some(answer) = self.replayed(operator, key, digest).await?
        {
            return Ok(answer);
        }
        let publisher = publisher(&self.store, operator).await?;
        let line = read(request)?;
        let checks = Checks { store: &self.store, publisher: &publisher };
        let checked = checks.act(&line, &mut Domains::new()).await?;
        let mut write = checked.write;
        write.expected = request.expected.clone();
        let (warnings, dry_run) = (checked.warnings, request.dry_run);
        let kept = request.key.clone().filter(|_| !dry_run).map(|(key, digest)| {
            let (operator, warnings) = (operator.to_owned(), warnings.clone());
            Box::new(move |outcomes: &[Result<Written>]| {
                let answer = outcomes.first().and_then(|outcome| outcome.as_ref().ok()).map(|written| accepted(written, &warnings, false));
                Noted {
                    replay: answer.map(|a| (operator, key, Replay { request: digest, status: a.status, body: a.body })),
                    progress: None,
                }
            }) as Box<dyn Beside>
        });
        let written = self.store.write_mailboxes(&[write], actor, now, dry_run, kept).await?.pop();
        let written = written.unwrap_or_else(|| Err(Error::invalid("nothing to write")))?;
        Ok(accepted(&written, &warnings, dry_run))
    }

    async fn replayed(&self, operator: &str, key: &str, digest: &[u8; 32]) -> Result<Option<Answer>> {
        match self.store.replay(operator, key).await? {
            None => Ok(None),
            Some(kept) if kept.request == *digest => Ok(Some(Answer { status: kept.status, body: kept.body, replayed: true })),
            Some(_) => Err(key_reused()),
        }
    }

    /// One of the operator's own open mailboxes; MSS-052 for every other address.
    pub async fn own(&self, operator: &str, address: &str) -> Result<OwnView> {
        let own = match Address::parse(address) {
            Ok(address) => self.store.own_mailbox(operator, &address).await?,
            Err(_) => None,
        };
        own.as_ref().map(OwnView::from).ok_or_else(unknown)
    }

    /// A page of them, in address order.
    pub async fn own_page(&self, operator: &str, query: &OwnQuery, now: i64) -> Result<Vec<OwnView>> {
        Ok(self.store.own_mailboxes(operator, query, now).await?.iter().map(OwnView::from).collect())
    }

    /// What became of one of its mailboxes, the newest first, since it is the operator's.
    pub async fn own_history(&self, operator: &str, address: &str) -> Result<Vec<HistoryEntry>> {
        self.own(operator, address).await?;
        let address = Address::parse(address).map_err(|_| unknown())?;
        let entries = self.store.mailbox_history(&address).await?;
        Ok(entries.into_iter().take_while(|entry| entry.content.get("operator").and_then(|v| v.as_str()) == Some(operator)).collect())
    }

    pub async fn notices(&self, operator: &str, after: i64, limit: u32) -> Result<Vec<Notice>> {
        self.store.notices(operator, after, limit).await
    }
}

fn refusal(actor: &Actor, object: &str, code: &str, passed_over: u64, now: i64) -> AuditEntry {
    let detail = serde_json::json!({ "passed_over": passed_over });
    AuditEntry { result: code.to_owned(), ..actor.entry("mailbox.refused", object, detail, now) }
}

/// Refusals in the journal: one a second of an operator, and how many were passed over since, so that trying costs the journal little.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<String, (i64, u64)>>);

impl Refusals {
    fn worth_telling(&self, operator: &str, now: i64) -> Option<u64> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match known.get_mut(operator) {
            Some((second, passed_over)) if *second == now => {
                *passed_over += 1;
                None
            }
            told => {
                let passed_over = told.map_or(0, |(_, passed_over)| *passed_over);
                known.insert(operator.to_owned(), (now, 0));
                Some(passed_over)
            }
        }
    }
}

/// The line of a request: its operation is the door's, its address the path's.
fn read(request: &Request) -> Result<Line> {
    let mut line = match (&request.address, request.body.is_empty()) {
        (Some(address), true) => Line::named(request.operation, address),
        _ => Line::parse(&request.body)?,
    };
    if line.operation.is_some_and(|operation| operation != request.operation) {
        return Err(syntax("operation", "l'opération est donnée par la requête"));
    }
    line.operation = Some(request.operation);
    if let Some(path) = &request.address {
        let parsed = |text: &str| Address::parse(text).ok();
        if line.address.given().is_some_and(|given| parsed(given).is_none() || parsed(given) != parsed(path)) {
            let message = "l'adresse d'une boîte ne change pas : supprimez-la, puis créez-en une autre";
            return Err(Error::new(Kind::Conflict, "MSS-051", message).at_field("address"));
        }
        line.address = super::field::Field::Given(path.clone());
    }
    Ok(line)
}

fn accepted(written: &Written, warnings: &[Warning], dry_run: bool) -> Answer {
    let accepted = Accepted {
        outcome: written.outcome,
        adopted: written.outcome == PutOutcome::Adopted,
        dry_run,
        warnings: warnings.to_vec(),
        mailbox: OwnView::from(&written.mailbox),
    };
    let status = if written.outcome == PutOutcome::Created && !dry_run { 201 } else { 200 };
    Answer { status, body: serde_json::to_string(&accepted).unwrap_or_default(), replayed: false }
}
