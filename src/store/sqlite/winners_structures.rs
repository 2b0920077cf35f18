//! Winners among structures, and among the keys that name them: the part of [`winners`](super::winners) in which the files meet.
//!
//! File 1 owns structures and says by which keys each is known. The mailbox file names structures by such keys and describes them; its
//! words count where file 1 has none. Against a store that already knows structures this is settled by the plan; in a fresh store, here.

use super::super::import::SourceFile;
use super::bulk::{Place, Rows, Table, Value};
use super::contents::{STRUCTURE_FIELDS, Sorted, Subject, join};
use super::runs::{Heap, Runs};
use super::winners::{Counted, Winners, each, fields, source};
use crate::error::Result;

/// A FINESS EJ or a SIREN stands for a legal entity: it names a structure only when a single one carries it. In a fresh store a key
/// that no structure of file 1 carries names the first one that the mailbox file describes under it.
///
/// Returns the descriptions of the mailbox file by the structure their key names, for a fresh store.
pub(super) fn keys(sorted: &Sorted, rows: &mut Rows, winners: &mut Winners) -> Result<Runs> {
    let fresh = rows.place != Place::Staging;
    let mut beside = (sorted.beside()?, Heap::default(), Vec::new());
    let mut key = Key::default();
    each(&[sorted.of(Subject::Keys)?], |record| {
        let mut parts = record.splitn(4, '\0');
        let [kind, value, file, rest] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        if key.kind != kind || key.value != value {
            key.write(rows, winners)?;
            key = Key { kind: kind.to_owned(), value: value.to_owned(), ..Default::default() };
        }
        if file == "1" {
            if key.structure.is_empty() {
                rest.clone_into(&mut key.structure);
            } else {
                key.others.push(rest.to_owned());
            }
            return Ok(());
        }
        if key.counted.is_second(file) {
            winners.conflict(source(file)?, "structure");
        }
        let (id, description) = rest.split_once('\0').unwrap_or((rest, ""));
        if !fresh {
            let described: [&str; STRUCTURE_FIELDS] = fields(description);
            return rows.push(Table::Described, [kind, value, id].into_iter().chain(described).map(Value::Text));
        }
        if key.named().is_none() && key.described.is_empty() {
            id.clone_into(&mut key.described);
        }
        let (runs, heap, record) = &mut beside;
        join(record, [key.named().unwrap_or(&key.described), file, description]);
        heap.push(record);
        if heap.is_full() {
            runs.add(heap)?;
        }
        Ok(())
    })?;
    key.write(rows, winners)?;
    let (mut runs, mut heap, _) = beside;
    runs.add(&mut heap)?;
    Ok(runs)
}

#[derive(Default)]
struct Key {
    kind: String,
    value: String,
    counted: Counted,
    /// The smallest id of file 1.
    structure: String,
    /// The others of file 1 that carry it.
    others: Vec<String>,
    /// The smallest id the mailbox file gives, where file 1 names none.
    described: String,
}

impl Key {
    fn is_of_legal_entity(&self) -> bool {
        matches!(self.kind.as_str(), "finess_ej" | "siren")
    }

    /// The structure of file 1 it names.
    fn named(&self) -> Option<&str> {
        let alone = self.others.is_empty() || !self.is_of_legal_entity();
        Some(&*self.structure).filter(|id| alone && !id.is_empty())
    }

    fn write(&mut self, rows: &mut Rows, winners: &mut Winners) -> Result<()> {
        if let Some(id) = self.named().or(Some(&*self.described).filter(|id| !id.is_empty())) {
            rows.push(Table::Alias, [&*self.kind, &*self.value, id].map(Value::Text))?;
        }
        if !self.described.is_empty() {
            winners.former.push((self.kind.clone(), self.value.clone()));
        }
        if self.others.is_empty() {
            return Ok(());
        }
        if !self.is_of_legal_entity() {
            winners.conflict(SourceFile::PersonneActivite, "alias");
        }
        let mut all = std::mem::take(&mut self.others);
        all.push(std::mem::take(&mut self.structure));
        winners.shared.push((self.kind.clone(), self.value.clone(), all));
        Ok(())
    }
}

/// Structures of file 1; in a fresh store also those that only the mailbox file describes.
pub(super) fn structures(sorted: &Sorted, described: &Runs, rows: &mut Rows, winners: &mut Winners) -> Result<()> {
    let mut structure = StructureWords::default();
    each(&[sorted.of(Subject::Structures)?, described], |record| {
        let mut parts = record.splitn(3, '\0');
        let [id, file, words] = std::array::from_fn(|_| parts.next().unwrap_or_default());
        if structure.id != id {
            structure.write(rows)?;
            structure = StructureWords { id: id.to_owned(), ..Default::default() };
        }
        if file == "1" && structure.counted.is_second(file) {
            winners.conflict(SourceFile::PersonneActivite, "structure");
        }
        structure.offer(file, words);
        Ok(())
    })?;
    structure.write(rows)
}

#[derive(Default)]
struct StructureWords {
    id: String,
    counted: Counted,
    file: String,
    words: String,
    /// Filled fields and text for comparison, made when there is something to compare with.
    rank: Option<(usize, String)>,
}

impl StructureWords {
    fn offer(&mut self, file: &str, words: &str) {
        if !self.file.is_empty() && self.file != file {
            return;
        }
        if !self.file.is_empty() {
            let held = self.rank.take().unwrap_or_else(|| rank(&self.words));
            let offered = rank(words);
            if offered.0 < held.0 || (offered.0 == held.0 && offered.1 >= held.1) {
                self.rank = Some(held);
                return;
            }
            self.rank = Some(offered);
        }
        file.clone_into(&mut self.file);
        words.clone_into(&mut self.words);
    }

    fn write(&self, rows: &mut Rows) -> Result<()> {
        if self.file.is_empty() {
            return Ok(());
        }
        let words: [&str; STRUCTURE_FIELDS] = fields(&self.words);
        let texts = std::iter::once(&*self.id).chain(words).map(Value::Text);
        rows.push(Table::Structure, texts.chain([Value::Number(i64::from(self.file == "1"))]))
    }
}

/// How a structure's words compare with others: as `filled` and `content` of the staging table of described structures do.
fn rank(words: &str) -> (usize, String) {
    let words: [&str; STRUCTURE_FIELDS] = fields(words);
    let filled = words.iter().filter(|word| !word.is_empty()).count();
    (filled, serde_json::to_string(words.as_slice()).unwrap_or_default())
}
