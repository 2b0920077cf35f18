//! `/v1/mailboxes/lookup`: which of many addresses or RPPS numbers have a mailbox, and whose it is. For accounts.
//!
//! One path for all: an address on the liste rouge, closed, of a test domain or never seen is looked for in the index and not found there, and
//! its answer has the same bytes.

use super::credential::IdentifiedCaller;
use super::json_body;
use super::problem::Problem;
use super::query_string::NoParameters;
use super::refusals::AccountRefusals;
use super::router::Shared;
use crate::directory::{Hit, MOST_KEYS, View};
use crate::error::Result as Outcome;
use crate::model::{Address, EntryKey, Kind, MailboxType};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Addresses and RPPS numbers.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Lookup {
    /// Addresses, RPPS numbers (11 digits) or identifications nationales (12 digits), mixed as they come.
    #[schema(max_items = 1000, example = json!(["elodie.testard@ch-exempleville.mssante.fr", "10999990012"]))]
    items: Vec<String>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct LookupAnswer {
    /// One for each item, in their order.
    items: Vec<LookedUp>,
}

/// What is shown under one item.
#[derive(Serialize, ToSchema)]
pub(super) struct LookedUp {
    /// Whether there is a mailbox; null when it was not looked for (`not_answered`).
    #[schema(required)]
    exists: Option<bool>,
    /// The mailbox of an address; those of a professional, the preferred first.
    mailboxes: Vec<FoundMailbox>,
    /// Why nothing was looked for: `invalid_item`, neither an address nor such a number; `not_answered`, the account has been shown as many
    /// mailboxes as it may be for now.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "invalid_item")]
    code: Option<&'static str>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct FoundMailbox {
    address: String,
    #[serde(rename = "type")]
    kind: MailboxType,
    /// Dématérialisation: `accepted`, `refused`, or null when not stated.
    #[schema(required, value_type = Option<String>, example = "accepted")]
    zero_papier: Option<&'static str>,
    /// Who holds it now: the professional asked for by a number, everybody who holds the mailbox of an address.
    holders: Vec<FoundHolder>,
}

#[derive(Serialize, ToSchema)]
pub(super) struct FoundHolder {
    /// Identification nationale PP.
    id: String,
    family_name: String,
    given_name: String,
}

/// Mailboxes of a list
///
/// For accounts: up to 1,000 addresses or RPPS numbers, each answered in its order. An item that cannot be read is answered with a code and
/// spoils nothing else. What may not be shown is answered exactly like what does not exist, and a professional without a mailbox like a
/// number of nobody. Mailboxes answered count as shown.
#[utoipa::path(
    post,
    path = "/v1/mailboxes/lookup",
    tag = "directory",
    operation_id = "lookup_mailboxes",
    request_body = Lookup,
    responses((status = 200, description = "What was found", body = LookupAnswer), AccountRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn lookup(
    State(api): State<Shared>,
    IdentifiedCaller(caller): IdentifiedCaller,
    _: NoParameters,
    bytes: Bytes,
) -> Result<Json<LookupAnswer>, Problem> {
    let Lookup { items } = json_body::read(&bytes)?;
    if items.len() > MOST_KEYS {
        let detail = format!("a list holds {MOST_KEYS} items at most");
        return Err(Problem::new(StatusCode::BAD_REQUEST, "too_many_items", detail));
    }
    let keys: Vec<Option<EntryKey>> = items.iter().map(|item| key(item)).collect();
    let found = api.service.directory.entries(&caller, keys.iter().flatten().cloned().collect(), api.deadline()).await?;
    let mut found = found.into_iter();
    let answered = keys.iter().map(|key| match key.as_ref().map(|_| found.next()) {
        None => Ok(LookedUp { exists: Some(false), mailboxes: Vec::new(), code: Some("invalid_item") }),
        Some(None) => Ok(LookedUp { exists: None, mailboxes: Vec::new(), code: Some("not_answered") }),
        Some(Some(hit)) => {
            let mailboxes = hit.as_ref().map(mailboxes).transpose()?.unwrap_or_default();
            Ok(LookedUp { exists: Some(!mailboxes.is_empty()), mailboxes, code: None })
        }
    });
    Ok(Json(LookupAnswer { items: answered.collect::<Outcome<_>>()? }))
}

/// What an item asks for.
fn key(item: &str) -> Option<EntryKey> {
    let item = item.trim();
    if item.contains('@') {
        return Address::parse(item).ok().map(|address| EntryKey::new(Kind::Mailbox, address.as_str()));
    }
    super::identity_check::national_id(item).map(|id| EntryKey::new(Kind::Professional, id))
}

fn mailboxes(hit: &Hit) -> Outcome<Vec<FoundMailbox>> {
    let published = hit.published()?;
    let view = published.view();
    let holders = || {
        let holder = |person: &crate::directory::PersonView| FoundHolder {
            id: person.id.clone(),
            family_name: person.family_name.clone(),
            given_name: person.given_name.clone(),
        };
        view.persons().into_iter().map(holder).collect()
    };
    let mailbox = |mailbox: &crate::directory::MailboxSummary| FoundMailbox {
        address: mailbox.address.clone(),
        kind: mailbox.kind,
        zero_papier: mailbox.zero_papier.map(crate::directory::ZeroPapier::name),
        holders: holders(),
    };
    Ok(match view {
        View::Structure(_) => Vec::new(),
        View::Mailbox(_) | View::Professional(_) => view.mailboxes().iter().map(mailbox).collect(),
    })
}
