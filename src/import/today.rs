//! A file after its first pass: which of its lines the last import saw, and what the others say.

use super::fingerprint::Marks;
use super::inputs::Input;
use super::memory::{Bits, GONE, Lines};

/// A line of today's file that the last import did not see.
const NEW: u32 = u32::MAX;
/// A line that says nothing more: rejected, or there before.
const PASSED: u32 = u32::MAX - 1;

/// A new, accepted line.
#[derive(Default)]
pub(super) struct NewLine {
    pub hash: u64,
    pub remarked: bool,
    pub marks: Marks,
    /// Keys it gives its structure, where file 1 does.
    pub keys: Vec<String>,
    /// The structure it describes, where the mailbox file does.
    pub described: String,
}

/// What a line of today's file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Line {
    New,
    Passed,
    /// It stood at this place among the last import's lines.
    Known(u32),
}

pub(super) struct Today<'a> {
    pub input: &'a Input,
    pub lines: &'a Lines,
    /// What each line that holds a byte is: where a run of lines begins, and how long it is. Known ones follow each other in a run.
    runs: Vec<(u32, u32)>,
    pub new: Vec<NewLine>,
    /// Places of lines that are there again.
    pub found: Bits,
}

impl<'a> Today<'a> {
    pub fn new(input: &'a Input, lines: &'a Lines) -> Self {
        Self { input, lines, runs: Vec::new(), new: Vec::new(), found: Bits::new(lines.hashes.len()) }
    }

    /// The next line of the file.
    pub fn push(&mut self, line: Line) {
        let begin = match line {
            Line::New => NEW,
            Line::Passed => PASSED,
            Line::Known(place) => place,
        };
        if let Some((first, count)) = self.runs.last_mut() {
            let next = if *first >= PASSED { *first } else { first.saturating_add(*count) };
            if next == begin && *count < u32::MAX {
                *count += 1;
                return;
            }
        }
        self.runs.push((begin, 1));
    }

    /// All lines, in the order of the file.
    pub fn all(&self) -> impl Iterator<Item = Line> {
        self.runs.iter().flat_map(|&(first, count)| {
            (0..count).map(move |further| match first {
                NEW => Line::New,
                PASSED => Line::Passed,
                first => Line::Known(first + further),
            })
        })
    }

    /// Places of lines that are there no more.
    pub fn vanished(&self) -> impl Iterator<Item = u32> {
        let there = self.lines.hashes.iter().zip(0_u32..).filter(|(hash, _)| **hash != GONE);
        there.map(|(_, place)| place).filter(|place| !self.found.contains(*place))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::import::SourceFile;
    use std::fs::File;

    #[test]
    fn lines_come_back_in_their_order() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("PS_LibreAcces_SavoirFaire_202609010830.txt");
        drop(File::create(&path).unwrap());
        let found = super::super::inputs::look(&[path], &Default::default()).unwrap();
        let mut lines = Lines::new(SourceFile::SavoirFaire, 0);
        lines.hashes = vec![7, GONE, 8, 9, 10];
        let mut today = Today::new(&found.inputs[0], &lines);
        use Line::{Known, New, Passed};
        let said = [Known(2), Known(3), New, New, Passed, Known(0), Known(1), Known(3), Passed, Passed, New, Known(4)];
        for line in said {
            today.push(line);
            if let Known(place) = line {
                today.found.insert(place);
            }
        }
        assert!(today.all().eq(said));
        assert_eq!(today.runs.len(), 8);
        assert_eq!(today.vanished().count(), 0);
        today.found.remove(3);
        today.found.remove(1);
        assert_eq!(today.vanished().collect::<Vec<_>>(), [3]);
    }
}
