//! An edition of the open files, with its cursor, and the feed behind it: what tomorrow's edition holds. Its figures are those of its walk.

use super::door::{red, served};
use crate::harness::{TestDirectory, annuaire_in};
use annuaire::cli::assembly::companion;
use annuaire::directory::Audience;
use annuaire::export::feed::{Feed, MAX_CHANGES};
use annuaire::export::{Exports, Manifest};
use annuaire::indicators::Indicators;
use annuaire::settings::ExportSettings;
use annuaire::store::{Actor, DataDir, Store};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader};
use std::time::Duration;

const DAY: i64 = 1_795_773_600;
const FILE: &str = "annuaire.jsonl.gz";

/// By kind and id, the line to the byte.
type Copy = BTreeMap<(String, String), String>;

fn exports(directory: &TestDirectory) -> Exports {
    let (store, door) = (directory.store.clone(), directory.service().directory().clone());
    let indicators = Indicators::new(store.clone(), door.clone(), directory.data());
    Exports::new(directory.data().clone(), store, door, ExportSettings::default()).with_companion(companion(indicators))
}

/// What a line of an edition is about.
fn named(line: &str) -> (String, String) {
    let line: Value = serde_json::from_str(line).unwrap();
    let id = line.get("address").filter(|_| line["kind"] == "mailbox").unwrap_or(&line["id"]);
    (line["kind"].as_str().unwrap().to_owned(), id.as_str().unwrap().to_owned())
}

fn read(exports: &Exports, audience: Audience) -> (Copy, Manifest) {
    let shelf = exports.shelf(audience);
    let newest = shelf.newest().unwrap().expect("an edition");
    let file = std::fs::File::open(shelf.path(newest, FILE)).expect("its lines");
    let lines = BufReader::new(flate2::read::MultiGzDecoder::new(file)).lines();
    let copy = lines.map(Result::unwrap).map(|line| (named(&line), line)).collect();
    (copy, shelf.manifest(newest).unwrap())
}

async fn follow(feed: &Feed, audience: Audience, copy: &mut Copy, mut cursor: String) {
    loop {
        // What is searchable is told a moment later.
        let page = feed.after(audience, &cursor, MAX_CHANGES, Duration::from_secs(1)).await.unwrap();
        if page.changes.is_empty() {
            return;
        }
        for change in page.changes {
            let name = (change.kind.name().to_owned(), change.id);
            match change.entry {
                Some(shown) => copy.insert(name, shown.line),
                None => copy.remove(&name),
            };
        }
        cursor = page.cursor;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_edition_and_the_feed_are_the_next_edition() {
    let directory = served().await;
    let exports = exports(&directory);
    exports.build(&Actor::from("test"), DAY, Vec::new()).await.unwrap();
    let copies = Audience::ALL.map(|audience| (audience, read(&exports, audience)));
    for address in ["elodie.martin@medecin.mssante.fr", "zoe.rougier@medecin.mssante.fr"] {
        red(&directory, address, true).await;
    }
    let lines = crate::country::HOSPITAL_LINES.as_bytes();
    let publication = annuaire::publication::Publication::new(directory.store.clone());
    publication.load_lines(crate::country::HOSPITAL_OPERATOR, lines, "test", DAY).await.unwrap();
    red(&directory, "zoe.rougier@medecin.mssante.fr", false).await;
    directory.settle().await;
    exports.build(&Actor::from("test"), DAY + 86_400, Vec::new()).await.unwrap();
    let feed = Feed::new(directory.store.clone(), directory.service().directory().clone());
    for (audience, (mut copy, manifest)) in copies {
        let before = copy.clone();
        follow(&feed, audience, &mut copy, manifest.cursor.expect("a cursor")).await;
        assert_ne!(copy, before);
        assert_eq!(copy, read(&exports, audience).0, "{audience:?}");
    }
}

/// Read beside a running server, whose changes go on meanwhile.
#[tokio::test(flavor = "multi_thread")]
async fn an_edition_of_the_command_leads_to_the_feed_as_well() {
    let directory = served().await;
    annuaire_in(directory.path(), &["edition", "build"]).success();
    let exports = exports(&directory);
    let (mut copy, manifest) = read(&exports, Audience::Public);
    red(&directory, "elodie.martin@medecin.mssante.fr", true).await;
    directory.settle().await;
    let feed = Feed::new(directory.store.clone(), directory.service().directory().clone());
    follow(&feed, Audience::Public, &mut copy, manifest.cursor.unwrap()).await;
    exports.build(&Actor::from("test"), DAY + 86_400, Vec::new()).await.unwrap();
    assert_eq!(copy, read(&exports, Audience::Public).0);
    let data = DataDir::create_or_open(directory.path()).unwrap();
    assert!(Store::open(&data).await.unwrap().last_counted("public", "directory").await.unwrap().is_some(), "counted as well");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_figures_of_a_day_are_those_of_its_edition() {
    let directory = TestDirectory::demo().await;
    let exports = exports(&directory);
    exports.build(&Actor::from("test"), DAY, Vec::new()).await.unwrap();
    // What happens later on the day is not in its figures.
    let (_, manifest) = read(&exports, Audience::Public);
    let answer = directory.get("/v1/indicators?day=2026-11-27").await.json();
    let figure = |measure: &str| {
        let items = answer["items"].as_array().unwrap().iter();
        items.filter(|item| item["measure"] == measure).find_map(|item| item["value"].as_f64()).unwrap_or_else(|| panic!("{measure}"))
    };
    let entries = manifest.entries;
    for (measure, count) in [("mailboxes", entries.mailbox), ("professionals", entries.professional), ("structures", entries.structure)] {
        assert_eq!(figure(measure) as u64, count, "{measure}");
    }
}
