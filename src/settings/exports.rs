//! When the open files are built, and how many editions stay.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ExportSettings {
    /// `serve` builds an edition each day, and the first one as soon as there is something to show.
    pub daily: bool,
    /// Hour of the day, Europe/Paris, from which the day's edition is built.
    pub hour: u8,
    /// Editions kept, the newest with it.
    pub keep: usize,
    /// Build the professional edition too.
    pub professional: bool,
    /// Subsets kept until the next edition.
    pub subsets: usize,
}

impl Default for ExportSettings {
    fn default() -> Self {
        Self { daily: true, hour: 4, keep: 8, professional: true, subsets: 100 }
    }
}
