//! The wide table: one row a practice of an entry, so that a row speaks of one profession at one place. `;`, UTF-8, a header.
//!
//! Spreadsheets take a cell that begins with `=`, `+`, `-`, `@` or a control character for a formula; such a cell gets an apostrophe before
//! it, unless it is a plain number or telephone number.

use super::text_form::TextForm;
use super::unwritable;
use crate::directory::{View, Walked};
use crate::error::Result;
use crate::model::{Coded, territory};
use crate::visibility::{MailboxSummary, Practice, SpecialtyView};
use std::borrow::Cow;
use std::io::Write;

/// The columns, in order; docs/exports.md describes them.
pub(super) const COLUMNS: [&str; 37] = [
    "kind",
    "id",
    "address",
    "mailbox_type",
    "zero_papier",
    "service",
    "description",
    "phone",
    "professional_id",
    "rpps",
    "adeli",
    "title",
    "family_name",
    "given_name",
    "profession_code",
    "profession",
    "specialty_codes",
    "specialties",
    "structure_id",
    "structure_name",
    "trade_name",
    "finess",
    "finess_ej",
    "siret",
    "sector_code",
    "sector",
    "street",
    "address_complement",
    "postal_code",
    "city",
    "insee",
    "department_code",
    "department",
    "region_code",
    "region",
    "country",
    "updated_at",
];

/// Between values of one cell.
const BETWEEN: &str = " | ";

#[derive(Default)]
pub(super) struct Csv {
    line: Vec<u8>,
}

impl TextForm for Csv {
    fn head(&mut self, out: &mut dyn Write) -> Result<u64> {
        self.row(&COLUMNS.map(Cow::Borrowed), out).map(|()| 0)
    }

    fn entry(&mut self, entry: &Walked, view: &View, out: &mut dyn Write) -> Result<u64> {
        let updated = jiff::Timestamp::from_second(entry.since()).unwrap_or_default().to_string();
        let mut practices = view.practices();
        if practices.is_empty() {
            practices.push(Practice { person: view.persons().first().copied(), profession: None, specialties: &[], organization: None });
        }
        for practice in &practices {
            self.row(&cells(view, practice, &updated), out)?;
        }
        Ok(practices.len() as u64)
    }
}

impl Csv {
    fn row(&mut self, cells: &[Cow<'_, str>], out: &mut dyn Write) -> Result<()> {
        self.line.clear();
        for (place, cell) in cells.iter().enumerate() {
            if place > 0 {
                self.line.push(b';');
            }
            self.cell(cell);
        }
        self.line.push(b'\n');
        out.write_all(&self.line).map_err(unwritable)
    }

    fn cell(&mut self, text: &str) {
        let quoted = text.contains([';', '"', '\n', '\r']);
        if quoted {
            self.line.push(b'"');
        }
        if is_formula(text) {
            self.line.push(b'\'');
        }
        for byte in text.bytes() {
            if byte == b'"' {
                self.line.push(b'"');
            }
            self.line.push(byte);
        }
        if quoted {
            self.line.push(b'"');
        }
    }
}

/// Would a spreadsheet compute it?
pub(super) fn is_formula(text: &str) -> bool {
    let begins = text.starts_with(['=', '+', '-', '@', '\t', '\r', '\n']);
    let number =
        || text.len() > 1 && text.starts_with(['+', '-']) && text.chars().skip(1).all(|c| c.is_ascii_digit() || " .()".contains(c));
    begins && !number()
}

/// One row; an entry with several mailboxes names all of them in each of its rows.
fn cells<'a>(view: &'a View, practice: &Practice<'a>, updated: &'a str) -> [Cow<'a, str>; 37] {
    let text = |text: Option<&'a str>| Cow::Borrowed(text.unwrap_or_default());
    let (mailboxes, person, place) = (view.mailboxes(), practice.person, practice.organization);
    let phone = match view {
        View::Structure(structure) => Cow::Borrowed(structure.phone.as_str()),
        View::Mailbox(_) | View::Professional(_) => each(mailboxes, |mailbox| &mailbox.phone),
    };
    let code = |coded: Option<&'a Coded>| text(coded.map(|coded| coded.code.as_str()));
    let label = |coded: Option<&'a Coded>| text(coded.map(|coded| coded.label.as_str()));
    let department = place.and_then(|place| place.department.as_ref());
    let region = department.and_then(|department| territory::department(&department.code));
    let of = |read: fn(&'a crate::visibility::OrganizationView) -> &'a str| text(place.map(read));
    [
        text(Some(view.kind().name())),
        text(Some(view.id())),
        each(mailboxes, |mailbox| &mailbox.address),
        each(mailboxes, |mailbox| mailbox.kind.code()),
        each(mailboxes, |mailbox| mailbox.zero_papier.map_or("", |stated| stated.name())),
        each(mailboxes, |mailbox| &mailbox.service),
        each(mailboxes, |mailbox| &mailbox.description),
        phone,
        text(person.map(|person| person.id.as_str())),
        text(person.map(|person| person.rpps.as_str())),
        text(person.map(|person| person.adeli.as_str())),
        text(person.map(|person| person.title.as_str())),
        text(person.map(|person| person.family_name.as_str())),
        text(person.map(|person| person.given_name.as_str())),
        code(practice.profession),
        label(practice.profession),
        specialties(practice.specialties, |specialty| &specialty.code),
        specialties(practice.specialties, |specialty| &specialty.label),
        of(|place| &place.id),
        of(|place| &place.name),
        of(|place| &place.trade_name),
        of(|place| &place.finess),
        of(|place| &place.finess_ej),
        of(|place| &place.siret),
        code(place.and_then(|place| place.sector.as_ref())),
        label(place.and_then(|place| place.sector.as_ref())),
        of(|place| &place.street),
        of(|place| &place.address_complement),
        of(|place| &place.postal_code),
        of(|place| &place.city),
        of(|place| &place.insee),
        code(department),
        label(department),
        text(region.map(|region| region.region)),
        text(region.map(|region| region.region_name)),
        of(|place| &place.country),
        Cow::Borrowed(updated),
    ]
}

/// A value of each mailbox, in their order; nothing when none has it.
fn each<'a>(mailboxes: &'a [MailboxSummary], read: impl Fn(&'a MailboxSummary) -> &'a str) -> Cow<'a, str> {
    joined(mailboxes.iter().map(read))
}

fn specialties<'a>(specialties: &'a [SpecialtyView], read: impl Fn(&'a SpecialtyView) -> &'a str) -> Cow<'a, str> {
    joined(specialties.iter().map(read))
}

fn joined<'a>(values: impl Iterator<Item = &'a str>) -> Cow<'a, str> {
    let values: Vec<_> = values.collect();
    match values.as_slice() {
        [] => Cow::Borrowed(""),
        [one] => Cow::Borrowed(one),
        many if many.iter().all(|value| value.is_empty()) => Cow::Borrowed(""),
        many => Cow::Owned(many.join(BETWEEN)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn formulas_are_disarmed_and_numbers_are_not() {
        for formula in ["=1+1", "+cmd", "-x", "@SUM(A1)", "\t=1", "+", "-", "=33", "\r=1"] {
            assert!(is_formula(formula), "{formula:?}");
        }
        for plain in ["", "a=b", "+33 4 72 00 00 00", "-12.5", "0472", "a@b.fr", "'=1"] {
            assert!(!is_formula(plain), "{plain:?}");
        }
        let mut csv = Csv::default();
        let mut out = Vec::new();
        csv.row(&["a;b".into(), "=\"x\"".into(), "l\nm".into(), "é".into()], &mut out).unwrap();
        assert_eq!(String::from_utf8(out.clone()).unwrap(), "\"a;b\";\"'=\"\"x\"\"\";\"l\nm\";é\n");
        let mut reader = ::csv::ReaderBuilder::new().delimiter(b';').has_headers(false).from_reader(out.as_slice());
        let record = reader.records().next().unwrap().unwrap();
        assert_eq!(record.iter().collect::<Vec<_>>(), ["a;b", "'=\"x\"", "l\nm", "é"]);
    }
}
