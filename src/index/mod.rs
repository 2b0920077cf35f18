//! The read model: tantivy for the terms and, in the same generation, the whole answer of each entry, joined, reduced and encoded.
//!
//! No tantivy type leaves this room. It accepts [`crate::visibility::Published`] and nothing else. Candidates may be too many, never
//! too few; each is tested again against the entry's own values before it is counted.
//!
//! In the order the data meets the parts: `fields` what a document is, `facts`, `terms`, `ready` and `practice` what is cut from an entry, `document`,
//! `facets`, `stored`, `packing` and `entries` the document, `generation`, `held` and `folder` its files; `filter` and `filter_plan` a question
//! by attributes; `reading` (with `numbers`, `recognised`, `streets`, `known_names` and `alternative`) and `criteria` one by words, `near` and
//! `forgiving` its errors, `inside` pieces of addresses, `matched` and `matched_filters` why an entry was found; `question` both made ready,
//! `opening`, `candidates`, `bitmaps` and `one_practice` its posting lists, `segments` where they lie, `lately` and `laid` the entries it proves, `search`,
//! `patience`, `paused` and `order` the answer, `name_bounds` and `ranked` the first of it where names are in order, `suggest` (with `towns`,
//! `practised` and `family_names`) what may be meant, `walk` all of them, `reader` the door
//! `directory` uses.

mod alternative;
mod bitmaps;
mod candidates;
mod compaction;
mod criteria;
mod document;
mod entries;
mod facets;
mod facts;
mod family_names;
mod fields;
mod filter;
mod filter_plan;
mod folder;
mod forgiving;
pub mod gate;
mod generation;
mod held;
mod inside;
mod known_names;
mod laid;
mod lately;
pub mod matched;
mod matched_filters;
mod name_bounds;
mod near;
mod numbers;
mod one_practice;
mod opening;
mod order;
mod packing;
mod pairs;
mod patience;
mod paused;
mod plan;
mod practice;
mod practised;
pub mod query;
mod question;
mod ranked;
mod reader;
mod reading;
mod ready;
mod recognised;
mod remarks;
mod search;
mod segments;
mod sorted;
mod stored;
mod streets;
mod suggest;
mod terms;
mod towns;
mod walk;

pub use alternative::How;
pub use compaction::{Compaction, Merging};
pub use document::Cut;
pub use facts::Field;
pub use gate::Gate;
pub use generation::Generation;
pub use held::Held;
pub use patience::{Limits, MAX_CANDIDATES};
pub use paused::{Paused, Progress};
pub use reader::Reader;
pub use reading::{Dropped, Source};
pub use search::Found;
pub use sorted::rank_of;
pub use stored::Stored;
pub use suggest::{Suggestion, SuggestionKind};

use crate::error::{Error, Result};
use crate::model::Coded;
use crate::visibility::Published;
use folder::{Folder, Seal};
use std::collections::BTreeMap;
use std::path::Path;

/// Published labels by nomenclature table.
pub type Labels = BTreeMap<String, std::sync::Arc<Vec<Coded>>>;

/// What a generation's commit carries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Committed {
    /// Last change number applied.
    pub seq: i64,
}

/// One document to write. `audiences` is a set of `Audience::bit`; `since` and `created` UTC seconds.
pub struct Document<'a> {
    pub published: &'a Published,
    pub audiences: u8,
    pub since: i64,
    pub created: i64,
}

/// The holder of the index lock: all generations, the live writer, labels.
pub struct Index {
    folder: Folder,
    seal: Seal,
    live: Generation,
    /// Number of the generation being built beside the live one.
    building: Option<u64>,
    reader: Reader,
}

impl Index {
    /// Takes the lock of the index folder, opens its live generation and attaches `reader` (and all its clones) to it. No generation, or
    /// one of another store id, format or visibility-rule number, or unreadable: opens with an empty generation whose `committed` is
    /// `None`. Error `conflict` when another process holds the lock (message says which pid).
    pub fn open(index: &Path, store_id: &str, reader: &Reader) -> Result<Self> {
        let folder = Folder::lock(index.to_owned())?;
        let seal = Seal::of(store_id);
        let known = folder.current().filter(|number| seal.matches(&folder.generation(*number)));
        let opened = known.and_then(|number| Generation::open(&folder.generation(number), number).ok());
        let live = match opened {
            Some(live) => live,
            None => {
                let number = folder.unused()?;
                let fresh = Generation::create(&folder.generation(number), number, &seal, false)?;
                folder.set_current(number)?;
                fresh
            }
        };
        folder.keep_only(&[live.number])?;
        reader.point_at(live.snapshot());
        Ok(Self { folder, seal, live, building: None, reader: reader.clone() })
    }

    #[must_use]
    pub fn reader(&self) -> Reader {
        self.reader.clone()
    }

    /// Commit number of the live generation; `None`: it must be rebuilt.
    #[must_use]
    pub fn committed(&self) -> Option<Committed> {
        self.live.committed()
    }

    pub fn live(&mut self) -> &mut Generation {
        &mut self.live
    }

    /// Starts a new empty generation beside the live one, writing with bulk settings; leftovers of a broken build are removed.
    /// Feed it in (folded name, id) order: that becomes its document order.
    pub fn begin_build(&mut self) -> Result<Generation> {
        self.folder.keep_only(&[self.live.number])?;
        let number = self.folder.unused()?;
        let built = Generation::create(&self.folder.generation(number), number, &self.seal, true)?;
        self.building = Some(number);
        Ok(built)
    }

    /// Makes the built generation durable, switches `CURRENT` to it, points readers at it and deletes the old one. Merging is the
    /// caller's, before ([`Generation::begin_merge`]): it takes long.
    /// Error `conflict` when it was not committed, or is not the one begun last.
    pub fn switch_to(&mut self, built: Generation) -> Result<()> {
        if self.building != Some(built.number) || !built.is_bulk() || built.committed().is_none() {
            return Err(Error::conflict("this generation of the index is not the one being built, or was never committed"));
        }
        built.sync()?;
        let number = built.number;
        // Its writer holds the generation's own lock: it goes before the live one opens.
        drop(built);
        let live = Generation::open(&self.folder.generation(number), number)?;
        self.folder.set_current(number)?;
        self.reader.point_at(live.snapshot());
        self.live = live;
        self.building = None;
        self.folder.keep_only(&[number])
    }

    pub fn set_labels(&self, labels: Labels) {
        self.reader.set_labels(labels);
    }
}

/// Commit number of the live generation of an index folder, read without the lock; `None` when nothing was committed yet.
pub fn committed_on_disk(index: &Path) -> Result<Option<Committed>> {
    let Some(number) = folder::current(index) else {
        return Ok(None);
    };
    let meta = index.join(number.to_string()).join("meta.json");
    let text = match std::fs::read(&meta) {
        Ok(text) => text,
        // A switch may have removed the folder in between: the caller asks again.
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(crate::error::at_path(&meta)(e)),
    };
    let meta: serde_json::Value = serde_json::from_slice(&text).map_err(|e| Error::internal("the index cannot be read", e))?;
    let seq = meta.get("payload").and_then(|p| p.as_str()).and_then(|p| p.parse().ok());
    Ok(seq.map(|seq| Committed { seq }))
}

/// A filter made ready for many entries.
pub struct Matcher(filter::Asked);

impl Matcher {
    /// Error `TooLarge` past the bounds of a filter.
    pub fn new(filter: &query::AttributeFilter) -> Result<Self> {
        filter::Asked::of(filter).map(Self)
    }

    /// Does it ask for operational attributes? Others need not be evaluated on whole entries.
    #[must_use]
    pub fn is_of_operational(&self) -> bool {
        self.0.operational
    }

    /// Evaluates it on an entry encoded as [`crate::ldap_entry`] does; `None` is Undefined.
    #[must_use]
    pub fn evaluate(&self, entry: &[u8]) -> Option<bool> {
        filter::Subject::new(&|| "", entry, &mut laid::Laid::default()).evaluate(&self.0.node)
    }
}

/// Evaluates a filter on any entry encoded as [`crate::ldap_entry`] does; `None` is Undefined.
pub fn evaluate(filter: &query::AttributeFilter, entry: &[u8]) -> Result<Option<bool>> {
    Ok(Matcher::new(filter)?.evaluate(entry))
}
