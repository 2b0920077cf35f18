//! The schema as it is published (RFC 4512 section 4): the subschema entry, and the same for an OpenLDAP server.
//!
//! Generated from the tables of [`crate::ldap_entry`], so that what is published, encoded and matched cannot drift apart. Every syntax,
//! rule, type and class a definition names is itself in the entry: clients that parse schemas stop at the first name they cannot resolve.
//! Descriptions lose their accents here, because LDIF and several parsers want ASCII.

use crate::ldap_entry::attributes::{ATTRIBUTES, Attribute, MatchingKind, OID_ROOT};
use crate::ldap_entry::classes::{ClassKind, OBJECT_CLASSES, ObjectClass};
use crate::ldap_entry::matching::{RULES, Rule};
use crate::ldap_entry::{SUBSCHEMA, encode_entry};
use std::sync::LazyLock;
use unicode_normalization::UnicodeNormalization;

/// createTimestamp of the subschema and of the base entries: the first day of their life, fixed so that every server says the same.
pub(super) const SCHEMA_CREATED: &str = "20260101000000Z";
/// modifyTimestamp of the same: clients keep a schema until it changes. Raised with the tables.
pub(super) const SCHEMA_SINCE: &str = "20260201000000Z";

const ATTRIBUTE_TYPE_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.3";
const BOOLEAN: &str = "1.3.6.1.4.1.1466.115.121.1.7";
const DN: &str = "1.3.6.1.4.1.1466.115.121.1.12";
const DIRECTORY_STRING: &str = "1.3.6.1.4.1.1466.115.121.1.15";
const FACSIMILE_NUMBER: &str = "1.3.6.1.4.1.1466.115.121.1.22";
const DIT_CONTENT_RULE_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.16";
const DIT_STRUCTURE_RULE_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.17";
const GENERALIZED_TIME: &str = "1.3.6.1.4.1.1466.115.121.1.24";
const IA5_STRING: &str = "1.3.6.1.4.1.1466.115.121.1.26";
const INTEGER: &str = "1.3.6.1.4.1.1466.115.121.1.27";
const MATCHING_RULE_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.30";
const MATCHING_RULE_USE_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.31";
const NAME_FORM_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.35";
const OBJECT_CLASS_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.37";
const OID: &str = "1.3.6.1.4.1.1466.115.121.1.38";
const TELEPHONE_NUMBER: &str = "1.3.6.1.4.1.1466.115.121.1.50";
const LDAP_SYNTAX_DESCRIPTION: &str = "1.3.6.1.4.1.1466.115.121.1.54";
const SUBSTRING_ASSERTION: &str = "1.3.6.1.4.1.1466.115.121.1.58";
const UUID: &str = "1.3.6.1.1.16.1";

/// (OID, description) of the syntaxes in use (RFC 4517 section 3.3, RFC 4530).
const SYNTAXES: [(&str, &str); 19] = [
    (ATTRIBUTE_TYPE_DESCRIPTION, "Attribute Type Description"),
    (BOOLEAN, "Boolean"),
    (DN, "DN"),
    (DIRECTORY_STRING, "Directory String"),
    (DIT_CONTENT_RULE_DESCRIPTION, "DIT Content Rule Description"),
    (DIT_STRUCTURE_RULE_DESCRIPTION, "DIT Structure Rule Description"),
    (FACSIMILE_NUMBER, "Facsimile Telephone Number"),
    (GENERALIZED_TIME, "Generalized Time"),
    (IA5_STRING, "IA5 String"),
    (INTEGER, "INTEGER"),
    (MATCHING_RULE_DESCRIPTION, "Matching Rule Description"),
    (MATCHING_RULE_USE_DESCRIPTION, "Matching Rule Use Description"),
    (NAME_FORM_DESCRIPTION, "Name Form Description"),
    (OBJECT_CLASS_DESCRIPTION, "Object Class Description"),
    (OID, "OID"),
    (TELEPHONE_NUMBER, "Telephone Number"),
    (LDAP_SYNTAX_DESCRIPTION, "LDAP Syntax Description"),
    (SUBSTRING_ASSERTION, "Substring Assertion"),
    (UUID, "UUID"),
];

/// (OID, name, assertion syntax) of the substring and ordering rules (RFC 4517 section 4.2, RFC 4530).
const FURTHER_RULES: [(&str, &str, &str); 7] = [
    ("2.5.13.3", "caseIgnoreOrderingMatch", DIRECTORY_STRING),
    ("2.5.13.4", "caseIgnoreSubstringsMatch", SUBSTRING_ASSERTION),
    ("1.3.6.1.4.1.1466.109.114.3", "caseIgnoreIA5SubstringsMatch", SUBSTRING_ASSERTION),
    ("2.5.13.21", "telephoneNumberSubstringsMatch", SUBSTRING_ASSERTION),
    ("2.5.13.15", "integerOrderingMatch", INTEGER),
    ("2.5.13.28", "generalizedTimeOrderingMatch", GENERALIZED_TIME),
    ("1.3.6.1.1.16.3", "UUIDOrderingMatch", UUID),
];

/// What a definition says of its values.
#[derive(Default)]
struct Comparison {
    equality: Option<&'static str>,
    ordering: Option<&'static str>,
    substring: Option<&'static str>,
    syntax: &'static str,
}

fn comparison(attribute: &Attribute) -> Comparison {
    let rules = |equality, syntax| Comparison { equality: Some(equality), syntax, ..Comparison::default() };
    let ordered = |equality, ordering, syntax| Comparison { ordering: Some(ordering), ..rules(equality, syntax) };
    let pieces = |equality, substring, syntax| Comparison { substring: Some(substring), ..rules(equality, syntax) };
    match attribute.matching {
        MatchingKind::CaseIgnore => pieces("caseIgnoreMatch", "caseIgnoreSubstringsMatch", DIRECTORY_STRING),
        MatchingKind::Ia5 => pieces("caseIgnoreIA5Match", "caseIgnoreIA5SubstringsMatch", IA5_STRING),
        MatchingKind::Telephone => pieces("telephoneNumberMatch", "telephoneNumberSubstringsMatch", TELEPHONE_NUMBER),
        MatchingKind::ObjectIdentifier => rules("objectIdentifierMatch", OID),
        MatchingKind::Dn => rules("distinguishedNameMatch", DN),
        MatchingKind::Time => ordered("generalizedTimeMatch", "generalizedTimeOrderingMatch", GENERALIZED_TIME),
        MatchingKind::Uuid => ordered("UUIDMatch", "UUIDOrderingMatch", UUID),
        MatchingKind::Exact => rules("caseExactMatch", DIRECTORY_STRING),
        MatchingKind::Integer => ordered("integerMatch", "integerOrderingMatch", INTEGER),
        MatchingKind::Boolean => rules("booleanMatch", BOOLEAN),
        MatchingKind::None => Comparison { syntax: bare_syntax(attribute.name), ..Comparison::default() },
    }
}

/// Syntax of the types that have no rule here.
fn bare_syntax(name: &str) -> &'static str {
    match name {
        "facsimileTelephoneNumber" => FACSIMILE_NUMBER,
        "namingContexts" => DN,
        "altServer" => IA5_STRING,
        "attributeTypes" => ATTRIBUTE_TYPE_DESCRIPTION,
        "objectClasses" => OBJECT_CLASS_DESCRIPTION,
        "dITContentRules" => DIT_CONTENT_RULE_DESCRIPTION,
        "dITStructureRules" => DIT_STRUCTURE_RULE_DESCRIPTION,
        "matchingRuleUse" => MATCHING_RULE_USE_DESCRIPTION,
        "nameForms" => NAME_FORM_DESCRIPTION,
        "matchingRules" => MATCHING_RULE_DESCRIPTION,
        "ldapSyntaxes" => LDAP_SYNTAX_DESCRIPTION,
        _ => DIRECTORY_STRING,
    }
}

fn assertion_syntax(rule: Rule) -> &'static str {
    match rule {
        Rule::CaseIgnore | Rule::CaseExact => DIRECTORY_STRING,
        Rule::Ia5CaseIgnore | Rule::Ia5CaseExact => IA5_STRING,
        Rule::Telephone => TELEPHONE_NUMBER,
        Rule::ObjectIdentifier => OID,
        Rule::Dn => DN,
        Rule::Time => GENERALIZED_TIME,
        Rule::Uuid => UUID,
        Rule::Integer => INTEGER,
        Rule::Boolean => BOOLEAN,
    }
}

/// A quoted description (`qdstring`): quote and backslash as hex pairs.
fn quoted(text: &str) -> String {
    let plain: String = text.nfkd().filter(char::is_ascii).collect();
    format!("'{}'", plain.replace('\\', "\\5C").replace('\'', "\\27"))
}

/// One name bare, several in parentheses.
fn names(name: &str, aliases: &[&str]) -> String {
    if aliases.is_empty() {
        return format!("'{name}'");
    }
    let all: Vec<String> = std::iter::once(&name).chain(aliases).map(|n| format!("'{n}'")).collect();
    format!("( {} )", all.join(" "))
}

/// AttributeTypeDescription (RFC 4512 section 4.1.2). Rules and syntax are repeated beside a supertype: some clients do not inherit.
fn attribute_type(attribute: &Attribute) -> String {
    let mut out = format!("( {} NAME {}", attribute.oid, names(attribute.name, attribute.aliases));
    out.push_str(&format!(" DESC {}", quoted(attribute.description)));
    let compared = comparison(attribute);
    let rules = [
        ("SUP", attribute.supertype),
        ("EQUALITY", compared.equality),
        ("ORDERING", compared.ordering),
        ("SUBSTR", compared.substring),
        ("SYNTAX", Some(compared.syntax)),
    ];
    for (word, value) in rules {
        if let Some(value) = value {
            out.push_str(&format!(" {word} {value}"));
        }
    }
    if attribute.single {
        out.push_str(" SINGLE-VALUE");
    }
    if attribute.operational {
        let of_server = attribute.description.starts_with("Root DSE");
        out.push_str(if attribute.single { " NO-USER-MODIFICATION" } else { "" });
        out.push_str(if of_server { " USAGE dSAOperation" } else { " USAGE directoryOperation" });
    }
    out.push_str(" )");
    out
}

/// ObjectClassDescription (RFC 4512 section 4.1.1).
fn object_class(class: &ObjectClass) -> String {
    let mut out = format!("( {} NAME '{}' DESC {}", class.oid, class.name, quoted(class.description));
    if let Some(superior) = class.superior {
        out.push_str(&format!(" SUP {superior}"));
    }
    out.push_str(match class.kind {
        ClassKind::Abstract => " ABSTRACT",
        ClassKind::Structural => " STRUCTURAL",
        ClassKind::Auxiliary => " AUXILIARY",
    });
    for (word, list) in [("MUST", class.must), ("MAY", class.may)] {
        match list {
            [] => {}
            [one] => out.push_str(&format!(" {word} {one}")),
            several => out.push_str(&format!(" {word} ( {} )", several.join(" $ "))),
        }
    }
    out.push_str(" )");
    out
}

fn matching_rules() -> Vec<String> {
    let equality = RULES.iter().map(|(rule, name, oid)| (*oid, *name, assertion_syntax(*rule)));
    equality.chain(FURTHER_RULES).map(|(oid, name, syntax)| format!("( {oid} NAME '{name}' SYNTAX {syntax} )")).collect()
}

static SUBSCHEMA_ENTRY: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let list = |values: &[&str]| values.iter().map(|v| (*v).to_owned()).collect::<Vec<_>>();
    encode_entry(
        SUBSCHEMA,
        &[
            ("objectClass", list(&["top", "subentry", "subschema"])),
            ("cn", list(&["subschema"])),
            ("structuralObjectClass", list(&["subentry"])),
            ("entryDN", list(&[SUBSCHEMA])),
            ("createTimestamp", list(&[SCHEMA_CREATED])),
            ("modifyTimestamp", list(&[SCHEMA_SINCE])),
            ("hasSubordinates", list(&["FALSE"])),
            ("subschemaSubentry", list(&[SUBSCHEMA])),
            ("attributeTypes", ATTRIBUTES.iter().map(attribute_type).collect()),
            ("objectClasses", OBJECT_CLASSES.iter().map(object_class).collect()),
            ("matchingRules", matching_rules()),
            ("ldapSyntaxes", SYNTAXES.iter().map(|(oid, description)| format!("( {oid} DESC '{description}' )")).collect()),
        ],
    )
});

/// The subschema entry, BER.
pub(super) fn subschema_entry() -> &'static [u8] {
    &SUBSCHEMA_ENTRY
}

const PREFACE: &str = "\
# Schema of the directory, generated from its attribute table: do not edit.
# Needs core, cosine and inetorgperson. What each name means is in README.md beside this file.
";

fn own_types() -> impl Iterator<Item = String> {
    ATTRIBUTES.iter().filter(|a| a.is_own()).map(attribute_type)
}

fn own_classes() -> impl Iterator<Item = String> {
    OBJECT_CLASSES.iter().filter(|c| c.oid.starts_with(OID_ROOT)).map(object_class)
}

/// Our own types and classes for an OpenLDAP server's `include`.
#[must_use]
pub fn openldap() -> String {
    let mut out = PREFACE.to_owned();
    for definition in own_types() {
        out.push_str(&format!("\nattributetype {definition}\n"));
    }
    for definition in own_classes() {
        out.push_str(&format!("\nobjectclass {definition}\n"));
    }
    out
}

/// The same for `cn=config`, as LDIF (RFC 2849).
#[must_use]
pub fn openldap_ldif() -> String {
    let mut out = format!("{PREFACE}\ndn: cn=annuaire,cn=schema,cn=config\nobjectClass: olcSchemaConfig\ncn: annuaire\n");
    for definition in own_types() {
        out.push_str(&format!("olcAttributeTypes: {definition}\n"));
    }
    for definition in own_classes() {
        out.push_str(&format!("olcObjectClasses: {definition}\n"));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_name_a_definition_uses_is_defined() {
        let rules: BTreeSet<&str> = RULES.iter().map(|(_, name, _)| *name).chain(FURTHER_RULES.iter().map(|(_, name, _)| *name)).collect();
        let syntaxes: BTreeSet<&str> = SYNTAXES.iter().map(|(oid, _)| *oid).collect();
        for attribute in ATTRIBUTES {
            let compared = comparison(attribute);
            for rule in [compared.equality, compared.ordering, compared.substring].into_iter().flatten() {
                assert!(rules.contains(rule), "{}: {rule}", attribute.name);
            }
            assert!(syntaxes.contains(compared.syntax), "{}", attribute.name);
        }
        for (rule, name, _) in RULES {
            assert!(syntaxes.contains(assertion_syntax(*rule)), "{name}");
        }
    }

    #[test]
    fn types_without_a_rule_have_a_syntax_of_their_own() {
        let text: Vec<_> =
            ATTRIBUTES.iter().filter(|a| a.matching == MatchingKind::None && comparison(a).syntax == DIRECTORY_STRING).collect();
        assert_eq!(text.iter().map(|a| a.name).collect::<Vec<_>>(), ["supportedSASLMechanisms"]);
    }

    #[test]
    fn definitions_have_the_standard_form() {
        let of = |name: &str| attribute_type(ATTRIBUTES.iter().find(|a| a.name == name).unwrap());
        assert_eq!(
            of("sn"),
            "( 2.5.4.4 NAME ( 'sn' 'surname' ) DESC 'Nom d\\27exercice' SUP name EQUALITY caseIgnoreMatch \
             SUBSTR caseIgnoreSubstringsMatch SYNTAX 1.3.6.1.4.1.1466.115.121.1.15 )"
        );
        assert!(of("entryUUID").ends_with("SINGLE-VALUE NO-USER-MODIFICATION USAGE directoryOperation )"));
        assert!(of("supportedControl").ends_with("USAGE dSAOperation )"));
        let person = OBJECT_CLASSES.iter().find(|c| c.name == "person").unwrap();
        assert!(object_class(person).ends_with("SUP top STRUCTURAL MUST ( sn $ cn ) MAY ( telephoneNumber $ description ) )"));
    }

    #[test]
    fn the_openldap_files_are_plain_and_committed() {
        let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("schema/ldap");
        for (name, text) in [("annuaire.schema", openldap()), ("annuaire.ldif", openldap_ldif())] {
            assert!(text.is_ascii());
            let path = folder.join(name);
            if std::env::var_os("UPDATE_SCHEMA").is_some() {
                std::fs::write(&path, &text).unwrap();
            }
            let committed = std::fs::read_to_string(&path).unwrap_or_default();
            assert_eq!(committed, text, "{name} is out of date: run this test with UPDATE_SCHEMA=1");
        }
    }
}
