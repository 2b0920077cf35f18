//! Bind (RFC 4511 section 4.2, RFC 4513 section 5): anonymous, an account by its name and secret, or SASL EXTERNAL, an account by the
//! client certificate of the connection.
//!
//! A wrong secret and an unknown account take the same way and get the same answer; so do names that can be no account's and secrets that
//! are no UTF-8. EXTERNAL without a certificate, or with one that is no account's, is refused like a wrong secret (49): 48 would make
//! clients ask for a password. Other mechanisms are not offered (7); a name with an empty password is refused (53), as it would be taken
//! for a login that worked.

use super::request::{Authentication, BindRequest};
use super::response::Outcome;
use super::tree;
use crate::error::Result;
use crate::model::DistinguishedName;
use crate::trust::{Authenticator, Identity, Peer};
use ldap3_proto::proto::LdapResultCode;

/// The one SASL mechanism (RFC 4422 appendix A).
pub const EXTERNAL: &str = "EXTERNAL";

/// What an account was recognised by.
enum Credential {
    Secret { name: String, secret: String },
    Certificate(DistinguishedName),
}

/// A bound account. The credential is kept to ask again: a revoked account must not outlive its revocation on an open connection.
pub struct Bound {
    pub identity: Identity,
    credential: Credential,
}

impl Credential {
    /// Tries it; a wrong secret counts against the address it comes from.
    async fn identity(&self, authenticator: &Authenticator, peer: &Peer) -> Result<Option<Identity>> {
        match self {
            Self::Secret { name, secret } => authenticator.authenticate_named(name, secret, peer.address).await,
            Self::Certificate(subject) => authenticator.authenticate_certificate(subject).await,
        }
    }
}

impl Bound {
    /// Is the account still in force? The authenticator remembers its answers for a moment, so this is cheap.
    pub async fn in_force(&self, authenticator: &Authenticator) -> Result<bool, Outcome> {
        let known = match &self.credential {
            Credential::Secret { name, secret } => authenticator.still(name, secret).await,
            Credential::Certificate(subject) => authenticator.authenticate_certificate(subject).await,
        };
        let identity = known.map_err(|error| Outcome::from(&error))?;
        Ok(identity.is_some_and(|identity| identity.account == self.identity.account))
    }
}

/// The account bound, `None` for the anonymous bind; or the refusal.
pub async fn run(authenticator: &Authenticator, request: &BindRequest<'_>, peer: &Peer) -> Result<Option<Bound>, Outcome> {
    if request.version != 3 {
        return Err(Outcome::new(LdapResultCode::ProtocolError, "only protocol version 3 is spoken"));
    }
    let (credential, wanted) = match request.authentication {
        Authentication::Simple(password) => match simple(request.name, password)? {
            Some(credential) => (credential, None),
            None => return Ok(None),
        },
        Authentication::Sasl { mechanism, credentials } if mechanism == EXTERNAL.as_bytes() => {
            let subject = peer.certificate.as_ref().ok_or_else(invalid)?;
            (Credential::Certificate(subject.clone()), authorization(credentials)?)
        }
        Authentication::Sasl { .. } | Authentication::Other => {
            return Err(Outcome::new(LdapResultCode::AuthMethodNotSupported, "simple bind and SASL EXTERNAL are offered"));
        }
    };
    let identity = credential.identity(authenticator, peer).await.map_err(|error| Outcome::from(&error))?;
    let identity = identity.filter(|identity| wanted.is_none_or(|wanted| wanted.eq_ignore_ascii_case(&identity.account)));
    Ok(Some(Bound { identity: identity.ok_or_else(invalid)?, credential }))
}

fn invalid() -> Outcome {
    Outcome::new(LdapResultCode::InvalidCredentials, "")
}

/// Name and secret of a simple bind, `None` when it is the anonymous one.
fn simple(name: &[u8], password: &[u8]) -> Result<Option<Credential>, Outcome> {
    match (name.is_empty(), password.is_empty()) {
        (true, true) => return Ok(None),
        (false, true) => return Err(Outcome::new(LdapResultCode::UnwillingToPerform, "a name needs its password")),
        _ => {}
    }
    let account = tree::account_name(name).map_err(|_| Outcome::new(LdapResultCode::InvalidDNSyntax, "the name is no DN"))?;
    let secret = std::str::from_utf8(password).unwrap_or_default().to_owned();
    Ok(Some(Credential::Secret { name: account.unwrap_or_default(), secret }))
}

/// The account an authorization identity (RFC 4513 section 5.2.1.8) asks to be; `None` when it is left to the certificate.
fn authorization(credentials: Option<&[u8]>) -> Result<Option<String>, Outcome> {
    let Some(identity) = credentials.filter(|identity| !identity.is_empty()) else {
        return Ok(None);
    };
    let name = identity.strip_prefix(b"dn:").and_then(|dn| tree::account_name(dn).ok().flatten());
    name.map(Some).ok_or_else(invalid)
}
