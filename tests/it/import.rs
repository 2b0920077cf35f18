//! Importing the national files: sums, winners, editions, guards, ownership, the two ways of loading, and runs that were interrupted.

mod daily;
mod files;
mod memory;
mod signed;
mod slices;

use annuaire::error::Result;
use annuaire::import::{Effects, Options, Report, Silent, run};
use annuaire::model::{Address, EntryKey, Kind, MailboxState, Record};
use annuaire::store::{DataDir, MailboxFlags, Store};
use files::{Files, activity, dn, expertise, id, org, per};
use jiff::Timestamp;
use std::path::PathBuf;

pub(super) const DAY1: &str = "202609010830";
pub(super) const DAY2: &str = "202609020830";
pub(super) const DAY3: &str = "202609030830";

/// A data folder with a place for files beside it.
pub(super) struct Bench {
    folder: tempfile::TempDir,
    pub data: DataDir,
}

pub(super) fn now() -> Timestamp {
    "2026-09-10T08:00:00Z".parse().unwrap()
}

impl Bench {
    pub fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create_or_open(folder.path().join("data")).unwrap();
        Self { folder, data }
    }

    pub fn place(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub async fn import_with(&self, files: &Files, edition: &str, options: &Options) -> Result<Report> {
        let folder = self.place(edition);
        let _ = std::fs::remove_dir_all(&folder);
        let paths = files.write(&folder, edition);
        run(&self.data, &paths, options, &Silent, &now).await
    }

    pub async fn import(&self, files: &Files, edition: &str) -> Report {
        let report = self.import_with(files, edition, &Options::default()).await.unwrap();
        for file in &report.files {
            assert_eq!(file.rows_read, file.accepted + file.duplicate + file.rejected, "{file}");
        }
        report
    }

    /// An import while another holder has the store open: the ordinary way even into an empty store.
    pub async fn import_in_use(&self, files: &Files, edition: &str) -> Report {
        let store = self.store().await;
        let report = self.import(files, edition).await;
        assert!(!report.first_load);
        store.close().await;
        report
    }

    pub async fn store(&self) -> Store {
        Store::open(&self.data).await.unwrap()
    }

    pub async fn dump(&self) -> String {
        let store = self.store().await;
        let mut bytes = Vec::new();
        store.canonical_dump(&mut bytes).await.unwrap();
        store.close().await;
        String::from_utf8(bytes).unwrap()
    }

    pub async fn changes(&self) -> Vec<(String, bool)> {
        let store = self.store().await;
        let changes = store.changes_after(0, 100_000).await.unwrap();
        store.close().await;
        changes.into_iter().map(|c| (format!("{:?} {}", c.kind, c.key), c.withdraws)).collect()
    }
}

pub(super) fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn shuffled(lines: &[String]) -> Vec<String> {
    let mut lines: Vec<_> = lines.to_vec();
    let half = lines.len() / 2;
    lines.reverse();
    lines.rotate_left(half / 3 + 1);
    lines
}

/// An import may be spawned on a runtime of many threads.
#[test]
fn an_import_can_be_sent_between_threads() {
    fn sent<T: Send>(_: &T) {}
    let data = DataDir::new("nowhere");
    let (paths, options) = (Vec::new(), Options::default());
    sent(&run(&data, &paths, &options, &Silent, &now));
    sent(&annuaire::import::resume(&data, &Silent, &now));
}

#[tokio::test]
async fn first_and_ordinary_load_give_the_same_store() {
    let files = Files::country(60);
    let (fresh, used) = (Bench::new(), Bench::new());
    let report = fresh.import(&files, DAY1).await;
    assert!(report.first_load && !report.unchanged);
    assert_eq!(report.things["professional"], Effects { created: 60, ..Default::default() });
    assert_eq!(fresh.changes().await, [("All ".to_owned(), true)]);
    used.import_in_use(&files, DAY1).await;
    assert_eq!(fresh.dump().await, used.dump().await);
    assert!(!fresh.place("data/store.sqlite3-wal").exists());
    assert_eq!(std::fs::read_dir(fresh.data.staging()).unwrap().count(), 0);
}

#[tokio::test]
async fn every_way_into_an_empty_store_reports_the_same() {
    use annuaire::extraction::ActivityColumn as A;
    let mut files = Files::country(50);
    files.activities.push(activity(4, "F990900001", &[(A::Given, "ELODIE"), (A::Phone, "0199000000")]));
    files.activities.push(activity(5, "F990900777", &[(A::Siret, "99900002900010")]));
    files.activities.push(activity(7, "F990900778", &[(A::Siret, "99900002900010")]));
    files.mailboxes.push(org("x@ch.mssante.fr", "Id Cabinet RPPS", "10999990012001", "Cabinet B"));
    files.mailboxes.push(org("y@ch.mssante.fr", "Id Cabinet RPPS", "10999990012001", "Cabinet A"));
    let (fresh, used) = (Bench::new(), Bench::new());
    let dry = fresh.import_with(&files, DAY1, &Options { dry_run: true, ..Default::default() }).await.unwrap();
    let first = fresh.import(&files, DAY1).await;
    let ordinary = used.import_in_use(&files, DAY1).await;
    assert!(first.first_load && dry.files.iter().any(|file| !file.conflicts.is_empty()), "{first}");
    let told = |report: &Report| (report.files.clone(), report.things.clone(), report.held_by_operator, report.warnings.clone());
    assert_eq!(told(&first), told(&dry));
    assert_eq!(told(&first), told(&ordinary));
    assert_eq!(fresh.dump().await, used.dump().await);
}

#[tokio::test]
async fn the_same_files_twice_change_nothing() {
    let (bench, files) = (Bench::new(), Files::country(40));
    bench.import(&files, DAY1).await;
    let (before, changes) = (bench.dump().await, bench.changes().await);
    let report = bench.import(&files, DAY1).await;
    assert!(report.unchanged && report.things.is_empty() && report.warnings.is_empty(), "{report}");
    assert_eq!((bench.dump().await, bench.changes().await), (before, changes));
}

#[tokio::test]
async fn the_order_of_rows_does_not_matter() {
    use annuaire::extraction::{ActivityColumn as A, MailboxColumn as M};
    let mut files = Files::country(40);
    files.activities.push(activity(4, "F990900001", &[(A::Given, "ELODIE"), (A::Phone, "0199000000"), (A::ModeLabel, "LIBERAL")]));
    files.activities.push(activity(4, "F990900001", &[(A::Given, "Elodie"), (A::ExerciseCivility, "DR")]));
    files.activities.push(activity(5, "F990900777", &[(A::Siret, "99900002900010")]));
    files.activities.push(activity(7, "F990900778", &[(A::Siret, "99900002900010")]));
    files.mailboxes.push(per(2, "nom2@medecin.mssante.fr", &[(M::ZeroPapier, "N"), (M::Service, "B")]));
    files.mailboxes.push(per(2, "NOM2@medecin.mssante.fr", &[(M::ZeroPapier, "O"), (M::Service, "A")]));
    files.mailboxes.push(org("labo@ch.mssante.fr", "SIRET", "99900002900010", "LABO"));
    files.mailboxes.push(org("x@ch.mssante.fr", "Id Cabinet RPPS", "10999990012001", "Cabinet B"));
    files.mailboxes.push(org("y@ch.mssante.fr", "Id Cabinet RPPS", "10999990012001", "Cabinet A"));
    let mut other = files.clone();
    for lines in [&mut other.activities, &mut other.expertises, &mut other.mailboxes] {
        *lines = shuffled(lines);
    }
    other.list.reverse();
    let (one, two) = (Bench::new(), Bench::new());
    let report = one.import(&files, DAY1).await;
    two.import_in_use(&other, DAY1).await;
    assert_eq!(one.dump().await, two.dump().await);
    let conflicts = |i: usize| report.files[i].conflicts.clone().into_iter().collect::<Vec<_>>();
    assert_eq!(conflicts(0), [("alias".into(), 1), ("label".into(), 1), ("professional".into(), 1), ("structure".into(), 1)]);
    assert_eq!(conflicts(2), [("mailbox".into(), 1), ("structure".into(), 1)]);
    let dump = one.dump().await;
    assert!(dump.contains("\"exercise_civility\":\"DR\",\"family\":\"NOM4\",\"given\":\"Elodie\""), "the fuller content wins");
}

#[tokio::test]
async fn files_may_come_in_any_order_and_alone() {
    let files = Files::country(40);
    let only = |which: &str| Files {
        activities: if which == "a" { files.activities.clone() } else { Vec::new() },
        expertises: if which == "e" { files.expertises.clone() } else { Vec::new() },
        mailboxes: if which == "m" { files.mailboxes.clone() } else { Vec::new() },
        list: if which == "l" { files.list.clone() } else { Vec::new() },
    };
    let together = Bench::new();
    together.import(&files, DAY1).await;
    let dump = together.dump().await;
    for order in [["m", "e", "a", "l"], ["l", "a", "e", "m"], ["e", "m", "l", "a"]] {
        let bench = Bench::new();
        for which in order {
            bench.import(&only(which), DAY1).await;
        }
        assert_eq!(bench.dump().await, dump, "{order:?}");
        for which in order {
            assert!(bench.import(&only(which), DAY1).await.unchanged, "{which}");
        }
    }
}

#[tokio::test]
async fn a_file_closes_only_what_it_owns() {
    let (bench, files) = (Bench::new(), Files::country(40));
    bench.import(&files, DAY1).await;
    let next = Files { expertises: files.expertises[1..].to_vec(), ..Default::default() };
    let report = bench.import(&next, DAY2).await;
    assert_eq!(report.things.keys().collect::<Vec<_>>(), ["professional", "savoir_faire"]);
    assert_eq!(report.things["savoir_faire"].closed, 1);
    // Person 1 vanishes from file 1: closed, and still named by its savoir-faire; its activity and structure go.
    let next = Files { activities: [&files.activities[..5], &files.activities[6..]].concat(), ..Default::default() };
    let report = bench.import(&next, DAY2).await;
    assert_eq!(report.things["professional"], Effects { closed: 1, ..Default::default() });
    assert_eq!((report.things["activity"].closed, report.things["exercise"].closed), (1, 1));
    assert!(bench.changes().await.contains(&(format!("Professional {}", id(5)), true)));
    let report = bench.import(&Files { activities: files.activities.clone(), ..Default::default() }, DAY3).await;
    assert_eq!(report.things["professional"], Effects { reopened: 1, ..Default::default() });
}

#[tokio::test]
async fn people_and_structures_of_mailboxes_alone_come_and_go() {
    let (bench, mut files) = (Bench::new(), Files::country(40));
    files.mailboxes.push(per(900, "inconnu@medecin.mssante.fr", &[]));
    files.mailboxes.push(org("labo@ch.mssante.fr", "SIRET", "99900002900010", "LABO"));
    files.expertises.push(expertise(901, "SM54"));
    bench.import(&files, DAY1).await;
    let dump = bench.dump().await;
    assert!(dump.contains(&format!("\"id\":\"{}\"", id(900))) && dump.contains("\"origin\":\"savoir_faire\""));
    assert!(dump.contains("\"id\":\"C99900002900010\",\"name\":\"LABO\""));
    // File 1 learns of the laboratory under another id: the attachment follows, the made-up structure goes.
    let siret = (annuaire::extraction::ActivityColumn::Siret, "99900002900010");
    files.activities.push(activity(3, "R10999000000018", &[siret]));
    let report = bench.import(&Files { activities: files.activities.clone(), ..Default::default() }, DAY2).await;
    assert_eq!(report.things["structure"], Effects { created: 1, removed: 1, ..Default::default() });
    let changes = bench.changes().await;
    for key in ["Mailbox labo@ch.mssante.fr", "Structure C99900002900010"] {
        assert!(changes.contains(&(key.to_owned(), true)), "{key}");
    }
    let store = bench.store().await;
    let records = store.records(&[EntryKey::new(Kind::Mailbox, "labo@ch.mssante.fr")]).await.unwrap();
    let Some(Record::Mailbox(record)) = &records[0].1 else { panic!("no record") };
    assert_eq!(record.sites[0].structure.id, "R10999000000018");
    store.close().await;
    files.mailboxes.truncate(files.mailboxes.len() - 2);
    files.expertises.pop();
    let report = bench.import(&Files { activities: Vec::new(), ..files }, DAY2).await;
    assert_eq!(report.things["professional"], Effects { removed: 2, ..Default::default() });
    assert_eq!(report.things["mailbox"].closed, 2);
}

#[tokio::test]
async fn a_structure_that_a_mailbox_names_outlives_file_1() {
    let (bench, mut files) = (Bench::new(), Files::country(0));
    files.activities = vec![activity(1, "F990900001", &[]), activity(2, "F990900002", &[]), activity(3, "", &[])];
    files.mailboxes = vec![org("a@ch.mssante.fr", "1", "1990900001", "CH A")];
    bench.import(&files, DAY1).await;
    let next = Files { activities: vec![activity(1, "", &[]), activity(2, "", &[]), activity(3, "", &[])], ..Default::default() };
    let report = bench.import(&next, DAY2).await;
    assert_eq!(report.things["structure"], Effects { closed: 1, kept: 1, ..Default::default() });
    let store = bench.store().await;
    let records = store.records(&[EntryKey::new(Kind::Structure, "F990900001")]).await.unwrap();
    let Some(Record::Structure(record)) = &records[0].1 else { panic!("no record") };
    assert!(!record.site.structure.in_rpps && !record.site.structure.closed);
    store.close().await;
    let report = bench.import(&Files { mailboxes: files.mailboxes.clone(), ..Default::default() }, DAY2).await;
    assert_eq!(report.things["structure"], Effects { changed: 1, ..Default::default() }, "the mailbox file's words now");
    assert!(bench.import(&Files { mailboxes: files.mailboxes, ..Default::default() }, DAY2).await.unchanged);
}

#[tokio::test]
async fn editions_go_forward() {
    let (bench, files) = (Bench::new(), Files::country(40));
    bench.import(&files, DAY2).await;
    let older = bench.import_with(&files, DAY1, &Options::default()).await.unwrap_err();
    assert_eq!(older.code(), "older_edition");
    let typed_wrong = bench.import_with(&files, "902609010830", &Options { older: true, ..Default::default() }).await.unwrap_err();
    assert_eq!(typed_wrong.code(), "future_edition");
    assert!(older.to_string().contains("--older"), "{older}");
    let meant = Options { older: true, ..Default::default() };
    assert!(bench.import_with(&files, DAY1, &meant).await.unwrap().unchanged);
    let mut other = files.clone();
    other.activities.push(activity(500, "", &[]));
    let report = bench.import_with(&other, DAY1, &meant).await.unwrap();
    assert!(report.warnings.iter().any(|w| w.contains("with other bytes")), "{report}");
    let folder = bench.place("both");
    other.write(&folder, DAY3);
    files.write(&folder, DAY2);
    let report = run(&bench.data, &[folder], &Options::default(), &Silent, &now).await.unwrap();
    assert!(report.files[..3].iter().all(|f| f.edition == DAY3) && report.warnings.iter().any(|w| w.contains("two editions")));
    let folder = bench.place("plain");
    std::fs::create_dir_all(&folder).unwrap();
    let plain = folder.join("ps-libreacces-savoirfaire.txt");
    std::fs::copy(bench.place("both").join(format!("PS_LibreAcces_SavoirFaire_{DAY3}.txt")), &plain).unwrap();
    let stated = Options { edition: Some("202609040000".into()), ..Default::default() };
    let report = run(&bench.data, std::slice::from_ref(&plain), &stated, &Silent, &now).await.unwrap();
    assert_eq!(report.files[0].edition, "202609040000");
}

#[tokio::test]
async fn the_guard_refuses_a_mass_departure() {
    let (bench, files) = (Bench::new(), Files::country(100));
    bench.import(&files, DAY1).await;
    let before = bench.dump().await;
    for next in [
        Files { activities: files.activities[..79].to_vec(), ..Default::default() },
        Files { mailboxes: files.mailboxes[..30].to_vec(), ..Default::default() },
        Files { list: files.list[..2].to_vec(), ..Default::default() },
    ] {
        let refused = bench.import_with(&next, DAY2, &Options::default()).await.unwrap_err();
        assert_eq!(refused.code(), "too_much_closed");
        assert!(refused.to_string().contains("--accept-shrink"), "{refused}");
        assert_eq!(bench.dump().await, before);
    }
    let next = Files { activities: files.activities[..79].to_vec(), ..Default::default() };
    let dry = Options { accept_shrink: true, dry_run: true, ..Default::default() };
    let report = bench.import_with(&next, DAY2, &dry).await.unwrap();
    assert_eq!((report.things["professional"].closed, report.last_change), (21, None));
    assert_eq!(bench.dump().await, before);
    let meant = Options { accept_shrink: true, ..Default::default() };
    assert_eq!(bench.import_with(&next, DAY2, &meant).await.unwrap().things["professional"].closed, 21);
}

#[tokio::test]
async fn a_rejected_row_closes_nothing_of_its_key() {
    let (bench, files) = (Bench::new(), Files::country(40));
    bench.import(&files, DAY1).await;
    let before = bench.dump().await;
    let mut next = files.clone();
    for line in [&mut next.activities[5], &mut next.expertises[1], &mut next.mailboxes[3]] {
        line.push_str("|surplus");
    }
    let report = bench.import(&next, DAY2).await;
    assert_eq!(report.files.iter().map(|f| f.rejected).collect::<Vec<_>>(), [1, 1, 1, 0]);
    assert!(report.unchanged, "{report}");
    assert_eq!(bench.dump().await, before);
    let store = bench.store().await;
    assert_eq!(store.status().await.unwrap().rejections, 3);
}

#[tokio::test]
async fn citizens_are_counted_and_never_kept() {
    let (bench, mut files) = (Bench::new(), Files::country(20));
    files.mailboxes.push(per(3, "199999999999999@patient.mssante.fr", &[]));
    let report = bench.import(&files, DAY1).await;
    assert_eq!((report.files[2].citizens, report.files[2].rejected), (1, 1));
    let bytes = std::fs::read(bench.data.database()).unwrap();
    assert!(!bytes.windows(15).any(|w| w == b"199999999999999"));
}

#[tokio::test]
async fn mailboxes_follow_their_source_and_flags() {
    let (bench, files) = (Bench::new(), Files::country(20));
    bench.import(&files, DAY1).await;
    let red = address("nom2@medecin.mssante.fr");
    let store = bench.store().await;
    let flags = MailboxFlags { liste_rouge: Some(true), phone_opposed: Some(true), ..Default::default() };
    store.flag_mailbox(&red, &flags, "admin", 1).await.unwrap().unwrap();
    store.close().await;
    let mut next = files.clone();
    next.mailboxes.retain(|line| !line.contains("nom2@") && !line.contains("nom4@"));
    let report = bench.import(&next, DAY2).await;
    assert_eq!(report.things["mailbox"], Effects { closed: 1, kept: 1, ..Default::default() });
    let store = bench.store().await;
    let kept = store.mailbox(&red).await.unwrap().unwrap();
    assert!(kept.liste_rouge && kept.phone_opposed && !kept.in_extraction && kept.state == MailboxState::Active);
    let closed = store.mailbox(&address("nom4@medecin.mssante.fr")).await.unwrap().unwrap();
    assert_eq!(closed.state, MailboxState::Closed);
    store.close().await;
    let report = bench.import(&files, DAY3).await;
    assert_eq!(report.things["mailbox"], Effects { changed: 1, reopened: 1, ..Default::default() });
    let store = bench.store().await;
    assert!(store.mailbox(&red).await.unwrap().unwrap().liste_rouge, "no import unsets liste rouge");
    store.close().await;
}

#[tokio::test]
async fn domains_come_and_go_with_the_list() {
    let (bench, mut files) = (Bench::new(), Files::country(20));
    let list = std::mem::take(&mut files.list);
    bench.import(&files, DAY1).await;
    // The first list ever hides what it does not hold: a withdrawing cause for each such domain.
    let first = Files { list: vec![("medecin.mssante.fr".into(), dn(1))], ..Default::default() };
    bench.import(&first, DAY1).await;
    let changes = bench.changes().await;
    assert!(changes.contains(&("Domain ch.mssante.fr".into(), true)) && changes.contains(&("Domain medecin.mssante.fr".into(), false)));
    bench.import(&Files { list: list.clone(), ..Default::default() }, DAY2).await;
    let meant = Options { accept_shrink: true, ..Default::default() };
    let report = bench.import_with(&first, DAY3, &meant).await.unwrap();
    assert_eq!(report.things["domain"].closed, 2);
    let store = bench.store().await;
    assert!(!store.domain_listed("ch.mssante.fr").await.unwrap());
    assert!(store.operators_of_domain("ch.mssante.fr").await.unwrap().is_empty());
    store.close().await;
}
