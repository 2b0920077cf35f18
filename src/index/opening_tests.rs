//! Bounds of what one question opens, on a segment made by hand.

use super::*;
use crate::index::fields::register_tokenizer;
use crate::index::patience::{Limits, MAX_CANDIDATES, STEPS};
use crate::ldap_entry::matching::{Pattern, Rule};
use std::sync::atomic::AtomicBool;
use std::time::Instant;
use tantivy::{Index, TantivyDocument};

const VALUES: usize = 700;

fn segment() -> (Fields, SegmentReader) {
    let (schema, fields) = Fields::schema();
    let index = Index::create_in_ram(schema);
    register_tokenizer(&index);
    let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
    for number in 0..VALUES {
        let mut document = TantivyDocument::default();
        document.add_text(fields.equal, format!("postalCode={number:05}"));
        document.add_text(fields.label_grams, format!("ab{}", char::from_u32(0x4e00 + u32::try_from(number).unwrap()).unwrap()));
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    (fields, index.reader().unwrap().searcher().segment_reader(0).clone())
}

fn documents(candidates: &mut Candidates) -> usize {
    let mut found = 0;
    while candidates.doc() != TERMINATED {
        found += 1;
        candidates.advance(&Patience::endless());
    }
    found
}

fn holding_zero() -> Plan {
    Plan::Values("postalCode", ValueTest::Substring(Pattern::new(Rule::CaseIgnore, None, &["0"], None).unwrap()), Box::new(Plan::All))
}

/// Each disjunction differs, so that none is dropped as a repetition, and asks for the same long list.
#[test]
fn a_filter_that_repeats_a_long_list_opens_a_bounded_number_of_lists() {
    let (fields, segment) = segment();
    let patience = Patience::endless();
    for list in [holding_zero(), Plan::Beginning(Place::LabelGrams, "ab".into())] {
        let member = |number: usize| Plan::or(vec![list.clone(), Plan::Term(Place::Equal, format!("sn={number}"))]);
        let plan = Plan::and((0..200).map(member).collect());
        let mut builder = Builder::new(&fields, &segment, None, &patience);
        let mut candidates = builder.build(&plan).unwrap();
        assert!(builder.lists <= MOST_LISTS && builder.lists > MOST_LISTS / 2, "{}", builder.lists);
        assert_eq!(documents(&mut candidates), VALUES, "more candidates, never fewer");
    }
}

#[test]
fn what_is_not_proved_afterwards_is_never_replaced() {
    let (fields, segment) = segment();
    let patience = Patience::endless();
    let mut builder = Builder::new(&fields, &segment, None, &patience);
    builder.lists = MOST_LISTS;
    assert_eq!(documents(&mut builder.build(&holding_zero()).unwrap()), VALUES, "every entry is a candidate");
    assert_eq!(documents(&mut builder.build(&Plan::Beginning(Place::Equal, "postalCode=0001".into())).unwrap()), 10);
}

#[test]
fn past_the_deadline_no_list_is_read_to_its_end() {
    let (fields, segment) = segment();
    let cancelled = AtomicBool::new(false);
    let limits = Limits { deadline: Instant::now(), cancelled: &cancelled, candidates: MAX_CANDIDATES };
    let patience = Patience::of(&limits);
    let mut builder = Builder::new(&fields, &segment, None, &patience);
    let mut candidates = builder.build(&holding_zero()).unwrap();
    assert!(documents(&mut candidates) < STEPS as usize);
    assert!(patience.was_over());
}

/// Two long lists that never meet: only the clock ends the walk.
#[test]
fn past_the_deadline_lists_that_do_not_meet_are_left() {
    let (schema, fields) = Fields::schema();
    let index = Index::create_in_ram(schema);
    register_tokenizer(&index);
    let mut writer = index.writer_with_num_threads(1, 15_000_000).unwrap();
    for number in 0..10_000 {
        let mut document = TantivyDocument::default();
        document.add_text(fields.equal, if number % 2 == 0 { "l=even" } else { "l=odd" });
        writer.add_document(document).unwrap();
    }
    writer.commit().unwrap();
    let segment = index.reader().unwrap().searcher().segment_reader(0).clone();
    let plan = Plan::and(["l=even", "l=odd"].map(|term| Plan::Term(Place::Equal, term.to_owned())).to_vec());
    let cancelled = AtomicBool::new(true);
    let limits =
        Limits { deadline: Instant::now() + std::time::Duration::from_secs(60), cancelled: &cancelled, candidates: MAX_CANDIDATES };
    let patience = Patience::of(&limits);
    assert_eq!(documents(&mut Candidates::of(&plan, &fields, &segment, None, &patience).unwrap()), 0);
    assert!(patience.was_over() && patience.taken() <= STEPS, "{} steps", patience.taken());
}
