//! Who is in the files that were imported, read by a pass of its own: line by line, columns by their French names, nothing shared with the
//! import or the index. What answers must be is counted here.

use super::own::Own;
use crate::extraction::structure_id_without_identifier;
use anyhow::{Context as _, bail};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::path::Path;

/// A professional or a structure.
#[derive(Clone, Debug, Default)]
pub(super) struct Entry {
    pub id: String,
    pub structure: bool,
    pub family: String,
    pub given: String,
    pub practices: Vec<Practice>,
}

/// An activity, or what a structure is.
#[derive(Clone, Debug, Default)]
pub(super) struct Practice {
    pub profession: String,
    pub specialties: BTreeSet<String>,
    pub organization: String,
    pub sector: String,
    pub city: String,
    pub postal_code: String,
    pub department: String,
    pub department_label: String,
}

/// Everybody of one set of data.
#[derive(Debug, Default)]
pub struct Witness {
    entries: Vec<Entry>,
    /// Stable ids of the suite's own people and places by their keys.
    keys: HashMap<String, String>,
}

/// Rows of a file, values by column.
fn rows(path: &Path) -> anyhow::Result<Vec<HashMap<String, String>>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    let mut lines = text.lines();
    let header: Vec<_> = lines.next().unwrap_or_default().split('|').map(str::to_owned).collect();
    Ok(lines.map(|line| header.iter().cloned().zip(line.split('|').map(str::to_owned)).collect()).collect())
}

/// As given, else what the commune's code begins with, else what the postcode does.
fn department(given: &str, commune: &str, postal_code: &str) -> String {
    let code = if commune.is_empty() { postal_code } else { commune };
    match code.get(..2) {
        _ if !given.is_empty() => given.to_owned(),
        // Corsica's postcodes know one island.
        Some("20") => if postal_code < "20200" { "2A" } else { "2B" }.to_owned(),
        Some("97") => code.chars().take(3).collect(),
        Some(two) => two.to_owned(),
        None => String::new(),
    }
}

impl Witness {
    /// Reads Personne_activite and SavoirFaire of a folder.
    pub(super) fn read(activities: &Path, expertise: &Path, own: Option<&Own>) -> anyhow::Result<Self> {
        let get = |row: &HashMap<String, String>, column: &str| row.get(column).cloned().unwrap_or_default();
        let exercise = |row: &HashMap<String, String>| {
            (get(row, "Identification nationale PP"), get(row, "Code profession"), get(row, "Code catégorie professionnelle"))
        };
        // SavoirFaire owns the savoir-faire of whoever is in it.
        let (mut skills, mut told) = (BTreeMap::<_, BTreeSet<String>>::new(), BTreeSet::new());
        for row in rows(expertise)? {
            told.insert(get(&row, "Identification nationale PP"));
            skills.entry(exercise(&row)).or_default().insert(get(&row, "Code savoir-faire"));
        }
        let activities = rows(activities)?;
        for row in activities.iter().filter(|row| !told.contains(&get(row, "Identification nationale PP"))) {
            skills.entry(exercise(row)).or_default().insert(get(row, "Code savoir-faire"));
        }
        let label = |row: &HashMap<_, _>| (get(row, "Code Département (structure)"), get(row, "Libellé Département (structure)"));
        let labels: HashMap<_, _> = activities.iter().map(label).filter(|(code, _)| !code.is_empty()).collect();
        let mut people = BTreeMap::<String, Entry>::new();
        let mut structures = BTreeMap::<String, Entry>::new();
        for row in &activities {
            let practice = Practice {
                profession: get(row, "Code profession"),
                specialties: skills.get(&exercise(row)).cloned().unwrap_or_default(),
                organization: format!("{} {}", get(row, "Raison sociale site"), get(row, "Enseigne commerciale site")),
                sector: get(row, "Code secteur d'activité"),
                city: get(row, "Libellé commune (coord. structure)"),
                postal_code: get(row, "Code postal (coord. structure)"),
                department: department(
                    &get(row, "Code Département (structure)"),
                    &get(row, "Code commune (coord. structure)"),
                    &get(row, "Code postal (coord. structure)"),
                ),
                department_label: String::new(),
            };
            let practice = Practice { department_label: labels.get(&practice.department).cloned().unwrap_or_default(), ..practice };
            let (name, id) = (get(row, "Raison sociale site"), get(row, "Identifiant technique de la structure"));
            let street = get(row, "Libellé Voie (coord. structure)");
            let id = if id.is_empty() { structure_id_without_identifier(&name, &practice.postal_code, &street) } else { Some(id) };
            if let Some(id) = id.filter(|_| !name.is_empty()) {
                let here = Practice { profession: String::new(), specialties: BTreeSet::new(), ..practice.clone() };
                let made = || Entry { id: id.clone(), structure: true, practices: vec![here], ..Entry::default() };
                structures.entry(id.clone()).or_insert_with(made);
            }
            let id = get(row, "Identification nationale PP");
            let person = people.entry(id.clone()).or_default();
            (person.id, person.family, person.given) = (id, get(row, "Nom d'exercice"), get(row, "Prénom d'exercice"));
            person.practices.push(practice);
        }
        let mut keys = HashMap::new();
        if let Some(own) = own {
            keys.extend(own.people.iter().map(|person| (person.key.clone(), person.id())));
            keys.extend(own.places.iter().map(|place| (place.key.clone(), place.id())));
        }
        Ok(Self { entries: people.into_values().chain(structures.into_values()).collect(), keys })
    }

    pub(super) fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The stable id of an entry named by key or id; mailboxes are named by their address.
    pub(super) fn id_of(&self, name: &str) -> anyhow::Result<String> {
        if let Some(id) = self.keys.get(name) {
            return Ok(id.clone());
        }
        if name.contains('@') || self.entries.iter().any(|entry| entry.id == name) {
            return Ok(name.to_owned());
        }
        bail!("nobody is called {name}")
    }
}
