//! The LDAP door (RFC 4511): one protocol translated to [`crate::directory`] and back, nothing else.
//!
//! Read-only. The road of a request: [`frame`] cuts whole messages off the stream, [`message`] reads the envelope, [`session`] dispatches,
//! one file an operation answers ([`bind`], [`search`], [`compare`], [`extended`]; writes are refused with their own response type),
//! [`output`] writes. Requests are read by hand from BER (see [`request`]); results are written through the protocol crate's types;
//! entries arrive encoded from the index and only get their envelope here.
//!
//! Refuses: writes (53), SASL but for EXTERNAL (7), protocol version 2 (2), unknown critical controls (12). Never answers
//! adminLimitExceeded: mail clients would show nothing; a cut search ends with sizeLimitExceeded after its entries.

mod asking;
mod ber;
mod bind;
mod compare;
mod controls;
mod dn;
mod entry;
pub mod examine;
mod extended;
mod filter;
mod frame;
mod message;
mod operations;
mod output;
mod paging;
mod request;
mod response;
mod root_dse;
pub mod schema;
mod search;
mod session;
mod sort;
mod starttls;
mod tree;

#[cfg(test)]
mod strange_bytes_tests;

pub use starttls::{Upgrade, serve_clear, serve_tls};

use crate::directory::Directory;
use crate::settings::Settings;
use crate::trust::Authenticator;

/// What every connection shares.
pub struct LdapService {
    pub directory: Directory,
    pub authenticator: Authenticator,
    /// Read: `ldap` and `search`.
    pub settings: Settings,
}
