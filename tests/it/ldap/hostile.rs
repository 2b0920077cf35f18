//! Bytes that are wrong, large, deep, late or in latin-1: answered on their id where there is one, otherwise a notice and a close.

use super::wire::{Client, element, equality, message, raw_search, search_request};
use super::world::{MAILBOXES, World, serve, settings};
use ldap3_proto::proto::{LdapMsg, LdapOp, LdapResultCode as Code, LdapSearchRequest};
use std::time::{Duration, Instant};
use tokio::io::AsyncWriteExt;

/// Code of a search that returns no entry.
async fn search_code(client: &mut Client, request: &[u8]) -> (i32, Code) {
    client.send_raw(request).await;
    match client.next().await.expect("an answer") {
        LdapMsg { msgid, op: LdapOp::SearchResultDone(result), .. } => (msgid, result.code),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_no_ldap_gets_a_notice() {
    let (_world, running) = serve().await;
    for bytes in [
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n".as_slice(),
        b"\x16\x03\x01\x02\x00\x01",
        &[0x30, 0x80, 2, 1, 1],
        &[0x30, 0x84, 0x7f, 0xff, 0xff, 0xff],
        &[0x30, 0xff],
        &[0x30, 0x83, 1, 0, 1],
        &[0x30, 0],
        &[0x30, 2, 4, 0],
        &[0x30, 5, 2, 1, 0, 0x42, 0],
        &[0x30, 5, 2, 1, 0xfb, 0x42, 0],
        &[0x30, 9, 2, 5, 1, 0, 0, 0, 1, 0x42, 0],
        &[0x30, 6, 2, 1, 1, 0x65, 1, 0],
        &[0x30, 5, 2, 1, 1, 0x42, 9],
    ] {
        let mut client = Client::connect(running.ldap).await;
        client.send_raw(bytes).await;
        client.expect_notice(Code::ProtocolError).await;
    }
}

/// The notice is not lost with the bytes nobody read.
#[tokio::test]
async fn a_large_message_gets_its_notice_too() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let large = element(0x30, &[&[2, 1, 1], &element(0x63, &[&vec![0; 300_000]])]);
    client.send_raw(&large).await;
    client.expect_notice(Code::ProtocolError).await;
}

#[tokio::test]
async fn well_framed_and_wrong_inside_is_answered_on_its_id() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let present = element(0x87, &[b"cn"]);
    let fields = |scope: u8, size: &[u8], filter: &[u8]| {
        let parts: &[&[u8]] = &[
            &element(4, &[MAILBOXES.as_bytes()]),
            &[10, 1, scope, 10, 1, 0],
            &element(2, &[size]),
            &[2, 1, 0, 1, 1, 0],
            filter,
            &[0x30, 0],
        ];
        element(0x63, parts)
    };
    let overrun = element(0xa0, &[&equality(b"sn", b"martin"), &[0xa3, 0x40, 4, 2, b'c', b'n']]);
    for (id, operation) in [
        (1, element(0x63, &[])),
        (2, fields(3, &[0], &present)),
        (3, fields(2, &[0xff], &present)),
        (4, fields(2, &[0, 0x80, 0, 0, 0], &present)),
        (5, fields(2, &[0], &overrun)),
        (6, fields(2, &[0], &element(0xa2, &[&present, &present]))),
        (7, fields(2, &[0], &element(0xa4, &[&element(4, &[b"cn"]), &[0x30, 0]]))),
        (8, fields(2, &[0], &element(0xaf, &[]))),
    ] {
        assert_eq!(search_code(&mut client, &message(id, &operation)).await, (i32::from(id), Code::ProtocolError));
    }
    client.send_raw(&message(9, &element(0x6e, &[]))).await;
    assert!(matches!(client.next().await, Some(LdapMsg { msgid: 9, op: LdapOp::CompareResult(r), .. }) if r.code == Code::ProtocolError));
    client.send_raw(&message(10, &element(0x77, &[]))).await;
    assert!(
        matches!(client.next().await, Some(LdapMsg { msgid: 10, op: LdapOp::ExtendedResponse(r), .. }) if r.res.code == Code::ProtocolError)
    );
    assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1, "the connection lives on");
}

#[tokio::test]
async fn latin_1_is_undefined_and_no_reason_to_hang_up() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    for filter in [
        equality(b"sn", b"LEF\xc8VRE"),
        equality(b"objectGUID", b"\xa1\xff\x00"),
        equality(b"sn\xe9", b"x"),
        element(0xa2, &[&equality(b"sn", b"LEF\xc8VRE")]),
        element(0xa4, &[&element(4, &[b"cn"]), &element(0x30, &[&element(0x81, &[b"\xe9"])])]),
        element(0xa9, &[&element(0x82, &[b"cn"]), &element(0x83, &[b"\xe9"])]),
    ] {
        assert_eq!(search_code(&mut client, &raw_search(5, MAILBOXES.as_bytes(), &filter)).await, (5, Code::Success), "{filter:02x?}");
    }
    assert_eq!(search_code(&mut client, &raw_search(6, b"ou=\xe9", &equality(b"sn", b"x"))).await, (6, Code::InvalidDNSyntax));
}

#[tokio::test]
async fn filter_bombs_are_refused_at_once() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let started = Instant::now();
    for tag in [0xa0, 0xa1, 0xa2] {
        let mut deep = equality(b"cn", b"x");
        for _ in 0..2_000 {
            deep = element(tag, &[&deep]);
        }
        let code = search_code(&mut client, &raw_search(1, MAILBOXES.as_bytes(), &deep)).await.1;
        assert_eq!(code, Code::UnwillingToPerform);
    }
    let wide = element(0xa1, &[&equality(b"cn", b"x").repeat(3_000)]);
    assert_eq!(search_code(&mut client, &raw_search(2, MAILBOXES.as_bytes(), &wide)).await.1, Code::UnwillingToPerform);
    let pieces = element(0x30, &[&[0x81, 1, b'a'].repeat(3_000)]);
    let stars = element(0xa4, &[&element(4, &[b"cn"]), &pieces]);
    assert_eq!(search_code(&mut client, &raw_search(3, MAILBOXES.as_bytes(), &stars)).await.1, Code::UnwillingToPerform);
    assert!(started.elapsed() < Duration::from_secs(5));
}

#[tokio::test]
async fn endless_lists_of_attributes_are_refused() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    for (names, code) in [(1_000, Code::Success), (1_001, Code::UnwillingToPerform), (12_000, Code::UnwillingToPerform)] {
        let attrs = vec!["cn".to_owned(); names];
        let (entries, result) = client.search(LdapSearchRequest { attrs, ..search_request(MAILBOXES, "(sn=martin)") }).await;
        assert_eq!((entries.len(), result.code), (usize::from(names == 1_000), code.clone()), "{names}");
    }
}

#[tokio::test]
async fn four_octet_lengths_and_trailing_elements_are_read() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    let long = |tag: u8, content: &[u8]| [&[tag, 0x84, 0, 0, 0, u8::try_from(content.len()).unwrap()][..], content].concat();
    let filter = long(0xa3, &[long(4, b"sn"), long(4, b"martin")].concat());
    let fields =
        [long(4, MAILBOXES.as_bytes()), vec![10, 1, 2, 10, 1, 3, 2, 1, 0, 2, 1, 0, 1, 1, 0], filter, long(0x30, &[]), vec![0x99, 0]]
            .concat();
    let frame = long(0x30, &[long(2, &[7]), long(0x63, &fields), vec![0xa9, 1, 0]].concat());
    client.send_raw(&frame).await;
    assert!(matches!(client.next().await, Some(LdapMsg { msgid: 7, op: LdapOp::SearchResultEntry(_), .. })));
    assert!(matches!(client.next().await, Some(LdapMsg { op: LdapOp::SearchResultDone(r), .. }) if r.code == Code::Success));
}

#[tokio::test]
async fn silent_and_dripping_clients_are_left() {
    let world = World::new().await;
    let mut quick = settings();
    quick.ldap.first_request_seconds = 1;
    quick.ldap.idle_seconds = 1;
    quick.ldap.message_seconds = 1;
    let running = world.serve(quick).await;
    let started = Instant::now();
    let mut silent = Client::connect(running.ldap).await;
    let mut idle = Client::connect(running.ldap).await;
    idle.bind("", "").await;
    let mut half = Client::connect(running.ldap).await;
    half.send_raw(&raw_search(1, MAILBOXES.as_bytes(), &equality(b"sn", b"x"))[..20]).await;
    assert!(silent.closed().await && idle.closed().await && half.closed().await);
    let mut drip = Client::connect(running.ldap).await;
    for octet in raw_search(1, MAILBOXES.as_bytes(), &equality(b"sn", b"x")) {
        if drip.stream.write_all(&[octet]).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(drip.closed().await, "a message must arrive whole in time");
    assert!(started.elapsed() < Duration::from_secs(15));
}
