//! The official text layouts: Personne_activite, SavoirFaire and the MSSanté mailbox extraction, read to records and written back.
//!
//! Owns the columns (by folded name, with the alias tables of `schema/extraction/`), the rules of a well-formed row, the derivations
//! that need only the row itself (département, structure id, keys) and the bounds of what is read ([`limits`]). It refuses a file
//! whose header lacks a mandatory column; a bad row never stops a file: it comes out as [`Rejected`] with line, column and reason.
//! It decides nothing between rows: winners, duplicates and conflicts are import's.
//!
//! The reader does not use a CSV parser: the files have no quoting and no escaping, so a line is the record. Working on whole lines
//! gives the raw bytes of a rejected row, exact line numbers and bounded memory, where a CSV reader would end a record at a lone
//! carriage return, skip blank lines uncounted and grow its buffer with a line that never ends.

mod activity;
mod cells;
mod columns;
mod expertise;
mod layout;
pub mod limits;
mod lines;
mod mailbox;
mod place;
mod reader;
mod row;
mod shift;
pub mod write;

pub use activity::ActivityRow;
pub use columns::{ActivityColumn, Column, ExpertiseColumn, MailboxColumn};
pub use expertise::ExpertiseRow;
pub use layout::{Layout, LayoutColumn};
pub use mailbox::MailboxRow;
pub use place::{department, structure_id_without_identifier};
pub use reader::{Reader, Row};
pub use row::{Label, Record, Rejected, Remark};

/// The text files this room reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum FileKind {
    /// `PS_LibreAcces_Personne_activite`: persons, exercises, activities, structures.
    PersonneActivite,
    /// `PS_LibreAcces_SavoirFaire`.
    SavoirFaire,
    /// `Extraction_Correspondance_MSSante`.
    Mailboxes,
}

impl FileKind {
    pub const ALL: [Self; 3] = [Self::PersonneActivite, Self::SavoirFaire, Self::Mailboxes];

    /// The word kept in the store (`import_file.kind`) and shown in reports.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::PersonneActivite => "personne_activite",
            Self::SavoirFaire => "savoir_faire",
            Self::Mailboxes => "mailboxes",
        }
    }

    /// How the official name of the file begins; a 12-digit stamp follows.
    #[must_use]
    pub fn file_prefix(self) -> &'static str {
        match self {
            Self::PersonneActivite => "PS_LibreAcces_Personne_activite",
            Self::SavoirFaire => "PS_LibreAcces_SavoirFaire",
            Self::Mailboxes => "Extraction_Correspondance_MSSante",
        }
    }

    #[must_use]
    pub fn layout(self) -> &'static Layout {
        Layout::of(self)
    }
}

/// Which layout a file has: by the columns of its first line when they are telling, else by its name. `head` is the beginning of the
/// file, 8 KiB are enough. Neighbours (diplomas, cards) answer `None`.
#[must_use]
pub fn recognise(file_name: &str, head: &[u8]) -> Option<FileKind> {
    layout::recognise_header(head).or_else(|| {
        let name = layout::fold_name(file_name.rsplit(['/', '\\']).next().unwrap_or(file_name));
        FileKind::ALL.into_iter().find(|kind| name.starts_with(&layout::fold_name(kind.file_prefix())))
    })
}

/// Edition stamp of a file name: the 12 digits (`AAAAMMJJhhmm`) before the extension, when they are a date and time.
/// Files of the open data portal carry none.
#[must_use]
pub fn edition(file_name: &str) -> Option<String> {
    let stem = match file_name.rsplit_once('.') {
        Some((stem, extension)) if extension.eq_ignore_ascii_case("txt") || extension.eq_ignore_ascii_case("zip") => stem,
        _ => file_name,
    };
    let stamp = stem.rsplit_once('_')?.1;
    let digits = stamp.len() == 12 && stamp.bytes().all(|b| b.is_ascii_digit());
    (digits && jiff::civil::DateTime::strptime("%Y%m%d%H%M", stamp).is_ok()).then(|| stamp.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_come_from_the_name() {
        assert_eq!(edition("PS_LibreAcces_Personne_activite_202609010830.txt").as_deref(), Some("202609010830"));
        assert_eq!(edition("Extraction_Correspondance_MSSante_202609011013.ZIP").as_deref(), Some("202609011013"));
        assert_eq!(edition("ps-libreacces-savoirfaire.txt"), None);
        assert_eq!(edition("PS_LibreAcces_SavoirFaire_202699010830.txt"), None);
    }

    #[test]
    fn files_are_recognised_by_columns_then_by_name() {
        let head = |kind: FileKind| kind.layout().header(usize::MAX).into_bytes();
        for kind in FileKind::ALL {
            assert_eq!(recognise("anything.txt", &head(kind)), Some(kind));
            assert_eq!(recognise(&format!("{}_202609010830.txt", kind.file_prefix()), b""), Some(kind));
        }
        assert_eq!(recognise("x/ps-libreacces-personne-activite.txt", b""), Some(FileKind::PersonneActivite));
        assert_eq!(recognise("PS_LibreAcces_SavoirFaire_1.txt", &head(FileKind::Mailboxes)), Some(FileKind::Mailboxes));
        let diplomas = "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Nom d'exercice|Prénom d'exercice|\
                        Code type diplôme obtenu|Libellé type diplôme obtenu|Code diplôme obtenu\n";
        assert_eq!(recognise("PS_LibreAcces_Dipl_AutExerc_202609010830.txt", diplomas.as_bytes()), None);
    }
}
