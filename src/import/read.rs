//! Reading the files into the staging database: each row gives its statements about people, structures, mailboxes and labels.
//!
//! Nothing is decided here between rows. A row that was read before, byte for byte, is a duplicate; a rejected one is kept aside with its
//! place and reason, and its key, when it can be read, is protected from closing.

use super::inputs::Input;
use super::report::FileReport;
use super::{Progress, edition};
use crate::error::{Error, Result};
use crate::extraction::{ActivityRow, ExpertiseRow, MailboxRow, Reader, Record, Rejected};
use crate::model::{InvalidAddress, Operator, OperatorState};
use crate::store::import::{Candidate, FileFacts, RejectedRow, SourceFile, Staging};
use crate::text;
use crate::trust::liste_blanche::{self, Listed};
use sha2::{Digest, Sha256};
use std::io::{self, Read};
use std::sync::{Arc, Mutex, PoisonError};

/// Longest excerpt of a rejected row, characters.
const EXCERPT: usize = 200;
/// Rows between two signs of progress.
const SIGN: u64 = 10_000;

/// Reads one input to its end.
pub(super) async fn stage(input: &Input, staging: &mut Staging, progress: &dyn Progress) -> Result<FileReport> {
    progress.file(input.file.code(), &input.name, input.bytes);
    let mut report =
        FileReport { kind: input.file.code().to_owned(), name: input.name.clone(), edition: input.edition.clone(), ..Default::default() };
    let mut opened = input.open()?;
    let digest = Arc::new(Mutex::new(Sha256::new()));
    let source = Hashing { source: opened.reader()?, digest: Arc::clone(&digest) };
    let read = match input.kind() {
        Some(kind) => match Reader::new(kind, source) {
            Ok(reader) => rows(reader, input.file, staging, &mut report, progress).await,
            Err(error) => Err(error),
        },
        None => list(source, staging, &mut report, progress).await,
    };
    read.map_err(|e| Error::new(e.kind(), e.code(), format!("{} {}: {}; nothing was imported", report.kind, report.name, e.chain())))?;
    let digest = std::mem::take(&mut *digest.lock().unwrap_or_else(PoisonError::into_inner)).finalize();
    report.sha256 = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    staging.add_file(&FileFacts {
        file: input.file,
        name: report.name.clone(),
        edition: report.edition.clone(),
        sha256: report.sha256.clone(),
        rows_read: report.rows_read,
        accepted: report.accepted,
        duplicate: report.duplicate,
        rejected: report.rejected,
    })?;
    staging.flush().await?;
    Ok(report)
}

async fn rows<R: Read + Send>(
    mut reader: Reader<R>,
    file: SourceFile,
    staging: &mut Staging,
    report: &mut FileReport,
    progress: &dyn Progress,
) -> Result<()> {
    let mut bytes = reader.header_bytes();
    report.warnings.extend_from_slice(reader.warnings());
    while let Some(row) = reader.next()? {
        report.rows_read += 1;
        bytes += row.bytes;
        match &row.outcome {
            Err(rejected) => reject(file, row.line, rejected, &row.excerpt(EXCERPT), staging, report)?,
            Ok(_) if staging.is_duplicate(row.raw) => report.duplicate += 1,
            Ok(record) => {
                report.accepted += 1;
                for remark in record.remarks() {
                    *report.remarks.entry(format!("{}: {}", remark.column, remark.what)).or_default() += 1;
                }
                match record {
                    Record::Activity(row) => activity(row, staging)?,
                    Record::Expertise(row) => expertise(row, staging)?,
                    Record::Mailbox(row) => mailbox(row, staging)?,
                }
            }
        }
        if staging.is_full() {
            staging.flush().await?;
        }
        if report.rows_read.is_multiple_of(SIGN) {
            progress.rows(report.rows_read, bytes);
        }
    }
    progress.rows(report.rows_read, bytes);
    Ok(())
}

fn reject(file: SourceFile, line: u64, rejected: &Rejected, excerpt: &str, staging: &mut Staging, report: &mut FileReport) -> Result<()> {
    report.rejected += 1;
    report.citizens += u64::from(rejected.reason == InvalidAddress::Patient.to_string());
    *report.rejections.entry(format!("{}: {}", rejected.column, rejected.reason)).or_default() += 1;
    let Rejected { column, reason, readable_key } = rejected;
    staging.reject(&RejectedRow { file, line, column, reason, excerpt, protects: readable_key.as_deref() })
}

fn activity(row: &ActivityRow<'_>, staging: &mut Staging) -> Result<()> {
    const FILE: SourceFile = SourceFile::PersonneActivite;
    let person = row.professional();
    staging.add(FILE, &Candidate::Person(&person))?;
    if let Some(exercise) = row.exercise() {
        staging.add(FILE, &Candidate::Exercise { professional: &person.id, exercise: &exercise })?;
    }
    if let Some(expertise) = row.expertise() {
        staging.add(FILE, &Candidate::Expertise { professional: &person.id, expertise: &expertise })?;
    }
    if let Some(structure) = row.structure() {
        staging.add(FILE, &Candidate::Structure { structure: &structure, key: None })?;
        for key in row.structure_keys() {
            staging.add(FILE, &Candidate::StructureKey { key: &key, structure: &structure.id })?;
        }
    }
    if let Some(activity) = row.activity() {
        staging.add(FILE, &Candidate::Activity(&activity))?;
    }
    for label in row.labels() {
        staging.add(FILE, &Candidate::Label { nomenclature: label.table, code: label.code, label: label.label })?;
    }
    Ok(())
}

fn expertise(row: &ExpertiseRow<'_>, staging: &mut Staging) -> Result<()> {
    const FILE: SourceFile = SourceFile::SavoirFaire;
    let person = row.professional();
    let Some(expertise) = row.expertise() else { return Ok(()) };
    staging.add(FILE, &Candidate::Person(&person))?;
    staging.add(FILE, &Candidate::Expertise { professional: &person.id, expertise: &expertise })?;
    if let Some(exercise) = row.exercise() {
        staging.add(FILE, &Candidate::Exercise { professional: &person.id, exercise: &exercise })?;
    }
    for label in row.labels() {
        staging.add(FILE, &Candidate::Label { nomenclature: label.table, code: label.code, label: label.label })?;
    }
    Ok(())
}

fn mailbox(row: &MailboxRow<'_>, staging: &mut Staging) -> Result<()> {
    const FILE: SourceFile = SourceFile::Mailboxes;
    let (address, attachment) = (&row.address, row.attachment());
    let unplaced = attachment.structure_kind.is_empty();
    let service = if unplaced { attachment.service.as_str() } else { "" };
    staging.add(FILE, &Candidate::Mailbox { address, kind: row.kind, zero_papier: row.zero_papier(), service })?;
    if !unplaced || !attachment.professional.is_empty() {
        staging.add(FILE, &Candidate::Attachment { mailbox: address, attachment: &attachment })?;
    }
    if let (Some(structure), Some(key)) = (row.structure(), row.structure_key()) {
        staging.add(FILE, &Candidate::Structure { structure: &structure, key: Some(&key) })?;
    }
    if let Some(holder) = row.holder() {
        staging.add(FILE, &Candidate::Person(&holder))?;
        if let Some(exercise) = row.exercise() {
            staging.add(FILE, &Candidate::Exercise { professional: &holder.id, exercise: &exercise })?;
        }
    }
    for label in row.labels() {
        staging.add(FILE, &Candidate::Label { nomenclature: label.table, code: label.code, label: label.label })?;
    }
    Ok(())
}

/// The liste blanche: small enough to be read whole, and refused whole when it is not well formed.
async fn list(source: impl Read, staging: &mut Staging, report: &mut FileReport, progress: &dyn Progress) -> Result<()> {
    const FILE: SourceFile = SourceFile::ListeBlanche;
    let mut bytes = Vec::new();
    let bound = liste_blanche::MAX_BYTES as u64 + 1;
    source.take(bound).read_to_end(&mut bytes).map_err(|e| Error::internal(format!("the file cannot be read on: {e}"), e))?;
    let list = liste_blanche::parse(&bytes)?;
    report.edition = edition::of(list.generated)?;
    for entry in &list.entries {
        report.rows_read += 1;
        let raw = entry.raw.join("\u{0}");
        let named = entry.outcome.as_ref().map(|listed| (listed, operator_of(listed)));
        match named {
            Ok((listed, Some(operator))) => {
                if staging.is_duplicate(raw.as_bytes()) {
                    report.duplicate += 1;
                    continue;
                }
                report.accepted += 1;
                let [_, description, _] = &entry.raw;
                staging.add(FILE, &Candidate::Domain { name: &listed.domain, description })?;
                staging.add(FILE, &Candidate::Operator(&operator))?;
                let (domain, name) = (&listed.domain, &listed.certificate);
                staging.add(FILE, &Candidate::Certificate { domain, name, operator: &operator.id })?;
            }
            Ok((listed, None)) => {
                let why = ("DNCertificatOperateur", "names no organisation (neither OU nor O)", Some(listed.domain.clone()));
                reject_entry(entry.line, why, &raw, staging, report)?;
            }
            Err(e) => reject_entry(entry.line, (e.element, e.reason, e.domain.clone()), &raw, staging, report)?,
        }
    }
    progress.rows(report.rows_read, bytes.len() as u64);
    Ok(())
}

fn reject_entry(
    line: u64,
    (element, reason, domain): (&str, &str, Option<String>),
    raw: &str,
    staging: &mut Staging,
    report: &mut FileReport,
) -> Result<()> {
    let rejected = Rejected { column: element.to_owned(), reason: reason.to_owned(), readable_key: domain };
    let excerpt: String = raw.chars().map(|c| if c.is_control() { ' ' } else { c }).take(EXCERPT).collect();
    reject(SourceFile::ListeBlanche, line, &rejected, &excerpt, staging, report)
}

/// An operator is known by the OU of its certificates (its prefixed structure id), else by its folded name.
fn operator_of(listed: &Listed) -> Option<Operator> {
    let name = listed.certificate.value("O").unwrap_or_default();
    let id = listed.certificate.value("OU").filter(|ou| !ou.is_empty()).unwrap_or_else(|| text::fold(&name));
    let name = if name.is_empty() { id.clone() } else { name };
    (!id.is_empty()).then_some(Operator { id, name, state: OperatorState::Valide })
}

/// Hashes what passes.
struct Hashing<R> {
    source: R,
    digest: Arc<Mutex<Sha256>>,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let read = self.source.read(buffer)?;
        self.digest.lock().unwrap_or_else(PoisonError::into_inner).update(buffer.get(..read).unwrap_or_default());
        Ok(read)
    }
}
