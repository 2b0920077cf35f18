//! Regions and départements: the official geographic code of INSEE (regions since 2016), and one entry of our own, `COM`, for the overseas
//! collectivities, which have no region.
//!
//! The table is schema/departments.csv. A département's code is that of [`super::PostalAddress::department`].

use std::sync::OnceLock;

/// A département with its region.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Department {
    pub code: &'static str,
    pub name: &'static str,
    pub region: &'static str,
    pub region_name: &'static str,
}

const TABLE: &str = include_str!("../../schema/departments.csv");

/// All of them, by code.
#[must_use]
pub fn departments() -> &'static [Department] {
    static READ: OnceLock<Vec<Department>> = OnceLock::new();
    READ.get_or_init(|| TABLE.lines().skip(1).filter_map(row).collect())
}

fn row(line: &'static str) -> Option<Department> {
    let mut cells = line.split(',');
    Some(Department { code: cells.next()?, name: cells.next()?, region: cells.next()?, region_name: cells.next()? })
}

#[must_use]
pub fn department(code: &str) -> Option<&'static Department> {
    let all = departments();
    all.binary_search_by(|department| department.code.cmp(code)).ok().and_then(|place| all.get(place))
}

/// Arrondissements of a commune that has some, Paris, Lyon, Marseille: the files name them instead of it (INSEE codes).
#[must_use]
pub fn arrondissements(commune: &str) -> std::ops::Range<u32> {
    match commune {
        "75056" => 75_101..75_121,
        "69123" => 69_381..69_390,
        "13055" => 13_201..13_217,
        _ => 0..0,
    }
}

/// Does a place of that INSEE code lie in that commune?
#[must_use]
pub fn lies_in(insee: &str, commune: &str) -> bool {
    insee == commune || insee.parse().is_ok_and(|insee| arrondissements(commune).contains(&insee))
}

/// Départements of a region, by code; empty for an unknown one.
pub fn of_region(region: &str) -> impl Iterator<Item = &'static Department> {
    departments().iter().filter(move |department| department.region == region)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_whole_and_sorted() {
        assert_eq!(departments().len(), TABLE.lines().count() - 1);
        assert!(departments().is_sorted_by_key(|d| d.code));
        assert_eq!(departments().len(), 108);
        assert_eq!(department("69").map(|d| (d.region, d.region_name)), Some(("84", "Auvergne-Rhône-Alpes")));
        assert_eq!(department("2A").map(|d| d.region), Some("94"));
        assert!(department("20").is_none() && department("").is_none());
        assert_eq!(of_region("11").count(), 8);
        assert_eq!(of_region("xx").count(), 0);
        assert!(lies_in("69383", "69123") && lies_in("2A004", "2A004") && !lies_in("69266", "69123") && !lies_in("", "75056"));
    }
}
