//! The memory of today out of yesterday's and the lines that are new.

use super::daily::NewLine;
use super::fingerprint::join;
use super::memory::{Ends, LabelSaid, Memory, NONE, Numbers};
use super::memory_file::{Said, Words, Writer};
use super::recorder::Recorded;
use super::scope::Affected;
use crate::error::Result;
use crate::store::DataDir;
use crate::store::import::SourceFile;
use std::collections::HashMap;

pub(super) struct Rewrite {
    writer: Writer,
    /// New numbers by old ones; [`NONE`] for what was not written yet.
    names: Vec<u32>,
    words: Vec<u32>,
    /// Numbers of names and words of new lines.
    new_names: HashMap<String, u32>,
    new_words: HashMap<u64, u32>,
    /// Old numbers of what new lines speak of, where there is one.
    old_names: HashMap<String, u32>,
    old_words: HashMap<u64, u32>,
}

impl Rewrite {
    pub fn new(data: &DataDir, memory: &Memory) -> Result<Self> {
        Ok(Self {
            writer: Writer::create(data, memory.keys)?,
            names: vec![NONE; memory.names.len()],
            words: vec![NONE; memory.words.len()],
            new_names: HashMap::new(),
            new_words: HashMap::new(),
            old_names: HashMap::new(),
            old_words: HashMap::new(),
        })
    }

    pub fn begin_file(&mut self, file: SourceFile, header: u64) -> Result<()> {
        self.writer.begin_file(file, header)
    }

    /// A name of the last memory that a new line may speak of.
    pub fn know_name(&mut self, name: &str, number: u32) {
        self.old_names.insert(name.to_owned(), number);
    }

    pub fn know_words(&mut self, hash: u64, number: u32) {
        self.old_words.insert(hash, number);
    }

    /// A line that was there.
    pub fn old(&mut self, memory: &Memory, hash: u64, remarked: bool, marks: Numbers) -> Result<()> {
        let Self { writer, names, words, .. } = self;
        let subject = old_name(names, memory, marks.subject);
        let holder = old_name(names, memory, marks.holder);
        let said = match memory.words.get(marks.words as usize) {
            None => Words::Nothing,
            Some((hash, place)) => match words.get(marks.words as usize).copied().unwrap_or(NONE) {
                NONE => Words::New(*hash, old_name(names, memory, *place)),
                known => Words::Known(known),
            },
        };
        let [subject, given, place, holder] = writer.line(hash, remarked, subject, said, holder)?;
        for (old, new) in [(marks.subject, subject), (marks.holder, holder)] {
            note(names, old, new);
        }
        if let Words::New(..) = said {
            note(words, marks.words, given);
            note(names, memory.words.get(marks.words as usize).map_or(NONE, |words| words.1), place);
        }
        Ok(())
    }

    /// A line that is new.
    pub fn new_line(&mut self, line: &NewLine) -> Result<()> {
        let marks = &line.marks;
        let subject = self.said(&marks.subject);
        let holder = self.said(&marks.holder);
        let known = self.new_words.get(&marks.words).copied();
        let known = known.or_else(|| {
            let old = self.old_words.get(&marks.words)?;
            self.words.get(*old as usize).copied().filter(|new| *new != NONE)
        });
        let words = match known {
            _ if marks.place.is_empty() => Words::Nothing,
            Some(known) => Words::Known(known),
            None => Words::New(marks.words, self.said(&marks.place)),
        };
        let [subject, given, place, holder] = self.writer.line(line.hash, line.remarked, subject, words, holder)?;
        if let Words::New(hash, _) = words {
            self.new_words.insert(hash, given);
            if let Some(old) = self.old_words.get(&hash) {
                note(&mut self.words, *old, given);
            }
            self.note_name(&marks.place, place);
        }
        self.note_name(&marks.subject, subject);
        self.note_name(&marks.holder, holder);
        Ok(())
    }

    fn said<'a>(&self, name: &'a str) -> Said<'a> {
        if name.is_empty() {
            return Said::Nothing;
        }
        let old = self.old_names.get(name).and_then(|old| self.names.get(*old as usize)).copied().filter(|new| *new != NONE);
        match old.or_else(|| self.new_names.get(name).copied()) {
            Some(known) => Said::Known(known),
            None => Said::New(name.as_bytes()),
        }
    }

    fn note_name(&mut self, name: &str, number: u32) {
        if name.is_empty() || number == NONE {
            return;
        }
        match self.old_names.get(name) {
            Some(old) => note(&mut self.names, *old, number),
            None => {
                self.new_names.insert(name.to_owned(), number);
            }
        }
    }

    /// What is known of keys is as it was, but for those compared: their part is told by the plan.
    pub fn finish(
        self,
        last: Ends,
        affected: &Affected,
        protected: Vec<(SourceFile, String)>,
        labels: Vec<LabelSaid>,
        seen: i64,
    ) -> Recorded {
        let Ends { mut shared, mut former, store, .. } = last;
        shared.retain(|(kind, value, _)| !affected.keys.contains(&join(kind, value)));
        former.retain(|(kind, value)| !affected.keys.contains(&join(kind, value)));
        Recorded { writer: self.writer, ends: Ends { protected, shared, former, labels, run: 0, seen, store } }
    }
}

fn old_name<'a>(names: &[u32], memory: &'a Memory, old: u32) -> Said<'a> {
    if old == NONE {
        return Said::Nothing;
    }
    match names.get(old as usize).copied().unwrap_or(NONE) {
        NONE => Said::New(memory.names.get(old)),
        known => Said::Known(known),
    }
}

fn note(numbers: &mut [u32], old: u32, new: u32) {
    if new != NONE
        && let Some(number) = numbers.get_mut(old as usize)
    {
        *number = new;
    }
}
