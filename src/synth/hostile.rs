//! Files that an import must survive: one folder a case, made from a small invented country by breaking it in one way.
//!
//! [`CASES`] says for each what a reader must make of it, so that tests can go through the table instead of repeating it.

use super::package::{member_name, text_file, zip};
use super::{Options, World};
use crate::error::{Error, Result};
use crate::extraction::FileKind;
use crate::extraction::limits::MAX_LINE_BYTES;
use crate::extraction::write::Shape;
use jiff::civil::{Date, date};
use std::io::{self, Cursor, Write};

/// What a case must come to, on a store that is empty.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// The file is not imported at all, with a reason.
    Refused,
    /// Imported; so many rows are kept aside as rejected.
    Rejected(u64),
    /// Imported without one rejected row.
    Accepted,
}

/// One way of being broken.
#[derive(Clone, Copy, Debug)]
pub struct Case {
    /// Name of its folder under `hostile/`.
    pub name: &'static str,
    pub about: &'static str,
    pub expect: Expect,
    make: fn(&Country) -> Files,
}

type Files = Result<Vec<(String, Vec<u8>)>>;

/// Every case, by name.
#[rustfmt::skip]
pub const CASES: [Case; 25] = [
    Case { name: "bom", about: "a byte order mark before the header", expect: Expect::Accepted, make: |c| c.shaped(Shape { bom: true, ..Shape::CURRENT }) },
    Case { name: "contradictory-rows", about: "rows of one person, one structure, one mailbox that disagree", expect: Expect::Accepted, make: contradictory },
    Case { name: "control-characters", about: "NUL characters in two values", expect: Expect::Rejected(2), make: |c| c.rows(|n, line| if n < 2 { line.insert(line.len() / 2, 0) }) },
    Case { name: "crlf", about: "lines ended by CR LF", expect: Expect::Accepted, make: |c| c.shaped(Shape { crlf: true, ..Shape::CURRENT }) },
    Case { name: "cut-at-96-percent", about: "an edition of the demo country, a day later, cut at 96 %: loading it over the whole one must be refused", expect: Expect::Rejected(1), make: cut },
    Case { name: "duplicate-rows", about: "every row twice", expect: Expect::Accepted, make: duplicate },
    Case { name: "empty", about: "no byte at all", expect: Expect::Refused, make: |c| Ok(vec![(c.name(), Vec::new())]) },
    Case { name: "header-only", about: "the header and no row", expect: Expect::Refused, make: |c| c.text(|text| text.truncate(line_end(text))) },
    Case { name: "latin1-file", about: "the whole file in latin-1, header included", expect: Expect::Refused, make: |c| c.text(|text| *text = latin1(text)) },
    Case { name: "latin1-rows", about: "three rows with latin-1 accents", expect: Expect::Rejected(3), make: latin1_rows },
    Case { name: "liste-blanche-cut", about: "a liste blanche without its end", expect: Expect::Refused, make: |c| Ok(vec![c.liste(|text| text.truncate(text.len() / 2))?]) },
    Case { name: "liste-blanche-entities", about: "a liste blanche whose entities expand without end", expect: Expect::Refused, make: entities },
    Case { name: "missing-column", about: "a mandatory column is named otherwise", expect: Expect::Refused, make: |c| c.text(|text| replace(text, "Code profession", "Couleur préférée")) },
    Case { name: "mss-addresses", about: "addresses without @, citizens' addresses, unknown and missing mailbox types", expect: Expect::Rejected(5), make: addresses },
    Case { name: "no-zip", about: "a zip that is none", expect: Expect::Refused, make: |c| Ok(vec![("PS_LibreAcces_202609011200.zip".into(), c.activity.clone())]) },
    Case { name: "older-edition", about: "the same country, eight months earlier: refused over a newer one", expect: Expect::Accepted, make: |_| Country::new(date(2026, 1, 1), false)?.whole() },
    Case { name: "overlong-line", about: "a line of 200 KiB", expect: Expect::Rejected(1), make: |c| c.rows(|n, line| if n == 3 { line.splice(40..40, vec![b'x'; 3 * MAX_LINE_BYTES + 8192]); }) },
    Case { name: "stray-pipes", about: "a separator inside two values, one before an empty last column", expect: Expect::Rejected(2), make: stray },
    Case { name: "truncated-rows", about: "three rows cut short", expect: Expect::Rejected(3), make: |c| c.rows(|n, line| if n % 20 == 5 && n < 60 { line.truncate(90) }) },
    Case { name: "two-editions", about: "the edition of a day and the one before in one folder: the newest is taken", expect: Expect::Accepted, make: two_editions },
    Case { name: "unbalanced-quotes", about: "quotes that open values and never close", expect: Expect::Accepted, make: |c| c.text(|text| replace(text, "|CABINET ", "|\"CABINET ")) },
    Case { name: "unknown-column", about: "a column nobody knows, first and last", expect: Expect::Accepted, make: unknown_column },
    Case { name: "wrong-keys", about: "every RPPS number with a wrong key", expect: Expect::Accepted, make: wrong_keys },
    Case { name: "zip-bomb", about: "a member that inflates to a thousand times its zipped size", expect: Expect::Refused, make: bomb },
    Case { name: "zip-path-outside", about: "a zip with a member named to land outside the folder", expect: Expect::Refused, make: outside },
];

impl Case {
    /// The files of the case: name and bytes.
    ///
    /// # Errors
    /// Only if the invention itself fails.
    pub fn files(&self) -> Files {
        (self.make)(&Country::new(date(2026, 9, 1), false)?)
    }
}

/// The small country that the cases break.
struct Country {
    world: World,
    day: Date,
    activity: Vec<u8>,
}

impl Country {
    fn new(day: Date, next_day: bool) -> Result<Self> {
        let world = World::new(&Options { people: 40, seed: 7, next_day, ..Options::default() });
        let activity = text(&world, FileKind::PersonneActivite, Shape::CURRENT)?;
        Ok(Self { world, day, activity })
    }

    fn name(&self) -> String {
        member_name(FileKind::PersonneActivite, self.day)
    }

    fn shaped(&self, shape: Shape) -> Files {
        let kinds = FileKind::ALL.into_iter();
        kinds.map(|kind| Ok((member_name(kind, self.day), text(&self.world, kind, shape)?))).collect()
    }

    fn whole(&self) -> Files {
        self.shaped(Shape::CURRENT)
    }

    /// Personne_activite with its text changed.
    fn text(&self, change: impl FnOnce(&mut Vec<u8>)) -> Files {
        let mut bytes = self.activity.clone();
        change(&mut bytes);
        Ok(vec![(self.name(), bytes)])
    }

    /// Personne_activite with its rows changed one by one; rows count from 0.
    fn rows(&self, mut change: impl FnMut(usize, &mut Vec<u8>)) -> Files {
        let mut lines = self.activity.split(|b| *b == b'\n').map(<[u8]>::to_vec).collect::<Vec<_>>();
        let rows = lines.iter_mut().skip(1).filter(|line| !line.is_empty());
        rows.enumerate().for_each(|(n, line)| change(n, line));
        Ok(vec![(self.name(), lines.join(&b'\n'))])
    }

    fn liste(&self, change: impl FnOnce(&mut Vec<u8>)) -> Result<(String, Vec<u8>)> {
        let mut bytes = Vec::new();
        super::domains::liste_blanche(&self.world, jiff::Timestamp::UNIX_EPOCH, &mut bytes).map_err(failed)?;
        change(&mut bytes);
        Ok(("listeblanchemssante.xml".to_owned(), bytes))
    }
}

fn text(world: &World, kind: FileKind, shape: Shape) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    text_file(world, kind, shape, &mut bytes).map_err(failed)?;
    Ok(bytes)
}

fn failed(error: io::Error) -> Error {
    Error::internal("the file could not be invented", error)
}

fn line_end(text: &[u8]) -> usize {
    text.iter().position(|b| *b == b'\n').map_or(text.len(), |at| at + 1)
}

/// Replaces every occurrence; the text is ours, hence UTF-8.
fn replace(text: &mut Vec<u8>, from: &str, to: &str) {
    *text = String::from_utf8_lossy(text).replace(from, to).into_bytes();
}

fn latin1(text: &[u8]) -> Vec<u8> {
    String::from_utf8_lossy(text).chars().map(|c| u8::try_from(u32::from(c)).unwrap_or(b'?')).collect()
}

fn latin1_rows(country: &Country) -> Files {
    let mut left = 3;
    country.rows(|_, line| {
        if left > 0 && !line.is_ascii() {
            *line = latin1(line);
            left -= 1;
        }
    })
}

fn stray(country: &Country) -> Files {
    let mut seen = (false, false);
    country.rows(|_, line| {
        let ends_empty = line.ends_with(b"|");
        // Into the raison sociale, the 25th column, of a row that has one.
        let starts = line.iter().enumerate().filter(|(_, b)| **b == b'|').map(|(i, _)| i + 1).nth(23);
        let Some(at) = starts.filter(|at| line.get(*at).is_some_and(|b| *b != b'|')) else { return };
        let done = if ends_empty { &mut seen.0 } else { &mut seen.1 };
        if !std::mem::replace(done, true) {
            line.insert(at + 3, b'|');
        }
    })
}

fn duplicate(country: &Country) -> Files {
    let mut files = country.whole()?;
    for (_, bytes) in &mut files {
        let rows = bytes.get(line_end(bytes)..).unwrap_or_default().to_vec();
        bytes.extend_from_slice(&rows);
    }
    Ok(files)
}

/// The second copy of every row tells other names, another town, another type.
fn contradictory(country: &Country) -> Files {
    let mut files = country.whole()?;
    for (_, bytes) in &mut files {
        let mut other = bytes.get(line_end(bytes)..).unwrap_or_default().to_vec();
        for (from, to) in [
            ("|M|Monsieur|", "|MME|Madame|"),
            ("|CABINET ", "|Ancien cabinet "),
            ("|Lyon 3e  Arrondissement|", "|Lyon 8e  Arrondissement|"),
            ("|DR|", "|PR|"),
            ("PER|", "CAB|"),
            ("|O|", "|N|"),
        ] {
            replace(&mut other, from, to);
        }
        bytes.extend_from_slice(&other);
    }
    Ok(files)
}

fn unknown_column(country: &Country) -> Files {
    let mut files = country.rows(|_, line| {
        line.splice(0..0, *b"x|");
        line.extend_from_slice("|é".as_bytes());
    })?;
    for (_, bytes) in &mut files {
        let end = line_end(bytes) - 1;
        bytes.splice(end..end, *b"|Colonne Y");
        bytes.splice(0..0, *b"Colonne X|");
    }
    Ok(files)
}

fn wrong_keys(country: &Country) -> Files {
    country.rows(|_, line| {
        // `8|` + 11 digits + `|8` + the same again: both keys move on by one.
        for at in [12, 25] {
            if let Some(key) = line.get_mut(at).filter(|b| b.is_ascii_digit()) {
                *key = b'0' + (*key - b'0' + 1) % 10;
            }
        }
    })
}

fn two_editions(country: &Country) -> Files {
    let mut files = country.whole()?;
    files.extend(Country::new(date(2026, 9, 2), true)?.whole()?);
    Ok(files)
}

fn addresses(country: &Country) -> Files {
    let mut bytes = text(&country.world, FileKind::Mailboxes, Shape::CURRENT)?;
    let tail = "|".repeat(29);
    for (kind, address) in [
        ("PER", "adresse-sans-arobase.mssante.fr"),
        ("PER", "199999999999934@patient.mssante.fr"),
        ("PER", "299999999999907@PATIENT.MSSANTE.FR"),
        ("XYZ", "type.inconnu@medecin.mssante.fr"),
        ("", "sans.type@medecin.mssante.fr"),
    ] {
        bytes.extend_from_slice(format!("{kind}|{address}{tail}\n").as_bytes());
    }
    Ok(vec![(member_name(FileKind::Mailboxes, country.day), bytes)])
}

fn entities(country: &Country) -> Files {
    let mut doctype = String::from("<!DOCTYPE l [<!ENTITY a0 \"MSSanté \">");
    for n in 1..30 {
        doctype.push_str(&format!("<!ENTITY a{n} \"&a{0};&a{0};&a{0};&a{0};\">", n - 1));
    }
    doctype.push_str("]>");
    let liste = country.liste(|text| {
        replace(text, "?><Liste", &format!("?>{doctype}<Liste"));
        replace(text, "Domaine de test", "&a29;");
    })?;
    Ok(vec![liste])
}

fn cut(_: &Country) -> Files {
    let world = World::new(&Options::default());
    let mut bytes = text(&world, FileKind::PersonneActivite, Shape::CURRENT)?;
    bytes.truncate(bytes.len() / 100 * 96);
    // A cut inside the last column could not be seen: cut early in a row.
    let row = bytes.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
    bytes.truncate(row);
    bytes.extend_from_slice(b"8|10900000018|810900000018|DR|Doct");
    let name = member_name(FileKind::PersonneActivite, date(2026, 9, 2));
    let archive = archive(&[(&name, &bytes)])?;
    Ok(vec![("PS_LibreAcces_202609021200.zip".to_owned(), archive)])
}

fn bomb(country: &Country) -> Files {
    let mut inflated = country.activity.clone();
    inflated.resize(64 << 20, b'x');
    Ok(vec![("PS_LibreAcces_202609011200.zip".to_owned(), archive(&[(&country.name(), &inflated)])?)])
}

fn outside(country: &Country) -> Files {
    let members = [(country.name(), country.activity.as_slice()), ("../../etc/x.txt".to_owned(), b"outside".as_slice())];
    let members: Vec<_> = members.iter().map(|(name, bytes)| (name.as_str(), *bytes)).collect();
    Ok(vec![("PS_LibreAcces_202609011200.zip".to_owned(), archive(&members)?)])
}

fn archive(members: &[(&str, &[u8])]) -> Result<Vec<u8>> {
    let mut bytes = Cursor::new(Vec::new());
    let parts = members.iter().map(|(name, bytes)| (*name, *bytes));
    zip(&mut bytes, parts, |bytes, sink: &mut dyn Write| sink.write_all(bytes)).map_err(failed)?;
    Ok(bytes.into_inner())
}
