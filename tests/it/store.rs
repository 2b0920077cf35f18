//! The store by its own door: opening and locks, what the projection reads, what publication writes, accounts, the dump.

mod accounts;
mod batches;
mod journal;
mod mailboxes;
mod opening;
mod reading;
pub mod seed;

/// Servers spawn tasks: every question must give a future that may move between threads.
#[tokio::test]
async fn every_future_can_be_spawned() {
    use annuaire::model::Kind;
    fn spawnable<T: Send>(future: T) {
        drop(future);
    }
    let seeded = seed::directory().await;
    let store = &seeded.store;
    let account = annuaire::model::Account {
        name: "a".to_owned(),
        audience: annuaire::model::Audience::Public,
        role: annuaire::model::Role::Logiciel,
        created_at: 0,
        revoked_at: None,
        certificates: vec![],
    };
    let address = annuaire::model::Address::parse("elodie@un.mssante.fr").unwrap();
    let mailbox = store.mailbox(&address).await.unwrap().unwrap();
    let publication = annuaire::publication::Publication::new(store.clone());
    spawnable(annuaire::store::Store::open(&seeded.data));
    spawnable(store.records(&[]));
    spawnable(store.dependants_of(&[]));
    spawnable(store.entry_names(Kind::Mailbox, "", 1));
    spawnable(store.write_published(&[], &[], 0));
    spawnable(store.changes_after(0, 1));
    spawnable(store.add_account(&account, [0; 32]));
    spawnable(store.revoke_account("a", 0));
    spawnable(store.put_operator_mailbox(&mailbox, "", 0));
    spawnable(store.structure_by_identifier(""));
    spawnable(store.status());
    spawnable(store.purge(0));
    spawnable(store.audit_verify(None));
    spawnable(store.audit_search(&annuaire::store::AuditQuery::default()));
    spawnable(store.audit_erase("", "", "", 0));
    spawnable(store.canonical_dump(&mut Vec::new()));
    spawnable(publication.flag(&address, annuaire::store::MailboxFlags::default(), "", 0));
    spawnable(publication.load_lines("", &b""[..], "", 0));
    spawnable(
        annuaire::trust::Authenticator::new(store.clone(), annuaire::directory::Governor::default())
            .authenticate("", std::net::Ipv4Addr::LOCALHOST.into()),
    );
}
