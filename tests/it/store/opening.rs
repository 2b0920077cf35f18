//! The data folder, its locks, migrations, the dump and the status.

use super::seed::{directory, empty};
use annuaire::error::Kind;
use annuaire::store::{DataDir, ImportLock, ProcessLock, Store};

#[tokio::test]
async fn opening_twice_changes_nothing() {
    let seeded = empty().await;
    let id = seeded.store.store_id().to_owned();
    assert_eq!(id.len(), 32);
    let migrations = "SELECT count(*) FROM _sqlx_migrations";
    let applied = seeded.number(migrations).await;
    let labels = seeded.store.labels().await.unwrap();
    assert!(labels["TRE_G15"].iter().any(|l| l.code == "10" && l.label == "Médecin"));
    seeded.run("UPDATE label SET label = 'Docteur', learned = 2 WHERE nomenclature = 'TRE_G15' AND code = '10'; \
                UPDATE label SET label = 'Soignant', learned = 1 WHERE nomenclature = 'TRE_G15' AND code = '60'; DELETE FROM meta WHERE name = 'nomenclatures'").await;
    let again = Store::open(&seeded.data).await.unwrap();
    assert_eq!(again.store_id(), id);
    let labels = again.labels().await.unwrap();
    assert!(labels["TRE_G15"].iter().any(|l| l.code == "10" && l.label == "Docteur"), "a learned label wins over its seed");
    assert!(labels["TRE_G15"].iter().any(|l| l.code == "60" && l.label == "Infirmier"), "but not one of the mailbox file");
    assert_eq!(seeded.number(migrations).await, applied);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_folder_may_be_opened_by_many_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::create_or_open(folder.path()).unwrap();
    let opened: Vec<_> = (0..6)
        .map(|_| {
            tokio::spawn({
                let data = data.clone();
                async move { Store::open(&data).await.unwrap().store_id().to_owned() }
            })
        })
        .collect();
    let mut ids = Vec::new();
    for task in opened {
        ids.push(task.await.unwrap());
    }
    ids.dedup();
    assert_eq!(ids.len(), 1, "one store, one id");
}

#[test]
fn a_folder_of_somebody_else_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.txt"), "mine").unwrap();
    assert_eq!(DataDir::create_or_open(folder.path()).unwrap_err().kind(), Kind::Conflict);
    assert_eq!(DataDir::open(folder.path()).unwrap_err().kind(), Kind::NotFound);
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 1, "nothing was written");

    let ours = folder.path().join("data");
    let data = DataDir::create_or_open(&ours).unwrap();
    assert_eq!(std::fs::read_to_string(ours.join("ANNUAIRE")).unwrap(), "annuaire data folder\nformat 1\n");
    assert!(data.index().is_dir() && data.staging().is_dir());
    std::fs::write(ours.join("ANNUAIRE"), "annuaire data folder\nformat 2\n").unwrap();
    assert_eq!(DataDir::create_or_open(&ours).unwrap_err().kind(), Kind::Conflict);
}

#[test]
fn a_folder_whose_marker_was_cut_short_is_taken_for_empty() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("ANNUAIRE.new"), "annu").unwrap();
    DataDir::create_or_open(folder.path()).unwrap();
    assert!(!folder.path().join("ANNUAIRE.new").exists());
}

#[tokio::test]
async fn the_exclusive_lock_waits_for_every_opener() {
    let seeded = empty().await;
    assert!(ProcessLock::try_exclusive(&seeded.data).unwrap().is_none(), "this store is open");
    let second = ProcessLock::shared(&seeded.data).unwrap();
    seeded.store.close().await;
    let data = seeded.data.clone();
    drop(seeded.store);
    assert!(ProcessLock::try_exclusive(&data).unwrap().is_none(), "another holds it shared");
    drop(second);
    let exclusive = ProcessLock::try_exclusive(&data).unwrap().expect("nobody holds it");
    let waiting = std::thread::spawn({
        let data = data.clone();
        move || ProcessLock::shared(&data).map(drop)
    });
    std::thread::sleep(std::time::Duration::from_millis(60));
    assert!(!waiting.is_finished());
    drop(exclusive);
    waiting.join().unwrap().unwrap();
}

#[test]
fn one_import_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::create_or_open(folder.path()).unwrap();
    let first = ImportLock::acquire(&data).unwrap().unwrap();
    assert!(ImportLock::acquire(&data).unwrap().is_none());
    drop(first);
    assert!(ImportLock::acquire(&data).unwrap().is_some());
}

#[tokio::test]
async fn every_table_is_strict_and_writes_are_synced() {
    let seeded = empty().await;
    let loose = "SELECT count(*) FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND strict = 0
        AND name NOT LIKE 'sqlite_%' AND name <> '_sqlx_migrations'";
    assert_eq!(seeded.number(loose).await, 0);
    let mut connection = seeded.connection().await;
    let mode: String = sqlx::query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("PRAGMA synchronous").fetch_one(&mut connection).await.unwrap();
    assert_eq!((mode.as_str(), synchronous), ("wal", 2));
}

#[tokio::test]
async fn the_dump_says_what_is_true_and_nothing_of_when() {
    let one = directory().await;
    let other = empty().await;
    other.run(super::seed::DIRECTORY).await;
    other
        .run(
            "UPDATE mailbox SET created_at = 77, changed_at = 78; UPDATE professional SET closed_at = 99 WHERE closed_at IS NOT NULL;
        INSERT INTO change (run, kind, key, withdraws, at) VALUES (1, 'all', '', 0, 5); INSERT INTO meta VALUES ('x', 'y')",
        )
        .await;
    let dump = |store: Store| async move {
        let mut bytes = Vec::new();
        store.canonical_dump(&mut bytes).await.unwrap();
        String::from_utf8(bytes).unwrap()
    };
    let text = dump(one.store.clone()).await;
    assert_eq!(text, dump(other.store.clone()).await);
    let rows: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let counted = |table: &str| rows.iter().filter(|row| row["table"] == table).count();
    assert_eq!([counted("professional"), counted("savoir_faire"), counted("attachment"), counted("mailbox")], [4, 5, 7, 5]);
    assert_eq!(counted("label") as i64, one.number("SELECT count(*) FROM label").await);
    other.run("UPDATE mailbox SET liste_rouge = 1 WHERE address = 'org@un.mssante.fr'").await;
    assert_ne!(text, dump(other.store.clone()).await);
}

#[tokio::test]
async fn the_dump_reads_on_after_a_page() {
    let seeded = empty().await;
    seeded
        .run(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 12001)
        INSERT INTO savoir_faire SELECT 'p' || (i / 7), '10', 'C', 'S', 'SM' || i, 1 + i % 2 FROM n",
        )
        .await;
    let mut bytes = Vec::new();
    seeded.store.canonical_dump(&mut bytes).await.unwrap();
    let text = String::from_utf8(bytes).unwrap();
    let lines: std::collections::BTreeSet<_> = text.lines().filter(|line| line.contains("savoir_faire")).collect();
    assert_eq!(lines.len(), 12_001);
}

#[tokio::test]
async fn status_counts() {
    let seeded = directory().await;
    let status = seeded.store.status().await.unwrap();
    assert_eq!((status.professionals.open, status.professionals.closed, status.incomplete_professionals), (3, 1, 1));
    assert_eq!(status.test_domains, ["un.formation.mssante.fr"], "protestant is none");
    assert_eq!((status.domains_listed, status.domains_left, status.list_loaded), (5, 1, true));
    let text = serde_json::to_string(&status).unwrap();
    assert!(!text.contains("TESTARD") && !text.contains('@') && !text.contains("rouge"), "{text}");
}
