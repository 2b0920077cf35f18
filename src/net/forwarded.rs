//! The header `Forwarded` (RFC 7239): which hops a request came by, as the proxies on its way wrote them.
//!
//! Read to the letter or not at all: where one part cannot be understood, the parts of a client and those of a proxy cannot be told apart.

use std::net::{IpAddr, Ipv6Addr};

/// The client of one proxy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Hop {
    /// `None`: unknown, hidden, or not said.
    pub address: Option<IpAddr>,
    /// It spoke TLS to the proxy.
    pub https: bool,
}

/// The hops of all headers in order, the nearest last; `None` when they are malformed or there is none.
pub(super) fn hops<'a>(headers: impl Iterator<Item = &'a [u8]>) -> Option<Vec<Hop>> {
    let mut hops = Vec::new();
    for header in headers {
        let mut rest = std::str::from_utf8(header).ok()?;
        loop {
            rest = rest.trim_start_matches([' ', '\t']);
            match rest.strip_prefix(',') {
                // Empty elements of a list are to be ignored (RFC 9110 section 5.6.1).
                Some(after) => rest = after,
                None if rest.is_empty() => break,
                None => {
                    let (hop, after) = element(rest)?;
                    hops.push(hop);
                    rest = after;
                }
            }
        }
    }
    (!hops.is_empty()).then_some(hops)
}

/// One element, and what follows it: a comma, or nothing.
fn element(text: &str) -> Option<(Hop, &str)> {
    let mut hop = Hop { address: None, https: false };
    let mut seen = Vec::new();
    let mut rest = text;
    loop {
        if !rest.starts_with(';') {
            let (name, after) = rest.split_once('=')?;
            let (value, after) = value(after)?;
            let name = name.to_ascii_lowercase();
            if !is_token(&name) || seen.contains(&name) {
                return None;
            }
            match name.as_str() {
                "for" => hop.address = node(&value)?,
                "proto" => hop.https = value.eq_ignore_ascii_case("https"),
                _ => {}
            }
            seen.push(name);
            rest = after.trim_start_matches([' ', '\t']);
        }
        match rest.strip_prefix(';') {
            Some(after) => rest = after.trim_start_matches([' ', '\t']),
            None if rest.is_empty() || rest.starts_with(',') => break,
            None => return None,
        }
        if rest.is_empty() || rest.starts_with(',') {
            break;
        }
    }
    (!seen.is_empty()).then_some((hop, rest))
}

fn is_token(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&b))
}

/// A token or a quoted string, and what follows it.
fn value(text: &str) -> Option<(String, &str)> {
    let Some(quoted) = text.strip_prefix('"') else {
        let end = text.find([';', ',', ' ', '\t']).unwrap_or(text.len());
        let (token, rest) = text.split_at_checked(end)?;
        return is_token(token).then(|| (token.to_owned(), rest));
    };
    let mut value = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return Some((value, quoted.get(at + 1..)?)),
            '\\' => value.push(chars.next()?.1),
            c => value.push(c),
        }
    }
    None
}

/// `Some(None)`: a node without an address.
fn node(text: &str) -> Option<Option<IpAddr>> {
    if let Some(rest) = text.strip_prefix('[') {
        let (address, after) = rest.split_once(']')?;
        let address: Ipv6Addr = address.parse().ok()?;
        let known = after.is_empty() || after.strip_prefix(':').is_some_and(is_port);
        return known.then_some(Some(IpAddr::from(address).to_canonical()));
    }
    let (name, port) = text.split_once(':').map_or((text, None), |(name, port)| (name, Some(port)));
    if port.is_some_and(|port| !is_port(port)) {
        return None;
    }
    if name.eq_ignore_ascii_case("unknown") || is_hidden(name) {
        return Some(None);
    }
    name.parse().ok().map(|address: std::net::Ipv4Addr| Some(address.into()))
}

fn is_port(text: &str) -> bool {
    text.parse::<u16>().is_ok() || is_hidden(text)
}

/// An obfuscated identifier.
fn is_hidden(text: &str) -> bool {
    text.strip_prefix('_').is_some_and(|rest| !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-".contains(&b)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(headers: &[&str]) -> Option<Vec<(String, bool)>> {
        let shown = |hop: Hop| (hop.address.map_or_else(|| "-".to_owned(), |address| address.to_string()), hop.https);
        hops(headers.iter().map(|text| text.as_bytes())).map(|hops| hops.into_iter().map(shown).collect())
    }

    #[test]
    fn hops_are_read_in_order() {
        for (headers, expected) in [
            (&["for=192.0.2.60;proto=http;by=203.0.113.43"][..], &[("192.0.2.60", false)][..]),
            (&["For=\"[2001:db8:cafe::17]:4711\";Proto=HTTPS"], &[("2001:db8:cafe::17", true)]),
            (&["for=192.0.2.43, for=198.51.100.17;proto=https"], &[("192.0.2.43", false), ("198.51.100.17", true)]),
            (&["for=192.0.2.43", "for=\"198.51.100.17:80\" ; proto=\"https\""], &[("192.0.2.43", false), ("198.51.100.17", true)]),
            (&["for=unknown, for=_hidden;proto=https,, for=\"_a:_b\";"], &[("-", false), ("-", true), ("-", false)]),
            (&["for=\"[::ffff:192.0.2.1]\";host=\"a, b;c=\\\"d\""], &[("192.0.2.1", false)]),
            (&["proto=https"], &[("-", true)]),
        ] {
            let expected = expected.iter().map(|(address, https)| ((*address).to_owned(), *https)).collect();
            assert_eq!(read(headers), Some(expected), "{headers:?}");
        }
    }

    #[test]
    fn one_fault_spoils_all() {
        for malformed in [
            "",
            ",",
            ";",
            "for",
            "for=",
            "for=192.0.2.300",
            "for=2001:db8::1",
            "for=[::1]",
            "for=\"[::1\"",
            "for=\"192.0.2.1",
            "for=192.0.2.1;for=192.0.2.2",
            "for=192.0.2.1 proto=https",
            "for=192.0.2.1:99999",
            "for=exemple.invalid",
            "f r=192.0.2.1",
            "for=192.0.2.1, \"",
            "for=\"192.0.2.1\"x",
        ] {
            assert_eq!(read(&[malformed]), None, "{malformed}");
        }
        assert_eq!(read(&["for=192.0.2.1", "for"]), None);
        assert_eq!(hops([&b"for=\xff"[..]].into_iter()), None);
    }
}
