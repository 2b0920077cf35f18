//! A file's layout as data, and the reading of a header line against it.
//!
//! Columns are found by name after folding case, accents, blanks and punctuation, because publications and documentation spell them
//! with small differences (`(coord. Structure)`, `Code fonction` for `Code rôle`); order does not matter. A mandatory column that is
//! missing refuses the file, since every row would lose that value; an unknown column is a warning; late columns may be missing.

use super::FileKind;
use crate::error::{Error, Kind, Result};
use crate::text;
use std::sync::LazyLock;

/// One column of a layout.
#[derive(Clone, Debug)]
pub struct LayoutColumn {
    /// Our name of it, the snake-case form of the column enum's variant.
    pub field: String,
    /// Official name.
    pub name: String,
    /// A file without it is refused.
    pub required: bool,
    folded: Vec<String>,
}

/// The layout of a kind of file, in official order.
#[derive(Debug)]
pub struct Layout {
    columns: Vec<LayoutColumn>,
}

static PERSONNE_ACTIVITE: LazyLock<Layout> = LazyLock::new(|| Layout::parse(include_str!("../../schema/extraction/personne_activite.csv")));
static SAVOIR_FAIRE: LazyLock<Layout> = LazyLock::new(|| Layout::parse(include_str!("../../schema/extraction/savoir_faire.csv")));
static MAILBOXES: LazyLock<Layout> = LazyLock::new(|| Layout::parse(include_str!("../../schema/extraction/mailboxes.csv")));

impl Layout {
    #[must_use]
    pub fn of(kind: FileKind) -> &'static Self {
        match kind {
            FileKind::PersonneActivite => &PERSONNE_ACTIVITE,
            FileKind::SavoirFaire => &SAVOIR_FAIRE,
            FileKind::Mailboxes => &MAILBOXES,
        }
    }

    /// The table is embedded and a test holds it to the column enums, so an unreadable line of it is simply not a column.
    fn parse(table: &str) -> Self {
        let mut reader = csv::Reader::from_reader(table.as_bytes());
        let columns = reader.records().flatten().map(|record| {
            let cell = |i: usize| record.get(i).unwrap_or_default();
            let names = std::iter::once(cell(2)).chain(cell(3).split(';')).map(fold_name);
            LayoutColumn {
                field: cell(0).to_owned(),
                name: cell(2).to_owned(),
                required: cell(1) == "yes",
                folded: names.filter(|n| !n.is_empty()).collect(),
            }
        });
        Self { columns: columns.collect() }
    }

    #[must_use]
    pub fn columns(&self) -> &[LayoutColumn] {
        &self.columns
    }

    /// Official name of the column at a place, empty past the end.
    #[must_use]
    pub fn name(&self, index: usize) -> &str {
        self.columns.get(index).map_or("", |c| c.name.as_str())
    }

    /// The header line with the first `width` columns, without line end.
    #[must_use]
    pub fn header(&self, width: usize) -> String {
        self.columns.iter().take(width).map(|c| c.name.as_str()).collect::<Vec<_>>().join("|")
    }

    fn find(&self, folded: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.folded.iter().any(|name| name == folded))
    }

    /// Likeness of a header to this layout: shared columns over all columns of both, so that SavoirFaire, whose columns are all in
    /// Personne_activite, is not mistaken for it.
    fn likeness(&self, names: &[String]) -> f64 {
        let shared = names.iter().filter(|n| self.find(n).is_some()).count();
        shared as f64 / (names.len() + self.columns.len() - shared).max(1) as f64
    }
}

/// A header line matched to a layout.
#[derive(Debug)]
pub(super) struct Header {
    /// Number of columns, a trailing empty one not counted.
    pub width: usize,
    /// The header ends with one more separator, as rows then do.
    pub trailing: bool,
    /// Place in the file of each column of the layout.
    pub places: Vec<Option<usize>>,
    /// Names as the file writes them.
    pub names: Vec<String>,
    pub warnings: Vec<String>,
}

impl Header {
    /// Reads the first line of a file, without byte order mark and line end.
    ///
    /// # Errors
    /// `bad_header` when it is no UTF-8, a mandatory column is missing or a column is there twice.
    pub fn read(kind: FileKind, line: &[u8]) -> Result<Self> {
        let refuse = |why: String| Error::new(Kind::Unprocessable, "bad_header", format!("{}: {why}", kind.file_prefix()));
        let line = std::str::from_utf8(line)
            .map_err(|e| refuse(format!("the header line is not UTF-8 (byte {}); the file must be UTF-8", e.valid_up_to() + 1)))?;
        let layout = kind.layout();
        let names = header_names(line);
        let mut places = vec![None; layout.columns.len()];
        let mut warnings = Vec::new();
        for (place, name) in names.iter().enumerate() {
            let Some(slot) = layout.find(&fold_name(name)).and_then(|column| places.get_mut(column)) else {
                warnings.push(format!("unknown column {} \"{}\": ignored", place + 1, shorten(name)));
                continue;
            };
            if slot.replace(place).is_some() {
                return Err(refuse(format!("the column \"{}\" is there twice", shorten(name))));
            }
        }
        let missing: Vec<_> =
            layout.columns.iter().zip(&places).filter(|(c, p)| c.required && p.is_none()).map(|(c, _)| format!("\"{}\"", c.name)).collect();
        match missing.as_slice() {
            [] => Ok(Self { width: names.len(), trailing: line.trim_end().ends_with('|'), places, names, warnings }),
            [one] => Err(refuse(format!("the header lacks the mandatory column {one}"))),
            [first, .., last] if missing.len() > 4 => {
                Err(refuse(format!("the header lacks {} mandatory columns, from {first} to {last}", missing.len())))
            }
            some => Err(refuse(format!("the header lacks the mandatory columns {}", some.join(", ")))),
        }
    }

    /// Name of the column at a place of the file.
    pub fn name(&self, place: usize) -> &str {
        self.names.get(place).map_or("(beyond the last column)", String::as_str)
    }
}

/// Names of a header line, one empty last name dropped.
fn header_names(line: &str) -> Vec<String> {
    let mut names: Vec<String> = line.split('|').map(|n| n.trim().to_owned()).collect();
    if names.len() > 1 && names.last().is_some_and(String::is_empty) {
        names.pop();
    }
    names
}

pub(super) fn fold_name(name: &str) -> String {
    text::words(name).concat()
}

fn shorten(name: &str) -> String {
    name.chars().take(60).collect()
}

/// The layout most like the first line, when at least half of the columns agree.
pub(super) fn recognise_header(head: &[u8]) -> Option<FileKind> {
    let head = head.strip_prefix(b"\xef\xbb\xbf").unwrap_or(head);
    let line = String::from_utf8_lossy(head.split(|b| *b == b'\n').next().unwrap_or(head));
    let names: Vec<_> = header_names(&line).iter().map(|n| fold_name(n)).collect();
    let likeness = FileKind::ALL.into_iter().map(|kind| (kind, kind.layout().likeness(&names)));
    likeness.filter(|(_, l)| *l >= 0.5).max_by(|a, b| a.1.total_cmp(&b.1)).map(|(kind, _)| kind)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extraction::{ActivityColumn, ExpertiseColumn, MailboxColumn};

    fn snake(variant: &str) -> String {
        let mut out = String::new();
        for c in variant.chars() {
            if c.is_uppercase() && !out.is_empty() {
                out.push('_');
            }
            out.extend(c.to_lowercase());
        }
        out
    }

    #[test]
    fn tables_and_enums_name_the_same_columns() {
        let fields = |kind: FileKind| kind.layout().columns.iter().map(|c| c.field.clone()).collect::<Vec<_>>();
        let of = |names: Vec<String>| names.iter().map(|n| snake(n)).collect::<Vec<_>>();
        assert_eq!(fields(FileKind::PersonneActivite), of(ActivityColumn::ALL.iter().map(|c| format!("{c:?}")).collect()));
        assert_eq!(fields(FileKind::SavoirFaire), of(ExpertiseColumn::ALL.iter().map(|c| format!("{c:?}")).collect()));
        assert_eq!(fields(FileKind::Mailboxes), of(MailboxColumn::ALL.iter().map(|c| format!("{c:?}")).collect()));
    }

    #[test]
    fn no_name_or_alias_means_two_columns() {
        for kind in FileKind::ALL {
            let mut names: Vec<_> = kind.layout().columns.iter().flat_map(|c| c.folded.clone()).collect();
            let all = names.len();
            names.sort();
            names.dedup();
            assert_eq!(names.len(), all, "{kind:?}");
        }
    }

    #[test]
    fn headers_are_read_by_name() {
        let header = |text: &str| Header::read(FileKind::SavoirFaire, text.as_bytes());
        let official = FileKind::SavoirFaire.layout().header(usize::MAX);
        assert_eq!(header(&format!("{official}|")).unwrap().width, 13);
        let upper = header(&official.to_uppercase().replace('É', "E")).unwrap();
        assert!(upper.warnings.is_empty() && upper.places.iter().all(Option::is_some));
        let extra = header(&format!("Couleur|{official}")).unwrap();
        assert_eq!((extra.width, extra.places[0]), (14, Some(1)));
        assert!(extra.warnings[0].contains("Couleur"));
        let missing = header(&official.replace("Code savoir-faire", "Couleur")).unwrap_err();
        assert!(missing.to_string().contains("\"Code savoir-faire\""), "{missing}");
        assert!(header(&format!("{official}|Code profession")).unwrap_err().to_string().contains("twice"));
        assert!(header("").is_err());
        let latin = official.replace('é', "\u{1}").into_bytes().into_iter().map(|b| if b == 1 { 0xe9 } else { b }).collect::<Vec<_>>();
        assert!(Header::read(FileKind::SavoirFaire, &latin).unwrap_err().to_string().contains("UTF-8"));
    }

    #[test]
    fn older_and_documented_headers_are_accepted() {
        let read = |text: String| Header::read(FileKind::PersonneActivite, text.as_bytes());
        let layout = FileKind::PersonneActivite.layout();
        for width in [48, 52, 56] {
            assert_eq!(read(layout.header(width)).unwrap().width, width);
        }
        assert!(read(layout.header(47)).is_err());
        let documented = layout.header(56).replace("Code rôle", "Code fonction").replace("Code genre activité", "Code genre d'activité");
        assert!(read(documented.replace("(coord. structure)", "(coord. Structure)")).unwrap().warnings.is_empty());
    }
}
