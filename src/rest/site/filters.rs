//! The search form: one box, and the filters beside it. Everything is one GET form, so that a question is its address; controls outside the
//! form element name it (`form="recherche"`), which lets the filters stand behind the results where a phone shows one column.

use super::labels::{self, Choice};
use super::question::Question;
use crate::directory::Directory;
use crate::model::{Audience, MailboxType};
use maud::{Markup, html};

/// Criteria that have a control of their own; others that are asked are kept by hidden fields.
const CONTROLS: [&str; 9] = ["q", "profession", "specialty", "city", "department", "mailbox_type", "zero_papier", "has_mailbox", "kind"];
const FORM: &str = "recherche";

/// The box.
pub(super) fn search_box(question: &Question) -> Markup {
    html! {
        search {
            form #recherche .search action="/" method="get" {
                label for="q" { "Nom, spécialité, ville, établissement…" }
                div .line {
                    div .box {
                        input #q type="search" name="q" value=(question.get("q")) maxlength="200" autocomplete="off" spellcheck="false"
                            enterkeyhint="search";
                    }
                    button .main type="submit" { "Rechercher" }
                }
                @if !question.get("sort").is_empty() { input type="hidden" name="sort" value=(question.get("sort")); }
                @for (name, _, value) in question.criteria().filter(|(name, ..)| !CONTROLS.contains(name)) {
                    input type="hidden" name=(name) value=(value);
                }
            }
        }
    }
}

/// The filters, and the button that applies them.
pub(super) fn filters(directory: &Directory, audience: Audience, question: &Question) -> Markup {
    let fixed = |choices: &[(&str, &str)]| choices.iter().map(|(value, label)| ((*value).to_owned(), (*label).to_owned())).collect();
    let types = labels::MAILBOX_TYPES.into_iter().filter(|(kind, _)| audience == Audience::Professional || *kind != MailboxType::App);
    let types = types.map(|(kind, label)| (kind.code().to_owned(), label.to_owned())).collect();
    let select = |name, label, any, choices: Vec<Choice>| select(question, name, label, any, choices);
    html! {
        div .fields {
            (select("profession", "Profession", "Toutes", labels::professions(directory)))
            (select("specialty", "Spécialité", "Toutes", labels::specialties(directory)))
            div .field {
                label for="city" { "Commune" }
                input #city form=(FORM) type="text" name="city" value=(question.get("city")) maxlength="200" autocomplete="off";
            }
            (select("department", "Département", "Tous", labels::departments(directory)))
            (select("mailbox_type", "Type de boîte", "Tous", types))
            (select("zero_papier", "Zéro papier", "Indifférent", fixed(&labels::ZERO_PAPIER)))
            (select("has_mailbox", "Messagerie sécurisée", "Indifférent", fixed(&labels::HAS_MAILBOX)))
            (select("kind", "Fiches", "Toutes", fixed(&labels::KINDS)))
        }
        button form=(FORM) type="submit" { "Appliquer les filtres" }
    }
}

/// A value that is asked and not among the choices (a label, a code of another table) is one more choice.
fn select(question: &Question, name: &str, label: &str, any: &str, mut choices: Vec<Choice>) -> Markup {
    let asked = question.get(name);
    if !asked.is_empty() && !choices.iter().any(|(value, _)| value == asked) {
        choices.push((asked.to_owned(), asked.to_owned()));
    }
    html! {
        div .field {
            label for=(name) { (label) }
            select #(name) form=(FORM) name=(name) {
                option value="" { (any) }
                @for (value, words) in &choices { option value=(value) selected[value == asked] { (words) } }
            }
        }
    }
}
