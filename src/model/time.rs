//! A day means a day of Europe/Paris.

use jiff::tz::TimeZone;
use std::sync::OnceLock;

/// The zone as its rule (POSIX TZ), so that a machine without a time zone database says the same.
const PARIS: &str = "CET-1CEST,M3.5.0,M10.5.0/3";

/// The zone of Paris.
#[must_use]
pub fn paris() -> TimeZone {
    static READ: OnceLock<TimeZone> = OnceLock::new();
    // The rule is a constant that the test below reads.
    READ.get_or_init(|| TimeZone::posix(PARIS).unwrap_or(TimeZone::UTC)).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn summer_and_winter_are_those_of_france() {
        let hour = |second| jiff::Timestamp::from_second(second).unwrap().to_zoned(paris()).strftime("%H:%M %:z").to_string();
        assert_eq!(hour(1_790_000_000), "16:13 +02:00");
        assert_eq!(hour(1_795_800_000), "18:20 +01:00");
    }
}
