//! When the indicators of a day are counted.

use serde::{Deserialize, Serialize};

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IndicatorSettings {
    /// `serve` counts each day, and the first time as soon as the doors are open.
    pub daily: bool,
    /// Hour of the day, Europe/Paris, from which the day is counted.
    pub hour: u8,
}

impl Default for IndicatorSettings {
    fn default() -> Self {
        Self { daily: true, hour: 5 }
    }
}
