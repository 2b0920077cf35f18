//! Accounts, their secrets, and the journal.

use super::seed::empty;
use annuaire::audit::Journal;
use annuaire::error::Kind;
use annuaire::model::Audience;
use annuaire::trust::{Accounts, Authenticator};
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

#[tokio::test]
async fn a_secret_gives_an_identity_until_it_is_revoked() {
    let seeded = empty().await;
    let accounts = Accounts::new(seeded.store.clone());
    let doors = Authenticator::new(seeded.store.clone(), annuaire::directory::Governor::default());
    let (account, secret) = accounts.add("logiciel-1", Audience::Professional, [1; 32], 10).await.unwrap();
    assert_eq!(accounts.list().await.unwrap(), [account]);
    let identity = doors.authenticate(secret.reveal(), HERE).await.unwrap().unwrap();
    assert_eq!((identity.account.as_str(), identity.audience), ("logiciel-1", Audience::Professional));
    assert!(doors.authenticate_named("Logiciel-1", secret.reveal(), HERE).await.unwrap().is_some());
    assert!(doors.authenticate_named("other", secret.reveal(), HERE).await.unwrap().is_none());
    for wrong in ["", "ann_", "logiciel-1", &secret.reveal().to_uppercase(), &format!("{}A", secret.reveal())] {
        assert!(doors.authenticate(wrong, HERE).await.unwrap().is_none());
    }
    accounts.revoke("logiciel-1", 20).await.unwrap();
    let start = Instant::now();
    while doors.authenticate(secret.reveal(), HERE).await.unwrap().is_some() {
        assert!(start.elapsed() < Duration::from_secs(1), "a revocation acts within a second");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert_eq!(accounts.revoke("logiciel-1", 21).await.unwrap_err().kind(), Kind::NotFound);
    let actions: Vec<_> =
        Journal::new(seeded.store.clone()).last(9).await.unwrap().into_iter().map(|e| (e.action, e.object, e.at)).collect();
    assert_eq!(
        actions,
        [("account.revoke".to_owned(), "logiciel-1".to_owned(), 20), ("account.add".to_owned(), "logiciel-1".to_owned(), 10)]
    );
    let secret_in_clear = "SELECT count(*) FROM account WHERE hex(secret_sha256) LIKE '%616E6E5F%'";
    assert_eq!(seeded.number(secret_in_clear).await, 0);
}

#[tokio::test]
async fn a_name_is_given_once() {
    let seeded = empty().await;
    let accounts = Accounts::new(seeded.store.clone());
    accounts.add("a", Audience::Public, [1; 32], 10).await.unwrap();
    assert_eq!(accounts.add("a", Audience::Public, [2; 32], 11).await.unwrap_err().kind(), Kind::Conflict);
    accounts.revoke("a", 12).await.unwrap();
    let refused = accounts.add("a", Audience::Public, [3; 32], 13).await.unwrap_err();
    assert!(refused.kind() == Kind::Conflict && refused.to_string().contains("revoked"), "{refused}");
    assert_eq!(accounts.add("Élodie", Audience::Public, [4; 32], 14).await.unwrap_err().kind(), Kind::Invalid);
}

#[tokio::test]
async fn the_journal_is_append_only() {
    let seeded = empty().await;
    let journal = Journal::new(seeded.store.clone());
    journal.record("administrator", "export", "alert", serde_json::json!({ "rows": 3 }), 4_000_000_000).await.unwrap();
    let mut connection = seeded.connection().await;
    journal.record("administrator", "export", "alert", serde_json::json!({ "rows": 4 }), 4_000_200_000).await.unwrap();
    for sql in [
        "UPDATE journal SET at = 0",
        "DELETE FROM journal",
        "UPDATE journal_payload SET actor = 'x'",
        "UPDATE journal_day SET last = 9",
        "DELETE FROM journal_day",
    ] {
        assert!(sqlx::query(sql).execute(&mut connection).await.is_err(), "{sql}");
    }
    assert_eq!(journal.last(2).await.unwrap()[1].detail["rows"], 3);
}
