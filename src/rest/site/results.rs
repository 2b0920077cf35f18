//! What a search found: how many, the cards, the way on, and words that help when there is nothing, or too much.

use super::super::french;
use super::super::search::SearchAnswer;
use super::card::card;
use super::labels;
use super::question::Question;
use super::understood::understood;
use crate::directory::Directory;
use maud::{Markup, html};

/// What there is to show.
pub(super) struct Results<'a> {
    pub directory: &'a Directory,
    pub question: &'a Question,
    pub answer: &'a SearchAnswer,
    /// When nothing is found: questions beside it that find something.
    pub fewer: &'a [Fewer],
    /// Entries that the caller may read of one search, on all pages.
    pub most: u64,
}

/// A question that asks for less and finds something.
pub(super) struct Fewer {
    /// Criterion and value that it does without.
    pub dropped: (&'static str, String),
    pub question: Question,
    pub total: u64,
}

pub(super) fn results(results: &Results<'_>) -> Markup {
    let Results { question, answer, .. } = results;
    let found = french::counted(answer.total, "résultat", "résultats");
    html! {
        section .results aria-labelledby="titre-resultats" {
            div .head {
                h2 #titre-resultats data-announce {
                    @if answer.exact == Some(false) { "Au moins " }
                    @if answer.total == 0 { "Aucun résultat" } @else { (found) }
                    @if !question.get("q").is_empty() { span .paper { " pour «\u{a0}" (question.get("q")) "\u{a0}»" } }
                }
                a .to-filters href="#filtres" { "Affiner la recherche" }
            }
            (results.criteria())
            (understood(question, answer))
            @if answer.total == 0 { (results.nothing()) } @else {
                @if answer.exact == Some(false) {
                    p .notice { "La recherche a été arrêtée avant la fin\u{a0}: des fiches peuvent manquer. Précisez-la." }
                }
                @if answer.total > 1 { (results.order()) }
                @if answer.total > results.most { (results.too_many()) }
                @if question.goes_on() { p { a href=(question.first_page().href()) { "Revenir aux premiers résultats" } } }
                ol .cards { @for item in &answer.items { li { (card(&item.item.view)) } } }
                (results.way_on())
            }
        }
    }
}

impl Results<'_> {
    /// A value in words. A structure asked for by its id is named as the answer names it.
    fn words(&self, name: &str, value: &str) -> String {
        let practices = self.answer.items.iter().flat_map(|found| found.item.view.practices());
        let named = practices.filter_map(|practice| practice.organization).find(|organization| organization.id == value);
        match named.filter(|organization| name == "organization" && !organization.name.is_empty()) {
            Some(organization) => organization.name.clone(),
            None => labels::value(self.directory, name, value),
        }
    }

    /// What was asked beside the words in the box, each with a way to ask without it.
    fn criteria(&self) -> Markup {
        let asked: Vec<_> = self.question.criteria().filter(|(name, ..)| *name != "q").collect();
        html! {
            @if !asked.is_empty() {
                ul .criteria aria-label="Filtres en place" {
                    @for (name, label, value) in asked {
                        li {
                            a href=(self.question.without(name).href()) {
                                (label) "\u{a0}: " (self.words(name, value)) span aria-hidden="true" { " ×" }
                                span .hidden { " – retirer ce filtre" }
                            }
                        }
                    }
                }
            }
        }
    }

    fn order(&self) -> Markup {
        let present = self.question.get("sort");
        html! {
            nav .order aria-label="Ordre des résultats" {
                "Trier par\u{a0}: "
                @for (value, label) in [("relevance", "pertinence"), ("name", "nom"), ("city", "commune")] {
                    @if value == present || (present.is_empty() && value == "relevance") {
                        strong aria-current="true" { (label) }
                    } @else {
                        a href=(self.question.with("sort", value).href()) { (label) }
                    }
                    " "
                }
            }
        }
    }

    fn nothing(&self) -> Markup {
        html! {
            div .notice {
                @if !self.fewer.is_empty() {
                    p { "Rien ne répond à tout cela à la fois." }
                    ul {
                        @for Fewer { dropped: (name, value), question, total } in self.fewer {
                            li {
                                a href=(question.href()) {
                                    "Sans " (called(name)) " «\u{a0}" (self.words(name, value)) "\u{a0}»"
                                }
                                "\u{a0}: " (french::counted(*total, "résultat", "résultats"))
                            }
                        }
                    }
                }
                p { "Pour trouver\u{a0}:" }
                ul {
                    li { "écrire le nom de famille et la ville seulement\u{202f};" }
                    li {
                        "vérifier l'orthographe\u{a0}: quand rien ne répond, une faute par mot est pardonnée, deux à partir de huit lettres, "
                        "aucune dans un mot de moins de quatre\u{202f};"
                    }
                    li { "écrire la spécialité en entier, ou la choisir dans la liste." }
                }
                p { "Une adresse que son titulaire ne veut pas publier (liste rouge) n'est trouvée par personne ici." }
            }
        }
    }

    fn too_many(&self) -> Markup {
        html! {
            p .notice {
                "Les " (french::count(self.most)) " fiches les plus pertinentes peuvent être lues ici, dans l'ordre choisi. Précisez la recherche par une ville, une "
                "spécialité ou un "
                "département\u{202f}; pour aller au-delà, les " a href="/api" { "logiciels identifiés" } " disposent d'un compte."
            }
        }
    }

    fn way_on(&self) -> Markup {
        html! {
            @if let Some(cursor) = self.answer.next.as_ref().filter(|_| self.answer.truncated.is_none()) {
                nav aria-label="Pages de résultats" { a .button rel="next" href=(self.question.behind(cursor).href()) { "Résultats suivants" } }
            } @else if self.answer.truncated == Some(true) {
                p .notice {
                    "La suite n'est pas montrée\u{a0}: l'annuaire sert à trouver, non à copier. Une recherche plus précise trouve les autres "
                    "fiches, et les "
                    "données entières sont " a href="/donnees" { "en téléchargement libre" } "."
                }
            }
        }
    }
}

/// A criterion within a sentence.
fn called(name: &str) -> &'static str {
    match name {
        "q" => "le mot",
        "name" => "le nom",
        "given" => "le prénom",
        "profession" => "la profession",
        "specialty" => "la spécialité",
        "city" => "la commune",
        "postal_code" => "le code postal",
        "department" => "le département",
        "organization" => "la structure",
        "identifier" => "l'identifiant",
        "address" => "l'adresse",
        "mailbox_type" => "le type de boîte",
        "zero_papier" => "le critère zéro papier",
        "has_mailbox" => "le critère de messagerie",
        "kind" => "le choix de fiches",
        _ => "le critère",
    }
}
