//! The index and the directory's door, fed with published entries made by hand.

mod beside_names;
mod criteria;
mod differential;
mod entries;
mod facets;
mod forget;
mod generations;
mod matched;
mod paging;
mod paused;
mod ranked;
pub mod sample;
mod typos;
mod understood;

use annuaire::index::query::{Answer, AttributeFilter, Criteria, Matching, Order, Query};
use annuaire::index::{Committed, Document, Found, Generation, Index, Limits, MAX_CANDIDATES, Reader};
use annuaire::model::{Audience, Kind};
use sample::{Doc, SINCE};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};
use tempfile::TempDir;

pub fn add(generation: &mut Generation, docs: &[Doc]) {
    for doc in docs {
        generation.add(&Document { published: &doc.published, audiences: doc.audiences, since: SINCE, created: SINCE }).unwrap();
    }
}

/// A folder with an index of these documents, built in order.
pub fn built(docs: &[Doc]) -> (TempDir, Index) {
    let folder = TempDir::new().unwrap();
    let mut index = Index::open(&folder.path().join("index"), "store", &Reader::default()).unwrap();
    rebuild(&mut index, docs);
    (folder, index)
}

pub fn rebuild(index: &mut Index, docs: &[Doc]) {
    let mut docs = docs.to_vec();
    docs.sort_by_cached_key(Doc::sort);
    let mut generation = index.begin_build().unwrap();
    add(&mut generation, &docs);
    generation.commit(Committed { seq: 1 }).unwrap();
    index.switch_to(generation).unwrap();
}

pub fn run(reader: &Reader, audience: Audience, query: &Query) -> Answer<Found> {
    let limits =
        Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates: MAX_CANDIDATES };
    reader.search(audience, query, &limits).unwrap()
}

pub fn query(matching: Matching) -> Query {
    Query { kinds: Kind::ALL.to_vec(), matching, order: Order::Any, limit: 10_000, after: None, count: true, facets: false }
}

pub fn keys(answer: &Answer<Found>) -> Vec<String> {
    answer.hits.iter().map(|hit| hit.stored.key().to_owned()).collect()
}

pub fn found(reader: &Reader, audience: Audience, filter: &AttributeFilter) -> BTreeSet<String> {
    keys(&run(reader, audience, &query(Matching::Attributes(filter.clone())))).into_iter().collect()
}

pub fn asked(reader: &Reader, criteria: Criteria) -> Vec<String> {
    let answer = run(reader, Audience::Public, &Query { order: Order::Rank, ..query(Matching::Criteria(criteria)) });
    assert_eq!(answer.total, Some(answer.hits.len() as u64));
    keys(&answer)
}
