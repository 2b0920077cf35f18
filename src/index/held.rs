//! What the last commit holds of an entry, less what was deleted since: tells whether an entry would be written again as it is.
//!
//! An entry written again moves to the end of the document order, which unsorted searches answer in. Were an entry written without having
//! changed, its place would tell that something changed beside it which nobody may see.

use super::Document;
use super::candidates::Candidates;
use super::document::sort_key;
use super::fields::Fields;
use super::patience::Patience;
use super::plan::{Place, Plan};
use super::segments::Seen;
use super::stored::Answer;
use crate::error::Result;
use std::collections::HashSet;
use std::sync::Arc;
use tantivy::{DocAddress, TERMINATED};

/// The documents of one commit, and which of them a deletion has named since.
#[derive(Clone)]
pub struct Held {
    fields: Fields,
    seen: Arc<Seen>,
    gone: HashSet<DocAddress>,
}

impl Held {
    /// `seen` is the last commit, and nothing is deleted behind it yet.
    pub(super) fn new(fields: Fields, seen: Arc<Seen>) -> Self {
        Self { fields, seen, gone: HashSet::new() }
    }

    /// A deletion by this term is under way.
    pub(super) fn delete(&mut self, place: Place, term: &str) -> Result<()> {
        let named = self.find(place, term)?;
        self.gone.extend(named);
        Ok(())
    }

    /// Are these, all of one entry, what it has, to the byte and the audience? Equal rows in the store would not prove it: they are
    /// written before the commit.
    pub fn holds(&self, documents: &[Document<'_>]) -> Result<bool> {
        let Some(first) = documents.first() else { return Ok(false) };
        let found = self.find(Place::Key, &first.published.key().to_string())?;
        if found.len() != documents.len() {
            return Ok(false);
        }
        for address in found {
            let audiences = self.audiences(address)?;
            let Some(document) = documents.iter().find(|d| audiences == Some(u64::from(d.audiences))) else { return Ok(false) };
            let stored = self.seen.segments.columns(address.segment_ord)?.entries.read(address.doc_id)?;
            if !Answer::of(document, sort_key(document.published)).is(&stored) {
                return Ok(false);
            }
        }
        Ok(true)
    }

    fn audiences(&self, address: DocAddress) -> Result<Option<u64>> {
        Ok(self.seen.segments.columns(address.segment_ord)?.audience.first(address.doc_id))
    }

    fn find(&self, place: Place, term: &str) -> Result<Vec<DocAddress>> {
        let plan = Plan::Term(place, term.to_owned());
        let mut found = Vec::new();
        let patience = Patience::endless();
        for (ordinal, segment) in (0u32..).zip(self.seen.searcher.segment_readers()) {
            let mut candidates = Candidates::of(&plan, &self.fields, segment, None, &patience)?;
            while candidates.doc() != TERMINATED {
                let address = DocAddress::new(ordinal, candidates.doc());
                if !segment.is_deleted(address.doc_id) && !self.gone.contains(&address) {
                    found.push(address);
                }
                candidates.advance(&patience);
            }
        }
        Ok(found)
    }
}
