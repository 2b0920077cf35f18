//! The contents of the requests this server answers, read from BER with their ranges checked.
//!
//! Read by hand because the protocol crate cuts integers to 32 bits unsigned, drops what it does not understand and refuses whole messages
//! for one value that is not UTF-8. Names and passwords stay bytes: each operation answers for what they are worth (RFC 4511 4.2 to 4.12).

use super::ber::{ENUMERATED, Elements, INTEGER, MAX_INT, Malformed, OCTET_STRING, SEQUENCE};
use super::filter::{self, FilterError};
use crate::directory::AttributeFilter;
use crate::ldap_entry::Selection;

/// Names of attributes one search may ask for; programs ask for some twenty.
const MAX_WANTED: usize = 1_000;

/// How a bind wants to prove who it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Authentication<'a> {
    Simple(&'a [u8]),
    /// `credentials` are absent, or of whatever length.
    Sasl {
        mechanism: &'a [u8],
        credentials: Option<&'a [u8]>,
    },
    /// A choice of the future.
    Other,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BindRequest<'a> {
    pub version: i64,
    pub name: &'a [u8],
    pub authentication: Authentication<'a>,
}

impl<'a> BindRequest<'a> {
    pub fn read(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Elements::new(content);
        let version = fields.integer(INTEGER, 1..=127)?;
        let name = fields.expect(OCTET_STRING)?;
        let choice = fields.next()?;
        let authentication = match choice.tag {
            0x80 => Authentication::Simple(choice.content),
            0xa3 => {
                let mut sasl = Elements::new(choice.content);
                Authentication::Sasl { mechanism: sasl.expect(OCTET_STRING)?, credentials: sasl.optional(OCTET_STRING)? }
            }
            _ => Authentication::Other,
        };
        Ok(Self { version, name, authentication })
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    Base,
    One,
    Sub,
}

#[derive(Clone, Debug, PartialEq)]
pub struct SearchRequest<'a> {
    pub base: &'a [u8],
    pub scope: Scope,
    /// Entries, 0 for no limit of the client's.
    pub size_limit: usize,
    /// Seconds, 0 for no limit of the client's.
    pub time_limit: u64,
    pub filter: AttributeFilter,
    pub types_only: bool,
    pub wanted: Selection,
}

impl<'a> SearchRequest<'a> {
    /// Any derefAliases is accepted: there are no aliases.
    pub fn read(content: &'a [u8]) -> Result<Self, FilterError> {
        let mut fields = Elements::new(content);
        let base = fields.expect(OCTET_STRING)?;
        let scope = match fields.integer(ENUMERATED, 0..=2)? {
            0 => Scope::Base,
            1 => Scope::One,
            _ => Scope::Sub,
        };
        fields.integer(ENUMERATED, 0..=3)?;
        let size_limit = usize::try_from(fields.integer(INTEGER, 0..=MAX_INT)?).map_err(|_| FilterError::Malformed)?;
        let time_limit = fields.integer(INTEGER, 0..=MAX_INT)?.unsigned_abs();
        let types_only = fields.boolean()?;
        let filter = filter::read(fields.next()?)?;
        let mut list = Elements::new(fields.expect(SEQUENCE)?);
        let mut names = Vec::new();
        while !list.is_empty() {
            if names.len() == MAX_WANTED {
                return Err(FilterError::TooComplex);
            }
            names.push(filter::description(list.expect(OCTET_STRING)?));
        }
        let wanted = Selection::new(names.iter().map(String::as_str));
        Ok(Self { base, scope, size_limit, time_limit, filter, types_only, wanted })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompareRequest<'a> {
    pub entry: &'a [u8],
    pub attribute: String,
    pub value: &'a [u8],
}

impl<'a> CompareRequest<'a> {
    pub fn read(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Elements::new(content);
        let entry = fields.expect(OCTET_STRING)?;
        let mut assertion = Elements::new(fields.expect(SEQUENCE)?);
        let attribute = filter::description(assertion.expect(OCTET_STRING)?);
        let value = assertion.expect(OCTET_STRING)?;
        assertion.ignore_unknown()?;
        Ok(Self { entry, attribute, value })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExtendedRequest<'a> {
    pub oid: &'a [u8],
    pub value: Option<&'a [u8]>,
}

impl<'a> ExtendedRequest<'a> {
    pub fn read(content: &'a [u8]) -> Result<Self, Malformed> {
        let mut fields = Elements::new(content);
        Ok(Self { oid: fields.expect(0x80)?, value: fields.optional(0x81)? })
    }
}

/// The id an abandon names (its content is a bare INTEGER); ids no request can have are `None`.
#[must_use]
pub fn abandoned_id(content: &[u8]) -> Option<i32> {
    super::ber::integer(content).ok().and_then(|id| i32::try_from(id).ok()).filter(|id| *id > 0)
}

#[cfg(test)]
mod tests {
    use super::super::ber::BOOLEAN;
    use super::*;

    fn search(scope: u8, size: &[u8], filter: &[u8]) -> Vec<u8> {
        let mut bytes = vec![OCTET_STRING, 0, ENUMERATED, 1, scope, ENUMERATED, 1, 3, INTEGER, u8::try_from(size.len()).unwrap()];
        bytes.extend_from_slice(size);
        bytes.extend_from_slice(&[INTEGER, 1, 4, BOOLEAN, 1, 1]);
        bytes.extend_from_slice(filter);
        bytes.extend_from_slice(&[SEQUENCE, 5, OCTET_STRING, 3, b'1', b'.', b'1']);
        bytes
    }

    const PRESENT: &[u8] = &[0x87, 2, b'c', b'n'];

    #[test]
    fn a_search_is_read_whole() {
        let mut bytes = search(2, &[0, 200], PRESENT);
        bytes.extend_from_slice(&[0x87, 0]);
        let request = SearchRequest::read(&bytes).unwrap();
        assert_eq!((request.scope, request.size_limit, request.time_limit), (Scope::Sub, 200, 4));
        assert!(request.types_only);
        assert_eq!(request.wanted, Selection::new(["1.1"]));
        assert_eq!(request.filter, AttributeFilter::Present("cn".to_owned()));
    }

    #[test]
    fn ranges_are_held() {
        assert!(SearchRequest::read(&search(3, &[0], PRESENT)).is_err());
        assert!(SearchRequest::read(&search(2, &[0xff], PRESENT)).is_err());
        assert!(SearchRequest::read(&search(2, &[0, 0x80, 0, 0, 0], PRESENT)).is_err());
        assert!(SearchRequest::read(&search(2, &[0x7f, 0xff, 0xff, 0xff], PRESENT)).is_ok());
        assert_eq!(abandoned_id(&[5]), Some(5));
        assert_eq!(abandoned_id(&[0xfb]), None);
        assert_eq!(abandoned_id(&[1, 0, 0, 0, 1]), None);
        assert!(BindRequest::read(&[INTEGER, 1, 0, OCTET_STRING, 0, 0x80, 0]).is_err());
        let bind = [INTEGER, 1, 2, OCTET_STRING, 0, 0xa3, 2, OCTET_STRING, 0];
        let authentication = Authentication::Sasl { mechanism: b"", credentials: None };
        assert_eq!(BindRequest::read(&bind), Ok(BindRequest { version: 2, name: b"", authentication }));
        let bind = [INTEGER, 1, 3, OCTET_STRING, 0, 0xa3, 5, OCTET_STRING, 1, b'X', OCTET_STRING, 0];
        let authentication = Authentication::Sasl { mechanism: b"X", credentials: Some(b"") };
        assert_eq!(BindRequest::read(&bind), Ok(BindRequest { version: 3, name: b"", authentication }));
        assert!(BindRequest::read(&[INTEGER, 1, 3, OCTET_STRING, 0, 0xa3, 0]).is_err());
    }
}
