//! Figures of how the directory is asked (reference §8, point 9): questions by door, how many found nothing, how long answers took.
//!
//! The doors count in memory ([`crate::directory::Consultation`]); once a minute, at the end of the day in France and when the service stops
//! it goes to the store. A kill loses a minute at most. Once a day is over its figures are made and its sums go: no figure of a day that
//! goes on is told, for two looks at it would tell a single question.

use super::cell::{Cell, Cut, Measure, Operators, Part};
use super::hide::{Told, told};
use super::keep::{begin_of_tomorrow, day_of};
use super::tally::Counts;
use super::{Indicators, Scope};
use crate::error::Result;
use crate::store::indicators::{ConsultationRow, CountedDay};
use std::collections::BTreeMap;
use std::time::Duration;

const FLUSH_EVERY: i64 = 60;
/// How long a stop waits for a busy store.
const LAST_WORDS: Duration = Duration::from_secs(5);
/// Of a hundred answers.
const PERCENTILES: [(i64, Measure); 3] = [(50, Measure::LatencyP50), (95, Measure::LatencyP95), (99, Measure::LatencyP99)];

/// What a flush that failed left: questions and, of them, those that found nothing, by day, door and class.
pub type Waiting = BTreeMap<(String, &'static str, i64), (i64, i64)>;

impl Indicators {
    /// Brings what was asked to the store until `stop` resolves, and a last time then. `clock`: UTC seconds.
    pub async fn keep_consultation(&self, clock: impl Fn() -> i64, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let mut waiting = Waiting::new();
        loop {
            // What is asked from here on belongs to the day that is now, until that ends.
            let begun = clock();
            let rest = begin_of_tomorrow(begun).map_or(FLUSH_EVERY, |tomorrow| (tomorrow - begun).clamp(1, FLUSH_EVERY));
            let stopped = tokio::select! {
                biased;
                () = &mut stop => true,
                () = tokio::time::sleep(Duration::from_secs(rest.unsigned_abs())) => false,
            };
            let flushed = self.flush_consultation(begun, clock(), &mut waiting);
            if stopped {
                let in_time = tokio::time::timeout(LAST_WORDS, flushed).await;
                if !matches!(in_time, Ok(Ok(()))) {
                    tracing::warn!("what was asked in the last minute is not in the figures: the store is busy");
                }
                return;
            }
            if let Err(error) = flushed.await {
                tracing::warn!(error = %error, "what was asked could not be kept, trying again in a minute");
            }
        }
    }

    /// Brings what was asked since `begun` (UTC seconds), and is `waiting` since a flush that failed, to the store; makes the figures of days
    /// that are over.
    pub async fn flush_consultation(&self, begun: i64, now: i64, waiting: &mut Waiting) -> Result<()> {
        let day = day_of(begun)?.to_string();
        let number = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        for asked in self.directory.consultation().take() {
            let (questions, empty) = waiting.entry((day.clone(), asked.interface.word(), number(asked.longest))).or_default();
            *questions += number(asked.questions);
            *empty += number(asked.empty);
        }
        if !waiting.is_empty() {
            let row = |((day, interface, longest), (questions, empty)): (&(String, &str, i64), &(i64, i64))| ConsultationRow {
                day: day.clone(),
                interface: (*interface).to_owned(),
                longest: *longest,
                questions: *questions,
                empty: *empty,
            };
            self.store.add_consultation(&waiting.iter().map(row).collect::<Vec<_>>()).await?;
            waiting.clear();
        }
        let mut days: BTreeMap<String, Vec<ConsultationRow>> = BTreeMap::new();
        for row in self.store.consultation_before(&day_of(now)?.to_string()).await? {
            days.entry(row.day.clone()).or_default().push(row);
        }
        for (day, rows) in days {
            let counted = CountedDay { part: Part::Consultation.word().to_owned(), day, compared_with: None };
            self.write(Scope::Public, &counted, figures(&rows), now).await?;
        }
        Ok(())
    }
}

/// The figures of a day, few questions hidden, and with them how long they took.
fn figures(rows: &[ConsultationRow]) -> Told {
    let mut cells: BTreeMap<Cell, BTreeMap<i64, i64>> = BTreeMap::new();
    let mut counts = Counts::new();
    for row in rows {
        for cell in [Cell::nation(), Cell::new(Cut::Interface, &*row.interface)] {
            *counts.entry((cell.clone(), Measure::Questions)).or_default() += row.questions;
            *counts.entry((cell.clone(), Measure::QuestionsEmpty)).or_default() += row.empty;
            *cells.entry(cell).or_default().entry(row.longest).or_default() += row.questions;
        }
    }
    let mut told = told(counts, &Operators::new(), None);
    for (cell, classes) in cells {
        let hidden = told.get(&(cell.clone(), Measure::Questions)).is_some_and(Option::is_none);
        for (percent, measure) in PERCENTILES {
            told.insert((cell.clone(), measure), percentile(&classes, percent).filter(|_| !hidden));
        }
    }
    told
}

/// By nearest rank: the longest duration of the class that so many of a hundred answers reach.
fn percentile(classes: &BTreeMap<i64, i64>, percent: i64) -> Option<i64> {
    let all: i64 = classes.values().sum();
    let rank = (all * percent + 99) / 100;
    let mut so_far = 0;
    let reached = |(_, n): &(&i64, &i64)| {
        so_far += **n;
        so_far >= rank
    };
    classes.iter().find(reached).map(|(longest, _)| *longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(interface: &str, longest: i64, questions: i64, empty: i64) -> ConsultationRow {
        ConsultationRow { day: "2026-11-20".to_owned(), interface: interface.to_owned(), longest, questions, empty }
    }

    #[test]
    fn a_day_is_told_by_door_with_the_time_that_answers_took() {
        let told = figures(&[row("ldap", 319, 90, 10), row("ldap", 639, 9, 0), row("ldap", 5_119, 1, 0), row("rest", 5_119, 50, 6)]);
        let of = |cell: Cell| {
            let measures = [Measure::Questions, Measure::QuestionsEmpty, Measure::LatencyP50, Measure::LatencyP95, Measure::LatencyP99];
            measures.map(|measure| told[&(cell.clone(), measure)])
        };
        assert_eq!(of(Cell::new(Cut::Interface, "ldap")), [Some(100), Some(10), Some(319), Some(639), Some(639)]);
        assert_eq!(of(Cell::new(Cut::Interface, "rest")), [Some(50), Some(6), Some(5_119), Some(5_119), Some(5_119)]);
        assert_eq!(of(Cell::nation()), [Some(150), Some(16), Some(319), Some(5_119), Some(5_119)]);
    }

    #[test]
    fn few_questions_are_hidden_and_what_would_tell_them() {
        let told = figures(&[row("ldap", 319, 100, 0), row("rest", 5_119, 3, 0)]);
        for interface in ["ldap", "rest"] {
            assert_eq!(told[&(Cell::new(Cut::Interface, interface), Measure::Questions)], None, "{interface}");
            assert_eq!(told[&(Cell::new(Cut::Interface, interface), Measure::LatencyP99)], None, "{interface}");
        }
        assert_eq!(told[&(Cell::nation(), Measure::Questions)], Some(103));
        // All but two found nothing.
        let told = figures(&[row("ldap", 319, 100, 98)]);
        assert_eq!(told[&(Cell::nation(), Measure::QuestionsEmpty)], None);
    }
}
