//! Names, stamps and packaging as published: zips whose stamp differs from that of the members, plain text, the liste blanche and one
//! file of JSON lines an operator. Archives carry a fixed time, so that the same country is the same bytes.

use super::domains::{Operator, liste_blanche};
use super::mailbox_file::mailboxes;
use super::operator_mailboxes::operator_mailboxes;
use super::rpps_files::{personne_activite, savoir_faire};
use super::{Options, Summary, World};
use crate::error::{Error, Result, at_path};
use crate::extraction::FileKind;
use crate::extraction::write::Shape;
use jiff::ToSpan;
use jiff::civil::Date;
use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;
use zip::write::{SimpleFileOptions, ZipWriter};

/// Writes all files of one day.
pub(super) fn package(world: &World, options: &Options, out: &Path) -> Result<Summary> {
    std::fs::create_dir_all(out).map_err(at_path(out))?;
    let day = if options.next_day { options.edition.saturating_add(1.day()) } else { options.edition };
    let mut folder = Folder { out, summary: Summary { people: world.people, ..Summary::default() } };
    let files = [
        (FileKind::PersonneActivite, member_name(FileKind::PersonneActivite, day)),
        (FileKind::SavoirFaire, member_name(FileKind::SavoirFaire, day)),
        (FileKind::Mailboxes, member_name(FileKind::Mailboxes, day)),
    ];
    if options.plain {
        for (kind, name) in &files {
            let rows = folder.file(name, |sink| text_file(world, *kind, options.shape, sink))?;
            folder.count(*kind, rows);
        }
    }
    if options.zipped {
        let stamp = day.strftime("%Y%m%d");
        let (rpps, mailbox) = files.split_at(2);
        for (name, members) in
            [(format!("PS_LibreAcces_{stamp}1200.zip"), rpps), (format!("Extraction_Correspondance_MSSante_{stamp}1015.zip"), mailbox)]
        {
            let parts = members.iter().map(|(kind, name)| (name.as_str(), *kind));
            let rows = folder.file(&name, |sink| zip(sink, parts, |kind, sink| text_file(world, kind, options.shape, sink)))?;
            rows.into_iter().for_each(|(kind, rows)| folder.count(kind, rows));
        }
    }
    let generated = day.at(3, 15, 42, 0).to_zoned(jiff::tz::TimeZone::UTC).map_err(|e| Error::internal("the edition's date", e))?;
    folder.summary.domains = folder.file("listeblanchemssante.xml", |sink| liste_blanche(world, generated.timestamp(), sink))?;
    for operator in Operator::PUBLISHERS {
        let name = format!("mailboxes-{}.jsonl", operator.id(world));
        folder.summary.operator_lines += folder.file(&name, |sink| operator_mailboxes(world, operator, sink))?;
    }
    Ok(folder.summary)
}

/// The name of a text file: the RPPS files are made at 08:30, the mailboxes at 10:13; their zips later.
pub(super) fn member_name(kind: FileKind, day: Date) -> String {
    let time = if kind == FileKind::Mailboxes { "1013" } else { "0830" };
    format!("{}_{}{time}.txt", kind.file_prefix(), day.strftime("%Y%m%d"))
}

/// Writes one text file; answers its rows.
pub(super) fn text_file(world: &World, kind: FileKind, shape: Shape, sink: &mut dyn Write) -> io::Result<u64> {
    match kind {
        FileKind::PersonneActivite => personne_activite(world, shape, sink),
        FileKind::SavoirFaire => savoir_faire(world, shape, sink),
        FileKind::Mailboxes => mailboxes(world, shape, sink),
    }
}

/// Writes an archive of members with a fixed time and plain permissions; answers what each member's writer answered.
pub(super) fn zip<K: Copy, T>(
    sink: impl Write + io::Seek,
    members: impl Iterator<Item = (impl ToString, K)>,
    mut write: impl FnMut(K, &mut dyn Write) -> io::Result<T>,
) -> io::Result<Vec<(K, T)>> {
    let options = SimpleFileOptions::default()
        .compression_method(zip::CompressionMethod::Deflated)
        .compression_level(Some(6))
        .last_modified_time(zip::DateTime::default())
        .unix_permissions(0o644);
    let mut archive = ZipWriter::new(sink);
    let mut answers = Vec::new();
    for (name, key) in members {
        archive.start_file(name, options).map_err(io::Error::other)?;
        let mut buffered = BufWriter::with_capacity(1 << 18, &mut archive);
        answers.push((key, write(key, &mut buffered)?));
        buffered.flush()?;
    }
    archive.finish().map_err(io::Error::other)?;
    Ok(answers)
}

struct Folder<'a> {
    out: &'a Path,
    summary: Summary,
}

impl Folder<'_> {
    fn file<T>(&mut self, name: &str, write: impl FnOnce(&mut BufWriter<File>) -> io::Result<T>) -> Result<T> {
        let path = self.out.join(name);
        let made = File::create(&path).and_then(|file| {
            let mut sink = BufWriter::with_capacity(1 << 18, file);
            let answer = write(&mut sink)?;
            sink.flush().map(|()| answer)
        });
        let answer = made.map_err(at_path(&path))?;
        self.summary.files.push(name.to_owned());
        Ok(answer)
    }

    fn count(&mut self, kind: FileKind, rows: u64) {
        match kind {
            FileKind::PersonneActivite => self.summary.activity_rows = rows,
            FileKind::SavoirFaire => self.summary.expertise_rows = rows,
            FileKind::Mailboxes => self.summary.mailbox_rows = rows,
        }
    }
}
