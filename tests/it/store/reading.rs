//! What the projection asks: records, names, dependants, published rows, changes.

use super::seed::{Seeded, directory};
use annuaire::model::{EntryKey, HolderStanding, Kind, MailboxRecord, OperatorState, ProfessionalRecord, Record, StructureRecord};
use annuaire::store::{Change, ChangeKind, PublishedRow};

fn mailbox_key(id: &str) -> EntryKey {
    EntryKey::new(Kind::Mailbox, id)
}

async fn record(seeded: &Seeded, kind: Kind, id: &str) -> Option<Record> {
    let mut answer = seeded.store.records(&[EntryKey::new(kind, id)]).await.unwrap();
    assert_eq!(answer.len(), 1);
    answer.remove(0).1
}

async fn mailbox(seeded: &Seeded, id: &str) -> MailboxRecord {
    match record(seeded, Kind::Mailbox, id).await {
        Some(Record::Mailbox(record)) => record,
        other => panic!("{other:?}"),
    }
}

async fn professional(seeded: &Seeded, id: &str) -> ProfessionalRecord {
    match record(seeded, Kind::Professional, id).await {
        Some(Record::Professional(record)) => record,
        other => panic!("{other:?}"),
    }
}

async fn structure(seeded: &Seeded, id: &str) -> StructureRecord {
    match record(seeded, Kind::Structure, id).await {
        Some(Record::Structure(record)) => record,
        other => panic!("{other:?}"),
    }
}

fn addresses(records: &[MailboxRecord]) -> Vec<&str> {
    records.iter().map(|r| r.mailbox.address.as_str()).collect()
}

#[tokio::test]
async fn a_professional_comes_complete() {
    let seeded = directory().await;
    let elodie = professional(&seeded, "810000000001").await;
    assert_eq!((elodie.exercise_civility.label.as_str(), elodie.civility.label.as_str()), ("Docteur", "Madame"));
    let professions: Vec<_> = elodie.exercises.iter().map(|e| (e.profession.code.as_str(), e.profession.label.as_str())).collect();
    assert_eq!(professions, [("10", "Médecin"), ("93", "Psychologue")], "93 is read in TRE_R95");
    let codes: Vec<_> = elodie.exercises[0].specialties.iter().map(|(kind, code)| (kind.code.as_str(), code.code.as_str())).collect();
    assert_eq!(codes, [("CAPA", "CAPA03"), ("S", "SM26")], "the first file's savoir-faire gives way to the second's");
    assert!(elodie.exercises[0].specialties[0].1.label.starts_with("Allergologie"));
    let roles: Vec<_> = elodie.activities.iter().map(|a| a.role.label.as_str()).collect();
    assert_eq!(roles, ["Titulaire de cabinet", "Tatoueur"], "a role code of another table is found there");
    let site = elodie.activities[1].site.as_ref().unwrap();
    assert_eq!((site.structure.id.as_str(), site.department.label.as_str(), site.structure.address.city.as_str()), ("R1", "Rhône", "Lyon"));
    assert_eq!(addresses(&elodie.mailboxes), ["cabinet@deux.mssante.fr", "elodie@un.mssante.fr"]);
    assert!(elodie.mailboxes.iter().all(|m| m.holders.is_empty()));
    assert_eq!(elodie.mailboxes[0].holder_standings, [HolderStanding::Present, HolderStanding::Closed]);

    let jean = professional(&seeded, "810000000002").await;
    assert!(jean.activities[0].site.is_none(), "a structure that is not in the store");
    assert_eq!(jean.professional.replaces.as_deref(), Some("0690000001"));
    assert_eq!(jean.exercises[0].specialties, []);
    let zoe = professional(&seeded, "810000000004").await;
    assert_eq!(zoe.exercises[0].profession.label, "Médecin", "an incomplete person has the profession of her savoir-faire");
    assert_eq!(zoe.exercises[0].specialties.len(), 1);
}

#[tokio::test]
async fn a_mailbox_comes_with_its_standing() {
    let seeded = directory().await;
    let elodie = mailbox(&seeded, "elodie@un.mssante.fr").await;
    assert_eq!(elodie.holders.len(), 1);
    assert_eq!(elodie.holders[0].activities.len(), 2);
    assert!(elodie.holders[0].mailboxes.is_empty());
    let sites: Vec<_> = elodie.sites.iter().map(|s| (s.structure.id.as_str(), s.service.as_str())).collect();
    assert_eq!(sites, [("R1", "Cardiologie")]);
    let standing = &elodie.standing;
    assert!(standing.list_loaded && standing.domain_listed && !standing.domain_test && standing.operator.is_none());
    assert_eq!(standing.domain_operators, [OperatorState::Valide]);

    let cabinet = mailbox(&seeded, "cabinet@deux.mssante.fr").await;
    assert_eq!(cabinet.holder_standings, [HolderStanding::Present, HolderStanding::Closed]);
    assert_eq!(cabinet.standing.operator, Some(OperatorState::Valide));
    assert_eq!(cabinet.sites[0].structure.id, "Xabc");
    assert!(!mailbox(&seeded, "paul@parti.mssante.fr").await.standing.domain_listed);
    let vague = mailbox(&seeded, "vague@un.mssante.fr").await;
    assert_eq!((vague.holder_standings.as_slice(), vague.holders.len(), vague.sites.len()), ([HolderStanding::Unseen].as_slice(), 0, 0));
    assert!(record(&seeded, Kind::Mailbox, "nobody@un.mssante.fr").await.is_none());
}

#[tokio::test]
async fn a_structure_shows_no_personal_mailbox() {
    let seeded = directory().await;
    let hospital = structure(&seeded, "R1").await;
    assert_eq!(addresses(&hospital.mailboxes), ["org@un.mssante.fr"]);
    assert!(hospital.site.sector.label.starts_with("Etablissement public"));
    assert_eq!(addresses(&structure(&seeded, "Xabc").await.mailboxes), ["cabinet@deux.mssante.fr"]);
}

#[tokio::test]
async fn many_records_are_those_of_one_at_a_time() {
    let seeded = directory().await;
    let mut keys = Vec::new();
    for kind in Kind::ALL {
        let names = seeded.store.entry_names(kind, "", u32::MAX).await.unwrap();
        keys.extend(names.into_iter().map(|name| EntryKey::new(kind, name.id)));
    }
    assert_eq!(keys.len(), 5 + 4 + 2);
    let many = seeded.store.records(&keys.iter().cycle().take(660).cloned().collect::<Vec<_>>()).await.unwrap();
    assert_eq!(many.len(), 660);
    for (key, record) in &many[..11] {
        let alone = seeded.store.records(std::slice::from_ref(key)).await.unwrap();
        assert_eq!(format!("{record:?}"), format!("{:?}", alone[0].1));
    }
}

/// What is read at once is read in batches: an entry that an earlier batch met as a neighbour, without all that belongs to it, is whole.
#[tokio::test]
async fn neighbours_of_an_earlier_batch_are_whole() {
    let seeded = directory().await;
    let mut keys = Vec::new();
    for kind in Kind::ALL {
        let names = seeded.store.entry_names(kind, "", u32::MAX).await.unwrap();
        keys.extend(names.into_iter().map(|name| EntryKey::new(kind, name.id)));
    }
    let strangers = (0..600).map(|number| EntryKey::new(Kind::Professional, format!("89{number:010}")));
    for neighbour in &keys {
        let others = keys.iter().filter(|key| *key != neighbour).cloned();
        let asked: Vec<EntryKey> = std::iter::once(neighbour.clone()).chain(strangers.clone()).chain(others).collect();
        let records = seeded.store.read_records(&asked).await.unwrap();
        for key in &keys {
            let alone = seeded.store.records(std::slice::from_ref(key)).await.unwrap();
            assert_eq!(format!("{:?}", records.get(key)), format!("{:?}", alone[0].1), "{key} behind {neighbour}");
        }
    }
}

#[tokio::test]
async fn mailboxes_are_named_by_holder_or_structure() {
    let seeded = directory().await;
    let names = seeded.store.entry_names(Kind::Mailbox, "", u32::MAX).await.unwrap();
    let names: Vec<_> = names.iter().map(|n| (n.id.split('@').next().unwrap(), n.first.as_str(), n.second.as_str())).collect();
    assert_eq!(
        names,
        [
            ("cabinet", "CABINET", "Paris"),
            ("elodie", "TESTARD", "Élodie"),
            ("org", "Accueil CH EXEMPLE", "Lyon"),
            ("paul", "PARTI", "Paul"),
            ("vague", "", "")
        ]
    );
}

#[tokio::test]
async fn dependants_of_every_kind_of_change() {
    let seeded = directory().await;
    let (p1, p3) = ("p:810000000001", "p:810000000003");
    let (elodie, org, cab) = ("m:elodie@un.mssante.fr", "m:org@un.mssante.fr", "m:cabinet@deux.mssante.fr");
    let (paul, vague, unseen) = ("m:paul@parti.mssante.fr", "m:vague@un.mssante.fr", "p:810000009999");
    let table: &[(ChangeKind, &str, &[&str])] = &[
        (ChangeKind::Professional, "810000000001", &[cab, elodie, p1, p3, "s:Xabc"]),
        (ChangeKind::Professional, "810000000003", &[cab, paul, p1, p3, "s:Xabc"]),
        (ChangeKind::Professional, "nobody", &["p:nobody"]),
        (ChangeKind::Structure, "R1", &[cab, elodie, org, p1, "s:R1"]),
        (ChangeKind::Structure, "Xabc", &[cab, elodie, p1, p3, "s:Xabc"]),
        (ChangeKind::Mailbox, "elodie@un.mssante.fr", &[elodie, p1, "s:R1"]),
        (ChangeKind::Mailbox, "vague@un.mssante.fr", &[vague, unseen]),
        (ChangeKind::Domain, "un.mssante.fr", &[elodie, org, vague, p1, unseen, "s:R1"]),
        (ChangeKind::Operator, "op1", &[elodie, org, paul, vague, p1, p3, unseen, "s:R1"]),
        (ChangeKind::Operator, "op2", &[cab, p1, p3, "s:Xabc"]),
        (ChangeKind::Label, "TRE_R38|SM26", &[cab, elodie, p1, p3, "s:Xabc"]),
        (ChangeKind::Label, "TRE_R39|SM26", &[]),
        (ChangeKind::Label, "TRE_R95|93", &[cab, elodie, p1, p3, "s:Xabc"]),
        (ChangeKind::Label, "TRE_G15|93", &[]),
        (ChangeKind::Label, "TRE_R96|407", &[cab, elodie, p1, p3, "s:Xabc"]),
        (ChangeKind::Label, "DEPARTEMENT|69", &[cab, elodie, org, p1, "s:R1"]),
        (ChangeKind::Label, "TRE_R81|MME", &[cab, elodie, p1, p3, "s:Xabc"]),
        (ChangeKind::All, "", &[]),
    ];
    for (kind, key, expected) in table {
        let change = Change { seq: 1, run: None, kind: *kind, key: (*key).to_owned(), withdraws: false, at: 0 };
        let found: Vec<_> = seeded.store.dependants(&change).await.unwrap().iter().map(EntryKey::to_string).collect();
        let mut expected: Vec<_> = expected.iter().map(|e| (*e).to_owned()).collect();
        expected.sort();
        assert_eq!(found, expected, "{kind:?} {key}");
    }
}

#[tokio::test]
async fn what_is_published_is_replaced_by_entry() {
    let seeded = directory().await;
    let row =
        |id: &str, audiences, gone| PublishedRow { entry: mailbox_key(id), audiences, digest: [audiences; 8], since: 5, created: 4, gone };
    let (a, b) = (mailbox_key("a@x.fr"), mailbox_key("b@x.fr"));
    seeded
        .store
        .write_published(&[a.clone(), b.clone()], &[row("a@x.fr", 1, None), row("a@x.fr", 2, Some(9)), row("b@x.fr", 3, None)], 0)
        .await
        .unwrap();
    seeded.store.write_published(std::slice::from_ref(&a), &[row("a@x.fr", 3, None), row("never@asked.fr", 3, None)], 0).await.unwrap();
    let read = seeded.store.published(&[a.clone(), b.clone(), mailbox_key("never@asked.fr")]).await.unwrap();
    assert_eq!(read, [row("a@x.fr", 3, None), row("b@x.fr", 3, None)]);
    let professional = EntryKey::new(Kind::Professional, "810000000001");
    let row = PublishedRow { entry: professional.clone(), audiences: 3, digest: [0xab; 8], since: 1, created: 1, gone: Some(2) };
    seeded.store.write_published(std::slice::from_ref(&professional), std::slice::from_ref(&row), 0).await.unwrap();
    assert_eq!(seeded.store.published(&[professional]).await.unwrap(), [row]);
}

#[tokio::test]
async fn changes_are_followed_and_pruned() {
    const DAY: i64 = 24 * 3600;
    let seeded = directory().await;
    assert_eq!(seeded.store.last_change().await.unwrap(), 0);
    assert!(seeded.store.keeps_changes(0, 0).await.unwrap());
    seeded
        .run(
            "INSERT INTO change (run, kind, key, withdraws, at) VALUES (NULL, 'mailbox', 'a@b.fr', 0, 100), (7, 'domain', 'b.fr', 1, 200),
        (7, 'all', '', 0, 300), (NULL, 'mailbox', 'c@b.fr', 1, 400)",
        )
        .await;
    assert_eq!(seeded.store.last_change().await.unwrap(), 4);
    let changes = seeded.store.changes_after(1, 2).await.unwrap();
    assert_eq!(
        changes.iter().map(|c| (c.seq, c.run, c.kind)).collect::<Vec<_>>(),
        [(2, Some(7), ChangeKind::Domain), (3, Some(7), ChangeKind::All)]
    );
    assert_eq!(seeded.store.withdrawals_after(0).await.unwrap(), Some((4, 200)));
    assert_eq!(seeded.store.withdrawals_after(2).await.unwrap(), Some((4, 400)));
    assert_eq!(seeded.store.withdrawals_after(4).await.unwrap(), None);
    let withdrawn = async || [seeded.store.withdrawn_since(3).await.unwrap(), seeded.store.withdrawn_since(4).await.unwrap()];
    assert_eq!(withdrawn().await, [true, false]);
    assert_eq!(seeded.store.prune_changes(4, 30 * DAY).await.unwrap(), 0, "too young");
    assert_eq!(seeded.store.prune_changes(2, 31 * DAY).await.unwrap(), 2, "committed ones only");
    let kept = async |seq, through| seeded.store.keeps_changes(seq, through).await.unwrap();
    assert_eq!(
        [kept(0, 4).await, kept(1, 4).await, kept(2, 4).await, kept(2, 3).await, kept(4, 4).await],
        [false, false, true, true, true]
    );
    // A hole behind one that is kept.
    seeded.run("INSERT INTO change (seq, kind, key, withdraws, at) VALUES (2, 'mailbox', 'a@b.fr', 0, 100)").await;
    assert!(!kept(0, 4).await && kept(1, 4).await);
    seeded.run("DELETE FROM change WHERE seq = 3").await;
    assert!(!kept(1, 4).await);
    seeded.run("DELETE FROM change WHERE seq = 2").await;
    seeded.run("INSERT INTO change (seq, kind, key, withdraws, at) VALUES (3, 'all', '', 0, 300)").await;
    assert_eq!(seeded.store.prune_changes(9, 31 * DAY).await.unwrap(), 2);
    assert_eq!(withdrawn().await, [true, false], "what was pruned may have been a withdrawal");
    assert_eq!(seeded.store.last_change().await.unwrap(), 4, "numbers are never given twice");
}
