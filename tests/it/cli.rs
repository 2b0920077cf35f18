//! Every subcommand through the binary: what it does, what it says, and how it refuses.

use crate::harness::{Finished, PATIENCE, Server, TestDirectory, annuaire_in, command, http, repository};
use sha2::{Digest as _, Sha256};
use std::path::Path;
use std::process::Stdio;

fn alone(arguments: &[&str]) -> Finished {
    command(arguments).output().expect("the binary runs").into()
}

fn with_variable(name: &str, value: &str, arguments: &[&str]) -> Finished {
    command(arguments).env(name, value).output().expect("the binary runs").into()
}

/// The demo's data folder, no service on it.
async fn demo_folder() -> tempfile::TempDir {
    TestDirectory::demo().await.stop().await
}

/// Some address the public may see.
fn shown_address(folder: &Path) -> String {
    let found = annuaire_in(folder, &["search", "--kind", "mailbox", "--limit", "1", "--json"]).success();
    let found: serde_json::Value = serde_json::from_str(&found).expect("JSON");
    found["items"][0]["address"].as_str().expect("an address").to_owned()
}

#[test]
fn help_and_version_are_no_failures() {
    let help = alone(&["--help"]).success();
    assert!(help.contains("Exit codes:") && help.contains("demo"));
    assert!(alone(&["--version"]).success().starts_with("annuaire 0."));
    assert!(alone(&[]).failure(2).contains("Usage"));
    assert!(alone(&["serv"]).failure(2).contains("serve"));
}

#[test]
fn a_wrong_setting_is_named_with_where_it_came_from() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("annuaire.toml");
    let path = file.to_str().expect("a path");
    std::fs::write(&file, "[ldap]\nlisten_on = \"127.0.0.1:3389\"\n").expect("settings");
    let message = alone(&["--settings", path, "status"]).failure(2);
    assert!(message.contains("ldap.listen_on") && message.contains("annuaire.toml"), "{message}");
    std::fs::write(&file, "[http]\nmax_page = \"many\"\n").expect("settings");
    let message = alone(&["--settings", path, "status"]).failure(2);
    assert!(message.contains("http.max_page") && message.contains("annuaire.toml"), "{message}");
    let message = alone(&["--settings", "/nowhere/annuaire.toml", "status"]).failure(2);
    assert!(message.contains("/nowhere/annuaire.toml"), "{message}");
    let message = with_variable("ANNUAIRE_LDAP__LISTEN", "somewhere", &["status"]).failure(2);
    assert!(message.contains("ldap.listen") && message.contains("ANNUAIRE_LDAP__LISTEN"), "{message}");
    let message = with_variable("ANNUAIRE_LDAP__PORT", "389", &["status"]).failure(2);
    assert!(message.contains("ANNUAIRE_LDAP__PORT"), "{message}");
    std::fs::write(&file, "[log]\nlevel = \"no=such=level\"\n").expect("settings");
    let message = alone(&["--settings", path, "--data", path, "serve"]).failure(2);
    assert!(message.contains("log.level"), "{message}");
}

#[test]
fn folders_of_something_else_are_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let message = annuaire_in(&folder.path().join("missing"), &["status"]).failure(4);
    assert!(message.contains("missing") && message.contains("--data"), "{message}");
    std::fs::write(folder.path().join("thesis.txt"), "mine").expect("a file");
    for arguments in [&["serve"][..], &["demo"], &["import", "Cargo.toml"], &["account", "add", "x"]] {
        let message = annuaire_in(folder.path(), arguments).failure(3);
        assert!(message.contains(folder.path().to_str().expect("a path")), "{message}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).expect("the folder").count(), 1, "nothing was written");
    let file = folder.path().join("thesis.txt");
    let message = annuaire_in(&file, &["serve"]).failure(1);
    assert!(message.contains("thesis.txt"), "{message}");
    let message = annuaire_in(Path::new("/proc/annuaire"), &["serve"]).failure(1);
    assert!(message.contains("/proc/annuaire"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_demo_says_four_things_that_work_and_keeps_to_its_folder() {
    let folder = tempfile::tempdir().expect("a folder");
    let data = folder.path().join("annuaire-data");
    let server = Server::demo(&data).await;
    let printed = server.printed.clone();
    let secret = printed.lines().find_map(|l| l.strip_prefix("secret")).and_then(|l| l.split_whitespace().next()).expect("a secret");
    let question = printed.split("/v1/search?").nth(1).and_then(|rest| rest.split('\'').next()).expect("a question");
    let answer = http(server.http_address(), "GET", &format!("/v1/search?{question}"), None).await;
    assert!(answer.json()["total"].as_u64() > Some(0), "{question}: {}", answer.text());
    let page = printed.split("in a browser  ").nth(1).and_then(|rest| rest.split_whitespace().next()).expect("a page");
    let path = page.strip_prefix(&format!("http://{}", server.http)).expect("an address of this server");
    let page = http(server.http_address(), "GET", path, None).await;
    assert!(page.status == 200 && page.text().contains("href=\"mailto:"), "{path}: {}", page.text());
    let filter = printed.split("-b dc=mssante,dc=fr '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a filter");
    let mut ldap = crate::harness::Ldap::connect(server.ldap_address()).await;
    assert_ne!(ldap.search("dc=mssante,dc=fr", filter).await.entries.len(), 0, "{filter}");
    assert_eq!(http(server.http_address(), "GET", "/v1/search?q=a", Some(secret)).await.status, 200);
    assert!(printed.contains("Thunderbird"));
    assert_eq!(server.terminate(), Some(0));

    let refused = annuaire_in(&data, &["import", repository("fixtures/rpps").to_str().expect("a path")]).failure(3);
    assert!(refused.contains("invented people"), "{refused}");
    let again = Server::demo(&data).await;
    assert!(!again.printed.contains(secret), "a secret is shown once");
    again.terminate();
    let real = tempfile::tempdir().expect("a folder");
    annuaire_in(real.path(), &["account", "add", "one"]).success();
    assert!(annuaire_in(real.path(), &["demo"]).failure(3).contains("not made by the demo"));
}

#[tokio::test(flavor = "multi_thread")]
async fn search_finds_prints_and_says_when_there_is_nothing() {
    let folder = demo_folder().await;
    let address = shown_address(folder.path());
    let text = annuaire_in(folder.path(), &["search", "--address", &address]).success();
    assert!(text.contains(&address), "{text}");
    let nothing = annuaire_in(folder.path(), &["search", "zyxwv"]);
    assert_eq!((nothing.code, nothing.out.trim()), (4, "nothing found"));
    annuaire_in(folder.path(), &["search", "--mailbox-type", "XYZ"]).failure(2);
    annuaire_in(folder.path(), &["search", "--limit", "0"]).failure(2);
}

#[tokio::test(flavor = "multi_thread")]
async fn search_beside_a_server_passes_the_same_gate() {
    let directory = TestDirectory::demo().await;
    let address = shown_address(directory.path());
    directory.process(&["mailbox", "flag", &address, "--liste-rouge", "true"]).success();
    let hidden = directory.process(&["search", "--kind", "mailbox", "--address", &address]);
    assert_eq!(hidden.code, 4, "{}", hidden.out);
    directory.process(&["mailbox", "flag", &address, "--liste-rouge", "false"]).success();
    directory.settle().await;
    directory.process(&["search", "--kind", "mailbox", "--address", &address]).success();
}

#[tokio::test(flavor = "multi_thread")]
async fn flags_are_acknowledged_and_mistakes_are_named() {
    let folder = demo_folder().await;
    let address = shown_address(folder.path());
    let flag = |more: &[&str]| annuaire_in(folder.path(), &[&["mailbox", "flag", &address], more].concat());
    let out = flag(&["--zero-papier", "refused", "--phone-opposed", "true"]).success();
    assert!(out.contains("acknowledged") && out.contains("refused") && out.contains("phone opposed true"), "{out}");
    assert!(flag(&["--zero-papier", "unset"]).success().contains("unset"));
    assert!(flag(&[]).failure(2).contains("--liste-rouge"));
    flag(&["--liste-rouge", "maybe"]).failure(2);
    let other = |address: &str| annuaire_in(folder.path(), &["mailbox", "flag", address, "--frozen", "true"]);
    assert!(other("not-an-address").failure(2).contains("not-an-address"));
    other("nobody@nowhere.mssante.fr").failure(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn accounts_are_added_listed_and_revoked() {
    let directory = TestDirectory::demo().await;
    let out = directory.process(&["account", "add", "cabinet-1"]).success();
    let secret = out.lines().find_map(|l| l.strip_prefix("secret")).expect("a secret").trim().to_owned();
    assert_eq!(http(directory.http, "GET", "/v1/search?q=a", Some(&secret)).await.status, 200);
    let list = directory.process(&["account", "list"]).success();
    assert!(list.contains("cabinet-1") && list.contains("in force") && !list.contains(&secret), "{list}");
    directory.process(&["account", "add", "cabinet-1"]).failure(3);
    directory.process(&["account", "add", "a b"]).failure(1);
    directory.process(&["account", "revoke", "cabinet-1"]).success();
    let revoked = std::time::Instant::now();
    while http(directory.http, "GET", "/v1/search?q=a", Some(&secret)).await.status != 401 {
        assert!(revoked.elapsed() < PATIENCE, "a revoked secret is still taken");
        tokio::time::sleep(std::time::Duration::from_millis(50)).await;
    }
    directory.process(&["account", "revoke", "cabinet-1"]).failure(4);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_rebuilt_and_compacted_beside_a_server_and_without() {
    let directory = TestDirectory::demo().await;
    assert!(directory.process(&["index", "rebuild"]).success().contains("by the running server"));
    assert!(directory.process(&["index", "compact"]).success().contains("by the running server"));
    assert_eq!(directory.get("/readyz").await.status, 200);
    let folder = directory.stop().await;
    assert_eq!(annuaire_in(folder.path(), &["index", "compact"]).success().trim(), "compacted");
    assert_eq!(annuaire_in(folder.path(), &["index", "rebuild"]).success().trim(), "rebuilt");
    assert!(annuaire_in(folder.path(), &["status", "--json"]).success().contains("\"searchable\": true"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_index_lock_keeps_its_doors_closed() {
    let directory = TestDirectory::demo().await;
    let second = Server::start(directory.path(), &[], Stdio::null());
    assert_eq!(http(second.http_address(), "GET", "/healthz", None).await.status, 200);
    assert_eq!(http(second.http_address(), "GET", "/readyz", None).await.status, 503);
    assert_eq!(http(second.http_address(), "GET", "/v1/search?q=a", None).await.status, 503);
    let mut ldap = crate::harness::Ldap::connect(second.ldap_address()).await;
    let closed = ldap.search("dc=mssante,dc=fr", "(cn=*a*)").await;
    assert_eq!(closed.code, ldap3_proto::proto::LdapResultCode::Unavailable);
    let _folder = directory.stop().await;
    second.ready().await;
    assert_eq!(second.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn the_journal_is_verified_searched_exported_and_erased() {
    let folder = tempfile::tempdir().expect("a folder");
    let audit = |arguments: &[&str]| annuaire_in(folder.path(), &[&["audit"], arguments].concat());
    for arguments in [["account", "add", "one"], ["account", "add", "two"], ["account", "revoke", "one"]] {
        annuaire_in(folder.path(), &arguments).success();
    }
    let head = audit(&["head"]).success().trim().to_owned();
    annuaire_in(folder.path(), &["import", repository("fixtures/rpps/plain").to_str().expect("a path")]).success();
    let whole = audit(&["verify", "--head", &head]).success();
    assert!(whole.contains("whole") && whole.contains("3 entries, 1 to 3") && whole.contains(&head), "a first load keeps it: {whole}");
    assert!(audit(&["traces"]).success().contains("last_change"));

    let found: serde_json::Value = serde_json::from_str(&audit(&["search", "--object", "one", "--json"]).success()).expect("JSON");
    assert_eq!((found[0]["action"].as_str(), found[1]["action"].as_str()), (Some("account.add"), Some("account.revoke")));
    let added = audit(&["search", "--action", "account.add", "--from", "2000-01-01", "--limit", "1"]);
    assert!(added.out.contains("administrator  account.add  one  result ok") && added.err.contains("--after 1"), "{}", added.out);
    assert_eq!(audit(&["search", "--to", "2000-01-01"]).code, 4);
    audit(&["search", "--from", "yesterday"]).failure(2);
    audit(&["export", "--from", "2026-01-02", "--to", "2026-01-01"]).failure(2);

    let exported = audit(&["export"]).success();
    let mut chain = vec![0; 32];
    for row in exported.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).expect("JSON")) {
        let text = |name: &str| row[name].as_str().expect("a text");
        let digest = Sha256::digest([&bytes(text("salt"))[..], text("payload").as_bytes()].concat());
        let numbers = ["id", "at"].map(|name| row[name].as_i64().expect("a number").to_be_bytes()).concat();
        chain = Sha256::digest([&chain[..], &numbers, text("day").as_bytes(), &digest].concat()).to_vec();
        assert_eq!(chain, bytes(text("chain")), "checked by hand");
    }
    assert_eq!(chain, bytes(&head));

    assert!(audit(&["erase", "one", "--reason", "request 17"]).success().contains('2'));
    assert_eq!(audit(&["erase", "one", "--reason", "request 17"]).code, 4);
    audit(&["erase", "one"]).failure(2);
    assert_eq!(audit(&["search", "--object", "one"]).code, 4);
    let verdict = audit(&["verify", "--json", "--head", &head]).success();
    assert!(verdict.contains("\"erased\": 2") && verdict.contains("\"fault\": null"), "{verdict}");
    audit(&["verify", "--head", "12"]).failure(2);
    let never = audit(&["verify", "--head", &"ab".repeat(32)]);
    assert!(never.code == 1 && never.out.contains("wrong at entry 4"), "{}", never.out);
    let database = annuaire::store::DataDir::open(folder.path()).expect("a data folder").database();
    let mut connection = annuaire::store::sqlite::writer_connection(&database).await.expect("the store");
    let tamper = "DROP TRIGGER journal_is_append_only_update; UPDATE journal SET at = at + 1 WHERE id = 2";
    sqlx::raw_sql(tamper).execute(&mut connection).await.expect("tampering");
    let wrong = audit(&["verify"]);
    assert!(wrong.code == 1 && wrong.out.contains("wrong at entry 2: the row was changed"), "{}", wrong.out);
}

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).expect("hexadecimal")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn status_and_dump_tell_what_is_there() {
    let folder = demo_folder().await;
    let status: serde_json::Value = serde_json::from_str(&annuaire_in(folder.path(), &["status", "--json"]).success()).expect("JSON");
    assert_eq!(status["index"]["searchable"], true);
    assert!(status["store"]["professionals"]["open"].as_u64() > Some(1_000), "{status}");
    assert!(annuaire_in(folder.path(), &["status"]).success().contains("index.searchable"));
    let (one, two) =
        (annuaire_in(folder.path(), &["dump", "--canonical"]).success(), annuaire_in(folder.path(), &["dump", "--canonical"]).success());
    assert!(one == two && one.lines().count() > 1_000);
    annuaire_in(folder.path(), &["dump"]).failure(2);
}

#[test]
fn imports_say_what_is_missing() {
    let folder = tempfile::tempdir().expect("a folder");
    assert!(annuaire_in(folder.path(), &["import", "/nowhere/file.txt"]).failure(2).contains("/nowhere/file.txt"));
    assert!(annuaire_in(folder.path(), &["import", "--edition", "today", "Cargo.toml"]).failure(2).contains("12 digits"));
    annuaire_in(folder.path(), &["import"]).failure(2);
}

#[test]
fn the_openapi_document_is_printed_and_written() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("annuaire.json");
    let printed = alone(&["openapi"]).success();
    alone(&["openapi", "--out", file.to_str().expect("a path")]).success();
    assert_eq!(printed, std::fs::read_to_string(&file).expect("the document"));
    assert!(alone(&["openapi", "--out", "/nowhere/x.json"]).failure(1).contains("/nowhere/x.json"));
}

#[test]
fn nobody_is_invented_in_production() {
    let folder = tempfile::tempdir().expect("a folder");
    let out = folder.path().join("out");
    for arguments in [&["synth", "--out", out.to_str().expect("a path")][..], &["demo", "--data", out.to_str().expect("a path")]] {
        let refused = with_variable("ANNUAIRE_PRODUCTION", "true", arguments).failure(3);
        assert!(refused.contains(arguments[0]) && refused.contains("production = true"), "{refused}");
        assert!(!out.exists());
    }
}

#[test]
fn synth_writes_the_same_for_the_same_seed() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |name: &str, seed: &str| {
        let out = folder.path().join(name);
        alone(&["synth", "--people", "40", "--seed", seed, "--plain", "--out", out.to_str().expect("a path")]).success();
        let mut files: Vec<_> = std::fs::read_dir(&out).expect("files").map(|e| e.expect("a file").path()).collect();
        files.sort();
        files.iter().flat_map(|f| std::fs::read(f).expect("a file")).collect::<Vec<u8>>()
    };
    let one = write("one", "5");
    assert!(!one.is_empty() && one == write("two", "5") && one != write("three", "6"));
}

#[test]
fn versions_of_the_liste_blanche_are_listed_and_given_back_to_the_byte() {
    let (files, folder) = (tempfile::tempdir().expect("a folder"), tempfile::tempdir().expect("a folder"));
    crate::country::write(files.path());
    let run = |arguments: &[&str]| annuaire_in(folder.path(), arguments);
    run(&["import", files.path().to_str().expect("a path")]).success();
    let versions: serde_json::Value = serde_json::from_str(&run(&["liste-blanche", "list", "--json"]).success()).expect("JSON");
    let sha256 = versions[0]["sha256"].as_str().expect("a digest");
    assert!(run(&["liste-blanche", "list"]).success().contains("not signed"));
    assert_eq!(run(&["liste-blanche", "show", sha256]).success(), crate::country::list());
    run(&["liste-blanche", "show", &"0".repeat(64)]).failure(4);
}
