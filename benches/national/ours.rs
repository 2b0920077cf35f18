//! Our own server: load, serve, and what only it is asked: the next day's file, a restart, an import with little memory.

use crate::client::{self, Figures, Load, Target};
use crate::process::{Cost, Sampler, Server, free_port, timed};
use crate::wire::{Protocol, ldap_bind};
use anyhow::{Context as _, Result};
use serde::{Deserialize, Serialize};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

pub const BINARY: &str = env!("CARGO_BIN_EXE_annuaire");

/// One source asks here as a whole country would: what a source may take is raised, everything else is as shipped.
const SETTINGS: [(&str, &str); 8] = [
    ("ANNUAIRE_LIMITS__SEARCHES_PER_SECOND", "100000000"),
    ("ANNUAIRE_LIMITS__ANONYMOUS_MAILBOXES_PER_HOUR", "1000000000"),
    ("ANNUAIRE_LIMITS__ANONYMOUS_MAILBOXES_PER_DAY", "1000000000"),
    ("ANNUAIRE_LIMITS__CONNECTIONS_PER_SOURCE", "100000"),
    ("ANNUAIRE_LIMITS__SEARCHES_AT_ONCE", "1000"),
    // The files and the figures of the day are measured by themselves.
    ("ANNUAIRE_EXPORTS__DAILY", "false"),
    ("ANNUAIRE_INDICATORS__DAILY", "false"),
    ("ANNUAIRE_LOG__LEVEL", "warn"),
];

/// What stands beside the store and the index for a while only.
pub const PASSING: [&str; 3] = ["-wal", "-shm", "staging"];

pub fn annuaire(data: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    command.args(arguments).arg("--data").arg(data);
    command
}

/// A first load into a folder that is not there yet, ready to search.
pub fn load(data: &Path, files: &Path) -> Result<Cost> {
    let _ = std::fs::remove_dir_all(data);
    timed(annuaire(data, &["import"]).arg(files))
}

/// The same with so many bytes of memory and no more, and what kept it to them: a memory cgroup, which also counts the pages of files it
/// reads and writes, where one can be made (as root); else `RLIMIT_DATA`, which counts what is reserved and not yet used.
pub fn load_with_little_memory(data: &Path, files: &Path, bytes: u64) -> Result<(String, Result<Cost>)> {
    let _ = std::fs::remove_dir_all(data);
    if let Some(group) = MemoryGroup::new(bytes) {
        let mut command = Command::new("sh");
        command.args(["-c", "echo $$ > \"$0\" && exec \"$@\""]).arg(group.folder.join("cgroup.procs"));
        let cost = timed(command.args([BINARY, "import", "--data"]).arg(data).arg(files));
        return Ok((format!("a memory cgroup of {} MB", bytes / 1_000_000), cost));
    }
    let mut command = Command::new("prlimit");
    let cost = timed(command.args([&format!("--data={bytes}"), BINARY, "import", "--data"]).arg(data).arg(files));
    Ok((format!("`prlimit --data={bytes}`"), cost))
}

/// A cgroup of either version with a limit of memory; removed with its last process.
struct MemoryGroup {
    folder: PathBuf,
}

impl MemoryGroup {
    fn new(bytes: u64) -> Option<Self> {
        for (parent, limit) in [("/sys/fs/cgroup/memory", "memory.limit_in_bytes"), ("/sys/fs/cgroup", "memory.max")] {
            let folder = Path::new(parent).join("annuaire-bench");
            let _ = std::fs::create_dir(&folder);
            if std::fs::write(folder.join(limit), bytes.to_string()).is_ok() {
                return Some(Self { folder });
            }
            let _ = std::fs::remove_dir(&folder);
        }
        None
    }
}

impl Drop for MemoryGroup {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir(&self.folder);
    }
}

/// A certificate of our own for both servers' TLS, and a client that trusts it and resumes sessions.
pub struct Certificate {
    pub chain: PathBuf,
    pub key: PathBuf,
    pub client: Arc<rustls::ClientConfig>,
}

impl Certificate {
    pub fn new(keep: &Path) -> Result<Self> {
        let made = rcgen::generate_simple_self_signed(vec!["localhost".to_owned()])?;
        let (chain, key) = (keep.join("server.pem"), keep.join("server.key"));
        std::fs::write(&chain, made.cert.pem())?;
        std::fs::write(&key, made.signing_key.serialize_pem())?;
        let mut roots = rustls::RootCertStore::empty();
        roots.add(made.cert.der().clone())?;
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let client = rustls::ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions()?;
        Ok(Self { chain, key, client: Arc::new(client.with_root_certificates(roots).with_no_client_auth()) })
    }
}

/// A running `serve`.
pub struct Ours {
    server: Server,
    ldap: SocketAddr,
    ldaps: SocketAddr,
    http: SocketAddr,
}

impl Ours {
    pub fn start(data: &Path, certificate: &Certificate) -> Result<Self> {
        let (ldap, ldaps, http) = (free_port()?, free_port()?, free_port()?);
        let mut command = annuaire(data, &["serve"]);
        for (option, address) in [("--ldap", ldap), ("--ldaps", ldaps), ("--http", http)] {
            command.args([option, &address.to_string()]);
        }
        command.envs(SETTINGS);
        command.env("ANNUAIRE_NET__TLS__CERTIFICATE", &certificate.chain).env("ANNUAIRE_NET__TLS__KEY", &certificate.key);
        let server = Server::start(&mut command, "-TERM")?;
        Ok(Self { server, ldap, ldaps, http })
    }

    pub fn listens(&mut self) -> Result<()> {
        self.server.listens(self.http)
    }

    pub fn http(&self) -> SocketAddr {
        self.http
    }

    pub fn id(&self) -> u32 {
        self.server.id()
    }

    pub fn target(&self, class: &str, certificate: &Certificate) -> Target {
        let tls = (class == "session_tls").then(|| Arc::clone(&certificate.client));
        let rest = class.starts_with("rest") || class.starts_with("typo");
        let address = match () {
            () if rest => self.http,
            () if tls.is_some() => self.ldaps,
            () => self.ldap,
        };
        Target {
            address,
            protocol: if rest { Protocol::Http } else { Protocol::Ldap },
            greeting: if rest { Vec::new() } else { vec![ldap_bind()] },
            fresh: class.starts_with("session"),
            tls,
            process: self.id(),
        }
    }
}

/// Start of `serve` with a built index to its first answer, thrice; the one in the middle, in seconds.
pub fn restart(data: &Path, certificate: &Certificate, request: &[u8]) -> Result<f64> {
    let mut times = Vec::new();
    for _ in 0..3 {
        let since = Instant::now();
        let ours = Ours::start(data, certificate)?;
        times.push(client::first_answer(&ours.target("ac1", certificate), request, since)?.as_secs_f64());
    }
    times.sort_by(f64::total_cmp);
    times.get(1).copied().context("three times")
}

/// A fresh copy of a data folder, beside it.
pub fn copy(keep: &Path, data: &Path) -> Result<PathBuf> {
    let copy = keep.join("copy");
    let _ = std::fs::remove_dir_all(&copy);
    anyhow::ensure!(Command::new("cp").arg("-a").arg(data).arg(&copy).status()?.success(), "the data folder cannot be copied");
    Ok(copy)
}

/// The next day's file, in a copy of the data folder, with a server beside that is asked all the while.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct NextDay {
    /// The import, alone.
    pub import: Cost,
    /// The same with the searches beside.
    pub import_beside: Cost,
    pub server_peak: u64,
    /// A question at this pace, alone.
    pub quiet: Figures,
    pub during: Figures,
    pub bytes_before: u64,
    pub bytes_after: u64,
}

pub fn next_day(keep: &Path, data: &Path, files: &Path, certificate: &Certificate, questions: &[Vec<u8>], rate: f64) -> Result<NextDay> {
    let copy = self::copy(keep, data)?;
    let answering = || -> Result<Ours> {
        let ours = Ours::start(&copy, certificate)?;
        let first = questions.first().context("a question")?;
        client::first_answer(&ours.target("ac1", certificate), first, Instant::now())?;
        Ok(ours)
    };
    let bytes_before = crate::process::disk(&copy, &PASSING);
    let import = {
        let _ours = answering()?;
        timed(annuaire(&copy, &["import"]).arg(files))?
    };
    let bytes_after = crate::process::disk(&copy, &PASSING);
    self::copy(keep, data)?;
    let ours = answering()?;
    let sampler = Sampler::of(ours.id());
    let target = ours.target("ac1", certificate);
    let connections = 8;
    let pace = Duration::from_secs_f64(connections as f64 / rate.max(1.0));
    let load = Load { connections, duration: Duration::from_secs(10), pace: Some(pace) };
    let quiet = client::run(&target, questions, &load, &AtomicBool::new(false))?;
    let end = AtomicBool::new(false);
    let (import_beside, during) = std::thread::scope(|scope| {
        let import = scope.spawn(|| {
            let cost = timed(annuaire(&copy, &["import"]).arg(files));
            end.store(true, Ordering::Relaxed);
            cost
        });
        let load = Load { duration: Duration::from_secs(3_600), ..load };
        let during = client::run(&target, questions, &load, &end);
        (import.join(), during)
    });
    let import_beside = import_beside.map_err(|_| anyhow::anyhow!("the import's thread failed"))??;
    let server_peak = sampler.peak();
    drop(ours);
    let _ = std::fs::remove_dir_all(&copy);
    Ok(NextDay { import, import_beside, server_peak, quiet, during: during?, bytes_before, bytes_after })
}
