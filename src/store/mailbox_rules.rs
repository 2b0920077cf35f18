//! What a write may do to a mailbox that is already there (semantics: "Where a mailbox comes from"): pure functions on the row before and
//! the row wished, called inside the write transaction of whichever database.
//!
//! - An address has one operator; its type never changes; closed, it is barred from another holder for a year.
//! - Adoption makes an extraction mailbox the operator's for good, and lifts no flag that hides something.
//! - What an administrator set (liste rouge, telephone opposition, a freeze) an administrator lifts, however often an operator sends the
//!   contrary.
//! - A vanished extraction mailbox that an administrator's flag kept open is closed when the last such flag is lifted.

use super::types::MailboxFlags;
use super::writing::{Patch, Presence, PutOutcome, Stated};
use crate::error::{Error, Kind, Result};
use crate::model::{Mailbox, MailboxState, MailboxType, Source};
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

/// Also the time a closed mailbox is kept (seed rule S58).
pub(super) const CLOSED_SECONDS: i64 = 365 * 24 * 3600;

/// The row as it is.
#[derive(Debug)]
pub(super) struct Present {
    pub(super) mailbox: Mailbox,
    pub(super) closed_at: Option<i64>,
}

/// What a publication is judged by beside the two rows.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Circumstances {
    /// Old and new share a structure.
    pub(super) same_site: bool,
    /// The operator of the old row holds its domain no more.
    pub(super) left_behind: bool,
    /// The new holder is the old one under a new number.
    pub(super) renumbered: bool,
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

/// MSS-052: to its operator and to everybody else there is none.
#[must_use]
pub fn unknown() -> Error {
    Error::new(Kind::NotFound, "MSS-052", "vous ne publiez aucune boîte à cette adresse")
}

/// MSS-051.
#[must_use]
pub fn type_stays() -> Error {
    let message = "le type d'une boîte ne change pas : supprimez-la, puis créez-en une autre à une autre adresse";
    Error::new(Kind::Conflict, "MSS-051", message).at_field("type")
}

/// The key of a request was another's.
#[must_use]
pub fn key_reused() -> Error {
    let message = "cette clé d'idempotence a servi à une autre requête : prenez-en une nouvelle";
    Error::new(Kind::Unprocessable, "idempotency_key_reused", message)
}

/// What was read is no more.
const STALE: &str = "la boîte a changé depuis votre lecture : relisez-la, puis recommencez";

/// `changed` (412).
pub(super) fn changed(message: &str) -> Error {
    Error::new(Kind::Precondition, "changed", message)
}

/// Names the content of a mailbox; for `ETag` and `If-Match` of its operator.
#[must_use]
pub fn revision(mailbox: &Mailbox) -> String {
    let content = serde_json::to_vec(mailbox).unwrap_or_default();
    Sha256::digest(content).iter().take(12).map(|byte| format!("{byte:02x}")).collect()
}

/// Refuses an act on a mailbox that is not in a revision its operator named. What is not its own has none.
pub(super) fn check_expected(old: Option<&Mailbox>, operator: &str, expected: Option<&[String]>) -> Result<()> {
    let Some(expected) = expected else {
        return Ok(());
    };
    let present = old.filter(|old| is_own(old, operator)).map(revision);
    if present.is_some_and(|present| expected.iter().any(|e| e == "*" || *e == present)) {
        return Ok(());
    }
    Err(changed(STALE))
}

fn is_own(mailbox: &Mailbox, operator: &str) -> bool {
    mailbox.operator.as_deref() == Some(operator) && mailbox.source == Source::Operator && mailbox.state != MailboxState::Closed
}

/// The operator's own open mailbox; another's, and one of the extraction, is as unknown as none (MSS-052).
pub(super) fn own<'a>(old: Option<&'a Present>, operator: &str) -> Result<&'a Mailbox> {
    old.map(|present| &present.mailbox).filter(|mailbox| is_own(mailbox, operator)).ok_or_else(unknown)
}

/// The mailbox as an operator's update leaves it. What an administrator set stays, whatever is stated.
pub(super) fn patched(old: &Mailbox, kind: MailboxType, patch: &Patch, renumbered: bool) -> Result<(Mailbox, PutOutcome)> {
    if old.kind != kind {
        return Err(changed(STALE));
    }
    let text = |given: &Option<String>, kept: &String| given.clone().unwrap_or_else(|| kept.clone());
    let stated = &patch.stated;
    let mut attachments = patch.attachments.clone().unwrap_or_else(|| old.attachments.clone());
    attachments.sort();
    attachments.dedup();
    let new = Mailbox {
        phone: text(&patch.phone, &old.phone),
        responsible: text(&patch.responsible, &old.responsible),
        service: text(&patch.service, &old.service),
        description: text(&patch.description, &old.description),
        rank: patch.rank.unwrap_or(old.rank),
        liste_rouge: stated.liste_rouge.unwrap_or(old.liste_rouge) || old.liste_rouge_held,
        phone_opposed: stated.phone_opposed.unwrap_or(old.phone_opposed) || old.phone_opposed_held,
        zero_papier: stated.zero_papier.unwrap_or(old.zero_papier),
        test: stated.test.unwrap_or(old.test),
        state: stated.state.unwrap_or(old.state),
        attachments,
        ..old.clone()
    };
    check_holder_stays(old, &new, renumbered)?;
    check_stays_opened(old, &new)?;
    let outcome = if new == *old { PutOutcome::Unchanged } else { PutOutcome::Updated };
    Ok((new, outcome))
}

/// What was opened was somebody's: it does not become free for another by being called unopened again.
fn check_stays_opened(old: &Mailbox, new: &Mailbox) -> Result<()> {
    if new.state == MailboxState::Unopened && old.state != MailboxState::Unopened {
        let message = "state : une boîte qui a été ouverte ne redevient pas non ouverte : suspendez-la";
        return Err(Error::new(Kind::Invalid, "MSS-001", message).at_field("state"));
    }
    Ok(())
}

/// A personal mailbox in use stays its holder's: whoever writes to the address means them. Until it is opened a mistake may be mended.
fn check_holder_stays(old: &Mailbox, new: &Mailbox, renumbered: bool) -> Result<()> {
    let free = old.kind != MailboxType::Per || old.state == MailboxState::Unopened || renumbered;
    let named = old.attachments.iter().any(|a| !a.professional.is_empty());
    if free || !named || same_holder(old, new, false) {
        return Ok(());
    }
    let message = "le titulaire d'une boîte personnelle ouverte ne change pas : supprimez-la, puis créez-en une autre à une autre adresse";
    Err(Error::new(Kind::Conflict, "MSS-051", message).at_field("professional_id"))
}

/// The mailbox that a publication leaves. `wished`: as its operator gives it.
pub(super) fn published(
    old: Option<&Present>,
    mut wished: Mailbox,
    stated: &Stated,
    presence: Presence,
    circumstances: Circumstances,
) -> Result<(Mailbox, PutOutcome)> {
    let same_site = circumstances.same_site;
    wished.frozen = false;
    wished.liste_rouge_held = false;
    wished.phone_opposed_held = false;
    wished.in_extraction = false;
    let Some(old) = old.map(|present| &present.mailbox) else {
        return Ok((wished, PutOutcome::Created));
    };
    let closed = old.state == MailboxState::Closed;
    // With its domain, an address goes to the operator that has it now, as long as it stays its holder's.
    let another = old.operator != wished.operator;
    let taken_over = another && circumstances.left_behind && same_holder(old, &wished, same_site);
    if old.source == Source::Operator && !closed && !taken_over && (presence == Presence::New || another) {
        return Err(Error::new(Kind::Conflict, "MSS-050", "cette adresse est déjà publiée"));
    }
    if closed && !same_holder(old, &wished, same_site) {
        let message = "cette adresse a été supprimée il y a moins d'un an sous un autre titulaire : choisissez-en une autre";
        return Err(Error::new(Kind::Gone, "MSS-053", message));
    }
    if old.kind != wished.kind {
        return Err(type_stays());
    }
    let adopted = old.source == Source::Extraction || (taken_over && !closed);
    if !closed {
        check_holder_stays(old, &wished, circumstances.renumbered)?;
    }
    wished.frozen = old.frozen;
    wished.liste_rouge_held = old.liste_rouge_held;
    wished.phone_opposed_held = old.phone_opposed_held;
    wished.in_extraction = old.in_extraction;
    wished.liste_rouge = stated.liste_rouge.unwrap_or(old.liste_rouge) || old.liste_rouge_held;
    wished.phone_opposed = stated.phone_opposed.unwrap_or(old.phone_opposed) || old.phone_opposed_held;
    wished.test = stated.test.unwrap_or(old.test);
    wished.zero_papier = stated.zero_papier.unwrap_or(old.zero_papier);
    wished.state = stated.state.unwrap_or(if closed { MailboxState::Active } else { old.state });
    check_stays_opened(old, &wished)?;
    let outcome = match () {
        () if adopted => PutOutcome::Adopted,
        () if closed => PutOutcome::Created,
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
