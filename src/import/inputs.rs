//! What the given paths hold: files, zips and folders in any order, each recognised by its content, else by its name.
//!
//! One file of each kind is taken, the newest edition, and what is left aside is said. A folder is looked at one level deep; zips inside
//! zips are not. Diplomas and cards, which come in the same archives, are known and passed over. Nothing recognised is an error.

use super::archive::{self, Archive};
use super::{Options, edition};
use crate::error::{Error, Kind, Result, at_path};
use crate::extraction::{self, FileKind};
use crate::store::import::{LastApplied, SourceFile};
use crate::text;
use crate::trust::liste_blanche;
use jiff::{SignedDuration, Timestamp};
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

const HEAD_BYTES: u64 = 8 << 10;
/// Files of the same publications that this program does not use, by the beginning of their names.
const NEIGHBOURS: [&str; 2] = ["PS_LibreAcces_Dipl_AutExerc", "Porteurs_CPS_CPF"];

/// A file to import.
#[derive(Clone, Debug)]
pub(super) struct Input {
    pub file: SourceFile,
    /// Name of the file, or of the member of its archive, without folders.
    pub name: String,
    pub edition: String,
    /// Plain size, bytes.
    pub bytes: u64,
    path: PathBuf,
    member: Option<usize>,
}

/// An input opened for reading.
pub(super) enum Opened {
    Plain(File),
    Member(Archive, usize),
}

/// What was found, and what an administrator should know of it.
pub(super) struct Found {
    pub inputs: Vec<Input>,
    pub notes: Vec<String>,
}

impl Input {
    pub fn open(&self) -> Result<Opened> {
        Ok(match self.member {
            None => Opened::Plain(File::open(&self.path).map_err(at_path(&self.path))?),
            Some(index) => Opened::Member(Archive::open(&self.path)?.0, index),
        })
    }

    pub fn kind(&self) -> Option<FileKind> {
        match self.file {
            SourceFile::PersonneActivite => Some(FileKind::PersonneActivite),
            SourceFile::SavoirFaire => Some(FileKind::SavoirFaire),
            SourceFile::Mailboxes => Some(FileKind::Mailboxes),
            SourceFile::ListeBlanche => None,
        }
    }
}

impl Opened {
    pub fn reader(&mut self) -> Result<Box<dyn Read + Send + '_>> {
        Ok(match self {
            Self::Plain(file) => Box::new(file),
            Self::Member(archive, index) => Box::new(archive.member(*index)?),
        })
    }
}

/// Looks at every path.
pub(super) fn look(paths: &[PathBuf], options: &Options) -> Result<Found> {
    let stated = options.edition.as_deref().map(edition::check).transpose()?;
    let mut search = Search { stated, inputs: Vec::new(), notes: Vec::new() };
    for path in paths {
        if path.is_dir() {
            let mut inside: Vec<_> = std::fs::read_dir(path).map_err(at_path(path))?.flatten().map(|e| e.path()).collect();
            inside.sort();
            for file in inside.iter().filter(|f| f.is_file()) {
                search.file(file)?;
            }
        } else {
            search.file(path)?;
        }
    }
    if search.inputs.is_empty() {
        let looked: Vec<_> = paths.iter().map(|p| p.display().to_string()).collect();
        let notes = if search.notes.is_empty() { String::new() } else { format!(" ({})", search.notes.join("; ")) };
        let what = format!("no file of the national extractions and no liste blanche in {}{notes}", looked.join(", "));
        return Err(Error::new(Kind::Invalid, "nothing_to_import", what));
    }
    Ok(search.newest())
}

/// How far ahead of the clock an edition may be: a wrong date taken for true would make every later edition an older one.
const AHEAD: SignedDuration = SignedDuration::from_hours(48);

/// Refuses an edition older than the last applied, unless it is meant, and one of the future. `file`: kind, name, edition.
pub(super) fn check_edition(file: (&str, &str, &str), last: &[LastApplied], options: &Options, now: Timestamp) -> Result<()> {
    let (kind, name, edition) = file;
    let latest = edition::of(now.saturating_add(AHEAD).unwrap_or(now))?;
    if *edition > *latest {
        let what = format!("{kind} {name}: edition {edition} lies in the future; nothing was imported");
        return Err(Error::new(Kind::Conflict, "future_edition", what));
    }
    let Some(last) = last.iter().find(|l| l.file.code() == kind) else { return Ok(()) };
    if *edition < *last.edition && !options.older {
        let what = format!("{kind} {name}: edition {edition} is older than the last applied, {}", last.edition);
        return Err(Error::new(Kind::Conflict, "older_edition", format!("{what}; nothing was imported; --older says that it is meant")));
    }
    Ok(())
}

struct Search {
    stated: Option<String>,
    inputs: Vec<Input>,
    notes: Vec<String>,
}

impl Search {
    fn file(&mut self, path: &Path) -> Result<()> {
        let mut file = File::open(path).map_err(at_path(path))?;
        let head = head_of(&mut file).map_err(at_path(path))?;
        let modified = file.metadata().and_then(|m| m.modified()).map_err(at_path(path))?;
        let modified = edition::of(modified.try_into().map_err(|e| Error::internal("a file's date cannot be read", e))?)?;
        // One that is called a zip and is none is refused there, whatever else it looks like.
        if archive::recognise(&head) || path.extension().is_some_and(|e| e.eq_ignore_ascii_case("zip")) {
            let (mut archive, members) = Archive::open(path)?;
            for member in members {
                let title = format!("{}: {}", path.display(), member.name);
                let head = head_of(&mut archive.member(member.index)?)
                    .map_err(|e| Error::new(Kind::Unprocessable, "bad_zip", format!("{title}: {e}; nothing was imported")))?;
                if archive::recognise(&head) {
                    self.notes.push(format!("{title}: a zip inside a zip is not opened"));
                    continue;
                }
                self.one(&title, path, Some(member.index), &member.name, member.bytes, &head, &modified)?;
            }
            return Ok(());
        }
        let name = path.file_name().map(|n| n.to_string_lossy().into_owned()).unwrap_or_default();
        let bytes = file.metadata().map_err(at_path(path))?.len();
        self.one(&path.display().to_string(), path, None, &name, bytes, &head, &modified)
    }

    #[expect(clippy::too_many_arguments, reason = "one place calls it twice; a struct would only rename them")]
    fn one(&mut self, title: &str, path: &Path, member: Option<usize>, name: &str, bytes: u64, head: &[u8], modified: &str) -> Result<()> {
        let (title, name) = (&legible(title), legible(name.rsplit('/').next().unwrap_or(name)));
        let folded = text::words(&name).concat();
        let by_date = |stamp: Option<String>| stamp.or_else(|| self.stated.clone()).unwrap_or_else(|| modified.to_owned());
        let (file, edition) = if liste_blanche::recognise(head) || folded.starts_with("listeblanche") {
            let generated = liste_blanche::generated(head).map(edition::of).transpose()?;
            (SourceFile::ListeBlanche, by_date(generated))
        } else if NEIGHBOURS.iter().any(|n| folded.starts_with(&text::words(n).concat())) {
            self.notes.push(format!("{title}: known, not used, passed over"));
            return Ok(());
        } else {
            let file = match extraction::recognise(&name, head) {
                Some(FileKind::PersonneActivite) => SourceFile::PersonneActivite,
                Some(FileKind::SavoirFaire) => SourceFile::SavoirFaire,
                Some(FileKind::Mailboxes) => SourceFile::Mailboxes,
                None => {
                    self.notes.push(format!("{title}: not recognised, passed over"));
                    return Ok(());
                }
            };
            (file, by_date(extraction::edition(&name)))
        };
        self.inputs.push(Input { file, name, edition, bytes, path: path.to_owned(), member });
        Ok(())
    }

    /// The newest of each kind; the first found of equal ones.
    fn newest(mut self) -> Found {
        self.inputs.sort_by(|a, b| (a.file, &b.edition).cmp(&(b.file, &a.edition)));
        let mut taken: Vec<Input> = Vec::new();
        for input in self.inputs {
            match taken.last().filter(|t| t.file == input.file) {
                Some(newest) => self.notes.push(format!(
                    "{}: two editions given; {} ({}) is taken, {} ({}) left aside",
                    input.file.code(),
                    newest.edition,
                    newest.name,
                    input.edition,
                    input.name
                )),
                None => taken.push(input),
            }
        }
        Found { inputs: taken, notes: self.notes }
    }
}

/// A name from outside as it may be printed: control characters would break lines of the report or steer a terminal.
fn legible(name: &str) -> String {
    name.chars().map(|c| if c.is_control() { char::REPLACEMENT_CHARACTER } else { c }).collect()
}

fn head_of(reader: &mut impl Read) -> std::io::Result<Vec<u8>> {
    let mut head = Vec::new();
    reader.take(HEAD_BYTES).read_to_end(&mut head)?;
    Ok(head)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    #[test]
    fn names_of_members_steer_no_terminal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.zip");
        let mut zip = zip::ZipWriter::new(File::create(&path).unwrap());
        for (name, text) in [("a\nb\u{1b}[31mlisteblanche.xml", "<ListeBlancheMSSante"), ("c\u{7}\u{9b}2J.txt", "x")] {
            zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap();
        let found = look(&[path], &Options::default()).unwrap();
        assert_eq!(found.inputs[0].name, "a\u{fffd}b\u{fffd}[31mlisteblanche.xml");
        assert!(found.notes[0].contains("c\u{fffd}\u{fffd}2J.txt: not recognised") && !found.notes[0].contains(char::is_control));
    }
}
