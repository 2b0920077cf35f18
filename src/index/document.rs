//! One document from one published entry: its terms for attribute filters, for REST criteria, its columns and its stored bytes.

use super::fields::{Fields, kind_number};
use super::practice::{self, Criterion};
use super::ready::Terms;
use super::stored::Answer;
use super::terms::{AttributeTerms, edges};
use super::{Document, facets, suggest};
use crate::ldap_entry;
use crate::model::Coded;
use crate::text;
use crate::visibility::{OrganizationView, Published, View};
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
    let AttributeTerms { equal, name_grams, text_grams } = AttributeTerms::of(&answer.ldap);
    let mut addresses = Terms::default();
    let mut domains = Terms::default();
    for mailbox in view.mailboxes() {
        addresses.add(&[&mailbox.address]);
        if let Some((_, domain)) = mailbox.address.split_once('@') {
            domains.add(&[domain]);
        }
    }
    let words = tagged_words(view);
    let mut whole = Terms::default();
    for person in view.persons() {
        whole.add(&[&whole_name(&person.family_name)]);
    }
    let mut beginnings = Terms::default();
    for (tag, word) in &words {
        whole.add(&[tag, word]);
        edges(word).for_each(|edge| beginnings.add(&[tag, edge]));
    }
    let mut towns = Terms::default();
    suggest::add_towns(view, &mut towns);
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
        (fields.words, whole),
        (fields.edges, beginnings),
        (fields.towns, towns),
        (fields.codes, codes),
    ] {
        out.add_text(field, terms.into_value());
    }
    out.add_text(fields.name_grams, name_grams.into_value());
    out.add_text(fields.text_grams, text_grams.into_value());
    out.add_bytes(fields.stored, &answer.pack());
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
    format!("f:{}", text::words(name).join(" "))
}

/// Words by tag: `n:` family names, `g:` given names, `q:` whatever else free words may mean.
fn tagged_words(view: &View) -> BTreeSet<(&'static str, String)> {
    let mut words = BTreeSet::new();
    let mut put =
        |tag: &'static str, value: &str| words.extend(text::words_of(&text::fold_keeping_ends(value)).map(|w| (tag, w.to_owned())));
    for person in view.persons() {
        put("n:", &person.family_name);
        put("g:", &person.given_name);
    }
    for practice in view.practices() {
        if let Some(profession) = practice.profession {
            put("q:", &profession.label);
        }
        for specialty in practice.specialties {
            put("q:", &specialty.label);
        }
        if let Some(place) = practice.organization {
            for value in [&place.name, &place.trade_name, &place.city, &place.postal_code] {
                put("q:", value);
            }
            put("q:", place.department.as_ref().map_or("", |d: &Coded| &d.label));
        }
    }
    for mailbox in view.mailboxes() {
        put("q:", &mailbox.service);
    }
    words
}

/// Terms that hold of the whole document.
fn document_codes(view: &View) -> Terms {
    let mut codes = Terms::default();
    let mut identifiers = |ids: &[&str]| ids.iter().filter_map(|id| Criterion::identifier(id)).for_each(|term| codes.add(&[&term]));
    for person in view.persons() {
        identifiers(&[&person.id, &person.rpps, &person.adeli]);
    }
    let mut organization = |o: &OrganizationView| identifiers(&[&o.id, &o.finess, &o.finess_ej, &o.siret]);
    match view {
        View::Mailbox(v) => v.organizations.iter().for_each(&mut organization),
        View::Structure(v) => organization(&v.organization),
        View::Professional(_) => {}
    }
    for mailbox in view.mailboxes() {
        let zero_papier = mailbox.zero_papier.map_or("none", crate::visibility::ZeroPapier::name);
        codes.add(&[&Criterion::mailbox(Some(mailbox.kind.code()), None)]);
        codes.add(&[&Criterion::mailbox(None, Some(zero_papier))]);
        codes.add(&[&Criterion::mailbox(Some(mailbox.kind.code()), Some(zero_papier))]);
    }
    codes.add(&[&Criterion::has_mailbox(!view.mailboxes().is_empty())]);
    codes
}
