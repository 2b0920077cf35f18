//! A real slapd with our schema: the other opinion on what an LDAP server does and on whether our export and schema are right.
//!
//! It runs as the caller, in a temporary folder, on a free port of the loopback, read-only over LDAP, and is killed when dropped.

use super::{PATIENCE, repository};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// The databases, each one naming context.
pub const CONTEXTS: [&str; 2] = ["dc=mssante,dc=fr", "dc=annuaire,dc=sante,dc=fr"];

/// A configured folder, not yet running.
pub struct Slapd {
    folder: TempDir,
    child: Option<Child>,
    pub address: SocketAddr,
}

/// A program of the Debian package slapd, which is not in everybody's PATH.
fn program(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([PathBuf::from("/usr/sbin")]);
    folders.map(|f| f.join(name)).find(|p| p.exists()).unwrap_or_else(|| panic!("{name} is missing: install slapd, or run ./check"))
}

fn run(name: &str, arguments: &[&str]) -> String {
    let output = Command::new(program(name)).args(arguments).stdin(Stdio::null()).output().expect("it runs");
    let said = String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{name} {arguments:?}: {said}");
    said
}

/// Is it the release the conformance list was written beside?
pub fn is_of_the_list() -> bool {
    let output = Command::new(program("slapd")).arg("-VV").stdin(Stdio::null()).output().expect("it runs");
    [output.stdout, output.stderr].iter().any(|said| String::from_utf8_lossy(said).contains("OpenLDAP: slapd 2.5."))
}

fn text(path: &Path) -> &str {
    path.to_str().expect("a UTF-8 path")
}

impl Slapd {
    /// A folder with the configuration and empty databases. `administrator` may bind with `secret`.
    pub fn configure(administrator: &str, secret: &str) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let schema = repository("schema/ldap/annuaire.schema");
        let mut conf = String::new();
        for standard in ["core", "cosine", "inetorgperson"] {
            conf.push_str(&format!("include /etc/ldap/schema/{standard}.schema\n"));
        }
        conf.push_str(&format!("include {}\nmodulepath /usr/lib/ldap\nmoduleload back_mdb\nmoduleload sssvlv\n", text(&schema)));
        // Unauthenticated writes reach `readonly`, whose answer is the one to compare with.
        conf.push_str("sizelimit unlimited\ntimelimit unlimited\nallow update_anon\n");
        for (number, context) in CONTEXTS.iter().enumerate() {
            let data = folder.path().join(number.to_string());
            std::fs::create_dir(&data).expect("a folder");
            conf.push_str(&format!("\ndatabase mdb\nsuffix \"{context}\"\ndirectory {}\nmaxsize 1073741824\ndbnosync\n", text(&data)));
            conf.push_str("overlay sssvlv\nreadonly on\n");
            if number == 0 {
                conf.push_str(&format!("rootdn \"{administrator}\"\nrootpw {secret}\n"));
            }
        }
        std::fs::write(folder.path().join("slapd.conf"), conf).expect("a configuration");
        Self { folder, child: None, address: SocketAddr::from(([127, 0, 0, 1], 0)) }
    }

    fn conf(&self) -> String {
        text(&self.folder.path().join("slapd.conf")).to_owned()
    }

    /// Loads one naming context from LDIF, every entry checked against the schema; panics with slapadd's words when one is refused.
    pub fn load(&self, context: &str, ldif: &Path) {
        run("slapadd", &["-f", &self.conf(), "-b", context, "-l", text(ldif)]);
    }

    /// Loads what a file holds of one naming context; the rest of it, and its version line, are no entries of that database. What slapadd
    /// said of each is returned, one line a refusal.
    pub fn load_of_all(&self, context: &str, ldif: &Path) -> Vec<String> {
        let arguments = ["-c", "-f", &self.conf(), "-b", context, "-l", text(ldif)];
        let output = Command::new(program("slapadd")).args(arguments).stdin(Stdio::null()).output().expect("it runs");
        String::from_utf8_lossy(&output.stderr).lines().map(str::to_owned).collect()
    }

    /// What a naming context holds, as LDIF.
    pub fn content(&self, context: &str) -> String {
        run("slapcat", &["-f", &self.conf(), "-b", context, "-o", "ldif-wrap=no"])
    }

    /// Starts it and waits until it listens.
    pub fn start(mut self) -> Self {
        // Another process may take the port between the look and the start.
        for _ in 0..5 {
            let free = TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port");
            let mut command = Command::new(program("slapd"));
            command.args(["-f", &self.conf(), "-h", &format!("ldap://{free}/"), "-d", "0"]);
            let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("slapd starts");
            let until = Instant::now() + PATIENCE;
            while Instant::now() < until && child.try_wait().expect("its state").is_none() {
                if TcpStream::connect(free).is_ok() {
                    self.child = Some(child);
                    self.address = free;
                    return self;
                }
                std::thread::sleep(Duration::from_millis(20));
            }
            let _ = child.kill();
            let _ = child.wait();
        }
        panic!("slapd does not listen");
    }

    /// The `cn=config` form of our schema is taken too.
    pub fn accepts_config(ldif: &Path) {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let mut conf =
            "dn: cn=config\nobjectClass: olcGlobal\ncn: config\n\ndn: cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: schema\n"
                .to_owned();
        for file in ["core", "cosine", "inetorgperson"]
            .map(|name| PathBuf::from(format!("/etc/ldap/schema/{name}.ldif")))
            .iter()
            .chain([&ldif.to_owned()])
        {
            conf.push('\n');
            let read = std::fs::read_to_string(file).unwrap_or_else(|e| panic!("{}: {e}", file.display()));
            conf.extend(read.lines().filter(|line| !line.starts_with('#')).map(|line| format!("{line}\n")));
        }
        let (source, target) = (folder.path().join("config.ldif"), folder.path().join("slapd.d"));
        std::fs::write(&source, conf).expect("a configuration");
        std::fs::create_dir(&target).expect("a folder");
        run("slapadd", &["-n0", "-F", text(&target), "-l", text(&source)]);
        run("slaptest", &["-F", text(&target)]);
    }
}

impl Drop for Slapd {
    fn drop(&mut self) {
        if let Some(mut child) = self.child.take() {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}
