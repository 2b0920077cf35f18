//! Differences: an edition and its delta are the next edition, to the byte, whatever happened; and what the newest hides stays hidden.

use annuaire::export::delta::write;
use proptest::prelude::*;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Key of the document, and its line.
type World = BTreeMap<String, String>;

fn entry() -> impl Strategy<Value = (String, String)> {
    let id = prop_oneof![Just("a"), Just("b"), Just("c"), Just("c\""), Just("ç"), Just("d\\n")];
    (0..3_usize, id, 0..3_u8, any::<bool>()).prop_map(|(kind, id, version, phone)| {
        let kind = ["mailbox", "professional", "structure"][kind];
        let named = if kind == "mailbox" { "address" } else { "id" };
        let mut entry = json!({ "kind": kind, named: id, "version": version });
        if phone {
            entry["phone"] = "01".into();
        }
        (format!("{}:{id}", &kind[..1]), entry.to_string())
    })
}

fn world() -> impl Strategy<Value = World> {
    prop::collection::vec(entry(), 0..16).prop_map(|entries| entries.into_iter().collect())
}

fn lines(world: &World) -> String {
    world.values().map(|line| format!("{line}\n")).collect()
}

fn delta(former: &str, later: &str, newest: Option<&str>) -> String {
    let mut out = Vec::new();
    let told = write(former.as_bytes(), later.as_bytes(), newest.map(str::as_bytes), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert_eq!(told.all(), text.lines().count() as u64);
    text
}

/// What a consumer does: cuts the entry out of the line.
fn apply(world: &mut World, delta: &str) {
    for line in delta.lines() {
        let told: Value = serde_json::from_str(line).unwrap();
        let key = format!("{}:{}", &told["kind"].as_str().unwrap()[..1], told["id"].as_str().unwrap());
        let before = world.contains_key(&key);
        match told["op"].as_str().unwrap() {
            "gone" => {
                assert!(world.remove(&key).is_some(), "{line}");
            }
            op => {
                assert_eq!(before, op == "changed", "{line}");
                let (_, entry) = line.split_once(",\"entry\":").unwrap();
                world.insert(key, entry.strip_suffix('}').unwrap().to_owned());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn an_edition_and_its_delta_are_the_next_edition(worlds in prop::collection::vec(world(), 2..5)) {
        let mut kept = worlds[0].clone();
        for pair in worlds.windows(2) {
            let told = delta(&lines(&pair[0]), &lines(&pair[1]), None);
            apply(&mut kept, &told);
            prop_assert_eq!(lines(&kept), lines(&pair[1]));
        }
        // And in one step.
        let mut kept = worlds[0].clone();
        apply(&mut kept, &delta(&lines(&worlds[0]), &lines(&worlds[worlds.len() - 1]), None));
        prop_assert_eq!(lines(&kept), lines(&worlds[worlds.len() - 1]));
    }

    #[test]
    fn what_the_newest_does_not_show_is_not_told(former in world(), later in world(), newest in world()) {
        let told = delta(&lines(&former), &lines(&later), Some(&lines(&newest)));
        let mut kept = former.clone();
        apply(&mut kept, &told);
        for (key, line) in &kept {
            prop_assert!(newest.contains_key(key), "{} was withdrawn", line);
        }
        for line in told.lines() {
            let line: Value = serde_json::from_str(line).unwrap();
            let Some(entry) = line.get("entry") else { continue };
            let key = format!("{}:{}", &line["kind"].as_str().unwrap()[..1], line["id"].as_str().unwrap());
            let now: Value = serde_json::from_str(&newest[&key]).unwrap();
            prop_assert!(now.get("phone").is_some() || entry.get("phone").is_none());
        }
        // Nothing is told of what came and went.
        let gone = told.lines().filter(|line| line.contains("\"gone\"")).count();
        let left = former.keys().filter(|key| !later.contains_key(*key) || !newest.contains_key(*key)).count();
        prop_assert_eq!(gone, left);
    }
}

#[test]
fn addresses_that_are_withdrawn_by_now_are_taken_out_of_what_is_told() {
    let person = |mailboxes: Value, zero_papier: bool| {
        json!({ "kind": "professional", "id": "8", "mailboxes": mailboxes, "zero_papier": zero_papier }).to_string()
    };
    let (kept, red) = (json!({ "address": "kept@x", "phone": "01" }), json!({ "address": "red@x", "zero_papier": "accepted" }));
    let former = person(json!([]), false);
    let later = person(json!([kept, red]), true);
    let newest = person(json!([{ "address": "kept@x" }]), false);
    let told = delta(&former, &later, Some(&newest));
    let line: Value = serde_json::from_str(&told).unwrap();
    assert_eq!(line["fields"], json!(["mailboxes"]));
    assert_eq!(line["entry"]["mailboxes"], json!([{ "address": "kept@x" }]));
    assert_eq!(line["entry"]["zero_papier"], json!(false));
    assert!(!told.contains("red@x") && !told.contains("accepted") && !told.contains("phone"));
}

#[test]
fn fields_name_what_differs_and_disorder_is_refused() {
    let a = "{\"kind\":\"structure\",\"id\":\"s\",\"name\":\"a\",\"fax\":\"1\"}\n";
    let b = "{\"kind\":\"structure\",\"id\":\"s\",\"name\":\"b\",\"phone\":\"2\"}\n";
    assert!(delta(a, b, None).contains("\"fields\":[\"fax\",\"name\",\"phone\"]"));
    let disorder = format!("{a}{{\"kind\":\"mailbox\",\"address\":\"m\"}}\n");
    assert!(write(disorder.as_bytes(), b"".as_slice(), None::<&[u8]>, &mut Vec::new()).is_err());
}
