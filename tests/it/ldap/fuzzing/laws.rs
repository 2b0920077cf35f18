//! What three-valued logic demands of any filters on any entry (RFC 4511 section 4.5.1.7). Used by `fuzz/` too: nothing of this test
//! binary in here.

use annuaire::directory::{AttributeFilter as Filter, matches_entry};

pub fn truth(filter: &Filter, entry: &[u8]) -> Option<bool> {
    matches_entry(filter, entry).unwrap()
}

fn not(filter: &Filter) -> Filter {
    Filter::Not(Box::new(filter.clone()))
}

fn and(members: &[&Filter]) -> Filter {
    Filter::And(members.iter().map(|member| (*member).clone()).collect())
}

fn or(members: &[&Filter]) -> Filter {
    Filter::Or(members.iter().map(|member| (*member).clone()).collect())
}

fn weakest(truths: [Option<bool>; 2]) -> Option<bool> {
    if truths.contains(&Some(false)) {
        Some(false)
    } else if truths.contains(&None) {
        None
    } else {
        Some(true)
    }
}

/// Panics at the first law that does not hold.
pub fn hold(f: &Filter, g: &Filter, h: &Filter, entry: &[u8]) {
    let ask = |filter: &Filter| truth(filter, entry);
    let (tf, tg) = (ask(f), ask(g));
    let same = |law: &str, one: &Filter, other: &Filter| assert_eq!(ask(one), ask(other), "{law}: {one:?} and {other:?}");
    assert_eq!(ask(&not(f)), tf.map(|truth| !truth), "a negation, or Undefined: {f:?}");
    assert_eq!(ask(&and(&[f, g])), weakest([tf, tg]), "AND: {f:?} {g:?}");
    same("double negation", &not(&not(f)), f);
    same("AND of one", &and(&[f]), f);
    same("OR of one", &or(&[f]), f);
    same("AND with true", &and(&[f, &and(&[])]), f);
    same("OR with false", &or(&[&or(&[]), f]), f);
    same("De Morgan", &not(&and(&[f, g])), &or(&[&not(f), &not(g)]));
    same("De Morgan", &not(&or(&[f, g])), &and(&[&not(f), &not(g)]));
    same("order of AND", &and(&[f, g]), &and(&[g, f]));
    same("order of OR", &or(&[f, g]), &or(&[g, f]));
    same("repetition", &or(&[f, f]), &and(&[f, f]));
    same("nesting", &and(&[f, &and(&[g, h])]), &and(&[&and(&[f, g]), h]));
    same("distribution", &and(&[f, &or(&[g, h])]), &or(&[&and(&[f, g]), &and(&[f, h])]));
    assert_ne!(ask(&and(&[f, &not(f)])), Some(true), "a contradiction: {f:?}");
    assert_ne!(ask(&or(&[f, &not(f)])), Some(false), "excluded middle: {f:?}");
}
