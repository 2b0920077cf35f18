//! Which entries a subset holds: those with one practice (see [`View::practices`]) of a profession, specialty and place asked for together,
//! as a search has it. Codes only, so that a filter says the same in every edition.

use crate::directory::View;
use crate::error::{Error, Result};
use crate::model::territory;
use crate::text;
use crate::visibility::{OrganizationView, Practice};
use serde::{Deserialize, Serialize};
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
        let refuse = |what: String| Error::new(crate::error::Kind::Invalid, "invalid_filter", what).at_field(name);
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
            if value.chars().count() > LONGEST_VALUE || text::words(value).is_empty() {
                return Err(refuse(format!("a value of {name} cannot be read")));
            }
            if !known(value) {
                return Err(refuse(format!("there is no {name} of that code")));
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
        territory && (self.city.is_empty() || self.city.contains(&text::fold(&place.city))) && is_of(&self.insee, Some(&place.insee))
    }
}

fn is_of(asked: &[String], value: Option<&str>) -> bool {
    asked.is_empty() || value.is_some_and(|value| asked.iter().any(|asked| asked == value))
}
