//! What a row of a file says, statement by statement.

use crate::error::Result;
use crate::extraction::{ActivityRow, ExpertiseRow, MailboxRow, Record};
use crate::store::import::Candidate;

/// Told each statement.
pub(super) type Say<'a> = &'a mut dyn FnMut(&Candidate<'_>) -> Result<()>;

/// All that a row says; what it says of labels comes last.
pub(super) fn of(record: &Record<'_>, say: Say<'_>) -> Result<()> {
    match record {
        Record::Activity(row) => activity(row, say),
        Record::Expertise(row) => expertise(row, say),
        Record::Mailbox(row) => mailbox(row, say),
    }
}

fn activity(row: &ActivityRow<'_>, say: Say<'_>) -> Result<()> {
    let person = row.professional();
    say(&Candidate::Person(&person))?;
    if let Some(exercise) = row.exercise() {
        say(&Candidate::Exercise { professional: &person.id, exercise: &exercise })?;
    }
    if let Some(expertise) = row.expertise() {
        say(&Candidate::Expertise { professional: &person.id, expertise: &expertise })?;
    }
    if let Some(structure) = row.structure() {
        say(&Candidate::Structure { structure: &structure, key: None })?;
        for key in row.structure_keys() {
            say(&Candidate::StructureKey { key: &key, structure: &structure.id })?;
        }
    }
    if let Some(activity) = row.activity() {
        say(&Candidate::Activity(&activity))?;
    }
    for label in row.labels() {
        say(&Candidate::Label { nomenclature: label.table, code: label.code, label: label.label })?;
    }
    Ok(())
}

fn expertise(row: &ExpertiseRow<'_>, say: Say<'_>) -> Result<()> {
    let person = row.professional();
    let Some(expertise) = row.expertise() else { return Ok(()) };
    say(&Candidate::Person(&person))?;
    say(&Candidate::Expertise { professional: &person.id, expertise: &expertise })?;
    if let Some(exercise) = row.exercise() {
        say(&Candidate::Exercise { professional: &person.id, exercise: &exercise })?;
    }
    for label in row.labels() {
        say(&Candidate::Label { nomenclature: label.table, code: label.code, label: label.label })?;
    }
    Ok(())
}

fn mailbox(row: &MailboxRow<'_>, say: Say<'_>) -> Result<()> {
    let (address, attachment) = (&row.address, row.attachment());
    let unplaced = attachment.structure_kind.is_empty();
    let service = if unplaced { attachment.service.as_str() } else { "" };
    say(&Candidate::Mailbox { address, kind: row.kind, zero_papier: row.zero_papier(), service })?;
    if !unplaced || !attachment.professional.is_empty() {
        say(&Candidate::Attachment { mailbox: address, attachment: &attachment })?;
    }
    if let (Some(structure), Some(key)) = (row.structure(), row.structure_key()) {
        say(&Candidate::Structure { structure: &structure, key: Some(&key) })?;
    }
    if let Some(holder) = row.holder() {
        say(&Candidate::Person(&holder))?;
        if let Some(exercise) = row.exercise() {
            say(&Candidate::Exercise { professional: &holder.id, exercise: &exercise })?;
        }
    }
    for label in row.labels() {
        say(&Candidate::Label { nomenclature: label.table, code: label.code, label: label.label })?;
    }
    Ok(())
}
