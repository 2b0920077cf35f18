//! Every code of reference §3.3, for each type of mailbox it may meet, by all three ways in: alone, as a JSON line, as a CSV row.

use super::world::{ELODIE, HOSPITAL, NATIONAL, NURSE, OURS, THEIRS, World, ZOE, now, own, per, refused, text};
use annuaire::model::OperatorState;
use serde_json::{Value, json};

/// A row as CSV, with the columns it has.
fn csv(body: &Value) -> String {
    let object = body.as_object().unwrap();
    let cell = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(|i| i.as_str().unwrap()).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    let names: Vec<_> = object.keys().cloned().collect();
    format!("{}\n{}", names.join(";"), object.values().map(cell).collect::<Vec<_>>().join(";"))
}

#[tokio::test(flavor = "multi_thread")]
async fn each_check_has_its_code_by_every_way_in() {
    let world = World::new().await;
    let seed = |sql: &'static str| {
        let path = world.directory.data().database();
        async move {
            let mut connection = annuaire::store::sqlite::writer_connection(&path).await.unwrap();
            sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
        }
    };
    // One who has left, one of a profession that is not entitled, a closed structure.
    seed(
        "INSERT INTO professional SELECT '810000000301', '8', '10000000301', '', '', 'PARTI', 'Paul', 'rpps', 1000, NULL;
         INSERT INTO professional SELECT '810000000302', '8', '10000000302', '', '', 'SANS', 'Exercice', 'rpps', NULL, NULL;
         INSERT INTO professional SELECT '810000000303', '8', '10000000303', '', '', 'OSTEO', 'Paule', 'rpps', NULL, NULL;
         INSERT INTO exercise VALUES ('810000000301', '10', 'C'), ('810000000303', '71', 'C');
         UPDATE structure SET closed_at = 1 WHERE id = 'F990999039';",
    )
    .await;
    let org = |more: Value| {
        let mut body = json!({"address": "accueil@ch-exempleville.mssante.fr", "type": "ORG", "structure_id": "990999013",
            "responsible": "Anne Essai", "description": "Accueil"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        body
    };
    let person = |more: Value| {
        let mut body = json!({"address": OURS, "type": "PER", "professional_id": ZOE});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        body
    };
    let practice = |more: Value| {
        let mut body = json!({"address": "cabinet@ch-exempleville.mssante.fr", "type": "CAB", "holders": [ELODIE, ZOE]});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        body
    };
    let table: Vec<(Value, u16, &str)> = vec![
        (person(json!({"address": "pas une adresse"})), 400, "MSS-001"),
        (person(json!({"address": "1@patient.mssante.fr"})), 400, "MSS-001"),
        (person(json!({"type": "XXX"})), 400, "MSS-001"),
        (person(json!({"couleur": "rouge"})), 400, "MSS-001"),
        (person(json!({"description": "d"})), 400, "MSS-001"),
        (person(json!({"responsible": "r r"})), 400, "MSS-001"),
        (person(json!({"professional_id": null})), 400, "MSS-001"),
        (person(json!({"holders": [ELODIE, NURSE]})), 400, "MSS-001"),
        (person(json!({"state": "closed"})), 400, "MSS-001"),
        (person(json!({"rank": 0})), 400, "MSS-001"),
        (person(json!({"phone": "appelez-moi"})), 400, "MSS-001"),
        (org(json!({"structure_id": null})), 400, "MSS-001"),
        (org(json!({"description": null})), 400, "MSS-001"),
        (org(json!({"professional_id": ZOE})), 400, "MSS-001"),
        (org(json!({"type": "APP", "family_name": "ESSAI"})), 400, "MSS-001"),
        (practice(json!({"holders": null})), 400, "MSS-001"),
        (practice(json!({"service": "s"})), 400, "MSS-001"),
        (person(json!({"address": "zoe@ailleurs.mssante.fr"})), 403, "MSS-010"),
        (person(json!({"address": THEIRS})), 403, "MSS-011"),
        (org(json!({"address": "accueil@infirmier.mssante.fr", "type": "APP"})), 403, "MSS-011"),
        (practice(json!({"address": "cab@ailleurs.mssante.fr"})), 403, "MSS-010"),
        (person(json!({"professional_id": "10000009999"})), 422, "MSS-020"),
        (practice(json!({"holders": [ELODIE, "10000009999"]})), 422, "MSS-020"),
        (person(json!({"professional_id": "10000000301"})), 422, "MSS-021"),
        (person(json!({"professional_id": "810000000302"})), 422, "MSS-021"),
        (practice(json!({"holders": ["10000000303"]})), 422, "MSS-023"),
        (person(json!({"professional_id": "10000000303"})), 422, "MSS-023"),
        (person(json!({"structure_id": "990999039"})), 422, "MSS-031"),
        (org(json!({"type": "APP", "structure_id": "990999039"})), 422, "MSS-031"),
        (org(json!({"responsible": null})), 422, "MSS-040"),
        (org(json!({"type": "APP", "responsible": "12"})), 422, "MSS-040"),
        (org(json!({"responsible": "10000009999"})), 422, "MSS-040"),
        (practice(json!({"responsible": "…"})), 422, "MSS-040"),
        (person(json!({"professional_id": null, "family_name": "SECRETAIRE", "given_name": "Anne"})), 422, "MSS-060"),
        (person(json!({"address": "camille.doublet@ch-exempleville.mssante.fr", "type": "CAB"})), 409, "MSS-051"),
    ];
    for (body, status, code) in &table {
        let alone = world.ask("POST", "/v1/operator/mailboxes", &body.to_string()).await;
        assert_eq!(refused(&alone), (*status, (*code).to_owned()), "{body}");
        let detail = text(&alone.json(), "/detail").to_owned();
        let lines = world.batch("/v1/operator/batches", &[body.to_string()]).await.json();
        assert_eq!((text(&lines, "/lines/0/code"), text(&lines, "/lines/0/message")), (*code, detail.as_str()), "{body}");
        assert_eq!(lines["counters"]["rejected"], 1);
        let rows = world.send(&world.hospital, "POST", "/v1/operator/batches", &[("Content-Type", "text/csv")], &csv(body)).await.json();
        assert_eq!((text(&rows, "/lines/0/code"), text(&rows, "/lines/0/message")), (*code, detail.as_str()), "{body}");
    }
    assert!(world.ask("GET", "/v1/operator/mailboxes", "").await.json()["items"].as_array().unwrap().is_empty(), "nothing was written");

    // What is accepted is the same by every way in, for each type.
    let accepted = [
        person(json!({})),
        org(json!({})),
        org(json!({"address": "appli@ch-exempleville.mssante.fr", "type": "APP"})),
        practice(json!({})),
    ];
    for body in accepted {
        let mut seen = Vec::new();
        for way in ["alone", "line", "row"] {
            let mut body = body.clone();
            let address = format!("{way}.{}", body["address"].as_str().unwrap());
            body["address"] = address.clone().into();
            let (path, kind, sent) = match way {
                "alone" => ("/v1/operator/mailboxes", "application/json", body.to_string()),
                "line" => ("/v1/operator/batches", "application/x-ndjson", body.to_string()),
                _ => ("/v1/operator/batches", "text/csv", csv(&body)),
            };
            let answer = world.send(&world.hospital, "POST", path, &[("Content-Type", kind)], &sent).await;
            assert!(answer.status < 300, "{}", answer.text());
            let mut own = world.ask("GET", &own(&address), "").await.json();
            for field in ["address", "revision", "created_at", "changed_at"] {
                own.as_object_mut().unwrap().remove(field);
            }
            seen.push(own);
        }
        assert!(seen.windows(2).all(|two| two[0] == two[1]), "{seen:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_and_a_type_never_change() {
    let world = World::new().await;
    world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await;
    for (method, body) in [
        ("PATCH", r#"{"type":"CAB"}"#.to_owned()),
        ("PATCH", r#"{"address":"autre@ch-exempleville.mssante.fr"}"#.to_owned()),
        ("PUT", format!(r#"{{"type":"CAB","professional_id":"{ZOE}"}}"#)),
        ("PUT", per("autre@ch-exempleville.mssante.fr", ZOE)),
    ] {
        assert_eq!(refused(&world.ask(method, &own(OURS), &body).await), (409, "MSS-051".to_owned()), "{method} {body}");
    }
    let emptied = world.ask("PATCH", &own(OURS), r#"{"professional_id":null}"#).await;
    assert_eq!(refused(&emptied), (400, "MSS-001".to_owned()));
    assert_eq!(refused(&world.ask("PATCH", &own(OURS), "").await), (400, "MSS-001".to_owned()));
    assert_eq!(refused(&world.ask("DELETE", &own(OURS), "{}").await), (400, "MSS-001".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_each_state_may_do() {
    let world = World::new().await;
    world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await;
    world.directory.settle().await;
    let shown = async || world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status == 200;
    assert!(shown().await);

    world.state(HOSPITAL, OperatorState::Suspendu).await;
    assert_eq!(world.ask("GET", &own(OURS), "").await.status, 200, "a suspended operator reads its own");
    for (method, path, body) in [
        ("POST", "/v1/operator/mailboxes".to_owned(), per("x@ch-exempleville.mssante.fr", ZOE)),
        ("PATCH", own(OURS), r#"{"phone":null}"#.to_owned()),
        ("DELETE", own(OURS), String::new()),
    ] {
        assert_eq!(refused(&world.ask(method, &path, &body).await), (403, "MSS-003".to_owned()), "{method}");
    }
    assert_eq!(refused(&world.batch("/v1/operator/batches", &[per(OURS, ZOE)]).await), (403, "MSS-003".to_owned()));
    world.directory.settle().await;
    assert!(!shown().await, "its mailboxes are hidden at once");

    world.state(HOSPITAL, OperatorState::Provisoire).await;
    let real = format!(r#"{{"address":"x@ch-exempleville.mssante.fr","type":"PER","professional_id":"{ZOE}","test":false}}"#);
    assert_eq!(refused(&world.ask("POST", "/v1/operator/mailboxes", &real).await), (403, "MSS-012".to_owned()));
    let test = world.ask("POST", "/v1/operator/mailboxes", &per("x@ch-exempleville.mssante.fr", ZOE)).await;
    assert_eq!((test.status, test.json()["mailbox"]["test"].as_bool()), (201, Some(true)));

    world.state(HOSPITAL, OperatorState::Valide).await;
    world.directory.settle().await;
    assert!(shown().await && world.directory.get("/v1/mailboxes/x@ch-exempleville.mssante.fr").await.status == 404);

    world.state(NATIONAL, OperatorState::Resilie).await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    let ended = world.send(&world.national, "GET", "/v1/operator", &[], "").await;
    assert_eq!(refused(&ended), (401, "MSS-002".to_owned()), "its keys went with the contract");
    let back = world.operators.set_state(NATIONAL, OperatorState::Valide, &"test".into(), now()).await;
    assert!(back.is_err(), "the end is the end");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failure_of_ours_has_its_code_and_writes_nothing() {
    let world = World::new().await;
    let mut connection = annuaire::store::sqlite::writer_connection(&world.directory.data().database()).await.unwrap();
    sqlx::raw_sql("ALTER TABLE mailbox_history RENAME TO away").execute(&mut connection).await.unwrap();
    assert_eq!(refused(&world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await), (500, "MSS-099".to_owned()));
    sqlx::raw_sql("ALTER TABLE away RENAME TO mailbox_history").execute(&mut connection).await.unwrap();
    assert_eq!(world.ask("GET", &own(OURS), "").await.status, 404, "all or nothing");
    assert_eq!(world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await.status, 201);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_too_large_is_refused_whole() {
    let world = World::new().await;
    let lines = vec!["{}".to_owned(); 200_001];
    assert_eq!(refused(&world.batch("/v1/operator/batches", &lines).await), (422, "MSS-070".to_owned()));
}
