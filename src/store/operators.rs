//! Rows and writes of operators beyond the liste blanche.

use crate::model::{DistinguishedName, Operator, OperatorFile, OperatorKey, OperatorState};
use serde::Serialize;

/// Everything kept of an operator; for administrators, and without contacts for itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OperatorDetail {
    pub operator: Operator,
    pub file: OperatorFile,
    /// By age, those no longer in force too.
    pub keys: Vec<OperatorKey>,
    /// Subjects, as written.
    pub certificates: Vec<String>,
    /// Listed domains of its certificates, sorted.
    pub domains: Vec<String>,
}

/// One act of an administrator on an operator.
#[derive(Clone, Debug)]
pub enum OperatorWrite {
    Add {
        name: String,
        state: OperatorState,
        file: OperatorFile,
    },
    State(OperatorState),
    /// A new name, when given, and a new file but for the time of the state.
    File {
        name: Option<String>,
        file: OperatorFile,
    },
    AddKey {
        key: OperatorKey,
        secret_sha256: [u8; 32],
    },
    RevokeKey(String),
    AddCertificate(DistinguishedName),
    RemoveCertificate(DistinguishedName),
    Grant {
        domain: String,
        description: String,
    },
    Ungrant(String),
}

/// An operator in force, as anybody may read it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct OperatorListing {
    pub id: String,
    pub name: String,
    /// Number of its domains.
    pub domains: u64,
}

/// A domain of the liste blanche in force, as anybody may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DomainListing {
    pub name: String,
    pub description: String,
    /// Id and name of each of its operators in force.
    pub operators: Vec<(String, String)>,
}
