//! Those who exercise at no place that is known, in the same reading: gathered once in a temporary table, by what is asked but the place.
//!
//! They are a quarter of the country. Where that says who they are, to the last, only who holds a mailbox is looked at.

use super::super::alerts::{AlertMailbox, AlertPerson};
use super::alert_read::{AlertReading, activity_fits, asked, exercising, people};
use super::records::rows_of;
use super::{db, json};
use crate::error::Result;
use std::sync::Arc;

const NOWHERE: &str = "CREATE TEMP TABLE alert_nowhere (id TEXT PRIMARY KEY) WITHOUT ROWID";

/// Keeps of a set of ids those in force that are nowhere. The structures without a place are few, and looked at once.
macro_rules! nowhere {
    ($ids:expr) => {
        concat!(
            "INSERT INTO temp.alert_nowhere SELECT p.id FROM professional AS p WHERE p.closed_at IS NULL",
            $ids,
            " AND NOT EXISTS (SELECT 1 FROM activity AS o WHERE o.professional = p.id AND o.structure NOT IN (SELECT '' UNION ALL
                SELECT id FROM structure WHERE closed_at IS NOT NULL OR (department = '' AND insee = '' AND postal_code = '')))
            ORDER BY p.id"
        )
    };
}

const ANYBODY: &str = nowhere!("");
const BY_EXERCISE: &str = nowhere!(concat!(" AND p.id IN (", exercising!(), ")"));
const BY_ACTIVITY: &str = nowhere!(concat!(
    " AND p.id IN (SELECT a.professional FROM activity AS a WHERE ($4 IS NULL OR a.structure IN
        (SELECT id FROM structure WHERE closed_at IS NULL AND id IN (SELECT value FROM json_each($4)))) AND ",
    activity_fits!(),
    ")"
));
const PEOPLE: &str = people!("temp.alert_nowhere AS c JOIN professional AS p ON p.id = c.id WHERE c.id > $1");
const HOLDERS: &str = "SELECT json_group_array(id) FROM (SELECT c.id FROM temp.alert_nowhere AS c WHERE c.id > $1
    AND EXISTS (SELECT 1 FROM attachment AS h WHERE h.professional = c.id AND h.professional <> '') ORDER BY c.id LIMIT $2)";

impl AlertReading {
    /// Gathers them; how many they are. To be called once, before they are read. But for savoir-faire, which alone or beside a profession
    /// is not looked at, they are those who match.
    pub async fn gather_nowhere(&mut self) -> Result<u64> {
        let failed = || db("reading people without a place");
        sqlx::query(NOWHERE).execute(&mut self.connection).await.map_err(failed())?;
        let scope = &self.scope;
        let find = if scope.of_activities() || scope.structures.is_some() {
            let find = sqlx::query(BY_ACTIVITY).bind(asked(&scope.professions)).bind(asked(&scope.modes)).bind(asked(&scope.sectors));
            find.bind(scope.structures.as_ref().map(json))
        } else if scope.professions.is_empty() {
            sqlx::query(ANYBODY)
        } else {
            sqlx::query(BY_EXERCISE).bind(asked(&scope.professions))
        };
        Ok(find.execute(&mut self.connection).await.map_err(failed())?.rows_affected())
    }

    /// As [`AlertReading::people_after`], of them.
    pub async fn people_nowhere_after(&mut self, after: &str, most: u32) -> Result<Vec<AlertPerson>> {
        self.people(PEOPLE, after, most).await
    }

    /// Of them those who hold a mailbox, by id, each with the PER and CAB mailboxes it holds, but closed ones; fewer than `most` at the end
    /// only.
    pub async fn holders_nowhere_after(&mut self, after: &str, most: u32) -> Result<Vec<(String, Vec<Arc<AlertMailbox>>)>> {
        let query = sqlx::query_scalar(HOLDERS).bind(after.to_owned()).bind(most);
        let mut ids: Vec<String> = rows_of(&mut self.connection, query).await?;
        ids.sort();
        let mut mailboxes = self.mailboxes_of(&json(&ids)).await?;
        let with_own = |id: String| (mailboxes.remove(&id).unwrap_or_default(), id);
        Ok(ids.into_iter().map(with_own).map(|(own, id)| (id, own)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare;
    use super::*;
    use sqlx::sqlite::SqliteConnectOptions;
    use sqlx::{ConnectOptions, Executor};

    #[tokio::test]
    async fn statements_over_the_temporary_table_prepare() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        prepare(&mut connection).await.unwrap();
        (&mut connection).execute(NOWHERE).await.unwrap();
        for sql in [ANYBODY, BY_EXERCISE, BY_ACTIVITY, PEOPLE, HOLDERS] {
            (&mut connection).prepare(sqlx::SqlStr::from_static(sql)).await.unwrap_or_else(|error| panic!("{sql}\n{error}"));
        }
    }
}
