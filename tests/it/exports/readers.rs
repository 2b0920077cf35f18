//! Every form before a reader of its own: the sqlite3 command, a vCard library, a CSV reader, gunzip.

use super::{build, country, newest, text};
use crate::export::{lines, names};
use crate::harness::{CONTEXTS, Slapd, TestDirectory};
use annuaire::directory::Audience;
use annuaire::settings::ExportSettings;
use sha2::{Digest, Sha256};
use std::collections::BTreeSet;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

fn sqlite(file: &Path, sql: &str) -> Vec<String> {
    let output = Command::new("sqlite3").arg("-readonly").arg(file).arg(sql).output().expect("sqlite3 is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

/// The queries of docs/exports.md, from its own text.
fn documented_queries() -> Vec<String> {
    let page = std::fs::read_to_string(crate::harness::repository("docs/exports.md")).unwrap();
    page.split("```sql\n").skip(1).map(|block| block.split("```").next().unwrap().to_owned()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_database_answers_the_sqlite3_command() {
    let (_directory, exports) = country().await;
    let manifests = build(&exports, 0).await;
    let shelf = exports.shelf(Audience::Public);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("annuaire.sqlite");
    std::fs::write(&file, newest(&shelf, "annuaire.sqlite.gz")).unwrap();
    assert_eq!(sqlite(&file, "PRAGMA integrity_check"), ["ok"]);
    assert_eq!(sqlite(&file, "PRAGMA journal_mode"), ["delete"]);
    let entries = manifests[0].entries;
    for (table, count) in [("mailbox", entries.mailbox), ("professional", entries.professional), ("structure", entries.structure)] {
        assert_eq!(sqlite(&file, &format!("SELECT count(*) FROM {table}")), [count.to_string()], "{table}");
    }
    assert_eq!(
        sqlite(&file, "SELECT kind, id FROM search WHERE search MATCH 'elodie martin lyon' ORDER BY 1, 2"),
        ["mailbox|elodie.martin@medecin.mssante.fr", "professional|810999990012"]
    );
    let joined =
        "SELECT p.family_name, x.profession, s.label, t.city, h.address FROM professional p JOIN exercise x ON x.professional = p.id
        JOIN specialty s ON s.professional = p.id AND s.profession_code = x.profession_code JOIN activity a ON a.professional = p.id
        JOIN structure t ON t.id = a.structure JOIN mailbox_holder h ON h.professional = p.id WHERE p.rpps = '10999990012'";
    let expected = "MARTIN|Médecin|Médecine Générale|Lyon 3e  Arrondissement|elodie.martin@medecin.mssante.fr";
    assert_eq!(sqlite(&file, joined), [expected]);
    assert_eq!(sqlite(&file, "SELECT value FROM edition WHERE name = 'edition'"), ["2026-11-27"]);
    let queries = documented_queries();
    assert_eq!(queries.len(), 2);
    for query in queries {
        assert!(!sqlite(&file, &query).is_empty(), "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cards_are_read_by_a_library_for_them() {
    let directory = TestDirectory::demo().await;
    let exports = super::exports(&directory, ExportSettings { professional: false, ..ExportSettings::default() });
    let manifests = build(&exports, 0).await;
    let cards = newest(&exports.shelf(Audience::Public), "annuaire.vcf.gz");
    let script = "import sys, vobject\n\
        for card in vobject.readComponents(sys.stdin.buffer.read().decode('utf-8')):\n    \
        assert card.version.value == '4.0' and card.fn.value and card.uid.value.startswith('urn:uuid:')\n    \
        print(*[e.value for e in card.contents['email']], sep=' ')\n";
    let python = ["python3", "/usr/bin/python3"].into_iter().find(|python| {
        let known = Command::new(python).args(["-c", "import vobject"]).stderr(Stdio::null()).status();
        known.is_ok_and(|status| status.success())
    });
    let mut reader = Command::new(python.expect("a Python with vobject"));
    let mut reader = reader.args(["-c", script]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = reader.stdin.take().unwrap();
    let written = std::thread::spawn(move || input.write_all(&cards));
    let output = reader.wait_with_output().unwrap();
    written.join().unwrap().unwrap();
    assert!(output.status.success());
    let read = String::from_utf8(output.stdout).unwrap();
    let rows = manifests[0].file("annuaire.vcf.gz").unwrap().rows;
    assert_eq!(read.lines().count() as u64, rows);
    // Every mailbox shown is on a card.
    let on_cards: BTreeSet<_> = read.split_whitespace().map(str::to_owned).collect();
    let lines = text(&exports.shelf(Audience::Public), "annuaire.jsonl.gz");
    let entries = lines.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let shown: BTreeSet<_> =
        entries.filter(|entry| entry["kind"] == "mailbox").map(|entry| entry["address"].as_str().unwrap().to_owned()).collect();
    assert_eq!(on_cards, shown);
}

/// The file as it is offered, unpacked and nothing else: slapadd takes of it what belongs to each database.
#[tokio::test(flavor = "multi_thread")]
async fn the_offered_ldif_is_loaded_by_slapadd() {
    let directory = TestDirectory::demo().await;
    let exports = super::exports(&directory, ExportSettings { professional: false, ..ExportSettings::default() });
    let manifests = build(&exports, 0).await;
    let offered = directory.get("/v1/exports/latest/annuaire.ldif.gz").await;
    assert_eq!(offered.status, 200);
    let (packed, file) = (directory.path().join("annuaire.ldif.gz"), directory.path().join("annuaire.ldif"));
    std::fs::write(&packed, &offered.body).unwrap();
    assert!(Command::new("gunzip").arg("--keep").arg(&packed).status().unwrap().success());
    let slapd = Slapd::configure("cn=admin,dc=mssante,dc=fr", "secret");
    let (mut held, mut content) = (Vec::new(), BTreeSet::new());
    for context in CONTEXTS {
        let refused = slapd.load_of_all(context, &file);
        let foreign = |line: &&String| line.contains("not configured to hold") || line.contains("(line=1)") || line.contains("has no dn");
        let others: Vec<_> = refused.iter().filter(|line| !foreign(line)).take(5).collect();
        assert!(others.is_empty(), "{others:#?}");
        let theirs = slapd.content(context);
        held.extend(names(&theirs));
        content.extend(lines(&theirs));
    }
    let ours = std::fs::read_to_string(&file).unwrap();
    let mut offered = names(&ours);
    offered.sort();
    held.sort();
    assert_eq!(offered, held, "every entry is in one of the databases");
    assert_eq!(lines(&ours), content, "every value as it was");
    assert_eq!(manifests[0].file("annuaire.ldif.gz").unwrap().rows, held.len() as u64);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_table_is_one_of_practices() {
    let (_directory, exports) = country().await;
    build(&exports, 0).await;
    let csv = text(&exports.shelf(Audience::Public), "annuaire.csv.gz");
    let mut reader = csv::ReaderBuilder::new().delimiter(b';').from_reader(csv.as_bytes());
    let header = reader.headers().unwrap().clone();
    let page = std::fs::read_to_string(crate::harness::repository("docs/exports.md")).unwrap();
    for column in &header {
        assert!(page.contains(&format!("`{column}`")), "docs/exports.md does not describe {column}");
    }
    let rows: Vec<_> = reader.records().map(Result::unwrap).collect();
    let cell = |row: &csv::StringRecord, name: &str| row[header.iter().position(|h| h == name).unwrap()].to_owned();
    // A nurse in Paris who is a physician in Lyon is two rows, and never one.
    let of = |kind: &str| {
        let rows = rows.iter().filter(|row| cell(row, "kind") == kind && cell(row, "rpps") == "10999990046");
        rows.map(|row| format!("{} {} {}", cell(row, "profession"), cell(row, "department_code"), cell(row, "region_code")))
            .collect::<BTreeSet<_>>()
    };
    assert_eq!(of("professional"), ["Infirmier 75 11", "Médecin 69 84"].map(str::to_owned).into());
    let name = rows.iter().find(|row| cell(row, "structure_id") == "F990999039").map(|row| cell(row, "structure_name"));
    assert_eq!(name.as_deref(), Some("SELARL \"PHARMACIE DU MARCHÉ"), "a quote of the file stands for itself");
}

#[tokio::test(flavor = "multi_thread")]
async fn manifests_tell_the_truth_and_lines_are_what_rest_shows() {
    let (directory, exports) = country().await;
    for manifest in build(&exports, 0).await {
        let audience = if manifest.audience == "public" { Audience::Public } else { Audience::Professional };
        let shelf = exports.shelf(audience);
        let id = shelf.newest().unwrap().unwrap();
        assert_eq!(manifest.edition, "2026-11-27");
        assert_eq!(manifest.files.len(), 6);
        assert!(manifest.licence.attribution.contains("01/09/2026"), "{}", manifest.licence.attribution);
        let sum = |bytes: &[u8]| Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect::<String>();
        for file in &manifest.files {
            let bytes = std::fs::read(shelf.path(id, &file.name)).unwrap();
            assert_eq!((file.bytes, &file.sha256), (bytes.len() as u64, &sum(&bytes)), "{}", file.name);
            let content = newest(&shelf, &file.name);
            assert_eq!((file.content_bytes, &file.content_sha256), (content.len() as u64, &sum(&content)), "{}", file.name);
        }
        let lines = text(&shelf, "annuaire.jsonl.gz");
        assert_eq!(lines.lines().count() as u64, manifest.entries.all());
        for line in lines.lines() {
            let entry: serde_json::Value = serde_json::from_str(line).unwrap();
            let id = entry.get("id").or(entry.get("address")).unwrap().as_str().unwrap();
            let collection = match entry["kind"].as_str().unwrap() {
                "mailbox" => "mailboxes",
                "professional" => "professionals",
                _ => "organizations",
            };
            let path = format!("/v1/{collection}/{id}");
            let answer = match audience {
                Audience::Public => directory.get(&path).await,
                Audience::Professional => directory.get_as_professional(&path).await,
            };
            assert_eq!(answer.text(), line, "{path}");
        }
    }
}
