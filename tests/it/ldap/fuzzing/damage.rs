//! Damage to valid requests: bytes as they lie, and elements with the lengths around them put right, which goes deeper.

use super::ber::element;
use super::requests;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use std::sync::LazyLock;

static REQUESTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(requests::all);

#[derive(Clone, Debug)]
enum Blow {
    Flip(Index, u8),
    Cut(Index),
    Drop(Index, Index),
    Repeat(Index, Index, u8),
    /// A length in four octets put over what stands there.
    Length(Index, u32),
    /// On an element, counted through the tree.
    Element(Index, Change),
}

#[derive(Clone, Debug)]
enum Change {
    Content(Vec<u8>),
    Tag(u8),
    Twice,
    Many(u16),
    Gone,
    Nested(u8, u8),
}

fn blow() -> impl Strategy<Value = Blow> {
    let tags =
        || select(vec![0u8, 1, 2, 4, 10, 0x30, 0x42, 0x60, 0x63, 0x6e, 0x77, 0x80, 0x81, 0x87, 0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa9, 0xff]);
    let change = prop_oneof![
        vec(any::<u8>(), 0..20).prop_map(Change::Content),
        tags().prop_map(Change::Tag),
        Just(Change::Twice),
        (2..1_100u16).prop_map(Change::Many),
        Just(Change::Gone),
        (tags(), 1..100u8).prop_map(|(tag, depth)| Change::Nested(tag, depth)),
    ];
    prop_oneof![
        2 => (any::<Index>(), any::<u8>()).prop_map(|(at, octet)| Blow::Flip(at, octet)),
        1 => any::<Index>().prop_map(Blow::Cut),
        1 => (any::<Index>(), any::<Index>()).prop_map(|(from, to)| Blow::Drop(from, to)),
        1 => (any::<Index>(), any::<Index>(), any::<u8>()).prop_map(|(from, to, times)| Blow::Repeat(from, to, times)),
        1 => (any::<Index>(), any::<u32>()).prop_map(|(at, length)| Blow::Length(at, length)),
        5 => (any::<Index>(), change).prop_map(|(at, change)| Blow::Element(at, change)),
    ]
}

/// A request with one to four blows, and where whole it may still be read.
pub fn damaged() -> impl Strategy<Value = Vec<u8>> {
    (any::<Index>(), vec(blow(), 1..5)).prop_map(|(which, blows)| {
        let request = REQUESTS[which.index(REQUESTS.len())].clone();
        let mut bytes = blows.into_iter().fold(request, strike);
        // A few blows together can multiply a request; the server's own limit is half of this.
        bytes.truncate(128 * 1024);
        bytes
    })
}

fn strike(mut bytes: Vec<u8>, blow: Blow) -> Vec<u8> {
    if bytes.is_empty() {
        return bytes;
    }
    let span = |from: Index, to: Index| {
        let (a, b) = (from.index(bytes.len()), to.index(bytes.len()));
        a.min(b)..a.max(b)
    };
    match blow {
        Blow::Flip(at, octet) => {
            let at = at.index(bytes.len());
            bytes[at] = octet;
        }
        Blow::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Blow::Drop(from, to) => drop(bytes.drain(span(from, to))),
        Blow::Repeat(from, to, times) => {
            let span = span(from, to);
            let again = bytes[span.clone()].repeat(usize::from(times) % 40);
            bytes.splice(span.end..span.end, again);
        }
        Blow::Length(at, length) => {
            let at = at.index(bytes.len());
            let end = (at + 5).min(bytes.len());
            bytes.splice(at..end, [&[0x84][..], &length.to_be_bytes()].concat());
        }
        Blow::Element(at, change) => {
            let mut left = at.index(count(&bytes).max(1));
            bytes = rewrite(&bytes, &mut left, &change);
        }
    }
    bytes
}

/// (tag, content, what follows) when a whole element stands there.
fn split(bytes: &[u8]) -> Option<(u8, &[u8], &[u8])> {
    let (&tag, rest) = bytes.split_first()?;
    let (&first, rest) = rest.split_first()?;
    let (length, rest) = if first < 0x80 {
        (usize::from(first), rest)
    } else {
        let digits = rest.get(..usize::from(first & 0x7f)).filter(|digits| digits.len() <= 4)?;
        (digits.iter().fold(0, |sum, digit| sum << 8 | usize::from(*digit)), &rest[digits.len()..])
    };
    let (content, rest) = rest.split_at_checked(length)?;
    Some((tag, content, rest))
}

/// Siblings by a loop: a damaged request can have tens of thousands.
fn count(mut bytes: &[u8]) -> usize {
    let mut elements = 0;
    while let Some((tag, content, rest)) = split(bytes) {
        elements += 1 + if tag & 0x20 == 0 { 0 } else { count(content) };
        bytes = rest;
    }
    elements
}

/// The elements with the one that `left` counts down to changed, and the lengths around it as they must be.
fn rewrite(mut bytes: &[u8], left: &mut usize, change: &Change) -> Vec<u8> {
    let mut out = Vec::new();
    while let Some((tag, content, rest)) = split(bytes) {
        let here = *left == 0;
        *left = left.wrapping_sub(1);
        out.extend(if here {
            changed(tag, content, change)
        } else if tag & 0x20 == 0 {
            element(tag, content)
        } else {
            element(tag, &rewrite(content, left, change))
        });
        bytes = rest;
    }
    out.extend_from_slice(bytes);
    out
}

fn changed(tag: u8, content: &[u8], change: &Change) -> Vec<u8> {
    let whole = element(tag, content);
    match change {
        Change::Content(other) => element(tag, other),
        Change::Tag(other) => element(*other, content),
        Change::Twice => whole.repeat(2),
        Change::Many(times) => whole.repeat(usize::from(*times).min(1 + 100_000 / whole.len())),
        Change::Gone => Vec::new(),
        Change::Nested(outer, depth) => (0..*depth).fold(whole, |inner, _| element(*outer, &inner)),
    }
}
