//! Bytes → frames → what a session makes of each: no panic, and what is read stays within what came.
#![no_main]

use annuaire::ldap::examine::{self, Request, Stop};
use annuaire::ldap_entry::{parse_dn, values};
use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;

/// As the server's default.
const LIMIT: usize = 64 * 1024;

static RUNTIME: LazyLock<tokio::runtime::Runtime> =
    LazyLock::new(|| tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap());

fuzz_target!(|bytes: &[u8]| {
    let (frames, stop) = RUNTIME.block_on(examine::frames(bytes, LIMIT));
    assert!(matches!(stop, Stop::Closed | Stop::NotLdap | Stop::TooLarge));
    assert!(frames.iter().map(|frame| frame.len()).sum::<usize>() <= bytes.len());
    for frame in &frames {
        assert!(frame.len() <= LIMIT);
        let Some(examined) = examine::message(frame) else { continue };
        assert!(examined.id > 0 && examined.controls.is_none_or(|count| count <= frame.len() / 4));
        if let Request::Search { filter, .. } = examined.request {
            let again = annuaire::directory::matches_entry(&filter, bytes);
            assert!(again.is_ok());
        }
    }
    let _ = examine::message(bytes);
    let _ = examine::filter(bytes);
    let _ = std::str::from_utf8(bytes).map(parse_dn);
    assert!(values(bytes).map(|(_, values)| values.count()).sum::<usize>() <= bytes.len());
});
