//! How many of the answer each value would leave, as links that ask for it. Counted by the search over all pages, for its audience.

use super::super::facets::FacetsAnswer;
use super::super::french;
use super::question::Question;
use crate::directory::FacetCount;
use maud::{Markup, html};

/// Values of one facet that stand open; the others behind a click.
const OPEN: usize = 5;

/// Counted by the mailboxes of an entry, each by itself; asked together, one same mailbox has both. Where one is asked the counts of the other
/// would promise more than their links find.
const OF_MAILBOXES: [&str; 2] = ["mailbox_type", "zero_papier"];

/// Facets that can narrow: of a criterion that is not asked, with a choice among values.
pub(super) fn facets(question: &Question, counted: &FacetsAnswer) -> Markup {
    let lists: [(&'static str, &str, &Option<Vec<FacetCount>>); 5] = [
        ("profession", "Par profession", &counted.profession),
        ("specialty", "Par spécialité", &counted.specialty),
        ("department", "Par département", &counted.department),
        ("mailbox_type", "Par type de boîte", &counted.mailbox_type),
        ("zero_papier", "Par zéro papier", &counted.zero_papier),
    ];
    let useful = lists.into_iter().filter_map(|(name, heading, list)| {
        let met = |asked: &str| !question.get(asked).is_empty();
        let unsure = OF_MAILBOXES.contains(&name) && OF_MAILBOXES.into_iter().any(met);
        let list = list.as_ref().filter(|list| list.len() > 1 && !met(name) && !unsure)?;
        Some((name, heading, list.as_slice()))
    });
    html! {
        @for (name, heading, list) in useful {
            @let (open, more) = list.split_at(list.len().min(OPEN));
            h3 { (heading) }
            (values(question, name, open))
            @if !more.is_empty() { details { summary { "Autres (" (more.len()) ")" } (values(question, name, more)) } }
        }
    }
}

fn values(question: &Question, name: &'static str, list: &[FacetCount]) -> Markup {
    html! {
        ul .facets {
            @for value in list {
                li { a href=(question.with(name, &value.code).href()) { (words(name, value)) " " span { (french::count(value.count)) } } }
            }
        }
    }
}

fn words(name: &str, value: &FacetCount) -> String {
    let known = super::labels::fixed(name, &value.code);
    match known {
        Some(label) => label.to_owned(),
        None if value.label.is_empty() => value.code.clone(),
        None if name == "department" => format!("{} – {}", value.code, value.label),
        None => value.label.clone(),
    }
}
