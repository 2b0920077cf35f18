//! Trains the dictionaries that stored entries are packed with, on an invented country with its long tail, and writes them where the index
//! includes them.
//!
//! `cargo run --release --example train_dictionaries`. Whoever commits new ones raises the format number of the index: what was packed
//! with the old ones cannot be read any more.

#![expect(clippy::expect_used, reason = "a tool that cannot go on stops")]

use annuaire::import;
use annuaire::ldap_entry;
use annuaire::model::{Audience, EntryKey, Kind};
use annuaire::store::{DataDir, Store};
use annuaire::synth::{self, Options};
use annuaire::visibility::publish;
use std::path::Path;

/// Bytes of a dictionary.
const SIZE: usize = 320 << 10;
/// One entry in so many is a sample.
const EVERY: usize = 5;

#[tokio::main]
async fn main() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let (files, data) = (folder.path().join("files"), folder.path().join("data"));
    synth::generate(&Options { people: 130_000, seed: 99, ..Options::default() }, &files).expect("an invented country");
    let data = DataDir::create_or_open(&data).expect("a data folder");
    import::run(&data, &[files], &import::Options::default(), &import::Silent, &jiff::Timestamp::now).await.expect("an import");
    let store = Store::open(&data).await.expect("a store");
    let mut ldap = Vec::new();
    let mut views = Vec::new();
    for kind in Kind::ALL {
        let names = store.entry_names(kind, "", u32::MAX).await.expect("names");
        let keys: Vec<EntryKey> = names.into_iter().step_by(EVERY).map(|name| EntryKey::new(name.kind, name.id)).collect();
        for (_, record) in store.records(&keys).await.expect("records") {
            if let Some(published) = record.and_then(|record| publish(&record, Audience::Professional)) {
                let sort = format!("{}\0{}", ldap_entry::sort_name(&published), published.key());
                ldap.push([ldap_entry::encode_user(&published).as_slice(), sort.as_bytes()].concat());
                views.push(published.encode());
            }
        }
    }
    for (name, samples) in [("ldap", ldap), ("view", views)] {
        let dictionary = zstd::dict::from_samples(&samples, SIZE).expect("a dictionary");
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/index/dictionary").join(name).with_extension("zdict");
        std::fs::write(&path, &dictionary).expect("the file is written");
        println!("{}: {} bytes from {} entries", path.display(), dictionary.len(), samples.len());
    }
}
