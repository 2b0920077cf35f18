//! PostgreSQL as its manual says: a weighted `tsvector` of two configurations (names as they are, professions and places with French stems
//! and stop words, both without accents), words by their beginning, `ts_rank` after whole words; when nothing is found, `pg_trgm`: every word
//! similar to a part of the entry, the most similar first.

use crate::asked::Asked;
use crate::entries::Entry;
use crate::tables::{TABLES, conditions, inserts, many};
use crate::tool::{argument, find, quoted, run, script, version};
use crate::{Answers, Given};
use annuaire::cli::relevance::{DEPTH, Question};
use annuaire::text;
use anyhow::{Context as _, Result, ensure};
use std::os::unix::fs::MetadataExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// What `pg_trgm` calls similar; of 0.3, 0.4, 0.5 and 0.6 the one with the most right answers.
const SIMILAR: f64 = 0.3;

const CONFIGURATION: &str = "
CREATE EXTENSION unaccent; CREATE EXTENSION pg_trgm;
CREATE TEXT SEARCH CONFIGURATION plain (COPY = simple);
ALTER TEXT SEARCH CONFIGURATION plain ALTER MAPPING FOR word, hword, hword_part, asciiword, asciihword, hword_asciipart WITH unaccent, simple;
CREATE TEXT SEARCH CONFIGURATION fr (COPY = french);
ALTER TEXT SEARCH CONFIGURATION fr ALTER MAPPING FOR word, hword, hword_part, asciiword, asciihword, hword_asciipart WITH unaccent, french_stem;
CREATE TABLE raw (number integer, id text, kind text, family text, given text, has_mailbox integer, numbers text,
  names text, what text, places text, addresses text);
";

/// Punctuation goes, because the parser would take `L'HOPITAL`, `CHU-NORD` and addresses for other things than words.
const INDEX: &str = "
CREATE FUNCTION split(text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT regexp_replace($1, '[^[:alnum:]]+', ' ', 'g') $$;
CREATE TABLE entry AS SELECT *,
  setweight(to_tsvector('plain', split(names)), 'A') || setweight(to_tsvector('fr', split(what)), 'B')
    || setweight(to_tsvector('fr', split(places)) || to_tsvector('plain', split(places)), 'C')
    || setweight(to_tsvector('plain', numbers || ' ' || split(addresses)), 'D') AS search,
  lower(unaccent(split(names || ' ' || what || ' ' || places))) AS text FROM raw;
CREATE INDEX ON entry USING gin (search); CREATE INDEX ON entry USING gin (text gin_trgm_ops); CREATE INDEX ON practice (entry);
CREATE INDEX ON mailbox (entry); ANALYZE;
";

fn program(name: &str) -> Result<PathBuf> {
    let newest = || {
        let mut found: Vec<_> =
            std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|e| e.path().join("bin").join(name)).collect();
        found.retain(|path| path.exists());
        found.sort();
        found.pop()
    };
    find(&newest, "postgresql")
}

pub fn release() -> Result<String> {
    Ok(version(&program("postgres")?)?.replace("postgres (PostgreSQL)", "PostgreSQL"))
}

/// PostgreSQL refuses to be root; Debian's package makes a user for it.
fn unprivileged(command: &mut Command) -> Result<Option<(u32, u32)>> {
    if std::fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = std::fs::read_to_string("/etc/passwd")?;
    let user = users.lines().find(|line| line.starts_with("postgres:")).context("no user postgres")?;
    let mut numbers = user.split(':').skip(2).map_while(|number| number.parse::<u32>().ok());
    let ids = numbers.next().zip(numbers.next()).context("user postgres has no number")?;
    command.uid(ids.0).gid(ids.1).current_dir("/");
    Ok(Some(ids))
}

/// A cluster that is stopped when dropped; reached by its socket in its folder only.
struct Cluster {
    process: Child,
    folder: PathBuf,
}

impl Drop for Cluster {
    fn drop(&mut self) {
        let _ = Command::new("kill").args(["-INT", &self.process.id().to_string()]).status();
        let _ = self.process.wait();
    }
}

impl Cluster {
    fn start(parent: &Path) -> Result<Self> {
        let folder = parent.join("cluster");
        std::fs::create_dir(&folder)?;
        let mut command = Command::new(program("initdb")?);
        command.arg("-D").arg(&folder).args(["-U", "bench", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync"]);
        if let Some((user, group)) = unprivileged(&mut command)? {
            std::os::unix::fs::chown(parent, Some(user), Some(group))?;
            std::os::unix::fs::chown(&folder, Some(user), Some(group))?;
        }
        let output = command.output()?;
        ensure!(output.status.success(), "initdb: {}", String::from_utf8_lossy(&output.stderr));
        let mut command = Command::new(program("postgres")?);
        command.arg("-D").arg(&folder).args(["-c", "listen_addresses=", "-c", "fsync=off", "-c", "jit=off", "-k"]).arg(&folder);
        unprivileged(&mut command)?;
        let process = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).spawn()?;
        let cluster = Self { process, folder };
        let since = Instant::now();
        while !cluster.psql()?.args(["-c", "SELECT 1"]).stdout(Stdio::null()).stderr(Stdio::null()).status()?.success() {
            ensure!(since.elapsed() < Duration::from_secs(60), "PostgreSQL does not answer");
            std::thread::sleep(Duration::from_millis(100));
        }
        Ok(cluster)
    }

    fn psql(&self) -> Result<Command> {
        let mut command = Command::new(program("psql")?);
        command
            .args(["-X", "-q", "-A", "-t", "-F", "\t", "-U", "bench", "-d", "postgres", "-v", "ON_ERROR_STOP=1", "-h"])
            .arg(&self.folder);
        Ok(command)
    }
}

pub fn ask(entries: &[Entry], questions: &[&Question]) -> Result<Answers> {
    let folder = tempfile::tempdir()?;
    let cluster = Cluster::start(folder.path())?;
    let rows: Vec<_> = entries.iter().enumerate().map(|(number, entry)| row(number, entry)).collect();
    let mut sql = format!("{CONFIGURATION}{TABLES}BEGIN;\n{}{}COMMIT;\n{INDEX}", many("raw", &rows), inserts(entries));
    // Words without a stem are told by notices.
    sql.push_str(&format!(
        "SET client_min_messages = error; SET pg_trgm.word_similarity_threshold = {};\n",
        argument("--similar", SIMILAR)
    ));
    questions.iter().for_each(|question| sql.push_str(&statement(question)));
    let said = run(&mut cluster.psql()?, &script(folder.path(), "questions.sql", &sql)?)?;
    answers(&said)
}

/// Lines of id of the question, total, ids of entries.
pub fn answers(said: &str) -> Result<Answers> {
    let mut answers = Answers::new();
    for line in said.lines() {
        let mut parts = line.split('\t');
        let id = parts.next().context("a question")?;
        let total = parts.next().context("a total")?.parse()?;
        let ids = parts.next().unwrap_or_default().split(' ').filter(|id| !id.is_empty()).map(str::to_owned).collect();
        answers.insert(id.to_owned(), Given { ids, total });
    }
    Ok(answers)
}

fn row(number: usize, entry: &Entry) -> String {
    let folded = |text: &str| quoted(&format!(" {} ", text::words(text).join(" ")));
    let [names, what, places, numbers, addresses] = entry.texts().map(|text| quoted(&text));
    format!(
        "({number},{},{},{},{},{},{numbers},{names},{what},{places},{addresses})",
        quoted(&entry.id),
        quoted(entry.kind),
        folded(&entry.family),
        folded(&entry.given),
        u8::from(entry.has_mailbox()),
    )
}

/// The words as a query of either configuration; a stop word asks nothing.
fn words_query(words: &[String], ending: &str) -> String {
    let word = |word: &String| {
        let (term, whole) = (quoted(&format!("{word}{ending}")), quoted(word));
        format!(
            "(CASE WHEN numnode(to_tsquery('fr', {whole})) = 0 THEN ''::tsquery ELSE to_tsquery('plain', {term}) || to_tsquery('fr', {term}) END)"
        )
    };
    words.iter().map(word).collect::<Vec<_>>().join(" && ")
}

fn statement(question: &Question) -> String {
    let asked = Asked::of(&question.asked);
    let free = asked.free_words();
    let name = "e.has_mailbox DESC, e.family, e.given, e.id";
    let (mut found, mut order) = (conditions(&asked, false), name.to_owned());
    if !free.is_empty() {
        let (beginnings, whole) = (words_query(&free, ":*"), words_query(&free, ""));
        found.push(format!("e.search @@ ({beginnings})"));
        order = format!("(e.search @@ ({whole})) DESC, ts_rank(e.search, {beginnings}) DESC, {name}");
    }
    let mut similar = conditions(&asked, true);
    let words: Vec<_> = asked.words_with_errors().iter().map(|word| quoted(word)).collect();
    // Words that mean nothing by themselves have no trigrams worth comparing.
    let worth = |word: &String| format!("(numnode(to_tsquery('fr', {word})) = 0 OR {word} <% e.text)");
    similar.extend(words.iter().map(worth));
    let likeness =
        words.iter().map(|word| format!("word_similarity({word}, e.text)")).chain(["0".to_owned()]).collect::<Vec<_>>().join(" + ");
    let forgiven = if words.is_empty() { "false" } else { "NOT EXISTS (SELECT 1 FROM a)" };
    format!(
        "WITH a AS MATERIALIZED (SELECT e.id, row_number() OVER (ORDER BY {order}) AS r FROM entry e WHERE {}),\n\
         b AS MATERIALIZED (SELECT e.id, row_number() OVER (ORDER BY {likeness} DESC, {name}) AS r FROM entry e WHERE {forgiven} AND {}),\n\
         c AS (SELECT * FROM a UNION ALL SELECT * FROM b)\n\
         SELECT {}, (SELECT count(*) FROM c), (SELECT string_agg(id, ' ' ORDER BY r) FROM (SELECT * FROM c ORDER BY r LIMIT {DEPTH}) t);\n",
        found.join(" AND "),
        similar.join(" AND "),
        quoted(&question.id),
    )
}
