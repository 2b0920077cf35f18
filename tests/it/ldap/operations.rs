//! Bind, compare, extended and refused operations: the code owed in each situation, under the right response type.

use super::wire::{Client, element, encode, message};
use super::world::{ACCOUNT, MAILBOXES, SECRET, mailbox_dn, serve};
use ldap3_proto::control::LdapControl;
use ldap3_proto::proto::{
    LdapAddRequest, LdapBindCred, LdapBindRequest, LdapCompareRequest, LdapModifyDNRequest, LdapModifyRequest, LdapMsg, LdapOp, LdapResult,
    LdapResultCode as Code, OID_PASSWORD_MODIFY, OID_WHOAMI, SaslCredentials,
};

const STARTTLS: &str = "1.3.6.1.4.1.1466.20037";

#[tokio::test]
async fn binds() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    assert_eq!(client.bind("", "").await.code, Code::Success);
    assert_eq!(client.extended(OID_WHOAMI).await, (Code::Success, Some(vec![])));

    assert_eq!(client.bind(ACCOUNT, SECRET).await.code, Code::Success);
    assert_eq!(client.extended(OID_WHOAMI).await, (Code::Success, Some(format!("dn:{ACCOUNT}").into_bytes())));
    let other_spelling = "UID = logiciel , OU=Comptes,DC=MSSante,dc=fr";
    assert_eq!(client.bind(other_spelling, SECRET).await.code, Code::Success);

    // A failed bind leaves the session anonymous; wrong and unknown get the same words.
    let wrong = client.bind(ACCOUNT, "ann_wrong").await;
    assert_eq!(client.extended(OID_WHOAMI).await, (Code::Success, Some(vec![])));
    assert_eq!(wrong.code, Code::InvalidCredentials);
    for dn in ["uid=personne,ou=comptes,dc=mssante,dc=fr", "cn=admin", MAILBOXES, "uid=logiciel,ou=bal,dc=mssante,dc=fr"] {
        assert_eq!(client.bind(dn, SECRET).await, wrong, "{dn}");
    }
    assert_eq!(client.bind("", SECRET).await, wrong);

    assert_eq!(client.bind(ACCOUNT, "").await.code, Code::UnwillingToPerform);
    assert_eq!(client.bind("no name", "x").await.code, Code::InvalidDNSyntax);
}

async fn raw_bind(client: &mut Client, version: u8, name: &[u8], authentication: &[u8]) -> Code {
    client.send_raw(&message(9, &element(0x60, &[&[2, 1, version], &element(4, &[name]), authentication]))).await;
    let answer = client.next().await.unwrap();
    assert_eq!(answer.msgid, 9);
    match answer.op {
        LdapOp::BindResponse(response) => response.res.code,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn binds_a_library_would_not_send() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let empty = element(0x80, &[]);
    assert_eq!(raw_bind(&mut client, 2, b"", &empty).await, Code::ProtocolError);
    assert_eq!(raw_bind(&mut client, 4, b"", &empty).await, Code::ProtocolError);
    let latin = element(0x80, &[b"p\xe9p\xe8re"]);
    assert_eq!(raw_bind(&mut client, 3, ACCOUNT.as_bytes(), &latin).await, Code::InvalidCredentials);
    assert_eq!(raw_bind(&mut client, 3, b"uid=\xe9", &latin).await, Code::InvalidDNSyntax);
    let sasl = element(0xa3, &[&element(4, &[b"GSS-SPNEGO"])]);
    assert_eq!(raw_bind(&mut client, 3, b"", &sasl).await, Code::AuthMethodNotSupported);
    assert_eq!(raw_bind(&mut client, 3, b"", &element(0x8a, &[b"sicily"])).await, Code::AuthMethodNotSupported);
    let request = LdapBindRequest {
        version: 3,
        dn: String::new(),
        cred: LdapBindCred::SASL(SaslCredentials { mechanism: "EXTERNAL".to_owned(), credentials: vec![] }),
    };
    assert!(matches!(client.op(LdapOp::BindRequest(request)).await, LdapOp::BindResponse(r) if r.res.code == Code::InvalidCredentials));
    // Well framed and wrong inside: answered on its id, the connection lives on.
    client.send_raw(&message(11, &element(0x60, &[&[2, 1, 3]]))).await;
    let answer = client.next().await.unwrap();
    assert!(answer.msgid == 11 && matches!(answer.op, LdapOp::BindResponse(r) if r.res.code == Code::ProtocolError));
    assert_eq!(client.bind(ACCOUNT, SECRET).await.code, Code::Success);
}

#[tokio::test]
async fn compares() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let elodie = mailbox_dn("elodie.lefevre@medecin.exemple.fr");
    for (dn, attribute, value, expected) in [
        (elodie.as_str(), "sn", "LEFEVRE", Code::CompareTrue),
        (&elodie, "surname", "lefèvre", Code::CompareTrue),
        (&elodie, "2.5.4.4", "martin", Code::CompareFalse),
        (&elodie, "telephoneNumber", "+33-199", Code::CompareFalse),
        (&elodie, "ou", "x", Code::NoSuchAttribute),
        (&elodie, "responsible", "x", Code::UndefinedAttributeType),
        (&elodie, "cn;lang-fr", "x", Code::UndefinedAttributeType),
        (MAILBOXES, "ou", "BAL", Code::CompareTrue),
        ("", "supportedLDAPVersion", "3", Code::CompareTrue),
        ("cn=subschema", "cn", "subschema", Code::CompareTrue),
        ("cn=nobody", "cn", "x", Code::NoSuchObject),
        ("no name", "cn", "x", Code::InvalidDNSyntax),
    ] {
        let request = LdapCompareRequest { dn: dn.to_owned(), atype: attribute.to_owned(), val: value.as_bytes().to_vec() };
        let answer = client.op(LdapOp::CompareRequest(request)).await;
        assert!(matches!(&answer, LdapOp::CompareResult(r) if r.code == expected), "{dn} {attribute} {value}: {answer:?}");
    }
    let latin = LdapCompareRequest { dn: elodie.clone(), atype: "sn".to_owned(), val: b"LEF\xc8VRE".to_vec() };
    assert!(matches!(client.op(LdapOp::CompareRequest(latin)).await, LdapOp::CompareResult(r) if r.code == Code::InvalidAttributeSyntax));
    // The hidden and the absent are told apart by nothing.
    let of = |address: &str| LdapCompareRequest { dn: mailbox_dn(address), atype: "mail".to_owned(), val: b"x".to_vec() };
    let hidden = client.op(LdapOp::CompareRequest(of("rosa.discret@medecin.exemple.fr"))).await;
    let absent = client.op(LdapOp::CompareRequest(of("personne@medecin.exemple.fr"))).await;
    assert_eq!(hidden, absent);
    assert!(matches!(hidden, LdapOp::CompareResult(r) if r.code == Code::NoSuchObject && r.matcheddn == MAILBOXES));
}

#[tokio::test]
async fn extended_operations() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    for oid in [STARTTLS, "1.2.3", "not an oid"] {
        assert_eq!(client.extended(oid).await, (Code::ProtocolError, None), "{oid}");
    }
    assert_eq!(client.extended(OID_PASSWORD_MODIFY).await, (Code::UnwillingToPerform, None), "a write");
}

#[tokio::test]
async fn writes_are_refused_under_their_own_type() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    client.bind(ACCOUNT, SECRET).await;
    let dn = || mailbox_dn("jean.martin@medecin.exemple.fr");
    let refused = |r: &LdapResult| r.code == Code::UnwillingToPerform && r.matcheddn.is_empty();
    let add = LdapOp::AddRequest(LdapAddRequest { dn: dn(), attributes: vec![] });
    assert!(matches!(client.op(add).await, LdapOp::AddResponse(r) if refused(&r)));
    let modify = LdapOp::ModifyRequest(LdapModifyRequest { dn: dn(), changes: vec![] });
    assert!(matches!(client.op(modify).await, LdapOp::ModifyResponse(r) if refused(&r)));
    assert!(matches!(client.op(LdapOp::DelRequest(dn())).await, LdapOp::DelResponse(r) if refused(&r)));
    let rename = LdapModifyDNRequest { dn: dn(), newrdn: "uid=x".to_owned(), deleteoldrdn: true, new_superior: None };
    assert!(matches!(client.op(LdapOp::ModifyDNRequest(rename)).await, LdapOp::ModifyDNResponse(r) if refused(&r)));
}

#[tokio::test]
async fn controls_and_unbind() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let unknown = |criticality| vec![LdapControl::Unknown { oid: "1.2.3.4".to_owned(), criticality, value: Some(vec![1]) }];
    let whoami = || LdapOp::ExtendedRequest(ldap3_proto::proto::LdapExtendedRequest { name: OID_WHOAMI.to_owned(), value: None });
    let code = |answer: LdapMsg| match answer.op {
        LdapOp::ExtendedResponse(r) => r.res.code,
        other => panic!("{other:?}"),
    };
    for (controls, expected) in [
        (unknown(true), Code::UnavailableCriticalExtension),
        (unknown(false), Code::Success),
        (vec![LdapControl::ManageDsaIT { criticality: true }], Code::Success),
        (vec![LdapControl::ManageDsaIT { criticality: false }], Code::Success),
    ] {
        client.send_with(whoami(), controls.clone()).await;
        assert_eq!(code(client.next().await.unwrap()), expected, "{controls:?}");
    }
    // A malformed control spoils its own request only.
    client.send_raw(&element(0x30, &[&[2, 1, 77], &element(0x77, &[&element(0x80, &[OID_WHOAMI.as_bytes()])]), &[0xa0, 2, 0x30, 9]])).await;
    let answer = client.next().await.unwrap();
    assert_eq!((answer.msgid, code(answer)), (77, Code::ProtocolError));
    // Criticality means nothing on an unbind: it has no response to refuse with.
    client.send_raw(&encode(LdapMsg { msgid: 90, op: LdapOp::UnbindRequest, ctrl: unknown(true) })).await;
    assert!(client.closed().await);
}
