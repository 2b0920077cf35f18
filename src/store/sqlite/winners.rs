//! Winners within the files, whatever the order of their rows: for each key the content with more filled fields, then the smallest in
//! byte order; between files the lower number wins. A conflict is a key that one file gives two contents or more.
//!
//! One pass over each sort. The rows go to the winners' tables of a staging database, for comparison with the store, or straight to a
//! fresh store, where there is nothing to compare with: then the structures that only the mailbox file describes are settled here too.

use super::super::import::{Plan, SharedKey, SourceFile};
use super::bulk::{Place, Rows, Table, Value};
use super::contents::{Sorted, Subject};
use super::runs::{Merge, Runs};
use super::winners_structures::{keys, structures};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// Keys with more than one content, by file and kind of thing.
pub(super) type Conflicts = BTreeMap<(SourceFile, &'static str), u64>;

/// What was found besides the rows.
#[derive(Debug, Default)]
pub(super) struct Winners {
    pub conflicts: Conflicts,
    /// Keys that several structures of file 1 carry.
    pub shared: Vec<SharedKey>,
    /// In a fresh store: keys that only the mailbox file knows.
    pub former: Vec<(String, String)>,
    /// Rows written, by kind of thing.
    pub written: Vec<(&'static str, u64)>,
}

impl Winners {
    pub fn conflict(&mut self, file: SourceFile, thing: &'static str) {
        *self.conflicts.entry((file, thing)).or_default() += 1;
    }

    /// All that was written was created.
    pub fn into_plan(self) -> Plan {
        Plan {
            conflicts: self.conflicts.into_iter().map(|((file, thing), keys)| (file, thing.to_owned(), keys)).collect(),
            shared: self.shared,
            former: self.former,
            effects: self.written.into_iter().filter(|(_, rows)| *rows > 0).map(|(t, n)| (t.to_owned(), "created".to_owned(), n)).collect(),
            ..Default::default()
        }
    }
}

/// All but the labels.
pub(super) fn things(sorted: &Sorted, rows: &mut Rows) -> Result<Winners> {
    let mut winners = Winners::default();
    people(sorted, rows, &mut winners)?;
    activities(sorted, rows)?;
    let described = keys(sorted, rows, &mut winners)?;
    structures(sorted, &described, rows, &mut winners)?;
    mailboxes(sorted, rows, &mut winners)?;
    let tables = [
        ("professional", Table::Person),
        ("exercise", Table::Exercise),
        ("savoir_faire", Table::SavoirFaire),
        ("activity", Table::Activity),
        ("structure", Table::Structure),
        ("alias", Table::Alias),
        ("mailbox", Table::Mailbox),
        ("attachment", Table::Attachment),
    ];
    winners.written = tables.into_iter().map(|(thing, table)| (thing, rows.total(table))).collect();
    Ok(winners)
}

/// learned tells which file taught a label (3: file 1, 2: file 2, 1: the mailbox file), so that the order of imports does not matter.
pub(super) fn labels(sorted: &Sorted, rows: &mut Rows) -> Result<Winners> {
    let mut winners = Winners::default();
    let mut counted = Counted::default();
    let mut key = String::new();
    each(&[sorted.of(Subject::Labels)?], |record| {
        let [nomenclature, code, file, label] = fields(record);
        let same = format!("{nomenclature}\0{code}");
        if key != same {
            key = same;
            counted = Counted::default();
            let learned = match file {
                "1" => 3,
                "2" => 2,
                _ => 1,
            };
            rows.push(Table::Label, [Value::Text(nomenclature), Value::Text(code), Value::Text(label), Value::Number(learned)])?;
        }
        if counted.is_second(file) {
            winners.conflict(source(file)?, "label");
        }
        Ok(())
    })?;
    Ok(winners)
}

/// A person's words, and its exercises from the file they come from; savoir-faire of both files.
fn people(sorted: &Sorted, rows: &mut Rows, winners: &mut Winners) -> Result<()> {
    let mut person = Person::default();
    each(&[sorted.of(Subject::People)?], |record| {
        let [id, what, file, a, b, c, d, e, f] = fields(record);
        if person.id != id {
            person.write(rows)?;
            person = Person { id: id.to_owned(), ..Default::default() };
        }
        match what {
            "P" => {
                if person.counted.is_second(file) {
                    winners.conflict(source(file)?, "professional");
                }
                person.offer(file, [a, b, c, d, e, f]);
            }
            "S" => {
                let source = Value::Number(source(file)?.number());
                rows.push(Table::SavoirFaire, [Value::Text(id), source, Value::Text(a), Value::Text(b), Value::Text(c), Value::Text(d)])?;
            }
            _ if person.file == file => {
                let number = (rows.place == Place::Staging).then(|| source(file).map(|f| Value::Number(f.number()))).transpose()?;
                rows.push(Table::Exercise, number.into_iter().chain([id, a, b].map(Value::Text)))?;
            }
            _ => {}
        }
        Ok(())
    })?;
    person.write(rows)
}

#[derive(Default)]
struct Person {
    id: String,
    counted: Counted,
    /// Of the winner; empty before there is one.
    file: String,
    filled: usize,
    /// family, given, civility, exercise civility, id type, id value: offered in this order, the smaller ones first.
    words: [String; 6],
}

impl Person {
    fn offer(&mut self, file: &str, words: [&str; 6]) {
        let [family, given, civility, exercise_civility, _, id_value] = words;
        let filled = [family, given, civility, exercise_civility, id_value].iter().filter(|word| !word.is_empty()).count();
        if self.file.is_empty() || (self.file == file && filled > self.filled) {
            self.filled = filled;
            file.clone_into(&mut self.file);
            self.words.iter_mut().zip(words).for_each(|(to, from)| from.clone_into(to));
        }
    }

    fn write(&self, rows: &mut Rows) -> Result<()> {
        if self.file.is_empty() {
            return Ok(());
        }
        let origin = match source(&self.file)? {
            SourceFile::PersonneActivite => "rpps",
            SourceFile::SavoirFaire => "savoir_faire",
            _ => "mailbox",
        };
        let [family, given, civility, exercise_civility, id_type, id_value] = self.words.each_ref().map(String::as_str);
        let number = (rows.place == Place::Staging).then(|| source(&self.file).map(|f| Value::Number(f.number()))).transpose()?;
        let texts = [&*self.id, origin, id_type, id_value, civility, exercise_civility, family, given];
        rows.push(Table::Person, number.into_iter().chain(texts.map(Value::Text)))
    }
}

/// The id is a hash of all the rest.
fn activities(sorted: &Sorted, rows: &mut Rows) -> Result<()> {
    let mut last = String::new();
    each(&[sorted.of(Subject::Activities)?], |record| {
        let values: [&str; 10] = fields(record);
        let [_, id, ..] = values;
        if last != id {
            id.clone_into(&mut last);
            rows.push(Table::Activity, values.map(Value::Text))?;
        }
        Ok(())
    })
}

fn mailboxes(sorted: &Sorted, rows: &mut Rows, winners: &mut Winners) -> Result<()> {
    let mut mailbox = MailboxWords::default();
    each(&[sorted.of(Subject::Mailboxes)?], |record| {
        let [address, what, a, b, c, d] = fields(record);
        if mailbox.address != address {
            mailbox.write(rows)?;
            mailbox = MailboxWords { address: address.to_owned(), ..Default::default() };
        }
        if what == "A" {
            return rows.push(Table::Attachment, [address, a, b, c, d].map(Value::Text));
        }
        if mailbox.disagrees(a, b) {
            winners.conflict(SourceFile::Mailboxes, "mailbox");
        }
        mailbox.offer([a, b, c, d]);
        Ok(())
    })?;
    mailbox.write(rows)
}

#[derive(Default)]
struct MailboxWords {
    address: String,
    /// Kind and zero papier differed between rows; told once.
    disagreed: bool,
    missing: usize,
    /// kind, zero papier, service, test: offered in this order, the smaller ones first.
    words: Option<[String; 4]>,
}

impl MailboxWords {
    fn disagrees(&mut self, kind: &str, zero_papier: &str) -> bool {
        let differs = self.words.as_ref().is_some_and(|[k, z, ..]| k != kind || z != zero_papier);
        differs && !std::mem::replace(&mut self.disagreed, true)
    }

    fn offer(&mut self, words: [&str; 4]) {
        let [_, zero_papier, service, ..] = words;
        let missing = usize::from(zero_papier.is_empty()) + usize::from(service.is_empty());
        if self.words.is_none() || missing < self.missing {
            self.missing = missing;
            self.words = Some(words.map(str::to_owned));
        }
    }

    fn write(&self, rows: &mut Rows) -> Result<()> {
        let Some([kind, zero_papier, service, test]) = &self.words else { return Ok(()) };
        let zero_papier = match zero_papier.as_str() {
            "" => Value::Nothing,
            word => Value::Number(i64::from(word == "1")),
        };
        let test = Value::Number(i64::from(test == "1"));
        let texts = [&self.address, kind].map(|text| Value::Text(text));
        rows.push(Table::Mailbox, texts.into_iter().chain([test, zero_papier, Value::Text(service)]))
    }
}

/// Which file the contents of a key are counted for, and how many there were.
#[derive(Default)]
pub(super) struct Counted {
    file: String,
    contents: u64,
}

impl Counted {
    /// Counts one more of this file; is it the second?
    pub fn is_second(&mut self, file: &str) -> bool {
        if self.file != file {
            file.clone_into(&mut self.file);
            self.contents = 0;
        }
        self.contents += 1;
        self.contents == 2
    }
}

pub(super) fn each(runs: &[&Runs], mut take: impl FnMut(&str) -> Result<()>) -> Result<()> {
    let mut merge = Merge::new(runs)?;
    // No record, so that even an empty one would be another.
    let mut record = vec![0xff];
    while merge.next(&mut record)? {
        take(std::str::from_utf8(&record).map_err(|e| Error::internal("a sorted row is damaged", e))?)?;
    }
    Ok(())
}

pub(super) fn fields<const N: usize>(record: &str) -> [&str; N] {
    let mut fields = record.split('\0');
    std::array::from_fn(|_| fields.next().unwrap_or_default())
}

pub(super) fn source(file: &str) -> Result<SourceFile> {
    let number = file.parse().ok().and_then(SourceFile::from_number);
    number.ok_or_else(|| Error::conflict("a sorted row is of no known file"))
}
