//! What a write may do to a mailbox that is already there (semantics: "Where a mailbox comes from"): pure functions on the row before and
//! the row wished, called inside the write transaction of whichever database.
//!
//! - An address has one operator; its type never changes; closed, it is barred from another holder for a year.
//! - Adoption makes an extraction mailbox the operator's for good, and lifts no flag that hides something.
//! - What an administrator set (liste rouge, telephone opposition, a freeze) an administrator lifts, however often an operator sends the
//!   contrary.
//! - A vanished extraction mailbox that an administrator's flag kept open is closed when the last such flag is lifted.

use super::types::{MailboxFlags, PutOutcome, Stated};
use crate::error::{Error, Kind, Result};
use crate::model::{Mailbox, MailboxState, Source};
use serde_json::{Map, Value, json};

/// Also the time a closed mailbox is kept (seed rule S58).
pub(super) const CLOSED_SECONDS: i64 = 365 * 24 * 3600;

/// The row as it is.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) mailbox: Mailbox,
    pub(super) closed_at: Option<i64>,
}

impl Present {
    /// Closed over a year ago and not erased yet: as good as absent.
    pub(super) fn forgotten(&self, now: i64) -> bool {
        self.mailbox.state == MailboxState::Closed && self.closed_at.is_some_and(|at| at < now - CLOSED_SECONDS)
    }
}

/// The mailbox with an administrator's flags.
pub(super) fn flagged(old: &Mailbox, flags: &MailboxFlags) -> Result<Mailbox> {
    let mut new = old.clone();
    new.liste_rouge = flags.liste_rouge.unwrap_or(old.liste_rouge);
    new.liste_rouge_held = flags.liste_rouge.unwrap_or(old.liste_rouge_held);
    new.zero_papier = flags.zero_papier.unwrap_or(old.zero_papier);
    new.phone_opposed = flags.phone_opposed.unwrap_or(old.phone_opposed);
    new.phone_opposed_held = flags.phone_opposed.unwrap_or(old.phone_opposed_held);
    new.frozen = flags.frozen.unwrap_or(old.frozen);
    if let Some(state) = flags.state.filter(|state| *state != old.state) {
        if old.state == MailboxState::Closed {
            return Err(Error::conflict("a closed mailbox is opened again by its operator or by the extraction only"));
        }
        if state == MailboxState::Closed && old.source == Source::Extraction {
            return Err(Error::conflict("a mailbox of the extraction is closed by the extraction only"));
        }
        new.state = state;
    }
    let lifted = (old.liste_rouge || old.frozen) && !new.liste_rouge && !new.frozen;
    if lifted && new.source == Source::Extraction && !new.in_extraction {
        new.state = MailboxState::Closed;
    }
    Ok(new)
}

/// The mailbox that a publication leaves. `wished`: as its operator gives it; `same_site`: old and new share a structure.
pub(super) fn published(old: Option<&Present>, mut wished: Mailbox, stated: &Stated, same_site: bool) -> Result<(Mailbox, PutOutcome)> {
    wished.frozen = false;
    wished.liste_rouge_held = false;
    wished.phone_opposed_held = false;
    wished.in_extraction = false;
    let Some(old) = old.map(|present| &present.mailbox) else {
        return Ok((wished, PutOutcome::Created));
    };
    let closed = old.state == MailboxState::Closed;
    if old.source == Source::Operator && old.operator != wished.operator && !closed {
        return Err(Error::new(Kind::Conflict, "MSS-050", "the address is already published"));
    }
    if closed && !same_holder(old, &wished, same_site) {
        return Err(Error::new(Kind::Conflict, "MSS-053", "the address was closed less than a year ago under another holder"));
    }
    if old.kind != wished.kind {
        return Err(Error::new(Kind::Conflict, "MSS-051", "the type of a mailbox cannot be changed"));
    }
    let adopted = old.source == Source::Extraction;
    wished.frozen = old.frozen;
    wished.liste_rouge_held = old.liste_rouge_held;
    wished.phone_opposed_held = old.phone_opposed_held;
    wished.in_extraction = old.in_extraction;
    wished.liste_rouge = stated.liste_rouge.unwrap_or(old.liste_rouge) || old.liste_rouge_held;
    wished.phone_opposed = stated.phone_opposed.unwrap_or(old.phone_opposed) || old.phone_opposed_held;
    wished.test = stated.test.unwrap_or(old.test);
    wished.zero_papier = stated.zero_papier.unwrap_or(old.zero_papier);
    wished.state = stated.state.unwrap_or(if closed { MailboxState::Active } else { old.state });
    let outcome = match () {
        () if adopted => PutOutcome::Adopted,
        () if wished == *old => PutOutcome::Unchanged,
        () => PutOutcome::Updated,
    };
    Ok((wished, outcome))
}

/// People's mailboxes by their holders, the others by their structures.
fn same_holder(old: &Mailbox, new: &Mailbox, same_site: bool) -> bool {
    if !old.kind.held_by_people() {
        return same_site;
    }
    let held_by = |mailbox: &Mailbox, id: &str| mailbox.attachments.iter().any(|a| a.professional == id);
    old.attachments.iter().any(|a| !a.professional.is_empty() && held_by(new, &a.professional))
}

/// May something have to be hidden? Everything but the changes known to hide nothing.
pub(super) fn withdraws(old: &Mailbox, new: &Mailbox) -> bool {
    let mut harmless = Mailbox {
        zero_papier: new.zero_papier,
        rank: new.rank,
        liste_rouge_held: new.liste_rouge_held,
        phone_opposed_held: new.phone_opposed_held,
        ..old.clone()
    };
    harmless.liste_rouge &= new.liste_rouge;
    harmless.frozen &= new.frozen;
    harmless.phone_opposed &= new.phone_opposed;
    if new.state == MailboxState::Active {
        harmless.state = new.state;
    }
    harmless != *new
}

/// For the journal: old and new values of flags and states; of other fields only that they changed (the journal is kept ten years).
pub(super) fn difference(old: Option<&Mailbox>, new: &Mailbox) -> Value {
    const VALUES: [&str; 9] = ["kind", "source", "operator", "state", "test", "liste_rouge", "frozen", "zero_papier", "phone_opposed"];
    let before = old.map_or(Value::Null, |old| serde_json::to_value(old).unwrap_or_default());
    let after = serde_json::to_value(new).unwrap_or_default();
    let mut values = Map::new();
    let mut others = Vec::new();
    for (field, new) in after.as_object().into_iter().flatten() {
        let old = before.get(field).unwrap_or(&Value::Null);
        if old == new || field == "address" {
            continue;
        }
        if VALUES.contains(&field.as_str()) {
            values.insert(field.clone(), json!({ "old": old, "new": new }));
        } else {
            others.push(field.clone());
        }
    }
    json!({ "values": values, "other_fields": others })
}
