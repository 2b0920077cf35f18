//! Files of the directory: what is in them, what never is, how they come and go, and that they can be read by those they are made for.

mod crash;
mod delta;
mod door;
mod leak;
mod meanwhile;
mod readers;
mod round_trip;
mod subset;

use crate::country;
use crate::harness::TestDirectory;
use annuaire::directory::Audience;
use annuaire::export::{Exports, Manifest, Shelf};
use annuaire::model::{Address, Role};
use annuaire::publication::Publication;
use annuaire::settings::ExportSettings;
use annuaire::store::{Actor, MailboxFlags};
use annuaire::trust::Accounts;
use std::io::Read as _;
use std::path::Path;

/// 2026-11-27T10:00:00Z.
const DAY: i64 = 1_795_773_600;

/// The country with what its hospital publishes, served; and the handle of its files.
async fn country() -> (TestDirectory, Exports) {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    let directory = TestDirectory::import(&[files.path().to_owned()]).await;
    let lines = country::HOSPITAL_LINES.as_bytes();
    Publication::new(directory.store.clone()).load_lines(country::HOSPITAL_OPERATOR, lines, "test", 1_790_000_100).await.unwrap();
    directory.settle().await;
    let exports = exports(&directory, ExportSettings::default());
    (directory, exports)
}

fn exports(directory: &TestDirectory, settings: ExportSettings) -> Exports {
    Exports::new(directory.data().clone(), directory.store.clone(), directory.service().directory().clone(), settings)
}

/// Builds the editions of a day.
async fn build(exports: &Exports, days: i64) -> Vec<Manifest> {
    exports.build(&Actor::from("test"), DAY + days * 86_400, Vec::new()).await.unwrap()
}

async fn red(directory: &TestDirectory, address: &str, red: bool) {
    let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
    Publication::new(directory.store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", DAY).await.unwrap();
    directory.settle().await;
}

/// Deletes what the hospital published.
async fn delete(directory: &TestDirectory, address: &str) {
    let line = format!(r#"{{"operation":"delete","address":"{address}"}}"#);
    let publication = Publication::new(directory.store.clone());
    let report = publication.load_lines(country::HOSPITAL_OPERATOR, line.as_bytes(), "test", DAY).await.unwrap();
    assert_eq!(report.counters.rejected, 0);
    directory.settle().await;
}

/// An account with that role.
async fn account(directory: &TestDirectory, name: &str, audience: Audience, role: Role) -> String {
    let entropy = [u8::try_from(name.len()).unwrap(); 32];
    let accounts = Accounts::new(directory.store.clone());
    let (_, secret) = accounts.add_with_certificates(name, audience, role, Vec::new(), entropy, DAY).await.unwrap();
    secret.reveal().to_owned()
}

fn unpacked(path: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let file = std::fs::File::open(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    flate2::read::MultiGzDecoder::new(file).read_to_end(&mut bytes).unwrap();
    bytes
}

/// The content of a file of the newest edition.
fn newest(shelf: &Shelf, file: &str) -> Vec<u8> {
    unpacked(&shelf.path(shelf.newest().unwrap().unwrap(), file))
}

fn text(shelf: &Shelf, file: &str) -> String {
    String::from_utf8(newest(shelf, file)).unwrap()
}

const BOTH: [Audience; 2] = [Audience::Public, Audience::Professional];
