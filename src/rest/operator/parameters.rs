//! Query parameters and headers of the operator's routes, read as strictly as those of a search.

use crate::publication::{Operation, Request};
use crate::rest::problem::Problem;
use crate::rest::query_string;
use axum::http::header::IF_MATCH;
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Characters of an Idempotency-Key.
const LONGEST_KEY: usize = 200;

pub(super) const IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The parameters of a query, each known to the route and given once.
pub(in crate::rest) struct Parameters(HashMap<String, String>);

impl Parameters {
    pub(in crate::rest) fn of(uri: &Uri, known: &[&str]) -> Result<Self, Problem> {
        let mut read = HashMap::new();
        for (name, value) in query_string::pairs(uri.query().unwrap_or_default())? {
            if !known.contains(&name.as_str()) {
                return Err(query_string::unknown(&name));
            }
            if value.chars().count() > 200 {
                return Err(Problem::parameter("parameter_too_long", name, "200 characters at most"));
            }
            if read.insert(name.clone(), value).is_some() {
                return Err(Problem::parameter("repeated_parameter", name, "the parameter is given once"));
            }
        }
        Ok(Self(read))
    }

    pub(in crate::rest) fn text(&self, name: &str) -> &str {
        self.0.get(name).map(String::as_str).unwrap_or_default()
    }

    pub(in crate::rest) fn required(&self, name: &'static str) -> Result<&str, Problem> {
        let missing = || Problem::parameter("missing_parameter", name, "the parameter is required");
        self.0.get(name).map(String::as_str).ok_or_else(missing)
    }

    pub(in crate::rest) fn flag(&self, name: &str) -> Result<bool, Problem> {
        match self.0.get(name).map(String::as_str) {
            None | Some("false") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Problem::parameter("invalid_parameter", name, "true or false is expected")),
        }
    }

    /// A whole number from 0 to `most`.
    pub(in crate::rest) fn number(&self, name: &str, most: i64) -> Result<Option<i64>, Problem> {
        let Some(text) = self.0.get(name) else { return Ok(None) };
        let number = text.parse::<i64>().ok().filter(|number| (0..=most).contains(number));
        number.map(Some).ok_or_else(|| {
            Problem::parameter(
                "invalid_parameter",
                name,
                if most == i64::MAX { "a number is expected".to_owned() } else { format!("a number from 0 to {most} is expected") },
            )
        })
    }

    /// Entries of a page, 100 unless said.
    pub(in crate::rest) fn limit(&self) -> Result<u32, Problem> {
        let given = self.0.get("limit").map_or(Some(100), |text| text.parse::<u32>().ok());
        given
            .filter(|limit| (1..=1_000).contains(limit))
            .ok_or_else(|| Problem::parameter("invalid_parameter", "limit", "a number from 1 to 1000 is expected"))
    }
}

/// One act on one mailbox, from the parts of its request.
pub(super) fn act(
    operation: Operation,
    address: Option<String>,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
    body: &[u8],
) -> Result<Request, Problem> {
    let dry_run = Parameters::of(uri, &["dry_run"])?.flag("dry_run")?;
    let key = key(headers)?.map(|key| (key, digest(method, uri, headers, body)));
    Ok(Request { operation, address, body: body.to_vec(), expected: expected(headers)?, dry_run, key })
}

/// The revisions of `If-Match` (RFC 9110 §13.1.1); a weak tag is none.
fn expected(headers: &HeaderMap) -> Result<Option<Vec<String>>, Problem> {
    if !headers.contains_key(IF_MATCH) {
        return Ok(None);
    }
    let mut tags = Vec::new();
    for value in headers.get_all(IF_MATCH) {
        let text = value.to_str().map_err(|_| invalid("if-match"))?;
        tags.extend(text.split(',').map(|tag| tag.trim().trim_matches('"').to_owned()));
    }
    if tags.len() > 50 { Err(invalid("if-match")) } else { Ok(Some(tags)) }
}

/// The Idempotency-Key.
pub(super) fn key(headers: &HeaderMap) -> Result<Option<String>, Problem> {
    let mut given = headers.get_all(&IDEMPOTENCY_KEY).iter();
    let (Some(key), more) = (given.next(), given.next()) else { return Ok(None) };
    let key = key.to_str().ok().filter(|_| more.is_none()).ok_or_else(|| invalid("idempotency-key"))?;
    let key = key.trim().trim_matches('"');
    if key.is_empty() || key.chars().count() > LONGEST_KEY {
        return Err(Problem::new(StatusCode::BAD_REQUEST, "invalid_idempotency_key", "la clé d'idempotence a de 1 à 200 caractères"));
    }
    Ok(Some(key.to_owned()))
}

/// What a request under a key is: method, path, query, condition and body.
fn digest(method: &Method, uri: &Uri, headers: &HeaderMap, body: &[u8]) -> [u8; 32] {
    let conditions = headers.get_all(IF_MATCH).iter().map(HeaderValue::as_bytes);
    let mut digest = Sha256::new();
    for part in
        [method.as_str().as_bytes(), uri.path().as_bytes(), uri.query().unwrap_or_default().as_bytes(), body].into_iter().chain(conditions)
    {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    digest.finalize().into()
}

fn invalid(header: &'static str) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_header", format!("the header {header} cannot be read"))
}
