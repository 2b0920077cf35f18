//! Which entries a change may alter, from the store's present state; naming one too many is harmless, one too few is a stale answer.
//!
//! | cause | entries |
//! |---|---|
//! | professional | itself, its mailboxes, and for its shared (CAB) mailboxes their other holders and structures |
//! | structure | itself, those active there with their mailboxes, the mailboxes attached to it with their holders |
//! | mailbox | itself, its holders, its structures |
//! | domain, operator | every mailbox of it, likewise |
//! | label | everyone and everything that uses the code, likewise |
//! | all | none named: rebuild |

use super::super::types::{Change, ChangeKind};
use super::{Sqlite, db, json, statements};
use crate::error::Result;
use crate::model::{EntryKey, Kind, expertise_table, profession_table, tables};
use sqlx::SqliteConnection;
use std::collections::BTreeSet;

/// Ids bound by one statement: keeps the JSON text, and the memory of one answer, small.
const BATCH: usize = 2_000;

statements! {
    // Holders of a CAB mailbox see it in their entry, and whether it is shown depends on all of them.
    OF_PROFESSIONALS = "WITH
        box AS (SELECT DISTINCT a.mailbox AS address FROM attachment AS a
            WHERE a.professional IN (SELECT value FROM json_each($1)) AND a.professional <> ''),
        shared AS (SELECT address FROM mailbox WHERE address IN (SELECT address FROM box) AND kind = 'CAB')
        SELECT 'm' AS kind, address AS id FROM box
        UNION SELECT 'p', value FROM json_each($1)
        UNION SELECT 'p', a.professional FROM attachment AS a
            WHERE a.mailbox IN (SELECT address FROM shared) AND a.professional <> ''
        UNION SELECT 's', x.structure FROM attachment AS a
            JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
            WHERE a.mailbox IN (SELECT address FROM shared)";
    OF_STRUCTURES = "WITH
        active AS (SELECT DISTINCT professional AS id FROM activity
            WHERE structure IN (SELECT value FROM json_each($1)) AND structure <> ''),
        attached AS (SELECT DISTINCT a.mailbox AS address FROM structure_alias AS x
            JOIN attachment AS a ON a.structure_kind = x.kind AND a.structure_value = x.value AND a.structure_kind <> ''
            WHERE x.structure IN (SELECT value FROM json_each($1)))
        SELECT 's' AS kind, value AS id FROM json_each($1)
        UNION SELECT 'p', id FROM active
        UNION SELECT 'm', address FROM attached
        UNION SELECT 'm', a.mailbox FROM attachment AS a
            WHERE a.professional IN (SELECT id FROM active) AND a.professional <> ''
        UNION SELECT 'p', a.professional FROM attachment AS a
            WHERE a.mailbox IN (SELECT address FROM attached) AND a.professional <> ''";
    OF_MAILBOXES = "SELECT 'm' AS kind, value AS id FROM json_each($1)
        UNION SELECT 'p', a.professional FROM attachment AS a
            WHERE a.mailbox IN (SELECT value FROM json_each($1)) AND a.professional <> ''
        UNION SELECT 's', x.structure FROM attachment AS a
            JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
            WHERE a.mailbox IN (SELECT value FROM json_each($1))";
    MAILBOXES_OF_DOMAIN = "SELECT address FROM mailbox WHERE domain = $1";
    MAILBOXES_OF_OPERATOR = "SELECT address FROM mailbox WHERE operator = $1
        UNION SELECT m.address FROM operator_certificate AS c JOIN domain_certificate AS d ON d.dn_key = c.dn_key
            JOIN mailbox AS m ON m.domain = d.domain WHERE c.operator = $1";
    // $1: the code. None of these columns has an index, and each table takes its time.
    BY_CIVILITY = "SELECT id FROM professional WHERE civility = $1";
    BY_EXERCISE_CIVILITY = "SELECT id FROM professional WHERE exercise_civility = $1";
    BY_PROFESSION = "SELECT professional FROM exercise WHERE profession = $1
        UNION SELECT professional FROM activity WHERE profession = $1";
    BY_CATEGORY = "SELECT professional FROM exercise WHERE category = $1 UNION SELECT professional FROM activity WHERE category = $1";
    BY_EXPERTISE_KIND = "SELECT DISTINCT professional FROM savoir_faire WHERE kind = $1";
    // The kind of a savoir-faire names the table of its code.
    BY_EXPERTISE = "SELECT DISTINCT kind, professional FROM savoir_faire WHERE code = $1";
    BY_MODE = "SELECT DISTINCT professional FROM activity WHERE mode = $1";
    BY_SECTOR = "SELECT DISTINCT professional FROM activity WHERE sector = $1";
    BY_SECTION = "SELECT DISTINCT professional FROM activity WHERE section = $1";
    BY_ROLE = "SELECT DISTINCT professional FROM activity WHERE role = $1";
    BY_GENRE = "SELECT DISTINCT professional FROM activity WHERE genre = $1";
    STRUCTURES_BY_SECTOR = "SELECT id FROM structure WHERE sector = $1";
    STRUCTURES_BY_DEPARTMENT = "SELECT id FROM structure WHERE department = $1";
}

/// Statements asked after a label changed: rare, and answered by a pass over the table.
#[cfg(test)]
pub(super) const PASSES: [&str; 13] = [
    BY_CIVILITY,
    BY_EXERCISE_CIVILITY,
    BY_PROFESSION,
    BY_CATEGORY,
    BY_EXPERTISE_KIND,
    BY_EXPERTISE,
    BY_MODE,
    BY_SECTOR,
    BY_SECTION,
    BY_ROLE,
    BY_GENRE,
    STRUCTURES_BY_SECTOR,
    STRUCTURES_BY_DEPARTMENT,
];

impl Sqlite {
    pub async fn dependants_of(&self, changes: &[Change]) -> Result<Vec<EntryKey>> {
        let mut read = self.read().await?;
        let mut causes = Causes::default();
        for change in changes {
            causes.add(&mut read, change).await?;
        }
        let mut entries = BTreeSet::new();
        for (statement, ids) in
            [(OF_PROFESSIONALS, causes.professionals), (OF_STRUCTURES, causes.structures), (OF_MAILBOXES, causes.mailboxes)]
        {
            let ids: Vec<_> = ids.into_iter().collect();
            for batch in ids.chunks(BATCH) {
                let rows: Vec<(String, String)> =
                    sqlx::query_as(statement).bind(json(batch)).fetch_all(&mut *read).await.map_err(db("reading dependants"))?;
                entries.extend(rows.into_iter().map(|(kind, id)| EntryKey::new(kind_of(&kind), id)));
            }
        }
        Ok(entries.into_iter().collect())
    }
}

fn kind_of(letter: &str) -> Kind {
    match letter {
        "m" => Kind::Mailbox,
        "p" => Kind::Professional,
        _ => Kind::Structure,
    }
}

/// The things that changes name, or lead to, before their dependants.
#[derive(Default)]
struct Causes {
    professionals: BTreeSet<String>,
    structures: BTreeSet<String>,
    mailboxes: BTreeSet<String>,
}

impl Causes {
    async fn add(&mut self, connection: &mut SqliteConnection, change: &Change) -> Result<()> {
        match change.kind {
            ChangeKind::Professional => drop(self.professionals.insert(change.key.clone())),
            ChangeKind::Structure => drop(self.structures.insert(change.key.clone())),
            ChangeKind::Mailbox => drop(self.mailboxes.insert(change.key.clone())),
            ChangeKind::Domain => self.mailboxes.extend(ids(connection, MAILBOXES_OF_DOMAIN, &change.key).await?),
            ChangeKind::Operator => self.mailboxes.extend(ids(connection, MAILBOXES_OF_OPERATOR, &change.key).await?),
            ChangeKind::Label => self.add_label(connection, &change.key).await?,
            ChangeKind::All => {}
        }
        Ok(())
    }

    /// `key`: `TABLE|code`.
    async fn add_label(&mut self, connection: &mut SqliteConnection, key: &str) -> Result<()> {
        let Some((table, code)) = key.split_once('|') else { return Ok(()) };
        let (people, structures) = places(table, code);
        if let Some(statement) = people {
            self.professionals.extend(ids(connection, statement, code).await?);
        }
        if let Some(statement) = structures {
            self.structures.extend(ids(connection, statement, code).await?);
        }
        let experts: Vec<(String, String)> =
            sqlx::query_as(BY_EXPERTISE).bind(code).fetch_all(connection).await.map_err(db("reading dependants"))?;
        self.professionals.extend(experts.into_iter().filter(|(kind, _)| expertise_table(kind) == table).map(|(_, id)| id));
        Ok(())
    }
}

async fn ids(connection: &mut SqliteConnection, statement: &'static str, key: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(statement).bind(key).fetch_all(connection).await.map_err(db("reading dependants"))
}

/// Statements for the columns where a code of a table may stand, of professionals and of structures; savoir-faire is not among them.
fn places(table: &str, code: &str) -> (Option<&'static str>, Option<&'static str>) {
    match table {
        tables::CATEGORY => (Some(BY_CATEGORY), None),
        tables::EXPERTISE_KIND => (Some(BY_EXPERTISE_KIND), None),
        tables::MODE => (Some(BY_MODE), None),
        tables::SECTOR => (Some(BY_SECTOR), Some(STRUCTURES_BY_SECTOR)),
        tables::SECTION => (Some(BY_SECTION), None),
        tables::GENRE => (Some(BY_GENRE), None),
        tables::CIVILITY => (Some(BY_CIVILITY), None),
        tables::EXERCISE_CIVILITY => (Some(BY_EXERCISE_CIVILITY), None),
        tables::DEPARTMENT => (None, Some(STRUCTURES_BY_DEPARTMENT)),
        _ if super::records::ROLE_TABLES.contains(&table) => (Some(BY_ROLE), None),
        _ if profession_table(code) == table => (Some(BY_PROFESSION), None),
        _ => (None, None),
    }
}
