//! People by what their family name begins with, as they are suggested: in the order of names without their particles, so that who begins to
//! type `tour` is not told all who are called DE T… and LE T… before TOURNIER.
//!
//! The order of a search is that of names as they are written, which a column keeps. Names with one particle stand together in it, in the order
//! of what is behind; so the first of each particle are kept, and those few are put in order.

use super::order::{SegmentOrder, Smallest};
use super::patience::{Limits, Patience};
use super::query::{Criteria, Matching, Order, Query, RankKey};
use super::question::Question;
use super::ranked::{Names, Ranked};
use super::search::{Found, State};
use crate::error::{Error, Result};
use crate::model::{Audience, Kind};
use crate::text;
use crate::text::small_words::{is_particle, may_be_canonical, particles_before_names};
use std::ops::{Bound, Range};
use tantivy::DocId;
use tantivy::columnar::StrColumn;
use tantivy::termdict::TermDictionary;

/// Where a person stands: class, has a mailbox, begins otherwise (the second half of a double name), name without particles.
type Place = (u16, u8, bool, String);

/// The first people of whom a word of the family name begins as `typed` does.
pub(super) fn people_named(state: State<'_>, audience: Audience, typed: &str, limit: usize, limits: &Limits<'_>) -> Result<Vec<Found>> {
    let matching = Matching::Criteria(Criteria { name: Some(typed.to_owned()), ..Criteria::default() });
    let query = Query { kinds: vec![Kind::Professional], matching, order: Order::Rank, limit, after: None, count: false, facets: false };
    let question = Question::of(&query)?;
    let patience = Patience::of(limits);
    let mut first: Vec<(Place, u32, DocId)> = Vec::new();
    for (ordinal, segment) in (0u32..).zip(state.searcher.segment_readers()) {
        let columns = state.segments.columns(ordinal)?;
        let Some(names) = &columns.sort else { continue };
        let terms = segment.inverted_index(state.fields.words).map_err(|e| Error::internal("a term list cannot be opened", e))?;
        let runs = runs(names, terms.terms(), typed)?;
        let order = &SegmentOrder::of(columns, &query.order, None, question.first_class())?;
        let (audience, kind, fields) = (u64::from(audience.bit()), Kind::Professional, state.fields);
        let (question, patience) = (&question, &patience);
        let ranked = Ranked { question, fields, segment, columns, order, audience, kind, patience };
        // A name may be of two runs, and counts for the first.
        let ranges: Vec<_> = runs.iter().map(|run| run.names.clone()).collect();
        let matches = ranked.open()?;
        let of_run = |(at, own)| ranked.first(&matches, limit, Names::Of(own, ranges.get(..at).unwrap_or_default()));
        let mut kept: Vec<Smallest> = ranges.iter().enumerate().map(of_run).collect();
        kept.push(ranked.first(&matches, limit, Names::But(&ranges)));
        for (at, run) in kept.into_iter().enumerate() {
            let (particles, begins) = runs.get(at).map_or((0, false), |run| (run.particles, run.begins));
            for ((class, without_mailbox, ..), doc) in run.into_sorted() {
                // The column would unpack a block of names for each of them.
                let bare = columns.entries.read(doc)?.sort().get(particles..).unwrap_or_default().to_owned();
                first.push(((class, without_mailbox, !begins, bare), ordinal, doc));
            }
        }
    }
    first.sort();
    first.truncate(limit);
    let found = |((class, without_mailbox, ..), segment, doc): (Place, u32, DocId)| {
        let stored = state.lately.fetch(state.segments.columns(segment)?, doc)?;
        let rank = RankKey { class, without_mailbox, name: stored.sort().to_owned() };
        Ok(Found { stored, rank })
    };
    first.into_iter().map(found).collect()
}

/// Names of a segment that stand together.
struct Run {
    names: Range<u64>,
    /// Bytes of the particles they begin with.
    particles: usize,
    /// Does what is behind begin as typed?
    begins: bool,
}

/// Where names that begin so stand in the order of a segment, those of the longest particles first.
fn runs(names: &StrColumn, terms: &TermDictionary, typed: &str) -> Result<Vec<Run>> {
    let words = text::words(typed);
    let own = words.iter().position(|word| !is_particle(word)).and_then(|from| words.get(from..)).unwrap_or(&words).join(" ");
    let run = |beginning: &str, particles: usize, begins: bool| {
        // Most particles begin no such name. To ask the column takes ten times as long, for it unpacks a block at each end.
        if !may_be_there(terms, beginning)? {
            return Ok(None);
        }
        let behind = format!("{beginning}{}", char::MAX);
        let bounds = names.dictionary().term_bounds_to_ord(Bound::Included(beginning), Bound::Excluded(behind.as_str())).map_err(failed)?;
        let (Bound::Included(from) | Bound::Excluded(from), Bound::Included(to) | Bound::Excluded(to)) = bounds else {
            return Ok(None);
        };
        Ok((from < to).then_some(Run { names: from..to, particles, begins }))
    };
    let mut runs = Vec::new();
    for particles in particles_before_names() {
        runs.extend(run(&format!("{particles}{own}"), particles.len(), true)?);
        // `de brun` begins as `d` does, by its particle only.
        if particles.starts_with(own.as_str()) {
            runs.extend(run(&particles, particles.len(), false)?);
        }
    }
    runs.extend(run(&own, 0, true)?);
    Ok(runs)
}

/// Is there a family name that begins so, or one behind which a given name may go on so? Told of all but words that the list of terms has in
/// another form.
fn may_be_there(terms: &TermDictionary, beginning: &str) -> Result<bool> {
    let beginning = beginning.trim_end();
    if beginning.split(' ').any(may_be_canonical) {
        return Ok(true);
    }
    let term = format!("f:{beginning}");
    for (end, _) in term.match_indices(' ') {
        if terms.get(term.get(..end).unwrap_or_default()).map_err(failed)?.is_some() {
            return Ok(true);
        }
    }
    let mut names = terms.range().ge(&term).into_stream().map_err(failed)?;
    Ok(names.advance() && names.key().starts_with(term.as_bytes()))
}

fn failed(error: std::io::Error) -> Error {
    Error::internal("a column cannot be read", error)
}
