//! Bind (RFC 4511 section 4.2, RFC 4513 section 5): anonymous, or an account by its name and secret.
//!
//! A wrong secret and an unknown account take the same way and get the same answer; so do names that can be no account's and secrets that
//! are no UTF-8. SASL is not offered (7); a name with an empty password is refused (53), as it would be taken for a login that worked.

use super::request::{Authentication, BindRequest};
use super::response::Outcome;
use super::tree;
use crate::trust::{Authenticator, Identity, Peer};
use ldap3_proto::proto::LdapResultCode;

/// A bound account. The secret is kept to ask again: a revoked account must not outlive its revocation on an open connection.
pub struct Bound {
    pub identity: Identity,
    name: String,
    secret: String,
}

impl Bound {
    /// Is the account still in force? The authenticator remembers its answers for a moment, so this is cheap.
    pub async fn in_force(&self, authenticator: &Authenticator) -> Result<bool, Outcome> {
        authenticator.in_force(&self.name, &self.secret).await.map_err(|error| Outcome::from(&error))
    }
}

/// The account bound, `None` for the anonymous bind; or the refusal.
pub async fn run(authenticator: &Authenticator, request: &BindRequest<'_>, peer: &Peer) -> Result<Option<Bound>, Outcome> {
    if request.version != 3 {
        return Err(Outcome::new(LdapResultCode::ProtocolError, "only protocol version 3 is spoken"));
    }
    let Authentication::Simple(password) = request.authentication else {
        return Err(Outcome::new(LdapResultCode::AuthMethodNotSupported, "only simple bind is offered"));
    };
    match (request.name.is_empty(), password.is_empty()) {
        (true, true) => return Ok(None),
        (false, true) => return Err(Outcome::new(LdapResultCode::UnwillingToPerform, "a name needs its password")),
        _ => {}
    }
    let account = tree::account_name(request.name).map_err(|_| Outcome::new(LdapResultCode::InvalidDNSyntax, "the name is no DN"))?;
    let name = account.unwrap_or_default();
    let secret = std::str::from_utf8(password).unwrap_or_default().to_owned();
    match authenticator.authenticate_named(&name, &secret, peer.address).await {
        Ok(Some(identity)) => Ok(Some(Bound { identity, name, secret })),
        Ok(None) => Err(Outcome::new(LdapResultCode::InvalidCredentials, "")),
        Err(error) => Err(Outcome::from(&error)),
    }
}
