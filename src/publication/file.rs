//! A file of JSON lines, one mailbox a line, each accepted or refused on its own: a rejected line stops no other.
//!
//! Lines are bounded in length, the file is streamed, and a line that was reported as accepted has been committed and synced.

use super::Publication;
use super::carry::{Item, Pending};
use super::check::Domains;
use super::line::Operation;
use super::report::{LineReport, LoadReport};
use crate::error::Result;
use crate::store::{Actor, Noted};
use crate::trust::publisher;
use std::io::BufRead;

/// Longest line, bytes.
pub(super) const LONGEST_LINE: usize = 64 * 1024;

pub(super) const TOO_LONG: &str = "la ligne dépasse 65 536 octets";

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// Everything a line may ask for.
pub(super) const ALL_OPERATIONS: [Operation; 6] =
    [Operation::Put, Operation::Create, Operation::Update, Operation::Delete, Operation::Suspend, Operation::Resume];

impl Publication {
    /// Publishes the mailboxes of a file for an operator: creates, updates, adopts, deletes, line by line.
    ///
    /// Refused as a whole when no liste blanche was ever loaded, or the operator is unknown or not in force (MSS-003). Everything else is
    /// told in the report. `actor`: who, for the journal; `now`: UTC seconds.
    pub async fn load_lines<R: BufRead + Send>(
        &self,
        operator: &str,
        mut lines: R,
        actor: impl Into<Actor>,
        now: i64,
    ) -> Result<LoadReport> {
        let actor = actor.into();
        let publisher = Ok(publisher(&self.store, operator).await?);
        let mut report = LoadReport::new(operator);
        let (mut pending, mut domains) = (Pending::default(), Domains::new());
        let mut number = 0;
        loop {
            let text = match next_line(&mut lines) {
                Ok(Some(text)) => text,
                Ok(None) => break,
                Err(error) => {
                    report.interrupted = Some(format!("after line {number}: {error}"));
                    break;
                }
            };
            number += 1;
            let body = match &text {
                Text::Whole(bytes) if bytes.trim_ascii().is_empty() => continue,
                Text::Whole(bytes) if number == 1 => Ok(bytes.strip_prefix(BYTE_ORDER_MARK).unwrap_or(bytes)),
                Text::Whole(bytes) => Ok(bytes.as_slice()),
                Text::TooLong => Err(TOO_LONG),
            };
            let item = Item { line: number, body };
            while !self.take(&item, &publisher, &ALL_OPERATIONS, &mut pending, &mut domains).await? {
                self.flush(&mut report, std::mem::take(&mut pending), &actor, now).await?;
            }
        }
        self.flush(&mut report, pending, &actor, now).await?;
        Ok(report)
    }

    async fn flush(&self, report: &mut LoadReport, pending: Pending, actor: &Actor, now: i64) -> Result<()> {
        if pending.is_empty() {
            return Ok(());
        }
        let settled = self.write_pending(pending, actor, now, false, None::<fn(&[LineReport]) -> Noted>).await?;
        report.last_change = settled.last_change.or(report.last_change);
        settled.lines.into_iter().for_each(|line| report.add(line));
        Ok(())
    }
}

pub(super) enum Text {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line without its end; a longer one than allowed is skipped to its end without being kept.
pub(super) fn next_line(lines: &mut impl BufRead) -> std::io::Result<Option<Text>> {
    let mut line = Vec::new();
    let mut read = 0usize;
    loop {
        let buffer = lines.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        let (part, ended) = match buffer.iter().position(|byte| *byte == b'\n') {
            Some(end) => (buffer.get(..end).unwrap_or_default(), true),
            None => (buffer, false),
        };
        let consumed = part.len() + usize::from(ended);
        read += consumed;
        if line.len() + part.len() <= LONGEST_LINE {
            line.extend_from_slice(part);
        } else {
            // One byte too many is remembered by the length alone.
            line.resize(LONGEST_LINE + 1, b' ');
        }
        lines.consume(consumed);
        if ended {
            break;
        }
    }
    Ok(match (read, line.len() > LONGEST_LINE) {
        (0, _) => None,
        (_, true) => Some(Text::TooLong),
        (_, false) => Some(Text::Whole(line)),
    })
}
