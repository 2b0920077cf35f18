//! What is urgent while a long run is written, entry by entry: it goes ahead, and what was read of the run before does not undo it.

use super::{imported, projector, red};
use crate::country;
use crate::harness::{PATIENCE, import_into};
use annuaire::directory::{Caller, Directory};
use annuaire::import::Options;
use annuaire::model::{Audience, EntryKey, Kind};
use annuaire::projection::Bounds;
use std::fs;
use std::path::Path;
use tokio_util::sync::CancellationToken;

const MANY: usize = 40;

fn address(number: usize) -> String {
    format!("dora.famille{number:02}@medecin.mssante.fr")
}

/// A day with many mailboxes of holders of this profession.
async fn import_many(folder: &Path, time: &str, profession: (&str, &str)) {
    let files = tempfile::tempdir().unwrap();
    let rows: String = (0..MANY).map(|number| country::labelled(&address(number), profession, ("", ""))).collect();
    fs::write(files.path().join(format!("Extraction_Correspondance_MSSante_{time}.txt")), country::mailboxes() + &rows).unwrap();
    import_into(folder, &[files.path().to_owned()], &Options::default()).await;
}

async fn view(directory: &Directory, number: usize) -> Option<String> {
    let hit = directory.entry(&Caller::local(Audience::Public), EntryKey::new(Kind::Mailbox, address(number))).await.unwrap();
    hit.map(|hit| String::from_utf8(hit.view_json().unwrap()).unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mailbox_hidden_just_before_the_run_comes_to_it_stays_hidden() {
    // A commit after each entry, and after some: what is urgent comes upon some that are written and not committed.
    for commit in [1, 8] {
        hide_beside_a_run(Bounds { commit, ..Bounds::default() }).await;
    }
}

/// Each time the mailbox that the run has come to, and the two behind it.
async fn hide_beside_a_run(bounds: Bounds) {
    let (folder, data, store) = imported().await;
    import_many(folder.path(), "202609021013", ("10", "Médecin")).await;
    let (projector, directory) = projector(&data, &store).await;
    let mut projector = projector.with_bounds(bounds);
    projector.catch_up().await.unwrap();
    import_many(folder.path(), "202609031013", ("60", "Infirmier")).await;
    let stop = CancellationToken::new();
    let mut hidden: Vec<usize> = Vec::new();
    let hiding = async {
        let (mut written, mut again) = (0, 0);
        while written < MANY {
            match view(&directory, written).await {
                Some(view) if view.contains("Infirmier") => written += 1,
                None if hidden.contains(&written) => written += 1,
                seen => {
                    assert!(seen.is_some(), "{written} is to be shown");
                    let next = (written..(written + 3).min(MANY)).find(|number| !hidden.contains(number));
                    let Some(next) = next else { continue };
                    red(&store, &address(next), true, 1_790_001_000 + next as i64).await;
                    while view(&directory, next).await.is_some() {
                        tokio::task::yield_now().await;
                    }
                    hidden.push(next);
                }
            }
            for number in &hidden {
                again += usize::from(view(&directory, *number).await.is_some());
            }
        }
        again
    };
    let (_, again) = tokio::join!(projector.follow(stop.clone()), async {
        let again = tokio::time::timeout(PATIENCE, hiding).await;
        stop.cancel();
        again.expect("the run comes to its end")
    });
    assert!(hidden.len() > 2, "{} were hidden beside the run", hidden.len());
    assert_eq!(again, 0, "found again after it was hidden");
}
