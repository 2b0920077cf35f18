//! Files of JSON lines: outcomes, checks with their codes, bounds.

use super::seed::{Seeded, directory, empty};
use annuaire::error::{Error, Kind};
use annuaire::model::Address;
use annuaire::publication::{LineOutcome, LoadReport, Publication};

async fn load(seeded: &Seeded, operator: &str, text: &str) -> Result<LoadReport, Error> {
    Publication::new(seeded.store.clone()).load_lines(operator, text.as_bytes(), "tester", 1_000).await
}

/// The code of a single rejected line.
async fn refused(seeded: &Seeded, operator: &str, line: &str) -> String {
    let report = load(seeded, operator, line).await.unwrap();
    assert_eq!((report.counters.received, report.counters.rejected), (1, 1), "{line}");
    report.lines[0].code.clone().unwrap()
}

#[tokio::test]
async fn every_line_has_its_outcome() {
    let seeded = directory().await;
    let text = [
        "\u{feff}{\"address\": \"Jean@UN.mssante.fr\", \"type\": \"PER\", \"professional_id\": \"10000000002\", \"phone\": \"01 02\"}\r",
        "",
        r#"{"adresse": "elodie@un.mssante.fr", "type": "PER", "identifiantPP": "810000000001", "structure": "990999013", "dematerialisation": "O"}"#,
        r#"{"address": "app@un.mssante.fr", "type": "APP", "structure_id": "F990000001", "responsible": "A. B.", "description": "d"}"#,
        r#"{"address": "cab@un.mssante.fr", "type": "CAB", "holders": ["810000000001", "10000000002"], "structure_id": "Xabc"}"#,
        r#"{"address": "stage@un.formation.mssante.fr", "type": "PER", "professional_id": "810000000002", "test": false}"#,
        r#"{"address": "jean@un.mssante.fr", "type": "PER", "professional_id": "810000000002", "phone": "01 02"}"#,
        r#"{"address": "x@un.mssante.fr", "type": "PER", "professional_id": "810000000002", "colour": "red"}"#,
    ]
    .join("\n");
    let report = load(&seeded, "op1", &text).await.unwrap();
    let outcomes: Vec<_> = report.lines.iter().map(|l| (l.line, l.outcome, l.code.as_deref())).collect();
    use LineOutcome::{Adopted, Created, Rejected, Unchanged};
    assert_eq!(
        outcomes,
        [
            (1, Created, None),
            (3, Adopted, None),
            (4, Created, Some("MSS-030")),
            (5, Created, None),
            (6, Created, None),
            (7, Unchanged, None),
            (8, Rejected, Some("MSS-001")),
        ]
    );
    assert_eq!(
        (
            report.counters.received,
            report.counters.created,
            report.counters.adopted,
            report.counters.unchanged,
            report.counters.rejected,
            report.counters.warned
        ),
        (7, 4, 1, 1, 1, 1)
    );
    assert_eq!(report.last_change, Some(seeded.store.last_change().await.unwrap()));
    let mailbox = async |text: &str| seeded.store.mailbox(&Address::parse(text).unwrap()).await.unwrap().unwrap();
    assert!(mailbox("stage@un.formation.mssante.fr").await.test, "the domain's name says test");
    assert_eq!(mailbox("elodie@un.mssante.fr").await.zero_papier, Some(true));
    assert_eq!(mailbox("elodie@un.mssante.fr").await.attachments[0].structure_kind, "finess");
    assert_eq!(mailbox("app@un.mssante.fr").await.attachments[0].structure_value, "990000001", "kept for the day the structure comes");
    let cab = mailbox("cab@un.mssante.fr").await;
    assert_eq!(cab.attachments.iter().map(|a| a.structure_kind.as_str()).collect::<Vec<_>>(), ["rpps_rank", "rpps_rank"]);
}

#[tokio::test]
async fn a_structure_without_identifier_is_attached_by_its_stable_id() {
    let seeded = directory().await;
    seeded.run("DELETE FROM structure_alias WHERE structure = 'Xabc'").await;
    let line = r#"{"address": "cab@un.mssante.fr", "type": "CAB", "professional_id": "810000000001", "structure_id": "Xabc"}"#;
    assert_eq!(load(&seeded, "op1", line).await.unwrap().counters.created, 1);
    assert_eq!(
        seeded.number("SELECT count(*) FROM structure_alias WHERE kind = 'technical' AND value = 'Xabc' AND structure = 'Xabc'").await,
        1
    );
}

#[tokio::test]
async fn each_check_has_its_code() {
    let seeded = directory().await;
    seeded.run("UPDATE structure SET closed_at = 1 WHERE id = 'Xabc'").await;
    let table = [
        ("op1", r#"{"address": "a b@un.mssante.fr", "type": "PER", "professional_id": "810000000002"}"#, "MSS-001"),
        ("op1", r#"{"address": "1@patient.mssante.fr", "type": "PER", "professional_id": "810000000002"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "XXX", "professional_id": "810000000002"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER", "professional_id": "1", "description": "d"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER", "professional_id": "1", "responsible": "r"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER", "holders": ["1", "2"]}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "ORG", "structure_id": "R1", "responsible": "r"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "ORG", "description": "d", "responsible": "r"}"#, "MSS-001"),
        (
            "op1",
            r#"{"address": "a@un.mssante.fr", "type": "ORG", "structure_id": "R1", "responsible": "r", "description": "d", "professional_id": "1"}"#,
            "MSS-001",
        ),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "CAB", "professional_id": "810000000002", "service": "s"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER", "professional_id": "810000000002", "state": "closed"}"#, "MSS-001"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "ORG", "structure_id": "R1", "description": "d"}"#, "MSS-040"),
        ("op1", r#"{"address": "a@parti.mssante.fr", "type": "PER", "professional_id": "810000000002"}"#, "MSS-010"),
        ("op1", r#"{"address": "a@deux.mssante.fr", "type": "PER", "professional_id": "810000000002"}"#, "MSS-011"),
        ("op3", r#"{"address": "a@trois.mssante.fr", "type": "PER", "professional_id": "810000000002", "test": false}"#, "MSS-012"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER", "professional_id": "810000009999"}"#, "MSS-020"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "PER", "professional_id": "810000000003"}"#, "MSS-021"),
        ("op1", r#"{"address": "a@un.mssante.fr", "type": "CAB", "professional_id": "810000000002", "structure_id": "Xabc"}"#, "MSS-031"),
        ("op1", r#"{"address": "elodie@un.mssante.fr", "type": "CAB", "professional_id": "810000000002"}"#, "MSS-051"),
    ];
    for (operator, line, code) in table {
        assert_eq!(refused(&seeded, operator, line).await, code, "{line}");
    }
    assert_eq!(seeded.store.last_change().await.unwrap(), 0, "nothing was written");
    let provisional = r#"{"address": "a@trois.mssante.fr", "type": "PER", "professional_id": "810000000002"}"#;
    assert_eq!(load(&seeded, "op3", provisional).await.unwrap().counters.created, 1);
    let mailbox = seeded.store.mailbox(&Address::parse("a@trois.mssante.fr").unwrap()).await.unwrap().unwrap();
    assert!(mailbox.test, "a provisional operator publishes test mailboxes");
}

#[tokio::test]
async fn whole_loads_are_refused() {
    let seeded = directory().await;
    assert_eq!(load(&seeded, "op4", "{}").await.unwrap_err().code(), "MSS-003");
    assert_eq!(load(&seeded, "nobody", "{}").await.unwrap_err().kind(), Kind::NotFound);
    assert_eq!(load(&empty().await, "op1", "{}").await.unwrap_err().code(), "no_liste_blanche");
}

#[tokio::test]
async fn endless_lines_are_skipped_whole() {
    let seeded = directory().await;
    let good = r#"{"address": "jean@un.mssante.fr", "type": "PER", "professional_id": "810000000002"}"#;
    let text = format!("{}\n{good}{}\n{}", "x".repeat(200_000), " ".repeat(64 * 1024 - good.len()), "y".repeat(64 * 1024 + 1));
    let report = load(&seeded, "op1", &text).await.unwrap();
    let outcomes: Vec<_> = report.lines.iter().map(|l| (l.line, l.outcome)).collect();
    assert_eq!(outcomes, [(1, LineOutcome::Rejected), (2, LineOutcome::Created), (3, LineOutcome::Rejected)]);
    assert!(report.lines[0].message.as_ref().unwrap().contains("65 536"));
}
