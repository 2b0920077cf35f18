//! Killed at any instant: an import can simply be run again, and an acknowledged write is on the disk.

use crate::harness::{BINARY, TestDirectory, annuaire_in, command, copy_folder};
use annuaire::settings::Settings;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const PEOPLE: &str = "400";
/// Kills of the first load, and of the next day's import.
const KILLS: u64 = 10;

/// Two days of an invented country.
fn two_days(folder: &Path) -> [std::path::PathBuf; 2] {
    let days = [folder.join("day1"), folder.join("day2")];
    for (day, more) in days.iter().zip([&[][..], &["--next-day"]]) {
        let arguments = ["synth", "--people", PEOPLE, "--seed", "11", "--out", day.to_str().unwrap()];
        let made = command(&arguments).args(more).output().unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
    }
    days
}

fn import(data: &Path, day: &Path) -> Command {
    let mut import = command(&["--data", data.to_str().unwrap(), "import", "--accept-shrink", "--accept-rejects"]);
    import.arg(day).stdout(Stdio::null()).stderr(Stdio::null());
    import
}

/// Deterministic moments spread over the length of an import.
fn moment(number: u64, whole: Duration) -> Duration {
    let share = (number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 40) as f64 / (1u64 << 24) as f64;
    whole.mul_f64(share)
}

/// Starts the import and kills it; `true` when it was killed before its end.
fn killed(data: &Path, day: &Path, after: Duration) -> bool {
    let mut running = import(data, day).spawn().unwrap();
    std::thread::sleep(after);
    let ended = running.try_wait().unwrap().is_some();
    let _ = running.kill();
    running.wait().unwrap();
    !ended
}

async fn answers(data: &Path) -> Vec<String> {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(data, folder.path());
    let directory = TestDirectory::over(folder, &Settings::default()).await;
    let mut answers = Vec::new();
    for question in ["q=martin", "q=du", "kind=mailbox&mailbox_type=ORG", "profession=10&limit=100", "kind=structure&q=centre"] {
        answers.push(directory.get(&format!("/v1/search?{question}")).await.json()["items"].to_string());
    }
    answers.iter_mut().for_each(|a| *a = without_times(a));
    answers
}

/// The time of a change is when it was imported: the only thing two runs may differ in.
fn without_times(answer: &str) -> String {
    let mut value: serde_json::Value = serde_json::from_str(answer).unwrap();
    for item in value.as_array_mut().unwrap() {
        item.as_object_mut().unwrap().remove("updated_at");
    }
    value.to_string()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_killed_twenty_times_ends_like_an_undisturbed_one() {
    let files = tempfile::tempdir().unwrap();
    let days = two_days(files.path());
    let (calm, stormy) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for day in &days {
        let started = Instant::now();
        assert!(import(calm.path(), day).status().unwrap().success());
        let mut whole = started.elapsed();
        let before = tempfile::tempdir().unwrap();
        copy_folder(stormy.path(), before.path());
        let (mut kills, mut attempt) = (0, 0);
        while kills < KILLS {
            attempt += 1;
            if killed(stormy.path(), day, moment(attempt, whole)) {
                kills += 1;
                continue;
            }
            // It came to its end first: back to where the day began, or the next ones would have nothing to do.
            std::fs::remove_dir_all(stormy.path()).unwrap();
            copy_folder(before.path(), stormy.path());
            whole = whole.mul_f64(0.8);
        }
        assert!(import(stormy.path(), day).status().unwrap().success(), "the import can simply be run again");
    }
    let dump = |data: &Path| annuaire_in(data, &["dump", "--canonical"]).success();
    assert_eq!(dump(calm.path()), dump(stormy.path()));
    assert_eq!(answers(calm.path()).await, answers(stormy.path()).await);
    assert!(std::fs::read_dir(stormy.path().join("staging")).map_or(0, Iterator::count) == 0, "no staging file is left");
}

/// strace shows the write-ahead log synced after its last write and before the acknowledgement is printed.
#[test]
fn an_acknowledged_flag_is_synced_first() {
    let files = tempfile::tempdir().unwrap();
    crate::country::write(files.path());
    let data = tempfile::tempdir().unwrap();
    annuaire_in(data.path(), &["import", files.path().to_str().unwrap()]).success();
    let trace = data.path().join("trace");
    let traced = Command::new("strace")
        .args(["-f", "-y", "-e", "trace=fsync,fdatasync,write,pwrite64", "-o", trace.to_str().unwrap(), BINARY])
        .args(["--data", data.path().to_str().unwrap(), "mailbox", "flag", "zoe.rougier@medecin.mssante.fr", "--liste-rouge", "true"])
        .output()
        .expect("strace is installed by the test command");
    assert!(traced.status.success(), "{}", String::from_utf8_lossy(&traced.stderr));
    let lines: Vec<String> = std::fs::read_to_string(&trace).unwrap().lines().map(str::to_owned).collect();
    let acknowledged = lines.iter().position(|l| l.contains("write(1<")).expect("an acknowledgement");
    let wal = |l: &&String| l.contains("store.sqlite3-wal");
    let written = lines[..acknowledged].iter().rposition(|l| l.contains("pwrite64(") && wal(&l)).expect("a write to the log");
    let synced = lines[..acknowledged].iter().rposition(|l| l.contains("sync(") && wal(&l)).expect("a sync of the log");
    assert!(written < synced, "the last write to the log is not synced before the acknowledgement");
}
