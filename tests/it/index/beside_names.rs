//! What people remember of a colleague beside the name: a street, a piece of an address, what their name begins with.

use super::sample::{Doc, activity, coded, documents, exercise, held, mailbox, nurse, person, physician, site};
use super::{asked, built};
use annuaire::index::query::Criteria;
use annuaire::index::{Index, Limits, MAX_CANDIDATES, SuggestionKind};
use annuaire::model::{Audience, Coded, MailboxRecord, MailboxType, Record, SiteRecord, StructureRecord};
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

fn place(id: &str, name: &str, (postal_code, city): (&str, &str), (kind, street): (&str, &str)) -> SiteRecord {
    let mut place = site(id, name, postal_code, city, (&postal_code[..2], "Département"));
    let address = &mut Arc::make_mut(&mut place.structure).address;
    (address.street_type, address.street) = (kind.into(), street.into());
    place
}

fn somebody(number: usize, (family, given): (&str, &str), practised: Vec<(Coded, &SiteRecord)>, address: &str) -> Vec<Doc> {
    let activities = practised.iter().map(|(profession, place)| activity(profession.clone(), Some((*place).clone()))).collect();
    let exercises = practised.iter().map(|(profession, _)| exercise(profession.clone(), &[])).collect();
    let mut holder = person(&format!("100000000{number:02}"), given, family, exercises, activities);
    if !address.is_empty() {
        let own = held(mailbox(address, MailboxType::Per), &holder);
        holder.mailboxes.push(MailboxRecord { holders: vec![], ..own });
    }
    documents(&Record::Professional(holder))
}

fn people(all: &[(&str, &str, &str)]) -> (TempDir, Index) {
    let lyon = place("F990999013", "CABINET UN", ("69003", "LYON"), ("R", "PASTEUR"));
    let docs =
        all.iter().enumerate().flat_map(|(at, (family, given, address))| somebody(at, (family, given), vec![(nurse(), &lyon)], address));
    built(&docs.collect::<Vec<_>>())
}

/// Numbers of the people found, the ids of structures.
fn found(index: &Index, q: &str) -> Vec<String> {
    let answer = asked(&index.reader(), Criteria { q: Some(q.into()), ..Criteria::default() });
    answer.into_iter().map(|key| key.strip_prefix("p:8100000000").map_or(key.clone(), str::to_owned)).collect()
}

#[track_caller]
fn check(index: &Index, questions: &[(&str, &[&str])]) {
    let wrong: Vec<_> = questions
        .iter()
        .map(|(q, expected)| (q, found(index, q), expected))
        .filter(|(_, found, expected)| found != *expected)
        .map(|(q, found, expected)| format!("{q}: {found:?}, not {expected:?}"))
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn streets_are_asked_for_behind_their_kind() {
    let lille = place("F990999013", "CABINET UN", ("59000", "LILLE"), ("R", "PASTEUR"));
    let paris = place("F990999014", "CABINET DEUX", ("75012", "PARIS"), ("BD", "DU GAL DE GAULLE"));
    let nice = place("F990999015", "MAISON TROIS", ("06000", "NICE"), ("AV", "JEAN JAURÈS"));
    let mut other = place("F990999017", "FOYER CINQ", ("69003", "LYON"), ("BD", "PASTEUR"));
    Arc::make_mut(&mut other.structure).address.number = "14".into();
    let mut docs = somebody(0, ("AUBERT", "Anne"), vec![(physician(), &lille)], "");
    docs.extend(documents(&Record::Structure(StructureRecord { site: other, mailboxes: vec![] })));
    docs.extend(somebody(1, ("BERNARD", "Paul"), vec![(nurse(), &lille), (physician(), &paris)], ""));
    docs.extend(somebody(2, ("PASTEUR", "Zoé"), vec![(physician(), &nice)], ""));
    let metz = place("F990999016", "MAISON QUATRE", ("57000", "METZ"), ("PL", "DU 8 MAI 1945"));
    for site in [lille, paris, nice, metz] {
        docs.extend(documents(&Record::Structure(StructureRecord { site, mailboxes: vec![] })));
    }
    let (_folder, index) = built(&docs);
    const LILLE: &str = "s:F990999013";
    const PARIS: &str = "s:F990999014";
    const NICE: &str = "s:F990999015";
    const LYON: &str = "s:F990999017";
    const METZ: &str = "s:F990999016";
    check(
        &index,
        &[
            ("rue pasteur lille", &["00", "01", LILLE]),
            // Of one name that of the kind asked for comes first, and of one kind that of the number.
            ("rue pasteur", &["00", "01", LILLE, LYON]),
            ("12 rue pasteur", &["00", "01", LILLE, LYON]),
            // The boulevard of Paul is that of another place.
            ("bd pasteur", &[LYON, "00", "01", LILLE]),
            ("14 rue pasteur", &["00", "01", LILLE, LYON]),
            ("14 bd pasteur", &[LYON, "00", "01", LILLE]),
            ("14 bis av. pasteur, lille", &["00", "01", LILLE]),
            ("rue paste", &["00", "01", LILLE, LYON]),
            ("aubert rue pasteur", &["00"]),
            ("boulevard du général de gaulle", &["01", PARIS]),
            ("bd gal de gaulle paris", &["01", PARIS]),
            ("avenue jaures cabinet", &[]),
            ("avenue jaures maison", &[NICE, "02"]),
            ("cabinet rue pasteur", &["00", "01", LILLE]),
            // Of one same practice: Paul is a nurse there.
            ("médecin rue pasteur", &["00"]),
            ("infirmier rue pasteur", &["01"]),
            ("rue pasteur paris", &[]),
            // Without a kind of street it is a name.
            ("pasteur", &["02"]),
            ("gaulle", &[]),
            ("pasteur nice", &["02"]),
            ("rue", &[]),
            ("place du 8 mai 1945", &[METZ]),
            ("12 place du 8 mai, metz", &[METZ]),
            ("place du 9 mai 1945", &[]),
        ],
    );
}

#[test]
fn beginnings_hold_of_one_same_practice() {
    let lyon = place("F990999013", "CABINET UN", ("69003", "LYON"), ("R", "PASTEUR"));
    let paris = place("F990999014", "CLINIQUE DEUX", ("75012", "PARIS"), ("R", "PASTEUR"));
    let mut docs = somebody(0, ("AUBERT", "Anne"), vec![(physician(), &lyon)], "");
    docs.extend(somebody(1, ("BERNARD", "Paul"), vec![(nurse(), &lyon), (physician(), &paris)], ""));
    let (_folder, index) = built(&docs);
    check(
        &index,
        &[
            ("infirmier lyo", &["01"]),
            ("infirmier par", &[]),
            ("médec lyo", &["00"]),
            ("médec pari", &["01"]),
            ("infirmier clini", &[]),
            ("médecin clin", &["01"]),
            ("bernard lyo", &["01"]),
            ("bern clin", &["01"]),
        ],
    );
}

#[test]
fn a_piece_of_an_address_is_found_anywhere_in_it() {
    let (_folder, index) = people(&[
        ("AUBERT", "Anne", "dr.martin.svt@chu-lille.mssante.fr"),
        ("BERNARD", "Paul", "paul.bernard@medecin.mssante.fr"),
        ("MARTIN", "Svetlana", "svetlana@chu-lille.mssante.fr"),
        ("DUPONT", "Jean-Pierre", "jp.dupont@infirmier.mssante.fr"),
        ("SAINT-ETIENNE", "Luc", ""),
    ]);
    check(
        &index,
        &[
            ("chu-lille.mssante.fr", &["00", "02"]),
            ("CHU-Lille.mssante", &["00", "02"]),
            ("lille.mssante.fr", &["00", "02"]),
            ("medecin.mssante.fr", &["01"]),
            ("@chu-li", &["00", "02"]),
            ("@chu-lille.mssante.fr", &["00", "02"]),
            // The name that is made of the same words comes first.
            ("martin.sv", &["02", "00"]),
            ("martin.svt", &["00"]),
            ("dr.martin", &["02", "00"]),
            ("tin.svt@chu", &["00"]),
            ("bernard@medecin.mssante.fr", &["01"]),
            ("paul.bernard", &["01"]),
            ("aul.bern", &["01"]),
            ("bernard.mssante", &[]),
            // Names with a dot.
            ("j.p. dupont", &["03"]),
            ("j.p dupont", &["03"]),
            ("st.etienne", &["04"]),
            ("jean-pierre.dupont", &["03"]),
        ],
    );
}

#[test]
fn a_domain_comes_before_who_begins_so_and_who_holds_it() {
    let (_folder, index) = people(&[
        ("AUBERT", "Anne", "anne@chu-lille.mssante.fr"),
        ("BERNARD", "Paul", "lille.mssante.paul@pro.mssante.fr"),
        ("COLIN", "Zoé", "zoe@lille.mssante"),
        ("LILLE", "Mssante", ""),
    ]);
    check(&index, &[("lille.mssante", &["03", "02", "01", "00"])]);
}

#[test]
fn many_entries_of_one_piece_are_all_found() {
    let docs: Vec<Doc> = (0..700)
        .flat_map(|number| {
            let address = format!("s{number:03}.accueil-{}@pro{}.mssante.fr", number % 2, number % 5);
            documents(&Record::Mailbox(MailboxRecord { sites: vec![], ..mailbox(&address, MailboxType::Org) }))
        })
        .collect();
    let (_folder, index) = built(&docs);
    let total = |q: &str| found(&index, q).len();
    for (q, expected) in [
        (".accueil", 0),
        ("accueil-1.x", 0),
        ("pro1.mss", 140),
        ("pro1.mssante.fr", 140),
        ("00.accu", 7),
        ("s1.accueil", 0),
        ("x.accueil-1", 0),
    ] {
        assert_eq!(total(q), expected, "{q}");
    }
    let local: Vec<Doc> = (0..600)
        .flat_map(|number| {
            documents(&Record::Mailbox(mailbox(&format!("a{number:03}.accueil.b{}@pro.mssante.fr", number % 3), MailboxType::Org)))
        })
        .collect();
    let (_folder, index) = built(&local);
    assert_eq!(found(&index, "accueil.b1").len(), 200);
}

#[test]
fn a_particle_that_is_part_of_a_known_name_is_kept() {
    let (_folder, index) = people(&[
        ("ALI", "Nadia", ""),
        ("BEN ALI", "Karim", ""),
        ("BENALI", "Sara", ""),
        ("BARKI", "Lina", ""),
        ("M'BARKI", "Omar", ""),
        ("MBARKI", "Rita", ""),
        ("SALAH", "Ines", ""),
        ("BEN", "Alice", ""),
    ]);
    check(
        &index,
        &[
            // Whoever is called Ben and Ali… comes last.
            ("ben ali", &["01", "02", "07"]),
            ("ben ali lyon", &["01", "02", "07"]),
            // Monsieur, whoever is called so with an M.
            ("m barki", &["03", "04"]),
            ("m. barki", &["03", "04"]),
            ("m'barki", &["04", "05"]),
            ("barki", &["03", "04"]),
            // Nobody is called so: a particle, a title.
            ("ben salah", &["06"]),
            ("m salah", &["06"]),
            ("m ali", &["00", "01", "07"]),
            ("ben", &["01", "07", "02"]),
            ("ben 69003", &["01", "07", "02"]),
            ("m", &["04", "05"]),
        ],
    );
}

fn suggested(index: &Index, typed: &str) -> Vec<(SuggestionKind, String)> {
    let limits =
        Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates: MAX_CANDIDATES };
    let told = index.reader().suggest(Audience::Public, typed, 8, &limits).unwrap();
    told.into_iter().map(|(suggestion, _)| (suggestion.kind, suggestion.label)).collect()
}

#[test]
fn people_are_suggested_by_their_names_without_particles() {
    let (_folder, index) = people(&[
        ("LE TOURNEUR", "Anne", ""),
        ("TOURNIER", "Bea", ""),
        ("DE LA TOURETTE", "Carl", ""),
        ("TOURAINE", "Dan", ""),
        ("AUBERT-TOURNON", "Eva", ""),
        ("DE TOURVILLE", "Fred", "fred@medecin.mssante.fr"),
        ("DE BRUN", "Gil", ""),
        ("DURAND", "Hans", ""),
    ]);
    for (typed, expected) in [
        (
            "tour",
            &["Fred DE TOURVILLE", "Dan TOURAINE", "Carl DE LA TOURETTE", "Anne LE TOURNEUR", "Bea TOURNIER", "Eva AUBERT-TOURNON"][..],
        ),
        ("t", &["Fred DE TOURVILLE", "Dan TOURAINE", "Carl DE LA TOURETTE", "Anne LE TOURNEUR", "Bea TOURNIER", "Eva AUBERT-TOURNON"]),
        // Who types particles means them.
        (
            "de la tour",
            &["Carl DE LA TOURETTE", "Fred DE TOURVILLE", "Dan TOURAINE", "Anne LE TOURNEUR", "Bea TOURNIER", "Eva AUBERT-TOURNON"],
        ),
        ("du", &["Hans DURAND"]),
    ] {
        let people: Vec<String> = suggested(&index, typed)
            .into_iter()
            .filter(|(kind, _)| *kind == SuggestionKind::Professional)
            .map(|(_, label)| label)
            .collect();
        assert_eq!(people, expected, "{typed}");
    }
    // More than fit: the first of all, whatever stands before their names.
    let many: Vec<(String, &str, &str)> = (0..30)
        .map(|number| {
            let letter = char::from(b'a' + u8::try_from(number % 26).unwrap());
            let particle = ["", "DE ", "LE ", "DE LA "][number % 4];
            (format!("{particle}TOUR{letter}{number:02}").to_uppercase(), "X", "")
        })
        .collect();
    let borrowed: Vec<_> = many.iter().map(|(family, given, address)| (family.as_str(), *given, *address)).collect();
    let (_folder, index) = people(&borrowed);
    let mut expected: Vec<&str> = borrowed.iter().map(|(family, ..)| *family).collect();
    expected.sort_by_key(|family| family.rsplit(' ').next().unwrap().to_owned());
    let found: Vec<String> = suggested(&index, "tou").into_iter().map(|(_, label)| label.trim_start_matches("X ").to_owned()).collect();
    assert_eq!(found, expected[..8]);
}

/// What is typed behind a family name, be it a particle, begins a given name.
#[test]
fn a_given_name_goes_on_behind_the_name() {
    let (_folder, index) = people(&[("MARTIN", "Léo", ""), ("MARTIN", "Anne", ""), ("BEAU-MARTIN", "Zoé", ""), ("DEMARET", "Jo", "")]);
    let first = |typed: &str| suggested(&index, typed).into_iter().next().map(|(_, label)| label);
    assert_eq!(first("martin le").as_deref(), Some("Léo MARTIN"));
    assert_eq!(first("martin a").as_deref(), Some("Anne MARTIN"));
}

#[test]
fn what_is_exactly_typed_is_suggested_before_who_begins_so() {
    let paris = place("F990999014", "CLINIQUE", ("75012", "PARIS"), ("R", "PASTEUR"));
    let parc = place("F990999015", "PARC", ("42000", "SAINT-ETIENNE"), ("R", "PASTEUR"));
    let mut docs = somebody(0, ("PARISOT", "Anne"), vec![(nurse(), &paris)], "");
    docs.extend(somebody(1, ("PARCELIER", "Bea"), vec![(nurse(), &paris)], ""));
    docs.extend(somebody(2, ("CLINIQUE", "Bea"), vec![(coded("60", "Infirmier"), &paris)], ""));
    for site in [paris, parc] {
        docs.extend(documents(&Record::Structure(StructureRecord { site, mailboxes: vec![] })));
    }
    let (_folder, index) = built(&docs);
    let first = |typed: &str| suggested(&index, typed).into_iter().next().unwrap();
    assert_eq!(first("paris"), (SuggestionKind::City, "Paris".to_owned()));
    assert_eq!(first("parc"), (SuggestionKind::Organization, "PARC".to_owned()));
    assert_eq!(first("clinique"), (SuggestionKind::Professional, "Bea CLINIQUE".to_owned()), "who is called so is no beginning");
    assert_eq!(first("par").0, SuggestionKind::Professional);
}
