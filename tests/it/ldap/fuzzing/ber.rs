//! Filters and messages written as BER, by another hand than the server's. Used by `fuzz/` too: nothing of this test binary in here.

use annuaire::directory::AttributeFilter;

/// One element, its length in the shortest form.
pub fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let octets = content.len().to_be_bytes();
    let digits = &octets[octets.iter().take_while(|octet| **octet == 0).count()..];
    let mut out = vec![tag];
    match digits {
        [] => out.push(0),
        [short @ 0..=0x7f] => out.push(*short),
        long => {
            out.push(0x80 | u8::try_from(long.len()).unwrap());
            out.extend_from_slice(long);
        }
    }
    out.extend_from_slice(content);
    out
}

/// One element made of others.
pub fn sequence(tag: u8, parts: &[Vec<u8>]) -> Vec<u8> {
    element(tag, &parts.concat())
}

/// RFC 4511 section 4.5.1.7. What no filter on the wire can say (an entry key) is an attribute nobody knows.
pub fn filter(asked: &AttributeFilter) -> Vec<u8> {
    use AttributeFilter as F;
    let assertion = |tag, name: &str, value: &[u8]| sequence(tag, &[element(4, name.as_bytes()), element(4, value)]);
    match asked {
        F::And(members) => sequence(0xa0, &members.iter().map(filter).collect::<Vec<_>>()),
        F::Or(members) => sequence(0xa1, &members.iter().map(filter).collect::<Vec<_>>()),
        F::Not(inner) => element(0xa2, &filter(inner)),
        F::Present(name) => element(0x87, name.as_bytes()),
        F::Equal(name, value) => assertion(0xa3, name, value),
        F::AtLeast(name, value) => assertion(0xa5, name, value),
        F::AtMost(name, value) => assertion(0xa6, name, value),
        F::Approx(name, value) => assertion(0xa8, name, value),
        F::Substring { attribute, initial, any, last } => {
            let first = initial.iter().map(|piece| element(0x80, piece));
            let pieces = first.chain(any.iter().map(|piece| element(0x81, piece))).chain(last.iter().map(|piece| element(0x82, piece)));
            sequence(0xa4, &[element(4, attribute.as_bytes()), sequence(0x30, &pieces.collect::<Vec<_>>())])
        }
        F::Extensible { rule, attribute, value, dn_attributes } => {
            let mut parts: Vec<Vec<u8>> = rule.iter().map(|rule| element(0x81, rule.as_bytes())).collect();
            parts.extend(attribute.iter().map(|name| element(0x82, name.as_bytes())));
            parts.push(element(0x83, value));
            parts.extend(dn_attributes.then(|| element(0x84, &[0xff])));
            sequence(0xa9, &parts)
        }
        F::Entry(_) => element(0x87, b"entry-key"),
    }
}

/// A message with a ready operation and ready controls.
pub fn message(id: i32, operation: Vec<u8>, controls: &[Vec<u8>]) -> Vec<u8> {
    let mut parts = vec![element(2, &id.to_be_bytes()), operation];
    if !controls.is_empty() {
        parts.push(sequence(0xa0, controls));
    }
    sequence(0x30, &parts)
}

/// A search of a subtree.
pub fn search(base: &str, filter: Vec<u8>, attributes: &[&str]) -> Vec<u8> {
    let names: Vec<Vec<u8>> = attributes.iter().map(|name| element(4, name.as_bytes())).collect();
    let limits = vec![10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0];
    sequence(0x63, &[element(4, base.as_bytes()), limits, filter, sequence(0x30, &names)])
}
