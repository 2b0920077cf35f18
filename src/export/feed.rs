//! The change feed: what an audience is shown differently since a place in it, entry by entry, with what is shown *now*.
//!
//! The store knows that an entry changed for an audience and in which order; the content is read from the index when the feed is. So a row
//! of yesterday shows nothing that was hidden since, what turned red is told as what was deleted, and an entry that changed ten times is told
//! once a page. Rows are told when the live index holds their content (`store::feed`): whoever applies an export whose cursor was taken
//! before its walk began, and then the feed, has what a later export holds.

use super::feed_cursor::FeedKey;
use super::jsonl;
use crate::directory::{Audience, Directory, Walked};
use crate::error::{Error, Kind as ErrorKind, Result};
use crate::model::{EntryKey, Kind};
use crate::store::Store;
use std::collections::HashSet;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::Mutex;

/// Entries of one page.
pub const MAX_CHANGES: usize = 1_000;
/// How often whoever waits looks again; all of them share one look.
const LOOK: Duration = Duration::from_millis(150);

/// One entry of a page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub kind: Kind,
    /// Address, identification nationale or structure id.
    pub id: String,
    /// What is shown now; `None`: nothing, whether deleted, hidden or never seen.
    pub entry: Option<Shown>,
}

/// What is shown of an entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// UTC second of the last change of the content.
    pub since: i64,
    /// JSON, to the byte as a line of the exports and an answer of REST.
    pub line: String,
}

impl Shown {
    pub fn of(walked: &Walked) -> Result<Self> {
        Ok(Self { since: walked.since(), line: jsonl::line(walked, walked.published()?.view())? })
    }
}

/// What was told, and where to go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Each entry once.
    pub changes: Vec<Change>,
    pub cursor: String,
}

/// Reads the feed; clones share one look at the store.
#[derive(Clone)]
pub struct Feed {
    store: Store,
    directory: Directory,
    key: FeedKey,
    /// When the store was asked how far may be told, and its answer.
    told: Arc<Mutex<Option<(Instant, i64)>>>,
}

impl Feed {
    #[must_use]
    pub fn new(store: Store, directory: Directory) -> Self {
        let key = FeedKey::new(store.cursor_key());
        Self { store, directory, key, told: Arc::default() }
    }

    /// The cursor of now. Taken before a walk begins, it leads from what the walk tells to what comes after.
    pub async fn cursor_now(&self, audience: Audience) -> Result<String> {
        cursor_now(&self.store, audience).await
    }

    /// What changed behind a cursor, `limit` rows at most; waits up to `wait` for something when nothing did.
    /// Errors: `invalid_cursor`; `cursor_of_other_audience`; `feed_expired` when rows behind the cursor are not kept any more; unavailable while the gate is closed.
    pub async fn after(&self, audience: Audience, cursor: &str, limit: usize, wait: Duration) -> Result<Page> {
        let until = Instant::now() + wait;
        let place = self.key.decode(cursor, audience).ok_or_else(|| self.refused(cursor))?;
        let places = self.store.feed_places(audience).await?;
        // Behind the end: given on another course of the store, before it was put back from a copy.
        if place < places.forgotten || place > places.told {
            let message = "changes behind this cursor are not kept any more; start again from the export";
            return Err(Error::new(ErrorKind::Gone, "feed_expired", message));
        }
        let mut looked = place;
        let mut told = places.told;
        loop {
            if told > looked {
                let rows = self.store.feed_rows(audience, place, told, limit.clamp(1, MAX_CHANGES)).await?;
                if let Some(last) = rows.last() {
                    let cursor = self.key.encode(audience, last.n);
                    return Ok(Page { changes: self.present(audience, rows.into_iter().map(|row| row.entry)).await?, cursor });
                }
                looked = told;
            }
            let left = until.saturating_duration_since(Instant::now());
            // The doors close when the service stops: nobody is kept waiting then.
            if left.is_zero() || !self.directory.is_open() {
                return Ok(Page { changes: Vec::new(), cursor: cursor.to_owned() });
            }
            tokio::time::sleep(left.min(LOOK)).await;
            told = self.look().await?;
        }
    }

    /// Why a cursor is none of this audience: who has an export of one audience and an account of the other is told so.
    fn refused(&self, cursor: &str) -> Error {
        let mut others = Audience::ALL.into_iter().filter(|other| self.key.decode(cursor, *other).is_some());
        match others.next() {
            Some(other) => {
                let message = format!(
                    "the cursor is of the other audience, {}: take the one of an export of the audience of the account",
                    super::audience_name(other)
                );
                Error::new(ErrorKind::Invalid, "cursor_of_other_audience", message)
            }
            None => Error::new(ErrorKind::Invalid, "invalid_cursor", "the cursor is not one of this service"),
        }
    }

    async fn look(&self) -> Result<i64> {
        let mut last = self.told.lock().await;
        if let Some((at, told)) = *last
            && at.elapsed() < LOOK / 2
        {
            return Ok(told);
        }
        let told = self.store.feed_told().await?;
        *last = Some((Instant::now(), told));
        Ok(told)
    }

    /// Each entry once, where it is first named.
    async fn present(&self, audience: Audience, entries: impl Iterator<Item = EntryKey>) -> Result<Vec<Change>> {
        let mut seen = HashSet::new();
        let keys: Vec<EntryKey> = entries.filter(|entry| seen.insert(entry.clone())).collect();
        let directory = self.directory.clone();
        let read = tokio::task::spawn_blocking(move || {
            let found = directory.present(audience, &keys)?;
            let change = |(key, found): (EntryKey, Option<Walked>)| {
                let shown = found.as_ref().map(Shown::of).transpose()?;
                Ok(Change { kind: key.kind, id: key.id, entry: shown })
            };
            keys.into_iter().zip(found).map(change).collect()
        });
        read.await.map_err(|e| Error::internal("the feed cannot be read", e))?
    }
}

/// [`Feed::cursor_now`] for whoever has no directory yet: one that reads beside a running server sees the state it was opened in.
pub async fn cursor_now(store: &Store, audience: Audience) -> Result<String> {
    let places = store.feed_places(audience).await?;
    let latest = store.feed_latest(audience, places.told).await?;
    Ok(FeedKey::new(store.cursor_key()).encode(audience, latest.max(places.forgotten)))
}

impl Change {
    /// One line of JSON, with its end: `{"op":"put","kind","id","since","entry"}`, `{"op":"gone","kind","id"}`.
    pub fn line(&self, out: &mut Vec<u8>) {
        let name = serde_json::Value::from(self.id.as_str());
        match &self.entry {
            Some(Shown { since, line }) => {
                let head = format!(r#"{{"op":"put","kind":"{}","id":{name},"since":{since},"entry":"#, self.kind.name());
                out.extend_from_slice(head.as_bytes());
                out.extend_from_slice(line.as_bytes());
                out.extend_from_slice(b"}\n");
            }
            None => out.extend_from_slice(format!("{{\"op\":\"gone\",\"kind\":\"{}\",\"id\":{name}}}\n", self.kind.name()).as_bytes()),
        }
    }
}
