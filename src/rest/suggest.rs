//! `/v1/suggest`: what may be meant by what is typed so far.

use super::credential::Caller;
use super::operator::Parameters;
use super::problem::Problem;
use super::refusals::SuggestRefusals;
use super::router::Shared;
use crate::directory::{Suggestion, SuggestionKind};
use axum::Json;
use axum::extract::State;
use axum::http::Uri;
use serde::Serialize;
use std::collections::BTreeMap;
use utoipa::ToSchema;

/// Eight suggestions at most, the first of each kind before the second of any, told kind by kind.
#[derive(Serialize, ToSchema)]
pub(super) struct Suggestions {
    suggestions: Vec<SuggestionItem>,
}

/// One suggestion.
#[derive(Serialize, ToSchema)]
#[schema(as = Suggestion)]
pub(super) struct SuggestionItem {
    kind: SuggestionKind,
    #[schema(example = "Lyon")]
    label: String,
    /// Tells it apart from others of the same label; may be empty.
    #[schema(example = "Rhône (69)")]
    detail: String,
    /// Parameters of the `/v1/search` it stands for.
    #[schema(example = json!({"city": "Lyon", "department": "69"}))]
    search: BTreeMap<&'static str, String>,
    /// Stable id of a professional or a structure; null for what is no entry.
    id: Option<String>,
}

impl From<Suggestion> for SuggestionItem {
    fn from(suggestion: Suggestion) -> Self {
        let Suggestion { kind, label, detail, search, id } = suggestion;
        Self { kind, label, detail, search, id }
    }
}

/// Suggestions
///
/// For search as you type, from the first letter: people, professions, savoir-faire, communes and structures that may be meant. What
/// completes only the last words (`martin lyo`) keeps the words before in the `q` of its search. Suggested people and structures count as
/// shown, like those of a search; what may not be shown is not suggested.
#[utoipa::path(
    get,
    path = "/v1/suggest",
    tag = "directory",
    operation_id = "suggest",
    params(("q" = String, Query, description = "What is typed so far; nothing is suggested for what holds neither a letter nor a digit", max_length = 200, example = "martin lyo")),
    responses((status = 200, description = "Suggestions, perhaps none", body = Suggestions), SuggestRefusals),
    security((), ("bearer" = [])),
)]
pub(super) async fn suggest(State(api): State<Shared>, Caller(caller): Caller, uri: Uri) -> Result<Json<Suggestions>, Problem> {
    let parameters = Parameters::of(&uri, &["q"])?;
    let typed = parameters.required("q")?;
    let found = api.service.directory.suggest(&caller, typed, api.deadline()).await?;
    Ok(Json(Suggestions { suggestions: found.into_iter().map(SuggestionItem::from).collect() }))
}
