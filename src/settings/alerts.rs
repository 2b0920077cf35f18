//! Lists for the health authority: the policy.

use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AlertSettings {
    /// Mailboxes on the liste rouge are written to: to inform is another thing than to publish (L.4001-2).
    pub liste_rouge: bool,
    /// More lines than this take a second person.
    pub confirm_above: u64,
}

impl Default for AlertSettings {
    fn default() -> Self {
        Self { liste_rouge: true, confirm_above: 50_000 }
    }
}
