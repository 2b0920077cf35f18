//! A memory that grew by many days, written anew without what is there no more: it passes as a stream.

use super::memory::{Bits, Lines, NONE, Numbers};
use super::memory_file::Writer;
use super::memory_read;
use crate::error::{Error, Result};
use crate::store::DataDir;
use std::io;

/// Writes the memory of a data folder anew.
pub(super) fn renew(data: &DataDir) -> Result<()> {
    let Some(memory) = &memory_read::read(data)? else { return Ok(()) };
    let mut writer = Writer::create(data, memory.keys)?;
    // Also of a file of which no line is left.
    memory.files.iter().try_for_each(|lines| writer.begin_file(lines.file, lines.header))?;
    let mut words = vec![NONE; memory.words as usize];
    let mut used_words = Bits::new(words.len());
    let mut used_names = Bits::new(memory.names as usize);
    memory
        .each_mark(|_, _, marks| {
            used_words.insert(marks.words);
            used_names.insert(marks.subject);
            used_names.insert(marks.holder);
        })
        .map_err(unread)?;
    let places = |number, _, place| {
        if used_words.contains(number) {
            used_names.insert(place);
        }
    };
    memory.each_words(places).map_err(unread)?;
    let mut names = vec![NONE; memory.names as usize];
    let mut written = Ok(());
    memory
        .each_name(|number, name| {
            if let Some(new) = names.get_mut(number as usize).filter(|_| used_names.contains(number)) {
                *new = writer.new_name(name.as_bytes());
                note(&mut written, writer.flush_if_full());
            }
        })
        .map_err(unread)?;
    let of = |numbers: &[u32], number: u32| numbers.get(number as usize).copied().unwrap_or(NONE);
    memory
        .each_words(|number, hash, place| {
            if let Some(new) = words.get_mut(number as usize).filter(|_| used_words.contains(number)) {
                *new = writer.new_words(hash, of(&names, place));
                note(&mut written, writer.flush_if_full());
            }
        })
        .map_err(unread)?;
    let mut last = None;
    memory
        .each_mark(|file, place, marks| {
            let Some(lines) = memory.files.get(file) else { return };
            if last != Some(file) {
                last = Some(file);
                note(&mut written, writer.begin_file(lines.file, lines.header));
            }
            let Numbers { subject, words: said, holder } = marks;
            let numbers = Numbers { subject: of(&names, subject), words: of(&words, said), holder: of(&names, holder) };
            note(&mut written, line(&mut writer, lines, place, numbers));
        })
        .map_err(unread)?;
    written?;
    writer.finish(&memory.ends).map(drop)
}

fn line(writer: &mut Writer, lines: &Lines, place: u32, numbers: Numbers) -> Result<()> {
    let hash = lines.hashes.get(place as usize).copied().unwrap_or_default();
    writer.numbers(hash, lines.remarked.contains(&place), numbers)
}

fn note(written: &mut Result<()>, result: Result<()>) {
    if written.is_ok() {
        *written = result;
    }
}

fn unread(error: io::Error) -> Error {
    Error::internal("what an import remembers could not be read again", error)
}
