//! What every page shares: head, ways to skip and to go, landmarks, policy.

use super::assets::{ICON, SCRIPT, STYLE};
use axum::http::HeaderValue;
use axum::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};

/// Files of this server only, questions to this server only, nothing that stands in the page, no frame around it.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self'; form-action 'self'; \
    base-uri 'none'; frame-ancestors 'none'";

/// Name of the service, in titles.
pub(super) const NAME: &str = "Annuaire MSSanté";

/// The pages of the navigation.
const PAGES: [(&str, &str); 4] =
    [("/", "Rechercher"), ("/donnees", "Les données"), ("/ne-plus-y-figurer", "Ne plus y figurer"), ("/api", "Logiciels")];

/// One page.
pub(in super::super) struct Page<'a> {
    /// Before the name of the service.
    pub title: &'a str,
    /// Its path, for the navigation and the canonical link; empty for what has none.
    pub path: &'a str,
    /// Where the public reaches this server: without it no page knows its whole address, and none says so.
    pub public_address: Option<&'a str>,
    /// Search engines may list it: it names nobody.
    pub listed: bool,
    pub content: Markup,
}

impl Page<'_> {
    pub(super) fn markup(&self) -> Markup {
        self.markup_with(None)
    }

    /// With a style of its own over the site's, by its path.
    pub(in super::super) fn markup_with(&self, style: Option<&str>) -> Markup {
        html! {
            (DOCTYPE)
            html lang="fr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    meta name="color-scheme" content="light dark";
                    title { (self.title) " – " (NAME) }
                    @if !self.listed { meta name="robots" content="noindex, nofollow"; }
                    @if let Some(address) = self.public_address.filter(|_| !self.path.is_empty()) {
                        link rel="canonical" href={ (address) (self.path) };
                    }
                    link rel="icon" href=(ICON.path) type="image/svg+xml";
                    link rel="stylesheet" href=(STYLE.path);
                    @if let Some(style) = style { link rel="stylesheet" href=(style); }
                    script defer src=(SCRIPT.path) {}
                }
                body {
                    a .skip href="#contenu" { "Aller au contenu" }
                    header .top {
                        div .wrap {
                            a .brand href="/" { img src=(ICON.path) alt="" width="32" height="32"; span { (NAME) } }
                            nav aria-label="Pages du site" {
                                ul { @for (path, label) in PAGES { li { (self.link(path, label)) } } }
                            }
                        }
                    }
                    main #contenu tabindex="-1" { (self.content) }
                    footer {
                        div .wrap {
                            nav aria-label="À propos" {
                                ul {
                                    li { (self.link("/donnees", "D'où viennent ces données")) }
                                    li { (self.link("/indicateurs", "Indicateurs")) }
                                    li { (self.link("/ne-plus-y-figurer", "Ne plus y figurer")) }
                                    li { a href="/docs/" { "Documentation de l'API" } }
                                    li { (self.link("/accessibilite", "Accessibilité")) }
                                }
                            }
                            p { "Données publiques de l'Annuaire Santé et de l'espace de confiance MSSanté, sous Licence Ouverte 2.0." }
                        }
                    }
                    p #annonce .hidden role="status" {}
                }
            }
        }
    }

    fn link(&self, path: &str, label: &str) -> Markup {
        html! { a href=(path) aria-current=[(path == self.path).then_some("page")] { (label) } }
    }
}

impl IntoResponse for Page<'_> {
    fn into_response(self) -> Response {
        page(self.markup().into_string())
    }
}

/// A page under the policy.
pub(in super::super) fn page(text: String) -> Response {
    let mut response = ([(CONTENT_TYPE, "text/html; charset=utf-8")], text).into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    response
}

/// A page of prose: its heading, then what it says.
pub(super) fn prose(title: &str, text: &Markup) -> Markup {
    html! { div .wrap.prose { h1 { (title) } (text) } }
}
