//! `/v1/admin`: administration over HTTP, for accounts whose role allows it. Each act is in the journal with who, from where and when.
//!
//! | routes | roles |
//! |---|---|
//! | operators, mailboxes, exports | administrateur |
//! | journal | auditeur, dpo, administrateur |
//!
//! A credential without the role is refused like one that lacks it everywhere (403); no credential is 401.

pub(super) mod exports;
pub(super) mod journal;
pub(super) mod mailboxes;
pub(super) mod operators;

use super::credential::identify;
use super::operator::actor;
use super::problem::Problem;
use super::router::Shared;
use crate::model::Role;
use crate::publication::Actor;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

/// An account with the role of an administrator.
pub(super) struct Administrator(pub(super) Actor);

impl FromRequestParts<Shared> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        with_role(parts, api, &[Role::Administrateur]).await.map(Self)
    }
}

/// An account that may read the journal.
pub(super) struct Auditor(pub(super) Actor);

impl FromRequestParts<Shared> for Auditor {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> Result<Self, Problem> {
        with_role(parts, api, &[Role::Auditeur, Role::Dpo, Role::Administrateur]).await.map(Self)
    }
}

/// The account of the request, when it has one of these roles.
async fn with_role(parts: &Parts, api: &Shared, roles: &[Role]) -> Result<Actor, Problem> {
    match identify(parts, api).await? {
        None => Err(Problem::new(StatusCode::UNAUTHORIZED, "invalid_credential", "the credential is not valid")),
        Some(identity) if roles.contains(&identity.role) => Ok(actor(parts, identity.account, identity.credential)),
        Some(_) => Err(Problem::new(StatusCode::FORBIDDEN, "forbidden", "the account has not the role that this takes")),
    }
}
