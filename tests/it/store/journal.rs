//! The journal: its chain, what verification finds when the store is tampered with, erasure, retention, and the table of before.

use super::seed::{Seeded, directory, empty};
use annuaire::audit::Journal;
use annuaire::error::Kind;
use annuaire::store::{AuditEntry, AuditFault, AuditQuery, Store, Trace};
use serde_json::json;

/// Young for a long time to come: 2096-10-02, in the morning.
const YOUNG: i64 = 4_000_000_000;
const DAY: i64 = 86_400;
const YEAR: i64 = 366 * DAY;

const NO_TRIGGERS: &str = "DROP TRIGGER journal_is_append_only_update; DROP TRIGGER journal_is_append_only_delete;
    DROP TRIGGER journal_payload_is_not_changed; DROP TRIGGER journal_day_is_append_only_update;
    DROP TRIGGER journal_day_is_append_only_delete;";

async fn write(seeded: &Seeded, at: i64, object: &str) {
    let entry = AuditEntry {
        at,
        actor: "op1".to_owned(),
        credential: "key 1".to_owned(),
        source: "192.0.2.1".to_owned(),
        request_id: "r-1".to_owned(),
        action: "mailbox.flag".to_owned(),
        object: object.to_owned(),
        result: "ok".to_owned(),
        detail: json!({ "liste_rouge": [false, true] }),
    };
    seeded.store.write_audit(&entry).await.unwrap();
}

/// Six entries on three days.
async fn written() -> Seeded {
    let seeded = empty().await;
    for (at, object) in [(0, "a"), (1, "b"), (DAY, "a"), (DAY + 1, "c"), (DAY + 2, "a"), (2 * DAY, "d")] {
        write(&seeded, YOUNG + at, object).await;
    }
    seeded
}

fn journal(seeded: &Seeded) -> Journal {
    Journal::new(seeded.store.clone())
}

async fn fault(seeded: &Seeded) -> Option<AuditFault> {
    journal(seeded).verify(None).await.unwrap().fault
}

#[tokio::test]
async fn what_is_written_verifies_from_every_head() {
    let seeded = empty().await;
    let journal = journal(&seeded);
    let mut heads = vec![journal.head().await.unwrap()];
    assert_eq!(heads, [[0; 32]]);
    assert_eq!(journal.verify(Some([0; 32])).await.unwrap().fault, None, "an empty one is whole");
    for i in 0..1_100 {
        write(&seeded, YOUNG + i * 3_600, "a").await;
        if i % 100 == 0 {
            heads.push(journal.head().await.unwrap());
        }
    }
    for head in heads {
        assert_eq!(journal.verify(Some(head)).await.unwrap().fault, None);
    }
    let verdict = journal.verify(None).await.unwrap();
    assert_eq!((verdict.entries, verdict.erased, verdict.first, verdict.last), (1_100, 0, Some(1), Some(1_100)));
    let head: String = journal.head().await.unwrap().iter().map(|b| format!("{b:02x}")).collect();
    assert_eq!(verdict.head, head);
    assert_eq!(seeded.number("SELECT count(*) FROM journal_day").await, seeded.number("SELECT count(DISTINCT day) - 1 FROM journal").await);
    let never = journal.verify(Some([9; 32])).await.unwrap().fault.unwrap();
    assert!(never.id == 1_100 && never.what.contains("expected head"), "{never:?}");
}

#[tokio::test]
async fn entries_are_found_by_what_is_asked() {
    let seeded = written().await;
    let journal = journal(&seeded);
    journal.record("administrator", "export", "a", json!({ "rows": 3 }), YOUNG + 2 * DAY).await.unwrap();
    let find = async |query: AuditQuery| -> Vec<i64> {
        let query = AuditQuery { limit: if query.limit == 0 { 100 } else { query.limit }, ..query };
        journal.search(&query).await.unwrap().into_iter().map(|(id, _)| id).collect()
    };
    let a = || AuditQuery { object: Some("a".to_owned()), ..AuditQuery::default() };
    assert_eq!(find(AuditQuery::default()).await, [1, 2, 3, 4, 5, 6, 7]);
    assert_eq!(find(a()).await, [1, 3, 5, 7]);
    assert_eq!(find(AuditQuery { after: 1, limit: 2, ..a() }).await, [3, 5]);
    assert_eq!(find(AuditQuery { from: Some(YOUNG + DAY + 1), ..a() }).await, [5, 7]);
    assert_eq!(find(AuditQuery { from: Some(YOUNG + 1), to: Some(YOUNG + DAY + 1), ..AuditQuery::default() }).await, [2, 3]);
    assert_eq!(find(AuditQuery { from: Some(YOUNG + 9 * DAY), ..AuditQuery::default() }).await, [0; 0]);
    assert_eq!(find(AuditQuery { actor: Some("administrator".to_owned()), ..AuditQuery::default() }).await, [7]);
    assert_eq!(find(AuditQuery { action: Some("mailbox.flag".to_owned()), ..a() }).await, [1, 3, 5]);
    let (_, entry) = journal.search(&AuditQuery { limit: 1, ..AuditQuery::default() }).await.unwrap().remove(0);
    assert_eq!((entry.credential, entry.source, entry.request_id), ("key 1".to_owned(), "192.0.2.1".to_owned(), "r-1".to_owned()));
    assert_eq!((entry.result, entry.detail["liste_rouge"][1].clone()), ("ok".to_owned(), json!(true)));
    let rows = journal.rows(&AuditQuery { from: Some(YOUNG + DAY), limit: 2, ..AuditQuery::default() }).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.id).collect::<Vec<_>>(), [3, 4]);
}

/// Each on a store of its own: what was done to it behind the journal's back, where it is found, and how it is named.
const TAMPERED: [(&str, i64, &str); 18] = [
    ("UPDATE journal_payload SET payload = replace(payload, 'true', 'false') WHERE id = 4", 4, "payload was changed"),
    ("UPDATE journal_payload SET object = 'x' WHERE id = 4", 4, "payload was changed"),
    ("UPDATE journal_payload SET salt = zeroblob(32) WHERE id = 2", 2, "payload was changed"),
    ("DELETE FROM journal_payload WHERE id = 4", 4, "payload was removed"),
    ("UPDATE journal SET at = at + 1 WHERE id = 5", 5, "row was changed"),
    ("UPDATE journal SET day = '2096-10-04' WHERE id = 5", 5, "row was changed"),
    ("UPDATE journal SET payload_digest = zeroblob(32) WHERE id = 1", 1, "row was changed"),
    ("UPDATE journal SET chain = zeroblob(32) WHERE id = 6", 6, "row was changed"),
    ("DELETE FROM journal WHERE id IN (3, 4); DELETE FROM journal_payload WHERE id IN (3, 4)", 5, "rows 3 to 4 are missing"),
    ("DELETE FROM journal WHERE id = 1", 2, "beginning is missing"),
    ("DELETE FROM journal WHERE id < 3; DELETE FROM journal_payload WHERE id < 3", 2, "before ten years"),
    (
        "UPDATE journal_day SET day = '2010-01-01' WHERE last = 2; DELETE FROM journal WHERE id < 3; DELETE FROM journal_payload WHERE id < 3",
        2,
        "not of that day",
    ),
    (
        "INSERT INTO journal_day SELECT '2010-01-01', 1, 1, chain, zeroblob(32), at, payload_digest FROM journal WHERE id = 1;
            UPDATE journal_day SET first = 2 WHERE last = 2; DELETE FROM journal WHERE id < 2; DELETE FROM journal_payload WHERE id < 2",
        1,
        "not of that day",
    ),
    ("UPDATE journal_day SET head = zeroblob(32) WHERE last = 2", 2, "head of 2096-10-02 is wrong"),
    ("DELETE FROM journal_day WHERE last = 5", 5, "head of 2096-10-03 is wrong"),
    ("DELETE FROM journal WHERE id > 4; DELETE FROM journal_payload WHERE id > 4", 4, "end was cut"),
    ("DELETE FROM journal WHERE id = 6; DELETE FROM journal_payload WHERE id = 6", 5, "end was cut"),
    ("INSERT INTO journal_payload VALUES (9, x'00', '', '', '', '{}')", 9, "belongs to no row"),
];

#[tokio::test]
async fn what_is_tampered_with_is_found_and_named() {
    for (sql, id, what) in TAMPERED {
        let seeded = written().await;
        assert_eq!(fault(&seeded).await, None);
        seeded.run(NO_TRIGGERS).await;
        seeded.run(sql).await;
        let found = fault(&seeded).await.unwrap_or_else(|| panic!("not found: {sql}"));
        assert!(found.id == id && found.what.contains(what), "{sql}: {found:?}");
    }
}

/// Within the last day nothing in the store shows it: the head that was noted does.
#[tokio::test]
async fn a_cut_end_is_found_by_a_head_that_was_noted() {
    let seeded = written().await;
    write(&seeded, YOUNG + 2 * DAY, "e").await;
    let noted = journal(&seeded).head().await.unwrap();
    seeded.run(NO_TRIGGERS).await;
    seeded.run("DELETE FROM journal WHERE id = 7; DELETE FROM journal_payload WHERE id = 7").await;
    assert_eq!(fault(&seeded).await, None);
    let found = journal(&seeded).verify(Some(noted)).await.unwrap().fault.unwrap();
    assert!(found.id == 6 && found.what.contains("expected head"), "{found:?}");
    // Written anew, the end has another head, though it says nearly the same.
    write(&seeded, YOUNG + 2 * DAY, "e").await;
    assert!(journal(&seeded).verify(Some(noted)).await.unwrap().fault.is_some());
}

#[tokio::test]
async fn what_is_erased_is_gone_and_the_chain_holds() {
    const PERSON: &str = "jeanne.personne@cabinet.mssante.fr";
    let seeded = written().await;
    let journal = journal(&seeded);
    for at in [2 * DAY, 2 * DAY + 1] {
        write(&seeded, YOUNG + at, PERSON).await;
    }
    let noted = journal.head().await.unwrap();
    let anywhere = || {
        let database = seeded.data.database();
        let beside = database.with_file_name(format!("{}-wal", database.file_name().unwrap().to_str().unwrap()));
        let holds = |path: &std::path::Path| {
            std::fs::read(path).is_ok_and(|bytes| bytes.windows(PERSON.len()).any(|window| window == PERSON.as_bytes()))
        };
        holds(&database) || holds(&beside)
    };
    assert!(anywhere());
    assert_eq!(journal.erase(PERSON, "request 17", "administrator", YOUNG + 3 * DAY).await.unwrap(), 2);
    assert!(!anywhere(), "neither in a free page nor in the log");
    let verdict = journal.verify(Some(noted)).await.unwrap();
    assert_eq!((verdict.fault, verdict.erased, verdict.entries), (None, 2, 9));
    let said = journal.last(1).await.unwrap().remove(0);
    assert_eq!((said.action.as_str(), said.object.as_str()), ("journal.erase", "journal"));
    assert_eq!(said.detail, json!({ "ids": [7, 8], "reason": "request 17" }));
    let query = AuditQuery { object: Some(PERSON.to_owned()), limit: 9, ..AuditQuery::default() };
    assert_eq!(journal.search(&query).await.unwrap(), []);
    let rows = journal.rows(&AuditQuery { after: 6, limit: 9, ..AuditQuery::default() }).await.unwrap();
    assert_eq!(rows.iter().map(|row| row.payload.is_some()).collect::<Vec<_>>(), [false, false, true]);

    assert_eq!(journal.erase(PERSON, "again", "administrator", YOUNG + 3 * DAY).await.unwrap(), 0);
    assert_eq!(journal.verify(None).await.unwrap().entries, 9, "nothing was erased, nothing is said");
    for none in ["", "journal"] {
        assert_eq!(journal.erase(none, "x", "administrator", YOUNG).await.unwrap_err().kind(), Kind::Invalid);
    }
    seeded.run(NO_TRIGGERS).await;
    seeded.run("DELETE FROM journal_payload WHERE id = 9").await;
    assert!(fault(&seeded).await.unwrap().what.contains("removed"), "what was erased is no longer accounted for");
}

#[tokio::test]
async fn a_clock_that_goes_back_does_no_harm() {
    let seeded = written().await;
    for at in [-3 * DAY, i64::MIN, 2 * DAY + 5, -YOUNG, 3 * DAY] {
        write(&seeded, at.saturating_add(YOUNG), "a").await;
    }
    assert_eq!(fault(&seeded).await, None);
    assert_eq!(seeded.number("SELECT count(*) FROM journal WHERE day = '2096-10-04'").await, 5);
    let from = AuditQuery { from: Some(YOUNG + 2 * DAY), limit: 9, ..AuditQuery::default() };
    let found: Vec<_> = journal(&seeded).search(&from).await.unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(found, [6, 9, 11]);
}

#[tokio::test]
async fn the_table_of_before_is_carried_over_once() {
    let seeded = empty().await;
    seeded
        .run(
            "CREATE TABLE audit (id INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
                object TEXT NOT NULL, detail TEXT NOT NULL) STRICT;
            CREATE TRIGGER audit_is_append_only_delete BEFORE DELETE ON audit BEGIN SELECT RAISE(ABORT, 'audit is kept ten years'); END;
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1201)
            INSERT INTO audit SELECT 2 * i, 4000000000 + i * 600, 'administrator', 'mailbox.flag', 'o' || i, json_object('n', i) FROM n",
        )
        .await;
    for _ in 0..2 {
        let store = Store::open(&seeded.data).await.unwrap();
        let verdict = store.audit_verify(None).await.unwrap();
        assert_eq!((verdict.fault, verdict.entries, verdict.last), (None, 1_201, Some(1_201)));
        assert_eq!(seeded.number("SELECT count(*) FROM sqlite_schema WHERE tbl_name = 'audit'").await, 0);
    }
    let found = seeded.store.audit_search(&AuditQuery { after: 1_199, limit: 9, ..AuditQuery::default() }).await.unwrap();
    let last = AuditEntry {
        at: YOUNG + 1_201 * 600,
        actor: "administrator".to_owned(),
        action: "mailbox.flag".to_owned(),
        object: "o1201".to_owned(),
        detail: json!({ "n": 1201 }),
        ..AuditEntry::default()
    };
    assert_eq!(found[1], (1_201, last));
}

#[tokio::test]
async fn what_may_no_longer_be_kept_goes_and_the_rest_verifies() {
    let seeded = directory().await;
    let store = &seeded.store;
    for (at, object) in
        [(0, "elodie@un.mssante.fr"), (1, "nobody@un.mssante.fr"), (2, "again@un.mssante.fr"), (15 * YEAR, "again@un.mssante.fr")]
    {
        write(&seeded, at, object).await;
    }
    let noted = store.audit_head().await.unwrap();
    assert_eq!(store.purge(9 * YEAR).await.unwrap(), 0, "not ten years");
    assert_eq!(store.purge(16 * YEAR).await.unwrap(), 1, "one is a mailbox, about another something was written since");
    let left = async || -> Vec<i64> {
        let all = AuditQuery { limit: 99, ..AuditQuery::default() };
        store.audit_search(&all).await.unwrap().into_iter().map(|(id, _)| id).collect()
    };
    assert_eq!(left().await, [1, 3, 4]);
    assert_eq!(store.audit_verify(Some(noted)).await.unwrap().erased, 1);

    seeded.run("DELETE FROM mailbox WHERE address = 'elodie@un.mssante.fr'").await;
    assert_eq!(store.purge(27 * YEAR).await.unwrap(), 3 + 3 + 1, "three payloads, the rows of the first day, a trace");
    assert_eq!(left().await, [0; 0]);
    let verdict = store.audit_verify(Some(noted)).await.unwrap();
    assert_eq!((verdict.fault, verdict.entries, verdict.erased, verdict.first), (None, 1, 1, Some(4)), "the last day is not cut");

    write(&seeded, 27 * YEAR, "new@un.mssante.fr").await;
    assert_eq!(store.purge(28 * YEAR + 1).await.unwrap(), 1 + 1, "that day is over now; and a trace");
    let verdict = store.audit_verify(Some(noted)).await.unwrap();
    assert_eq!((verdict.fault, verdict.entries, verdict.first, verdict.last), (None, 1, Some(5), Some(5)));
    assert_eq!(seeded.number("SELECT count(*) FROM journal_day").await, 2);
    seeded.run(NO_TRIGGERS).await;
    seeded.run("DELETE FROM journal_day WHERE last = 3").await;
    assert!(fault(&seeded).await.unwrap().what.contains("head of"), "heads of days that were cut are part of the proof");
}

#[tokio::test]
async fn ten_years_begin_when_a_mailbox_is_forgotten() {
    let seeded = directory().await;
    write(&seeded, 10, "org@un.mssante.fr").await;
    seeded
        .run("UPDATE mailbox SET state = 'closed', closed_at = 400000000 WHERE address IN ('org@un.mssante.fr', 'vague@un.mssante.fr')")
        .await;
    let forgotten = 400_000_000 + YEAR;
    assert_eq!(seeded.store.purge(forgotten).await.unwrap(), 4, "two mailboxes, each with an attachment");
    let entries = seeded.store.audit_entries(9).await.unwrap();
    let said: Vec<_> = entries.iter().map(|e| (e.action.as_str(), e.object.as_str(), e.actor.as_str())).collect();
    assert_eq!(said, [("mailbox.forget", "org@un.mssante.fr", "retention"), ("mailbox.flag", "org@un.mssante.fr", "op1")]);
    seeded.store.purge(forgotten + 9 * YEAR).await.unwrap();
    assert_eq!(seeded.store.audit_entries(9).await.unwrap().len(), 2);
    seeded.store.purge(forgotten + 10 * YEAR).await.unwrap();
    assert_eq!(seeded.store.audit_entries(9).await.unwrap(), []);
    assert_eq!(fault(&seeded).await, None);
}

#[tokio::test]
async fn traces_stand_apart_and_are_kept_a_year() {
    let seeded = directory().await;
    let journal = journal(&seeded);
    let trace = Trace { at: 10, actor: "test".to_owned(), action: "started".to_owned(), detail: json!({ "n": 1 }) };
    journal.trace(&trace).await.unwrap();
    assert_eq!(journal.traces(9).await.unwrap(), [trace]);
    assert_eq!(seeded.store.purge(10 + 365 * DAY).await.unwrap(), 0);
    assert_eq!(seeded.store.purge(11 + 365 * DAY).await.unwrap(), 1);
    let left = journal.traces(9).await.unwrap();
    assert_eq!((left.len(), left[0].action.as_str(), left[0].detail["traces"].clone()), (1, "purge", json!(1)));
    assert_eq!(journal.verify(None).await.unwrap().entries, 0);
}
