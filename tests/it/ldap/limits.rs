//! What one source may take through the LDAP door, and how it notices.

use super::wire::{Client, PATIENCE};
use super::world::{ACCOUNT, MAILBOXES, SECRET, World, settings};
use ldap3_proto::proto::LdapResultCode as Code;
use tokio::net::TcpStream;

#[tokio::test]
async fn beyond_the_allowance_answers_shrink_and_never_fail() {
    let world = World::new().await;
    let mut few = settings();
    few.limits.anonymous_mailboxes_per_hour = 90;
    few.limits.account_mailboxes_per_day = 120;
    few.limits.restricted_pause_ms = 10;
    let running = world.serve(few).await;
    let mut client = Client::connect(running.ldap).await;
    let whole = async |client: &mut Client| {
        let (entries, result) = client.search(super::wire::search_request(MAILBOXES, "(mail=*remplissage*)")).await;
        (entries.len(), result.code)
    };
    assert_eq!(whole(&mut client).await, (100, Code::SizeLimitExceeded));
    assert_eq!(whole(&mut client).await, (10, Code::SizeLimitExceeded));
    // A colleague is found as ever; a second connection is the same source; an account counts for itself.
    assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1);
    let mut second = Client::connect(running.ldap).await;
    assert_eq!(whole(&mut second).await, (10, Code::SizeLimitExceeded));
    second.bind(ACCOUNT, SECRET).await;
    assert_eq!(whole(&mut second).await, (130, Code::Success));
    assert_eq!(whole(&mut second).await, (10, Code::SizeLimitExceeded));
}

#[tokio::test]
async fn above_a_burst_busy_is_answered() {
    let world = World::new().await;
    let mut few = settings();
    few.limits.searches_per_second = 1;
    let running = world.serve(few).await;
    let mut client = Client::connect(running.ldap).await;
    let codes = [client.code(MAILBOXES, "(sn=martin)").await, client.code(MAILBOXES, "(sn=martin)").await];
    assert_eq!(codes, [Code::Success, Code::Busy]);
    // What asks the index nothing is not counted.
    assert_eq!(client.code("cn=subschema", "(objectClass=*)").await, Code::Success);
}

#[tokio::test]
async fn guessing_secrets_locks_the_address_and_not_the_account() {
    let world = World::new().await;
    let mut few = settings();
    few.limits.failed_credentials_per_minute = 3;
    let running = world.serve(few).await;
    let mut client = Client::connect(running.ldap).await;
    for name in [ACCOUNT, "uid=nobody,ou=comptes,dc=mssante,dc=fr", ACCOUNT] {
        let refused = client.bind(name, "ann_AAAA").await;
        assert_eq!((refused.code, refused.message.as_str()), (Code::InvalidCredentials, ""));
    }
    assert_eq!(client.bind(ACCOUNT, SECRET).await.code, Code::Busy);
    assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1, "reading goes on");
}

#[tokio::test]
async fn one_address_cannot_take_every_connection() {
    let world = World::new().await;
    let mut few = settings();
    few.limits.connections_per_source = 3;
    let running = world.serve(few).await;
    let mut held = Vec::new();
    for _ in 0..3 {
        let mut client = Client::connect(running.ldap).await;
        assert_eq!(client.find(MAILBOXES, "(sn=martin)").await.len(), 1);
        held.push(client);
    }
    let one_more = TcpStream::connect(running.ldap).await.unwrap();
    let mut byte = [0];
    let closed = tokio::time::timeout(PATIENCE, async {
        one_more.readable().await.unwrap();
        one_more.try_read(&mut byte)
    });
    assert!(matches!(closed.await.unwrap(), Ok(0) | Err(_)), "closed at once");
    held.pop();
    let again = async {
        loop {
            let mut client = Client::connect(running.ldap).await;
            if client.answers(MAILBOXES, "(sn=martin)").await {
                return;
            }
        }
    };
    tokio::time::timeout(PATIENCE, again).await.expect("the place is given back");
}
