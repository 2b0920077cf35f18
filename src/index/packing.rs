//! Packing of stored entries: each a frame of zstd by itself, with a dictionary of what entries have in common (attribute names, classes, labels, JSON keys),
//! so that one is unpacked without its neighbours in about a microsecond.
//!
//! The dictionaries were trained on the invented country of `synth`: a dictionary made of real entries would keep bytes of people after they
//! are withdrawn. They are part of the format: `cargo run --release --example train_dictionaries` makes new ones, and [`super::fields::FORMAT`] is to be raised.

use std::cell::RefCell;
use std::sync::{Arc, LazyLock};
use zstd::bulk::{Compressor, Decompressor};
use zstd::dict::{DecoderDictionary, EncoderDictionary};
use zstd::zstd_safe::CParameter;

/// Part of a stored document, each with a dictionary of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    Ldap,
    View,
}

impl Part {
    pub(super) const ALL: [Self; 2] = [Self::Ldap, Self::View];

    fn dictionary(self) -> &'static [u8] {
        match self {
            Self::Ldap => include_bytes!("dictionary/ldap.zdict"),
            Self::View => include_bytes!("dictionary/view.zdict"),
        }
    }

    /// Level of zstd. A view has longer pieces in common with others, and is worth looking for them: a ninth smaller at twice the time.
    fn level(self) -> i32 {
        match self {
            Self::Ldap => 3,
            Self::View => 5,
        }
    }
}

/// What every frame would begin with is not stored: magic number, a descriptor without size, checksum and dictionary, and the size of the
/// window, of which only the greatest has to be told.
const FRAME: [u8; 6] = [0x28, 0xb5, 0x2f, 0xfd, 0, 0x88];
/// Longer than any entry: a damaged length must not be asked of the allocator.
const LONGEST: usize = 1 << 28;

type Encoders = [EncoderDictionary<'static>; 2];
type Decoders = [DecoderDictionary<'static>; 2];
static ENCODERS: LazyLock<Encoders> = LazyLock::new(|| Part::ALL.map(|part| EncoderDictionary::copy(part.dictionary(), part.level())));
static DECODERS: LazyLock<Decoders> = LazyLock::new(|| Part::ALL.map(|part| DecoderDictionary::copy(part.dictionary())));

thread_local! {
    static PACKERS: RefCell<Option<[Compressor<'static>; 2]>> = const { RefCell::new(None) };
    static UNPACKERS: RefCell<Option<[Decompressor<'static>; 2]>> = const { RefCell::new(None) };
    static ROOM: RefCell<Room> = RefCell::default();
}

fn packers() -> std::io::Result<[Compressor<'static>; 2]> {
    let [ldap, view] = &*ENCODERS;
    let make = |dictionary| {
        let mut packer = Compressor::with_prepared_dictionary(dictionary)?;
        // The lengths and the dictionary are known without being repeated in each entry.
        packer.set_parameter(CParameter::ContentSizeFlag(false))?;
        packer.set_parameter(CParameter::DictIdFlag(false))?;
        std::io::Result::Ok(packer)
    };
    Ok([make(ldap)?, make(view)?])
}

fn unpackers() -> std::io::Result<[Decompressor<'static>; 2]> {
    let [ldap, view] = &*DECODERS;
    Ok([Decompressor::with_prepared_dictionary(ldap)?, Decompressor::with_prepared_dictionary(view)?])
}

/// What could not be packed is empty, which never unpacks to its length.
pub(super) fn pack(part: Part, bytes: &[u8]) -> Vec<u8> {
    let packed = PACKERS.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = packers().ok();
        }
        let [ldap, view] = kept.as_mut()?;
        let packer = match part {
            Part::Ldap => ldap,
            Part::View => view,
        };
        let mut frame = packer.compress(bytes).ok()?;
        let (head, [.., window]) = (frame.get(..FRAME.len() - 1)?, FRAME);
        let expected = FRAME.starts_with(head) && frame.get(FRAME.len() - 1)? <= &window;
        expected.then(|| frame.split_off(FRAME.len()))
    });
    packed.unwrap_or_default()
}

/// `None` when these are not the packed bytes of a part of that length.
pub(super) fn unpack(part: Part, packed: &[u8], length: usize) -> Option<Vec<u8>> {
    unpacked(part, packed, length, |bytes| bytes.clone())
}

/// The same with other bytes behind it, in one piece.
pub(super) fn unpack_before(part: Part, packed: &[u8], length: usize, behind: &[u8]) -> Option<Arc<[u8]>> {
    unpacked(part, packed, length, |bytes| {
        bytes.extend_from_slice(behind);
        Arc::from(bytes.as_slice())
    })
}

/// Room of a thread: a frame with its head, and what was in it.
#[derive(Default)]
struct Room {
    frame: Vec<u8>,
    bytes: Vec<u8>,
}

/// Longest room that is kept.
const KEPT: usize = 1 << 16;

fn unpacked<T>(part: Part, packed: &[u8], length: usize, take: impl FnOnce(&mut Vec<u8>) -> T) -> Option<T> {
    if length > LONGEST {
        return None;
    }
    UNPACKERS.with_borrow_mut(|kept| {
        if kept.is_none() {
            *kept = unpackers().ok();
        }
        let [ldap, view] = kept.as_mut()?;
        let unpacker = match part {
            Part::Ldap => ldap,
            Part::View => view,
        };
        ROOM.with_borrow_mut(|room| {
            room.frame.clear();
            room.frame.extend_from_slice(&FRAME);
            room.frame.extend_from_slice(packed);
            room.bytes.clear();
            room.bytes.reserve(length);
            let written = unpacker.decompress_to_buffer(&room.frame, &mut room.bytes);
            let taken = written.is_ok_and(|written| written == length).then(|| take(&mut room.bytes));
            if room.bytes.capacity() > KEPT {
                *room = Room::default();
            }
            taken
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_comes_back_whatever_its_length() {
        for part in Part::ALL {
            // Up to a window as large as any that is made.
            for length in [0, 1, 100, 1_000, 300_000, 5_000_000] {
                let bytes: Vec<u8> = (0..length).map(|at: u32| (at.wrapping_mul(2_654_435_761) >> 27) as u8).collect();
                let packed = pack(part, &bytes);
                assert!(!packed.is_empty());
                assert_eq!(unpack(part, &packed, bytes.len()).as_deref(), Some(&*bytes), "{length}");
                assert_eq!(unpack(part, &packed, bytes.len() + 1), None);
                assert_eq!(unpack(part, packed.get(1..).unwrap_or_default(), bytes.len()).filter(|back| *back == bytes), None);
            }
        }
        assert_eq!(unpack(Part::Ldap, &[], 0), None);
    }
}
