//! One entry by its id: found, moved to its stable id, unchanged, or not there.
//!
//! What is hidden is not in the index, so it takes the very same steps as what never existed and ends in the same bytes. Natural ids
//! (RPPS, ADELI, FINESS, SIRET) are looked up as an identifier and answered 308 to the stable id; one that names several entries
//! names none. Entity tags are strong and of the bytes sent, which carry the time of the last change (RFC 9110 §8.8, §13.1.2).

use super::item::Item;
use super::path;
use super::problem::Problem;
use super::router::Api;
use crate::directory::{Caller, Criteria, Hit, Interface, Matching, Order, Query, View};
use crate::error::Error;
use crate::model::{EntryKey, Kind};
use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH, LAST_MODIFIED, LOCATION};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest, Sha256};
use std::time::Instant;

/// Entries looked at to see whether a natural id names only one.
const CANDIDATES: usize = 50;

/// Answers `GET {collection}/{text}` for the entries of one kind.
pub(super) async fn answer(
    api: &Api,
    caller: &Caller,
    kind: Kind,
    text: &str,
    collection: &str,
    headers: &HeaderMap,
) -> Result<Response, Problem> {
    let begun = Instant::now();
    if let Some(hit) = api.service.directory.entry(caller, EntryKey::new(kind, text)).await? {
        answered(api, begun, false);
        return shown(&hit, headers);
    }
    let id = named_by(api, caller, kind, text).await?;
    // Who follows the move asks once, there.
    if id.is_none() {
        answered(api, begun, true);
    }
    moved(collection, &id.ok_or_else(Problem::not_found)?)
}

/// A question to the directory was answered, for the indicators.
pub(super) fn answered(api: &Api, begun: Instant, empty: bool) {
    api.service.directory.consultation().count(Interface::Rest, begun.elapsed(), empty);
}

/// The entry itself, or 304 when the client has these very bytes.
pub(super) fn shown(hit: &Hit, headers: &HeaderMap) -> Result<Response, Problem> {
    let body = serde_json::to_vec(&Item::of(hit)?).map_err(|e| Error::internal("an entry as JSON", e))?;
    let mut response = tagged(body, headers)?;
    if let Some(date) = http_date(hit.since()) {
        response.headers_mut().insert(LAST_MODIFIED, date);
    }
    Ok(response)
}

/// JSON bytes under a strong entity tag, or 304.
pub(super) fn tagged(body: Vec<u8>, headers: &HeaderMap) -> Result<Response, Problem> {
    let digest = Sha256::digest(&body);
    let tag = format!("\"{}\"", URL_SAFE_NO_PAD.encode(digest.get(..18).unwrap_or_default()));
    let mut response = if matches_tag(headers, &tag) {
        StatusCode::NOT_MODIFIED.into_response()
    } else {
        ([(CONTENT_TYPE, "application/json")], Body::from(body)).into_response()
    };
    let tag = HeaderValue::from_str(&tag).map_err(|e| Error::internal("an entity tag", e))?;
    response.headers_mut().insert(ETAG, tag);
    Ok(response)
}

/// 308 to the stable id of the same collection.
pub(super) fn moved(collection: &str, id: &str) -> Result<Response, Problem> {
    let location = format!("{collection}/{}", path::encode(id));
    let location = HeaderValue::from_str(&location).map_err(|e| Error::internal("a location", e))?;
    Ok((StatusCode::PERMANENT_REDIRECT, [(LOCATION, location)]).into_response())
}

/// Stable id of the only entry that carries `text` as an identifier of its own.
pub(super) async fn named_by(api: &Api, caller: &Caller, kind: Kind, text: &str) -> Result<Option<String>, Problem> {
    let query = Query {
        kinds: vec![kind],
        matching: Matching::Criteria(Criteria { identifier: Some(text.to_owned()), ..Criteria::default() }),
        order: Order::Name,
        limit: CANDIDATES,
        after: None,
        count: false,
        facets: false,
    };
    let answer = api.service.directory.search(caller, query, api.deadline()).await?;
    let mut entries = Vec::with_capacity(answer.hits.len());
    for hit in &answer.hits {
        let published = hit.published()?;
        entries.push((published.id().to_owned(), own_identifiers(published.view())));
    }
    // A site's own number before its legal entity's: the first kind of identifier that matches decides.
    for rank in 0..IDENTIFIERS {
        let mut carriers = entries.iter().filter(|(_, own)| own.get(rank).is_some_and(|v| !v.is_empty() && v.eq_ignore_ascii_case(text)));
        match (carriers.next(), carriers.next()) {
            (Some((id, _)), None) => return Ok(Some(id.clone())),
            (Some(_), Some(_)) => return Ok(None),
            _ => {}
        }
    }
    Ok(None)
}

/// Kinds of identifier an entry may be named by.
const IDENTIFIERS: usize = 4;

/// Identifiers of the entry itself (not of a place it is attached to), best first.
fn own_identifiers(view: &View) -> [String; IDENTIFIERS] {
    let none = String::new;
    match view {
        View::Professional(v) => [v.person.id.clone(), v.person.rpps.clone(), v.person.adeli.clone(), none()],
        View::Structure(v) => {
            let o = &v.organization;
            [o.id.clone(), o.finess.clone(), o.siret.clone(), o.finess_ej.clone()]
        }
        View::Mailbox(v) => [v.mailbox.address.clone(), none(), none(), none()],
    }
}

/// `If-None-Match`: any tag of the list, compared weakly, or `*`.
pub(super) fn matches_tag(headers: &HeaderMap, tag: &str) -> bool {
    headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|list| list.split(','))
        .map(str::trim)
        .any(|given| given == "*" || given.strip_prefix("W/").unwrap_or(given) == tag)
}

/// IMF-fixdate of UTC seconds.
fn http_date(seconds: i64) -> Option<HeaderValue> {
    let time = jiff::Timestamp::from_second(seconds).ok()?;
    HeaderValue::from_str(&time.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tags_and_dates_follow_rfc_9110() {
        let given = |value: &'static str| HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(value))]);
        for hit in ["\"a\"", "W/\"a\"", "\"b\", \"a\"", "*"] {
            assert!(matches_tag(&given(hit), "\"a\""), "{hit}");
        }
        for miss in ["\"b\"", "a", ""] {
            assert!(!matches_tag(&given(miss), "\"a\""), "{miss}");
        }
        assert_eq!(http_date(784_111_777).unwrap(), "Sun, 06 Nov 1994 08:49:37 GMT");
    }
}
