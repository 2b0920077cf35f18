//! `/v1/operator`: what an operator does with its own mailboxes. A key (`ESANTE-API-KEY` or bearer) or a client certificate names the
//! operator; every route is about that one alone, and another's things are as unknown here as things that never were.
//!
//! Refusals are problem documents whose `code` is the MSS-code of the publication interface and whose `detail` says, in French, what to
//! mend. A credential that is missing, wrong, expired, revoked or somebody else's kind gets one and the same answer (MSS-002).

pub(super) mod batches;
pub(super) mod exchanges;
mod identity;
pub(super) mod mailboxes;
mod parameters;
pub(super) mod record;
mod turns;

pub(super) use identity::actor;
pub(super) use parameters::Parameters;
pub(super) use turns::Turns;
