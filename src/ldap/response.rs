//! What is sent back: results under the response type of their request, entries with their envelope, notices of disconnection.
//!
//! Results go through the protocol crate's types; entries come ready encoded and only get their envelope here, as they are sent by the
//! thousand. Diagnostic messages are fixed words: nothing of the inside, nothing of the question.

use super::ber::{SEQUENCE, put_header, put_integer};
use super::controls::Response;
use super::message::Operation;
use super::starttls::START_TLS;
use crate::error::{Error, Kind};
use crate::ldap_entry::Selected;
use ldap3_proto::LdapCodec;
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{LdapBindResponse, LdapExtendedResponse, LdapMsg, LdapOp, LdapResult, LdapResultCode};
use tokio_util::bytes::BytesMut;
use tokio_util::codec::Encoder;

/// How an operation ended.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    pub code: LdapResultCode,
    /// Nearest existing entry, for noSuchObject only.
    pub matched: String,
    pub message: &'static str,
    /// Controls of the response.
    pub controls: Vec<Response>,
}

impl Outcome {
    #[must_use]
    pub fn new(code: LdapResultCode, message: &'static str) -> Self {
        Self { code, matched: String::new(), message, controls: Vec::new() }
    }

    #[must_use]
    pub fn success() -> Self {
        Self::new(LdapResultCode::Success, "")
    }

    #[must_use]
    pub fn malformed() -> Self {
        Self::new(LdapResultCode::ProtocolError, "malformed request")
    }

    #[must_use]
    pub fn no_such_object(matched: impl Into<String>) -> Self {
        Self { matched: matched.into(), ..Self::new(LdapResultCode::NoSuchObject, "") }
    }

    fn into_result(self) -> LdapResult {
        LdapResult { code: self.code, matcheddn: self.matched, message: self.message.to_owned(), referral: Vec::new() }
    }
}

/// The one translation of the domain's errors.
impl From<&Error> for Outcome {
    fn from(error: &Error) -> Self {
        let (code, message) = match error.kind() {
            Kind::Invalid | Kind::Unprocessable | Kind::TooLarge => (LdapResultCode::UnwillingToPerform, "request refused"),
            Kind::Unauthenticated => (LdapResultCode::InvalidCredentials, ""),
            Kind::Forbidden => (LdapResultCode::InsufficentAccessRights, ""),
            Kind::NotFound => (LdapResultCode::NoSuchObject, ""),
            Kind::Busy | Kind::RateLimited => (LdapResultCode::Busy, "too many requests, try again"),
            Kind::Unavailable => (LdapResultCode::Unavailable, "the directory is not ready to answer"),
            Kind::Conflict | Kind::Gone | Kind::Precondition | Kind::Internal => (LdapResultCode::Other, "internal error"),
        };
        Self::new(code, message)
    }
}

fn encode(id: i32, op: LdapOp, controls: Vec<Response>) -> Vec<u8> {
    let mut buffer = BytesMut::new();
    // As ready bytes: the crate writes a sort response in a way no client reads.
    let raw = |(oid, value): Response| LdapControl::Unknown { oid: oid.to_owned(), criticality: false, value: Some(value) };
    let message = LdapMsg { ctrl: controls.into_iter().map(raw).collect(), ..LdapMsg::new(id, op) };
    // Writing results to memory cannot fail; an empty answer would be the visible sign.
    let _ = LdapCodec::default().encode(message, &mut buffer);
    buffer.to_vec()
}

/// The response of an operation; `None` for those that have none.
#[must_use]
pub fn result(id: i32, operation: Operation, mut outcome: Outcome) -> Option<Vec<u8>> {
    let controls = std::mem::take(&mut outcome.controls);
    let result = outcome.into_result();
    let op = match operation {
        Operation::Bind => LdapOp::BindResponse(LdapBindResponse { res: result, saslcreds: None }),
        Operation::Search => LdapOp::SearchResultDone(result),
        Operation::Modify => LdapOp::ModifyResponse(result),
        Operation::Add => LdapOp::AddResponse(result),
        Operation::Delete => LdapOp::DelResponse(result),
        Operation::ModifyDn => LdapOp::ModifyDNResponse(result),
        Operation::Compare => LdapOp::CompareResult(result),
        Operation::Extended => LdapOp::ExtendedResponse(LdapExtendedResponse { res: result, name: None, value: None }),
        Operation::Unbind | Operation::Abandon => return None,
    };
    Some(encode(id, op, controls))
}

/// A successful extended response with a value.
#[must_use]
pub fn extended_value(id: i32, value: &str) -> Vec<u8> {
    let res = Outcome::success().into_result();
    encode(id, LdapOp::ExtendedResponse(LdapExtendedResponse { res, name: None, value: Some(value.as_bytes().to_vec()) }), Vec::new())
}

/// TLS may begin (RFC 4511 section 4.14.2).
#[must_use]
pub fn start_tls(id: i32) -> Vec<u8> {
    let res = Outcome::success().into_result();
    encode(id, LdapOp::ExtendedResponse(LdapExtendedResponse { res, name: Some(START_TLS.to_owned()), value: None }), Vec::new())
}

/// Notice of disconnection (RFC 4511 section 4.4.1): the last message of a connection the server ends.
#[must_use]
pub fn notice_of_disconnection(code: LdapResultCode, message: &'static str) -> Vec<u8> {
    let res = Outcome::new(code, message).into_result();
    let notice = LdapExtendedResponse { res, name: Some("1.3.6.1.4.1.1466.20036".to_owned()), value: None };
    encode(0, LdapOp::ExtendedResponse(notice), Vec::new())
}

/// Appends a SearchResultEntry; `content` is the LDAPDN and attribute list, ready encoded.
pub fn put_entry(out: &mut Vec<u8>, id: i32, content: &Selected<'_>) {
    const SEARCH_RESULT_ENTRY: u8 = 0x64;
    let mut head = Vec::with_capacity(16);
    put_integer(&mut head, id);
    put_header(&mut head, SEARCH_RESULT_ENTRY, content.length());
    put_header(out, SEQUENCE, head.len() + content.length());
    out.extend_from_slice(&head);
    content.put(out);
}

#[cfg(test)]
mod tests {
    use super::super::tree;
    use super::*;
    use crate::ldap_entry::{Selection, select};
    use tokio_util::codec::Decoder;

    fn decode(bytes: &[u8]) -> LdapMsg {
        LdapCodec::default().decode(&mut BytesMut::from(bytes)).unwrap().unwrap()
    }

    #[test]
    fn an_entry_gets_its_envelope() {
        for id in [1, 127, 128, i32::MAX] {
            let mut out = Vec::new();
            put_entry(&mut out, id, &select(&tree::base_entries()[2].bytes, None, &Selection::new([]), false));
            let message = decode(&out);
            assert_eq!(message.msgid, id);
            let LdapOp::SearchResultEntry(entry) = message.op else { panic!("{:?}", message.op) };
            assert_eq!(entry.dn, "ou=bal,dc=mssante,dc=fr");
            assert_eq!(entry.attributes[1].vals, [b"bal".to_vec()]);
        }
    }

    #[test]
    fn each_request_has_its_response_type() {
        let refuse = |operation| result(9, operation, Outcome::new(LdapResultCode::UnwillingToPerform, "read-only"));
        assert!(matches!(decode(&refuse(Operation::Add).unwrap()).op, LdapOp::AddResponse(_)));
        assert!(matches!(decode(&refuse(Operation::Delete).unwrap()).op, LdapOp::DelResponse(_)));
        assert!(matches!(decode(&refuse(Operation::Modify).unwrap()).op, LdapOp::ModifyResponse(_)));
        assert!(matches!(decode(&refuse(Operation::ModifyDn).unwrap()).op, LdapOp::ModifyDNResponse(_)));
        assert!(refuse(Operation::Abandon).is_none() && refuse(Operation::Unbind).is_none());
        let notice = decode(&notice_of_disconnection(LdapResultCode::ProtocolError, "no LDAP"));
        assert_eq!(notice.msgid, 0);
    }

    #[test]
    fn errors_of_the_directory_have_their_codes_and_say_nothing() {
        for (kind, code) in [
            (Kind::Busy, LdapResultCode::Busy),
            (Kind::Unavailable, LdapResultCode::Unavailable),
            (Kind::TooLarge, LdapResultCode::UnwillingToPerform),
            (Kind::Internal, LdapResultCode::Other),
        ] {
            let outcome = Outcome::from(&Error::new(kind, "any", "a private matter"));
            assert_eq!(outcome.code, code, "{kind:?}");
            assert!(!outcome.message.contains("private"));
        }
    }
}
