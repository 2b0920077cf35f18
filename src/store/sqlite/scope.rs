//! What an import of the next edition asks the store before it compares only a part of it, and the tables that hold that part.
//!
//! The import has the store to itself in its process, so it asks on the writer's connection: those of readers keep many pages in memory.

use super::super::import::Scope;
use super::{Sqlite, db, statements};
use crate::error::{Error, Result};
use sqlx::SqliteConnection;

statements! {
    LAST_RUN = "SELECT r.id, m.value FROM import_run r JOIN meta m ON m.name = 'store_id'
        WHERE r.id = (SELECT max(id) FROM import_run) AND r.state = 'done'";
    // Whether rows were pruned is seen by the gap they left: numbers are never given twice.
    GAP = "SELECT (SELECT seq FROM sqlite_sequence WHERE name = 'change') - $1 <> (SELECT count(*) FROM change WHERE seq > $1)";
    TOUCHED = "SELECT DISTINCT kind, key FROM change WHERE seq > $1 AND run IS NULL";
    ATTACHED = "SELECT DISTINCT a.professional, a.structure_kind, a.structure_value
        FROM json_each($1) j CROSS JOIN attachment a ON a.mailbox = j.value";
    KEYS = "SELECT a.kind, a.value FROM json_each($1) j CROSS JOIN structure_alias a ON a.structure = j.value";
    NAMED = "SELECT a.kind, a.value, a.structure, s.in_rpps FROM json_each($1) j
        CROSS JOIN structure_alias a ON a.kind = j.value ->> 0 AND a.value = j.value ->> 1
        CROSS JOIN structure s ON s.id = a.structure";
    IN_RPPS = "SELECT s.id FROM json_each($1) j CROSS JOIN structure s ON s.id = j.value WHERE s.in_rpps";
    WORKED_AT = "SELECT DISTINCT a.structure FROM json_each($1) j CROSS JOIN activity a ON a.professional = j.value
        WHERE a.structure <> ''";
    // In the order of the index. An array, since a row by itself costs a turn between two threads.
    OPERATORS = "SELECT json_group_array(json_array(operator, address)) FROM (SELECT operator, address FROM mailbox
        WHERE operator IS NOT NULL AND (operator, address) > ($1, $2) AND source = 'operator' ORDER BY operator, address LIMIT 5000)";
}

/// On the staging database.
const FILL: [&str; 4] = [
    "INSERT INTO scope_person SELECT value FROM json_each($1)",
    "INSERT INTO scope_structure SELECT value FROM json_each($1)",
    "INSERT INTO scope_key SELECT value ->> 0, value ->> 1 FROM json_each($1)",
    "INSERT INTO scope_mailbox SELECT value FROM json_each($1)",
];
const SCOPED: &str = "INSERT INTO scoped VALUES ($1)";

fn list(values: &impl serde::Serialize) -> String {
    serde_json::to_string(values).unwrap_or_default()
}

/// Fills the tables of a scope; `held` mailboxes of the file outside it are an operator's.
pub(super) async fn fill(staging: &mut SqliteConnection, scope: &Scope, held: u64) -> Result<()> {
    let failed = || db("the scope could not be staged");
    let lists = [list(&scope.people), list(&scope.structures), list(&scope.keys), list(&scope.mailboxes)];
    for (statement, list) in FILL.into_iter().zip(lists) {
        sqlx::query(statement).bind(list).execute(&mut *staging).await.map_err(failed())?;
    }
    sqlx::query(SCOPED).bind(held as i64).execute(staging).await.map_err(failed())?;
    Ok(())
}

impl Sqlite {
    pub async fn last_run(&self) -> Result<Option<(i64, String)>> {
        sqlx::query_as(LAST_RUN).fetch_optional(&self.writer).await.map_err(db("reading the import runs"))
    }

    pub async fn touched_since(&self, seq: i64) -> Result<Option<Vec<(String, String)>>> {
        let failed = || db("reading changes");
        let mut read = self.writer.begin().await.map_err(failed())?;
        let gap: Option<bool> = sqlx::query_scalar(GAP).bind(seq).fetch_one(&mut *read).await.map_err(failed())?;
        if gap != Some(false) {
            return Ok(None);
        }
        sqlx::query_as(TOUCHED).bind(seq).fetch_all(&mut *read).await.map(Some).map_err(failed())
    }

    pub async fn attached_to(&self, mailboxes: &[String]) -> Result<Vec<(String, String, String)>> {
        sqlx::query_as(ATTACHED).bind(list(&mailboxes)).fetch_all(&self.writer).await.map_err(db("reading attachments"))
    }

    pub async fn keys_of(&self, structures: &[String]) -> Result<Vec<(String, String)>> {
        sqlx::query_as(KEYS).bind(list(&structures)).fetch_all(&self.writer).await.map_err(db("reading keys"))
    }

    pub async fn named_by(&self, keys: &[(&str, &str)]) -> Result<Vec<(String, String, String, bool)>> {
        sqlx::query_as(NAMED).bind(list(&keys)).fetch_all(&self.writer).await.map_err(db("reading keys"))
    }

    pub async fn structures_in_rpps(&self, structures: &[String]) -> Result<Vec<String>> {
        sqlx::query_scalar(IN_RPPS).bind(list(&structures)).fetch_all(&self.writer).await.map_err(db("reading structures"))
    }

    pub async fn structures_worked_at(&self, people: &[String]) -> Result<Vec<String>> {
        sqlx::query_scalar(WORKED_AT).bind(list(&people)).fetch_all(&self.writer).await.map_err(db("reading activities"))
    }

    pub async fn operator_addresses(&self, (operator, address): (&str, &str)) -> Result<Vec<(String, String)>> {
        let query = sqlx::query_scalar(OPERATORS).bind(operator).bind(address);
        let page: String = query.fetch_one(&self.writer).await.map_err(db("reading mailboxes"))?;
        serde_json::from_str(&page).map_err(|e| Error::internal("reading mailboxes", e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::DataDir;
    use sqlx::Executor as _;

    /// More than two pages, ending within an operator's; those of the files are nobody's.
    const ROWS: &str = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 13000)
        INSERT INTO mailbox (address, kind, source, operator, state, test, liste_rouge, frozen, phone, phone_opposed, responsible,
            service, description, in_extraction, created_at, changed_at)
        SELECT 'a' || n || '@d.mssante.fr', 'PER', iif(n % 13, 'operator', 'extraction'), iif(n % 13, 'op' || n % 3, NULL),
            'active', 0, 0, 0, '', 0, '', '', '', 0, 1, 1 FROM n";

    #[tokio::test]
    async fn all_mailboxes_of_operators_are_read_once() {
        let folder = tempfile::tempdir().unwrap();
        let store = Sqlite::open(&DataDir::create_or_open(folder.path()).unwrap()).await.unwrap();
        let mut writer = store.writer.acquire().await.unwrap();
        // Their domain and operators are not of interest.
        (&mut *writer).execute("PRAGMA foreign_keys = OFF").await.unwrap();
        (&mut *writer).execute(ROWS).await.unwrap();
        drop(writer);
        let (mut seen, mut pages, mut last) = (Vec::new(), 0, (String::new(), String::new()));
        loop {
            let page = store.operator_addresses((&last.0, &last.1)).await.unwrap();
            let Some(behind) = page.last().cloned() else { break };
            (pages, last) = (pages + 1, behind);
            seen.extend(page);
        }
        assert!(seen.is_sorted());
        seen.dedup();
        assert_eq!((seen.len(), pages), (12_000, 3));
    }
}
