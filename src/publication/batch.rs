//! A file of JSON lines, one mailbox a line, each checked and written on its own: a rejected line stops no other.
//!
//! Lines are bounded in length, the file is streamed, and a line that was reported as accepted has been committed and synced.

use super::line::{Line, syntax};
use super::report::{LineOutcome, LineReport, LoadReport, Warning};
use super::{Publication, rules};
use crate::error::{Error, Kind, Result};
use crate::model::{Address, Attachment, Mailbox, MailboxState, MailboxType, is_test_domain};
use crate::store::{Put, PutOutcome, Stated};
use crate::trust::{Publisher, publisher};
use std::io::BufRead;

/// Longest line, bytes.
const LONGEST_LINE: usize = 64 * 1024;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

impl Publication {
    /// Publishes the mailboxes of a file for an operator: creates, updates and adopts, line by line.
    ///
    /// Refused as a whole when no liste blanche was ever loaded, or the operator is unknown or not in force (MSS-003). Everything else is
    /// told in the report. `actor`: who, for the journal; `now`: UTC seconds.
    pub async fn load_lines<R: BufRead + Send>(&self, operator: &str, mut lines: R, actor: &str, now: i64) -> Result<LoadReport> {
        let publisher = publisher(&self.store, operator).await?;
        let mut report = LoadReport::new(operator);
        let mut number = 0;
        loop {
            let text = match next_line(&mut lines) {
                Ok(Some(text)) => text,
                Ok(None) => return Ok(report),
                Err(error) => {
                    report.interrupted = Some(format!("after line {number}: {error}"));
                    return Ok(report);
                }
            };
            number += 1;
            let text = match text {
                Text::Whole(bytes) if bytes.trim_ascii().is_empty() => continue,
                Text::Whole(bytes) if number == 1 && bytes.starts_with(BYTE_ORDER_MARK) => {
                    Ok(bytes.into_iter().skip(BYTE_ORDER_MARK.len()).collect())
                }
                Text::Whole(bytes) => Ok(bytes),
                Text::TooLong => Err(syntax(format!("the line is longer than {LONGEST_LINE} bytes"))),
            };
            let (address, result) = match text.and_then(|bytes| Line::parse(&bytes)) {
                Ok(line) => {
                    let address = Address::parse(&line.address).ok();
                    (address, self.publish_line(&publisher, &line, actor, now).await)
                }
                Err(error) => (None, Err(error)),
            };
            if let Ok((put, _)) = &result {
                report.last_change = put.seq.or(report.last_change);
            }
            report.add(line_report(number, address, result));
        }
    }

    async fn publish_line(&self, publisher: &Publisher, line: &Line, actor: &str, now: i64) -> Result<(Put, Option<Warning>)> {
        let address = Address::parse(&line.address).map_err(|error| syntax(error.to_string()))?;
        let kind = MailboxType::parse(&line.kind).ok_or_else(|| syntax("type: PER, ORG, APP or CAB is expected"))?;
        rules::check_fields(line, kind)?;
        publisher.check_domain(&self.store, address.domain()).await?;
        let test = test_flag(publisher, &address, line.test)?;
        let holders = self.holders(line).await?;
        let (structure, warning) = self.structure(line).await?;

        let attached = |professional: String| Attachment { professional, ..structure.clone() };
        let attachments = match kind {
            MailboxType::Per | MailboxType::Cab => holders.into_iter().map(attached).collect(),
            MailboxType::Org | MailboxType::App => vec![structure.clone()],
        };
        let text = |text: &Option<String>| text.clone().unwrap_or_default();
        let mailbox = Mailbox {
            state: line.state.map_or(MailboxState::Active, MailboxState::from),
            test: test.unwrap_or_default(),
            liste_rouge: line.liste_rouge.unwrap_or_default(),
            zero_papier: line.zero_papier.flatten(),
            phone: text(&line.phone),
            phone_opposed: line.phone_opposed.unwrap_or_default(),
            responsible: text(&line.responsible),
            service: text(&line.service),
            description: text(&line.description),
            rank: line.rank,
            attachments,
            ..Mailbox::published_by(publisher.id(), address, kind)
        };
        let stated = Stated {
            liste_rouge: line.liste_rouge,
            zero_papier: line.zero_papier,
            phone_opposed: line.phone_opposed,
            test,
            state: line.state.map(MailboxState::from),
        };
        let put = self.store.publish_mailbox(&mailbox, &stated, actor, now).await?;
        Ok((put, warning))
    }

    /// Identifications nationales of the holders, each known and in exercise.
    async fn holders(&self, line: &Line) -> Result<Vec<String>> {
        let mut holders = Vec::new();
        for identifier in rules::holders(line) {
            let candidates = rules::candidates(identifier);
            let known = self.store.professional_states(&candidates).await?;
            // In the order of the candidates: the identifier as given wins.
            let found = candidates.iter().find_map(|id| known.iter().find(|holder| holder.id == *id));
            holders.push(rules::check_holder(found)?.id.clone());
        }
        Ok(holders)
    }

    /// The attachment to the structure named, empty for none. An unknown structure is kept as named: the key leads somewhere once an
    /// import brings it.
    async fn structure(&self, line: &Line) -> Result<(Attachment, Option<Warning>)> {
        let Some(identifier) = &line.structure_id else {
            return Ok((Attachment::default(), None));
        };
        let (key, warning) = match self.store.structure_by_identifier(identifier).await? {
            Some(found) if found.closed => {
                return Err(Error::new(Kind::Unprocessable, "MSS-031", "the structure is closed"));
            }
            Some(found) => (found.key, None),
            None => {
                let warning = Warning { code: "MSS-030", message: "the structure is in none of the files loaded" };
                (rules::structure_key(identifier), Some(warning))
            }
        };
        let structure = Attachment { structure_kind: key.kind.code().to_owned(), structure_value: key.value, ..Attachment::default() };
        Ok((structure, warning))
    }
}

/// What the line says of `test`, after the domain's name and the operator's state; `None` keeps what the store has.
fn test_flag(publisher: &Publisher, address: &Address, given: Option<bool>) -> Result<Option<bool>> {
    if publisher.test_only() && given == Some(false) {
        return Err(Error::new(Kind::Forbidden, "MSS-012", "the operator is provisional: test mailboxes only"));
    }
    let forced = publisher.test_only() || is_test_domain(address.domain());
    Ok(if forced { Some(true) } else { given })
}

fn line_report(line: u64, address: Option<Address>, result: Result<(Put, Option<Warning>)>) -> LineReport {
    let address = address.map(|address| address.as_str().to_owned());
    match result {
        Ok((put, warning)) => {
            let outcome = match put.outcome {
                PutOutcome::Created => LineOutcome::Created,
                PutOutcome::Updated => LineOutcome::Updated,
                PutOutcome::Unchanged => LineOutcome::Unchanged,
                PutOutcome::Adopted => LineOutcome::Adopted,
            };
            let (code, message) = warning.map(|warning| (warning.code, warning.message.to_owned())).unzip();
            LineReport { line, address, outcome, code, message }
        }
        Err(error) => {
            let code = if error.code().starts_with("MSS-") { error.code() } else { "MSS-099" };
            LineReport { line, address, outcome: LineOutcome::Rejected, code: Some(code), message: Some(error.to_string()) }
        }
    }
}

enum Text {
    Whole(Vec<u8>),
    TooLong,
}

/// The next line without its end; a longer one than allowed is skipped to its end without being kept.
fn next_line(lines: &mut impl BufRead) -> std::io::Result<Option<Text>> {
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
