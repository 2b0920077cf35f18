//! What may not be shown is in no file, and a mailbox that turned red is told of as one that was deleted.

use super::{BOTH, build, country, red, text, unpacked};
use annuaire::directory::Audience;
use annuaire::publication::Publication;
use std::path::{Path, PathBuf};

/// Local parts of what nobody may see, and of what only accounts may.
const HIDDEN: [&str; 3] = ["rouge.depuis-toujours", "suspendue@", "essai@"];
const PROFESSIONAL: &str = "appli.dpi@";

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

/// The bytes as they are read, and in LDIF the values behind base64 too.
fn readable(path: &Path) -> String {
    let bytes = if path.extension().is_some_and(|e| e == "gz") { unpacked(path) } else { std::fs::read(path).unwrap() };
    String::from_utf8_lossy(&bytes).to_lowercase().replace("\n ", "").replace("\r", "")
}

#[tokio::test(flavor = "multi_thread")]
async fn hidden_mailboxes_are_in_no_file() {
    let (directory, exports) = country().await;
    build(&exports, 0).await;
    red(&directory, "zoe.rougier@medecin.mssante.fr", true).await;
    build(&exports, 1).await;
    build(&exports, 2).await;
    // A difference over all three, and one that ends before the newest.
    let ids = exports.shelf(Audience::Public).editions().unwrap();
    for audience in BOTH {
        exports.difference(audience, ids[2], None).await.unwrap();
        exports.difference(audience, ids[2], Some(ids[1])).await.unwrap();
    }
    let mut seen = 0;
    for path in files(&directory.data().exports()) {
        let (content, shown) = (readable(&path), path.display().to_string());
        for hidden in HIDDEN {
            assert!(!content.contains(hidden), "{shown} holds {hidden}");
        }
        let may = shown.contains("professional");
        assert!(may || !content.contains(PROFESSIONAL), "{shown} holds an application");
        if shown.contains("annuaire.") && may {
            assert!(content.contains("dossier patient") || !shown.contains("jsonl"), "{shown}");
        }
        // Turned red between two editions: whole in the older one, which is offered to nobody, and gone since.
        let older = shown.contains(&format!("{}/", ids[2]));
        if !older && !shown.contains("delta") {
            assert!(!content.contains("zoe.rougier"), "{shown} holds what is red by now");
        }
        assert!(!content.contains("ordinaire@exemple.invalid") && !content.contains("responsable caché"), "{shown}");
        assert!(!content.contains("01 99 00 00 42"), "{shown}: an opposed telephone");
        seen += 1;
    }
    assert!(seen > 20, "{seen}");
}

/// Two countries, in which one mailbox turns red and is deleted: the same lines.
#[tokio::test(flavor = "multi_thread")]
async fn red_and_deleted_are_told_alike() {
    const ADDRESS: &str = "camille.deux@ch-exempleville.mssante.fr";
    let mut told = Vec::new();
    for deleted in [false, true] {
        let (directory, exports) = country().await;
        let publication = Publication::new(directory.store.clone());
        let line = format!(r#"{{"address":"{ADDRESS}","type":"PER","professional_id":"810999990046"}}"#);
        let load = async |line: String| {
            let report = publication.load_lines(super::country::HOSPITAL_OPERATOR, line.as_bytes(), "test", super::DAY).await.unwrap();
            assert_eq!(report.counters.rejected, 0);
            directory.settle().await;
        };
        load(line).await;
        build(&exports, 0).await;
        if deleted {
            super::delete(&directory, ADDRESS).await;
        } else {
            red(&directory, ADDRESS, true).await;
        }
        build(&exports, 1).await;
        let delta = text(&exports.shelf(Audience::Public), "delta.jsonl.gz");
        assert!(delta.contains(&format!("{{\"op\":\"gone\",\"kind\":\"mailbox\",\"id\":\"{ADDRESS}\"}}\n")), "{delta}");
        told.push(without_times(&delta));
    }
    assert_eq!(told[0], told[1]);
}

/// When the content changed is when the test ran.
fn without_times(lines: &str) -> Vec<String> {
    let mut lines: Vec<_> = lines
        .lines()
        .map(|line| {
            let mut line: serde_json::Value = serde_json::from_str(line).unwrap();
            if let Some(entry) = line.get_mut("entry") {
                entry.as_object_mut().unwrap().remove("updated_at");
            }
            line.to_string()
        })
        .collect();
    lines.sort();
    lines
}
