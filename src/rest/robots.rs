//! `/robots.txt` (RFC 9309): search engines find the pages that tell of the directory, and nobody in it.

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;

/// `Allow` with `$` is the page itself and nothing below it; the longest rule that matches decides.
const ROBOTS: &str = "User-agent: *\n\
    Allow: /$\n\
    Allow: /donnees$\n\
    Allow: /ne-plus-y-figurer$\n\
    Allow: /api$\n\
    Allow: /accessibilite$\n\
    Allow: /indicateurs$\n\
    Allow: /docs\n\
    Allow: /robots.txt\n\
    Disallow: /\n";

pub(super) fn page<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new().route("/robots.txt", get(async || ([(CONTENT_TYPE, "text/plain; charset=utf-8")], ROBOTS)))
}
