//! The relevance suite: questions as people ask them, over invented people, and how well the directory answers.
//!
//! Questions, kinds, thresholds and the suite's own people are files of `benches/relevance/`, inside the binary, so that the command works
//! from any folder. A question names the data it is asked of and what its answer must be, by stable ids or by what the answers must have in
//! common; the latter is counted over the files that were imported, never over the index ([`witness`]). Answers are judged by rules that know no
//! search engine ([`judge`]), so that others can be measured with the same ones.

mod data;
mod expected;
mod judge;
mod own;
mod predicate;
mod questions;
mod scores;
mod witness;

pub use data::{Data, World};
pub use expected::Expected;
pub use judge::{DEPTH, Given, Judgement};
pub use questions::{Group, Kind, Question, Threshold, kinds, questions, read_questions, thresholds};
pub use scores::{Score, Scores, below};
pub use witness::Witness;

use anyhow::{Context as _, ensure};

/// A question with what it got.
#[derive(Clone, Debug)]
pub struct Asked {
    pub question: Question,
    pub expected: Expected,
    pub given: Given,
    pub judgement: Judgement,
}

/// Asks the questions of one set of data, in their order.
///
/// # Errors
/// When questions cannot be read or describe nobody, all of them told, or when one fails.
pub async fn ask(world: &World, questions: &[Question]) -> anyhow::Result<Vec<Asked>> {
    let questions: Vec<_> = questions.iter().filter(|question| question.data == world.data()).collect();
    let (expected, wrong): (Vec<_>, Vec<_>) = questions.iter().map(|question| world.witness().expected(question)).partition(Result::is_ok);
    let wrong: Vec<_> = wrong.into_iter().filter_map(Result::err).map(|error| format!("{error:#}")).collect();
    ensure!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut asked = Vec::new();
    for (question, expected) in questions.into_iter().zip(expected.into_iter().flatten()) {
        let given = world.answer(&question.asked).await.with_context(|| format!("question {}", question.id))?;
        let judgement = expected.judge(&given);
        asked.push(Asked { question: question.clone(), expected, given, judgement });
    }
    Ok(asked)
}
