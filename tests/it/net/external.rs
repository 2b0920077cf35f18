//! SASL EXTERNAL and HTTP by client certificate: whose it is, whose it is not, and until when.

use super::client::{PATIENCE, Talk, connect_tls, encoded, secure, start_tls, trusting};
use super::world::{Authority, Issued, World};
use annuaire::trust::{Accounts, written_subject};
use ldap3_proto::proto::LdapResultCode as Code;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

const NAME: &str = "logiciel.exemple.invalid";
const ACCOUNT: &str = "dn:uid=logiciel,ou=comptes,dc=mssante,dc=fr";

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_is_its_account() {
    let world = World::new().await;
    let config = trusting(&world.authority, Some(&world.authority.client(NAME)), false);
    let mut over_tls = connect_tls(&config, world.ldaps()).await;
    let mut started = Talk::connect(world.directory.ldap).await.start_tls(&config).await;
    for talk in [&mut over_tls, &mut started] {
        assert_eq!(talk.root_dse("supportedSASLMechanisms").await, ["EXTERNAL"]);
        assert_eq!(talk.who_am_i().await, "", "a certificate alone binds nobody");
        for (authorization, expected) in [
            ("", Code::Success),
            (ACCOUNT, Code::Success),
            ("dn:UID=Logiciel, ou=comptes,dc=mssante,dc=fr", Code::Success),
            ("dn:uid=personne,ou=comptes,dc=mssante,dc=fr", Code::InvalidCredentials),
            ("dn:", Code::InvalidCredentials),
            ("u:logiciel", Code::InvalidCredentials),
            ("logiciel", Code::InvalidCredentials),
        ] {
            assert_eq!(talk.sasl("EXTERNAL", authorization).await, expected, "{authorization}");
            let bound = if expected == Code::Success { ACCOUNT } else { "" };
            assert_eq!(talk.who_am_i().await, bound, "{authorization}");
        }
        for other in ["PLAIN", "external", "DIGEST-MD5", ""] {
            assert_eq!(talk.sasl(other, "").await, Code::AuthMethodNotSupported, "{other}");
        }
        assert_eq!(talk.who_am_i().await, "", "and the connection stays");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_certificate_of_nobody_binds_nobody() {
    let world = World::new().await;
    let config = trusting(&world.authority, Some(&world.authority.client("autre.exemple.invalid")), false);
    let mut talk = connect_tls(&config, world.ldaps()).await;
    assert_eq!(talk.sasl("EXTERNAL", "").await, Code::InvalidCredentials);
    let subject = written_subject("CN=autre.exemple.invalid, OU=1990999013, O=exemple, C=fr").unwrap();
    let accounts = Accounts::new(world.directory.store.clone());
    accounts.add_certificate("logiciel", &subject, 1).await.unwrap();
    assert!(accounts.add_certificate(&world.directory.account, &subject, 1).await.is_err(), "a certificate has one owner");
    let start = Instant::now();
    while talk.sasl("EXTERNAL", "").await != Code::Success {
        assert!(start.elapsed() < Duration::from_secs(5), "it is the account's within a moment");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let mut clear = Talk::connect(world.directory.ldap).await;
    assert_eq!(clear.sasl("EXTERNAL", "").await, Code::InvalidCredentials);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revocation_acts_on_open_connections() {
    let world = World::new().await;
    let config = trusting(&world.authority, Some(&world.authority.client(NAME)), false);
    let mut talk = connect_tls(&config, world.ldaps()).await;
    assert_eq!(talk.sasl("EXTERNAL", "").await, Code::Success);
    assert_eq!(get(&world, &config, "").await.1, "private, no-store");
    let accounts = Accounts::new(world.directory.store.clone());
    accounts.revoke("logiciel", 1).await.unwrap();
    let start = Instant::now();
    while !talk.who_am_i().await.is_empty() {
        assert!(start.elapsed() < Duration::from_secs(5), "revoked within a second");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(talk.sasl("EXTERNAL", "").await, Code::InvalidCredentials);
    let subject = written_subject(super::world::SUBJECT).unwrap();
    accounts.add_certificate(&world.directory.account, &subject, 2).await.expect("the certificate may pass to another account");
    let listed = accounts.list().await.unwrap();
    assert!(listed.iter().any(|account| account.name == world.directory.account && account.certificates == [subject.clone()]));
}

/// Does the server shake hands? Under TLS 1.3 the client learns of a refusal with its first read.
async fn shakes(world: &World, client: &Issued) -> bool {
    let config = trusting(&world.authority, Some(client), false);
    let Ok(stream) = secure(&config, TcpStream::connect(world.ldaps()).await.unwrap()).await else { return false };
    let mut talk = Talk::over(stream);
    talk.send_bytes(&encoded(1, start_tls())).await;
    talk.next().await.is_some()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_revoked_certificate_is_refused_in_the_handshake() {
    let authority = Authority::new();
    let (first, second) = (authority.client(NAME), authority.client(NAME));
    let world = World::revoking(authority, &first).await;
    assert!(!shakes(&world, &first).await && shakes(&world, &second).await);
    // Another list, and then one whose successor is overdue.
    for (revoked, other, next_year) in [(&second, &first, 2099), (&first, &second, 2021)] {
        std::fs::write(world.file("crl.pem"), world.authority.revocations(revoked, next_year)).unwrap();
        let start = Instant::now();
        while shakes(&world, revoked).await {
            assert!(start.elapsed() < PATIENCE, "lists are read again");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        assert!(shakes(&world, other).await);
    }
    std::fs::write(world.file("crl.pem"), "no list").unwrap();
    tokio::time::sleep(Duration::from_secs(4)).await;
    assert!(!shakes(&world, &first).await && shakes(&world, &second).await, "a bad file leaves the list before in use");
}

/// Status and Cache-Control of a question over HTTPS.
async fn get(world: &World, config: &std::sync::Arc<rustls::ClientConfig>, header: &str) -> (u16, String) {
    let mut stream = secure(config, TcpStream::connect(world.https()).await.unwrap()).await.unwrap();
    let request = format!("GET /v1/search?q=martin HTTP/1.1\r\nHost: localhost\r\n{header}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.expect("an answer that ends with close_notify");
    let status = answer.split(' ').nth(1).unwrap().parse().unwrap();
    let keep = answer.lines().find_map(|line| line.strip_prefix("cache-control: ")).unwrap_or_default();
    (status, keep.to_owned())
}

#[tokio::test(flavor = "multi_thread")]
async fn over_http_a_header_goes_before_the_certificate() {
    let world = World::new().await;
    let known = trusting(&world.authority, Some(&world.authority.client(NAME)), false);
    let none = trusting(&world.authority, None, false);
    assert_eq!(get(&world, &known, "").await, (200, "private, no-store".to_owned()));
    assert_eq!(get(&world, &none, "").await, (200, "no-cache".to_owned()));
    assert_eq!(get(&world, &known, "Authorization: Bearer wrong\r\n").await.0, 401);
    let bearer = format!("Authorization: Bearer {}\r\n", world.directory.secret);
    assert_eq!(get(&world, &none, &bearer).await.0, 200);
}
