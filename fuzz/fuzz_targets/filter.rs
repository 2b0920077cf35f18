//! Bytes → a filter and an entry: written and read back the same, evaluated without panic, and by the laws of three-valued logic.
#![no_main]

#[path = "../../tests/it/ldap/fuzzing/ber.rs"]
#[allow(dead_code, reason = "the tests use the rest")]
mod ber;
#[path = "../../tests/it/ldap/fuzzing/laws.rs"]
mod laws;

use annuaire::directory::AttributeFilter;
use annuaire::ldap::examine::{self, Refused};
use annuaire::ldap_entry::attributes::ATTRIBUTES;
use annuaire::ldap_entry::encode_entry;
use annuaire::ldap_entry::matching::RULES;
use libfuzzer_sys::arbitrary::{self, Arbitrary};
use libfuzzer_sys::fuzz_target;

/// An attribute description: mostly one that exists.
#[derive(Arbitrary, Debug)]
enum Name {
    Known(u8),
    Oid(u8),
    Any(String),
}

#[derive(Arbitrary, Debug)]
enum Rule {
    Known(u8),
    Any(String),
}

#[derive(Arbitrary, Debug)]
enum Asked {
    And(Vec<Asked>),
    Or(Vec<Asked>),
    Not(Box<Asked>),
    Present(Name),
    Equal(Name, Vec<u8>),
    Text(Name, String),
    AtLeast(Name, Vec<u8>),
    AtMost(Name, Vec<u8>),
    Approx(Name, String),
    Substring(Name, Option<Vec<u8>>, Vec<Vec<u8>>, Option<Vec<u8>>),
    Extensible(Option<Rule>, Option<Name>, Vec<u8>, bool),
}

#[derive(Arbitrary, Debug)]
struct Case {
    filters: [Asked; 2],
    assertion: Asked,
    /// Values by attribute.
    entry: Vec<(u8, Vec<String>)>,
}

fn name(name: Name) -> String {
    let known = |at: u8| &ATTRIBUTES[usize::from(at) % ATTRIBUTES.len()];
    match name {
        Name::Known(at) => known(at).name.to_owned(),
        Name::Oid(at) => known(at).oid.to_owned(),
        Name::Any(text) => text,
    }
}

fn filter(asked: Asked) -> AttributeFilter {
    use AttributeFilter as F;
    match asked {
        Asked::And(members) => F::And(members.into_iter().map(filter).collect()),
        Asked::Or(members) => F::Or(members.into_iter().map(filter).collect()),
        Asked::Not(inner) => F::Not(Box::new(filter(*inner))),
        Asked::Present(of) => F::Present(name(of)),
        Asked::Equal(of, value) => F::Equal(name(of), value),
        Asked::Text(of, value) => F::Equal(name(of), value.into_bytes()),
        Asked::AtLeast(of, value) => F::AtLeast(name(of), value),
        Asked::AtMost(of, value) => F::AtMost(name(of), value),
        Asked::Approx(of, value) => F::Approx(name(of), value.into_bytes()),
        Asked::Substring(of, initial, any, last) => F::Substring { attribute: name(of), initial, any, last },
        Asked::Extensible(rule, of, value, dn_attributes) => {
            let rule = rule.map(|rule| match rule {
                Rule::Known(at) => RULES[usize::from(at) % RULES.len()].1.to_owned(),
                Rule::Any(text) => text,
            });
            F::Extensible { rule, attribute: of.map(name), value, dn_attributes }
        }
    }
}

/// What the wire cannot say: a substring of nothing or of an empty piece, an extensible match of nothing.
fn sayable(filter: &AttributeFilter) -> bool {
    use AttributeFilter as F;
    match filter {
        F::And(members) | F::Or(members) => members.iter().all(sayable),
        F::Not(inner) => sayable(inner),
        F::Substring { initial, any, last, .. } => {
            let mut pieces = initial.iter().chain(any).chain(last).peekable();
            pieces.peek().is_some() && pieces.all(|piece| !piece.is_empty())
        }
        F::Extensible { rule, attribute, .. } => rule.is_some() || attribute.is_some(),
        _ => true,
    }
}

/// (terms and containers, depth).
fn size(filter: &AttributeFilter) -> (usize, usize) {
    use AttributeFilter as F;
    let inner = match filter {
        F::And(members) | F::Or(members) => members.iter().map(size).collect(),
        F::Not(inner) => vec![size(inner)],
        _ => Vec::new(),
    };
    inner.into_iter().fold((1, 1), |(nodes, depth), (n, d)| (nodes + n, depth.max(d + 1)))
}

fuzz_target!(|case: Case| {
    let [f, g] = case.filters.map(filter);
    let h = filter(case.assertion);
    let values: Vec<(&str, Vec<String>)> =
        case.entry.into_iter().map(|(at, values)| (ATTRIBUTES[usize::from(at) % ATTRIBUTES.len()].name, values)).collect();
    let entry = encode_entry("mail=a.b@c.mssante.fr,ou=bal,dc=mssante,dc=fr", &values);
    for asked in [&f, &g, &h] {
        match examine::filter(&ber::filter(asked)) {
            Ok(read) => assert_eq!(&read, asked),
            Err(Refused::TooComplex) => return,
            Err(Refused::Malformed) => {
                assert!(!sayable(asked), "{asked:?}");
                return;
            }
        }
    }
    // The laws join filters to larger ones, which must stay within the evaluator's bounds.
    if [&f, &g, &h].map(size).iter().any(|(nodes, depth)| *nodes > 150 || *depth > 60) {
        return;
    }
    laws::hold(&f, &g, &h, &entry);
});
