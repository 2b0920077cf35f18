//! The root DSE (RFC 4512 section 5.1): what this server speaks, holds and offers. Only what works on the connection that asks is listed,
//! so there is one for each of the ways a connection can stand.

use super::bind::EXTERNAL;
use super::controls::SUPPORTED;
use super::starttls::START_TLS;
use super::tree::NAMING_CONTEXTS;
use crate::ldap_entry::{SUBSCHEMA, encode_entry};
use ldap3_proto::proto::OID_WHOAMI;
use std::sync::LazyLock;

/// All operational attributes (RFC 3673).
const FEATURE_OPERATIONAL: &str = "1.3.6.1.4.1.4203.1.5.1";
/// Absolute true and false filters (RFC 4526).
const FEATURE_TRUE_FALSE: &str = "1.3.6.1.4.1.4203.1.5.3";

/// What differs between connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Offers {
    /// In clear, and there is a certificate.
    pub start_tls: bool,
    /// The client showed a certificate.
    pub external: bool,
}

static PLAIN: LazyLock<Vec<u8>> = LazyLock::new(|| entry(Offers::default()));
static WITH_START_TLS: LazyLock<Vec<u8>> = LazyLock::new(|| entry(Offers { start_tls: true, external: false }));
static WITH_EXTERNAL: LazyLock<Vec<u8>> = LazyLock::new(|| entry(Offers { start_tls: false, external: true }));

fn entry(offers: Offers) -> Vec<u8> {
    let list = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
    let extensions = if offers.start_tls { list(&[START_TLS, OID_WHOAMI]) } else { list(&[OID_WHOAMI]) };
    let mut attributes = vec![
        ("objectClass", list(&["top"])),
        ("subschemaSubentry", list(&[SUBSCHEMA])),
        ("namingContexts", list(&NAMING_CONTEXTS)),
        ("supportedExtension", extensions),
        ("supportedControl", list(&SUPPORTED)),
        ("supportedLDAPVersion", list(&["3"])),
        ("supportedFeatures", list(&[FEATURE_OPERATIONAL, FEATURE_TRUE_FALSE])),
        ("vendorName", list(&["Annuaire"])),
        ("vendorVersion", list(&[env!("CARGO_PKG_VERSION")])),
    ];
    if offers.external {
        attributes.push(("supportedSASLMechanisms", list(&[EXTERNAL])));
    }
    encode_entry("", &attributes)
}

/// The entry, BER. A client certificate and StartTLS never meet: the one comes with TLS, the other before it.
pub fn bytes(offers: Offers) -> &'static [u8] {
    match offers {
        Offers { external: true, .. } => &WITH_EXTERNAL,
        Offers { start_tls: true, .. } => &WITH_START_TLS,
        _ => &PLAIN,
    }
}
