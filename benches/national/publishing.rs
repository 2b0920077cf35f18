//! What an operator sees of its writes: how long an acknowledgement takes (committed and synced), and how long until everybody finds the
//! mailbox, alone and while the next day's file is imported.

use crate::ours::{Ours, annuaire, copy};
use crate::process::timed;
use anyhow::{Context as _, Result, ensure};
use serde::{Deserialize, Serialize};
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The national operator of the invented country, and one of its domains.
const OPERATOR: &str = "399990001200017";
const DOMAIN: &str = "pro.mssante.fr";
/// Publications a second of the paced operator.
const PACE: u64 = 20;
/// Lines of the batch.
const LINES: u64 = 10_000;

/// Milliseconds.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Waits {
    pub count: usize,
    pub acknowledged_p50: f64,
    pub acknowledged_p99: f64,
    pub found_p50: f64,
    pub found_p99: f64,
    pub found_max: f64,
}

#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Publishing {
    pub quiet: Waits,
    pub during_import: Waits,
    /// Acknowledged a second by four connections that do nothing else.
    pub per_second: f64,
    /// Lines a second of one batch.
    pub batch_lines_per_second: f64,
}

pub fn measure(keep: &Path, data: &Path, files: &Path, certificate: &crate::ours::Certificate) -> Result<Publishing> {
    let copied = copy(keep, data)?;
    let made = annuaire(&copied, &["operator", "key", "add", OPERATOR]).output()?;
    let said = String::from_utf8_lossy(&made.stdout).into_owned();
    let key = said.lines().find_map(|line| line.strip_prefix("secret")).context("a key")?.trim().to_owned();
    let mut ours = Ours::start(&copied, certificate)?;
    ours.listens()?;
    let http = ours.http();
    while ask(http, "GET", "/readyz", &key, "")?.0 != 200 {
        std::thread::sleep(Duration::from_millis(50));
    }
    let next = AtomicU64::new(0);
    let quiet = paced(http, &key, &next, &AtomicBool::new(false), Duration::from_secs(20))?;
    let end = AtomicBool::new(false);
    let during_import = std::thread::scope(|scope| {
        let import = scope.spawn(|| {
            let cost = timed(annuaire(&copied, &["import"]).arg(files));
            end.store(true, Ordering::Relaxed);
            cost
        });
        let waits = paced(http, &key, &next, &end, Duration::from_secs(3_600));
        import.join().map_err(|_| anyhow::anyhow!("the import's thread failed"))??;
        waits
    })?;
    let per_second = at_once(http, &key, &next)?;
    let batch_lines_per_second = batch(http, &key, &next)?;
    drop(ours);
    let _ = std::fs::remove_dir_all(copied);
    Ok(Publishing { quiet, during_import, per_second, batch_lines_per_second })
}

fn line(n: u64) -> (String, String) {
    let address = format!("bench.{n}@{DOMAIN}");
    let body = format!(
        r#"{{"address":"{address}","type":"ORG","structure_id":"990999999","responsible":"Anne Essai","description":"Essai","phone":"01 {n:08}"}}"#
    );
    (address, body)
}

/// One after the other at a pace, each looked for until it is found.
fn paced(http: SocketAddr, key: &str, next: &AtomicU64, end: &AtomicBool, longest: Duration) -> Result<Waits> {
    let (began, mut acknowledged, mut found) = (Instant::now(), Vec::new(), Vec::new());
    while began.elapsed() < longest && !end.load(Ordering::Relaxed) {
        let turn = Instant::now();
        let (address, body) = line(next.fetch_add(1, Ordering::Relaxed));
        let (status, answer) = ask(http, "POST", "/v1/operator/mailboxes", key, &body)?;
        ensure!(status == 201, "{status} {answer}");
        acknowledged.push(turn.elapsed().as_secs_f64() * 1e3);
        let since = Instant::now();
        while ask(http, "GET", &format!("/v1/mailboxes/{address}"), key, "")?.0 != 200 {
            std::thread::sleep(Duration::from_millis(5));
        }
        found.push(since.elapsed().as_secs_f64() * 1e3);
        std::thread::sleep(Duration::from_millis(1_000 / PACE).saturating_sub(turn.elapsed()));
    }
    acknowledged.sort_by(f64::total_cmp);
    found.sort_by(f64::total_cmp);
    let at = |sorted: &[f64], share: f64| sorted.get(((sorted.len() as f64 * share) as usize).min(sorted.len().saturating_sub(1))).copied();
    Ok(Waits {
        count: found.len(),
        acknowledged_p50: at(&acknowledged, 0.5).unwrap_or_default(),
        acknowledged_p99: at(&acknowledged, 0.99).unwrap_or_default(),
        found_p50: at(&found, 0.5).unwrap_or_default(),
        found_p99: at(&found, 0.99).unwrap_or_default(),
        found_max: at(&found, 1.0).unwrap_or_default(),
    })
}

fn at_once(http: SocketAddr, key: &str, next: &AtomicU64) -> Result<f64> {
    let longest = Duration::from_secs(5);
    let done = AtomicU64::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let began = Instant::now();
                while began.elapsed() < longest {
                    let (_, body) = line(next.fetch_add(1, Ordering::Relaxed));
                    if ask(http, "POST", "/v1/operator/mailboxes", key, &body).is_ok_and(|(status, _)| status == 201) {
                        done.fetch_add(1, Ordering::Relaxed);
                    }
                }
            });
        }
    });
    Ok(done.into_inner() as f64 / longest.as_secs_f64())
}

fn batch(http: SocketAddr, key: &str, next: &AtomicU64) -> Result<f64> {
    let first = next.fetch_add(LINES, Ordering::Relaxed);
    let body: Vec<_> = (first..first + LINES).map(|n| line(n).1).collect();
    let began = Instant::now();
    let (status, answer) = ask(http, "POST", "/v1/operator/batches", key, &body.join("\n"))?;
    ensure!(status == 202, "{status} {answer}");
    let report: serde_json::Value = serde_json::from_str(&answer)?;
    let place = format!("/v1/operator/batches/{}", report.pointer("/id").and_then(|id| id.as_str()).context("an id")?);
    loop {
        let report: serde_json::Value = serde_json::from_str(&ask(http, "GET", &place, key, "")?.1)?;
        if report.pointer("/state").is_some_and(|state| state == "done") {
            ensure!(report.pointer("/counters/created").is_some_and(|created| *created == LINES), "{report}");
            return Ok(LINES as f64 / began.elapsed().as_secs_f64());
        }
        std::thread::sleep(Duration::from_millis(20));
    }
}

pub fn ask(http: SocketAddr, method: &str, path: &str, key: &str, body: &str) -> Result<(u16, String)> {
    let mut stream = TcpStream::connect(http)?;
    let kind = if body.contains('\n') { "application/x-ndjson" } else { "application/json" };
    let head = format!(
        "{method} {path} HTTP/1.1\r\nHost: x\r\nESANTE-API-KEY: {key}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n",
        body.len()
    );
    stream.write_all(format!("{head}Connection: close\r\n\r\n{body}").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.split(' ').nth(1).and_then(|s| s.parse().ok()).context("a status")?;
    Ok((status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
}
