//! What lines that came or went speak of, and which lines speak of the same: names, words and marks of the memory pass as streams, twice
//! each, and are never held.

use super::fingerprint::BuildUniform;
use super::memory::{Bits, Memory, NONE};
use super::scope::Affected;
use super::today::Today;
use crate::store::import::SourceFile;
use std::collections::{HashMap, HashSet};
use std::io::Result;

/// Numbers that the memory has for what new lines speak of.
#[derive(Default)]
pub(super) struct Known {
    pub names: HashMap<String, u32>,
    pub words: HashMap<u64, u32, BuildUniform>,
    /// The name of the place of all words.
    places: Vec<u32>,
}

/// What lines that are there again have to do with what is compared.
pub(super) struct Recalled {
    /// Of each file the lines that speak of something compared.
    pub wanted: Vec<Bits>,
    /// Mailboxes of the file that are an operator's and that the plan does not look at.
    pub held: u64,
}

/// What lines speak of that came or went; of a place only when more or less is said of it. `todays` are in the order of the memory's
/// files. An error is of a memory that is damaged.
pub(super) fn compare(memory: &Memory, todays: &[Today<'_>], affected: &mut Affected) -> Result<Known> {
    let mut said = Bits::new(memory.words as usize);
    // A memory may hold words that nothing says any more.
    let mut said_before = Bits::new(memory.words as usize);
    let mut vanished = Vec::new();
    memory.each_mark(|file, place, marks| {
        said_before.insert(marks.words);
        if todays.get(file).is_some_and(|today| today.found.contains(place)) {
            said.insert(marks.words);
        } else {
            vanished.push(marks);
        }
    })?;
    let new_words: HashSet<u64, BuildUniform> = todays.iter().flat_map(|today| &today.new).map(|new| new.marks.words).collect();
    let mut known = Known { places: Vec::with_capacity(memory.words as usize), ..Known::default() };
    memory.each_words(|number, hash, place| {
        known.places.push(place);
        if new_words.contains(&hash) {
            said.insert(number);
            known.words.insert(hash, number);
        }
    })?;
    let mut names = Bits::new(memory.names as usize);
    for marks in vanished {
        names.insert(marks.subject);
        names.insert(marks.holder);
        if !said.contains(marks.words) {
            names.insert(known.place(marks.words));
        }
    }
    memory.each_name(|number, name| {
        if names.contains(number) {
            affected.add(name);
        }
    })?;
    for new in todays.iter().flat_map(|today| &today.new) {
        affected.add(&new.marks.subject);
        affected.add(&new.marks.holder);
        let as_before = known.words.get(&new.marks.words).is_some_and(|words| said_before.contains(*words));
        if new.marks.place.starts_with('K') || !as_before {
            affected.add(&new.marks.place);
            affected.keys.extend(new.keys.iter().cloned());
            affected.described.extend(Some(&new.described).filter(|id| !id.is_empty()).cloned());
        }
    }
    Ok(known)
}

/// Which lines speak of what is compared. `operators` are hashes of the mailboxes that are an operator's.
pub(super) fn look_up(
    memory: &Memory,
    todays: &[Today<'_>],
    affected: &Affected,
    operators: &HashSet<u64, BuildUniform>,
    known: &mut Known,
) -> Result<Recalled> {
    let marks = todays.iter().flat_map(|today| &today.new).map(|new| &new.marks);
    let spoken: HashSet<&str> = marks.flat_map(|marks| [marks.subject.as_str(), &marks.place, &marks.holder]).collect();
    let mut names = Bits::new(memory.names as usize);
    let mut held = Bits::new(memory.names as usize);
    let Known { names: numbers, places, .. } = known;
    memory.each_name(|number, name| {
        if affected.holds(name) {
            names.insert(number);
        }
        if spoken.contains(name) {
            numbers.insert(name.to_owned(), number);
        }
        let address = name.strip_prefix('M').filter(|_| !operators.is_empty());
        let hash = |address: &str| memory.keys.hash(address.as_bytes());
        if address.is_some_and(|address| operators.contains(&hash(address)) && !affected.mailboxes.contains(address)) {
            held.insert(number);
        }
    })?;
    let mut recalled = Recalled { wanted: todays.iter().map(|today| Bits::new(today.lines.hashes.len())).collect(), held: 0 };
    memory.each_mark(|file, place, marks| {
        let (Some(today), Some(wanted)) = (todays.get(file), recalled.wanted.get_mut(file)) else { return };
        if !today.found.contains(place) {
            return;
        }
        let words = places.get(marks.words as usize).copied().unwrap_or(NONE);
        if [marks.subject, words, marks.holder].into_iter().any(|name| names.contains(name)) {
            wanted.insert(place);
        }
        if today.lines.file == SourceFile::Mailboxes && held.remove(marks.subject) {
            recalled.held += 1;
        }
    })?;
    Ok(recalled)
}

impl Known {
    fn place(&self, words: u32) -> u32 {
        self.places.get(words as usize).copied().unwrap_or(NONE)
    }
}
