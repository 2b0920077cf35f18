//! A list is a snapshot: the same bytes whenever it is read, provable by its first line, resumable, and gone after its time.

use super::world::{World, actor, lenient, now};
use crate::country;
use crate::harness::{TestDirectory, annuaire_in};
use annuaire::alert::{AlertRequest, AlertState, Format};
use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::store::MailboxFlags;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

const DAY: i64 = 24 * 3_600;

fn hexadecimal(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_same_bytes_after_everything() {
    let world = World::demo().await;
    let alert = world.made(json!({"filter": {"professions": ["10"]}, "columns": ["address", "family_name"]})).await;
    let id = alert["id"].as_str().unwrap().to_owned();
    let mut first = Vec::new();
    for format in ["csv", "psv", "jsonl"] {
        let list = world.list(&id, format).await;
        let (head, rest) = list.split_once('\n').unwrap();
        let head: Value = serde_json::from_str(head.strip_prefix("# ").unwrap_or(head)).unwrap();
        let head = head.get("alert").unwrap_or(&head);
        assert_eq!((head["id"].as_str(), &head["count"]), (Some(id.as_str()), &alert["recipients"]));
        assert_eq!(head["filter"], json!({"professions": ["10"], "types": ["PER"]}));
        assert_eq!(head["sha256"], hexadecimal(rest.as_bytes()), "{format}");
        assert_eq!(head["sha256"], alert["sha256"][format]);
        assert!(head["created_at"].as_str().unwrap().ends_with('Z'));
        let lines = rest.lines().count() - usize::from(format != "jsonl");
        assert_eq!(alert["recipients"], lines);
        first.push(list);
    }
    // The list of the same question is the same list, but for its first line.
    let again = world.made(json!({"filter": {"professions": ["10"]}, "columns": ["family_name", "address"]})).await;
    assert_eq!(again["sha256"], alert["sha256"]);
    assert_ne!(again["id"], alert["id"]);

    let address = first[2].lines().nth(1).map(|line| serde_json::from_str::<Value>(line).unwrap()["address"].as_str().unwrap().to_owned());
    let frozen = MailboxFlags { frozen: Some(true), ..MailboxFlags::default() };
    let address = Address::parse(&address.unwrap()).unwrap();
    Publication::new(world.directory.store.clone()).flag(&address, frozen, "test", 1_990_000_000).await.unwrap();
    let other = world.made(json!({"filter": {"professions": ["10"]}, "columns": ["address", "family_name"]})).await;
    assert_ne!(other["sha256"], alert["sha256"], "the store is another one now");
    let restarted = World::around(TestDirectory::over(world.directory.stop().await, &lenient()).await).await;
    for (format, first) in ["csv", "psv", "jsonl"].into_iter().zip(first) {
        assert_eq!(restarted.list(&id, format).await, first, "{format}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broken_download_goes_on() {
    let world = World::demo().await;
    let alert = world.made(json!({})).await;
    let path = format!("/v1/alerts/{}/list?format=csv", alert["id"].as_str().unwrap());
    let whole = world.ask(&world.one, "GET", &path, "").await;
    assert_eq!(whole.headers["cache-control"], "private, no-store");
    assert!(whole.headers["content-disposition"].starts_with("attachment"));
    let tag = whole.headers["etag"].clone();
    let half = whole.body.len() / 2;
    let range = format!("bytes={half}-");
    let rest = world.send(&world.one, "GET", &path, &[("Range", &range), ("If-Range", &tag)], "").await;
    assert_eq!((rest.status, rest.headers["content-length"].as_str()), (206, (whole.body.len() - half).to_string().as_str()));
    assert_eq!([&whole.body[..half], &rest.body[..]].concat(), whole.body);
    let other = world.send(&world.one, "GET", &path, &[("Range", &range), ("If-Range", "\"another\"")], "").await;
    assert_eq!((other.status, other.body), (200, whole.body.clone()));
    let beyond = format!("bytes={}-", whole.body.len());
    assert_eq!(world.send(&world.one, "GET", &path, &[("Range", &beyond)], "").await.status, 416);
    assert_eq!(world.send(&world.one, "GET", &path, &[("If-None-Match", &tag)], "").await.status, 304);
}

#[tokio::test(flavor = "multi_thread")]
async fn lists_go_after_thirty_days_and_unconfirmed_ones_after_one() {
    let mut settings = lenient();
    settings.alerts.confirm_above = 2;
    let world = World::country(country::HOSPITAL_LINES, settings.clone()).await;
    let alerts = world.alerts(&settings);
    let why = |request: &str| {
        let request = AlertRequest::parse(request.as_bytes()).unwrap();
        AlertRequest { reason: "r".to_owned(), reference: "n".to_owned(), ..request }
    };
    let small = alerts.create(why(r#"{"filter": {"professions": ["50"]}}"#), &actor("a"), [1; 16], now()).await.unwrap();
    let large = alerts.create(why("{}"), &actor("a"), [2; 16], now()).await.unwrap();
    assert_eq!((small.state, large.state), (AlertState::Ready, AlertState::AwaitingConfirmation));
    let folder = |id: &str| world.directory.data().alerts().join(id);
    assert_eq!(alerts.sweep(now() + DAY / 2).await.unwrap(), 0);
    assert!(folder(&small.id).is_dir() && folder(&large.id).is_dir());
    let late = alerts.confirm(&large.id, &actor("b"), now() + DAY + 1).await.unwrap_err();
    assert_eq!(late.code(), "confirmation_expired");
    assert_eq!(alerts.sweep(now() + DAY + 1).await.unwrap(), 1);
    assert!(folder(&small.id).is_dir() && !folder(&large.id).exists());
    assert!(alerts.file(&small.id, Format::Csv, now() + 30 * DAY - 5).await.is_ok());
    let gone = alerts.file(&small.id, Format::Csv, now() + 30 * DAY + 5).await.unwrap_err();
    assert_eq!(gone.code(), "alert_deleted", "also before the sweep");
    assert_eq!(alerts.sweep(now() + 30 * DAY + 5).await.unwrap(), 1);
    assert!(!folder(&small.id).exists());
    let kept = alerts.get(&small.id).await.unwrap();
    assert_eq!((kept.state, kept.recipients), (AlertState::Deleted, small.recipients), "that it was is still told");
    assert_eq!(alerts.report(&small.id, &actor("a"), now()).await.unwrap_err().code(), "alert_deleted");
    assert_eq!(alerts.confirm(&large.id, &actor("b"), now()).await.unwrap_err().code(), "alert_deleted");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_report_adds_up_and_reads_as_a_page() {
    let world = World::demo().await;
    let alert = world.made(json!({"filter": {"professions": ["10", "60"]}, "fallback_org": true})).await;
    let id = alert["id"].as_str().unwrap();
    let report = world.report(id).await;
    let total = report.coverage.total;
    assert_eq!(total.people, total.reached + total.by_organization + total.suspended + total.without);
    let sum = |of: fn(&annuaire::alert::Counts) -> u64| report.coverage.rows.iter().map(|row| of(&row.counts)).sum::<u64>();
    assert_eq!((sum(|c| c.people), sum(|c| c.reached), sum(|c| c.without)), (total.people, total.reached, total.without));
    assert_eq!(alert["people"], total.people);
    let csv = world.ask(&world.two, "GET", &format!("/v1/alerts/{id}/coverage?format=csv"), "").await.text();
    assert_eq!(csv.lines().count(), report.coverage.rows.len() + 2);
    assert!(csv.lines().last().unwrap().starts_with(&format!("TOTAL;;;;;{};{}", total.people, total.reached)));

    let page = world.ask(&world.one, "GET", &format!("/v1/alerts/{id}/coverage?format=html"), "").await;
    let (text, policy) = (page.text(), page.headers["content-security-policy"].clone());
    assert!(page.headers["content-type"].starts_with("text/html"));
    assert!(!policy.contains("unsafe-inline") && !policy.contains("script-src"), "{policy}");
    let style = text.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next()).unwrap();
    let digest = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, Sha256::digest(style));
    assert!(policy.contains(&format!("style-src 'sha256-{digest}'")), "the policy names the style of the page");
    let expected = format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'");
    assert_eq!(policy, expected);
    assert!(text.starts_with("<!DOCTYPE html>") && text.contains("<html lang=\"fr\">") && text.contains("name=\"viewport\""));
    for loading in ["<script", "<link", "<img", "<iframe", "src=", "href=", "url(", "@import", "http://", "https://", " style="] {
        assert!(!text.contains(loading), "{loading}");
    }
    assert!(style.contains("prefers-color-scheme: dark") && style.contains("@media print"));
    // One heading of the first level, and the others behind it.
    let headings: Vec<&str> =
        text.match_indices("<h").map(|(at, _)| &text[at + 1..at + 3]).filter(|name| name.as_bytes()[1].is_ascii_digit()).collect();
    assert_eq!(headings, ["h1", "h2", "h2", "h2", "h2"]);
    let tables: Vec<&str> = text.split("<table>").skip(1).map(|rest| rest.split("</table>").next().unwrap()).collect();
    assert_eq!(tables.len(), 3);
    for table in &tables {
        assert!(table.starts_with("<caption>") && table.matches("<caption>").count() == 1);
        let heads = table.split("<th").skip(1).filter(|rest| !rest.starts_with("ead"));
        assert!(heads.clone().count() > 3 && heads.clone().all(|rest| rest.starts_with(" scope=\"")), "each head says what it heads");
    }
    // What is to be scrolled can be reached by the keyboard, and has a name.
    assert_eq!(text.matches("tabindex=\"0\" role=\"region\" aria-label=").count(), tables.len());
    assert!(!text.contains("lieu d'exercice connu"), "no place was asked for");
    assert!(text.contains("ESSAI 1") && text.contains("Médecin (10)"));
    let cells = tables[0].split("<tfoot>").nth(1).unwrap().replace('\u{202f}', "");
    assert!(cells.contains(&format!("<td>{}</td><td>{}</td>", total.people, total.reached)), "{cells}");
    let placed = world.made(json!({"filter": {"professions": ["10"], "departments": ["69"]}})).await;
    let unplaced = world.report(placed["id"].as_str().unwrap()).await.coverage.unplaced.unwrap();
    let path = |format: &str| format!("/v1/alerts/{}/coverage?format={format}", placed["id"].as_str().unwrap());
    let page = world.ask(&world.one, "GET", &path("html"), "").await.text();
    let told = format!("{}</strong> de plus n'ont aucun lieu d'exercice connu ({} avec une BAL)", unplaced.people, unplaced.with_mailbox);
    assert!(unplaced.people > 0 && unplaced.with_mailbox > 0 && page.contains(&told), "{unplaced:?}");
    let csv = world.ask(&world.one, "GET", &path("csv"), "").await.text();
    let told = format!("\nSANS_LIEU_CONNU;;;;;{};;;;\nSANS_LIEU_CONNU_AVEC_BAL;;;;;{};;;;\n", unplaced.people, unplaced.with_mailbox);
    assert!(csv.ends_with(&told), "{csv}");
    let escaped = world.ask(&world.one, "POST", "/v1/alerts", r#"{"reason": "<script>x</script>", "reference": "<b>"}"#).await.json();
    let page = world.ask(&world.one, "GET", &format!("/v1/alerts/{}/coverage?format=html", escaped["id"].as_str().unwrap()), "").await;
    assert!(!page.text().contains("<script") && !page.text().contains("<b>"));
}

#[tokio::test(flavor = "multi_thread")]
async fn from_the_command_line_beside_a_server() {
    let world = World::demo().await;
    let folder = world.directory.path().to_owned();
    let key = folder.join("key");
    std::fs::write(&key, format!("{}\n", world.one)).unwrap();
    let key = key.to_str().unwrap();
    let run = |arguments: &[&str]| annuaire_in(&folder, &[&["alert"], arguments, &["--key-file", key]].concat());
    let preview: Value = serde_json::from_str(&run(&["preview", "--profession", "10", "--json"]).success()).unwrap();
    let told = run(&["preview", "--profession", "10", "--reference", "n"]).success();
    assert!(told.contains("adresses") && told.contains("professionnels répondent aux critères") && !told.contains("addresses"), "{told}");
    let made = run(&["create", "--profession", "10", "--columns", "city,address", "--reason", "r", "--reference", "n", "--json"]).success();
    let made: Value = serde_json::from_str(&made).unwrap();
    assert_eq!(made["recipients"], preview["recipients"]);
    let id = made["id"].as_str().unwrap();
    assert!(run(&["list"]).success().contains(id) && run(&["show", id]).success().contains("\"ready\""));
    let list = run(&["download", id, "--format", "psv"]).success();
    assert_eq!(list, world.list(id, "psv").await);
    let out = folder.join("list.csv");
    run(&["download", id, "--out", out.to_str().unwrap()]).success();
    assert_eq!(std::fs::read_to_string(&out).unwrap(), world.list(id, "csv").await);
    run(&["download", id, "--out", out.to_str().unwrap()]).failure(2);
    assert!(run(&["coverage", id, "--format", "html"]).success().contains("<h1>"));
    assert!(run(&["confirm", id]).failure(3).contains("confirmation"));
    run(&["show", "0000"]).failure(4);
    run(&["preview", "--profession", "ZZ"]).failure(1);
    run(&["create", "--columns", "password", "--reason", "r", "--reference", "n"]).failure(2);
    std::fs::write(folder.join("key"), &world.directory.secret).unwrap();
    assert!(run(&["list"]).failure(3).contains("autorite-sanitaire"));
    std::fs::write(folder.join("key"), "ann_nobody").unwrap();
    run(&["list"]).failure(3);
}
