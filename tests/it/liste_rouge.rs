//! A mailbox turned red leaves no trace: no door, no audience, no shape of question, no log, no status, no byte of the index.

use crate::country;
use crate::harness::{HttpAnswer, Server, TestDirectory, annuaire_in, http, http_with};
use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::store::MailboxFlags;
use ldap3_proto::proto::{LdapResultCode, LdapSearchScope};
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

const RED: &str = "zoe.rougier@medecin.mssante.fr";
const UNKNOWN: &str = "zed.inconnu@medecin.mssante.fr";
/// What must not be found, in any case: the local parts of both red mailboxes.
const TRACES: [&str; 2] = ["zoe.rougier", "rouge.depuis-toujours"];
const HOLDER: &str = "810999990053";

async fn served() -> TestDirectory {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    let directory = TestDirectory::import(&[files.path().to_owned()]).await;
    let lines = country::HOSPITAL_LINES.as_bytes();
    Publication::new(directory.store.clone()).load_lines(country::HOSPITAL_OPERATOR, lines, "test", 1_790_000_100).await.unwrap();
    directory.settle().await;
    directory
}

async fn flag(directory: &TestDirectory, red: bool) {
    let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
    Publication::new(directory.store.clone()).flag(&Address::parse(RED).unwrap(), flags, "test", 1_790_000_200).await.unwrap();
}

fn assert_clean(what: &str, text: &str) {
    let folded = text.to_lowercase();
    for trace in TRACES {
        assert!(!folded.contains(trace), "{what} holds {trace}: {text}");
    }
}

/// Status, headers that may tell something, and body, without what differs between any two requests.
fn comparable(answer: &HttpAnswer, asked: &str) -> String {
    let id = answer.headers.get("x-request-id").cloned().unwrap_or_else(|| "no id".to_owned());
    let headers: Vec<_> = answer.headers.iter().filter(|(name, _)| !matches!(name.as_str(), "date" | "x-request-id")).collect();
    format!("{} {headers:?} {}", answer.status, answer.text()).replace(&id, "ID").replace(asked, "ASKED")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_red_mailbox_is_on_no_door() {
    let directory = served().await;
    assert_eq!(directory.get(&format!("/v1/mailboxes/{RED}")).await.status, 200, "shown before");
    flag(&directory, true).await;
    directory.settle().await;
    for professional in [false, true] {
        rest_is_clean(&directory, professional).await;
        ldap_is_clean(&directory, professional).await;
    }
    for path in ["/metrics", "/readyz", "/healthz", "/openapi.json"] {
        assert_clean(path, &directory.get(path).await.text());
    }
    flag(&directory, false).await;
    directory.settle().await;
    assert_eq!(directory.get(&format!("/v1/mailboxes/{RED}")).await.status, 200, "shown again");
}

async fn rest_is_clean(directory: &TestDirectory, professional: bool) {
    let get = async |path: &str| if professional { directory.get_as_professional(path).await } else { directory.get(path).await };
    for path in [
        "/v1/search?q=rougier",
        "/v1/search?q=rougier&kind=mailbox",
        "/v1/search?name=rougier&has_mailbox=true",
        "/v1/search?name=rougeir&has_mailbox=true",
        "/v1/search?q=rougierr&kind=mailbox",
        "/v1/search?name=rougier&mailbox_type=PER",
        "/v1/search?name=rougier&zero_papier=accepted",
        "/v1/search?kind=mailbox&city=lyon&limit=100",
        "/v1/search?kind=mailbox&address=@medecin.mssante.fr",
        "/v1/search?kind=professional&profession=50",
        "/v1/search?kind=mailbox&identifier=10999990053",
        "/v1/search?kind=mailbox&sort=city&q=z&facets=true",
        "/v1/suggest?q=rougier",
        "/v1/suggest?q=zoe.rougier",
        "/v1/organizations/F990999013",
        "/v1/nomenclatures/TRE_G15",
        "/?q=rougier",
        "/?name=rougeir&has_mailbox=true",
        "/?address=@medecin.mssante.fr&name=rougier",
        "/?profession=50&kind=professional",
        &format!("/professionnel/{HOLDER}"),
        "/structure/F990999013",
        "/donnees",
    ] {
        let answer = get(path).await;
        assert_eq!(answer.status, 200, "{path}: {}", answer.text());
        assert_clean(path, &answer.text());
    }
    // The person is still there, without a mailbox, as one who never had any.
    let person = get(&format!("/v1/professionals/{HOLDER}")).await.json();
    assert!(person.get("mailboxes").is_none_or(|m| m.as_array().unwrap().is_empty()), "{person}");
    assert_eq!(person["zero_papier"], false);
    assert_eq!(get("/v1/search?name=rougier&has_mailbox=true").await.json()["total"], 0);
    for path in ["/v1/search?name=rougeir&has_mailbox=true", "/v1/search?kind=mailbox&name=rougeir"] {
        assert_eq!(get(path).await.json()["total"], 0, "{path}");
    }
    assert_eq!(get("/v1/search?name=rougier&has_mailbox=false").await.json()["total"], 1);
    // Asked by its address it answers as an unknown one, to the byte.
    for path in [
        "/v1/mailboxes/",
        "/v1/search?kind=mailbox&address=",
        "/v1/search?address=",
        "/v1/search?kind=mailbox&q=",
        "/v1/suggest?q=",
        "/?address=",
        "/?q=",
    ] {
        let (red, unknown) = (get(&format!("{path}{RED}")).await, get(&format!("{path}{UNKNOWN}")).await);
        assert_eq!(comparable(&red, RED), comparable(&unknown, UNKNOWN), "{path}");
    }
    // Nor is it counted by what it says.
    let facets = get("/v1/search?name=rougier&facets=mailbox_type,zero_papier").await.json();
    assert_eq!(facets["facets"], serde_json::json!({"mailbox_type": [], "zero_papier": []}), "{facets}");
    let looked_up = async |item: &str| {
        let bearer = format!("Bearer {}", directory.secret);
        let body = serde_json::json!({ "items": [item] }).to_string();
        http_with(directory.http, "POST", "/v1/mailboxes/lookup", &[("Authorization", bearer.as_str())], body.as_bytes()).await
    };
    let unknown = comparable(&looked_up(UNKNOWN).await, UNKNOWN);
    for item in [RED, HOLDER, "10999990053", "10999999999"] {
        assert_eq!(comparable(&looked_up(item).await, item), unknown, "{item}");
    }
}

async fn ldap_is_clean(directory: &TestDirectory, professional: bool) {
    let mut ldap = if professional { directory.ldap_as_professional().await } else { directory.ldap().await };
    for filter in [
        "(mail=zoe.rougier@medecin.mssante.fr)",
        "(mail=zoe*)",
        "(mail=*rougier*)",
        "(cn=*rougier*)",
        "(sn=rougier)",
        "(rpps=10999990053)",
        "(IdentifiantPP=10999990053)",
        "(mail=*)",
        "(objectClass=*)",
        "(!(sn=martin))",
        "(&(mail=*)(!(mail=*martin*)))",
        "(|(mail=z*)(mail=r*))",
        "(sn~=rougier)",
        "(mail:=zoe.rougier@medecin.mssante.fr)",
        "(modifyTimestamp>=20000101000000Z)",
    ] {
        for base in ["dc=mssante,dc=fr", "ou=bal,dc=mssante,dc=fr", "dc=annuaire,dc=sante,dc=fr", ""] {
            let found = ldap.ask(base, LdapSearchScope::Subtree, filter, &["*", "+"], 0).await;
            assert_eq!(found.code, LdapResultCode::Success, "{filter} below {base}: {}", found.message);
            assert_clean(&format!("{filter} below {base}"), &format!("{found:?}"));
        }
    }
    let dn = format!("mail={RED},ou=bal,dc=mssante,dc=fr");
    let unknown = format!("mail={UNKNOWN},ou=bal,dc=mssante,dc=fr");
    let (red, other) = (
        ldap.ask(&dn, LdapSearchScope::Base, "(objectClass=*)", &[], 0).await,
        ldap.ask(&unknown, LdapSearchScope::Base, "(objectClass=*)", &[], 0).await,
    );
    assert_eq!(format!("{red:?}"), format!("{other:?}"));
    assert_eq!(red.code, LdapResultCode::NoSuchObject);
    assert_eq!(ldap.compare(&dn, "mail", RED).await, LdapResultCode::NoSuchObject);
    let holder = format!("uid={HOLDER},ou=professionnels,dc=annuaire,dc=sante,dc=fr");
    assert_eq!(
        ldap.compare(&holder, "mail", RED).await,
        ldap.compare("uid=810999990061,ou=professionnels,dc=annuaire,dc=sante,dc=fr", "mail", RED).await
    );
    // A size limit of one neither overflows nor counts it.
    let found = ldap.ask("ou=bal,dc=mssante,dc=fr", LdapSearchScope::Subtree, "(rpps=10999990053)", &["1.1"], 1).await;
    assert_eq!((found.entries.len(), found.code), (0, LdapResultCode::Success));
}

/// Known from nothing but her mailbox: while that is red, she is nobody.
#[tokio::test(flavor = "multi_thread")]
async fn whoever_only_a_red_mailbox_tells_of_is_not_shown() {
    const PERSON: &str = "/v1/professionals/810999990079";
    let directory = served().await;
    assert_eq!(directory.get(PERSON).await.json()["incomplete"], true);
    for (red, expected) in [(true, 404), (false, 200)] {
        let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
        let address = Address::parse("maud.inconnue@medecin.mssante.fr").unwrap();
        Publication::new(directory.store.clone()).flag(&address, flags, "test", 1_790_000_300).await.unwrap();
        directory.settle().await;
        for answer in [directory.get(PERSON).await, directory.get_as_professional(PERSON).await] {
            assert_eq!(answer.status, expected, "{}", answer.text());
        }
        let total = directory.get("/v1/search?name=inconnue").await.json()["total"].as_u64();
        assert_eq!(total, Some(u64::from(!red)));
    }
}

/// The words that a hidden row alone gives to a code, known or unknown, are nowhere: each answer is that of a directory that never had the row.
#[tokio::test(flavor = "multi_thread")]
async fn labels_that_only_a_red_row_tells_are_told_nowhere() {
    const ADDRESS: &str = "dora.dormante@medecin.mssante.fr";
    let renaming = "dora.renommee@medecin.mssante.fr";
    let directory = async |rows: &[String]| {
        let files = tempfile::tempdir().unwrap();
        country::write(files.path());
        let extraction = format!("{}{}", country::mailboxes(), rows.concat());
        std::fs::write(files.path().join("Extraction_Correspondance_MSSante_202609011013.txt"), extraction).unwrap();
        TestDirectory::import(&[files.path().to_owned()]).await
    };
    let with = directory(&[
        country::labelled(ADDRESS, ("ZZ", "Dormeur public"), ("SM99", "Dormition aiguë")),
        country::labelled(renaming, ("60", "Dormeur diplômé"), ("SM04", "Dormition chronique")),
    ])
    .await;
    let without = directory(&[]).await;
    with.settle().await;
    let shown = with.get("/v1/search?name=dormante").await.text();
    assert!(shown.contains("Dormeur public"), "while the row is shown it has its words: {shown}");
    for address in [ADDRESS, renaming] {
        let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
        let address = Address::parse(address).unwrap();
        Publication::new(with.store.clone()).flag(&address, flags, "test", 1_790_000_200).await.unwrap();
    }
    with.settle().await;
    without.settle().await;
    for path in [
        "/",
        "/?profession=ZZ",
        "/?specialty=SM99",
        "/?profession=dormeur",
        "/v1/suggest?q=d",
        "/v1/suggest?q=dorm",
        "/v1/suggest?q=infirmier",
        "/v1/suggest?q=cardio",
        "/v1/nomenclatures/TRE_G15",
        "/v1/nomenclatures/TRE_R38",
    ] {
        let (one, other) = (with.get(path).await, without.get(path).await);
        assert_eq!(comparable(&one, ADDRESS), comparable(&other, ADDRESS), "{path}");
        let (one, other) = (with.get_as_professional(path).await, without.get_as_professional(path).await);
        assert_eq!(comparable(&one, ADDRESS), comparable(&other, ADDRESS), "{path}");
    }
}

fn files_below(folder: &Path) -> Vec<std::path::PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            files.extend(files_below(&entry.path()));
        } else {
            files.push(entry.path());
        }
    }
    files
}

#[tokio::test(flavor = "multi_thread")]
async fn no_byte_stays_in_the_index_logs_or_status_of_a_running_server() {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    let data = tempfile::tempdir().unwrap();
    annuaire_in(data.path(), &["import", files.path().to_str().unwrap()]).success();
    let log = data.path().join("serve.log");
    let settings = data.path().join("settings.toml");
    std::fs::write(&settings, "[log]\nlevel = \"debug\"\n").unwrap();
    let server = Server::start(data.path(), &["--settings", settings.to_str().unwrap()], Stdio::from(std::fs::File::create(&log).unwrap()));
    server.ready().await;
    let shown = async || http(server.http_address(), "GET", &format!("/v1/mailboxes/{RED}"), None).await.status;
    assert_eq!(shown().await, 200);
    let before: Vec<_> = files_below(&data.path().join("index")).into_iter().filter(|f| holds(f, "zoe.rougier")).collect();
    assert!(!before.is_empty(), "the search for bytes finds them while the mailbox is shown");

    let flagged = annuaire_in(data.path(), &["mailbox", "flag", RED, "--liste-rouge", "true"]);
    flagged.success();
    let acknowledged = Instant::now();
    while shown().await != 404 {
        assert!(acknowledged.elapsed() < Duration::from_secs(20), "still shown");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    annuaire_in(data.path(), &["index", "compact"]).success();
    for file in files_below(&data.path().join("index")) {
        assert!(!holds(&file, "zoe.rougier"), "{} still holds the address", file.display());
    }
    assert_clean("status", &annuaire_in(data.path(), &["status", "--json"]).success());
    assert_clean("metrics", &http(server.http_address(), "GET", "/metrics", None).await.text());
    assert_clean("the log", &std::fs::read_to_string(&log).unwrap());
    assert_eq!(server.terminate(), Some(0));
}

fn holds(file: &Path, text: &str) -> bool {
    std::fs::read(file).is_ok_and(|bytes| bytes.windows(text.len()).any(|w| w.eq_ignore_ascii_case(text.as_bytes())))
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_between_flag_and_projection_no_door_answers_before_it_is_applied() {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    let data = tempfile::tempdir().unwrap();
    annuaire_in(data.path(), &["import", files.path().to_str().unwrap()]).success();
    for round in 0..3 {
        let server = Server::start(data.path(), &[], Stdio::null());
        server.ready().await;
        server.kill();
        // Acknowledged while nothing projects: the index still holds the mailbox.
        annuaire_in(data.path(), &["mailbox", "flag", RED, "--liste-rouge", "true"]).success();
        let server = Server::start(data.path(), &[], Stdio::null());
        let mut answered = false;
        for _ in 0..200 {
            let answer = http(server.http_address(), "GET", &format!("/v1/mailboxes/{RED}"), None).await;
            assert!(matches!(answer.status, 503 | 404), "round {round}: {} {}", answer.status, answer.text());
            assert_clean("an answer", &answer.text());
            let mut ldap = crate::harness::Ldap::connect(server.ldap_address()).await;
            let found = ldap.search("ou=bal,dc=mssante,dc=fr", "(sn=rougier)").await;
            assert!(matches!(found.code, LdapResultCode::Unavailable | LdapResultCode::Success), "{:?}", found.code);
            assert_clean("an answer", &format!("{found:?}"));
            answered |= answer.status == 404;
            if answered {
                break;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        assert!(answered, "the doors open again");
        server.kill();
        annuaire_in(data.path(), &["mailbox", "flag", RED, "--liste-rouge", "false"]).success();
    }
}

/// Every entry of an unsorted search as sent, in its order, for both audiences.
async fn unsorted(directory: &TestDirectory) -> Vec<String> {
    let mut all = Vec::new();
    for mut ldap in [directory.ldap().await, directory.ldap_as_professional().await] {
        for base in ["ou=bal,dc=mssante,dc=fr", "dc=annuaire,dc=sante,dc=fr"] {
            let found = ldap.ask(base, LdapSearchScope::Subtree, "(objectClass=*)", &["*", "+"], 0).await;
            assert_eq!(found.code, LdapResultCode::Success);
            all.extend(found.entries.iter().map(|entry| format!("{entry:?}")));
        }
    }
    all
}

/// Entries that change move to the end of the document order: one that moved without having changed would tell of what is hidden.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_of_a_red_mailbox_moves_nobody() {
    let directory = served().await;
    let publication = Publication::new(directory.store.clone());
    let zero_papier = async |address: &str, accepted: bool, now: i64| {
        let flags = MailboxFlags { zero_papier: Some(Some(accepted)), ..MailboxFlags::default() };
        publication.flag(&Address::parse(address).unwrap(), flags, "test", now).await.unwrap();
        directory.settle().await;
    };
    flag(&directory, true).await;
    directory.settle().await;
    let holder = |all: &[String]| all.iter().position(|entry| entry.contains(&format!("uid={HOLDER},"))).expect("the holder is shown");
    let first = unsorted(&directory).await;
    zero_papier("elodie.martin@medecin.mssante.fr", false, 1_790_000_300).await;
    zero_papier("elodie.martin@medecin.mssante.fr", true, 1_790_000_301).await;
    let before = unsorted(&directory).await;
    assert_ne!(first, before, "an entry that changes moves, behind the holder");
    zero_papier(RED, true, 1_790_000_400).await;
    zero_papier(RED, false, 1_790_000_401).await;
    zero_papier("rouge.depuis-toujours@ch-exempleville.mssante.fr", true, 1_790_000_402).await;
    // Born red, of somebody without a mailbox, and at the hospital itself.
    let born = r#"{"address":"rouge.nee@ch-exempleville.mssante.fr","type":"PER","professional_id":"810999990061","liste_rouge":true}
{"address":"rouge.service@ch-exempleville.mssante.fr","type":"ORG","structure_id":"F990999013","responsible":"Responsable Caché","description":"Caché","liste_rouge":true}
"#;
    let loaded = publication.load_lines(country::HOSPITAL_OPERATOR, born.as_bytes(), "test", 1_790_000_403).await.unwrap();
    assert_eq!(loaded.counters.created, 2, "{:?}", loaded.lines);
    directory.settle().await;
    let after = unsorted(&directory).await;
    assert_eq!(holder(&after), holder(&before));
    assert_eq!(after, before);
}
