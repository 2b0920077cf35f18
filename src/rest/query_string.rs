//! Reading a query string strictly (application/x-www-form-urlencoded): what is not valid percent-encoded UTF-8 is refused, not
//! replaced, because a search for something else than was meant is worse than an error.

use super::problem::Problem;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

/// The pairs of a query string, decoded, in order. A pair without `=` has an empty value.
pub(super) fn pairs(query: &str) -> Result<Vec<(String, String)>, Problem> {
    let mut pairs = Vec::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        pairs.push((decode(name)?, decode(value)?));
    }
    Ok(pairs)
}

fn decode(text: &str) -> Result<String, Problem> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || rest.next().and_then(|b| char::from(b).to_digit(16)).and_then(|d| u8::try_from(d).ok());
                match (digit(), digit()) {
                    (Some(high), Some(low)) => high << 4 | low,
                    _ => return Err(unreadable()),
                }
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).map_err(|_| unreadable())
}

/// A value that [`pairs`] reads back.
pub(super) fn encode(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~@".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

fn unreadable() -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid_encoding", "the query is not percent-encoded UTF-8")
}

/// 400 for a parameter the route does not have. The name is repeated only when it looks like one: it is the client's own text.
pub(super) fn unknown(name: &str) -> Problem {
    let plain = name.len() <= 40 && !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-.[]".contains(&b));
    let shown = if plain { name } else { "?" };
    Problem::parameter("unknown_parameter", shown, "the route has no such query parameter; see /docs")
}

/// For routes without any query parameter.
pub(super) struct NoParameters;

impl<S: Send + Sync> FromRequestParts<S> for NoParameters {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match pairs(parts.uri.query().unwrap_or_default())?.first() {
            Some((name, _)) => Err(unknown(name)),
            None => Ok(Self),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decoding_is_strict() {
        let read = |query| pairs(query).map_err(|_| ());
        assert_eq!(read("q=le+goff%20%C3%A9&&city=").unwrap(), [("q".into(), "le goff é".into()), ("city".into(), String::new())]);
        assert_eq!(read("a=b=c&d").unwrap(), [("a".into(), "b=c".into()), ("d".into(), String::new())]);
        let text = "d'arc & fils=a+b é%";
        let encoded = format!("q={}", encode(text));
        assert_eq!(read(&encoded).unwrap(), [("q".into(), text.into())]);
        for refused in ["q=%", "q=%4", "q=%zz", "q=%E9", "q=%+1", "%ff=1"] {
            assert!(read(refused).is_err(), "{refused}");
        }
    }
}
