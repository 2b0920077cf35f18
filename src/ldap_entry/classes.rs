//! Object classes of the directory: which entry carries which, and what each demands and allows (RFC 4512 §4.1.1).
//!
//! A person's entry is an ordinary `inetOrgPerson`, so that address books show it; what the field adds stands in auxiliary classes.

macro_rules! own {
    ($number:literal) => {
        concat!("2.25.340211470542005335592953642410144191030.2.", $number)
    };
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ClassKind {
    Abstract,
    Structural,
    Auxiliary,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ObjectClass {
    pub name: &'static str,
    pub oid: &'static str,
    pub kind: ClassKind,
    pub superior: Option<&'static str>,
    pub must: &'static [&'static str],
    pub may: &'static [&'static str],
    pub description: &'static str,
}

/// Standard classes list only attribute types of our table: every name the schema uses resolves inside it.
pub static OBJECT_CLASSES: &[ObjectClass] = &[
    ObjectClass {
        name: "top",
        oid: "2.5.6.0",
        kind: ClassKind::Abstract,
        superior: None,
        must: &["objectClass"],
        may: &[],
        description: "Root of all classes",
    },
    ObjectClass {
        name: "person",
        oid: "2.5.6.6",
        kind: ClassKind::Structural,
        superior: Some("top"),
        must: &["sn", "cn"],
        may: &["telephoneNumber", "description"],
        description: "RFC 4519",
    },
    ObjectClass {
        name: "organizationalPerson",
        oid: "2.5.6.7",
        kind: ClassKind::Structural,
        superior: Some("person"),
        must: &[],
        may: &["title", "facsimileTelephoneNumber", "street", "postalCode", "ou", "st", "l"],
        description: "RFC 4519",
    },
    ObjectClass {
        name: "inetOrgPerson",
        oid: "2.16.840.1.113730.3.2.2",
        kind: ClassKind::Structural,
        superior: Some("organizationalPerson"),
        must: &[],
        may: &["businessCategory", "displayName", "givenName", "mail", "o", "uid"],
        description: "RFC 2798",
    },
    ObjectClass {
        name: "organizationalUnit",
        oid: "2.5.6.5",
        kind: ClassKind::Structural,
        superior: Some("top"),
        must: &["ou"],
        may: &["businessCategory", "facsimileTelephoneNumber", "postalCode", "st", "street", "telephoneNumber", "l", "description"],
        description: "RFC 4519; the branches of the tree",
    },
    ObjectClass {
        name: "domain",
        oid: "0.9.2342.19200300.100.4.13",
        kind: ClassKind::Structural,
        superior: Some("top"),
        must: &["dc"],
        may: &["businessCategory", "description", "l", "o", "postalCode", "st", "street", "telephoneNumber"],
        description: "RFC 4524; the roots of the tree",
    },
    ObjectClass {
        name: "subentry",
        oid: "2.5.17.0",
        kind: ClassKind::Structural,
        superior: Some("top"),
        must: &["cn"],
        may: &[],
        description: "RFC 3672",
    },
    ObjectClass {
        name: "subschema",
        oid: "2.5.20.1",
        kind: ClassKind::Auxiliary,
        superior: None,
        must: &[],
        may: &["objectClasses", "attributeTypes", "matchingRules", "ldapSyntaxes"],
        description: "RFC 4512",
    },
    ObjectClass {
        name: "mssBal",
        oid: own!("1"),
        kind: ClassKind::Auxiliary,
        superior: Some("top"),
        must: &["mail", "TypeBAL"],
        may: &[
            "TypeIdentifiantPP",
            "IdentifiantPP",
            "rpps",
            "personalTitle",
            "profession",
            "professionLibelle",
            "specialite",
            "specialiteLibelle",
            "modeExercice",
            "TypeIdentifiantPM",
            "IdentifiantPM",
            "finess",
            "serviceRattachement",
            "departement",
            "dematerialisation",
            "description",
        ],
        description: "A secure health mailbox (boîte aux lettres MSSanté)",
    },
    ObjectClass {
        name: "mssBalStructure",
        oid: own!("2"),
        kind: ClassKind::Structural,
        superior: Some("top"),
        must: &["cn", "o", "mail"],
        may: &["displayName", "ou", "businessCategory", "street", "postalCode", "l", "st", "telephoneNumber", "description"],
        description: "Mailbox of a structure or of a software: ORG, APP",
    },
    ObjectClass {
        name: "mssProfessionnel",
        oid: own!("3"),
        kind: ClassKind::Auxiliary,
        superior: Some("top"),
        must: &["uid"],
        may: &[
            "TypeIdentifiantPP",
            "IdentifiantPP",
            "rpps",
            "personalTitle",
            "profession",
            "professionLibelle",
            "specialite",
            "specialiteLibelle",
            "modeExercice",
            "TypeIdentifiantPM",
            "IdentifiantPM",
            "finess",
            "serviceRattachement",
            "departement",
            "dematerialisation",
        ],
        description: "A professional of the national repertory, with or without mailbox",
    },
    ObjectClass {
        name: "mssStructure",
        oid: own!("4"),
        kind: ClassKind::Structural,
        superior: Some("top"),
        must: &["cn", "o", "uid"],
        may: &[
            "displayName",
            "mail",
            "businessCategory",
            "street",
            "postalCode",
            "l",
            "st",
            "telephoneNumber",
            "facsimileTelephoneNumber",
            "TypeIdentifiantPM",
            "IdentifiantPM",
            "finess",
            "serviceRattachement",
            "departement",
            "dematerialisation",
        ],
        description: "A structure of exercise, with or without mailbox",
    },
];

/// Finds a class by name or OID, case ignored.
#[must_use]
pub fn object_class(text: &str) -> Option<&'static ObjectClass> {
    OBJECT_CLASSES.iter().find(|c| c.name.eq_ignore_ascii_case(text) || c.oid == text)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ldap_entry::attributes::{OID_ROOT, attribute};

    #[test]
    fn every_name_resolves() {
        for class in OBJECT_CLASSES {
            assert!(class.superior.is_none_or(|s| object_class(s).is_some()), "{}", class.name);
            for name in class.must.iter().chain(class.may) {
                assert_eq!(attribute(name).map(|a| a.name), Some(*name), "{}", class.name);
            }
            assert!(!class.name.starts_with("mss") || class.oid.starts_with(OID_ROOT));
        }
    }
}
