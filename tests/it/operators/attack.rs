//! Two operators that attack each other's mailboxes get nothing and learn nothing; nor do strangers, accounts and worn-out keys.

use super::world::{ELODIE, HOSPITAL, OURS, THEIRS, World, ZOE, now, own, per, refused};
use crate::harness::http_with;
use annuaire::publication::Actor;
use annuaire::trust::NewKey;
use std::time::Duration;

/// What an answer tells, without what differs by nature.
fn told(answer: &crate::harness::HttpAnswer) -> (u16, serde_json::Value) {
    let mut json = answer.json();
    json.as_object_mut().unwrap().remove("request_id");
    (answer.status, json)
}

#[tokio::test(flavor = "multi_thread")]
async fn another_s_mailbox_is_like_none() {
    let world = World::new().await;
    world.send(&world.national, "POST", "/v1/operator/mailboxes", &[], &per(THEIRS, ZOE)).await;
    let red = format!(r#"{{"address":"rouge@medecin.mssante.fr","type":"PER","professional_id":"{ELODIE}","liste_rouge":true}}"#);
    assert_eq!(world.send(&world.national, "POST", "/v1/operator/mailboxes", &[], &red).await.status, 201);
    let before = world.send(&world.national, "GET", &own(THEIRS), &[], "").await;
    for (method, suffix, body) in [
        ("GET", "", ""),
        ("GET", "/history", ""),
        ("PUT", "", r#"{"type":"PER","professional_id":"10999990053"}"#),
        ("PATCH", "", r#"{"phone":"01"}"#),
        ("DELETE", "", ""),
        ("POST", "/suspend", ""),
        ("POST", "/resume", ""),
    ] {
        let mut answers = Vec::new();
        for address in [THEIRS, "rouge@medecin.mssante.fr", "personne@medecin.mssante.fr"] {
            answers.push(told(&world.ask(method, &format!("{}{suffix}", own(address)), body).await));
        }
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{method}{suffix}: {answers:?}");
        assert!(answers[0].0 == 403 || answers[0].0 == 404, "{answers:?}");
    }
    let lines = [THEIRS, "rouge@medecin.mssante.fr", "personne@medecin.mssante.fr"].map(|a| per(a, ELODIE));
    let report = world.batch("/v1/operator/batches", &lines).await.json();
    let codes: Vec<_> = report["lines"].as_array().unwrap().iter().map(|l| l["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["MSS-011"; 3]);
    // A full state is about one's own.
    world.batch("/v1/operator/sync?mode=full&confirm=true", &[per(OURS, ZOE)]).await;
    assert_eq!(world.send(&world.national, "GET", &own(THEIRS), &[], "").await.body, before.body);
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_is_no_operator_hears_one_and_the_same() {
    let world = World::new().await;
    let short = NewKey { id: "short".to_owned(), label: String::new(), expires_at: Some(now() + 1), entropy: [9; 32] };
    let old = world.operators.add_key(HOSPITAL, short, &Actor::from("test"), now()).await.unwrap().1;
    let revoked = super::world::key(&world.operators, HOSPITAL, 8).await;
    world.operators.revoke_key(HOSPITAL, "key-8", &Actor::from("test"), now()).await.unwrap();
    tokio::time::sleep(Duration::from_millis(1_600)).await;
    let unknown = "ann_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8";
    let bearer = |secret: &str| ("Authorization", format!("Bearer {secret}"));
    let key = |secret: &str| ("ESANTE-API-KEY", secret.to_owned());
    let credentials: Vec<Vec<(&str, String)>> = vec![
        vec![],
        vec![key(unknown)],
        vec![bearer(unknown)],
        vec![key("court")],
        vec![key("")],
        vec![("Authorization", "Basic YTpi".to_owned())],
        vec![key(old.reveal())],
        vec![key(&revoked)],
        vec![bearer(&world.directory.secret)],
        vec![key(&world.hospital), bearer(&world.hospital)],
        vec![key(&world.hospital), key(&world.hospital)],
    ];
    for (method, path) in [
        ("GET", "/v1/operator"),
        ("GET", "/v1/operator/mailboxes"),
        ("DELETE", "/v1/operator/mailboxes/a@b.fr"),
        ("GET", "/v1/operator/batches"),
    ] {
        let mut answers = Vec::new();
        for headers in &credentials {
            let headers: Vec<_> = headers.iter().map(|(name, value)| (*name, value.as_str())).collect();
            answers.push(told(&http_with(world.directory.http, method, path, &headers, b"").await));
        }
        assert_eq!(answers[0].0, 401);
        assert_eq!(answers[0].1["code"], "MSS-002");
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{path}: {answers:?}");
    }
    let right =
        http_with(world.directory.http, "GET", "/v1/operator", &[("Authorization", &format!("Bearer {}", world.hospital))], b"").await;
    assert_eq!(right.json()["id"], HOSPITAL);
    assert!(!right.text().contains(&world.hospital) && right.headers["cache-control"].contains("no-store"));
}

#[tokio::test(flavor = "multi_thread")]
async fn administration_takes_the_role() {
    let world = World::new().await;
    for path in ["/v1/admin/operators", "/v1/admin/mailboxes/zoe.rougier@medecin.mssante.fr"] {
        assert_eq!(world.directory.get(path).await.status, 401);
        assert_eq!(refused(&world.directory.get_as_professional(path).await), (403, "forbidden".to_owned()));
        assert_eq!(refused(&world.ask("GET", path, "").await), (403, "forbidden".to_owned()), "an operator is no administrator");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn hostile_bodies_are_refused_and_leave_the_server_up() {
    let world = World::new().await;
    let deep = "[".repeat(60_000);
    let long = format!(r#"{{"address":"{OURS}","type":"PER","professional_id":"{ZOE}","service":"{}"}}"#, "x".repeat(20_000));
    for body in [
        "null",
        "[]",
        r#"[null,"zoe.essai@ch-exempleville.mssante.fr","PER","10999990053"]"#,
        "\"\"",
        "{\"address\":1}",
        "{\"address\":\"a@b.fr\"",
        deep.as_str(),
        "\u{0}",
        long.as_str(),
    ] {
        let answer = world.ask("POST", "/v1/operator/mailboxes", body).await;
        assert_eq!(refused(&answer), (400, "MSS-001".to_owned()), "{}", &body[..body.len().min(40)]);
        assert!(!answer.text().contains("xxxx"));
    }
    let huge = "x".repeat(80_000);
    assert_eq!(refused(&world.ask("POST", "/v1/operator/mailboxes", &huge).await), (413, "body_too_large".to_owned()));
    for path in [
        "/v1/operator/mailboxes?dry_run=peut-etre",
        "/v1/operator/mailboxes?couleur=rouge",
        "/v1/operator/mailboxes?dry_run=true&dry_run=true",
    ] {
        assert_eq!(world.ask("POST", path, &per(OURS, ZOE)).await.status, 400, "{path}");
    }
    for batch in ["\n\n", "{}\n[]\nnull\n\"x\"", "\u{feff}"] {
        let answer = world.batch("/v1/operator/batches", &[batch.to_owned()]).await;
        assert!(answer.status == 400 || answer.json()["counters"]["created"] == 0, "{}", answer.text());
    }
    assert_eq!(world.ask("GET", "/v1/operator", "").await.status, 200);
}

/// Whoever only the extraction names is shown with a mailbox or not at all: known and not shown would mean that one is hidden.
#[tokio::test(flavor = "multi_thread")]
async fn who_is_known_by_a_hidden_mailbox_alone_is_unknown_to_operators() {
    let world = World::new().await;
    let told_of = async |holder: &str| {
        let body = format!(r#"{{"address":"{OURS}","type":"PER","professional_id":"{holder}","family_name":"INCONNUE"}}"#);
        told(&world.ask("POST", "/v1/operator/mailboxes?dry_run=true", &body).await)
    };
    let unknown = told_of("10999999999").await;
    assert_eq!(unknown.1["code"], "MSS-020");
    assert_eq!(told_of("10999990079").await, unknown);
}
