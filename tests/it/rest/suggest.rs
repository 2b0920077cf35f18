//! `/v1/suggest`, and the facets and orders of `/v1/search`.

use super::records::{CARDIOLOGIST, HOSPITAL, NAMESAKES, PRACTICE, TWO_TRADES};
use super::world::{Answer, World};
use crate::harness::TestDirectory;
use annuaire::settings::Settings;

fn told(answer: &Answer) -> Vec<(String, String, Option<String>)> {
    assert_eq!(answer.status, 200, "{:?}", answer.body);
    let json = answer.json();
    let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
    let suggestion = |s: &serde_json::Value| (text(&s["kind"]).unwrap(), text(&s["label"]).unwrap(), text(&s["id"]));
    json["suggestions"].as_array().unwrap().iter().map(suggestion).collect()
}

fn is_told(answer: &Answer, kind: &str, label: &str, id: Option<&str>) -> bool {
    told(answer).contains(&(kind.to_owned(), label.to_owned(), id.map(str::to_owned)))
}

#[tokio::test]
async fn each_kind_is_suggested_from_the_first_letter() {
    let world = World::new().await;
    for (typed, kind, label, id) in [
        ("d", "professional", "Jean DOUBLE", Some(TWO_TRADES)),
        ("etang", "professional", "Élodie DE L'ÉTANG-CŒUR", Some(CARDIOLOGIST)),
        ("c", "specialty", "Cardiologie", None),
        ("m%C3%A9decine+g", "specialty", "Médecine générale", None),
        ("l", "city", "Lyon", None),
        ("double+ly", "city", "Lyon", None),
        ("exemplev", "organization", "HOPITAL D'EXEMPLEVILLE", Some(HOSPITAL)),
        ("cabinet+lyon", "organization", "CABINET DE LYON", Some(PRACTICE)),
    ] {
        let answer = world.get(&format!("/v1/suggest?q={typed}")).await;
        assert!(is_told(&answer, kind, label, id), "{typed}: {:?}", told(&answer));
        assert!(told(&answer).len() <= 8);
    }
    let lyon = world.get("/v1/suggest?q=lyon").await.json();
    assert_eq!((&lyon["suggestions"][0]["kind"], &lyon["suggestions"][0]["detail"]), (&"city".into(), &"Rhône (69)".into()), "as typed");
    // What was typed before comes back as it was typed.
    let kept = world.get("/v1/suggest?q=%C3%89tang+ly").await.json();
    let kept = kept["suggestions"].as_array().unwrap().iter().find(|s| s["kind"] == "city").unwrap().clone();
    assert_eq!(kept["search"], serde_json::json!({"q": "Étang", "city": "Lyon", "department": "69"}));
    for nothing in ["", "+", "-", "%27"] {
        assert!(told(&world.get(&format!("/v1/suggest?q={nothing}")).await).is_empty());
    }
    for (query, code) in [
        ("", "missing_parameter"),
        ("q=a&q=b", "repeated_parameter"),
        ("text=a", "unknown_parameter"),
        (&format!("q={}", "a".repeat(201)), "parameter_too_long"),
    ] {
        assert_eq!(world.get(&format!("/v1/suggest?{query}")).await.problem(), code, "{query}");
    }
}

#[tokio::test]
async fn what_a_suggestion_stands_for_is_a_search_that_finds() {
    let world = World::new().await;
    for typed in ["d", "mar", "lyon", "cardio", "double+ly", "cabinet+de+lyon"] {
        let json = world.get(&format!("/v1/suggest?q={typed}")).await.json();
        for suggestion in json["suggestions"].as_array().unwrap() {
            let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
            let search = suggestion["search"].as_object().unwrap().iter();
            let query: Vec<_> = search.map(|(name, value)| format!("{name}={}", encoded(value.as_str().unwrap()))).collect();
            let found = world.get(&format!("/v1/search?limit=100&{}", query.join("&"))).await;
            assert!(!found.ids().is_empty(), "{suggestion}");
            if let Some(id) = suggestion["id"].as_str() {
                assert!(found.ids().contains(&id.to_owned()), "{suggestion}");
            }
        }
    }
}

/// Over a directory of every nomenclature, of whose codes few have an entry.
#[tokio::test(flavor = "multi_thread")]
async fn every_suggestion_of_a_directory_leads_to_somebody() {
    let directory = TestDirectory::demo().await;
    directory.settle().await;
    let encoded = |text: &str| text.bytes().map(|b| format!("%{b:02X}")).collect::<String>();
    let suggested = async |typed: &str| {
        let told = directory.get(&format!("/v1/suggest?q={}", encoded(typed))).await.json();
        let told = told["suggestions"].as_array().unwrap().clone();
        let mut shown = std::collections::BTreeSet::new();
        for suggestion in &told {
            let search = suggestion["search"].as_object().unwrap().iter();
            let query: Vec<_> = search.map(|(name, value)| format!("{name}={}", encoded(value.as_str().unwrap()))).collect();
            let found = directory.get(&format!("/v1/search?{}", query.join("&"))).await.json();
            assert!(found["total"].as_u64() > Some(0), "{typed}: {suggestion}");
            if suggestion["id"].is_null() {
                let seen = (suggestion["label"].to_string(), suggestion["detail"].to_string());
                assert!(shown.insert(seen), "{typed} suggests twins: {told:?}");
            }
        }
        told
    };
    for typed in [
        "a",
        "c",
        "st",
        "mar",
        "psy",
        "psychologue",
        "cardio",
        "cardiologue",
        "chir",
        "inf",
        "kiné",
        "méd",
        "médecin g",
        "pharma",
        "sage",
        "saint",
        "lyo",
        "lyon 3",
        "paris",
        "marseille",
        "martin lyo",
        "martin cardio",
        "dentiste par",
        "cardio lyon",
        "hop",
    ] {
        suggested(typed).await;
    }
    assert!(suggested("martin belin lyon cardio").await.is_empty(), "nobody answers all of it");
    let first = |told: &[serde_json::Value], kind: &str| told.iter().find(|s| s["kind"] == kind).cloned().unwrap_or_default();
    let cardio = suggested("cardio").await;
    assert_eq!((&cardio[0]["label"], &cardio[0]["search"]), (&"Cardiologue".into(), &serde_json::json!({"specialty": "cardiologue"})));
    for (typed, whole) in [("lyo", "Lyon"), ("paris", "Paris"), ("marse", "Marseille")] {
        assert_eq!(first(&suggested(typed).await, "city")["label"], whole);
    }
    let martin = first(&suggested("mar").await, "professional");
    let family = martin["label"].as_str().unwrap().rsplit(' ').next().unwrap().to_owned();
    assert!(family.starts_with("MAR"), "family names first: {martin}");
}

#[tokio::test]
async fn suggested_people_count_as_shown() {
    let mut settings = Settings::default();
    (settings.limits.anonymous_mailboxes_per_day, settings.limits.restricted_entries) = (1, 1);
    settings.limits.restricted_pause_ms = 0;
    let world = World::with(&super::records::all(), settings).await;
    assert_eq!(told(&world.get("/v1/suggest?q=double").await).len(), 1, "shows one mailbox");
    let search = world.get("/v1/search?name=martin&limit=5").await.json();
    assert_eq!((search["items"].as_array().unwrap().len(), &search["truncated"]), (1, &true.into()));
    let people = told(&world.get("/v1/suggest?q=martin").await);
    assert_eq!(people.iter().filter(|(kind, ..)| kind == "professional").count(), 1);
}

#[tokio::test]
async fn facets_are_answered_as_they_are_asked_for() {
    let world = World::new().await;
    let facets = |json: serde_json::Value| json["facets"].clone();
    let all = facets(world.get("/v1/search?city=lyon&limit=1&facets=true").await.json());
    let names: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
    assert_eq!(names, ["department", "mailbox_type", "profession", "specialty", "zero_papier"]);
    assert_eq!(all["profession"][0], serde_json::json!({"code": "10", "label": "Médecin", "count": 3}));
    assert_eq!(all["department"][0], serde_json::json!({"code": "69", "label": "Rhône", "count": 5}));
    let count = |list: &serde_json::Value, code: &str| {
        list.as_array().unwrap().iter().find(|value| value["code"] == code).map(|value| value["count"].as_u64().unwrap())
    };
    assert_eq!(count(&all["mailbox_type"], "PER"), Some(2), "one on the liste rouge is none");
    assert_eq!((count(&all["mailbox_type"], "APP"), count(&all["mailbox_type"], "ORG")), (None, Some(1)));
    assert_eq!(count(&all["zero_papier"], "accepted"), Some(1));
    let identified = facets(world.get_identified("/v1/search?city=lyon&limit=1&facets=mailbox_type").await.json());
    assert_eq!(identified.as_object().unwrap().len(), 1);
    assert_eq!(count(&identified["mailbox_type"], "APP"), Some(1));
    for none in ["", "&facets=", "&facets=false"] {
        assert_eq!(world.get(&format!("/v1/search?city=lyon{none}")).await.json().get("facets"), None);
    }
    let counted = facets(world.get("/v1/search?name=martin&facets=profession").await.json());
    assert_eq!(counted["profession"], serde_json::json!([]));
}

#[tokio::test]
async fn an_order_is_part_of_the_question() {
    let world = World::new().await;
    let ids = |json: &serde_json::Value| -> Vec<String> {
        json["items"].as_array().unwrap().iter().map(|i| i["id"].as_str().unwrap().to_owned()).collect()
    };
    let by_name = world.get("/v1/search?department=69&kind=professional&sort=name").await.json();
    assert_eq!(ids(&by_name), [CARDIOLOGIST, TWO_TRADES, super::records::RED]);
    let by_city = world.get("/v1/search?q=m&kind=professional&sort=city&limit=3").await.json();
    assert_eq!(ids(&by_city), [CARDIOLOGIST, super::records::RED, TWO_TRADES], "Lyon, Lyon, Paris first");
    let next = by_city["next"].as_str().unwrap();
    let rest = world.get(&format!("/v1/search?q=m&kind=professional&sort=city&limit=100&cursor={next}")).await.json();
    assert_eq!(ids(&rest).len(), NAMESAKES);
    for other in ["", "&sort=name", "&sort=relevance"] {
        let answer = world.get(&format!("/v1/search?q=m&kind=professional{other}&cursor={next}")).await;
        assert_eq!(answer.problem(), "invalid_cursor", "{other}");
    }
}
