//! examples/feed_consumer.py keeps a copy, as a vendor would run it.

use super::door::{red, served};
use crate::harness::{annuaire_in, repository};
use annuaire::directory::Directory;
use annuaire::model::Audience;
use serde_json::Value;
use std::process::Command;

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";

fn everything(directory: &Directory) -> Value {
    let held = super::step::everything(directory, Audience::Professional).unwrap();
    let entry = |(key, shown): ((annuaire::model::Kind, String), annuaire::export::feed::Shown)| {
        (format!("{} {}", key.0.name(), key.1), serde_json::from_str(&shown.line).unwrap())
    };
    held.into_iter().map(entry).collect::<serde_json::Map<_, _>>().into()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_keeps_a_copy_in_step() {
    let directory = served().await;
    annuaire_in(directory.path(), &["edition", "build"]).success();
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.json");
    let run = async || {
        let mut python = Command::new("python3");
        python.arg(repository("examples/feed_consumer.py")).arg(format!("http://{}", directory.http)).arg(&file);
        python.env("ANNUAIRE_KEY", &directory.secret).env("WAIT", "0").env("no_proxy", "*");
        let output = tokio::task::spawn_blocking(move || python.output().unwrap()).await.unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let copy: Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
        copy["entries"].clone()
    };
    let door = directory.service().directory();
    assert_eq!(run().await, everything(door));
    red(&directory, DOCTOR, true).await;
    directory.settle().await;
    let after = run().await;
    assert_eq!(after, everything(door));
    assert!(!after.to_string().contains(DOCTOR));
    // Away too long: it begins again from the newest edition.
    directory.store.begin_feed_anew(0).await.unwrap();
    directory.store.tell_feed().await.unwrap();
    annuaire_in(directory.path(), &["edition", "build"]).success();
    assert_eq!(run().await, everything(door));
}
