//! The pages the public uses, at `/` and below: search, one page a professional and structure, and what people need to know of the data.
//!
//! French, rendered here (maud), whole without a script; the one script adds suggestions and copy buttons. A page asks what `/v1/search` and
//! `/v1/professionals/{id}` ask, through the same handlers or the same [`crate::directory::Directory`], as the caller that the credential or
//! the source address names: there is no other way to the entries, and the governor counts what a page shows like any answer.
//!
//! Everything asked is in the address, by the parameters of the API. Nothing is loaded from elsewhere and nothing that stands in a page runs
//! ([`layout::POLICY`]). Refusals become pages in [`refusal`]; hidden and unknown entries are one and the same page.

mod assets;
mod card;
mod data;
mod entry;
mod facets;
mod filters;
mod information;
mod labels;
mod layout;
mod mailboxes;
mod place;
mod question;
mod refusal;
mod results;
mod search;
mod understood;

pub(super) use assets::STYLE_OF_FIGURES;
pub(super) use layout::{Page, page as page_of};
pub(super) use refusal::{answers, page as refusal_page};

use super::router::Shared;
use axum::Router;
use axum::routing::get;

/// Pages are no part of the API's description.
pub(super) fn pages() -> Router<Shared> {
    Router::new()
        .route("/", get(search::page))
        .route("/professionnel/{id}", get(entry::professional))
        .route("/structure/{id}", get(entry::structure))
        .route("/donnees", get(data::page))
        .route("/ne-plus-y-figurer", get(information::opting_out))
        .route("/api", get(information::software))
        .route("/accessibilite", get(information::accessibility))
        .merge(assets::routes())
}
