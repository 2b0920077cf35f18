//! When one person may not decide alone: above `alerts.confirm_above` lines, of one list, or of what one account or one reference drew within
//! a day without anybody else agreeing. What was cut into several lists is counted together; what a second person agreed to is not counted
//! again.
//!
//! A server says in the store what its policy is; a command on the same store takes the stricter of that and its own settings.

use super::Alerts;
use crate::error::{Error, Result};
use crate::settings::AlertSettings;
use crate::store::AlertDrawn;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How far back lists are added up, seconds.
pub(super) const DRAWN_WITHIN: i64 = 24 * 3_600;

/// What was too much.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Because {
    /// The list by itself.
    List,
    /// With the other lists of the account within 24 hours.
    Account,
    /// With the other lists of the reference within 24 hours, whoever asked.
    Reference,
}

/// Why a second account of the role has to agree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Confirmation {
    pub because: Because,
    /// Lines: of this list, or of this and the others.
    pub counted: u64,
    pub confirm_above: u64,
    /// The same in words, French.
    pub message: String,
}

/// What a list of so many lines of an account needs, after what was drawn before. `None`: nobody else. The words are read by the second
/// account as by the first, so they name it.
pub(super) fn needed(recipients: u64, actor: &str, drawn: AlertDrawn, confirm_above: u64) -> Option<Confirmation> {
    let with = |before: i64| recipients.saturating_add(before.unsigned_abs());
    let counts = [(Because::List, recipients), (Because::Account, with(drawn.by_actor)), (Because::Reference, with(drawn.for_reference))];
    let (because, counted) = counts.into_iter().find(|(_, counted)| *counted > confirm_above)?;
    let what = match because {
        Because::List => format!("la liste a {counted} adresses"),
        Because::Account => {
            format!("avec les listes que le compte {actor} a tirées seul depuis 24 heures, {counted} adresses au total")
        }
        Because::Reference => {
            format!("avec les listes tirées depuis 24 heures pour la même référence, {counted} adresses au total")
        }
    };
    let message = format!("au-delà de {confirm_above} adresses, une seconde personne confirme\u{a0}: {what}");
    Some(Confirmation { because, counted, confirm_above, message })
}

impl Alerts {
    /// Says in the store what this server's policy is.
    pub async fn announce(&self) -> Result<()> {
        let policy = serde_json::to_string(&self.policy).map_err(|error| Error::internal("the policy of alerts", error))?;
        self.store.set_alert_policy(&policy).await
    }

    /// Bound by what the last server of this store announced: of the two policies the stricter.
    pub async fn bound(mut self) -> Result<Self> {
        if let Some(policy) = self.store.alert_policy().await? {
            let announced: AlertSettings =
                serde_json::from_str(&policy).map_err(|error| Error::internal("the policy of alerts in the store", error))?;
            self.policy.confirm_above = self.policy.confirm_above.min(announced.confirm_above);
            self.policy.liste_rouge &= announced.liste_rouge;
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_cut_is_counted_together() {
        let because = |recipients, by_actor, for_reference| {
            let needed = needed(recipients, "corruss-1", AlertDrawn { by_actor, for_reference }, 100)?;
            assert_eq!(needed.message.contains("le compte corruss-1"), needed.because == Because::Account, "{}", needed.message);
            Some((needed.because, needed.counted))
        };
        assert_eq!(because(100, 0, 0), None);
        assert_eq!(because(101, 500, 0), Some((Because::List, 101)));
        assert_eq!(because(60, 40, 40), None);
        assert_eq!(because(60, 41, 0), Some((Because::Account, 101)));
        assert_eq!(because(60, 0, 41), Some((Because::Reference, 101)));
    }
}
