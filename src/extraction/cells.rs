//! The values of one row, borrowed from the line: nothing is copied until a conversion asks for it.

use super::columns::Column;

/// A line, the ends of its fields and the places of the layout's columns among them.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cells<'a> {
    line: &'a str,
    ends: &'a [u32],
    places: &'a [Option<usize>],
}

impl<'a> Cells<'a> {
    pub fn new(line: &'a str, ends: &'a [u32], places: &'a [Option<usize>]) -> Self {
        Self { line, ends, places }
    }

    /// The value of a column, blanks and control characters around dropped; empty when the file has no such column.
    pub fn get(&self, column: impl Column) -> &'a str {
        self.places.get(column.index()).copied().flatten().map_or("", |place| trim(field(self.line, self.ends, place)))
    }

    pub fn owned(&self, column: impl Column) -> String {
        self.get(column).to_owned()
    }

    pub fn line(&self) -> &'a str {
        self.line
    }
}

/// Fills `ends` with the end of each field of a line.
pub(super) fn split(line: &[u8], ends: &mut Vec<u32>) {
    ends.clear();
    // A line is at most 64 KiB, so its offsets fit.
    ends.extend(line.iter().enumerate().filter(|(_, b)| **b == b'|').map(|(i, _)| i as u32));
    ends.push(line.len() as u32);
}

fn field<'a>(line: &'a str, ends: &[u32], place: usize) -> &'a str {
    let start = if place == 0 { 0 } else { ends.get(place - 1).map_or(line.len(), |end| *end as usize + 1) };
    let end = ends.get(place).map_or(line.len(), |end| *end as usize);
    line.get(start..end).unwrap_or_default()
}

fn trim(value: &str) -> &str {
    let plain = |b: Option<&u8>| b.is_none_or(|b| b.is_ascii_graphic());
    let bytes = value.as_bytes();
    if plain(bytes.first()) && plain(bytes.last()) { value } else { value.trim_matches(|c: char| c.is_whitespace() || c.is_control()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_slices_of_the_line() {
        let mut ends = Vec::new();
        let line = "a|| \u{a0}Théo  B\t|";
        split(line.as_bytes(), &mut ends);
        let fields: Vec<_> = (0..5).map(|i| trim(field(line, &ends, i))).collect();
        assert_eq!((ends.len(), fields), (4, vec!["a", "", "Théo  B", "", ""]));
    }
}
