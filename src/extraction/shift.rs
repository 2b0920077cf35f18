//! Telling the older layout from a stray separator.
//!
//! Editions of 2021–2022 ended header and rows with one more separator, so a row may have one field more than names when that field
//! is empty. Under a header that does not end so, such a row is as well one whose value holds a `|` and whose last column is empty:
//! read as it stands, every value after that one would be in the wrong column. The code columns tell: a label or an address line that
//! slipped into one does not look like a code.

use super::FileKind;
use super::cells::Cells;
use super::columns::{ActivityColumn, Column, ExpertiseColumn, MailboxColumn};

/// Do the values of an ambiguous row stand in the wrong columns?
pub(super) fn is_shifted(kind: FileKind, cells: &Cells<'_>) -> bool {
    match kind {
        FileKind::PersonneActivite => {
            use ActivityColumn as C;
            let codes =
                [C::Category, C::ExpertiseKind, C::Expertise, C::Mode, C::Siret, C::Finess, C::StructureId, C::Insee, C::Department];
            let late = [C::LegacyId, C::Sector, C::Section, C::Role, C::Genre];
            holds_words(cells, &codes) || holds_words(cells, &late) || !is_digits(cells, &[C::Profession, C::CountryCode])
        }
        FileKind::SavoirFaire => {
            use ExpertiseColumn as C;
            holds_words(cells, &[C::Category, C::ExpertiseKind, C::Expertise]) || !is_digits(cells, &[C::Profession])
        }
        FileKind::Mailboxes => {
            use MailboxColumn as C;
            let department = cells.get(C::Department);
            let postal_code_slipped = department.len() == 5 && department.bytes().all(|b| b.is_ascii_digit());
            holds_words(cells, &[C::Category, C::Expertise, C::PostalCode]) || !is_digits(cells, &[C::Profession]) || postal_code_slipped
        }
    }
}

/// A code has no blank and no small letter, and is short.
fn holds_words<C: Column>(cells: &Cells<'_>, columns: &[C]) -> bool {
    columns
        .iter()
        .map(|c| cells.get(*c))
        .any(|value| value.len() > 16 || !value.bytes().all(|b| b.is_ascii_graphic() && !b.is_ascii_lowercase()))
}

fn is_digits<C: Column>(cells: &Cells<'_>, columns: &[C]) -> bool {
    columns.iter().all(|c| cells.get(*c).bytes().all(|b| b.is_ascii_digit()))
}
