//! Labels of codes: seeded from the embedded nomenclatures, learned from the files. One learned from the RPPS files wins over a seed; one that
//! only the mailbox file tells gives way to both, and is read where an entry shows its code: in a list of codes it would tell of rows that
//! are on the liste rouge.

use super::super::nomenclatures::{seed_digest, seed_labels};
use super::{Sqlite, db, meta, statements};
use crate::error::Result;
use crate::model::Coded;
use sqlx::SqliteConnection;
use std::collections::{BTreeMap, HashMap};

statements! {
    SEED = "INSERT INTO label (nomenclature, code, label, learned)
        SELECT value ->> 0, value ->> 1, value ->> 2, 0 FROM json_each($1) WHERE true
        ON CONFLICT (nomenclature, code) DO UPDATE SET label = excluded.label, learned = 0 WHERE learned <= 1";
    ALL = "SELECT nomenclature, code, label FROM label ORDER BY nomenclature, code";
    OFFICIAL = "SELECT nomenclature, code, label FROM label WHERE learned <> 1 ORDER BY nomenclature, code";
    SOME = "SELECT l.nomenclature, l.code, l.label FROM json_each($1) AS asked
        JOIN label AS l ON l.nomenclature = asked.value ->> 0 AND l.code = asked.value ->> 1";
}

/// Writes the embedded labels once for each version of them.
pub(super) async fn seed(connection: &mut SqliteConnection) -> Result<()> {
    let digest = seed_digest();
    if meta::get(connection, "nomenclatures").await?.as_deref() == Some(digest.as_str()) {
        return Ok(());
    }
    let rows: Vec<_> = seed_labels()?.into_iter().map(|(table, code, label)| serde_json::json!([table, code, label])).collect();
    let rows = serde_json::Value::Array(rows).to_string();
    sqlx::query(SEED).bind(rows).execute(&mut *connection).await.map_err(db("seeding the labels"))?;
    meta::set(connection, "nomenclatures", &digest).await
}

/// Codes met while a batch is read, then their labels: asked for once a batch instead of kept, so that they are never stale.
#[derive(Debug, Default)]
pub(super) struct LabelBook {
    /// By table, then by code; `None` until its label is found.
    tables: HashMap<String, HashMap<String, Option<String>>>,
}

impl LabelBook {
    pub(super) fn want(&mut self, table: &str, code: &str) {
        if code.is_empty() {
            return;
        }
        match self.tables.get_mut(table) {
            Some(codes) if codes.contains_key(code) => {}
            Some(codes) => drop(codes.insert(code.to_owned(), None)),
            None => drop(self.tables.insert(table.to_owned(), HashMap::from([(code.to_owned(), None)]))),
        }
    }

    /// The same code in several tables: `coded_in` takes the first that has it.
    pub(super) fn want_in(&mut self, tables: &[&str], code: &str) {
        for table in tables {
            self.want(table, code);
        }
    }

    pub(super) async fn load(&mut self, connection: &mut SqliteConnection) -> Result<()> {
        let wanted = self.tables.iter().flat_map(|(table, codes)| codes.keys().map(move |code| serde_json::json!([table, code])));
        let asked = serde_json::Value::Array(wanted.collect()).to_string();
        let rows: Vec<(String, String, String)> =
            sqlx::query_as(SOME).bind(asked).fetch_all(connection).await.map_err(db("reading labels"))?;
        for (table, code, label) in rows {
            if let Some(known) = self.tables.get_mut(&table).and_then(|codes| codes.get_mut(&code)) {
                *known = Some(label);
            }
        }
        Ok(())
    }

    pub(super) fn coded(&self, table: &str, code: &str) -> Coded {
        self.coded_in(&[table], code)
    }

    pub(super) fn coded_in(&self, tables: &[&str], code: &str) -> Coded {
        let label = tables.iter().find_map(|table| self.tables.get(*table)?.get(code)?.clone());
        Coded { code: code.to_owned(), label: label.unwrap_or_default() }
    }
}

impl Sqlite {
    pub async fn labels(&self) -> Result<BTreeMap<String, Vec<Coded>>> {
        self.tables(ALL).await
    }

    pub async fn official_labels(&self) -> Result<BTreeMap<String, Vec<Coded>>> {
        self.tables(OFFICIAL).await
    }

    async fn tables(&self, statement: &'static str) -> Result<BTreeMap<String, Vec<Coded>>> {
        let mut read = self.read().await?;
        let rows: Vec<(String, String, String)> = sqlx::query_as(statement).fetch_all(&mut *read).await.map_err(db("reading labels"))?;
        let mut tables: BTreeMap<String, Vec<Coded>> = BTreeMap::new();
        for (table, code, label) in rows {
            tables.entry(table).or_default().push(Coded { code, label });
        }
        Ok(tables)
    }
}
