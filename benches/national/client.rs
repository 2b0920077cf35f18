//! The load: some connections, each asking the next question when it has the answer to the one before, for some seconds.
//!
//! One thread a connection, blocking: on two cores shared with the server a client must cost little, and this costs two system calls a
//! question. Each thread begins at another place of the question file.

use crate::process::usage;
use crate::wire::{self, Protocol, Step};
use anyhow::{Context as _, Result, ensure};
use rustls_pki_types::ServerName;
use serde::{Deserialize, Serialize};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::time::{Duration, Instant};

/// Longest wait for one answer; what is slower is an error.
const PATIENCE: Duration = Duration::from_secs(120);
/// Longest a recall is counted; a slow system is asked fewer questions.
const RECALL: Duration = Duration::from_secs(60);

/// Where questions go.
#[derive(Clone)]
pub struct Target {
    pub address: SocketAddr,
    pub protocol: Protocol,
    /// Sent, and answered, when a connection begins.
    pub greeting: Vec<Vec<u8>>,
    /// A connection for each question: connect, bind, search, unbind, close.
    pub fresh: bool,
    pub tls: Option<Arc<rustls::ClientConfig>>,
    /// The server, whose CPU is counted.
    pub process: u32,
}

/// How it is asked.
#[derive(Clone, Copy)]
pub struct Load {
    pub connections: usize,
    pub duration: Duration,
    /// Of each connection: the next question is not asked before this has passed since the last was due.
    pub pace: Option<Duration>,
}

/// What came of it. Times in milliseconds.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Figures {
    pub requests: usize,
    pub errors: usize,
    pub per_second: f64,
    pub p50: f64,
    pub p99: f64,
    pub max: f64,
    /// Entries back, on average.
    pub entries: f64,
    /// CPU of the server a request.
    pub cpu: f64,
    /// TLS sessions that were resumed, of all.
    #[serde(default)]
    pub resumed: Option<f64>,
}

trait Stream: Read + Write + Send {}
impl<T: Read + Write + Send> Stream for T {}

/// One connection.
struct Connection {
    stream: Box<dyn Stream>,
    protocol: Protocol,
    buffer: Vec<u8>,
    filled: usize,
    resumed: bool,
}

impl Connection {
    fn open(target: &Target) -> Result<Self> {
        let mut tcp = TcpStream::connect(target.address)?;
        tcp.set_nodelay(true)?;
        tcp.set_read_timeout(Some(PATIENCE))?;
        let mut resumed = false;
        let stream: Box<dyn Stream> = match &target.tls {
            None => Box::new(tcp),
            Some(config) => {
                let name = ServerName::try_from("localhost")?;
                let mut session = rustls::ClientConnection::new(Arc::clone(config), name)?;
                while session.is_handshaking() {
                    session.complete_io(&mut tcp)?;
                }
                resumed = session.handshake_kind() == Some(rustls::HandshakeKind::Resumed);
                Box::new(rustls::StreamOwned::new(session, tcp))
            }
        };
        let mut connection = Self { stream, protocol: target.protocol, buffer: vec![0; 64 * 1024], filled: 0, resumed };
        for message in &target.greeting {
            connection.ask(message)?;
        }
        Ok(connection)
    }

    /// Entries of the answer and whether it says success; the answer stays in the buffer until the next question.
    fn ask(&mut self, request: &[u8]) -> Result<(u32, bool)> {
        self.stream.write_all(request)?;
        self.stream.flush()?;
        let (mut at, mut entries) = (0, 0);
        self.filled = 0;
        loop {
            match self.protocol.step(self.buffer.get(at..self.filled).unwrap_or_default())? {
                Step::Part(length, more) => {
                    at += length;
                    entries += more;
                }
                Step::Last(more, good) => return Ok((entries + more, good)),
                Step::More => {
                    if self.filled == self.buffer.len() {
                        self.buffer.resize(self.filled * 2, 0);
                    }
                    let read = self.stream.read(self.buffer.get_mut(self.filled..).unwrap_or_default())?;
                    ensure!(read > 0, "the server closed the connection");
                    self.filled += read;
                }
            }
        }
    }
}

/// One question of a fresh connection, or of the one kept.
fn ask(target: &Target, kept: &mut Option<Connection>, request: &[u8]) -> Result<(u32, bool, bool)> {
    if target.fresh {
        let mut connection = Connection::open(target)?;
        let (entries, good) = connection.ask(request)?;
        connection.stream.write_all(&wire::ldap_unbind())?;
        connection.stream.flush()?;
        return Ok((entries, good, connection.resumed));
    }
    let connection = match kept {
        Some(connection) => connection,
        None => kept.insert(Connection::open(target)?),
    };
    let answer = connection.ask(request);
    if answer.is_err() {
        *kept = None;
    }
    answer.map(|(entries, good)| (entries, good, false))
}

#[derive(Default)]
struct Tally {
    micros: Vec<u32>,
    entries: u64,
    errors: usize,
    resumed: usize,
    error: Option<String>,
}

fn work(target: &Target, questions: &[Vec<u8>], from: usize, load: &Load, begin: &Barrier, end: &AtomicBool) -> Tally {
    let mut tally = Tally::default();
    let mut kept = if target.fresh { None } else { Connection::open(target).ok() };
    begin.wait();
    let started = Instant::now();
    let mut due = started;
    for question in questions.iter().cycle().skip(from) {
        if let Some(pace) = load.pace {
            due += pace;
            std::thread::sleep(due.saturating_duration_since(Instant::now()));
        }
        if started.elapsed() >= load.duration || end.load(Ordering::Relaxed) {
            break;
        }
        let asked = Instant::now();
        match ask(target, &mut kept, question) {
            Ok((entries, good, resumed)) => {
                tally.micros.push(u32::try_from(asked.elapsed().as_micros()).unwrap_or(u32::MAX));
                tally.entries += u64::from(entries);
                tally.errors += usize::from(!good);
                tally.resumed += usize::from(resumed);
            }
            Err(error) => {
                tally.errors += 1;
                tally.error.get_or_insert(error.to_string());
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    }
    tally
}

/// Asks until the time is over or `end` is set.
pub fn run(target: &Target, questions: &[Vec<u8>], load: &Load, end: &AtomicBool) -> Result<Figures> {
    ensure!(!questions.is_empty(), "no questions");
    // Main is the last one at the barrier, when all connections stand.
    let begin = Barrier::new(load.connections + 1);
    let (tallies, seconds, cpu) = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..load.connections)
            .map(|thread| {
                let (begin, from) = (&begin, thread * questions.len() / load.connections);
                scope.spawn(move || work(target, questions, from, load, begin, end))
            })
            .collect();
        let before = usage(target.process).cpu_seconds;
        begin.wait();
        let started = Instant::now();
        let tallies: Vec<_> = threads.into_iter().map(|thread| thread.join().unwrap_or_default()).collect();
        let seconds = started.elapsed().as_secs_f64();
        (tallies, seconds, usage(target.process).cpu_seconds - before)
    });
    let mut micros: Vec<u32> = tallies.iter().flat_map(|t| t.micros.iter().copied()).collect();
    micros.sort_unstable();
    let requests = micros.len();
    let error = tallies.iter().find_map(|t| t.error.clone());
    ensure!(requests > 0, "no answer from {}: {}", target.address, error.unwrap_or_default());
    if let Some(error) = error {
        println!("  errors at {}: {error}", target.address);
    }
    let at = |share: f64| micros.get(((requests - 1) as f64 * share) as usize).map_or(0.0, |m| f64::from(*m) / 1e3);
    let resumed: usize = tallies.iter().map(|t| t.resumed).sum();
    Ok(Figures {
        requests,
        errors: tallies.iter().map(|t| t.errors).sum(),
        per_second: requests as f64 / seconds,
        p50: at(0.5),
        p99: at(0.99),
        max: at(1.0),
        entries: tallies.iter().map(|t| t.entries).sum::<u64>() as f64 / requests as f64,
        cpu: cpu * 1e3 / requests as f64,
        resumed: target.tls.is_some().then_some(resumed as f64 / requests as f64),
    })
}

/// The answer of a usual size: of some questions, the one whose number of entries is next to `entries`.
pub fn usual_answer(target: &Target, questions: &[Vec<u8>], entries: f64) -> Result<Vec<u8>> {
    let mut connection = Connection::open(target)?;
    let mut found: Option<(f64, Vec<u8>)> = None;
    for question in questions.iter().take(200) {
        let (count, _) = connection.ask(question)?;
        let apart = (f64::from(count) - entries).abs();
        if found.as_ref().is_none_or(|(least, _)| apart < *least) {
            found = Some((apart, connection.buffer.get(..connection.filled).unwrap_or_default().to_vec()));
        }
    }
    found.map(|(_, answer)| answer).context("an answer")
}

/// How many of the people asked for were found.
#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct Recall {
    /// Share of the questions whose answer holds who was wanted, where everybody who is alike fits the answer.
    pub clear: f64,
    /// The same of all questions.
    pub all: f64,
    /// Share of the questions that fit more people than are shown.
    pub ambiguous: f64,
}

/// Asks for people one by one: the request, who is wanted, and whether everybody who is alike can be shown.
pub fn recall(target: &Target, questions: &[(Vec<u8>, &str, bool)]) -> Result<Recall> {
    ensure!(!questions.is_empty(), "no questions");
    let mut connection = Connection::open(target)?;
    // Found and asked; of the clear ones, of all.
    let (mut clear, mut all) = ((0, 0), (0, 0));
    let since = Instant::now();
    for (request, wanted, is_clear) in questions.iter().take_while(|_| since.elapsed() < RECALL) {
        connection.ask(request).context("a question of the recall")?;
        let answer = connection.buffer.get(..connection.filled).unwrap_or_default();
        let found = u32::from(wire::position(answer, wanted.as_bytes()).is_some());
        for counted in [Some(&mut all), is_clear.then_some(&mut clear)].into_iter().flatten() {
            *counted = (counted.0 + found, counted.1 + 1);
        }
    }
    let share = |(found, asked): (u32, u32)| f64::from(found) / f64::from(asked.max(1));
    Ok(Recall { clear: share(clear), all: share(all), ambiguous: 1.0 - share((clear.1, all.1)) })
}

/// The first answer with an entry, after how long; asks again and again.
pub fn first_answer(target: &Target, request: &[u8], since: Instant) -> Result<Duration> {
    loop {
        let answered = Connection::open(target).and_then(|mut connection| connection.ask(request));
        if matches!(answered, Ok((entries, true)) if entries > 0) {
            return Ok(since.elapsed());
        }
        ensure!(since.elapsed() < Duration::from_secs(600), "no answer from {}", target.address);
        std::thread::sleep(Duration::from_millis(2));
    }
}
