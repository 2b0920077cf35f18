//! The files of the suite: questions, the kinds they are of, and what must be reached.

use super::Data;
use anyhow::{Context as _, ensure};
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// One question.
#[derive(Clone, Debug, Deserialize)]
pub struct Question {
    pub id: String,
    /// The name of a [`Kind`].
    pub kind: String,
    pub data: Data,
    /// Query of `/v1/search` in plain text: `q=dupont lyon&kind=mailbox`.
    pub asked: String,
    /// See [`super::Expected`].
    pub expect: String,
}

/// A way of asking.
#[derive(Clone, Debug, Deserialize)]
pub struct Kind {
    pub kind: String,
    pub group: Group,
    pub about: String,
}

/// What kinds have in common, and thresholds are about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Group {
    /// Spelt as stored, but for case, accents, hyphens and order, or in other words for the same.
    Clean,
    /// One error, or spelt as it sounds.
    Error,
    /// What nobody is.
    None,
}

impl Group {
    pub const ALL: [Self; 3] = [Self::Clean, Self::Error, Self::None];

    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Clean => "clean",
            Self::Error => "error",
            Self::None => "none",
        }
    }
}

/// Least value of a measure of a group or a kind.
#[derive(Clone, Debug, Deserialize)]
pub struct Threshold {
    /// Name of a group or a kind.
    pub of: String,
    /// `mrr`, `success_1` or `success_5`.
    pub measure: String,
    pub least: f64,
}

/// The questions of the project.
///
/// # Errors
/// When the file cannot be read.
pub fn questions() -> anyhow::Result<Vec<Question>> {
    read_questions(include_str!("../../../benches/relevance/questions.csv"))
}

/// Questions of a file: each with an id of its own and a known kind.
///
/// # Errors
/// Where a line is not a question.
pub fn read_questions(text: &str) -> anyhow::Result<Vec<Question>> {
    let questions: Vec<Question> = table(text)?;
    let kinds = kinds()?;
    let mut ids: Vec<_> = questions.iter().map(|question| question.id.as_str()).collect();
    ids.sort_unstable();
    for pair in ids.windows(2) {
        ensure!(pair.first() != pair.last(), "two questions {}", pair.concat());
    }
    for question in &questions {
        ensure!(kinds.iter().any(|kind| kind.kind == question.kind), "question {}: no kind {}", question.id, question.kind);
    }
    Ok(questions)
}

/// The kinds, in the order of the report.
///
/// # Errors
/// When the file cannot be read.
pub fn kinds() -> anyhow::Result<Vec<Kind>> {
    table(include_str!("../../../benches/relevance/kinds.csv"))
}

/// What must be reached.
///
/// # Errors
/// When the file cannot be read.
pub fn thresholds() -> anyhow::Result<Vec<Threshold>> {
    table(include_str!("../../../benches/relevance/thresholds.csv"))
}

/// Rows of a small table with a header; blank lines and lines that begin with `#` are left out.
pub(super) fn table<T: DeserializeOwned>(text: &str) -> anyhow::Result<Vec<T>> {
    let mut reader = csv::ReaderBuilder::new().comment(Some(b'#')).from_reader(text.as_bytes());
    reader.deserialize().collect::<Result<_, _>>().context("a table of the relevance suite")
}
