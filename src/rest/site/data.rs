//! `/donnees`: which official files were read, of what date, and where all of it can be taken from.

use super::super::french;
use super::super::problem::Problem;
use super::super::router::Shared;
use super::layout::{Page, prose};
use crate::directory::Audience;
use crate::export::Manifest;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};

/// Kind of file, what it is, what is taken from it.
const FILES: [(&str, &str, &str); 4] = [
    ("personne_activite", "Annuaire Santé, personnes et activités (RPPS)", "noms, professions, lieux d'exercice, structures"),
    ("savoir_faire", "Annuaire Santé, savoir-faire", "spécialités et autres compétences"),
    ("mailboxes", "Extraction des boîtes aux lettres MSSanté", "adresses de messagerie publiées"),
    ("liste_blanche", "Liste blanche de l'espace de confiance MSSanté", "domaines et opérateurs autorisés"),
];

pub(super) async fn page(State(api): State<Shared>) -> Result<Response, Problem> {
    let exports = &api.service.exports;
    let sources = exports.sources().await?;
    let shelf = exports.shelf(Audience::Public);
    let latest = shelf.newest()?.map(|id| shelf.manifest(id)).transpose()?;
    let edition = |kind: &str| sources.iter().find(|(applied, _)| applied == kind).map(|(_, edition)| moment(edition));
    let text = html! {
        p .lead { "Cet annuaire réunit des fichiers officiels, lus chaque jour, et ce que les opérateurs de messagerie y publient "
        "eux-mêmes." }
        h2 { "Fichiers en place" }
        div .scroll tabindex="0" role="region" aria-label="Tableau des fichiers en place" {
            table {
                caption { "Dernière édition lue de chaque fichier officiel" }
                thead { tr { th scope="col" { "Fichier" } th scope="col" { "On y prend" } th scope="col" { "Édition" } } }
                tbody {
                    @for (kind, name, content) in FILES {
                        tr {
                            th scope="row" { (name) }
                            td { (content) }
                            td { (edition(kind).unwrap_or_else(|| "pas encore lu".to_owned())) }
                        }
                    }
                }
            }
        }
        p {
            "Les noms, professions et lieux d'exercice viennent du répertoire partagé des professionnels (RPPS), tenu par l'Agence du "
            "numérique en "
            "santé avec les ordres et les agences régionales. Les boîtes viennent de leurs opérateurs, directement ou par l'extraction "
            "nationale."
        }
        h2 { "Ce qui n'est pas montré" }
        p {
            "Les boîtes en liste rouge, de test, suspendues ou fermées, celles dont le domaine n'est plus autorisé, et les numéros de "
            "téléphone auxquels "
            "leur titulaire s'est opposé ne sont ni affichés, ni comptés, ni exportés."
        }
        h2 { "Reprendre ces données" }
        (downloads(latest.as_ref()))
        p {
            "Elles sont sous " a href="https://www.etalab.gouv.fr/licence-ouverte-open-licence/" { "Licence Ouverte 2.0" }
            "\u{a0}: réutilisation libre, en citant la source et sa date. "
            a href="/indicateurs" { "Les indicateurs" } " comptent chaque jour les mêmes boîtes."
        }
    };
    let content = prose("D'où viennent ces données", &text);
    Ok(Page { title: "D'où viennent ces données", path: "/donnees", public_address: api.public_address(), listed: true, content }
        .into_response())
}

fn downloads(latest: Option<&Manifest>) -> Markup {
    let Some(manifest) = latest else {
        return html! { p { "Les fichiers du jour ne sont pas encore établis. Ils seront listés à "
        "" a href="/v1/exports" { "/v1/exports" } "." } };
    };
    html! {
        p {
            "Édition " (manifest.edition) "\u{a0}: " (french::counted(manifest.entries.professional, "professionnel", "professionnels")) ", "
            (french::counted(manifest.entries.structure, "structure", "structures")) ", "
            (french::counted(manifest.entries.mailbox, "boîte", "boîtes")) ". "
            a href="/v1/exports" { "Le manifeste (JSON)" } " donne la taille et l'empreinte de chaque fichier."
        }
        ul {
            @for file in &manifest.files {
                li {
                    a href=(format!("/v1/exports/latest/{}", file.name)) { (file.name) }
                    " – " (french::count(file.bytes.div_ceil(1_000))) " ko, " (french::counted(file.rows, "ligne", "lignes"))
                }
            }
        }
    }
}

/// The stamp of an edition (`202609010830`, Europe/Paris) in words; what is none stays as it is.
fn moment(stamp: &str) -> String {
    jiff::civil::DateTime::strptime("%Y%m%d%H%M", stamp)
        .map_or_else(|_| stamp.to_owned(), |moment| moment.strftime("%d/%m/%Y à %H\u{a0}h\u{a0}%M").to_string())
}

#[cfg(test)]
mod tests {
    use super::moment;

    #[test]
    fn stamps_are_told_in_words() {
        assert_eq!(moment("202609010830"), "01/09/2026 à 08\u{a0}h\u{a0}30");
        assert_eq!(moment("2026"), "2026");
    }
}
