//! A writer of mailbox flags beside a daily import, with a server running: how long does an acknowledged flag take?
//!
//! `cargo bench --bench flags [-- --people 200000]`: generates two days of an invented country, loads the first, starts `serve`, imports the
//! second while flags are set and lifted one after the other, and prints the latency from the call to the acknowledgement (commit
//! with sync) and from there until the doors have followed, beside the same without an import. Figures and machine: docs/benchmarks.md.

#![expect(clippy::expect_used, clippy::panic, reason = "a benchmark that cannot go on stops")]

use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::store::{DataDir, MailboxFlags, Store};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const BINARY: &str = env!("CARGO_BIN_EXE_annuaire");

fn main() {
    let people = argument("--people").unwrap_or_else(|| "200000".to_owned());
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (day1, day2, data) = (folder.path().join("day1"), folder.path().join("day2"), folder.path().join("data"));
    run(&["synth", "--people", &people, "--seed", "7", "--out", text(&day1)]);
    run(&["synth", "--people", &people, "--seed", "7", "--next-day", "--out", text(&day2)]);
    let started = Instant::now();
    run(&["import", "--data", text(&data), text(&day1)]);
    println!("first load of {people} people, ready to search: {:.1} s", started.elapsed().as_secs_f64());

    let (mut server, http) = serve(&data);
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&DataDir::create_or_open(&data).expect("data folder")).await.expect("store");
        let publication = Publication::new(store);
        let addresses = shown_addresses(&http, 50);
        let mut rounds = 0;
        let alone = flag_until(&publication, &http, &addresses, || {
            rounds += 1;
            rounds > 100
        });
        alone.await.report("alone");
        let started = Instant::now();
        let mut import =
            Command::new(BINARY).args(["import", "--data", text(&data), text(&day2)]).stdout(Stdio::null()).spawn().expect("import");
        let beside = flag_until(&publication, &http, &addresses, || import.try_wait().expect("import's state").is_some());
        let beside = beside.await;
        println!("import of the next day until searchable, flags beside it: {:.1} s", started.elapsed().as_secs_f64());
        beside.report("beside the import");
    });
    server.kill().expect("the server stops");
    let _ = server.wait();
}

/// Latencies of one phase.
#[derive(Default)]
struct Samples {
    acknowledged: Vec<Duration>,
    hidden: Vec<Duration>,
    shown: Vec<Duration>,
    /// Not shown again within the patience: closed by the import meanwhile.
    left: usize,
}

impl Samples {
    fn report(mut self, phase: &str) {
        report(&format!("{phase}: flag, call to acknowledgement"), &mut self.acknowledged);
        report(&format!("{phase}: acknowledgement to hidden"), &mut self.hidden);
        report(&format!("{phase}: acknowledgement to shown again"), &mut self.shown);
        println!("{phase}: not shown again {}", self.left);
    }
}

/// Turns one mailbox after the other red and back, waiting each time until the doors have followed, until told to stop.
async fn flag_until(publication: &Publication, http: &str, addresses: &[String], mut stop: impl FnMut() -> bool) -> Samples {
    let mut samples = Samples::default();
    for address in addresses.iter().cycle() {
        if stop() {
            break;
        }
        for red in [true, false] {
            let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
            let called = Instant::now();
            let now = jiff::Timestamp::now().as_second();
            publication.flag(&Address::parse(address).expect("an address"), flags, "bench", now).await.expect("flagged");
            samples.acknowledged.push(called.elapsed());
            match until(http, address, !red) {
                Some(latency) if red => samples.hidden.push(latency),
                Some(latency) => samples.shown.push(latency),
                None if red => panic!("a red mailbox stays visible"),
                // The second day closes some: the mailbox itself, its holder, its domain.
                None => samples.left += 1,
            }
        }
    }
    samples
}

fn argument(name: &str) -> Option<String> {
    let mut arguments = std::env::args();
    arguments.find(|a| a == name)?;
    arguments.next()
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

fn run(arguments: &[&str]) {
    let status = Command::new(BINARY).args(arguments).stdout(Stdio::null()).status().expect("annuaire runs");
    assert!(status.success(), "annuaire {} failed", arguments.first().unwrap_or(&""));
}

fn serve(data: &Path) -> (Child, String) {
    let mut server = Command::new(BINARY)
        .args(["serve", "--data", text(data)])
        // One source asks here as fast as it can.
        .env("ANNUAIRE_LIMITS__SEARCHES_PER_SECOND", "1000000")
        .env("ANNUAIRE_LIMITS__ANONYMOUS_MAILBOXES_PER_HOUR", "1000000000")
        .env("ANNUAIRE_LIMITS__ANONYMOUS_MAILBOXES_PER_DAY", "1000000000")
        .envs([("ANNUAIRE_LDAP__LISTEN", "127.0.0.1:0"), ("ANNUAIRE_HTTP__LISTEN", "127.0.0.1:0")])
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("serve starts");
    let lines = BufReader::new(server.stdout.take().expect("its output")).lines();
    let mut address = None;
    for line in lines.map_while(Result::ok) {
        if let Some((_, rest)) = line.split_once("http://") {
            address = Some(rest.split('/').next().unwrap_or(rest).trim().to_owned());
            break;
        }
    }
    let http = address.expect("serve prints its HTTP address");
    while !get(&http, "/readyz").starts_with("HTTP/1.1 200") {
        std::thread::sleep(Duration::from_millis(50));
    }
    (server, http)
}

fn get(http: &str, path: &str) -> String {
    let mut stream = TcpStream::connect(http).expect("the server listens");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n").expect("a request");
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("an answer");
    String::from_utf8_lossy(&answer).into_owned()
}

fn shown_addresses(http: &str, wanted: usize) -> Vec<String> {
    let answer = get(http, &format!("/v1/search?kind=mailbox&mailbox_type=PER&limit={wanted}"));
    answer.split("\"address\":\"").skip(1).filter_map(|rest| rest.split('"').next()).map(str::to_owned).collect()
}

/// Time until the doors show the mailbox or not, as wished; `None` when they do not within ten seconds.
fn until(http: &str, address: &str, shown: bool) -> Option<Duration> {
    let since = Instant::now();
    while get(http, &format!("/v1/mailboxes/{address}")).starts_with("HTTP/1.1 200") != shown {
        std::thread::sleep(Duration::from_millis(2));
        if since.elapsed() > Duration::from_secs(10) {
            return None;
        }
    }
    Some(since.elapsed())
}

fn report(what: &str, samples: &mut [Duration]) {
    samples.sort_unstable();
    let at = |share: f64| samples.get(((samples.len() as f64 - 1.0) * share) as usize).map_or(0.0, |d| d.as_secs_f64() * 1e3);
    println!("{what}: n {}, p50 {:.1} ms, p99 {:.1} ms, max {:.1} ms", samples.len(), at(0.5), at(0.99), at(1.0));
}
