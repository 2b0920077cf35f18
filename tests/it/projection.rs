//! The projection over a real store and index: nothing acknowledged is missed, nothing withdrawn is found, times survive a rebuild.

mod beside;
pub mod faults;
mod put_back;

use crate::country;
use crate::harness::{Silent, TestDirectory, clock, import_into};
use annuaire::directory::{Caller, Directory, Governor};
use annuaire::import::Options;
use annuaire::model::{Address, Audience, EntryKey, Kind};
use annuaire::projection::{self, Bounds, Doors, Projector};
use annuaire::publication::Publication;
use annuaire::settings::Settings;
use annuaire::store::{DataDir, MailboxFlags, Store};
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";
const DESK: &str = "secretariat.cardiologie@ch-exempleville.mssante.fr";

async fn imported() -> (TempDir, DataDir, Store) {
    let folder = tempfile::tempdir().unwrap();
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    import_into(folder.path(), &[files.path().to_owned()], &Options::default()).await;
    let data = DataDir::create_or_open(folder.path()).unwrap();
    let store = Store::open(&data).await.unwrap();
    (folder, data, store)
}

async fn projector(data: &DataDir, store: &Store) -> (Projector, Directory) {
    let doors = Doors::default();
    let directory = Directory::new(doors.reader.clone(), Arc::clone(&doors.gate), store.cursor_key(), Governor::default());
    (Projector::open(store.clone(), data.clone(), doors).await.unwrap(), directory)
}

async fn red(store: &Store, address: &str, red: bool, now: i64) {
    let flags = MailboxFlags { liste_rouge: Some(red), ..MailboxFlags::default() };
    Publication::new(store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", now).await.unwrap();
}

async fn shown(directory: &Directory, address: &str) -> bool {
    directory.entry(&Caller::local(Audience::Public), EntryKey::new(Kind::Mailbox, address)).await.unwrap().is_some()
}

#[tokio::test]
async fn the_gate_is_closed_until_the_index_is_built() {
    let (_folder, data, store) = imported().await;
    let (mut projector, directory) = projector(&data, &store).await;
    assert!(directory.entry(&Caller::local(Audience::Public), EntryKey::new(Kind::Mailbox, DOCTOR)).await.is_err());
    projector.catch_up().await.unwrap();
    assert!(shown(&directory, DOCTOR).await);
    assert_eq!(projector.committed(), store.last_change().await.unwrap());
}

/// A first load withdraws whatever an index may hold, and was killed before it was projected.
#[tokio::test]
async fn the_gate_is_closed_until_a_first_load_is_in_the_index() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::create_or_open(folder.path()).unwrap();
    let store = Store::open(&data).await.unwrap();
    let (mut empty, _) = projector(&data, &store).await;
    empty.catch_up().await.unwrap();
    store.close().await;
    drop((empty, store));
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    assert!(import_into(folder.path(), &[files.path().to_owned()], &Options::default()).await.first_load);
    let store = Store::open(&data).await.unwrap();
    let (mut projector, directory) = projector(&data, &store).await;
    let first_answer = async {
        loop {
            match directory.entry(&Caller::local(Audience::Public), EntryKey::new(Kind::Mailbox, DOCTOR)).await {
                Ok(found) => break found.is_some(),
                Err(_) => tokio::task::yield_now().await,
            }
        }
    };
    let (caught_up, found) = tokio::join!(projector.catch_up(), first_answer);
    caught_up.unwrap();
    assert!(found, "a door answered from the index of before");
}

#[tokio::test]
async fn a_flag_set_while_a_generation_is_built_is_in_it() {
    let (_folder, data, store) = imported().await;
    let (mut projector, directory) = projector(&data, &store).await;
    projector.catch_up().await.unwrap();
    // Builds on until the flag was acknowledged in the midst of one; what came after its last look is the next turn's.
    let acknowledged = std::cell::Cell::new(false);
    let building = async {
        loop {
            projector.rebuild().await.unwrap();
            if acknowledged.get() {
                break;
            }
        }
    };
    let flagging = async {
        red(&store, DOCTOR, true, 1_790_001_000).await;
        acknowledged.set(true);
    };
    tokio::join!(building, flagging);
    projector.catch_up().await.unwrap();
    assert!(!shown(&directory, DOCTOR).await);
    assert!(shown(&directory, DESK).await);
}

/// The projection does nothing, as one that hangs: the gate's count starts all the same.
#[tokio::test]
async fn a_withdrawal_that_the_projection_does_not_look_at_is_counted() {
    let (_folder, data, store) = imported().await;
    let (mut projector, _) = projector(&data, &store).await;
    projector.catch_up().await.unwrap();
    let gate = Arc::clone(&projector.doors().gate);
    let stop = CancellationToken::new();
    let watch = tokio::spawn(projection::watch(store.clone(), Arc::clone(&gate), stop.clone()));
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert_eq!(gate.waiting(), Duration::ZERO, "nothing waits");
    red(&store, DOCTOR, true, 1_790_001_000).await;
    let counted = async {
        while gate.waiting().is_zero() {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    tokio::time::timeout(crate::harness::PATIENCE, counted).await.expect("the watch sees it");
    projector.catch_up().await.unwrap();
    assert_eq!(gate.waiting(), Duration::ZERO);
    stop.cancel();
    watch.await.unwrap();
}

#[tokio::test]
async fn a_lost_index_is_rebuilt_with_the_same_times() {
    let (_folder, data, store) = imported().await;
    // modifyTimestamp and createTimestamp.
    let times = async |directory: &Directory, address: &str| {
        let hit = directory.entry(&Caller::local(Audience::Public), EntryKey::new(Kind::Mailbox, address)).await.unwrap().unwrap();
        let entry = hit.with_operational();
        let mut values = annuaire::ldap_entry::values(&entry);
        let mut created = values.find(|(name, _)| *name == "createTimestamp").unwrap().1;
        (hit.since(), String::from_utf8(created.next().unwrap().to_vec()).unwrap())
    };
    let stamp = annuaire::ldap_entry::matching::generalized_time;
    let (mut first, directory) = projector(&data, &store).await;
    first.catch_up().await.unwrap();
    // Hidden and shown again: the content is as before, its time is not that of the import any more.
    red(&store, DOCTOR, true, 1_790_002_000).await;
    first.catch_up().await.unwrap();
    red(&store, DOCTOR, false, 1_790_003_000).await;
    first.catch_up().await.unwrap();
    let before = (times(&directory, DOCTOR).await, times(&directory, DESK).await);
    let (again, imported) = (1_790_003_000, clock().as_second());
    // An older createTimestamp would tell that it had been hidden in between.
    assert_eq!(before, ((again, stamp(again)), (imported, stamp(imported))));
    drop(first);
    std::fs::remove_dir_all(data.index()).unwrap();
    let (mut second, directory) = projector(&data, &store).await;
    second.catch_up().await.unwrap();
    assert_eq!((times(&directory, DOCTOR).await, times(&directory, DESK).await), before);
}

#[tokio::test]
async fn a_second_projector_is_refused_while_the_first_lives() {
    let (_folder, data, store) = imported().await;
    let (first, _) = projector(&data, &store).await;
    let refused = Projector::open(store.clone(), data.clone(), Doors::default()).await.err().unwrap();
    assert_eq!(refused.kind(), annuaire::error::Kind::Conflict);
    drop(first);
    Projector::open(store, data, Doors::default()).await.unwrap();
}

/// A day without one domain and one mailbox: both leave the doors that were open all along.
#[tokio::test(flavor = "multi_thread")]
async fn what_leaves_the_files_leaves_the_doors() {
    let files = tempfile::tempdir().unwrap();
    country::write(files.path());
    let directory = TestDirectory::import(&[files.path().to_owned()]).await;
    let status = async |address: &str| directory.get(&format!("/v1/mailboxes/{address}")).await.status;
    assert_eq!((status(DOCTOR).await, status(DESK).await), (200, 200));
    let next = tempfile::tempdir().unwrap();
    let without = |text: String, word: &str| text.lines().filter(|l| !l.contains(word)).collect::<Vec<_>>().join("\n");
    std::fs::write(
        next.path().join("Extraction_Correspondance_MSSante_202609021013.txt"),
        without(country::mailboxes(), "secretariat.cardiologie"),
    )
    .unwrap();
    let list =
        country::list().replace("2026-09-01T", "2026-09-02T").replace("<Nom>medecin.mssante.fr</Nom>", "<Nom>autre.mssante.fr</Nom>");
    std::fs::write(next.path().join("listeblanchemssante.xml"), list).unwrap();
    let options = Options { accept_shrink: true, ..Options::default() };
    annuaire::import::run(directory.data(), &[next.path().to_owned()], &options, &Silent, &clock).await.unwrap();
    directory.settle().await;
    assert_eq!((status(DOCTOR).await, status(DESK).await), (404, 404));
    let person = directory.get("/v1/professionals/810999990012").await.json();
    assert!(person.get("mailboxes").is_none(), "{person}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_without_the_index_lock_keeps_its_doors_closed_and_opens_when_it_gets_it() {
    let (folder, data, store) = imported().await;
    let (holder, _) = projector(&data, &store).await;
    let settings = crate::harness::free_ports(&Settings::default());
    let service = annuaire::cli::assembly::Service::start(&data, &store, &settings).await.unwrap();
    let answer = crate::harness::http(service.http_address(), "GET", "/v1/search?q=martin", None).await;
    assert_eq!(answer.status, 503, "{}", answer.text());
    drop(holder);
    assert!(service.opened(crate::harness::PATIENCE).await);
    service.stop().await.unwrap();
    drop(folder);
}

/// Everything both audiences see. Not the times: which change first met a state depends on how they were taken together.
async fn everything(store: &Store, directory: &Directory) -> Vec<String> {
    let mut seen = Vec::new();
    for kind in Kind::ALL {
        for name in store.entry_names(kind, "", u32::MAX).await.unwrap() {
            for audience in Audience::ALL {
                let hit = directory.entry(&Caller::local(audience), EntryKey::new(kind, name.id.clone())).await.unwrap();
                let shown = hit.map(|h| String::from_utf8(h.view_json().unwrap()).unwrap());
                seen.push(format!("{} {audience:?} {shown:?}", name.id));
            }
        }
    }
    seen.sort();
    seen
}

/// What the first pass of a rebuild lays documents out by is what they are sorted by once they are put together.
#[tokio::test]
async fn entries_are_laid_out_by_the_names_they_have() {
    let (_folder, data, store) = imported().await;
    let (mut projector, directory) = projector(&data, &store).await;
    projector.catch_up().await.unwrap();
    let (mut alike, mut others) = (0, Vec::new());
    for kind in Kind::ALL {
        for name in store.entry_names(kind, "", u32::MAX).await.unwrap() {
            let Some(hit) = directory.entry(&Caller::local(Audience::Professional), EntryKey::new(kind, name.id.clone())).await.unwrap()
            else {
                continue;
            };
            let own = annuaire::ldap_entry::sort_name(&hit.published().unwrap());
            if annuaire::text::sort_key(&name.first, &name.second).trim() == own { alike += 1 } else { others.push((name, own)) }
        }
    }
    assert!(alike > 15 && others.is_empty(), "{alike} and {others:#?}");
}

/// The same days end alike in one commit, in commits of one entry with flags in between, and in generations built beside the live one.
#[tokio::test]
async fn the_size_of_commits_changes_no_answer() {
    let mut answers = Vec::new();
    for (commit, rebuild_beyond) in [(2_000, 200_000), (1, 200_000), (8, 200_000), (2, 0)] {
        let (folder, data, store) = imported().await;
        let (projector, directory) = projector(&data, &store).await;
        let mut projector = projector.with_bounds(Bounds { commit, rebuild_beyond });
        projector.catch_up().await.unwrap();
        let lines = country::HOSPITAL_LINES.as_bytes();
        Publication::new(store.clone()).load_lines(country::HOSPITAL_OPERATOR, lines, "test", 1_790_004_000).await.unwrap();
        let next = tempfile::tempdir().unwrap();
        let day2 = country::activities().replace("LEFÈVRE-D'ARC", "LEFÈVRE").replace("75012", "75011");
        std::fs::write(next.path().join("PS_LibreAcces_Personne_activite_202609020830.txt"), day2).unwrap();
        import_into(folder.path(), &[next.path().to_owned()], &Options::default()).await;
        let flags = async {
            red(&store, DOCTOR, true, 1_790_005_000).await;
            red(&store, DESK, true, 1_790_005_001).await;
            red(&store, DESK, false, 1_790_005_002).await;
        };
        let (caught_up, ()) = tokio::join!(projector.catch_up(), flags);
        caught_up.unwrap();
        projector.catch_up().await.unwrap();
        assert!(!shown(&directory, DOCTOR).await && shown(&directory, DESK).await);
        projector.compact().await.unwrap();
        answers.push(everything(&store, &directory).await);
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]));
}
