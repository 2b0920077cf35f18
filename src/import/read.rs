//! Reading the files into the staging database: each row gives its statements about people, structures, mailboxes and labels.
//!
//! Nothing is decided here between rows. A row that was read before, byte for byte, is a duplicate; a rejected one is kept aside with its
//! place and reason, and its key, when it can be read, is protected from closing.

use super::ahead::Ahead;
use super::inputs::Input;
use super::recorder::Recorder;
use super::report::FileReport;
use super::{Progress, edition, statements};
use crate::error::{Error, Result};
use crate::extraction::{Reader, Record, Rejected, Row};
use crate::model::{InvalidAddress, Operator, OperatorState};
use crate::store::ListDocument;
use crate::store::import::{Candidate, FileFacts, RejectedRow, SourceFile, Staging};
use crate::text;
use crate::trust::Admission;
use crate::trust::liste_blanche::{self, Listed};
use std::collections::HashSet;
use std::io::Read;

/// Longest excerpt of a rejected row, characters.
pub(super) const EXCERPT: usize = 200;
/// Rows between two signs of progress.
pub(super) const SIGN: u64 = 10_000;

/// What a liste blanche must show, and the time, UTC seconds.
pub(super) type List<'a> = (&'a Admission, i64);

/// Reads one input to its end. Without a recorder rows are not compared with each other: for the liste blanche.
pub(super) async fn stage(
    input: &Input,
    staging: &mut Staging,
    recorder: Option<&mut Recorder>,
    progress: &dyn Progress,
    must: List<'_>,
) -> Result<FileReport> {
    let (mut report, mut source) = begin(input, progress)?;
    let read = match (input.kind(), recorder) {
        (Some(kind), Some(recorder)) => match Reader::new(kind, &mut source) {
            Ok(reader) => rows(reader, input.file, staging, recorder, &mut report, progress).await,
            Err(error) => Err(error),
        },
        _ => list(&mut source, staging, &mut report, progress, must).await,
    };
    read.map_err(|e| of_file(&report, &e))?;
    end(input, source, staging, &mut report).await?;
    Ok(report)
}

/// The beginning of a file's report, and its bytes.
pub(super) fn begin(input: &Input, progress: &dyn Progress) -> Result<(FileReport, Ahead)> {
    progress.file(input.file.code(), &input.name, input.bytes);
    let report =
        FileReport { kind: input.file.code().to_owned(), name: input.name.clone(), edition: input.edition.clone(), ..Default::default() };
    Ok((report, Ahead::open(input)?))
}

/// The end of it, when all was read.
pub(super) async fn end(input: &Input, source: Ahead, staging: &mut Staging, report: &mut FileReport) -> Result<()> {
    report.sha256 = source.sha256()?;
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
    staging.flush().await
}

/// An error of reading, with the file it is of.
pub(super) fn of_file(report: &FileReport, e: &Error) -> Error {
    Error::new(e.kind(), e.code(), format!("{} {}: {}; nothing was imported", report.kind, report.name, e.chain()))
}

async fn rows<R: Read + Send>(
    mut reader: Reader<R>,
    file: SourceFile,
    staging: &mut Staging,
    recorder: &mut Recorder,
    report: &mut FileReport,
    progress: &dyn Progress,
) -> Result<()> {
    let mut bytes = reader.header_bytes();
    recorder.begin_file(file, reader.header())?;
    report.warnings.extend_from_slice(reader.warnings());
    while let Some(row) = reader.next()? {
        report.rows_read += 1;
        bytes += row.bytes;
        match &row.outcome {
            Err(rejected) => {
                if let Some(key) = &rejected.readable_key {
                    recorder.protect(file, key);
                }
                reject(file, row.line, rejected, &row.excerpt(EXCERPT), staging, report)?;
            }
            Ok(record) => match recorder.first(row.raw) {
                None => report.duplicate += 1,
                Some(hash) => {
                    report.accepted += 1;
                    let remarked = remark(&row, report);
                    statements::of(record, &mut |candidate| {
                        recorder.see(candidate);
                        if staging.add(file, candidate)? {
                            recorder.label(file, candidate, hash);
                        }
                        Ok(())
                    })?;
                    recorder.row(hash, remarked)?;
                }
            },
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

/// Counts what is odd about an accepted row; is anything?
pub(super) fn remark(row: &Row<'_>, report: &mut FileReport) -> bool {
    let remarks = row.outcome.as_ref().map(Record::remarks).unwrap_or_default();
    for remark in &remarks {
        *report.remarks.entry(format!("{}: {}", remark.column, remark.what)).or_default() += 1;
    }
    !remarks.is_empty()
}

pub(super) fn reject(
    file: SourceFile,
    line: u64,
    rejected: &Rejected,
    excerpt: &str,
    staging: &mut Staging,
    report: &mut FileReport,
) -> Result<()> {
    report.rejected += 1;
    report.citizens += u64::from(rejected.reason == InvalidAddress::Patient.to_string());
    *report.rejections.entry(format!("{}: {}", rejected.column, rejected.reason)).or_default() += 1;
    let Rejected { column, reason, readable_key } = rejected;
    staging.reject(&RejectedRow { file, line, column, reason, excerpt, protects: readable_key.as_deref() })
}

/// The liste blanche: small enough to be read whole, and refused whole when it is not well formed or not signed as it must be.
async fn list(
    source: impl Read,
    staging: &mut Staging,
    report: &mut FileReport,
    progress: &dyn Progress,
    (admission, now): List<'_>,
) -> Result<()> {
    const FILE: SourceFile = SourceFile::ListeBlanche;
    let mut bytes = Vec::new();
    let bound = liste_blanche::MAX_BYTES as u64 + 1;
    source.take(bound).read_to_end(&mut bytes).map_err(|e| Error::internal(format!("the file cannot be read on: {e}"), e))?;
    let admitted = admission.admit(&bytes, now)?;
    let list = liste_blanche::parse(&admitted.content)?;
    report.edition = edition::of(list.generated)?;
    report.signer = admitted.signer.as_ref().map(|signer| signer.subject.text.clone());
    let kept = ListDocument {
        generated: list.generated.as_second(),
        signer: report.signer.as_deref().unwrap_or_default(),
        signed: admitted.signed,
        entries: list.entries.len(),
        document: &bytes,
    };
    staging.keep_list(&kept).await?;
    let mut seen = HashSet::new();
    for entry in &list.entries {
        report.rows_read += 1;
        let raw = entry.raw.join("\u{0}");
        let named = entry.outcome.as_ref().map(|listed| (listed, operator_of(listed)));
        match named {
            Ok((listed, Some(operator))) => {
                if !seen.insert(raw) {
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
