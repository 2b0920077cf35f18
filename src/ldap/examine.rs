//! A door for tests and fuzzers: what a session makes of bytes, without a connection, a directory or an account.
//!
//! The same readers as the session uses, in the same order, and a plain summary of what they found; the modules behind stay private.
//! Nothing of the server calls it. Whatever comes, every function here ends, in a time and with memory bounded by the size of what came.
//! Filters are evaluated by [`crate::directory::matches_entry`], names read by [`crate::ldap_entry::parse_dn`]; both are public already.

use super::ber::Elements;
use super::entry::Entry;
pub use super::filter::MAX_VALUE_BYTES;
use super::filter::{self, FilterError};
use super::frame::Frames;
pub use super::frame::Stop;
use super::message::{Message, Operation};
use super::request::{self, Authentication, BindRequest, CompareRequest, SearchRequest};
use super::{extended, root_dse, schema, tree};
use crate::directory::AttributeFilter;
use std::time::Duration;
use tokio::io::AsyncRead;
use tokio_util::bytes::Bytes;

/// What stood in one frame.
#[derive(Clone, Debug, PartialEq)]
pub struct Examined {
    pub id: i32,
    /// The word used in metrics.
    pub operation: &'static str,
    /// How many controls there are; `None` when they are malformed.
    pub controls: Option<usize>,
    pub request: Request,
}

/// The content of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum Request {
    /// The version, and whether a password was sent (else SASL).
    Bind {
        version: i64,
        simple: bool,
    },
    Search {
        filter: AttributeFilter,
        /// Bytes of the answer, were only the entries of the tree itself, the root DSE and the schema there.
        answer_bytes: usize,
    },
    Compare {
        attribute: String,
    },
    /// `None`: an id no request can have.
    Abandon(Option<i32>),
    Extended {
        answered: bool,
    },
    Unbind,
    /// Refused whatever it holds, and not read further.
    Write,
    /// Answered protocolError.
    Malformed,
    /// Answered unwillingToPerform.
    TooComplex,
    /// Answered invalidDNSyntax.
    InvalidName,
}

/// Why a filter is not read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refused {
    Malformed,
    TooComplex,
}

impl From<FilterError> for Refused {
    fn from(error: FilterError) -> Self {
        match error {
            FilterError::Malformed => Self::Malformed,
            FilterError::TooComplex => Self::TooComplex,
        }
    }
}

/// One whole frame; `None` is answered with a notice of disconnection.
#[must_use]
pub fn message(frame: &[u8]) -> Option<Examined> {
    let message = Message::read(frame).ok()?;
    let content = message.content;
    let request = match message.operation {
        Operation::Bind => bind(content),
        Operation::Search => search(message.id, content),
        Operation::Compare => compare(content),
        Operation::Abandon => Request::Abandon(request::abandoned_id(content)),
        Operation::Extended => Request::Extended { answered: extended::run(content, None).is_ok() },
        Operation::Unbind => Request::Unbind,
        Operation::Modify | Operation::Add | Operation::Delete | Operation::ModifyDn => Request::Write,
    };
    let controls = message.controls.as_ref().ok().map(Vec::len);
    Some(Examined { id: message.id, operation: message.operation.name(), controls, request })
}

fn bind(content: &[u8]) -> Request {
    let Ok(request) = BindRequest::read(content) else {
        return Request::Malformed;
    };
    match tree::account_name(request.name) {
        Err(_) => Request::InvalidName,
        Ok(_) => Request::Bind { version: request.version, simple: matches!(request.authentication, Authentication::Simple(_)) },
    }
}

fn search(id: i32, content: &[u8]) -> Request {
    let request = match SearchRequest::read(content) {
        Ok(request) => request,
        Err(FilterError::Malformed) => return Request::Malformed,
        Err(FilterError::TooComplex) => return Request::TooComplex,
    };
    if tree::resolve(request.base).is_err() {
        return Request::InvalidName;
    }
    let mut answer = Vec::new();
    let fixed = [root_dse::bytes(root_dse::Offers::default()), schema::subschema_entry()];
    for entry in tree::base_entries().iter().map(|base| base.bytes.as_slice()).chain(fixed).map(Entry::Fixed) {
        if entry.matches(&request.filter) {
            entry.put(&mut answer, id, &request.wanted, request.types_only);
        }
    }
    Request::Search { filter: request.filter, answer_bytes: answer.len() }
}

fn compare(content: &[u8]) -> Request {
    let Ok(request) = CompareRequest::read(content) else {
        return Request::Malformed;
    };
    match tree::resolve(request.entry) {
        Err(_) => Request::InvalidName,
        Ok(_) => Request::Compare { attribute: request.attribute },
    }
}

/// One filter element and nothing behind it.
pub fn filter(bytes: &[u8]) -> Result<AttributeFilter, Refused> {
    let mut elements = Elements::new(bytes);
    let element = elements.next().map_err(|_| Refused::Malformed)?;
    elements.end().map_err(|_| Refused::Malformed)?;
    Ok(filter::read(element)?)
}

/// The frames of a stream up to its end, or to what is no frame of at most `limit` bytes; and why no further one was read.
pub async fn frames(stream: impl AsyncRead + Unpin, limit: usize) -> (Vec<Bytes>, Stop) {
    const PATIENCE: Duration = Duration::from_secs(60);
    let mut frames = Frames::new(stream, limit, PATIENCE);
    let mut cut = Vec::new();
    loop {
        match frames.next(PATIENCE).await {
            Ok(frame) => cut.push(frame),
            Err(stop) => return (cut, stop),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_search_for_everything_is_answered_with_the_tree() {
        let frame = [
            0x30, 0x20, 2, 1, 7, 0x63, 0x1b, 4, 0, 10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0, 0x87, 2, b'd', b'c', 0x30, 2, 4, 0, 0xa0,
            0,
        ];
        let examined = message(&frame).unwrap();
        assert_eq!((examined.id, examined.operation, examined.controls), (7, "search", Some(0)));
        let Request::Search { filter, answer_bytes } = examined.request else { panic!("{:?}", examined.request) };
        assert_eq!(filter, AttributeFilter::Present("dc".to_owned()));
        assert!(answer_bytes > 0);
        assert_eq!(super::filter(&[0x87, 2, b'd']), Err(Refused::Malformed));
    }

    #[tokio::test]
    async fn frames_are_cut_up_to_what_is_none() {
        let (cut, stop) = frames([0x30, 1, 0, 0x30, 0, b'G', b'E'].as_slice(), 100).await;
        assert_eq!((cut.len(), stop), (2, Stop::NotLdap));
    }
}
