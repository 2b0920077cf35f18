//! The binary as a process: one-shot commands, and a server that is stopped or killed.

use super::{PATIENCE, http};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};
use std::time::Duration;

/// The binary under test.
pub const BINARY: &str = env!("CARGO_BIN_EXE_annuaire");

/// For [`Server::behind`]: no file grows beyond so many KiB, as on a full disk.
pub const FULL: &str = "ulimit -f 64";
/// For [`Server::behind`]: permissions hold for root too.
pub const OBEYING: &str = "[ \"$(id -u)\" != 0 ] || set -- setpriv --bounding-set=-dac_override,-dac_read_search --inh-caps=-all \"$@\"";

/// How a run of the binary ended.
#[derive(Debug)]
pub struct Finished {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl From<Output> for Finished {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }
}

impl Finished {
    /// The exit code was 0; returns the output.
    pub fn success(self) -> String {
        assert_eq!(self.code, 0, "{}\n{}", self.out, self.err);
        self.out
    }

    /// The exit code was this one; returns standard error.
    pub fn failure(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.out, self.err);
        self.err
    }
}

/// A command of the binary without the caller's own settings.
pub fn command(arguments: &[&str]) -> Command {
    let mut command = Command::new(BINARY);
    for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANNUAIRE_")) {
        command.env_remove(name);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// Runs the binary with `--data` set to a folder.
pub fn annuaire_in(folder: &Path, arguments: &[&str]) -> Finished {
    let mut command = command(&["--data", folder.to_str().expect("a UTF-8 path")]);
    command.args(arguments).output().expect("the binary runs").into()
}

/// A `serve` or `demo` process; killed when dropped.
pub struct Server {
    child: Child,
    pub ldap: String,
    pub http: String,
    /// What it printed so far.
    pub printed: String,
}

impl Server {
    /// `serve` over a data folder, on free ports, up to its addresses being printed; it may not be ready to answer.
    /// The files of the day, which have tests of their own, would only be measured with what is.
    pub fn start(folder: &Path, more: &[&str], log: Stdio) -> Self {
        let daily = [("ANNUAIRE_EXPORTS__DAILY", "false"), ("ANNUAIRE_INDICATORS__DAILY", "false")];
        Self::start_with(folder, more, &daily, log)
    }

    /// The same with these variables of the environment and no others of ours.
    pub fn start_with(folder: &Path, more: &[&str], environment: &[(&str, &str)], log: Stdio) -> Self {
        let mut command =
            command(&["--data", folder.to_str().expect("a UTF-8 path"), "serve", "--ldap", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        command.envs(environment.iter().copied());
        let child = command.args(more).stdout(Stdio::piped()).stderr(log).spawn().expect("serve starts");
        Self::read(child, "http://")
    }

    /// `serve` behind what a shell does first; `shell` may change its own limits, and the command that it is about to become (`"$@"`).
    pub fn behind(shell: &str, folder: &Path, log: Stdio) -> Self {
        let arguments = ["serve", "--ldap", "127.0.0.1:0", "--http", "127.0.0.1:0"];
        let mut command = Command::new("bash");
        command.args(["-c", &format!("{shell}\nexec \"$@\""), "bash", BINARY, "--data"]).arg(folder).args(arguments);
        command.envs([("ANNUAIRE_EXPORTS__DAILY", "false"), ("ANNUAIRE_INDICATORS__DAILY", "false")]).stdin(Stdio::null());
        Self::read(command.stdout(Stdio::piped()).stderr(log).spawn().expect("serve starts"), "http://")
    }

    /// `serve` with further settings, and one source, which all tests are, asking as much as a whole country; answering.
    pub async fn crowded(folder: &Path, settings: &str) -> Self {
        let file = folder.join("settings.toml");
        let limits = "[limits]\nconnections_per_source = 10000\nsearches_per_second = 100000\n";
        std::fs::write(&file, format!("{limits}{settings}")).expect("a settings file");
        let server = Self::start(folder, &["--settings", file.to_str().expect("a UTF-8 path")], Stdio::null());
        server.ready().await;
        server
    }

    /// Reads what it prints until a word of its last line, and its addresses from that.
    fn read(mut child: Child, last: &str) -> Self {
        let mut printed = String::new();
        let mut out = std::io::BufReader::new(child.stdout.take().expect("its output"));
        while !printed.contains(last) {
            let read = std::io::BufRead::read_line(&mut out, &mut printed).expect("its output");
            assert_ne!(read, 0, "it ended early: {printed}");
        }
        // Reads on, so that later lines never meet a closed pipe.
        std::thread::spawn(move || std::io::copy(&mut out, &mut std::io::sink()));
        let address = |scheme: &str| -> String {
            let rest = printed.split(scheme).nth(1).expect("an address");
            rest.chars().take_while(|c| c.is_ascii_digit() || ".:".contains(*c)).collect()
        };
        let (ldap, http) = (address("ldap://"), address("http://"));
        Self { child, ldap, http, printed }
    }

    /// `demo` in a data folder, on free ports, up to its introduction.
    pub async fn demo(folder: &Path) -> Self {
        let mut command =
            command(&["--data", folder.to_str().expect("a UTF-8 path"), "demo", "--ldap", "127.0.0.1:0", "--http", "127.0.0.1:0"]);
        let child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().expect("demo starts");
        let server = tokio::task::spawn_blocking(move || Self::read(child, "Thunderbird")).await.expect("an introduction");
        server.ready().await;
        server
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    pub fn http_address(&self) -> SocketAddr {
        self.http.parse().expect("an address")
    }

    pub fn ldap_address(&self) -> SocketAddr {
        self.ldap.parse().expect("an address")
    }

    /// Waits until `/readyz` says yes.
    pub async fn ready(&self) {
        let ready = async {
            while http(self.http_address(), "GET", "/readyz", None).await.status != 200 {
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        };
        tokio::time::timeout(PATIENCE, ready).await.expect("ready in time");
    }

    /// SIGTERM, and the exit code.
    pub fn terminate(mut self) -> Option<i32> {
        let sent = Command::new("kill").args(["-TERM", &self.child.id().to_string()]).status().expect("kill runs");
        assert!(sent.success());
        self.child.wait().expect("it ends").code()
    }

    /// SIGKILL.
    pub fn kill(mut self) {
        self.child.kill().expect("killed");
        self.child.wait().expect("it ends");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
