//! Figures against the open files of their day: recounted from the wide table with the recipe of the documentation, and what changed against
//! the difference of two editions.

use super::figures::{DAY, NOON};
use crate::harness::{TestDirectory, repository};
use annuaire::cli::assembly::companion;
use annuaire::directory::Audience;
use annuaire::export::Exports;
use annuaire::indicators::Indicators;
use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::settings::ExportSettings;
use annuaire::store::{Actor, MailboxFlags};
use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::process::{Command, Stdio};

fn exports(directory: &TestDirectory) -> Exports {
    let (store, door) = (directory.store.clone(), directory.service().directory().clone());
    let indicators = Indicators::new(store.clone(), door.clone(), directory.data());
    Exports::new(directory.data().clone(), store, door, ExportSettings::default()).with_companion(companion(indicators))
}

fn newest(exports: &Exports, file: &str) -> std::path::PathBuf {
    let shelf = exports.shelf(Audience::Public);
    shelf.path(shelf.newest().unwrap().expect("an edition"), file)
}

/// What stands between the marks of the documentation's recipe.
fn recipe() -> String {
    let page = std::fs::read_to_string(repository("docs/indicators.md")).unwrap();
    let behind = page.split_once("<<'RECOUNT'\n").expect("a recipe").1;
    behind.split_once("RECOUNT\n").expect("its end").0.to_owned()
}

/// By key: mailboxes, professionals, equipped ones.
fn recounted(table: &std::path::Path, column: &str) -> BTreeMap<String, [f64; 3]> {
    let mut python = Command::new("python3");
    let mut python = python.arg("-").arg(table).arg(column).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("a Python");
    python.stdin.take().unwrap().write_all(recipe().as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let row = |line: &str| {
        let mut cells = line.split(';');
        let key = cells.next().unwrap().to_owned();
        (key, std::array::from_fn(|_| cells.next().unwrap().parse().unwrap()))
    };
    text.lines().map(row).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recipe_recounts_the_figures_from_the_open_file() {
    let directory = TestDirectory::demo().await;
    let exports = exports(&directory);
    exports.build(&Actor::from("test"), NOON, Vec::new()).await.unwrap();
    let table = newest(&exports, "annuaire.csv.gz");
    for (cut, column) in [("department", "department_code"), ("region", "region_code"), ("profession", "profession_code")] {
        let counted = recounted(&table, column);
        assert!(counted.len() > 3, "{cut}: {counted:?}");
        let items = directory.get(&format!("/v1/indicators?cut={cut}")).await.json()["items"].clone();
        let figure = |key: &str, measure: &str| {
            let found = items.as_array().unwrap().iter().find(|item| item["key"] == key && item["measure"] == measure);
            found.map_or(Some(0.0), |item| item["value"].as_f64())
        };
        let mut told = 0;
        for (key, counts) in &counted {
            for (measure, count) in ["mailboxes", "professionals", "professionals_equipped"].iter().zip(counts) {
                let value = figure(key, measure);
                assert!(value.is_none() || value == Some(*count), "{cut} {key} {measure}: {value:?}, recounted {count}");
                told += usize::from(value.is_some_and(|value| value > 0.0));
            }
        }
        assert!(told > 2, "{cut}: hardly anything is told");
        let keys = items.as_array().unwrap().iter().filter(|item| item["measure"] == "mailboxes").map(|item| item["key"].as_str().unwrap());
        assert!(keys.into_iter().all(|key| counted.contains_key(key)), "{cut}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_changed_is_what_the_difference_of_two_editions_tells() {
    let directory = TestDirectory::demo().await;
    let exports = exports(&directory);
    exports.build(&Actor::from("test"), NOON, Vec::new()).await.unwrap();
    let read = |file: &str| {
        let mut text = String::new();
        flate2::read::MultiGzDecoder::new(std::fs::File::open(newest(&exports, file)).unwrap()).read_to_string(&mut text).unwrap();
        text.lines().map(|line| serde_json::from_str(line).unwrap()).collect::<Vec<serde_json::Value>>()
    };
    let of_mailboxes = |line: &&serde_json::Value| line["kind"] == "mailbox";
    let lines = read("annuaire.jsonl.gz");
    let mailboxes: Vec<&serde_json::Value> = lines.iter().filter(of_mailboxes).collect();
    let addresses = mailboxes.iter().map(|line| (line["address"].as_str().unwrap(), line["zero_papier"] == "accepted"));
    // Seven turn red, nine change their mind.
    for (number, (address, accepted)) in addresses.take(16).enumerate() {
        let flags = match number {
            0..7 => MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() },
            _ => MailboxFlags { zero_papier: Some(Some(!accepted)), ..MailboxFlags::default() },
        };
        let publication = Publication::new(directory.store.clone());
        publication.flag(&Address::parse(address).unwrap(), flags, "test", NOON + 60).await.unwrap();
    }
    directory.settle().await;
    exports.build(&Actor::from("test"), NOON + DAY, Vec::new()).await.unwrap();
    let told = read("delta.jsonl.gz");
    let answer = directory.get("/v1/indicators?day=2026-11-21").await.json();
    for (op, measure, expected) in [("changed", "mailboxes_changed", 9), ("gone", "mailboxes_gone", 7), ("added", "mailboxes_created", 0)] {
        let lines = told.iter().filter(of_mailboxes).filter(|line| line["op"] == op).count();
        let item = answer["items"].as_array().unwrap().iter().find(|item| item["measure"] == measure);
        let figure = item.map_or(Some(0), |item| item["value"].as_f64().map(|value| value as usize));
        assert_eq!((lines, figure), (expected, Some(expected)), "{op}: {answer}");
    }
}
