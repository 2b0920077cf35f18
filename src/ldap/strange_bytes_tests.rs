//! Whatever bytes come, every reader ends, without panic and without growing past its bounds.

use super::ber::{Elements, put};
use super::message::{Message, Operation};
use super::request::{BindRequest, CompareRequest, ExtendedRequest, SearchRequest, abandoned_id};
use super::{dn, extended, filter, starttls, tree};
use proptest::prelude::*;

/// A well-formed request, to be damaged.
fn search() -> Vec<u8> {
    let assertion = |tag: u8| {
        let mut fields = Vec::new();
        put(&mut fields, 4, b"cn");
        put(&mut fields, 4, "Élodie".as_bytes());
        let mut out = Vec::new();
        put(&mut out, tag, &fields);
        out
    };
    let mut pieces = Vec::new();
    [(0x80, "a"), (0x81, "b"), (0x82, "c")].iter().for_each(|(tag, text)| put(&mut pieces, *tag, text.as_bytes()));
    let mut substring = Vec::new();
    put(&mut substring, 4, b"sn");
    put(&mut substring, 0x30, &pieces);
    let mut terms = [assertion(0xa3), assertion(0xa5), assertion(0xa8)].concat();
    put(&mut terms, 0xa4, &substring);
    put(&mut terms, 0x87, b"mail");
    let mut out = Vec::new();
    put(&mut out, 4, b"ou=bal,dc=mssante,dc=fr");
    out.extend_from_slice(&[10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0]);
    put(&mut out, 0xa1, &terms);
    put(&mut out, 0x30, &[4, 2, b'c', b'n']);
    out
}

fn read_everything(bytes: &[u8]) {
    let _ = BindRequest::read(bytes);
    let _ = SearchRequest::read(bytes);
    let _ = CompareRequest::read(bytes);
    let _ = ExtendedRequest::read(bytes);
    let _ = extended::run(bytes, None);
    let _ = starttls::check(starttls::Tls::Offered, false, bytes);
    let _ = starttls::allowed_in_clear(Operation::Search, bytes);
    let _ = abandoned_id(bytes);
    let _ = dn::Dn::parse(bytes);
    let _ = tree::resolve(bytes);
    let _ = tree::account_name(bytes);
    if let Ok(element) = Elements::new(bytes).next() {
        let _ = filter::read(element);
    }
    if let Ok(message) = Message::read(bytes) {
        read_everything(message.content);
    }
}

proptest! {
    #[test]
    fn noise(bytes in proptest::collection::vec(any::<u8>(), 0..512)) {
        read_everything(&bytes);
    }

    #[test]
    fn damage(flips in proptest::collection::vec((any::<proptest::sample::Index>(), any::<u8>()), 1..6), cut in any::<proptest::sample::Index>()) {
        let mut bytes = search();
        for (place, octet) in &flips {
            let at = place.index(bytes.len());
            bytes[at] = *octet;
        }
        read_everything(&bytes);
        read_everything(&bytes[..cut.index(bytes.len())]);
    }

    #[test]
    fn names(text in "[a-z=,+\\\\#\" ;0-9é]{0,60}") {
        let _ = tree::resolve(text.as_bytes());
    }
}

#[test]
fn the_undamaged_request_is_read() {
    assert!(SearchRequest::read(&search()).is_ok());
}
