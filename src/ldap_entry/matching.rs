//! Matching rules (RFC 4517) on prepared strings (RFC 4518): both sides of a comparison are prepared by the same rule and then compared
//! as plain text. The index cuts its terms from the same prepared form, so that what it proposes can be proved.
//!
//! Product rule on top: caseIgnoreMatch also folds accents, ligatures and typographic marks ([`crate::text::fold`]); caseExactMatch stays exact.

use super::attributes::{Attribute, MatchingKind, attribute};
use super::classes::object_class;
use super::dn;
use crate::text;
use unicode_normalization::UnicodeNormalization;

/// An equality rule, with the substring and ordering rules of its family.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    CaseIgnore,
    CaseExact,
    Ia5CaseIgnore,
    Ia5CaseExact,
    Telephone,
    ObjectIdentifier,
    Dn,
    Time,
    Uuid,
    Integer,
    Boolean,
}

/// (rule, name, OID) of what extensible matches may name and the subschema publishes.
pub static RULES: &[(Rule, &str, &str)] = &[
    (Rule::ObjectIdentifier, "objectIdentifierMatch", "2.5.13.0"),
    (Rule::Dn, "distinguishedNameMatch", "2.5.13.1"),
    (Rule::CaseIgnore, "caseIgnoreMatch", "2.5.13.2"),
    (Rule::CaseExact, "caseExactMatch", "2.5.13.5"),
    (Rule::Boolean, "booleanMatch", "2.5.13.13"),
    (Rule::Integer, "integerMatch", "2.5.13.14"),
    (Rule::Telephone, "telephoneNumberMatch", "2.5.13.20"),
    (Rule::Time, "generalizedTimeMatch", "2.5.13.27"),
    (Rule::Uuid, "UUIDMatch", "1.3.6.1.1.16.2"),
    (Rule::Ia5CaseExact, "caseExactIA5Match", "1.3.6.1.4.1.1466.109.114.1"),
    (Rule::Ia5CaseIgnore, "caseIgnoreIA5Match", "1.3.6.1.4.1.1466.109.114.2"),
];

impl Rule {
    /// Equality rule of an attribute type; `None` when it has none.
    #[must_use]
    pub fn of(kind: MatchingKind) -> Option<Self> {
        Some(match kind {
            MatchingKind::CaseIgnore => Self::CaseIgnore,
            MatchingKind::Ia5 => Self::Ia5CaseIgnore,
            MatchingKind::Telephone => Self::Telephone,
            MatchingKind::ObjectIdentifier => Self::ObjectIdentifier,
            MatchingKind::Dn => Self::Dn,
            MatchingKind::Time => Self::Time,
            MatchingKind::Uuid => Self::Uuid,
            MatchingKind::Exact => Self::CaseExact,
            MatchingKind::Integer => Self::Integer,
            MatchingKind::Boolean => Self::Boolean,
            MatchingKind::None => return None,
        })
    }

    /// By name or OID, case ignored.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        RULES.iter().find(|(_, name, oid)| name.eq_ignore_ascii_case(text) || *oid == text).map(|(rule, ..)| *rule)
    }

    /// May this rule compare values of that kind of attribute? (An exact comparison of folded types is the point of asking for it.)
    #[must_use]
    pub fn applies_to(self, kind: MatchingKind) -> bool {
        use MatchingKind as M;
        match self {
            Self::CaseIgnore | Self::CaseExact => matches!(kind, M::CaseIgnore | M::Exact | M::Ia5 | M::Telephone),
            Self::Ia5CaseIgnore | Self::Ia5CaseExact => kind == M::Ia5,
            _ => Self::of(kind) == Some(self),
        }
    }

    /// Has its family a substring rule?
    #[must_use]
    pub fn has_substrings(self) -> bool {
        matches!(self, Self::CaseIgnore | Self::Ia5CaseIgnore | Self::Telephone)
    }

    /// Has its family an ordering rule? Prepared values of such a rule order as text.
    #[must_use]
    pub fn has_order(self) -> bool {
        matches!(self, Self::Time | Self::Uuid | Self::Integer)
    }

    /// [`Rule::prepare`] behind what is in `out`; false, and nothing behind it, when it is `None`. The plain ASCII that most values are is
    /// written there at once.
    pub fn prepare_onto(self, value: &str, out: &mut String) -> bool {
        if matches!(self, Self::CaseIgnore | Self::Ia5CaseIgnore) && text::is_plain(value) {
            let value = value.trim_matches(' ');
            let begin = out.len();
            out.push_str(value);
            if let Some(written) = out.get_mut(begin..) {
                written.make_ascii_lowercase();
            }
            return !value.is_empty();
        }
        self.prepare(value).is_some_and(|prepared| {
            out.push_str(&prepared);
            true
        })
    }

    /// The comparable form of a value; `None` when the value is not of the rule's syntax (the comparison is Undefined).
    #[must_use]
    pub fn prepare(self, value: &str) -> Option<String> {
        let prepared = match self {
            Self::CaseIgnore => text::fold(value),
            // Controls go before the composition: a letter and its mark may stand around one (RFC 4518 section 2.2).
            Self::CaseExact => {
                squeeze(&value.chars().filter(|c| c.is_whitespace() || !c.is_control()).nfkc().collect::<String>()).trim().to_owned()
            }
            Self::Ia5CaseIgnore if value.is_ascii() => squeeze(value).trim().to_ascii_lowercase(),
            Self::Ia5CaseExact if value.is_ascii() => squeeze(value).trim().to_owned(),
            Self::Ia5CaseIgnore | Self::Ia5CaseExact => return None,
            Self::Telephone => return telephone(value),
            Self::ObjectIdentifier => return object_identifier(value.trim()),
            Self::Dn => return Some(dn::key(&dn::parse(value)?)),
            Self::Time => return time_key(value.trim()),
            Self::Uuid => return uuid::Uuid::try_parse(value.trim()).ok().map(|u| u.simple().to_string()),
            Self::Integer => {
                let number: i64 = value.trim().parse().ok()?;
                return Some(format!("{:020}", i128::from(number) - i128::from(i64::MIN)));
            }
            Self::Boolean => return matches!(value, "TRUE" | "FALSE").then(|| value.to_owned()),
        };
        (!prepared.is_empty()).then_some(prepared)
    }
}

/// Runs of blanks made one.
fn squeeze(value: &str) -> String {
    let mut out = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            c if c.is_whitespace() => {
                if !out.ends_with(' ') {
                    out.push(' ');
                }
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    out
}

/// Letters never match a number, and a text without any digit is no number: an assertion of hyphens must not match everything.
fn telephone(value: &str) -> Option<String> {
    if value.chars().any(char::is_alphabetic) {
        return Some(value.to_lowercase().chars().filter(|c| !c.is_control()).collect());
    }
    let digits = text::phone_digits(value);
    (!digits.is_empty()).then_some(digits)
}

/// What values of a type are sorted by, as text: words without case, accents, hyphens and apostrophes for names and other words (French
/// order), the comparable form of its rule for the rest. `None` for types without order, and for values that are none of the type.
#[must_use]
pub fn collation_key(kind: &Attribute, value: &str) -> Option<String> {
    match Rule::of(kind.matching)? {
        Rule::CaseIgnore => Some(text::sort_key(value, "")),
        Rule::Dn | Rule::ObjectIdentifier | Rule::Boolean => None,
        rule => rule.prepare(value),
    }
}

/// Names and OIDs of the schema take one form; a well-formed OID nobody knows stays itself, an unknown name is Undefined (RFC 4517 §4.2.26).
fn object_identifier(value: &str) -> Option<String> {
    if let Some(class) = object_class(value) {
        return Some(class.name.to_owned());
    }
    if let Some(kind) = attribute(value) {
        return Some(kind.name.to_owned());
    }
    let numeric = value.contains('.') && value.split('.').all(|arc| !arc.is_empty() && arc.bytes().all(|b| b.is_ascii_digit()));
    numeric.then(|| value.to_owned())
}

/// Sortable key of a GeneralizedTime (RFC 4517 §3.3.13): seconds since the epoch, shifted to be positive, with nanoseconds.
fn time_key(value: &str) -> Option<String> {
    let digits = value.bytes().take_while(u8::is_ascii_digit).count();
    let (stamp, rest) = value.split_at_checked(digits)?;
    let number = |from: usize, to: usize| stamp.get(from..to).and_then(|s| s.parse::<i8>().ok());
    let has_minute = digits >= 12;
    let has_second = digits >= 14;
    if !matches!(digits, 10 | 12 | 14) {
        return None;
    }
    let year: i16 = stamp.get(..4)?.parse().ok()?;
    let minute = if has_minute { number(10, 12)? } else { 0 };
    let second = if has_second { number(12, 14)? } else { 0 };
    let civil = jiff::civil::DateTime::new(year, number(4, 6)?, number(6, 8)?, number(8, 10)?, minute, second.min(59), 0).ok()?;
    let (fraction, zone) = match rest.strip_prefix(['.', ',']) {
        Some(tail) => tail.split_at_checked(tail.bytes().take_while(u8::is_ascii_digit).count()).filter(|(f, _)| !f.is_empty())?,
        None => ("", rest),
    };
    let unit: u64 = if has_second {
        1
    } else if has_minute {
        60
    } else {
        3600
    };
    let billionths: u64 = format!("{fraction:0<9}").get(..9)?.parse().ok()?;
    let nanoseconds = billionths * unit;
    let offset = zone_offset(zone)?;
    let utc = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?.timestamp().as_second() - offset;
    let seconds = utc + i64::try_from(nanoseconds / 1_000_000_000).ok()?;
    Some(format!("{:020}.{:09}", i128::from(seconds) - i128::from(i64::MIN), nanoseconds % 1_000_000_000))
}

/// Seconds east of UTC of `Z`, `+HH` or `-HHMM`.
fn zone_offset(zone: &str) -> Option<i64> {
    if zone == "Z" {
        return Some(0);
    }
    let sign = match zone.chars().next()? {
        '+' => 1,
        '-' => -1,
        _ => return None,
    };
    let digits = zone.get(1..)?;
    if !matches!(digits.len(), 2 | 4) || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let hours: i64 = digits.get(..2)?.parse().ok()?;
    let minutes: i64 = digits.get(2..).filter(|m| !m.is_empty()).map_or(Ok(0), str::parse).ok()?;
    Some(sign * (hours * 3600 + minutes * 60))
}

/// GeneralizedTime of UTC seconds, as modifyTimestamp shows it.
#[must_use]
pub fn generalized_time(seconds: i64) -> String {
    let time = jiff::Timestamp::from_second(seconds).unwrap_or_default();
    time.strftime("%Y%m%d%H%M%SZ").to_string()
}

/// A substring assertion, prepared.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pattern {
    pieces: Pieces,
    /// The same in the doubled form of RFC 4518 §2.6.1, when a blank at the border of a piece means something.
    doubled: Option<Pieces>,
    /// A piece that no value can hold.
    impossible: bool,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Pieces {
    initial: Option<String>,
    any: Vec<String>,
    last: Option<String>,
}

impl Pattern {
    /// `None` when the rule has no substring rule, a piece is not of its syntax, or nothing is left of all pieces.
    #[must_use]
    pub fn new(rule: Rule, initial: Option<&str>, any: &[&str], last: Option<&str>) -> Option<Self> {
        if !rule.has_substrings() {
            return None;
        }
        let prepare = |text: &str| match rule {
            Rule::CaseIgnore => Some(text::fold_keeping_ends(text)),
            Rule::Ia5CaseIgnore => text.is_ascii().then(|| squeeze(text).to_ascii_lowercase()),
            _ => Some(telephone(text).unwrap_or_default()),
        };
        let kept = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let at_border = |piece: Option<&str>| piece.map_or(Some(String::new()), prepare);
        let pieces = Pieces {
            initial: kept(at_border(initial)?.trim_start()),
            any: any.iter().map(|p| prepare(p)).collect::<Option<Vec<_>>>()?.iter().filter_map(|p| kept(p)).collect(),
            last: kept(at_border(last)?.trim_end()),
        };
        pieces.iter().next()?;
        let bordered = pieces.iter().any(|p| p.starts_with(' ') || p.ends_with(' '));
        let impossible = rule == Rule::Telephone && pieces.iter().any(|p| p.chars().any(char::is_alphabetic));
        let doubled = bordered.then(|| pieces.doubled());
        Some(Self { pieces, doubled, impossible })
    }

    /// Can no value match, whatever it is?
    #[must_use]
    pub fn is_impossible(&self) -> bool {
        self.impossible
    }

    /// What every prepared value that matches begins with; empty when nothing is asked of beginnings.
    #[must_use]
    pub fn initial(&self) -> &str {
        self.pieces.initial.as_deref().map(str::trim_end).unwrap_or_default()
    }

    /// The pieces as they stand in a prepared value, its first and last marked: what index terms are cut from.
    pub fn marked_pieces(&self, first: char, last: char) -> impl Iterator<Item = String> + '_ {
        let initial = self.pieces.initial.iter().map(move |p| format!("{first}{}", p.trim_end()));
        let any = self.pieces.any.iter().map(|p| p.trim().to_owned());
        initial.chain(any).chain(self.pieces.last.iter().map(move |p| format!("{}{last}", p.trim_start())))
    }

    /// Does a prepared value hold the pieces, in order and without overlap?
    #[must_use]
    pub fn matches(&self, prepared: &str) -> bool {
        match &self.doubled {
            _ if self.impossible => false,
            Some(doubled) => doubled.stand_in(&format!(" {} ", prepared.replace(' ', "  "))),
            None => self.pieces.stand_in(prepared),
        }
    }
}

impl Pieces {
    fn iter(&self) -> impl Iterator<Item = &String> {
        self.initial.iter().chain(&self.any).chain(&self.last)
    }

    /// A value begins and ends with one blank and has two between words; a border blank of a piece is one of them.
    fn doubled(&self) -> Self {
        let shape = |piece: &str| {
            let core = piece.trim_matches(' ').replace(' ', "  ");
            if core.is_empty() {
                return " ".to_owned();
            }
            let before = if piece.starts_with(' ') { " " } else { "" };
            let after = if piece.ends_with(' ') { " " } else { "" };
            format!("{before}{core}{after}")
        };
        Self {
            initial: self.initial.as_deref().map(|p| format!(" {}", shape(p))),
            any: self.any.iter().map(|p| shape(p)).collect(),
            last: self.last.as_deref().map(|p| format!("{} ", shape(p))),
        }
    }

    fn stand_in(&self, value: &str) -> bool {
        let mut rest = value;
        if let Some(initial) = &self.initial {
            match rest.strip_prefix(initial.as_str()) {
                Some(tail) => rest = tail,
                None => return false,
            }
        }
        if let Some(last) = &self.last {
            match rest.strip_suffix(last.as_str()) {
                Some(head) => rest = head,
                None => return false,
            }
        }
        // Both are UTF-8, so bytes are found at characters.
        let find = |rest: &str, piece: &str| memchr::memmem::find(rest.as_bytes(), piece.as_bytes());
        self.any.iter().all(|piece| match find(rest, piece).and_then(|at| rest.get(at + piece.len()..)) {
            Some(tail) => {
                rest = tail;
                true
            }
            None => false,
        })
    }
}

/// Tolerant comparison (`~=`): every word of the assertion begins a word of the value. Words are folded ([`text::words`]).
#[must_use]
pub fn words_match(asserted: &[String], value: &str) -> bool {
    let words = text::words(value);
    !asserted.is_empty() && asserted.iter().all(|a| words.iter().any(|w| w.starts_with(a.as_str())))
}

#[cfg(test)]
#[path = "matching_tests.rs"]
mod tests;
