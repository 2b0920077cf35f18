//! From the winners (see `winners`; those of the liste blanche are picked here) to a plan: the difference with the store, then the order of
//! writing. All of it SQL over whole tables, in the scripts `plan_*.sql`, run on the staging database with the store attached read-only.
//!
//! One read transaction spans the comparison, so the store is seen in one state; nothing is locked but that snapshot.

use super::super::import::{LastApplied, Plan, Shrink, SourceFile};
use super::held::Held;
use super::winners::Conflicts;
use super::{Sqlite, db};
use crate::error::Result;
use sqlx::{Connection, Executor, SqliteConnection};
use std::path::Path;

const LAST_APPLIED: &str = "SELECT f.kind, f.edition, f.sha256 FROM import_file f
    WHERE f.run = (SELECT max(g.run) FROM import_file g WHERE g.kind = f.kind)";
const PRESENT: &str = "INSERT INTO present SELECT
    EXISTS (SELECT 1 FROM file WHERE kind = 'personne_activite'), EXISTS (SELECT 1 FROM file WHERE kind = 'savoir_faire'),
    EXISTS (SELECT 1 FROM file WHERE kind = 'mailboxes'), EXISTS (SELECT 1 FROM file WHERE kind = 'liste_blanche')";
const SHRINKS: &str = "SELECT file, thing, closing FROM guard ORDER BY file, thing";
const FORMER: &str = "SELECT t.kind, t.value FROM t_alias t
    WHERE NOT EXISTS (SELECT 1 FROM n_alias n WHERE n.kind = t.kind AND n.value = t.value)";
const EFFECTS: &str = "SELECT thing, effect, sum(things) FROM tally WHERE things > 0 GROUP BY thing, effect ORDER BY thing, effect";
const HELD: &str = "SELECT count(*) + coalesce((SELECT held FROM scoped), 0)
    FROM n_mailbox n CROSS JOIN store.mailbox m ON m.address = n.address WHERE m.source = 'operator'";
/// What of the store is compared: all of it, or the scope.
const EVERYTHING: &str = include_str!("plan_everything.sql");
const SCOPE: &str = include_str!("plan_scope.sql");

/// The scripts, each building on the tables of those before it.
const SCRIPTS: [&str; 5] = [
    include_str!("plan_winners.sql"),
    include_str!("plan_structures.sql"),
    include_str!("plan_people.sql"),
    include_str!("plan_mailboxes.sql"),
    include_str!("plan_order.sql"),
];

pub(super) async fn make(staging: &mut SqliteConnection, store: &Path, scoped: bool, held: Held, conflicts: Conflicts) -> Result<Plan> {
    attach_read_only(staging, store, "store").await?;
    let mut transaction = staging.begin().await.map_err(db("the plan could not be made"))?;
    sqlx::query(PRESENT).execute(&mut *transaction).await.map_err(db("the plan could not be made"))?;
    let compared = if scoped { SCOPE } else { EVERYTHING };
    for script in std::iter::once(compared).chain(SCRIPTS) {
        transaction.execute(sqlx::raw_sql(script)).await.map_err(db("the plan could not be made"))?;
    }
    let plan = read(&mut transaction, held, conflicts).await?;
    transaction.commit().await.map_err(db("the plan could not be made"))?;
    staging.execute("DETACH store").await.map_err(db("the plan could not be made"))?;
    Ok(plan)
}

async fn read(connection: &mut SqliteConnection, counted: Held, conflicts: Conflicts) -> Result<Plan> {
    let failed = || db("the plan could not be read");
    let shrinks: Vec<(i64, String, i64)> = sqlx::query_as(SHRINKS).fetch_all(&mut *connection).await.map_err(failed())?;
    let effects: Vec<(String, String, i64)> = sqlx::query_as(EFFECTS).fetch_all(&mut *connection).await.map_err(failed())?;
    let former: Vec<(String, String)> = sqlx::query_as(FORMER).fetch_all(&mut *connection).await.map_err(failed())?;
    let held: i64 = sqlx::query_scalar(HELD).fetch_one(&mut *connection).await.map_err(failed())?;
    Ok(Plan {
        conflicts: conflicts.into_iter().map(|((file, thing), keys)| (file, thing.to_owned(), keys)).collect(),
        shrinks: shrinks
            .into_iter()
            .filter_map(|(number, thing, closing)| {
                let (.., held) = counted.iter().find(|(file, of, _)| *file == number && *of == thing)?;
                Some(Shrink { file: SourceFile::from_number(number)?, thing, held: held.unsigned_abs(), closing: closing.unsigned_abs() })
            })
            .collect(),
        effects: effects.into_iter().map(|(thing, effect, n)| (thing, effect, n.unsigned_abs())).collect(),
        held_by_operator: held.unsigned_abs(),
        shared: Vec::new(),
        former,
    })
}

/// Attaches a database file so that no statement on this connection can write it, nor lock it for writing.
pub(super) async fn attach_read_only(connection: &mut SqliteConnection, path: &Path, name: &'static str) -> Result<()> {
    let statement = match name {
        "store" => "ATTACH $1 AS store",
        _ => "ATTACH $1 AS staging",
    };
    sqlx::query(statement).bind(read_only_uri(path)).execute(connection).await.map_err(db("a database could not be attached"))?;
    Ok(())
}

/// `file:` URI of a path, with what has a meaning in URIs escaped.
pub(super) fn read_only_uri(path: &Path) -> String {
    let text = path.to_string_lossy();
    let mut uri = String::from(if text.starts_with('/') { "file://" } else { "file:" });
    for c in text.chars() {
        match c {
            '%' => uri.push_str("%25"),
            '?' => uri.push_str("%3f"),
            '#' => uri.push_str("%23"),
            c => uri.push(c),
        }
    }
    uri.push_str("?mode=ro");
    uri
}

impl Sqlite {
    pub async fn last_applied(&self) -> Result<Vec<LastApplied>> {
        let mut read = self.read().await?;
        let rows: Vec<(String, String, String)> =
            sqlx::query_as(LAST_APPLIED).fetch_all(&mut *read).await.map_err(db("reading the files applied"))?;
        let known = rows.into_iter().filter_map(|(kind, edition, sha256)| {
            let file = SourceFile::ALL.into_iter().find(|file| file.code() == kind)?;
            Some(LastApplied { file, edition, sha256 })
        });
        Ok(known.collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_become_uris() {
        assert_eq!(read_only_uri(Path::new("/a b/50%?#.db")), "file:///a b/50%25%3f%23.db?mode=ro");
        assert_eq!(read_only_uri(Path::new("x/y.db")), "file:x/y.db?mode=ro");
    }
}
