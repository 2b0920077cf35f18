//! The relevance suite, ours beside PostgreSQL and SQLite: the same entries, the same questions, the same judge, one command.
//!
//! `cargo bench --bench relevance -- --write` (or, since it is no matter of speed, `cargo bench --profile dev --bench relevance -- --write`)
//! builds the data of the suite, asks ours through the directory as REST does, hands everything the public may see to a temporary PostgreSQL
//! cluster and a SQLite file, asks them the same questions, and writes the table into docs/relevance.md. Without `--write` it only prints.
//! `--against postgres,sqlite` chooses; `--similar 0.4` and `--enough 0.4` are how alike words must be to them; `--verbose` tells what each system did not answer. Missing servers are installed by apt.

mod asked;
mod entries;
mod postgres;
mod sqlite;
mod tables;
mod tool;

use annuaire::cli::relevance::{self, Data, Given, Judgement, Question, Scores, World};
use anyhow::{Context as _, Result, ensure};
use entries::Entry;
use std::collections::HashMap;
use std::fmt::Write as _;

/// Answers by the ids of questions.
type Answers = HashMap<String, Given>;
/// Makes its tables of the entries, and asks.
type Rival = fn(&[Entry], &[&Question]) -> Result<Answers>;

const RIVALS: [(&str, Rival); 2] = [("postgres", postgres::ask), ("sqlite", sqlite::ask)];
const BEGIN: &str = "<!-- the table begins; written by `cargo bench --bench relevance -- --write` -->";
const END: &str = "<!-- the table ends -->";

struct Judged {
    system: String,
    of: Vec<(String, Judgement)>,
}

fn has(flag: &str) -> bool {
    std::env::args().any(|argument| argument == flag)
}

fn main() -> Result<()> {
    let against = std::env::args().skip_while(|argument| argument != "--against").nth(1);
    let wanted = |name: &str| against.as_ref().is_none_or(|list| list.split(',').any(|wanted| wanted == name));
    let rivals: Vec<_> = RIVALS.into_iter().filter(|(name, _)| wanted(name)).collect();
    let questions = relevance::questions()?;
    let mut ours = Judged { system: "annuaire".to_owned(), of: Vec::new() };
    let mut theirs: Vec<_> = rivals.iter().map(|(name, _)| Judged { system: (*name).to_owned(), of: Vec::new() }).collect();
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    for data in Data::ALL {
        let (world, asked) = runtime.block_on(async {
            let world = World::build(data).await?;
            let asked = relevance::ask(&world, &questions).await?;
            anyhow::Ok((world, asked))
        })?;
        let of_data: Vec<_> = questions.iter().filter(|question| question.data == data).collect();
        ours.of.extend(asked.iter().map(|asked| (asked.question.kind.clone(), asked.judgement)));
        let entries = entries::of(&world)?;
        for ((name, rival), into) in rivals.iter().zip(theirs.iter_mut()) {
            let answers = rival(&entries, &of_data).with_context(|| format!("asking {name}"))?;
            for question in &of_data {
                let given = answers.get(&question.id).with_context(|| format!("{name} did not answer {}", question.id))?;
                let judgement = world.witness().expected(question)?.judge(given);
                if has("--verbose") && !judgement.success_1 {
                    println!("{name}: {} {} — {}: {:?} of {}", question.id, question.asked, question.expect, given.ids, given.total);
                }
                into.of.push((question.kind.clone(), judgement));
            }
        }
    }
    let judged: Vec<_> = std::iter::once(ours).chain(theirs).collect();
    let table = table(&judged)?;
    println!("{table}");
    if has("--write") {
        write(&table, &rivals)?;
    }
    Ok(())
}

/// Kinds, then groups; three measures of each system.
fn table(judged: &[Judged]) -> Result<String> {
    let kinds = relevance::kinds()?;
    let scores: Vec<_> = judged
        .iter()
        .map(|judged| Scores::of(&kinds, &judged.of.iter().map(|(kind, judgement)| (kind.as_str(), *judgement)).collect::<Vec<_>>()))
        .collect();
    let mut text = String::from("| kind | questions |");
    for judged in judged {
        let _ = write!(text, " {} MRR@10 | success@1 | success@5 |", judged.system);
    }
    let _ = writeln!(text, "\n|---|---|{}", "---|---|---|".repeat(judged.len()));
    let first = scores.first().context("no system")?;
    for (row, (name, score)) in first.rows().enumerate() {
        let label = if row < first.kinds.len() { name.clone() } else { format!("**all {name}**") };
        let _ = write!(text, "| {label} | {} |", score.questions);
        for (_, score) in scores.iter().filter_map(|scores| scores.rows().nth(row)) {
            let _ = write!(text, " {:.3} | {:.3} | {:.3} |", score.mrr, score.success_1, score.success_5);
        }
        text.push('\n');
    }
    Ok(text)
}

/// Puts the table between its marks in docs/relevance.md.
fn write(table: &str, rivals: &[(&str, Rival)]) -> Result<()> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/relevance.md");
    let page = std::fs::read_to_string(path)?;
    let (before, rest) = page.split_once(BEGIN).context("docs/relevance.md has no mark where the table begins")?;
    let (_, after) = rest.split_once(END).context("docs/relevance.md has no mark where the table ends")?;
    ensure!(rivals.len() == RIVALS.len(), "the page compares with all systems");
    let releases = format!("{}; {}.", postgres::release()?, sqlite::release()?);
    std::fs::write(path, format!("{before}{BEGIN}\n{table}\n{releases}\n{END}{after}"))?;
    Ok(())
}
