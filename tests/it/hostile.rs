//! Every hostile file of `fixtures/rpps/hostile`: a clear report, nothing lost, the store unchanged where it must be.

use annuaire::error::Result;
use annuaire::import::{Options, Report, Silent, run};
use annuaire::store::{DataDir, Store};
use annuaire::synth::hostile::{CASES, Expect};
use std::path::{Path, PathBuf};

fn fixture(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rpps").join(name)
}

fn hostile(name: &str) -> PathBuf {
    fixture("hostile").join(name)
}

struct Bench {
    _folder: tempfile::TempDir,
    data: DataDir,
}

impl Bench {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::create_or_open(folder.path().join("data")).unwrap();
        Self { _folder: folder, data }
    }

    async fn import(&self, path: PathBuf, options: &Options) -> Result<Report> {
        run(&self.data, &[path], options, &Silent, &|| "2026-09-10T08:00:00Z".parse().unwrap()).await
    }

    /// The canonical dump, and the last change number.
    async fn state(&self) -> (String, i64) {
        let store = Store::open(&self.data).await.unwrap();
        let mut bytes = Vec::new();
        store.canonical_dump(&mut bytes).await.unwrap();
        let last = store.last_change().await.unwrap();
        store.close().await;
        (String::from_utf8(bytes).unwrap(), last)
    }
}

/// Rows of the plain text files of a folder, the header and empty lines not counted.
fn rows_of(folder: &Path) -> u64 {
    let files = std::fs::read_dir(folder).unwrap().flatten().filter(|f| f.path().extension().is_some_and(|e| e == "txt"));
    let lines = files.map(|f| {
        let bytes = std::fs::read(f.path()).unwrap();
        bytes.split(|b| *b == b'\n').filter(|line| !line.is_empty()).count() as u64 - 1
    });
    lines.sum()
}

#[tokio::test]
async fn each_file_comes_to_what_is_expected_of_it() {
    for case in &CASES {
        let bench = Bench::new();
        let before = bench.state().await;
        let outcome = bench.import(hostile(case.name), &Options::default()).await;
        match (case.expect, outcome) {
            (Expect::Refused, Err(error)) => {
                let said = error.to_string();
                assert!(said.contains("nothing was imported") || said.contains("former list"), "{}: {said}", case.name);
                assert_eq!(bench.state().await, before, "{}: the store changed", case.name);
                assert_eq!(std::fs::read_dir(bench.data.staging()).unwrap().count(), 0, "{}: staging left behind", case.name);
            }
            (Expect::Refused, Ok(report)) => panic!("{}: imported\n{report}", case.name),
            (_, Err(error)) => panic!("{}: refused: {}", case.name, error.chain()),
            (expect, Ok(report)) => {
                let expected = if let Expect::Rejected(n) = expect { n } else { 0 };
                let rejected: u64 = report.files.iter().map(|f| f.rejected).sum();
                assert_eq!(rejected, expected, "{}: {report}", case.name);
                let read: u64 = report.files.iter().map(|f| f.rows_read).sum();
                let counted: u64 = report.files.iter().map(|f| f.accepted + f.duplicate + f.rejected).sum();
                assert_eq!(read, counted, "{}", case.name);
                if !["cut-at-96-percent", "two-editions"].contains(&case.name) {
                    assert_eq!(read, rows_of(&hostile(case.name)), "{}: rows were lost", case.name);
                }
                let store = Store::open(&bench.data).await.unwrap();
                assert_eq!(store.status().await.unwrap().rejections, expected, "{}", case.name);
            }
        }
    }
}

#[tokio::test]
async fn a_refusal_leaves_a_loaded_store_as_it_was() {
    let bench = Bench::new();
    bench.import(hostile("crlf"), &Options::default()).await.unwrap();
    let before = bench.state().await;
    for case in CASES.iter().filter(|case| case.expect == Expect::Refused) {
        bench.import(hostile(case.name), &Options::default()).await.unwrap_err();
        assert_eq!(bench.state().await, before, "{}", case.name);
    }
    let older = bench.import(hostile("older-edition"), &Options::default()).await.unwrap_err();
    assert_eq!(older.code(), "older_edition");
    assert_eq!(bench.state().await, before);
}

#[tokio::test]
async fn the_dress_of_a_file_does_not_matter() {
    let mut dumps = Vec::new();
    for name in ["bom", "crlf", "duplicate-rows"] {
        let bench = Bench::new();
        let report = bench.import(hostile(name), &Options::default()).await.unwrap();
        let duplicates: u64 = report.files.iter().map(|f| f.duplicate).sum();
        assert_eq!(duplicates > 40, name == "duplicate-rows", "{report}");
        dumps.push(bench.state().await.0);
    }
    assert!(dumps[0] == dumps[1] && dumps[1] == dumps[2]);
}

#[tokio::test]
async fn a_cut_edition_is_refused_over_the_whole_one() {
    let bench = Bench::new();
    let report = bench.import(fixture("demo"), &Options::default()).await.unwrap();
    assert!(report.first_load && report.files.len() == 4, "{report}");
    let before = bench.state().await;
    let refused = bench.import(hostile("cut-at-96-percent"), &Options::default()).await.unwrap_err();
    assert_eq!(refused.code(), "too_much_closed");
    assert!(refused.to_string().contains("--accept-shrink"), "{refused}");
    assert_eq!(bench.state().await, before);
    assert!(bench.import(fixture("demo"), &Options::default()).await.unwrap().unchanged);
}

#[tokio::test]
async fn odd_rows_are_told() {
    let bench = Bench::new();
    let report = bench.import(hostile("wrong-keys"), &Options::default()).await.unwrap();
    assert!(report.files[0].remarks.iter().any(|(what, rows)| what.contains("wrong key") && *rows > 30), "{report}");
    let report = Bench::new().import(hostile("unknown-column"), &Options::default()).await.unwrap();
    assert_eq!(report.files[0].warnings.len(), 2, "{report}");
    let report = Bench::new().import(hostile("contradictory-rows"), &Options::default()).await.unwrap();
    let conflicts: Vec<_> = report.files.iter().flat_map(|f| f.conflicts.keys().map(String::as_str)).collect();
    for thing in ["professional", "structure", "mailbox"] {
        assert!(conflicts.contains(&thing), "{report}");
    }
    let report = Bench::new().import(hostile("mss-addresses"), &Options::default()).await.unwrap();
    assert_eq!(report.files[0].citizens, 2, "{report}");
    let report = Bench::new().import(hostile("two-editions"), &Options::default()).await.unwrap();
    assert!(report.files.iter().all(|f| f.edition.starts_with("20260902")), "{report}");
    assert_eq!(report.warnings.iter().filter(|w| w.contains("two editions")).count(), 3, "{report}");
}

/// The country of one day, then of the next: as if the second day had come alone, but for what has left.
#[tokio::test]
async fn a_day_follows_a_day() {
    let bench = Bench::new();
    bench.import(fixture("plain"), &Options::default()).await.unwrap();
    let report = bench.import(fixture("plain-next-day"), &Options::default()).await.unwrap();
    assert!(!report.unchanged && !report.first_load, "{report}");
    assert!(bench.import(fixture("plain-next-day"), &Options::default()).await.unwrap().unchanged);
    let alone = Bench::new();
    alone.import(fixture("plain-next-day"), &Options::default()).await.unwrap();
    let open = |dump: String| {
        let lines = dump.lines().filter(|l| !l.contains("\"closed\":true") && !l.contains("\"listed\":false"));
        lines
            .filter(|l| {
                ["professional", "activity", "exercise", "mailbox", "savoir_faire"]
                    .iter()
                    .any(|t| l.contains(&format!("\"table\":\"{t}\"")))
            })
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (followed, alone) = (open(bench.state().await.0), open(alone.state().await.0));
    assert!(
        followed == alone,
        "{:#?}",
        followed.iter().filter(|l| !alone.contains(l)).chain(alone.iter().filter(|l| !followed.contains(l))).take(10).collect::<Vec<_>>()
    );
}
