//! The quirks of real files, one test each; every value is invented.

use super::*;
use crate::extraction::write::{Cells as Values, Shape, Writer};
use crate::model::{StructureKey, StructureKeyKind};

/// A file of one kind from rows of (column, value).
fn file<C: Column>(kind: FileKind, shape: Shape, rows: &[&[(C, &str)]]) -> Vec<u8> {
    let mut writer = Writer::new(kind, shape, Vec::new()).unwrap();
    for row in rows {
        let mut cells = Values::new(kind);
        for (column, value) in *row {
            cells.set(*column, value);
        }
        writer.row(&cells).unwrap();
    }
    writer.finish().unwrap()
}

const TESTARD: &[(ActivityColumn, &str)] = {
    use ActivityColumn as C;
    &[
        (C::IdType, "8"),
        (C::IdValue, "10999990012"),
        (C::NationalId, "810999990012"),
        (C::Family, "TESTARD"),
        (C::Given, "  Élodie "),
        (C::Profession, "10"),
        (C::ProfessionLabel, "Médecin"),
        (C::Category, "C"),
        (C::ExpertiseKind, "S"),
        (C::Expertise, "SM54"),
        (C::ExpertiseLabel, "Médecine Générale"),
        (C::Mode, "S"),
        (C::Siren, "990999014"),
        (C::Finess, "990999013"),
        (C::FinessEj, "990999021"),
        (C::StructureId, "F990999013"),
        (C::Name, "CENTRE \"HOSPITALIER D'EXEMPLEVILLE"),
        (C::LastLine, "69437 LYON CEDEX 03"),
        (C::Email, "Contact@Exemple.invalid"),
        (C::LegacyId, "1990999013"),
        (C::Sector, "SA01"),
    ]
};

const LYCEE: &[(MailboxColumn, &str)] = {
    use MailboxColumn as C;
    &[
        (C::Kind, "per"),
        (C::Address, " Elodie.TESTARD@Medecin.mssante.fr "),
        (C::NationalId, "810999990012"),
        (C::StructureIdType, "FINESS"),
        (C::StructureId, "1990999013"),
        (C::Service, "Urgences"),
        (C::ExerciseCivility, "Docteur"),
        (C::Expertise, "SM54"),
        (C::ZeroPapier, "oui"),
        (C::LastLine, "99009 EXEMPLEVILLE CEDEX"),
        (C::Country, "France"),
    ]
};

/// Reads everything: the ids or addresses accepted, and the rejections by line.
fn read(kind: FileKind, bytes: &[u8]) -> (Vec<String>, Vec<(u64, Rejected, String)>) {
    let mut reader = Reader::new(kind, bytes).unwrap();
    let (mut accepted, mut rejected) = (Vec::new(), Vec::new());
    while let Some(row) = reader.next().unwrap() {
        match &row.outcome {
            Ok(Record::Activity(r)) => accepted.push(r.id().into_owned()),
            Ok(Record::Expertise(r)) => accepted.push(r.id().into_owned()),
            Ok(Record::Mailbox(r)) => accepted.push(r.address.to_string()),
            Err(r) => rejected.push((row.line, r.clone(), row.excerpt(40))),
        }
    }
    (accepted, rejected)
}

#[test]
fn every_shape_of_the_file_reads_alike() {
    for columns in [48, 52, 56] {
        for (trailing, crlf, bom) in [(false, false, false), (true, false, false), (false, true, true), (true, true, true)] {
            let mut bytes = file(FileKind::PersonneActivite, Shape { columns, trailing, crlf, bom }, &[TESTARD, TESTARD]);
            assert_eq!(read(FileKind::PersonneActivite, &bytes).0, ["810999990012", "810999990012"], "{columns} {trailing} {crlf} {bom}");
            bytes.pop();
            let (accepted, rejected) = read(FileKind::PersonneActivite, &bytes);
            assert_eq!((accepted.len(), rejected.len()), (2, 0), "no final newline: {columns} {trailing} {crlf} {bom}");
        }
    }
    // Rows with the trailing separator under a header without it.
    let mixed = String::from_utf8(file(FileKind::PersonneActivite, Shape::CURRENT, &[TESTARD])).unwrap().replace("|\n", "||\n");
    assert_eq!(read(FileKind::PersonneActivite, mixed.as_bytes()).0.len(), 1);
}

#[test]
fn malformed_rows_say_line_column_and_key() {
    let bytes = file(FileKind::PersonneActivite, Shape::CURRENT, &[TESTARD; 7]);
    let text = String::from_utf8(bytes).unwrap();
    let mut lines: Vec<Vec<u8>> = text.lines().map(|l| l.as_bytes().to_vec()).collect();
    let replace = |line: &[u8], from: &str, to: &[u8]| {
        let at = line.windows(from.len()).position(|w| w == from.as_bytes()).unwrap();
        [&line[..at], to, &line[at + from.len()..]].concat()
    };
    lines[1] = replace(&lines[1], "HOSPITALIER", b"HOSPI|TALIER");
    let cut = lines[2].len() - 30;
    lines[2].truncate(cut);
    lines[3] = replace(&lines[3], "Élodie", b"\xc9lodie");
    lines[4] = replace(&lines[4], "LYON", b"LY\0ON");
    lines[5] = replace(&lines[5], "8|10999990012|810999990012", b"8||");
    lines[6] = replace(&lines[6], "TESTARD", &vec![b'x'; MAX_LINE_BYTES]);
    lines.push(Vec::new());
    lines.push(b"8|10999990012|8109".to_vec());
    let (accepted, rejected) = read(FileKind::PersonneActivite, &lines.join(&b'\n'));
    assert_eq!(accepted, ["810999990012"]);
    let seen: Vec<_> = rejected.iter().map(|(l, r, _)| (*l, r.column.as_str(), r.readable_key.as_deref())).collect();
    let key = Some("810999990012");
    assert_eq!(
        seen,
        [
            (2, "Libellé genre activité", key),
            (3, "Code Département (structure)", key),
            (4, "Prénom d'exercice", key),
            (5, "Bureau cedex (coord. structure)", key),
            (6, "Identification nationale PP", None),
            (7, "Nom d'exercice", key),
            (10, "Code civilité d'exercice", None),
        ]
    );
    assert!(rejected[0].1.reason.contains("57 fields where the header names 56"), "{:?}", rejected[0].1);
    assert!(rejected[5].2.len() <= 40 && rejected[5].1.reason.contains("64 KiB"));
}

#[test]
fn a_row_without_identification_is_rejected() {
    let rows: [&[(ActivityColumn, &str)]; 2] = [&[(ActivityColumn::Family, "X")], &[(ActivityColumn::NationalId, "8 1")]];
    let (accepted, rejected) = read(FileKind::PersonneActivite, &file(FileKind::PersonneActivite, Shape::CURRENT, &rows));
    assert_eq!((accepted.len(), rejected.len()), (0, 2));
    assert!(rejected.iter().all(|(_, r, _)| r.column == "Identification nationale PP" && r.readable_key.is_none()));
}

#[test]
fn an_activity_row_gives_every_record() {
    let bytes = file(FileKind::PersonneActivite, Shape::CURRENT, &[TESTARD]);
    let mut reader = Reader::new(FileKind::PersonneActivite, &bytes[..]).unwrap();
    let row = reader.next().unwrap().unwrap();
    let Ok(Record::Activity(row)) = row.outcome else { panic!("{row:?}") };
    assert_eq!(row.professional().given, "Élodie");
    assert_eq!(row.expertise().unwrap().kind, "S");
    let structure = row.structure().unwrap();
    assert_eq!((structure.id.as_str(), structure.name.as_str()), ("F990999013", "CENTRE \"HOSPITALIER D'EXEMPLEVILLE"));
    assert_eq!((structure.address.city.as_str(), structure.address.department.as_str()), ("LYON", "69"));
    assert_eq!(row.activity().unwrap().structure, "F990999013");
    let keys = row.structure_keys();
    let key = |kind, value| StructureKey::new(kind, value);
    assert_eq!(
        keys,
        [
            key(StructureKeyKind::Technical, "F990999013"),
            key(StructureKeyKind::Finess, "990999013"),
            key(StructureKeyKind::FinessEj, "990999021"),
            key(StructureKeyKind::Siren, "990999014"),
        ]
    );
    assert_eq!(
        row.labels().map(|l| (l.table, l.code, l.label)).collect::<Vec<_>>(),
        [("TRE_G15", "10", "Médecin"), ("TRE_R38", "SM54", "Médecine Générale")]
    );
    assert_eq!(row.remarks().iter().map(|r| r.column).collect::<Vec<_>>(), ["Numéro SIREN site"]);
}

#[test]
fn structure_ids_follow_the_columns() {
    use ActivityColumn as C;
    let id = |extra: &[(C, &str)]| {
        let row = [&[(C::NationalId, "810999990012")], extra].concat();
        let bytes = file(FileKind::PersonneActivite, Shape::CURRENT, &[&row]);
        let mut reader = Reader::new(FileKind::PersonneActivite, &bytes[..]).unwrap();
        let row = reader.next().unwrap().unwrap();
        let Ok(Record::Activity(row)) = row.outcome else { panic!("{row:?}") };
        (row.structure_id().map(|id| id.into_owned()), row.activity().is_some())
    };
    let all = [(C::StructureId, "R10999000000018"), (C::Finess, "990999013"), (C::Siret, "99900001100018"), (C::Name, "A")];
    assert_eq!(id(&all).0.as_deref(), Some("R10999000000018"));
    assert_eq!(id(&all[1..]).0.as_deref(), Some("F990999013"));
    assert_eq!(id(&all[2..]).0.as_deref(), Some("C99900001100018"));
    assert!(id(&all[3..]).0.unwrap().starts_with('X'));
    assert_eq!(id(&[]), (None, false));
    // Military rows: an authority and a sector, no place.
    assert_eq!(id(&[(C::Sector, "SA02"), (C::Authority, "SSA/SSA/SSA")]), (None, true));
    assert_eq!(id(&[(C::Phone, "01 99 00 00 01")]), (None, false));
}

#[test]
fn mailbox_rows_are_read_with_their_words() {
    let bytes = file(FileKind::Mailboxes, Shape::CURRENT, &[LYCEE]);
    let mut reader = Reader::new(FileKind::Mailboxes, &bytes[..]).unwrap();
    let row = reader.next().unwrap().unwrap();
    let Ok(Record::Mailbox(row)) = row.outcome else { panic!("{row:?}") };
    let mailbox = row.mailbox();
    assert_eq!(
        (mailbox.address.as_str(), mailbox.kind.code(), mailbox.zero_papier),
        ("elodie.testard@medecin.mssante.fr", "PER", Some(true))
    );
    let attachment = row.attachment();
    assert_eq!((attachment.structure_kind.as_str(), attachment.structure_value.as_str()), ("finess", "990999013"));
    let holder = row.holder().unwrap();
    assert_eq!((holder.id_type.as_str(), holder.id_value.as_str(), holder.exercise_civility.as_str()), ("8", "10999990012", "DR"));
    let structure = row.structure().unwrap();
    assert_eq!((structure.id.as_str(), structure.address.city.as_str()), ("F990999013", "EXEMPLEVILLE"));
    assert_eq!(row.expertise().unwrap().kind, "S");
}

#[test]
fn zero_papier_words() {
    for (word, expected, remarks) in [
        ("O", Some(true), 0),
        ("vrai", Some(true), 0),
        ("N", Some(false), 0),
        ("FAUX", Some(false), 0),
        ("0", Some(false), 0),
        ("", None, 0),
        ("peut-être", None, 1),
    ] {
        let rows: &[(MailboxColumn, &str)] =
            &[(MailboxColumn::Kind, "ORG"), (MailboxColumn::Address, "a@b.mssante.fr"), (MailboxColumn::ZeroPapier, word)];
        let bytes = file(FileKind::Mailboxes, Shape::CURRENT, &[rows]);
        let mut reader = Reader::new(FileKind::Mailboxes, &bytes[..]).unwrap();
        let row = reader.next().unwrap().unwrap();
        let Ok(Record::Mailbox(row)) = row.outcome else { panic!("{row:?}") };
        assert_eq!((row.zero_papier(), row.remarks().len()), (expected, remarks), "{word}");
        assert!(row.mailbox().attachments.is_empty());
    }
}

#[test]
fn unreadable_mailboxes_are_rejected() {
    use MailboxColumn as C;
    let rows: [&[(C, &str)]; 5] = [
        &[(C::Kind, "PER"), (C::Address, "adresse-sans-arobase.mssante.fr")],
        &[(C::Kind, ""), (C::Address, "A@b.mssante.fr")],
        &[(C::Kind, "XYZ"), (C::Address, "a@b.mssante.fr")],
        &[(C::Kind, "PER"), (C::Address, "190017500100112@Patient.MSSante.fr")],
        &[(C::Kind, "PER"), (C::Address, "a@b.mssante.fr"), (C::Service, "190017500100112@patient.mssante.fr")],
    ];
    let (accepted, rejected) = read(FileKind::Mailboxes, &file(FileKind::Mailboxes, Shape::CURRENT, &rows));
    assert!(accepted.is_empty());
    let seen: Vec<_> = rejected.iter().map(|(_, r, excerpt)| (r.column.as_str(), r.readable_key.as_deref(), excerpt.is_empty())).collect();
    assert_eq!(
        seen,
        [
            ("Adresse BAL", None, false),
            ("Type de BAL", Some("a@b.mssante.fr"), false),
            ("Type de BAL", Some("a@b.mssante.fr"), false),
            ("Adresse BAL", None, true),
            ("Service de rattachement", Some("a@b.mssante.fr"), true),
        ]
    );
}

#[test]
fn files_without_rows_or_header() {
    assert_eq!(Reader::new(FileKind::Mailboxes, &b""[..]).unwrap_err().code(), "empty_file");
    assert_eq!(Reader::new(FileKind::Mailboxes, &b"\nx"[..]).unwrap_err().code(), "empty_file");
    assert_eq!(Reader::new(FileKind::Mailboxes, io::repeat(b'x').take(1 << 20)).unwrap_err().code(), "bad_header");
    let header_only = file::<MailboxColumn>(FileKind::Mailboxes, Shape::CURRENT, &[]);
    assert_eq!(read(FileKind::Mailboxes, &header_only), (Vec::new(), Vec::new()));
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    /// What is written is read back, whatever the values and the shape.
    #[test]
    fn what_is_written_is_read(values in proptest::collection::vec("[^\\x00]{0,12}", 13), trailing: bool, crlf: bool, bom: bool) {
        let mut cells = Values::new(FileKind::SavoirFaire);
        for (column, value) in ExpertiseColumn::ALL.iter().zip(&values) {
            cells.set(*column, value);
        }
        cells.set(ExpertiseColumn::NationalId, "810999990012");
        let mut writer = Writer::new(FileKind::SavoirFaire, Shape { columns: usize::MAX, trailing, crlf, bom }, Vec::new()).unwrap();
        writer.row(&cells).unwrap();
        let bytes = writer.finish().unwrap();
        let mut reader = Reader::new(FileKind::SavoirFaire, &bytes[..]).unwrap();
        let row = reader.next().unwrap().unwrap();
        let Ok(Record::Expertise(row)) = row.outcome else { panic!("{row:?}") };
        for column in ExpertiseColumn::ALL {
            let written = cells.get(*column).trim_matches(|c: char| c.is_whitespace() || c.is_control());
            proptest::prop_assert_eq!(row.get(*column), written);
        }
    }

    /// No bytes make the reader panic, lose a line or count a byte twice.
    #[test]
    fn every_line_comes_out(lines in proptest::collection::vec(proptest::collection::vec(proptest::num::u8::ANY, 1..80), 0..20), kind in 0..3usize) {
        let kind = FileKind::ALL[kind];
        let header = kind.layout().header(usize::MAX);
        let lines: Vec<_> = lines.into_iter().map(|l| l.into_iter().map(|b| if b < 14 { b'|' } else { b }).collect::<Vec<_>>()).collect();
        let bytes = [header.as_bytes(), b"\n", &lines.join(&b'\n')].concat();
        let mut reader = Reader::new(kind, &bytes[..]).unwrap();
        let (mut rows, mut counted) = (0, reader.header_bytes());
        while let Some(row) = reader.next().unwrap() {
            rows += 1;
            counted += row.bytes;
        }
        proptest::prop_assert_eq!((rows, counted), (lines.len(), bytes.len() as u64));
    }
}
