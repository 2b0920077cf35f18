//! A file as an answer: streamed, under a strong entity tag, whole or one range of it, so that a download that broke goes on where it was
//! (RFC 9110 §8.8, §13.1, §14). Several ranges at once, and units other than bytes, are answered with the whole file, as the RFC allows.

use super::entry::matches_tag;
use super::problem::Problem;
use crate::error::{Error, at_path};
use axum::body::Body;
use axum::http::header::{
    ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use std::io::SeekFrom;
use std::ops::RangeInclusive;
use std::path::Path;
use tokio::fs::File;
use tokio::io::{AsyncReadExt as _, AsyncSeekExt as _};
use tokio_util::io::ReaderStream;

/// Bytes read at once.
const PIECE: usize = 64 * 1024;

/// What is sent.
pub(super) struct FileAnswer<'a> {
    pub path: &'a Path,
    pub media: &'static str,
    /// `gzip` when the bytes of the file are those of another one, packed.
    pub encoding: Option<&'static str>,
    /// Names these very bytes: a digest, without quotes.
    pub tag: &'a str,
    /// Name under which it is kept, ASCII without quotes.
    pub name: &'a str,
}

/// The file, a range of it, 304 or 416. A file that is gone is not found.
pub(super) async fn answer(file: FileAnswer<'_>, headers: &HeaderMap) -> Result<Response, Problem> {
    let tag = format!("\"{}\"", file.tag);
    if matches_tag(headers, &tag) {
        return Ok(with(StatusCode::NOT_MODIFIED.into_response(), [(ETAG, tag)]));
    }
    let mut open = match File::open(file.path).await {
        Ok(open) => open,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Err(Problem::not_found()),
        Err(error) => return Err(at_path(file.path)(error).into()),
    };
    let length = open.metadata().await.map_err(at_path(file.path))?.len();
    let described = [
        (ETAG, tag.clone()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (CONTENT_TYPE, file.media.to_owned()),
        (CONTENT_DISPOSITION, format!("attachment; filename=\"{}\"", file.name)),
    ];
    let encoded = file.encoding.map(|encoding| (CONTENT_ENCODING, encoding.to_owned()));
    let described = described.into_iter().chain(encoded);
    match wanted(headers, &tag, length) {
        Wanted::Whole => {
            let body = Body::from_stream(ReaderStream::with_capacity(open, PIECE));
            Ok(with((StatusCode::OK, body).into_response(), described.chain([(CONTENT_LENGTH, length.to_string())])))
        }
        Wanted::Range(range) => {
            open.seek(SeekFrom::Start(*range.start())).await.map_err(|e| Error::internal("a place in a file", e))?;
            let part = range.end() - range.start() + 1;
            let body = Body::from_stream(ReaderStream::with_capacity(open.take(part), PIECE));
            let place = format!("bytes {}-{}/{length}", range.start(), range.end());
            let described = described.chain([(CONTENT_LENGTH, part.to_string()), (CONTENT_RANGE, place)]);
            Ok(with((StatusCode::PARTIAL_CONTENT, body).into_response(), described))
        }
        Wanted::Beyond => {
            let problem = Problem::new(StatusCode::RANGE_NOT_SATISFIABLE, "range_not_satisfiable", "the file is not that long");
            Ok(with(problem.into_response(), [(CONTENT_RANGE, format!("bytes */{length}"))]))
        }
    }
}

/// The bytes of a file of that tag and length that [`answer`] sends to this request; `None` when it sends none.
pub(super) fn sent(method: &Method, headers: &HeaderMap, tag: &str, length: u64) -> Option<RangeInclusive<u64>> {
    let tag = format!("\"{tag}\"");
    if method == Method::HEAD || matches_tag(headers, &tag) {
        return None;
    }
    match wanted(headers, &tag, length) {
        Wanted::Whole => Some(0..=length.saturating_sub(1)),
        Wanted::Range(range) => Some(range),
        Wanted::Beyond => None,
    }
}

fn with(mut response: Response, headers: impl IntoIterator<Item = (HeaderName, String)>) -> Response {
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(name, value);
        }
    }
    response
}

#[derive(Debug, PartialEq, Eq)]
enum Wanted {
    Whole,
    Range(RangeInclusive<u64>),
    /// Of bytes that are not there.
    Beyond,
}

/// What `Range` asks for, when `If-Range` holds.
fn wanted(headers: &HeaderMap, tag: &str, length: u64) -> Wanted {
    let Some(range) = headers.get(RANGE).and_then(|value| value.to_str().ok()) else { return Wanted::Whole };
    // A date never equals a strong tag, which is what §13.1.5 asks for: then the whole is sent.
    if headers.get(IF_RANGE).is_some_and(|value| value.as_bytes() != tag.as_bytes()) {
        return Wanted::Whole;
    }
    let Some((from, to)) = range.strip_prefix("bytes=").and_then(|set| set.trim().split_once('-')) else { return Wanted::Whole };
    let number = |text: &str| if text.is_empty() { Some(None) } else { digits(text).map(Some) };
    let last = length.checked_sub(1);
    match (number(from), number(to), last) {
        (Some(Some(from)), Some(to), _) if to.is_some_and(|to| to < from) => Wanted::Whole,
        (Some(Some(from)), Some(to), Some(last)) if from <= last => Wanted::Range(from..=to.unwrap_or(last).min(last)),
        (Some(None), Some(Some(count)), Some(last)) if count > 0 => Wanted::Range(length.saturating_sub(count)..=last),
        (Some(Some(_)), Some(_), _) | (Some(None), Some(Some(_)), _) => Wanted::Beyond,
        _ => Wanted::Whole,
    }
}

/// Digits and nothing else: a sign is none.
fn digits(text: &str) -> Option<u64> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(range: &str, condition: Option<&str>, length: u64) -> Wanted {
        let mut headers = HeaderMap::new();
        headers.insert(RANGE, HeaderValue::from_str(range).unwrap());
        if let Some(condition) = condition {
            headers.insert(IF_RANGE, HeaderValue::from_str(condition).unwrap());
        }
        wanted(&headers, "\"t\"", length)
    }

    #[test]
    fn ranges_follow_rfc_9110() {
        assert_eq!(wanted(&HeaderMap::new(), "\"t\"", 10), Wanted::Whole);
        for (range, expected) in [
            ("bytes=0-", Wanted::Range(0..=9)),
            ("bytes=3-5", Wanted::Range(3..=5)),
            ("bytes=9-9", Wanted::Range(9..=9)),
            ("bytes=3-99", Wanted::Range(3..=9)),
            ("bytes=-4", Wanted::Range(6..=9)),
            ("bytes=-40", Wanted::Range(0..=9)),
            ("bytes=10-", Wanted::Beyond),
            ("bytes=-0", Wanted::Beyond),
            ("bytes=5-3", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=+1-", Wanted::Whole),
            ("bytes=x", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("lines=1-2", Wanted::Whole),
            ("bytes=99999999999999999999-", Wanted::Whole),
        ] {
            assert_eq!(asked(range, None, 10), expected, "{range}");
        }
        assert_eq!(asked("bytes=0-", None, 0), Wanted::Beyond);
        assert_eq!(asked("bytes=3-", Some("\"t\""), 10), Wanted::Range(3..=9));
        for other in ["\"u\"", "W/\"t\"", "Fri, 27 Nov 2026 17:00:00 GMT"] {
            assert_eq!(asked("bytes=3-", Some(other), 10), Wanted::Whole, "{other}");
        }
    }
}
