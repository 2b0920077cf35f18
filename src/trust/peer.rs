//! Who is at the other end of a connection, as far as the transport can tell.

use crate::model::DistinguishedName;
use std::net::IpAddr;

/// The other end of one connection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// Address of the client; behind a trusted proxy the one that proxy names.
    pub address: IpAddr,
    /// What is said cannot be overheard: TLS, or a way that never leaves the machine, or a network the settings call safe.
    pub confidential: bool,
    /// Subject of the client certificate, its chain checked by the transport.
    pub certificate: Option<DistinguishedName>,
}
