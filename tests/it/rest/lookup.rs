//! `POST /v1/mailboxes/lookup` and `POST /v1/identity-check`, and `/robots.txt`.

use super::records::{BY_ADELI, CARDIOLOGIST, CLOSED, RED};
use super::world::{Answer, World};
use annuaire::settings::Settings;
use serde_json::{Value, json};

async fn lookup(world: &World, items: &[&str]) -> Answer {
    world.post_identified("/v1/mailboxes/lookup", json!({ "items": items }).to_string()).await
}

#[tokio::test]
async fn each_item_is_answered_in_its_order() {
    let world = World::new().await;
    let answer = lookup(
        &world,
        &[
            " Elodie.CARDIO@medecin.mssante.fr",
            "10000000010",
            CARDIOLOGIST,
            "accueil@ch-exempleville.mssante.fr",
            "logiciel@ch-exempleville.mssante.fr",
            "dupont",
            "not an@address",
            "nobody@medecin.mssante.fr",
        ],
    )
    .await;
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let holders = json!([{"id": CARDIOLOGIST, "family_name": "DE L'ÉTANG-CŒUR", "given_name": "Élodie"}]);
    let mailbox = json!({"address": "elodie.cardio@medecin.mssante.fr", "type": "PER", "zero_papier": "accepted", "holders": holders});
    let (found, none) = (json!({"exists": true, "mailboxes": [mailbox]}), json!({"exists": false, "mailboxes": []}));
    let of = |address: &str, kind: &str| {
        let mailbox = json!({"address": address, "type": kind, "zero_papier": null, "holders": []});
        json!({"exists": true, "mailboxes": [mailbox]})
    };
    let invalid = json!({"exists": false, "mailboxes": [], "code": "invalid_item"});
    assert_eq!(
        answer.json()["items"],
        json!([
            found,
            found,
            found,
            of("accueil@ch-exempleville.mssante.fr", "ORG"),
            of("logiciel@ch-exempleville.mssante.fr", "APP"),
            invalid,
            invalid,
            none
        ])
    );
}

#[tokio::test]
async fn hidden_and_unknown_are_answered_alike_to_the_byte() {
    let world = World::new().await;
    let unknown = lookup(&world, &["nobody@medecin.mssante.fr"]).await;
    assert_eq!(&unknown.body[..], b"{\"items\":[{\"exists\":false,\"mailboxes\":[]}]}");
    // Red; a professional of whom the only mailbox is red, one that is closed, one of an ADELI number; nobody.
    for item in ["marie.lerouge@medecin.mssante.fr", RED, CLOSED, "10000000036", "10999999999", "899999999999"] {
        let hidden = lookup(&world, &[item]).await;
        assert_eq!((hidden.status, &hidden.body), (unknown.status, &unknown.body), "{item}");
        let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(&hidden), names(&unknown), "{item}");
    }
}

#[tokio::test]
async fn a_lookup_is_for_accounts_and_bounded() {
    let world = World::new().await;
    for uri in ["/v1/mailboxes/lookup", "/v1/identity-check"] {
        assert_eq!(world.post(uri, "{\"items\":[]}").await.problem(), "invalid_credential");
        for body in ["", "[]", "{", "{\"items\":1}", "{\"items\":[1]}", "{\"items\":[],\"more\":1}", "{}", "null"] {
            assert_eq!(world.post_identified(uri, body.to_owned()).await.problem(), "invalid_body", "{body}");
        }
        assert_eq!(world.post_identified(&format!("{uri}?dry_run=true"), "{}".to_owned()).await.problem(), "unknown_parameter");
    }
    assert_eq!(lookup(&world, &[]).await.json()["items"], json!([]));
    let longest = format!("{}@{}.mssante.fr", "a".repeat(64), ["b".repeat(60), "c".repeat(60), "d".repeat(50)].join("."));
    assert_eq!(lookup(&world, &vec![longest.as_str(); 1_000]).await.json()["items"].as_array().unwrap().len(), 1_000);
    assert_eq!(lookup(&world, &vec!["a@b.fr"; 1_001]).await.problem(), "too_many_items");
    let huge = json!({ "items": vec!["x".repeat(1_000); 1_000] }).to_string();
    assert_eq!(world.post_identified("/v1/mailboxes/lookup", huge).await.problem(), "body_too_large");
}

#[tokio::test]
async fn what_a_lookup_shows_counts_and_beyond_the_allowance_the_rest_is_not_answered() {
    let mut settings = Settings::default();
    (settings.limits.account_mailboxes_per_day, settings.limits.restricted_entries) = (1, 2);
    settings.limits.restricted_pause_ms = 0;
    let world = World::with(&super::records::all(), settings).await;
    let nobody = ["a@b.fr", "b@b.fr", "c@b.fr"];
    for _ in 0..3 {
        assert_eq!(lookup(&world, &nobody).await.json()["items"][2]["exists"], false, "nothing was shown");
    }
    assert_eq!(lookup(&world, &["10000000010"]).await.json()["items"][0]["exists"], true);
    let cut = lookup(&world, &nobody).await.json();
    assert_eq!((&cut["items"][1]["exists"], &cut["items"][2]["exists"]), (&false.into(), &Value::Null));
    assert_eq!(cut["items"][2]["code"], "not_answered");
}

async fn check(world: &World, rpps: &str, family: &str, given: &str) -> Answer {
    let body = json!({"rpps": rpps, "family_name": family, "given_name": given});
    world.post_identified("/v1/identity-check", body.to_string()).await
}

#[tokio::test]
async fn an_identity_is_compared_and_never_told() {
    let world = World::new().await;
    for (family, given, level, reasons) in [
        ("DE L'ÉTANG-CŒUR", "Élodie", "exact", &[][..]),
        ("de l etang coeur", "elodie", "exact", &["family_name_spelling", "given_name_spelling"]),
        ("ETANG", "Élodie", "close", &["family_name_part"]),
        ("DE L'ÉTANG-CŒUR", "Élo", "close", &["given_name_short"]),
        ("Élodie", "DE L'ÉTANG-CŒUR", "close", &["names_swapped"]),
        ("DURAND", "Élodie", "different", &["family_name_other", "perhaps_birth_name"]),
        ("DE L'ÉTANG-CŒUR", "Paul", "different", &["given_name_other"]),
    ] {
        for number in ["10000000010", CARDIOLOGIST] {
            let answer = check(&world, number, family, given).await;
            assert_eq!(answer.json(), json!({"level": level, "reasons": reasons}), "{family} {given}");
        }
    }
    let unknown = check(&world, "10999999999", "LEFERME", "Paul").await;
    assert_eq!(unknown.json(), json!({"level": "unknown", "reasons": ["no_such_number"]}));
    assert_eq!(check(&world, CLOSED, "LEFERME", "Paul").await.body, unknown.body, "closed is unknown");
    for (rpps, family, given, field) in [
        (BY_ADELI, "LADELI", "Anne", "rpps"),
        ("1000000001x", "A", "B", "rpps"),
        ("10000000010", " - ", "B", "family_name"),
        ("10000000010", "A", "", "given_name"),
        ("10000000010", "A", &"b".repeat(201), "given_name"),
    ] {
        let refused = check(&world, rpps, family, given).await;
        assert_eq!((refused.problem().as_str(), &refused.json()["field"]), ("invalid_body", &field.into()));
    }
}

#[tokio::test]
async fn numbers_tried_count_whether_or_not_they_are_somebodys() {
    let mut settings = Settings::default();
    settings.limits.account_mailboxes_per_day = 3;
    let world = World::with(&super::records::all(), settings).await;
    for number in ["10999999991", "10999999992", "10000000010"] {
        assert_eq!(check(&world, number, "A", "B").await.status, 200);
    }
    assert_eq!(check(&world, "10999999994", "A", "B").await.problem(), "too_many_requests", "who guesses is at an end");
}

/// Does a robot that obeys RFC 9309 ask for this path? The longest rule that matches decides.
fn may_crawl(robots: &str, path: &str) -> bool {
    let matching = robots.lines().filter_map(|line| line.split_once(": ")).filter(|(name, rule)| {
        let whole = rule.strip_suffix('$');
        *name != "User-agent" && whole.map_or(path.starts_with(rule), |whole| whole == path)
    });
    matching.max_by_key(|(_, rule)| rule.len()).is_none_or(|(name, _)| name == "Allow")
}

#[tokio::test]
async fn robots_read_the_landing_pages_and_nobody() {
    let answer = World::new().await.get("/robots.txt").await;
    assert_eq!((answer.status.as_u16(), answer.header("content-type")), (200, "text/plain; charset=utf-8"));
    let robots = String::from_utf8(answer.body.to_vec()).unwrap();
    assert!(robots.starts_with("User-agent: *\n"));
    for page in ["/", "/donnees", "/ne-plus-y-figurer", "/api", "/accessibilite", "/indicateurs"] {
        assert!(may_crawl(&robots, page), "{page}");
    }
    for page in ["/?q=martin", "/professionnel/810000000010", "/structure/F690000001", "/v1/search?q=a", "/v1/suggest?q=a", "/v1/exports"] {
        assert!(!may_crawl(&robots, page), "{page}");
    }
}
