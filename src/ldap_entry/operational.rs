//! Operational attributes of an entry: what its key, its times and its classes tell. They are not stored with an entry, but put behind
//! its user attributes for who asks for them, and for the terms it is found by.

use super::ber::{self, SEQUENCE};
use super::dn::SUBSCHEMA;
use super::matching::generalized_time;
use super::walk::{values, write_attribute};
use crate::model::{Kind, entry_uuid};
use std::iter::once;

/// The structural class of an entry that shows a person.
pub(super) const OF_PERSON: &str = "inetOrgPerson";
/// Of any structure, and of its mailboxes.
pub(super) const OF_STRUCTURE: &str = "mssStructure";
pub(super) const OF_MAILBOX_OF_STRUCTURE: &str = "mssBalStructure";

/// An entry of user attributes ([`super::encode_user`]) with its operational attributes behind them, in the order of the table.
/// `kind` and `id`: its key. `since`: UTC seconds of the last change of the content; `created`: when it was first shown.
#[must_use]
pub fn with_operational(user: &[u8], kind: Kind, id: &str, since: i64, created: i64) -> Vec<u8> {
    let Some(dn) = ber::read(user) else { return Vec::new() };
    let list = ber::read(dn.rest).map_or(&[][..], |list| list.content);
    let mut own = Vec::with_capacity(512);
    let mut put = |name: &str, value: &[u8]| write_attribute(&mut own, name.as_bytes(), once(value));
    put("structuralObjectClass", structural(user, kind).as_bytes());
    put("entryUUID", entry_uuid(kind.name(), id).hyphenated().encode_lower(&mut [0; 36]).as_bytes());
    put("entryDN", dn.content);
    let first = generalized_time(created);
    put("createTimestamp", first.as_bytes());
    put("modifyTimestamp", if since == created { first } else { generalized_time(since) }.as_bytes());
    put("hasSubordinates", b"FALSE");
    put("subschemaSubentry", SUBSCHEMA.as_bytes());
    let length = list.len() + own.len();
    let mut out = Vec::with_capacity(dn.whole.len() + ber::header_length(length) + length);
    out.extend_from_slice(dn.whole);
    ber::write_header(&mut out, SEQUENCE, length);
    out.extend_from_slice(list);
    out.extend_from_slice(&own);
    out
}

fn structural(user: &[u8], kind: Kind) -> &'static str {
    match kind {
        Kind::Professional => OF_PERSON,
        Kind::Structure => OF_STRUCTURE,
        Kind::Mailbox => {
            let mut classes = values(user).filter(|(name, _)| *name == "objectClass").flat_map(|(_, classes)| classes);
            if classes.any(|class| class == OF_PERSON.as_bytes()) { OF_PERSON } else { OF_MAILBOX_OF_STRUCTURE }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::attributes::ATTRIBUTES;
    use super::super::encode_entry;
    use super::*;

    fn entry(classes: &[&str]) -> Vec<u8> {
        let classes = classes.iter().map(|&class| class.to_owned()).collect();
        encode_entry("mail=a@b.fr,ou=bal,dc=fr", &[("objectClass", classes), ("cn", vec!["a".into()])])
    }

    #[test]
    fn what_is_put_behind_is_in_the_order_of_the_table() {
        let whole = with_operational(&entry(&["top", "mssBalStructure"]), Kind::Mailbox, "a@b.fr", 86_400, 0);
        let names: Vec<_> = values(&whole).map(|(name, _)| name.to_owned()).collect();
        let places: Vec<_> = names.iter().map(|name| ATTRIBUTES.iter().position(|a| a.name == *name).unwrap()).collect();
        assert!(places.is_sorted() && names.len() == 9, "{names:?}");
        let value = |name: &str| String::from_utf8(values(&whole).find(|(n, _)| *n == name).unwrap().1.next().unwrap().to_vec()).unwrap();
        assert_eq!(value("entryDN"), "mail=a@b.fr,ou=bal,dc=fr");
        assert_eq!((value("createTimestamp"), value("modifyTimestamp")), ("19700101000000Z".to_owned(), "19700102000000Z".to_owned()));
        assert_eq!(value("entryUUID"), entry_uuid("mailbox", "a@b.fr").to_string());
    }

    #[test]
    fn the_structural_class_is_one_of_its_classes() {
        for (classes, kind, expected) in [
            (&["top", "person", "organizationalPerson", "inetOrgPerson", "mssBal"][..], Kind::Mailbox, "inetOrgPerson"),
            (&["top", "mssBalStructure", "mssBal"], Kind::Mailbox, "mssBalStructure"),
            (&["top", "person", "organizationalPerson", "inetOrgPerson"], Kind::Professional, "inetOrgPerson"),
            (&["top", "mssStructure"], Kind::Structure, "mssStructure"),
        ] {
            assert_eq!(structural(&entry(classes), kind), expected);
        }
        assert!(with_operational(&[], Kind::Mailbox, "", 0, 0).is_empty());
    }
}
