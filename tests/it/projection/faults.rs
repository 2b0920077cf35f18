//! The index cannot be written for a while: nothing is lost, and it recovers by itself.

use super::{DESK, DOCTOR, everything, imported, projector, red, shown};
use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::store::{DataDir, MailboxFlags, Store};
use std::fs;
use std::path::PathBuf;
use tokio_util::sync::CancellationToken;

/// While it lives no file can be added to the live generation, as on a full disk; what is there can be read. Holds for root as well.
pub struct Unwritable {
    list: PathBuf,
    aside: PathBuf,
}

impl Unwritable {
    /// `generation`: a folder of tantivy, which keeps a list of its files and replaces it before it makes one.
    pub fn new(generation: &std::path::Path) -> Self {
        let (list, aside) = (generation.join(".managed.json"), generation.join("aside"));
        fs::rename(&list, &aside).unwrap();
        fs::create_dir_all(list.join("in the way")).unwrap();
        Self { list, aside }
    }

    fn of(data: &DataDir) -> Self {
        Self::new(&live(data))
    }
}

impl Drop for Unwritable {
    fn drop(&mut self) {
        fs::remove_dir_all(&self.list).unwrap();
        fs::rename(&self.aside, &self.list).unwrap();
    }
}

fn live(data: &DataDir) -> PathBuf {
    data.index().join(fs::read_to_string(data.index().join("CURRENT")).unwrap().trim())
}

async fn zero_papier(store: &Store, address: &str, accepted: bool, now: i64) {
    let flags = MailboxFlags { zero_papier: Some(Some(accepted)), ..MailboxFlags::default() };
    Publication::new(store.clone()).flag(&Address::parse(address).unwrap(), flags, "test", now).await.unwrap();
}

#[tokio::test]
async fn commits_that_failed_lose_nothing() {
    let (_folder, data, store) = imported().await;
    let (mut projector, directory) = projector(&data, &store).await;
    projector.catch_up().await.unwrap();
    let (committed, generation) = (projector.committed(), live(&data));
    let fault = Unwritable::of(&data);
    zero_papier(&store, DESK, false, 1_790_001_000).await;
    red(&store, DOCTOR, true, 1_790_001_001).await;
    assert!(projector.catch_up().await.is_err());
    // What the failed window had deleted is again as the last commit holds it.
    red(&store, DOCTOR, false, 1_790_001_002).await;
    for _ in 0..3 {
        assert!(projector.catch_up().await.is_err());
        assert_eq!(projector.committed(), committed);
    }
    drop(fault);
    projector.catch_up().await.unwrap();
    assert_eq!(live(&data), generation, "no rebuild is needed");
    assert_eq!(projector.committed(), store.last_change().await.unwrap());
    assert!(shown(&directory, DOCTOR).await && shown(&directory, DESK).await);
    let recovered = everything(&store, &directory).await;
    projector.rebuild().await.unwrap();
    assert_eq!(recovered, everything(&store, &directory).await);
}

#[tokio::test]
async fn the_projection_follows_again_when_it_can_write() {
    let (_folder, data, store) = imported().await;
    let (mut projector, directory) = projector(&data, &store).await;
    projector.catch_up().await.unwrap();
    let gate = std::sync::Arc::clone(&projector.doors().gate);
    let fault = Unwritable::of(&data);
    red(&store, DOCTOR, true, 1_790_001_000).await;
    let stop = CancellationToken::new();
    let recovers = async {
        // It has tried, and failed.
        while gate.waiting().is_zero() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        drop(fault);
        while projector_behind(&data, &store).await || !gate.waiting().is_zero() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
        stop.cancel();
    };
    let ((), recovered) = tokio::join!(projector.follow(stop.clone()), async {
        let recovered = tokio::time::timeout(crate::harness::PATIENCE, recovers).await;
        stop.cancel();
        recovered
    });
    recovered.expect("it recovers without a restart");
    assert!(!shown(&directory, DOCTOR).await && shown(&directory, DESK).await);
    let seen = everything(&store, &directory).await;
    projector.rebuild().await.unwrap();
    assert_eq!(seen, everything(&store, &directory).await);
}

async fn projector_behind(data: &DataDir, store: &Store) -> bool {
    data.searchable() < store.last_change().await.unwrap()
}

/// The commit went well, and telling others of it did not: they are told later, without another change.
#[tokio::test]
async fn others_are_told_how_far_it_came_when_it_can() {
    let (_folder, data, store) = imported().await;
    let (mut projector, _) = projector(&data, &store).await;
    projector.catch_up().await.unwrap();
    let in_the_way = data.index().join("searchable.new");
    fs::create_dir(&in_the_way).unwrap();
    red(&store, DOCTOR, true, 1_790_001_000).await;
    assert!(projector.catch_up().await.is_err());
    fs::remove_dir(&in_the_way).unwrap();
    projector.catch_up().await.unwrap();
    assert!(!projector_behind(&data, &store).await);
}

/// The rows of `published` are written before the commit: they do not prove that the index has what they say.
#[tokio::test]
async fn rows_without_their_commit_are_written_to_the_index() {
    let (folder, data, store) = imported().await;
    let (mut first, directory) = projector(&data, &store).await;
    first.catch_up().await.unwrap();
    let before = folder.path().join("before");
    crate::harness::copy_folder(&data.index(), &before);
    zero_papier(&store, DESK, false, 1_790_001_000).await;
    red(&store, DOCTOR, true, 1_790_001_001).await;
    first.catch_up().await.unwrap();
    let wanted = everything(&store, &directory).await;
    drop((first, directory));
    // As if the process had died between the two: the rows are there, the index is as it was.
    fs::remove_dir_all(data.index()).unwrap();
    fs::rename(&before, data.index()).unwrap();
    let (mut second, directory) = projector(&data, &store).await;
    assert!(second.committed() < store.last_change().await.unwrap());
    second.catch_up().await.unwrap();
    assert_eq!(everything(&store, &directory).await, wanted);
}
