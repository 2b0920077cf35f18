//! The words of keys: what a code means, and whether there is such a key at all.

use super::cell::Cut;
use super::{Figure, Indicators, Scope};
use crate::error::{Error, Kind, Result};
use crate::model::{MailboxType, expertise_table, profession_table, territory};
use std::collections::BTreeMap;

/// Types of savoir-faire (TRE_R04): a key does not say of which its code is.
const SPECIALTIES: [&str; 11] = ["S", "C", "CEX", "DNQ", "CAPA", "PAC", "FQ", "DEC", "OP", "SST", "CM"];

impl Indicators {
    /// Gives each figure the words of its key.
    pub(super) async fn label(&self, figures: &mut [Figure]) -> Result<()> {
        let operators = match figures.iter().any(|figure| figure.cut == Cut::Operator.word()) {
            true => self.operator_names().await?,
            false => BTreeMap::new(),
        };
        let mut known: BTreeMap<(String, String), String> = BTreeMap::new();
        for figure in figures {
            let name = (figure.cut.clone(), figure.key.clone());
            figure.label = known.entry(name).or_insert_with(|| self.words(&figure.cut, &figure.key, &operators)).clone();
        }
        Ok(())
    }

    fn words(&self, cut: &str, key: &str, operators: &BTreeMap<String, String>) -> String {
        let label = match Cut::parse(cut) {
            Some(Cut::Region) => territory::of_region(key).next().map(|department| department.region_name.to_owned()),
            Some(Cut::Department) => territory::department(key).map(|department| department.name.to_owned()),
            Some(Cut::Profession) => self.named(profession_table(key), key),
            Some(Cut::Specialty) => key.split_once(':').and_then(|(profession, code)| {
                let specialty = SPECIALTIES.iter().find_map(|kind| self.named(expertise_table(kind), code))?;
                let profession = self.named(profession_table(profession), profession);
                Some(profession.map_or_else(|| specialty.clone(), |profession| format!("{specialty} ({profession})")))
            }),
            Some(Cut::Type) => self.named("TRE_R257", key),
            Some(Cut::Operator) => operators.get(key).cloned(),
            Some(Cut::Interface) => Some(key.to_ascii_uppercase()),
            Some(Cut::National | Cut::Domain | Cut::State | Cut::Reason) | None => None,
        };
        label.unwrap_or_default()
    }

    fn named(&self, table: &str, code: &str) -> Option<String> {
        let table = self.directory.nomenclature(table)?;
        table.iter().find(|coded| coded.code == code).map(|coded| coded.label.clone())
    }

    /// Refuses a key that no figure can have. To be asked when there is none of it.
    pub(super) async fn check_key(&self, scope: Scope, cut: Cut, key: &str) -> Result<()> {
        let known = match cut {
            Cut::National => key.is_empty(),
            Cut::Type => MailboxType::ALL.iter().any(|kind| kind.code() == key),
            Cut::Region => territory::of_region(key).next().is_some(),
            Cut::Department => territory::department(key).is_some(),
            Cut::Profession => self.named(profession_table(key), key).is_some(),
            Cut::Specialty => !self.words(cut.word(), key, &BTreeMap::new()).is_empty(),
            Cut::Interface => crate::directory::Interface::ALL.iter().any(|interface| interface.word() == key),
            Cut::Domain => self.operators().await?.contains_key(key),
            Cut::Operator => self.operator_names().await?.contains_key(key),
            // Few rows, for those only who may read the full figures.
            Cut::State | Cut::Reason => self.store.has_figures(scope.word(), cut.word(), key).await?,
        };
        if known { Ok(()) } else { Err(Error::new(Kind::NotFound, "unknown_key", "nothing has this key").at_field("key")) }
    }
}
