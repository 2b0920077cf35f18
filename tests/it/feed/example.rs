//! examples/feed_consumer.py keeps a copy, as a vendor would run it.

use super::door::{red, served};
use crate::harness::repository;
use annuaire::model::Audience;
use std::collections::BTreeMap;
use std::process::Command;

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";

#[tokio::test(flavor = "multi_thread")]
async fn the_example_keeps_a_copy_in_step() {
    let directory = served().await;
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("copy.json");
    let run = async || {
        let mut python = Command::new("python3");
        python.arg(repository("examples/feed_consumer.py")).arg(format!("http://{}", directory.http)).arg(&file);
        python.env("ANNUAIRE_KEY", &directory.secret).env("WAIT", "0").env("no_proxy", "*");
        let output = tokio::task::spawn_blocking(move || python.output().unwrap()).await.unwrap();
        (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
    };
    assert_eq!(run().await, (true, String::new()));
    // What an export would hold.
    let mut copy: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    let everything = || {
        let held = super::step::everything(directory.service().directory(), Audience::Professional).unwrap();
        let entry = |(key, shown): ((annuaire::model::Kind, String), annuaire::export::feed::Shown)| {
            let view: serde_json::Value = serde_json::from_slice(&shown.view).unwrap();
            (format!("{} {}", key.0.name(), key.1), view)
        };
        held.into_iter().map(entry).collect::<BTreeMap<_, _>>()
    };
    copy["entries"] = serde_json::to_value(everything()).unwrap();
    std::fs::write(&file, copy.to_string()).unwrap();
    red(&directory, DOCTOR, true).await;
    directory.settle().await;
    assert_eq!(run().await, (true, String::new()));
    let copy: serde_json::Value = serde_json::from_slice(&std::fs::read(&file).unwrap()).unwrap();
    assert_eq!(copy["entries"], serde_json::to_value(everything()).unwrap());
    assert!(!copy["entries"].to_string().contains(DOCTOR));
    directory.store.begin_feed_anew(0).await.unwrap();
    let (done, said) = run().await;
    assert!(!done && said.contains("start again from the export"), "{said}");
}
