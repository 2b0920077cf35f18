//! An invented country in the exact layouts of the national files: for fixtures, demonstrations, tests and measures.
//!
//! Persons, structures, addresses, operators and numbers are invented, in ranges not in use. Places are real, but for those of the long tail: a
//! country of more than 20,000 has names and communes besides that few have ([`long_tail`]). Everything is a pure
//! function of (people, seed): each person and each structure has a stream of random numbers of its own, so that they are made one by
//! one, without memory of the others, on any machine alike, and the next day differs from the first only where something happened.
//! Nothing reads a clock, and no hash table is walked.

mod dice;
mod domains;
mod fixtures;
pub mod hostile;
mod identity;
mod long_tail;
mod mailbox_file;
mod names;
mod operator_mailboxes;
mod package;
mod person;
mod rpps_files;
mod site;
mod tables;

pub use fixtures::write_fixtures;

use crate::error::{Error, Kind, Result};
use crate::extraction::write::Shape;
use jiff::civil::{Date, date};
use serde::Serialize;
use std::path::Path;
use tables::Specialty;

/// More people than this would exhaust the invented numbers.
pub const MAX_PEOPLE: u64 = 3_000_000;

/// What to invent.
#[derive(Clone, Debug)]
pub struct Options {
    /// Persons of the country, from 10 to [`MAX_PEOPLE`].
    pub people: u64,
    pub seed: u64,
    /// The same country one day later: some three in a thousand changed, the edition a day on.
    pub next_day: bool,
    /// Edition of the first day.
    pub edition: Date,
    /// Write the official zips.
    pub zipped: bool,
    /// Write the text files.
    pub plain: bool,
    pub shape: Shape,
}

impl Default for Options {
    fn default() -> Self {
        Self { people: 3000, seed: 1, next_day: false, edition: date(2026, 9, 1), zipped: true, plain: false, shape: Shape::CURRENT }
    }
}

/// What was written.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Summary {
    pub people: u64,
    pub activity_rows: u64,
    pub expertise_rows: u64,
    pub mailbox_rows: u64,
    pub domains: u64,
    pub operator_lines: u64,
    /// File names, in the order written.
    pub files: Vec<String>,
}

/// Writes the country's files into a folder, which is created when missing; files of the same names are replaced.
///
/// # Errors
/// `invalid_request` when `people` is out of range, `internal` when a file cannot be written.
pub fn generate(options: &Options, out: &Path) -> Result<Summary> {
    if !(10..=MAX_PEOPLE).contains(&options.people) {
        return Err(Error::new(Kind::Invalid, "invalid_request", format!("people: from 10 to {MAX_PEOPLE}")));
    }
    package::package(&World::new(options), options, out)
}

/// The size of everything, and which day it is.
#[derive(Clone, Copy, Debug)]
struct World {
    seed: u64,
    people: u64,
    next_day: bool,
    hospitals: u64,
    pharmacies: u64,
    laboratories: u64,
    cabinets: u64,
    companies: u64,
    unidentified: u64,
}

impl World {
    fn new(options: &Options) -> Self {
        Self { seed: options.seed, next_day: options.next_day, ..Self::of(options.people) }
    }

    /// The numbers of a country of so many, on its first day.
    fn of(people: u64) -> Self {
        Self {
            seed: 0,
            people,
            next_day: false,
            hospitals: (people / 150).max(3),
            pharmacies: (people / 60).max(2),
            laboratories: (people / 200).max(1),
            cabinets: (people * 7 / 25).max(3),
            companies: (people / 25).max(2),
            unidentified: (people / 60).max(1),
        }
    }

    /// How many structures there are of the kind of this one.
    fn number_of(&self, site: site::Site) -> u64 {
        match site {
            site::Site::Hospital(_) => self.hospitals,
            site::Site::Pharmacy(_) => self.pharmacies,
            site::Site::Laboratory(_) => self.laboratories,
            site::Site::Cabinet(_) => self.cabinets,
            site::Site::Company(_) => self.companies,
            site::Site::Unidentified(_) => self.unidentified,
        }
    }

    /// How many of each kind of change a day brings: one in a thousand persons.
    fn changes(&self) -> u64 {
        (self.people / 1000).max(1)
    }

    /// Everyone who may be in the files on this day.
    fn everyone(&self) -> std::ops::Range<u64> {
        0..if self.next_day { self.people + self.changes() } else { self.people }
    }

    /// Changes of different kinds fall on different persons: every `people / changes`-th, from a start of its own.
    fn falls_on(&self, index: u64, start: u64) -> bool {
        let stride = self.people / self.changes();
        self.next_day && index < self.people && (index + self.seed) % stride == start * stride / 4
    }

    fn is_gone(&self, index: u64) -> bool {
        self.falls_on(index, 0)
    }

    fn has_moved(&self, index: u64) -> bool {
        self.falls_on(index, 1)
    }

    /// Lost the mailbox, if there was one.
    fn lost_mailbox(&self, index: u64) -> bool {
        self.falls_on(index, 2)
    }

    /// The label of the day: that of one savoir-faire is reworded overnight.
    fn label_today<'a>(&self, specialty: &'a Specialty) -> &'a str {
        if self.next_day && specialty.code == "SM79" {
            "Médecine cardiovasculaire option cardiologie interventionnelle"
        } else {
            &specialty.label
        }
    }
}
