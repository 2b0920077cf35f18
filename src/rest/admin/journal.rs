//! `/v1/admin/journal`: the journal for auditors: searched, and proved. That it was read is an act of its own.

use super::Auditor;
use crate::audit::{AuditQuery, AuditVerdict};
use crate::rest::operator::Parameters;
use crate::rest::problem::Problem;
use crate::rest::refusals::AdminRefusals;
use crate::rest::router::Shared;
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use utoipa::ToSchema;

/// A page of the journal.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct JournalPage {
    items: Vec<JournalEntry>,
    /// `after` of the next page; null at the end.
    next: Option<i64>,
}

/// Who did what to what.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct JournalEntry {
    id: i64,
    /// UTC seconds.
    at: i64,
    actor: String,
    credential: String,
    source: String,
    request_id: String,
    action: String,
    object: String,
    /// `ok`, or the code of a refusal.
    result: String,
    #[schema(value_type = Object)]
    detail: serde_json::Value,
}

/// What verification found.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct Verification {
    /// Nothing was removed or changed.
    whole: bool,
    entries: u64,
    /// Entries whose payload was erased by law: their digests still hold.
    erased: u64,
    /// Head of the chain, to be noted elsewhere.
    head: String,
    /// The first entry at fault.
    fault_id: Option<i64>,
    fault: Option<String>,
}

/// The journal
///
/// Oldest first. Erased payloads are left out.
#[utoipa::path(
    get, path = "/v1/admin/journal", tag = "admin", operation_id = "journal",
    params(
        ("object" = Option<String>, Query, description = "About this address, operator, account or batch"),
        ("actor" = Option<String>, Query, description = "By this actor"),
        ("action" = Option<String>, Query, description = "mailbox.create, operator.state …"),
        ("from" = Option<i64>, Query, description = "From this UTC second on"),
        ("to" = Option<i64>, Query, description = "Before this UTC second"),
        ("after" = Option<i64>, Query, description = "Entries behind this id"),
        ("limit" = Option<u32>, Query, description = "1 to 1,000; 100 unless said"),
    ),
    responses((status = 200, description = "A page", body = JournalPage), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn search(State(api): State<Shared>, Auditor(actor): Auditor, uri: Uri) -> Result<Json<JournalPage>, Problem> {
    let parameters = Parameters::of(&uri, &["object", "actor", "action", "from", "to", "after", "limit"])?;
    let text = |name: &str| Some(parameters.text(name).to_owned()).filter(|text| !text.is_empty());
    let limit = parameters.limit()?;
    let query = AuditQuery {
        object: text("object"),
        actor: text("actor"),
        action: text("action"),
        from: parameters.number("from", i64::MAX)?,
        to: parameters.number("to", i64::MAX)?,
        after: parameters.number("after", i64::MAX)?.unwrap_or_default(),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
    };
    let found = api.service.journal.search(&query).await?;
    let object = query.object.clone().unwrap_or_default();
    api.service.journal.append(&actor.entry("journal.read", &object, serde_json::json!({ "entries": found.len() }), api.now())).await?;
    let next = found.last().filter(|_| found.len() >= query.limit).map(|(id, _)| *id);
    let items = found.into_iter().map(|(id, entry)| JournalEntry {
        id,
        at: entry.at,
        actor: entry.actor,
        credential: entry.credential,
        source: entry.source,
        request_id: entry.request_id,
        action: entry.action,
        object: entry.object,
        result: entry.result,
        detail: entry.detail,
    });
    Ok(Json(JournalPage { items: items.collect(), next }))
}

/// Prove the journal
///
/// Reads all of it again. `head`: a head noted before, which must be found in the chain.
#[utoipa::path(
    get, path = "/v1/admin/journal/verification", tag = "admin", operation_id = "verify_journal",
    params(("head" = Option<String>, Query, description = "64 hexadecimal digits")),
    responses((status = 200, description = "What was found", body = Verification), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn verify(State(api): State<Shared>, Auditor(actor): Auditor, uri: Uri) -> Result<Json<Verification>, Problem> {
    let parameters = Parameters::of(&uri, &["head"])?;
    let head = match parameters.text("head") {
        "" => None,
        text => Some(head(text).ok_or_else(|| Problem::parameter("invalid_parameter", "head", "64 hexadecimal digits are expected"))?),
    };
    let verdict: AuditVerdict = api.service.journal.verify(head).await?;
    let found = serde_json::json!({ "whole": verdict.fault.is_none() });
    api.service.journal.append(&actor.entry("journal.verify", "", found, api.now())).await?;
    let (fault_id, fault) = verdict.fault.map(|fault| (fault.id, fault.what)).unzip();
    Ok(Json(Verification { whole: fault.is_none(), entries: verdict.entries, erased: verdict.erased, head: verdict.head, fault_id, fault }))
}

fn head(text: &str) -> Option<[u8; 32]> {
    let digits: Option<Vec<u8>> = text.chars().map(|c| c.to_digit(16).and_then(|d| u8::try_from(d).ok())).collect();
    let bytes: Vec<u8> = digits?.chunks(2).filter_map(|pair| Some(pair.first()? << 4 | pair.get(1)?)).collect();
    bytes.try_into().ok().filter(|_| text.len() == 64)
}
