//! Bytes against the frame cutter and every reader behind it: each case ends, nothing panics, nothing refused was buffered first.

use super::damage::damaged;
use super::{for_a_while, requests};
use annuaire::directory::matches_entry;
use annuaire::ldap::examine::{self, Refused, Request, Stop};
use annuaire::ldap_entry::values;
use proptest::collection::vec;
use proptest::prelude::*;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::io::{AsyncRead, ReadBuf};

const LIMIT: usize = 64 * 1024;

/// A stream that gives a few bytes at a time, remembers how many were taken, and never ends: behind the bytes come zeros.
struct Counting<'a> {
    bytes: &'a [u8],
    step: usize,
    taken: usize,
    endless: bool,
}

impl AsyncRead for Counting<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, into: &mut ReadBuf<'_>) -> Poll<std::io::Result<()>> {
        let left = self.bytes.get(self.taken..).unwrap_or_default();
        let step = self.step.min(into.remaining());
        let given = if left.is_empty() && self.endless { &[0; 64][..step.min(64)] } else { &left[..step.min(left.len())] };
        into.put_slice(given);
        self.taken += given.len();
        Poll::Ready(Ok(()))
    }
}

fn cut(stream: &mut Counting<'_>, limit: usize) -> (Vec<Vec<u8>>, Stop) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    let (frames, stop) = runtime.block_on(examine::frames(stream, limit));
    (frames.into_iter().map(|frame| frame.to_vec()).collect(), stop)
}

/// Everything a session does with bytes, and what must hold whatever they are.
pub fn read_everything(bytes: &[u8]) {
    let mut stream = Counting { bytes, step: 4096, taken: 0, endless: false };
    let (frames, stop) = cut(&mut stream, LIMIT);
    let framed: usize = frames.iter().map(Vec::len).sum();
    match stop {
        Stop::Closed => assert_eq!(stream.taken, bytes.len()),
        Stop::NotLdap | Stop::TooLarge => assert!(framed < bytes.len()),
        Stop::Idle | Stop::Late => panic!("{stop:?} on a stream that never waits"),
    }
    for frame in frames.iter().map(Vec::as_slice).chain([bytes]) {
        let Some(examined) = examine::message(frame) else { continue };
        assert!(examined.id > 0);
        assert!(examined.controls.is_none_or(|count| count <= frame.len() / 4));
        if let Request::Search { filter, .. } = examined.request {
            assert!(matches_entry(&filter, bytes).is_ok(), "what was read can be evaluated, on any bytes");
        }
    }
    let _ = examine::filter(bytes);
    assert!(values(bytes).map(|(_, values)| values.count()).sum::<usize>() <= bytes.len());
}

#[test]
fn the_requests_are_valid_before_they_are_damaged() {
    let requests = requests::all();
    let (frames, stop) = cut(&mut Counting { bytes: &requests.concat(), step: 7, taken: 0, endless: false }, LIMIT);
    assert_eq!((&frames, stop), (&requests, Stop::Closed));
    for frame in frames {
        let examined = examine::message(&frame).unwrap_or_else(|| panic!("{frame:02x?}"));
        assert!(examined.controls.is_some());
        let wrong = [Request::Malformed, Request::TooComplex, Request::InvalidName];
        assert!(!wrong.contains(&examined.request), "{examined:?}");
    }
    for (filter, again) in requests::filters().iter().map(|filter| (filter, examine::filter(&super::ber::filter(filter)))) {
        assert_eq!(again.as_ref(), Ok::<_, &Refused>(filter));
    }
}

#[test]
fn noise_is_read_to_its_end() {
    for_a_while(Duration::from_secs(4), 256, &vec(any::<u8>(), 0..600), |bytes| {
        read_everything(&bytes);
        // The same as the content of each request.
        for tag in [0x60, 0x63, 0x66, 0x6e, 0x77, 0x50, 0x42] {
            read_everything(&super::ber::message(1, super::ber::element(tag, &bytes), &[]));
        }
        Ok(())
    });
}

#[test]
fn damaged_requests_are_read_to_their_end() {
    for_a_while(Duration::from_secs(12), 512, &damaged(), |bytes| {
        read_everything(&bytes);
        Ok(())
    });
}

/// From the header, not from what was buffered: behind the six octets of the longest header nothing more is taken.
#[test]
fn what_is_refused_is_refused_before_it_is_buffered() {
    const SMALL: u32 = 4096;
    let lengths = prop_oneof![any::<u32>(), SMALL - 10..SMALL * 4];
    let tags = prop_oneof![4 => Just(0x30u8), 1 => any::<u8>()];
    let headed = (tags, lengths, 1..6usize, 1..5usize, vec(damaged(), 0..2));
    for_a_while(Duration::from_secs(3), 256, &headed, |(tag, length, step, octets, before)| {
        let mut bytes = before.concat();
        bytes.extend_from_slice(&[tag, 0x80 | u8::try_from(octets).unwrap()]);
        bytes.extend_from_slice(&length.to_be_bytes()[4 - octets..]);
        let mut stream = Counting { bytes: &bytes, step, taken: 0, endless: true };
        let limit = usize::try_from(SMALL).unwrap();
        let (frames, stop) = cut(&mut stream, limit);
        let framed: usize = frames.iter().map(Vec::len).sum();
        prop_assert!(matches!(stop, Stop::NotLdap | Stop::TooLarge), "{stop:?}");
        prop_assert!(frames.iter().all(|frame| frame.len() <= limit));
        prop_assert!(stream.taken <= framed + 6 + step, "{} bytes taken for frames of {framed}", stream.taken);
        Ok(())
    });
}
