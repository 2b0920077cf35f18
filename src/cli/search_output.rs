//! What `annuaire search` prints: a few lines an entry, or the JSON of `/v1/search`.

use super::say;
use crate::directory::{Answer, Hit};
use crate::error::Result;
use crate::model::Coded;
use crate::visibility::{MailboxSummary, OrganizationView, Practice, View, ZeroPapier};
use serde_json::{Value, json};

/// `{total, items}`, with `"exact": false` when the search was ended early.
pub fn json(answer: &Answer<Hit>) -> Result<Value> {
    let mut items = Vec::with_capacity(answer.hits.len());
    for hit in &answer.hits {
        let published = hit.published()?;
        items.push(serde_json::to_value(published.view()).unwrap_or_default());
    }
    let mut body = json!({ "total": answer.total, "items": items });
    if let (true, Some(object)) = (answer.truncated.is_some(), body.as_object_mut()) {
        object.insert("exact".to_owned(), Value::Bool(false));
    }
    Ok(body)
}

pub fn print(answer: &Answer<Hit>) -> Result<()> {
    for hit in &answer.hits {
        let published = hit.published()?;
        for line in lines(published.view()) {
            say(line);
        }
    }
    let shown = answer.hits.len();
    match answer.total {
        _ if shown == 0 => say("nothing found"),
        Some(total) if total > shown as u64 => say(format_args!("{shown} of {total} (--limit shows more)")),
        _ => say(format_args!("{shown} found")),
    }
    Ok(())
}

/// One line for who, one a practice, one a mailbox.
fn lines(view: &View) -> Vec<String> {
    let mut lines = match view {
        View::Professional(v) => vec![format!("{} {}  [{}]", v.person.family_name, v.person.given_name, v.person.id)],
        View::Structure(v) => vec![format!("{}  [{}]", v.organization.name, v.organization.id), format!("    {}", place(&v.organization))],
        View::Mailbox(v) => {
            let holders = v.holders.iter().map(|h| format!("{} {}", h.person.family_name, h.person.given_name));
            let names: Vec<String> = holders.chain(v.organizations.iter().map(|o| o.name.clone())).collect();
            vec![names.join(", ")]
        }
    };
    if let View::Professional(_) = view {
        lines.extend(view.practices().iter().map(practice));
    }
    lines.extend(view.mailboxes().iter().map(mailbox));
    lines
}

fn practice(practice: &Practice<'_>) -> String {
    let specialties = practice.specialties.iter().map(|s| if s.label.is_empty() { &s.code } else { &s.label });
    let what: Vec<&str> = practice.profession.map(label).into_iter().chain(specialties.map(String::as_str)).collect();
    let place = practice.organization.map(place).unwrap_or_default();
    let mut line = format!("    {}", what.join(", "));
    if !place.is_empty() {
        line.push_str(" – ");
        line.push_str(&place);
    }
    line
}

fn label(coded: &Coded) -> &str {
    if coded.label.is_empty() { &coded.code } else { &coded.label }
}

fn place(organization: &OrganizationView) -> String {
    let town = format!("{} {}", organization.postal_code, organization.city);
    let parts = [organization.name.as_str(), organization.street.as_str(), town.trim()];
    parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(", ")
}

fn mailbox(mailbox: &MailboxSummary) -> String {
    let zero_papier = match mailbox.zero_papier {
        Some(ZeroPapier::Accepted) => "  zéro papier accepted",
        Some(ZeroPapier::Refused) => "  zéro papier refused",
        None => "",
    };
    format!("    {} <{}>{zero_papier}", mailbox.kind.code(), mailbox.address)
}
