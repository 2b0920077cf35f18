//! Bytes → DN: what is read is written escaped and read back as the same name, and names compare alike however they are written.
#![no_main]

use annuaire::ldap_entry::{Rdn, dn_key, escape, parse_dn};
use libfuzzer_sys::fuzz_target;

fn written(names: &[Rdn]) -> String {
    let pair = |(kind, value): &(String, String)| format!("{kind}={}", escape(value));
    names.iter().map(|rdn| rdn.iter().map(pair).collect::<Vec<_>>().join("+")).collect::<Vec<_>>().join(",")
}

fuzz_target!(|text: &str| {
    // Any text is a value: escaped, it is one name of one pair.
    if !text.is_empty() {
        let named = format!("cn={},dc=fr", escape(text));
        let names = parse_dn(&named).unwrap_or_else(|| panic!("{named:?}"));
        assert_eq!(names, [vec![("cn".to_owned(), text.to_owned())], vec![("dc".to_owned(), "fr".to_owned())]]);
    }
    let Some(names) = parse_dn(text) else { return };
    let again = written(&names);
    assert_eq!(parse_dn(&again).as_ref(), Some(&names), "{again:?}");
    let mut turned = names.clone();
    for rdn in &mut turned {
        rdn.reverse();
        for (kind, _) in rdn {
            kind.make_ascii_uppercase();
        }
    }
    assert_eq!(dn_key(&turned), dn_key(&names), "{again:?}");
});
