//! Three protocols as bytes: requests made beforehand, answers only measured for where they end and how many entries they hold.
//!
//! A client that decodes would be measured with the server, on the same cores. LDAP: RFC 4511 in definite lengths. HTTP: answers with a
//! `content-length`. PostgreSQL: the extended protocol, version 3, with statements prepared once.

use anyhow::{Result, bail};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protocol {
    Ldap,
    Http,
    Postgres,
}

/// What stands at the beginning of the bytes.
pub enum Step {
    /// Not a whole message yet.
    More,
    /// A message of this length; with this many entries.
    Part(usize, u32),
    /// The last message of an answer is whole; `false`: it says that something failed.
    Last(u32, bool),
}

impl Protocol {
    pub fn step(self, bytes: &[u8]) -> Result<Step> {
        match self {
            Self::Ldap => ldap_step(bytes),
            Self::Http => http_step(bytes),
            Self::Postgres => postgres_step(bytes),
        }
    }
}

/// Length of the first LDAP message; `None` when it is not whole.
pub fn ldap_length(bytes: &[u8]) -> Option<usize> {
    ber_element(bytes).map(|(_, end)| end).filter(|end| bytes.len() >= *end)
}

/// Where the contents of a BER element begin and end.
fn ber_element(bytes: &[u8]) -> Option<(usize, usize)> {
    let first = usize::from(*bytes.get(1)?);
    if first < 0x80 {
        return Some((2, 2 + first));
    }
    let octets = first & 0x7f;
    let length = bytes.get(2..2 + octets)?.iter().fold(0, |sum, octet| sum << 8 | usize::from(*octet));
    Some((2 + octets, 2 + octets + length))
}

fn ldap_step(bytes: &[u8]) -> Result<Step> {
    let Some((begin, end)) = ber_element(bytes) else { return Ok(Step::More) };
    let Some(content) = bytes.get(begin..end) else { return Ok(Step::More) };
    let Some((_, id)) = ber_element(content) else { bail!("a message without id") };
    let operation = content.get(id..).unwrap_or_default();
    Ok(match operation.first() {
        Some(0x64) => Step::Part(end, 1),
        Some(0x73) => Step::Part(end, 0),
        Some(0x65 | 0x61) => {
            // resultCode is the first element: ENUMERATED of one octet. sizeLimitExceeded is an answer like another.
            let code = ber_element(operation).and_then(|(at, _)| operation.get(at + 2));
            Step::Last(0, matches!(code, Some(0 | 4)))
        }
        other => bail!("not an answer to a search: {other:?}"),
    })
}

fn http_step(bytes: &[u8]) -> Result<Step> {
    let Some(head) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else { return Ok(Step::More) };
    let text = String::from_utf8_lossy(bytes.get(..head).unwrap_or_default());
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: ")).and_then(|l| l.trim().parse::<usize>().ok());
    let Some(length) = length else { bail!("an answer without length: {text}") };
    let end = head + 4 + length;
    let Some(body) = bytes.get(head + 4..end) else { return Ok(Step::More) };
    let entries = count(body, b"{\"kind\":\"professional\"");
    Ok(Step::Last(entries, text.starts_with("HTTP/1.1 200")))
}

fn postgres_step(bytes: &[u8]) -> Result<Step> {
    let Some(length) = bytes.get(1..5).and_then(|l| l.try_into().ok()).map(u32::from_be_bytes) else { return Ok(Step::More) };
    let end = 1 + length as usize;
    let Some(message) = bytes.get(..end) else { return Ok(Step::More) };
    match message.first() {
        Some(b'Z') => Ok(Step::Last(0, true)),
        Some(b'D') => Ok(Step::Part(end, 1)),
        Some(b'E') => bail!("PostgreSQL: {}", String::from_utf8_lossy(message)),
        _ => Ok(Step::Part(end, 0)),
    }
}

fn count(text: &[u8], wanted: &[u8]) -> u32 {
    let mut found = 0;
    let mut rest = text;
    while let Some(at) = position(rest, wanted) {
        found += 1;
        rest = rest.get(at + wanted.len()..).unwrap_or_default();
    }
    found
}

/// Where one text stands in another.
pub fn position(text: &[u8], wanted: &[u8]) -> Option<usize> {
    let first = *wanted.first()?;
    let mut from = 0;
    while let Some(at) = text.get(from..)?.iter().position(|b| *b == first) {
        if text.get(from + at..)?.starts_with(wanted) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn element(tag: u8, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|c| c.len()).sum();
    let mut out = vec![tag];
    match u8::try_from(length) {
        Ok(short) if short < 0x80 => out.push(short),
        _ => {
            out.push(0x82);
            out.extend_from_slice(&u16::try_from(length).unwrap_or(u16::MAX).to_be_bytes());
        }
    }
    for content in contents {
        out.extend_from_slice(content);
    }
    out
}

/// An anonymous bind, message 1.
pub fn ldap_bind() -> Vec<u8> {
    element(0x30, &[&[2, 1, 1], &element(0x60, &[&[2, 1, 3], &[4, 0], &[0x80, 0]])])
}

/// An unbind, message 3.
pub fn ldap_unbind() -> Vec<u8> {
    vec![0x30, 5, 2, 1, 3, 0x42, 0]
}

/// A search of a whole subtree for at most 100 entries with all their attributes, message 2, as mail clients send it.
pub fn ldap_search(base: &str, filter: &str) -> Result<Vec<u8>> {
    let (filter, rest) = ldap_filter(filter)?;
    if !rest.is_empty() {
        bail!("after the filter: {rest}");
    }
    let base = element(4, &[base.as_bytes()]);
    let fixed: [&[u8]; 5] = [&[0x0a, 1, 2], &[0x0a, 1, 0], &[2, 1, 100], &[2, 1, 0], &[1, 1, 0]];
    let contents = [&[base.as_slice()][..], &fixed, &[&filter, &[0x30, 0]]].concat();
    Ok(element(0x30, &[&[2, 1, 2], &element(0x63, &contents)]))
}

/// A filter in the form of RFC 4515 without escapes, and what follows it.
pub fn ldap_filter(text: &str) -> Result<(Vec<u8>, &str)> {
    let Some(inner) = text.strip_prefix('(') else { bail!("no filter: {text}") };
    let set = [('&', 0xa0), ('|', 0xa1), ('!', 0xa2)].into_iter().find(|(sign, _)| inner.starts_with(*sign));
    if let Some((sign, tag)) = set {
        let mut rest = inner.strip_prefix(sign).unwrap_or(inner);
        let mut parts = Vec::new();
        while rest.starts_with('(') {
            let (part, after) = ldap_filter(rest)?;
            parts.extend_from_slice(&part);
            rest = after;
        }
        let Some(rest) = rest.strip_prefix(')') else { bail!("not closed: {rest}") };
        return Ok((element(tag, &[&parts]), rest));
    }
    let Some((assertion, rest)) = inner.split_once(')') else { bail!("not closed: {inner}") };
    let Some((attribute, value)) = assertion.split_once('=') else { bail!("no assertion: {assertion}") };
    let name = element(4, &[attribute.as_bytes()]);
    if value == "*" {
        return Ok((element(0x87, &[attribute.as_bytes()]), rest));
    }
    let pieces: Vec<&str> = value.split('*').collect();
    if pieces.len() == 1 {
        return Ok((element(0xa3, &[&name, &element(4, &[value.as_bytes()])]), rest));
    }
    let mut parts = Vec::new();
    for (at, piece) in pieces.iter().enumerate().filter(|(_, piece)| !piece.is_empty()) {
        let tag = if at == 0 {
            0x80
        } else if at + 1 == pieces.len() {
            0x82
        } else {
            0x81
        };
        parts.extend_from_slice(&element(tag, &[piece.as_bytes()]));
    }
    Ok((element(0xa4, &[&name, &element(0x30, &[&parts])]), rest))
}

/// A GET on a connection that stays open.
pub fn http_get(path: &str, parameters: &[(&str, &str)]) -> Vec<u8> {
    let mut target = path.to_owned();
    for (at, (name, value)) in parameters.iter().enumerate() {
        target.push(if at == 0 { '?' } else { '&' });
        target.push_str(name);
        target.push('=');
        for octet in value.bytes() {
            if octet.is_ascii_alphanumeric() { target.push(octet.into()) } else { target.push_str(&format!("%{octet:02X}")) }
        }
    }
    format!("GET {target} HTTP/1.1\r\nHost: bench\r\n\r\n").into_bytes()
}

fn postgres_message(tag: Option<u8>, contents: &[&[u8]]) -> Vec<u8> {
    let length: usize = contents.iter().map(|c| c.len()).sum::<usize>() + 4;
    let mut out: Vec<u8> = tag.into_iter().collect();
    out.extend_from_slice(&u32::try_from(length).unwrap_or(u32::MAX).to_be_bytes());
    for content in contents {
        out.extend_from_slice(content);
    }
    out
}

/// The first message of a connection.
pub fn postgres_start(user: &str, database: &str) -> Vec<u8> {
    let text = format!("user\0{user}\0database\0{database}\0\0");
    postgres_message(None, &[&[0, 3, 0, 0], text.as_bytes()])
}

/// Prepares a statement under a name.
pub fn postgres_prepare(name: &str, statement: &str) -> Vec<u8> {
    let parse = postgres_message(Some(b'P'), &[format!("{name}\0{statement}\0").as_bytes(), &[0, 0]]);
    [parse, postgres_message(Some(b'S'), &[])].concat()
}

/// Executes it with these texts.
pub fn postgres_execute(name: &str, values: &[&str]) -> Vec<u8> {
    let mut bind = format!("\0{name}\0").into_bytes();
    bind.extend_from_slice(&[0, 0]);
    bind.extend_from_slice(&u16::try_from(values.len()).unwrap_or(0).to_be_bytes());
    for value in values {
        bind.extend_from_slice(&u32::try_from(value.len()).unwrap_or(0).to_be_bytes());
        bind.extend_from_slice(value.as_bytes());
    }
    bind.extend_from_slice(&[0, 0]);
    let execute = postgres_message(Some(b'E'), &[&[0, 0, 0, 0, 0]]);
    [postgres_message(Some(b'B'), &[&bind]), execute, postgres_message(Some(b'S'), &[])].concat()
}
