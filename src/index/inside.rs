//! Entries with an address that holds a piece anywhere: its domain or the middle of its local part.
//!
//! The grams of LDAP filters stand for addresses too, and for names; where they leave few entries, these are read. Where they leave many the
//! terms of domains and addresses are looked through instead, without opening a list for each address of a domain that holds the piece.

use super::candidates::Candidates;
use super::entries::Entries;
use super::fields::Fields;
use super::filter_plan::{MOST_GRAMS, of_piece};
use super::generation::failed;
use super::patience::Patience;
use super::plan::Place;
use super::segments::Columns;
use super::terms::Texts;
use crate::error::Result;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocId, DocSet as _, SegmentReader, TERMINATED};

const WHAT: &str = "the addresses of the index cannot be read";
/// Entries read for one piece in a segment: about as long as it takes to look through the terms of a tenth of a country.
const MOST_READ: usize = 256;

/// Does this address hold the piece? A piece without `@` does not reach over one.
pub(super) fn holds(address: &str, piece: &str) -> bool {
    address.contains(piece)
}

/// Documents of a segment in order; once `patience` is over some may be missing.
pub(super) fn documents(
    piece: &str,
    fields: &Fields,
    segment: &SegmentReader,
    columns: Option<&Columns>,
    patience: &Patience<'_>,
) -> Result<Vec<DocId>> {
    let Some(columns) = columns else { return listed(piece, fields, segment, patience) };
    let plan = of_piece(Texts::Remarked, piece, MOST_GRAMS);
    let mut candidates = Candidates::of(&plan, fields, segment, Some(columns), patience)?;
    let mut few = Vec::new();
    while candidates.doc() != TERMINATED && few.len() <= MOST_READ {
        few.push(candidates.doc());
        candidates.advance(patience);
    }
    if few.len() > MOST_READ { listed(piece, fields, segment, patience) } else { read(few, piece, &columns.entries) }
}

fn read(mut documents: Vec<DocId>, piece: &str, entries: &Entries) -> Result<Vec<DocId>> {
    let mut outcome = Ok(());
    documents.retain(|doc| match entries.read(*doc) {
        Ok(stored) => stored.addresses().any(|address| std::str::from_utf8(address).is_ok_and(|address| holds(address, piece))),
        Err(error) => {
            outcome = Err(error);
            false
        }
    });
    outcome.map(|()| documents)
}

fn listed(piece: &str, fields: &Fields, segment: &SegmentReader, patience: &Patience<'_>) -> Result<Vec<DocId>> {
    let by_domain = |domain: &str| holds(domain, piece);
    // An address whose domain holds the piece is found by the domain.
    let by_local = |address: &str| match address.split_once('@') {
        Some((local, _)) if !piece.contains('@') => holds(local, piece),
        _ => holds(address, piece),
    };
    let mut found = Vec::new();
    gather(Place::Domain, &by_domain, fields, segment, patience, &mut found)?;
    gather(Place::Address, &by_local, fields, segment, patience, &mut found)?;
    found.sort_unstable();
    found.dedup();
    Ok(found)
}

/// Documents of the terms that pass.
fn gather(
    place: Place,
    passes: &dyn Fn(&str) -> bool,
    fields: &Fields,
    segment: &SegmentReader,
    patience: &Patience<'_>,
    found: &mut Vec<DocId>,
) -> Result<()> {
    let inverted = segment.inverted_index(place.field(fields)).map_err(failed(WHAT))?;
    let mut terms = inverted.terms().stream().map_err(failed(WHAT))?;
    while terms.advance() && !patience.is_over_after_a_step() {
        if !std::str::from_utf8(terms.key()).is_ok_and(passes) {
            continue;
        }
        let mut postings = inverted.read_postings_from_terminfo(terms.value(), IndexRecordOption::Basic).map_err(failed(WHAT))?;
        while postings.doc() != TERMINATED && !patience.is_over_after_a_step() {
            found.push(postings.doc());
            postings.advance();
        }
    }
    Ok(())
}
