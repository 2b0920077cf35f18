//! Logs and metrics hold no filter, query, name or address, at the most talkative level.

use crate::harness::{Finished, Server, TestDirectory, annuaire_in, http};
use std::fs::File;
use std::process::Stdio;

/// Words no entry holds, so that only a question can bring them into a log.
const WORDS: [&str; 6] = ["zyxfamille", "zyxville", "zyxadresse", "zyxmotdepasse", "zyxchemin", "zyxcompte"];

#[tokio::test(flavor = "multi_thread")]
async fn nothing_asked_and_nobody_found_is_logged() {
    let folder = TestDirectory::demo().await.stop().await;
    let settings = folder.path().join("settings.toml");
    std::fs::write(&settings, "[log]\nlevel = \"trace\"\n").expect("settings");
    let log = folder.path().join("log");
    let server =
        Server::start(folder.path(), &["--settings", settings.to_str().expect("a path")], Stdio::from(File::create(&log).expect("a log")));
    server.ready().await;
    let web = server.http_address();

    let shown = http(web, "GET", "/v1/search?kind=mailbox&mailbox_type=PER&limit=1", None).await.json();
    let address = find(&shown, "address").expect("a mailbox in the demo");
    let family = find(&http(web, "GET", "/v1/search?has_mailbox=true&limit=1", None).await.json(), "family_name").expect("a person");
    for path in [
        "/v1/search?q=zyxfamille+zyxville".to_owned(),
        "/v1/search?address=zyxadresse@example.mssante.fr".to_owned(),
        "/v1/search?zyxchemin=1".to_owned(),
        "/v1/professionals/zyxchemin".to_owned(),
        "/v1/mailboxes/zyxadresse@example.mssante.fr".to_owned(),
        format!("/v1/mailboxes/{address}"),
        "/zyxchemin".to_owned(),
        "/?q=zyxfamille&city=zyxville".to_owned(),
        format!("/?address={address}"),
        "/professionnel/zyxchemin".to_owned(),
        "/structure/zyxchemin?q=zyxfamille".to_owned(),
    ] {
        http(web, "GET", &path, None).await;
        http(web, "GET", &path, Some("ann_zyxmotdepasse")).await;
    }
    let mut ldap = crate::harness::Ldap::connect(server.ldap_address()).await;
    ldap.bind("uid=zyxcompte,ou=comptes,dc=mssante,dc=fr", "zyxmotdepasse").await;
    let mut ldap = crate::harness::Ldap::connect(server.ldap_address()).await;
    for filter in
        ["(cn=*zyxfamille*)".to_owned(), "(&(sn=zyxfamille)(l=zyxville))".to_owned(), format!("(mail={address})"), format!("(sn={family})")]
    {
        ldap.search("dc=mssante,dc=fr", &filter).await;
    }
    ldap.search("ou=zyxchemin,dc=mssante,dc=fr", "(objectClass=*)").await;
    ldap.compare(&format!("mail={address},ou=bal,dc=mssante,dc=fr"), "mail", "zyxadresse@example.mssante.fr").await;
    let flagged: Finished = annuaire_in(folder.path(), &["mailbox", "flag", &address, "--liste-rouge", "true"]);
    flagged.success();
    let metrics = http(web, "GET", "/metrics", None).await.text();
    assert_eq!(server.terminate(), Some(0));

    let logged = std::fs::read_to_string(&log).expect("the log").to_lowercase();
    assert!(logged.contains("trace") || logged.contains("debug"), "the log is not at its most talkative: {logged}");
    for word in WORDS.iter().map(|w| (*w).to_owned()).chain([address.to_lowercase(), family.to_lowercase()]) {
        assert!(!logged.contains(&word), "{word} is in the log: {}", logged.lines().find(|l| l.contains(&word)).unwrap_or_default());
        assert!(!metrics.to_lowercase().contains(&word), "{word} is in the metrics");
    }
}

/// The first text under a name, anywhere in a document.
fn find(value: &serde_json::Value, name: &str) -> Option<String> {
    match value {
        serde_json::Value::Object(fields) => {
            let here = fields.get(name).and_then(|v| v.as_str()).map(str::to_owned);
            here.or_else(|| fields.values().find_map(|v| find(v, name)))
        }
        serde_json::Value::Array(items) => items.iter().find_map(|v| find(v, name)),
        _ => None,
    }
}
