//! Operators, domains, accounts and the audiences they give.

use super::mailbox::codes;
use serde::{Deserialize, Serialize};

/// Who is looking. Every published document is complete for its audience.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Audience {
    Public,
    /// Identified professional or software (an account).
    Professional,
}

impl Audience {
    pub const ALL: [Self; 2] = [Self::Public, Self::Professional];

    /// One bit, for sets of audiences.
    #[must_use]
    pub fn bit(self) -> u8 {
        match self {
            Self::Public => 1,
            Self::Professional => 2,
        }
    }
}

/// Life cycle of an operator; only `Valide` is in force, `Provisoire` for test mailboxes only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum OperatorState {
    Candidat,
    Provisoire,
    Valide,
    Suspendu,
    Resilie,
}

codes!(OperatorState {
    Candidat => "candidat", Provisoire => "provisoire", Valide => "valide", Suspendu => "suspendu", Resilie => "resilie",
});

impl OperatorState {
    /// May its ordinary mailboxes be shown?
    #[must_use]
    pub fn in_force(self) -> bool {
        matches!(self, Self::Valide)
    }

    /// May it publish anything? A provisional operator publishes test mailboxes.
    #[must_use]
    pub fn publishes(self) -> bool {
        matches!(self, Self::Valide | Self::Provisoire)
    }

    /// May it read what it has published? One whose contract has ended has nothing here any more.
    #[must_use]
    pub fn reads(self) -> bool {
        self.publishes() || matches!(self, Self::Suspendu)
    }

    /// May an administrator lead from this state to that one? The end is the end: a new contract is a new operator.
    #[must_use]
    pub fn may_become(self, next: Self) -> bool {
        use OperatorState::{Candidat, Provisoire, Resilie, Suspendu, Valide};
        match self {
            Candidat => matches!(next, Provisoire | Valide | Resilie),
            Provisoire => matches!(next, Valide | Suspendu | Resilie),
            Valide => matches!(next, Suspendu | Resilie),
            Suspendu => matches!(next, Provisoire | Valide | Resilie),
            Resilie => false,
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Operator {
    /// OU of its certificates (prefixed structure id), else its folded name.
    pub id: String,
    /// O of its certificates.
    pub name: String,
    pub state: OperatorState,
}

/// A person or service of an operator; never public.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// `responsable`, `support`, `securite`, `correspondant` …
    pub role: String,
    pub name: String,
    #[serde(default)]
    pub email: String,
    #[serde(default)]
    pub phone: String,
}

/// What is kept of an operator beyond the liste blanche.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorFile {
    /// Reference of the contract.
    pub contract: String,
    /// Days, ISO; empty when not known.
    pub contract_from: String,
    pub contract_to: String,
    pub contacts: Vec<Contact>,
    /// UTC second at which an administrator set the state, 0 when the liste blanche did.
    pub state_since: i64,
}

/// A key of an operator, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OperatorKey {
    pub id: String,
    pub operator: String,
    pub label: String,
    /// UTC seconds.
    pub created_at: i64,
    pub expires_at: Option<i64>,
    pub revoked_at: Option<i64>,
}

impl OperatorKey {
    #[must_use]
    pub fn in_force(&self, now: i64) -> bool {
        self.revoked_at.is_none() && self.expires_at.is_none_or(|at| now < at)
    }
}

/// A domain of the liste blanche.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Domain {
    /// A-label, lower case.
    pub name: String,
    pub description: String,
    /// In the last liste blanche applied.
    pub listed: bool,
    /// Operator certificates that list it.
    pub certificates: Vec<DistinguishedName>,
}

/// Subject DN of a certificate, parsed RDN by RDN; equality ignores case and the order of a multi-valued RDN.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DistinguishedName {
    /// As written in the list.
    pub text: String,
    /// Canonical form: the key for comparisons.
    pub key: String,
}

/// What a credential is for (reference §7). An operator's role is not an account's: its credentials are keys and certificates of its own.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Professionnel,
    /// Practice or hospital software.
    #[default]
    Logiciel,
    Operateur,
    AutoriteSanitaire,
    Administrateur,
    Dpo,
    Auditeur,
}

codes!(Role {
    Professionnel => "professionnel", Logiciel => "logiciel", Operateur => "operateur", AutoriteSanitaire => "autorite-sanitaire",
    Administrateur => "administrateur", Dpo => "dpo", Auditeur => "auditeur",
});

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Account {
    pub name: String,
    pub audience: Audience,
    #[serde(default)]
    pub role: Role,
    /// UTC seconds.
    pub created_at: i64,
    pub revoked_at: Option<i64>,
    /// Subjects of the client certificates that are this account's.
    #[serde(default)]
    pub certificates: Vec<DistinguishedName>,
}

impl DistinguishedName {
    /// Parses `CN=…,OU=…,O=…`: RDNs in order, each `type=value` pair trimmed, lower-cased, inner blanks folded, a multi-valued RDN sorted.
    /// `None` when no pair can be read.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut rdns = Vec::new();
        for rdn in split_unescaped(text, ',') {
            let mut pairs = Vec::new();
            for pair in split_unescaped(&rdn, '+') {
                let (kind, value) = pair.split_once('=')?;
                let kind = kind.trim().to_lowercase();
                let value = value.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
                if kind.is_empty() {
                    return None;
                }
                pairs.push(format!("{kind}={value}"));
            }
            pairs.sort();
            rdns.push(pairs.join("+"));
        }
        (!rdns.is_empty()).then(|| Self { text: text.trim().to_owned(), key: rdns.join(",") })
    }

    /// First value of an attribute type (`OU`, `O`, `CN`), as written.
    #[must_use]
    pub fn value(&self, kind: &str) -> Option<String> {
        split_unescaped(&self.text, ',').iter().flat_map(|rdn| split_unescaped(rdn, '+')).find_map(|pair| {
            let (k, v) = pair.split_once('=')?;
            k.trim().eq_ignore_ascii_case(kind).then(|| v.trim().replace('\\', ""))
        })
    }
}

/// Splits at a separator that no backslash precedes; quotes are not special in the lists seen.
fn split_unescaped(text: &str, separator: char) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut escaped = false;
    for c in text.chars() {
        if c == separator && !escaped {
            parts.push(String::new());
        } else if let Some(last) = parts.last_mut() {
            last.push(c);
        }
        escaped = c == '\\' && !escaped;
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_compare_rdn_by_rdn() {
        let a = DistinguishedName::parse("CN=mss.op.invalid,OU=1990999013,O=OPERATEUR  UN,ST=Exemple (99),C=FR").unwrap();
        let b = DistinguishedName::parse("cn=MSS.op.invalid, OU=1990999013, O=Operateur Un, ST=Exemple (99), C=fr").unwrap();
        assert_eq!(a.key, b.key);
        assert_eq!(a.value("o").as_deref(), Some("OPERATEUR  UN"));
        let escaped = DistinguishedName::parse("CN=x,O=A\\, B").unwrap();
        assert_eq!(escaped.value("O").as_deref(), Some("A, B"));
        assert!(DistinguishedName::parse("no pair").is_none());
    }
}
