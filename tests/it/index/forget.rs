//! What is withdrawn leaves no byte: not in an answer, and after a compaction not in a file.

use super::sample::{Doc, world};
use super::{add, built, found, keys, query, run};
use annuaire::index::query::{AttributeFilter, Criteria, Matching};
use annuaire::index::{Committed, Index};
use annuaire::model::{Audience, EntryKey, Kind};
use std::fs;
use std::path::Path;

/// Every byte an index file could give away, as plain as it can be made: the files, the terms, the columns' keys, the stored documents.
fn everything_readable(folder: &Path) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            bytes.extend(fs::read(&path).unwrap());
            if path.file_name().is_some_and(|n| n == "meta.json") {
                bytes.extend(decoded(path.parent().unwrap()));
            }
        }
    }
    bytes
}

fn decoded(generation: &Path) -> Vec<u8> {
    let index = tantivy::Index::open_in_dir(generation).unwrap();
    let searcher = index.reader().unwrap().searcher();
    let mut bytes = Vec::new();
    for segment in searcher.segment_readers() {
        for (field, entry) in index.schema().fields().filter(|(_, e)| e.is_indexed()) {
            let inverted = segment.inverted_index(field).unwrap();
            let mut terms = inverted.terms().stream().unwrap();
            while terms.advance() {
                bytes.extend_from_slice(terms.key());
            }
            bytes.extend_from_slice(entry.name().as_bytes());
        }
        let column = segment.fast_fields().str("sort").unwrap().unwrap();
        for ordinal in 0..column.num_terms() as u64 {
            let mut key = String::new();
            column.ord_to_str(ordinal, &mut key).unwrap();
            bytes.extend_from_slice(key.as_bytes());
        }
        // Deleted documents are read as well: as long as they are stored they could be.
        let store = segment.get_store_reader(1).unwrap();
        for doc in 0..segment.max_doc() {
            bytes.extend_from_slice(store.get_document_bytes(doc).unwrap().as_slice());
        }
    }
    bytes
}

fn holds(haystack: &[u8], needle: &str) -> bool {
    haystack.windows(needle.len()).any(|w| w == needle.as_bytes())
}

fn traces(index: &Index, address: &str) -> usize {
    let equal = AttributeFilter::Equal("mail".into(), address.into());
    let by_address = Criteria { address: Some(address.into()), ..Criteria::default() };
    let reader = index.reader();
    let count = |audience| {
        let filtered = found(&reader, audience, &equal).len();
        let asked = run(&reader, audience, &query(Matching::Criteria(by_address.clone())));
        assert_eq!(asked.total, Some(keys(&asked).len() as u64));
        let entry = reader.entry(audience, &EntryKey::new(Kind::Mailbox, address)).unwrap();
        filtered + keys(&asked).len() + usize::from(entry.is_some())
    };
    Audience::ALL.into_iter().map(count).sum()
}

fn first_address(docs: &[Doc]) -> String {
    let with_mailbox = docs.iter().find(|d| d.published.kind() == Kind::Professional && d.published.view().mailboxes().len() == 1);
    with_mailbox.unwrap().published.view().mailboxes()[0].address.clone()
}

#[test]
fn a_withdrawn_address_leaves_every_answer_then_every_file() {
    let docs = world();
    let address = first_address(&docs);
    let (folder, mut index) = built(&docs);
    add(index.live(), &[]);
    assert_eq!(traces(&index, &address), 10, "mailbox and holder, twice by search, once by key, for two audiences");
    assert!(holds(&everything_readable(folder.path()), &address), "the test can see an address");
    index.live().delete_showing_address(&address);
    index.live().commit(Committed { seq: 2 }).unwrap();
    assert_eq!(traces(&index, &address), 0);
    assert!(holds(&everything_readable(folder.path()), &address), "a deletion alone leaves bytes behind");
    index.compact().unwrap();
    let left = everything_readable(folder.path());
    assert!(!holds(&left, &address) && !holds(&left, address.split('@').next().unwrap()));
    assert_eq!(index.committed(), Some(Committed { seq: 2 }), "compaction keeps the commit number");
    let others = run(&index.reader(), Audience::Public, &query(Matching::Criteria(Criteria::default())));
    assert!(others.total > Some(200));
}

#[test]
fn a_domain_leaves_from_every_segment() {
    let docs = world();
    let (folder, mut index) = built(&docs[..150]);
    for part in docs[150..].chunks(15) {
        add(index.live(), part);
        index.live().commit(Committed { seq: 2 }).unwrap();
    }
    index.live().delete_showing_domain("medecin1.mssante.fr");
    index.live().commit(Committed { seq: 3 }).unwrap();
    let reader = index.reader();
    let domain =
        AttributeFilter::Substring { attribute: "mail".into(), initial: None, any: vec![], last: Some(b"@medecin1.mssante.fr".to_vec()) };
    assert!(found(&reader, Audience::Professional, &domain).is_empty());
    index.compact().unwrap();
    assert!(!holds(&everything_readable(folder.path()), "@medecin1.mssante.fr"));
    let again = index.compact();
    assert!(again.is_ok(), "with nothing to do it does nothing");
}

#[test]
fn a_switch_leaves_nothing_of_the_old_generation() {
    let docs = world();
    let address = first_address(&docs);
    let (folder, mut index) = built(&docs);
    let rest: Vec<Doc> = docs.iter().filter(|d| !d.published.view().mailboxes().iter().any(|m| m.address == address)).cloned().collect();
    super::rebuild(&mut index, &rest);
    assert!(!holds(&everything_readable(folder.path()), &address));
}
