//! Every entry an audience may see, in the order of keys, with constant memory: what files of the whole directory are made of.
//!
//! One state of one generation is walked, so that what is told is of one moment, however long it takes. The order is that of the term
//! dictionaries, merged over the segments: mailboxes by address, then professionals, then structures, each by the bytes of its id.

use super::fields::kind_number;
use super::generation::failed;
use super::search::State;
use super::stored::Stored;
use crate::error::Result;
use crate::model::{Audience, Kind};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::ops::ControlFlow;
use tantivy::schema::IndexRecordOption;
use tantivy::{DocSet, TERMINATED};

/// Tells `each` every entry, until it breaks off. Entries are read past the cache of those read lately, which is for people who type.
pub(super) fn walk(state: State<'_>, audience: Audience, each: &mut dyn FnMut(Stored) -> Result<ControlFlow<()>>) -> Result<()> {
    const WHAT: &str = "the index cannot be walked";
    let State { searcher, segments, fields, .. } = state;
    let segment = |ordinal: u32| searcher.segment_reader(ordinal);
    let ordinals = 0..u32::try_from(searcher.segment_readers().len()).unwrap_or(u32::MAX);
    let inverted: Vec<_> =
        ordinals.clone().map(|o| segment(o).inverted_index(fields.key)).collect::<tantivy::Result<_>>().map_err(failed(WHAT))?;
    let mut streams: Vec<_> = inverted.iter().map(|i| i.terms().stream()).collect::<std::io::Result<_>>().map_err(failed(WHAT))?;
    let mut heads = BinaryHeap::new();
    for (ordinal, stream) in ordinals.zip(&mut streams) {
        if stream.advance() {
            heads.push(Reverse((stream.key().to_owned(), ordinal)));
        }
    }
    while let Some(Reverse((_, ordinal))) = heads.pop() {
        let (Some(stream), Some(inverted)) = (streams.get_mut(ordinal as usize), inverted.get(ordinal as usize)) else { continue };
        let columns = segments.columns(ordinal)?;
        let info = stream.value().clone();
        let mut documents = inverted.read_postings_from_terminfo(&info, IndexRecordOption::Basic).map_err(failed(WHAT))?;
        while documents.doc() != TERMINATED {
            let doc = documents.doc();
            let shown = columns.shown(segment(ordinal), doc, u64::from(audience.bit()), u64::MAX);
            if shown && each(columns.entries.read(doc)?)?.is_break() {
                return Ok(());
            }
            documents.advance();
        }
        if stream.advance() {
            heads.push(Reverse((stream.key().to_owned(), ordinal)));
        }
    }
    Ok(())
}

/// Live documents shown to an audience, by kind, in the order of [`Kind::ALL`].
pub(super) fn counts(state: State<'_>, audience: Audience) -> Result<[u64; 3]> {
    let mut counts = [0; 3];
    for (ordinal, segment) in (0u32..).zip(state.searcher.segment_readers()) {
        let columns = state.segments.columns(ordinal)?;
        for doc in 0..segment.max_doc() {
            for (kind, count) in Kind::ALL.into_iter().zip(&mut counts) {
                *count += u64::from(columns.shown(segment, doc, u64::from(audience.bit()), 1 << kind_number(kind)));
            }
        }
    }
    Ok(counts)
}
