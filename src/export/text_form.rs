//! Files made of text: what a form writes for the head and for an entry, and the file it is written to.

use super::Sink;
use super::form::Made;
use super::packed::Target;
use crate::directory::{View, Walked};
use crate::error::Result;
use std::io::Write;

/// How a form writes.
pub trait TextForm {
    /// What stands before the first entry.
    fn head(&mut self, _out: &mut dyn Write) -> Result<u64> {
        Ok(0)
    }

    /// One entry; returns the rows, lines or cards it took, none for an entry the form does not hold.
    fn entry(&mut self, entry: &Walked, view: &View, out: &mut dyn Write) -> Result<u64>;
}

/// A text file in the making.
pub struct TextFile {
    form: Box<dyn TextForm + Send>,
    target: Target,
    rows: u64,
}

impl TextFile {
    pub(super) fn begin(mut form: Box<dyn TextForm + Send>, mut target: Target) -> Result<Self> {
        let rows = form.head(&mut target)?;
        Ok(Self { form, target, rows })
    }

    pub(super) fn finish(self) -> Result<Made> {
        let (content, file) = self.target.finish()?;
        Ok(Made { rows: self.rows, content, file })
    }
}

impl Sink for TextFile {
    fn entry(&mut self, entry: &Walked, view: &View) -> Result<()> {
        self.rows += self.form.entry(entry, view, &mut self.target)?;
        Ok(())
    }
}
