//! How the directory is asked: what counts as a question, that nothing hidden shows in it, that it survives a stop, and when it is told.

use super::figures::{DAY, NOON, indicators};
use crate::harness::{TestDirectory, free_ports};
use annuaire::directory::Interface;
use annuaire::indicators::Waiting;
use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::settings::Settings;
use annuaire::store::{DataDir, MailboxFlags, Store};
use ldap3_proto::proto::LdapSearchScope;

/// Questions and, of them, those to which nothing was found, since it was asked last.
fn asked(directory: &TestDirectory, interface: Interface) -> (u64, u64) {
    let taken = directory.service().directory().consultation().take();
    let of = taken.iter().filter(|asked| asked.interface == interface);
    assert_eq!(of.clone().count(), taken.len(), "only one door was asked");
    of.fold((0, 0), |sum, asked| (sum.0 + asked.questions, sum.1 + asked.empty))
}

async fn addresses(directory: &TestDirectory) -> Vec<String> {
    let found = directory.get("/v1/search?kind=mailbox&name=m&limit=20").await.json();
    let addresses: Vec<String> =
        found["items"].as_array().unwrap().iter().map(|item| item["address"].as_str().unwrap().to_owned()).collect();
    assert!(addresses.len() > 5, "{found}");
    let _ = directory.service().directory().consultation().take();
    addresses
}

#[tokio::test(flavor = "multi_thread")]
async fn questions_of_each_door_are_counted_once() {
    let directory = TestDirectory::demo().await;
    let addresses = addresses(&directory).await;
    let first = directory.get("/v1/search?name=m&limit=1").await.json();
    assert_eq!(asked(&directory, Interface::Rest), (1, 0));
    let next = first["next"].as_str().expect("a further page");
    assert_eq!(directory.get(&format!("/v1/search?name=m&limit=1&cursor={next}")).await.status, 200);
    assert_eq!(asked(&directory, Interface::Rest), (0, 0), "a further page is no further question");
    for (path, status, expected) in [
        ("/v1/search?name=zzyzx".to_owned(), 200, (1, 1)),
        (format!("/v1/mailboxes/{}", addresses[0]), 200, (1, 0)),
        (format!("/v1/mailboxes/{}", addresses[0].to_uppercase()), 308, (0, 0)),
        ("/v1/mailboxes/personne@medecin.mssante.fr".to_owned(), 404, (1, 1)),
        ("/v1/professionals/0".to_owned(), 404, (1, 1)),
        ("/v1/search?nom=m".to_owned(), 400, (0, 0)),
        ("/v1/operators".to_owned(), 200, (0, 0)),
        ("/".to_owned(), 200, (0, 0)),
        ("/?name=m".to_owned(), 200, (1, 0)),
        (format!("/?name=m&limit=1&cursor={next}"), 200, (0, 0)),
        ("/?q=zyxwvut&city=Toulon&profession=10".to_owned(), 200, (1, 1)),
        ("/professionnel/810983950998".to_owned(), 200, (1, 0)),
        ("/professionnel/10983950998".to_owned(), 308, (0, 0)),
        ("/professionnel/0".to_owned(), 404, (1, 1)),
        ("/donnees".to_owned(), 200, (0, 0)),
    ] {
        let answer = directory.get(&path).await;
        assert_eq!((answer.status, asked(&directory, Interface::Rest)), (status, expected), "{path}");
    }
    let mut ldap = directory.ldap().await;
    ldap.ask("", LdapSearchScope::Base, "(objectClass=*)", &[], 0).await;
    ldap.ask("ou=bal,dc=mssante,dc=fr", LdapSearchScope::Base, "(objectClass=*)", &[], 0).await;
    assert_eq!(asked(&directory, Interface::Ldap), (0, 0), "the tree itself");
    for (base, scope, filter, expected) in [
        ("dc=mssante,dc=fr".to_owned(), LdapSearchScope::Subtree, format!("(mail={})", addresses[0]), (1, 0)),
        ("dc=mssante,dc=fr".to_owned(), LdapSearchScope::Subtree, "(mail=x@y.fr)".to_owned(), (1, 1)),
        (format!("mail={},ou=bal,dc=mssante,dc=fr", addresses[0]), LdapSearchScope::Base, "(objectClass=*)".to_owned(), (1, 0)),
        ("uid=none,ou=structures,dc=annuaire,dc=sante,dc=fr".to_owned(), LdapSearchScope::Base, "(objectClass=*)".to_owned(), (1, 1)),
    ] {
        ldap.ask(&base, scope, &filter, &[], 0).await;
        assert_eq!(asked(&directory, Interface::Ldap), expected, "{base} {filter}");
    }
    ldap.compare(&format!("mail={},ou=bal,dc=mssante,dc=fr", addresses[0]), "objectClass", "mssBal").await;
    assert_eq!(asked(&directory, Interface::Ldap), (1, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_on_the_liste_rouge_is_asked_for_like_nobody() {
    let directory = TestDirectory::demo().await;
    let red = addresses(&directory).await.remove(0);
    let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
    Publication::new(directory.store.clone()).flag(&Address::parse(&red).unwrap(), flags, "test", NOON).await.unwrap();
    directory.settle().await;
    let mut ldap = directory.ldap().await;
    for address in [red.as_str(), "personne@medecin.mssante.fr"] {
        directory.get(&format!("/v1/mailboxes/{address}")).await;
        assert_eq!(asked(&directory, Interface::Rest), (1, 1), "{address}");
        ldap.search("dc=mssante,dc=fr", &format!("(mail={address})")).await;
        assert_eq!(asked(&directory, Interface::Ldap), (1, 1), "{address}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_day_is_told_when_it_is_over() {
    let directory = TestDirectory::demo().await;
    let indicators = indicators(&directory);
    addresses(&directory).await;
    let ask = async |path: &str, times: usize| {
        for _ in 0..times {
            assert_eq!(directory.get(path).await.status, 200);
        }
    };
    let mut waiting = Waiting::new();
    ask("/v1/search?name=m", 30).await;
    indicators.flush_consultation(NOON, NOON + 60, &mut waiting).await.unwrap();
    ask("/v1/search?name=zzyzx", 10).await;
    let mut ldap = directory.ldap().await;
    for _ in 0..20 {
        ldap.search("dc=mssante,dc=fr", "(cn=*martin*)").await;
    }
    indicators.flush_consultation(NOON + 60, NOON + 120, &mut waiting).await.unwrap();
    indicators.build(NOON).await.unwrap();
    assert_eq!(directory.get("/v1/indicators?measure=questions").await.json()["items"], serde_json::json!([]), "the day goes on");
    // The next day comes, with three questions of its own; the figures of the first are told, and stay when it is counted again.
    ask("/v1/search?name=m", 3).await;
    indicators.flush_consultation(NOON + DAY, NOON + DAY + 60, &mut waiting).await.unwrap();
    indicators.build(NOON).await.unwrap();
    let answer = directory.get("/v1/indicators?day=2026-11-20&cut=interface").await.json();
    assert_eq!(answer["consultation_days"], serde_json::json!(["2026-11-20"]));
    let of = |answer: &serde_json::Value, key: &str, measure: &str| {
        let found = answer["items"].as_array().unwrap().iter().find(|item| item["key"] == key && item["measure"] == measure);
        found.map_or(Some(0.0), |item| item["value"].as_f64())
    };
    assert_eq!((of(&answer, "rest", "questions"), of(&answer, "rest", "questions_empty")), (Some(40.0), Some(10.0)), "{answer}");
    assert_eq!((of(&answer, "rest", "questions_empty_share"), of(&answer, "ldap", "questions")), (Some(0.25), Some(20.0)));
    assert!(of(&answer, "ldap", "latency_p50_us").unwrap() > 0.0);
    assert!(of(&answer, "rest", "latency_p50_us") <= of(&answer, "rest", "latency_p99_us"));
    let nation = directory.get("/v1/indicators?measure=questions").await.json();
    assert_eq!((of(&nation, "", "questions"), nation["items"][0]["day"].as_str()), (Some(60.0), Some("2026-11-20")), "{nation}");
    let page = directory.get("/indicateurs").await.text();
    assert!(page.contains("<h2>Consultation</h2>") && page.contains("ms</td>"));
    // Few are hidden.
    indicators.flush_consultation(NOON + 2 * DAY, NOON + 2 * DAY, &mut waiting).await.unwrap();
    let few = directory.get("/v1/indicators?day=2026-11-21&cut=interface").await.json();
    assert!(few["items"].as_array().unwrap().iter().all(|item| item["value"].is_null()), "{few}");
    assert!(directory.store.consultation_before("9999").await.unwrap().is_empty(), "sums of days that are told are gone");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_asked_is_there_after_a_stop() {
    let folder = tempfile::tempdir().unwrap();
    let directory = TestDirectory::over(folder, &free_ports(&Settings::default())).await;
    for _ in 0..7 {
        directory.get("/v1/search?name=m").await;
    }
    let folder = directory.stop().await;
    let store = Store::open(&DataDir::create_or_open(folder.path()).unwrap()).await.unwrap();
    let kept = store.consultation_before("9999").await.unwrap();
    assert_eq!(kept.iter().map(|row| (row.questions, row.empty)).fold((0, 0), |a, b| (a.0 + b.0, a.1 + b.1)), (7, 7), "{kept:?}");
    assert!(kept.iter().all(|row| row.interface == "rest"));
}
