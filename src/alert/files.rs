//! The files of a list: three forms of the same lines, each with a first line that says what it is and proves the rest.
//!
//! `csv` is UTF-8 with `;`, `psv` with `|`, both with a header and quoted where needed; `jsonl` is an object a line. The first line is
//! `# ` and JSON in the tables, `{"alert": …}` in JSON lines: id, time, filter, count, and the SHA-256 of every byte behind it. It can
//! only be written when the lines are, so the lines lie beside until then. A cell that a spreadsheet would take for a formula begins
//! with an apostrophe.

use super::request::AlertRequest;
use super::rows::{Column, Line};
use crate::error::{Error, Kind, Result, STORAGE_FULL, at_path, is_full};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, ErrorKind, Seek, Write};
use std::path::Path;
use utoipa::ToSchema;

/// A form of the list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Format {
    Csv,
    Psv,
    Jsonl,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Csv, Self::Psv, Self::Jsonl];

    /// Its name in requests, and the ending of its file.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Psv => "psv",
            Self::Jsonl => "jsonl",
        }
    }

    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|format| format.name() == name)
    }

    #[must_use]
    pub fn media(self) -> &'static str {
        match self {
            Self::Csv | Self::Psv => "text/csv; charset=utf-8",
            Self::Jsonl => "application/x-ndjson",
        }
    }

    pub(super) fn file(self) -> String {
        format!("list.{}", self.name())
    }

    fn delimiter(self) -> u8 {
        if self == Self::Psv { b'|' } else { b';' }
    }
}

/// SHA-256 of the lines of each form, in lower-case hexadecimal.
pub type Digests = BTreeMap<Format, String>;

/// What the first line says.
#[derive(Serialize)]
struct Head<'a> {
    id: &'a str,
    /// UTC, RFC 3339.
    created_at: String,
    #[serde(flatten)]
    asked: &'a AlertRequest,
    count: u64,
    sha256: &'a str,
}

/// A failure to write: what an administrator can mend is told apart.
pub(super) fn storage(path: &Path) -> impl FnOnce(std::io::Error) -> Error + '_ {
    move |error| {
        let (code, why) = match error.kind() {
            _ if is_full(&error) => (STORAGE_FULL, "le disque est plein"),
            ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem => ("storage", "le dossier des alertes ne se laisse pas écrire"),
            ErrorKind::NotADirectory | ErrorKind::AlreadyExists => ("storage", "le dossier des alertes n'en est pas un"),
            _ => return at_path(path)(error),
        };
        let message = format!("la liste n'a pas pu être écrite : {why}. Rien n'en est resté.");
        Error::new(Kind::Unavailable, code, message).with_source(error)
    }
}

/// A cell as a spreadsheet takes it for text, and that nobody takes for another first line.
pub(super) fn safe_cell(text: &str) -> Cow<'_, str> {
    if text.starts_with(['=', '+', '-', '@', '#', '\t', '\r']) { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

/// Lines on their way, in a file without a name.
pub(super) struct Spool {
    out: BufWriter<File>,
}

impl Spool {
    pub(super) fn create(folder: &Path) -> Result<Self> {
        Ok(Self { out: BufWriter::new(tempfile::tempfile_in(folder).map_err(storage(folder))?) })
    }

    pub(super) fn push(&mut self, line: &Line, folder: &Path) -> Result<()> {
        let text = serde_json::to_string(line).map_err(|error| Error::internal("a line of a list", error))?;
        writeln!(self.out, "{text}").map_err(storage(folder))
    }

    fn read(self, folder: &Path) -> Result<BufReader<File>> {
        let mut file = self.out.into_inner().map_err(|error| storage(folder)(error.into_error()))?;
        file.rewind().map_err(storage(folder))?;
        Ok(BufReader::new(file))
    }
}

/// The lines of one form, being written.
struct Body {
    format: Format,
    out: BufWriter<File>,
    hash: Sha256,
    record: Vec<u8>,
}

impl Body {
    fn create(folder: &Path, format: Format, columns: &[Column]) -> Result<Self> {
        let out = BufWriter::new(tempfile::tempfile_in(folder).map_err(storage(folder))?);
        let mut body = Self { format, out, hash: Sha256::new(), record: Vec::new() };
        if format != Format::Jsonl {
            let names: Vec<String> = columns.iter().map(|column| column.name().to_owned()).collect();
            body.push(columns, &names, folder)?;
        }
        Ok(body)
    }

    fn push(&mut self, columns: &[Column], cells: &[String], folder: &Path) -> Result<()> {
        let failed = |error: &dyn std::fmt::Display| Error::internal("a line of a list", error.to_string());
        self.record.clear();
        if self.format == Format::Jsonl {
            for (place, (column, cell)) in columns.iter().zip(cells).enumerate() {
                self.record.extend_from_slice(if place == 0 { b"{\"" } else { b",\"" });
                self.record.extend_from_slice(column.name().as_bytes());
                self.record.extend_from_slice(b"\":");
                // A number is written as one.
                let number = cell.parse::<u64>().ok().filter(|_| *column == Column::People);
                match number {
                    Some(number) => serde_json::to_writer(&mut self.record, &number),
                    None => serde_json::to_writer(&mut self.record, cell),
                }
                .map_err(|e| failed(&e))?;
            }
            self.record.extend_from_slice(b"}\n");
        } else {
            let mut writer = csv::WriterBuilder::new().delimiter(self.format.delimiter()).from_writer(&mut self.record);
            writer.write_record(cells.iter().map(|cell| safe_cell(cell).into_owned())).map_err(|e| failed(&e))?;
            writer.flush().map_err(|e| failed(&e))?;
        }
        self.hash.update(&self.record);
        self.out.write_all(&self.record).map_err(storage(folder))
    }

    /// The file of this form: first line, then the lines; synced. Returns the digest of the lines.
    fn finish(self, folder: &Path, head: impl FnOnce(&str) -> Result<String>) -> Result<String> {
        let digest: String = self.hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        let mut lines = self.out.into_inner().map_err(|error| storage(folder)(error.into_error()))?;
        lines.rewind().map_err(storage(folder))?;
        let path = folder.join(self.format.file());
        let mut options = File::options();
        options.write(true).create_new(true);
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        let mut file = options.open(&path).map_err(storage(&path))?;
        let head = head(&digest)?;
        let first = if self.format == Format::Jsonl { format!("{{\"alert\":{head}}}\n") } else { format!("# {head}\n") };
        file.write_all(first.as_bytes()).map_err(storage(&path))?;
        std::io::copy(&mut lines, &mut file).map_err(storage(&path))?;
        file.sync_all().map_err(storage(&path))?;
        Ok(digest)
    }
}

/// Writes the three files into a folder. `shared`: how many people each shared address stands for.
pub(super) fn write(
    folder: &Path,
    spool: Spool,
    asked: &AlertRequest,
    id: &str,
    created_at: i64,
    count: u64,
    shared: &HashMap<String, u64>,
) -> Result<Digests> {
    let columns = &asked.columns;
    let people = columns.iter().position(|column| *column == Column::People);
    let mut bodies = Vec::with_capacity(Format::ALL.len());
    for format in Format::ALL {
        bodies.push(Body::create(folder, format, columns)?);
    }
    for text in spool.read(folder)?.lines() {
        let text = text.map_err(storage(folder))?;
        let Line { shared: address, mut cells } = serde_json::from_str(&text).map_err(|e| Error::internal("a line of a list", e))?;
        if let Some(cell) = people.and_then(|at| cells.get_mut(at)) {
            *cell = address.and_then(|address| shared.get(&address).copied()).unwrap_or(1).to_string();
        }
        for body in &mut bodies {
            body.push(columns, &cells, folder)?;
        }
    }
    let created_at = jiff::Timestamp::from_second(created_at).map_err(|e| Error::internal("the time of a list", e))?.to_string();
    let mut digests = Digests::new();
    // Why it was asked for is between the authority and the journal.
    let asked = AlertRequest { reason: String::new(), reference: String::new(), ..asked.clone() };
    for body in bodies {
        let format = body.format;
        let digest = body.finish(folder, |sha256| {
            let head = Head { id, created_at: created_at.clone(), asked: &asked, count, sha256 };
            serde_json::to_string(&head).map_err(|e| Error::internal("the first line of a list", e))
        })?;
        digests.insert(format, digest);
    }
    Ok(digests)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn made(columns: Vec<Column>, lines: &[(Option<&str>, &[&str])]) -> (tempfile::TempDir, Digests) {
        let folder = tempfile::tempdir().unwrap();
        let mut spool = Spool::create(folder.path()).unwrap();
        for (shared, cells) in lines {
            let line = Line { shared: shared.map(str::to_owned), cells: cells.iter().map(|c| (*c).to_owned()).collect() };
            spool.push(&line, folder.path()).unwrap();
        }
        let asked = AlertRequest { columns, reason: "secret".to_owned(), ..AlertRequest::default() }.canonical();
        let shared = HashMap::from([("c@d.fr".to_owned(), 3)]);
        let digests = write(folder.path(), spool, &asked, "1f", 1_790_000_000, lines.len() as u64, &shared).unwrap();
        (folder, digests)
    }

    #[test]
    fn each_form_says_what_it_is_and_proves_the_rest() {
        let (folder, digests) = made(
            vec![Column::Address, Column::FamilyName, Column::People],
            &[(None, &["a@b.fr", "D'ARC; \"X\"", ""]), (Some("c@d.fr"), &["=c@d.fr", "-B|C", ""])],
        );
        for format in Format::ALL {
            let text = std::fs::read_to_string(folder.path().join(format.file())).unwrap();
            let (first, rest) = text.split_once('\n').unwrap();
            let head: serde_json::Value = serde_json::from_str(first.strip_prefix("# ").unwrap_or(first)).unwrap();
            let head = head.get("alert").unwrap_or(&head);
            let digest: String = Sha256::digest(rest).iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!((head["sha256"].as_str(), head["count"].as_u64()), (Some(digest.as_str()), Some(2)));
            assert_eq!(digests[&format], digest);
            assert_eq!((head["id"].as_str(), head["created_at"].as_str()), (Some("1f"), Some("2026-09-21T14:13:20Z")));
            assert!(!text.contains("secret"));
            let mode =
                std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(folder.path().join(format.file())).unwrap().permissions());
            assert_eq!(mode & 0o777, 0o600);
            let expected = match format {
                Format::Csv => "address;family_name;people\na@b.fr;\"D'ARC; \"\"X\"\"\";1\n'=c@d.fr;'-B|C;3\n",
                Format::Psv => "address|family_name|people\na@b.fr|\"D'ARC; \"\"X\"\"\"|1\n'=c@d.fr|\"'-B|C\"|3\n",
                Format::Jsonl => concat!(
                    "{\"address\":\"a@b.fr\",\"family_name\":\"D'ARC; \\\"X\\\"\",\"people\":1}\n",
                    "{\"address\":\"=c@d.fr\",\"family_name\":\"-B|C\",\"people\":3}\n"
                ),
            };
            assert_eq!(rest, expected);
        }
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 3, "nothing else is left");
    }
}
