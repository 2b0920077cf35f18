//! Compte rendu d'alimentation: counters, then one entry a line, up to a bound; the counters always tell the whole.

use super::line::Operation;
use crate::error::{Error, Result};
use crate::store::{PutOutcome, Written};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Line entries kept in one report.
pub(super) const LINES_KEPT: usize = 10_000;

/// What became of the lines of a batch or a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(default)]
pub struct Counters {
    /// Lines that were not blank, and what a full state did not hold; the sum of the six outcomes.
    pub received: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub adopted: u64,
    pub deleted: u64,
    pub rejected: u64,
    /// Accepted lines with a warning.
    pub warned: u64,
}

impl Counters {
    pub(super) fn add(&mut self, line: &LineReport) {
        self.received += 1;
        let counter = match line.outcome {
            LineOutcome::Created => &mut self.created,
            LineOutcome::Updated => &mut self.updated,
            LineOutcome::Unchanged => &mut self.unchanged,
            LineOutcome::Adopted => &mut self.adopted,
            LineOutcome::Deleted => &mut self.deleted,
            LineOutcome::Rejected => &mut self.rejected,
        };
        *counter += 1;
        if line.outcome != LineOutcome::Rejected && line.code.is_some() {
            self.warned += 1;
        }
    }
}

/// What a load from a file did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    pub operator: String,
    #[serde(flatten)]
    pub counters: Counters,
    pub lines: Vec<LineReport>,
    /// Entries left out of `lines`, which keeps the first 10,000.
    pub lines_left_out: u64,
    /// Highest change number written; `None` when nothing was.
    pub last_change: Option<i64>,
    /// Why reading the file stopped early; what precedes has been applied.
    pub interrupted: Option<String>,
}

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct LineReport {
    /// 1 is the first line of the body; 0 is a mailbox that a full state did not hold.
    pub line: u64,
    /// Given when the line holds a readable address.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub address: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub operation: Option<Operation>,
    pub outcome: LineOutcome,
    /// MSS code of the rejection, or of the first warning.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub code: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub message: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub field: Option<String>,
    /// Code, message and field of further warnings.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub more_warnings: Vec<(String, String, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum LineOutcome {
    Created,
    Updated,
    Unchanged,
    Adopted,
    Deleted,
    Rejected,
}

impl From<PutOutcome> for LineOutcome {
    fn from(outcome: PutOutcome) -> Self {
        match outcome {
            PutOutcome::Created => Self::Created,
            PutOutcome::Updated => Self::Updated,
            PutOutcome::Unchanged => Self::Unchanged,
            PutOutcome::Adopted => Self::Adopted,
            PutOutcome::Deleted => Self::Deleted,
        }
    }
}

/// Accepted, with a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Warning {
    #[schema(example = "MSS-022")]
    pub code: &'static str,
    pub message: &'static str,
    pub field: &'static str,
}

/// A line before its outcome is known.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    pub(super) line: u64,
    pub(super) address: Option<String>,
    pub(super) operation: Option<Operation>,
}

impl Asked {
    pub(super) fn rejected(&self, error: &Error) -> LineReport {
        let code = if error.code().starts_with("MSS-") || error.code() == "changed" { error.code() } else { "MSS-099" };
        LineReport {
            line: self.line,
            address: self.address.clone(),
            operation: self.operation,
            outcome: LineOutcome::Rejected,
            code: Some(code.to_owned()),
            message: Some(if code == "MSS-099" { "erreur interne".to_owned() } else { error.to_string() }),
            field: error.field().map(str::to_owned),
            more_warnings: Vec::new(),
        }
    }

    pub(super) fn settled(&self, outcome: &Result<Written>, warnings: &[Warning]) -> LineReport {
        let written = match outcome {
            Err(error) => return self.rejected(error),
            Ok(written) => written,
        };
        let (first, more) = warnings.split_first().unzip();
        let told = |w: &Warning| (w.code.to_owned(), w.message.to_owned(), w.field.to_owned());
        let first = first.map(told);
        LineReport {
            line: self.line,
            address: self.address.clone(),
            operation: self.operation,
            outcome: written.outcome.into(),
            code: first.as_ref().map(|(code, _, _)| code.clone()),
            message: first.as_ref().map(|(_, message, _)| message.clone()),
            field: first.map(|(_, _, field)| field),
            more_warnings: more.unwrap_or_default().iter().map(told).collect(),
        }
    }
}

impl LoadReport {
    pub(super) fn new(operator: &str) -> Self {
        Self { operator: operator.to_owned(), ..Self::default() }
    }

    pub(super) fn add(&mut self, line: LineReport) {
        self.counters.add(&line);
        if self.lines.len() < LINES_KEPT {
            self.lines.push(line);
        } else {
            self.lines_left_out += 1;
        }
    }
}

/// Columns of a report as CSV.
const COLUMNS: [&str; 7] = ["line", "address", "operation", "outcome", "code", "message", "field"];

/// The lines of a report as CSV (RFC 4180, `;`, UTF-8), a row for each further warning.
///
/// A cell that a spreadsheet would take for a formula begins with an apostrophe.
pub fn csv(lines: &[LineReport]) -> String {
    let mut writer = csv::WriterBuilder::new().delimiter(b';').terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    // Writing to memory does not fail.
    let _ = writer.write_record(COLUMNS);
    for line in lines {
        let operation = line.operation.and_then(|o| serde_json::to_value(o).ok()).map(word).unwrap_or_default();
        let outcome = serde_json::to_value(line.outcome).map(word).unwrap_or_default();
        let first =
            (line.code.clone().unwrap_or_default(), line.message.clone().unwrap_or_default(), line.field.clone().unwrap_or_default());
        for (code, message, field) in std::iter::once(&first).chain(&line.more_warnings) {
            let address = line.address.as_deref().unwrap_or_default();
            let row = [&line.line.to_string(), address, &operation, &outcome, code, message, field];
            let _ = writer.write_record(row.map(plain));
        }
    }
    writer.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
}

fn plain(cell: &str) -> String {
    if cell.starts_with(['=', '+', '-', '@', '\t', '\r']) { format!("'{cell}") } else { cell.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_report_opens_in_a_spreadsheet() {
        let line = LineReport {
            line: 3,
            address: Some("=cmd@un.mssante.fr".to_owned()),
            operation: Some(Operation::Create),
            outcome: LineOutcome::Created,
            code: Some("MSS-022".to_owned()),
            message: Some("le nom; \"diffère\"".to_owned()),
            field: None,
            more_warnings: vec![("MSS-030".to_owned(), "m".to_owned(), "structure_id".to_owned())],
        };
        let rows = csv(&[line]);
        assert_eq!(
            rows,
            "line;address;operation;outcome;code;message;field\r\n\
             3;'=cmd@un.mssante.fr;create;created;MSS-022;\"le nom; \"\"diffère\"\"\";\r\n\
             3;'=cmd@un.mssante.fr;create;created;MSS-030;m;structure_id\r\n"
        );
    }
}
