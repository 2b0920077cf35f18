//! Why an entry was found, told from the entry, agrees with where the index puts it.

use super::sample::{Dice, Doc, activity, documents, exercise, held, mailbox, nurse, person, physician, site, world};
use super::{built, query, run};
use annuaire::index::matched::{Level, Understood};
use annuaire::index::query::{Criteria, Matching, Order, Query};
use annuaire::index::{Field, How, Source};
use annuaire::model::{Audience, MailboxRecord, MailboxType, Record};
use std::collections::BTreeSet;

const WORDS: [&str; 82] = [
    "dupont",
    "Duppont",
    "dupond",
    "DUPONTEL",
    "dupnotel",
    "dup",
    "d",
    "le fictif",
    "lefictif",
    "d'arc",
    "rovere",
    "de la rôvere",
    "delarovere",
    "martin",
    "oevurrad",
    "matrin",
    "œuvrard",
    "euvrard",
    "ndiaye",
    "n'diaye",
    "lefebvre",
    "lefevre",
    "Lefèvre",
    "st-clair",
    "saintclair",
    "herault",
    "d'hérault",
    "garcia",
    "lopes",
    "Müller",
    "muler",
    "dû",
    "estrange",
    "van den beek",
    "beek",
    "chateau d'eau",
    "jean",
    "jf",
    "j.f.",
    "jean-fr",
    "jeanfrancois",
    "elo",
    "élodie",
    "zoe",
    "anne",
    "noel",
    "mary",
    "loïc",
    "maelis",
    "cardio",
    "cardiologue",
    "médecin",
    "généraliste",
    "gynéco",
    "infirmière",
    "infirmier",
    "lyon",
    "Lyon 3",
    "paris 12",
    "75012",
    "12",
    "69",
    "rhone",
    "isère",
    "auvergne",
    "saint etienne",
    "ajaccio 2A",
    "étang salé",
    "clinique",
    "secretariat",
    "urgences samu",
    "0199001122",
    "p1.0@",
    "avenue des tilleuls",
    "12 av tilleuls",
    "rue lyon",
    "medecin1.mssante.fr",
    "mssante.fr",
    "1.0@medecin",
    "paris xii",
    "lyo",
    "infirmi",
];

#[test]
fn the_class_of_a_hit_is_that_of_its_worst_word() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let mut dice = Dice(11);
    let mut levels = BTreeSet::new();
    let (mut told, mut found) = (0, 0);
    for round in 0..400 {
        let mut pick = || (*dice.of(&WORDS)).to_owned();
        let mut criteria = Criteria::default();
        match round % 5 {
            0 => criteria.q = Some(pick()),
            1 | 2 => criteria.q = Some([pick(), pick()].join(" ")),
            3 => (criteria.name, criteria.given) = (Some(pick()), Some(pick())),
            _ => (criteria.name, criteria.q) = (Some(pick()), Some(pick())),
        }
        let understood = Understood::of(&criteria);
        let asked = understood.words();
        let answer = run(&reader, Audience::Public, &Query { order: Order::Rank, ..query(Matching::Criteria(criteria.clone())) });
        let least = answer.hits.first().map_or(0, |hit| match Level::of(&hit.rank) {
            Level::AsTyped => 0,
            Level::OneError => 9,
            Level::TwoErrors => 12,
        });
        let mut hits = BTreeSet::new();
        for hit in &answer.hits {
            let published = hit.stored.published().unwrap();
            let (matches, level) = understood.matches(published.view());
            assert_eq!(matches.len(), asked.len(), "{criteria:?} {}: {matches:?}", hit.stored.key());
            assert_eq!(hit.rank.level(), u16::from(level.max(least)), "{criteria:?} {}: {matches:?}", hit.stored.key());
            told += matches.len();
            levels.insert(level);
            hits.insert(hit.stored.key().to_owned());
        }
        found += usize::from(!hits.is_empty());
        // Who is not found lacks a word; but for those whose words hold of two practices.
        let as_typed = |doc: &&Doc| {
            let (matches, level) = understood.matches(doc.published.view());
            matches.len() == asked.len() && !asked.is_empty() && level < 9
        };
        let apart = |doc: &&Doc| asked.len() > 1 && doc.published.view().practices().len() > 1;
        let missed = docs.iter().filter(|doc| doc.shown_to(Audience::Public) && !hits.contains(&doc.key()) && !apart(doc)).find(as_typed);
        assert!(missed.is_none(), "{criteria:?} misses {}", missed.unwrap().key());
    }
    assert!(told > 2_000 && found > 130, "the questions are of the kind meant: {told} {found}");
    assert!(levels.len() >= 7, "{levels:?}");
}

/// A physician of Lyon who is a nurse in Paris, with an address.
fn of_two_places() -> Doc {
    let lyon = site("F990999013", "CH DE LA CROIX-D'OR", "69003", "LYON 3E ARRONDISSEMENT", ("69", "Rhône"));
    let paris = site("F990999014", "CENTRE MARTIN", "75012", "PARIS", ("75", "Paris"));
    let cardiologist = exercise(physician(), &[("SM04", "Cardiologie et Maladies vasculaires (SM)")]);
    let activities = vec![activity(physician(), Some(lyon)), activity(nurse(), Some(paris))];
    let mut holder = person("10000000012", "Zoé", "AUBERT", vec![cardiologist, exercise(nurse(), &[])], activities);
    let own = held(mailbox("zoe.aubert@medecin.mssante.fr", MailboxType::Per), &holder);
    holder.mailboxes.push(MailboxRecord { holders: vec![], ..own });
    documents(&Record::Professional(holder)).remove(0)
}

#[test]
fn what_other_parameters_asked_for_is_told_in_the_same_form() {
    let doc = of_two_places();
    let told = |criteria: &Criteria| -> Vec<_> {
        let found = Understood::of(criteria).filters(doc.published.view());
        found.into_iter().map(|found| (found.parameter, found.field, found.value, found.how)).collect()
    };
    let some = |text: &str| Some(text.to_owned());
    let none = Criteria::default;
    const CARDIOLOGY: &str = "Cardiologie et Maladies vasculaires (SM)";
    const LYON: &str = "LYON 3E ARRONDISSEMENT";
    for (criteria, expected) in [
        (none(), vec![]),
        (Criteria { q: some("aubert"), ..none() }, vec![]),
        (Criteria { city: some("Lyon"), ..none() }, vec![(Source::City, Field::City, LYON, How::Whole)]),
        (Criteria { city: some("lyno 3"), ..none() }, vec![(Source::City, Field::City, LYON, How::Typo)]),
        (Criteria { city: some("paris"), ..none() }, vec![(Source::City, Field::City, "PARIS", How::Whole)]),
        (
            Criteria { city: some("lyon"), specialty: some("cardio"), ..none() },
            vec![(Source::Specialty, Field::Specialty, CARDIOLOGY, How::Synonym), (Source::City, Field::City, LYON, How::Whole)],
        ),
        (Criteria { specialty: some("SM04"), ..none() }, vec![(Source::Specialty, Field::Specialty, CARDIOLOGY, How::Number)]),
        (Criteria { specialty: some("maladies"), ..none() }, vec![(Source::Specialty, Field::Specialty, CARDIOLOGY, How::Whole)]),
        (Criteria { specialty: some("cardiolgie"), ..none() }, vec![(Source::Specialty, Field::Specialty, CARDIOLOGY, How::Typo)]),
        (Criteria { profession: some("infirmière"), ..none() }, vec![(Source::Profession, Field::Profession, "Infirmier", How::Synonym)]),
        // Of one same practice: no nurse of Lyon.
        (Criteria { profession: some("60"), city: some("lyon"), ..none() }, vec![]),
        (
            Criteria { profession: some("60"), city: some("paris"), ..none() },
            vec![(Source::Profession, Field::Profession, "Infirmier", How::Number), (Source::City, Field::City, "PARIS", How::Whole)],
        ),
        (Criteria { department: some("69"), ..none() }, vec![(Source::Department, Field::Department, "Rhône", How::Number)]),
        (Criteria { department: some("rhone"), ..none() }, vec![(Source::Department, Field::Department, "Rhône", How::Whole)]),
        (Criteria { department: some("ile de france"), ..none() }, vec![(Source::Department, Field::Department, "Paris", How::Synonym)]),
        (Criteria { postal_code: some("75012"), ..none() }, vec![(Source::PostalCode, Field::PostalCode, "75012", How::Number)]),
        (
            Criteria { organization: some("centre hospitalier croix"), ..none() },
            vec![(Source::Organization, Field::Organization, "CH DE LA CROIX-D'OR", How::Whole)],
        ),
        (
            Criteria { organization: some("F990999014"), ..none() },
            vec![(Source::Organization, Field::Organization, "CENTRE MARTIN", How::Number)],
        ),
        (Criteria { identifier: some("10000000012"), ..none() }, vec![(Source::Identifier, Field::Identifier, "10000000012", How::Number)]),
        (
            Criteria { address: some("@Medecin.mssante.fr"), ..none() },
            vec![(Source::Address, Field::Address, "zoe.aubert@medecin.mssante.fr", How::Whole)],
        ),
    ] {
        let found = told(&criteria);
        let found: Vec<_> = found.iter().map(|(parameter, field, value, how)| (*parameter, *field, value.as_str(), *how)).collect();
        assert_eq!(found, expected, "{criteria:?}");
    }
}

#[test]
fn whatever_filters_find_is_told() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let some = |text: &str| Some(text.to_owned());
    let mut told = 0;
    for city in ["lyon", "Lyon 3", "paris xii", "saint étienne", "st-etiene", "etang sale", "ajacio"] {
        for (profession, specialty) in
            [(None, None), (Some("médecin"), None), (Some("60"), None), (None, Some("cardio")), (None, Some("SM54"))]
        {
            for (department, organization) in [(None, None), (Some("rhône"), None), (Some("idf"), Some("clinique")), (None, Some("ch"))] {
                let criteria = Criteria {
                    city: some(city),
                    profession: profession.and_then(some),
                    specialty: specialty.and_then(some),
                    department: department.and_then(some),
                    organization: organization.and_then(some),
                    ..Criteria::default()
                };
                let given = 1 + [profession, specialty, department, organization].into_iter().flatten().count();
                let answer = run(&reader, Audience::Public, &Query { order: Order::Rank, ..query(Matching::Criteria(criteria.clone())) });
                for hit in &answer.hits {
                    let found = Understood::of(&criteria).filters(hit.stored.published().unwrap().view());
                    assert_eq!(found.len(), given, "{criteria:?} {}: {found:?}", hit.stored.key());
                    told += found.len();
                }
            }
        }
    }
    assert!(told > 300, "{told}");
}
