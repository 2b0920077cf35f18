//! The filter compiler and evaluator on small entries: three-valued logic, each kind of assertion.

use super::*;
use crate::ldap_entry::encode_entry;

fn entry() -> Vec<u8> {
    let v = |texts: &[&str]| texts.iter().map(|t| (*t).to_owned()).collect::<Vec<_>>();
    encode_entry(
        "mail=a.b@c.mssante.fr,ou=bal,dc=mssante,dc=fr",
        &[
            ("objectClass", v(&["top", "person", "inetOrgPerson"])),
            ("cn", v(&["Élodie D'ARC (Cardiologie, Lyon)"])),
            ("mail", v(&["a.b@c.mssante.fr"])),
            ("l", v(&["Lyon 3e  Arrondissement"])),
            ("telephoneNumber", v(&["01 99 00 11 22"])),
            ("facsimileTelephoneNumber", v(&["01 99"])),
            ("entryUUID", v(&["6f1d0c52-8a3e-5b47-9c60-2f4b7d15e3a8"])),
            ("entryDN", v(&["mail=a.b@c.mssante.fr,ou=bal,dc=mssante,dc=fr"])),
            ("modifyTimestamp", v(&["20260901083000Z"])),
        ],
    )
}

fn truth(filter: &AttributeFilter) -> Option<bool> {
    let entry = entry();
    let mut laid = super::super::laid::Laid::default();
    Subject::new(&|| "m:a.b@c.mssante.fr", &entry, &mut laid).evaluate(&compile(filter).unwrap())
}

fn equal(name: &str, value: &str) -> AttributeFilter {
    AttributeFilter::Equal(name.into(), value.into())
}

fn extensible(rule: Option<&str>, attribute: Option<&str>, value: &str, dn_attributes: bool) -> AttributeFilter {
    AttributeFilter::Extensible { rule: rule.map(Into::into), attribute: attribute.map(Into::into), value: value.into(), dn_attributes }
}

#[test]
fn three_truth_values() {
    use AttributeFilter as F;
    let (yes, no, unknown) = (equal("l", "lyon 3e arrondissement"), equal("l", "Paris"), equal("nothing", "x"));
    for (filter, expected) in [
        (F::And(vec![]), Some(true)),
        (F::Or(vec![]), Some(false)),
        (F::And(vec![yes.clone(), unknown.clone()]), None),
        (F::And(vec![no.clone(), unknown.clone()]), Some(false)),
        (F::Or(vec![yes.clone(), unknown.clone()]), Some(true)),
        (F::Or(vec![no.clone(), unknown.clone()]), None),
        (F::Not(Box::new(unknown)), None),
        (F::Not(Box::new(no)), Some(true)),
        (yes, Some(true)),
    ] {
        assert_eq!(truth(&filter), expected, "{filter:?}");
    }
}

#[test]
fn assertions() {
    use AttributeFilter as F;
    for (filter, expected) in [
        (equal("CommonName", "elodie d’arc (cardiologie, lyon)"), Some(true)),
        (equal("2.5.4.3", "x"), Some(false)),
        (equal("cn;lang-fr", "x"), None),
        (equal("objectClass", "2.5.6.6"), Some(true)),
        (equal("objectClass", "groupOfNames"), None),
        (equal("name", "lyon 3E arrondissement"), Some(true)),
        (equal("mail", "A.B@C.MSSANTE.FR"), Some(true)),
        (equal("mail", "é@c.fr"), None),
        (equal("telephoneNumber", "0199001122"), Some(true)),
        (equal("facsimileTelephoneNumber", "01 99"), None),
        (F::Present("fax".into()), Some(true)),
        (F::Present("sn".into()), Some(false)),
        (F::Present("name".into()), Some(true)),
        (F::Equal("cn".into(), vec![0xff]), None),
        (equal("entryUUID", "6F1D0C52-8A3E-5B47-9C60-2F4B7D15E3A8"), Some(true)),
        (equal("entryUUID", "none"), None),
        (equal("entryDN", "MAIL=A.B@c.mssante.fr, ou=BAL, dc=mssante,dc=fr"), Some(true)),
        (F::AtLeast("modifyTimestamp".into(), "20260901083000Z".into()), Some(true)),
        (F::AtMost("modifyTimestamp".into(), "20260901082959Z".into()), Some(false)),
        (F::AtLeast("cn".into(), "a".into()), None),
        (F::Approx("cn".into(), "arc elod".into()), Some(true)),
        (F::Approx("cn".into(), "arc zoe".into()), Some(false)),
        (F::Approx("cn".into(), "--".into()), None),
        (F::Approx("telephoneNumber".into(), "01.99.00.11.22".into()), Some(true)),
        (F::Entry("m:a.b@c.mssante.fr".into()), Some(true)),
        (F::Entry("p:1".into()), Some(false)),
        (extensible(Some("caseExactMatch"), Some("l"), "Lyon 3e Arrondissement", false), Some(true)),
        (extensible(Some("caseExactMatch"), Some("l"), "lyon 3e arrondissement", false), Some(false)),
        (extensible(Some("2.5.13.2"), None, "LYON 3E ARRONDISSEMENT", false), Some(true)),
        (extensible(None, Some("ou"), "bal", true), Some(true)),
        (extensible(None, Some("ou"), "bal", false), Some(false)),
        (extensible(Some("1.2.3"), Some("cn"), "x", false), None),
        (extensible(Some("integerMatch"), Some("cn"), "1", false), None),
        (extensible(None, None, "x", false), None),
    ] {
        assert_eq!(truth(&filter), expected, "{filter:?}");
    }
}

#[test]
fn a_filter_is_bounded() {
    let mut deep = equal("cn", "x");
    for _ in 0..DEEPEST + 1 {
        deep = AttributeFilter::Not(Box::new(deep));
    }
    assert!(compile(&deep).is_err());
    assert!(compile(&AttributeFilter::Or(vec![equal("cn", "x"); MOST_TESTS + 1])).is_err());
}
