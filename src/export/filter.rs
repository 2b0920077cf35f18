//! Which entries a subset holds: those with one practice (see [`View::practices`]) of a profession, specialty and place asked for together,
//! as a search has it. Codes only, so that a filter says the same in every edition.

use super::{Counts, Sink};
use crate::directory::{View, Walked};
use crate::error::{Error, Kind, Result};
use crate::model::{Labels, is_expertise, is_profession, territory};
use crate::text;
use crate::visibility::{OrganizationView, Practice};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use utoipa::ToSchema;

/// Values of one criterion; a code is short.
const MOST_VALUES: usize = 200;
const LONGEST_VALUE: usize = 60;

/// Criteria are joined by AND, values of one by OR; an empty list asks nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Filter {
    /// Codes (TRE_G15, TRE_R94, TRE_R95)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub profession: Vec<String>,
    /// Codes of savoir-faire (TRE_R38 and its sisters)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub specialty: Vec<String>,
    /// Codes of regions (INSEE)
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub region: Vec<String>,
    /// Codes of départements
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub department: Vec<String>,
    /// Names of communes, case and accents ignored
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub city: Vec<String>,
    /// INSEE codes of communes
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub insee: Vec<String>,
}

impl Filter {
    /// Names of the criteria.
    pub const NAMES: [&'static str; 6] = ["profession", "specialty", "region", "department", "city", "insee"];

    /// Adds values, separated by commas, to the criterion of that name. Errors: invalid, with the name of the criterion as field.
    pub fn add(&mut self, name: &str, values: &str) -> Result<()> {
        let refuse = |what: String| Error::new(Kind::Invalid, "invalid_filter", what).at_field(name);
        let known = |value: &str| match name {
            "region" => territory::of_region(value).next().is_some(),
            "department" => territory::department(value).is_some(),
            _ => true,
        };
        let list = match name {
            "profession" => &mut self.profession,
            "specialty" => &mut self.specialty,
            "region" => &mut self.region,
            "department" => &mut self.department,
            "city" => &mut self.city,
            "insee" => &mut self.insee,
            _ => return Err(refuse(format!("{name} is no criterion"))),
        };
        for value in values.split(',').map(str::trim).filter(|value| !value.is_empty()) {
            if list.len() > 2 * MOST_VALUES {
                break;
            }
            if value.chars().count() > LONGEST_VALUE || text::words(value).is_empty() {
                return Err(refuse(format!("a value of {name} cannot be read")));
            }
            if !known(value) {
                return Err(unknown(name, "no territory has that code"));
            }
            list.push(if name == "city" { text::fold(value) } else { value.to_owned() });
        }
        list.sort();
        list.dedup();
        if list.len() > MOST_VALUES {
            return Err(refuse(format!("{name} takes {MOST_VALUES} values at most")));
        }
        Ok(())
    }

    /// Refuses professions and savoir-faire that no nomenclature has, which would only make an empty file. Errors: `unknown_code`.
    pub fn check(&self, labels: &Labels) -> Result<()> {
        if !self.profession.iter().all(|code| is_profession(labels, code)) {
            return Err(unknown("profession", "no profession has that code"));
        }
        if !self.specialty.iter().all(|code| is_expertise(labels, code)) {
            return Err(unknown("specialty", "no savoir-faire has that code"));
        }
        Ok(())
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    #[must_use]
    pub fn matches(&self, view: &View) -> bool {
        self.is_empty() || view.practices().iter().any(|practice| self.holds(practice))
    }

    fn holds(&self, practice: &Practice<'_>) -> bool {
        let asks_place = [&self.region, &self.department, &self.city, &self.insee].iter().any(|list| !list.is_empty());
        is_of(&self.profession, practice.profession.map(|profession| profession.code.as_str()))
            && (self.specialty.is_empty() || practice.specialties.iter().any(|specialty| self.specialty.contains(&specialty.code)))
            && (!asks_place || practice.organization.is_some_and(|place| self.lies(place)))
    }

    /// Regions and départements are one criterion: a subset of a region and of a département beside it holds both.
    fn lies(&self, place: &OrganizationView) -> bool {
        let department = place.department.as_ref().map(|department| department.code.as_str());
        let region = department.and_then(territory::department).map(|department| department.region);
        let territory = (self.region.is_empty() && self.department.is_empty())
            || (!self.department.is_empty() && is_of(&self.department, department))
            || (!self.region.is_empty() && is_of(&self.region, region));
        territory
            && (self.city.is_empty() || self.city.contains(&text::fold(&place.city)))
            && (self.insee.is_empty() || self.insee.iter().any(|commune| territory::lies_in(&place.insee, commune)))
    }
}

/// Hands on what a filter lets through, and notes in which of the communes it names anything lies that the audience sees.
pub(super) struct Selection<'a> {
    filter: &'a Filter,
    to: &'a mut dyn Sink,
    counts: Counts,
    met: BTreeSet<&'a str>,
}

impl<'a> Selection<'a> {
    pub(super) fn new(filter: &'a Filter, to: &'a mut dyn Sink) -> Self {
        Self { filter, to, counts: Counts::default(), met: BTreeSet::new() }
    }

    /// What was handed on. Errors: `unknown_code` for a commune in which nothing lies that is shown.
    pub(super) fn end(self) -> Result<Counts> {
        let unmet = |list: &[String]| list.iter().any(|place| !self.met.contains(place.as_str()));
        let refused = |name: &str| Err(unknown(name, "nothing lies in that commune"));
        match () {
            () if unmet(&self.filter.insee) => refused("insee"),
            () if unmet(&self.filter.city) => refused("city"),
            () => Ok(self.counts),
        }
    }
}

impl Sink for Selection<'_> {
    fn entry(&mut self, entry: &Walked, view: &View) -> Result<()> {
        let Filter { insee, city, .. } = self.filter;
        if self.met.len() < insee.len() + city.len() {
            for place in view.practices().iter().filter_map(|practice| practice.organization) {
                self.met.extend(insee.iter().map(String::as_str).filter(|commune| territory::lies_in(&place.insee, commune)));
                if !city.is_empty() {
                    let name = text::fold(&place.city);
                    self.met.extend(city.iter().map(String::as_str).filter(|city| *city == name));
                }
            }
        }
        if self.filter.matches(view) {
            self.counts.add(view.kind());
            self.to.entry(entry, view)?;
        }
        Ok(())
    }
}

fn unknown(name: &str, what: &str) -> Error {
    Error::new(Kind::Invalid, "unknown_code", what).at_field(name)
}

fn is_of(asked: &[String], value: Option<&str>) -> bool {
    asked.is_empty() || value.is_some_and(|value| asked.iter().any(|asked| asked == value))
}
