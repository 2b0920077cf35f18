//! Ordered answers and their pages, budgets and deadlines.

use super::sample::{Dice, Doc, world};
use super::{add, built, keys, query, run};
use annuaire::directory::cursor::{CursorKey, Progress};
use annuaire::index::query::AttributeFilter;
use annuaire::index::query::{Criteria, Matching, Order, Query, SortKey, Truncated};
use annuaire::index::{Committed, Limits, Reader};
use annuaire::model::{Audience, Kind};
use std::collections::BTreeSet;
use std::sync::atomic::AtomicBool;
use std::time::{Duration, Instant};

fn everything() -> Matching {
    Matching::Attributes(AttributeFilter::Present("objectClass".into()))
}

fn walk(reader: &Reader, mut query: Query, mut between: impl FnMut(usize)) -> Vec<String> {
    let (mut seen, cursors) = (Vec::new(), CursorKey::new([1; 32]));
    for page in 0.. {
        let answer = run(reader, Audience::Professional, &query);
        assert!(answer.hits.len() <= query.limit && (!answer.more || answer.hits.len() == query.limit));
        seen.extend(keys(&answer));
        let Some(last) = answer.hits.last().filter(|_| answer.more) else {
            return seen;
        };
        let progress = Progress { last: last.rank.clone(), returned: seen.len() as u64 };
        let token = cursors.encode(Audience::Professional, &query, "", &progress, 0);
        let read = cursors.decode(&token, Audience::Professional, &query, "", 60).unwrap();
        assert_eq!(read, progress);
        query.after = Some(read.last);
        between(page);
    }
    seen
}

#[test]
fn a_walk_tells_each_entry_of_its_moment_once_in_the_order_of_keys() {
    let docs = world();
    let (_folder, mut index) = built(&docs[..200]);
    for part in docs[200..].chunks(20) {
        add(index.live(), part);
        index.live().commit(Committed { seq: 2 }).unwrap();
    }
    let reader = index.reader();
    for audience in Audience::ALL {
        let mut expected: Vec<String> = docs.iter().filter(|d| d.shown_to(audience)).map(Doc::key).collect();
        expected.sort();
        let mut seen = Vec::new();
        let walked = reader.walk(audience, &mut |stored| {
            if seen.is_empty() {
                // What is withdrawn meanwhile belongs to a later moment.
                let last = expected.last().unwrap();
                index.live().delete_entries(&[annuaire::model::EntryKey::new(Kind::Structure, last.split_once(':').unwrap().1)]);
                index.live().commit(Committed { seq: 3 }).unwrap();
            }
            seen.push(stored.key().to_owned());
            Ok(std::ops::ControlFlow::Continue(()))
        });
        walked.unwrap();
        assert!(seen.len() > 200);
        if audience == Audience::Public {
            assert_eq!(seen, expected);
        } else {
            assert_eq!(seen[..], expected[..seen.len()], "the last structure is gone for this walk");
        }
    }
    let mut told = 0;
    let stopped = reader.walk(Audience::Public, &mut |_| {
        told += 1;
        Ok(if told == 3 { std::ops::ControlFlow::Break(()) } else { std::ops::ControlFlow::Continue(()) })
    });
    stopped.unwrap();
    assert_eq!(told, 3);
}

#[test]
fn pages_in_both_orders_are_the_whole_in_order() {
    let docs = world();
    let (_folder, mut index) = built(&docs[..200]);
    for part in docs[200..].chunks(20) {
        add(index.live(), part);
        index.live().commit(Committed { seq: 2 }).unwrap();
    }
    let shown: Vec<&Doc> = docs.iter().filter(|d| d.shown_to(Audience::Professional)).collect();
    let reader = index.reader();
    let mut by_name = shown.clone();
    by_name.sort_by_key(|d| d.sort());
    let by_name: Vec<String> = by_name.into_iter().map(Doc::key).collect();
    for limit in [7, 64, 1000] {
        let named = Query { order: Order::Name, limit, count: limit == 7, ..query(everything()) };
        assert_eq!(walk(&reader, named, |_| ()), by_name, "{limit}");
        let backwards = Query { order: Order::NameDescending, limit, count: limit == 7, ..query(everything()) };
        let reversed: Vec<String> = by_name.iter().rev().cloned().collect();
        assert_eq!(walk(&reader, backwards, |_| ()), reversed, "{limit} backwards");
    }
    let mut by_rank = shown;
    by_rank.sort_by_key(|d| (d.published.view().mailboxes().is_empty(), d.sort()));
    let by_rank: Vec<String> = by_rank.into_iter().map(Doc::key).collect();
    for limit in [3, 50] {
        let ranked = Query { order: Order::Rank, limit, ..query(Matching::Criteria(Criteria::default())) };
        assert_eq!(walk(&reader, ranked, |_| ()), by_rank, "{limit}");
    }
}

#[test]
fn pages_by_values_follow_the_least_value_and_end_with_those_without() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    // Folded town, missing last; telephone backwards, missing first; then the name.
    let least = |doc: &Doc, attribute: &str, key: fn(&str) -> String| {
        let entry = annuaire::ldap_entry::encode(&doc.published, 0, 0);
        let mut values = annuaire::ldap_entry::values(&entry);
        let own = values.find(|(name, _)| *name == attribute);
        let least = own.and_then(|(_, v)| v.map(|v| key(std::str::from_utf8(v).unwrap())).min());
        (least.is_none(), least)
    };
    let town = |doc: &Doc| least(doc, "l", |v| annuaire::text::words(v).join(" "));
    let phone = |doc: &Doc| least(doc, "telephoneNumber", annuaire::text::phone_digits);
    let mut expected: Vec<&Doc> = docs.iter().filter(|d| d.shown_to(Audience::Professional)).collect();
    expected.sort_by(|a, b| town(a).cmp(&town(b)).then_with(|| phone(b).cmp(&phone(a))).then_with(|| a.sort().cmp(&b.sort())));
    let expected: Vec<String> = expected.into_iter().map(Doc::key).collect();
    assert!(docs.iter().any(|d| town(d).0) && docs.iter().any(|d| phone(d).0) && docs.iter().any(|d| !phone(d).0));
    let keys = || vec![SortKey { attribute: "l", descending: false }, SortKey { attribute: "telephoneNumber", descending: true }];
    for (limit, matching) in [(1_000, everything()), (13, everything()), (13, Matching::Criteria(Criteria::default()))] {
        let by = Query { order: Order::By(keys()), limit, ..query(matching) };
        assert_eq!(walk(&reader, by, |_| ()), expected, "{limit}");
    }
    // Operational attributes are not stored, and an order all the same.
    let mut expected: Vec<&Doc> = docs.iter().filter(|d| d.shown_to(Audience::Professional)).collect();
    expected.sort_by_key(|d| least(d, "entryUUID", str::to_owned));
    let expected: Vec<String> = expected.into_iter().map(Doc::key).collect();
    let order = Order::By(vec![SortKey { attribute: "entryUUID", descending: false }]);
    assert_eq!(walk(&reader, Query { order, limit: 13, ..query(everything()) }, |_| ()), expected);
}

#[test]
fn what_does_not_change_is_neither_skipped_nor_repeated() {
    let docs = world();
    let (kept, moving): (Vec<_>, Vec<_>) = docs.iter().enumerate().partition(|(i, _)| i % 3 != 0);
    let kept: Vec<Doc> = kept.into_iter().map(|(_, d)| d.clone()).collect();
    let moving: Vec<Doc> = moving.into_iter().map(|(_, d)| d.clone()).collect();
    // Two documents of one entry must not be parted.
    let apart =
        |docs: &[Doc], others: &[Doc]| docs.iter().filter(|d| !others.iter().any(|o| o.key() == d.key())).cloned().collect::<Vec<_>>();
    let moving = apart(&moving, &kept);
    for order in [Order::Name, Order::NameDescending, Order::Rank, Order::By(vec![SortKey { attribute: "mail", descending: true }])] {
        let (_folder, index) = built(&kept);
        let reader = index.reader();
        let index = std::cell::RefCell::new(index);
        let mut dice = Dice(3);
        let matching = Matching::Criteria(Criteria::default());
        let seen = walk(&reader, Query { order: order.clone(), limit: 9, count: false, ..query(matching) }, |page| {
            let mut index = index.borrow_mut();
            let live = index.live();
            let (come, go) = (dice.of(&moving).clone(), dice.of(&moving).clone());
            live.delete_entries(&[come.published.key(), go.published.key()]);
            add(live, &[come]);
            live.commit(Committed { seq: page as i64 + 2 }).unwrap();
        });
        let distinct: BTreeSet<&String> = seen.iter().collect();
        assert_eq!(distinct.len(), seen.len(), "none twice");
        for doc in kept.iter().filter(|d| d.shown_to(Audience::Professional)) {
            assert!(distinct.contains(&doc.key()), "{} was skipped", doc.key());
        }
    }
}

#[test]
fn totals_limits_and_kinds() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let of = |kind: Kind| docs.iter().filter(|d| d.shown_to(Audience::Public) && d.published.kind() == kind).count() as u64;
    for (i, kind) in Kind::ALL.into_iter().enumerate() {
        let answer = run(&reader, Audience::Public, &Query { kinds: vec![kind], limit: 5, ..query(everything()) });
        assert_eq!((answer.total, answer.hits.len(), answer.more), (Some(of(kind)), 5, true));
        assert_eq!(reader.counts(Audience::Public).unwrap()[i], of(kind));
    }
    let none = run(&reader, Audience::Public, &Query { kinds: vec![], ..query(everything()) });
    assert_eq!((none.total, none.hits.len(), none.more), (Some(0), 0, false));
    let bare = run(&reader, Audience::Public, &Query { limit: 0, count: false, ..query(everything()) });
    assert_eq!((bare.total, bare.hits.len(), bare.more), (None, 0, true));
    let uncounted = run(&reader, Audience::Public, &Query { limit: 40, count: false, ..query(everything()) });
    let mut sorted = keys(&uncounted);
    sorted.sort_by_key(|k| docs.iter().find(|d| d.key() == *k).unwrap().sort());
    assert_eq!(keys(&uncounted), sorted, "a built generation lies in name order");
}

#[test]
fn a_page_proves_what_it_holds_and_little_more_in_both_directions() {
    let (_folder, index) = built(&world());
    let reader = index.reader();
    for order in [Order::Name, Order::NameDescending] {
        let limits = Limits { deadline: Instant::now() + Duration::from_secs(60), cancelled: &AtomicBool::new(false), candidates: 30 };
        let asked = Query { order: order.clone(), limit: 20, count: false, ..query(everything()) };
        let answer = reader.search(Audience::Public, &asked, &limits).unwrap();
        assert_eq!((answer.hits.len(), answer.more, answer.truncated), (20, true, None), "{order:?}");
    }
}

#[test]
fn budgets_and_deadlines_end_a_search() {
    let (_folder, index) = built(&world());
    let reader = index.reader();
    let unindexed = Matching::Attributes(AttributeFilter::AtLeast("modifyTimestamp".into(), "20270101000000Z".into()));
    let ask = |deadline: Instant, candidates, cancelled| {
        let limits = Limits { deadline, cancelled: &AtomicBool::new(cancelled), candidates };
        reader.search(Audience::Public, &query(unindexed.clone()), &limits).unwrap().truncated
    };
    let later = Instant::now() + Duration::from_secs(60);
    assert_eq!(ask(later, 1_000, false), None);
    assert_eq!(ask(later, 10, false), Some(Truncated::Budget));
    assert_eq!(ask(Instant::now(), 1_000, false), Some(Truncated::Deadline));
    assert_eq!(ask(later, 1_000, true), Some(Truncated::Deadline));
}

/// The dearest filter the door lets in takes milliseconds an entry: the deadline is held between entries, not once in a thousand.
#[test]
fn a_dear_filter_meets_its_deadline() {
    let (_folder, index) = built(&world());
    let unlike = |i: usize| {
        let piece = format!("x{i}").into_bytes();
        AttributeFilter::Substring { attribute: "name".into(), initial: None, any: vec![piece], last: None }
    };
    let dear = AttributeFilter::And((0..500).map(|i| AttributeFilter::Not(Box::new(unlike(i)))).collect());
    let limits = Limits { deadline: Instant::now() + Duration::from_millis(10), cancelled: &AtomicBool::new(false), candidates: 1_000 };
    let answer = index.reader().search(Audience::Public, &query(Matching::Attributes(dear)), &limits).unwrap();
    assert_eq!(answer.truncated, Some(Truncated::Deadline));
}
