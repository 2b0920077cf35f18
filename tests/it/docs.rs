//! Documentation that can be wrong is tested: links resolve, commands exist, lists in docs/ are the lists of the binary.

use crate::harness::{TestDirectory, command, repository};
use std::path::{Path, PathBuf};
use std::process::Command;

fn pages() -> Vec<PathBuf> {
    let mut pages: Vec<PathBuf> =
        ["README.md", "ARCHITECTURE.md", "CHANGELOG.md", "fuzz/README.md"].iter().map(|p| repository(p)).collect();
    let mut folders = vec![repository("docs"), repository("schema"), repository("fixtures")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).into_iter().flatten() {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|e| e == "md") {
                pages.push(path);
            }
        }
    }
    pages
}

fn read(path: &Path) -> String {
    std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Text with fenced blocks left out, and the fenced lines.
fn prose_and_code(text: &str) -> (String, Vec<String>) {
    let (mut prose, mut code, mut fenced) = (String::new(), Vec::new(), false);
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
        } else if fenced {
            code.push(line.trim().to_owned());
        } else {
            prose.push_str(line);
            prose.push('\n');
        }
    }
    (prose, code)
}

#[test]
fn every_relative_link_leads_somewhere() {
    let mut broken = Vec::new();
    for page in pages() {
        let (prose, _) = prose_and_code(&read(&page));
        for target in prose.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            if target.contains("://") || target.starts_with('#') || target.starts_with("mailto:") {
                continue;
            }
            let file = target.split('#').next().expect("a target");
            if !page.parent().expect("a folder").join(file).exists() {
                broken.push(format!("{}: {target}", page.display()));
            }
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
}

/// Words after `annuaire` up to the first that cannot name a subcommand, options before the subcommand skipped.
fn subcommand(line: &str) -> Option<Vec<String>> {
    let line = line.strip_prefix("$ ").unwrap_or(line);
    let rest = line.strip_prefix("annuaire ").or_else(|| line.strip_prefix("cargo run -- "))?;
    let mut words = rest.split_whitespace().peekable();
    while words.peek().is_some_and(|w| w.starts_with("--")) {
        words.next();
        words.next();
    }
    Some(words.take_while(|w| w.chars().all(|c| c.is_ascii_lowercase())).map(str::to_owned).collect())
}

fn help(path: &[String]) -> Option<String> {
    let mut arguments: Vec<&str> = path.iter().map(String::as_str).collect();
    arguments.push("--help");
    let output = command(&arguments).output().expect("the binary runs");
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

#[test]
fn commands_in_the_docs_are_commands_of_the_binary() {
    let mut seen = 0;
    for page in pages() {
        let (_, code) = prose_and_code(&read(&page));
        for line in code {
            let Some(mut path) = subcommand(&line) else { continue };
            path.truncate(3);
            // The last words may be files or words searched for.
            let help = (1..=path.len()).rev().find_map(|words| help(&path[..words]));
            let help = help.unwrap_or_else(|| panic!("{}: {line}", page.display()));
            for option in line.split_whitespace().filter(|w| w.starts_with("--") && w.len() > 2) {
                let option = option.split('=').next().expect("a name").trim_end_matches(']');
                assert!(help.contains(option), "{}: {option} in: {line}", page.display());
            }
            seen += 1;
        }
    }
    assert!(seen > 10, "only {seen} commands found in the docs");
}

/// Names in the `Commands:` block of a help text.
fn listed(help: &str) -> Vec<String> {
    let block = help.split("Commands:").nth(1).unwrap_or_default().split("\n\n").next().unwrap_or_default();
    let names = block.lines().filter_map(|line| line.split_whitespace().next().map(str::to_owned));
    names.filter(|name| name != "help").collect()
}

#[test]
fn the_command_page_lists_every_subcommand_and_exit_code() {
    let page = read(&repository("docs/commands.md"));
    let top = help(&[]).expect("help");
    for name in listed(&top) {
        let below = listed(&help(std::slice::from_ref(&name)).expect("help"));
        let names = if below.is_empty() { vec![name.clone()] } else { below.iter().map(|b| format!("{name} {b}")).collect() };
        for name in names {
            assert!(page.contains(&format!("`{name}")), "docs/commands.md does not name `{name}`");
        }
    }
    for line in top.split("Exit codes:").nth(1).expect("exit codes").lines().filter(|l| !l.trim().is_empty()) {
        let (code, meaning) = line.trim().split_once("  ").expect("a code and its meaning");
        assert!(page.contains(&format!("| {code} | {} |", meaning.trim())), "docs/commands.md: exit code {code}");
    }
}

#[test]
fn the_two_commands_of_the_readme_are_there() {
    let (_, code) = prose_and_code(&read(&repository("README.md")));
    assert!(code.iter().any(|line| line.starts_with("cargo run -- demo")));
    assert!(code.iter().any(|line| line.starts_with("./check")));
    for script in ["check", ".ci/run"] {
        let mode = std::os::unix::fs::PermissionsExt::mode(&std::fs::metadata(repository(script)).expect(script).permissions());
        assert_ne!(mode & 0o111, 0, "{script} cannot be run");
    }
}

#[test]
fn settings_in_the_running_guide_are_the_settings() {
    let page = read(&repository("docs/running.md"));
    let settings = serde_json::to_value(annuaire::settings::Settings::default()).expect("settings");
    let mut leaves = Vec::new();
    let mut rooms = vec![(String::new(), settings)];
    while let Some((path, value)) = rooms.pop() {
        match value {
            serde_json::Value::Object(fields) => {
                let below = |name: String| if path.is_empty() { name } else { format!("{path}.{name}") };
                rooms.extend(fields.into_iter().map(|(name, value)| (below(name), value)));
            }
            serde_json::Value::String(text) => leaves.push((path, text)),
            serde_json::Value::Null => leaves.push((path, "none".to_owned())),
            other => leaves.push((path, other.to_string())),
        }
    }
    for (path, value) in leaves {
        let row = format!("| `{path}` | {value} |");
        assert!(page.contains(&row), "docs/running.md lacks: {row}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_readme_shows_what_is_answered() {
    let directory = TestDirectory::demo().await;
    let readme = read(&repository("README.md"));
    let filter = readme.split("-b dc=mssante,dc=fr '").nth(1).and_then(|rest| rest.split('\'').next()).expect("a filter");
    let found = directory.ldap().await.search("dc=mssante,dc=fr", filter).await;
    assert!(!found.entries.is_empty(), "{filter}");
    for entry in &found.entries {
        assert!(readme.contains(&format!("dn: {}", entry.dn)), "the README lacks {}", entry.dn);
    }
    let page = readme.split("open <http://127.0.0.1:8080").nth(1).and_then(|rest| rest.split('>').next()).expect("a page");
    assert!(directory.get(page).await.text().contains("href=\"mailto:"), "{page}");
    let path = readme.split("curl 'http://127.0.0.1:8080").nth(1).and_then(|rest| rest.split('\'').next()).expect("a question");
    let answer = directory.get(path).await.text();
    let shown = readme.lines().find(|line| line.starts_with("{\"total\"")).expect("an answer").trim_end_matches([' ', '…']);
    assert!(answer.starts_with(shown), "{answer}");
}

/// The recipes run as they are written, but for the addresses of the service.
#[tokio::test(flavor = "multi_thread")]
async fn recipes_of_the_clients_run() {
    let directory = TestDirectory::demo().await;
    let here = |text: &str| {
        let text = text.replace("127.0.0.1:3389", &directory.ldap.to_string()).replace("127.0.0.1:8080", &directory.http.to_string());
        text.replace("uid=cabinet-1,", &format!("uid={},", directory.account))
    };
    let mut ran = 0;
    for (page, accepted) in [("docs/clients/ldapsearch.md", &[0, 4, 32][..]), ("docs/clients/curl.md", &[0])] {
        let (_, code) = prose_and_code(&read(&repository(page)));
        for line in code.iter().filter(|line| (line.starts_with("ldapsearch ") || line.starts_with("curl ")) && !line.contains("jq")) {
            let ran_line = Command::new("bash").args(["-c", &here(line)]).env("SECRET", &directory.secret).output().expect("bash runs");
            let code = ran_line.status.code().unwrap_or(-1);
            assert!(accepted.contains(&code), "{page}: {line}: {code} {}", String::from_utf8_lossy(&ran_line.stderr));
            ran += 1;
        }
    }
    let python = read(&repository("docs/clients/python.md"));
    for script in python.split("```python\n").skip(1).filter_map(|rest| rest.split("```").next()) {
        let output = Command::new(python_with_ldap3()).args(["-c", &here(script)]).output().expect("python runs");
        assert!(output.status.success(), "{script}\n{}", String::from_utf8_lossy(&output.stderr));
        ran += 1;
    }
    let folder = tempfile::tempdir().expect("a temporary folder");
    let source = folder.path().join("Annuaire.java");
    let java = read(&repository("docs/clients/java.md"));
    let program = java.split("```java\n").nth(1).and_then(|rest| rest.split("```").next()).expect("a program");
    std::fs::write(&source, here(program)).expect("a source file");
    let output = Command::new("java").arg(&source).output().expect("java runs");
    assert!(output.status.success() && output.stdout.contains(&b'@'), "{}", String::from_utf8_lossy(&output.stderr));
    ran += 1;
    assert!(ran > 10, "only {ran} recipes found");
}

/// The first Python on the path may be one without Debian's packages.
pub fn python_with_ldap3() -> &'static str {
    let has = |python: &str| Command::new(python).args(["-c", "import ldap3"]).output().is_ok_and(|o| o.status.success());
    if has("python3") { "python3" } else { "/usr/bin/python3" }
}
