//! Matching rules, value by value.

use super::*;
use proptest::prelude::*;

fn holds(rule: Rule, pattern: &str, value: &str) -> Option<bool> {
    let mut pieces: Vec<&str> = pattern.split('*').collect();
    let (first, last) = (pieces.remove(0), pieces.pop().unwrap_or_default());
    let some = |text| (!str::is_empty(text)).then_some(text);
    Some(Pattern::new(rule, some(first), &pieces, some(last))?.matches(&rule.prepare(value)?))
}

#[test]
fn substrings_in_order_without_overlap() {
    let value = "Jean-François  de LA Œuvre";
    for (pattern, expected) in [
        ("jean*", true),
        ("*oeuvre", true),
        ("JEAN*franç*la*Œuv*", true),
        ("*la*de*", false),
        ("*fran*ancois*", false),
        ("*francois de*", true),
        ("*francois    de*", true),
        ("françois*", false),
        ("* la *", true),
        ("*la * oeuvre", true),
        ("* jean*", true),
        ("*jean *", false),
        ("*oeuvre *", true),
        ("* *", true),
        ("*oe* *a*", false),
    ] {
        assert_eq!(holds(Rule::CaseIgnore, pattern, value), Some(expected), "{pattern}");
    }
    assert_eq!(holds(Rule::CaseIgnore, "* *", "seul"), Some(true), "a value stands between blanks (RFC 4518)");
    assert_eq!(holds(Rule::CaseIgnore, "*\u{200b}*", "x"), None, "nothing asked is Undefined");
    assert_eq!(holds(Rule::Ia5CaseIgnore, "*é*", "a@b.fr"), None);
    assert_eq!(holds(Rule::CaseExact, "a*", "a"), None);
}

#[test]
fn telephones_by_digits() {
    assert_eq!(Rule::Telephone.prepare("01 99-00.11 22"), Some("0199001122".into()));
    assert_eq!(holds(Rule::Telephone, "01 99*", "0199001122"), Some(true));
    assert_eq!(holds(Rule::Telephone, "*jean*", "0199001122"), Some(false));
    assert_eq!(holds(Rule::Telephone, "*- -*", "0199001122"), None);
    assert_eq!(Rule::Telephone.prepare("--"), None);
}

#[test]
fn times_order_as_text() {
    let key = |t| Rule::Time.prepare(t);
    assert_eq!(key("20260901083000Z"), key("20260901103000+0200"));
    assert_eq!(key("2026090108Z"), key("20260901080000.000Z"));
    assert_eq!(key("2026090108.5Z"), key("202609010830Z"));
    assert!(key("20260901083000Z") < key("20260901083000.1Z") && key("19691231235959Z") < key("19700101000000Z"));
    for wrong in ["", "2026", "20261301000000Z", "20260901083000", "20260901083000X", "20260901083000.Z", "20260901083000+1Z"] {
        assert_eq!(key(wrong), None, "{wrong}");
    }
    assert_eq!(generalized_time(0), "19700101000000Z");
}

#[test]
fn other_rules() {
    assert_eq!(Rule::ObjectIdentifier.prepare("2.5.6.6"), Some("person".into()));
    assert_eq!(Rule::ObjectIdentifier.prepare("INETORGPERSON"), Some("inetOrgPerson".into()));
    assert_eq!(Rule::ObjectIdentifier.prepare("1.2.3"), Some("1.2.3".into()));
    assert_eq!(Rule::ObjectIdentifier.prepare("groupOfNames"), None);
    assert_eq!(Rule::CaseExact.prepare(" É  a "), Some("É a".into()));
    assert_eq!(Rule::CaseExact.prepare("e\u{1}\u{301}"), Some("é".into()));
    assert_eq!(Rule::Uuid.prepare("6F1D0C52-8A3E-5B47-9C60-2F4B7D15E3A8").as_deref(), Some("6f1d0c528a3e5b479c602f4b7d15e3a8"));
    assert!(Rule::Integer.prepare("-3") < Rule::Integer.prepare("12") && Rule::Integer.prepare("x").is_none());
    assert!(words_match(&text::words("dupon lyo"), "Jean DUPONT (Cardiologie, Lyon)") && !words_match(&[], "x"));
    assert!(Rule::parse("CASEEXACTMATCH").is_some() && Rule::parse("2.5.13.4").is_none());
}

proptest! {
    #[test]
    fn the_short_ways_fold_alike(value in "[ -~]{0,40}") {
        let mut out = "x".to_owned();
        let there = Rule::CaseIgnore.prepare_onto(&value, &mut out);
        prop_assert_eq!(there.then(|| out.split_off(1)), Rule::CaseIgnore.prepare(&value));
        prop_assert_eq!(text::fold_keeping_ends(&format!("{value}é")), format!("{}e", text::fold_keeping_ends(&value)));
    }
}
