//! Editions: 12 digits `AAAAMMJJhhmm`, Europe/Paris.
//!
//! The zone is written out as its rule (in force since 1996), so that a machine without a time zone database says the same.

use crate::error::{Error, Result};
use jiff::civil::DateTime;
use jiff::{SpanRound, Timestamp, Unit};

const FORM: &str = "%Y%m%d%H%M";

/// The edition of a moment.
pub fn of(time: Timestamp) -> Result<String> {
    Ok(time.to_zoned(crate::model::paris()).strftime(FORM).to_string())
}

/// Checks what `--edition` gives.
pub fn check(text: &str) -> Result<String> {
    match parse(text) {
        Some(_) => Ok(text.to_owned()),
        None => Err(Error::invalid(format!("--edition {text}: not 12 digits AAAAMMJJhhmm of a date and time"))),
    }
}

/// Days from one edition to another, never negative; 0 when one cannot be read.
#[must_use]
pub fn days_between(older: &str, newer: &str) -> f64 {
    let (Some(older), Some(newer)) = (parse(older), parse(newer)) else { return 0.0 };
    let minutes = newer.since(older).and_then(|span| span.round(SpanRound::new().largest(Unit::Minute).days_are_24_hours()));
    minutes.map_or(0.0, |span| span.get_minutes().max(0) as f64 / 1440.0)
}

fn parse(text: &str) -> Option<DateTime> {
    let digits = text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit());
    digits.then(|| DateTime::strptime(FORM, text).ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn editions_are_in_paris_time() {
        assert_eq!(of("2026-09-01T03:15:42Z".parse().unwrap()).unwrap(), "202609010515");
        assert_eq!(of("2026-12-31T23:30:00Z".parse().unwrap()).unwrap(), "202701010030");
        assert!(check("202609010515").is_ok());
        for bad in ["20260901", "202613010515", "2026-09-01 05", ""] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn days_pass_between_editions() {
        assert!((days_between("202609010000", "202609031200") - 2.5).abs() < 1e-9);
        assert!(days_between("202609030000", "202609010000") == 0.0 && days_between("x", "202609010000") == 0.0);
    }
}
