//! Batches, deltas, full states: carried out once, in order, told line by line.

use super::world::{ELODIE, NURSE, OURS, World, ZOE, own, per, refused, text};

fn line(n: usize, more: &str) -> String {
    format!(r#"{{"address":"m{n}@ch-exempleville.mssante.fr","type":"PER","professional_id":"{ZOE}"{more}}}"#)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_takes_its_lines_in_order() {
    let world = World::new().await;
    let named = |operation: &str, more: &str| format!(r#"{{"operation":"{operation}","address":"{OURS}"{more}}}"#);
    let lines = [
        per(OURS, ZOE),
        named("update", r#","phone":"01""#),
        named("suspend", ""),
        named("resume", ""),
        named("create", &format!(r#","type":"PER","professional_id":"{ZOE}""#)),
        named("delete", ""),
        named("delete", ""),
        per(OURS, ZOE),
        "pas du JSON".to_owned(),
        per("a@medecin.mssante.fr", ELODIE),
    ];
    let report = world.batch("/v1/operator/batches", &lines).await;
    assert_eq!(report.status, 200, "{}", report.text());
    let report = report.json();
    let counters = &report["counters"];
    let count = |name: &str| counters[name].as_u64().unwrap();
    assert_eq!([count("received"), count("created"), count("updated"), count("deleted"), count("rejected")], [10, 2, 3, 1, 4], "{report}");
    let told: Vec<_> = report["lines"].as_array().unwrap().iter().map(|l| (l["line"].as_u64().unwrap(), text(l, "/code"))).collect();
    assert_eq!(told, [(5, "MSS-050"), (7, "MSS-052"), (9, "MSS-001"), (10, "MSS-011")]);
    assert_eq!(world.ask("GET", &own(OURS), "").await.json()["phone"], "", "the last line made it anew");
    let csv = world.ask("GET", &format!("/v1/operator/batches/{}?format=csv", text(&report, "/id")), "").await;
    assert!(csv.text().starts_with("line;address;operation;outcome;code;message;field\r\n5;"), "{}", csv.text());
    let theirs = world.send(&world.national, "GET", &format!("/v1/operator/batches/{}", text(&report, "/id")), &[], "").await;
    assert_eq!(refused(&theirs), (404, "not_found".to_owned()), "a batch is its operator's");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_large_batch_is_a_job_that_can_be_followed_and_cancelled() {
    let world = World::new().await;
    let lines: Vec<String> = (0..1_200).map(|n| line(n, "")).collect();
    let sent = world.batch("/v1/operator/batches", &lines).await;
    assert_eq!(sent.status, 202, "{}", sent.text());
    let place = sent.headers["location"].clone();
    assert_eq!(world.ask("GET", &place, "").await.json()["total"], 1_200, "told before it is done");
    let report = world.done(&place).await;
    assert_eq!((report["total"].as_u64(), report["counters"]["created"].as_u64()), (Some(1_200), Some(1_200)));
    assert_eq!(refused(&world.ask("DELETE", &place, "").await), (409, "batch_ended".to_owned()));
    // A second page follows the first.
    let page = world.ask("GET", "/v1/operator/mailboxes?limit=1000", "").await.json();
    let next = text(&page, "/next").to_owned();
    let rest = world.ask("GET", &format!("/v1/operator/mailboxes?limit=1000&after={next}"), "").await.json();
    assert_eq!((page["items"].as_array().unwrap().len(), rest["items"].as_array().unwrap().len()), (1_000, 200));

    let lines: Vec<String> = (0..20_000).map(|n| line(n, r#","phone":"02""#)).collect();
    let place = world.batch("/v1/operator/batches", &lines).await.headers["location"].clone();
    let cancelled = world.ask("DELETE", &place, "").await.json();
    let done = cancelled["done"].as_u64().unwrap();
    assert_eq!(cancelled["state"], "cancelled");
    assert!(done < 20_000);
    tokio::time::sleep(std::time::Duration::from_millis(700)).await;
    let after = world.ask("GET", &place, "").await.json();
    assert_eq!(after["done"].as_u64(), Some(done), "nothing moves any more");
    assert_eq!(after["counters"]["received"].as_u64(), Some(done));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delta_is_carried_out_once() {
    let world = World::new().await;
    let delta = |sequence: u32, lines: Vec<String>| {
        let world = &world;
        async move { world.batch(&format!("/v1/operator/sync?mode=delta&sequence={sequence}"), &lines).await }
    };
    let first = delta(3, vec![line(1, ""), line(2, "")]).await;
    assert_eq!(first.status, 200, "{}", first.text());
    world.ask("DELETE", &own("m1@ch-exempleville.mssante.fr"), "").await;
    let again = delta(3, vec![line(1, ""), line(2, "")]).await;
    assert_eq!(first.body, again.body, "the same report, and nothing done again");
    assert_eq!(world.ask("GET", &own("m1@ch-exempleville.mssante.fr"), "").await.status, 404);
    assert_eq!(refused(&delta(3, vec![line(1, "")]).await), (422, "MSS-070".to_owned()));
    assert_eq!(refused(&delta(2, vec![line(1, "")]).await), (422, "MSS-070".to_owned()));
    assert_eq!(delta(4, vec![line(3, "")]).await.json()["counters"]["created"], 1);
    assert_eq!(world.ask("GET", "/v1/operator/sync", "").await.json()["last_sequence"], 4);
    for path in
        ["/v1/operator/sync?mode=delta", "/v1/operator/sync?mode=full&sequence=1", "/v1/operator/sync?mode=tout", "/v1/operator/sync"]
    {
        assert_eq!(world.batch(path, &[line(1, "")]).await.status, 400, "{path}");
    }
    // Another operator counts for itself.
    let theirs = world
        .send(
            &world.national,
            "POST",
            "/v1/operator/sync?mode=delta&sequence=1",
            &[("Content-Type", "application/x-ndjson")],
            &per("a@infirmier.mssante.fr", NURSE),
        )
        .await;
    assert_eq!(theirs.status, 200, "{}", theirs.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_state_deletes_what_it_does_not_hold_and_nothing_of_others() {
    let world = World::new().await;
    let theirs = per("a@infirmier.mssante.fr", NURSE);
    world.send(&world.national, "POST", "/v1/operator/mailboxes", &[], &theirs).await;
    let state = |range: std::ops::Range<usize>| range.map(|n| line(n, "")).collect::<Vec<_>>();
    assert_eq!(world.batch("/v1/operator/sync?mode=full", &state(0..20)).await.json()["counters"]["created"], 20);
    let guarded = world.batch("/v1/operator/sync?mode=full", &state(0..17)).await;
    assert_eq!(refused(&guarded), (409, "MSS-071".to_owned()));
    let tenth = world.batch("/v1/operator/sync?mode=full", &state(0..18)).await.json();
    assert_eq!((tenth["counters"]["unchanged"].as_u64(), tenth["counters"]["deleted"].as_u64()), (Some(18), Some(2)), "{tenth}");
    let dry = world.batch("/v1/operator/sync?mode=full&confirm=true&dry_run=true", &state(0..1)).await.json();
    assert_eq!(dry["counters"]["deleted"], 17);
    assert_eq!((dry["lines"].as_array().unwrap().len(), text(&dry, "/lines/0/outcome")), (17, "deleted"), "which ones is told");
    let confirmed = world.batch("/v1/operator/sync?mode=full&confirm=true", &state(0..9)).await.json();
    assert_eq!(confirmed["counters"]["deleted"], 9);
    // A wrong line deletes nothing that it names; one that cannot be read makes the whole unreadable.
    let mut wrong = state(0..9);
    wrong[8] = line(8, r#","couleur":"rouge""#);
    let wrong = world.batch("/v1/operator/sync?mode=full", &wrong).await.json();
    assert_eq!((wrong["counters"]["rejected"].as_u64(), wrong["counters"]["deleted"].as_u64()), (Some(1), Some(0)), "{wrong}");
    let mut unreadable = state(0..8);
    unreadable.push("{".to_owned());
    assert_eq!(refused(&world.batch("/v1/operator/sync?mode=full", &unreadable).await), (400, "MSS-001".to_owned()));
    let mut acts = state(0..8);
    acts.push(r#"{"operation":"delete","address":"m8@ch-exempleville.mssante.fr"}"#.to_owned());
    assert_eq!(world.batch("/v1/operator/sync?mode=full", &acts).await.json()["counters"]["rejected"], 1);
    let others = world.send(&world.national, "GET", "/v1/operator/mailboxes", &[], "").await.json();
    assert_eq!(others["items"].as_array().unwrap().len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_under_a_key_is_one_batch() {
    let world = World::new().await;
    let headers = [("Content-Type", "application/x-ndjson"), ("Idempotency-Key", "lot-1")];
    let first = world.send(&world.hospital, "POST", "/v1/operator/batches", &headers, &line(1, "")).await;
    let again = world.send(&world.hospital, "POST", "/v1/operator/batches", &headers, &line(1, "")).await;
    assert_eq!((first.json(), again.headers["idempotency-replayed"].as_str()), (again.json(), "true"));
    let other = world.send(&world.hospital, "POST", "/v1/operator/batches", &headers, &line(2, "")).await;
    assert_eq!(refused(&other), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(world.ask("GET", "/v1/operator/batches", "").await.json()["items"].as_array().unwrap().len(), 1);
    for (kind, status) in [("application/json", 415), ("text/plain", 415)] {
        let sent = world.send(&world.hospital, "POST", "/v1/operator/batches", &[("Content-Type", kind)], &line(1, "")).await;
        assert_eq!(sent.status, status);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn batches_of_one_operator_keep_their_order_within_a_second() {
    let world = World::new().await;
    let act = |operation: &str| {
        let line = |n: usize| match operation {
            "delete" => format!(r#"{{"operation":"delete","address":"m{n}@ch-exempleville.mssante.fr"}}"#),
            _ => line(n, ""),
        };
        (0..600).map(line).collect::<Vec<_>>()
    };
    let mut place = String::new();
    for (sequence, operation) in (1..).zip(["put", "delete", "put", "delete"]) {
        let sent = world.batch(&format!("/v1/operator/sync?mode=delta&sequence={sequence}"), &act(operation)).await;
        place = sent.headers["location"].clone();
    }
    world.done(&place).await;
    let batches = world.ask("GET", "/v1/operator/batches", "").await.json();
    let rejected: Vec<_> = batches["items"].as_array().unwrap().iter().map(|b| b["counters"]["rejected"].as_u64().unwrap()).collect();
    assert_eq!(rejected, [0; 4], "{batches}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_cannot_be_read_says_why() {
    let world = World::new().await;
    let csv = async |text: &str| world.send(&world.hospital, "POST", "/v1/operator/batches", &[("Content-Type", "text/csv")], text).await;
    let report = csv("address;type;rank\na@ch-exempleville.mssante.fr;PER\nb@ch-exempleville.mssante.fr;PER;deux").await.json();
    assert_eq!((text(&report, "/lines/0/message"), text(&report, "/lines/1/field")), ("2 cellule(s) au lieu de 3", "rank"), "{report}");
    for body in ["address;address\na;b", "address;service\na;\"ouvert\nb;x"] {
        assert_eq!(refused(&csv(body).await), (400, "MSS-001".to_owned()), "{body}");
    }
    let keyed = [("Content-Type", "application/x-ndjson"), ("Idempotency-Key", "")];
    let sent = world.send(&world.hospital, "POST", "/v1/operator/batches", &keyed, &line(1, "")).await;
    assert_eq!(refused(&sent), (400, "invalid_idempotency_key".to_owned()));
    let twice = [line(1, ""), line(2, ""), line(1, "")];
    let full = world.batch("/v1/operator/sync?mode=full", &twice).await;
    assert!(text(&full.json(), "/detail").contains("lignes 1 et 3"), "{}", full.text());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_does_not_undo_what_was_written_after_it_was_received() {
    let world = World::new().await;
    let address = "m1499@ch-exempleville.mssante.fr";
    world.ask("POST", "/v1/operator/mailboxes", &line(1_499, "")).await;
    let lines: Vec<String> = (0..1_500).map(|n| line(n, r#","liste_rouge":false"#)).collect();
    let sent = world.batch("/v1/operator/batches", &lines).await;
    assert_eq!(sent.status, 202);
    let red = world.ask("PATCH", &own(address), r#"{"liste_rouge":true}"#).await;
    assert_eq!(red.status, 200);
    let report = world.done(&sent.headers["location"]).await;
    assert_eq!(world.ask("GET", &own(address), "").await.json()["liste_rouge"], true, "the later word stands");
    assert_eq!((text(&report, "/lines/0/code"), report["lines"][0]["line"].as_u64()), ("changed", Some(1_500)), "{report}");
}
