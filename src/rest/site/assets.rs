//! The styles, the script and the icon: in the binary, each under a name that holds its digest, so that browsers keep them for good and never
//! mix two versions.

use super::super::router::Shared;
use axum::Router;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE};
use axum::routing::get;
use sha2::{Digest, Sha256};
use std::sync::LazyLock;

/// A file of ours.
pub(in super::super) struct Asset {
    pub path: String,
    media: &'static str,
    content: &'static str,
}

impl Asset {
    fn new(name: &str, ending: &str, media: &'static str, content: &'static str) -> Self {
        let digest: String = Sha256::digest(content).iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        Self { path: format!("/site/{name}.{digest}.{ending}"), media, content }
    }
}

pub(super) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("annuaire", "css", "text/css; charset=utf-8", include_str!("annuaire.css")));
/// Of tables and plots of figures, over the site's.
pub(in super::super) static STYLE_OF_FIGURES: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("indicateurs", "css", "text/css; charset=utf-8", include_str!("../indicators.css")));
pub(super) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new("annuaire", "js", "text/javascript; charset=utf-8", include_str!("annuaire.js")));
pub(super) static ICON: LazyLock<Asset> = LazyLock::new(|| Asset::new("icone", "svg", "image/svg+xml", include_str!("icone.svg")));

pub(super) fn routes() -> Router<Shared> {
    [&STYLE, &STYLE_OF_FIGURES, &SCRIPT, &ICON].into_iter().fold(Router::new(), |router, asset| {
        let headers = [(CONTENT_TYPE, asset.media), (CACHE_CONTROL, "public, max-age=31536000, immutable")];
        router.route(&asset.path, get(async move || (headers, asset.content)))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn style_and_script_are_small() {
        let bytes = STYLE.content.len() + SCRIPT.content.len();
        assert!(bytes < 30_000, "{bytes} bytes: a phone in the country loads them");
    }
}
