//! StartTLS: granted, refused, and attacked.

use super::client::{START_TLS, Talk, base_search, encoded, secure, start_tls, trusting};
use super::world::World;
use crate::ldap::wire::search_request;
use ldap3_proto::proto::{LdapExtendedRequest, LdapMsg, LdapOp, LdapResultCode as Code, OID_WHOAMI};
use tokio::io::AsyncWriteExt as _;

fn code(message: &LdapMsg) -> Option<Code> {
    match &message.op {
        LdapOp::ExtendedResponse(response) => Some(response.res.code.clone()),
        LdapOp::SearchResultDone(result) => Some(result.code.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_session_begins_anew_over_tls() {
    let world = World::new().await;
    let mut talk = Talk::connect(world.directory.ldap).await;
    let dn = format!("uid={},ou=comptes,dc=mssante,dc=fr", world.directory.account);
    assert_eq!(talk.bind(&dn, &world.directory.secret).await, Code::Success);
    assert!(talk.root_dse("supportedExtension").await.contains(&START_TLS.to_owned()));
    let mut talk = talk.start_tls(&trusting(&world.authority, None, false)).await;
    assert_eq!(talk.who_am_i().await, "", "who was bound in clear is nobody now");
    assert_eq!(talk.bind(&dn, &world.directory.secret).await, Code::Success);
    assert_eq!(talk.who_am_i().await, format!("dn:{dn}"));
    assert!(!talk.root_dse("supportedExtension").await.contains(&START_TLS.to_owned()));
    assert_eq!(talk.extended(START_TLS).await.res.code, Code::OperationsError);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_is_refused_and_the_connection_stays() {
    let world = World::new().await;
    let mut talk = Talk::connect(world.directory.ldap).await;
    let with_value = LdapExtendedRequest { name: START_TLS.to_owned(), value: Some(b"x".to_vec()) };
    let answer = talk.ask(LdapOp::ExtendedRequest(with_value)).await.pop();
    let Some(LdapOp::ExtendedResponse(response)) = answer else { panic!("{answer:?}") };
    assert_eq!(response.res.code, Code::ProtocolError);
    talk.start_tls(&trusting(&world.authority, None, false)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_behind_the_request_are_never_interpreted() {
    let world = World::new().await;
    let who = LdapOp::ExtendedRequest(LdapExtendedRequest { name: OID_WHOAMI.to_owned(), value: None });
    let mut talk = Talk::connect(world.directory.ldap).await;
    // One write, so that both arrive together.
    talk.send_bytes(&[encoded(1, start_tls()), encoded(2, who.clone())].concat()).await;
    let notice = talk.next().await.expect("a notice");
    assert_eq!((notice.msgid, code(&notice)), (0, Some(Code::ProtocolError)));
    assert!(talk.next().await.is_none());

    // Arriving later, they are no TLS: the handshake fails, and with it the connection.
    let mut talk = Talk::connect(world.directory.ldap).await;
    assert_eq!(talk.extended(START_TLS).await.res.code, Code::Success);
    let _ = talk.stream.write_all(&encoded(2, who)).await;
    let failed = secure(&trusting(&world.authority, None, false), &mut talk.stream).await;
    assert!(failed.is_err());
}

/// A source that has had its allowance waits before each search, so this one is outstanding for certain.
#[tokio::test]
async fn outstanding_operations_refuse_it() {
    let world = World::with(|settings| settings.limits.anonymous_mailboxes_per_hour = 0).await;
    let mut talk = Talk::connect(world.directory.ldap).await;
    let search = LdapOp::SearchRequest(search_request("dc=mssante,dc=fr", "(cn=x)"));
    talk.send_bytes(&[encoded(1, search), encoded(2, start_tls())].concat()).await;
    let mut codes = Vec::new();
    while codes.len() < 2 {
        let message = talk.next().await.expect("an answer");
        codes.extend(code(&message).map(|code| (message.msgid, code)));
    }
    codes.sort_by_key(|(id, _)| *id);
    assert_eq!(codes, [(1, Code::Success), (2, Code::OperationsError)]);
    let mut talk = Talk::over(talk.stream).start_tls(&trusting(&world.authority, None, false)).await;
    assert_eq!(talk.who_am_i().await, "");
}

/// What needs no waiting is answered in clear before the next request is looked at; nothing is outstanding then.
#[tokio::test]
async fn what_is_answered_at_once_does_not_stand_in_its_way() {
    let world = World::new().await;
    let mut talk = Talk::connect(world.directory.ldap).await;
    talk.send_bytes(&[encoded(1, base_search("cn=subschema")), encoded(2, start_tls())].concat()).await;
    let mut codes = Vec::new();
    while codes.len() < 2 {
        let message = talk.next().await.expect("an answer");
        codes.extend(code(&message).map(|code| (message.msgid, code)));
    }
    assert_eq!(codes, [(1, Code::Success), (2, Code::Success)], "in this order");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_failed_handshake_closes() {
    let world = World::new().await;
    let stranger = super::world::Authority::new();
    let mut talk = Talk::connect(world.directory.ldap).await;
    assert_eq!(talk.extended(START_TLS).await.res.code, Code::Success);
    assert!(secure(&trusting(&stranger, None, false), &mut talk.stream).await.is_err());
    let mut talk = Talk::over(talk.stream);
    let _ = talk.stream.write_all(&encoded(2, base_search(""))).await;
    // What comes is an alert at most, no answer.
    let mut rest = Vec::new();
    let _ = tokio::io::AsyncReadExt::read_to_end(&mut talk.stream, &mut rest).await;
    assert!(!rest.starts_with(&[0x30]), "{rest:?}");
    let mut other = Talk::connect(world.directory.ldap).await.start_tls(&trusting(&world.authority, None, false)).await;
    assert_eq!(other.who_am_i().await, "");
}
