//! Who is who: accounts and their secrets, operators and what they may publish, the liste blanche they come from.
//!
//! A credential becomes an [`Identity`] here and nowhere else; a frontend passes on its audience and never sees a secret's digest.
//! Chosen passwords do not exist: a secret is 32 random bytes, the same for a bearer token and an LDAP bind, kept as its SHA-256.

mod accounts;
mod admission;
mod anchors;
mod authenticator;
mod canonical;
pub mod liste_blanche;
mod operators;
mod peer;
mod registry;
mod rights;
pub mod signature;
mod subject;

pub use crate::store::operators::{DomainListing, OperatorDetail, OperatorListing};
pub use accounts::{Accounts, Secret};
pub use admission::{Admission, Admitted};
pub use anchors::{Anchors, Signer, next_update, revocation_lists};
pub use authenticator::{Authenticator, Identity};
pub use operators::{FileChange, NewKey, Operators};
pub use peer::Peer;
pub use registry::Registry;
pub use rights::{Publisher, domain_refusal, not_in_force, publisher};
pub use subject::{certificate_subject, written_subject};
