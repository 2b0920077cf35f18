//! What happens while files are made: a withdrawal, changes that are not to be found yet, a disk that is full, a kill; and who may read them.

use super::{BOTH, DAY, build, country, exports, red, text, unpacked};
use crate::harness::{FULL, Server, TestDirectory, annuaire_in, http, http_with};
use annuaire::directory::{Audience, View, Walked};
use annuaire::export::{Alongside, Boxed, Companion, EditionId, Exports, Filter, Form, Sink};
use annuaire::model::Address;
use annuaire::publication::Publication;
use annuaire::settings::ExportSettings;
use annuaire::store::{Actor, ExportLock, MailboxFlags, Store};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const DOCTOR: &str = "elodie.martin@medecin.mssante.fr";

/// Flags a mailbox red when it is shown the first entry, once.
struct Withdrawing {
    store: Store,
    done: bool,
}

impl Sink for Withdrawing {
    fn entry(&mut self, _: &Walked, _: &View) -> annuaire::error::Result<()> {
        if !std::mem::replace(&mut self.done, true) {
            let flags = MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() };
            let address = Address::parse(DOCTOR).unwrap();
            let publication = Publication::new(self.store.clone());
            tokio::runtime::Handle::current().block_on(publication.flag(&address, flags, "test", DAY)).unwrap();
        }
        Ok(())
    }
}

/// Withdraws during the first build; counts the builds.
fn withdrawing(store: Store, builds: Arc<AtomicU64>) -> Companion {
    Arc::new(move |_| {
        let sink = Box::new(Withdrawing { store: store.clone(), done: builds.fetch_add(1, Ordering::SeqCst) > 0 });
        let done = || -> Boxed<()> { Box::pin(async { Ok(()) }) };
        Box::pin(async move { Ok(Alongside { sink, done: Box::new(done) }) })
    })
}

async fn built(exports: &Exports, directory: &TestDirectory, count: usize) -> Vec<EditionId> {
    let done = async {
        loop {
            let kept = exports.shelf(Audience::Public).editions().unwrap();
            let idle = ExportLock::acquire(directory.data()).unwrap().is_some();
            if kept.len() >= count && idle {
                return kept;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), done).await.expect("the builds end")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_build_during_which_something_was_withdrawn_is_followed_by_another() {
    let (directory, exports) = country().await;
    let builds = Arc::new(AtomicU64::new(0));
    let exports = exports.with_companion(withdrawing(directory.store.clone(), Arc::clone(&builds)));
    exports.begin(Actor::from("test"), DAY).unwrap();
    let kept = built(&exports, &directory, 2).await;
    assert_eq!(kept.iter().map(ToString::to_string).collect::<Vec<_>>(), ["2026-11-27-2", "2026-11-27"]);
    for audience in BOTH {
        let shelf = exports.shelf(audience);
        let lines = |id: EditionId| String::from_utf8(unpacked(&shelf.path(id, "annuaire.jsonl.gz"))).unwrap();
        assert!(lines(kept[1]).contains(DOCTOR), "the first walk had begun");
        assert!(!lines(kept[0]).contains(DOCTOR), "and is not the last word");
    }
    // One without a withdrawal is built once.
    exports.begin(Actor::from("test"), DAY).unwrap();
    assert_eq!(built(&exports, &directory, 3).await.len(), 3);
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert_eq!(builds.load(Ordering::SeqCst), 3);
}

/// The index says how far it shows the store; what is behind must not be missing from a file.
#[tokio::test(flavor = "multi_thread")]
async fn files_wait_for_what_the_store_holds_to_be_found() {
    let (directory, exports) = country().await;
    let reached = directory.data().searchable();
    std::fs::write(directory.data().searchable_file(), "0").unwrap();
    let mut filter = Filter::default();
    filter.add("profession", "10").unwrap();
    let (edition, subset) = (exports.clone(), exports.clone());
    let edition = tokio::spawn(async move { build(&edition, 0).await });
    let subset = tokio::spawn(async move { subset.subset(&Actor::from("a"), Audience::Public, Form::Csv, filter, DAY).await.unwrap() });
    tokio::time::sleep(Duration::from_millis(700)).await;
    assert!(!edition.is_finished() && !subset.is_finished());
    assert!(exports.shelf(Audience::Public).editions().unwrap().is_empty());
    std::fs::write(directory.data().searchable_file(), reached.to_string()).unwrap();
    let done = async { (edition.await.unwrap(), subset.await.unwrap()) };
    let (manifests, subset) = tokio::time::timeout(Duration::from_secs(30), done).await.unwrap();
    assert!(manifests[0].entries.all() > 0 && subset.manifest.entries.all() > 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_full_disk_is_said_by_a_server_and_harms_nothing() {
    let folder = TestDirectory::demo().await.stop().await;
    let secret = |role: &str| {
        let printed = annuaire_in(folder.path(), &["account", "add", role, "--role", role]).success();
        printed.lines().find_map(|line| line.strip_prefix("secret")).unwrap().trim().to_owned()
    };
    let (reader, administrator) = (secret("logiciel"), secret("administrateur"));
    annuaire_in(folder.path(), &["edition", "build"]).success();
    let offered = Server::start(folder.path(), &[], Stdio::null());
    offered.ready().await;
    let path = "/v1/exports/latest/annuaire.jsonl.gz";
    let former = http(offered.http_address(), "GET", path, None).await;
    assert_eq!((former.status, offered.terminate()), (200, Some(0)));

    let server = Server::behind(FULL, folder.path(), Stdio::null());
    server.ready().await;
    let web = server.http_address();
    for form in ["jsonl", "sqlite"] {
        let subset = format!("/v1/exports/subset?form={form}&profession=10,21,60,70");
        let refusal = http(web, "GET", &subset, Some(&reader)).await;
        assert_eq!((refusal.status, refusal.json()["code"].as_str()), (503, Some("storage_full")), "{form}: {}", refusal.text());
        assert!(refusal.headers.contains_key("retry-after"));
    }
    let begun = http_with(web, "POST", "/v1/admin/exports", &[("Authorization", &format!("Bearer {administrator}"))], b"").await;
    assert_eq!(begun.status, 202, "{}", begun.text());
    let noticed = async {
        while !http(web, "GET", "/readyz", None).await.text().contains("there is no room") {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(60), noticed).await.expect("readiness says that the build failed");
    assert_eq!(http(web, "GET", path, None).await.body, former.body, "the former edition stands");
    let left: Vec<_> = names(&folder.path().join("exports")).into_iter().chain(names(&folder.path().join("exports/public"))).collect();
    assert!(!left.iter().any(|name| name.starts_with('.')), "{left:?}");
    assert_eq!(server.terminate(), Some(0));
}

fn names(folder: &Path) -> Vec<String> {
    std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_kill_left_of_a_subset_goes_with_the_next_build() {
    let (directory, exports) = country().await;
    let left = directory.data().exports().join(".making-left");
    std::fs::create_dir_all(left.join("made")).unwrap();
    std::fs::write(left.join("lock"), "").unwrap();
    std::fs::write(left.join("made/annuaire.csv.gz"), "half").unwrap();
    build(&exports, 0).await;
    assert!(!left.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_on_the_machine_read_no_file() {
    let (directory, exports) = country().await;
    // As a version before left it.
    std::fs::create_dir_all(directory.data().exports().join("public")).unwrap();
    for folder in [directory.data().exports(), directory.data().exports().join("public")] {
        std::fs::set_permissions(folder, std::fs::Permissions::from_mode(0o755)).unwrap();
    }
    for day in 0..3 {
        build(&exports, day).await;
    }
    let ids = exports.shelf(Audience::Public).editions().unwrap();
    exports.difference(Audience::Public, ids[2], None).await.unwrap();
    let mut filter = Filter::default();
    filter.add("profession", "10").unwrap();
    for form in Form::ALL {
        exports.subset(&Actor::from("a"), Audience::Professional, form, filter.clone(), DAY).await.unwrap();
    }
    let mut folders = vec![directory.data().exports()];
    let mut files = 0;
    while let Some(folder) = folders.pop() {
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o7777;
        assert_eq!(mode(&folder) & !0o750, 0, "{}", folder.display());
        for path in std::fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()) {
            if path.is_dir() {
                folders.push(path);
            } else {
                assert_eq!(mode(&path) & !0o640, 0, "{}", path.display());
                files += 1;
            }
        }
    }
    assert!(files > 20, "{files}");
}

#[tokio::test(flavor = "multi_thread")]
async fn from_an_older_edition_to_itself_nothing_happened() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    red(&directory, DOCTOR, true).await;
    build(&exports, 1).await;
    let older = exports.shelf(Audience::Public).editions().unwrap()[1];
    let difference = exports.difference(Audience::Public, older, Some(older)).await.unwrap();
    assert_eq!(unpacked(&difference.path), b"");
    let answer = directory.get("/v1/exports/delta?from=2026-11-27&to=2026-11-27").await;
    assert_eq!(answer.status, 200);
    // While from it to the newest something did.
    let newest = exports.difference(Audience::Public, older, None).await.unwrap();
    assert!(String::from_utf8(unpacked(&newest.path)).unwrap().contains(DOCTOR));
    assert!(!text(&exports.shelf(Audience::Public), "annuaire.jsonl.gz").contains(DOCTOR));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subset_whose_file_was_cleared_is_made_anew() {
    let (directory, _) = country().await;
    let exports = exports(&directory, ExportSettings::default());
    let query = "/v1/exports/subset?form=csv&profession=10";
    let first = directory.get_as_professional(query).await;
    assert_eq!(first.status, 200);
    let subsets = directory.data().exports().join("subsets");
    let of = |name: &str| subsets.join(names(&subsets).remove(0)).join(name);
    std::fs::remove_file(of("annuaire.csv.gz")).unwrap();
    let again = directory.get_as_professional(query).await;
    assert_eq!((again.status, again.body == first.body), (200, true));
    assert!(of("annuaire.csv.gz").is_file());
    drop(exports);
}
