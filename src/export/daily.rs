//! The daily edition: built when its hour has passed and there is none of the day, and at once when there is none at all.

use super::{BUILDING, Exports};
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
            self.build_clean(&Actor::from(ACTOR), now).await?;
        }
        Ok(())
    }

    /// Is an edition missing at this time, UTC seconds?
    pub fn is_due(&self, now: i64) -> Result<bool> {
        if self.shelf(Audience::Public).newest()?.is_none() {
            return Ok(true);
        }
        let hour = u8::try_from(moment(now)?.hour()).unwrap_or_default();
        Ok(!self.built_on_the_day_of(now)? && hour >= self.settings.hour)
    }

    /// Was the newest edition made on the day of this UTC second? Asked of its making and not of its name: one that a wrong clock made for a
    /// later day must not stop those of the days before.
    pub fn built_on_the_day_of(&self, now: i64) -> Result<bool> {
        let shelf = self.shelf(Audience::Public);
        let Some(newest) = shelf.newest()? else { return Ok(false) };
        let made = shelf.manifest(newest)?.created.parse::<jiff::Timestamp>().ok();
        let day = moment(now)?.date();
        Ok(made.is_some_and(|made| made.to_zoned(crate::model::paris()).date() == day))
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

fn moment(now: i64) -> Result<jiff::Zoned> {
    let time = jiff::Timestamp::from_second(now).map_err(|e| Error::internal("the time of an edition", e))?;
    Ok(time.to_zoned(crate::model::paris()))
}
