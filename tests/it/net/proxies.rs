//! Proxies and cleartext: whom a PROXY header and `Forwarded` make of a connection, and what it may then ask.

use super::client::{START_TLS, Talk, base_search, encoded, trusting};
use super::world::World;
use annuaire::settings::{Cleartext, Settings};
use ldap3_proto::proto::{LdapModifyRequest, LdapOp, LdapResultCode as Code};
use ppp::v2::{Builder, Command, Protocol, Type, Version};
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

fn header(source: &str, tls: bool) -> Vec<u8> {
    let addresses: (SocketAddr, SocketAddr) = (source.parse().unwrap(), "192.0.2.9:389".parse().unwrap());
    let builder = Builder::with_addresses(Version::Two | Command::Proxy, Protocol::Stream, addresses);
    builder.write_tlv(Type::SSL, &[u8::from(tls), 0, 0, 0, 0]).unwrap().build().unwrap()
}

fn behind_a_proxy(settings: &mut Settings) {
    settings.net.proxy_protocol = true;
    settings.net.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap()];
}

async fn arriving(address: SocketAddr, head: &[u8]) -> Talk<TcpStream> {
    let mut talk = Talk::connect(address).await;
    talk.send_bytes(head).await;
    talk
}

/// Status and body of one request behind these bytes.
async fn get(address: SocketAddr, head: &[u8], path: &str, headers: &str) -> (u16, String) {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let request = format!("GET {path} HTTP/1.1\r\nHost: localhost\r\n{headers}Connection: close\r\n\r\n");
    stream.write_all(&[head, request.as_bytes()].concat()).await.unwrap();
    let mut answer = Vec::new();
    // Refused bytes that nobody read end the connection with a reset, behind the answer.
    let _ = stream.read_to_end(&mut answer).await;
    let answer = String::from_utf8(answer).unwrap();
    let status = answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
    (status, answer)
}

#[tokio::test(flavor = "multi_thread")]
async fn in_clear_from_afar_only_tls_may_begin() {
    let world = World::with(behind_a_proxy).await;
    let dn = format!("uid={},ou=comptes,dc=mssante,dc=fr", world.directory.account);
    let mut talk = arriving(world.directory.ldap, &header("192.0.2.1:5000", false)).await;
    assert_eq!(talk.bind("", "").await, Code::ConfidentialityRequired);
    assert_eq!(talk.bind(&dn, &world.directory.secret).await, Code::ConfidentialityRequired);
    assert_eq!(talk.bind("no name", "x").await, Code::ConfidentialityRequired, "what is said is not looked at");
    for base in ["dc=mssante,dc=fr", "cn=subschema"] {
        let answers = talk.ask(base_search(base)).await;
        let [LdapOp::SearchResultDone(done)] = answers.as_slice() else { panic!("{answers:?}") };
        assert_eq!(done.code, Code::ConfidentialityRequired);
    }
    let answers = talk.ask(LdapOp::ModifyRequest(LdapModifyRequest { dn: "dc=mssante,dc=fr".to_owned(), changes: vec![] })).await;
    assert!(matches!(answers.as_slice(), [LdapOp::ModifyResponse(result)] if result.code == Code::ConfidentialityRequired), "{answers:?}");
    assert_eq!(talk.extended(ldap3_proto::proto::OID_WHOAMI).await.res.code, Code::ConfidentialityRequired);
    assert!(talk.root_dse("supportedExtension").await.contains(&START_TLS.to_owned()), "so that StartTLS is found");
    let mut talk = talk.start_tls(&trusting(&world.authority, None, false)).await;
    assert_eq!(talk.bind(&dn, &world.directory.secret).await, Code::Success);
    assert_eq!(talk.who_am_i().await, format!("dn:{dn}"));
}

#[tokio::test(flavor = "multi_thread")]
async fn http_in_clear_from_afar_is_refused() {
    let world = World::with(behind_a_proxy).await;
    let http = world.directory.http;
    let afar = header("192.0.2.1:5000", false);
    let bearer = format!("Authorization: Bearer {}\r\n", world.directory.secret);
    for (path, headers) in [("/v1/search?q=martin", ""), ("/v1/search?q=martin", &bearer), ("/readyz", ""), ("/docs", ""), ("/nowhere", "")]
    {
        let (status, answer) = get(http, &afar, path, headers).await;
        assert_eq!(status, 403, "{path}");
        assert!(answer.contains("application/problem+json") && answer.contains("\"tls_required\""), "{answer}");
    }
    assert_eq!(get(http, &afar, "/healthz", "").await.0, 200);
    for near in [header("192.0.2.1:5000", true), header("127.0.0.1:5000", false)] {
        assert_eq!(get(http, &near, "/v1/search?q=martin", &bearer).await.0, 200);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_came_over_tls_or_from_here_is_answered() {
    let world = World::with(behind_a_proxy).await;
    for near in [header("192.0.2.1:5000", true), header("127.0.0.1:5000", false)] {
        let mut talk = arriving(world.directory.ldap, &near).await;
        assert_eq!(talk.bind("", "").await, Code::Success);
    }
    // Over TLS behind the header, as a proxy that passes TLS on sends it.
    let mut stream = TcpStream::connect(world.ldaps()).await.unwrap();
    stream.write_all(&header("192.0.2.1:5000", false)).await.unwrap();
    let stream = super::client::secure(&trusting(&world.authority, None, false), stream).await.unwrap();
    assert_eq!(Talk::over(stream).who_am_i().await, "");
    // A trusted proxy that sends no header is not believed to be its client.
    let mut bare = arriving(world.directory.ldap, &encoded(1, base_search(""))).await;
    assert!(bare.next().await.is_none());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_header_of_anybody_else_is_no_header() {
    for change in [(|settings: &mut Settings| settings.net.proxy_protocol = true) as fn(&mut Settings), |settings| {
        settings.net.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]
    }] {
        let world = World::with(change).await;
        let mut talk = arriving(world.directory.ldap, &header("192.0.2.1:5000", true)).await;
        let notice = talk.next().await.expect("a notice");
        assert!(matches!(&notice.op, LdapOp::ExtendedResponse(response) if response.res.code == Code::ProtocolError), "{notice:?}");
        assert!(talk.next().await.is_none());
        let (status, answer) = get(world.directory.http, &header("192.0.2.1:5000", true), "/healthz", "").await;
        assert!(status == 0 || status == 400, "{answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_is_believed_from_trusted_proxies_only() {
    let asked = "/v1/search?q=martin";
    let trusting = World::with(|settings| settings.net.trusted_proxies = vec!["127.0.0.1/32".parse().unwrap()]).await;
    for (headers, expected) in [
        ("", 200),
        ("Forwarded: for=192.0.2.1;proto=https\r\n", 200),
        ("Forwarded: for=192.0.2.1;proto=http\r\n", 403),
        ("Forwarded: for=192.0.2.1;proto=https\r\nForwarded: for=198.51.100.1\r\n", 403),
        ("Forwarded: for=192.0.2.1;proto=https, \"\r\n", 403),
        ("Forwarded: for=192.0.2.1;proto=https, for=127.0.0.1;proto=http\r\n", 200),
        ("X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: http\r\n", 200),
    ] {
        assert_eq!(get(trusting.directory.http, b"", asked, headers).await.0, expected, "{headers}");
    }
    let trusts_nobody = World::new().await;
    assert_eq!(get(trusts_nobody.directory.http, b"", asked, "Forwarded: for=192.0.2.1;proto=http\r\n").await.0, 200);
}

/// Behind a proxy here, whose clients have addresses that are trusted as well.
fn clients_among_proxies(settings: &mut Settings) {
    settings.net.proxy_protocol = true;
    settings.net.trusted_proxies = vec!["127.0.0.0/8".parse().unwrap(), "10.0.0.0/8".parse().unwrap()];
    settings.limits.connections_per_source = 2;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_with_a_trusted_address_has_the_cap_of_a_client() {
    let world = World::with(clients_among_proxies).await;
    let root = encoded(1, base_search(""));
    for (source, answered) in [("10.1.2.3:5000", [true, true, false]), ("192.0.2.1:5000", [true, true, false])] {
        let mut held = Vec::new();
        for expected in answered {
            let mut talk = arriving(world.directory.ldap, &[header(source, true), root.clone()].concat()).await;
            assert_eq!(talk.next().await.is_some(), expected, "{source}");
            held.push(talk);
        }
    }
    // A proxy that names nobody stands for many.
    let addresses: (SocketAddr, SocketAddr) = ("127.0.0.1:5000".parse().unwrap(), "127.0.0.1:389".parse().unwrap());
    let local = Builder::with_addresses(Version::Two | Command::Local, Protocol::Stream, addresses).build().unwrap();
    let mut held = Vec::new();
    for _ in 0..4 {
        let mut talk = arriving(world.directory.ldap, &[local.clone(), root.clone()].concat()).await;
        assert!(talk.next().await.is_some());
        held.push(talk);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn forwarded_of_a_named_client_is_its_own_words() {
    let world = World::with(clients_among_proxies).await;
    let asked = "/v1/search?q=martin";
    let http = world.directory.http;
    // Believed, it would take confidentiality away, or give it.
    let to_clear = "Forwarded: for=198.51.100.7;proto=http\r\n";
    assert_eq!(get(http, &header("10.1.2.3:5000", true), asked, to_clear).await.0, 200);
    let to_tls = "Forwarded: for=198.51.100.7;proto=https\r\n";
    assert_eq!(get(http, &header("10.1.2.3:5000", false), asked, to_tls).await.0, 403);
    // The same over TLS that the proxy passes on.
    let mut stream = TcpStream::connect(world.https()).await.unwrap();
    stream.write_all(&header("10.1.2.3:5000", false)).await.unwrap();
    let mut stream = super::client::secure(&trusting(&world.authority, None, false), stream).await.unwrap();
    let request = format!("GET {asked} HTTP/1.1\r\nHost: localhost\r\n{to_clear}Connection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let _ = stream.read_to_string(&mut answer).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_setting_allows_cleartext_from_anywhere() {
    let world = World::with(|settings| {
        behind_a_proxy(settings);
        settings.net.cleartext = Cleartext::Anywhere;
    })
    .await;
    let afar = header("192.0.2.1:5000", false);
    assert_eq!(arriving(world.directory.ldap, &afar).await.bind("", "").await, Code::Success);
    assert_eq!(get(world.directory.http, &afar, "/v1/search?q=martin", "").await.0, 200);
}
