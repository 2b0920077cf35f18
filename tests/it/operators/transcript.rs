//! docs/operators-transcript.md, run as it stands: each command of the page by `bash`, each answer compared with the page's own. With
//! UPDATE_TRANSCRIPT=1 the answers are written into the page.
//!
//! What varies is replaced: addresses of the service, secrets, ids, revisions, times. Between two commands the index catches up, so that
//! nothing depends on who is faster.

use crate::country;
use crate::harness::{BINARY, PATIENCE, Server, annuaire_in, repository};
use annuaire::store::{DataDir, Store};
use std::fmt::Write as _;
use std::process::{Command, Stdio};
use std::time::Duration;

const HTTP: &str = "127.0.0.1:8080";
const LDAP: &str = "127.0.0.1:3389";
/// In the page, where the service is left alone for so long that it looks after its mailboxes.
const HOUR: &str = "<!-- an hour passes -->";
/// Longer than a door remembers a credential with its state.
const REMEMBERED: Duration = Duration::from_millis(700);

/// What a reader's shell has: the command by its name, curl without a progress bar, variables that live from one command to the next.
const SHELL: &str = r#"
exec 2>&1
. "$VARIABLES"
annuaire() { "$BINARY" --data "$FOLDER" "$@"; }
curl() { command curl -sS "$@"; }
"#;
const KEEP: &str = r#"
for name in KEY HOSPITAL TAG BATCH; do [ -z "${!name-}" ] || printf '%s=%q\n' "$name" "${!name}"; done > "$VARIABLES"
"#;

struct Place {
    folder: tempfile::TempDir,
    work: tempfile::TempDir,
    store: Store,
    data: DataDir,
    server: Server,
}

impl Place {
    async fn new() -> Self {
        let files = tempfile::tempdir().unwrap();
        country::write(files.path());
        let folder = tempfile::tempdir().unwrap();
        annuaire_in(folder.path(), &["import", files.path().to_str().unwrap()]).success();
        let server = Server::start(folder.path(), &[], Stdio::null());
        server.ready().await;
        let data = DataDir::create_or_open(folder.path()).unwrap();
        let store = Store::open(&data).await.unwrap();
        // The reader stands in a copy of the repository.
        let work = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(repository("examples"), work.path().join("examples")).unwrap();
        std::fs::write(work.path().join(".variables"), "").unwrap();
        Self { folder, work, store, data, server }
    }

    /// Until everything the store holds is in every answer.
    async fn settle(&self) {
        let wanted = self.store.last_change().await.unwrap();
        let reached = async {
            while self.data.searchable() < wanted {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
        };
        tokio::time::timeout(PATIENCE, reached).await.expect("searchable in time");
    }

    async fn run(&self, shown: &str) -> String {
        self.settle().await;
        let typed = shown.replace(HTTP, &self.server.http).replace(LDAP, &self.server.ldap);
        let variables = self.work.path().join(".variables");
        let mut bash = Command::new("bash");
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("ANNUAIRE_")) {
            bash.env_remove(name);
        }
        bash.args(["-c", &format!("{SHELL}\n{typed}\n{KEEP}")]).current_dir(self.work.path()).stdin(Stdio::null());
        bash.env("BINARY", BINARY).env("FOLDER", self.folder.path()).env("VARIABLES", &variables);
        bash.env("PYTHONDONTWRITEBYTECODE", "1").env("NO_PROXY", "*").env("no_proxy", "*").env("LC_ALL", "C.UTF-8");
        let out = String::from_utf8(bash.output().expect("bash runs").stdout).expect("UTF-8");
        if shown.contains(" operator state ") {
            tokio::time::sleep(REMEMBERED).await;
        }
        let kept = std::fs::read_to_string(variables).unwrap();
        let mut out = out.replace(&self.server.http, HTTP).replace(&self.server.ldap, LDAP);
        for (name, value) in kept.lines().filter_map(|line| line.split_once('=')) {
            out = out.replace(value, &format!("<{name}>"));
        }
        steady(&out)
    }
}

/// The text with what differs from run to run replaced.
fn steady(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    let mut out = String::new();
    let mut rest = text.as_str();
    while let Some(first) = rest.chars().next() {
        let (length, word) = varying(&out, rest);
        if length > 0 {
            out.push_str(word);
            rest = &rest[length..];
        } else {
            out.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    if !out.is_empty() && !out.ends_with('\n') {
        out.push('\n');
    }
    out
}

/// Length of what varies at the beginning of `rest`, and the word for it.
fn varying(before: &str, rest: &str) -> (usize, &'static str) {
    let hex = |c: char| matches!(c, '0'..='9' | 'a'..='f');
    let like = |pattern: &str| {
        let mut given = rest.chars();
        pattern.chars().all(|wanted| {
            let c = given.next().unwrap_or_default();
            match wanted {
                'x' => hex(c),
                'd' => c.is_ascii_digit(),
                other => c == other,
            }
        })
    };
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let alone = !before.ends_with(|c: char| c.is_ascii_alphanumeric());
    match () {
        () if like("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx") => (36, "<id>"),
        () if like("dddd-dd-ddTdd:dd:ddZ") => (20, "<time>"),
        () if like("dddd-dd-dd") && ["since ", "until ", "revoked "].iter().any(|word| before.ends_with(word)) => (10, "<day>"),
        () if before.ends_with(r#""revision":""#) || before.ends_with(r#""revision": ""#) => {
            (rest.chars().take_while(|c| hex(*c)).count(), "<revision>")
        }
        () if before.ends_with("secret   ") => (rest.chars().take_while(|c| !c.is_whitespace()).count(), "<secret>"),
        // UTC seconds; ids of operators, FINESS and RPPS numbers have another length or another beginning.
        () if alone && digits == 10 && (rest.starts_with("17") || rest.starts_with("18")) => (10, "<time>"),
        () => (0, ""),
    }
}

/// The commands of a block: each begins with `$ ` and goes on after a backslash, in an open quote, or up to its FIN.
fn commands(block: &[&str]) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    let mut lines = block.iter();
    while let Some(line) = lines.next() {
        let Some(first) = line.strip_prefix("$ ") else { continue };
        let mut command = first.to_owned();
        let unfinished = |command: &str| {
            let here = command.contains("<<'FIN'") && !command.ends_with("\nFIN");
            here || (!command.contains("<<'FIN'") && (command.ends_with('\\') || odd_quotes(command)))
        };
        while unfinished(&command) {
            command.push('\n');
            command.push_str(lines.next().unwrap_or_else(|| panic!("the command does not end: {command}")));
        }
        found.push(command);
    }
    found
}

/// Is a quote open? A single one within double ones is a letter.
fn odd_quotes(command: &str) -> bool {
    let (mut single, mut double) = (false, false);
    let mut letters = command.chars();
    while let Some(c) = letters.next() {
        match c {
            '\\' if !single => drop(letters.next()),
            '\'' if !double => single = !single,
            '"' if !single => double = !double,
            _ => {}
        }
    }
    single || double
}

async fn played(page: &str) -> String {
    let place = Place::new().await;
    let mut out = String::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        out.push_str(line);
        out.push('\n');
        if line == HOUR {
            place.store.tend_mailboxes(super::world::now()).await.unwrap();
        }
        if line != "```console" {
            continue;
        }
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        for command in commands(&block) {
            let answer = place.run(&command).await;
            let _ = write!(out, "$ {command}\n{answer}");
        }
        out.push_str("```\n");
    }
    out
}

fn page() -> std::path::PathBuf {
    repository("docs/operators-transcript.md")
}

fn differs(committed: &str, played: &str) -> Option<String> {
    let (mut a, mut b) = (committed.lines(), played.lines());
    loop {
        match (a.next(), b.next()) {
            (None, None) => return None,
            (a, b) if a == b => {}
            (a, b) => return Some(format!("the page has:\n{}\nthe answer is:\n{}", a.unwrap_or_default(), b.unwrap_or_default())),
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_recorded_cycle_is_what_is_answered() {
    let committed = std::fs::read_to_string(page()).unwrap();
    let played = played(&committed).await;
    if std::env::var_os("UPDATE_TRANSCRIPT").is_some() {
        std::fs::write(page(), &played).unwrap();
        return;
    }
    if let Some(difference) = differs(&committed, &played) {
        panic!("docs/operators-transcript.md differs: run this test with UPDATE_TRANSCRIPT=1, read what changed, commit it.\n{difference}");
    }
}

#[test]
fn what_varies_is_replaced_and_nothing_else() {
    let given = r#"{"id":"6014b6d8-b1d3-4248-ad2e-8159e9f1c02e","at":1795786227,"rpps":"10999990053","operator":"1990999021","revision":"c6581f","updated_at":"2026-11-27T13:29:39Z"} since 2026-11-27  until 2027-11-27 2026-01-01"#;
    let left = r#"{"id":"<id>","at":<time>,"rpps":"10999990053","operator":"1990999021","revision":"<revision>","updated_at":"<time>"} since <day>  until <day> 2026-01-01"#;
    assert_eq!(steady(given), format!("{left}\n"));
    let block = ["$ a \\", "    b", "answer", "$ c '{", "  }'", "$ cat <<'FIN'", "it's", "FIN", "more"];
    assert_eq!(commands(&block), ["a \\\n    b", "c '{\n  }'", "cat <<'FIN'\nit's\nFIN"]);
}
