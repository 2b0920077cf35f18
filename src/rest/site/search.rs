//! `/`: the box alone, or the answer to what the address asks, with the filters beside.

use super::super::asked::Asked;
use super::super::credential::Caller;
use super::super::entry::answered;
use super::super::french;
use super::super::problem::Problem;
use super::super::router::Shared;
use super::super::search;
use super::facets::facets;
use super::filters::{filters, search_box};
use super::layout::Page;
use super::question::Question;
use super::results::{Fewer, Results, results};
use crate::directory;
use crate::model::Audience;
use axum::extract::State;
use axum::http::Uri;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::time::{Duration, Instant};

/// Words and criteria that are tried without when nothing is found.
const MOST_DROPPED: usize = 6;
/// A search that took longer is not tried in other ways.
const QUICK: Duration = Duration::from_millis(500);

pub(super) async fn page(State(api): State<Shared>, Caller(caller): Caller, uri: Uri) -> Result<Response, Problem> {
    let question = Question::read(uri.query().unwrap_or_default())?;
    let audience = caller.audience;
    if question.is_empty() {
        return Ok(landing(&api, audience, &question).into_response());
    }
    let (most, _) = search::pages_of(&api.service.settings.limits, &caller.source);
    let asked = Asked::read(&format!("{}&facets=true&explain=true", question.query()), api.service.settings.http.max_page)?;
    let begun = Instant::now();
    let answer = search::answer(&api, &caller, asked).await?;
    // A page is one question, whatever is tried for it.
    if !question.goes_on() {
        answered(&api, begun, answer.items.is_empty());
    }
    let directory = &api.service.directory;
    // Who is answered later waits once, and a search that took long is not made six times more.
    let hurried = answer.exact == Some(false) || begun.elapsed() > QUICK || directory.is_restricted(&caller);
    let fewer = if answer.total == 0 && !hurried { without_one(&api, &caller, &question).await } else { Vec::new() };
    let title = title(&question, answer.total);
    let content = html! {
        div .wrap {
            h1 .hidden { "Résultats de la recherche" }
            (search_box(&question))
            div .columns {
                (results(&Results { directory, question: &question, answer: &answer, fewer: &fewer, most }))
                aside #filtres aria-labelledby="titre-filtres" {
                    h2 #titre-filtres { "Affiner" }
                    (filters(directory, audience, &question))
                    @if let Some(counted) = &answer.facets { (facets(&question, counted)) }
                }
            }
        }
    };
    // The address holds what was asked: no canonical link, and no search engine.
    Ok(Page { title: &title, path: "", public_address: None, listed: false, content }.into_response())
}

/// How many are found when a word or another criterion is dropped: which one leads on. Taken from the caller's allowance like any
/// search, and no question of the caller's; where they are refused nothing is said.
async fn without_one(api: &Shared, caller: &directory::Caller, question: &Question) -> Vec<Fewer> {
    let mut found = Vec::new();
    for (dropped, question) in question.each_with_less().into_iter().take(MOST_DROPPED) {
        let query = format!("{}&limit=1", question.query());
        let Ok(asked) = Asked::read(&query, api.service.settings.http.max_page) else { continue };
        let Ok(answer) = search::answer(api, caller, asked).await else { break };
        if answer.total > 0 {
            found.push(Fewer { dropped, question, total: answer.total });
        }
    }
    found
}

/// How many, of what: a screen reader says it first.
fn title(question: &Question, total: u64) -> String {
    let words = [question.get("q"), question.get("name"), question.get("city")].into_iter().find(|words| !words.is_empty());
    let found = french::counted(total, "résultat", "résultats");
    words.map_or_else(|| found.clone(), |words| format!("{found} pour «\u{a0}{words}\u{a0}»"))
}

fn landing<'a>(api: &'a Shared, audience: Audience, question: &Question) -> Page<'a> {
    let content = html! {
        div .wrap.landing {
            h1 { "Trouver un professionnel de santé et sa messagerie sécurisée" }
            p .lead { "Professionnels et structures de santé, leurs lieux d'exercice et leurs adresses MSSanté." }
            (search_box(question))
            p .examples {
                "Par exemple\u{a0}: "
                @for (at, words) in ["cardiologue toulon", "infirmier 83", "pharmacie marseille"].into_iter().enumerate() {
                    @if at > 0 { ", " }
                    a href=(Question::of_words(words).href()) { (words) }
                }
                "."
            }
            details .precise { summary { "Recherche détaillée" } (filters(&api.service.directory, audience, question)) }
            (explanations())
        }
    };
    Page { title: "Rechercher", path: "/", public_address: api.public_address(), listed: true, content }
}

fn explanations() -> Markup {
    html! {
        ul .tiles {
            li { h2 { a href="/donnees" { "D'où viennent ces données" } } p { "Des fichiers officiels publiés chaque jour. On y voit "
            "leur date." } }
            li { h2 { a href="/ne-plus-y-figurer" { "Ne plus y figurer" } } p { "La liste rouge se demande à l'opérateur de la boîte." } }
            li { h2 { a href="/api" { "Dans votre logiciel" } } p { "Complétion des adresses par LDAP, recherche par API." } }
        }
    }
}
