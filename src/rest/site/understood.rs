//! How a question was read, in words: what was forgiven, what everyday words stand for, what was left out. Whoever is shown something else than was
//! typed is told so.

use super::super::search::SearchAnswer;
use super::question::Question;
use crate::directory::{How, Level, WordKind, WordRead};
use crate::text;
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Readings of one word that are told.
const TOLD: usize = 3;

/// Nothing for a question that was answered as typed and stands for nothing else.
pub(super) fn understood(question: &Question, answer: &SearchAnswer) -> Markup {
    let Some(plan) = &answer.plan else { return html! {} };
    let forgiven = plan.level.is_some_and(|level| level != Level::AsTyped);
    let taken: Vec<_> = plan.words.iter().filter_map(|word| Some((as_typed(question, &word.word), stands_for(word)?))).collect();
    html! {
        @if forgiven {
            p .notice { "Rien ne répond exactement à ce qui est écrit. Voici ce qui s'en approche" (nearest(question, answer)) "." }
        }
        @if !taken.is_empty() || !plan.dropped.is_empty() {
            p .read {
                @if !taken.is_empty() {
                    "Compris\u{a0}: "
                    @for (at, (word, meaning)) in taken.iter().enumerate() { @if at > 0 { ", " } "«\u{a0}" (word) "\u{a0}» comme " (meaning) }
                    ". "
                }
                @if !plan.dropped.is_empty() {
                    "Laissé de côté\u{a0}: "
                    @for (at, dropped) in plan.dropped.iter().enumerate() {
                        @if at > 0 { ", " }
                        "«\u{a0}" (as_typed(question, &dropped.word)) "\u{a0}»"
                    }
                    "."
                }
            }
        }
    }
}

/// What the words with an error, and the commune and the like, were taken for in the entries of the page.
fn nearest(question: &Question, answer: &SearchAnswer) -> Markup {
    let mistaken = answer.items.iter().flat_map(|item| &item.r#match).filter(|found| found.how == How::Typo);
    let words = mistaken.map(|found| (as_typed(question, &found.word), found.value.as_str()));
    let read: BTreeSet<_> = words.collect();
    html! {
        @for (at, (word, value)) in read.iter().take(TOLD).enumerate() {
            @if at == 0 { "\u{a0}: " } @else { ", " }
            "«\u{a0}" (value) "\u{a0}» pour «\u{a0}" (word) "\u{a0}»"
        }
    }
}

/// A word as it was typed, case and accents and all; itself where the question does not hold it in one piece.
fn as_typed<'a>(question: &'a Question, word: &'a str) -> &'a str {
    let wanted = plain(word);
    let several = wanted.split(' ').count();
    let of = |typed: &'a str| {
        pieces(typed).windows(several).find_map(|run| {
            let piece = typed.get(run.first()?.0..run.last()?.1)?;
            (plain(piece) == wanted).then_some(piece)
        })
    };
    ["q", "name", "given", "city", "profession", "specialty"].into_iter().find_map(|name| of(question.get(name))).unwrap_or(word)
}

/// Where the runs of letters and digits begin and end.
fn pieces(typed: &str) -> Vec<(usize, usize)> {
    let between = |letter: char| !letter.is_alphanumeric();
    let mut end = 0;
    let runs = typed.split_inclusive(between).map(|run| {
        let begin = end;
        end += run.len();
        (begin, begin + run.trim_end_matches(between).len())
    });
    runs.filter(|(begin, end)| begin < end).collect()
}

/// Folded words with one blank between them.
fn plain(text: &str) -> String {
    let folded = text::fold(text);
    folded.split(|letter: char| !letter.is_alphanumeric()).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}

/// What a word stands for beside itself; `None` for a plain word.
fn stands_for(word: &WordRead) -> Option<&'static str> {
    word.taken_for.iter().find_map(|taken| {
        Some(match taken.kind {
            // Words behind a street may be of it and of a town: the addresses shown tell.
            WordKind::Word | WordKind::Street => return None,
            WordKind::FirstName => "prénom",
            WordKind::Profession => "profession",
            WordKind::Specialty => "spécialité",
            WordKind::StructureType => "type de structure",
            WordKind::Department => "département",
            WordKind::Arrondissement => "arrondissement",
            WordKind::PostalCode => "code postal",
            WordKind::Identifier => "identifiant",
            WordKind::Telephone => "téléphone",
            WordKind::Address | WordKind::Domain => "adresse",
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_quoted_as_they_were_typed() {
        let question = Question::read("q=Dr+L%27%C3%89tang+Saint-%C3%89tienne+CARDIO&name=Lef%C3%A8vre").unwrap();
        for (word, typed) in
            [("cardio", "CARDIO"), ("etang", "Étang"), ("saint etienne", "Saint-Étienne"), ("lefevre", "Lefèvre"), ("autre", "autre")]
        {
            assert_eq!(as_typed(&question, word), typed);
        }
    }
}
