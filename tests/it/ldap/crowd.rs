//! A crowd at the LDAP port of the real binary: thousands of open connections, a connection a search, sockets that are left open.

use super::wire::{Client, PATIENCE, search_request, slow_filter};
use crate::harness::{Server, TestDirectory, http};
use ldap3_proto::proto::{LdapResultCode as Code, LdapSearchRequest};
use tempfile::TempDir;
use tokio::io::AsyncReadExt as _;

const CROWD: usize = 2_000;
const BASE: &str = "dc=mssante,dc=fr";

/// `serve` over the demo's fixtures.
async fn server(more: &str) -> (TempDir, Server) {
    let _ = rlimit::increase_nofile_limit(16_000);
    let folder = TestDirectory::demo().await.stop().await;
    let server = Server::crowded(folder.path(), more).await;
    (folder, server)
}

/// Private memory of a process, kB.
fn private_memory(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("RssAnon:")).expect("the system says how much");
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_thousand_open_connections_cost_little_and_everybody_is_served() {
    let (_folder, server) = server("").await;
    let address = server.ldap_address();
    let mut first = Client::connect(address).await;
    assert!(first.answers(BASE, "(sn=belin)").await);
    let before = private_memory(server.id());
    let mut crowd = Vec::with_capacity(CROWD);
    for number in 0..CROWD {
        let mut client = Client::connect(address).await;
        // Half of them have asked something, a quarter is in the middle of a message, the rest has said nothing.
        match number % 4 {
            0 | 1 => assert!(client.answers(BASE, "(sn=belin)").await),
            2 => client.send_raw(&[0x30, 0x20, 2, 1]).await,
            _ => {}
        }
        crowd.push(client);
    }
    let mut late = Client::connect(address).await;
    assert!(late.answers(BASE, "(cn=*lyon*)").await);
    for client in crowd.iter_mut().step_by(400) {
        assert!(client.answers(BASE, "(sn=belin)").await, "they are served still");
    }
    let grown = private_memory(server.id()).saturating_sub(before);
    assert!(grown < 32 * CROWD as u64, "{grown} kB for {CROWD} connections");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_connection_a_search_left_open_is_closed_when_it_is_idle() {
    let (_folder, server) = server("[ldap]\nidle_seconds = 1\nfirst_request_seconds = 1\nmax_connections = 300\n").await;
    let mut left = Vec::new();
    // More than the listener holds at once: those left open make room when they are idle.
    for _ in 0..450 {
        let mut client = Client::connect(server.ldap_address()).await;
        assert!(client.answers(BASE, "(sn=belin)").await);
        left.push(client);
    }
    for client in &mut left {
        let mut rest = Vec::new();
        let closed = tokio::time::timeout(PATIENCE, client.stream.read_to_end(&mut rest)).await;
        assert!(closed.is_ok(), "an idle connection is closed");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_time_limit_of_the_client_s_own_ends_with_3_and_the_server_s_with_4() {
    let (_folder, server) = server("[search]\ndeadline_ms = 1500\n").await;
    let mut client = Client::connect(server.ldap_address()).await;
    for (timelimit, code) in [(1, Code::TimeLimitExceeded), (60, Code::SizeLimitExceeded)] {
        let base = "dc=annuaire,dc=sante,dc=fr";
        let request = LdapSearchRequest { timelimit, filter: slow_filter(), ..search_request(base, "(cn=*)") };
        assert_eq!(client.search(request).await.1.code, code, "{timelimit}");
    }
    assert!(client.answers(BASE, "(sn=belin)").await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_web_client_that_takes_nothing_of_its_answers_is_left() {
    const REQUESTS: usize = 400;
    let (_folder, server) = server("[http]\nrequest_seconds = 1\n").await;
    let document = http(server.http_address(), "GET", "/openapi.json", None).await.body.len();
    let mut client = Client::connect_narrow(server.http_address()).await;
    client.send_raw(b"GET /openapi.json HTTP/1.1\r\nHost: x\r\n\r\n".repeat(REQUESTS).as_slice()).await;
    tokio::time::sleep(std::time::Duration::from_secs(3)).await;
    let mut taken = Vec::new();
    // Closed or reset: either way the place is free again.
    let _ = tokio::time::timeout(PATIENCE, client.stream.read_to_end(&mut taken)).await.expect("the server has left");
    assert!(taken.len() < REQUESTS * document, "{} bytes were kept for it", taken.len());
}
