//! The committed fixtures are what the generator writes, byte for byte, and are what they say they are.
//! To refresh them after a change of the generator: `UPDATE_FIXTURES=1 cargo test --test it fixtures::`.

use annuaire::extraction::{FileKind, Reader, Record, edition, limits, recognise};
use annuaire::synth::hostile::{CASES, Expect};
use annuaire::synth::{Options, generate, write_fixtures};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Read;
use std::path::{Path, PathBuf};

fn committed() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/rpps")
}

fn files(root: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut folders = vec![root.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                found.insert(path.strip_prefix(root).unwrap().to_str().unwrap().to_owned(), std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn the_generator_writes_the_committed_fixtures() {
    if std::env::var_os("UPDATE_FIXTURES").is_some() {
        let _ = std::fs::remove_dir_all(committed());
        write_fixtures(&committed()).unwrap();
        return;
    }
    let fresh = tempfile::tempdir().unwrap();
    write_fixtures(fresh.path()).unwrap();
    let (expected, found) = (files(fresh.path()), files(&committed()));
    let names = |set: &BTreeMap<String, Vec<u8>>| set.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(&found), names(&expected), "fixtures/rpps: refresh with UPDATE_FIXTURES=1 cargo test --test it fixtures::");
    for (name, bytes) in &expected {
        assert!(found[name] == *bytes, "fixtures/rpps/{name} differs: refresh with UPDATE_FIXTURES=1 cargo test --test it fixtures::");
        assert!(bytes.len() < 1 << 20, "{name} is larger than 1 MiB");
    }
}

/// Members of a zip, or the file itself, each as (name, bytes), the inflated size bounded.
fn members(name: &str, bytes: &[u8]) -> Result<Vec<(String, Vec<u8>)>, String> {
    if !name.ends_with(".zip") {
        return Ok(vec![(name.to_owned(), bytes.to_vec())]);
    }
    let mut archive = zip::ZipArchive::new(std::io::Cursor::new(bytes)).map_err(|e| e.to_string())?;
    let mut members = Vec::new();
    for i in 0..archive.len() {
        let member = archive.by_index(i).map_err(|e| e.to_string())?;
        if member.enclosed_name().is_none() {
            return Err(format!("{} would land outside", member.name()));
        }
        let (name, packed) = (member.name().to_owned(), member.compressed_size());
        let mut content = Vec::new();
        limits::BoundedInflate::new(member, packed).read_to_end(&mut content).map_err(|e| e.to_string())?;
        members.push((name, content));
    }
    Ok(members)
}

/// Rows read and rejected of a text file.
fn read(name: &str, bytes: &[u8]) -> Result<(u64, u64), String> {
    let kind = recognise(name, bytes).ok_or("unknown layout")?;
    let mut reader = Reader::new(kind, bytes).map_err(|e| e.to_string())?;
    let (mut rows, mut rejected) = (0, 0);
    while let Some(row) = reader.next().map_err(|e| e.to_string())? {
        rows += 1;
        if let Err(why) = row.outcome {
            assert!(!why.column.is_empty() && !why.reason.is_empty(), "{name}:{} {why:?}", row.line);
            assert!(!String::from_utf8_lossy(row.raw).to_lowercase().contains("patient.mssante.fr"), "{name}:{}", row.line);
            rejected += 1;
        }
    }
    if rows == rejected { Err("no row accepted".to_owned()) } else { Ok((rows, rejected)) }
}

#[test]
fn hostile_files_are_hostile_as_described() {
    for case in CASES {
        let mut outcome = Ok(0);
        for (name, bytes) in case.files().unwrap() {
            assert!(bytes.len() < 300 << 10, "{}/{name}: {} bytes", case.name, bytes.len());
            if name.ends_with(".xml") {
                assert_eq!(case.expect, Expect::Refused, "{}", case.name);
                outcome = Err("the liste blanche is another reader's".to_owned());
                continue;
            }
            let read = members(&name, &bytes).and_then(|members| members.iter().map(|(n, b)| read(n, b)).collect::<Result<Vec<_>, _>>());
            outcome = match (outcome, read) {
                (Ok(sum), Ok(files)) => Ok(sum + files.iter().map(|(_, rejected)| rejected).sum::<u64>()),
                (Err(e), _) | (_, Err(e)) => Err(e),
            };
        }
        match case.expect {
            Expect::Refused => assert!(outcome.is_err(), "{}: {outcome:?}", case.name),
            Expect::Rejected(rows) => assert_eq!(outcome, Ok(rows), "{}", case.name),
            Expect::Accepted => assert_eq!(outcome, Ok(0), "{}", case.name),
        }
    }
}

#[test]
fn the_zip_bomb_is_small_until_opened() {
    let bytes = std::fs::read(committed().join("hostile/zip-bomb/PS_LibreAcces_202609011200.zip")).unwrap();
    assert!(bytes.len() < 100 << 10, "{}", bytes.len());
    assert!(members("x.zip", &bytes).unwrap_err().contains("100 times"));
}

#[test]
fn the_demo_country_has_what_it_needs() {
    let folder = committed().join("demo");
    let mut rows = BTreeMap::new();
    let mut holders = BTreeSet::new();
    let mut domains = BTreeSet::new();
    for (name, bytes) in files(&folder).iter().filter(|(name, _)| name.ends_with(".zip")) {
        let stamp = edition(name).unwrap();
        for (member, content) in members(name, bytes).unwrap() {
            assert_ne!(edition(&member).unwrap(), stamp, "the member's stamp differs from the zip's");
            let kind = recognise(&member, &content).unwrap();
            let mut reader = Reader::new(kind, &content[..]).unwrap();
            while let Some(row) = reader.next().unwrap() {
                *rows.entry(kind).or_insert(0) += 1;
                match row.outcome.unwrap() {
                    Record::Activity(row) => drop(holders.insert(row.id().into_owned())),
                    Record::Mailbox(row) => drop(domains.insert(row.address.domain().to_owned())),
                    Record::Expertise(_) => {}
                }
            }
        }
    }
    assert_eq!(holders.len(), 3000);
    assert!((4500..5500).contains(&rows[&FileKind::PersonneActivite]) && (1450..1600).contains(&rows[&FileKind::Mailboxes]), "{rows:?}");
    let liste = std::fs::read_to_string(folder.join("listeblanchemssante.xml")).unwrap();
    let unlisted: Vec<_> = domains.iter().filter(|domain| !liste.contains(&format!("<Nom>{domain}</Nom>"))).collect();
    assert_eq!(unlisted, ["domaine-retire.mssante.fr"]);
}

/// Lines of the operators' files, by kind, by hidden state: nothing the later tests look for is missing.
#[test]
fn operators_publish_every_kind_of_mailbox() {
    let mut seen = BTreeSet::new();
    for (name, bytes) in files(&committed().join("demo")).iter().filter(|(name, _)| name.ends_with(".jsonl")) {
        for line in String::from_utf8(bytes.clone()).unwrap().lines() {
            let line: serde_json::Value = serde_json::from_str(line).unwrap();
            seen.insert(format!("type {}", line["type"]));
            seen.insert(format!("state {}", line["state"]));
            seen.insert(format!("zero_papier {}", line["zero_papier"]));
            for flag in ["liste_rouge", "test", "phone_opposed"] {
                seen.insert(format!("{flag} {}", line[flag]));
            }
            assert!(annuaire::model::Address::parse(line["address"].as_str().unwrap()).is_ok(), "{name} {line}");
        }
    }
    let wanted = [
        "type \"PER\"",
        "type \"ORG\"",
        "type \"APP\"",
        "type \"CAB\"",
        "state \"active\"",
        "state \"suspended\"",
        "state \"unopened\"",
        "zero_papier \"accepted\"",
        "zero_papier \"refused\"",
        "zero_papier null",
        "liste_rouge true",
        "test true",
        "phone_opposed true",
    ];
    assert!(wanted.iter().all(|w| seen.contains(*w)), "{seen:?}");
}

#[test]
fn the_next_day_differs_only_where_something_happened() {
    let folder = tempfile::tempdir().unwrap();
    let mut days = Vec::new();
    for next_day in [false, true] {
        let options = Options { people: 2000, seed: 11, next_day, zipped: false, plain: true, ..Options::default() };
        let out = folder.path().join(next_day.to_string());
        generate(&options, &out).unwrap();
        let lines = files(&out).into_iter().filter(|(name, _)| name.ends_with(".txt")).flat_map(|(name, bytes)| {
            let kind = recognise(&name, b"").unwrap();
            String::from_utf8(bytes).unwrap().lines().map(|line| (kind, line.to_owned())).collect::<Vec<_>>()
        });
        days.push(lines.collect::<BTreeSet<_>>());
    }
    let (gone, come) = (days[0].difference(&days[1]).count(), days[1].difference(&days[0]).count());
    let total = days[0].len();
    assert!(gone > 5 && come > 5 && gone + come < total / 50, "{gone} gone, {come} come of {total}");
}

#[test]
fn the_same_seed_is_the_same_country_and_another_is_not() {
    let folder = tempfile::tempdir().unwrap();
    let make = |name: &str, seed| {
        let out = folder.path().join(name);
        generate(&Options { people: 30, seed, plain: true, ..Options::default() }, &out).unwrap();
        files(&out)
    };
    assert!(make("a", 5) == make("b", 5));
    assert!(make("a", 5) != make("c", 6));
    assert!(generate(&Options { people: 3, ..Options::default() }, folder.path()).is_err());
}
