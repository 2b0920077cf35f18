//! Clients that people have, as they are installed, against the demo: command line tools, libraries of three languages, and a Thunderbird.
//!
//! Each is a process that ends with 0 when it got what it expects; what it printed is shown when it did not. The scripts are in
//! `tests/clients/` and can be run by hand against any demo.

use crate::harness::{TestDirectory, repository};
use crate::net::world::{Authority, SUBJECT, settings, write};
use annuaire::trust::{Accounts, written_subject};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use tempfile::TempDir;

const BASE: &str = "dc=mssante,dc=fr";
/// Found by a name typed without its accents.
const ADDRESS: &str = "edouard.bechu@labo-prechamp-3.oc.mssante.fr";
/// More than a page of people, fewer than an anonymous search returns; some have accents in the name sorted by.
const MANY: &str = "(sn=be*)";

/// A directory in clear and over TLS, the files of its certificates, and the arguments that lead a client to it.
struct Clients {
    directory: TestDirectory,
    files: TempDir,
}

impl Clients {
    async fn start() -> Self {
        let (authority, files) = (Authority::new(), tempfile::tempdir().expect("a temporary folder"));
        write(files.path(), &authority.server());
        let client = authority.client("logiciel.exemple.invalid");
        for (name, pem) in [("ca.pem", &authority.pem()), ("client.pem", &client.certificate_pem), ("client.key", &client.key_pem)] {
            std::fs::write(files.path().join(name), pem).expect("a file");
        }
        let directory = TestDirectory::demo_with(&settings(files.path())).await;
        let subject = written_subject(SUBJECT).expect("a subject");
        Accounts::new(directory.store.clone())
            .add_certificate(&directory.account, &subject, 0)
            .await
            .expect("a certificate of the account");
        Self { directory, files }
    }

    fn file(&self, name: &str) -> PathBuf {
        self.files.path().join(name)
    }

    fn uri(&self) -> String {
        format!("ldap://{}", self.directory.ldap)
    }

    fn ldaps(&self) -> String {
        format!("ldaps://{}", self.directory.service().addresses().ldaps.expect("LDAPS is served"))
    }

    fn account(&self) -> String {
        format!("uid={},ou=comptes,{BASE}", self.directory.account)
    }

    /// What the scripts of the three languages are asked to prove.
    fn proofs(&self) -> Vec<String> {
        let mut proofs = vec![self.uri(), "--account".into(), self.account(), "--paged".into(), "--sort".into()];
        proofs.extend(["--ldaps".into(), self.ldaps()]);
        for (option, name) in [("--ca", "ca.pem"), ("--certificate", "client.pem"), ("--key", "client.key")] {
            proofs.extend([option.into(), self.file(name).display().to_string()]);
        }
        proofs
    }

    /// Runs a client to its end, with the secret of the account in its environment; returns what it printed.
    async fn run(&self, command: &mut Command) -> String {
        let shown = format!("{command:?}");
        command.env("SECRET", &self.directory.secret).stdin(Stdio::null());
        let output = tokio::task::block_in_place(|| command.output()).unwrap_or_else(|error| panic!("{shown}: {error}"));
        let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success(), "{shown}: {}\n{out}\n{err}", output.status);
        out.into_owned()
    }

    /// `ldapsearch` as it is when it reads no settings of the machine.
    fn ldapsearch(&self) -> Command {
        self.ldapsearch_at(&self.uri())
    }

    fn ldapsearch_at(&self, uri: &str) -> Command {
        let mut command = Command::new("ldapsearch");
        command.env("LDAPNOINIT", "1").args(["-x", "-LLL", "-o", "ldif-wrap=no", "-H", uri, "-b", BASE]);
        command
    }
}

/// Values of an attribute in LDIF, in its order, those in base64 left out.
fn values<'a>(ldif: &'a str, attribute: &'a str) -> Vec<&'a str> {
    ldif.lines().filter_map(|line| line.strip_prefix(attribute)?.strip_prefix(": ")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn ldapsearch_finds_reads_and_binds() {
    let clients = Clients::start().await;
    let found = clients.run(clients.ldapsearch().args(["(cn=*edouard*bechu*)", "mail"])).await;
    assert_eq!(values(&found, "mail"), [ADDRESS]);
    let account = clients.account();
    let bound = clients.run(clients.ldapsearch().args(["-D", &account, "-w", &clients.directory.secret, "(TypeBAL=APP)", "mail"])).await;
    assert!(!values(&bound, "mail").is_empty(), "an account sees mailboxes of applications");
    let who = clients
        .run(Command::new("ldapwhoami").env("LDAPNOINIT", "1").args([
            "-x",
            "-H",
            &clients.uri(),
            "-D",
            &account,
            "-w",
            &clients.directory.secret,
        ]))
        .await;
    assert!(who.contains(&account), "{who}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ldapsearch_over_tls() {
    let clients = Clients::start().await;
    for (uri, more) in [(clients.uri(), &["-ZZ"][..]), (clients.ldaps(), &[])] {
        // Trust by the environment, which LDAPNOINIT would have it ignore.
        let mut command = clients.ldapsearch_at(&uri);
        command.env_remove("LDAPNOINIT").env("LDAPTLS_CACERT", clients.file("ca.pem")).env("LDAPTLS_REQCERT", "demand");
        let found = clients.run(command.args(more).args(["(cn=*edouard*bechu*)", "mail"])).await;
        assert_eq!(values(&found, "mail"), [ADDRESS], "{uri}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn ldapsearch_pages() {
    let clients = Clients::start().await;
    let whole = clients.run(clients.ldapsearch().args([MANY, "mail"])).await;
    let paged = clients.run(clients.ldapsearch().args(["-E", "!pr=5/noprompt", MANY, "mail"])).await;
    let (mut whole, mut paged) = (values(&whole, "mail"), values(&paged, "mail"));
    whole.sort_unstable();
    paged.sort_unstable();
    assert!(whole.len() > 40, "{} entries", whole.len());
    assert_eq!(paged, whole);
}

#[tokio::test(flavor = "multi_thread")]
async fn ldapsearch_sorts() {
    let clients = Clients::start().await;
    let plain = clients.run(clients.ldapsearch().args(["-E", "!sss=sn", MANY, "sn", "mail"])).await;
    let mails = values(&plain, "mail");
    let reversed = clients.run(clients.ldapsearch().args(["-E", "!sss=-sn", MANY, "sn", "mail"])).await;
    assert!(mails.len() > 40 && values(&reversed, "mail").len() == mails.len(), "{} entries", mails.len());
    // BÉCHU is written in base64, BECHU is not: an order by octets would set them apart.
    let place = |part: &str| mails.iter().position(|mail| mail.contains(part)).unwrap_or_else(|| panic!("{part}"));
    let (bechu, plain_bechu, bede, bertrand) =
        (place("edouard.bechu@"), place("genevieve.bechu@"), place("claude.bede@"), place(".bertrand"));
    assert!(bechu.max(plain_bechu) < bede && bede < bertrand, "{mails:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn perl_net_ldap() {
    let clients = Clients::start().await;
    clients.run(Command::new("perl").arg(repository("tests/clients/perl_net_ldap.pl")).args(clients.proofs())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn java_jndi() {
    let clients = Clients::start().await;
    // Compiled in memory by the launcher; a small heap is ample.
    clients
        .run(
            Command::new("java")
                .args(["-Xmx128m", "-XX:TieredStopAtLevel=1"])
                .arg(repository("tests/clients/JndiClient.java"))
                .args(clients.proofs()),
        )
        .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn python_ldap3() {
    let clients = Clients::start().await;
    let python = crate::docs::python_with_ldap3();
    clients.run(Command::new(python).arg(repository("tests/clients/python_ldap3.py")).args(clients.proofs())).await;
}

/// Set by a user, and by what an administrator installs; in clear and over TLS.
#[tokio::test(flavor = "multi_thread")]
async fn thunderbird_completes_a_name_typed_without_accents() {
    let clients = Clients::start().await;
    for (uri, installed) in [
        (clients.uri(), None),
        (clients.ldaps(), Some("docs/clients/policies.json")),
        (clients.ldaps(), Some("docs/clients/thunderbird.js")),
    ] {
        let mut command = Command::new(crate::docs::python_with_ldap3());
        command.arg(repository("tests/clients/thunderbird.py"));
        command.args([&format!("{uri}/{BASE}??sub?(mail=*)"), "edouard bechu", ADDRESS, "--ca"]).arg(clients.file("ca.pem"));
        if let Some(file) = installed {
            command.arg("--installed").arg(repository(file));
        }
        let printed = clients.run(&mut command).await;
        assert!(printed.contains("Édouard BÉCHU (") && printed.contains(ADDRESS), "{printed}");
    }
}
