//! Who may: the role and no other, a second person for large lists, everybody named in the journal, no address in journal, log or metric.

use super::world::{World, account, lenient, refused};
use crate::harness::{Server, TestDirectory, annuaire_in, http, http_with};
use annuaire::audit::AuditQuery;
use annuaire::model::Role;
use annuaire::store::AuditEntry;
use serde_json::{Value, json};
use std::fs::File;
use std::process::Stdio;

const WHY: &str = r#"{"filter": {"professions": ["10"]}, "reason": "Essai", "reference": "ESSAI 1"}"#;

#[tokio::test(flavor = "multi_thread")]
async fn the_role_and_no_other() {
    let world = World::country("", lenient()).await;
    let id = world.made(json!({})).await["id"].as_str().unwrap().to_owned();
    let routes = [
        ("POST", "/v1/alerts/preview".to_owned()),
        ("POST", "/v1/alerts".to_owned()),
        ("GET", "/v1/alerts".to_owned()),
        ("GET", format!("/v1/alerts/{id}")),
        ("POST", format!("/v1/alerts/{id}/confirm")),
        ("GET", format!("/v1/alerts/{id}/list")),
        ("GET", format!("/v1/alerts/{id}/coverage")),
    ];
    let others = [Role::Professionnel, Role::Logiciel, Role::Administrateur, Role::Dpo, Role::Auditeur];
    let mut keys = Vec::new();
    for role in others {
        keys.push(account(&world.directory, role.code(), role, 3).await);
    }
    for (method, path) in &routes {
        for key in &keys {
            assert_eq!(refused(&world.ask(key, method, path, WHY).await), (403, "forbidden".to_owned()), "{method} {path}");
        }
        let nobody = http_with(world.directory.http, method, path, &[], WHY.as_bytes()).await;
        assert_eq!(refused(&nobody), (401, "invalid_credential".to_owned()), "{method} {path}");
        assert_eq!(refused(&world.ask("ann_wrong", method, path, WHY).await).0, 401);
    }
    let journal = world.directory.store.audit_entries(100).await.unwrap();
    assert_eq!(journal.iter().filter(|entry| entry.action.starts_with("alert.")).count(), 1, "nobody else did anything");
}

#[tokio::test(flavor = "multi_thread")]
async fn reasons_are_mandatory() {
    let world = World::country("", lenient()).await;
    let long = "x".repeat(501);
    for (body, field) in [
        (r#"{"reference": "n"}"#.to_owned(), "reason"),
        (r#"{"reason": "r"}"#.to_owned(), "reference"),
        (r#"{"reason": "  ", "reference": "n"}"#.to_owned(), "reason"),
        (format!(r#"{{"reason": "{long}", "reference": "n"}}"#), "reason"),
        (r#"{"reason": "r", "reference": "a\nb"}"#.to_owned(), "reference"),
    ] {
        let answer = world.ask(&world.one, "POST", "/v1/alerts", &body).await;
        assert_eq!((answer.status, answer.json()["field"].as_str()), (400, Some(field)), "{}", answer.text());
    }
    assert_eq!(world.ask(&world.one, "POST", "/v1/alerts/preview", "{}").await.status, 200, "looking takes none");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_list_takes_a_second_person() {
    let mut settings = lenient();
    settings.alerts.confirm_above = 3;
    let world = World::country("", settings).await;
    let preview = world.ask(&world.one, "POST", "/v1/alerts/preview", "{}").await.json();
    assert_eq!(preview["confirmation_required"], true);
    let alert = world.made(json!({})).await;
    assert_eq!(alert["state"], "awaiting_confirmation");
    let path = |rest: &str| format!("/v1/alerts/{}{rest}", alert["id"].as_str().unwrap());
    for key in [&world.one, &world.two] {
        assert_eq!(refused(&world.ask(key, "GET", &path("/list"), "").await), (409, "confirmation_awaited".to_owned()));
        assert_eq!(world.ask(key, "GET", &path("/coverage"), "").await.status, 200, "to decide by");
    }
    let alone = world.ask(&world.one, "POST", &path("/confirm"), "").await;
    assert_eq!(refused(&alone), (403, "second_person_required".to_owned()));
    let confirmed = world.ask(&world.two, "POST", &path("/confirm"), "").await.json();
    assert_eq!((confirmed["state"].as_str(), confirmed["confirmed_by"] != alert["actor"]), (Some("ready"), true));
    let journaled = world.directory.store.audit_entries(1).await.unwrap().remove(0);
    assert_eq!((journaled.action.as_str(), &journaled.detail["recipients"]), ("alert.confirm", &alert["recipients"]));
    assert_eq!((journaled.actor.as_str(), &journaled.detail["sha256"]), (confirmed["confirmed_by"].as_str().unwrap(), &alert["sha256"]));
    assert_eq!(world.ask(&world.one, "GET", &path("/list"), "").await.status, 200);
    assert_eq!(refused(&world.ask(&world.two, "POST", &path("/confirm"), "").await), (409, "nothing_to_confirm".to_owned()));
    let small = world.made(json!({"filter": {"professions": ["50"]}})).await;
    assert_eq!(small["state"], "ready");
    assert_eq!(refused(&world.ask(&world.two, "POST", "/v1/alerts/0123/confirm", "").await).0, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_has_every_act_and_no_address() {
    let world = World::country("", lenient()).await;
    world.ask(&world.one, "POST", "/v1/alerts/preview", r#"{"filter": {"professions": ["10"]}}"#).await;
    let alert = world.made(json!({"filter": {"professions": ["10"]}})).await;
    let id = alert["id"].as_str().unwrap();
    world.list(id, "csv").await;
    world.send(&world.two, "GET", &format!("/v1/alerts/{id}/list"), &[("Range", "bytes=0-9")], "").await;
    // What was sent is what is noted: a range that cannot be read is answered with everything, and some answers send nothing.
    let path = format!("/v1/alerts/{id}/list");
    let whole = world.send(&world.two, "GET", &path, &[("Range", "lines=0-9")], "").await;
    let tag = whole.headers["etag"].clone();
    assert_eq!(whole.status, 200);
    for (method, headers, status) in
        [("HEAD", &[][..], 200), ("GET", &[("If-None-Match", tag.as_str())][..], 304), ("GET", &[("Range", "bytes=9999999-")][..], 416)]
    {
        assert_eq!(world.send(&world.two, method, &path, headers, "").await.status, status, "{method} {headers:?}");
    }
    world.report(id).await;
    let query = AuditQuery { limit: 1_000, ..AuditQuery::default() };
    let found = annuaire::audit::Journal::new(world.directory.store.clone()).search(&query).await.unwrap();
    let acts: Vec<AuditEntry> = found.into_iter().map(|(_, entry)| entry).filter(|entry| entry.action.starts_with("alert.")).collect();
    let told: Vec<&str> = acts.iter().map(|entry| entry.action.as_str()).collect();
    let looks = ["alert.download", "alert.look", "alert.look", "alert.look", "alert.coverage"];
    assert_eq!(told, [&["alert.preview", "alert.create", "alert.download", "alert.download"][..], &looks].concat());
    for entry in &acts {
        let text = serde_json::to_string(entry).unwrap();
        assert!(!text.contains('@') && text.contains("\"professions\":[\"10\"]"), "{text}");
        assert!(!entry.actor.is_empty() && entry.credential == "account" && !entry.source.is_empty() && !entry.request_id.is_empty());
    }
    assert_eq!(acts[1].object, id);
    assert_eq!((&acts[1].detail["sha256"], &acts[1].detail["reference"]), (&alert["sha256"], &json!("ESSAI 1")));
    assert_eq!(acts[1].detail["recipients"], alert["recipients"]);
    assert_eq!((&acts[2].detail["part"], &acts[3].detail["part"]), (&json!(false), &json!(true)));
    assert_eq!((&acts[3].detail["bytes"], &acts[4].detail["part"]), (&json!([0, 9]), &json!(false)));
    assert!(acts[5..8].iter().all(|look| look.detail.get("part").is_none() && look.detail["sha256"] == alert["sha256"]["csv"]));
    assert_ne!(acts[2].actor, acts[3].actor);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_log_and_no_metric_holds_an_address_or_a_filter() {
    let folder = TestDirectory::demo().await.stop().await;
    let printed = annuaire_in(folder.path(), &["account", "add", "dgs", "--role", "autorite-sanitaire"]).success();
    let key = printed.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim().to_owned();
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[log]\nlevel = \"trace\"\n").unwrap();
    let log = folder.path().join("log");
    let more = ["--settings", settings.to_str().unwrap()];
    let server = Server::start(folder.path(), &more, Stdio::from(File::create(&log).unwrap()));
    server.ready().await;
    let web = server.http_address();
    let body = br#"{"filter": {"professions": ["10"], "communes": ["69383", "75112"]}, "reason": "zyxmotif", "reference": "zyxreference"}"#;
    let headers = [("ESANTE-API-KEY", key.as_str())];
    http_with(web, "POST", "/v1/alerts/preview", &headers, body).await;
    let everybody = br#"{"reason": "zyxmotif", "reference": "zyxreference"}"#;
    let alert: Value = http_with(web, "POST", "/v1/alerts", &headers, everybody).await.json();
    let id = alert["id"].as_str().unwrap();
    let list = http_with(web, "GET", &format!("/v1/alerts/{id}/list?format=csv"), &headers, b"").await.text();
    let addresses: Vec<&str> = list.lines().skip(2).collect();
    assert!(addresses.len() > 500);
    let metrics = http(web, "GET", "/metrics", None).await.text().to_lowercase();
    assert_eq!(server.terminate(), Some(0));
    let logged = std::fs::read_to_string(&log).unwrap().to_lowercase();
    for word in addresses.into_iter().chain(["zyxmotif", "zyxreference", "69383"]) {
        assert!(!logged.contains(word) && !metrics.contains(word), "{word}");
    }
}

/// What the duty officer's page says is what works, typed as it stands but for the address.
#[tokio::test(flavor = "multi_thread")]
async fn the_page_of_the_duty_officer_runs() {
    let mut settings = lenient();
    settings.alerts.confirm_above = 1;
    let world = World::around(TestDirectory::demo_with(&settings).await).await;
    let page = std::fs::read_to_string(crate::harness::repository("docs/alerts.md")).unwrap();
    let blocks: Vec<&str> = page.split("```sh\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let script = blocks.into_iter().filter(|block| !block.starts_with("annuaire ")).collect::<Vec<_>>().join("\n");
    let script = script.replace("https://annuaire.exemple.fr", &format!("http://{}", world.directory.http));
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ma-cle"), &world.one).unwrap();
    let mut bash = std::process::Command::new("bash");
    bash.args(["-euc", &script]).current_dir(folder.path()).env("SECONDE_CLE", &world.two);
    let ran = tokio::task::spawn_blocking(move || bash.output().unwrap()).await.unwrap();
    assert!(ran.status.success(), "{}", String::from_utf8_lossy(&ran.stderr));
    let list = std::fs::read_to_string(folder.path().join("liste.csv")).unwrap();
    let head: Value = serde_json::from_str(list.lines().next().unwrap().strip_prefix("# ").unwrap()).unwrap();
    let digest = head["sha256"].as_str().unwrap();
    assert!(head["count"].as_u64() > Some(1) && String::from_utf8_lossy(&ran.stdout).contains(&format!("{digest}  -")));
    assert!(std::fs::read_to_string(folder.path().join("couverture.html")).unwrap().contains("DGS-URGENT 2026-31"));
}
