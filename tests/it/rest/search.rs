//! `/v1/search`: every parameter alone and combined, audiences, what is hidden.

use super::records::{BY_ADELI, CARDIOLOGIST, HOSPITAL, NAMESAKES, PRACTICE, RED, TWO_TRADES};
use super::world::{SINCE, World};
use annuaire::settings::Settings;

#[tokio::test]
async fn each_parameter_alone_and_together() {
    let world = World::new().await;
    let everyone_of_lyon = [CARDIOLOGIST, TWO_TRADES, RED, HOSPITAL, PRACTICE];
    for (query, expected) in [
        ("q=etang+coeur", &[CARDIOLOGIST][..]),
        ("q=l%27%C3%A9tang", &[CARDIOLOGIST]),
        ("q=cardio+lyon", &[CARDIOLOGIST]),
        ("q=zzz", &[]),
        ("name=ETANG-COEUR", &[CARDIOLOGIST]),
        ("name=elodie", &[]),
        ("given=elo", &[CARDIOLOGIST]),
        ("profession=60", &[TWO_TRADES]),
        ("profession=infirmier", &[TWO_TRADES]),
        ("specialty=SM04", &[CARDIOLOGIST]),
        ("specialty=cardiologie", &[CARDIOLOGIST]),
        ("city=LYON", &everyone_of_lyon),
        ("postal_code=69007", &[TWO_TRADES, PRACTICE]),
        ("department=69", &everyone_of_lyon),
        ("department=rhone", &everyone_of_lyon),
        ("organization=exempleville&kind=structure", &[HOSPITAL]),
        ("organization=F690000001", &[CARDIOLOGIST, RED, HOSPITAL]),
        ("identifier=10000000010", &[CARDIOLOGIST]),
        ("identifier=810000000010", &[CARDIOLOGIST]),
        ("identifier=691234567", &[BY_ADELI]),
        ("identifier=690000001&kind=structure", &[HOSPITAL]),
        ("identifier=12345678900011&kind=structure", &[HOSPITAL]),
        ("address=Jean.Double@MEDECIN.mssante.fr", &[TWO_TRADES]),
        ("address=%40medecin.mssante.fr", &[CARDIOLOGIST, TWO_TRADES]),
        ("mailbox_type=ORG", &[HOSPITAL]),
        ("mailbox_type=PER", &[CARDIOLOGIST, TWO_TRADES]),
        ("zero_papier=accepted", &[CARDIOLOGIST]),
        ("zero_papier=refused", &[TWO_TRADES]),
        ("zero_papier=unknown", &[HOSPITAL]),
        ("has_mailbox=true", &[CARDIOLOGIST, TWO_TRADES, HOSPITAL]),
        ("has_mailbox=false&city=lyon", &[RED, PRACTICE]),
        ("city=lyon&kind=professional", &[CARDIOLOGIST, TWO_TRADES, RED]),
        ("city=lyon&kind=structure&kind=professional", &everyone_of_lyon),
        ("city=lyon&kind=structure,professional", &everyone_of_lyon),
        ("kind=mailbox&name=double", &["jean.double@medecin.mssante.fr"]),
        ("kind=mailbox&city=lyon&zero_papier=accepted", &["elodie.cardio@medecin.mssante.fr"]),
        ("kind=mailbox&address=%40h%C3%B4pital.mssante.fr", &["contact@xn--hpital-ixa.mssante.fr"]),
        // Of one same activity: a nurse of Paris who is a physician in Lyon is no nurse in Lyon.
        ("profession=infirmier&city=lyon", &[]),
        ("profession=infirmier&city=paris", &[TWO_TRADES]),
        ("profession=medecin&city=lyon&specialty=SM54", &[TWO_TRADES]),
        ("specialty=SM54&postal_code=75011", &[]),
        // Blank values are absent.
        ("name=double&given=&city=+", &[TWO_TRADES]),
    ] {
        let answer = world.get(&format!("/v1/search?{query}")).await;
        let mut ids = answer.ids();
        ids.sort_unstable();
        let mut expected: Vec<_> = expected.iter().map(|id| (*id).to_owned()).collect();
        expected.sort_unstable();
        assert_eq!(ids, expected, "{query}");
        let json = answer.json();
        assert_eq!(json["total"], expected.len(), "{query}");
        assert_eq!((&json["next"], json.get("exact")), (&serde_json::Value::Null, None), "{query}");
    }
}

#[tokio::test]
async fn errors_are_forgiven_when_nothing_matches_as_typed() {
    let world = World::new().await;
    for (query, expected) in [
        ("name=doubel", &[TWO_TRADES][..]),
        ("name=doulbe", &[TWO_TRADES]),
        ("name=doublez", &[TWO_TRADES]),
        ("name=dooble&city=lyon", &[TWO_TRADES]),
        ("name=double&city=lyno", &[TWO_TRADES]),
        ("q=doubel+lyon", &[TWO_TRADES]),
        ("given=elodei", &[CARDIOLOGIST]),
        ("specialty=SM04&city=lyonn", &[CARDIOLOGIST]),
        ("name=doubel&city=lyno", &[TWO_TRADES]),
        ("q=cardiolouge+lyon", &[CARDIOLOGIST]),
        // Two errors, a short word, other criteria; a right name in a wrong town.
        ("name=double&city=nantes", &[]),
        ("q=double+grenoble", &[]),
        ("name=duoebl", &[]),
        ("city=ly", &[]),
        ("identifier=10000000019", &[]),
        ("profession=infirmeir&city=lyno", &[]),
        ("given=elx", &[]),
        ("name=doubel&city=paris&profession=medecin", &[]),
    ] {
        let answer = world.get(&format!("/v1/search?{query}")).await;
        assert_eq!(answer.ids(), expected, "{query}");
        assert_eq!(answer.json()["total"], expected.len(), "{query}");
    }
    for (misspelt, right) in [("name=matrin", "name=martin"), ("profession=infirmeir", "profession=infirmier")] {
        let found = world.get(&format!("/v1/search?{misspelt}&limit=100")).await;
        assert_eq!(found.ids(), world.get(&format!("/v1/search?{right}&limit=100")).await.ids());
    }
}

#[tokio::test]
async fn each_hit_tells_why_it_is_there_and_the_plan_how_the_question_was_read() {
    let world = World::new().await;
    let json = world.get("/v1/search?q=Dr+cardio+lyon&explain=true").await.json();
    let item = &json["items"][0];
    assert_eq!(item["id"], CARDIOLOGIST);
    let specialty = &item["exercises"][0]["specialties"][0]["label"];
    let told = serde_json::json!([
        {"word": "cardio", "parameter": "q", "field": "specialty", "value": specialty, "how": "synonym"},
        {"word": "lyon", "parameter": "q", "field": "city", "value": "Lyon", "how": "whole"},
    ]);
    assert_eq!(item["match"], told);
    assert_eq!(json["plan"]["level"], "as_typed");
    assert_eq!(json["plan"]["dropped"], serde_json::json!([{"word": "dr", "parameter": "q", "reason": "title"}]));
    let cardio = &json["plan"]["words"][0];
    assert_eq!(cardio["word"], "cardio");
    let taken = |kind: &str| cardio["taken_for"].as_array().unwrap().iter().find(|t| t["kind"] == kind).map(|t| t["values"].clone());
    assert!(taken("specialty").unwrap().as_array().unwrap().contains(&"SM04".into()), "{cardio}");
    assert_eq!(taken("word"), Some(serde_json::json!(["cardio", "cardiolyon"])));

    let json = world.get("/v1/search?name=doubel&given=j&explain=true").await.json();
    assert_eq!(json["plan"]["level"], "one_error");
    let how: Vec<_> = json["items"][0]["match"].as_array().unwrap().iter().map(|m| (&m["parameter"], &m["field"], &m["how"])).collect();
    assert_eq!(
        how,
        [(&"name".into(), &"family_name".into(), &"typo".into()), (&"given".into(), &"given_name".into(), &"beginning".into())]
    );

    let json = world.get("/v1/search?q=zzz&explain=true").await.json();
    assert_eq!((&json["total"], json["plan"].get("level"), &json["plan"]["words"][0]["word"]), (&0.into(), None, &"zzz".into()));
    let json = world.get("/v1/search?city=lyon").await.json();
    let told = serde_json::json!([{"word": "lyon", "parameter": "city", "field": "city", "value": "Lyon", "how": "whole"}]);
    assert_eq!((json.get("plan"), &json["items"][0]["match"]), (None, &told));
    let json = world.get("/v1/search?has_mailbox=true&q=double").await.json();
    assert!(json["items"][0]["match"].as_array().unwrap().iter().all(|told| told["parameter"] == "q"));
}

#[tokio::test]
async fn items_are_the_published_views_with_their_stamps() {
    let world = World::new().await;
    let json = world.get("/v1/search?name=etang").await.json();
    let item = &json["items"][0];
    assert_eq!(item["kind"], "professional");
    assert_eq!((&item["family_name"], &item["title"]), (&"DE L'ÉTANG-CŒUR".into(), &"Docteur".into()));
    assert_eq!(item["mailboxes"][0]["address"], "elodie.cardio@medecin.mssante.fr");
    assert_eq!(item["mailboxes"][0]["zero_papier"], "accepted");
    assert_eq!(item["exercises"][0]["specialties"][0]["code"], "SM04");
    assert_eq!(item["activities"][0]["organization"]["city"], "Lyon");
    assert_eq!(item["updated_at"], jiff::Timestamp::from_second(SINCE).unwrap().to_string());
    assert_eq!(item["entry_uuid"], annuaire::model::entry_uuid("professional", CARDIOLOGIST).to_string());

    let json = world.get("/v1/search?name=etang&kind=mailbox").await.json();
    let item = &json["items"][0];
    assert_eq!((&item["kind"], &item["type"]), (&"mailbox".into(), &"PER".into()));
    assert_eq!(item["holders"][0]["rpps"], "10000000010");
}

#[tokio::test]
async fn rank_puts_whole_words_and_mailboxes_first() {
    let world = World::new().await;
    let ids = world.get("/v1/search?city=lyon&kind=professional").await.ids();
    assert_eq!(ids, [CARDIOLOGIST, TWO_TRADES, RED]);
}

#[tokio::test]
async fn a_search_that_is_cut_says_so() {
    let mut settings = Settings::default();
    settings.search.deadline_ms = 0;
    let world = World::with(&super::records::all(), settings).await;
    let json = world.get("/v1/search?name=martin").await.json();
    assert_eq!(json["exact"], false, "{json}");
    assert!(json["total"].as_u64().unwrap() < NAMESAKES as u64);
    assert_eq!(json.get("truncated"), None, "{json}");
}

#[tokio::test]
async fn the_settings_bound_the_page() {
    let mut settings = Settings::default();
    settings.http.max_page = 3;
    let world = World::with(&super::records::all(), settings).await;
    assert_eq!(world.get("/v1/search?name=martin").await.ids().len(), 3);
    assert_eq!(world.get("/v1/search?name=martin&limit=4").await.problem(), "limit_too_large");
}

#[tokio::test]
async fn an_app_mailbox_is_for_accounts_only() {
    let world = World::new().await;
    for query in ["mailbox_type=APP", "kind=mailbox&mailbox_type=APP", "address=logiciel%40ch-exempleville.mssante.fr"] {
        let uri = format!("/v1/search?{query}");
        let public = world.get(&uri).await;
        assert_eq!((public.ids().len(), public.json()["total"].as_u64()), (0, Some(0)), "{query}");
        assert_eq!(world.get_identified(&uri).await.ids().len(), 1, "{query}");
    }
    let uri = format!("/v1/organizations/{HOSPITAL}");
    let (public, identified) = (world.get(&uri).await, world.get_identified(&uri).await);
    assert_eq!(public.json()["mailboxes"].as_array().unwrap().len(), 2);
    assert_eq!(identified.json()["mailboxes"].as_array().unwrap().len(), 3);
    assert_ne!(public.header("etag"), identified.header("etag"));
    assert_eq!((public.header("cache-control"), identified.header("cache-control")), ("no-cache", "private, no-store"));
}

#[tokio::test]
async fn a_red_mailbox_leaves_no_trace() {
    let world = World::new().await;
    for query in [
        "q=lerouge",
        "name=lerouge",
        "name=leroueg",
        "kind=mailbox&name=lerougee",
        "kind=mailbox&q=mraie",
        "name=lrouge&has_mailbox=true",
        "city=lyon",
        "kind=mailbox&name=lerouge",
        "kind=mailbox&has_mailbox=true",
        "address=marie.lerouge%40medecin.mssante.fr",
        "kind=mailbox&address=%40medecin.mssante.fr",
        "mailbox_type=PER",
        "name=lerouge&has_mailbox=true",
    ] {
        for answer in [world.get(&format!("/v1/search?{query}")).await, world.get_identified(&format!("/v1/search?{query}")).await] {
            assert!(!String::from_utf8_lossy(&answer.body).contains("marie.lerouge"), "{query}");
        }
    }
    assert_eq!(world.get("/v1/search?kind=mailbox&address=%40medecin.mssante.fr").await.json()["total"], 2);
    assert_eq!(world.get("/v1/search?name=lerouge&has_mailbox=true").await.json()["total"], 0);
    for query in ["name=leroueg&has_mailbox=true", "kind=mailbox&name=leroueg", "kind=mailbox&q=lerougee"] {
        assert_eq!(world.get(&format!("/v1/search?{query}")).await.json()["total"], 0, "{query}");
    }
    assert_eq!(world.get("/v1/search?name=martin").await.json()["total"], NAMESAKES);
}
