//! Figures as a table for spreadsheets.

use super::Figure;
use std::fmt::Write as _;

/// `day;cut;key;label;measure;value;hidden`, UTF-8, quoted where needed; what a spreadsheet would compute has an apostrophe before it.
#[must_use]
pub fn csv(figures: &[Figure]) -> String {
    let mut out = String::from("day;cut;key;label;measure;value;hidden\n");
    let cell = |text: &str| match text.contains([';', '"', '\n', '\r']) || text.starts_with(['=', '+', '-', '@', '\t']) {
        true => format!("\"{}{}\"", if text.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" }, text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    for Figure { day, cut, key, label, measure, value } in figures {
        let value = value.map(|value| value.to_string());
        let hidden = u8::from(value.is_none());
        let _ = writeln!(out, "{day};{cut};{};{};{measure};{};{hidden}", cell(key), cell(label), value.unwrap_or_default());
    }
    out
}
