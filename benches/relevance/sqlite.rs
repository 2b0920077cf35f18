//! SQLite as its manual says: an FTS5 table (`unicode61`, accents removed, prefixes indexed), words by their beginning, `bm25` with weights
//! by column after whole words; when nothing is found, a second table of trigrams: every word with half of its trigrams or more in the entry,
//! the most first.

use crate::Answers;
use crate::asked::Asked;
use crate::entries::Entry;
use crate::postgres::answers;
use crate::tables::{TABLES, conditions, inserts, many};
use crate::tool::{argument, find, quoted, run, script, version};
use annuaire::cli::relevance::{DEPTH, Question};
use annuaire::text;
use anyhow::Result;
use std::path::PathBuf;
use std::process::Command;

/// Part of a word's trigrams that an entry must have; of 0.3, 0.4, 0.5 and 0.6 the one with the most right answers.
const ENOUGH: f64 = 0.5;

const SCHEMA: &str = "
CREATE TABLE entry (number integer PRIMARY KEY, id text, kind text, family text, given text, has_mailbox integer, numbers text);
CREATE VIRTUAL TABLE search USING fts5 (names, what, places, numbers, addresses, tokenize = 'unicode61 remove_diacritics 2', prefix = '1 2 3 4');
CREATE VIRTUAL TABLE trigrams USING fts5 (text, tokenize = 'trigram');
";

fn program() -> Result<PathBuf> {
    let found = || std::env::split_paths(&std::env::var_os("PATH")?).map(|folder| folder.join("sqlite3")).find(|path| path.exists());
    find(&found, "sqlite3")
}

pub fn release() -> Result<String> {
    Ok(format!("SQLite {}", version(&program()?)?.split(' ').next().unwrap_or_default()))
}

pub fn ask(entries: &[Entry], questions: &[&Question]) -> Result<Answers> {
    let folder = tempfile::tempdir()?;
    let folded = |text: &str| quoted(&format!(" {} ", text::words(text).join(" ")));
    let (mut rows, mut searched, mut trigrams) = (Vec::new(), Vec::new(), Vec::new());
    for (number, entry) in entries.iter().enumerate() {
        let texts = entry.texts();
        let (family, given) = (folded(&entry.family), folded(&entry.given));
        let (id, kind, numbers) = (quoted(&entry.id), quoted(entry.kind), quoted(&entry.numbers.join(" ")));
        rows.push(format!("({number},{id},{kind},{family},{given},{},{numbers})", u8::from(entry.has_mailbox())));
        searched.push(format!("({number},{})", texts.each_ref().map(|text| quoted(text)).join(",")));
        trigrams.push(format!("({number},{})", folded(&texts.iter().take(3).cloned().collect::<Vec<_>>().join(" "))));
    }
    let mut sql = format!(".mode tabs\n{SCHEMA}{TABLES}BEGIN;\n{}{}", many("entry", &rows), inserts(entries));
    sql.push_str(&many("search(rowid, names, what, places, numbers, addresses)", &searched));
    sql.push_str(&many("trigrams(rowid, text)", &trigrams));
    sql.push_str("COMMIT; CREATE INDEX of_practice ON practice (entry); CREATE INDEX of_mailbox ON mailbox (entry); ANALYZE;\n");
    questions.iter().for_each(|question| sql.push_str(&statement(question)));
    let said = run(
        Command::new(program()?).arg("-batch").arg("-bail").arg(folder.path().join("data")),
        &script(folder.path(), "questions.sql", &sql)?,
    )?;
    answers(&said)
}

/// Windows of three letters.
fn windows(word: &str) -> Vec<String> {
    let letters: Vec<char> = word.chars().collect();
    letters.windows(3).map(|window| window.iter().collect()).collect()
}

fn statement(question: &Question) -> String {
    let asked = Asked::of(&question.asked);
    let name = "e.has_mailbox DESC, e.family, e.given, e.id";
    let free = asked.free_words();
    let (mut found, mut order, mut from) = (conditions(&asked, false), name.to_owned(), "entry e");
    if !free.is_empty() {
        let query = |ending: &str| quoted(&free.iter().map(|word| format!("\"{word}\"{ending}")).collect::<Vec<_>>().join(" AND "));
        from = "search JOIN entry e ON e.number = search.rowid";
        found.push(format!("search MATCH {}", query("*")));
        let whole = format!("e.number IN (SELECT rowid FROM search WHERE search MATCH {})", query(""));
        order = format!("{whole} DESC, bm25(search, 10.0, 5.0, 3.0, 1.0, 1.0), {name}");
    }
    let mut similar = conditions(&asked, true);
    let mut likeness = vec!["0".to_owned()];
    let mut any = Vec::new();
    for word in asked.words_with_errors() {
        let windows = windows(&word);
        let held = windows.iter().map(|window| format!("(instr(t.text, {}) > 0)", quoted(window))).collect::<Vec<_>>().join(" + ");
        if windows.is_empty() {
            similar.push(format!("instr(t.text, {}) > 0", quoted(&format!(" {word} "))));
            continue;
        }
        similar.push(format!("({held}) >= {}", (windows.len() as f64 * argument("--enough", ENOUGH)).ceil()));
        likeness.push(held);
        any.extend(windows.into_iter().map(|window| format!("\"{window}\"")));
    }
    let candidates = if any.is_empty() { "0".to_owned() } else { format!("trigrams MATCH {}", quoted(&any.join(" OR "))) };
    format!(
        "WITH a AS MATERIALIZED (SELECT e.id, row_number() OVER (ORDER BY {order}) AS r FROM {from} WHERE {}),\n\
         b AS MATERIALIZED (SELECT e.id, row_number() OVER (ORDER BY {} DESC, {name}) AS r\n\
         FROM (SELECT rowid, text FROM trigrams WHERE {candidates} AND NOT EXISTS (SELECT 1 FROM a)) t JOIN entry e ON e.number = t.rowid WHERE {}),\n\
         c AS (SELECT * FROM a UNION ALL SELECT * FROM b)\n\
         SELECT {}, (SELECT count(*) FROM c), (SELECT group_concat(id, ' ') FROM (SELECT id FROM c ORDER BY r LIMIT {DEPTH}));\n",
        found.join(" AND "),
        likeness.join(" + "),
        similar.join(" AND "),
        quoted(&question.id),
    )
}
