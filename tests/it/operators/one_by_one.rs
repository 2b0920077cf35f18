//! One mailbox at a time: what its operator, and everybody else, see of it.

use super::world::{ELODIE, OURS, World, ZOE, own, per, refused, text};
use crate::harness::PATIENCE;
use std::time::Instant;

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_lives_and_everybody_sees_it_within_a_second() {
    let world = World::new().await;
    let created = world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await;
    assert_eq!((created.status, created.headers["location"].as_str()), (201, own(OURS).as_str()), "{}", created.text());
    assert_eq!(text(&created.json(), "/outcome"), "created");
    // At once to its operator; to everybody within a second.
    let read = world.ask("GET", &own(OURS), "").await;
    assert_eq!(text(&read.json(), "/attachments/0/professional_id"), "810999990053");
    let acknowledged = Instant::now();
    while world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status != 200 {
        assert!(acknowledged.elapsed() < PATIENCE);
    }
    let found = world.directory.ldap().await.search("dc=mssante,dc=fr", &format!("(mail={OURS})")).await;
    assert_eq!(found.entries.len(), 1);

    // The entity tag guards a change.
    let tag = read.headers["etag"].clone();
    let change = r#"{"phone":"04 99 00 00 01","zero_papier":"accepted"}"#;
    let stale = world.send(&world.hospital, "PATCH", &own(OURS), &[("If-Match", "\"000000000000000000000000\"")], change).await;
    assert_eq!(refused(&stale), (412, "changed".to_owned()));
    let changed = world.send(&world.hospital, "PATCH", &own(OURS), &[("If-Match", &tag)], change).await.json();
    assert_eq!((text(&changed, "/outcome"), text(&changed, "/mailbox/zero_papier")), ("updated", "accepted"));
    assert_eq!(refused(&world.send(&world.hospital, "PATCH", &own(OURS), &[("If-Match", &tag)], change).await).0, 412);
    let same = world.ask("PATCH", &own(OURS), change).await.json();
    assert_eq!(text(&same, "/outcome"), "unchanged");
    // What a change does not name stays; null empties.
    let emptied = world.ask("PATCH", &own(OURS), r#"{"phone":null,"rank":2}"#).await.json();
    assert_eq!((text(&emptied, "/mailbox/phone"), text(&emptied, "/mailbox/zero_papier")), ("", "accepted"));
    assert_eq!(emptied.pointer("/mailbox/rank").unwrap(), 2);

    // Liste rouge: to its operator only.
    world.ask("PATCH", &own(OURS), r#"{"liste_rouge":"O"}"#).await;
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status, 404);
    assert_eq!(world.ask("GET", &own(OURS), "").await.json()["liste_rouge"], true);
    world.ask("PATCH", &own(OURS), r#"{"liste_rouge":false}"#).await;

    for (act, state, shown) in [("suspend", "suspended", 404), ("resume", "active", 200)] {
        let rested = world.ask("POST", &format!("{}/{act}", own(OURS)), "").await.json();
        assert_eq!(text(&rested, "/mailbox/state"), state);
        world.directory.settle().await;
        assert_eq!(world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status, shown);
    }
    let deleted = world.ask("DELETE", &own(OURS), "").await.json();
    assert_eq!(text(&deleted, "/outcome"), "deleted");
    world.directory.settle().await;
    assert_eq!(world.directory.get(&format!("/v1/mailboxes/{OURS}")).await.status, 404);
    for (method, path) in [("GET", own(OURS)), ("DELETE", own(OURS)), ("POST", format!("{}/resume", own(OURS)))] {
        assert_eq!(refused(&world.ask(method, &path, "").await), (404, "MSS-052".to_owned()), "{method}");
    }
    assert_eq!(world.ask("GET", "/v1/operator/mailboxes?state=closed", "").await.json()["items"].as_array().unwrap().len(), 1);
    assert!(world.ask("GET", "/v1/operator/mailboxes", "").await.json()["items"].as_array().unwrap().is_empty());

    // The address rests for everybody but its holder.
    let heir = world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ELODIE)).await;
    assert_eq!(refused(&heir), (410, "MSS-053".to_owned()));
    assert_eq!(world.ask("POST", "/v1/operator/mailboxes", &per(OURS, ZOE)).await.status, 201);
    let history = world.ask("GET", &format!("{}/history", own(OURS)), "").await.json();
    let actions: Vec<_> = history["items"].as_array().unwrap().iter().map(|e| e["action"].as_str().unwrap().to_owned()).collect();
    assert_eq!(actions.first().map(String::as_str), Some("mailbox.create"));
    assert!(actions.contains(&"mailbox.delete".to_owned()) && actions.len() == 9, "{actions:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_of_the_extraction_is_adopted() {
    let world = World::new().await;
    let address = "camille.doublet@ch-exempleville.mssante.fr";
    assert_eq!(refused(&world.ask("PATCH", &own(address), r#"{"phone":"1"}"#).await), (404, "MSS-052".to_owned()));
    let adopted = world.ask("POST", "/v1/operator/mailboxes", &per(address, "10999990046")).await;
    assert_eq!((adopted.status, adopted.json()["adopted"].as_bool()), (200, Some(true)), "{}", adopted.text());
    assert_eq!(refused(&world.ask("POST", "/v1/operator/mailboxes", &per(address, "10999990046")).await), (409, "MSS-050".to_owned()));
    assert_eq!(world.ask("PUT", &own(address), &per(address, "10999990046")).await.json()["outcome"], "unchanged");
    // A change of something else leaves where it is attached.
    let changed = world.ask("PATCH", &own(address), r#"{"structure_id":"990999013"}"#).await.json();
    assert_eq!(text(&changed, "/mailbox/attachments/0/professional_id"), "810999990046");
    assert_eq!(text(&changed, "/mailbox/attachments/0/structure_id"), "990999013");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dry_run_writes_nothing_and_a_key_is_answered_once() {
    let world = World::new().await;
    let tried = world.ask("POST", "/v1/operator/mailboxes?dry_run=true", &per(OURS, ZOE)).await;
    assert_eq!((tried.status, tried.json()["dry_run"].as_bool()), (200, Some(true)));
    assert_eq!(world.ask("GET", &own(OURS), "").await.status, 404);

    let keyed = |body: String, key: &'static str| {
        let world = &world;
        async move { world.send(&world.hospital, "POST", "/v1/operator/mailboxes", &[("Idempotency-Key", key)], &body).await }
    };
    let first = keyed(per(OURS, ZOE), "a").await;
    let again = keyed(per(OURS, ZOE), "a").await;
    assert_eq!((first.status, again.status, again.headers["idempotency-replayed"].as_str()), (201, 201, "true"));
    assert_eq!(first.body, again.body);
    assert_eq!(refused(&keyed(per(OURS, ELODIE), "a").await), (422, "idempotency_key_reused".to_owned()));
    assert_eq!(refused(&keyed(per(OURS, ZOE), "b").await), (409, "MSS-050".to_owned()));
    // Another operator's key of that name is another key.
    let theirs = world.send(&world.national, "POST", "/v1/operator/mailboxes", &[("Idempotency-Key", "a")], &per(OURS, ZOE)).await;
    assert_eq!(refused(&theirs), (403, "MSS-011".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_odd_and_allowed_is_a_warning() {
    let world = World::new().await;
    let body = format!(
        r#"{{"adresse":"{OURS}","type":"PER","identifiantPP":"{ELODIE}","nom":"Martin","prenom":"elodie","structure":"990999099"}}"#
    );
    let answer = world.ask("POST", "/v1/operator/mailboxes", &body).await.json();
    let codes: Vec<_> = answer["warnings"].as_array().unwrap().iter().map(|w| w["code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["MSS-022", "MSS-030"], "{answer}");
    assert!(text(&answer, "/warnings/0/message").contains("accents"));
    let body = format!(r#"{{"professional_id":"{ELODIE}","family_name":"Dupont"}}"#);
    let answer = world.ask("PATCH", &own(OURS), &body).await.json();
    assert!(text(&answer, "/warnings/0/message").contains("ne correspond pas"), "{answer}");
    let place = world.ask("PATCH", &own(OURS), r#"{"structure_id":"990999039"}"#).await.json();
    assert!(text(&place, "/warnings/0/message").contains("lieu d'exercice"), "{place}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_personal_mailbox_in_use_stays_its_holder_s() {
    let world = World::new().await;
    let unopened = format!(r#"{{"address":"{OURS}","type":"PER","professional_id":"{ELODIE}","state":"unopened"}}"#);
    assert_eq!(world.ask("POST", "/v1/operator/mailboxes", &unopened).await.status, 201);
    let to = |holder: &str| format!(r#"{{"professional_id":"{holder}"}}"#);
    assert_eq!(world.ask("PATCH", &own(OURS), &to(ZOE)).await.status, 200, "a mistake may be mended before anybody has it");
    world.ask("POST", &format!("{}/resume", own(OURS)), "").await;
    let taken = world.ask("PATCH", &own(OURS), &to(ELODIE)).await;
    assert_eq!(refused(&taken), (409, "MSS-051".to_owned()));
    assert_eq!(refused(&world.ask("PUT", &own(OURS), &per(OURS, ELODIE)).await), (409, "MSS-051".to_owned()));
    assert_eq!(world.ask("PUT", &own(OURS), &per(OURS, ZOE)).await.status, 200);
    // Nor by a detour: called unopened again, or deleted and made anew as unopened.
    assert_eq!(refused(&world.ask("PATCH", &own(OURS), r#"{"state":"unopened"}"#).await), (400, "MSS-001".to_owned()));
    world.ask("DELETE", &own(OURS), "").await;
    let anew = unopened.replace(ELODIE, ZOE);
    assert_eq!(refused(&world.ask("POST", "/v1/operator/mailboxes", &anew).await), (400, "MSS-001".to_owned()));
    let of_another = per("camille.doublet@ch-exempleville.mssante.fr", ZOE);
    assert_eq!(
        refused(&world.ask("POST", "/v1/operator/mailboxes", &of_another).await),
        (409, "MSS-051".to_owned()),
        "adopted for its holder"
    );
}
