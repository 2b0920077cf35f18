//! The streaming reader: one line in, one [`Row`] out, well-formed or rejected; nothing is dropped in silence.
//!
//! Rules of a well-formed row (the files have neither quoting nor escaping): UTF-8 without NUL, at most 64 KiB, as many fields as the
//! header has names, or one more when the last is empty (the trailing separator, see `shift`), and a key that can be read. A line without a single
//! byte is no row. Citizens' addresses (`@patient.mssante.fr`) are rejected and their bytes leave this file in no form.

use super::FileKind;
use super::activity::{ActivityRow, national_id};
use super::cells::{Cells, split};
use super::columns::{ActivityColumn, Column, ExpertiseColumn, MailboxColumn};
use super::expertise::ExpertiseRow;
use super::layout::Header;
use super::limits::{MAX_LINE_BYTES, MAX_RAW_BYTES};
use super::lines::Lines;
use super::mailbox::MailboxRow;
use super::place::is_plain_id;
use super::row::{Record, Rejected};
use super::shift::is_shifted;
use crate::error::{Error, Kind, Result};
use crate::model::{Address, InvalidAddress, MailboxType};
use std::io::{self, Read};

/// Reads one file of a known kind.
#[derive(Debug)]
pub struct Reader<R> {
    kind: FileKind,
    lines: Lines<R>,
    header: Header,
    header_bytes: u64,
    header_line: Vec<u8>,
    ends: Vec<u32>,
}

/// A line after the header.
#[derive(Debug)]
pub struct Row<'a> {
    /// Line number in the file, the header being 1.
    pub line: u64,
    /// Bytes of the line in the file, its end included: what progress is counted by.
    pub bytes: u64,
    /// The line without its end: its beginning when it is too long, nothing when its bytes may not be kept.
    pub raw: &'a [u8],
    pub outcome: Result<Record<'a>, Rejected>,
}

impl Row<'_> {
    /// The beginning of the raw bytes as text, for the list of rejections.
    #[must_use]
    pub fn excerpt(&self, characters: usize) -> String {
        String::from_utf8_lossy(self.raw).chars().take(characters).map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
    }
}

impl<R: Read> Reader<R> {
    /// Reads the header.
    ///
    /// # Errors
    /// `empty_file` without a first line, `bad_header` when it is not the layout's, `internal` when the source fails.
    pub fn new(kind: FileKind, source: R) -> Result<Self> {
        let mut lines = Lines::new(source);
        let prefix = kind.file_prefix();
        if !lines.advance().map_err(read_failed)? || lines.line().is_empty() {
            return Err(Error::new(Kind::Unprocessable, "empty_file", format!("{prefix}: the file has no header line")));
        }
        if lines.too_long {
            return Err(Error::new(Kind::Unprocessable, "bad_header", format!("{prefix}: the header line has no end")));
        }
        let line = lines.line();
        let header = Header::read(kind, line.strip_prefix(b"\xef\xbb\xbf").unwrap_or(line))?;
        let (header_bytes, header_line) = (lines.bytes, line.to_vec());
        Ok(Self { kind, lines, header, header_bytes, header_line, ends: Vec::new() })
    }

    #[must_use]
    pub fn kind(&self) -> FileKind {
        self.kind
    }

    /// Bytes of the header line, for progress.
    #[must_use]
    pub fn header_bytes(&self) -> u64 {
        self.header_bytes
    }

    /// What is odd about the header: unknown columns.
    #[must_use]
    pub fn warnings(&self) -> &[String] {
        &self.header.warnings
    }

    /// The header line: lines of two files mean the same only where theirs is the same.
    #[must_use]
    pub fn header(&self) -> &[u8] {
        &self.header_line
    }

    /// The next row; `None` at the end of the file.
    ///
    /// # Errors
    /// Only when the source fails; a bad row is an outcome.
    #[expect(clippy::should_implement_trait, reason = "a row borrows from the reader, which an Iterator cannot say")]
    pub fn next(&mut self) -> Result<Option<Row<'_>>> {
        Ok(if self.advance()? { Some(self.row()) } else { None })
    }

    /// Moves to the next line that holds a byte; `false` at the end of the file.
    ///
    /// # Errors
    /// Only when the source fails.
    pub fn advance(&mut self) -> Result<bool> {
        loop {
            if !self.lines.advance().map_err(read_failed)? {
                return Ok(false);
            }
            if !self.lines.line().is_empty() {
                return Ok(true);
            }
        }
    }

    /// The line moved to, without its end; `None` when it is too long for any row.
    #[must_use]
    pub fn line(&self) -> Option<&[u8]> {
        (!self.lines.too_long).then(|| self.lines.line())
    }

    /// Bytes of that line in the file, its end included.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.lines.bytes
    }

    /// Reads the line moved to.
    pub fn row(&mut self) -> Row<'_> {
        let outcome = read_row(self.kind, &self.header, &self.lines, &mut self.ends);
        let raw = match &outcome {
            Ok(_) => self.lines.line(),
            Err(_) if names_a_patient(self.lines.line()) => &[],
            Err(_) if self.lines.too_long => self.lines.line().get(..MAX_RAW_BYTES).unwrap_or_default(),
            Err(_) => self.lines.line(),
        };
        Row { line: self.lines.number, bytes: self.lines.bytes, raw, outcome }
    }
}

fn read_failed(error: io::Error) -> Error {
    Error::internal(format!("the file cannot be read on: {error}"), error)
}

fn read_row<'a, R: Read>(kind: FileKind, header: &'a Header, lines: &'a Lines<R>, ends: &'a mut Vec<u32>) -> Result<Record<'a>, Rejected> {
    let bytes = lines.line();
    split(bytes, ends);
    let ends = &*ends;
    let reject = |place: usize, reason: String| Rejected {
        column: header.name(place).to_owned(),
        reason,
        readable_key: readable_key(kind, header, bytes, ends),
    };
    let place_of = |offset: usize| ends.partition_point(|end| (*end as usize) < offset);
    if lines.too_long {
        return Err(reject(ends.len().saturating_sub(1), format!("the line is longer than {} KiB", MAX_LINE_BYTES >> 10)));
    }
    if let Some(at) = bytes.contains(&0).then(|| bytes.iter().position(|b| *b == 0)).flatten() {
        return Err(reject(place_of(at), "a NUL character".to_owned()));
    }
    let line = std::str::from_utf8(bytes)
        .map_err(|e| reject(place_of(e.valid_up_to()), format!("bytes that are not UTF-8, at byte {}", e.valid_up_to() + 1)))?;
    let width = header.width;
    let cells = Cells::new(line, ends, &header.places);
    if ends.len() < width {
        return Err(reject(ends.len(), format!("{} fields where the header names {width}: a truncated row?", ends.len())));
    }
    let trailing = ends.len() == width + 1 && line.ends_with('|') && (header.trailing || !is_shifted(kind, &cells));
    if ends.len() > width && !trailing {
        let reason = format!("{} fields where the header names {width}: a separator inside a value?", ends.len());
        return Err(reject(width.saturating_sub(1), reason));
    }
    match kind {
        FileKind::PersonneActivite => {
            use ActivityColumn as C;
            check_person(&cells, C::IdType, C::IdValue, C::NationalId, header)?;
            Ok(Record::Activity(ActivityRow::new(cells)))
        }
        FileKind::SavoirFaire => {
            use ExpertiseColumn as C;
            check_person(&cells, C::IdType, C::IdValue, C::NationalId, header)?;
            Ok(Record::Expertise(ExpertiseRow::new(cells)))
        }
        FileKind::Mailboxes => check_mailbox(cells, header),
    }
}

fn check_person<C: Column>(cells: &Cells<'_>, id_type: C, value: C, national: C, header: &Header) -> Result<(), Rejected> {
    let id = national_id(cells.get(id_type), cells.get(value), cells.get(national));
    let nothing = cells.get(national).is_empty() && cells.get(value).is_empty();
    if !nothing && is_plain_id(&id) {
        return Ok(());
    }
    let reason = if nothing { "no identification" } else { "no identification: blanks or foreign characters in it, or too long" };
    Err(Rejected { column: column_name(header, national), reason: reason.to_owned(), readable_key: None })
}

fn check_mailbox<'a>(cells: Cells<'a>, header: &Header) -> Result<Record<'a>, Rejected> {
    let reject =
        |column: MailboxColumn, reason: String, readable_key| Rejected { column: column_name(header, column), reason, readable_key };
    let address = Address::parse(cells.get(MailboxColumn::Address)).map_err(|e| reject(MailboxColumn::Address, e.to_string(), None))?;
    // A citizen's address would have to stand in another column, beside the mailbox's own.
    if cells.line().bytes().filter(|b| *b == b'@').count() > 1 && names_a_patient(cells.line().as_bytes()) {
        return Err(reject(MailboxColumn::Service, InvalidAddress::Patient.to_string(), Some(address.into())));
    }
    let word = cells.get(MailboxColumn::Kind);
    let Some(kind) = MailboxType::parse(word) else {
        let reason = if word.is_empty() { "no mailbox type" } else { "unknown mailbox type" };
        return Err(reject(MailboxColumn::Kind, reason.to_owned(), Some(address.into())));
    };
    Ok(Record::Mailbox(MailboxRow::new(cells, kind, address)))
}

fn column_name(header: &Header, column: impl Column) -> String {
    header.places.get(column.index()).copied().flatten().map_or_else(String::new, |place| header.name(place).to_owned())
}

/// The key of a row that is rejected as a whole, when its fields stand where they should: each ended by a separator, and agreeing.
fn readable_key(kind: FileKind, header: &Header, bytes: &[u8], ends: &[u32]) -> Option<String> {
    let cell = |column: usize| {
        let place = header.places.get(column).copied().flatten()?;
        // The last field of a cut line may lack its end.
        let end = *ends.get(place).filter(|_| place + 1 < ends.len())? as usize;
        let start = if place == 0 { 0 } else { *ends.get(place - 1)? as usize + 1 };
        std::str::from_utf8(bytes.get(start..end)?).ok().map(str::trim)
    };
    match kind {
        FileKind::PersonneActivite | FileKind::SavoirFaire => {
            use ExpertiseColumn as C;
            let (id_type, value, national) = (cell(C::IdType.index())?, cell(C::IdValue.index())?, cell(C::NationalId.index())?);
            let id = national_id(id_type, value, national);
            (!value.is_empty() && is_plain_id(&id) && *id == format!("{id_type}{value}")).then(|| id.into_owned())
        }
        FileKind::Mailboxes => Address::parse(cell(MailboxColumn::Address.index())?).ok().map(String::from),
    }
}

/// Does the line hold a citizen's address anywhere?
fn names_a_patient(line: &[u8]) -> bool {
    const DOMAIN: &[u8] = b"patient.mssante.fr";
    line.windows(DOMAIN.len()).any(|window| window.eq_ignore_ascii_case(DOMAIN))
}

#[cfg(test)]
#[path = "reader_tests.rs"]
mod tests;
