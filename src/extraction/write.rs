//! The same layouts written back: header and rows, for invented files and exports.

use super::FileKind;
use super::columns::Column;
use std::io::{self, Write};
use std::marker::PhantomData;

/// How the file looks around its values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Columns written: 56 at most for Personne_activite, 52 and 48 in older editions.
    pub columns: usize,
    /// A separator after the last column, in header and rows, as in the editions of 2021 and 2022.
    pub trailing: bool,
    /// CRLF instead of LF.
    pub crlf: bool,
    /// Begin with a byte order mark.
    pub bom: bool,
}

impl Shape {
    /// The layout of 2026: all columns, no trailing separator, LF, no byte order mark.
    pub const CURRENT: Self = Self { columns: usize::MAX, trailing: false, crlf: false, bom: false };
}

/// One row's values by column; reused from row to row.
#[derive(Clone, Debug)]
pub struct Cells<C> {
    values: Vec<String>,
    columns: PhantomData<C>,
}

impl<C: Column> Cells<C> {
    #[must_use]
    pub fn new(kind: FileKind) -> Self {
        Self { values: vec![String::new(); kind.layout().columns().len()], columns: PhantomData }
    }

    pub fn clear(&mut self) {
        self.values.iter_mut().for_each(String::clear);
    }

    /// Sets a value. There is no escaping: a separator or line end in it becomes a blank.
    pub fn set(&mut self, column: C, value: &str) {
        if let Some(slot) = self.values.get_mut(column.index()) {
            slot.clear();
            slot.extend(value.chars().map(|c| if matches!(c, '|' | '\n' | '\r') { ' ' } else { c }));
        }
    }

    /// The row, all columns, with LF.
    ///
    /// # Errors
    /// Those of the sink.
    pub fn write(&self, sink: &mut dyn Write) -> io::Result<()> {
        sink.write_all(self.values.join("|").as_bytes())?;
        sink.write_all(b"\n")
    }

    #[must_use]
    pub fn get(&self, column: C) -> &str {
        self.values.get(column.index()).map_or("", String::as_str)
    }
}

/// Writes one file.
#[derive(Debug)]
pub struct Writer<W> {
    sink: W,
    kind: FileKind,
    shape: Shape,
    line: String,
}

impl<W: Write> Writer<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Those of the sink, as for every method here.
    pub fn new(kind: FileKind, shape: Shape, sink: W) -> io::Result<Self> {
        let mut writer = Self { sink, kind, shape, line: String::new() };
        if shape.bom {
            writer.line.push('\u{feff}');
        }
        writer.line.push_str(&kind.layout().header(shape.columns));
        writer.end_line()?;
        Ok(writer)
    }

    pub fn row<C: Column>(&mut self, cells: &Cells<C>) -> io::Result<()> {
        let width = self.shape.columns.min(self.kind.layout().columns().len());
        for (i, value) in cells.values.iter().take(width).enumerate() {
            if i > 0 {
                self.line.push('|');
            }
            self.line.push_str(value);
        }
        self.end_line()
    }

    fn end_line(&mut self) -> io::Result<()> {
        if self.shape.trailing {
            self.line.push('|');
        }
        self.line.push_str(if self.shape.crlf { "\r\n" } else { "\n" });
        self.sink.write_all(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }

    /// Flushes and hands the sink back.
    pub fn finish(mut self) -> io::Result<W> {
        self.sink.flush()?;
        Ok(self.sink)
    }
}
