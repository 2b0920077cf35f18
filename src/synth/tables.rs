//! The tables the invention draws from (`data/*.csv`): real communes, real professions and savoir-faire with the labels the files use.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::sync::LazyLock;

/// A place with one of its postcodes; the last line may be a CEDEX.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Commune {
    pub weight: u64,
    pub city: String,
    pub insee: String,
    pub postal_code: String,
    /// Last address line without the postcode.
    pub last_line: String,
    pub department: String,
    pub department_label: String,
    /// Short name of the region, as regional mail domains carry it.
    pub region: String,
}

impl Commune {
    /// The town in small ASCII letters, without CEDEX.
    pub fn slug(&self) -> String {
        let town = self.last_line.split(" CEDEX").next().unwrap_or_default();
        super::names::slug(town)
    }
}

#[derive(Debug, Default, Deserialize)]
pub(super) struct Profession {
    pub weight: u64,
    pub code: String,
    pub label: String,
    pub authority: String,
    /// Share of salaried activities, in percent.
    pub salaried: u64,
    /// First label of the profession's national mail domain.
    pub domain: String,
}

/// A savoir-faire a profession may have; an empty code means none.
#[derive(Debug, Default, Deserialize)]
pub(super) struct Specialty {
    pub weight: u64,
    /// 1: the main one; 2: one that comes on top.
    pub rank: u8,
    pub profession: String,
    pub kind: String,
    pub kind_label: String,
    pub code: String,
    pub label: String,
}

pub(super) static COMMUNES: LazyLock<Vec<Commune>> = LazyLock::new(|| table(include_str!("data/communes.csv")));
pub(super) static PROFESSIONS: LazyLock<Vec<Profession>> = LazyLock::new(|| table(include_str!("data/professions.csv")));
pub(super) static SPECIALTIES: LazyLock<Vec<Specialty>> = LazyLock::new(|| table(include_str!("data/specialties.csv")));

/// Towns of [`COMMUNES`], each once: the places of the hospitals.
pub(super) static TOWNS: LazyLock<Vec<&'static Commune>> = LazyLock::new(|| {
    let mut towns: Vec<&Commune> = Vec::new();
    for commune in COMMUNES.iter() {
        if towns.iter().all(|town| town.slug() != commune.slug()) {
            towns.push(commune);
        }
    }
    towns
});

/// The tables are embedded and tested; a line that cannot be read would only make the invented country smaller.
fn table<T: DeserializeOwned>(text: &str) -> Vec<T> {
    csv::Reader::from_reader(text.as_bytes()).deserialize().flatten().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_line_of_the_tables_is_read() {
        let lines = |text: &str| text.lines().count() - 1;
        assert_eq!(COMMUNES.len(), lines(include_str!("data/communes.csv")));
        assert_eq!(PROFESSIONS.len(), lines(include_str!("data/professions.csv")));
        assert_eq!(SPECIALTIES.len(), lines(include_str!("data/specialties.csv")));
        assert!(TOWNS.len() > 40 && TOWNS.len() < COMMUNES.len());
        for commune in COMMUNES.iter() {
            let derived = crate::extraction::department(&commune.insee, &commune.postal_code, "");
            assert_eq!(derived, Some(commune.department.as_str()), "{}", commune.city);
        }
    }
}
