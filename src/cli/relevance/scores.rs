//! Means of judgements by kind and by group, and which are below their thresholds.

use super::judge::Judgement;
use super::questions::{Group, Kind, Threshold};
use anyhow::{Context as _, bail};

/// Means over some questions.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Score {
    pub questions: usize,
    /// Mean reciprocal rank of the first expected entry among the first ten.
    pub mrr: f64,
    pub success_1: f64,
    pub success_5: f64,
}

impl Score {
    fn of(judgements: &[Judgement]) -> Self {
        let count = judgements.len().max(1) as f64;
        let share = |of: &dyn Fn(&Judgement) -> bool| judgements.iter().filter(|judgement| of(judgement)).count() as f64 / count;
        Self {
            questions: judgements.len(),
            mrr: judgements.iter().map(|judgement| judgement.reciprocal_rank).sum::<f64>() / count,
            success_1: share(&|judgement| judgement.success_1),
            success_5: share(&|judgement| judgement.success_5),
        }
    }

    fn measure(&self, name: &str) -> anyhow::Result<f64> {
        Ok(match name {
            "mrr" => self.mrr,
            "success_1" => self.success_1,
            "success_5" => self.success_5,
            _ => bail!("no measure {name}"),
        })
    }
}

/// Scores by kind, in the order of the kinds, and by group.
#[derive(Clone, Debug, Default)]
pub struct Scores {
    pub kinds: Vec<(String, Score)>,
    pub groups: Vec<(String, Score)>,
}

impl Scores {
    /// Of judgements with the names of their kinds.
    #[must_use]
    pub fn of(kinds: &[Kind], judged: &[(&str, Judgement)]) -> Self {
        let those = |wanted: &dyn Fn(&Kind) -> bool| {
            let of_kind = |name: &str| kinds.iter().any(|kind| kind.kind == name && wanted(kind));
            Score::of(&judged.iter().filter(|(kind, _)| of_kind(kind)).map(|(_, judgement)| *judgement).collect::<Vec<_>>())
        };
        Self {
            kinds: kinds.iter().map(|kind| (kind.kind.clone(), those(&|k| k.kind == kind.kind))).collect(),
            groups: Group::ALL.into_iter().map(|group| (group.name().to_owned(), those(&|k| k.group == group))).collect(),
        }
    }

    /// Kinds, then groups.
    pub fn rows(&self) -> impl Iterator<Item = &(String, Score)> {
        self.kinds.iter().chain(&self.groups)
    }
}

/// What is below its threshold, in words.
///
/// # Errors
/// When a threshold is of nothing that is measured.
pub fn below(scores: &Scores, thresholds: &[Threshold]) -> anyhow::Result<Vec<String>> {
    let mut below = Vec::new();
    for threshold in thresholds {
        let (_, score) = scores.rows().find(|(name, _)| *name == threshold.of).with_context(|| format!("no kind {}", threshold.of))?;
        let value = score.measure(&threshold.measure)?;
        // A share of a few questions is no round number.
        if value + 1e-9 < threshold.least {
            below.push(format!("{}: {} is {value:.3}, must be {:.3}", threshold.of, threshold.measure, threshold.least));
        }
    }
    Ok(below)
}
