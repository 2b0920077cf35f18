//! Operators and domains as the liste blanche names them, and what publication asks about holders and structures.

use super::super::types::{HolderState, StructureMatch};
use super::{Sqlite, db, json, rows, statements};
use crate::error::Result;
use crate::model::{Operator, ProfessionalOrigin, StructureKey, StructureKeyKind, is_test_domain};
use sqlx::Row;
use sqlx::sqlite::SqliteRow;

statements! {
    OPERATOR = "SELECT id, name, state FROM operator WHERE id = $1";
    OPERATORS_OF_DOMAIN = "SELECT DISTINCT o.id, o.name, o.state FROM domain_certificate AS d
        JOIN operator_certificate AS c ON c.dn_key = d.dn_key JOIN operator AS o ON o.id = c.operator
        WHERE d.domain = $1 ORDER BY o.id";
    DOMAIN_LISTED = "SELECT count(*) FROM domain WHERE name = $1 AND listed = 1";
    // The rule is a pattern on labels that SQL cannot say; the LIKE only narrows what the rule is asked about.
    MAYBE_TEST_DOMAINS = "SELECT name FROM domain WHERE listed = 1 AND (name LIKE '%test%' OR name LIKE '%formation%') ORDER BY name";
    HOLDERS = "SELECT id, origin, closed_at, family, given,
            (SELECT json_group_array(profession) FROM (SELECT DISTINCT profession FROM exercise AS e WHERE e.professional = p.id
                ORDER BY profession)) AS professions,
            (SELECT json_group_array(structure) FROM (SELECT DISTINCT structure FROM activity AS a WHERE a.professional = p.id
                AND structure <> '' ORDER BY structure)) AS structures
        FROM professional AS p WHERE id IN (SELECT value FROM json_each($1)) ORDER BY id";
    STRUCTURE = "SELECT id, closed_at, in_rpps FROM structure WHERE id = $1";
    ALIAS_OF_STRUCTURE = "SELECT kind, value FROM structure_alias WHERE structure = $1 ORDER BY kind <> 'technical', kind, value LIMIT 1";
    BY_ALIAS = "SELECT s.id, s.closed_at, s.in_rpps, x.kind, x.value FROM json_each($1) AS asked
        JOIN structure_alias AS x ON x.kind = asked.value ->> 0 AND x.value = asked.value ->> 1
        JOIN structure AS s ON s.id = x.structure ORDER BY NOT s.in_rpps, asked.key LIMIT 1";
}

impl Sqlite {
    pub async fn operator(&self, id: &str) -> Result<Option<Operator>> {
        let found = sqlx::query(OPERATOR).bind(id).try_map(|row| rows::operator(&row)).fetch_optional(&self.reader);
        found.await.map_err(db("reading operators"))
    }

    pub async fn operators_of_domain(&self, domain: &str) -> Result<Vec<Operator>> {
        let found = sqlx::query(OPERATORS_OF_DOMAIN).bind(domain).try_map(|row| rows::operator(&row)).fetch_all(&self.reader);
        found.await.map_err(db("reading operators"))
    }

    pub async fn domain_listed(&self, domain: &str) -> Result<bool> {
        let count: i64 = sqlx::query_scalar(DOMAIN_LISTED).bind(domain).fetch_one(&self.reader).await.map_err(db("reading domains"))?;
        Ok(count > 0)
    }

    pub async fn test_domains(&self) -> Result<Vec<String>> {
        let mut names: Vec<String> = sqlx::query_scalar(MAYBE_TEST_DOMAINS).fetch_all(&self.reader).await.map_err(db("reading domains"))?;
        names.retain(|name| is_test_domain(name));
        Ok(names)
    }

    pub async fn professional_states(&self, ids: &[String]) -> Result<Vec<HolderState>> {
        let list = |row: &SqliteRow, column: &str| -> sqlx::Result<Vec<String>> {
            let text: &str = row.try_get(column)?;
            serde_json::from_str(text).map_err(|error| sqlx::Error::Decode(error.into()))
        };
        let holder = |row: SqliteRow| {
            Ok(HolderState {
                id: row.try_get("id")?,
                origin: rows::word(&row, "origin", ProfessionalOrigin::parse)?,
                closed: row.try_get::<Option<i64>, _>("closed_at")?.is_some(),
                family: row.try_get("family")?,
                given: row.try_get("given")?,
                professions: list(&row, "professions")?,
                structures: list(&row, "structures")?,
            })
        };
        sqlx::query(HOLDERS).bind(json(ids)).try_map(holder).fetch_all(&self.reader).await.map_err(db("reading holders"))
    }

    /// The stable id first, then the identifiers that name one site, then those of a legal entity.
    pub async fn structure_by_identifier(&self, identifier: &str) -> Result<Option<StructureMatch>> {
        use StructureKeyKind as K;
        let mut read = self.read().await?;
        let by_id: Option<(String, Option<i64>, bool)> =
            sqlx::query_as(STRUCTURE).bind(identifier).fetch_optional(&mut *read).await.map_err(db("reading structures"))?;
        if let Some((id, closed_at, in_rpps)) = by_id {
            let alias: Option<(String, String)> =
                sqlx::query_as(ALIAS_OF_STRUCTURE).bind(&id).fetch_optional(&mut *read).await.map_err(db("reading structures"))?;
            let key = alias.and_then(|(kind, value)| Some(StructureKey { kind: key_kind(&kind)?, value }));
            let key = key.unwrap_or_else(|| StructureKey::new(K::Technical, &id));
            return Ok(Some(StructureMatch { id, closed: closed_at.is_some(), in_rpps, key }));
        }
        let kinds = [K::Technical, K::Finess, K::Siret, K::RppsRank, K::AdeliRank, K::FinessEj, K::Siren, K::Other];
        let prefixed = StructureKey::from_prefixed(identifier);
        let asked = kinds.iter().map(|kind| (kind.code(), identifier));
        let asked = asked.chain(prefixed.iter().map(|key| (key.kind.code(), key.value.as_str())));
        let asked: Vec<_> = asked.map(|(kind, value)| serde_json::json!([kind, value])).collect();
        let found = sqlx::query_as(BY_ALIAS).bind(serde_json::Value::Array(asked).to_string());
        let found: Option<(String, Option<i64>, bool, String, String)> =
            found.fetch_optional(&mut *read).await.map_err(db("reading structures"))?;
        Ok(found.and_then(|(id, closed_at, in_rpps, kind, value)| {
            Some(StructureMatch { id, closed: closed_at.is_some(), in_rpps, key: StructureKey { kind: key_kind(&kind)?, value } })
        }))
    }
}

fn key_kind(code: &str) -> Option<StructureKeyKind> {
    StructureKeyKind::ALL.into_iter().find(|kind| kind.code() == code)
}
