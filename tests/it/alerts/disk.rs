//! No room, and a folder that may not be written: said, in words a duty officer can pass on, and nothing is harmed or given without a trace.

use super::world::refused;
use crate::harness::{FULL, HttpAnswer, OBEYING, Server, TestDirectory, annuaire_in, http, http_with};
use serde_json::json;
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;

const WHY: &[u8] = br#"{"filter": {}, "reason": "r", "reference": "n", "columns": ["address", "family_name", "city", "structure_name"]}"#;

/// The demo's folder with an account of the authority, and its key.
async fn prepared() -> (tempfile::TempDir, String) {
    let folder = TestDirectory::demo().await.stop().await;
    let printed = annuaire_in(folder.path(), &["account", "add", "dgs", "--role", "autorite-sanitaire"]).success();
    let key = printed.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim().to_owned();
    (folder, key)
}

async fn ask(web: SocketAddr, key: &str, method: &str, path: &str, body: &[u8]) -> HttpAnswer {
    http_with(web, method, path, &[("ESANTE-API-KEY", key)], body).await
}

fn lists(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("alerts")).unwrap().count()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_and_lists_stay_readable_with_a_trace_or_not_at_all() {
    let (folder, key) = prepared().await;
    let server = Server::start(folder.path(), &[], Stdio::null());
    server.ready().await;
    let made = ask(server.http_address(), &key, "POST", "/v1/alerts", WHY).await.json();
    let path = format!("/v1/alerts/{}", made["id"].as_str().unwrap());
    let list = ask(server.http_address(), &key, "GET", &format!("{path}/list"), b"").await;
    assert!(list.body.len() > 64 * 1024, "larger than the room there will be: {}", list.body.len());
    assert_eq!(server.terminate(), Some(0));

    let server = Server::behind(FULL, folder.path(), Stdio::null());
    server.ready().await;
    let web = server.http_address();
    let refusal = ask(web, &key, "POST", "/v1/alerts", WHY).await;
    assert_eq!(refused(&refusal), (503, "storage_full".to_owned()));
    assert!(refusal.headers.contains_key("retry-after") && refusal.text().contains("le disque est plein"), "{}", refusal.text());
    assert_eq!(lists(folder.path()), 1, "nothing half made is left");
    // The list is given while the journal has room for it, and then no more.
    let mut given = 0;
    let full = loop {
        let answer = ask(web, &key, "GET", &format!("{path}/list"), b"").await;
        if answer.status != 200 {
            break answer;
        }
        assert_eq!(answer.body, list.body);
        given += 1;
        assert!(given < 200, "the journal goes on though there is no room");
    };
    for refusal in [full, ask(web, &key, "GET", &format!("{path}/coverage"), b"").await] {
        assert_eq!(refused(&refusal), (503, "storage_full".to_owned()));
        assert!(refusal.headers.contains_key("retry-after") && refusal.text().contains("sans trace"), "{}", refusal.text());
    }
    // What takes no trace is answered as ever.
    assert_eq!(ask(web, &key, "GET", &path, b"").await.status, 200);
    assert_eq!(http(web, "GET", "/v1/search?q=martin", None).await.status, 200);
    assert_eq!(http(web, "GET", "/readyz", None).await.status, 200);
    assert_eq!(server.terminate(), Some(0), "it was not ended by the signal of a file too large");

    let server = Server::start(folder.path(), &[], Stdio::null());
    server.ready().await;
    assert_eq!(ask(server.http_address(), &key, "GET", &format!("{path}/list"), b"").await.body, list.body);
    let entries: serde_json::Value = serde_json::from_str(
        &annuaire_in(folder.path(), &["audit", "search", "--action", "alert.download", "--limit", "1000", "--json"]).success(),
    )
    .unwrap();
    assert_eq!(entries.as_array().unwrap().len(), given + 2, "as many as were given");
    annuaire_in(folder.path(), &["audit", "verify"]).success();
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_that_may_not_be_written_is_said() {
    let (folder, key) = prepared().await;
    for name in ["alerts", "exports"] {
        std::fs::create_dir_all(folder.path().join(name)).unwrap();
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o500)).unwrap();
    }
    let server = Server::behind(OBEYING, folder.path(), Stdio::null());
    server.ready().await;
    let web = server.http_address();
    let refusal = ask(web, &key, "POST", "/v1/alerts", WHY).await;
    assert_eq!(refused(&refusal), (503, "storage".to_owned()));
    assert!(refusal.text().contains("ne se laisse pas écrire"), "{}", refusal.text());
    let subset = ask(web, &key, "GET", "/v1/exports/subset?form=csv&profession=10", b"").await;
    assert_eq!(refused(&subset), (503, "storage".to_owned()));
    assert_eq!(ask(web, &key, "GET", "/v1/alerts", b"").await.json()["items"], json!([]));
    for name in ["alerts", "exports"] {
        std::fs::set_permissions(folder.path().join(name), std::fs::Permissions::from_mode(0o700)).unwrap();
    }
    assert_eq!(ask(web, &key, "POST", "/v1/alerts", WHY).await.status, 201);
    assert_eq!(server.terminate(), Some(0));
}
