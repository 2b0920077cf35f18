//! An operator by its client certificate: the subject that the liste blanche, or an administrator, names.

use super::world::World;
use annuaire::publication::Actor;
use annuaire::trust::{FileChange, Operators, written_subject};
use std::path::Path;
use std::process::Command;

fn curl(world: &World, files: &Path, name: Option<&str>, path: &str) -> serde_json::Value {
    let mut curl = Command::new("curl");
    curl.args(["--silent", "--cacert", world.file("ca.pem").to_str().unwrap()]);
    if let Some(name) = name {
        let issued = world.authority.client(name);
        let (certificate, key) = (files.join("client.pem"), files.join("client.key"));
        std::fs::write(&certificate, &issued.certificate_pem).unwrap();
        std::fs::write(&key, &issued.key_pem).unwrap();
        curl.args(["--cert", certificate.to_str().unwrap(), "--key", key.to_str().unwrap()]);
    }
    let output = curl.arg(format!("https://{}{path}", world.https())).output().expect("curl is installed by the test command");
    serde_json::from_slice(&output.stdout).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_its_operator_and_no_other_is() {
    let world = World::new().await;
    let files = tempfile::tempdir().unwrap();
    let operators = Operators::new(world.directory.store.clone());
    let actor = Actor::from("test");
    operators.add("1990999013", "OPERATEUR UN", FileChange::default(), &actor, 0).await.unwrap();
    let subject = written_subject("CN=mss.operateur-un.invalid,OU=1990999013,O=EXEMPLE,C=FR").unwrap();
    operators.add_certificate("1990999013", subject.clone(), &actor, 0).await.unwrap();

    let known = curl(&world, files.path(), Some("mss.operateur-un.invalid"), "/v1/operator");
    assert_eq!((known["id"].as_str(), known["state"].as_str()), (Some("1990999013"), Some("candidat")), "{known}");
    for stranger in [Some("mss.operateur-deux.invalid"), None] {
        let refused = curl(&world, files.path(), stranger, "/v1/operator");
        assert_eq!(refused["code"], "MSS-002", "{refused}");
    }
    // An account's certificate is no operator's.
    assert_eq!(curl(&world, files.path(), Some("logiciel.exemple.invalid"), "/v1/operator")["code"], "MSS-002");
    operators.remove_certificate("1990999013", subject, &actor, 0).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(curl(&world, files.path(), Some("mss.operateur-un.invalid"), "/v1/operator")["code"], "MSS-002");
}
