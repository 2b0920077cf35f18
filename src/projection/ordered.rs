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

/// Names as they are read: sort key, NUL, kind, id, one behind the other, and for each its first bytes with its place.
#[derive(Default)]
struct Naming {
    bytes: String,
    places: Vec<(u64, u32, u32)>,
}

impl Naming {
    fn add(&mut self, name: &EntryName) {
        let place = |bytes: &String| u32::try_from(bytes.len()).unwrap_or(u32::MAX);
        let start = place(&self.bytes);
        let key = text::sort_key(&name.first, &name.second);
        let mut first = [0; 8];
        first.iter_mut().zip(key.bytes()).for_each(|(to, from)| *to = from);
        for part in [key.as_str(), "\0", letter(name.kind), &name.id] {
            self.bytes.push_str(part);
        }
        self.places.push((u64::from_be_bytes(first), start, place(&self.bytes)));
    }

    fn text(&self, place: (u64, u32, u32)) -> &str {
        self.bytes.get(place.1 as usize..place.2 as usize).unwrap_or_default()
    }

    fn ordered(mut self) -> Ordered {
        let mut places = std::mem::take(&mut self.places);
        places.sort_unstable_by(|a, b| a.0.cmp(&b.0).then_with(|| self.text(*a).cmp(self.text(*b))));
        let mut ordered = Ordered::default();
        for place in places {
            let (_, key) = self.text(place).split_once('\0').unwrap_or_default();
            ordered.bytes.push_str(key);
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
}
