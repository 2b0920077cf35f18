//! Structures: places of exercise, derived from the rows that name them.

use serde::{Deserialize, Serialize};

/// Postal address in the words of the national files (AFNOR lines).
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct PostalAddress {
    /// Complément destinataire.
    pub recipient: String,
    /// Complément point géographique.
    pub geographic: String,
    pub number: String,
    pub repetition: String,
    pub street_type: String,
    pub street: String,
    /// Mention de distribution, lieu-dit, boîte postale.
    pub distribution: String,
    /// Bureau cedex or L6: the whole last line.
    pub last_line: String,
    pub postal_code: String,
    /// INSEE code of the commune.
    pub insee: String,
    pub city: String,
    pub country_code: String,
    pub country: String,
    /// Département code: `69`, `2A`, `971`; derived from the postcode or INSEE code when the file leaves it empty.
    pub department: String,
}

/// A structure (site, cabinet, legal entity). Its ordinary e-mail is kept and never shown.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Structure {
    pub id: String,
    /// Raison sociale.
    pub name: String,
    /// Enseigne commerciale.
    pub trade_name: String,
    pub siret: String,
    pub siren: String,
    /// FINESS of the site (EG).
    pub finess: String,
    /// FINESS of the legal entity (EJ).
    pub finess_ej: String,
    /// Ancien identifiant de la structure, with its type prefix.
    pub legacy_id: String,
    pub address: PostalAddress,
    pub phone: String,
    pub phone2: String,
    pub fax: String,
    pub email: String,
    /// TRE_R02; the winner over the rows that name the structure.
    pub sector: String,
    /// Seen in the last Personne_activite applied; otherwise known from the mailbox extraction only.
    pub in_rpps: bool,
    pub closed: bool,
}

impl Structure {
    /// The name a person would use: the trade name when the raison sociale is missing.
    #[must_use]
    pub fn display_name(&self) -> &str {
        if self.name.is_empty() { &self.trade_name } else { &self.name }
    }
}

impl PostalAddress {
    /// The street line as written on an envelope: `12 B AV DES TILLEULS`.
    #[must_use]
    pub fn street_line(&self) -> String {
        let parts = [&self.number, &self.repetition, &self.street_type, &self.street];
        parts.into_iter().filter(|p| !p.is_empty()).map(String::as_str).collect::<Vec<_>>().join(" ")
    }
}
