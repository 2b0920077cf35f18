//! Refusals as pages: what happened, what to do, and the number of the request for whoever runs the service.
//!
//! A refusal is a problem document for programs and a page for people. Under the addresses of the site it is always a page; elsewhere, but
//! never below `/v1`, when the client asks for HTML, as browsers do. The text depends on the code only: what is hidden and what never existed
//! are the same page.

use super::filters::search_box;
use super::layout::{Page, page as answer};
use super::question::Question;
use axum::http::header::ACCEPT;
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::response::Response;
use maud::{Markup, html};

/// Addresses of the site, and what is below them.
const SITE: [&str; 6] = ["/professionnel", "/structure", "/donnees", "/ne-plus-y-figurer", "/api", "/accessibilite"];
/// Addresses for programs: their refusals stay problem documents, in a browser too.
const PROGRAMS: [&str; 6] = ["/v1", "/docs", "/openapi.json", "/metrics", "/healthz", "/readyz"];

/// Is a refusal of this request a page?
pub(in super::super) fn answers(path: &str, headers: &HeaderMap) -> bool {
    let below = |root: &&str| path.strip_prefix(*root).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    if path == "/" || SITE.iter().any(below) {
        return true;
    }
    let wants_html = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains("text/html"));
    wants_html && !PROGRAMS.iter().any(below)
}

/// The page of a refusal; `parameter`: the one at fault.
pub(in super::super) fn page(status: StatusCode, code: &str, parameter: Option<&str>, request_id: &str, uri: &Uri) -> Response {
    let (title, advice) = words(status, code, parameter);
    let again = (uri.path() == "/").then(|| Question::read(uri.query().unwrap_or_default()).ok()).flatten();
    let content = html! {
        div .wrap.prose {
            h1 { (title) }
            p .lead { (advice) }
            (ways(status, code, again.as_ref(), uri))
            (search_box(&Question::default()))
            p .updated { "Erreur " (status.as_u16()) " · référence de la demande\u{a0}: " code { (request_id) } }
        }
    };
    let mut response = answer(Page { title, path: "", public_address: None, listed: false, content }.markup().into_string());
    *response.status_mut() = status;
    response
}

fn words(status: StatusCode, code: &str, parameter: Option<&str>) -> (&'static str, &'static str) {
    match (status.as_u16(), code) {
        (400, "invalid_cursor") => {
            ("Cette suite de résultats n'est plus valable", "Les liens vers la suite d'une recherche valent un jour. Reprenez au début.")
        }
        (400, "parameter_too_long") => {
            ("Recherche trop longue", "Deux cents caractères au plus\u{a0}: un nom, une spécialité, une ville suffisent.")
        }
        (400, "invalid_parameter") if parameter == Some("q") => ("Rien à chercher", "Écrivez au moins une lettre ou un chiffre."),
        (400, _) => ("Demande incomprise", "L'adresse de cette page n'est pas complète ou a été modifiée."),
        (401, _) => (
            "Identification refusée",
            "Le secret ou le certificat présenté n'est pas valable. Sans identification, la recherche est ouverte à tous.",
        ),
        (403, "tls_required") => ("Connexion non chiffrée", "Cet annuaire ne répond que par une adresse qui commence par https."),
        (403, "account_required") => {
            ("La suite demande un compte", "Une recherche montre cent fiches au plus. Précisez-la, ou demandez un compte à l'exploitant.")
        }
        (403, _) => ("Accès refusé", "Cette page ne vous est pas ouverte."),
        (404, "not_found") => {
            ("Aucune fiche à cette adresse", "La fiche n'existe pas, n'existe plus ou n'est pas publiée. Cherchez par le nom.")
        }
        (404, _) => ("Page introuvable", "Il n'y a rien à cette adresse."),
        (429, _) => ("Trop de recherches à la suite", "Attendez quelques secondes, puis recommencez."),
        (503, "busy") => ("Beaucoup de monde en ce moment", "La recherche n'a pas pu commencer. Recommencez dans quelques secondes."),
        (503, _) => (
            "Annuaire momentanément fermé",
            "Des changements doivent d'abord être repris, pour ne rien montrer de ce qui a été retiré. Recommencez bientôt.",
        ),
        (504, _) => ("Réponse trop lente", "La réponse n'est pas venue à temps. Une recherche plus précise va plus vite."),
        (500.., _) => {
            ("Erreur de notre côté", "La page n'a pas pu être établie. Si cela se répète, donnez la référence ci-dessous à l'exploitant.")
        }
        _ => ("Demande refusée", "Le serveur ne peut pas répondre à cette demande."),
    }
}

/// Ways on: the same question again, or from its start.
fn ways(status: StatusCode, code: &str, again: Option<&Question>, uri: &Uri) -> Markup {
    let later = matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE | StatusCode::GATEWAY_TIMEOUT);
    html! {
        @if later { p { a .button href=(uri.path_and_query().map_or("/", |path| path.as_str())) { "Recommencer" } } }
        @if let Some(question) = again.filter(|question| question.goes_on() && (code == "invalid_cursor" || code == "account_required")) {
            p { a .button href=(question.first_page().href()) { "Revenir aux premiers résultats" } }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn people_get_pages_and_programs_documents() {
        let accepting = |value: &'static str| HeaderMap::from_iter([(ACCEPT, HeaderValue::from_static(value))]);
        let (browser, program) = (accepting("text/html,application/xhtml+xml,*/*;q=0.8"), accepting("*/*"));
        for path in ["/", "/professionnel/8100", "/structure/x", "/donnees", "/api"] {
            assert!(answers(path, &browser) && answers(path, &program), "{path}");
        }
        for path in ["/nulle-part", "/v2", "/apis"] {
            assert!(answers(path, &browser) && !answers(path, &program), "{path}");
        }
        for path in ["/v1/search", "/v1", "/docs/x", "/openapi.json", "/readyz"] {
            assert!(!answers(path, &browser) && !answers(path, &program), "{path}");
        }
    }
}
