//! An index or a store put back from a copy: nothing withdrawn since is found, at no moment, and what is urgent stays urgent.

use super::{DESK, DOCTOR, imported, projector, red, shown};
use crate::country;
use crate::harness::{PATIENCE, copy_folder, import_into};
use annuaire::directory::{Caller, Directory};
use annuaire::import::Options;
use annuaire::model::{Audience, EntryKey, Kind};
use annuaire::projection::Bounds;
use annuaire::store::{DataDir, Store};
use std::fs;
use std::path::Path;

const NOW: i64 = 1_790_001_000;

/// Whether the doctor's mailbox is in the first answer the doors give.
async fn first_answer(directory: &Directory) -> bool {
    let doctor = EntryKey::new(Kind::Mailbox, DOCTOR);
    loop {
        match directory.entry(&Caller::local(Audience::Public), doctor.clone()).await {
            Ok(found) => return found.is_some(),
            Err(_) => tokio::task::yield_now().await,
        }
    }
}

fn copy_store(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for file in fs::read_dir(from).unwrap().map(|file| file.unwrap().path()).filter(|path| path.is_file()) {
        fs::copy(&file, to.join(file.file_name().unwrap())).unwrap();
    }
}

/// A store with a copy of it from before `meanwhile` put back in its place.
async fn store_put_back(folder: &Path, data: &DataDir, store: Store, meanwhile: impl AsyncFnOnce(Store)) -> Store {
    let aside = folder.join("aside");
    store.close().await;
    drop(store);
    copy_store(folder, &aside);
    let store = Store::open(data).await.unwrap();
    meanwhile(store.clone()).await;
    store.close().await;
    drop(store);
    for name in ["store.sqlite3", "store.sqlite3-wal", "store.sqlite3-shm"] {
        let _ = fs::remove_file(folder.join(name));
    }
    copy_store(&aside, folder);
    Store::open(data).await.unwrap()
}

/// The changes between the copy and now are no longer in the store: what they withdrew, nobody can tell.
#[tokio::test]
async fn an_index_too_old_for_the_changes_kept_answers_nothing_until_it_is_rebuilt() {
    let (folder, data, store) = imported().await;
    let (mut first, directory) = projector(&data, &store).await;
    first.catch_up().await.unwrap();
    let old = folder.path().join("old");
    copy_folder(&data.index(), &old);
    red(&store, DOCTOR, true, NOW).await;
    first.catch_up().await.unwrap();
    assert!(store.prune_changes(first.committed(), NOW * 2).await.unwrap() > 0);
    drop((first, directory));
    fs::remove_dir_all(data.index()).unwrap();
    fs::rename(&old, data.index()).unwrap();
    red(&store, DESK, true, NOW + 1).await;
    red(&store, DESK, false, NOW + 2).await;
    let (projector, directory) = projector(&data, &store).await;
    let mut projector = projector.with_bounds(Bounds { commit: 1, ..Bounds::default() });
    let (caught_up, found) = tokio::join!(projector.catch_up(), first_answer(&directory));
    caught_up.unwrap();
    assert!(!found, "withdrawn before");
    assert!(shown(&directory, DESK).await);
}

#[tokio::test]
async fn an_index_ahead_of_its_store_is_rebuilt() {
    let (folder, data, store) = imported().await;
    let store = store_put_back(folder.path(), &data, store, async |store| {
        red(&store, DOCTOR, true, NOW + 1_000).await;
        projector(&data, &store).await.0.catch_up().await.unwrap();
    })
    .await;
    let (mut second, directory) = projector(&data, &store).await;
    second.catch_up().await.unwrap();
    assert!(shown(&directory, DOCTOR).await, "the store that was put back says so");
}

/// The index shows what was shown later; its store says that it never was.
#[tokio::test]
async fn an_index_ahead_of_its_store_answers_nothing_until_it_is_rebuilt() {
    let (folder, data, store) = imported().await;
    red(&store, DOCTOR, true, NOW).await;
    let store = store_put_back(folder.path(), &data, store, async |store| {
        red(&store, DOCTOR, false, NOW + 1).await;
        projector(&data, &store).await.0.catch_up().await.unwrap();
    })
    .await;
    let (projector, directory) = projector(&data, &store).await;
    let mut projector = projector.with_bounds(Bounds { commit: 1, ..Bounds::default() });
    let (caught_up, found) = tokio::join!(projector.catch_up(), first_answer(&directory));
    caught_up.unwrap();
    assert!(!found);
}

/// A day with sixty more professionals, of this name.
async fn import_many(folder: &Path, time: &str, name: &str) {
    let files = tempfile::tempdir().unwrap();
    let day = country::activities();
    let row = day.lines().last().unwrap();
    let more: String = (100..160).map(|n| row.replace("10999990061", &format!("10999990{n}")).replace("SANSBOITE", name) + "\n").collect();
    fs::write(files.path().join(format!("PS_LibreAcces_Personne_activite_{time}.txt")), day + &more).unwrap();
    import_into(folder, &[files.path().to_owned()], &Options::default()).await;
}

/// Numbers of changes are given again after a store was put back: one already seen must not pass for applied.
#[tokio::test]
async fn a_flag_during_a_long_run_is_early_after_a_store_was_put_back() {
    let (folder, data, store) = imported().await;
    import_many(folder.path(), "202609020830", "AVANT").await;
    let store = store_put_back(folder.path(), &data, store, async |store| {
        for number in 0..200 {
            red(&store, DESK, number % 2 == 0, NOW + number).await;
        }
        projector(&data, &store).await.0.catch_up().await.unwrap();
    })
    .await;
    let (projector, directory) = projector(&data, &store).await;
    let mut projector = projector.with_bounds(Bounds { commit: 1, ..Bounds::default() });
    projector.catch_up().await.unwrap();
    import_many(folder.path(), "202609030830", "APRES").await;
    let flagged = async {
        red(&store, DESK, true, NOW + 300).await;
        while shown(&directory, DESK).await {
            tokio::task::yield_now().await;
        }
        let last = EntryKey::new(Kind::Professional, "810999990159");
        let last = directory.entry(&Caller::local(Audience::Public), last).await.unwrap().unwrap();
        String::from_utf8(last.view_json().unwrap()).unwrap()
    };
    let (caught_up, last) = tokio::join!(projector.catch_up(), tokio::time::timeout(PATIENCE, flagged));
    caught_up.unwrap();
    let last = last.expect("it is hidden in the end");
    assert!(last.contains("AVANT"), "it waited for the end of the run: {last}");
}
