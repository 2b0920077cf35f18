//! How far a walk goes whose first matches stand at the beginning.

use super::*;
use crate::index::entries::EntriesOf;
use crate::index::fields::register_tokenizer;
use crate::index::name_bounds::Told;
use crate::index::query::{Criteria, Matching, Order, Query};
use crate::index::segments::Seen;
use crate::index::stored::Answer;
use crate::model::Audience;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tantivy::{Index, TantivyDocument};

const PEOPLE: u64 = 5_000;

/// People in the order of their names, one in ten with a mailbox; the very last is called just MAR.
fn country() -> (Fields, Index) {
    let (schema, fields) = Fields::schema();
    let index = Index::builder().schema(schema).register_plugin(Arc::new(EntriesOf(fields.entry))).create_in_ram().unwrap();
    register_tokenizer(&index);
    let mut writer = index.writer_with_num_threads(1, 50_000_000).unwrap();
    for number in 0..PEOPLE {
        let (sort, whole) = match number + 1 {
            PEOPLE => (format!("martin zoe\0p:{number}"), "mar"),
            _ => (format!("martin {number:05}\0p:{number}"), "martin"),
        };
        let has_mailbox = number % 10 == 0;
        let mut document = TantivyDocument::default();
        document.add_u64(fields.audience, u64::from(Audience::Public.bit()));
        document.add_u64(fields.without_mailbox, u64::from(!has_mailbox));
        document.add_u64(fields.kind, kind_number(Kind::Professional));
        document.add_text(fields.codes, Criterion::has_mailbox(has_mailbox));
        document.add_text(fields.words, format!("n:{whole}\u{1}f:{whole}"));
        document.add_text(
            fields.edges,
            ["m", "ma", "mar"].iter().filter(|edge| **edge != whole).map(|edge| format!("n:{edge}")).collect::<Vec<_>>().join("\u{1}"),
        );
        document.add_text(fields.sort, &sort);
        document.add_custom(fields.entry, &Answer::named(sort).pack());
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    (fields, index)
}

/// The first so many by rank whose family name begins so, and the steps that took.
fn first(typed: &str, capacity: usize) -> (Vec<DocId>, u32) {
    let (fields, index) = &country();
    let seen = Seen::now(&index.reader().unwrap(), None).unwrap();
    let (segment, columns) = (seen.searcher.segment_reader(0), seen.segments.columns(0).unwrap());
    let matching = Matching::Criteria(Criteria { name: Some(typed.to_owned()), ..Criteria::default() });
    let kind = Kind::Professional;
    let query = Query { kinds: vec![kind], matching, order: Order::Rank, limit: capacity, after: None, count: false, facets: false };
    let question = &Question::of(&query).unwrap();
    let order = &SegmentOrder::of(columns, &query.order, None, question.first_class()).unwrap();
    let patience = &Patience::endless();
    let ranked = Ranked { question, fields, segment, columns, order, audience: u64::from(Audience::Public.bit()), kind, patience };
    let found = ranked.first(&ranked.open().unwrap(), capacity, Names::But(&[])).into_sorted();
    (found.into_iter().map(|(_, doc)| doc).collect(), patience.taken())
}

#[test]
fn a_walk_ends_when_what_is_behind_cannot_be_better() {
    let (found, steps) = first("martin", 4);
    assert_eq!(found, [0, 10, 20, 30]);
    assert!(steps < 300, "{steps} steps");
    let (all, steps) = first("martin", PEOPLE as usize);
    assert!(all.len() == PEOPLE as usize - 1 && steps > PEOPLE as u32, "{} in {steps} steps", all.len());
}

#[test]
fn a_better_match_behind_is_leapt_to() {
    let last = PEOPLE as DocId - 1;
    for typed in ["mar", "ma"] {
        let (found, steps) = first(typed, 4);
        let expected = if typed == "mar" { [last, 0, 10, 20] } else { [0, 10, 20, 30] };
        assert_eq!(found, expected);
        assert!(steps < 300, "{steps} steps");
    }
}

#[test]
fn who_asks_before_bounds_are_told_does_not_wait_for_them() {
    let (_, index) = country();
    let seen = Seen::now(&index.reader().unwrap(), None).unwrap();
    let columns = seen.segments.columns(0).unwrap();
    let (names, kind) = (columns.sort.as_ref().unwrap().ords(), Kind::Professional);
    let middle = &(PEOPLE / 2..PEOPLE / 2 + 1);
    let told = Told::default();
    let before = told.get_within(0, names, &columns.kind);
    assert!(before.around(kind, middle).len() >= PEOPLE as usize && before.within(kind, middle).is_empty());
    assert_eq!((before.first_from(kind, PEOPLE as DocId - 1), before.strays(kind).len()), (0, 0));
    let deadline = Instant::now() + Duration::from_secs(60);
    while told.clone().get_within(0, names, &columns.kind).around(kind, middle).len() > 300 {
        assert!(Instant::now() < deadline, "never told");
        std::thread::sleep(Duration::from_millis(1));
    }
    assert!(Told::default().get_within(PEOPLE as u32, names, &columns.kind).around(kind, middle).len() < 300, "a small one at once");
}
