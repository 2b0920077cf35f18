//! Search filters (RFC 4511 section 4.5.1.7) from BER to [`AttributeFilter`], values as bytes.
//!
//! Bounded in depth, in number of terms and in assertion bytes, because a filter is the cheapest thing to send and the dearest to
//! evaluate. Every container must be used up exactly: a term that overruns would otherwise vanish and change the meaning. A description
//! that is no UTF-8 is an unknown attribute, a value that is no UTF-8 stays as it is: both become Undefined where they are evaluated.

use super::ber::{Element, Elements, Malformed, OCTET_STRING, SEQUENCE};
use crate::directory::AttributeFilter;

/// Deepest nesting of AND, OR and NOT; clients use five.
pub const MAX_DEPTH: usize = 64;
/// Terms, containers and substring pieces of one filter.
pub const MAX_NODES: usize = 1_000;
/// Assertion values of one filter together, bytes.
pub const MAX_VALUE_BYTES: usize = 16 * 1024;

/// Why a filter is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FilterError {
    Malformed,
    /// Past one of the bounds.
    TooComplex,
}

impl From<Malformed> for FilterError {
    fn from(_: Malformed) -> Self {
        Self::Malformed
    }
}

struct Budget {
    nodes: usize,
    value_bytes: usize,
}

impl Budget {
    fn node(&mut self) -> Result<(), FilterError> {
        self.nodes = self.nodes.checked_sub(1).ok_or(FilterError::TooComplex)?;
        Ok(())
    }

    fn value(&mut self, value: &[u8]) -> Result<Vec<u8>, FilterError> {
        self.value_bytes = self.value_bytes.checked_sub(value.len()).ok_or(FilterError::TooComplex)?;
        Ok(value.to_vec())
    }
}

/// Reads one filter element.
pub fn read(element: Element<'_>) -> Result<AttributeFilter, FilterError> {
    read_at(element, MAX_DEPTH, &mut Budget { nodes: MAX_NODES, value_bytes: MAX_VALUE_BYTES })
}

fn read_at(element: Element<'_>, depth: usize, budget: &mut Budget) -> Result<AttributeFilter, FilterError> {
    budget.node()?;
    match element.tag {
        0xa0 => read_list(element.content, depth, budget).map(AttributeFilter::And),
        0xa1 => read_list(element.content, depth, budget).map(AttributeFilter::Or),
        0xa2 => {
            let mut inner = Elements::new(element.content);
            let term = inner.next()?;
            inner.end()?;
            let depth = depth.checked_sub(1).ok_or(FilterError::TooComplex)?;
            Ok(AttributeFilter::Not(Box::new(read_at(term, depth, budget)?)))
        }
        0xa3 => read_assertion(element.content, budget).map(|(name, value)| AttributeFilter::Equal(name, value)),
        0xa4 => read_substring(element.content, budget),
        0xa5 => read_assertion(element.content, budget).map(|(name, value)| AttributeFilter::AtLeast(name, value)),
        0xa6 => read_assertion(element.content, budget).map(|(name, value)| AttributeFilter::AtMost(name, value)),
        0x87 => Ok(AttributeFilter::Present(description(element.content))),
        0xa8 => read_assertion(element.content, budget).map(|(name, value)| AttributeFilter::Approx(name, value)),
        0xa9 => read_extensible(element.content, budget),
        _ => Err(FilterError::Malformed),
    }
}

fn read_list(content: &[u8], depth: usize, budget: &mut Budget) -> Result<Vec<AttributeFilter>, FilterError> {
    let depth = depth.checked_sub(1).ok_or(FilterError::TooComplex)?;
    let mut elements = Elements::new(content);
    let mut terms = Vec::new();
    while !elements.is_empty() {
        terms.push(read_at(elements.next()?, depth, budget)?);
    }
    Ok(terms)
}

/// An attribute description; what is no UTF-8 gets a name nothing has.
pub(super) fn description(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

fn read_assertion(content: &[u8], budget: &mut Budget) -> Result<(String, Vec<u8>), FilterError> {
    let mut fields = Elements::new(content);
    let name = description(fields.expect(OCTET_STRING)?);
    let value = budget.value(fields.expect(OCTET_STRING)?)?;
    fields.ignore_unknown()?;
    Ok((name, value))
}

/// Pieces in order: initial first, final last, at least one, none empty.
fn read_substring(content: &[u8], budget: &mut Budget) -> Result<AttributeFilter, FilterError> {
    let mut fields = Elements::new(content);
    let attribute = description(fields.expect(OCTET_STRING)?);
    let mut pieces = Elements::new(fields.expect(SEQUENCE)?);
    fields.ignore_unknown()?;
    let (mut initial, mut any, mut last) = (None, Vec::new(), None);
    while !pieces.is_empty() {
        let piece = pieces.next()?;
        budget.node()?;
        if piece.content.is_empty() || last.is_some() {
            return Err(FilterError::Malformed);
        }
        let value = budget.value(piece.content)?;
        match piece.tag {
            0x80 if initial.is_none() && any.is_empty() => initial = Some(value),
            0x81 => any.push(value),
            0x82 => last = Some(value),
            _ => return Err(FilterError::Malformed),
        }
    }
    if initial.is_none() && any.is_empty() && last.is_none() {
        return Err(FilterError::Malformed);
    }
    Ok(AttributeFilter::Substring { attribute, initial, any, last })
}

fn read_extensible(content: &[u8], budget: &mut Budget) -> Result<AttributeFilter, FilterError> {
    let mut fields = Elements::new(content);
    let rule = fields.optional(0x81)?.map(description);
    let attribute = fields.optional(0x82)?.map(description);
    let value = budget.value(fields.expect(0x83)?)?;
    let dn_attributes = match fields.optional(0x84)? {
        None => false,
        Some([octet]) => *octet != 0,
        Some(_) => return Err(FilterError::Malformed),
    };
    fields.ignore_unknown()?;
    if rule.is_none() && attribute.is_none() {
        return Err(FilterError::Malformed);
    }
    Ok(AttributeFilter::Extensible { rule, attribute, value, dn_attributes })
}

#[cfg(test)]
mod tests {
    use super::super::ber::put;
    use super::*;

    fn element(tag: u8, parts: &[&[u8]]) -> Vec<u8> {
        let mut out = Vec::new();
        put(&mut out, tag, &parts.concat());
        out
    }

    fn parse(bytes: &[u8]) -> Result<AttributeFilter, FilterError> {
        let mut elements = Elements::new(bytes);
        let filter = elements.next()?;
        elements.end()?;
        read(filter)
    }

    fn equal(name: &str, value: &[u8]) -> Vec<u8> {
        element(0xa3, &[&element(4, &[name.as_bytes()]), &element(4, &[value])])
    }

    fn substring(pieces: &[(u8, &[u8])]) -> Vec<u8> {
        let list: Vec<u8> = pieces.iter().flat_map(|(tag, value)| element(*tag, &[value])).collect();
        element(0xa4, &[&element(4, &[b"cn"]), &element(0x30, &[&list])])
    }

    #[test]
    fn every_choice_is_read() {
        let jean = equal("cn", b"Jean");
        let both = element(0xa0, &[&jean, &element(0xa1, &[]), &element(0xa2, &[&element(0x87, &[b"mail"])])]);
        assert_eq!(
            parse(&both),
            Ok(AttributeFilter::And(vec![
                AttributeFilter::Equal("cn".into(), b"Jean".to_vec()),
                AttributeFilter::Or(vec![]),
                AttributeFilter::Not(Box::new(AttributeFilter::Present("mail".into()))),
            ]))
        );
        assert_eq!(
            parse(&substring(&[(0x80, b"a"), (0x81, b"b"), (0x81, b"c"), (0x82, b"d")])),
            Ok(AttributeFilter::Substring {
                attribute: "cn".into(),
                initial: Some(b"a".to_vec()),
                any: vec![b"b".to_vec(), b"c".to_vec()],
                last: Some(b"d".to_vec()),
            })
        );
        assert_eq!(
            parse(&element(0xa9, &[&element(0x81, &[b"2.5.13.2"]), &element(0x83, &[b"x"]), &[0x84, 1, 0xff]])),
            Ok(AttributeFilter::Extensible { rule: Some("2.5.13.2".into()), attribute: None, value: b"x".to_vec(), dn_attributes: true })
        );
        let longer = element(0xa3, &[&element(4, &[b"cn"]), &element(4, &[b"Jean"]), &element(0x80, &[b"of the future"])]);
        assert_eq!(parse(&longer), Ok(AttributeFilter::Equal("cn".into(), b"Jean".to_vec())));
        assert_eq!(parse(&equal("objectGUID", &[0xa1, 0xff])), Ok(AttributeFilter::Equal("objectGUID".into(), vec![0xa1, 0xff])));
    }

    #[test]
    fn nothing_malformed_is_dropped() {
        let overrun = element(0xa0, &[&equal("objectClass", b"person"), &[0xa3, 0x20, 4, 2, b'c', b'n']]);
        let two_in_not = element(0xa2, &[&equal("a", b"b"), &equal("c", b"d")]);
        let three_fields = element(0xa3, &[&element(4, &[b"a"]), &element(4, &[b"b"]), &element(4, &[b"c"])]);
        let no_value = element(0xa9, &[&element(0x81, &[b"2.5.13.2"])]);
        let no_rule_no_type = element(0xa9, &[&element(0x83, &[b"x"])]);
        for bytes in [
            overrun,
            two_in_not,
            three_fields,
            no_value,
            no_rule_no_type,
            element(0xa2, &[]),
            element(0xaa, &[]),
            substring(&[]),
            substring(&[(0x81, b"")]),
            substring(&[(0x82, b"z"), (0x81, b"a")]),
            substring(&[(0x81, b"a"), (0x80, b"a")]),
            substring(&[(0x83, b"a")]),
        ] {
            assert_eq!(parse(&bytes), Err(FilterError::Malformed), "{bytes:02x?}");
        }
    }

    #[test]
    fn bombs_are_too_complex() {
        let nested = |depth: usize, tag: u8| {
            let mut bytes = equal("cn", b"x");
            for _ in 0..depth {
                bytes = element(tag, &[&bytes]);
            }
            parse(&bytes)
        };
        assert!(nested(MAX_DEPTH, 0xa0).is_ok());
        assert_eq!(nested(MAX_DEPTH + 1, 0xa2), Err(FilterError::TooComplex));
        assert_eq!(nested(5_000, 0xa0), Err(FilterError::TooComplex));
        let wide = element(0xa1, &[&equal("cn", b"x").repeat(MAX_NODES)]);
        assert_eq!(parse(&wide), Err(FilterError::TooComplex));
        let stars = substring(&vec![(0x81, b"a".as_slice()); MAX_NODES]);
        assert_eq!(parse(&stars), Err(FilterError::TooComplex));
        assert_eq!(parse(&equal("cn", &vec![b'x'; MAX_VALUE_BYTES + 1])), Err(FilterError::TooComplex));
    }
}
