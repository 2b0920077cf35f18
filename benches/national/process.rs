//! Processes as the measure sees them: what a command cost, what a server has used so far, how much room a folder takes.
//!
//! CPU is user and system time of a process and all that came from it, from /proc. Private memory is `RssAnon`, sampled; mapped files are not
//! in it, since the system takes their pages back when it needs them.

use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

/// Clock ticks a second of /proc; 100 on every Linux.
const TICKS: f64 = 100.0;

/// What a command cost.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Cost {
    pub seconds: f64,
    pub cpu_seconds: f64,
    pub peak_private: u64,
    /// What it said, and when, in seconds from its start.
    pub said: Vec<(f64, String)>,
}

impl Cost {
    /// One after the other.
    pub fn then(mut self, next: Self) -> Self {
        self.said.extend(next.said.into_iter().map(|(at, line)| (at + self.seconds, line)));
        self.seconds += next.seconds;
        self.cpu_seconds += next.cpu_seconds;
        self.peak_private = self.peak_private.max(next.peak_private);
        self
    }

    /// When a line with these words came.
    pub fn at(&self, words: &str) -> Option<f64> {
        self.said.iter().find(|(_, line)| line.contains(words)).map(|(at, _)| *at)
    }
}

/// Runs a command to its end; an error when it fails.
pub fn timed(command: &mut Command) -> Result<Cost> {
    let started = Instant::now();
    let what = format!("{command:?}");
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().context(what.clone())?;
    let said: Arc<Mutex<Vec<(f64, String)>>> = Arc::default();
    let outputs: [Option<Box<dyn Read + Send>>; 2] =
        [child.stdout.take().map(|o| Box::new(o) as _), child.stderr.take().map(|o| Box::new(o) as _)];
    let readers: Vec<_> = outputs
        .into_iter()
        .flatten()
        .map(|output| {
            let said = Arc::clone(&said);
            std::thread::spawn(move || {
                for line in BufReader::new(output).lines().map_while(Result::ok) {
                    if let Ok(mut said) = said.lock() {
                        said.push((started.elapsed().as_secs_f64(), line));
                    }
                }
            })
        })
        .collect();
    let (mut peak, mut cpu) = (0, 0.0_f64);
    let status = loop {
        // Read before the process is waited for: its last figures are gone with it.
        let used = usage(child.id());
        (peak, cpu) = (peak.max(used.private), cpu.max(used.cpu_seconds));
        if let Some(status) = child.try_wait()? {
            break status;
        }
        std::thread::sleep(Duration::from_millis(if started.elapsed().as_secs() < 5 { 10 } else { 50 }));
    };
    let seconds = started.elapsed().as_secs_f64();
    for reader in readers {
        let _ = reader.join();
    }
    let said = said.lock().map(|said| said.clone()).unwrap_or_default();
    if !status.success() {
        let last: Vec<_> = said.iter().rev().take(8).map(|(_, line)| line.as_str()).collect();
        bail!("{what}: {status}: {}", last.into_iter().rev().collect::<Vec<_>>().join("\n"));
    }
    Ok(Cost { seconds, cpu_seconds: cpu, peak_private: peak, said })
}

/// Of a process and its descendants, now.
#[derive(Clone, Copy, Debug, Default)]
pub struct Usage {
    pub cpu_seconds: f64,
    pub private: u64,
}

pub fn usage(root: u32) -> Usage {
    let mut processes = HashMap::new();
    for entry in std::fs::read_dir("/proc").into_iter().flatten().flatten() {
        let Some(id) = entry.file_name().to_str().and_then(|name| name.parse::<u32>().ok()) else { continue };
        let Ok(stat) = std::fs::read_to_string(entry.path().join("stat")) else { continue };
        // The name in parentheses may hold blanks.
        let Some((_, rest)) = stat.rsplit_once(')') else { continue };
        let fields: Vec<&str> = rest.split_whitespace().collect();
        let number = |at: usize| fields.get(at).and_then(|f| f.parse::<f64>().ok()).unwrap_or(0.0);
        // State is the third field of the page of the manual and the first here: parent 4, times 14 to 17.
        processes.insert(id, (number(1) as u32, number(11) + number(12) + number(13) + number(14)));
    }
    let mut family = vec![root];
    let mut at = 0;
    while let Some(&parent) = family.get(at) {
        family.extend(processes.iter().filter(|(_, (of, _))| *of == parent).map(|(id, _)| *id));
        at += 1;
    }
    let ticks: f64 = family.iter().filter_map(|id| processes.get(id)).map(|(_, ticks)| ticks).sum();
    Usage { cpu_seconds: ticks / TICKS, private: family.iter().map(|id| private(*id)).sum() }
}

/// `RssAnon` in bytes.
fn private(id: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{id}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|k| k.parse::<u64>().ok()).unwrap_or(0) * 1024
}

/// Samples the private memory of a process and its descendants until dropped.
pub struct Sampler {
    peak: Arc<AtomicU64>,
    end: Arc<AtomicBool>,
}

impl Sampler {
    pub fn of(process: u32) -> Self {
        let (peak, end) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
        let (kept, ended) = (Arc::clone(&peak), Arc::clone(&end));
        std::thread::spawn(move || {
            while !ended.load(Ordering::Relaxed) {
                kept.fetch_max(usage(process).private, Ordering::Relaxed);
                std::thread::sleep(Duration::from_millis(100));
            }
        });
        Self { peak, end }
    }

    pub fn peak(&self) -> u64 {
        self.peak.load(Ordering::Relaxed)
    }
}

impl Drop for Sampler {
    fn drop(&mut self) {
        self.end.store(true, Ordering::Relaxed);
    }
}

/// A server, ended when dropped.
pub struct Server {
    child: Child,
    signal: &'static str,
}

impl Server {
    /// `signal` asks it to end.
    pub fn start(command: &mut Command, signal: &'static str) -> Result<Self> {
        let what = format!("{command:?}");
        let child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().context(what)?;
        Ok(Self { child, signal })
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits until it listens.
    pub fn listens(&mut self, address: SocketAddr) -> Result<()> {
        let started = Instant::now();
        while TcpStream::connect(address).is_err() {
            ensure!(self.child.try_wait()?.is_none(), "the server of {address} ended");
            ensure!(started.elapsed() < Duration::from_secs(120), "nobody listens at {address}");
            std::thread::sleep(Duration::from_millis(5));
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = Command::new("kill").args([self.signal, &self.child.id().to_string()]).status();
        let _ = self.child.wait();
    }
}

/// A free port of the loopback; another process may take it before it is used.
pub fn free_port() -> Result<SocketAddr> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Bytes on disk below a folder, but for names that end or begin like these: blocks, because a sparse file is smaller than it says.
pub fn disk(folder: &Path, without: &[&str]) -> u64 {
    use std::os::unix::fs::MetadataExt as _;
    let mut sum = 0;
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name().to_string_lossy().into_owned();
        if without.iter().any(|w| name.ends_with(w)) {
            continue;
        }
        let Ok(metadata) = entry.metadata() else { continue };
        sum += if metadata.is_dir() { disk(&entry.path(), without) } else { metadata.blocks() * 512 };
    }
    sum
}

/// A program, in the PATH or where Debian puts those of servers.
pub fn program(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]).map(|folder| folder.join(name)).find(|p| p.exists())
}

/// Installs Debian packages. The measure starts servers itself: policy-rc.d is Debian's way to say that none shall be started.
pub fn install(packages: &[&str]) -> Result<()> {
    println!("installing {}", packages.join(" "));
    let policy = Path::new("/usr/sbin/policy-rc.d");
    let script = format!(
        "set -e; if [ ! -e {0} ]; then printf '#!/bin/sh\\nexit 101\\n' > {0}; chmod +x {0}; trap 'rm -f {0}' EXIT; fi; \
         apt-get -qq update || true; DEBIAN_FRONTEND=noninteractive apt-get -qq install --yes --no-install-recommends {1} >/dev/null",
        policy.display(),
        packages.join(" ")
    );
    let root = std::fs::metadata("/proc/self").map(|m| std::os::unix::fs::MetadataExt::uid(&m) == 0).unwrap_or(false);
    let mut command = if root { Command::new("sh") } else { Command::new("sudo") };
    if !root {
        command.args(["-n", "sh"]);
    }
    ensure!(command.args(["-c", &script]).status()?.success(), "could not install {}", packages.join(" "));
    Ok(())
}

/// First line of what a program says of its version.
pub fn version(program: &Path, argument: &str) -> String {
    let output = Command::new(program).arg(argument).stdin(Stdio::null()).output();
    let said = output.map(|o| [o.stdout, o.stderr].concat()).unwrap_or_default();
    String::from_utf8_lossy(&said).lines().find(|l| !l.trim().is_empty()).unwrap_or_default().trim().to_owned()
}
