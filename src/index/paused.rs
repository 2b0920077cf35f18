//! A search that was given a moment and needs more: what it has found, and where it goes on, on another thread.
//!
//! It goes on in the state it began in, or not at all: were a commit waited for in between, what that withdrew would still be shown.

use super::generation::Snapshot;
use super::patience::Limits;
use super::query::{Answer, Order, Query};
use super::question::Question;
use super::reader::Reader;
use super::search::{self, Begun, Found};
use crate::error::Result;
use crate::model::Audience;
use std::sync::Arc;
use tantivy::Searcher;

/// How far a moment took a search.
pub enum Progress {
    Done(Answer<Found>),
    Paused(Box<Paused>),
}

/// What is left of it.
pub struct Paused {
    reader: Reader,
    snapshot: Arc<Snapshot>,
    searcher: Searcher,
    audience: Audience,
    query: Query,
    question: Question,
    begun: Begun,
}

impl Reader {
    /// A search that is left when its limits are reached; only one in document order keeps what it has found.
    pub fn begin(&self, audience: Audience, query: Query, limits: &Limits<'_>) -> Result<Progress> {
        search::check(&query)?;
        let (snapshot, question) = (self.snapshot()?, Question::of(&query)?);
        let searcher = snapshot.searcher();
        let mut begun = Begun::default();
        let answer = self.within(&snapshot, &searcher, |state| search::answer(state, audience, &query, limits, &question, &mut begun))?;
        Ok(match answer.truncated {
            None => Progress::Done(answer),
            Some(_) => {
                begun.hits = answer.hits;
                Progress::Paused(Box::new(Paused { reader: self.clone(), snapshot, searcher, audience, query, question, begun }))
            }
        })
    }
}

impl Paused {
    /// The whole answer, blocking.
    pub fn finish(mut self, limits: &Limits<'_>) -> Result<Answer<Found>> {
        let now = self.reader.snapshot()?;
        let same = Arc::ptr_eq(&now, &self.snapshot)
            && now.searcher().generation().generation_id() == self.searcher.generation().generation_id()
            && self.query.order == Order::Any;
        if !same {
            return self.reader.search(self.audience, &self.query, limits);
        }
        let Self { reader, snapshot, searcher, audience, query, question, begun } = &mut self;
        reader.within(snapshot, searcher, |state| search::answer(state, *audience, query, limits, question, begun))
    }
}
