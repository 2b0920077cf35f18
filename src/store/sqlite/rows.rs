//! From rows to the types of the model, and the words of enums to the enums.
//!
//! A word the schema's CHECK would refuse is a damaged store: it decodes as an error, never as a default.

use super::super::types::{Change, ChangeKind};
use crate::model::{
    Account, Address, Attachment, Audience, DistinguishedName, Mailbox, MailboxState, MailboxType, Operator, OperatorState, Role, Source,
};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

type Decoded<T> = sqlx::Result<T>;

/// A word of a column, read by the `parse` of its enum.
pub(super) fn word<T>(row: &SqliteRow, column: &'static str, parse: impl Fn(&str) -> Option<T>) -> Decoded<T> {
    let text: &str = row.try_get(column)?;
    parse(text).ok_or_else(|| unreadable(column))
}

pub(super) fn unreadable(column: &'static str) -> sqlx::Error {
    sqlx::Error::Decode(format!("column {column} holds a word unknown to this program").into())
}

/// The row alone; attachments are another table's.
pub(super) fn mailbox(row: &SqliteRow) -> Decoded<Mailbox> {
    let address: &str = row.try_get("address")?;
    Ok(Mailbox {
        address: Address::parse(address).map_err(|_| unreadable("address"))?,
        kind: word(row, "kind", MailboxType::parse)?,
        source: word(row, "source", Source::parse)?,
        operator: row.try_get("operator")?,
        state: word(row, "state", MailboxState::parse)?,
        test: row.try_get("test")?,
        liste_rouge: row.try_get("liste_rouge")?,
        liste_rouge_held: row.try_get("liste_rouge_held")?,
        frozen: row.try_get("frozen")?,
        zero_papier: row.try_get("zero_papier")?,
        phone: row.try_get("phone")?,
        phone_opposed: row.try_get("phone_opposed")?,
        phone_opposed_held: row.try_get("phone_opposed_held")?,
        responsible: row.try_get("responsible")?,
        service: row.try_get("service")?,
        description: row.try_get("description")?,
        rank: row.try_get("rank")?,
        in_extraction: row.try_get("in_extraction")?,
        attachments: Vec::new(),
    })
}

pub(super) fn attachment(row: &SqliteRow) -> Decoded<Attachment> {
    Ok(Attachment {
        professional: row.try_get("professional")?,
        structure_kind: row.try_get("structure_kind")?,
        structure_value: row.try_get("structure_value")?,
        service: row.try_get("service")?,
    })
}

pub(super) fn operator(row: &SqliteRow) -> Decoded<Operator> {
    Ok(Operator { id: row.try_get("id")?, name: row.try_get("name")?, state: word(row, "state", OperatorState::parse)? })
}

pub(super) fn account(row: &SqliteRow) -> Decoded<Account> {
    let subjects: String = row.try_get("certificates")?;
    let subjects: Vec<String> = serde_json::from_str(&subjects).map_err(|error| sqlx::Error::Decode(error.into()))?;
    Ok(Account {
        certificates: subjects.iter().filter_map(|subject| DistinguishedName::parse(subject)).collect(),
        name: row.try_get("name")?,
        audience: word(row, "audience", parse_audience)?,
        role: word(row, "role", Role::parse)?,
        created_at: row.try_get("created_at")?,
        revoked_at: row.try_get("revoked_at")?,
    })
}

pub(super) fn change(row: &SqliteRow) -> Decoded<Change> {
    Ok(Change {
        seq: row.try_get("seq")?,
        run: row.try_get("run")?,
        kind: word(row, "kind", ChangeKind::parse)?,
        key: row.try_get("key")?,
        withdraws: row.try_get("withdraws")?,
        at: row.try_get("at")?,
    })
}

pub(super) fn audience_code(audience: Audience) -> &'static str {
    match audience {
        Audience::Public => "public",
        Audience::Professional => "professional",
    }
}

fn parse_audience(code: &str) -> Option<Audience> {
    Audience::ALL.into_iter().find(|audience| audience_code(*audience) == code)
}
