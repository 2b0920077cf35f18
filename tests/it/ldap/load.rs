//! Many at once: interleaved searches, abandon, slow readers, caps, shutdown, and the web listener beside.

use super::wire::{Client, PATIENCE, encode, search_request, slow_filter};
use super::world::{ACCOUNT, FILLERS, MAILBOXES, SECRET, World, serve, settings};
use ldap3_proto::proto::{LdapMsg, LdapOp, LdapResultCode as Code, LdapSearchRequest, OID_WHOAMI};
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

fn search(msgid: i32, filter: &str) -> Vec<u8> {
    encode(LdapMsg { msgid, op: LdapOp::SearchRequest(search_request(MAILBOXES, filter)), ctrl: vec![] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn searches_run_together_and_each_is_answered() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    // More than may run at once: the rest waits its turn.
    let all: Vec<u8> = (1..=60).flat_map(|id| search(id, if id % 2 == 0 { "(sn=martin)" } else { "(mail=*remplissage*)" })).collect();
    client.send_raw(&all).await;
    let mut entries: BTreeMap<i32, usize> = BTreeMap::new();
    let mut done = BTreeMap::new();
    while done.len() < 60 {
        let answer = client.next().await.expect("an answer");
        assert!(!done.contains_key(&answer.msgid), "nothing follows the end of a search");
        match answer.op {
            LdapOp::SearchResultEntry(_) => *entries.entry(answer.msgid).or_default() += 1,
            LdapOp::SearchResultDone(result) => {
                done.insert(answer.msgid, result.code);
            }
            other => panic!("{other:?}"),
        }
    }
    for id in 1..=60 {
        let expected = if id % 2 == 0 { (1, Code::Success) } else { (100, Code::SizeLimitExceeded) };
        assert_eq!((entries[&id], done[&id].clone()), expected, "{id}");
    }
}

fn slow(msgid: i32) -> Vec<u8> {
    let request = LdapSearchRequest { filter: slow_filter(), ..search_request(MAILBOXES, "(cn=*)") };
    encode(LdapMsg { msgid, op: LdapOp::SearchRequest(request), ctrl: vec![] })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_on_one_connection_does_not_hold_up_another() {
    const FLOOD: i32 = 16;
    let (_world, running) = serve().await;
    let mut flood = Client::connect(running.ldap).await;
    let mut other = Client::connect(running.ldap).await;
    assert_eq!(other.find(MAILBOXES, "(sn=martin)").await.len(), 1);
    flood.send_raw(&(1..=FLOOD).flat_map(slow).collect::<Vec<u8>>()).await;
    let done = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&done);
    let reading = tokio::spawn(async move {
        for _ in 0..FLOOD {
            assert!(matches!(flood.next().await.expect("an answer").op, LdapOp::SearchResultDone(done) if done.code == Code::Success));
            counted.fetch_add(1, Ordering::SeqCst);
        }
    });
    // The flood has begun when one of it is done.
    while done.load(Ordering::SeqCst) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(other.find(MAILBOXES, "(sn=martin)").await.len(), 1);
    let before = done.load(Ordering::SeqCst);
    assert!(before <= 8, "{before} of the flood were answered before somebody else");
    timeout(PATIENCE, reading).await.unwrap().unwrap();
}

#[tokio::test]
async fn abandon_late_unknown_and_of_a_bind() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    client.send(LdapOp::AbandonRequest(99)).await;
    client.bind("", "").await;
    // What a mail client does: abandons the bind, keeps the socket.
    client.send(LdapOp::AbandonRequest(2)).await;
    assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1);
    client.send(LdapOp::AbandonRequest(4)).await;
    assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1);
}

#[tokio::test]
async fn an_abandoned_search_gets_no_answer() {
    const SEARCHES: i32 = 120;
    let world = World::new().await;
    let mut wide = settings();
    wide.limits.anonymous_entries = 1_000;
    wide.ldap.max_operations = 200;
    let running = world.serve(wide).await;
    // A client with a small window that reads nothing yet: the searches stand in the middle of their answers when the abandons come.
    let mut client = Client::connect_narrow(running.ldap).await;
    for id in 1..=SEARCHES {
        client.send_raw(&search(id, "(objectClass=*)")).await;
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    for id in 1..=SEARCHES {
        client.send_raw(&encode(LdapMsg { msgid: 200 + id, op: LdapOp::AbandonRequest(id), ctrl: vec![] })).await;
    }
    client.send_raw(&search(999, "(sn=martin)")).await;
    let mut done = Vec::new();
    while !done.contains(&999) {
        let answer = client.next().await.expect("an answer");
        if let LdapOp::SearchResultDone(_) = answer.op {
            done.push(answer.msgid);
        }
    }
    let all = usize::try_from(SEARCHES).unwrap();
    assert!(done.len() < all, "abandoned in their middle, some searches have no end: {} of {all} have", done.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_reader_that_does_not_read_is_cut() {
    let world = World::new().await;
    let mut quick = settings();
    quick.ldap.message_seconds = 1;
    quick.limits.anonymous_entries = 1_000;
    let running = world.serve(quick).await;
    let mut client = Client::connect(running.ldap).await;
    // About 100 kB each: more than socket buffers and queue hold together.
    for round in 0..40 {
        let requests: Vec<u8> = (1..=8).flat_map(|id| search(round * 8 + id, "(objectClass=*)")).collect();
        if client.stream.write_all(&requests).await.is_err() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(40)).await;
    }
    tokio::time::sleep(Duration::from_secs(2)).await;
    let mut sink = vec![0; 1 << 20];
    loop {
        match timeout(PATIENCE, client.stream.read(&mut sink)).await.expect("the server has left") {
            Ok(0) | Err(_) => break,
            Ok(_) => {}
        }
    }
    let mut other = Client::connect(running.ldap).await;
    assert_eq!(other.find(MAILBOXES, "(sn=martin)").await.len(), 1, "others are served");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_pipelined_before_a_shutdown_is_answered_or_told() {
    let world = World::new().await;
    let mut running = world.serve(settings()).await;
    let mut client = Client::connect(running.ldap).await;
    client.bind("", "").await;
    client.send_raw(&(10..=110).flat_map(slow).collect::<Vec<u8>>()).await;
    running.stop.cancel();
    let notice = async {
        loop {
            let answer = client.next().await.expect("a notice before the end");
            if answer.msgid == 0 {
                return;
            }
        }
    };
    timeout(PATIENCE, notice).await.expect("a notice");
    timeout(PATIENCE, &mut running.task).await.expect("the server ends").unwrap().unwrap();
}

#[tokio::test]
async fn an_abandoned_id_may_be_used_again_at_once() {
    let (_world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    for _ in 0..20 {
        let abandon = encode(LdapMsg { msgid: 6, op: LdapOp::AbandonRequest(5), ctrl: vec![] });
        client.send_raw(&[search(5, "(mail=*remplissage*)"), abandon, search(5, "(sn=martin)")].concat()).await;
        loop {
            let answer = client.next().await.expect("an answer");
            assert_eq!(answer.msgid, 5);
            if let LdapOp::SearchResultDone(result) = answer.op {
                // Rarely the first was done before it was abandoned.
                if result.code == Code::Success {
                    break;
                }
            }
        }
    }
}

#[tokio::test]
async fn a_bind_waits_for_what_runs_and_a_revoked_account_is_anonymous() {
    let (world, running) = serve().await;
    let mut client = Client::connect(running.ldap).await;
    client.bind(ACCOUNT, SECRET).await;
    assert_eq!(client.find(MAILBOXES, "(TypeBAL=APP)").await.len(), 1);
    // Pipelined as the usual command-line tools do: the search stands behind the bind, and is asked under its identity.
    let all = [search(50, "(mail=*remplissage*)"), encode(super::clients::bind(51, "", "")), search(52, "(TypeBAL=APP)")].concat();
    client.send_raw(&all).await;
    let mut order = Vec::new();
    while order.len() < 3 {
        let answer = client.next().await.expect("an answer");
        match answer.op {
            LdapOp::SearchResultEntry(_) => {}
            _ => order.push(answer.msgid),
        }
    }
    assert_eq!(order, [50, 51, 52]);

    client.bind(ACCOUNT, SECRET).await;
    world.accounts.revoke("logiciel", 1).await.unwrap();
    tokio::time::sleep(Duration::from_millis(600)).await;
    assert_eq!(client.find(MAILBOXES, "(TypeBAL=APP)").await.len(), 0);
    assert_eq!(client.extended(OID_WHOAMI).await.1, Some(vec![]));
    assert_eq!(client.bind(ACCOUNT, SECRET).await.code, Code::InvalidCredentials);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn shutdown_finishes_what_is_in_flight() {
    let world = World::new().await;
    let mut running = world.serve(settings()).await;
    let mut client = Client::connect(running.ldap).await;
    client.bind(ACCOUNT, SECRET).await;
    client.send_raw(&search(40, "(mail=*remplissage*)")).await;
    let first = client.next().await.expect("the search has begun");
    assert_eq!(first.msgid, 40);
    running.stop.cancel();
    let mut entries = 1;
    loop {
        match client.next().await.expect("an answer").op {
            LdapOp::SearchResultEntry(_) => entries += 1,
            LdapOp::SearchResultDone(result) => break assert_eq!(result.code, Code::Success),
            other => panic!("{other:?}"),
        }
    }
    assert_eq!(entries, FILLERS);
    client.expect_notice(Code::Unavailable).await;
    timeout(PATIENCE, &mut running.task).await.expect("the server ends").unwrap().unwrap();
    assert!(TcpStream::connect(running.ldap).await.is_err());
}

#[tokio::test]
async fn a_full_listener_lets_others_wait() {
    let world = World::new().await;
    let mut small = settings();
    small.ldap.max_connections = 2;
    let running = world.serve(small).await;
    let mut first = Client::connect(running.ldap).await;
    let mut second = Client::connect(running.ldap).await;
    assert_eq!(first.bind("", "").await.code, Code::Success);
    assert_eq!(second.bind("", "").await.code, Code::Success);
    let mut third = Client::connect(running.ldap).await;
    third.send_raw(&encode(super::clients::bind(1, "", ""))).await;
    assert!(timeout(Duration::from_millis(200), third.next()).await.is_err(), "no room yet");
    drop(first);
    assert!(third.next().await.is_some());
}

#[tokio::test]
async fn the_web_listener_speaks_both_versions() {
    let (_world, mut running) = serve().await;
    let mut stream = TcpStream::connect(running.http).await.unwrap();
    stream.write_all(b"GET /hello HTTP/1.1\r\nHost: x\r\n\r\n").await.unwrap();
    let mut answer = vec![0; 4096];
    let size = stream.read(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer[..size]).into_owned();
    assert!(text.starts_with("HTTP/1.1 200 OK") && text.ends_with("hello"), "{text}");
    // HTTP/2 by prior knowledge: the server's preface is a SETTINGS frame (type 4).
    let mut second = TcpStream::connect(running.http).await.unwrap();
    second.write_all(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0").await.unwrap();
    let mut frame = [0; 9];
    timeout(PATIENCE, second.read_exact(&mut frame)).await.unwrap().unwrap();
    assert_eq!(frame[3], 4);
    running.stop.cancel();
    timeout(PATIENCE, &mut running.task).await.expect("idle connections end with the server").unwrap().unwrap();
}
