//! From records to documents: both audiences asked, equal answers joined, and the time the content last changed carried along.

use crate::error::Result;
use crate::index::{Document, Generation};
use crate::model::{Audience, EntryKey, Record};
use crate::store::{PublishedRow, Store};
use crate::visibility::{Published, publish};
use sha2::{Digest, Sha256};
use std::collections::HashMap;

/// Records asked of the store at once.
const RECORDS: usize = 500;

/// What each audience may see, equal answers joined: sets of audiences with their content.
fn published(record: &Record) -> Vec<(Published, u8)> {
    let mut documents: Vec<(Published, u8)> = Vec::with_capacity(2);
    for audience in Audience::ALL {
        let Some(content) = publish(record, audience) else { continue };
        match documents.iter_mut().find(|(known, _)| *known == content) {
            Some((_, audiences)) => *audiences |= audience.bit(),
            None => documents.push((content, audience.bit())),
        }
    }
    documents
}

/// What the store now gives of one entry, and its rows of table `published` before and after.
struct Present {
    key: EntryKey,
    shown: Vec<(Published, u8, i64, i64)>,
    before: Vec<PublishedRow>,
    after: Vec<PublishedRow>,
}

impl Present {
    fn documents(&self) -> Vec<Document<'_>> {
        let shown = self.shown.iter();
        shown
            .map(|(published, audiences, since, created)| Document { published, audiences: *audiences, since: *since, created: *created })
            .collect()
    }
}

async fn present(store: &Store, causes: &[(EntryKey, i64)]) -> Result<Vec<Present>> {
    let keys: Vec<EntryKey> = causes.iter().map(|(key, _)| key.clone()).collect();
    let records: HashMap<EntryKey, Option<Record>> = store.records(&keys).await?.into_iter().collect();
    let mut known: HashMap<EntryKey, Vec<PublishedRow>> = HashMap::new();
    for row in store.published(&keys).await? {
        known.entry(row.entry.clone()).or_default().push(row);
    }
    let entries = causes.iter().map(|(key, at)| {
        let documents = records.get(key).and_then(Option::as_ref).map(published).unwrap_or_default();
        let before = known.remove(key).unwrap_or_default();
        let after = rows_of(key, &documents, &before, *at);
        let times = |audiences| after.iter().find(|r| r.audiences == audiences).map_or((*at, *at), |r| (r.since, r.created));
        let shown = documents.into_iter().map(|(content, audiences)| {
            let (since, created) = times(audiences);
            (content, audiences, since, created)
        });
        Present { key: key.clone(), shown: shown.collect(), before, after }
    });
    Ok(entries.collect())
}

/// Writes the present state of these entries into a generation (not committed). `causes` gives, for each entry, the UTC second of
/// the latest change that concerns it. An entry that the live generation holds as it is keeps its document, and with it its place in
/// the document order: a change of what is hidden moves nothing.
///
/// The `published` rows are written before the index commit: should the process die in between, the replay finds its own digest there
/// and carries the same time, where rows written after a commit could be lost for good.
pub(super) async fn write_entries(store: &Store, generation: &mut Generation, causes: &[(EntryKey, i64)]) -> Result<()> {
    for chunk in causes.chunks(RECORDS) {
        let entries = present(store, chunk).await?;
        let mut stale = Vec::new();
        let mut fresh = Vec::new();
        for entry in &entries {
            let documents = entry.documents();
            if !generation.holds(&documents)? {
                stale.push(entry.key.clone());
                fresh.extend(documents);
            }
        }
        generation.delete_entries(&stale);
        generation.add_all(&fresh)?;
        let changed = || entries.iter().filter(|e| !same_rows(&e.before, &e.after));
        let keys: Vec<EntryKey> = changed().map(|e| e.key.clone()).collect();
        if !keys.is_empty() {
            let rows: Vec<PublishedRow> = changed().flat_map(|e| e.after.iter().cloned()).collect();
            store.write_published(&keys, &rows).await?;
        }
    }
    Ok(())
}

/// Deletes those of these entries (not committed) that the live generation does not hold as they should be.
pub(super) async fn delete_outdated(store: &Store, generation: &mut Generation, causes: &[(EntryKey, i64)]) -> Result<()> {
    for chunk in causes.chunks(RECORDS) {
        for entry in present(store, chunk).await? {
            if !generation.holds(&entry.documents())? {
                generation.delete_entries(std::slice::from_ref(&entry.key));
            }
        }
    }
    Ok(())
}

fn same_rows(before: &[PublishedRow], after: &[PublishedRow]) -> bool {
    before.len() == after.len() && after.iter().all(|row| before.contains(row))
}

/// The rows of table `published` for one entry: what is shown keeps its time while its digest is the same; what is no longer shown to an
/// audience stays, with the time it went.
fn rows_of(key: &EntryKey, documents: &[(Published, u8)], before: &[PublishedRow], at: i64) -> Vec<PublishedRow> {
    let mut rows = Vec::with_capacity(2);
    let mut shown = 0;
    for (content, audiences) in documents {
        let digest: [u8; 32] = Sha256::digest(content.encode()).into();
        let same = before.iter().find(|r| r.gone.is_none() && r.digest == digest && r.audiences & audiences != 0);
        shown |= audiences;
        let created = created(before, *audiences, at);
        // Content that comes back as it was did not change before it was there.
        let since = same.map_or(at, |r| r.since).max(created);
        rows.push(PublishedRow { entry: key.clone(), audiences: *audiences, digest, since, created, gone: None });
    }
    for row in before {
        let hidden = row.audiences & !shown;
        if hidden != 0 && !rows.iter().any(|r| r.audiences == hidden) {
            rows.push(PublishedRow { audiences: hidden, gone: row.gone.or(Some(at)), ..row.clone() });
        }
    }
    rows
}

/// When an entry was first shown to all of these audiences, counted anew from the last time it came back to one of them: an older time
/// would tell that audience of a while in which it was hidden from it.
fn created(before: &[PublishedRow], audiences: u8, at: i64) -> i64 {
    let first = |bit: u8| before.iter().find(|r| r.gone.is_none() && r.audiences & bit != 0).map_or(at, |r| r.created);
    Audience::ALL.into_iter().map(Audience::bit).filter(|bit| audiences & bit != 0).map(first).max().unwrap_or(at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Coded, Kind, Professional, ProfessionalRecord};

    fn person(family: &str) -> Vec<(Published, u8)> {
        let professional = Professional { id: "810000000001".into(), family: family.into(), ..Professional::default() };
        published(&Record::Professional(ProfessionalRecord {
            professional,
            civility: Coded::default(),
            exercise_civility: Coded::default(),
            exercises: Vec::new(),
            activities: Vec::new(),
            mailboxes: Vec::new(),
        }))
    }

    #[test]
    fn equal_views_are_one_document_for_both_audiences() {
        let documents = person("MARTIN");
        assert_eq!(documents.iter().map(|d| d.1).collect::<Vec<_>>(), [3]);
    }

    #[test]
    fn the_time_stays_while_the_content_does() {
        let key = EntryKey::new(Kind::Professional, "810000000001");
        let first = rows_of(&key, &person("MARTIN"), &[], 10);
        let replayed = rows_of(&key, &person("MARTIN"), &first, 20);
        assert_eq!(first, replayed);
        let renamed = rows_of(&key, &person("MARTIN-DURAND"), &first, 30);
        assert_eq!(renamed.iter().map(|r| (r.since, r.gone)).collect::<Vec<_>>(), [(30, None)]);
        let gone = rows_of(&key, &[], &renamed, 40);
        assert_eq!(gone.iter().map(|r| (r.audiences, r.since, r.gone)).collect::<Vec<_>>(), [(3, 30, Some(40))]);
        assert_eq!(rows_of(&key, &[], &gone, 50), gone);
    }

    #[test]
    fn the_first_time_shown_is_kept_until_it_is_gone() {
        let key = EntryKey::new(Kind::Professional, "810000000001");
        let times = |rows: &[PublishedRow]| rows.iter().map(|r| (r.audiences, r.since, r.created)).collect::<Vec<_>>();
        let first = rows_of(&key, &person("MARTIN"), &[], 10);
        let renamed = rows_of(&key, &person("MARTIN-DURAND"), &first, 20);
        assert_eq!(times(&renamed), [(3, 20, 10)]);
        // Split by audience, then equal again: never gone for anybody.
        let split = [person("A"), person("B")].into_iter().zip([1, 2]).map(|(mut d, bit)| (d.remove(0).0, bit)).collect::<Vec<_>>();
        let apart = rows_of(&key, &split, &renamed, 30);
        assert_eq!(times(&apart), [(1, 30, 10), (2, 30, 10)]);
        assert_eq!(times(&rows_of(&key, &person("B"), &apart, 40)), [(3, 30, 10)]);
        // Hidden from everybody and back with the same content: both times begin anew.
        let gone = rows_of(&key, &[], &renamed, 30);
        let back = rows_of(&key, &person("MARTIN-DURAND"), &gone, 50);
        assert_eq!(times(&back), [(3, 50, 50)]);
        // Hidden from the public only.
        let hidden = rows_of(&key, &split[1..], &apart, 60);
        assert_eq!(hidden.iter().find(|r| r.gone.is_none()).map(|r| (r.audiences, r.created)), Some((2, 10)));
        assert_eq!(times(&rows_of(&key, &person("B"), &hidden, 70))[0], (3, 70, 70));
    }
}
