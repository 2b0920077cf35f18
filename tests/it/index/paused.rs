//! A search that is left and gone on with answers as one that never stopped, wherever that happens; unless the index changed in between.

use super::sample::world;
use super::{add, built, keys, query, run};
use annuaire::index::query::{Answer, AttributeFilter, Matching, Query};
use annuaire::index::{Committed, Found, Index, Limits, MAX_CANDIDATES, Progress};
use annuaire::model::{Audience, EntryKey, Kind};
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn within<T>(candidates: usize, ask: impl FnOnce(&Limits<'_>) -> T) -> T {
    ask(&Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates })
}

/// Left when it would test one more than `after` entries.
fn left(index: &Index, query: &Query, after: usize) -> Progress {
    within(after, |limits| index.reader().begin(Audience::Public, query.clone(), limits).unwrap())
}

fn finished(progress: Progress) -> (Answer<Found>, bool) {
    match progress {
        Progress::Done(answer) => (answer, false),
        Progress::Paused(paused) => (within(MAX_CANDIDATES, |limits| paused.finish(limits).unwrap()), true),
    }
}

fn questions() -> Vec<AttributeFilter> {
    let holds = |attribute: &str, piece: &str| AttributeFilter::Substring {
        attribute: attribute.to_owned(),
        initial: None,
        any: vec![piece.as_bytes().to_vec()],
        last: None,
    };
    vec![
        AttributeFilter::Present("objectClass".to_owned()),
        AttributeFilter::Not(Box::new(AttributeFilter::Present("mail".to_owned()))),
        holds("cn", "ar"),
        AttributeFilter::Or(vec![holds("cn", "e"), holds("mail", "mssante"), holds("o", "cabinet")]),
        AttributeFilter::AtLeast("modifyTimestamp".to_owned(), b"20270101000000Z".to_vec()),
    ]
}

#[test]
fn a_search_goes_on_where_it_was_left() {
    let docs = world();
    let (_folder, mut index) = built(&docs[..docs.len() / 2]);
    // A second segment.
    add(index.live(), &docs[docs.len() / 2..]);
    index.live().commit(Committed { seq: 2 }).unwrap();
    for filter in questions() {
        for limit in [7, 10_000] {
            let query = Query { limit, count: false, ..query(Matching::Attributes(filter.clone())) };
            let whole = run(&index.reader(), Audience::Public, &query);
            let mut pauses = 0;
            for after in 0.. {
                let (answer, paused) = finished(left(&index, &query, after));
                assert_eq!(
                    (keys(&answer), answer.more, answer.truncated),
                    (keys(&whole), whole.more, None),
                    "{filter:?} left after {after}"
                );
                if !paused {
                    break;
                }
                pauses += 1;
            }
            assert!(pauses >= limit.min(whole.hits.len()), "{filter:?}");
        }
    }
}

#[test]
fn what_was_withdrawn_meanwhile_is_not_shown() {
    let docs = world();
    let (_folder, mut index) = built(&docs);
    let query = Query { count: false, ..query(Matching::Attributes(AttributeFilter::Present("objectClass".to_owned()))) };
    let whole = keys(&run(&index.reader(), Audience::Public, &query));
    for (after, rebuilt) in [(20, false), (30, true)] {
        let progress = left(&index, &query, after);
        let first = keys(&run(&index.reader(), Audience::Public, &query)).swap_remove(0);
        if rebuilt {
            let kept: Vec<_> = docs.iter().filter(|doc| doc.key() != first).cloned().collect();
            super::rebuild(&mut index, &kept);
        } else {
            let (kind, id) = first.split_once(':').unwrap();
            let kind = Kind::ALL.into_iter().find(|k| EntryKey::new(*k, id).to_string().starts_with(&format!("{kind}:"))).unwrap();
            index.live().delete_entries(&[EntryKey::new(kind, id)]);
            index.live().commit(Committed { seq: 3 }).unwrap();
        }
        let (answer, paused) = finished(progress);
        assert!(paused && whole.contains(&first) && !keys(&answer).contains(&first), "{first}");
    }
}
