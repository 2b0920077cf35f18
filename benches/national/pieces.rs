//! Pieces of names as somebody types them into a mail client, and how many people hold each.

use crate::data::{self, Person};
use annuaire::text::fold;
use anyhow::Result;
use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::path::Path;

const LENGTHS: [usize; 4] = [4, 5, 6, 8];

/// Keys are spread by one multiplication: a billion are looked up.
#[derive(Default)]
struct Spread(u64);

impl Hasher for Spread {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.write_u64(u64::from(*byte));
        }
    }

    fn write_u64(&mut self, number: u64) {
        self.0 = (self.0.rotate_left(26) ^ number).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 29;
    }
}

/// People that hold a piece: as we fold it, and as it is written; each with the last one counted.
#[derive(Clone, Copy, Default)]
struct Count {
    folded: u32,
    last: u32,
    written: u32,
    last_written: u32,
}

type Counts = HashMap<u64, Count, BuildHasherDefault<Spread>>;

/// Up to eight octets in one number.
fn packed(piece: &[u8]) -> u64 {
    piece.iter().fold(0, |sum, octet| sum << 8 | u64::from(*octet))
}

fn unpacked(number: u64) -> String {
    number.to_be_bytes().iter().skip_while(|octet| **octet == 0).map(|octet| char::from(*octet)).collect()
}

/// Letters, with a hyphen between them.
fn is_typed(piece: &[u8]) -> bool {
    let ends = piece.first() != Some(&b'-') && piece.last() != Some(&b'-');
    ends && piece.iter().all(|octet| octet.is_ascii_lowercase() || *octet == b'-')
}

/// Windows of every length of a text, and what they are as a key.
fn windows(text: &str) -> impl Iterator<Item = u64> {
    LENGTHS.into_iter().flat_map(|length| text.as_bytes().windows(length).map(packed))
}

/// Pieces of the names of some people, with how many of all people hold them.
pub fn contained(ldif: &Path, people: &[Person]) -> Result<Vec<(String, u32)>> {
    let mut counts = Counts::default();
    for person in people {
        for text in [fold(&person.sn), fold(&person.given)] {
            for length in LENGTHS {
                for piece in text.as_bytes().windows(length).filter(|piece| is_typed(piece)) {
                    counts.entry(packed(piece)).or_default();
                }
            }
        }
    }
    let mut number = 0;
    data::people(ldif, |person| {
        number += 1;
        for text in std::iter::once(&person.cn).chain(&person.mails) {
            for piece in windows(&fold(text)) {
                if let Some(count) = counts.get_mut(&piece)
                    && count.last != number
                {
                    (count.folded, count.last) = (count.folded + 1, number);
                }
            }
            for piece in windows(&text.to_lowercase()) {
                if let Some(count) = counts.get_mut(&piece)
                    && count.last_written != number
                {
                    (count.written, count.last_written) = (count.written + 1, number);
                }
            }
        }
    })?;
    // slapd, which does not ignore accents, must find nearly the same.
    let same = counts.into_iter().filter(|(_, count)| count.written * 10 >= count.folded * 9);
    Ok(same.map(|(piece, count)| (unpacked(piece), count.folded)).collect())
}
