//! The life of operators and mailboxes: added by an administrator, keys that take over from one another, domains given and taken, holders
//! that leave, mailboxes that rest too long.

use super::world::{HOSPITAL, NURSE, OURS, World, ZOE, now, own, per, text};
use crate::harness::http_with;
use annuaire::model::{Address, MailboxState, Role};
use annuaire::trust::Accounts;

const DAY: i64 = 24 * 3600;

async fn sql(world: &World, statement: &'static str) {
    let mut connection = annuaire::store::sqlite::writer_connection(&world.directory.data().database()).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn from_a_candidate_to_its_first_mailbox() {
    let world = World::new().await;
    let accounts = Accounts::new(world.directory.store.clone());
    let (_, secret) = accounts
        .add_with_certificates("admin", annuaire::model::Audience::Professional, Role::Administrateur, vec![], [5; 32], 0)
        .await
        .unwrap();
    let admin = async |method: &str, path: &str, body: &str| {
        let headers = [("Authorization", format!("Bearer {}", secret.reveal()))];
        let headers: Vec<_> = headers.iter().map(|(n, v)| (*n, v.as_str())).collect();
        http_with(world.directory.http, method, path, &headers, body.as_bytes()).await
    };
    let added = admin("POST", "/v1/admin/operators", r#"{"id":"1990999021","name":"MAISON D'ESSAI","contract":"C-2026-7","contract_from":"2026-01-01","contacts":[{"role":"support","name":"Anne Essai","email":"anne@ordinaire.invalid"}]}"#).await;
    assert_eq!((added.status, text(&added.json(), "/state").to_owned()), (201, "candidat".to_owned()), "{}", added.text());
    assert_eq!(admin("POST", "/v1/admin/operators", r#"{"id":"1990999021","name":"X"}"#).await.status, 409);
    assert_eq!(admin("POST", "/v1/admin/operators", r#"{"id":"a b","name":"X"}"#).await.status, 400);
    let place = "/v1/admin/operators/1990999021";
    let domain = r#"{"domain":"maison.mssante.fr","description":"Maison d'essai"}"#;
    assert_eq!(admin("POST", &format!("{place}/domains"), domain).await.status, 409, "a domain takes a certificate");
    let certificate = r#"{"subject":"CN=mss.maison.invalid,OU=1990999021,O=MAISON,C=FR"}"#;
    assert_eq!(admin("POST", &format!("{place}/certificates"), certificate).await.status, 200);
    assert_eq!(admin("POST", &format!("{place}/domains"), domain).await.status, 200);
    let taken = r#"{"domain":"ch-exempleville.mssante.fr"}"#;
    assert_eq!(admin("POST", &format!("{place}/domains"), taken).await.status, 409, "another's domain");
    let made = admin("POST", &format!("{place}/keys"), r#"{"label":"production"}"#).await.json();
    let key = text(&made, "/secret").to_owned();
    assert_eq!(admin("PATCH", place, r#"{"state":"suspendu"}"#).await.status, 409, "a candidate has nothing to suspend");
    assert_eq!(admin("PATCH", place, r#"{"state":"valide","contract_to":"2029-12-31"}"#).await.status, 200);
    assert_eq!(admin("PATCH", place, r#"{"contract_to":"demain"}"#).await.status, 400);

    let address = "zoe@maison.mssante.fr";
    let created = world.send(&key, "POST", "/v1/operator/mailboxes", &[], &per(address, ZOE)).await;
    assert_eq!(created.status, 201, "{}", created.text());
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{address}")).await.status, 200);

    // What is public of it, and what is not.
    let listed = world.directory.get("/v1/operators").await;
    assert!(listed.text().contains("MAISON D'ESSAI") && !listed.text().contains("Anne"), "{}", listed.text());
    let domains = world.directory.get("/v1/domains?limit=1000").await.json();
    assert!(
        domains["items"].as_array().unwrap().iter().any(|d| d["name"] == "maison.mssante.fr" && d["operators"][0]["id"] == "1990999021")
    );
    let list = world.directory.get("/v1/liste-blanche.xml").await;
    assert!(list.text().contains("<Nom>maison.mssante.fr</Nom>") && !list.text().contains("ordinaire.invalid"));
    let parsed = annuaire::trust::liste_blanche::parse(&list.body).unwrap();
    assert_eq!(parsed.entries.len(), 5);
    let tag = list.headers["etag"].clone();
    let unchanged = http_with(world.directory.http, "GET", "/v1/liste-blanche.xml", &[("If-None-Match", &tag)], b"").await;
    assert_eq!((unchanged.status, unchanged.body.len()), (304, 0));

    // A new key works before the old one is revoked, and is nothing that the list would tell.
    let second = admin("POST", &format!("{place}/keys"), "{}").await.json();
    assert_eq!(world.directory.get("/v1/liste-blanche.xml").await.headers["etag"], tag);
    let read = async |key: &str| world.send(key, "GET", "/v1/operator", &[], "").await.status;
    assert_eq!((read(&key).await, read(text(&second, "/secret")).await), (200, 200));
    admin("DELETE", &format!("{place}/keys/{}", text(&made, "/id")), "").await;
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!((read(&key).await, read(text(&second, "/secret")).await), (401, 200));

    // An official list that does not know it does not take it away; an administrator does, at once.
    let files = tempfile::tempdir().unwrap();
    std::fs::write(files.path().join("listeblanchemssante.xml"), crate::country::list().replace("2026-09-01T", "2026-09-02T")).unwrap();
    world.directory.process(&["import", files.path().to_str().unwrap()]).success();
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{address}")).await.status, 200);
    assert_eq!(admin("DELETE", &format!("{place}/domains/maison.mssante.fr"), "").await.status, 200);
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{address}")).await.status, 404);
    assert_ne!(world.directory.get("/v1/liste-blanche.xml").await.headers["etag"], tag);

    // An administrator's flag holds against the operator.
    let flagged = admin("PATCH", &format!("/v1/admin/mailboxes/{address}"), r#"{"liste_rouge":true,"zero_papier":"refused"}"#).await.json();
    assert_eq!((flagged["liste_rouge_held"].as_bool(), text(&flagged, "/zero_papier")), (Some(true), "refused"));
    assert_eq!(admin("GET", "/v1/admin/mailboxes/personne@maison.mssante.fr", "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_holder_that_leaves_hides_the_mailbox_and_its_operator_is_told() {
    let world = World::new().await;
    let store = &world.directory.store;
    for (address, holder) in [(OURS, ZOE), ("nurse@ch-exempleville.mssante.fr", NURSE)] {
        assert_eq!(world.ask("POST", "/v1/operator/mailboxes", &per(address, holder)).await.status, 201);
    }
    sql(&world, "UPDATE professional SET closed_at = 1 WHERE id IN ('810999990053', '810999990020')").await;
    let day = now();
    assert_eq!(store.tend_mailboxes(day).await.unwrap(), 0);
    let told = world.ask("GET", "/v1/operator/notices", "").await.json();
    assert_eq!((text(&told, "/items/0/kind"), told["items"].as_array().unwrap().len()), ("holder_left", 2));
    assert_eq!(told["items"][0]["due"].as_i64(), Some(day + 30 * DAY));
    store.tend_mailboxes(day + DAY).await.unwrap();
    assert_eq!(store.notices(HOSPITAL, 0, 10).await.unwrap().len(), 2, "told once");

    sql(&world, "UPDATE professional SET closed_at = NULL WHERE id = '810999990020'").await;
    assert_eq!(store.tend_mailboxes(day + 29 * DAY).await.unwrap(), 0);
    assert_eq!(store.tend_mailboxes(day + 30 * DAY).await.unwrap(), 1);
    let state = async |address: &str| store.mailbox(&Address::parse(address).unwrap()).await.unwrap().unwrap().state;
    assert_eq!((state(OURS).await, state("nurse@ch-exempleville.mssante.fr").await), (MailboxState::Closed, MailboxState::Active));
    let history = store.mailbox_history(&Address::parse(OURS).unwrap()).await.unwrap();
    assert_eq!(history[0].action, "mailbox.expire");
    assert_eq!(world.ask("GET", &own(OURS), "").await.status, 404);
    // A year later nothing of it is left.
    store.purge(day + 396 * DAY).await.unwrap();
    assert!(store.mailbox(&Address::parse(OURS).unwrap()).await.unwrap().is_none());
    assert!(store.mailbox_history(&Address::parse(OURS).unwrap()).await.unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_rests_too_long_is_told_then_closed_and_what_is_frozen_waits() {
    let world = World::new().await;
    let store = &world.directory.store;
    let rested = |address: &str| format!(r#"{{"address":"{address}","type":"PER","professional_id":"{ZOE}","state":"unopened"}}"#);
    for address in [OURS, "gel@ch-exempleville.mssante.fr", "ouverte@ch-exempleville.mssante.fr"] {
        world.ask("POST", "/v1/operator/mailboxes", &rested(address)).await;
    }
    sql(&world, "UPDATE mailbox SET frozen = 1 WHERE address LIKE 'gel@%'").await;
    let start = now();
    store.tend_mailboxes(start + 300 * DAY).await.unwrap();
    assert!(store.notices(HOSPITAL, 0, 10).await.unwrap().is_empty());
    store.tend_mailboxes(start + 306 * DAY).await.unwrap();
    let notices = store.notices(HOSPITAL, 0, 10).await.unwrap();
    assert_eq!((notices.len(), notices[0].kind.as_str()), (3, "inactive"));
    assert!(notices.iter().all(|n| n.due >= start + 365 * DAY && n.due - n.since >= 60 * DAY));
    // Its holder opens it: the notice has no cause any more.
    world.ask("POST", &format!("{}/resume", own("ouverte@ch-exempleville.mssante.fr")), "").await;
    assert_eq!(store.tend_mailboxes(start + 370 * DAY).await.unwrap(), 1);
    assert_eq!(world.ask("GET", &own("gel@ch-exempleville.mssante.fr"), "").await.status, 200);
    assert_eq!(world.ask("GET", &own(OURS), "").await.status, 404);

    // A domain that leaves the list: hidden at once, closed after ninety days.
    sql(&world, "UPDATE domain SET listed = 0 WHERE name = 'ch-exempleville.mssante.fr'").await;
    store.tend_mailboxes(start).await.unwrap();
    assert_eq!(store.notices(HOSPITAL, 0, 10).await.unwrap().iter().filter(|n| n.kind == "domain_left").count(), 2);
    store.tend_mailboxes(start + 90 * DAY).await.unwrap();
    assert_eq!(world.ask("GET", &own("ouverte@ch-exempleville.mssante.fr"), "").await.status, 404);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_act_is_in_the_journal_and_the_auditor_proves_it() {
    let world = World::new().await;
    let accounts = Accounts::new(world.directory.store.clone());
    let audience = annuaire::model::Audience::Public;
    let (_, secret) = accounts.add_with_certificates("auditrice", audience, Role::Auditeur, vec![], [6; 32], 0).await.unwrap();
    let audit = async |path: &str| world.send(secret.reveal(), "GET", path, &[], "").await;
    let id = [("x-request-id", "0123-abcd")];
    world.send(&world.hospital, "POST", "/v1/operator/mailboxes", &id, &per(OURS, ZOE)).await;
    world.send(&world.hospital, "PATCH", &own(OURS), &id, r#"{"liste_rouge":true,"phone":"04 99 00 00 09"}"#).await;
    world.send(&world.national, "DELETE", &own(OURS), &id, "").await;
    let found = audit(&format!("/v1/admin/journal?object={OURS}")).await.json();
    let entries = found["items"].as_array().unwrap();
    let told: Vec<_> = entries.iter().map(|e| (text(e, "/action"), text(e, "/actor"), text(e, "/result"))).collect();
    let (ours, theirs) = (format!("operateur:{HOSPITAL}"), format!("operateur:{}", super::world::NATIONAL));
    assert_eq!(
        told,
        [("mailbox.create", ours.as_str(), "ok"), ("mailbox.update", ours.as_str(), "ok"), ("mailbox.refused", theirs.as_str(), "MSS-011")]
    );
    let update = &entries[1];
    assert_eq!(
        (text(update, "/credential"), text(update, "/source"), text(update, "/request_id")),
        ("key:key-1", "127.0.0.1", "0123-abcd")
    );
    assert_eq!(update["detail"]["values"]["liste_rouge"], serde_json::json!({"old": false, "new": true}));
    assert!(!update.to_string().contains("04 99"), "of other fields only that they changed");

    let whole = audit("/v1/admin/journal/verification").await.json();
    assert_eq!(whole["whole"], true, "{whole}");
    let head = text(&whole, "/head").to_owned();
    assert_eq!(audit(&format!("/v1/admin/journal/verification?head={head}")).await.json()["whole"], true);
    let foreign = "0".repeat(63) + "1";
    assert_eq!(audit(&format!("/v1/admin/journal/verification?head={foreign}")).await.json()["whole"], false);
    assert_eq!(audit("/v1/admin/journal/verification?head=court").await.status, 400);
    sql(
        &world,
        "DROP TRIGGER IF EXISTS journal_payload_is_not_changed; UPDATE journal_payload SET payload = replace(payload, 'true', 'false')",
    )
    .await;
    let touched = audit("/v1/admin/journal/verification").await.json();
    assert!(touched["whole"] == false && touched["fault_id"].as_i64().is_some(), "{touched}");
    for path in ["/v1/admin/journal", "/v1/admin/journal/verification"] {
        assert_eq!(world.directory.get_as_professional(path).await.status, 403);
    }
    let known = audit("/v1/admin/journal?action=journal.read").await.json();
    assert!(!known["items"].as_array().unwrap().is_empty(), "that it was read is in it too");
}

#[tokio::test(flavor = "multi_thread")]
async fn with_its_domain_a_mailbox_goes_to_the_operator_that_has_it_now() {
    let world = World::new().await;
    assert_eq!(world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await.status, 201);
    world.directory.settle().await;
    // The next list gives the hospital's domain to the national operator.
    let files = tempfile::tempdir().unwrap();
    let hospital = "CN=mss.operateur-un.invalid,OU=1990999013,O=OPERATEUR UN,ST=Exemple (99),C=FR";
    let national = "CN=smtp.operateur-deux.invalid,OU=399900003700013,O=OPERATEUR DEUX,ST=Exemple (99),C=FR";
    let list = crate::country::list().replace(hospital, national).replace("2026-09-01T", "2026-09-02T");
    std::fs::write(files.path().join("listeblanchemssante.xml"), list).unwrap();
    world.directory.process(&["import", "--accept-shrink", files.path().to_str().unwrap()]).success();
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status, 404, "hidden at once");
    assert_eq!(world.ask("POST", &format!("{}/resume", own(OURS)), "").await.status, 403);
    world.directory.store.tend_mailboxes(now()).await.unwrap();
    assert_eq!(text(&world.ask("GET", "/v1/operator/notices", "").await.json(), "/items/0/kind"), "domain_left");
    // The new one takes it over for the same holder, and for nobody else.
    let put = async |holder: &str| world.send(&world.national, "PUT", &own(OURS), &[], &per(OURS, holder)).await;
    assert_eq!(put(NURSE).await.status, 409);
    let taken = put(ZOE).await;
    assert_eq!((taken.status, taken.json()["adopted"].as_bool()), (200, Some(true)), "{}", taken.text());
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status, 200);
    assert_eq!(world.ask("DELETE", &own(OURS), "").await.status, 403, "it is no longer its own");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_domain_that_was_given_stays_through_a_change_of_certificates() {
    let world = World::new().await;
    let actor = annuaire::publication::Actor::from("test");
    let subject = |name: &str| annuaire::trust::written_subject(&format!("CN={name},OU=1990999013,O=OPERATEUR UN,C=FR")).unwrap();
    let operators = &world.operators;
    operators.add_certificate(HOSPITAL, subject("old.invalid"), &actor, now()).await.unwrap();
    operators.grant(HOSPITAL, "annexe.mssante.fr", "", &actor, now()).await.unwrap();
    let address = "zoe@annexe.mssante.fr";
    assert_eq!(world.ask("POST", "/v1/operator/mailboxes", &per(address, ZOE)).await.status, 201);
    operators.add_certificate(HOSPITAL, subject("new.invalid"), &actor, now()).await.unwrap();
    for name in ["old.invalid", "mss.operateur-un.invalid"] {
        let left = if name.starts_with("mss") {
            annuaire::trust::written_subject("CN=mss.operateur-un.invalid,OU=1990999013,O=OPERATEUR UN,ST=Exemple (99),C=FR").unwrap()
        } else {
            subject(name)
        };
        operators.remove_certificate(HOSPITAL, left, &actor, now()).await.unwrap();
    }
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{address}")).await.status, 200);
    assert_eq!(world.ask("PATCH", &own(address), r#"{"rank":1}"#).await.status, 200);
}
