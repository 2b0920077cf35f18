//! Every attribute type the directory knows, in one table: the LDAP schema, filters, selections and the index all read it.
//!
//! Standard types keep the names, OIDs and matching rules of RFC 4519, 4524, 4530 and 5020; the field's own names are those clients of the
//! national directory already send. Own OIDs stand under [`OID_ROOT`], an arc made of one UUID (ITU-T X.667) that never changes.
//! Adding a type: append it with the next free number, and raise the index format.

use MatchingKind as M;

macro_rules! root {
    () => {
        "2.25.340211470542005335592953642410144191030"
    };
}

/// Arc of everything the project names itself: UUID `fff25889-e4b6-4dc0-b0c0-82406b045236` as an integer. `.1` attribute types, `.2` object classes.
pub const OID_ROOT: &str = root!();

/// How the values of an attribute type compare: the rules of its schema definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MatchingKind {
    /// caseIgnoreMatch and caseIgnoreSubstringsMatch, with accents folded on top (product rule).
    CaseIgnore,
    /// caseIgnoreIA5Match and caseIgnoreIA5SubstringsMatch.
    Ia5,
    /// telephoneNumberMatch and telephoneNumberSubstringsMatch, by digits.
    Telephone,
    /// objectIdentifierMatch.
    ObjectIdentifier,
    /// distinguishedNameMatch.
    Dn,
    /// generalizedTimeMatch and generalizedTimeOrderingMatch.
    Time,
    /// UUIDMatch and UUIDOrderingMatch.
    Uuid,
    /// caseExactMatch.
    Exact,
    /// integerMatch and integerOrderingMatch.
    Integer,
    /// booleanMatch.
    Boolean,
    /// No rule at all: presence only.
    None,
}

/// One attribute type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Attribute {
    /// Canonical spelling, as sent in answers.
    pub name: &'static str,
    /// Other names it is asked by.
    pub aliases: &'static [&'static str],
    pub oid: &'static str,
    pub matching: MatchingKind,
    /// Name of the attribute type it is a subtype of.
    pub supertype: Option<&'static str>,
    /// Sent only when asked by name or `+`.
    pub operational: bool,
    pub single: bool,
    pub description: &'static str,
}

impl Attribute {
    const fn new(name: &'static str, oid: &'static str, matching: MatchingKind, description: &'static str) -> Self {
        Self { name, aliases: &[], oid, matching, supertype: None, operational: false, single: false, description }
    }

    const fn named(mut self, aliases: &'static [&'static str]) -> Self {
        self.aliases = aliases;
        self
    }

    /// Subtype of `name` (RFC 4519 §2.18): a filter on `name` covers it.
    const fn name_type(mut self) -> Self {
        self.supertype = Some("name");
        self
    }

    const fn single(mut self) -> Self {
        self.single = true;
        self
    }

    const fn operational(mut self) -> Self {
        self.operational = true;
        self
    }

    /// Is it this type or a subtype of it?
    #[must_use]
    pub fn is_a(&self, other: &Attribute) -> bool {
        self.name == other.name || self.supertype == Some(other.name)
    }

    /// An own type, not one of a standard.
    #[must_use]
    pub fn is_own(&self) -> bool {
        self.oid.starts_with(OID_ROOT)
    }
}

macro_rules! own {
    ($name:literal, $number:literal, $kind:expr, $description:literal) => {
        Attribute::new($name, concat!(root!(), ".1.", $number), $kind, $description)
    };
}

/// The table. User attributes come first, in the order an entry shows them; operational ones last.
pub static ATTRIBUTES: &[Attribute] = &[
    Attribute::new("objectClass", "2.5.4.0", M::ObjectIdentifier, "Classes of the entry, superclasses included"),
    Attribute::new("cn", "2.5.4.3", M::CaseIgnore, "Names of the entry, the telling one first").named(&["commonName"]).name_type(),
    Attribute::new("sn", "2.5.4.4", M::CaseIgnore, "Nom d'exercice").named(&["surname"]).name_type(),
    Attribute::new("givenName", "2.5.4.42", M::CaseIgnore, "Prénom d'exercice").named(&["gn"]).name_type(),
    Attribute::new("displayName", "2.16.840.1.113730.3.1.241", M::CaseIgnore, "Name to show").single(),
    Attribute::new("mail", "0.9.2342.19200300.100.1.3", M::Ia5, "MSSanté addresses, the preferred one first").named(&["rfc822Mailbox"]),
    Attribute::new("uid", "0.9.2342.19200300.100.1.1", M::CaseIgnore, "Identification nationale, or structure id").named(&["userid"]),
    Attribute::new("personalTitle", "0.9.2342.19200300.100.1.40", M::CaseIgnore, "Civilité d'exercice, else civilité"),
    Attribute::new("title", "2.5.4.12", M::CaseIgnore, "Profession, by its label").name_type(),
    Attribute::new("o", "2.5.4.10", M::CaseIgnore, "Raison sociale and enseigne").named(&["organizationName"]).name_type(),
    Attribute::new("ou", "2.5.4.11", M::CaseIgnore, "Service").named(&["organizationalUnitName"]).name_type(),
    Attribute::new("businessCategory", "2.5.4.15", M::CaseIgnore, "Secteur d'activité, by its label"),
    Attribute::new("street", "2.5.4.9", M::CaseIgnore, "Street line of the place").named(&["streetAddress"]),
    Attribute::new("postalCode", "2.5.4.17", M::CaseIgnore, "Code postal"),
    Attribute::new("l", "2.5.4.7", M::CaseIgnore, "Commune").named(&["localityName"]).name_type(),
    Attribute::new("st", "2.5.4.8", M::CaseIgnore, "Département, by its name").named(&["stateOrProvinceName"]).name_type(),
    Attribute::new("telephoneNumber", "2.5.4.20", M::Telephone, "Telephone, unless its holder opposed it"),
    Attribute::new("facsimileTelephoneNumber", "2.5.4.23", M::None, "Fax of a structure").named(&["fax"]),
    Attribute::new("description", "2.5.4.13", M::CaseIgnore, "Functional description of the mailbox"),
    Attribute::new("dc", "0.9.2342.19200300.100.1.25", M::Ia5, "Label of a domain component").named(&["domainComponent"]).single(),
    own!("TypeBAL", "1", M::CaseIgnore, "Type of mailbox, TRE_R257: PER, ORG, APP, CAB").single(),
    own!("TypeIdentifiantPP", "2", M::CaseIgnore, "Kind of IdentifiantPP: 8 RPPS, 0 ADELI"),
    own!("IdentifiantPP", "3", M::CaseIgnore, "RPPS or ADELI number of the holder"),
    own!("rpps", "4", M::CaseIgnore, "RPPS number"),
    own!("profession", "5", M::CaseIgnore, "Profession code (TRE_G15, TRE_R94, TRE_R95, TRE_R291)"),
    own!("professionLibelle", "6", M::CaseIgnore, "Profession, by its label"),
    own!("specialite", "7", M::CaseIgnore, "Savoir-faire code"),
    own!("specialiteLibelle", "8", M::CaseIgnore, "Savoir-faire, by its label"),
    own!("modeExercice", "9", M::CaseIgnore, "Mode d'exercice code, TRE_R23"),
    own!("TypeIdentifiantPM", "10", M::CaseIgnore, "Kind of IdentifiantPM, in the same order: FINESS, SIRET"),
    own!("IdentifiantPM", "11", M::CaseIgnore, "FINESS or SIRET number of the structure"),
    own!("finess", "12", M::CaseIgnore, "FINESS number of the site, then of the legal entity"),
    own!("serviceRattachement", "13", M::CaseIgnore, "Service the mailbox is attached to"),
    own!("departement", "14", M::CaseIgnore, "Département code"),
    own!("dematerialisation", "15", M::CaseIgnore, "Zéro papier: O accepted, N refused, absent when not stated").single(),
    // Below: operational. Order matters: an entry's user part must end where these begin.
    Attribute::new("structuralObjectClass", "2.5.21.9", M::ObjectIdentifier, "Structural class of the entry").single().operational(),
    Attribute::new("entryUUID", "1.3.6.1.1.16.4", M::Uuid, "The same after any rebuild (RFC 4530)").single().operational(),
    Attribute::new("entryDN", "1.3.6.1.1.20", M::Dn, "DN of the entry (RFC 5020)").single().operational(),
    Attribute::new("createTimestamp", "2.5.18.1", M::Time, "When the entry was first shown, or shown again").single().operational(),
    Attribute::new("modifyTimestamp", "2.5.18.2", M::Time, "When what is shown last changed").single().operational(),
    Attribute::new("hasSubordinates", "2.5.18.9", M::Boolean, "FALSE for every leaf").single().operational(),
    Attribute::new("subschemaSubentry", "2.5.18.10", M::Dn, "Where the schema is").single().operational(),
    Attribute::new("namingContexts", "1.3.6.1.4.1.1466.101.120.5", M::None, "Root DSE (RFC 4512)").operational(),
    Attribute::new("altServer", "1.3.6.1.4.1.1466.101.120.6", M::None, "Root DSE (RFC 4512)").operational(),
    Attribute::new("supportedExtension", "1.3.6.1.4.1.1466.101.120.7", M::ObjectIdentifier, "Root DSE (RFC 4512)").operational(),
    Attribute::new("supportedControl", "1.3.6.1.4.1.1466.101.120.13", M::ObjectIdentifier, "Root DSE (RFC 4512)").operational(),
    Attribute::new("supportedSASLMechanisms", "1.3.6.1.4.1.1466.101.120.14", M::None, "Root DSE (RFC 4512)").operational(),
    Attribute::new("supportedLDAPVersion", "1.3.6.1.4.1.1466.101.120.15", M::Integer, "Root DSE (RFC 4512)").operational(),
    Attribute::new("supportedFeatures", "1.3.6.1.4.1.4203.1.3.5", M::ObjectIdentifier, "Root DSE (RFC 4512)").operational(),
    Attribute::new("vendorName", "1.3.6.1.1.4", M::Exact, "Root DSE (RFC 3045)").single().operational(),
    Attribute::new("vendorVersion", "1.3.6.1.1.5", M::Exact, "Root DSE (RFC 3045)").single().operational(),
    Attribute::new("attributeTypes", "2.5.21.5", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("objectClasses", "2.5.21.6", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("matchingRules", "2.5.21.4", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("matchingRuleUse", "2.5.21.8", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("dITStructureRules", "2.5.21.1", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("dITContentRules", "2.5.21.2", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("nameForms", "2.5.21.7", M::None, "Subschema (RFC 4512)").operational(),
    Attribute::new("ldapSyntaxes", "1.3.6.1.4.1.1466.101.120.16", M::None, "Subschema (RFC 4512)").operational(),
    // Abstract: no entry holds it, filters and selections on it cover its subtypes.
    Attribute::new("name", "2.5.4.41", M::CaseIgnore, "Supertype of the naming attributes (RFC 4519)"),
];

/// Finds a type by name, alias or OID, case ignored. `None` for an unknown one, and for any description with options
/// (`cn;lang-fr`): no value here has options, so such a description selects and matches nothing.
#[must_use]
pub fn attribute(description: &str) -> Option<&'static Attribute> {
    let same = |name: &&str| name.eq_ignore_ascii_case(description);
    ATTRIBUTES.iter().find(|a| same(&a.name) || a.oid == description || a.aliases.iter().any(same))
}

/// The type with its subtypes: what a filter or selection on it covers.
#[must_use]
pub fn with_subtypes(of: &'static Attribute) -> Vec<&'static Attribute> {
    ATTRIBUTES.iter().filter(|a| a.is_a(of)).collect()
}

/// By canonical spelling only: for names read back from an encoded entry.
#[must_use]
pub(crate) fn canonical(name: &[u8]) -> Option<&'static Attribute> {
    ATTRIBUTES.iter().find(|a| a.name.as_bytes() == name)
}

/// [`canonical`] for the attributes of one entry one after the other: they stand in the order of the table.
#[derive(Default)]
pub(crate) struct InOrder(usize);

impl InOrder {
    pub fn next(&mut self, name: &[u8]) -> Option<&'static Attribute> {
        let behind = ATTRIBUTES.iter().enumerate().skip(self.0).find(|(_, a)| a.name.as_bytes() == name);
        let (place, found) = behind.or_else(|| ATTRIBUTES.iter().enumerate().find(|(_, a)| a.name.as_bytes() == name))?;
        self.0 = place + 1;
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn names_and_oids_are_unique_and_resolve() {
        let mut seen = BTreeSet::new();
        for a in ATTRIBUTES {
            for name in a.aliases.iter().chain([&a.name, &a.oid]) {
                assert!(seen.insert(name.to_lowercase()), "{name} twice");
                assert_eq!(attribute(&name.to_uppercase()).map(|found| found.name), Some(a.name));
            }
            assert!(a.supertype.is_none_or(|s| attribute(s).is_some()), "{}", a.name);
        }
        let first_operational = ATTRIBUTES.iter().position(|a| a.operational).unwrap();
        let last = ATTRIBUTES.len() - 1;
        assert!(ATTRIBUTES[first_operational..last].iter().all(|a| a.operational), "operational attributes stand last");
    }

    #[test]
    fn options_and_strangers_are_unknown() {
        assert!(attribute("cn;lang-fr").is_none() && attribute("mailAlternateAddress").is_none() && attribute("").is_none());
        let covered: Vec<_> = with_subtypes(attribute("name").unwrap()).iter().map(|a| a.name).collect();
        assert_eq!(covered, ["cn", "sn", "givenName", "title", "o", "ou", "l", "st", "name"]);
    }
}
