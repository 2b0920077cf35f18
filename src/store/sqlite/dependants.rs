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
    // $1: the code; $2, $3: which columns it may stand in, and the kind of savoir-faire whose table it belongs to.
    PROFESSIONALS_BY_LABEL = "SELECT id FROM professional
            WHERE ($2 = 'civility' AND civility = $1) OR ($2 = 'exercise_civility' AND exercise_civility = $1)
        UNION SELECT professional FROM exercise
            WHERE ($2 = 'profession' AND profession = $1) OR ($2 = 'category' AND category = $1)
        UNION SELECT professional FROM savoir_faire
            WHERE ($2 = 'expertise_kind' AND kind = $1) OR ($2 = 'expertise' AND code = $1 AND kind = $3)
        UNION SELECT professional FROM activity WHERE ($2 = 'profession' AND profession = $1) OR ($2 = 'category' AND category = $1)
            OR ($2 = 'mode' AND mode = $1) OR ($2 = 'sector' AND sector = $1) OR ($2 = 'section' AND section = $1)
            OR ($2 = 'role' AND role = $1) OR ($2 = 'genre' AND genre = $1)";
    STRUCTURES_BY_LABEL = "SELECT id FROM structure
            WHERE ($2 = 'sector' AND sector = $1) OR ($2 = 'department' AND department = $1)";
    EXPERTISE_KINDS = "SELECT DISTINCT kind FROM savoir_faire WHERE code = $1";
}

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
        let Some((table, code)) = key.split_once('|') else {
            return Ok(());
        };
        for (place, kind) in places(connection, table, code).await? {
            let people = sqlx::query_scalar::<_, String>(PROFESSIONALS_BY_LABEL).bind(code).bind(place).bind(kind);
            self.professionals.extend(people.fetch_all(&mut *connection).await.map_err(db("reading dependants"))?);
            let sites = sqlx::query_scalar::<_, String>(STRUCTURES_BY_LABEL).bind(code).bind(place);
            self.structures.extend(sites.fetch_all(&mut *connection).await.map_err(db("reading dependants"))?);
        }
        Ok(())
    }
}

async fn ids(connection: &mut SqliteConnection, statement: &'static str, key: &str) -> Result<Vec<String>> {
    sqlx::query_scalar(statement).bind(key).fetch_all(connection).await.map_err(db("reading dependants"))
}

/// Where a code of a table may stand: the column, and for savoir-faire the kind that names the table.
async fn places(connection: &mut SqliteConnection, table: &str, code: &str) -> Result<Vec<(&'static str, String)>> {
    let plain = match table {
        tables::CATEGORY => Some("category"),
        tables::EXPERTISE_KIND => Some("expertise_kind"),
        tables::MODE => Some("mode"),
        tables::SECTOR => Some("sector"),
        tables::SECTION => Some("section"),
        tables::GENRE => Some("genre"),
        tables::CIVILITY => Some("civility"),
        tables::EXERCISE_CIVILITY => Some("exercise_civility"),
        tables::DEPARTMENT => Some("department"),
        _ if super::records::ROLE_TABLES.contains(&table) => Some("role"),
        _ if profession_table(code) == table => Some("profession"),
        _ => None,
    };
    let mut found: Vec<_> = plain.map(|place| (place, String::new())).into_iter().collect();
    for kind in ids(connection, EXPERTISE_KINDS, code).await? {
        if expertise_table(&kind) == table {
            found.push(("expertise", kind));
        }
    }
    Ok(found)
}
