//! What the files of an import say, as records to be sorted: one sort a subject, keys first, see [`Subject`].
//!
//! The files repeat a person, a structure or a label with nearly every row. A table of what was said lately drops most repetitions at
//! once; it may forget, for sorting drops the rest. A place of it is found by one keyed hash and compares another, of 63 bits; the keys are
//! drawn for every import: neither chance nor a crafted file makes two contents meet. Sorting and writing are done by a thread beside.

use super::super::import::Candidate;
use super::super::import::SourceFile;
use super::runs::{Heap, Runs};
use crate::error::{Error, Result};
use crate::model::{Structure, is_test_domain};
use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, Sender, SyncSender, channel, sync_channel};
use std::thread::JoinHandle;

/// Places of the table of what was said lately.
const RECENT: usize = 1 << 21;
/// Fields of a structure besides its id, in the order of the store's columns.
pub(super) const STRUCTURE_FIELDS: usize = 26;

/// What a sort holds; the fields of its records, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Subject {
    /// professional, `P`, file, family, given, civility, exercise civility, id type, id value;
    /// professional, `S`, file, profession, category, kind, code;
    /// professional, `X`, file, profession, category.
    People,
    /// professional, id, profession, category, mode, structure, sector, section, role, genre.
    Activities,
    /// id, file, [`STRUCTURE_FIELDS`].
    Structures,
    /// kind, value, `1`, structure;
    /// kind, value, `5`, structure's id, [`STRUCTURE_FIELDS`].
    Keys,
    /// address, `A`, professional, structure kind, structure value, service, after
    /// address, `0`, kind, zero papier (`0`, `1` or nothing), service, test.
    Mailboxes,
    /// nomenclature, code, file, label.
    Labels,
}

const SUBJECTS: usize = 6;

/// Takes contents, sorts and writes them.
#[derive(Debug)]
pub(super) struct Contents {
    heaps: [Heap; SUBJECTS],
    record: Vec<u8>,
    recent: Vec<u64>,
    /// For the place in `recent`, and for what is compared there.
    keys: [RandomState; 2],
    full: SyncSender<(usize, Heap)>,
    /// Heaps that were written, to be filled again.
    empty: Receiver<Heap>,
    /// `None` once its failure was told.
    writer: Option<JoinHandle<Result<[Runs; SUBJECTS]>>>,
    folder: PathBuf,
}

/// All contents, each once.
#[derive(Debug)]
pub(super) struct Sorted {
    runs: [Runs; SUBJECTS],
    folder: PathBuf,
}

impl Contents {
    pub fn new(folder: &Path) -> Result<Self> {
        let of = |_| Runs::create(folder);
        let runs = [of(0)?, of(1)?, of(2)?, of(3)?, of(4)?, of(5)?];
        let (full, filled) = sync_channel(1);
        let (emptied, empty) = channel();
        let writer = std::thread::Builder::new()
            .name("import-sort".to_owned())
            .spawn(move || write(runs, &filled, &emptied))
            .map_err(|e| Error::internal("a thread for sorting could not be started", e))?;
        Ok(Self {
            heaps: Default::default(),
            record: Vec::new(),
            recent: vec![0; RECENT],
            keys: [RandomState::new(), RandomState::new()],
            full,
            empty,
            writer: Some(writer),
            folder: folder.to_owned(),
        })
    }

    /// Takes a candidate of one of the sorts; `false` for one that was said lately, `None` for a kind that is not sorted.
    pub fn add(&mut self, file: SourceFile, candidate: &Candidate<'_>) -> Result<Option<bool>> {
        let f = match file {
            SourceFile::PersonneActivite => "1",
            SourceFile::SavoirFaire => "2",
            SourceFile::Mailboxes => "5",
            SourceFile::ListeBlanche => "9",
        };
        let new = match *candidate {
            Candidate::Person(p) => self
                .say(Subject::People, &[&p.id, "P", f, &p.family, &p.given, &p.civility, &p.exercise_civility, &p.id_type, &p.id_value])?,
            Candidate::Exercise { professional, exercise: e } => {
                self.say(Subject::People, &[professional, "X", f, &e.profession, &e.category])?
            }
            Candidate::Expertise { professional, expertise: e } => {
                self.say(Subject::People, &[professional, "S", f, &e.profession, &e.category, &e.kind, &e.code])?
            }
            Candidate::Activity(a) => self.say(
                Subject::Activities,
                &[&a.professional, &a.id, &a.profession, &a.category, &a.mode, &a.structure, &a.sector, &a.section, &a.role, &a.genre],
            )?,
            Candidate::Structure { structure, key: None } => self.say_structure(Subject::Structures, &[&structure.id, f], structure)?,
            Candidate::Structure { structure, key: Some(key) } => {
                self.say_structure(Subject::Keys, &[key.kind.code(), &key.value, f, &structure.id], structure)?
            }
            Candidate::StructureKey { key, structure } => self.say(Subject::Keys, &[key.kind.code(), &key.value, f, structure])?,
            Candidate::Mailbox { address, kind, zero_papier, service } => {
                let test = if is_test_domain(address.domain()) { "1" } else { "0" };
                let zero_papier = zero_papier.map_or("", |accepted| if accepted { "1" } else { "0" });
                self.say(Subject::Mailboxes, &[address.as_str(), "0", kind.code(), zero_papier, service, test])?
            }
            Candidate::Attachment { mailbox, attachment: a } => {
                self.say(Subject::Mailboxes, &[mailbox.as_str(), "A", &a.professional, &a.structure_kind, &a.structure_value, &a.service])?
            }
            Candidate::Label { nomenclature, code, label } => self.say(Subject::Labels, &[nomenclature, code, f, label])?,
            Candidate::Domain { .. } | Candidate::Operator(_) | Candidate::Certificate { .. } => return Ok(None),
        };
        Ok(Some(new))
    }

    /// A structure of file 1 carries a key.
    pub fn claim(&mut self, kind: &str, value: &str, structure: &str) -> Result<()> {
        self.say(Subject::Keys, &[kind, value, "1", structure]).map(drop)
    }

    fn say_structure(&mut self, subject: Subject, key: &[&str], structure: &Structure) -> Result<bool> {
        join(&mut self.record, key.iter().copied().chain(structure_fields(structure)));
        self.push(subject)
    }

    fn say(&mut self, subject: Subject, fields: &[&str]) -> Result<bool> {
        join(&mut self.record, fields.iter().copied());
        self.push(subject)
    }

    fn push(&mut self, subject: Subject) -> Result<bool> {
        let [place, hash] = self.keys.each_ref().map(|key| {
            let mut hasher = key.build_hasher();
            hasher.write_u8(subject as u8);
            hasher.write(&self.record);
            hasher.finish()
        });
        // Zero stands for a free place.
        let hash = hash | 1 << 63;
        if let Some(place) = self.recent.get_mut(place as usize % RECENT) {
            if *place == hash {
                return Ok(false);
            }
            *place = hash;
        }
        let Some(heap) = self.heaps.get_mut(subject as usize) else { return Ok(false) };
        heap.push(&self.record);
        if heap.is_full() {
            let other = self.empty.try_recv().unwrap_or_default();
            let full = std::mem::replace(heap, other);
            if self.full.send((subject as usize, full)).is_err() {
                // The writer is gone after an error only, as of a full disk: the import ends here.
                return Err(self.join().err().unwrap_or_else(stopped));
            }
        }
        Ok(true)
    }

    fn join(&mut self) -> Result<[Runs; SUBJECTS]> {
        self.writer.take().ok_or_else(stopped)?.join().map_err(|_| stopped())?
    }

    /// The end of all files.
    pub fn finish(mut self) -> Result<Sorted> {
        for (subject, heap) in std::mem::take(&mut self.heaps).into_iter().enumerate().filter(|(_, heap)| !heap.is_empty()) {
            // A writer that is gone says why when it is joined.
            let _ = self.full.send((subject, heap));
        }
        // The end of what the writer waits for.
        self.full = sync_channel(0).0;
        Ok(Sorted { runs: self.join()?, folder: self.folder })
    }
}

fn stopped() -> Error {
    Error::conflict("the thread that sorts the rows stopped")
}

impl Sorted {
    pub fn of(&self, subject: Subject) -> Result<&Runs> {
        self.runs.get(subject as usize).ok_or_else(|| Error::conflict("a sort is missing"))
    }

    /// A further sort beside these.
    pub fn beside(&self) -> Result<Runs> {
        Runs::create(&self.folder)
    }
}

fn write(mut runs: [Runs; SUBJECTS], filled: &Receiver<(usize, Heap)>, emptied: &Sender<Heap>) -> Result<[Runs; SUBJECTS]> {
    while let Ok((subject, mut heap)) = filled.recv() {
        if let Some(runs) = runs.get_mut(subject) {
            runs.add(&mut heap)?;
        }
        let _ = emptied.send(heap);
    }
    Ok(runs)
}

/// Makes a record of its fields.
pub(super) fn join<'a>(record: &mut Vec<u8>, fields: impl IntoIterator<Item = &'a str>) {
    record.clear();
    for field in fields {
        record.extend_from_slice(field.as_bytes());
        record.push(0);
    }
    record.pop();
}

/// What a structure says of itself besides its id; also the order in which fields are compared where contents disagree.
#[must_use]
pub fn structure_fields(s: &Structure) -> [&str; STRUCTURE_FIELDS] {
    let a = &s.address;
    [
        &s.name,
        &s.trade_name,
        &s.siret,
        &s.siren,
        &s.finess,
        &s.finess_ej,
        &s.legacy_id,
        &a.recipient,
        &a.geographic,
        &a.number,
        &a.repetition,
        &a.street_type,
        &a.street,
        &a.distribution,
        &a.last_line,
        &a.postal_code,
        &a.insee,
        &a.city,
        &a.country_code,
        &a.country,
        &a.department,
        &s.phone,
        &s.phone2,
        &s.fax,
        &s.email,
        &s.sector,
    ]
}
