//! Whom a list reaches and whom it does not: every matching professional counted once, by profession and département, so that the
//! authority knows whom to ring. Rows add up to the total, and the four ways to be counted add up to `people`.
//!
//! A mailbox that may not be written to for any other reason than its state (test, frozen, of an operator no longer in force, on the
//! liste rouge where the policy leaves those out) counts as if it were not there: nothing here tells one reason from the other.

use super::criteria::Labels;
use super::rows;
use crate::model::{Coded, territory};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// How a professional is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reach {
    /// At a PER or CAB mailbox that is in the list.
    Reached,
    /// At an ORG mailbox of a structure only.
    ByOrganization,
    /// Only mailboxes that are suspended or were never opened.
    Suspended,
    Without,
}

/// Professionals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[schema(as = AlertCounts)]
pub struct Counts {
    /// Who match: the sum of the others.
    pub people: u64,
    /// With a mailbox of their own in the list.
    pub reached: u64,
    /// Reached through the ORG mailbox of a structure only.
    pub by_organization: u64,
    /// With mailboxes that are all suspended or never opened.
    pub suspended: u64,
    /// Without any.
    pub without: u64,
}

impl Counts {
    fn add(&mut self, other: Self) {
        self.people += other.people;
        self.reached += other.reached;
        self.by_organization += other.by_organization;
        self.suspended += other.suspended;
        self.without += other.without;
    }

    fn count(&mut self, reach: Reach) {
        self.people += 1;
        let place = match reach {
            Reach::Reached => &mut self.reached,
            Reach::ByOrganization => &mut self.by_organization,
            Reach::Suspended => &mut self.suspended,
            Reach::Without => &mut self.without,
        };
        *place += 1;
    }

    /// Reached by nothing that is in the list.
    #[must_use]
    pub fn missed(&self) -> u64 {
        self.suspended + self.without
    }
}

/// Professionals of one profession in one département: those of their first matching activity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CoverageRow {
    /// Empty for whoever has none.
    pub profession: Coded,
    /// Empty for whoever has no place of exercise.
    pub department: Coded,
    pub region: String,
    pub counts: Counts,
}

/// The report.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Coverage {
    pub total: Counts,
    /// By profession, then département.
    pub rows: Vec<CoverageRow>,
}

/// A row of a summary.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Group {
    pub group: Coded,
    pub counts: Counts,
}

/// While people are counted: by codes of profession and département.
#[derive(Debug, Default)]
pub(super) struct Tally(BTreeMap<(String, String), Counts>);

impl Tally {
    pub(super) fn count(&mut self, profession: &str, department: &str, reach: Reach) {
        self.0.entry((profession.to_owned(), department.to_owned())).or_default().count(reach);
    }

    pub(super) fn coverage(self, labels: &Labels) -> Coverage {
        let mut coverage = Coverage::default();
        for ((profession, department), counts) in self.0 {
            coverage.total.add(counts);
            let name = territory::department(&department).map(|d| d.name).unwrap_or_default();
            coverage.rows.push(CoverageRow {
                region: rows::region(&department).to_owned(),
                profession: Coded { label: rows::profession(labels, &profession), code: profession },
                department: Coded { label: name.to_owned(), code: department },
                counts,
            });
        }
        coverage
    }
}

impl Coverage {
    /// Sums by profession, by code.
    #[must_use]
    pub fn by_profession(&self) -> Vec<Group> {
        self.grouped(|row| &row.profession)
    }

    /// Sums by département, by code.
    #[must_use]
    pub fn by_department(&self) -> Vec<Group> {
        self.grouped(|row| &row.department)
    }

    fn grouped(&self, key: fn(&CoverageRow) -> &Coded) -> Vec<Group> {
        let mut groups: BTreeMap<&Coded, Counts> = BTreeMap::new();
        for row in &self.rows {
            groups.entry(key(row)).or_default().add(row.counts);
        }
        groups.into_iter().map(|(group, counts)| Group { group: group.clone(), counts }).collect()
    }

    /// For a spreadsheet: UTF-8, `;`, a header, a line a row, the total last.
    #[must_use]
    pub fn csv(&self) -> String {
        let mut out = csv::WriterBuilder::new().delimiter(b';').from_writer(Vec::new());
        let numbers = |c: &Counts| [c.people, c.reached, c.by_organization, c.suspended, c.without].map(|n| n.to_string());
        let mut lines: Vec<Vec<String>> = vec![
            "profession;profession_libelle;departement;departement_nom;region;professionnels;joints;par_structure;suspendues;sans_bal"
                .split(';')
                .map(str::to_owned)
                .collect(),
        ];
        for row in &self.rows {
            let words = [&row.profession.code, &row.profession.label, &row.department.code, &row.department.label, &row.region];
            lines.push(words.into_iter().map(|word| super::files::safe_cell(word).into_owned()).chain(numbers(&row.counts)).collect());
        }
        let total = ["TOTAL", "", "", "", ""].map(str::to_owned);
        lines.push(total.into_iter().chain(numbers(&self.total)).collect());
        for line in lines {
            // Into memory: it cannot fail.
            let _ = out.write_record(line);
        }
        out.into_inner().ok().and_then(|bytes| String::from_utf8(bytes).ok()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_add_up() {
        let mut tally = Tally::default();
        for (profession, department, reach) in [
            ("10", "69", Reach::Reached),
            ("10", "69", Reach::Without),
            ("10", "42", Reach::Suspended),
            ("21", "69", Reach::ByOrganization),
            ("", "", Reach::Without),
        ] {
            tally.count(profession, department, reach);
        }
        let coverage = tally.coverage(&Labels::default());
        assert_eq!(coverage.total, Counts { people: 5, reached: 1, by_organization: 1, suspended: 1, without: 2 });
        for groups in [coverage.by_profession(), coverage.by_department()] {
            assert_eq!(groups.iter().map(|g| g.counts.people).sum::<u64>(), 5);
            assert_eq!(groups.iter().map(|g| g.counts.missed()).sum::<u64>(), 3);
        }
        assert_eq!(coverage.by_department().len(), 3);
        let csv = coverage.csv();
        assert!(csv.contains("\n10;10;69;Rhône;Auvergne-Rhône-Alpes;2;1;0;0;1\n"), "{csv}");
        assert!(csv.ends_with("\nTOTAL;;;;;5;1;1;1;2\n"), "{csv}");
    }
}
