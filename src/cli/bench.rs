//! `annuaire bench`: measures of what the program answers, over invented people, in a temporary folder; the data folder is not touched.

use super::exit::Exit;
use super::relevance::{self, Asked, Data, Question, Scores, World};
use super::{Context, say, say_json};
use anyhow::Context as _;
use clap::Subcommand;
use std::path::PathBuf;

#[derive(Debug, Subcommand)]
pub enum Action {
    /// Ask the questions of the relevance suite; fails below its thresholds
    Relevance(Args),
}

#[derive(Debug, clap::Args)]
pub struct Args {
    /// Questions of another file; thresholds are then not looked at
    #[arg(long, value_name = "FILE")]
    questions: Option<PathBuf>,
    /// Say which questions were not answered as expected, and what came instead
    #[arg(long)]
    verbose: bool,
    /// Print the scores as JSON
    #[arg(long)]
    json: bool,
}

pub async fn run(context: &Context, action: Action) -> anyhow::Result<Exit> {
    context.outside_production("bench")?;
    match action {
        Action::Relevance(args) => self::relevance(args).await,
    }
}

async fn relevance(args: Args) -> anyhow::Result<Exit> {
    let questions = match &args.questions {
        Some(path) => relevance::read_questions(&std::fs::read_to_string(path).with_context(|| path.display().to_string())?)?,
        None => relevance::questions()?,
    };
    let kinds = relevance::kinds()?;
    let mut asked = Vec::new();
    for data in Data::ALL {
        if questions.iter().any(|question| question.data == data) {
            let world = World::build(data).await?;
            asked.extend(relevance::ask(&world, &questions).await?);
        }
    }
    let judged: Vec<_> = asked.iter().map(|asked| (asked.question.kind.as_str(), asked.judgement)).collect();
    let scores = Scores::of(&kinds, &judged);
    if args.verbose {
        asked.iter().filter(|asked| !asked.judgement.success_1).for_each(|asked| say(described(asked)));
    }
    if args.json {
        say_json(&scores.rows().cloned().collect::<std::collections::BTreeMap<_, _>>())?;
    } else {
        say(table(&scores));
    }
    let thresholds = if args.questions.is_none() { relevance::thresholds()? } else { Vec::new() };
    let below = relevance::below(&scores, &thresholds)?;
    below.iter().for_each(say);
    Ok(if below.is_empty() { Exit::Ok } else { Exit::Failed })
}

/// One line: what was asked, expected and answered; answers that are expected carry a star.
fn described(asked: &Asked) -> String {
    let Asked { question, expected, given, .. } = asked;
    let wanted = expected.entries();
    let star = |id: &String| if wanted.contains(id) { format!("{id}*") } else { id.clone() };
    let answered: Vec<_> = given.ids.iter().map(star).collect();
    let answered = if answered.is_empty() { "nothing".to_owned() } else { answered.join(" ") };
    let Question { id, asked, expect, .. } = question;
    format!("{id}: {asked} — {expect} ({}): {answered} of {}", wanted.len(), given.total)
}

/// Kinds, then groups.
fn table(scores: &Scores) -> String {
    let mut text = format!("{:<16} {:>9} {:>7} {:>10} {:>10}\n", "kind", "questions", "MRR@10", "success@1", "success@5");
    for (name, score) in scores.rows().filter(|(_, score)| score.questions > 0) {
        let line = format!("{name:<16} {:>9} {:>7.3} {:>10.3} {:>10.3}\n", score.questions, score.mrr, score.success_1, score.success_5);
        text.push_str(&line);
    }
    text.trim_end().to_owned()
}
