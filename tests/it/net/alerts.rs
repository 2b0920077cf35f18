//! Lists for the health authority by client certificate: the role of the account the certificate stands for, its name in the journal.

use super::world::{World, written};
use annuaire::model::{Audience, Role};
use annuaire::trust::Accounts;
use serde_json::Value;
use std::path::Path;
use std::process::Command;

const BODY: &str = r#"{"filter": {"types": ["PER"]}, "reason": "Essai", "reference": "ESSAI 1"}"#;

/// Status and body of a request, with the certificate of that name or none.
fn curl(world: &World, files: &Path, name: Option<&str>, more: &[&str], path: &str) -> (u16, String) {
    let mut curl = Command::new("curl");
    curl.args(["-sS", "--http1.1", "-w", "\n%{http_code}", "--cacert"]).arg(world.file("ca.pem")).args(more);
    if let Some(name) = name {
        let issued = world.authority.client(name);
        let (certificate, key) = (files.join("client.pem"), files.join("client.key"));
        std::fs::write(&certificate, &issued.certificate_pem).unwrap();
        std::fs::write(&key, &issued.key_pem).unwrap();
        curl.arg("--cert").arg(certificate).arg("--key").arg(key);
    }
    let output = curl.arg(format!("https://{}{path}", world.https())).output().expect("curl is installed by the test command");
    let text = String::from_utf8(output.stdout).unwrap();
    let (body, status) = text.rsplit_once('\n').unwrap();
    assert_ne!(status, "000", "{}", String::from_utf8_lossy(&output.stderr));
    (status.parse().unwrap(), body.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_has_the_role_of_its_account() {
    let world = World::with(|settings| settings.limits.failed_credentials_per_minute = 1_000_000).await;
    let files = tempfile::tempdir().unwrap();
    let accounts = Accounts::new(world.directory.store.clone());
    for (account, name, entropy) in [("corruss-1", "corruss-1.invalid", 1), ("corruss-2", "corruss-2.invalid", 2)] {
        let role = Role::AutoriteSanitaire;
        accounts.add_with_certificates(account, Audience::Professional, role, vec![written(name)], [entropy; 32], 0).await.unwrap();
    }
    let ask = |name: Option<&str>, more: &[&str], path: &str| {
        let (status, body) = curl(&world, files.path(), name, more, path);
        (status, serde_json::from_str::<Value>(&body).unwrap_or(Value::String(body)))
    };
    let (status, made) = ask(Some("corruss-1.invalid"), &["--data", BODY], "/v1/alerts");
    assert_eq!((status, made["actor"].as_str(), made["state"].as_str()), (201, Some("corruss-1"), Some("ready")), "{made}");
    let list = format!("/v1/alerts/{}/list?format=jsonl", made["id"].as_str().unwrap());
    let (status, text) = ask(Some("corruss-2.invalid"), &[], &list);
    assert_eq!((status, text["alert"]["id"].as_str()), (200, made["id"].as_str()), "{text}");
    // The certificate of another role, of nobody, and none at all.
    let (create, data): (&str, &[&str]) = ("/v1/alerts", &["--data", BODY]);
    for (name, status, code) in [
        (Some("logiciel.exemple.invalid"), 403, "forbidden"),
        (Some("inconnu.invalid"), 401, "invalid_credential"),
        (None, 401, "invalid_credential"),
    ] {
        for (more, path) in [(data, create), (&[][..], create), (&[][..], list.as_str())] {
            let (got, problem) = ask(name, more, path);
            assert_eq!((got, problem["code"].as_str()), (status, Some(code)), "{name:?} {path}: {problem}");
        }
    }
    let journal = world.directory.store.audit_entries(50).await.unwrap();
    let acts: Vec<_> = journal.iter().filter(|entry| entry.action.starts_with("alert.")).collect();
    let told: Vec<_> = acts.iter().rev().map(|entry| (entry.action.as_str(), entry.actor.as_str(), entry.credential.as_str())).collect();
    assert_eq!(told, [("alert.create", "corruss-1", "certificate"), ("alert.download", "corruss-2", "certificate")]);
    // A certificate taken from its account opens nothing.
    accounts.revoke("corruss-2", 1).await.unwrap();
    tokio::time::sleep(std::time::Duration::from_millis(600)).await;
    assert_eq!(ask(Some("corruss-2.invalid"), &[], &list).0, 401);
}
