//! The next edition: lines that the last import saw are not read again, and only what the others speak of is compared with the store.
//!
//! Two passes over each file. The first hashes every line and reads those that are new; what they speak of, what vanished lines spoke of,
//! what others changed since and what rejected rows protect gives the things to compare (see `scope`). The second reads the lines that
//! speak of any of these, and stages what they say of them: the same winners, over fewer rows.
//!
//! Whenever something is not as expected (another header, too many new lines, another set of files) nothing was lost: the import is done
//! the ordinary way.

use super::ahead::Ahead;
use super::fingerprint::{BuildUniform, Marker, Marks, join};
use super::inputs::Input;
use super::memory::{Bits, LabelSaid, Lines, Memory, NONE};
use super::read;
use super::recorder::Recorded;
use super::report::FileReport;
use super::rewrite::Rewrite;
use super::scope::Affected;
use super::witnesses::{Pending, Witnesses};
use super::{Progress, statements};
use crate::error::{Error, Kind, Result};
use crate::extraction::Reader;
use crate::store::import::{Candidate, SourceFile, Staging};
use crate::store::{DataDir, Store};
use std::collections::HashSet;

/// A line of today's file that the last import did not see.
const NEW: u32 = u32::MAX;
/// A line that says nothing more: rejected, or there before.
const PASSED: u32 = u32::MAX - 1;
/// With more new lines than one in so many everything is compared.
const MOST_NEW: u64 = 10;
/// Lines a file counts as at least for that.
const FEW: u64 = 10_000;

/// A new, accepted line.
#[derive(Default)]
pub(super) struct NewLine {
    pub hash: u64,
    pub remarked: bool,
    pub marks: Marks,
    /// Keys it gives its structure, where file 1 does.
    keys: Vec<String>,
    /// The structure it describes, where the mailbox file does.
    described: String,
}

/// A file after the first pass.
struct Today {
    /// For each line that holds a byte: its place among the last import's lines, or [`NEW`], or [`PASSED`].
    lines: Vec<u32>,
    new: Vec<NewLine>,
    found: Bits,
}

/// What the last run left, when it fits this import.
pub(super) struct Daily<'a> {
    pub data: &'a DataDir,
    pub store: &'a Store,
    pub memory: Memory,
    pub progress: &'a dyn Progress,
    /// Write a new memory.
    pub keep: bool,
    pub list: read::List<'a>,
}

/// May refuse a file.
pub(super) type Check<'a> = &'a (dyn Fn(&FileReport) -> Result<()> + Sync);

/// What was read.
pub(super) struct Read {
    pub files: Vec<FileReport>,
    pub recorded: Option<Recorded>,
}

impl Daily<'_> {
    /// Stages what is to be compared. `None` when everything must be; `check` may refuse a file.
    pub async fn stage(mut self, inputs: &[Input], staging: &mut Staging, check: Check<'_>) -> Result<Option<Read>> {
        let seen = self.store.last_change().await?;
        let Some(touched) = self.store.touched_since(self.memory.ends.seen).await? else { return Ok(None) };
        let (mut files, mut todays) = (Vec::new(), Vec::new());
        let (mut witnesses, mut protected) = (Witnesses::new(&self.memory), Vec::new());
        for input in inputs {
            let Some(lines) = self.memory.files.iter().find(|lines| lines.file == input.file) else {
                let report = read::stage(input, staging, None, self.progress, self.list).await?;
                check(&report)?;
                files.push(report);
                continue;
            };
            let Some((report, today)) = self.first_pass(input, lines, staging, &mut witnesses, &mut protected).await? else {
                return Ok(None);
            };
            check(&report)?;
            files.push(report);
            todays.push((input, lines, today));
        }
        let mut affected = Affected::default();
        touched.iter().for_each(|(kind, key)| affected.touch(kind, key));
        // What a row rejected today protects is here by its line that went.
        affected.protect(&self.memory.ends.protected);
        self.compare_lines(&todays, &mut affected);
        let claims = affected.close(self.store, &self.memory.ends).await?;
        let found = |file, hash| {
            let of = todays.iter().find(|(_, lines, _)| lines.file == file);
            of.is_some_and(|(_, lines, today)| lines.find(hash).is_some_and(|place| today.found.contains(place)))
        };
        let Some(mut pending) = witnesses.pending(&found) else { return Ok(None) };
        let mut rewrite = self.keep.then(|| Rewrite::new(self.data, &self.memory)).transpose()?;
        let names = self.look_up(&todays, &affected, rewrite.as_mut());
        let held = self.held_by_operator(&todays, &affected).await?;
        staging.scope(&affected.to_scope(), held).await?;
        for (key, structure) in &claims {
            let (kind, value) = key.split_once('\0').unwrap_or_default();
            staging.claim(kind, value, structure)?;
        }
        for (input, lines, today) in &todays {
            if let Some(rewrite) = &mut rewrite {
                rewrite.begin_file(lines.file, lines.header)?;
            }
            let second = Second { memory: &self.memory, lines, today, affected: &affected, names: &names };
            second.pass(input, &mut pending, staging, rewrite.as_mut()).await?;
        }
        for said in pending.changed() {
            let LabelSaid { file, nomenclature, code, label, .. } = said;
            staging.add(*file, &Candidate::Label { nomenclature, code, label })?;
        }
        staging.flush().await?;
        let ends = std::mem::take(&mut self.memory.ends);
        let recorded = rewrite.map(|rewrite| rewrite.finish(ends, &affected, protected, pending.into_labels(), seen));
        Ok(Some(Read { files, recorded }))
    }

    async fn first_pass(
        &self,
        input: &Input,
        lines: &Lines,
        staging: &mut Staging,
        witnesses: &mut Witnesses,
        protected: &mut Vec<(SourceFile, String)>,
    ) -> Result<Option<(FileReport, Today)>> {
        let Some(kind) = input.kind() else { return Ok(None) };
        let (mut report, mut source) = read::begin(input, self.progress)?;
        let mut reader = Reader::new(kind, &mut source).map_err(|e| read::of_file(&report, &e))?;
        let keys = self.memory.keys;
        if keys.hash(reader.header()) != lines.header {
            return Ok(None);
        }
        report.warnings.extend_from_slice(reader.warnings());
        let mut today = Today { lines: Vec::with_capacity(lines.hashes.len()), new: Vec::new(), found: Bits::new(lines.hashes.len()) };
        let mut seen: HashSet<u64, BuildUniform> = HashSet::default();
        let mut marker = Marker::new(keys);
        let mut bytes = reader.header_bytes();
        while reader.advance().map_err(|e| read::of_file(&report, &e))? {
            report.rows_read += 1;
            bytes += reader.bytes();
            if report.rows_read.is_multiple_of(read::SIGN) {
                self.progress.rows(report.rows_read, bytes);
            }
            let hash = reader.line().map(|line| keys.hash(line));
            if let Some(place) = hash.and_then(|hash| lines.find(hash)) {
                let first = today.found.insert(place);
                today.lines.push(if first { place } else { PASSED });
                report.accepted += u64::from(first);
                report.unchanged += u64::from(first);
                report.duplicate += u64::from(!first);
                if first && lines.remarked.contains(&place) {
                    read::remark(&reader.row(), &mut report);
                }
                continue;
            }
            let row = reader.row();
            let record = match (&row.outcome, hash) {
                (Ok(record), Some(hash)) if seen.insert(hash) => record,
                (Err(rejected), _) => {
                    if let Some(key) = &rejected.readable_key {
                        protected.push((input.file, key.clone()));
                    }
                    read::reject(input.file, row.line, rejected, &row.excerpt(read::EXCERPT), staging, &mut report)?;
                    today.lines.push(PASSED);
                    continue;
                }
                _ => {
                    report.duplicate += 1;
                    today.lines.push(PASSED);
                    continue;
                }
            };
            report.accepted += 1;
            let remarked = read::remark(&row, &mut report);
            let mut new = NewLine { hash: hash.unwrap_or_default(), remarked, ..NewLine::default() };
            statements::of(record, &mut |candidate| {
                marker.see(candidate);
                witnesses.see(input.file, candidate, new.hash);
                match *candidate {
                    Candidate::StructureKey { key, .. } => new.keys.push(join(key.kind.code(), &key.value)),
                    Candidate::Structure { structure, key: Some(_) } => new.described.clone_from(&structure.id),
                    _ => {}
                }
                Ok(())
            })?;
            new.marks = marker.finish();
            today.lines.push(NEW);
            today.new.push(new);
            if staging.is_full() {
                staging.flush().await?;
            }
            if today.new.len() as u64 * MOST_NEW > (lines.hashes.len() as u64).max(FEW) {
                return Ok(None);
            }
        }
        self.progress.rows(report.rows_read, bytes);
        drop(reader);
        read::end(input, source, staging, &mut report).await?;
        Ok(Some((report, today)))
    }

    /// What lines speak of that came or went; of a place only when more or less is said of it.
    fn compare_lines(&self, todays: &[(&Input, &Lines, Today)], affected: &mut Affected) {
        let memory = &self.memory;
        let text = |number: u32| std::str::from_utf8(memory.names.get(number)).unwrap_or_default();
        let mut words = Bits::new(memory.words.len());
        for (_, lines, today) in todays {
            for (place, marks) in lines.marks.iter().enumerate() {
                if today.found.contains(place as u32) {
                    words.insert(marks.words);
                }
            }
        }
        let new_words: HashSet<u64> = todays.iter().flat_map(|(_, _, today)| &today.new).map(|new| new.marks.words).collect();
        let mut known = HashSet::new();
        for (number, (hash, _)) in memory.words.iter().enumerate() {
            if new_words.contains(hash) {
                words.insert(number as u32);
                known.insert(*hash);
            }
        }
        for (_, lines, today) in todays {
            for (place, marks) in lines.marks.iter().enumerate() {
                if today.found.contains(place as u32) {
                    continue;
                }
                affected.add(text(marks.subject));
                affected.add(text(marks.holder));
                if marks.words != NONE && !words.contains(marks.words) {
                    affected.add(text(memory.words.get(marks.words as usize).map_or(NONE, |words| words.1)));
                }
            }
            for new in &today.new {
                affected.add(&new.marks.subject);
                affected.add(&new.marks.holder);
                if new.marks.place.starts_with('K') || !known.contains(&new.marks.words) {
                    affected.add(&new.marks.place);
                    affected.keys.extend(new.keys.iter().cloned());
                    affected.described.extend(Some(&new.described).filter(|id| !id.is_empty()).cloned());
                }
            }
        }
    }

    /// The numbers of all names that are to be compared.
    fn look_up(&self, todays: &[(&Input, &Lines, Today)], affected: &Affected, mut rewrite: Option<&mut Rewrite>) -> Bits {
        let mut wanted = Bits::new(self.memory.names.len());
        let marks = todays.iter().flat_map(|(_, _, today)| &today.new).map(|new| &new.marks);
        let (mut spoken, mut words) = (HashSet::new(), HashSet::new());
        for marks in marks {
            spoken.extend([marks.subject.as_str(), &marks.place, &marks.holder]);
            words.insert(marks.words);
        }
        for (number, name) in self.memory.names.iter().enumerate() {
            let name = std::str::from_utf8(name).unwrap_or_default();
            if affected.holds(name) {
                wanted.insert(number as u32);
            }
            if let Some(rewrite) = rewrite.as_deref_mut()
                && spoken.contains(name)
            {
                rewrite.know_name(name, number as u32);
            }
        }
        if let Some(rewrite) = rewrite {
            let known = self.memory.words.iter().enumerate().filter(|(_, (hash, _))| words.contains(hash));
            known.for_each(|(number, (hash, _))| rewrite.know_words(*hash, number as u32));
        }
        wanted
    }

    /// Mailboxes of the file that are an operator's and that the plan does not look at.
    async fn held_by_operator(&self, todays: &[(&Input, &Lines, Today)], affected: &Affected) -> Result<u64> {
        let held: HashSet<String> = self.store.operator_addresses().await?.into_iter().collect();
        if held.is_empty() {
            return Ok(0);
        }
        let mut there = Bits::new(self.memory.names.len());
        let mut count = 0;
        for (_, lines, today) in todays.iter().filter(|(_, lines, _)| lines.file == SourceFile::Mailboxes) {
            for (place, marks) in lines.marks.iter().enumerate() {
                if today.found.contains(place as u32) && there.insert(marks.subject) {
                    let name = std::str::from_utf8(self.memory.names.get(marks.subject)).unwrap_or_default();
                    let address = name.get(1..).unwrap_or_default();
                    count += u64::from(held.contains(address) && !affected.mailboxes.contains(address));
                }
            }
        }
        Ok(count)
    }
}

/// The second pass over a file.
struct Second<'a> {
    memory: &'a Memory,
    lines: &'a Lines,
    today: &'a Today,
    affected: &'a Affected,
    /// Numbers of the names to be compared.
    names: &'a Bits,
}

impl Second<'_> {
    async fn pass(&self, input: &Input, pending: &mut Pending, staging: &mut Staging, mut rewrite: Option<&mut Rewrite>) -> Result<()> {
        let Some(kind) = input.kind() else { return Ok(()) };
        let mut source = Ahead::again(input)?;
        let mut reader = Reader::new(kind, &mut source)?;
        let mut new = self.today.new.iter();
        for &place in &self.today.lines {
            if !reader.advance()? {
                return Err(changed(input));
            }
            let hash = match place {
                PASSED => continue,
                NEW => {
                    let Some(new) = new.next() else { continue };
                    if let Some(rewrite) = rewrite.as_deref_mut() {
                        rewrite.new_line(new)?;
                    }
                    new.hash
                }
                place => {
                    let (marks, hash) = (self.lines.marks(place), self.lines.hashes.get(place as usize).copied().unwrap_or_default());
                    if let Some(rewrite) = rewrite.as_deref_mut() {
                        rewrite.old(self.memory, hash, self.lines.remarked.contains(&place), marks)?;
                    }
                    let words = self.memory.words.get(marks.words as usize).map_or(NONE, |words| words.1);
                    let wanted = [marks.subject, words, marks.holder].into_iter().any(|name| self.names.contains(name));
                    if !wanted && !reader.line().is_some_and(|line| pending.may_hold(input.file, line)) {
                        continue;
                    }
                    hash
                }
            };
            if reader.line().is_none_or(|line| self.memory.keys.hash(line) != hash) {
                return Err(changed(input));
            }
            let row = reader.row();
            let Ok(record) = &row.outcome else { continue };
            statements::of(record, &mut |candidate| {
                pending.see(input.file, candidate, hash);
                if self.affected.wants(candidate) { staging.add(input.file, candidate).map(drop) } else { Ok(()) }
            })?;
        }
        Ok(())
    }
}

fn changed(input: &Input) -> Error {
    let what = format!("{} {}: the file changed while it was read; nothing was imported", input.file.code(), input.name);
    Error::new(Kind::Conflict, "file_changed", what)
}
