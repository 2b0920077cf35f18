//! Controls of a search: simple paged results (RFC 2696) and server-side sorting (RFC 2891).
//!
//! ManageDsaIT is accepted everywhere; virtual list views are not offered on purpose: they invite browsing the whole directory. A known
//! control whose value is malformed, or that is given twice, spoils its request whether critical or not.

use super::ber::{ENUMERATED, Elements, INTEGER, MAX_INT, Malformed, OCTET_STRING, SEQUENCE, put, put_header, put_integer};
use super::filter::description;
use super::message::{Control, MANAGE_DSA_IT, Operation};

/// Simple paged results (RFC 2696), both ways.
pub const PAGED_RESULTS: &str = "1.2.840.113556.1.4.319";
/// Server-side sorting (RFC 2891): request and response.
pub const SORT_REQUEST: &str = "1.2.840.113556.1.4.473";
pub const SORT_RESPONSE: &str = "1.2.840.113556.1.4.474";
/// What the root DSE lists.
pub const SUPPORTED: [&str; 3] = [MANAGE_DSA_IT, PAGED_RESULTS, SORT_REQUEST];

/// Most keys of one sort; programs use one to three.
const MAX_KEYS: usize = 8;

/// What the controls of a search ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SearchControls {
    pub paged: Option<Paged>,
    pub sort: Option<Sort>,
}

/// One page, please.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Paged {
    /// Entries of the page; 0 ends the walk.
    pub size: usize,
    /// Empty for the first page.
    pub cookie: Vec<u8>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sort {
    pub critical: bool,
    pub keys: Vec<Key>,
}

/// One key of a sort, as asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    pub attribute: String,
    pub rule: Option<String>,
    pub reverse: bool,
}

/// Does a critical control ask for something this server does not do for that operation?
#[must_use]
pub fn unavailable_critical(controls: &[Control<'_>], operation: Operation) -> bool {
    let known = |oid: &[u8]| match operation {
        Operation::Search => SUPPORTED.iter().any(|known| known.as_bytes() == oid),
        _ => oid == MANAGE_DSA_IT.as_bytes(),
    };
    controls.iter().any(|control| control.critical && !known(control.oid))
}

impl SearchControls {
    /// Reads the known ones, ignores the others.
    pub fn read(controls: &[Control<'_>]) -> Result<Self, Malformed> {
        let mut read = Self::default();
        for control in controls {
            let value = || control.value.ok_or(Malformed);
            if control.oid == PAGED_RESULTS.as_bytes() {
                once(&mut read.paged, Paged::read(value()?)?)?;
            } else if control.oid == SORT_REQUEST.as_bytes() {
                once(&mut read.sort, Sort::read(value()?, control.critical)?)?;
            }
        }
        Ok(read)
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> Result<(), Malformed> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Malformed),
    }
}

impl Paged {
    fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut outer = Elements::new(value);
        let mut fields = Elements::new(outer.expect(SEQUENCE)?);
        outer.end()?;
        let size = usize::try_from(fields.integer(INTEGER, 0..=MAX_INT)?).map_err(|_| Malformed)?;
        let cookie = fields.expect(OCTET_STRING)?.to_vec();
        Ok(Self { size, cookie })
    }
}

impl Sort {
    fn read(value: &[u8], critical: bool) -> Result<Self, Malformed> {
        let mut outer = Elements::new(value);
        let mut list = Elements::new(outer.expect(SEQUENCE)?);
        outer.end()?;
        let mut keys = Vec::new();
        while !list.is_empty() {
            let mut fields = Elements::new(list.expect(SEQUENCE)?);
            let attribute = description(fields.expect(OCTET_STRING)?);
            let rule = fields.optional(0x80)?.map(description);
            let reverse = match fields.optional(0x81)? {
                None => false,
                Some([octet]) => *octet != 0,
                Some(_) => return Err(Malformed),
            };
            keys.push(Key { attribute, rule, reverse });
        }
        if keys.is_empty() || keys.len() > MAX_KEYS { Err(Malformed) } else { Ok(Self { critical, keys }) }
    }
}

/// A control of a response: its OID and its value. Never critical.
pub type Response = (&'static str, Vec<u8>);

/// Response of paged results: no estimate of the total is given; an empty cookie is the end.
#[must_use]
pub fn paged_response(cookie: &[u8]) -> Response {
    let mut fields = Vec::with_capacity(cookie.len() + 8);
    put_integer(&mut fields, 0);
    put(&mut fields, OCTET_STRING, cookie);
    (PAGED_RESULTS, sequence(&fields))
}

/// Response of a sort: how it went, and the key that was refused.
#[must_use]
pub fn sort_response(code: u8, attribute: Option<&str>) -> Response {
    let mut fields = vec![ENUMERATED, 1, code];
    if let Some(attribute) = attribute {
        put(&mut fields, 0x80, attribute.as_bytes());
    }
    (SORT_RESPONSE, sequence(&fields))
}

fn sequence(fields: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(fields.len() + 6);
    put_header(&mut out, SEQUENCE, fields.len());
    out.extend_from_slice(fields);
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn control<'a>(oid: &'a str, critical: bool, value: Option<&'a [u8]>) -> Control<'a> {
        Control { oid: oid.as_bytes(), critical, value }
    }

    fn paged(value: &[u8]) -> Result<SearchControls, Malformed> {
        SearchControls::read(&[control(PAGED_RESULTS, false, Some(value))])
    }

    #[test]
    fn pages_are_read_and_written() {
        let read = paged(&[0x30, 7, 2, 1, 50, 4, 2, b'a', b'b']).unwrap().paged.unwrap();
        assert_eq!(read, Paged { size: 50, cookie: b"ab".to_vec() });
        assert_eq!(paged_response(b"ab").1, [0x30, 7, 2, 1, 0, 4, 2, b'a', b'b']);
        let malformed: [&[u8]; 5] = [&[], &[0x30, 0], &[0x30, 3, 2, 1, 50], &[0x30, 5, 2, 1, 0xff, 4, 0], &[0x30, 5, 2, 1, 1, 4, 0, 0]];
        for value in malformed {
            assert_eq!(paged(value), Err(Malformed), "{value:x?}");
        }
        assert!(SearchControls::read(&[control(PAGED_RESULTS, false, None)]).is_err());
        let one = [0x30, 5, 2, 1, 1, 4, 0];
        assert!(SearchControls::read(&[control(PAGED_RESULTS, false, Some(&one)), control(PAGED_RESULTS, false, Some(&one))]).is_err());
        assert_eq!(SearchControls::read(&[control("1.2.3", true, None)]), Ok(SearchControls::default()));
    }

    #[test]
    fn sort_keys_are_read_and_answers_written() {
        let value = [0x30, 16, 0x30, 4, 4, 2, b's', b'n', 0x30, 8, 4, 1, b'l', 0x80, 0, 0x81, 1, 0xff];
        let sort = Sort::read(&value, true).unwrap();
        let key =
            |attribute: &str, rule: Option<&str>, reverse| Key { attribute: attribute.into(), rule: rule.map(str::to_owned), reverse };
        assert_eq!(sort, Sort { critical: true, keys: vec![key("sn", None, false), key("l", Some(""), true)] });
        assert!(Sort::read(&[0x30, 0], true).is_err());
        assert_eq!(sort_response(0, None).1, [0x30, 3, 10, 1, 0]);
        assert_eq!(sort_response(16, Some("zz")).1, [0x30, 7, 10, 1, 16, 0x80, 2, b'z', b'z']);
    }

    #[test]
    fn what_is_critical_and_not_done_here() {
        let of = |oid, operation| unavailable_critical(&[control(oid, true, None)], operation);
        assert!(!of(MANAGE_DSA_IT, Operation::Add) && !of(PAGED_RESULTS, Operation::Search) && !of(SORT_REQUEST, Operation::Search));
        assert!(of(PAGED_RESULTS, Operation::Compare) && of(SORT_REQUEST, Operation::Bind));
        assert!(of("2.16.840.1.113730.3.4.9", Operation::Search), "virtual list views");
        assert!(!unavailable_critical(&[control("1.2.3", false, None)], Operation::Search));
    }
}
