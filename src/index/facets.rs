//! Facets: how many entries of an answer show each profession, savoir-faire, département, type of mailbox and statement of zéro papier.
//!
//! One column holds the values of an entry, read off its published view, so that each document counts for its own audiences and nothing
//! hidden is there to be counted. An entry counts once for each distinct value. Counting is by ordinals of the column; names are read once.

use super::fields::Fields;
use super::query::{FacetCount, Facets, Query};
use super::segments::{Columns, Segments};
use crate::error::{Error, Result};
use crate::model::MailboxType;
use crate::visibility::{View, ZeroPapier};
use std::collections::BTreeMap;
use tantivy::{DocId, TantivyDocument};

/// Values of one facet that an answer tells at most.
pub(super) const MOST_VALUES: usize = 50;
/// Between the code and the label of a value.
const LABEL: char = '\0';

const PROFESSION: char = 'p';
const SPECIALTY: char = 's';
const DEPARTMENT: char = 'd';
const MAILBOX_TYPE: char = 'm';
const ZERO_PAPIER: char = 'z';

/// Writes the values that an entry counts for.
pub(super) fn add(view: &View, fields: &Fields, out: &mut TantivyDocument) {
    let mut values = BTreeMap::new();
    let mut put = |facet, code: &str, label: &str| {
        if !code.is_empty() {
            values.entry((facet, code.to_owned())).or_insert_with(|| label.to_owned());
        }
    };
    for practice in view.practices() {
        if let Some(profession) = practice.profession {
            put(PROFESSION, &profession.code, &profession.label);
        }
        for specialty in practice.specialties {
            put(SPECIALTY, &specialty.code, &specialty.label);
        }
        if let Some(department) = practice.organization.and_then(|o| o.department.as_ref()) {
            put(DEPARTMENT, &department.code, &department.label);
        }
    }
    for mailbox in view.mailboxes() {
        put(MAILBOX_TYPE, mailbox.kind.code(), "");
        put(ZERO_PAPIER, mailbox.zero_papier.map_or("unknown", ZeroPapier::name), "");
    }
    for ((facet, code), label) in values {
        out.add_text(fields.facets, format!("{facet}{code}{LABEL}{label}"));
    }
}

/// Matches counted while a search runs.
pub(super) struct Tally {
    pub total: u64,
    /// By segment and ordinal of its column; `None`: nobody asked.
    values: Option<Vec<Vec<u64>>>,
}

impl Tally {
    pub fn of(query: &Query, segments: usize) -> Self {
        Self { total: 0, values: query.facets.then(|| vec![Vec::new(); segments]) }
    }

    /// One more match.
    pub fn add(&mut self, columns: &Columns, segment: u32, doc: DocId) {
        self.total += 1;
        let Some(counts) = self.values.as_mut().and_then(|values| values.get_mut(segment as usize)) else { return };
        let Some(column) = &columns.facets else { return };
        if counts.is_empty() {
            counts.resize(column.num_terms(), 0);
        }
        for ordinal in column.ords().values_for_doc(doc) {
            if let Some(count) = usize::try_from(ordinal).ok().and_then(|ordinal| counts.get_mut(ordinal)) {
                *count += 1;
            }
        }
    }

    /// What was counted, by its names.
    pub fn facets(&self, segments: &Segments) -> Result<Option<Facets>> {
        let Some(values) = &self.values else { return Ok(None) };
        let mut counted: BTreeMap<(char, String), (String, u64)> = BTreeMap::new();
        for (segment, counts) in (0u32..).zip(values) {
            let Some(column) = &segments.columns(segment)?.facets else { continue };
            for (ordinal, count) in (0u64..).zip(counts).filter(|(_, count)| **count > 0) {
                let mut value = String::new();
                column.ord_to_str(ordinal, &mut value).map_err(|e| Error::internal("a column cannot be read", e))?;
                let mut chars = value.chars();
                if let (Some(facet), Some((code, label))) = (chars.next(), chars.as_str().split_once(LABEL)) {
                    let (shown, sum) = counted.entry((facet, code.to_owned())).or_default();
                    *sum += count;
                    // Labels of one code may differ in case: one of them, whatever the segments.
                    if label > shown.as_str() {
                        label.clone_into(shown);
                    }
                }
            }
        }
        let mut facets = Facets::default();
        for ((facet, code), (label, count)) in counted {
            let list = match facet {
                PROFESSION => &mut facets.profession,
                SPECIALTY => &mut facets.specialty,
                DEPARTMENT => &mut facets.department,
                MAILBOX_TYPE => &mut facets.mailbox_type,
                ZERO_PAPIER => &mut facets.zero_papier,
                _ => continue,
            };
            let label = if label.is_empty() { label_of(&code).to_owned() } else { label };
            list.push(FacetCount { code, label, count });
        }
        for list in facets.lists_mut() {
            // Stable: equal counts stay in the order of their codes.
            list.sort_by_key(|value| std::cmp::Reverse(value.count));
            list.truncate(MOST_VALUES);
        }
        Ok(Some(facets))
    }
}

/// Of the two facets that are no nomenclature of the files.
fn label_of(code: &str) -> &'static str {
    match (MailboxType::parse(code), code) {
        (Some(MailboxType::Per), _) => "Personnelle",
        (Some(MailboxType::Org), _) => "Organisationnelle",
        (Some(MailboxType::App), _) => "Applicative",
        (Some(MailboxType::Cab), _) => "De cabinet",
        (None, "accepted") => "Zéro papier",
        (None, "refused") => "Papier souhaité",
        (None, "unknown") => "Non précisé",
        (None, _) => "",
    }
}
