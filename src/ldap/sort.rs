//! From the keys of a sort control (RFC 2891) to an order of the directory, or to the reason why not.
//!
//! Sorting by `cn`, `sn`, `displayName` or `name` follows `NOM Prénom`, which is kept as a column: accents, case, hyphens and apostrophes
//! do not count, as French lists want it. Any other type with comparable values sorts by its least value. A key without a rule takes the
//! order of its type, also where the standard gives it none (`mail`): that is what programs that send no rule expect.

use super::controls::Key;
use crate::directory::{Order, SortKey};
use crate::ldap_entry::attributes::{Attribute, MatchingKind, attribute};

/// Result codes of a sort response (RFC 2891 section 1.2).
const NO_SUCH_ATTRIBUTE: u8 = 16;
const INAPPROPRIATE_MATCHING: u8 = 18;
const UNWILLING_TO_PERFORM: u8 = 53;

/// Types that sort by the name of the entry.
const NAMES: [&str; 4] = ["cn", "sn", "displayName", "name"];

/// Ordering rules (RFC 4517 section 4.2, RFC 4530) with the types they order.
const RULES: [(&str, &str, &[MatchingKind]); 4] = [
    ("2.5.13.3", "caseIgnoreOrderingMatch", &[MatchingKind::CaseIgnore, MatchingKind::Ia5, MatchingKind::Exact]),
    ("2.5.13.15", "integerOrderingMatch", &[MatchingKind::Integer]),
    ("2.5.13.28", "generalizedTimeOrderingMatch", &[MatchingKind::Time]),
    ("1.3.6.1.1.16.3", "UUIDOrderingMatch", &[MatchingKind::Uuid]),
];

/// Why entries cannot be sorted so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsortable {
    pub code: u8,
    /// The key at fault, as it came.
    pub attribute: String,
}

/// The order these keys ask for.
pub fn order(keys: &[Key]) -> Result<Order, Unsortable> {
    let mut sorted: Vec<SortKey> = Vec::with_capacity(keys.len());
    for key in keys {
        let kind = sortable(key).map_err(|code| Unsortable { code, attribute: key.attribute.clone() })?;
        if sorted.iter().any(|known| known.attribute == kind.name) {
            return Err(Unsortable { code: UNWILLING_TO_PERFORM, attribute: key.attribute.clone() });
        }
        sorted.push(SortKey { attribute: kind.name, descending: key.reverse });
    }
    // The name of an entry ends with its id: no two are equal, and further keys decide nothing.
    Ok(match sorted.first() {
        Some(first) if NAMES.contains(&first.attribute) => {
            if first.descending {
                Order::NameDescending
            } else {
                Order::Name
            }
        }
        _ => Order::By(sorted),
    })
}

fn sortable(key: &Key) -> Result<&'static Attribute, u8> {
    let kind = attribute(&key.attribute).ok_or(NO_SUCH_ATTRIBUTE)?;
    let ordered = !matches!(kind.matching, MatchingKind::None | MatchingKind::Dn | MatchingKind::ObjectIdentifier | MatchingKind::Boolean);
    let ruled = key.rule.as_deref().is_none_or(|rule| {
        let named = |(oid, name, _): &&(&str, &str, &[MatchingKind])| *oid == rule || name.eq_ignore_ascii_case(rule);
        RULES.iter().find(named).is_some_and(|(_, _, kinds)| kinds.contains(&kind.matching))
    });
    if ordered && ruled { Ok(kind) } else { Err(INAPPROPRIATE_MATCHING) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(attribute: &str, rule: Option<&str>, reverse: bool) -> Key {
        Key { attribute: attribute.to_owned(), rule: rule.map(str::to_owned), reverse }
    }

    #[test]
    fn keys_become_orders() {
        let by = |attribute, descending| SortKey { attribute, descending };
        assert_eq!(order(&[key("SN", None, false)]), Ok(Order::Name));
        assert_eq!(order(&[key("2.5.4.3", Some("2.5.13.3"), true), key("l", None, false)]), Ok(Order::NameDescending));
        assert_eq!(order(&[key("localityName", None, true), key("sn", None, false)]), Ok(Order::By(vec![by("l", true), by("sn", false)])));
        assert_eq!(
            order(&[key("modifyTimestamp", Some("generalizedtimeorderingmatch"), false)]),
            Ok(Order::By(vec![by("modifyTimestamp", false)]))
        );
        assert_eq!(order(&[key("mail", None, false)]), Ok(Order::By(vec![by("mail", false)])));
    }

    #[test]
    fn what_cannot_be_sorted_says_why() {
        let failed = |keys: &[Key]| order(keys).map_err(|e| (e.code, e.attribute)).unwrap_err();
        assert_eq!(failed(&[key("nickname", None, false)]), (16, "nickname".to_owned()));
        assert_eq!(failed(&[key("cn;lang-fr", None, false)]).0, 16);
        assert_eq!(failed(&[key("sn", None, false), key("fax", None, false)]), (18, "fax".to_owned()));
        assert_eq!(failed(&[key("sn", Some("1.2.3"), false)]).0, 18);
        assert_eq!(failed(&[key("sn", Some("generalizedTimeOrderingMatch"), false)]).0, 18);
        assert_eq!(failed(&[key("l", None, false), key("localityName", None, true)]).0, 53);
    }
}
