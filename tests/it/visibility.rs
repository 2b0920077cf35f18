//! Rule zero against its own table: every combination of facts and audience, and the page docs/visibility.md printed from the same rows.
//!
//! `UPDATE_DOCS=1 cargo test --test it visibility::` rewrites the page.

use crate::index::sample::{SINCE, activity, exercise, held, mailbox, person, physician, site};
use annuaire::ldap_entry;
use annuaire::model::{
    Audience, HolderStanding, Kind, MailboxRecord, MailboxState, MailboxType, OperatorState, ProfessionalRecord, Record, Source,
    StructureRecord,
};
use annuaire::visibility::{View, mailbox_alerted, mailbox_shown, publish, publish_to_all};
use std::fmt::Write as _;

/// One row: the first whose condition holds decides.
struct Row {
    condition: &'static str,
    holds: fn(&MailboxRecord) -> bool,
    public: bool,
    professional: bool,
}

const fn hidden(condition: &'static str, holds: fn(&MailboxRecord) -> bool) -> Row {
    Row { condition, holds, public: false, professional: false }
}

const ROWS: [Row; 14] = [
    hidden("on the liste rouge", |r| r.mailbox.liste_rouge),
    hidden("frozen: restriction asked under the GDPR", |r| r.mailbox.frozen),
    hidden("declared a test mailbox", |r| r.mailbox.test),
    hidden("in a test domain, by its name", |r| r.standing.domain_test),
    hidden("state suspended, unopened or closed", |r| r.mailbox.state != MailboxState::Active),
    hidden("no liste blanche was ever loaded, and an operator published it", |r| {
        !r.standing.list_loaded && r.mailbox.source == Source::Operator
    }),
    hidden("its domain is not in the liste blanche", |r| r.standing.list_loaded && !r.standing.domain_listed),
    hidden("from the extraction, and no operator of its domain is in force", |r| {
        let valid = |s: &OperatorState| *s == OperatorState::Valide;
        r.standing.list_loaded && r.mailbox.source == Source::Extraction && !r.standing.domain_operators.iter().any(valid)
    }),
    hidden("published by an operator that is not in force", |r| {
        r.mailbox.source == Source::Operator && r.standing.operator != Some(OperatorState::Valide)
    }),
    hidden("published by an operator that the liste blanche does not give its domain to", |r| {
        r.mailbox.source == Source::Operator && !r.standing.operator_holds_domain
    }),
    hidden("from the extraction, and no longer in it", |r| r.mailbox.source == Source::Extraction && !r.mailbox.in_extraction),
    hidden("PER or CAB, and every holder it names is closed", |r| {
        let of_people = matches!(r.mailbox.kind, MailboxType::Per | MailboxType::Cab);
        of_people && !r.holder_standings.is_empty() && r.holder_standings.iter().all(|s| *s == HolderStanding::Closed)
    }),
    Row { condition: "APP", holds: |r| r.mailbox.kind == MailboxType::App, public: false, professional: true },
    Row { condition: "otherwise", holds: |_| true, public: true, professional: true },
];

fn expected(record: &MailboxRecord, audience: Audience) -> bool {
    let row = ROWS.iter().find(|row| (row.holds)(record)).unwrap();
    match audience {
        Audience::Public => row.public,
        Audience::Professional => row.professional,
    }
}

/// Calls with every value set in turn on every record so far.
fn across<T: Copy>(records: Vec<MailboxRecord>, values: &[T], set: impl Fn(&mut MailboxRecord, T)) -> Vec<MailboxRecord> {
    let with = |record: &MailboxRecord, value: T| {
        let mut record = record.clone();
        set(&mut record, value);
        record
    };
    records.iter().flat_map(|record| values.iter().map(|value| with(record, *value)).collect::<Vec<_>>()).collect()
}

fn combinations() -> Vec<MailboxRecord> {
    use HolderStanding::{Closed, Present, Unseen};
    use OperatorState::{Candidat, Provisoire, Resilie, Suspendu, Valide};
    let both = [false, true];
    let mut all = vec![mailbox("someone.red@example-ch.mssante.fr", MailboxType::Per)];
    all = across(all, &MailboxType::ALL, |r, v| r.mailbox.kind = v);
    all = across(all, &[Source::Extraction, Source::Operator], |r, v| r.mailbox.source = v);
    all = across(all, &both, |r, v| r.mailbox.liste_rouge = v);
    all = across(all, &both, |r, v| r.mailbox.frozen = v);
    all = across(all, &both, |r, v| r.mailbox.test = v);
    all = across(all, &both, |r, v| r.mailbox.in_extraction = v);
    all = across(all, &both, |r, v| r.mailbox.phone_opposed = v);
    all = across(all, MailboxState::ALL, |r, v| r.mailbox.state = v);
    all = across(
        all,
        &[(false, false, false), (true, true, false), (true, false, false), (true, true, true)],
        |r, (loaded, listed, test)| {
            r.standing.list_loaded = loaded;
            r.standing.domain_listed = listed;
            r.standing.domain_test = test;
        },
    );
    let operators: [&[OperatorState]; 6] = [&[], &[Valide], &[Suspendu, Valide], &[Suspendu], &[Provisoire, Candidat], &[Resilie]];
    all = across(all, &operators, |r, v| {
        r.standing.domain_operators = v.to_vec();
        r.standing.operator = v.last().copied();
    });
    all = across(all, &both, |r, v| r.standing.operator_holds_domain = v);
    let holders: [&[HolderStanding]; 5] = [&[], &[Present], &[Unseen], &[Closed], &[Closed, Present]];
    across(all, &holders, |r, v| r.holder_standings = v.to_vec())
}

fn holds(bytes: &[u8], needle: &str) -> bool {
    bytes.windows(needle.len()).any(|w| w == needle.as_bytes())
}

/// JSON and LDAP bytes of what an audience sees; empty when it sees nothing.
fn bytes(record: &Record, audience: Audience) -> Vec<u8> {
    let Some(published) = publish(record, audience) else {
        return Vec::new();
    };
    [published.encode(), ldap_entry::encode(&published, SINCE, SINCE)].concat()
}

/// The contents for all audiences at once, and each audience by itself.
fn agree(record: &Record) {
    let at_once = publish_to_all(record);
    for audience in Audience::ALL {
        let mut own = at_once.iter().filter(|(_, audiences)| audiences & audience.bit() != 0).map(|(content, _)| content);
        assert_eq!(own.next(), publish(record, audience).as_ref(), "{audience:?}");
        assert!(own.next().is_none(), "one content an audience");
    }
    assert!(at_once.len() < 2 || at_once[0].0 != at_once[1].0, "equal contents are one");
}

#[test]
fn all_audiences_at_once_see_what_each_sees() {
    for record in combinations() {
        agree(&Record::Mailbox(record));
    }
    entries(&some_mailboxes()).iter().for_each(agree);
}

#[test]
fn every_combination_follows_the_table() {
    let mut decided = [0usize; ROWS.len()];
    let mut shown = 0;
    for record in combinations() {
        decided[ROWS.iter().position(|row| (row.holds)(&record)).unwrap()] += 1;
        for audience in Audience::ALL {
            let expected = expected(&record, audience);
            assert_eq!(mailbox_shown(&record, audience), expected, "{audience:?} {record:?}");
            if !expected {
                assert!(publish(&Record::Mailbox(record.clone()), audience).is_none());
                continue;
            }
            shown += 1;
            let bytes = bytes(&Record::Mailbox(record.clone()), audience);
            assert!(holds(&bytes, record.mailbox.address.as_str()));
            assert_eq!(holds(&bytes, "01 99 00 11 22"), !record.mailbox.phone_opposed);
            assert!(!holds(&bytes, "Hidden-Person"));
        }
    }
    assert!(decided.iter().all(|n| *n > 0), "every row decides something: {decided:?}");
    assert!(shown > 500);
}

/// An alert goes to what the public sees, and to what would be shown but for the liste rouge.
#[test]
fn an_alert_reaches_what_is_shown_and_the_liste_rouge_where_policy_says_so() {
    let mut red = 0;
    for record in combinations() {
        let without = mailbox_alerted(&record, false);
        assert_eq!(without, mailbox_shown(&record, Audience::Public), "{record:?}");
        let mut open = record.clone();
        open.mailbox.liste_rouge = false;
        // An administrator's flag on a mailbox that has left the extraction.
        open.mailbox.in_extraction |= record.mailbox.liste_rouge;
        let with = mailbox_alerted(&record, true);
        assert_eq!(with, mailbox_shown(&open, Audience::Public), "{record:?}");
        red += usize::from(with && !without);
    }
    assert!(red > 50);
}

/// A professional, a structure, and the mailboxes they show.
fn entries(mailboxes: &[MailboxRecord]) -> Vec<Record> {
    let place = site("F990999013", "CH", "69003", "Lyon", ("69", "Rhône"));
    let mut holder: ProfessionalRecord =
        person("10000000001", "Zoé", "DUPONT", vec![exercise(physician(), &[])], vec![activity(physician(), Some(place.clone()))]);
    let of =
        |people: bool| mailboxes.iter().filter(move |m| matches!(m.mailbox.kind, MailboxType::Per) == people).cloned().collect::<Vec<_>>();
    let mut records: Vec<Record> = mailboxes.iter().map(|m| Record::Mailbox(held(m.clone(), &holder))).collect();
    holder.mailboxes = of(true);
    records.push(Record::Professional(holder));
    records.push(Record::Structure(StructureRecord { site: place, mailboxes: of(false) }));
    records
}

fn some_mailboxes() -> Vec<MailboxRecord> {
    let place = || site("F990999013", "CH", "69003", "Lyon", ("69", "Rhône"));
    let mut all: Vec<MailboxRecord> = MailboxType::ALL
        .into_iter()
        .flat_map(|kind| (0..3).map(move |i| mailbox(&format!("{}.{i}@example-ch.mssante.fr", kind.code().to_lowercase()), kind)))
        .collect();
    for (i, m) in all.iter_mut().enumerate() {
        m.sites = vec![place()];
        m.mailbox.rank = Some(1 + (i as u32) % 3);
        m.mailbox.phone = format!("05 99 00 00 {i:02}");
        m.mailbox.zero_papier = [Some(true), Some(false), None][i % 3];
    }
    all
}

#[test]
fn public_bytes_are_the_same_with_and_without_app_mailboxes() {
    let with = some_mailboxes();
    let without: Vec<_> = with.iter().filter(|m| m.mailbox.kind != MailboxType::App).cloned().collect();
    let public = |mailboxes: &[MailboxRecord]| -> Vec<Vec<u8>> {
        entries(mailboxes).iter().map(|r| bytes(r, Audience::Public)).filter(|b| !b.is_empty()).collect()
    };
    assert_eq!(public(&with), public(&without));
    let professional =
        |mailboxes: &[MailboxRecord]| entries(mailboxes).iter().map(|r| bytes(r, Audience::Professional)).collect::<Vec<_>>();
    assert_ne!(professional(&with), professional(&without));
}

#[test]
fn hidden_mailboxes_leave_no_byte_in_any_entry() {
    type Spoil = fn(&mut MailboxRecord);
    let spoil: [(&str, Spoil); 6] = [
        ("liste rouge", |m| m.mailbox.liste_rouge = true),
        ("frozen", |m| m.mailbox.frozen = true),
        ("test", |m| m.mailbox.test = true),
        ("suspended", |m| m.mailbox.state = MailboxState::Suspended),
        ("domain out", |m| m.standing.domain_listed = false),
        ("vanished", |m| m.mailbox.in_extraction = false),
    ];
    let all = some_mailboxes();
    for (what, spoil) in spoil {
        for i in 0..all.len() {
            let mut mailboxes = all.clone();
            spoil(&mut mailboxes[i]);
            let gone = mailboxes.remove(i);
            let without = entries(&mailboxes);
            mailboxes.insert(i, gone.clone());
            let with = entries(&mailboxes);
            for audience in Audience::ALL {
                let shown = |records: &[Record]| records.iter().map(|r| bytes(r, audience)).filter(|b| !b.is_empty()).collect::<Vec<_>>();
                assert_eq!(shown(&with), shown(&without), "{what} {}", gone.mailbox.address);
            }
        }
    }
}

#[test]
fn what_is_nobodys_business_is_in_no_byte() {
    let mut mailboxes = some_mailboxes();
    for m in &mut mailboxes {
        m.mailbox.phone_opposed = true;
    }
    for record in entries(&mailboxes) {
        for audience in Audience::ALL {
            let bytes = bytes(&record, audience);
            for secret in ["Hidden-Person", "ordinary@hidden-email", "05 99 00 00", "0599"] {
                assert!(!holds(&bytes, secret), "{secret}");
            }
        }
    }
}

#[test]
fn closed_entries_and_their_traces() {
    let mut records = entries(&some_mailboxes());
    for record in &mut records {
        match record {
            Record::Professional(r) => r.professional.closed = true,
            Record::Structure(r) => std::sync::Arc::make_mut(&mut r.site.structure).closed = true,
            Record::Mailbox(r) => r.holders.iter_mut().for_each(|h| h.professional.closed = true),
        }
    }
    for record in &records {
        for audience in Audience::ALL {
            match publish(record, audience) {
                None => {}
                Some(published) => {
                    assert_eq!(published.kind(), Kind::Mailbox, "closed people and structures are no entries");
                    let View::Mailbox(view) = published.view() else { unreachable!() };
                    assert!(view.holders.is_empty(), "a closed holder is not named");
                }
            }
        }
    }
}

fn page() -> String {
    let word = |shown: bool| if shown { "shown" } else { "hidden" };
    let mut page = String::from(
        "# Who may see what\n\n\
         Printed from the table that tests the rule (`tests/it/visibility.rs`); the rule itself is `src/visibility/rule.rs`. What is hidden\n\
         is not filtered out of answers: it is not in the index.\n\n\
         ## A mailbox\n\n\
         The first row that holds decides.\n\n\
         | the mailbox is | public | identified professional |\n|---|---|---|\n",
    );
    for row in &ROWS {
        let _ = writeln!(page, "| {} | {} | {} |", row.condition, word(row.public), word(row.professional));
    }
    page.push_str(
        "\nPER, ORG and CAB mailboxes follow the same rows. A holder that no file named yet hides nothing; one open holder among several is enough.\n\n\
         An alert of the health authorities reaches what the public sees, and where `alerts.liste_rouge` says so also what is hidden for the \
         liste rouge\nalone. It never reaches APP or test mailboxes.\n\n\
         ## Inside what is shown\n\n\
         | datum | public | identified professional |\n|---|---|---|\n\
         | telephone of a mailbox, not opposed | shown | shown |\n\
         | telephone of a mailbox, opposed | hidden | hidden |\n\
         | responsible person of an ORG or APP mailbox | hidden | hidden |\n\
         | ordinary e-mail of a structure | hidden | hidden |\n\
         | a holder that is closed | hidden | hidden |\n\n\
         ## Professionals and structures\n\n\
         An entry is shown to both audiences unless it is closed. It lists only mailboxes its audience may see, and every list, count and flag\n\
         in it is computed from those: with a hidden mailbox or without it, its bytes are the same. A person or a structure that nothing but\n\
         the mailbox extraction names is shown with a mailbox or not at all: alone, the entry would say that one is hidden.\n",
    );
    page
}

#[test]
fn the_page_is_printed_from_the_table() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/visibility.md");
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(path).unwrap_or_default(), page(), "run with UPDATE_DOCS=1");
}
