//! The root DSE (RFC 4512 section 5.1): what this server speaks, holds and offers. Only what works is listed.

use super::controls::SUPPORTED;
use super::tree::NAMING_CONTEXTS;
use crate::ldap_entry::{SUBSCHEMA, encode_entry};
use ldap3_proto::proto::OID_WHOAMI;
use std::sync::LazyLock;

/// All operational attributes (RFC 3673).
const FEATURE_OPERATIONAL: &str = "1.3.6.1.4.1.4203.1.5.1";
/// Absolute true and false filters (RFC 4526).
const FEATURE_TRUE_FALSE: &str = "1.3.6.1.4.1.4203.1.5.3";

static ROOT_DSE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let list = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
    encode_entry(
        "",
        &[
            ("objectClass", list(&["top"])),
            ("subschemaSubentry", list(&[SUBSCHEMA])),
            ("namingContexts", list(&NAMING_CONTEXTS)),
            ("supportedExtension", list(&[OID_WHOAMI])),
            ("supportedControl", list(&SUPPORTED)),
            ("supportedLDAPVersion", list(&["3"])),
            ("supportedFeatures", list(&[FEATURE_OPERATIONAL, FEATURE_TRUE_FALSE])),
            ("vendorName", list(&["Annuaire"])),
            ("vendorVersion", list(&[env!("CARGO_PKG_VERSION")])),
        ],
    )
});

/// The entry, BER.
pub fn bytes() -> &'static [u8] {
    &ROOT_DSE
}
