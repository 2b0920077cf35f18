//! What operators deposit: read strictly, their own mailboxes only, once; three months later sums by month and no address.

use super::figures::{DAY, indicators, kept};
use crate::country;
use crate::operators::world::{HOSPITAL, World, now, refused};
use annuaire::model::{Address, OperatorState};
use annuaire::publication::Publication;
use annuaire::store::MailboxFlags;

const OWN: &str = "cabinet.cardio@ch-exempleville.mssante.fr";
/// Known from the extraction, in the operator's domain.
const EXTRACTED: &str = "camille.doublet@ch-exempleville.mssante.fr";

async fn world() -> World {
    let world = World::new().await;
    let lines = country::HOSPITAL_LINES.as_bytes();
    Publication::new(world.directory.store.clone()).load_lines(HOSPITAL, lines, "test", now()).await.unwrap();
    world.directory.settle().await;
    world
}

fn line(address: &str, at: i64, direction: &str, size: i64) -> String {
    let at = jiff::Timestamp::from_second(at).unwrap();
    format!(r#"{{"address":"{address}","at":"{at}","direction":"{direction}","size":{size}}}"#)
}

async fn deposit(world: &World, body: &str, more: &[(&str, &str)]) -> crate::harness::HttpAnswer {
    let media = [("Content-Type", "application/x-ndjson")];
    world.send(&world.hospital, "POST", "/v1/operator/exchanges", &[&media, more].concat(), body).await
}

async fn rows(world: &World) -> i64 {
    let mut connection = annuaire::store::sqlite::writer_connection(&world.directory.data().database()).await.unwrap();
    sqlx::query_scalar("SELECT count(*) FROM exchange").fetch_one(&mut connection).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_deposit_counts_once_and_is_taken_whole_or_not_at_all() {
    let world = world().await;
    let body = [line(OWN, now() - 60, "sent", 1_200), line(EXTRACTED, now() - 50, "received", 0)].join("\n");
    let first = deposit(&world, &body, &[]).await;
    assert_eq!((first.status, first.json()), (200, serde_json::json!({ "lines": 2, "repeated": false })), "{}", first.text());
    assert_eq!(deposit(&world, &body, &[]).await.json(), serde_json::json!({ "lines": 2, "repeated": true }));
    assert_eq!(rows(&world).await, 2);
    let keyed = line(OWN, now() - 40, "sent", 5);
    for repeated in [false, true] {
        let answer = deposit(&world, &keyed, &[("Idempotency-Key", "un")]).await;
        assert_eq!(answer.json()["repeated"], repeated, "{}", answer.text());
    }
    let reused = deposit(&world, &body, &[("Idempotency-Key", "un")]).await;
    assert_eq!(refused(&reused), (422, "idempotency_key_reused".to_owned()));
    let csv = format!("address;at;direction;size\n{OWN};2099-01-01T00:00:00Z;sent;1\n");
    let late = world.send(&world.hospital, "POST", "/v1/operator/exchanges", &[("Content-Type", "text/csv")], &csv).await;
    assert_eq!((refused(&late), late.json()["field"].as_str()), ((400, "MSS-001".to_owned()), Some("at")));
    assert!(late.text().contains("ligne 2"), "{}", late.text());
    let csv = csv.replace("2099-01-01T00:00:00Z", &jiff::Timestamp::from_second(now() - 30).unwrap().to_string());
    let taken = world.send(&world.hospital, "POST", "/v1/operator/exchanges", &[("Content-Type", "text/csv")], &csv).await;
    assert_eq!(taken.status, 200, "{}", taken.text());
    assert_eq!(rows(&world).await, 4);
    let good = line(OWN, now() - 20, "sent", 1);
    let document = serde_json::to_value(annuaire::rest::openapi()).unwrap();
    let documented = &document["paths"]["/v1/operator/exchanges"]["post"]["responses"];
    for other in ["404", "409", "410", "412"] {
        assert!(documented.get(other).is_none(), "{other} is never answered");
    }
    for (bad, code, field) in [
        (line("elodie.martin@medecin.mssante.fr", now(), "sent", 1), "MSS-052", Some("address")),
        (line("inconnue@ch-exempleville.mssante.fr", now(), "sent", 1), "MSS-052", Some("address")),
        (line("pas une adresse", now(), "sent", 1), "MSS-001", Some("address")),
        (line(OWN, now(), "both", 1), "MSS-001", Some("direction")),
        (line(OWN, now(), "sent", -1), "MSS-001", Some("size")),
        (line(OWN, now() - 100 * DAY, "sent", 1), "MSS-070", Some("at")),
        (r#"{"address":"x"}"#.to_owned(), "MSS-001", None),
        ("[1]".to_owned(), "MSS-001", None),
        (good.replace("size", "subject"), "MSS-001", None),
    ] {
        let answer = deposit(&world, &format!("{good}\n\n{bad}\n"), &[]).await;
        let json = answer.json();
        assert_eq!((json["code"].as_str(), json["field"].as_str()), (Some(code), field), "{bad}: {json}");
        assert!(json["detail"].as_str().unwrap().contains("ligne 3"), "{json}");
        let described = documented[answer.status.to_string()]["description"].as_str();
        assert!(described.is_some_and(|text| text.contains(code)), "{}: {code} is described as {described:?}", answer.status);
    }
    assert_eq!(refused(&deposit(&world, "\n", &[]).await), (400, "MSS-001".to_owned()));
    assert_eq!(rows(&world).await, 4, "nothing of what was refused");
    // Who is not an operator, or not in force.
    let stranger = crate::harness::http_with(world.directory.http, "POST", "/v1/operator/exchanges", &[], b"x").await;
    assert_eq!(refused(&stranger), (401, "MSS-002".to_owned()));
    world.state(HOSPITAL, OperatorState::Suspendu).await;
    assert_eq!(refused(&deposit(&world, &good, &[]).await), (403, "MSS-003".to_owned()));
    let journal = world.directory.store.audit_entries(100).await.unwrap();
    let deposits: Vec<_> = journal.iter().filter(|entry| entry.action == "exchanges.deposit").collect();
    assert_eq!(deposits.len(), 3);
    assert!(deposits.iter().all(|entry| !format!("{entry:?}").contains(OWN) && entry.object == HOSPITAL), "{deposits:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn after_three_months_sums_are_left_and_no_address() {
    let world = world().await;
    let store = &world.directory.store;
    let mut lines = String::new();
    for number in 0..6 {
        let created = format!(
            r#"{{"address":"org-{number}@ch-exempleville.mssante.fr","type":"ORG","structure_id":"F990999013","responsible":"Responsable Caché","description":"D{number}"}}"#
        );
        Publication::new(store.clone()).load_lines(HOSPITAL, created.as_bytes(), "test", now()).await.unwrap();
        for size in [10, 20] {
            lines += &line(&format!("org-{number}@ch-exempleville.mssante.fr"), now() - 60, "sent", size);
            lines.push('\n');
        }
    }
    // Two whom the public is not shown: one is red by then.
    lines += &line("rouge.depuis-toujours@ch-exempleville.mssante.fr", now() - 60, "sent", 1_000);
    lines.push('\n');
    lines += &line(OWN, now() - 60, "sent", 5_000);
    assert_eq!(deposit(&world, &lines, &[]).await.status, 200);
    let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
    Publication::new(store.clone()).flag(&Address::parse(OWN).unwrap(), flags, "test", now()).await.unwrap();
    world.directory.settle().await;
    let indicators = indicators(&world.directory);
    assert_eq!(indicators.anonymise(now() + 50 * DAY).await.unwrap(), 0, "kept as it came");
    assert_eq!(rows(&world).await, 14);
    let later = now() + 95 * DAY;
    assert_eq!(indicators.anonymise(later).await.unwrap(), 14);
    assert_eq!(indicators.anonymise(later).await.unwrap(), 0);
    assert_eq!(rows(&world).await, 0);
    let months = store.exchange_months().await.unwrap();
    let of = |shown: bool| months.iter().filter(move |m| m.shown == shown).map(|m| (m.messages, m.bytes, m.active_mailboxes));
    assert_eq!(of(true).collect::<Vec<_>>(), [(12, 180, 6)]);
    assert_eq!(of(false).collect::<Vec<_>>(), [(2, 6_000, 2)]);
    let journal = store.audit_entries(20).await.unwrap();
    let entry = journal.iter().find(|entry| entry.action == "exchanges.anonymise").unwrap();
    assert_eq!((entry.object.as_str(), entry.detail["rows"].as_i64()), (months[0].month.as_str(), Some(14)));
    indicators.build(later).await.unwrap();
    let month = &months[0].month;
    let public = kept(&world.directory, "public").await;
    assert!(public.contains(&format!("{month} national  messages_sent Some(12)")), "{public:?}");
    assert!(public.contains(&format!("{month} operator {HOSPITAL} bytes_sent Some(180)")), "{public:?}");
    assert!(kept(&world.directory, "full").await.contains(&format!("{month} national  messages_sent Some(14)")));
    let page = world.directory.get("/indicateurs").await.text();
    assert!(page.contains("Messages échangés"));
    // Few are hidden, with what they exchanged.
    let one = line(OWN, later - 60, "received", 7);
    let receipt = annuaire::indicators::Exchanges::new(store.clone());
    let operator = store.operator(HOSPITAL).await.unwrap().unwrap();
    let actor = annuaire::publication::Actor::from("test");
    receipt.deposit(&operator, annuaire::indicators::Format::JsonLines, one.as_bytes(), None, &actor, later).await.unwrap();
    indicators.anonymise(later + 95 * DAY).await.unwrap();
    indicators.build(later + 95 * DAY).await.unwrap();
    let full = kept(&world.directory, "full").await;
    assert!(full.iter().any(|row| row.ends_with("messages_received None")), "{full:?}");
    assert!(!full.iter().any(|row| row.contains("messages_received Some")), "{full:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn how_long_ago_an_operator_sent_something_is_for_the_authority() {
    let world = World::new().await;
    let indicators = indicators(&world.directory);
    let ages = async |later: i64| {
        indicators.build(now() + later * DAY).await.unwrap();
        let public = kept(&world.directory, "public").await;
        assert!(!public.iter().any(|row| row.contains("age_of_feed_days")), "what is hidden moves no public figure");
        let full = kept(&world.directory, "full").await;
        full.into_iter().filter(|row| row.contains("age_of_feed_days")).collect::<Vec<_>>()
    };
    assert_eq!(ages(0).await, Vec::<String>::new(), "nobody sent anything yet");
    let line = r#"{"address":"feed@ch-exempleville.mssante.fr","type":"ORG","structure_id":"F990999013","responsible":"R C","description":"D","liste_rouge":true}"#;
    let report = world.batch("/v1/operator/batches", &[line.to_owned()]).await;
    assert_eq!(report.status, 200, "{}", report.text());
    let today = ages(0).await;
    assert!(today.len() == 1 && today[0].ends_with(&format!("operator {HOSPITAL} age_of_feed_days Some(0)")), "{today:?}");
    let later = ages(30).await.pop().unwrap();
    // An hour more or less in France makes a day at midnight.
    assert!(["Some(29)", "Some(30)"].iter().any(|age| later.ends_with(age)), "{later}");
}
