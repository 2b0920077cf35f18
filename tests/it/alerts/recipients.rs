//! Which address of whom: the preferred, all, the structure's; and the mailboxes that no list ever holds.

use super::world::{World, lenient};
use crate::country::HOSPITAL_OPERATOR;
use annuaire::model::{Address, OperatorState};
use annuaire::publication::{Actor, Publication};
use annuaire::settings::Settings;
use annuaire::store::MailboxFlags;
use annuaire::trust::Operators;
use serde_json::json;

/// Élodie has several; two share a practice; one was never opened; the others may not be written to.
const LINES: &str = r#"{"address":"second@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990012","rank":2}
{"address":"first@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990012","rank":1}
{"address":"cabinet@ch-exempleville.mssante.fr","type":"CAB","holders":["810999990046","810999990020"],"structure_id":"F990999013"}
{"address":"jamais-ouverte@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990061","state":"unopened"}
{"address":"suspendue@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990061","state":"suspended"}
{"address":"appli@ch-exempleville.mssante.fr","type":"APP","structure_id":"F990999013","responsible":"Responsable Caché","description":"Dossier patient"}
{"address":"essai@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990061","test":true}
{"address":"rouge@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990053","liste_rouge":true,"rank":1}
"#;

const ELODIE: &str = "elodie.martin@medecin.mssante.fr";
const SECRETARIAT: &str = "secretariat.cardiologie@ch-exempleville.mssante.fr";

#[tokio::test(flavor = "multi_thread")]
async fn the_preferred_all_or_the_structures() {
    let world = World::country(LINES, lenient()).await;
    let doctors = json!({"professions": ["10"], "structures": ["990999013"]});
    assert_eq!(
        world.addresses(json!({"filter": doctors})).await,
        ["first@ch-exempleville.mssante.fr", "camille.doublet@ch-exempleville.mssante.fr"]
    );
    assert_eq!(
        world.addresses(json!({"filter": doctors, "choice": "all"})).await,
        ["first@ch-exempleville.mssante.fr", "second@ch-exempleville.mssante.fr", ELODIE, "camille.doublet@ch-exempleville.mssante.fr"]
    );
    // Without a rank the one that changed last; then the first by address.
    let flags = MailboxFlags { zero_papier: Some(Some(true)), ..MailboxFlags::default() };
    let publication = Publication::new(world.directory.store.clone());
    world.publish(r#"{"address":"a-cote@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990020"}"#).await;
    let nurse = json!({"filter": {"professions": ["60"], "communes": ["75112"]}});
    let preferred = world.addresses(nurse.clone()).await;
    assert_eq!(preferred[0], "a-cote@ch-exempleville.mssante.fr", "published after the other was imported");
    publication.flag(&Address::parse("elodie.martin@infirmier.mssante.fr").unwrap(), flags, "test", 1_990_000_000).await.unwrap();
    assert_eq!(world.addresses(nurse).await[0], "elodie.martin@infirmier.mssante.fr");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shared_address_has_one_line_and_says_for_how_many() {
    let world = World::country(LINES, lenient()).await;
    let columns = json!(["people", "professional_id", "type", "address"]);
    let lines = world.lines(json!({"filter": {"professions": ["60", "10"], "types": ["CAB"]}, "columns": columns})).await;
    assert_eq!(
        lines,
        [json!({"address": "cabinet@ch-exempleville.mssante.fr", "type": "CAB", "professional_id": "810999990020", "people": 2})]
    );
    // Whoever has nothing of the types asked for is written to at the hospital's, once for all of them.
    let lines =
        world.lines(json!({"filter": {"types": ["CAB"], "structures": ["F990999013"]}, "fallback_org": true, "columns": columns})).await;
    assert_eq!(
        lines,
        [
            json!({"address": SECRETARIAT, "type": "ORG", "professional_id": "810999990012", "people": 2}),
            json!({"address": "cabinet@ch-exempleville.mssante.fr", "type": "CAB", "professional_id": "810999990046", "people": 1}),
        ]
    );
    let lines = world.lines(json!({"filter": {"types": ["ORG"], "departments": ["69"]}, "columns": columns})).await;
    assert_eq!(lines, [json!({"address": SECRETARIAT, "type": "ORG", "professional_id": "", "people": 0})]);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_may_not_be_written_to_is_in_no_list_and_counts_as_it_should() {
    let world = World::country(LINES, lenient()).await;
    let everything = json!({"filter": {"types": ["PER", "CAB", "ORG"]}, "choice": "all", "fallback_org": true});
    let all = world.addresses(everything.clone()).await;
    for never in ["jamais-ouverte", "suspendue", "appli", "essai"] {
        assert!(!all.iter().any(|address| address.starts_with(never)), "{never}");
    }
    assert!(all.contains(&"rouge@ch-exempleville.mssante.fr".to_owned()), "the policy's default");
    let alert = world.made(json!({"filter": {"professions": ["10"]}})).await;
    let counts = world.report(alert["id"].as_str().unwrap()).await.coverage.total;
    assert_eq!((counts.suspended, counts.without), (1, 0), "Luc has closed mailboxes only: {counts:?}");

    let publication = Publication::new(world.directory.store.clone());
    let frozen = MailboxFlags { frozen: Some(true), ..MailboxFlags::default() };
    publication.flag(&Address::parse("first@ch-exempleville.mssante.fr").unwrap(), frozen, "test", 1_990_000_000).await.unwrap();
    assert!(!world.addresses(everything.clone()).await.contains(&"first@ch-exempleville.mssante.fr".to_owned()));
    let operators = Operators::new(world.directory.store.clone());
    operators.set_state(HOSPITAL_OPERATOR, OperatorState::Suspendu, &Actor::from("test"), 1_990_000_000).await.unwrap();
    let left = world.addresses(everything).await;
    assert!(!left.is_empty() && !left.iter().any(|address| address.ends_with("@ch-exempleville.mssante.fr")), "{left:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn red_ones_are_in_exactly_when_the_policy_says_so_and_marked_nowhere() {
    let world = World::country(LINES, lenient()).await;
    let request = json!({
        "filter": {}, "choice": "all",
        "columns": ["address", "type", "professional_id", "family_name", "given_name", "profession", "specialties", "structure_id",
            "structure_name", "city", "postal_code", "department", "region", "people"],
    });
    let with: Vec<String> = world.lines(request.clone()).await.iter().map(ToString::to_string).collect();
    let all: String = with.concat();
    assert!(!all.contains("rouge\"") && !all.contains("red"), "no mark: {all}");
    let directory = world.directory.stop().await;
    let mut settings: Settings = lenient();
    settings.alerts.liste_rouge = false;
    let without = World::around(crate::harness::TestDirectory::over(directory, &settings).await).await;
    let lines: Vec<String> = without.lines(request).await.iter().map(ToString::to_string).collect();
    let gone: Vec<&String> = with.iter().filter(|line| !lines.contains(line)).collect();
    assert!(gone.len() == 1 && gone[0].contains("rouge@ch-exempleville"), "{gone:?}");
    assert_eq!(with.iter().filter(|line| !gone.contains(line)).collect::<Vec<_>>(), lines.iter().collect::<Vec<_>>());
    // Zoé has another; turned red too, she counts like whoever has none.
    let red = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
    let publication = Publication::new(without.directory.store.clone());
    publication.flag(&Address::parse("zoe.rougier@medecin.mssante.fr").unwrap(), red, "test", 1_990_000_000).await.unwrap();
    let alert = without.made(json!({"filter": {"professions": ["50"]}})).await;
    let counts = without.report(alert["id"].as_str().unwrap()).await.coverage.total;
    assert_eq!((counts.people, counts.without), (1, 1), "{counts:?}");
}
