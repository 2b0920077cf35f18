//! The next edition: lines that the last import saw are not read again, and only what the others speak of is compared with the store.
//!
//! Two passes over each file. The first hashes every line and reads those that are new; what they speak of, what vanished lines spoke of,
//! what others changed since and what rejected rows protect gives the things to compare (see `scope`). The second reads the lines that
//! speak of any of these, and stages what they say of them: the same winners, over fewer rows.
//!
//! Whenever something is not as expected (another header, too many new lines, another set of files) nothing was lost: the import is done
//! the ordinary way.

use super::addition::Addition;
use super::fingerprint::{BuildUniform, Keys, Marker, join};
use super::inputs::Input;
use super::memory::{LabelSaid, Lines, Memory, NONE};
use super::recorder::Recorded;
use super::report::FileReport;
use super::scope::Affected;
use super::second::Second;
use super::today::{Line, NewLine, Today};
use super::witnesses::Witnesses;
use super::{Progress, read, recall, statements};
use crate::error::{Error, Result};
use crate::extraction::Reader;
use crate::store::import::{Candidate, SourceFile, Staging};
use crate::store::{DataDir, Store};
use std::collections::HashSet;

/// With more new lines than one in so many everything is compared.
const MOST_NEW: u64 = 10;
/// Lines a file counts as at least for that.
const FEW: u64 = 10_000;

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
            todays.push(today);
        }
        // Read while the memory is.
        let operators = tokio::spawn(operators(self.store.clone(), self.memory.keys));
        let files_of_memory = &self.memory.files;
        todays.sort_by_key(|today| files_of_memory.iter().position(|lines| lines.file == today.lines.file));
        let mut affected = Affected::default();
        touched.iter().for_each(|(kind, key)| affected.touch(kind, key));
        // What a row rejected today protects is here by its line that went.
        affected.protect(&self.memory.ends.protected);
        // A memory that cannot be read on is as good as none.
        let Ok(mut known) = recall::compare(&self.memory, &todays, &mut affected) else { return Ok(None) };
        let claims = affected.close(self.store, &self.memory.ends).await?;
        let found = |file, hash| {
            let of = todays.iter().find(|today| today.lines.file == file);
            of.is_some_and(|today| today.lines.find(hash, NONE).is_some_and(|place| today.found.contains(place)))
        };
        let Some(mut pending) = witnesses.pending(&found) else { return Ok(None) };
        let operators = operators.await.map_err(|e| Error::internal("the operators' mailboxes cannot be read", e))??;
        let Ok(recalled) = recall::look_up(&self.memory, &todays, &affected, &operators, &mut known) else { return Ok(None) };
        staging.scope(&affected.to_scope(), recalled.held).await?;
        for (key, structure) in &claims {
            let (kind, value) = key.split_once('\0').unwrap_or_default();
            staging.claim(kind, value, structure)?;
        }
        for (today, wanted) in todays.iter().zip(&recalled.wanted) {
            Second { keys: self.memory.keys, today, affected: &affected, wanted }.pass(&mut pending, staging)?;
        }
        for said in pending.changed() {
            let LabelSaid { file, nomenclature, code, label, .. } = said;
            staging.add(*file, &Candidate::Label { nomenclature, code, label })?;
        }
        staging.flush().await?;
        let recorded = match self.keep.then(|| Addition::new(self.data, &self.memory, known)).transpose()? {
            None => None,
            Some(mut addition) => {
                todays.iter().try_for_each(|today| addition.file(today))?;
                let ends = std::mem::take(&mut self.memory.ends);
                Some(addition.finish(ends, &affected, protected, pending.into_labels(), seen))
            }
        };
        Ok(Some(Read { files, recorded }))
    }

    async fn first_pass<'a>(
        &self,
        input: &'a Input,
        lines: &'a Lines,
        staging: &mut Staging,
        witnesses: &mut Witnesses,
        protected: &mut Vec<(SourceFile, String)>,
    ) -> Result<Option<(FileReport, Today<'a>)>> {
        let Some(kind) = input.kind() else { return Ok(None) };
        let (mut report, mut source) = read::begin(input, self.progress)?;
        let mut reader = Reader::new(kind, &mut source).map_err(|e| read::of_file(&report, &e))?;
        let keys = self.memory.keys;
        if keys.hash(reader.header()) != lines.header {
            return Ok(None);
        }
        report.warnings.extend_from_slice(reader.warnings());
        let mut today = Today::new(input, lines);
        let mut seen: HashSet<u64, BuildUniform> = HashSet::default();
        let mut marker = Marker::new(keys);
        let mut bytes = reader.header_bytes();
        // Most lines stand behind the same one as before.
        let mut next = 0;
        while reader.advance().map_err(|e| read::of_file(&report, &e))? {
            report.rows_read += 1;
            bytes += reader.bytes();
            if report.rows_read.is_multiple_of(read::SIGN) {
                self.progress.rows(report.rows_read, bytes);
            }
            let hash = reader.line().map(|line| keys.hash(line));
            if let Some(place) = hash.and_then(|hash| lines.find(hash, next)) {
                let first = today.found.insert(place);
                today.push(if first { Line::Known(place) } else { Line::Passed });
                next = if first { place + 1 } else { next };
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
                    today.push(Line::Passed);
                    continue;
                }
                _ => {
                    report.duplicate += 1;
                    today.push(Line::Passed);
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
            today.push(Line::New);
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
}

/// Hashes of the mailboxes that are an operator's: they may be as many as the file has.
async fn operators(store: Store, keys: Keys) -> Result<HashSet<u64, BuildUniform>> {
    let (mut operators, mut last) = (HashSet::default(), (String::new(), String::new()));
    loop {
        let page = store.operator_addresses((&last.0, &last.1)).await?;
        operators.extend(page.iter().map(|(_, address)| keys.hash(address.as_bytes())));
        let Some(behind) = page.into_iter().next_back() else { return Ok(operators) };
        last = behind;
    }
}
