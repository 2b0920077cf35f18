//! One entry of an answer: what may be shown of it, and where it stands.

use super::Walked;
use crate::index::Found;
use crate::index::query::RankKey;
use std::ops::Deref;

/// One entry of an answer.
#[derive(Clone, Debug)]
pub struct Hit {
    shown: Walked,
    pub rank: RankKey,
}

impl Deref for Hit {
    type Target = Walked;

    fn deref(&self) -> &Walked {
        &self.shown
    }
}

impl From<Found> for Hit {
    fn from(found: Found) -> Self {
        Self { shown: Walked::of(found.stored), rank: found.rank }
    }
}
