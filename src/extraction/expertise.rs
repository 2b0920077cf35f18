//! A row of SavoirFaire: one person × exercise × savoir-faire.

use super::FileKind;
use super::activity::{id_parts, national_id, person_remarks};
use super::cells::Cells;
use super::columns::ExpertiseColumn as C;
use super::row::{Label, Remark};
use crate::model::{Exercise, Expertise, Professional, ProfessionalOrigin, expertise_table, profession_table, tables};
use std::borrow::Cow;

/// Borrowed row; a person met only here is known by name and exercise alone.
#[derive(Clone, Copy, Debug)]
pub struct ExpertiseRow<'a> {
    cells: Cells<'a>,
}

impl<'a> ExpertiseRow<'a> {
    pub(super) fn new(cells: Cells<'a>) -> Self {
        Self { cells }
    }

    /// Any column, trimmed.
    #[must_use]
    pub fn get(&self, column: C) -> &'a str {
        self.cells.get(column)
    }

    /// Identification nationale PP.
    #[must_use]
    pub fn id(&self) -> Cow<'a, str> {
        national_id(self.get(C::IdType), self.get(C::IdValue), self.get(C::NationalId))
    }

    /// The person as this file tells it: no civility.
    #[must_use]
    pub fn professional(&self) -> Professional {
        let id = self.id().into_owned();
        let (id_type, id_value) = id_parts(self.get(C::IdType), self.get(C::IdValue), &id);
        let (family, given) = (self.cells.owned(C::Family), self.cells.owned(C::Given));
        Professional { id, id_type, id_value, family, given, origin: Some(ProfessionalOrigin::SavoirFaire), ..Default::default() }
    }

    #[must_use]
    pub fn exercise(&self) -> Option<Exercise> {
        let profession = self.get(C::Profession);
        (!profession.is_empty()).then(|| Exercise { profession: profession.to_owned(), category: self.cells.owned(C::Category) })
    }

    /// `None` when the code is empty.
    #[must_use]
    pub fn expertise(&self) -> Option<Expertise> {
        let code = self.get(C::Expertise);
        (!code.is_empty()).then(|| Expertise {
            profession: self.cells.owned(C::Profession),
            category: self.cells.owned(C::Category),
            kind: self.cells.owned(C::ExpertiseKind),
            code: code.to_owned(),
        })
    }

    /// Labels the row gives to codes.
    pub fn labels(&self) -> impl Iterator<Item = Label<'a>> {
        let get = |column| self.get(column);
        let (kind, profession) = (get(C::ExpertiseKind), get(C::Profession));
        [
            Label::new(profession_table(profession), profession, get(C::ProfessionLabel)),
            Label::new(tables::CATEGORY, get(C::Category), get(C::CategoryLabel)),
            Label::new(tables::EXPERTISE_KIND, kind, get(C::ExpertiseKindLabel)),
            Label::new(expertise_table(kind), get(C::Expertise), get(C::ExpertiseLabel)),
        ]
        .into_iter()
        .filter(Label::is_known)
    }

    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        person_remarks(self.get(C::IdType), self.get(C::IdValue), FileKind::SavoirFaire, C::IdValue)
    }
}
