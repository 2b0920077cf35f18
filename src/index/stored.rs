//! The bytes of one document as stored: all an answer needs, so that a search touches neither SQL nor the columns' dictionaries.
//!
//! Layout: six numbers (LEB128), then two packed parts (see [`super::packing`]): the user attributes of the LDAP entry with the sort key behind
//! them, and the view as JSON. What LDAP needs is unpacked when an entry is read, for its filter is tested on it; the view only when it is asked
//! for; operational attributes are made of the rest when somebody asks for them.

use super::Document;
use super::packing::{Part, pack, unpack, unpack_before};
use crate::error::{Error, Result};
use crate::ldap_entry;
use crate::model::EntryKey;
use crate::visibility::Published;
use std::sync::Arc;

/// Seconds are counted from here, the beginning of 2020: a byte less for each entry.
const EPOCH: i64 = 1_577_836_800;

/// What will be stored of one entry, not packed yet.
pub(super) struct Answer {
    pub ldap: Vec<u8>,
    pub sort: String,
    view: Vec<u8>,
    since: i64,
    created: i64,
}

impl Answer {
    pub fn of(document: &Document<'_>, sort: String) -> Self {
        let Document { published, since, created, .. } = document;
        Self { ldap: ldap_entry::encode_user(published), view: published.encode(), sort, since: *since, created: *created }
    }

    /// Of an entry that says nothing but where it stands.
    #[cfg(test)]
    pub fn named(sort: String) -> Self {
        Self { ldap: Vec::new(), sort, view: Vec::new(), since: EPOCH, created: EPOCH }
    }

    pub fn pack(self) -> Vec<u8> {
        let Self { ldap: mut front, sort, view, since, created } = self;
        let ldap = front.len();
        front.extend_from_slice(sort.as_bytes());
        let packed = pack(Part::Ldap, &front);
        let packed_view = pack(Part::View, &view);
        let mut out = Vec::with_capacity(packed.len() + packed_view.len() + 16);
        let before = since.wrapping_sub(created).cast_unsigned();
        let since = since.wrapping_sub(EPOCH).cast_unsigned();
        for number in [since, before, ldap as u64, sort.len() as u64, view.len() as u64, packed.len() as u64] {
            put_number(&mut out, number);
        }
        out.extend_from_slice(&packed);
        out.extend_from_slice(&packed_view);
        out
    }

    /// Is this what is stored there?
    pub fn is(&self, stored: &Stored) -> bool {
        stored.since() == self.since
            && stored.created == self.created
            && stored.ldap() == self.ldap
            && stored.sort() == self.sort
            && stored.view_json().is_ok_and(|view| view == self.view)
    }
}

/// What is stored of one entry, cheap to clone.
#[derive(Clone, Debug)]
pub struct Stored {
    since: i64,
    created: i64,
    /// User attributes of the LDAP entry, sort key, packed view.
    bytes: Arc<[u8]>,
    ldap: u32,
    /// LDAP entry and sort key.
    front: u32,
    view: u32,
    /// End of the user attributes; 0 where that tells nothing.
    user_end: u32,
    /// Values of mail in the LDAP entry.
    mail: (u32, u32),
}

impl Stored {
    pub(super) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut rest = bytes;
        let since = take_number(&mut rest)?.cast_signed().wrapping_add(EPOCH);
        let created = since.wrapping_sub(take_number(&mut rest)?.cast_signed());
        let mut length = || take_number(&mut rest).and_then(|n| usize::try_from(n).ok());
        let (ldap, sort, view, packed) = (length()?, length()?, length()?, length()?);
        let front = ldap.checked_add(sort)?;
        let (packed_front, packed_view) = rest.split_at_checked(packed)?;
        let bytes = unpack_before(Part::Ldap, packed_front, front, packed_view)?;
        let (user_end, mail) = ldap_entry::user_end(bytes.get(..ldap)?, "mail");
        let short = |length: usize| u32::try_from(length).ok();
        let (user_end, mail) = (short(user_end.unwrap_or_default())?, (short(mail.start)?, short(mail.end)?));
        Some(Self { since, created, bytes, ldap: short(ldap)?, front: short(front)?, view: short(view)?, user_end, mail })
    }

    /// BER of the SearchResultEntry content, without operational attributes (see [`ldap_entry::encode_user`]).
    #[must_use]
    pub fn ldap(&self) -> &[u8] {
        self.bytes.get(..self.ldap as usize).unwrap_or_default()
    }

    /// The same with them (see [`ldap_entry::encode`]), made anew.
    #[must_use]
    pub fn with_operational(&self) -> Vec<u8> {
        let Some(EntryKey { kind, id }) = EntryKey::parse(self.key()) else { return self.ldap().to_owned() };
        ldap_entry::with_operational(self.ldap(), kind, &id, self.since, self.created)
    }

    /// Where its user attributes end, for [`ldap_entry::select`].
    #[must_use]
    pub fn user_end(&self) -> Option<usize> {
        (self.user_end > 0).then_some(self.user_end as usize)
    }

    /// Bytes in memory.
    pub(super) fn weight(&self) -> usize {
        self.bytes.len() + size_of::<Self>() + 2 * size_of::<usize>()
    }

    /// Addresses of the mailboxes shown.
    pub fn addresses(&self) -> impl Iterator<Item = &[u8]> {
        ldap_entry::Values::at(self.ldap(), self.mail.0 as usize..self.mail.1 as usize)
    }

    /// JSON of the view.
    pub fn view_json(&self) -> Result<Vec<u8>> {
        self.bytes
            .get(self.front as usize..)
            .and_then(|packed| unpack(Part::View, packed, self.view as usize))
            .ok_or_else(|| Error::internal("an entry of the index cannot be read", "it is cut"))
    }

    /// Reads the view back.
    pub fn published(&self) -> Result<Published> {
        Published::decode(&self.view_json()?).map_err(|e| Error::internal("an entry of the index cannot be read", e))
    }

    /// UTC seconds of the last change of the content.
    #[must_use]
    pub fn since(&self) -> i64 {
        self.since
    }

    /// Collation key, NUL, document key.
    #[must_use]
    pub fn sort(&self) -> &str {
        self.bytes.get(self.ldap as usize..self.front as usize).and_then(|b| std::str::from_utf8(b).ok()).unwrap_or_default()
    }

    /// Document key.
    #[must_use]
    pub fn key(&self) -> &str {
        self.sort().split_once('\0').map_or("", |(_, key)| key)
    }
}

fn put_number(out: &mut Vec<u8>, mut number: u64) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

fn take_number(bytes: &mut &[u8]) -> Option<u64> {
    let mut number = 0;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = bytes.split_first()?;
        *bytes = rest;
        number |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Some(number);
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_round_trip() {
        for number in [0, 1, 127, 128, 300, u64::from(u32::MAX), u64::MAX, (-5i64).cast_unsigned()] {
            let mut bytes = Vec::new();
            put_number(&mut bytes, number);
            assert_eq!(take_number(&mut &bytes[..]), Some(number));
        }
        assert_eq!(take_number(&mut &[0x80, 0x80][..]), None);
    }

    #[test]
    fn what_is_packed_reads_back_and_what_is_cut_does_not() {
        let answer = Answer { ldap: vec![4, 2, b'a', b'b'], sort: "martin jean\0p:1".into(), view: b"{}".to_vec(), since: -3, created: 2 };
        let bytes = answer.pack();
        let stored = Stored::decode(&bytes).unwrap();
        assert_eq!((stored.ldap(), stored.key(), stored.since(), stored.created), (&[4, 2, b'a', b'b'][..], "p:1", -3, 2));
        assert_eq!(stored.view_json().unwrap(), b"{}");
        for cut in 0..bytes.len() {
            let whole = Stored::decode(&bytes[..cut]).is_some_and(|stored| stored.view_json().is_ok());
            assert!(!whole, "{cut} of {}", bytes.len());
        }
    }
}
