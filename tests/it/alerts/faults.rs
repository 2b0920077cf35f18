//! What goes wrong: an import in the way, a kill, a disk that does not take it, two at once.

use super::world::{World, actor, lenient, now, refused};
use crate::harness::{PATIENCE, Server, TestDirectory, annuaire_in, http_with};
use annuaire::alert::AlertRequest;
use annuaire::settings::Settings;
use serde_json::json;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

pub async fn sql(folder: &Path, statement: &'static str) {
    let path = folder.join("store.sqlite3");
    let mut connection = annuaire::store::sqlite::writer_connection(&path).await.unwrap();
    sqlx::raw_sql(statement).execute(&mut connection).await.unwrap();
}

pub const APPLYING: &str =
    "INSERT INTO import_run (id, state, staging, planned, applied, started_at, report) VALUES (99, 'applying', 'x', 1, 0, 1, '')";
pub const APPLIED: &str = "UPDATE import_run SET state = 'done' WHERE id = 99";

fn request() -> AlertRequest {
    AlertRequest { reason: "r".to_owned(), reference: "n".to_owned(), ..AlertRequest::default() }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_being_applied_is_waited_for() {
    let world = World::country("", lenient()).await;
    let folder = world.directory.path().to_owned();
    sql(&folder, APPLYING).await;
    let alerts = world.alerts(&Settings::default()).with_patience(Duration::from_millis(300));
    let busy = alerts.create(request(), &actor("a"), [1; 16], now()).await.unwrap_err();
    assert_eq!(busy.code(), "import_under_way");
    assert_eq!(std::fs::read_dir(folder.join("alerts")).unwrap().count(), 0, "nothing half made is left");
    let begun = Instant::now();
    let (alert, ()) = tokio::join!(world.made(json!({})), async {
        tokio::time::sleep(Duration::from_secs(1)).await;
        sql(&folder, APPLIED).await;
    });
    assert!(begun.elapsed() > Duration::from_secs(1) && alert["recipients"].as_u64() > Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_kill_while_a_list_is_made_leaves_nothing() {
    let folder = TestDirectory::demo().await.stop().await;
    let printed = annuaire_in(folder.path(), &["account", "add", "dgs", "--role", "autorite-sanitaire"]).success();
    let key = printed.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim().to_owned();
    let server = Server::start(folder.path(), &[], Stdio::null());
    server.ready().await;
    let web = server.http_address();
    // Held up by an import, so that the kill comes when it is half made.
    sql(folder.path(), APPLYING).await;
    let body = br#"{"reason": "r", "reference": "n"}"#;
    let asked = key.clone();
    let asking = tokio::spawn(async move {
        let _ =
            tokio::time::timeout(Duration::from_secs(20), http_with(web, "POST", "/v1/alerts", &[("ESANTE-API-KEY", &asked)], body)).await;
    });
    let alerts = folder.path().join("alerts");
    let half_made = async {
        while std::fs::read_dir(&alerts).map_or(0, Iterator::count) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, half_made).await.unwrap();
    server.kill();
    asking.abort();
    sql(folder.path(), APPLIED).await;
    assert_eq!(std::fs::read_dir(&alerts).unwrap().count(), 1);
    let server = Server::start(folder.path(), &[], Stdio::null());
    server.ready().await;
    let swept = async {
        while std::fs::read_dir(&alerts).unwrap().count() > 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(PATIENCE, swept).await.expect("what the kill left is swept at the start");
    let lists = http_with(server.http_address(), "GET", "/v1/alerts", &[("ESANTE-API-KEY", &key)], b"").await;
    assert_eq!(lists.json()["items"], json!([]));
    assert_eq!(server.terminate(), Some(0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_sweep_leaves_alone_what_another_process_makes() {
    let world = World::country("", lenient()).await;
    let folder = world.directory.path().to_owned();
    sql(&folder, APPLYING).await;
    let alerts = world.alerts(&Settings::default());
    let who = actor("a");
    let (made, ()) = tokio::join!(alerts.create(request(), &who, [1; 16], now()), async {
        tokio::time::sleep(Duration::from_millis(300)).await;
        let beside = world.alerts(&Settings::default());
        beside.sweep(now()).await.unwrap();
        assert_eq!(std::fs::read_dir(folder.join("alerts")).unwrap().count(), 1);
        sql(&folder, APPLIED).await;
    });
    let made = made.unwrap();
    alerts.sweep(now()).await.unwrap();
    world.list(&made.id, "csv").await;
    let mode = std::fs::metadata(folder.join("alerts").join(&made.id)).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o700);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_place_that_cannot_be_written_is_said_and_harms_nothing() {
    let world = World::country("", lenient()).await;
    // Root may write everywhere: a file where the folder should be does for a disk that refuses.
    std::fs::write(world.directory.path().join("alerts"), "").unwrap();
    let answer = world.ask(&world.one, "POST", "/v1/alerts", r#"{"reason": "r", "reference": "n"}"#).await;
    assert_eq!(refused(&answer), (503, "storage".to_owned()), "{}", answer.text());
    assert_eq!(world.ask(&world.one, "GET", "/v1/alerts", "").await.json()["items"], json!([]));
    assert_eq!(world.directory.get("/readyz").await.status, 200);
    std::fs::remove_file(world.directory.path().join("alerts")).unwrap();
    world.made(json!({})).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn one_at_a_time_of_an_account() {
    let world = World::country("", lenient()).await;
    sql(world.directory.path(), APPLYING).await;
    let first = world.ask(&world.one, "POST", "/v1/alerts", r#"{"reason": "r", "reference": "n"}"#);
    let (first, ()) = tokio::join!(first, async {
        tokio::time::sleep(Duration::from_millis(500)).await;
        let second = world.ask(&world.one, "POST", "/v1/alerts/preview", "{}").await;
        assert_eq!(refused(&second), (429, "alert_under_way".to_owned()));
        sql(world.directory.path(), APPLIED).await;
    });
    assert_eq!(first.status, 201, "{}", first.text());
}
