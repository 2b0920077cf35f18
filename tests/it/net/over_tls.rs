//! LDAPS: versions, resumption, stalled handshakes, certificates that change, the last words.

use super::client::{PATIENCE, START_TLS, Talk, connect_tls, secure, trusting};
use super::world::{World, write};
use ldap3_proto::proto::{LdapOp, LdapResultCode as Code};
use rustls::HandshakeKind;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

#[tokio::test(flavor = "multi_thread")]
async fn an_account_binds_over_both_versions() {
    let world = World::new().await;
    let dn = format!("uid={},ou=comptes,dc=mssante,dc=fr", world.directory.account);
    for old in [false, true] {
        let mut talk = connect_tls(&trusting(&world.authority, None, old), world.ldaps()).await;
        let version = talk.stream.get_ref().1.protocol_version();
        assert_eq!(version, Some(if old { rustls::ProtocolVersion::TLSv1_2 } else { rustls::ProtocolVersion::TLSv1_3 }));
        assert_eq!(talk.bind(&dn, &world.directory.secret).await, Code::Success);
        assert_eq!(talk.who_am_i().await, format!("dn:{dn}"));
        assert!(!talk.root_dse("supportedExtension").await.contains(&START_TLS.to_owned()));
        assert_eq!(talk.root_dse("supportedSASLMechanisms").await, [""; 0]);
        assert_eq!(talk.extended(START_TLS).await.res.code, Code::OperationsError, "TLS is on already");
        assert_eq!(talk.who_am_i().await, format!("dn:{dn}"), "and nothing changed");
        assert_eq!(talk.sasl("EXTERNAL", "").await, Code::InvalidCredentials);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_connection_resumes() {
    let world = World::new().await;
    for old in [false, true] {
        let config = trusting(&world.authority, Some(&world.authority.client("logiciel.exemple.invalid")), old);
        for expected in [HandshakeKind::Full, HandshakeKind::Resumed] {
            let mut talk = connect_tls(&config, world.ldaps()).await;
            assert_eq!(talk.sasl("EXTERNAL", "").await, Code::Success, "a resumed session knows its certificate");
            assert_eq!(talk.stream.get_ref().1.handshake_kind(), Some(expected), "old: {old}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stalled_handshake_costs_nobody_else() {
    let world = World::with(|settings| {
        settings.ldap.message_seconds = 5;
        settings.http.request_seconds = 5;
    })
    .await;
    let mut silent = Vec::new();
    for address in [world.ldaps(), world.https()] {
        silent.push(TcpStream::connect(address).await.unwrap());
        let mut half = TcpStream::connect(address).await.unwrap();
        half.write_all(&[0x16, 3, 1, 2, 0, 1]).await.unwrap();
        silent.push(half);
    }
    // StartTLS, and then no handshake.
    let mut begun = Talk::connect(world.directory.ldap).await;
    assert_eq!(begun.extended(START_TLS).await.res.code, Code::Success);
    silent.push(begun.stream);
    let config = trusting(&world.authority, None, false);
    let mut shaken = secure(&config, TcpStream::connect(world.https()).await.unwrap()).await.unwrap();
    let mut talk = connect_tls(&config, world.ldaps()).await;
    assert_eq!(talk.who_am_i().await, "");
    // A handshake done, and then no request.
    let ended = tokio::time::timeout(PATIENCE, shaken.read_to_end(&mut Vec::new())).await;
    assert!(ended.is_ok(), "the deadline of the first request ends the connection");
    for mut stream in silent {
        let ended = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut Vec::new())).await;
        assert!(ended.is_ok(), "the deadline of the handshake ends the connection");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_no_tls_is_closed_and_others_are_served() {
    let world = World::new().await;
    for address in [world.ldaps(), world.https()] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
        let mut answer = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await.expect("closed in time");
        assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
    }
    let stranger = super::world::Authority::new();
    let refused = secure(&trusting(&stranger, None, false), TcpStream::connect(world.ldaps()).await.unwrap()).await;
    assert!(refused.is_err(), "this client trusts somebody else");
    // Under TLS 1.3 the client learns of the refusal with its first read.
    let unknown = stranger.client("logiciel.exemple.invalid");
    let stream = TcpStream::connect(world.ldaps()).await.unwrap();
    if let Ok(mut stream) = secure(&trusting(&world.authority, Some(&unknown), false), stream).await {
        assert!(stream.read(&mut [0; 1]).await.is_err(), "a certificate of another authority is refused");
    }
    let mut talk = connect_tls(&trusting(&world.authority, None, false), world.ldaps()).await;
    assert_eq!(talk.who_am_i().await, "");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_certificate_is_shown_without_restart() {
    let world = World::new().await;
    let config = trusting(&world.authority, None, false);
    let shown = async || {
        let talk = connect_tls(&config, world.ldaps()).await;
        let certificates = talk.stream.get_ref().1.peer_certificates().unwrap();
        certificates[0].clone()
    };
    let mut open = connect_tls(&config, world.ldaps()).await;
    assert_eq!(shown().await, world.server.certificate);
    // A session of before, whose ticket is worth nothing afterwards.
    let before = trusting(&world.authority, None, false);
    let kind = async || {
        let mut talk = connect_tls(&before, world.ldaps()).await;
        talk.who_am_i().await;
        talk.stream.get_ref().1.handshake_kind()
    };
    assert_eq!((kind().await, kind().await), (Some(HandshakeKind::Full), Some(HandshakeKind::Resumed)));
    std::fs::write(world.file("server.key"), "no key").unwrap();
    let next = world.authority.server();
    let look = Instant::now();
    while look.elapsed() < Duration::from_secs(5) {
        assert_eq!(shown().await, world.server.certificate, "a bad file leaves the old one in use");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
    write(world.files.path(), &next);
    let reached = async {
        while shown().await != next.certificate {
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
    };
    tokio::time::timeout(PATIENCE, reached).await.expect("the new certificate");
    assert_eq!(kind().await, Some(HandshakeKind::Full), "tickets end with the files they were given under");
    assert_eq!(open.who_am_i().await, "", "open connections go on");
}

#[tokio::test(flavor = "multi_thread")]
async fn at_the_end_there_is_a_notice_and_close_notify() {
    let world = World::new().await;
    let mut talk = connect_tls(&trusting(&world.authority, None, false), world.ldaps()).await;
    assert_eq!(talk.who_am_i().await, "");
    let stopped = tokio::spawn(world.directory.stop());
    let notice = talk.next().await.expect("a notice");
    let LdapOp::ExtendedResponse(response) = notice.op else { panic!("{notice:?}") };
    assert_eq!((notice.msgid, response.res.code), (0, Code::Unavailable));
    // rustls tells a stream that was cut from one that was closed.
    assert_eq!(talk.stream.read(&mut [0; 1]).await.expect("close_notify"), 0);
    stopped.await.unwrap();
}
