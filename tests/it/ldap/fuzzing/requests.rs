//! Valid requests to be damaged: every operation, and the filters mail clients send.

use super::ber::{element, filter, message, search, sequence};
use annuaire::directory::AttributeFilter as F;

fn contains(name: &str, pieces: &[&str]) -> F {
    F::Substring {
        attribute: name.to_owned(),
        initial: None,
        any: pieces.iter().map(|piece| piece.as_bytes().to_vec()).collect(),
        last: None,
    }
}

fn equal(name: &str, value: &str) -> F {
    F::Equal(name.to_owned(), value.as_bytes().to_vec())
}

fn control(oid: &str, critical: bool, value: &[u8]) -> Vec<u8> {
    let mut parts = vec![element(4, oid.as_bytes())];
    parts.extend(critical.then(|| vec![1, 1, 0xff]));
    parts.push(element(4, value));
    sequence(0x30, &parts)
}

/// Filters of clients: autocompletion, quick search, a lookup by address, each choice once.
pub fn filters() -> Vec<F> {
    vec![
        F::Or(vec![
            contains("cn", &["martin", "lyon"]),
            contains("mail", &["martin lyon"]),
            contains("givenName", &["martin"]),
            contains("sn", &["martin lyon"]),
        ]),
        F::And(vec![
            equal("objectClass", "inetOrgPerson"),
            F::Or(vec![contains("mozillaNickname", &["élo"]), F::And(vec![contains("description", &["élo"])]), contains("o", &["élo"])]),
        ]),
        F::And(vec![F::Present("mail".to_owned()), F::Not(Box::new(equal("TypeBAL", "APP")))]),
        equal("mail", "elodie.lefevre@medecin.exemple.fr"),
        F::Substring { attribute: "sn".to_owned(), initial: Some(b"le".to_vec()), any: vec![b"f".to_vec()], last: Some(b"vre".to_vec()) },
        F::Approx("cn".to_owned(), b"martin jean".to_vec()),
        F::AtLeast("modifyTimestamp".to_owned(), b"20260901083000Z".to_vec()),
        F::AtMost("entryUUID".to_owned(), b"6f1d0c52-8a3e-5b47-9c60-2f4b7d15e3a8".to_vec()),
        F::Extensible {
            rule: Some("caseExactMatch".to_owned()),
            attribute: Some("sn".to_owned()),
            value: "LEFÈVRE".as_bytes().to_vec(),
            dn_attributes: true,
        },
        F::Extensible { rule: Some("2.5.13.2".to_owned()), attribute: None, value: b"lyon".to_vec(), dn_attributes: false },
        equal("entryDN", "mail=a\\2cb@c.fr,ou=bal,dc=mssante,dc=fr"),
        F::And(vec![]),
    ]
}

/// One message of each kind.
pub fn all() -> Vec<Vec<u8>> {
    let version = || vec![2, 1, 3];
    let account = "uid=logiciel,ou=comptes,dc=mssante,dc=fr";
    let mailbox = "mail=jean.martin@medecin.exemple.fr,ou=bal,dc=mssante,dc=fr";
    let paged = control("1.2.840.113556.1.4.319", false, &sequence(0x30, &[vec![2, 1, 100], element(4, b"")]));
    let sorted = control("1.2.840.113556.1.4.473", false, &sequence(0x30, &[sequence(0x30, &[element(4, b"sn"), vec![0x81, 1, 0xff]])]));
    let assertion = sequence(0x30, &[element(4, b"sn"), element(4, b"martin")]);
    let mut requests = vec![
        message(1, sequence(0x60, &[version(), element(4, b""), element(0x80, b"")]), &[]),
        message(2, sequence(0x60, &[version(), element(4, account.as_bytes()), element(0x80, b"ann_wrong")]), &[]),
        message(3, sequence(0x60, &[version(), element(4, b""), sequence(0xa3, &[element(4, b"EXTERNAL")])]), &[]),
        message(4, sequence(0x6e, &[element(4, mailbox.as_bytes()), assertion]), &[]),
        message(5, element(0x77, &element(0x80, b"1.3.6.1.4.1.4203.1.11.3")), &[]),
        message(6, element(0x77, &element(0x80, b"1.3.6.1.4.1.1466.20037")), &[]),
        message(7, element(0x50, &[6]), &[]),
        message(8, element(0x4a, mailbox.as_bytes()), &[]),
        message(9, sequence(0x66, &[element(4, mailbox.as_bytes()), element(0x30, &[])]), &[]),
        message(10, sequence(0x68, &[element(4, mailbox.as_bytes()), element(0x30, &[])]), &[]),
        message(11, sequence(0x6c, &[element(4, mailbox.as_bytes()), element(4, b"mail=x"), vec![1, 1, 0xff]]), &[]),
        message(12, search("", element(0x87, b"objectClass"), &["*", "+"]), &[]),
        message(13, search("cn=subschema", element(0x87, b"objectClass"), &["attributeTypes", "objectClasses"]), &[]),
        message(14, search("dc=mssante,dc=fr", element(0x87, b"mail"), &["mail"]), &[paged, sorted]),
        message(15, search(mailbox, element(0x87, b"mail"), &["1.1"]), &[control("1.2.3.4", true, b"")]),
        message(16, element(0x42, &[]), &[]),
    ];
    for (id, asked) in (17..).zip(filters()) {
        requests.push(message(id, search("dc=mssante,dc=fr", filter(&asked), &["cn", "mail", "name"]), &[]));
    }
    requests
}
