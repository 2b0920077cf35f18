//! `/v1/admin/mailboxes/{address}`: a mailbox with all that is hidden, and an administrator's flags on it.

use super::Administrator;
use crate::error::Error;
use crate::model::Address;
use crate::publication::{Actor, MailboxFlags, OwnView};
use crate::rest::json_body;
use crate::rest::operator::Parameters;
use crate::rest::path::Segment;
use crate::rest::problem::Problem;
use crate::rest::refusals::AdminRefusals;
use crate::rest::router::{Api, Shared};
use axum::Json;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::Uri;
use serde::{Deserialize, Deserializer, Serialize};
use utoipa::ToSchema;

/// Flags an administrator sets; what is absent stays.
#[derive(Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(in crate::rest) struct Flags {
    liste_rouge: Option<bool>,
    /// `accepted`, `refused`; null: not stated
    #[serde(deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    zero_papier: Option<Option<ZeroPapier>>,
    phone_opposed: Option<bool>,
    /// Hidden and not exported while a case of the holder is open
    frozen: Option<bool>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum ZeroPapier {
    Accepted,
    Refused,
}

fn given<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Option<ZeroPapier>>, D::Error> {
    Option::deserialize(deserializer).map(Some)
}

/// A mailbox as an administrator sees it.
#[derive(Serialize, ToSchema)]
pub(in crate::rest) struct AdminMailbox {
    /// `extraction` or `operator`
    source: &'static str,
    operator: Option<String>,
    #[serde(flatten)]
    mailbox: OwnView,
}

/// Any mailbox, with all that is hidden
#[utoipa::path(
    get, path = "/v1/admin/mailboxes/{address}", tag = "admin", operation_id = "any_mailbox",
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200)),
    responses((status = 200, description = "The mailbox; that it was looked at is in the journal", body = AdminMailbox), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn read(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(address): Segment,
    uri: Uri,
) -> Result<Json<AdminMailbox>, Problem> {
    Parameters::of(&uri, &[])?;
    let address = parsed(&address)?;
    let mailbox = api.service.publication.any(&address).await?;
    looked(&api, &actor, &address).await?;
    Ok(Json(AdminMailbox { source: mailbox.source.code(), operator: mailbox.operator.clone(), mailbox: OwnView::from(&mailbox) }))
}

/// Set an administrator's flags
///
/// No publication of an operator lifts what is set here.
#[utoipa::path(
    patch, path = "/v1/admin/mailboxes/{address}", tag = "admin", operation_id = "flag_mailbox", request_body = Flags,
    params(("address" = String, Path, description = "Address of the mailbox", max_length = 200)),
    responses((status = 200, description = "As it then is: committed and synced", body = AdminMailbox), AdminRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(in crate::rest) async fn flag(
    State(api): State<Shared>,
    Administrator(actor): Administrator,
    Segment(address): Segment,
    uri: Uri,
    body: Bytes,
) -> Result<Json<AdminMailbox>, Problem> {
    Parameters::of(&uri, &[])?;
    let flags: Flags = json_body::read(&body)?;
    let flags = MailboxFlags {
        liste_rouge: flags.liste_rouge,
        zero_papier: flags.zero_papier.map(|stated| stated.map(|word| matches!(word, ZeroPapier::Accepted))),
        phone_opposed: flags.phone_opposed,
        frozen: flags.frozen,
        state: None,
    };
    let mailbox = api.service.publication.flag(&parsed(&address)?, flags, &actor, api.now()).await?;
    Ok(Json(AdminMailbox { source: mailbox.source.code(), operator: mailbox.operator.clone(), mailbox: OwnView::from(&mailbox) }))
}

fn parsed(text: &str) -> Result<Address, Problem> {
    Address::parse(text).map_err(|_| Problem::from(Error::not_found("there is no mailbox of that address")))
}

async fn looked(api: &Api, actor: &Actor, address: &Address) -> Result<(), Problem> {
    let entry = actor.entry("mailbox.read", address.as_str(), serde_json::json!({}), api.now());
    Ok(api.service.journal.append(&entry).await?)
}
