//! Every entry of the store in (folded name, id) order, in little memory: a country has some millions.

use crate::error::Result;
use crate::model::{EntryKey, Kind};
use crate::store::{EntryName, Store};
use crate::text;

/// Names asked of the store at once.
const NAMES: u32 = 10_000;

/// Keys in order, one behind the other.
#[derive(Debug, Default)]
pub(super) struct Ordered {
    bytes: String,
    ends: Vec<u32>,
}

impl Ordered {
    pub async fn read(store: &Store) -> Result<Self> {
        let mut naming = Naming::default();
        for kind in Kind::ALL {
            let mut after = String::new();
            loop {
                let names = store.entry_names(kind, &after, NAMES).await?;
                let Some(last) = names.last() else { break };
                after.clone_from(&last.id);
                names.iter().for_each(|name| naming.add(name));
            }
        }
        Ok(naming.ordered())
    }

    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A letter for the kind, then the id: in the order of `EntryKey`'s text.
    fn text(&self, number: usize) -> &str {
        let start = number.checked_sub(1).map_or(0, |before| self.end(before));
        self.bytes.get(start..self.end(number)).unwrap_or_default()
    }

    fn end(&self, number: usize) -> usize {
        self.ends.get(number).map_or(0, |end| *end as usize)
    }

    pub fn key(&self, number: usize) -> Option<EntryKey> {
        let (letter, id) = self.text(number).split_at_checked(1)?;
        Kind::ALL.into_iter().find(|kind| self::letter(*kind) == letter).map(|kind| EntryKey::new(kind, id))
    }

    /// Numbers of entries, sorted by key.
    pub fn sort_by_key<T>(&self, items: &mut [T], number: impl Fn(&T) -> u32) {
        items.sort_unstable_by(|a, b| self.text(number(a) as usize).cmp(self.text(number(b) as usize)));
    }
}

fn letter(kind: Kind) -> &'static str {
    match kind {
        Kind::Mailbox => "m",
        Kind::Professional => "p",
        Kind::Structure => "s",
    }
}

/// Bytes of names, and names, that are kept in one piece: of what doubles when it is full, half stands empty, and both halves are there
/// while it is copied.
const PIECE: usize = 1 << 22;
const PLACES: usize = 1 << 16;

/// The first bytes of a name, where it begins (its piece, then its place in there), and how long it is.
type Place = (u64, u32, u32);

/// Names as they are read: sort key, NUL, kind, id.
#[derive(Default)]
struct Naming {
    pieces: Vec<String>,
    places: Vec<Vec<Place>>,
}

impl Naming {
    fn add(&mut self, name: &EntryName) {
        let key = text::sort_key(&name.first, &name.second);
        let mut first = [0; 8];
        first.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to = from);
        let parts = [key.as_str(), "\0", letter(name.kind), &name.id];
        let length: usize = parts.iter().map(|part| part.len()).sum();
        let room = self.pieces.last().is_some_and(|piece| piece.len() + length <= PIECE);
        if !room {
            self.pieces.push(String::with_capacity(PIECE.max(length)));
        }
        let before = self.pieces.len() - 1;
        let Some(piece) = self.pieces.last_mut() else { return };
        let start = before * PIECE + piece.len();
        parts.into_iter().for_each(|part| piece.push_str(part));
        let number = |number| u32::try_from(number).unwrap_or(u32::MAX);
        let place = (u64::from_be_bytes(first), number(start), number(length));
        match self.places.last_mut().filter(|places| places.len() < PLACES) {
            Some(places) => places.push(place),
            None => {
                let mut places = Vec::with_capacity(PLACES);
                places.push(place);
                self.places.push(places);
            }
        }
    }

    fn text(&self, (_, start, length): Place) -> &str {
        let (piece, start) = (start as usize / PIECE, start as usize % PIECE);
        self.pieces.get(piece).and_then(|piece| piece.get(start..start + length as usize)).unwrap_or_default()
    }

    fn ordered(mut self) -> Ordered {
        let mut places = std::mem::take(&mut self.places).concat();
        places.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.text(*a).cmp(self.text(*b))));
        let key = |place| self.text(place).split_once('\0').unwrap_or_default().1;
        let bytes = places.iter().map(|place| key(*place).len()).sum();
        let mut ordered = Ordered { bytes: String::with_capacity(bytes), ends: Vec::with_capacity(places.len()) };
        for place in places {
            ordered.bytes.push_str(key(place));
            ordered.ends.push(u32::try_from(ordered.bytes.len()).unwrap_or(u32::MAX));
        }
        ordered
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_come_by_folded_name_then_kind_and_id() {
        let mut naming = Naming::default();
        let names = [
            (Kind::Structure, "S1", "École", ""),
            (Kind::Professional, "82", "MARTIN", "Zoé"),
            (Kind::Professional, "81", "MARTIN", "Zoé"),
            (Kind::Mailbox, "z@a.fr", "MARTIN", "Zoé"),
            (Kind::Professional, "83", "MARTIN", "Anne"),
            (Kind::Professional, "84", "", ""),
        ];
        for (kind, id, first, second) in names {
            naming.add(&EntryName { kind, id: id.into(), first: first.into(), second: second.into() });
        }
        let ordered = naming.ordered();
        let keys: Vec<String> = (0..ordered.len()).filter_map(|n| ordered.key(n)).map(|key| key.to_string()).collect();
        assert_eq!(keys, ["p:84", "s:S1", "p:83", "m:z@a.fr", "p:81", "p:82"]);
        let mut numbers: Vec<u32> = (0..6).collect();
        ordered.sort_by_key(&mut numbers, |n| *n);
        assert_eq!(numbers, [3, 4, 5, 2, 0, 1]);
        assert!(ordered.key(6).is_none());
    }

    #[test]
    fn names_of_many_pieces_and_of_more_than_one_are_kept_whole() {
        let mut naming = Naming::default();
        let count = PLACES * 2 + 7;
        for number in (0..count).rev() {
            let longest = if number == 5 { PIECE + 9 } else { 60 };
            let first = format!("{number:08}{}", "x".repeat(longest));
            naming.add(&EntryName { kind: Kind::Professional, id: number.to_string(), first, second: String::new() });
        }
        assert!(naming.pieces.len() > 3 && naming.places.len() == 3);
        let ordered = naming.ordered();
        assert_eq!(ordered.len(), count);
        assert!((0..count).all(|number| ordered.key(number).is_some_and(|key| key.to_string() == format!("p:{number}"))));
    }
}
