//! Runs in slices: their pace, their interruption, and what others write between them.

use super::files::{Files, activity, id, org, per};
use super::{Bench, DAY1, DAY2, address, now};
use annuaire::error::{Error, Result};
use annuaire::extraction::ActivityColumn;
use annuaire::import::{Options, Pace, REST, Silent, resume_at, run_at};
use annuaire::model::{Attachment, EntryKey, Kind, Mailbox, MailboxState, MailboxType, Record, Source};
use annuaire::store::{MailboxFlags, Store};
use std::future::Future;
use std::pin::Pin;
use std::sync::Mutex;
use std::time::Duration;

/// A clock that goes on by a fixed step at each look, and counts slices and rests; may stop after some steps, or do something at each.
struct Metronome {
    step: Duration,
    seen: Mutex<Seen>,
    stop_after: Option<usize>,
}

#[derive(Default)]
struct Seen {
    now: Duration,
    steps: Vec<&'static str>,
    rests: Vec<Duration>,
}

impl Metronome {
    fn new(step_ms: u64, stop_after: Option<usize>) -> Self {
        Self { step: Duration::from_millis(step_ms), seen: Mutex::default(), stop_after }
    }

    fn steps(&self) -> usize {
        self.seen.lock().unwrap().steps.len()
    }
}

impl Pace for Metronome {
    fn now(&self) -> Duration {
        let mut seen = self.seen.lock().unwrap();
        seen.now += self.step;
        seen.now
    }

    fn rest(&self, at_least: Duration) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        self.seen.lock().unwrap().rests.push(at_least);
        Box::pin(async { Ok(()) })
    }

    fn reached(&self, step: &'static str) -> Result<()> {
        let mut seen = self.seen.lock().unwrap();
        seen.steps.push(step);
        if self.stop_after.is_some_and(|n| seen.steps.len() > n) {
            return Err(Error::unavailable("stopped by the test"));
        }
        Ok(())
    }
}

/// The second day: somebody leaves, somebody comes, words change, a mailbox moves.
fn next_day(files: &Files) -> Files {
    use annuaire::extraction::ActivityColumn as A;
    let mut next = files.clone();
    next.activities.remove(7);
    next.activities.push(activity(300, "F990900300", &[]));
    next.activities[2] = activity(2, "F990900301", &[(A::Given, "Zoé")]);
    next.mailboxes.retain(|line| !line.contains("nom4@"));
    next.mailboxes.push(per(301, "nouveau@medecin.mssante.fr", &[]));
    next.mailboxes.push(org("labo@ch.mssante.fr", "SIRET", "99900002900010", "LABO"));
    next.list.push(("neuf.mssante.fr".into(), super::dn(3)));
    next
}

#[tokio::test]
async fn every_slice_is_followed_by_a_breath_and_slow_ones_shrink() {
    let bench = Bench::new();
    let keep = bench.store().await;
    let paths = Files::country(600).write(&bench.place("in"), DAY1);
    // Each look at the clock is 150 ms later: every slice seems too long, so the sizes fall to one.
    let slow = Metronome::new(150, None);
    run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &slow).await.unwrap();
    let slow_slices = {
        let seen = slow.seen.lock().unwrap();
        assert_eq!(seen.rests.len(), seen.steps.len());
        let long: Vec<_> = seen.rests.iter().enumerate().filter(|(_, rest)| **rest >= REST).map(|(place, _)| place % 16).collect();
        assert!(long.len() == seen.rests.len() / 16 && long.iter().all(|place| *place == 15), "nobody waited: {long:?}");
        seen.steps.len()
    };
    let quick = Bench::new();
    let other = quick.store().await;
    let fast = Metronome::new(1, None);
    run_at(&quick.data, &paths, &Options::default(), &Silent, &now, &fast).await.unwrap();
    assert!(slow_slices > 2 * fast.steps(), "{slow_slices} slices against {}", fast.steps());
    keep.close().await;
    other.close().await;
    assert_eq!(bench.dump().await, quick.dump().await);
}

/// A writer in another process would hold the same lock of the same file.
#[tokio::test]
async fn a_slice_leaves_the_store_to_whoever_waits() {
    let bench = Bench::new();
    let keep = bench.store().await;
    let paths = Files::country(60).write(&bench.place("in"), DAY1);
    let waiting = std::fs::File::open(bench.data.root().join("writers.lock")).unwrap();
    waiting.lock_shared().unwrap();
    let pace = Metronome::new(1, None);
    run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &pace).await.unwrap();
    keep.close().await;
    let seen = pace.seen.lock().unwrap();
    assert!(!seen.rests.is_empty() && seen.rests.iter().all(|rest| *rest >= REST) && REST >= Duration::from_millis(120));
}

#[tokio::test]
async fn a_run_stopped_after_any_slice_is_finished() {
    let (files, whole) = (Files::country(30), Bench::new());
    whole.import(&files, DAY1).await;
    whole.import(&next_day(&files), DAY2).await;
    let (dump, changes) = (whole.dump().await, whole.changes().await);
    let mut slices = 0;
    loop {
        let bench = Bench::new();
        bench.import(&files, DAY1).await;
        let paths = next_day(&files).write(&bench.place("in"), DAY2);
        // 60 s a slice: one unit each.
        let pace = Metronome::new(60_000, Some(slices));
        let stopped = run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &pace).await.is_err();
        if stopped {
            let report = resume_at(&bench.data, &Silent, &now, &Metronome::new(1, None)).await.unwrap().unwrap();
            assert!(report.resumed && report.last_change.is_some());
            assert_eq!(report.files.len(), 4);
        }
        assert!(resume_at(&bench.data, &Silent, &now, &Metronome::new(1, None)).await.unwrap().is_none());
        assert_eq!(bench.dump().await, dump, "stopped after slice {slices}");
        assert_eq!(bench.changes().await, changes);
        assert_eq!(std::fs::read_dir(bench.data.staging()).unwrap().count(), 0);
        if !stopped {
            break;
        }
        slices += 1;
    }
    assert!(slices > 5, "{slices}");
}

#[tokio::test]
async fn a_run_stopped_in_the_middle_of_a_kind_is_finished() {
    let (files, whole) = (Files::country(300), Bench::new());
    whole.import(&files, DAY1).await;
    let dump = whole.dump().await;
    for slices in [0, 3, 9, 20, 31] {
        let bench = Bench::new();
        let paths = files.write(&bench.place("in"), DAY1);
        let keep = bench.store().await;
        // 1 s a slice: the first of a kind takes what it takes, the next ones a tenth of it.
        let pace = Metronome::new(1_000, Some(slices));
        run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &pace).await.unwrap_err();
        keep.close().await;
        let paths = files.write(&bench.place("in"), DAY2);
        // The next import finishes the interrupted one before it looks at its own files.
        let report = run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &Metronome::new(1, None)).await.unwrap();
        assert!(report.unchanged && report.warnings.iter().any(|w| w.contains("finished first")), "{report}");
        assert_eq!(bench.dump().await, dump, "stopped after slice {slices}");
    }
}

#[tokio::test]
async fn a_first_load_stopped_at_any_step_leaves_a_store() {
    let (files, whole) = (Files::country(20), Bench::new());
    whole.import(&files, DAY1).await;
    let dump = whole.dump().await;
    for step in 0..7 {
        let bench = Bench::new();
        let paths = files.write(&bench.place("in"), DAY1);
        let pace = Metronome::new(1, Some(step));
        let stopped = run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &pace).await.is_err();
        assert_eq!(stopped, step < 6, "{:?}", pace.seen.lock().unwrap().steps);
        assert!(resume_at(&bench.data, &Silent, &now, &Metronome::new(1, None)).await.unwrap().is_none());
        assert_eq!(std::fs::read_dir(bench.data.staging()).unwrap().count(), 0);
        // Before the rename the store is empty, after it whole: never between.
        let report = bench.import(&files, DAY1).await;
        assert_eq!(report.first_load, step < 5, "step {step}");
        assert_eq!(bench.dump().await, dump);
    }
}

#[tokio::test]
async fn an_interrupted_run_without_its_staging_file_says_so() {
    let (bench, files) = (Bench::new(), Files::country(20));
    bench.import(&files, DAY1).await;
    let paths = next_day(&files).write(&bench.place("in"), DAY2);
    let stop = Metronome::new(60_000, Some(2));
    run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &stop).await.unwrap_err();
    for entry in std::fs::read_dir(bench.data.staging()).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let error = resume_at(&bench.data, &Silent, &now, &Metronome::new(1, None)).await.unwrap_err();
    assert_eq!(error.code(), "staging_missing");
}

#[tokio::test]
async fn one_import_at_a_time() {
    let bench = Bench::new();
    let held = annuaire::store::ImportLock::acquire(&bench.data).unwrap().unwrap();
    std::fs::write(bench.data.root().join("import.pid"), "4711").unwrap();
    let refused = bench.import_with(&Files::country(3), DAY1, &Options::default()).await.unwrap_err();
    assert!(refused.code() == "import_running" && refused.to_string().contains("process 4711"), "{refused}");
    drop(held);
    bench.import(&Files::country(3), DAY1).await;
}

/// Writes like a publication between the slices of an import.
struct Writer<'a> {
    store: &'a Store,
    turn: Mutex<u64>,
    /// What was acknowledged, last.
    written: Mutex<Vec<(String, Written)>>,
}

#[derive(Clone, Copy, Debug, PartialEq)]
enum Written {
    Red(bool),
    Frozen(bool),
    Adopted,
}

impl Writer<'_> {
    async fn write(&self) {
        let turn = {
            let mut turn = self.turn.lock().unwrap();
            *turn = turn.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            *turn >> 33
        };
        let text = match turn % 7 {
            0 => "nom4@medecin.mssante.fr".to_owned(),
            1 => "nouveau@medecin.mssante.fr".to_owned(),
            2 => "labo@ch.mssante.fr".to_owned(),
            n => format!("nom{}@medecin.mssante.fr", 2 * n),
        };
        let to = address(&text);
        let on = turn & 8 == 0;
        let flags = |written| match written {
            Written::Red(on) => MailboxFlags { liste_rouge: Some(on), ..Default::default() },
            _ => MailboxFlags { frozen: Some(on), ..Default::default() },
        };
        let written = match turn % 3 {
            0 => Written::Red(on),
            1 => Written::Frozen(on),
            _ => Written::Adopted,
        };
        if written == Written::Adopted {
            let attachment = Attachment { professional: id(1), ..Default::default() };
            let mailbox = Mailbox {
                phone: format!("01990000{:02}", turn % 100),
                description: "publiée".into(),
                attachments: vec![attachment],
                ..Mailbox::published_by("399990000000001", to.clone(), MailboxType::Per)
            };
            if self.store.put_operator_mailbox(&mailbox, "op", 2).await.is_err() {
                return;
            }
        } else if self.store.flag_mailbox(&to, &flags(written), "admin", 2).await.unwrap().is_none() {
            return;
        }
        self.written.lock().unwrap().push((text, written));
    }
}

impl Pace for Writer<'_> {
    fn now(&self) -> Duration {
        let mut turn = self.turn.lock().unwrap();
        *turn = turn.wrapping_add(1);
        Duration::from_secs(*turn % 1_000_000 * 60)
    }

    fn rest(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async move {
            self.write().await;
            Ok(())
        })
    }
}

#[tokio::test]
async fn no_interleaving_loses_an_acknowledged_write() {
    let files = Files::country(30);
    let mut all = 0;
    for seed in 0..25 {
        let bench = Bench::new();
        bench.import(&files, DAY1).await;
        let store = bench.store().await;
        let paths = next_day(&files).write(&bench.place("in"), DAY2);
        let writer = Writer { store: &store, turn: Mutex::new(seed * 7_919 + 1), written: Mutex::default() };
        run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &writer).await.unwrap();
        let written = writer.written.lock().unwrap().clone();
        all += written.len();
        let last = |text: &str, kind: fn(&Written) -> bool| written.iter().rev().find(|(t, w)| t == text && kind(w)).map(|(_, w)| *w);
        for (text, _) in &written {
            let mailbox = store.mailbox(&address(text)).await.unwrap().unwrap();
            if let Some(Written::Red(on)) = last(text, |w| matches!(w, Written::Red(_))) {
                assert!(mailbox.liste_rouge || !on, "seed {seed}: liste rouge of {text} was lost");
            }
            if let Some(Written::Frozen(on)) = last(text, |w| matches!(w, Written::Frozen(_))) {
                assert_eq!(mailbox.frozen, on, "seed {seed}: freeze of {text} was lost");
            }
            if last(text, |w| *w == Written::Adopted).is_some() {
                assert_eq!((mailbox.source, mailbox.description.as_str()), (Source::Operator, "publiée"), "seed {seed}: {text}");
                assert_eq!(mailbox.attachments[0].professional, id(1));
                assert_eq!(mailbox.state, MailboxState::Active);
            }
        }
        store.close().await;
    }
    assert!(all > 100, "{all} writes were acknowledged");
}

/// Flags one mailbox at the first rest.
struct FlagsOnce<'a>(&'a Store, &'static str, Mutex<bool>);

impl Pace for FlagsOnce<'_> {
    fn now(&self) -> Duration {
        Duration::ZERO
    }

    fn rest(&self, _: Duration) -> Pin<Box<dyn Future<Output = Result<()>> + Send + '_>> {
        Box::pin(async move {
            if !std::mem::replace(&mut *self.2.lock().unwrap(), true) {
                let flags = MailboxFlags { liste_rouge: Some(true), ..Default::default() };
                self.0.flag_mailbox(&address(self.1), &flags, "admin", 2).await.unwrap().unwrap();
            }
            Ok(())
        })
    }
}

/// The plan closed the mailbox and dropped the key it names its structure by; the flag keeps the one, so the other stays too.
#[tokio::test]
async fn a_mailbox_flagged_between_slices_keeps_its_structure() {
    let (bench, mut files) = (Bench::new(), Files::country(20));
    files.activities.push(activity(300, "F990900300", &[(ActivityColumn::Siret, "99900002900010")]));
    files.mailboxes.push(org("labo@ch.mssante.fr", "SIRET", "99900002900010", "LABO"));
    bench.import(&files, DAY1).await;
    files.activities.pop();
    files.activities.push(activity(300, "F990900300", &[]));
    files.mailboxes.pop();
    let store = bench.store().await;
    let paths = files.write(&bench.place("in"), DAY2);
    let pace = FlagsOnce(&store, "labo@ch.mssante.fr", Mutex::default());
    run_at(&bench.data, &paths, &Options::default(), &Silent, &now, &pace).await.unwrap();
    let records = store.records(&[EntryKey::new(Kind::Mailbox, "labo@ch.mssante.fr")]).await.unwrap();
    let Some(Record::Mailbox(record)) = &records[0].1 else { panic!("no record") };
    assert_eq!(record.mailbox.state, MailboxState::Active);
    assert_eq!(record.sites.iter().map(|s| s.structure.id.as_str()).collect::<Vec<_>>(), ["F990900300"]);
    store.close().await;
}
