//! Extended operations (RFC 4511 section 4.12) that are answered with a value: Who am I? (RFC 4532). StartTLS is [`super::starttls`];
//! every other one is protocolError.

use super::request::ExtendedRequest;
use super::response::Outcome;
use super::tree;
use crate::ldap_entry;
use crate::trust::Identity;
use ldap3_proto::proto::{LdapResultCode, OID_WHOAMI};

/// A write like any other, and refused like one: a client that knows it hears why (RFC 3062).
const PASSWORD_MODIFY: &str = "1.3.6.1.4.1.4203.1.11.1";

/// Value of the successful response, or the refusal.
pub fn run(content: &[u8], identity: Option<&Identity>) -> Result<String, Outcome> {
    let request = ExtendedRequest::read(content).map_err(|_| Outcome::malformed())?;
    if request.oid == PASSWORD_MODIFY.as_bytes() {
        return Err(Outcome::new(LdapResultCode::UnwillingToPerform, "passwords are not changed over LDAP"));
    }
    if request.oid != OID_WHOAMI.as_bytes() {
        return Err(Outcome::new(LdapResultCode::ProtocolError, "extended operation not supported"));
    }
    if request.value.is_some() {
        return Err(Outcome::malformed());
    }
    Ok(identity.map_or_else(String::new, |identity| format!("dn:uid={},{}", ldap_entry::escape(&identity.account), tree::ACCOUNTS)))
}
