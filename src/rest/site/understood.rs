//! How a question was read, in words: what was forgiven, what everyday words stand for, what was left out. Whoever is shown something else than was
//! typed is told so.

use super::super::search::SearchAnswer;
use crate::directory::{How, Level, WordKind, WordRead};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Readings of one word that are told.
const TOLD: usize = 3;

/// Nothing for a question that was answered as typed and stands for nothing else.
pub(super) fn understood(answer: &SearchAnswer) -> Markup {
    let Some(plan) = &answer.plan else { return html! {} };
    let forgiven = plan.level.is_some_and(|level| level != Level::AsTyped);
    let taken: Vec<_> = plan.words.iter().filter_map(|word| Some((word.word.as_str(), stands_for(word)?))).collect();
    html! {
        @if forgiven {
            p .notice { "Rien ne répond exactement à ce qui est écrit. Voici ce qui s'en approche" (nearest(answer)) "." }
        }
        @if !taken.is_empty() || !plan.dropped.is_empty() {
            p .read {
                @if !taken.is_empty() {
                    "Compris : "
                    @for (at, (word, meaning)) in taken.iter().enumerate() { @if at > 0 { ", " } "« " (word) " » comme " (meaning) }
                    ". "
                }
                @if !plan.dropped.is_empty() {
                    "Laissé de côté : "
                    @for (at, dropped) in plan.dropped.iter().enumerate() { @if at > 0 { ", " } "« " (dropped.word) " »" }
                    "."
                }
            }
        }
    }
}

/// What the words with an error were taken for in the entries of the page.
fn nearest(answer: &SearchAnswer) -> Markup {
    let mistaken = answer.items.iter().flat_map(|item| &item.r#match).filter(|found| found.how == How::Typo);
    let read: BTreeSet<_> = mistaken.map(|found| (found.word.as_str(), found.value.as_str())).collect();
    html! {
        @for (at, (word, value)) in read.iter().take(TOLD).enumerate() {
            @if at == 0 { " : " } @else { ", " }
            "« " (value) " » pour « " (word) " »"
        }
    }
}

/// What a word stands for beside itself; `None` for a plain word.
fn stands_for(word: &WordRead) -> Option<&'static str> {
    word.taken_for.iter().find_map(|taken| {
        Some(match taken.kind {
            WordKind::Word => return None,
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
