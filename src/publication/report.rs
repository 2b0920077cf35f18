//! Compte rendu d'alimentation: counters, then one entry a line, up to a bound; the counters always tell the whole.

use serde::Serialize;

/// Line entries kept in one report.
const LINES_KEPT: usize = 10_000;

/// What a load did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LoadReport {
    pub operator: String,
    /// Lines that were not blank; the sum of the five outcomes.
    pub received: u64,
    pub created: u64,
    pub updated: u64,
    pub unchanged: u64,
    pub adopted: u64,
    pub rejected: u64,
    /// Accepted lines with a warning.
    pub warned: u64,
    pub lines: Vec<LineReport>,
    /// Entries left out of `lines`, which keeps the first 10,000.
    pub lines_left_out: u64,
    /// Highest change number written; `None` when nothing was.
    pub last_change: Option<i64>,
    /// Why reading the file stopped early; what precedes has been applied.
    pub interrupted: Option<String>,
}

/// What became of one line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LineReport {
    /// 1 is the first line of the file.
    pub line: u64,
    /// Given when the line holds a readable address.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    pub outcome: LineOutcome,
    /// MSS code of the rejection or of the warning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum LineOutcome {
    Created,
    Updated,
    Unchanged,
    Adopted,
    Rejected,
}

/// Accepted, with a remark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Warning {
    pub code: &'static str,
    pub message: &'static str,
}

impl LoadReport {
    pub(super) fn new(operator: &str) -> Self {
        Self { operator: operator.to_owned(), ..Self::default() }
    }

    pub(super) fn add(&mut self, line: LineReport) {
        self.received += 1;
        let counter = match line.outcome {
            LineOutcome::Created => &mut self.created,
            LineOutcome::Updated => &mut self.updated,
            LineOutcome::Unchanged => &mut self.unchanged,
            LineOutcome::Adopted => &mut self.adopted,
            LineOutcome::Rejected => &mut self.rejected,
        };
        *counter += 1;
        if line.outcome != LineOutcome::Rejected && line.code.is_some() {
            self.warned += 1;
        }
        if self.lines.len() < LINES_KEPT {
            self.lines.push(line);
        } else {
            self.lines_left_out += 1;
        }
    }
}
