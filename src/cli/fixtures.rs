//! The demo's country, inside the binary: what `annuaire synth` wrote to fixtures/rpps/demo.

/// Official files by name; the name carries the edition.
pub const FILES: [(&str, &[u8]); 3] = [
    ("PS_LibreAcces_202609011200.zip", include_bytes!("../../fixtures/rpps/demo/PS_LibreAcces_202609011200.zip")),
    (
        "Extraction_Correspondance_MSSante_202609011015.zip",
        include_bytes!("../../fixtures/rpps/demo/Extraction_Correspondance_MSSante_202609011015.zip"),
    ),
    ("listeblanchemssante.xml", include_bytes!("../../fixtures/rpps/demo/listeblanchemssante.xml")),
];

/// Mailboxes that operators published: JSON lines.
pub const MAILBOXES: [Mailboxes; 5] = [
    Mailboxes { operator: "1758000004", lines: include_bytes!("../../fixtures/rpps/demo/mailboxes-1758000004.jsonl") },
    Mailboxes { operator: "399990001200017", lines: include_bytes!("../../fixtures/rpps/demo/mailboxes-399990001200017.jsonl") },
    Mailboxes { operator: "399990002000010", lines: include_bytes!("../../fixtures/rpps/demo/mailboxes-399990002000010.jsonl") },
    Mailboxes { operator: "399990003800012", lines: include_bytes!("../../fixtures/rpps/demo/mailboxes-399990003800012.jsonl") },
    Mailboxes { operator: "399990004600015", lines: include_bytes!("../../fixtures/rpps/demo/mailboxes-399990004600015.jsonl") },
];

/// The lines of one operator.
pub struct Mailboxes {
    pub operator: &'static str,
    pub lines: &'static [u8],
}
