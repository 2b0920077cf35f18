//! Damaged requests against a server of its own, while a well-behaved client is answered throughout; afterwards nothing has grown.

use super::damage::damaged;
use super::requests;
use crate::harness::{Ldap, Server, TestDirectory};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use std::net::SocketAddr;
use std::time::{Duration, Instant};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpSocket;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

/// Kilobytes the server may hold more after the second half of the attack than after the first.
const GROWTH: u64 = 64 * 1024;
const ATTACK: Duration = Duration::from_secs(5);

/// A number of the server's process as the system sees it.
fn resident_kilobytes(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).expect("a process");
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).expect("its memory");
    line.split_whitespace().nth(1).and_then(|number| number.parse().ok()).expect("a number")
}

fn sockets(process: u32) -> usize {
    let files = std::fs::read_dir(format!("/proc/{process}/fd")).expect("a process");
    files
        .filter_map(|file| std::fs::read_link(file.ok()?.path()).ok())
        .filter(|target| target.to_string_lossy().starts_with("socket:"))
        .count()
}

/// Sends damaged requests over short connections, reading some answers and none of others; returns how many were sent.
async fn attack(address: SocketAddr, time: Duration) -> usize {
    let mut runner = TestRunner::default();
    let (damaged, valid) = (damaged(), requests::all());
    let (started, mut sent) = (Instant::now(), 0);
    let mut left_open = Vec::new();
    while started.elapsed() < time || sent < 200 {
        // From an address of its own, so that what is counted by source is not the other client's.
        let socket = TcpSocket::new_v4().expect("a socket");
        socket.bind(SocketAddr::from(([127, 0, 0, 2], 0))).expect("another address of the loopback");
        let mut stream = socket.connect(address).await.expect("the server accepts");
        for turn in 0..4 {
            let request =
                if turn == 3 { valid[sent % valid.len()].clone() } else { damaged.new_tree(&mut runner).expect("a request").current() };
            // The server may have left after the one before.
            if timeout(Duration::from_secs(20), stream.write_all(&request)).await.expect("the server reads").is_err() {
                break;
            }
            sent += 1;
        }
        let mut answers = [0; 4096];
        match sent % 3 {
            // Gone without a word, with answers unread.
            0 => drop(stream),
            1 => drop(timeout(Duration::from_millis(20), stream.read(&mut answers)).await),
            _ => left_open.push(stream),
        }
        if left_open.len() > 50 {
            left_open.clear();
        }
    }
    sent
}

/// Asks the same again and again until told to stop; every answer must be the right one. Returns how many there were.
async fn behave(address: SocketAddr, filter: String, dn: String, stop: CancellationToken) -> usize {
    let mut client = Ldap::connect(address).await;
    let mut answered = 0;
    while !stop.is_cancelled() {
        let found = client.search("dc=mssante,dc=fr", &filter).await;
        assert!(found.entries.iter().any(|entry| entry.dn == dn), "{found:?}");
        answered += 1;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    answered
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn others_are_answered_and_nothing_grows() {
    let folder = TestDirectory::demo().await.stop().await;
    let server = Server::crowded(folder.path(), "").await;
    let address = server.ldap_address();
    let known = Ldap::connect(address).await.search("dc=mssante,dc=fr", "(TypeBAL=PER)").await.entries.remove(0);
    let filter = format!("(mail={})", known.first("mail"));
    let idle = sockets(server.id());

    let stop = CancellationToken::new();
    let behaving = tokio::spawn(behave(address, filter, known.dn, stop.clone()));
    attack(address, ATTACK).await;
    let halfway = resident_kilobytes(server.id());
    let sent = attack(address, ATTACK).await;
    let after = resident_kilobytes(server.id());
    stop.cancel();
    let answered = behaving.await.expect("the well-behaved client is answered throughout");

    assert!(sent >= 200 && answered >= 10, "{sent} sent, {answered} answered");
    assert!(after < halfway + GROWTH, "{halfway} kB halfway, {after} kB after");
    let settled = async {
        while sockets(server.id()) > idle {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    timeout(Duration::from_secs(30), settled).await.expect("connections that ended are closed");
    assert_eq!(server.terminate(), Some(0));
}
