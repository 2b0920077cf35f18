//! What every integration test stands on: a data folder of its own, a service on free ports, and clients small enough to trust.
//!
//! [`TestDirectory::demo`] starts from the demo's fixtures, imported and indexed once per test binary and copied per test;
//! [`TestDirectory::import`] imports the given files; [`TestDirectory::empty`] has nothing. The service is the one `serve` runs.
//! Dropping a [`TestDirectory`] stops its service and removes its folder.

#![allow(dead_code, reason = "each test uses the part it needs")]

use annuaire::cli::assembly::Service;
pub use annuaire::import::Silent;
use annuaire::import::{self, Options, Report};
use annuaire::model::Audience;
use annuaire::settings::Settings;
use annuaire::store::{DataDir, Store};
use ldap3_proto::proto::LdapResultCode;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::Duration;
use tempfile::TempDir;

mod http;
mod ldap;
mod process;
pub mod signer;
mod slapd;

pub use http::{HttpAnswer, http, http_with};
pub use ldap::Ldap;
pub use process::{BINARY, FULL, Finished, OBEYING, Server, annuaire_in, command};
pub use slapd::{CONTEXTS, Slapd, is_of_the_list};

/// Longest any single answer may take; generous, because tests share two cores.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// A folder of the repository (`fixtures/rpps`, `docs` …).
pub fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The clock of imports in tests: fixed, so that nothing depends on the day.
pub fn clock() -> jiff::Timestamp {
    jiff::Timestamp::from_second(1_790_000_000).expect("a time")
}

/// A data folder with a running service.
pub struct TestDirectory {
    folder: TempDir,
    data: DataDir,
    pub store: Store,
    pub ldap: SocketAddr,
    pub http: SocketAddr,
    /// Name of its account, professional audience.
    pub account: String,
    /// Secret of the account: bearer and bind password.
    pub secret: String,
    service: Option<Service>,
}

impl TestDirectory {
    /// The demo's fixtures, served.
    pub async fn demo() -> Self {
        Self::demo_with(&Settings::default()).await
    }

    /// The demo's fixtures, served with other settings.
    pub async fn demo_with(settings: &Settings) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        copy_folder(template(), folder.path());
        Self::over(folder, settings).await
    }

    /// The given files, imported and served.
    pub async fn import(paths: &[PathBuf]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        import_into(folder.path(), paths, &Options::default()).await;
        Self::over(folder, &Settings::default()).await
    }

    /// Nothing imported, served.
    pub async fn empty() -> Self {
        Self::over(tempfile::tempdir().expect("a temporary folder"), &Settings::default()).await
    }

    /// A service over a data folder that is there already, on free ports.
    pub async fn over(folder: TempDir, settings: &Settings) -> Self {
        let data = DataDir::create_or_open(folder.path()).expect("a data folder");
        let store = Store::open(&data).await.expect("a store");
        // A folder that was served before has an account whose secret is gone.
        let name = format!("test-{}", store.accounts().await.expect("accounts").len());
        let secret = account(&store, &name, Audience::Professional).await;
        let service = Service::start(&data, &store, &free_ports(settings)).await.expect("a service");
        assert!(service.opened(PATIENCE).await, "the doors stay closed: {}", service.gate().reason());
        let (ldap, http) = (service.ldap_address(), service.http_address());
        Self { folder, data, store, ldap, http, account: name, secret, service: Some(service) }
    }

    pub fn data(&self) -> &DataDir {
        &self.data
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn service(&self) -> &Service {
        self.service.as_ref().expect("a running service")
    }

    /// Stops the service and gives the folder back, for a look at its files or a second service.
    pub async fn stop(mut self) -> TempDir {
        if let Some(service) = self.service.take() {
            service.stop().await.expect("a clean stop");
        }
        self.store.close().await;
        self.folder
    }

    /// Waits until everything the store holds now is in the index.
    pub async fn settle(&self) {
        let wanted = self.store.last_change().await.expect("a change number");
        let reached = async {
            while self.data.searchable() < wanted {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("searchable in time");
    }

    /// Runs a subcommand of the binary on this data folder; must not be called while it would need the index lock for itself.
    pub fn process(&self, arguments: &[&str]) -> Finished {
        annuaire_in(self.path(), arguments)
    }

    /// `GET` as the public.
    pub async fn get(&self, path: &str) -> HttpAnswer {
        http(self.http, "GET", path, None).await
    }

    /// `GET` with the bearer of the account.
    pub async fn get_as_professional(&self, path: &str) -> HttpAnswer {
        http(self.http, "GET", path, Some(&self.secret)).await
    }

    /// A connection without bind.
    pub async fn ldap(&self) -> Ldap {
        Ldap::connect(self.ldap).await
    }

    /// A connection bound as the account.
    pub async fn ldap_as_professional(&self) -> Ldap {
        let mut ldap = self.ldap().await;
        let code = ldap.bind(&format!("uid={},ou=comptes,dc=mssante,dc=fr", self.account), &self.secret).await;
        assert_eq!(code, LdapResultCode::Success);
        ldap
    }
}

/// Settings on free ports, without a limit on the speed of one source: all tests come from one. Editions are built by the tests that want
/// some.
pub fn free_ports(settings: &Settings) -> Settings {
    let mut settings = settings.clone();
    settings.limits.searches_per_second = 1_000_000;
    // Tests that want figures count them.
    settings.indicators.daily = false;
    settings.exports.daily = false;
    settings.ldap.listen.set_port(0);
    settings.http.listen.set_port(0);
    settings
}

/// Adds an account and returns its secret.
pub async fn account(store: &Store, name: &str, audience: Audience) -> String {
    annuaire::cli::add_account(store, name, audience).await.expect("an account")
}

/// Imports into a data folder, without a service beside.
pub async fn import_into(folder: &Path, paths: &[PathBuf], options: &Options) -> Report {
    let data = DataDir::create_or_open(folder).expect("a data folder");
    import::run(&data, paths, options, &Silent, &clock).await.expect("an import")
}

/// The demo's folder, built on first use: store and index.
fn template() -> &'static Path {
    static TEMPLATE: OnceLock<TempDir> = OnceLock::new();
    TEMPLATE
        .get_or_init(|| {
            // A runtime of its own: the caller's is busy waiting for this.
            let built = std::thread::spawn(|| {
                let runtime = tokio::runtime::Runtime::new().expect("a runtime");
                runtime.block_on(async {
                    let folder = tempfile::tempdir().expect("a temporary folder");
                    let data = DataDir::create_or_open(folder.path()).expect("a data folder");
                    annuaire::cli::load_demo(&data).await.expect("the demo's fixtures");
                    // By a process of its own: when it has ended, no merge still moves files while tests copy them.
                    annuaire_in(folder.path(), &["index", "rebuild"]).success();
                    folder
                })
            });
            built.join().expect("the demo's folder")
        })
        .path()
}

/// Copies a data folder that no process has open.
pub fn copy_folder(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder to copy") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.file_type().expect("a file type").is_dir() {
            copy_folder(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), &target).expect("a copied file");
        }
    }
}
