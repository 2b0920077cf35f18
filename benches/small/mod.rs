//! A small invented country, imported and indexed in this process, for what measures parts and not the whole.

use annuaire::directory::{Audience, Caller, Criteria, Directory, Governor, MAX_PAGE, Matching, Order, Query};
use annuaire::import::{self, Options, Silent};
use annuaire::model::Kind;
use annuaire::projection::{Doors, Projector};
use annuaire::store::{DataDir, Store};
use annuaire::synth;
use annuaire::visibility::Published;
use std::path::PathBuf;
use std::time::Duration;
use tempfile::TempDir;

pub struct Files {
    pub folder: TempDir,
}

impl Files {
    pub fn new(people: u64) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let options = synth::Options { people, zipped: false, plain: true, ..synth::Options::default() };
        synth::generate(&options, folder.path()).expect("a country");
        Self { folder }
    }

    /// The bytes of the file whose name begins so.
    pub fn bytes(&self, prefix: &str) -> Vec<u8> {
        let found = std::fs::read_dir(self.folder.path()).expect("a folder").map(|e| e.expect("an entry").path());
        let named = |path: &PathBuf| path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(prefix));
        std::fs::read(found.into_iter().find(named).expect("the file")).expect("its bytes")
    }
}

pub struct Small {
    _folder: TempDir,
    pub data: DataDir,
    pub store: Store,
}

impl Small {
    /// Imports and indexes.
    pub async fn load(files: &Files) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let data = DataDir::create_or_open(folder.path()).expect("a data folder");
        let clock = || jiff::Timestamp::from_second(1_790_000_000).expect("a time");
        let paths = [files.folder.path().to_owned()];
        import::run(&data, &paths, &Options::default(), &Silent, &clock).await.expect("an import");
        let store = Store::open(&data).await.expect("a store");
        annuaire::projection::make_searchable(&store, &data, &|| {}).await.expect("an index");
        Self { _folder: folder, data, store }
    }

    /// The door for reading; the index is open as long as the projector is kept.
    #[allow(dead_code, reason = "one of the two that include this file searches over the wire instead")]
    pub async fn directory(&self) -> (Directory, Projector) {
        let doors = Doors::default();
        let mut projector = Projector::open(self.store.clone(), self.data.clone(), doors.clone()).await.expect("the index");
        projector.catch_up().await.expect("an index as the store");
        (Directory::new(doors.reader, doors.gate, [0; 32], Governor::default()), projector)
    }
}

/// Every published entry, with its encoded form.
pub async fn entries(directory: &Directory) -> Vec<(Published, Vec<u8>)> {
    let query = Query {
        kinds: vec![Kind::Mailbox, Kind::Professional, Kind::Structure],
        matching: Matching::Criteria(Criteria::default()),
        order: Order::Name,
        limit: MAX_PAGE,
        after: None,
        count: false,
        facets: false,
    };
    let answer = directory.search(&Caller::local(Audience::Public), query, Duration::from_secs(60)).await.expect("an answer");
    answer.hits.iter().map(|hit| (hit.published().expect("an entry"), hit.ldap().to_vec())).collect()
}
