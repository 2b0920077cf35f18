//! The official mailbox extraction (31 columns, `|`) written back from published mailboxes: imported after the same files of persons it gives
//! the same mailboxes.
//!
//! A mailbox takes as many rows as it has holders or structures, whichever are more; what there is fewer of is repeated on the last rows. A
//! holder without activity takes a row for each of its savoir-faire, because this file may be all that tells of it. Structures are named by
//! their stable id (type 40), which the importer takes back; telephone, rank and description have no column.

use super::text_form::TextForm;
use super::unwritable;
use crate::directory::{View, Walked};
use crate::error::Result;
use crate::extraction::write::{Cells, Shape, Writer};
use crate::extraction::{FileKind, MailboxColumn as C};
use crate::visibility::{ExerciseView, HolderView, MailboxView, OrganizationView, SpecialtyView, ZeroPapier};
use std::io::Write;

/// Type of a structure's identifier that is none of the registers': TRE_G07, identifiant national de structure.
const STRUCTURE_ID: &str = "40";
/// FINESS of a legal entity.
const FINESS_EJ: &str = "5";

pub(super) struct Extraction {
    cells: Cells<C>,
}

impl Default for Extraction {
    fn default() -> Self {
        Self { cells: Cells::new(FileKind::Mailboxes) }
    }
}

/// What a row says of a holder.
type Held<'a> = (&'a HolderView, Option<(&'a ExerciseView, Option<&'a SpecialtyView>)>);

impl TextForm for Extraction {
    fn head(&mut self, out: &mut dyn Write) -> Result<u64> {
        Writer::new(FileKind::Mailboxes, Shape::CURRENT, out).map(|_| 0).map_err(unwritable)
    }

    fn entry(&mut self, _: &Walked, view: &View, out: &mut dyn Write) -> Result<u64> {
        let View::Mailbox(mailbox) = view else { return Ok(0) };
        let held: Vec<Held<'_>> = mailbox.holders.iter().flat_map(held).collect();
        let places = &mailbox.organizations;
        let rows = held.len().max(places.len()).max(1);
        for row in 0..rows {
            self.cells.clear();
            self.mailbox(mailbox);
            if let Some((holder, told)) = held.get(row).or(held.last()) {
                self.holder(holder, *told);
            }
            if let Some(place) = places.get(row).or(places.last()) {
                self.structure(place);
            }
            self.cells.write(out).map_err(unwritable)?;
        }
        Ok(rows as u64)
    }
}

fn held(holder: &HolderView) -> Vec<Held<'_>> {
    let told = holder.exercises.iter().flat_map(|exercise| {
        let specialties = exercise.specialties.iter().map(move |specialty| Some((exercise, Some(specialty))));
        specialties.chain(exercise.specialties.is_empty().then_some(Some((exercise, None))))
    });
    let most = if holder.activities.is_empty() { usize::MAX } else { 1 };
    let mut rows: Vec<_> = told.take(most).map(|told| (holder, told)).collect();
    if rows.is_empty() {
        rows.push((holder, None));
    }
    rows
}

impl Extraction {
    fn mailbox(&mut self, view: &MailboxView) {
        let mailbox = &view.mailbox;
        self.cells.set(C::Kind, mailbox.kind.code());
        self.cells.set(C::Address, &mailbox.address);
        self.cells.set(C::Service, &mailbox.service);
        let zero_papier = match mailbox.zero_papier {
            Some(ZeroPapier::Accepted) => "O",
            Some(ZeroPapier::Refused) => "N",
            None => "",
        };
        self.cells.set(C::ZeroPapier, zero_papier);
    }

    fn holder(&mut self, holder: &HolderView, told: Option<(&ExerciseView, Option<&SpecialtyView>)>) {
        let person = &holder.person;
        let (kind, value) = match (person.rpps.as_str(), person.adeli.as_str()) {
            ("", "") => person.id.split_at_checked(1).unwrap_or((&person.id, "")),
            ("", adeli) => ("0", adeli),
            (rpps, _) => ("8", rpps),
        };
        self.cells.set(C::IdType, kind);
        self.cells.set(C::IdValue, value);
        self.cells.set(C::NationalId, &person.id);
        self.cells.set(C::ExerciseCivility, &person.title);
        self.cells.set(C::Family, &person.family_name);
        self.cells.set(C::Given, &person.given_name);
        let Some((exercise, specialty)) = told else { return };
        self.cells.set(C::Category, &exercise.category.code);
        self.cells.set(C::CategoryLabel, &exercise.category.label);
        self.cells.set(C::Profession, &exercise.profession.code);
        self.cells.set(C::ProfessionLabel, &exercise.profession.label);
        if let Some(specialty) = specialty {
            self.cells.set(C::Expertise, &specialty.code);
            self.cells.set(C::ExpertiseLabel, &specialty.label);
        }
    }

    fn structure(&mut self, place: &OrganizationView) {
        let legal_entity = place.finess.is_empty() && !place.finess_ej.is_empty() && place.id.strip_prefix('F') == Some(&place.finess_ej);
        let (kind, value) = if legal_entity { (FINESS_EJ, &place.finess_ej) } else { (STRUCTURE_ID, &place.id) };
        self.cells.set(C::StructureIdType, kind);
        self.cells.set(C::StructureId, value);
        self.cells.set(C::Name, &place.name);
        self.cells.set(C::TradeName, &place.trade_name);
        self.cells.set(C::Recipient, &place.address_complement);
        self.cells.set(C::Street, &place.street);
        self.cells.set(C::LastLine, &[place.postal_code.as_str(), &place.city].join(" "));
        self.cells.set(C::PostalCode, &place.postal_code);
        self.cells.set(C::Department, place.department.as_ref().map_or("", |department| &department.code));
        self.cells.set(C::Country, &place.country);
    }
}
