//! Words of a question as people type them: names, everyday words, places, numbers; and in which order the answers come.

use super::sample::{Doc, activity, coded, documents, exercise, held, mailbox, nurse, person, physician, site};
use super::{asked, built};
use annuaire::index::Index;
use annuaire::index::query::Criteria;
use annuaire::model::{MailboxRecord, MailboxType, ProfessionalRecord, Record, StructureRecord};
use std::collections::BTreeSet;
use tempfile::TempDir;

/// Family, given, town of practice (0 Lyon, 1 Paris, 2 Saint-Étienne), profession, specialty.
type Person = (&'static str, &'static str, usize, &'static str, Option<(&'static str, &'static str)>);

const PEOPLE: [Person; 14] = [
    ("LEFEBVRE", "Catherine", 0, "10", Some(("SM04", "Cardiologie et Maladies vasculaires (SM)"))),
    ("LEFÈVRE", "Jean-Baptiste", 1, "60", None),
    ("LE FEVRE", "Ève", 2, "60", None),
    ("DE LA TOUR", "Philippe", 0, "60", None),
    ("SAINT-CLAIR", "Jean-Pierre", 1, "10", Some(("SM53", "Spécialiste en Médecine générale (SM)"))),
    ("CARDIO", "Zoé", 2, "60", None),
    ("LYON", "Paul", 1, "10", Some(("SM54", "Médecine générale (SM)"))),
    ("MARTIN", "Frédéric", 0, "10", Some(("SM26", "Qualifié en Médecine générale (SM)"))),
    ("MARDIN", "Anne", 0, "60", None),
    ("N'DIAYE", "Seb", 2, "60", None),
    ("ROUSSEAU", "Sébastien", 2, "10", Some(("SM42", "Psychiatrie (SM)"))),
    ("ROUSSEAUX-PETIT", "Béatrice", 0, "93", None),
    ("GAUTIER", "Thibault", 0, "10", Some(("SM04", "Cardiologie et Maladies vasculaires (SM)"))),
    ("EL HADDAD", "Mohamed", 0, "10", None),
];

fn people() -> (TempDir, Index) {
    let sites = [
        site("F990999013", "CH DE LA CROIX-D'OR", "69003", "LYON 3E ARRONDISSEMENT", ("69", "Rhône")),
        site("F990999014", "CENTRE MARTIN", "75012", "PARIS", ("75", "Paris")),
        site("F990999015", "PHARMACIE DU CŒUR", "42000", "Saint-Étienne", ("42", "Loire")),
    ];
    let mut docs: Vec<Doc> = Vec::new();
    for (number, (family, given, place, profession, specialty)) in PEOPLE.iter().enumerate() {
        let profession = match *profession {
            "10" => physician(),
            "60" => nurse(),
            code => coded(code, "Psychologue"),
        };
        let practised = vec![activity(profession.clone(), Some(sites[*place].clone()))];
        let exercises = vec![exercise(profession, &specialty.iter().copied().collect::<Vec<_>>())];
        let mut holder = person(&format!("100000000{number:02}"), given, family, exercises, practised);
        if number == 3 {
            // A nurse of Lyon who is also a physician in Paris, with an address.
            holder.exercises.push(exercise(physician(), &[("SM04", "Cardiologie et Maladies vasculaires (SM)")]));
            holder.activities.push(activity(physician(), Some(sites[1].clone())));
            let own = held(mailbox("philippe.delatour@infirmier.mssante.fr", MailboxType::Per), &holder);
            holder.mailboxes.push(MailboxRecord { holders: vec![], ..own });
        }
        docs.extend(documents(&Record::Professional(ProfessionalRecord { ..holder })));
    }
    for (number, mut site) in sites.into_iter().enumerate() {
        if number == 2 {
            site.sector = coded("SA33", "Pharmacie d'officine");
        }
        std::sync::Arc::make_mut(&mut site.structure).phone = format!("04 99 00 00 0{number}");
        docs.extend(documents(&Record::Structure(StructureRecord { site, mailboxes: vec![] })));
    }
    built(&docs)
}

/// Given names of the answer; the ids of structures.
fn found(index: &Index, q: &str) -> Vec<String> {
    let answer = asked(&index.reader(), Criteria { q: Some(q.into()), ..Criteria::default() });
    let named = |key: String| match key.strip_prefix("p:8100000000") {
        Some(number) => PEOPLE[number.parse::<usize>().unwrap()].1.to_owned(),
        None => key,
    };
    answer.into_iter().map(named).collect()
}

const LYON: &str = "s:F990999013";
const PARIS: &str = "s:F990999014";
const PHARMACY: &str = "s:F990999015";

#[test]
fn what_people_type_finds_whom_they_mean() {
    let (_folder, index) = people();
    let mut wrong = Vec::new();
    for (q, expected) in [
        // Names: as typed, then by sound; particles, titles, joined and split, initials, short forms.
        ("lefebvre", &["Catherine", "Ève", "Jean-Baptiste"][..]),
        ("Lefèvre", &["Jean-Baptiste", "Ève", "Catherine"]),
        ("lefevre", &["Ève", "Jean-Baptiste", "Catherine"]),
        ("le fevre", &["Ève", "Jean-Baptiste", "Catherine"]),
        ("lefeuvre catherine", &["Catherine"]),
        ("dr delatour", &["Philippe"]),
        ("tour philippe", &["Philippe"]),
        ("filipe de la tour", &["Philippe"]),
        ("st clair", &["Jean-Pierre"]),
        ("saintclair", &["Jean-Pierre"]),
        ("jp saint-clair", &["Jean-Pierre"]),
        ("j-p st clair", &["Jean-Pierre"]),
        ("p. saint clair", &["Jean-Pierre"]),
        ("jean-ba", &["Jean-Baptiste"]),
        ("jeanbaptiste lefevre", &["Jean-Baptiste"]),
        ("ndiaye", &["Seb"]),
        ("n'diaye", &["Seb"]),
        ("seb", &["Seb", "Sébastien"]),
        ("cathy lefebvre", &["Catherine"]),
        ("béa", &["Béatrice"]),
        ("fred martin", &["Frédéric"]),
        ("rouseau", &["Sébastien", "Béatrice"]),
        ("roussot sebastien", &["Sébastien"]),
        ("petit", &["Béatrice"]),
        ("gauthier tibo", &["Thibault"]),
        ("adad", &["Mohamed"]),
        ("haddad", &["Mohamed"]),
        ("mardin", &["Anne"]),
        // Everyday words, of one same practice; they stay names.
        ("cardiologue lyon", &["Thibault", "Catherine"]),
        ("cardio", &["Zoé", "Philippe", "Thibault", "Catherine"]),
        ("cardiologues paris", &["Philippe"]),
        ("oftalmo", &[]),
        ("généraliste", &["Paul", "Frédéric", "Jean-Pierre"]),
        ("médecin généraliste paris", &["Paul", "Jean-Pierre"]),
        ("psy", &["Sébastien", "Béatrice"]),
        ("infirmière 42", &["Zoé", "Ève", "Seb"]),
        ("infirmières loire", &["Zoé", "Ève", "Seb"]),
        ("pharmacie", &[PHARMACY, "Zoé", "Ève", "Seb", "Sébastien"]),
        // Places.
        // Philippe works at a Martin, which is in Paris.
        ("martin lyon", &["Frédéric", "Paul"]),
        ("martin", &["Frédéric", PARIS, "Philippe", "Jean-Baptiste", "Paul", "Jean-Pierre"]),
        ("lyon", &["Paul", "Philippe", LYON, "Mohamed", "Thibault", "Catherine", "Anne", "Frédéric", "Béatrice"]),
        ("cardiologue lyon 3", &["Thibault", "Catherine"]),
        ("cardiologue lyon 3e arrondissement", &["Thibault", "Catherine"]),
        ("cardiologue lyon 4", &[]),
        ("lefevre paris 12", &["Jean-Baptiste"]),
        ("lefevre paris 13", &[]),
        ("lefevre st etienne cedex 1", &["Ève"]),
        ("lefebvre 69", &["Catherine"]),
        ("lefebvre auvergne-rhône-alpes", &["Catherine", "Ève"]),
        ("lefebvre idf", &["Jean-Baptiste"]),
        ("lefebvre 69003", &["Catherine"]),
        // Numbers.
        ("10000000000", &["Catherine"]),
        ("810000000000", &["Catherine"]),
        ("990999014", &[PARIS]),
        ("0499000001", &[PARIS]),
        ("+33 4 99 00 00 01", &[PARIS]),
        ("philippe.delatour@", &["Philippe"]),
        ("philippe.del", &["Philippe"]),
        ("@infirmier.mssante.fr", &["Philippe"]),
        ("Philippe.Delatour@infirmier.mssante.fr tour", &["Philippe"]),
        ("rpps 10000000000", &["Catherine"]),
        ("FINESS 990999014", &[PARIS]),
        // Structures by either way of writing; a town written as one word.
        ("centre hospitalier croix", &[LYON, "Philippe", "Mohamed", "Thibault", "Catherine", "Anne", "Frédéric", "Béatrice"]),
        ("ndiaye saintetienne", &["Seb"]),
        // Errors, only where nobody is called so.
        ("lefebvre catherien", &["Catherine"]),
        ("gautire thibualt", &["Thibault"]),
        ("cardiolouge lyon", &["Thibault", "Catherine"]),
        ("martin nantes", &[]),
        ("mardin paris", &[]),
        ("adq", &[]),
        ("xyzzy", &[]),
    ] {
        let found = found(&index, q);
        if found != expected {
            wrong.push(format!("{q}: {found:?}, not {expected:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Column of a CSV file of the repository; its cells may be quoted.
fn column(path: &str, number: usize) -> Vec<String> {
    let text = std::fs::read_to_string(crate::harness::repository(path)).unwrap();
    csv::Reader::from_reader(text.as_bytes()).records().map(|row| row.unwrap()[number].to_owned()).collect()
}

#[test]
fn everyday_words_stand_for_codes_that_exist_and_reach_every_profession_and_specialty() {
    let codes = |files: &[&str]| -> BTreeSet<String> {
        files.iter().flat_map(|file| column(&format!("schema/nomenclatures/TRE_{file}.csv"), 0)).collect()
    };
    let professions = codes(&["G15-ProfessionSante", "R94-ProfessionSocial", "R95-UsagerTitre", "R96-AutreFonctionSanitaire"]);
    let ordinal = codes(&["R38-SpecialiteOrdinale"]);
    let specialties = codes(&[
        "R38-SpecialiteOrdinale",
        "R39-Competence",
        "R40-CompetenceExclusive",
        "R42-DESCnonQualifiant",
        "R43-CapaciteSavoirFaire",
        "R359-SurspecialiteTransversale",
    ]);
    let sectors = codes(&["R02-SecteurActivite"]);
    let named = |number| -> BTreeSet<String> {
        column("schema/words/everyday.csv", number).iter().flat_map(|cell| cell.split_whitespace()).map(str::to_owned).collect()
    };
    let unknown = |named: &BTreeSet<String>, known: &BTreeSet<String>| named.difference(known).cloned().collect::<Vec<_>>();
    assert_eq!(unknown(&named(1), &professions), [""; 0]);
    assert_eq!(unknown(&named(2), &specialties), [""; 0]);
    assert_eq!(unknown(&named(3), &sectors), [""; 0]);
    assert_eq!(unknown(&professions, &named(1)), [""; 0], "no word for them");
    assert_eq!(unknown(&ordinal, &named(2)), [""; 0], "no word for them");
    // A word stands in one row, and a source is named in each.
    let mut told = BTreeSet::new();
    for cell in column("schema/words/everyday.csv", 0) {
        let words: BTreeSet<Vec<String>> = cell.split('|').map(annuaire::text::words).collect();
        words.into_iter().for_each(|words| assert!(told.insert(words.clone()), "{words:?}"));
    }
    assert!(column("schema/words/everyday.csv", 5).iter().all(|source| !source.is_empty()));
    assert!(column("schema/words/given_names.csv", 2).iter().all(|source| source == "usage"));
}
