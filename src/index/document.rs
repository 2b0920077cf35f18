//! One document from one published entry: its terms for attribute filters, for REST criteria, its columns and its stored bytes.

use super::Document;
use super::fields::{Fields, kind_number};
use super::practice::{self, Criterion};
use super::stored::Stored;
use super::terms::{AttributeTerms, edges};
use crate::ldap_entry;
use crate::model::Coded;
use crate::text;
use crate::visibility::{OrganizationView, Published, View};
use std::collections::BTreeSet;
use tantivy::TantivyDocument;

pub(super) fn build(fields: &Fields, document: &Document<'_>) -> TantivyDocument {
    let published = document.published;
    let view = published.view();
    let sort = sort_key(published);
    let stored = Stored::new(document, &sort);
    let mut out = TantivyDocument::default();
    let AttributeTerms { equal, name_grams, text_grams } = AttributeTerms::of(stored.ldap());
    out.add_u64(fields.audience, u64::from(document.audiences));
    out.add_u64(fields.without_mailbox, u64::from(view.mailboxes().is_empty()));
    out.add_u64(fields.kind, kind_number(published.kind()));
    out.add_text(fields.sort, &sort);
    out.add_text(fields.key, published.key().to_string());
    let mut addresses = BTreeSet::new();
    let mut domains = BTreeSet::new();
    for mailbox in view.mailboxes() {
        addresses.insert(mailbox.address.clone());
        domains.extend(mailbox.address.split_once('@').map(|(_, domain)| domain.to_owned()));
    }
    let words = tagged_words(view);
    let beginnings: BTreeSet<String> = words.iter().flat_map(|(tag, word)| edges(word).map(move |edge| format!("{tag}:{edge}"))).collect();
    let whole: BTreeSet<String> = words.iter().map(|(tag, word)| format!("{tag}:{word}")).collect();
    let mut codes = document_codes(view);
    practice::add_slots(view, &mut codes);
    for (field, terms) in [
        (fields.address, addresses),
        (fields.domain, domains),
        (fields.equal, equal),
        (fields.words, whole),
        (fields.edges, beginnings),
        (fields.codes, codes),
    ] {
        for term in terms {
            out.add_text(field, term);
        }
    }
    for (field, grams) in [(fields.name_grams, name_grams), (fields.text_grams, text_grams)] {
        for gram in grams.into_terms() {
            out.add_text(field, gram);
        }
    }
    out.add_bytes(fields.stored, stored.bytes());
    out
}

/// Collation key, NUL, document key: unique, and what pages continue behind.
pub(super) fn sort_key(published: &Published) -> String {
    format!("{}\0{}", ldap_entry::sort_name(published), published.key())
}

/// Words by tag: `n` family names, `g` given names, `q` everything free words may mean.
fn tagged_words(view: &View) -> BTreeSet<(char, String)> {
    let mut words = BTreeSet::new();
    let mut put = |tag: char, value: &str| words.extend(text::words(value).into_iter().map(|w| (tag, w)));
    for person in view.persons() {
        put('n', &person.family_name);
        put('g', &person.given_name);
        put('q', &person.family_name);
        put('q', &person.given_name);
    }
    for practice in view.practices() {
        if let Some(profession) = practice.profession {
            put('q', &profession.label);
        }
        for specialty in practice.specialties {
            put('q', &specialty.label);
        }
        if let Some(place) = practice.organization {
            for value in [&place.name, &place.trade_name, &place.city, &place.postal_code] {
                put('q', value);
            }
            put('q', place.department.as_ref().map_or("", |d: &Coded| &d.label));
        }
    }
    for mailbox in view.mailboxes() {
        put('q', &mailbox.service);
    }
    words
}

/// Terms that hold of the whole document.
fn document_codes(view: &View) -> BTreeSet<String> {
    let mut codes = BTreeSet::new();
    for person in view.persons() {
        for id in [&person.id, &person.rpps, &person.adeli] {
            codes.extend(Criterion::identifier(id));
        }
    }
    let mut organization = |o: &OrganizationView| {
        for id in [&o.id, &o.finess, &o.finess_ej, &o.siret] {
            codes.extend(Criterion::identifier(id));
        }
    };
    match view {
        View::Mailbox(v) => v.organizations.iter().for_each(&mut organization),
        View::Structure(v) => organization(&v.organization),
        View::Professional(_) => {}
    }
    for mailbox in view.mailboxes() {
        let zero_papier = mailbox.zero_papier.map_or("none", crate::visibility::ZeroPapier::name);
        codes.insert(Criterion::mailbox(Some(mailbox.kind.code()), None));
        codes.insert(Criterion::mailbox(None, Some(zero_papier)));
        codes.insert(Criterion::mailbox(Some(mailbox.kind.code()), Some(zero_papier)));
    }
    codes.insert(Criterion::has_mailbox(!view.mailboxes().is_empty()));
    codes
}
