//! Killed with SIGKILL at random moments, imports running beside: every acknowledged publication is there, none is half there.

use crate::harness::{Server, annuaire_in, command};
use annuaire::model::Address;
use annuaire::store::{DataDir, Store};
use std::net::SocketAddr;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Mutex;

/// The national operator of the invented country.
const OPERATOR: &str = "399990001200017";
/// Acknowledged publications to reach.
const PUBLICATIONS: usize = 10_000;
const KILLS: u64 = 8;
const LINES: u64 = 100;

type Acknowledged = Arc<Mutex<Vec<(String, String)>>>;

/// Publishes one after the other until told to stop; what is acknowledged is remembered with the phone number it was given.
async fn publish(address: SocketAddr, key: String, next: Arc<AtomicU64>, acknowledged: Acknowledged, stop: Arc<AtomicBool>, batches: bool) {
    let mailbox = |n: u64| {
        let (address, phone) = (format!("crash.{n}@pro.mssante.fr"), format!("01 {n:08}"));
        let body = format!(
            r#"{{"address":"{address}","type":"ORG","structure_id":"990999999","responsible":"Anne Essai","description":"Essai","phone":"{phone}"}}"#
        );
        ((address, phone), body)
    };
    while !stop.load(Ordering::SeqCst) {
        let (path, kind, count) = if batches {
            ("/v1/operator/batches", "application/x-ndjson", LINES)
        } else {
            ("/v1/operator/mailboxes", "application/json", 1)
        };
        let first = next.fetch_add(count, Ordering::SeqCst);
        let (sent, bodies): (Vec<_>, Vec<_>) = (first..first + count).map(mailbox).unzip();
        let headers = [("ESANTE-API-KEY", key.as_str()), ("Content-Type", kind)];
        let Some((status, answer)) = ask(address, path, &headers, &bodies.join("\n")).await else {
            // Cut off: it may be there or not, whole or not at all.
            continue;
        };
        if status == 201 || (status == 200 && answer.contains(&format!("\"created\":{count}"))) {
            acknowledged.lock().await.extend(sent);
        } else if status != 503 {
            panic!("{status} {answer}");
        }
    }
}

/// Like the harness's, but a server that goes away is no failure.
async fn ask(address: SocketAddr, path: &str, headers: &[(&str, &str)], body: &str) -> Option<(u16, String)> {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let headers: String = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let request = format!("POST {path} HTTP/1.1\r\nHost: x\r\n{headers}Content-Length: {}\r\nConnection: close\r\n\r\n{body}", body.len());
    let exchange = async {
        let mut stream = tokio::net::TcpStream::connect(address).await.ok()?;
        stream.write_all(request.as_bytes()).await.ok()?;
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).await.ok()?;
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let status = text.split(' ').nth(1)?.parse().ok()?;
        // Cut inside the body it acknowledges nothing.
        text.trim_end().ends_with(['}', '0']).then_some((status, text))
    };
    let answer = tokio::time::timeout(Duration::from_secs(20), exchange).await.ok().flatten();
    if answer.is_none() {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    answer
}

/// Imports one day after the other, again and again, until told to stop.
fn import_for_ever(data: std::path::PathBuf, days: [std::path::PathBuf; 2], stop: Arc<AtomicBool>) -> u64 {
    let mut done = 0;
    for day in days.iter().cycle() {
        if stop.load(Ordering::SeqCst) {
            break;
        }
        let mut import = command(&["--data", data.to_str().unwrap(), "import", "--accept-shrink", "--accept-rejects", "--older"]);
        let ended = import.arg(day).stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap();
        done += u64::from(ended.success());
    }
    done
}

fn serve(data: &Path) -> Server {
    Server::start(data, &["--settings", data.join("settings.toml").to_str().unwrap()], Stdio::null())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_acknowledged_publication_survives_kills_while_imports_run() {
    let files = tempfile::tempdir().unwrap();
    let days = [files.path().join("day1"), files.path().join("day2")];
    for (day, more) in days.iter().zip([&[][..], &["--next-day"]]) {
        let made = command(&["synth", "--people", "400", "--seed", "5", "--out", day.to_str().unwrap()]).args(more).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    let data = tempfile::tempdir().unwrap();
    annuaire_in(data.path(), &["import", days[0].to_str().unwrap()]).success();
    let made = annuaire_in(data.path(), &["operator", "key", "add", OPERATOR]).success();
    let key = made.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim().to_owned();
    std::fs::write(data.path().join("settings.toml"), "[limits]\nconnections_per_source = 10000\n").unwrap();

    let (next, acknowledged) = (Arc::new(AtomicU64::new(0)), Acknowledged::default());
    let imports_stop = Arc::new(AtomicBool::new(false));
    let importing = {
        let (data, days, stop) = (data.path().to_owned(), days.clone(), Arc::clone(&imports_stop));
        std::thread::spawn(move || import_for_ever(data, days, stop))
    };
    let mut kills = 0;
    while kills < KILLS || acknowledged.lock().await.len() < PUBLICATIONS {
        let server = serve(data.path());
        server.ready().await;
        let stop = Arc::new(AtomicBool::new(false));
        let writers: Vec<_> = [false, false, true]
            .map(|batches| {
                let (next, acknowledged, stop) = (Arc::clone(&next), Arc::clone(&acknowledged), Arc::clone(&stop));
                tokio::spawn(publish(server.http_address(), key.clone(), next, acknowledged, stop, batches))
            })
            .into();
        // Moments spread over three seconds; the last server lives until enough is acknowledged.
        let moment = 200 + kills.wrapping_mul(0x9e37_79b9) % 2_800;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        while kills + 1 >= KILLS && acknowledged.lock().await.len() < PUBLICATIONS {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        server.kill();
        stop.store(true, Ordering::SeqCst);
        for writer in writers {
            writer.await.unwrap();
        }
        kills += 1;
    }
    imports_stop.store(true, Ordering::SeqCst);
    assert!(importing.join().unwrap() > 0, "no import came to its end beside the publications");

    // What was being carried out goes on where it stood.
    let server = serve(data.path());
    server.ready().await;
    let waiting = async {
        while annuaire_in(data.path(), &["status", "--json"]).success().is_empty() {}
        let store = Store::open(&DataDir::open(data.path()).unwrap()).await.unwrap();
        while !store.waiting_batches().await.unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        store
    };
    let store = tokio::time::timeout(crate::harness::PATIENCE, waiting).await.expect("batches carried on");
    for (address, phone) in acknowledged.lock().await.iter() {
        let mailbox = store.mailbox(&Address::parse(address).unwrap()).await.unwrap();
        let mailbox = mailbox.unwrap_or_else(|| panic!("{address} was acknowledged and is lost"));
        assert_eq!((&mailbox.phone, mailbox.attachments.len()), (phone, 1));
    }
    // Mailbox, history, change and journal are one.
    let mut connection = annuaire::store::sqlite::writer_connection(&data.path().join("store.sqlite3")).await.unwrap();
    let mut count = async |sql: &'static str| -> i64 { sqlx::query_scalar(sql).fetch_one(&mut connection).await.unwrap() };
    let mailboxes = count("SELECT count(*) FROM mailbox WHERE address LIKE 'crash.%'").await;
    assert!(mailboxes >= PUBLICATIONS as i64);
    assert_eq!(count("SELECT count(*) FROM mailbox_history WHERE address LIKE 'crash.%' AND action = 'mailbox.create'").await, mailboxes);
    assert_eq!(count("SELECT count(DISTINCT key) FROM change WHERE kind = 'mailbox' AND key LIKE 'crash.%'").await, mailboxes);
    assert_eq!(count("SELECT count(*) FROM attachment WHERE mailbox LIKE 'crash.%'").await, mailboxes);
    drop(server);
    annuaire_in(data.path(), &["audit", "verify"]).success();
}

/// strace shows the write-ahead log synced after its last write and before the acknowledgement is sent.
#[tokio::test(flavor = "multi_thread")]
async fn an_acknowledged_publication_is_synced_first() {
    let files = tempfile::tempdir().unwrap();
    crate::country::write(files.path());
    let data = tempfile::tempdir().unwrap();
    annuaire_in(data.path(), &["import", files.path().to_str().unwrap()]).success();
    let made = annuaire_in(data.path(), &["operator", "key", "add", super::world::HOSPITAL]).success();
    let key = made.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim().to_owned();
    let server = Server::start(data.path(), &[], Stdio::null());
    server.ready().await;
    let trace = data.path().join("trace");
    let mut traced = std::process::Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync,write,writev,sendto,pwrite64", "-s", "200", "-o", trace.to_str().unwrap(), "-p"])
        .arg(server.id().to_string())
        .stderr(Stdio::piped())
        .spawn()
        .expect("strace is installed by the test command");
    // It says that it is attached.
    let mut said = std::io::BufReader::new(traced.stderr.take().unwrap());
    std::io::BufRead::read_line(&mut said, &mut String::new()).unwrap();
    let body = super::world::per(super::world::OURS, super::world::ZOE);
    let headers = [("ESANTE-API-KEY", key.as_str())];
    let answer = crate::harness::http_with(server.http_address(), "POST", "/v1/operator/mailboxes", &headers, body.as_bytes()).await;
    assert_eq!(answer.status, 201, "{}", answer.text());
    let stopped = std::process::Command::new("kill").args(["-INT", &traced.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    traced.wait().unwrap();
    let lines: Vec<String> = std::fs::read_to_string(&trace).unwrap().lines().map(str::to_owned).collect();
    let acknowledged = lines.iter().position(|l| l.contains("HTTP/1.1 201")).expect("an acknowledgement");
    let wal = |l: &&String| l.contains("store.sqlite3-wal");
    let written = lines[..acknowledged].iter().rposition(|l| l.contains("pwrite64(") && wal(&l)).expect("a write to the log");
    let synced = lines[..acknowledged].iter().rposition(|l| l.contains("sync(") && wal(&l)).expect("a sync of the log");
    assert!(written < synced, "the last write to the log is not synced before the acknowledgement");
}
