//! Whatever happens to a build, the former edition stays; a full disk is said; one builds at a time; the daily edition comes at its hour.

use super::{DAY, build, country, exports};
use crate::harness::{BINARY, Server, annuaire_in, command, http};
use annuaire::directory::{Audience, View, Walked};
use annuaire::error::Kind;
use annuaire::export::{BUILDING, Sink};
use annuaire::settings::ExportSettings;
use annuaire::store::{Actor, ExportLock};
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

fn invented(folder: &Path) {
    let files = tempfile::tempdir().unwrap();
    let out = files.path().to_str().unwrap();
    assert!(command(&["synth", "--people", "2000", "--seed", "5", "--out", out]).output().unwrap().status.success());
    annuaire_in(folder, &["import", out]).success();
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn a_kill_leaves_the_former_edition_and_the_next_build_clears_up() {
    let data = tempfile::tempdir().unwrap();
    invented(data.path());
    annuaire_in(data.path(), &["edition", "build"]).success();
    let public = data.path().join("exports/public");
    let former = names(&public);
    let manifest = std::fs::read(public.join(&former[0]).join("manifest.json")).unwrap();
    let mut left = 0;
    for moment in 1..=12 {
        let mut build = command(&["--data", data.path().to_str().unwrap(), "edition", "build"]);
        let mut build = build.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        // Until it works, then some moments more.
        let begun = std::time::Instant::now();
        while names(&public).len() == former.len() && begun.elapsed() < Duration::from_secs(20) && build.try_wait().unwrap().is_none() {
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_millis(20 * moment));
        build.kill().unwrap();
        build.wait().unwrap();
        let now = names(&public);
        if now.iter().any(|name| !name.starts_with('.') && !former.contains(name)) {
            break;
        }
        left += usize::from(now.iter().any(|name| name.starts_with(".building")));
        assert_eq!(std::fs::read(public.join(&former[0]).join("manifest.json")).unwrap(), manifest);
        let listed: serde_json::Value = serde_json::from_str(&annuaire_in(data.path(), &["edition", "list", "--json"]).success()).unwrap();
        assert_eq!(listed.as_array().unwrap().len(), 1, "what was begun is no edition");
    }
    assert!(left > 0, "no build was met in its work");
    annuaire_in(data.path(), &["edition", "build"]).success();
    assert!(names(&public).iter().all(|name| !name.starts_with('.')), "{:?}", names(&public));
}

/// The size of files is limited for one process, which sees what a full disk shows.
fn with_room(data: &Path, blocks: &str, arguments: &[&str]) -> (i32, String) {
    let script = "ulimit -f \"$1\"; shift; exec \"$@\"";
    let mut limited = Command::new("bash");
    limited.args(["-c", script, "bash", blocks, BINARY, "--data"]).arg(data).args(arguments).stdin(Stdio::null());
    let output = limited.output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn a_full_disk_is_said_and_harms_nothing() {
    let data = tempfile::tempdir().unwrap();
    invented(data.path());
    annuaire_in(data.path(), &["edition", "build"]).success();
    let before = names(&data.path().join("exports/public"));
    // 64 KiB a file: enough for the locks and the write-ahead log of the store, not for an edition.
    let (code, said) = with_room(data.path(), "64", &["edition", "build"]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("there is no room for the files"), "{said}");
    assert_eq!(names(&data.path().join("exports/public")), before, "nothing is left of it");
    let out = data.path().join("out.csv");
    std::fs::write(&out, "former").unwrap();
    let (code, said) = with_room(data.path(), "64", &["export", "--format", "csv", "--out", out.to_str().unwrap()]);
    assert_eq!(code, 5, "{said}");
    assert!(said.contains("there is no room for the files"), "{said}");
    assert_eq!(std::fs::read_to_string(&out).unwrap(), "former");
    annuaire_in(data.path(), &["edition", "build"]).success();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_that_fails_is_a_notice_and_the_next_one_takes_it_away() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    let public = directory.data().exports().join("public");
    // A file stands where the folder of the editions was.
    let professional = directory.data().exports().join("professional");
    std::fs::remove_dir_all(&professional).unwrap();
    std::fs::write(&professional, "").unwrap();
    let before = names(&public);
    assert!(exports.build(&Actor::from("test"), DAY + 86_400, Vec::new()).await.is_err());
    assert_eq!(names(&public), before, "neither audience has a new edition");
    let notice = exports.notice().unwrap();
    assert!(!notice.contains('/') && notice.contains("could not be built"), "{notice}");
    std::fs::remove_file(&professional).unwrap();
    build(&exports, 1).await;
    assert_eq!(exports.notice(), None);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_builds_at_a_time_and_old_editions_go() {
    let (directory, _) = country().await;
    let exports = exports(&directory, ExportSettings { keep: 3, professional: false, ..ExportSettings::default() });
    let lock = ExportLock::acquire(directory.data()).unwrap().unwrap();
    let refused = exports.build(&Actor::from("test"), DAY, Vec::new()).await.unwrap_err();
    assert_eq!((refused.kind(), refused.code()), (Kind::Conflict, BUILDING));
    assert_eq!(exports.notice(), None, "that another builds is no failure");
    annuaire_in(directory.path(), &["edition", "build"]).failure(3);
    drop(lock);
    for day in 0..5 {
        build(&exports, day).await;
    }
    let kept: Vec<_> = exports.shelf(Audience::Public).editions().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(kept, ["2026-12-01", "2026-11-30", "2026-11-29"]);
    assert!(exports.shelf(Audience::Professional).editions().unwrap().is_empty());
}

/// Counts what it is shown.
struct Count(Arc<AtomicU64>);

impl Sink for Count {
    fn entry(&mut self, _: &Walked, _: &View) -> annuaire::error::Result<()> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_wants_to_see_the_entries_of_the_day_sees_the_public_ones() {
    let (_directory, exports) = country().await;
    let seen = Arc::new(AtomicU64::new(0));
    let manifests = exports.build(&Actor::from("test"), DAY, vec![Box::new(Count(Arc::clone(&seen)))]).await.unwrap();
    assert_eq!(seen.load(Ordering::SeqCst), manifests[0].entries.all());
    assert!(manifests[1].entries.all() > manifests[0].entries.all());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_day_begins_in_paris_and_the_edition_at_its_hour() {
    let (_directory, exports) = country().await;
    let at = |text: &str| text.parse::<jiff::Timestamp>().unwrap().as_second();
    assert!(exports.is_due(at("2026-11-27T22:00:00Z")).unwrap(), "there is none at all");
    let manifests = exports.build(&Actor::from("test"), at("2026-11-27T23:30:00Z"), Vec::new()).await.unwrap();
    assert_eq!(manifests[0].edition, "2026-11-28");
    for (time, due) in [
        ("2026-11-28T03:30:00Z", false),
        ("2026-11-28T23:30:00Z", false),
        ("2026-11-29T02:59:59Z", false),
        ("2026-11-29T03:00:00Z", true),
        // The one of the 28th was made by a clock that was wrong.
        ("2026-11-27T12:00:00Z", true),
    ] {
        assert_eq!(exports.is_due(at(time)).unwrap(), due, "{time}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_with_something_to_show_offers_its_first_edition() {
    let data = tempfile::tempdir().unwrap();
    invented(data.path());
    let server = Server::start_with(data.path(), &[], &[], Stdio::null());
    server.ready().await;
    let offered = async {
        loop {
            let told = http(server.http_address(), "GET", "/v1/exports", None).await.json();
            if told["latest"].is_object() {
                return told;
            }
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    let told = tokio::time::timeout(Duration::from_secs(60), offered).await.unwrap();
    assert!(told["latest"]["entries"]["professional"].as_u64().unwrap() > 1_000);
    // Beside a server the command builds too.
    annuaire_in(data.path(), &["edition", "build"]).success();
    assert_eq!(server.terminate(), Some(0));
}

/// Beside a server a command waits until what was acknowledged before it is to be found.
#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_before_a_build_is_in_it() {
    let data = tempfile::tempdir().unwrap();
    invented(data.path());
    let server = Server::start(data.path(), &[], Stdio::null());
    server.ready().await;
    let all = annuaire_in(data.path(), &["export", "--format", "jsonl"]).success();
    let first: serde_json::Value = serde_json::from_str(all.lines().next().unwrap()).unwrap();
    let address = first["address"].as_str().unwrap().to_owned();
    let flag = |red: &str| annuaire_in(data.path(), &["mailbox", "flag", &address, "--liste-rouge", red]).success();
    for _ in 0..3 {
        for (red, shown) in [("true", false), ("false", true)] {
            flag(red);
            annuaire_in(data.path(), &["edition", "build"]).success();
            let lines = annuaire_in(data.path(), &["export", "--format", "jsonl"]).success();
            assert_eq!(lines.contains(&address), shown, "the export after {red}");
            let told = http(server.http_address(), "GET", "/v1/exports", None).await.json();
            let file = data.path().join("exports/public").join(told["latest"]["edition"].as_str().unwrap()).join("annuaire.jsonl.gz");
            let mut text = String::new();
            let packed = std::fs::File::open(file).unwrap();
            std::io::Read::read_to_string(&mut flate2::read::GzDecoder::new(packed), &mut text).unwrap();
            assert_eq!(text.contains(&address), shown, "the edition after {red}");
        }
    }
    assert_eq!(server.terminate(), Some(0));
}
