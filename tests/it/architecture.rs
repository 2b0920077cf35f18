//! Holds the source to ARCHITECTURE.md: which room may import which, where each library may appear, and the shape of files.

use crate::harness::repository;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Room, and the rooms it may import. `cli` assembles everything.
const ARROWS: [(&str, &[&str]); 24] = [
    ("error", &[]),
    ("model", &[]),
    ("text", &[]),
    ("settings", &["error"]),
    ("limits", &["settings", "error"]),
    ("visibility", &["model"]),
    ("extraction", &["model", "text", "error"]),
    ("store", &["model", "text", "error"]),
    ("ldap_entry", &["model", "visibility", "text"]),
    ("index", &["model", "visibility", "text", "ldap_entry", "error"]),
    ("projection", &["store", "visibility", "index", "model", "text", "error"]),
    ("directory", &["index", "limits", "visibility", "model", "error"]),
    ("trust", &["store", "limits", "model", "error"]),
    ("audit", &["store", "model", "error"]),
    ("import", &["extraction", "trust", "store", "text", "model", "error"]),
    ("publication", &["trust", "store", "audit", "text", "model", "error"]),
    ("export", &["extraction", "store", "directory", "audit", "visibility", "ldap_entry", "settings", "text", "model", "error"]),
    ("alert", &["store", "audit", "visibility", "settings", "model", "error"]),
    ("indicators", &["store", "directory", "trust", "model", "error"]),
    ("synth", &["extraction", "text", "model", "error"]),
    ("ldap", &["directory", "publication", "trust", "audit", "ldap_entry", "text", "model", "settings", "error"]),
    ("rest", &["directory", "publication", "trust", "audit", "alert", "export", "indicators", "text", "model", "settings", "error"]),
    ("net", &["ldap", "rest", "trust", "limits", "settings", "model", "error"]),
    ("cli", &["*"]),
];

/// Library, and the only rooms that may name it.
const LIBRARIES: [(&str, &[&str]); 16] = [
    ("sqlx", &["store"]),
    ("tantivy", &["index"]),
    ("axum", &["rest", "net"]),
    ("hyper", &["net"]),
    ("hyper_util", &["net"]),
    ("ldap3_proto", &["ldap"]),
    ("rustls", &["net"]),
    ("tokio_rustls", &["net"]),
    ("ppp", &["net"]),
    ("webpki", &["trust"]),
    ("x509_parser", &["trust"]),
    ("utoipa_axum", &["rest"]),
    ("figment", &["settings"]),
    ("anyhow", &["cli"]),
    ("indicatif", &["cli"]),
    ("clap", &["cli"]),
];

const LONGEST_FILE: usize = 400;

struct Source {
    path: PathBuf,
    room: String,
    text: String,
}

impl Source {
    /// Without comment lines, because a link in a comment is no arrow, and without the tests at the end of a file.
    fn code(&self) -> String {
        if self.path.file_stem().is_some_and(|stem| stem.to_string_lossy().ends_with("_tests")) {
            return String::new();
        }
        let shipped = self.text.split("#[cfg(test)]\nmod ").next().unwrap_or_default();
        shipped.lines().filter(|line| !line.trim_start().starts_with("//")).collect::<Vec<_>>().join("\n")
    }
}

fn sources(under: &str) -> Vec<Source> {
    let root = repository(under);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("a source folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "rs") {
                let relative = path.strip_prefix(&root).expect("a file under its root").to_owned();
                let room = relative.components().next().expect("a first part").as_os_str().to_string_lossy().replace(".rs", "");
                let text = std::fs::read_to_string(&path).expect("a source");
                found.push(Source { path: Path::new(under).join(relative), room, text });
            }
        }
    }
    assert!(!found.is_empty());
    found
}

/// First names behind `crate::`, also in a group: `crate::store::X` and `crate::{store, index::Y}`.
fn rooms_named(code: &str) -> BTreeSet<String> {
    let name = |text: &str| text.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect::<String>();
    let mut named = BTreeSet::new();
    for (at, _) in code.match_indices("crate::") {
        // `$crate::` and the end of another name (`my_crate::`) are none of ours.
        if code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_') {
            continue;
        }
        let rest = &code[at + "crate::".len()..];
        let Some(group) = rest.strip_prefix('{') else {
            named.insert(name(rest));
            continue;
        };
        let mut depth = 0;
        let mut start = true;
        for (i, c) in group.char_indices() {
            match c {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => start = true,
                c if start && !c.is_whitespace() => {
                    named.insert(name(&group[i..]));
                    start = false;
                }
                _ => {}
            }
        }
    }
    named
}

#[test]
fn arrows_point_down() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        if source.room == "lib" || source.room == "main" {
            continue;
        }
        let Some((_, allowed)) = ARROWS.iter().find(|(room, _)| *room == source.room) else {
            wrong.push(format!("{}: the room {} is not in the table", source.path.display(), source.room));
            continue;
        };
        for named in rooms_named(&source.code()) {
            let known = ARROWS.iter().any(|(room, _)| *room == named);
            if known && named != source.room && !allowed.contains(&"*") && !allowed.contains(&named.as_str()) {
                wrong.push(format!("{}: {} may not import {named}", source.path.display(), source.room));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_table_has_no_circle() {
    let position = |room: &str| ARROWS.iter().position(|(r, _)| *r == room).expect("a room of the table");
    for (room, allowed) in ARROWS {
        for target in allowed.iter().filter(|t| **t != "*") {
            assert!(position(target) < position(room), "{room} stands above {target} in the table");
        }
    }
}

#[test]
fn grouped_imports_are_read() {
    let code = "use crate::{store::{A, B}, index};\nlet x = crate::text::fold(y); my_crate::z();";
    assert_eq!(rooms_named(code).into_iter().collect::<Vec<_>>(), ["index", "store", "text"]);
}

#[test]
fn libraries_stay_in_their_rooms() {
    let mut wrong = Vec::new();
    for source in sources("src") {
        let code = source.code();
        for (library, rooms) in LIBRARIES {
            let named = code
                .match_indices(&format!("{library}::"))
                .any(|(at, _)| !code[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_' || c == ':'));
            if named && !rooms.contains(&source.room.as_str()) {
                wrong.push(format!("{}: {library} belongs to {}", source.path.display(), rooms.join(", ")));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn stored_bytes_become_published_in_the_index_only() {
    for source in sources("src") {
        let decodes = source.code().contains("Published::decode");
        assert!(!decodes || source.room == "index", "{} decodes Published", source.path.display());
    }
}

#[test]
fn only_settings_read_the_environment() {
    for source in sources("src") {
        let code = source.code();
        let reads = ["env::var", "env::vars", "env::args", "Env::prefixed", "Env::raw"].iter().any(|call| code.contains(call));
        assert!(!reads || source.room == "settings", "{} reads the environment", source.path.display());
    }
}

#[test]
fn formatted_sql_is_marked_in_one_file() {
    let marked: Vec<_> = sources("src").into_iter().filter(|s| s.code().contains("AssertSqlSafe(")).map(|s| s.path).collect();
    assert!(marked.len() <= 1, "{marked:?}");
}

#[test]
fn files_have_a_head_and_an_end() {
    let mut wrong = Vec::new();
    for source in sources("src").into_iter().chain(sources("tests")) {
        let path = source.path.display();
        let lines = source.text.lines().count();
        if lines > LONGEST_FILE {
            wrong.push(format!("{path}: {lines} lines; look for the second idea in it"));
        }
        let head = source.text.lines().take_while(|line| line.starts_with("//!")).map(str::len).sum::<usize>();
        if head < 20 {
            wrong.push(format!("{path}: no head that says what it owns"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
