//! The daily edition: built when its hour has passed and there is none of the day, and at once when there is none at all.

use super::{BUILDING, Exports, shelf::EditionId};
use crate::directory::Audience;
use crate::error::{Error, Kind, Result};
use crate::store::Actor;
use std::time::Duration;

/// How often is looked; a build that failed is tried again after as many looks.
const LOOK_EVERY: Duration = Duration::from_secs(20);
const PATIENCE: u32 = 30;

/// Who builds, in the journal.
const ACTOR: &str = "service";

impl Exports {
    /// Builds what is due until `stop` resolves; does nothing when the settings say that no edition is built daily. `clock`: UTC seconds.
    pub async fn keep_building(&self, clock: impl Fn() -> i64, stop: impl Future<Output = ()>) {
        if !self.settings.daily {
            return;
        }
        tokio::pin!(stop);
        let mut pause = 0;
        loop {
            if pause > 0 {
                pause -= 1;
            } else if self.directory.ready().0 {
                pause = match self.build_if_due(clock()).await {
                    Ok(()) => 0,
                    Err(error) if error.code() == BUILDING || error.kind() == Kind::NotFound => 0,
                    Err(_) => PATIENCE,
                };
            }
            // The first edition is wanted soon after the doors open.
            let look = if pause == 0 && !self.directory.ready().0 { Duration::from_millis(200) } else { LOOK_EVERY };
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(look) => {}
            }
        }
    }

    async fn build_if_due(&self, now: i64) -> Result<()> {
        if self.is_due(now)? && self.shows_something().await? {
            self.build(&Actor::from(ACTOR), now, Vec::new()).await?;
        }
        Ok(())
    }

    /// Is an edition missing at this time, UTC seconds?
    pub fn is_due(&self, now: i64) -> Result<bool> {
        let time = |e| Error::internal("the time of an edition", e);
        let now = jiff::Timestamp::from_second(now).map_err(time)?.to_zoned(crate::model::paris());
        let newest = self.shelf(Audience::Public).newest()?.map(EditionId::day);
        let hour = u8::try_from(now.hour()).unwrap_or_default();
        Ok(newest.is_none_or(|newest| newest < now.date() && hour >= self.settings.hour))
    }

    /// Cheaper than an edition that would hold nothing.
    async fn shows_something(&self) -> Result<bool> {
        let directory = self.directory.clone();
        let look = move || {
            let mut something = false;
            // The first entry ends the walk.
            let walked = directory.walk(Audience::Public, &mut |_| {
                something = true;
                Err(Error::conflict("enough"))
            });
            if something { Ok(true) } else { walked.map(|()| false) }
        };
        tokio::task::spawn_blocking(look).await.map_err(|e| Error::internal("a look at the directory ended abnormally", e))?
    }
}
