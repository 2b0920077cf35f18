//! A search that was given a moment and needs more: what it has found, and where it goes on, on another thread.
//!
//! It goes on in the state it began in, or not at all: were a commit waited for in between, what that withdrew would still be shown.

use super::generation::Snapshot;
use super::patience::Limits;
use super::query::{Answer, Order, Query};
use super::question::Question;
use super::reader::Reader;
use super::search::{self, Begun, Found};
use super::segments::Seen;
use crate::error::Result;
use crate::model::Audience;
use std::sync::Arc;

/// How far a moment took a search.
pub enum Progress {
    Done(Answer<Found>),
    Paused(Box<Paused>),
}

/// What is left of it.
pub struct Paused {
    reader: Reader,
    snapshot: Arc<Snapshot>,
    seen: Arc<Seen>,
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
        let seen = snapshot.seen();
        let mut begun = Begun::default();
        let answer = self.within(&snapshot, &seen, |state| search::answer(state, audience, &query, limits, &question, &mut begun))?;
        Ok(match answer.truncated {
            None => Progress::Done(answer),
            Some(_) => {
                begun.hits = answer.hits;
                Progress::Paused(Box::new(Paused { reader: self.clone(), snapshot, seen, audience, query, question, begun }))
            }
        })
    }
}

impl Paused {
    /// The whole answer, blocking.
    pub fn finish(mut self, limits: &Limits<'_>) -> Result<Answer<Found>> {
        let now = self.reader.snapshot()?;
        let same = Arc::ptr_eq(&now, &self.snapshot) && Arc::ptr_eq(&now.seen(), &self.seen) && self.query.order == Order::Any;
        if !same {
            return self.reader.search(self.audience, &self.query, limits);
        }
        let Self { reader, snapshot, seen, audience, query, question, begun } = &mut self;
        reader.within(snapshot, seen, |state| search::answer(state, *audience, query, limits, question, begun))
    }
}
