//! A small hand-made store: written by SQL, since imports have tests of their own.

use annuaire::store::sqlite::writer_connection;
use annuaire::store::{DataDir, Store};
use sqlx::SqliteConnection;

pub struct Seeded {
    _folder: tempfile::TempDir,
    pub data: DataDir,
    pub store: Store,
}

pub async fn empty() -> Seeded {
    let folder = tempfile::tempdir().unwrap();
    let data = DataDir::create_or_open(folder.path().join("data")).unwrap();
    let store = Store::open(&data).await.unwrap();
    Seeded { _folder: folder, data, store }
}

impl Seeded {
    pub async fn connection(&self) -> SqliteConnection {
        writer_connection(&self.data.database()).await.unwrap()
    }

    pub async fn run(&self, sql: &'static str) {
        sqlx::raw_sql(sql).execute(&mut self.connection().await).await.unwrap();
    }

    /// Number a statement answers.
    pub async fn number(&self, sql: &'static str) -> i64 {
        sqlx::query_scalar(sql).fetch_one(&mut self.connection().await).await.unwrap()
    }

    /// `kind:key:withdraws` of the changes above a number.
    pub async fn changes(&self, after: i64) -> Vec<String> {
        let changes = self.store.changes_after(after, 100).await.unwrap();
        changes.iter().map(|c| format!("{}:{}:{}", c.kind.code(), c.key, u8::from(c.withdraws))).collect()
    }
}

/// Two people sharing a practice, a closed one, a person met in SavoirFaire only; a hospital, a practice without identifiers; mailboxes
/// of every type; two operators and a provisional one.
pub const DIRECTORY: &str = "
INSERT INTO meta VALUES ('list_loaded', '1');
INSERT INTO professional VALUES
    ('810000000001', '8', '10000000001', 'MME', 'DR', 'TESTARD', 'Élodie', 'rpps', NULL, NULL),
    ('810000000002', '8', '10000000002', 'M', '', 'D''ARC', 'Jean', 'rpps', NULL, '0690000001'),
    ('810000000003', '8', '10000000003', 'M', 'DR', 'PARTI', 'Paul', 'rpps', 1000, NULL),
    ('810000000004', '8', '10000000004', '', '', 'SAVOIR', 'Zoé', 'savoir_faire', NULL, NULL);
INSERT INTO exercise VALUES ('810000000001', '10', 'C'), ('810000000001', '93', 'C'), ('810000000002', '60', 'C'), ('810000000003', '10', 'C');
INSERT INTO savoir_faire VALUES
    ('810000000001', '10', 'C', 'S', 'SM26', 2), ('810000000001', '10', 'C', 'CAPA', 'CAPA03', 2), ('810000000001', '10', 'C', 'S', 'SM54', 1),
    ('810000000003', '10', 'C', 'S', 'SM54', 1), ('810000000004', '10', 'C', 'S', 'SM54', 2);
INSERT INTO structure VALUES
    ('R1', 'CH EXEMPLE', '', '', '', '990999013', '', '', '', '', '1', '', 'RUE', 'NEUVE', '', '69001 LYON', '69001', '69381', 'Lyon', 'FR',
     'France', '69', '0400000000', '', '', 'accueil@ordinaire.invalid', 'SA01', 1, NULL),
    ('Xabc', 'CABINET', '', '', '', '', '', '', '', '', '', '', '', '', '', '', '75001', '', 'Paris', '', '', '75', '', '', '', '', 'SA07', 1, NULL);
INSERT INTO structure_alias VALUES ('finess', '990999013', 'R1'), ('technical', 'R1', 'R1'), ('rpps_rank', '10000000001001', 'Xabc');
INSERT INTO activity VALUES
    ('810000000001', x'a1', '10', 'C', 'L', 'Xabc', 'SA07', '', 'FON-01', 'GENR01'),
    ('810000000001', x'a2', '10', 'C', 'S', 'R1', 'SA01', '', '407', 'GENR01'),
    ('810000000002', x'a3', '60', 'C', 'L', 'gone', '', '', '', '');
INSERT INTO operator VALUES ('op1', 'OPERATEUR UN', 'valide'), ('op2', 'OPERATEUR DEUX', 'valide'), ('op3', 'PROVISOIRE', 'provisoire'),
    ('op4', 'SUSPENDU', 'suspendu');
INSERT INTO operator_certificate VALUES ('cn=1', 'CN=1', 'op1'), ('cn=2', 'CN=2', 'op2'), ('cn=3', 'CN=3', 'op3');
INSERT INTO domain VALUES ('un.mssante.fr', '', 1), ('deux.mssante.fr', '', 1), ('trois.mssante.fr', '', 1), ('parti.mssante.fr', '', 0),
    ('un.formation.mssante.fr', '', 1), ('protestant.mssante.fr', '', 1);
INSERT INTO domain_certificate VALUES ('un.mssante.fr', 'cn=1'), ('deux.mssante.fr', 'cn=2'), ('trois.mssante.fr', 'cn=3'),
    ('un.formation.mssante.fr', 'cn=1'), ('parti.mssante.fr', 'cn=1');
INSERT INTO mailbox (address, kind, source, operator, state, test, liste_rouge, frozen, zero_papier, phone, phone_opposed,
    responsible, service, description, rank, in_extraction, created_at, changed_at, closed_at) VALUES
    ('elodie@un.mssante.fr', 'PER', 'extraction', NULL, 'active', 0, 0, 0, 1, '', 0, '', '', '', NULL, 1, 1, 1, NULL),
    ('org@un.mssante.fr', 'ORG', 'extraction', NULL, 'active', 0, 0, 0, NULL, '', 0, '', '', '', NULL, 1, 1, 1, NULL),
    ('cabinet@deux.mssante.fr', 'CAB', 'operator', 'op2', 'active', 0, 0, 0, NULL, '', 0, '', '', '', NULL, 0, 1, 1, NULL),
    ('paul@parti.mssante.fr', 'PER', 'extraction', NULL, 'active', 0, 0, 0, NULL, '', 0, '', '', '', NULL, 1, 1, 1, NULL),
    ('vague@un.mssante.fr', 'PER', 'extraction', NULL, 'active', 0, 0, 0, NULL, '', 0, '', '', '', NULL, 1, 1, 1, NULL);
INSERT INTO attachment VALUES
    ('elodie@un.mssante.fr', '810000000001', 'finess', '990999013', 'Cardiologie'),
    ('elodie@un.mssante.fr', '810000000001', '', '', ''),
    ('org@un.mssante.fr', '', 'finess', '990999013', 'Accueil'),
    ('cabinet@deux.mssante.fr', '810000000001', 'rpps_rank', '10000000001001', ''),
    ('cabinet@deux.mssante.fr', '810000000003', 'rpps_rank', '10000000001001', ''),
    ('paul@parti.mssante.fr', '810000000003', '', '', ''),
    ('vague@un.mssante.fr', '810000009999', 'siret', '99999999900001', '');
INSERT INTO label VALUES ('DEPARTEMENT', '69', 'Rhône', 1);
";

pub async fn directory() -> Seeded {
    let seeded = empty().await;
    seeded.run(DIRECTORY).await;
    seeded
}
