//! A row of the mailbox extraction: one mailbox × holder (a person, a structure or both).

use super::FileKind;
use super::activity::{id_parts, key_of_technical_id, national_id, person_remarks};
use super::cells::Cells;
use super::columns::{Column, MailboxColumn as C};
use super::place;
use super::row::{Label, Remark};
use crate::model::{
    Address, Attachment, Exercise, Expertise, Mailbox, MailboxType, PostalAddress, Professional, ProfessionalOrigin, Structure,
    StructureKey, StructureKeyKind, profession_table, tables,
};
use crate::text;
use std::borrow::Cow;

/// Row whose type and address were read; the rest is borrowed. The same address may stand on several rows.
#[derive(Clone, Debug)]
pub struct MailboxRow<'a> {
    cells: Cells<'a>,
    pub kind: MailboxType,
    pub address: Address,
}

impl<'a> MailboxRow<'a> {
    pub(super) fn new(cells: Cells<'a>, kind: MailboxType, address: Address) -> Self {
        Self { cells, kind, address }
    }

    /// Any column, trimmed.
    #[must_use]
    pub fn get(&self, column: C) -> &'a str {
        self.cells.get(column)
    }

    /// Identification nationale PP of the holder; `None` for a mailbox of a structure.
    #[must_use]
    pub fn holder_id(&self) -> Option<Cow<'a, str>> {
        let (value, national) = (self.get(C::IdValue), self.get(C::NationalId));
        let id = Some(national_id(self.get(C::IdType), value, national)).filter(|id| place::is_plain_id(id));
        id.filter(|_| !value.is_empty() || !national.is_empty())
    }

    /// Dématérialisation; `None` when empty or a word of neither list.
    #[must_use]
    pub fn zero_papier(&self) -> Option<bool> {
        let word = self.get(C::ZeroPapier);
        let is_one_of = |words: &[&str]| words.iter().any(|w| w.eq_ignore_ascii_case(word));
        if is_one_of(&["O", "OUI", "1", "TRUE", "VRAI"]) {
            Some(true)
        } else {
            is_one_of(&["N", "NON", "0", "FALSE", "FAUX"]).then_some(false)
        }
    }

    /// The mailbox with this row's attachment only, source `extraction`, active.
    #[must_use]
    pub fn mailbox(&self) -> Mailbox {
        let attachment = self.attachment();
        Mailbox {
            zero_papier: self.zero_papier(),
            service: attachment.service.clone(),
            attachments: if attachment.professional.is_empty() && attachment.structure_kind.is_empty() {
                Vec::new()
            } else {
                vec![attachment]
            },
            ..Mailbox::extracted(self.address.clone(), self.kind)
        }
    }

    /// What the row attaches the mailbox to.
    #[must_use]
    pub fn attachment(&self) -> Attachment {
        let key = self.structure_key();
        Attachment {
            professional: self.holder_id().map(Cow::into_owned).unwrap_or_default(),
            structure_kind: key.as_ref().map_or("", |k| k.kind.code()).to_owned(),
            structure_value: key.map(|k| k.value).unwrap_or_default(),
            service: self.cells.owned(C::Service),
        }
    }

    /// Columns 6–7, else the hashed id of a structure that is named without identifier.
    #[must_use]
    pub fn structure_key(&self) -> Option<StructureKey> {
        StructureKey::from_mailbox_columns(self.get(C::StructureIdType), self.get(C::StructureId)).or_else(|| {
            let id = Some(self.structure_name()).filter(|n| !n.is_empty())?;
            let address = self.structure_address();
            let id = place::structure_id_without_identifier(id, &address.postal_code, &address.street)?;
            Some(StructureKey::new(StructureKeyKind::Technical, &id))
        })
    }

    fn structure_name(&self) -> &'a str {
        Some(self.get(C::Name)).filter(|n| !n.is_empty()).unwrap_or(self.get(C::TradeName))
    }

    /// The structure this file describes, for one that Personne_activite does not know. Its id is the key's own where it has one
    /// (FINESS, SIRET), else a hash of name and place, else of the key alone.
    #[must_use]
    pub fn structure(&self) -> Option<Structure> {
        let key = self.structure_key()?;
        let address = self.structure_address();
        let id = key
            .own_structure_id()
            .or_else(|| place::structure_id_without_identifier(self.structure_name(), &address.postal_code, &address.street))
            .or_else(|| place::structure_id_without_identifier(&format!("{} {}", key.kind.code(), key.value), "", ""))?;
        // A technical id says FINESS or SIRET itself.
        let key = key_of_technical_id(&id).filter(|_| key.kind == StructureKeyKind::Technical).unwrap_or(key);
        let of = |kind| if key.kind == kind { key.value.clone() } else { String::new() };
        Some(Structure {
            id,
            name: self.cells.owned(C::Name),
            trade_name: self.cells.owned(C::TradeName),
            siret: of(StructureKeyKind::Siret),
            siren: of(StructureKeyKind::Siren),
            finess: of(StructureKeyKind::Finess),
            finess_ej: of(StructureKeyKind::FinessEj),
            address,
            ..Default::default()
        })
    }

    fn structure_address(&self) -> PostalAddress {
        let owned = |column| self.cells.owned(column);
        let country = self.get(C::Country);
        let is_code = country.len() == 5 && country.bytes().all(|b| b.is_ascii_digit());
        let country_code = match country {
            code if is_code => code.to_owned(),
            label if text::fold(label) == "france" => place::FRANCE.to_owned(),
            _ => String::new(),
        };
        let mut address = PostalAddress {
            recipient: owned(C::Recipient),
            geographic: owned(C::Geographic),
            number: owned(C::Number),
            repetition: owned(C::Repetition),
            street_type: owned(C::StreetType),
            street: owned(C::Street),
            distribution: owned(C::Distribution),
            last_line: owned(C::LastLine),
            postal_code: owned(C::PostalCode),
            country: if is_code { String::new() } else { country.to_owned() },
            department: owned(C::Department),
            country_code,
            ..Default::default()
        };
        let abroad = !address.country.is_empty() && address.country_code.is_empty();
        if !abroad {
            place::complete(&mut address);
        }
        address
    }

    /// The holder as this file names it, for one that the other files do not know.
    #[must_use]
    pub fn holder(&self) -> Option<Professional> {
        let id = self.holder_id()?.into_owned();
        let (id_type, id_value) = id_parts(self.get(C::IdType), self.get(C::IdValue), &id);
        Some(Professional {
            id,
            id_type,
            id_value,
            exercise_civility: exercise_civility(self.get(C::ExerciseCivility)),
            family: self.cells.owned(C::Family),
            given: self.cells.owned(C::Given),
            origin: Some(ProfessionalOrigin::Mailbox),
            ..Default::default()
        })
    }

    #[must_use]
    pub fn exercise(&self) -> Option<Exercise> {
        let profession = self.get(C::Profession);
        (!profession.is_empty()).then(|| Exercise { profession: profession.to_owned(), category: self.cells.owned(C::Category) })
    }

    /// The one savoir-faire of the row; this file gives its code without its type, which the code's prefix tells.
    #[must_use]
    pub fn expertise(&self) -> Option<Expertise> {
        let code = self.get(C::Expertise);
        (!code.is_empty()).then(|| Expertise {
            profession: self.cells.owned(C::Profession),
            category: self.cells.owned(C::Category),
            kind: expertise_kind(code).to_owned(),
            code: code.to_owned(),
        })
    }

    /// Labels the row gives to codes.
    pub fn labels(&self) -> impl Iterator<Item = Label<'a>> {
        let get = |column| self.get(column);
        let (profession, expertise) = (get(C::Profession), get(C::Expertise));
        [
            Label::new(profession_table(profession), profession, get(C::ProfessionLabel)),
            Label::new(tables::CATEGORY, get(C::Category), get(C::CategoryLabel)),
            Label::new(crate::model::expertise_table(expertise_kind(expertise)), expertise, get(C::ExpertiseLabel)),
        ]
        .into_iter()
        .filter(Label::is_known)
    }

    #[must_use]
    pub fn remarks(&self) -> Vec<Remark> {
        let mut remarks = person_remarks(self.get(C::IdType), self.get(C::IdValue), FileKind::Mailboxes, C::IdValue);
        if !self.get(C::ZeroPapier).is_empty() && self.zero_papier().is_none() {
            remarks.push(Remark { column: FileKind::Mailboxes.layout().name(C::ZeroPapier.index()), what: Remark::UNKNOWN_WORD });
        }
        remarks
    }
}

/// Type (TRE_R04) of a savoir-faire code by its prefix; codes 80 and 81 are orientations.
fn expertise_kind(code: &str) -> &'static str {
    match code.trim_end_matches(|c: char| c.is_ascii_digit()) {
        "SM" | "SCD" | "SI" | "SP" => "S",
        "C" => "C",
        "CEX" => "CEX",
        "DSM" => "DNQ",
        "CAPA" => "CAPA",
        "PAC" => "PAC",
        "FQ" => "FQ",
        "DEC" => "DEC",
        "SST" => "SST",
        "CM" => "CM",
        "" => "OP",
        _ => "S",
    }
}

/// The column holds a code or a label of TRE_R11; kept as a code.
fn exercise_civility(text: &str) -> String {
    let code = match text::fold(text).as_str() {
        "docteur" => "DR",
        "professeur" => "PR",
        "medecin chef" => "MC",
        "medecin general" => "MG",
        "pharmacien chef" => "PC",
        "pharmacien general" => "PG",
        _ => text,
    };
    code.to_owned()
}
