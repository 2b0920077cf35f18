//! What a day adds to the memory: the lines that came, and which went.

use super::fingerprint::{BuildUniform, join};
use super::memory::{Ends, LabelSaid, Memory, NONE};
use super::memory_file::{Said, Words, Writer};
use super::recall::Known;
use super::recorder::Recorded;
use super::scope::Affected;
use super::today::Today;
use crate::error::Result;
use crate::store::DataDir;
use crate::store::import::SourceFile;
use std::collections::HashMap;

pub(super) struct Addition {
    writer: Writer,
    /// Numbers of what new lines speak of.
    names: HashMap<String, u32>,
    words: HashMap<u64, u32, BuildUniform>,
}

impl Addition {
    pub fn new(data: &DataDir, memory: &Memory, known: Known) -> Result<Self> {
        Ok(Self { writer: Writer::behind(data, memory)?, names: known.names, words: known.words })
    }

    pub fn file(&mut self, today: &Today<'_>) -> Result<()> {
        let mut vanished = today.vanished().peekable();
        if today.new.is_empty() && vanished.peek().is_none() {
            return Ok(());
        }
        self.writer.begin_file(today.lines.file, today.lines.header)?;
        for new in &today.new {
            let marks = &new.marks;
            let subject = said(&self.names, &marks.subject);
            let holder = said(&self.names, &marks.holder);
            let words = match self.words.get(&marks.words) {
                _ if marks.place.is_empty() => Words::Nothing,
                Some(known) => Words::Known(*known),
                None => Words::New(marks.words, said(&self.names, &marks.place)),
            };
            let [subject, given, place, holder] = self.writer.line(new.hash, new.remarked, subject, words, holder)?;
            if let Words::New(hash, _) = words {
                self.words.insert(hash, given);
            }
            for (name, number) in [(&marks.subject, subject), (&marks.place, place), (&marks.holder, holder)] {
                if number != NONE && !self.names.contains_key(name) {
                    self.names.insert(name.clone(), number);
                }
            }
        }
        self.writer.gone(vanished)
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

fn said<'a>(names: &HashMap<String, u32>, name: &'a str) -> Said<'a> {
    match names.get(name) {
        _ if name.is_empty() => Said::Nothing,
        Some(number) => Said::Known(*number),
        None => Said::New(name.as_bytes()),
    }
}
