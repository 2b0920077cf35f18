//! A filter made ready to be asked: its codes checked, its regions spread, its structures found, and who matches it.
//!
//! A professional matches by one activity that meets profession, mode, sector, structure and place together; the savoir-faire asked for
//! belongs to the exercise of that activity. When nothing is asked that only an activity can tell, an exercise without activity matches
//! too, and when nothing is asked at all, everybody in force. Whoever has no place of exercise is in no territory.

use super::request::{AlertFilter, MOST_VALUES};
use crate::error::{Error, Kind, Result};
use crate::model::{Exercise, Labels, MailboxType, is_expertise, is_profession, label, tables, territory};
use crate::store::{AlertActivity, AlertPerson, AlertScope, AlertStructure};
use std::collections::BTreeSet;

/// A filter that can be asked.
#[derive(Clone, Debug, Default)]
pub struct Criteria {
    professions: BTreeSet<String>,
    /// Profession and savoir-faire together.
    pairs: BTreeSet<(String, String)>,
    specialties: BTreeSet<String>,
    modes: BTreeSet<String>,
    sectors: BTreeSet<String>,
    /// Stable ids; `None` when none are asked for.
    structures: Option<BTreeSet<String>>,
    departments: BTreeSet<String>,
    communes: BTreeSet<String>,
    postal_codes: BTreeSet<String>,
    pub types: BTreeSet<MailboxType>,
}

/// By what a professional matches.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Match {
    /// Places in the list of activities, in order.
    pub activities: Vec<usize>,
    /// That of the first of them, else the first exercise that matches; empty for whoever has neither.
    pub exercise: Exercise,
}

fn unknown(list: &str, at: usize, what: &str) -> Error {
    Error::new(Kind::Invalid, "unknown_code", format!("{what} : la valeur n° {} n'est pas connue", at + 1))
        .at_field(format!("filter.{list}"))
}

/// Checks what can be checked without the store's structures. Errors: `unknown_code`, `too_many_values`, `invalid_code`; each names its list.
pub fn check(filter: &AlertFilter, labels: &Labels) -> Result<()> {
    let known = |table: &str, code: &str| label(labels, table, code).is_some();
    let skill = |code: &str| is_expertise(labels, code);
    for (list, values) in filter.lists() {
        if values.len() > MOST_VALUES {
            let message = format!("{MOST_VALUES} valeurs au plus par critère");
            return Err(Error::new(Kind::Invalid, "too_many_values", message).at_field(format!("filter.{list}")));
        }
        for (at, value) in values.iter().enumerate() {
            let (good, what) = match list {
                "professions" => match value.split_once(':') {
                    None => (is_profession(labels, value), "code de profession"),
                    Some((profession, code)) => (is_profession(labels, profession) && skill(code), "profession:savoir-faire"),
                },
                "specialties" => (skill(value), "code de savoir-faire"),
                "modes" => (known(tables::MODE, value), "mode d'exercice"),
                "sectors" => (known(tables::SECTOR, value), "secteur d'activité"),
                "regions" => (territory::of_region(value).next().is_some(), "région"),
                "departments" => (territory::department(value).is_some(), "département"),
                "communes" => (value.len() == 5 && value.bytes().all(|b| b.is_ascii_alphanumeric()), "code INSEE de commune"),
                "postal_codes" => (value.len() == 5 && value.bytes().all(|b| b.is_ascii_digit()), "code postal"),
                "types" => (matches!(value.as_str(), "PER" | "CAB" | "ORG"), "type de BAL (PER, CAB ou ORG)"),
                // Looked up where they are kept.
                _ => (!value.is_empty() && value.chars().count() <= 100, "structure"),
            };
            if !good {
                return Err(unknown(list, at, what));
            }
        }
    }
    Ok(())
}

/// Refuses communes and postal codes in which no structure lies; `known`: those in which one does. A commune of arrondissements lies in them.
pub fn unknown_places(filter: &AlertFilter, known: &(BTreeSet<String>, BTreeSet<String>)) -> Result<()> {
    let (communes, postal_codes) = known;
    let lies = |code: &String| communes.contains(code) || !territory::arrondissements(code).is_empty();
    if let Some(at) = filter.communes.iter().position(|code| !lies(code)) {
        return Err(unknown("communes", at, "aucune structure dans cette commune"));
    }
    match filter.postal_codes.iter().position(|code| !postal_codes.contains(code)) {
        Some(at) => Err(unknown("postal_codes", at, "aucune structure à ce code postal")),
        None => Ok(()),
    }
}

impl Criteria {
    /// `named`: the structures that the texts of the filter lead to. Errors: `unknown_code` for a text that leads to none.
    pub fn new(filter: &AlertFilter, named: &[(String, String)]) -> Result<Self> {
        let set = |values: &[String]| values.iter().cloned().collect::<BTreeSet<_>>();
        let found: BTreeSet<&str> = named.iter().map(|(text, _)| text.as_str()).collect();
        if let Some(at) = filter.structures.iter().position(|text| !found.contains(text.as_str())) {
            return Err(unknown("structures", at, "structure"));
        }
        let of_regions = filter.regions.iter().flat_map(|region| territory::of_region(region)).map(|d| d.code.to_owned());
        Ok(Self {
            professions: filter.professions.iter().filter(|code| !code.contains(':')).cloned().collect(),
            pairs: filter.professions.iter().filter_map(|code| code.split_once(':')).map(|(p, s)| (p.to_owned(), s.to_owned())).collect(),
            specialties: set(&filter.specialties),
            modes: set(&filter.modes),
            sectors: set(&filter.sectors),
            structures: (!filter.structures.is_empty()).then(|| named.iter().map(|(_, id)| id.clone()).collect()),
            departments: of_regions.chain(filter.departments.iter().cloned()).collect(),
            communes: spread(&filter.communes),
            postal_codes: set(&filter.postal_codes),
            types: filter.types.iter().filter_map(|code| MailboxType::parse(code)).collect(),
        })
    }

    /// What SQL may narrow by.
    #[must_use]
    pub fn scope(&self) -> AlertScope {
        let list = |set: &BTreeSet<String>| set.iter().cloned().collect();
        AlertScope {
            professions: self.professions.iter().chain(self.pairs.iter().map(|(profession, _)| profession)).cloned().collect(),
            specialties: list(&self.specialties),
            modes: list(&self.modes),
            sectors: list(&self.sectors),
            structures: self.structures.as_ref().map(list),
            departments: list(&self.departments),
            communes: list(&self.communes),
            postal_codes: list(&self.postal_codes),
        }
    }

    fn placed(&self) -> bool {
        !(self.departments.is_empty() && self.communes.is_empty() && self.postal_codes.is_empty())
    }

    /// The same wherever it is; `None` when no place is asked for.
    #[must_use]
    pub fn anywhere(&self) -> Option<Self> {
        let nowhere = BTreeSet::new;
        self.placed().then(|| Self { departments: nowhere(), communes: nowhere(), postal_codes: nowhere(), ..self.clone() })
    }

    /// Does [`Criteria::scope`] say all that is asked of somebody's exercise?
    #[must_use]
    pub fn is_all_in_scope(&self) -> bool {
        self.pairs.is_empty() && self.specialties.is_empty()
    }

    /// Is anything asked that only a person can meet? Then a structure is written to for the people it has.
    #[must_use]
    pub fn of_people(&self) -> bool {
        !(self.professions.is_empty() && self.pairs.is_empty() && self.specialties.is_empty() && self.modes.is_empty())
    }

    fn site_fits(&self, site: Option<&AlertStructure>) -> bool {
        let named = self.structures.as_ref().is_none_or(|ids| site.is_some_and(|site| ids.contains(&site.id)));
        let lies = |site: &AlertStructure| {
            self.departments.contains(&site.department)
                || self.communes.contains(&site.insee)
                || self.postal_codes.contains(&site.postal_code)
        };
        named && (!self.placed() || site.is_some_and(lies))
    }

    /// Sector, id and place of a structure that is written to for itself.
    #[must_use]
    pub fn structure_fits(&self, site: &AlertStructure) -> bool {
        fits(&self.sectors, &site.sector) && self.site_fits(Some(site))
    }

    fn exercise_fits(&self, person: &AlertPerson, profession: &str, category: &str) -> bool {
        let own = || person.specialties.iter().filter(|e| e.profession == profession && e.category == category);
        let paired = || own().any(|e| self.pairs.contains(&(e.profession.clone(), e.code.clone())));
        let anything = self.professions.is_empty() && self.pairs.is_empty();
        (anything || self.professions.contains(profession) || paired())
            && (self.specialties.is_empty() || own().any(|e| self.specialties.contains(&e.code)))
    }

    fn activity_fits(&self, person: &AlertPerson, activity: &AlertActivity) -> bool {
        fits(&self.modes, &activity.mode)
            && fits(&self.sectors, &activity.sector)
            && self.site_fits(activity.structure.as_deref())
            && self.exercise_fits(person, &activity.profession, &activity.category)
    }

    /// By what this professional matches; `None` for whoever does not.
    #[must_use]
    pub fn matches(&self, person: &AlertPerson) -> Option<Match> {
        let fitting = person.activities.iter().enumerate().filter(|(_, activity)| self.activity_fits(person, activity));
        let activities: Vec<usize> = fitting.map(|(at, _)| at).collect();
        let first = activities.first().and_then(|at| person.activities.get(*at));
        if let Some(first) = first {
            let exercise = Exercise { profession: first.profession.clone(), category: first.category.clone() };
            return Some(Match { activities, exercise });
        }
        if !self.modes.is_empty() || !self.sectors.is_empty() || self.structures.is_some() || self.placed() {
            return None;
        }
        let exercise = person.exercises.iter().find(|exercise| self.exercise_fits(person, &exercise.profession, &exercise.category));
        match exercise {
            Some(exercise) => Some(Match { activities, exercise: exercise.clone() }),
            None => (!self.of_people()).then(Match::default),
        }
    }
}

/// Communes with their arrondissements, which is what the files name.
fn spread(communes: &[String]) -> BTreeSet<String> {
    let with = |code: &String| territory::arrondissements(code).map(|part| part.to_string()).chain([code.clone()]);
    communes.iter().flat_map(with).collect()
}

/// Nothing asked, or this among it.
fn fits(asked: &BTreeSet<String>, value: &str) -> bool {
    asked.is_empty() || asked.contains(value)
}
