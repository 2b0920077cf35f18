//! `/v1/exports`: the files of the newest edition, whole or in ranges, the differences between kept editions, and subsets for accounts.
//!
//! Older editions hold what may have been withdrawn since, so of them nothing but differences is answered, and those hide it (see
//! `export::delta`). Plain downloads are counted by form and not put into the journal: the files are open, and say nothing of anybody who could
//! not be searched. What is professional takes an account of that audience.

use super::credential::identify;
use super::file_answer::{FileAnswer, answer};
use super::operator::{Parameters, actor};
use super::problem::Problem;
use super::refusals::ExportRefusals;
use super::router::Shared;
use crate::directory::Audience;
use crate::error::{Error, Kind};
use crate::export::{EditionId, Filter, Form, Manifest, Shelf, Subset};
use crate::publication::Actor;
use axum::Json;
use axum::extract::{FromRequestParts, Path, State};
use axum::http::header::{ACCEPT_ENCODING, VARY};
use axum::http::request::Parts;
use axum::http::{HeaderMap, HeaderValue, StatusCode, Uri};
use axum::response::Response;
use serde::Serialize;
use utoipa::ToSchema;

const GZIP: &str = "application/gzip";
/// Names an edition that is the newest, whatever its id.
const LATEST: &str = "latest";
const MANIFEST: &str = "manifest.json";

/// What may be downloaded.
#[derive(Serialize, ToSchema)]
pub(super) struct Editions {
    /// The newest edition, whose files are offered; null before the first
    latest: Option<Manifest>,
    /// Editions kept, newest first: `from` and `to` of a difference are among them
    kept: Vec<String>,
}

/// Who asks: nobody in particular, or an account.
pub(super) struct Asker(Option<(Actor, Audience)>);

impl FromRequestParts<Shared> for Asker {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        let identity = identify(parts, api).await?;
        Ok(Self(identity.map(|identity| (actor(parts, identity.account, identity.credential), identity.audience))))
    }
}

impl Asker {
    /// The audience asked for, which is the public one unless said; the professional one is for those it belongs to.
    fn audience(&self, parameters: &Parameters) -> Result<Audience, Problem> {
        match (parameters.text("audience"), &self.0) {
            ("" | "public", _) => Ok(Audience::Public),
            ("professional", Some((_, Audience::Professional))) => Ok(Audience::Professional),
            ("professional", Some(_)) => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "the account has not the professional view")),
            ("professional", None) => Err(unidentified()),
            _ => Err(Problem::parameter("invalid_parameter", "audience", "the value is one of public, professional")),
        }
    }

    fn account(&self) -> Result<&Actor, Problem> {
        self.0.as_ref().map(|(actor, _)| actor).ok_or_else(unidentified)
    }
}

fn unidentified() -> Problem {
    Problem::new(StatusCode::UNAUTHORIZED, "invalid_credential", "this takes the credential of an account")
}

/// Editions
///
/// The manifest of the newest edition, and the editions that differences can be asked between.
#[utoipa::path(
    get, path = "/v1/exports", tag = "exports", operation_id = "exports",
    params(("audience" = Option<String>, Query, description = "`public` (unless said) or `professional`, for accounts")),
    responses((status = 200, description = "What there is", body = Editions), ExportRefusals),
    security((), ("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn list(State(api): State<Shared>, asker: Asker, uri: Uri) -> Result<Json<Editions>, Problem> {
    let parameters = Parameters::of(&uri, &["audience"])?;
    let shelf = api.service.exports.shelf(asker.audience(&parameters)?);
    let kept = shelf.editions()?;
    let latest = kept.first().map(|newest| shelf.manifest(*newest)).transpose()?;
    Ok(Json(Editions { latest, kept: kept.iter().map(EditionId::to_string).collect() }))
}

/// A file
///
/// One of those the manifest names, or `manifest.json`; packed as `…gz`, or without that ending under `Content-Encoding: gzip`. Ranges and
/// conditions are answered, so that a download that broke goes on.
#[utoipa::path(
    get, path = "/v1/exports/{edition}/{file}", tag = "exports", operation_id = "export_file",
    params(
        ("edition" = String, Path, description = "`latest`, or the newest edition by its id"),
        ("file" = String, Path, description = "A name of the manifest", example = "annuaire.csv.gz"),
        ("audience" = Option<String>, Query, description = "`public` (unless said) or `professional`, for accounts"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/gzip", body = Vec<u8>),
        (status = 206, description = "The range asked for", content_type = "application/gzip", body = Vec<u8>),
        ExportRefusals
    ),
    security((), ("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn file(
    State(api): State<Shared>,
    asker: Asker,
    path: Result<Path<(String, String)>, axum::extract::rejection::PathRejection>,
    uri: Uri,
    headers: HeaderMap,
) -> Result<Response, Problem> {
    let unreadable = |_| Problem::new(StatusCode::BAD_REQUEST, "invalid_encoding", "the path is not percent-encoded UTF-8");
    let Path((edition, name)) = path.map_err(unreadable)?;
    let parameters = Parameters::of(&uri, &["audience"])?;
    let shelf = api.service.exports.shelf(asker.audience(&parameters)?);
    let newest = newest(&shelf, &edition)?;
    let manifest = shelf.manifest(newest)?;
    if name == MANIFEST {
        let body = serde_json::to_vec_pretty(&manifest).map_err(|e| Error::internal("a manifest", e))?;
        return super::entry::tagged(body, &headers);
    }
    let packed = format!("{name}.gz");
    let unpacks = manifest.file(&packed).is_some();
    let entry = manifest.file(if unpacks { &packed } else { &name }).ok_or_else(Problem::not_found)?;
    if unpacks && !takes_gzip(&headers) {
        let detail = "without `Accept-Encoding: gzip` the file is to be had under its name with .gz behind it";
        return Err(Problem::new(StatusCode::NOT_ACCEPTABLE, "gzip_only", detail));
    }
    let file = FileAnswer {
        path: &shelf.path(newest, &entry.name),
        media: if unpacks { media(&entry.form) } else { GZIP },
        encoding: unpacks.then_some("gzip"),
        tag: &entry.sha256,
        name: &name,
    };
    let mut answer = answer(file, &headers).await.map_err(|problem| if problem.is_not_found() { cleared() } else { problem })?;
    if unpacks {
        answer.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    }
    count(&entry.form);
    Ok(answer)
}

/// The newest edition, if that is the one that was named.
fn newest(shelf: &Shelf, edition: &str) -> Result<EditionId, Problem> {
    let kept = shelf.editions()?;
    let unknown = || Error::new(Kind::NotFound, "unknown_edition", "there is no such edition");
    let newest = *kept.first().ok_or_else(unknown)?;
    let wanted = if edition == LATEST { newest } else { edition.parse()? };
    match kept.contains(&wanted) {
        _ if wanted == newest => Ok(newest),
        true => {
            let detail = "only the newest edition is offered whole; ask for the differences from this one";
            Err(Problem::new(StatusCode::GONE, "edition_not_offered", detail))
        }
        false => Err(unknown().into()),
    }
}

fn media(form: &str) -> &'static str {
    match form {
        "extraction" => "text/plain; charset=utf-8",
        "csv" => "text/csv; charset=utf-8; header=present",
        "jsonl" | "delta" => "application/x-ndjson",
        "ldif" => "text/plain; charset=us-ascii",
        "vcard" => "text/vcard; charset=utf-8",
        _ => "application/vnd.sqlite3",
    }
}

fn takes_gzip(headers: &HeaderMap) -> bool {
    let values = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok());
    let mut codings = values.flat_map(|list| list.split(',')).map(|coding| coding.split_once(';').unwrap_or((coding, "")));
    codings.any(|(name, weight)| {
        let refused = weight.trim().strip_prefix("q=").is_some_and(|q| q.trim().parse::<f32>().is_ok_and(|q| q <= 0.0));
        ["gzip", "*"].contains(&name.trim().to_ascii_lowercase().as_str()) && !refused
    })
}

fn count(form: &str) {
    metrics::counter!("annuaire_export_downloads_total", "form" => form.to_owned()).increment(1);
}

/// A difference
///
/// JSON lines, packed: `op` is `added`, `changed` (with the `fields` that differ) or `gone`. What the newest edition no longer shows is gone in
/// every difference. One that was not asked for before takes a moment to make.
#[utoipa::path(
    get, path = "/v1/exports/delta", tag = "exports", operation_id = "export_delta",
    params(
        ("from" = String, Query, description = "A kept edition"),
        ("to" = Option<String>, Query, description = "A later kept edition; the newest unless said"),
        ("audience" = Option<String>, Query, description = "`public` (unless said) or `professional`, for accounts"),
    ),
    responses(
        (status = 200, description = "The difference", content_type = "application/gzip", body = Vec<u8>),
        (status = 206, description = "The range asked for", content_type = "application/gzip", body = Vec<u8>),
        ExportRefusals
    ),
    security((), ("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn delta(State(api): State<Shared>, asker: Asker, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    let parameters = Parameters::of(&uri, &["from", "to", "audience"])?;
    let audience = asker.audience(&parameters)?;
    let from = match parameters.text("from") {
        "" => return Err(Problem::parameter("missing_parameter", "from", "an edition is named")),
        from => from.parse()?,
    };
    let to = Some(parameters.text("to")).filter(|to| !to.is_empty() && *to != LATEST).map(str::parse).transpose()?;
    count("delta");
    for _ in 0..LOOKS {
        let difference = api.service.exports.difference(audience, from, to).await?;
        let file = FileAnswer { path: &difference.path, media: GZIP, encoding: None, tag: &difference.tag, name: &difference.name };
        match answer(file, &headers).await {
            Err(problem) if problem.is_not_found() => {}
            answered => return answered,
        }
    }
    Err(cleared())
}

/// Characters of a criterion of a subset: room for two hundred codes of communes.
const LONGEST_LIST: usize = 2_000;
const SUBSET: [&str; 8] = ["form", "audience", "profession", "specialty", "region", "department", "city", "insee"];

/// A subset
///
/// For accounts. The entries with one activity (or exercise) that satisfies all criteria together; a criterion takes several values, separated by
/// commas, 2,000 characters at most. Made when it is asked for, kept until the next edition; one of an account at a time.
#[utoipa::path(
    get, path = "/v1/exports/subset", tag = "exports", operation_id = "export_subset",
    params(
        ("form" = String, Query, description = "`extraction`, `csv`, `jsonl`, `ldif`, `vcard` or `sqlite`"),
        ("profession" = Option<String>, Query, description = "Codes (TRE_G15, TRE_R94, TRE_R95)", example = "10,21"),
        ("specialty" = Option<String>, Query, description = "Codes of savoir-faire", example = "SM54"),
        ("region" = Option<String>, Query, description = "Codes of regions (INSEE)", example = "84"),
        ("department" = Option<String>, Query, description = "Codes of départements", example = "69,2A"),
        ("city" = Option<String>, Query, description = "Names of communes", example = "Lyon"),
        ("insee" = Option<String>, Query, description = "INSEE codes of communes", example = "69383"),
        ("audience" = Option<String>, Query, description = "`public` (unless said) or `professional`"),
    ),
    responses(
        (status = 200, description = "The file", content_type = "application/gzip", body = Vec<u8>),
        (status = 206, description = "The range asked for", content_type = "application/gzip", body = Vec<u8>),
        ExportRefusals
    ),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn subset(State(api): State<Shared>, asker: Asker, uri: Uri, headers: HeaderMap) -> Result<Response, Problem> {
    count("subset");
    for _ in 0..LOOKS {
        let subset = made(&api, &asker, &uri).await?;
        let tag = subset.manifest.file(&subset.name).map(|file| file.sha256.clone()).unwrap_or_default();
        let file = FileAnswer { path: &subset.path, media: GZIP, encoding: None, tag: &tag, name: &subset.name };
        match answer(file, &headers).await {
            Err(problem) if problem.is_not_found() => {}
            answered => return answered,
        }
    }
    Err(cleared())
}

/// How often a file is looked for that a new edition may clear before it is opened.
const LOOKS: usize = 2;

fn cleared() -> Problem {
    Error::new(Kind::Busy, "busy", "a new edition came meanwhile; ask again").into()
}

/// The manifest of a subset
///
/// With the same parameters as the subset.
#[utoipa::path(
    get, path = "/v1/exports/subset/manifest", tag = "exports", operation_id = "export_subset_manifest",
    params(
        ("form" = String, Query, description = "As of the subset"),
        ("profession" = Option<String>, Query, description = "As of the subset"),
        ("specialty" = Option<String>, Query, description = "As of the subset"),
        ("region" = Option<String>, Query, description = "As of the subset"),
        ("department" = Option<String>, Query, description = "As of the subset"),
        ("city" = Option<String>, Query, description = "As of the subset"),
        ("insee" = Option<String>, Query, description = "As of the subset"),
        ("audience" = Option<String>, Query, description = "As of the subset"),
    ),
    responses((status = 200, description = "Counts, digests, filter, licence", body = Manifest), ExportRefusals),
    security(("bearer" = []), ("esante-api-key" = [])),
)]
pub(super) async fn subset_manifest(State(api): State<Shared>, asker: Asker, uri: Uri) -> Result<Json<Manifest>, Problem> {
    Ok(Json(made(&api, &asker, &uri).await?.manifest))
}

async fn made(api: &Shared, asker: &Asker, uri: &Uri) -> Result<Subset, Problem> {
    let parameters = Parameters::up_to(LONGEST_LIST, uri, &SUBSET)?;
    let actor = asker.account()?;
    let audience = asker.audience(&parameters)?;
    let form = Form::parse(parameters.text("form")).ok_or_else(|| {
        Problem::parameter("invalid_parameter", "form", "the value is one of extraction, csv, jsonl, ldif, vcard, sqlite")
    })?;
    let mut filter = Filter::default();
    for name in Filter::NAMES {
        filter.add(name, parameters.text(name)).map_err(criterion)?;
    }
    if filter.is_empty() {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "missing_criterion", "the whole is an edition; a subset takes a criterion"));
    }
    api.service.exports.subset(actor, audience, form, filter, api.now()).await.map_err(criterion)
}

/// A criterion that cannot be read, or a code that nothing has: both name it.
fn criterion(error: Error) -> Problem {
    let name = error.field().unwrap_or_default().to_owned();
    match error.code() {
        "invalid_filter" => Problem::parameter("invalid_parameter", name, error.to_string()),
        "unknown_code" => Problem::parameter("unknown_code", name, error.to_string()),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gzip_is_sent_to_those_who_take_it() {
        let taken = |value: &'static str| takes_gzip(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(value))]));
        assert!(taken("gzip") && taken("br, GZIP;q=0.5") && taken("*"));
        assert!(!taken("br") && !taken("gzip;q=0") && !taken("identity") && !takes_gzip(&HeaderMap::new()));
    }
}
