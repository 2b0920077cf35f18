//! Flags, publication, adoption: what each leaves in mailbox, change and journal.

use super::seed::{Seeded, directory};
use annuaire::error::Kind;
use annuaire::model::{Address, Attachment, EntryKey, Kind as EntryKind, Mailbox, MailboxState, MailboxType, Source};
use annuaire::publication::Publication;
use annuaire::store::{MailboxFlags, PublishedRow, PutOutcome, Stated, Store};

const ACTOR: &str = "tester";
const YEAR: i64 = 365 * 24 * 3600;

fn address(text: &str) -> Address {
    Address::parse(text).unwrap()
}

fn of_operator(operator: &str, text: &str, holder: &str) -> Mailbox {
    Mailbox {
        attachments: vec![Attachment { professional: holder.to_owned(), ..Attachment::default() }],
        ..Mailbox::published_by(operator, address(text), MailboxType::Per)
    }
}

async fn flag(store: &Store, text: &str, flags: MailboxFlags, now: i64) -> Mailbox {
    Publication::new(store.clone()).flag(&address(text), flags, ACTOR, now).await.unwrap()
}

fn red(liste_rouge: bool) -> MailboxFlags {
    MailboxFlags { liste_rouge: Some(liste_rouge), ..MailboxFlags::default() }
}

async fn vanish(seeded: &Seeded) {
    seeded.run("UPDATE mailbox SET in_extraction = 0 WHERE source = 'extraction'").await;
}

#[tokio::test]
async fn a_flag_writes_mailbox_change_and_journal() {
    let seeded = directory().await;
    let flagged = flag(&seeded.store, "elodie@un.mssante.fr", red(true), 50).await;
    assert!(flagged.liste_rouge && flagged.source == Source::Extraction);
    assert_eq!(seeded.store.mailbox(&flagged.address).await.unwrap(), Some(flagged));
    assert_eq!(seeded.changes(0).await, ["mailbox:elodie@un.mssante.fr:1"]);
    let line = seeded.store.audit_entries(1).await.unwrap().remove(0);
    assert_eq!((line.actor.as_str(), line.action.as_str(), line.at), (ACTOR, "mailbox.flag", 50));
    assert_eq!(line.detail["values"], serde_json::json!({ "liste_rouge": { "old": false, "new": true } }));

    flag(&seeded.store, "elodie@un.mssante.fr", red(true), 51).await;
    assert_eq!(seeded.store.last_change().await.unwrap(), 1, "the same flag again writes nothing");
    flag(&seeded.store, "elodie@un.mssante.fr", red(false), 52).await;
    let zero = MailboxFlags { zero_papier: Some(Some(false)), ..MailboxFlags::default() };
    flag(&seeded.store, "elodie@un.mssante.fr", zero, 53).await;
    let opposed = MailboxFlags { phone_opposed: Some(true), ..MailboxFlags::default() };
    flag(&seeded.store, "elodie@un.mssante.fr", opposed, 54).await;
    let suspended = MailboxFlags { state: Some(MailboxState::Suspended), ..MailboxFlags::default() };
    flag(&seeded.store, "elodie@un.mssante.fr", suspended, 55).await;
    let withdraws: Vec<_> = seeded.changes(1).await.iter().map(|c| c.ends_with(":1")).collect();
    assert_eq!(withdraws, [false, false, true, true]);
}

#[tokio::test]
async fn an_unknown_address_is_not_found_and_says_no_more() {
    let seeded = directory().await;
    let publication = Publication::new(seeded.store.clone());
    let error = publication.flag(&address("nobody@un.mssante.fr"), red(true), ACTOR, 1).await.unwrap_err();
    assert_eq!((error.kind(), error.to_string().contains("nobody")), (Kind::NotFound, false));
    assert_eq!(seeded.store.last_change().await.unwrap(), 0);
    assert_eq!(seeded.number("SELECT count(*) FROM journal").await, 0);
}

#[tokio::test]
async fn lifting_the_last_flag_of_a_vanished_mailbox_closes_it() {
    let seeded = directory().await;
    let both = MailboxFlags { liste_rouge: Some(true), frozen: Some(true), ..MailboxFlags::default() };
    flag(&seeded.store, "elodie@un.mssante.fr", both, 10).await;
    vanish(&seeded).await;
    let thawed = flag(&seeded.store, "elodie@un.mssante.fr", MailboxFlags { frozen: Some(false), ..MailboxFlags::default() }, 11).await;
    assert_eq!(thawed.state, MailboxState::Active, "still red");
    assert_eq!(flag(&seeded.store, "elodie@un.mssante.fr", red(false), 12).await.state, MailboxState::Closed);
    let reopen = MailboxFlags { state: Some(MailboxState::Active), ..MailboxFlags::default() };
    let publication = Publication::new(seeded.store.clone());
    assert_eq!(publication.flag(&address("elodie@un.mssante.fr"), reopen, ACTOR, 13).await.unwrap_err().kind(), Kind::Conflict);
    let close = MailboxFlags { state: Some(MailboxState::Closed), ..MailboxFlags::default() };
    assert_eq!(publication.flag(&address("org@un.mssante.fr"), close, ACTOR, 13).await.unwrap_err().kind(), Kind::Conflict);

    assert_eq!(seeded.store.purge(12 + YEAR).await.unwrap(), 0);
    assert_eq!(seeded.store.purge(13 + YEAR).await.unwrap(), 6, "the row, its two attachments and its three states");
    assert_eq!(seeded.store.mailbox(&address("elodie@un.mssante.fr")).await.unwrap(), None);
}

#[tokio::test]
async fn an_operator_creates_updates_and_adopts() {
    let seeded = directory().await;
    let new = of_operator("op1", "jean@un.mssante.fr", "810000000002");
    let put = seeded.store.put_operator_mailbox(&new, ACTOR, 20).await.unwrap();
    assert_eq!((put.outcome, put.seq), (PutOutcome::Created, Some(1)));
    assert_eq!(seeded.store.mailbox(&new.address).await.unwrap(), Some(new.clone()));
    let again = seeded.store.put_operator_mailbox(&new, ACTOR, 21).await.unwrap();
    assert_eq!((again.outcome, again.seq), (PutOutcome::Unchanged, None));

    // Moved to another holder before it was opened: the former one is told too.
    let moved = Mailbox { attachments: of_operator("op1", "x@y.fr", "810000000004").attachments, ..new.clone() };
    let refused = seeded.store.put_operator_mailbox(&moved, ACTOR, 22).await.unwrap_err();
    assert_eq!(refused.code(), "MSS-051", "in use it stays its holder's");
    seeded.run("UPDATE mailbox SET state = 'unopened' WHERE address = 'jean@un.mssante.fr'").await;
    let put = seeded.store.put_operator_mailbox(&moved, ACTOR, 22).await.unwrap();
    assert_eq!((put.outcome, put.seq), (PutOutcome::Updated, Some(3)));
    assert_eq!(seeded.changes(1).await, ["mailbox:jean@un.mssante.fr:1", "professional:810000000002:1"]);

    flag(&seeded.store, "elodie@un.mssante.fr", MailboxFlags { frozen: Some(true), phone_opposed: Some(true), ..red(true) }, 23).await;
    let adopted = of_operator("op1", "elodie@un.mssante.fr", "810000000001");
    let put = seeded.store.put_operator_mailbox(&adopted, ACTOR, 24).await.unwrap();
    assert_eq!(put.outcome, PutOutcome::Adopted);
    assert_eq!(seeded.changes(4).await, ["mailbox:elodie@un.mssante.fr:1", "structure:R1:1"], "it has left the hospital");
    let kept = seeded.store.mailbox(&adopted.address).await.unwrap().unwrap();
    assert!(kept.liste_rouge && kept.frozen && kept.phone_opposed && kept.in_extraction);
    assert_eq!((kept.source, kept.operator.as_deref()), (Source::Operator, Some("op1")));

    // However often the operator sends the contrary: what an administrator set, an administrator lifts.
    seeded.store.put_operator_mailbox(&adopted, ACTOR, 25).await.unwrap();
    let own = seeded.store.mailbox(&adopted.address).await.unwrap().unwrap();
    assert!(own.liste_rouge && own.frozen && own.phone_opposed);
    let lifted = MailboxFlags { frozen: Some(false), phone_opposed: Some(false), ..red(false) };
    flag(&seeded.store, "elodie@un.mssante.fr", lifted, 26).await;
    seeded.store.put_operator_mailbox(&Mailbox { liste_rouge: true, ..adopted.clone() }, ACTOR, 27).await.unwrap();
    assert!(seeded.store.mailbox(&adopted.address).await.unwrap().unwrap().liste_rouge);
    // Its own flag is the operator's to lift.
    seeded.store.put_operator_mailbox(&adopted, ACTOR, 28).await.unwrap();
    assert!(!seeded.store.mailbox(&adopted.address).await.unwrap().unwrap().liste_rouge);
}

#[tokio::test]
async fn what_an_operator_leaves_unsaid_stays() {
    let seeded = directory().await;
    let red_test =
        Mailbox { liste_rouge: true, test: true, zero_papier: Some(true), ..of_operator("op1", "jean@un.mssante.fr", "810000000002") };
    seeded.store.put_operator_mailbox(&red_test, ACTOR, 20).await.unwrap();
    let plain = Mailbox { phone: "0102030405".to_owned(), ..of_operator("op1", "jean@un.mssante.fr", "810000000002") };
    seeded.store.publish_mailbox(&plain, &Stated::default(), ACTOR, 21).await.unwrap();
    let kept = seeded.store.mailbox(&plain.address).await.unwrap().unwrap();
    assert!(kept.liste_rouge && kept.test && kept.zero_papier == Some(true));
    assert_eq!(kept.phone, "0102030405");
}

#[tokio::test]
async fn an_address_has_one_operator_one_type_and_rests_a_year() {
    let seeded = directory().await;
    let code = |put: Result<_, annuaire::error::Error>| put.map(|_: annuaire::store::Put| ()).unwrap_err().code();
    let first = of_operator("op1", "jean@un.mssante.fr", "810000000002");
    seeded.store.put_operator_mailbox(&first, ACTOR, 20).await.unwrap();
    let other = Mailbox { operator: Some("op2".to_owned()), ..first.clone() };
    assert_eq!(code(seeded.store.put_operator_mailbox(&other, ACTOR, 21).await), "MSS-050");
    let retyped = Mailbox { kind: MailboxType::Cab, ..first.clone() };
    assert_eq!(code(seeded.store.put_operator_mailbox(&retyped, ACTOR, 21).await), "MSS-051");

    let close = MailboxFlags { state: Some(MailboxState::Closed), ..MailboxFlags::default() };
    flag(&seeded.store, "jean@un.mssante.fr", close, 100).await;
    let heir = of_operator("op1", "jean@un.mssante.fr", "810000000004");
    assert_eq!(code(seeded.store.put_operator_mailbox(&heir, ACTOR, 100 + YEAR).await), "MSS-053");
    let reopened = seeded.store.put_operator_mailbox(&first, ACTOR, 101).await.unwrap();
    assert_eq!(reopened.outcome, PutOutcome::Created, "the same holder may come back");
    flag(&seeded.store, "jean@un.mssante.fr", close, 102).await;
    let put = seeded.store.put_operator_mailbox(&heir, ACTOR, 103 + YEAR).await.unwrap();
    assert_eq!(put.outcome, PutOutcome::Created, "after a year the address is free");
}

#[tokio::test(flavor = "multi_thread")]
async fn writers_of_two_handles_lose_nothing() {
    let seeded = directory().await;
    let second = Store::open(&seeded.data).await.unwrap();
    let mut tasks = Vec::new();
    for i in 0..40i64 {
        let store = if i % 2 == 0 { seeded.store.clone() } else { second.clone() };
        tasks.push(tokio::spawn(async move {
            let flags = match i % 4 {
                0 => MailboxFlags { liste_rouge: Some(true), ..MailboxFlags::default() },
                1 => MailboxFlags { frozen: Some(true), ..MailboxFlags::default() },
                2 => MailboxFlags { phone_opposed: Some(true), ..MailboxFlags::default() },
                _ => MailboxFlags { zero_papier: Some(Some(i % 8 == 3)), ..MailboxFlags::default() },
            };
            flag(&store, "org@un.mssante.fr", flags, i).await
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    let end = seeded.store.mailbox(&address("org@un.mssante.fr")).await.unwrap().unwrap();
    assert!(end.liste_rouge && end.frozen && end.phone_opposed && end.zero_papier.is_some());
    assert_eq!(seeded.number("SELECT count(*) FROM journal").await, seeded.store.last_change().await.unwrap());
}

#[tokio::test]
async fn that_an_entry_was_published_is_forgotten_a_year_after_it_went() {
    let seeded = directory().await;
    let row = |id: &str, gone| PublishedRow {
        entry: EntryKey::new(EntryKind::Mailbox, id),
        audiences: 3,
        digest: [1; 8],
        since: 5,
        created: 4,
        gone,
    };
    let rows = [row("parti@un.mssante.fr", Some(10)), row("present@un.mssante.fr", None)];
    let keys: Vec<_> = rows.iter().map(|row| row.entry.clone()).collect();
    seeded.store.write_published(&keys, &rows, 0).await.unwrap();
    seeded.store.purge(10 + YEAR).await.unwrap();
    assert_eq!(seeded.store.published(&keys).await.unwrap(), rows);
    seeded.store.purge(11 + YEAR).await.unwrap();
    assert_eq!(seeded.store.published(&keys).await.unwrap(), rows[1..]);
}
