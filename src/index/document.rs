//! One document from one published entry: its terms for attribute filters, for REST criteria, its columns and its stored bytes.

use super::facts::{self, Tag};
use super::fields::{Fields, kind_number};
use super::plan::Place;
use super::practice::{self, Criterion, EVERYWHERE};
use super::ready::Terms;
use super::stored::Answer;
use super::terms::{AttributeTerms, edges};
use super::{Document, facets, towns};
use crate::ldap_entry;
use crate::text;
use crate::text::small_words::canonical;
use crate::visibility::{Published, View};
use std::collections::BTreeSet;
use std::sync::LazyLock;
use tantivy::TantivyDocument;

/// A document cut into its terms, ready to be added to any generation.
pub struct Cut(pub(super) TantivyDocument);

impl Cut {
    #[must_use]
    pub fn of(document: &Document<'_>) -> Self {
        static FIELDS: LazyLock<Fields> = LazyLock::new(|| Fields::schema().1);
        Self(build(&FIELDS, document))
    }
}

fn build(fields: &Fields, document: &Document<'_>) -> TantivyDocument {
    let published = document.published;
    let view = published.view();
    let sort = sort_key(published);
    let answer = Answer::of(document, sort);
    let whole = ldap_entry::with_operational(&answer.ldap, published.kind(), published.id(), document.since, document.created);
    let AttributeTerms { equal, name_grams, remarks, label_grams, other_grams } = AttributeTerms::of(&whole);
    let mut addresses = Terms::default();
    let mut domains = Terms::default();
    for mailbox in view.mailboxes() {
        addresses.add(&[&mailbox.address]);
        if let Some((_, domain)) = mailbox.address.split_once('@') {
            domains.add(&[domain]);
        }
    }
    let (whole, beginnings) = word_terms(view);
    let mut places = Terms::default();
    towns::add_towns(view, &mut places);
    let mut codes = document_codes(view);
    practice::add_slots(view, &mut codes);
    let mut out = TantivyDocument::default();
    out.add_u64(fields.audience, u64::from(document.audiences));
    out.add_u64(fields.without_mailbox, u64::from(view.mailboxes().is_empty()));
    out.add_u64(fields.kind, kind_number(published.kind()));
    out.add_text(fields.sort, &answer.sort);
    out.add_text(fields.key, published.key().to_string());
    if let Some(city) = first_city(view) {
        out.add_text(fields.city, city);
    }
    facets::add(view, fields, &mut out);
    for (field, terms) in [
        (fields.address, addresses),
        (fields.domain, domains),
        (fields.equal, equal),
        (fields.remarks, remarks),
        (fields.words, whole),
        (fields.edges, beginnings),
        (fields.towns, places),
        (fields.codes, codes),
    ] {
        out.add_text(field, terms.into_value());
    }
    for (place, grams) in [(Place::NameGrams, name_grams), (Place::LabelGrams, label_grams), (Place::OtherGrams, other_grams)] {
        out.add_text(place.field(fields), grams.into_value(place));
    }
    out.add_custom(fields.entry, &answer.pack());
    out
}

/// Collation key, NUL, document key: unique, and what pages continue behind.
pub(super) fn sort_key(published: &Published) -> String {
    format!("{}\0{}", ldap_entry::sort_name(published), published.key())
}

/// Folded commune of the first place that has one.
fn first_city(view: &View) -> Option<String> {
    let practices = view.practices();
    let mut cities = practices.iter().filter_map(|practice| Some(text::fold(&practice.organization?.city)));
    cities.find(|city| !city.is_empty())
}

/// The term of a whole family name, `f:` and its words; written so or with other accents and hyphens, it is the same.
pub(super) fn whole_name(name: &str) -> String {
    format!("f:{}", facts::name_words(name).join(" "))
}

/// Terms of the words: whole (by tag), what they begin with, how they sound, and which names are spelled with accents (`x:`).
fn word_terms(view: &View) -> (Terms, Terms) {
    let (mut whole, mut beginnings) = (Terms::default(), Terms::default());
    let mut told = BTreeSet::new();
    for fact in facts::words(view) {
        if let Some(sound) = fact.sound() {
            whole.add(&[fact.tag.sound(), &sound]);
        }
        if told.insert((fact.tag, fact.word.clone())) {
            whole.add(&[fact.tag.term(), &fact.word]);
            // A street is asked for by whole words, or by most of one.
            let shown = edges(&fact.word).filter(|edge| *edge != fact.word && fact.tag != Tag::Street);
            shown.for_each(|edge| beginnings.add(&[fact.tag.term(), edge]));
        }
    }
    for person in view.persons() {
        whole.add(&[&whole_name(&person.family_name)]);
        let names = [&person.family_name, &person.given_name].into_iter().filter(|name| !name.is_ascii());
        for (spelled, _) in names.flat_map(|name| text::spelled_words(name)).filter(|(spelled, folded)| spelled != folded) {
            whole.add(&["x:", &spelled]);
        }
    }
    (whole, beginnings)
}

/// Terms that hold of the whole document.
fn document_codes(view: &View) -> Terms {
    let mut codes = Terms::default();
    for id in facts::identifiers(view).into_iter().filter_map(Criterion::identifier) {
        codes.add(&[&id]);
    }
    for number in facts::telephones(view) {
        codes.add(&[&Criterion::telephone(&facts::national_number(number))]);
    }
    for code in view.practices().iter().flat_map(facts::codes) {
        codes.add(&[EVERYWHERE, code.kind, "=", &code.code]);
    }
    for mailbox in view.mailboxes() {
        let zero_papier = mailbox.zero_papier.map_or("none", crate::visibility::ZeroPapier::name);
        for word in text::words_of(&text::fold_keeping_ends(&mailbox.service)) {
            codes.add(&[&Criterion::service(canonical(word))]);
        }
        codes.add(&[&Criterion::mailbox(Some(mailbox.kind.code()), None)]);
        codes.add(&[&Criterion::mailbox(None, Some(zero_papier))]);
        codes.add(&[&Criterion::mailbox(Some(mailbox.kind.code()), Some(zero_papier))]);
    }
    codes.add(&[&Criterion::has_mailbox(!view.mailboxes().is_empty())]);
    codes
}
