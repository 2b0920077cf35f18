//! The official extraction out and in again: the same people, structures and mailboxes, in everything the format holds.

use crate::harness::{TestDirectory, annuaire_in, import_into, repository};
use annuaire::import::Options;
use serde_json::Value;
use std::collections::BTreeMap;
use std::path::Path;

/// Everything published, by kind and id, without what the extraction has no column for.
fn published(folder: &Path) -> BTreeMap<String, Value> {
    let lines = annuaire_in(folder, &["export", "--format", "jsonl"]).success();
    let entry = |line: &str| {
        let mut entry: Value = serde_json::from_str(line).unwrap();
        let id = entry.get("id").or(entry.get("address")).unwrap().as_str().unwrap();
        let key = format!("{} {id}", entry["kind"].as_str().unwrap());
        let mailbox = entry["kind"] == "mailbox";
        let fields = entry.as_object_mut().unwrap();
        fields.remove("updated_at");
        if mailbox {
            ["phone", "rank", "description"].iter().for_each(|field| drop(fields.remove(*field)));
        }
        if let Some(Value::Array(mailboxes)) = fields.get_mut("mailboxes") {
            for mailbox in mailboxes.iter_mut().map(|mailbox| mailbox.as_object_mut().unwrap()) {
                ["phone", "rank", "description"].iter().for_each(|field| drop(mailbox.remove(*field)));
            }
            mailboxes.sort_by_key(|mailbox| mailbox["address"].as_str().unwrap().to_owned());
        }
        (key, entry)
    };
    lines.lines().map(entry).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_extraction_read_again_gives_the_same_directory() {
    let first = TestDirectory::demo().await.stop().await;
    let files = tempfile::tempdir().unwrap();
    let extraction = files.path().join("Extraction_Correspondance_MSSante_202609011013.txt");
    annuaire_in(first.path(), &["export", "--format", "extraction", "--out", extraction.to_str().unwrap()]).success();
    let names = std::fs::read_dir(repository("fixtures/rpps/demo")).unwrap().map(|entry| entry.unwrap().path());
    let official = names.filter(|path| {
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        name.starts_with("PS_LibreAcces") || name.starts_with("listeblanche")
    });
    let second = tempfile::tempdir().unwrap();
    let paths: Vec<_> = official.chain([extraction.clone()]).collect();
    assert!(paths.len() > 2, "{paths:?}");
    let report = serde_json::to_value(import_into(second.path(), &paths, &Options::default()).await).unwrap();
    assert!(!report.to_string().contains("\"rejected\":1"), "{report}");
    let (before, after) = (published(first.path()), published(second.path()));
    let differing: Vec<_> = before.iter().filter(|(key, entry)| after.get(*key) != Some(entry)).take(3).collect();
    let came: Vec<_> = after.keys().filter(|key| !before.contains_key(*key)).take(3).collect();
    let theirs: Vec<_> = differing.iter().map(|(key, _)| after.get(*key)).collect();
    assert!(differing.is_empty() && came.is_empty(), "{differing:#?}\n{theirs:#?}\n{came:#?}");
    assert!(before.keys().filter(|key| key.starts_with("mailbox")).count() > 1_000);
    // And the same bytes come out of it.
    let again = files.path().join("again.txt");
    annuaire_in(second.path(), &["export", "--format", "extraction", "--out", again.to_str().unwrap()]).success();
    assert_eq!(std::fs::read_to_string(&again).unwrap(), std::fs::read_to_string(&extraction).unwrap());
}
