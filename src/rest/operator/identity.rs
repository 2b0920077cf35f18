//! Who writes: an operator by its key or certificate, with what the journal is told of the request.

use crate::error::Result;
use crate::model::Operator;
use crate::publication::Actor;
use crate::rest::credential::{address, identify};
use crate::rest::observe::RequestId;
use crate::rest::problem::Problem;
use crate::rest::router::Shared;
use crate::trust::{Identity, not_in_force};
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;

/// An operator that is known, in whatever state.
pub(in crate::rest) struct OperatorCaller {
    pub(in crate::rest) operator: Operator,
    pub(in crate::rest) actor: Actor,
}

impl OperatorCaller {
    /// Refuses (MSS-003) an operator that may not even read its own.
    pub(in crate::rest) fn reads(&self) -> Result<&str> {
        if self.operator.state.reads() { Ok(&self.operator.id) } else { Err(not_in_force(self.operator.state)) }
    }

    pub(in crate::rest) fn id(&self) -> &str {
        &self.operator.id
    }
}

impl FromRequestParts<Shared> for OperatorCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, api: &Shared) -> std::result::Result<Self, Problem> {
        let unknown = || Problem::new(StatusCode::UNAUTHORIZED, "MSS-002", "accréditation absente ou inconnue");
        let identity = identify(parts, api).await.map_err(|problem| if problem.is_unauthorized() { unknown() } else { problem })?;
        let Some(Identity { account, operator: Some(operator), credential, .. }) = identity else {
            return Err(unknown());
        };
        // The credential may be remembered for a moment; what the operator may do is as it now is.
        let operator = api.service.operators.present(&operator.id).await?;
        Ok(Self { operator, actor: actor(parts, account, credential) })
    }
}

/// What the journal is told of who sent a request.
pub(in crate::rest) fn actor(parts: &Parts, name: String, credential: String) -> Actor {
    let request_id = parts.extensions.get::<RequestId>().map(|id| id.as_str().to_owned()).unwrap_or_default();
    Actor { name, credential, source: address(parts).to_string(), request_id }
}
