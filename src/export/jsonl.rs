//! JSON lines: one entry a line, the very object that REST answers for it (see `rest/item.rs`).

use super::text_form::TextForm;
use super::unwritable;
use crate::directory::{View, Walked};
use crate::error::{Error, Result};
use crate::model::entry_uuid;
use std::io::Write;

pub(super) struct JsonLines;

impl TextForm for JsonLines {
    fn entry(&mut self, entry: &Walked, view: &View, out: &mut dyn Write) -> Result<u64> {
        let mut line = line(entry, view)?;
        line.push('\n');
        out.write_all(line.as_bytes()).map_err(unwritable)?;
        Ok(1)
    }
}

/// The line of an entry, without its end: the stored bytes of the view, and behind them the two facts every door tells of an entry.
pub(super) fn line(entry: &Walked, view: &View) -> Result<String> {
    let mut line = String::from_utf8(entry.view_json()?).map_err(|e| Error::internal("an entry as JSON", e))?;
    let updated = jiff::Timestamp::from_second(entry.since()).map_err(|e| Error::internal("the time of an entry", e))?;
    if line.pop() != Some('}') {
        return Err(Error::internal("an entry as JSON", "no object"));
    }
    let uuid = entry_uuid(view.kind().name(), view.id());
    line.push_str(&format!(",\"entry_uuid\":\"{uuid}\",\"updated_at\":\"{updated}\"}}"));
    Ok(line)
}
