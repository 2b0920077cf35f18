//! When figures are counted, and how long what operators deposited is kept: a day once its hour has passed, exchanges three months.

use super::{Indicators, Part};
use crate::error::{Error, Result};
use jiff::civil::Date;
use jiff::{Timestamp, Zoned};
use std::time::Duration;

const LOOK_EVERY: Duration = Duration::from_secs(20);
/// A count that failed is tried again after as many looks.
const PATIENCE: u32 = 30;
/// Months a deposit is kept, the present one with them: none of its rows gets older than three months.
const MONTHS_KEPT: i8 = 3;

fn paris(now: i64) -> Result<Zoned> {
    let failed = |e| Error::internal("the time of the indicators", e);
    Ok(Timestamp::from_second(now).map_err(failed)?.to_zoned(crate::model::paris()))
}

/// The day of a UTC second in France.
pub fn day_of(now: i64) -> Result<Date> {
    Ok(paris(now)?.date())
}

/// The first UTC second of the next day in France.
pub fn begin_of_tomorrow(now: i64) -> Result<i64> {
    let failed = |e| Error::internal("the time of the indicators", e);
    Ok(paris(now)?.tomorrow().and_then(|day| day.start_of_day()).map_err(failed)?.timestamp().as_second())
}

/// The first month whose exchanges are kept as they came, as its first UTC second.
pub fn exchanges_from(now: i64) -> Result<i64> {
    month_begin(now, MONTHS_KEPT - 1).map(|(_, first)| first)
}

/// Name and first second of the month so many before that of `now`.
fn month_begin(now: i64, back: i8) -> Result<(String, i64)> {
    let failed = |e| Error::internal("the time of the indicators", e);
    let now = paris(now)?;
    let first = now.date().first_of_month().checked_sub(jiff::Span::new().months(i64::from(back))).map_err(failed)?;
    let begin = first.to_zoned(now.time_zone().clone()).map_err(failed)?.timestamp().as_second();
    Ok((first.strftime("%Y-%m").to_string(), begin))
}

/// Months to be counted and erased by `now`, from that of the `oldest` row kept on: name, first second, first second of the next.
pub fn months_to_anonymise(oldest: i64, now: i64) -> Result<Vec<(String, i64, i64)>> {
    let mut months = Vec::new();
    let mut next = exchanges_from(now)?;
    while oldest < next {
        let (name, first) = month_begin(next - 1, 0)?;
        months.insert(0, (name, first, next));
        next = first;
    }
    Ok(months)
}

impl Indicators {
    /// Counts what is due until `stop` resolves, at `hour` of the day in France; `daily`: whether a day is counted at all, exchanges are
    /// anonymised in any case. `clock`: UTC seconds.
    pub async fn keep_counting(&self, daily: bool, hour: u8, clock: impl Fn() -> i64, stop: impl Future<Output = ()>) {
        tokio::pin!(stop);
        let (mut pause, mut looks) = (0_u32, 0_u32);
        loop {
            if pause > 0 {
                pause -= 1;
            } else if let Err(error) = self.do_what_is_due(daily, hour, looks.is_multiple_of(180), clock()).await {
                tracing::warn!(error = %error, "the indicators could not be counted, trying again in ten minutes");
                pause = PATIENCE;
            }
            looks = looks.wrapping_add(1);
            tokio::select! {
                biased;
                () = &mut stop => return,
                () = tokio::time::sleep(LOOK_EVERY) => {}
            }
        }
    }

    async fn do_what_is_due(&self, daily: bool, hour: u8, hourly: bool, now: i64) -> Result<()> {
        if hourly {
            self.anonymise(now).await?;
        }
        if daily && self.directory.is_open() && self.is_due(hour, now).await? {
            self.build(now).await?;
        }
        Ok(())
    }

    /// Are the figures of a day missing that should be there?
    pub async fn is_due(&self, hour: u8, now: i64) -> Result<bool> {
        let now = paris(now)?;
        let last = self.store.last_counted("public", Part::Directory.word()).await?;
        let today = now.date().to_string();
        Ok(last.is_none_or(|last| last < today && u8::try_from(now.hour()).is_ok_and(|at| at >= hour)))
    }

    /// Counts exchanges older than three months by month and erases them; returns how many.
    pub async fn anonymise(&self, now: i64) -> Result<u64> {
        let Some(oldest) = self.store.oldest_exchange().await? else { return Ok(0) };
        let months = months_to_anonymise(oldest, now)?;
        if months.is_empty() { Ok(0) } else { self.store.anonymise_exchanges(&months, now).await }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> i64 {
        text.parse::<Timestamp>().unwrap().as_second()
    }

    #[test]
    fn a_day_ends_at_midnight_in_france() {
        for (now, tomorrow) in [
            ("2026-11-20T22:59:59Z", "2026-11-20T23:00:00Z"),
            ("2026-11-20T23:00:00Z", "2026-11-21T23:00:00Z"),
            // Clocks go back an hour: a day of 25.
            ("2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z"),
        ] {
            assert_eq!(begin_of_tomorrow(at(now)).unwrap(), at(tomorrow), "{now}");
        }
    }

    #[test]
    fn a_month_is_counted_before_any_row_of_it_is_older_than_three() {
        // 30 November, 23:30 in Paris: September is kept; half an hour later it is not.
        let oldest = at("2026-07-15T12:00:00Z");
        let names = |now: &str| months_to_anonymise(oldest, at(now)).unwrap().into_iter().map(|m| m.0).collect::<Vec<_>>();
        assert_eq!(names("2026-11-30T22:30:00Z"), ["2026-07", "2026-08"]);
        assert_eq!(names("2026-11-30T23:30:00Z"), ["2026-07", "2026-08", "2026-09"]);
        assert_eq!(names("2026-09-30T12:00:00Z"), Vec::<String>::new());
        let months = months_to_anonymise(oldest, at("2026-11-30T22:30:00Z")).unwrap();
        assert_eq!((months[0].1, months[0].2), (at("2026-06-30T22:00:00Z"), at("2026-07-31T22:00:00Z")));
        assert_eq!(months[0].2, months[1].1);
    }
}
