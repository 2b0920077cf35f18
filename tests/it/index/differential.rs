//! Candidates are complete: every shape of filter on every attribute finds what a pass over all entries finds.

use super::sample::{Dice, Doc, SINCE, activity, documents, exercise, person, physician, site, world};
use super::{add, built, found};
use crate::ldap::fuzzing::filters::{DOCS, ENTRIES, any_filter};
use crate::ldap::fuzzing::for_a_while;
use annuaire::index::query::AttributeFilter;
use annuaire::index::{Committed, Index};
use annuaire::ldap_entry::attributes::{ATTRIBUTES, Attribute};
use annuaire::ldap_entry::{encode, values};
use annuaire::model::{Audience, Record};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;
use tempfile::TempDir;

type Values = BTreeMap<String, Vec<String>>;

fn values_of(docs: &[Doc]) -> Values {
    let mut all = Values::new();
    for doc in docs {
        for (name, values) in values(&encode(&doc.published, SINCE, SINCE)) {
            all.entry(name.to_owned()).or_default().extend(values.map(|v| String::from_utf8(v.to_vec()).unwrap()));
        }
    }
    all
}

/// Another spelling that must compare the same, or a stranger.
fn respell(dice: &mut Dice, text: &str) -> String {
    match dice.roll(6) {
        0 => text.to_uppercase(),
        1 => text.to_lowercase(),
        2 => annuaire::text::fold_keeping_ends(text),
        3 => text.replace(' ', "  ").replace('\'', "’"),
        4 => format!("{text}x"),
        _ => text.to_owned(),
    }
}

fn slice(dice: &mut Dice, text: &str, most: usize) -> String {
    let chars: Vec<char> = text.chars().collect();
    let length = 1 + dice.roll(most.min(chars.len()));
    let from = dice.roll(chars.len() - length + 1);
    chars[from..from + length].iter().collect()
}

fn substring(attribute: &str, initial: Option<String>, any: Vec<String>, last: Option<String>) -> AttributeFilter {
    AttributeFilter::Substring {
        attribute: attribute.to_owned(),
        initial: initial.map(String::into_bytes),
        any: any.into_iter().map(String::into_bytes).collect(),
        last: last.map(String::into_bytes),
    }
}

const SHAPES: usize = 15;

fn shape(number: usize, dice: &mut Dice, attribute: &Attribute, value: &str) -> AttributeFilter {
    use AttributeFilter as F;
    let name = if dice.roll(3) == 0 { attribute.oid.to_owned() } else { attribute.name.to_uppercase() };
    let spelled = respell(dice, value);
    let chars: Vec<char> = spelled.chars().collect();
    let at = |n: usize| chars[..n].iter().collect::<String>();
    let cut = dice.roll(chars.len()) + 1;
    let head = at(cut);
    let tail: String = chars[chars.len() - cut..].iter().collect();
    let extensible = |rule: Option<&str>, dn_attributes| F::Extensible {
        rule: rule.map(str::to_owned),
        attribute: Some(name.clone()),
        value: spelled.clone().into_bytes(),
        dn_attributes,
    };
    match number {
        0 => F::Present(name),
        1 => F::Equal(name, spelled.into_bytes()),
        2 => substring(&name, Some(head), vec![], None),
        3 => substring(&name, None, vec![], Some(tail)),
        4 => substring(&name, None, vec![slice(dice, &spelled, 3)], None),
        5 => substring(&name, None, vec![slice(dice, &spelled, 8), slice(dice, &spelled, 2)], None),
        6 => substring(&name, Some(at(1)), vec![slice(dice, &spelled, 2)], Some(chars[chars.len() - 1..].iter().collect())),
        7 => F::Approx(name, spelled.into_bytes()),
        8 => F::AtLeast(name, spelled.into_bytes()),
        9 => F::AtMost(name, spelled.into_bytes()),
        10 => extensible(None, true),
        11 => extensible(Some("caseIgnoreMatch"), false),
        12 => extensible(Some("2.5.13.5"), false),
        13 => F::Extensible { rule: Some("caseIgnoreMatch".into()), attribute: None, value: spelled.into_bytes(), dn_attributes: true },
        _ => F::Equal(format!("{name};lang-fr"), spelled.into_bytes()),
    }
}

fn filters(docs: &[Doc]) -> Vec<AttributeFilter> {
    use AttributeFilter as F;
    let mut dice = Dice(7);
    let known = values_of(docs);
    let strangers = ["x".to_owned(), "Élodie".to_owned()];
    let mut single = Vec::new();
    for attribute in ATTRIBUTES {
        let values = known.get(attribute.name).map_or(&strangers[..], Vec::as_slice);
        let shapes = if known.contains_key(attribute.name) { SHAPES } else { 5 };
        for number in 0..shapes {
            let value = dice.of(values).clone();
            single.push(shape(number, &mut dice, attribute, &value));
        }
    }
    single.push(F::Present("nothing".into()));
    single.push(F::Equal("cn".into(), vec![0xff, 0xfe]));
    let joined: Vec<F> = (0..200)
        .map(|i| {
            let mut pick = |n: usize| (0..n).map(|_| dice.of(&single).clone()).collect::<Vec<_>>();
            match i % 6 {
                0 => F::Not(Box::new(pick(1).remove(0))),
                1 => F::And(pick(2)),
                2 => F::Or(pick(3)),
                3 => F::And(vec![pick(1).remove(0), F::Not(Box::new(pick(1).remove(0)))]),
                4 => F::Not(Box::new(F::Or(pick(2)))),
                _ => F::Not(Box::new(F::And(vec![pick(1).remove(0), F::Or(pick(2)), F::Not(Box::new(pick(1).remove(0)))]))),
            }
        })
        .collect();
    let mut of = |name: &str| F::Equal(name.to_owned(), dice.of(&known[name]).clone().into_bytes());
    for kind in ["profession", "specialite"].repeat(30) {
        single.push(F::And(vec![of(kind), of("departement")]));
        single.push(F::And(vec![of(kind), of("profession"), of("departement"), of("departement")]));
        single.push(F::And(vec![of(kind), of("departement"), F::Not(Box::new(F::And(vec![of(kind), of("departement")])))]));
        single.push(F::And(vec![of("departement"), F::Or(vec![of("sn"), F::And(vec![of(kind), of("departement")])]), of(kind)]));
    }
    for number in ["IdentifiantPP", "rpps", "uid", "finess", "IdentifiantPM"].iter().flat_map(|name| known[*name].iter().take(12)) {
        single.extend(["IdentifiantPP", "rpps", "uid"].map(|name| F::Equal(name.into(), number.clone().into_bytes())));
        single.push(substring("rpps", Some(number.chars().take(5).collect()), vec![], None));
    }
    single.extend(joined);
    single.extend([F::And(vec![]), F::Or(vec![]), F::Not(Box::new(F::And(vec![])))]);
    single
}

/// Half is built, the rest comes in live commits over it, with replacements: several segments and deletions.
fn layered(docs: &[Doc]) -> (TempDir, Index) {
    let half = docs.len() / 2;
    let (folder, mut index) = built(&docs[..half]);
    for (i, part) in docs[half..].chunks(30).enumerate() {
        let again = &docs[i * 3..i * 3 + 3];
        let replaced: Vec<Doc> = docs.iter().filter(|d| again.iter().any(|a| a.key() == d.key())).cloned().collect();
        let live = index.live();
        live.delete_entries(&replaced.iter().map(|d| d.published.key()).collect::<Vec<_>>());
        let behind: Vec<Doc> = replaced
            .into_iter()
            .filter(|d| docs[..half + i * 30].iter().any(|a| a.key() == d.key() && a.audiences == d.audiences))
            .collect();
        add(live, &behind);
        add(live, part);
        live.commit(Committed { seq: 2 + i as i64 }).unwrap();
    }
    (folder, index)
}

/// Keys of what a pass over all entries finds.
fn passed<'a>(entries: impl Iterator<Item = (&'a Doc, &'a Vec<u8>)>, audience: Audience, filter: &AttributeFilter) -> BTreeSet<String> {
    entries
        .filter(|(doc, entry)| doc.shown_to(audience) && annuaire::index::evaluate(filter, entry).unwrap() == Some(true))
        .map(|(doc, _)| doc.key())
        .collect()
}

/// Somebody of more specialties and départements than an entry has pairs of.
fn everywhere() -> Vec<Doc> {
    let codes: Vec<String> = (1..=17).map(|number| format!("{number:02}")).collect();
    let specialties: Vec<String> = codes.iter().map(|code| format!("SM{code}")).collect();
    let specialties: Vec<(&str, &str)> = specialties.iter().map(|code| (code.as_str(), "Partout")).collect();
    let place = |code: &String| site(&format!("F9909990{code}"), "PARTOUT", &format!("{code}000"), "Partout", (code, "Partout"));
    let activities = codes.iter().map(|code| activity(physician(), Some(place(code)))).collect();
    documents(&Record::Professional(person("10000099999", "Zoé", "PARTOUT", vec![exercise(physician(), &specialties)], activities)))
}

#[test]
fn every_filter_finds_what_a_full_pass_finds() {
    let mut docs = world();
    docs.extend(everywhere());
    assert!(docs.len() > 250, "{}", docs.len());
    let (_folder, index) = layered(&docs);
    let reader = index.reader();
    let entries: Vec<_> = docs.iter().map(|d| encode(&d.published, SINCE, SINCE)).collect();
    let (mut matched, filters) = (0, filters(&docs));
    for (i, filter) in filters.iter().enumerate() {
        let audience = Audience::ALL[i % 2];
        let expected = passed(docs.iter().zip(&entries), audience, filter);
        assert_eq!(found(&reader, audience, filter), expected, "{filter:?}");
        matched += usize::from(!expected.is_empty());
    }
    assert!(matched > filters.len() / 4, "the filters mean something: {matched} of {}", filters.len());
}

/// The same for filters nobody thought of.
#[test]
fn random_filters_find_what_a_full_pass_finds() {
    let (_folder, index) = layered(&DOCS);
    let reader = index.reader();
    let matched = std::cell::Cell::new(0);
    for_a_while(Duration::from_secs(10), 64, &(any_filter(), proptest::bool::ANY), |(filter, public)| {
        let audience = if public { Audience::Public } else { Audience::Professional };
        let expected = passed(DOCS.iter().zip(ENTRIES.iter()), audience, &filter);
        matched.set(matched.get() + usize::from(!expected.is_empty()));
        proptest::prop_assert_eq!(found(&reader, audience, &filter), expected, "{:?}", filter);
        Ok(())
    });
    assert!(matched.get() > 10, "the filters mean something: {}", matched.get());
}
