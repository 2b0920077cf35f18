//! What is counted from the very walk that an edition is made of, so that the two agree: given by the assembly, since what counts stands
//! above the files.

use super::{Exports, Sink};
use crate::error::Result;
use std::pin::Pin;
use std::sync::Arc;

/// A future of its own.
pub type Boxed<T> = Pin<Box<dyn Future<Output = Result<T>> + Send>>;

/// One that looks on while an edition is built.
pub struct Alongside {
    /// Shown every entry of the public edition.
    pub sink: Box<dyn Sink + Send>,
    /// Called when the edition stands; dropped when it failed.
    pub done: Box<dyn FnOnce() -> Boxed<()> + Send>,
}

/// Makes one for an edition of a time, UTC seconds.
pub type Companion = Arc<dyn Fn(i64) -> Boxed<Alongside> + Send + Sync>;

impl Exports {
    /// Every edition is built with one of these looking on.
    #[must_use]
    pub fn with_companion(self, companion: Companion) -> Self {
        Self { companion: Some(companion), ..self }
    }

    /// A sink and how it ends. What looks on fails by itself: the edition is built without it.
    pub(super) async fn alongside(&self, now: i64) -> Option<Alongside> {
        match self.companion.as_ref()?(now).await {
            Ok(alongside) => Some(alongside),
            Err(error) => {
                tracing::warn!(error = %error, "an edition is built without its figures");
                None
            }
        }
    }
}

impl Alongside {
    pub(super) async fn end(done: Box<dyn FnOnce() -> Boxed<()> + Send>) {
        if let Err(error) = done().await {
            tracing::warn!(error = %error, "the figures of an edition could not be kept");
        }
    }
}
