//! Numbers and days as French writes them, for pages.

/// Decimal digits with the narrow no-break space between thousands.
pub(super) fn digits(digits: &str) -> String {
    let mut out = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out
}

pub(super) fn count(number: u64) -> String {
    digits(&number.to_string())
}

/// `2026-11-05` as `05/11/2026`; what is no date stays as it is.
pub(super) fn day(day: &str) -> String {
    day.parse::<jiff::civil::Date>().map_or_else(|_| day.to_owned(), |date| date.strftime("%d/%m/%Y").to_string())
}

/// A number of things, on one line with its number: French has the plural from two on.
pub(super) fn counted(number: u64, one: &str, several: &str) -> String {
    format!("{}\u{a0}{}", count(number), if number < 2 { one } else { several })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_days_are_french() {
        assert_eq!((count(1_234_567), count(12)), ("1\u{202f}234\u{202f}567".to_owned(), "12".to_owned()));
        assert_eq!((day("2026-11-05"), day("bientôt")), ("05/11/2026".to_owned(), "bientôt".to_owned()));
        assert_eq!(counted(0, "résultat", "résultats"), "0\u{a0}résultat");
        assert_eq!(counted(1_000, "résultat", "résultats"), "1\u{202f}000\u{a0}résultats");
    }
}
