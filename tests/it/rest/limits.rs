//! What one source may take over HTTP, and how it is told.

use super::records::{self, NAMESAKES};
use super::world::World;
use annuaire::settings::Settings;

async fn world(change: impl FnOnce(&mut annuaire::settings::LimitSettings)) -> World {
    let mut settings = Settings::default();
    change(&mut settings.limits);
    World::with(&records::all(), settings).await
}

#[tokio::test]
async fn beyond_the_allowance_ten_entries_and_no_next_page() {
    let world = world(|limits| {
        limits.anonymous_mailboxes_per_day = 1;
        limits.restricted_entries = 2;
        limits.restricted_pause_ms = 300;
    })
    .await;
    let first = world.get("/v1/search?name=martin&limit=100").await.json();
    assert_eq!((first["items"].as_array().unwrap().len(), first.get("truncated")), (NAMESAKES, None));
    assert_eq!(world.get("/v1/mailboxes/accueil@ch-exempleville.mssante.fr").await.status, 200);
    let asked = std::time::Instant::now();
    let next = world.get("/v1/search?name=martin&limit=100").await;
    assert_eq!(next.status, 200);
    assert!(asked.elapsed() >= std::time::Duration::from_millis(300), "and not at once");
    let next = next.json();
    assert_eq!((next["items"].as_array().unwrap().len(), &next["truncated"], &next["next"]), (2, &true.into(), &serde_json::Value::Null));
    assert_eq!((&next["total"], next.get("exact")), (&NAMESAKES.into(), None), "counting shows nobody");
    // No walk in small steps either; what fits is whole; an account has an allowance of its own.
    let narrow = world.get("/v1/search?name=martin&limit=1").await.json();
    assert_eq!(
        (narrow["items"].as_array().unwrap().len(), &narrow["truncated"], &narrow["next"]),
        (1, &true.into(), &serde_json::Value::Null)
    );
    assert_eq!(world.get("/v1/search?q=accueil&kind=mailbox").await.json().get("truncated"), None);
    assert_eq!(world.get_identified("/v1/search?name=martin&limit=100").await.json().get("truncated"), None);
}

#[tokio::test]
async fn a_burst_is_told_to_wait() {
    let world = world(|limits| limits.searches_per_second = 1).await;
    assert_eq!(world.get("/v1/search?q=martin").await.status, 200);
    for uri in ["/v1/search?q=martin", "/v1/mailboxes/nobody@nowhere.fr"] {
        let refused = world.get(uri).await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (429, "too_many_requests"), "{uri}");
        assert!(!refused.header("retry-after").is_empty());
    }
    assert_eq!(world.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn wrong_credentials_lock_their_address_out() {
    let world = world(|limits| limits.failed_credentials_per_minute = 2).await;
    for _ in 0..2 {
        assert_eq!(world.get_with("/v1/search?q=martin", "authorization", "Bearer wrong").await.status, 401);
    }
    assert_eq!(world.get_identified("/v1/search?q=martin").await.problem(), "too_many_requests");
    assert_eq!(world.get("/v1/search?q=martin").await.status, 200, "the public view stays");
}

#[tokio::test]
async fn pages_together_hold_no_more_than_one_ldap_search() {
    let world = world(|limits| {
        limits.anonymous_entries = 10;
        limits.account_paged_entries = 20;
    })
    .await;
    let first = world.get("/v1/search?name=martin&limit=6").await.json();
    let cursor = first["next"].as_str().expect("a second page").to_owned();
    let second = world.get(&format!("/v1/search?name=martin&limit=6&cursor={cursor}")).await.json();
    assert_eq!((second["items"].as_array().unwrap().len(), &second["truncated"]), (4, &true.into()), "ten together");
    assert_eq!(second["total"], NAMESAKES);
    let beyond = second["next"].as_str().expect("who follows is told how to get further");
    for limit in [1, 6, 100] {
        let refused = world.get(&format!("/v1/search?name=martin&limit={limit}&cursor={beyond}")).await;
        assert_eq!((refused.status.as_u16(), refused.problem().as_str()), (403, "account_required"), "{limit}");
        assert!(refused.json()["detail"].as_str().unwrap().contains("Authorization: Bearer"));
    }
    let large = world.get("/v1/search?name=martin&limit=100").await.json();
    assert_eq!((large["items"].as_array().unwrap().len(), &large["truncated"]), (10, &true.into()), "nor by one large page");
    let whole = world.get_identified("/v1/search?name=martin&limit=19").await.json();
    assert!(whole["next"].is_string());
    let next = whole["next"].as_str().unwrap();
    let last = world.get_identified(&format!("/v1/search?name=martin&limit=19&cursor={next}")).await.json();
    assert_eq!((&last["truncated"], &last["next"]), (&true.into(), &serde_json::Value::Null));
}

#[tokio::test]
async fn every_order_gives_the_anonymous_the_same_entries() {
    use super::records::{CARDIOLOGIST, HOSPITAL, PRACTICE, TWO_TRADES};
    let world = world(|limits| limits.anonymous_entries = 3).await;
    for (order, ids, next_by_account) in [
        ("relevance", [CARDIOLOGIST, TWO_TRADES, HOSPITAL], CARDIOLOGIST),
        ("name", [CARDIOLOGIST, TWO_TRADES, HOSPITAL], PRACTICE),
        ("city", [CARDIOLOGIST, HOSPITAL, TWO_TRADES], PRACTICE),
    ] {
        let question = format!("/v1/search?department=69&sort={order}");
        let whole = world.get(&question).await;
        assert_eq!(whole.ids(), ids, "{order}: who has a mailbox first, then this order");
        assert_eq!((&whole.json()["total"], &whole.json()["truncated"]), (&5.into(), &true.into()), "{order}");
        let first = world.get(&format!("{question}&limit=2")).await;
        assert_eq!((first.ids().as_slice(), first.json().get("truncated")), (&ids.map(str::to_owned)[..2], None), "{order}");
        let cursor = first.json()["next"].as_str().expect("a second page").to_owned();
        let second = world.get(&format!("{question}&limit=2&cursor={cursor}")).await;
        assert_eq!(second.ids(), ids[2..], "{order}");
        let beyond = second.json()["next"].as_str().expect("who follows is told how to get further").to_owned();
        assert_eq!(world.get(&format!("{question}&cursor={beyond}")).await.problem(), "account_required", "{order}");
        assert_eq!(world.get_identified(&question).await.ids()[0], next_by_account, "{order}: an account is given all of them");
    }
    // What is forgiven is forgiven in every order.
    for order in ["relevance", "name", "city"] {
        let found = world.get(&format!("/v1/search?name=matrin&sort={order}&limit=2")).await;
        let cursor = found.json()["next"].as_str().expect("a second page").to_owned();
        let second = world.get(&format!("/v1/search?name=matrin&sort={order}&limit=2&cursor={cursor}")).await;
        assert_eq!((found.ids().len(), second.ids().len()), (2, 1), "{order}");
        assert!(!found.ids().contains(&second.ids()[0]), "{order}");
    }
}
