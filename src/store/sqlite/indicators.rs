//! Tables `indicator`, `indicator_day` and `consultation`, and the counts of everything the store holds, hidden mailboxes too, which only the full figures are made of.

use super::super::indicators::{ConsultationRow, CountedDay, ExchangeMonth, FigureQuery, FigureRow};
use super::super::journal::Trace;
use super::{Sqlite, commit, db, statements, traces};
use crate::error::{Error, Result};
use std::collections::BTreeMap;

/// Counts of mailboxes `m` that are not closed, each once, as measure and condition, below the `holder_left` that [`holder_left!`] names. A
/// test mailbox is counted as one and as nothing else.
macro_rules! mailboxes {
    () => {
        "json_array(
            count(iif(m.test = 0 AND m.state = 'active', 1, NULL)),
            count(iif(m.test = 0 AND m.state = 'active' AND m.zero_papier, 1, NULL)),
            count(iif(m.test = 0 AND m.liste_rouge, 1, NULL)),
            count(iif(m.test = 0 AND m.state = 'suspended', 1, NULL)),
            count(iif(m.test = 0 AND m.state = 'unopened', 1, NULL)),
            count(iif(m.test, 1, NULL)),
            count(iif(m.test = 0 AND m.address IN holder_left, 1, NULL)))"
    };
}

/// Those who left are few: their mailboxes are looked up, not the holders of every mailbox.
macro_rules! holder_left {
    () => {
        "holder_left (mailbox) AS MATERIALIZED (SELECT a.mailbox FROM professional AS p CROSS JOIN attachment AS a
            ON a.professional = p.id AND a.professional <> '' WHERE p.closed_at IS NOT NULL)"
    };
}

/// In the order of [`mailboxes!`].
const MEASURES: [&str; 7] = [
    "mailboxes",
    "zero_papier_accepted",
    "mailboxes_liste_rouge",
    "mailboxes_suspended",
    "mailboxes_unopened",
    "mailboxes_test",
    "mailboxes_holder_left",
];

statements! {
    DELETE = "DELETE FROM indicator WHERE scope = $1 AND day = $2 AND measure IN (SELECT value FROM json_each($3))";
    COUNTED = "INSERT OR REPLACE INTO indicator_day (scope, part, day, compared_with) VALUES ($1, $2, $3, $4)";
    MADE_FIGURES = "DELETE FROM consultation WHERE day = $1";
    INSERT = "INSERT INTO indicator (day, scope, cut, key, measure, value)
        SELECT $2, $1, value ->> 0, value ->> 1, value ->> 2, value ->> 3 FROM json_each($3)";
    FIGURES = "SELECT json_group_array(json_object('day', day, 'cut', cut, 'key', key, 'measure', measure, 'value', value)) FROM
        (SELECT day, cut, key, measure, value FROM indicator WHERE scope = $1 AND day BETWEEN $2 AND $3 AND ($4 IS NULL OR cut = $4)
            AND ($5 IS NULL OR key = $5) AND ($6 IS NULL OR measure = $6) ORDER BY day, cut, key, measure LIMIT $7)";
    LAST = "SELECT max(day) FROM indicator_day WHERE scope = $1 AND part = $2";
    DAYS = "SELECT json_group_array(json_object('part', part, 'day', day, 'compared_with', compared_with)) FROM
        (SELECT part, day, compared_with FROM indicator_day WHERE scope = $1 AND day BETWEEN $2 AND $3 ORDER BY part, day)";
    HAS = "SELECT EXISTS (SELECT 1 FROM indicator WHERE scope = $1 AND cut = $2 AND key = $3)";
    ASKED = "INSERT INTO consultation (day, interface, longest, questions, empty)
        SELECT value ->> 'day', value ->> 'interface', value ->> 'longest', value ->> 'questions', value ->> 'empty' FROM json_each($1)
        WHERE true ON CONFLICT (day, interface, longest) DO UPDATE
            SET questions = questions + excluded.questions, empty = empty + excluded.empty";
    ASKED_BEFORE = "SELECT json_group_array(json_object('day', day, 'interface', interface, 'longest', longest, 'questions', questions,
        'empty', empty)) FROM (SELECT * FROM consultation WHERE day < $1 ORDER BY day, interface, longest)";
    // As `trust` names an operator that acts.
    FEEDS = "SELECT json_group_array(json_array(operator, at)) FROM (SELECT operator, max(at) AS at FROM
            (SELECT operator, max(received_at) AS at FROM batch WHERE dry_run = 0 GROUP BY operator
            UNION ALL SELECT substr(actor, 11), max(at) FROM mailbox_history WHERE actor LIKE 'operateur:%' GROUP BY actor)
        GROUP BY operator)";
    NATION = concat!("WITH ", holder_left!(), " SELECT ", mailboxes!(), " FROM mailbox AS m WHERE m.state <> 'closed'");
    // $1 departments with their regions. A mailbox without structure of its own lies where its holders practise. All regions at once, in
    // this order of tables: what is attached to what is as large as the country.
    REGIONS = concat!("WITH ", holder_left!(), ", of_department (code, region) AS MATERIALIZED
            (SELECT value ->> 0, value ->> 1 FROM json_each($1)),
        site (id, region) AS MATERIALIZED (SELECT s.id, d.region FROM structure AS s CROSS JOIN of_department AS d ON d.code = s.department),
        place (mailbox, region) AS (
            SELECT a.mailbox, s.region FROM attachment AS a
                CROSS JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
                CROSS JOIN site AS s ON s.id = x.structure WHERE a.structure_kind <> ''
            UNION SELECT a.mailbox, s.region FROM attachment AS a CROSS JOIN activity AS v ON v.professional = a.professional
                CROSS JOIN site AS s ON s.id = v.structure WHERE a.professional <> '' AND NOT EXISTS
                    (SELECT 1 FROM attachment AS o WHERE o.mailbox = a.mailbox AND o.structure_kind <> ''))
        SELECT json_group_array(json_array(region, json(counts))) FROM (SELECT region, ", mailboxes!(), " AS counts
            FROM place JOIN mailbox AS m ON m.address = place.mailbox WHERE m.state <> 'closed' GROUP BY region)");
    OPERATORS = "SELECT json_group_array(json_array(state, n)) FROM (SELECT state, count(*) AS n FROM operator GROUP BY state)";
    DOMAINS = "SELECT json_group_array(json_array(iif(listed, 'listed', 'left'), n)) FROM
        (SELECT listed, count(*) AS n FROM domain GROUP BY listed)";
    REJECTED = "SELECT json_group_array(json_array(kind || ':' || reason, n)) FROM (SELECT kind, reason, count(*) AS n FROM rejection
        WHERE run = (SELECT max(id) FROM import_run WHERE state = 'done') GROUP BY kind, reason)";
    EDITIONS = "SELECT json_group_array(json_array(kind, edition)) FROM
        (SELECT kind, max(edition) AS edition FROM import_file JOIN import_run ON id = run AND state = 'done' GROUP BY kind)";
    MONTHS = "SELECT json_group_array(json_object('month', month, 'operator', operator, 'domain', domain, 'sent', json(iif(sent, 'true', 'false')),
        'shown', json(iif(shown, 'true', 'false')), 'messages', messages, 'bytes', bytes, 'active_mailboxes', active_mailboxes)) FROM
        (SELECT * FROM exchange_month ORDER BY month, operator, domain, sent, shown)";
}

impl Sqlite {
    pub async fn write_figures(
        &self,
        scope: &str,
        counted: &CountedDay,
        measures: &[&str],
        figures: &[FigureRow],
        trace: &Trace,
    ) -> Result<()> {
        let failed = || db("writing the indicators");
        let CountedDay { part, day, compared_with } = counted;
        let rows = figures.iter().map(|row| serde_json::json!([row.cut, row.key, row.measure, row.value])).collect();
        let mut write = self.write().await?;
        let delete = sqlx::query(DELETE).bind(scope).bind(day).bind(super::json(measures));
        delete.execute(&mut *write).await.map_err(failed())?;
        let insert = sqlx::query(INSERT).bind(scope).bind(day).bind(serde_json::Value::Array(rows).to_string());
        insert.execute(&mut *write).await.map_err(failed())?;
        let keep = sqlx::query(COUNTED).bind(scope).bind(part).bind(day).bind(compared_with.as_deref());
        keep.execute(&mut *write).await.map_err(failed())?;
        if part == "consultation" {
            sqlx::query(MADE_FIGURES).bind(day).execute(&mut *write).await.map_err(failed())?;
        }
        traces::append(&mut write, trace).await?;
        commit(write).await
    }

    pub async fn figures(&self, scope: &str, query: &FigureQuery) -> Result<Vec<FigureRow>> {
        let asked = sqlx::query_scalar(FIGURES).bind(scope).bind(&query.from).bind(&query.to);
        let asked = asked.bind(query.cut.as_deref()).bind(query.key.as_deref()).bind(query.measure.as_deref());
        let asked = asked.bind(i64::try_from(query.limit).unwrap_or(i64::MAX));
        read(asked.fetch_one(&self.reader).await)
    }

    pub async fn last_counted(&self, scope: &str, part: &str) -> Result<Option<String>> {
        let asked = sqlx::query_scalar(LAST).bind(scope).bind(part);
        asked.fetch_one(&self.reader).await.map_err(db("reading the indicators"))
    }

    pub async fn counted_days(&self, scope: &str, from: &str, to: &str) -> Result<Vec<CountedDay>> {
        read(sqlx::query_scalar(DAYS).bind(scope).bind(from).bind(to).fetch_one(&self.reader).await)
    }

    pub async fn has_figures(&self, scope: &str, cut: &str, key: &str) -> Result<bool> {
        let asked = sqlx::query_scalar(HAS).bind(scope).bind(cut).bind(key);
        asked.fetch_one(&self.reader).await.map_err(db("reading the indicators"))
    }

    pub async fn add_consultation(&self, rows: &[ConsultationRow]) -> Result<()> {
        let rows = serde_json::to_string(rows).map_err(|e| Error::internal("writing the indicators", e))?;
        let mut write = self.write().await?;
        sqlx::query(ASKED).bind(rows).execute(&mut *write).await.map_err(db("writing the indicators"))?;
        commit(write).await
    }

    pub async fn consultation_before(&self, day: &str) -> Result<Vec<ConsultationRow>> {
        read(sqlx::query_scalar(ASKED_BEFORE).bind(day).fetch_one(&self.reader).await)
    }

    pub async fn operator_feeds(&self) -> Result<Vec<(String, i64)>> {
        read(sqlx::query_scalar(FEEDS).fetch_one(&self.reader).await)
    }

    pub async fn full_counts(&self, regions: &[(&str, &str)]) -> Result<Vec<(String, String, String, i64)>> {
        let mut transaction = self.read().await?;
        let mut counts = Vec::new();
        let mut of_place = |cut: &str, key: &str, found: Vec<i64>| {
            counts.extend(MEASURES.iter().zip(found).map(|(measure, n)| (cut.to_owned(), key.to_owned(), (*measure).to_owned(), n)));
        };
        of_place("national", "", read(sqlx::query_scalar(NATION).fetch_one(&mut *transaction).await)?);
        let departments = serde_json::json!(regions).to_string();
        let found: Vec<(String, Vec<i64>)> = read(sqlx::query_scalar(REGIONS).bind(departments).fetch_one(&mut *transaction).await)?;
        let nothing = regions.iter().map(|(_, region)| ((*region).to_owned(), vec![0; MEASURES.len()]));
        let regions: BTreeMap<String, Vec<i64>> = nothing.chain(found).collect();
        regions.into_iter().for_each(|(region, counts)| of_place("region", &region, counts));
        for (statement, cut, measure) in
            [(OPERATORS, "state", "operators"), (DOMAINS, "state", "domains"), (REJECTED, "reason", "rows_rejected")]
        {
            let found: Vec<(String, i64)> = read(sqlx::query_scalar(statement).fetch_one(&mut *transaction).await)?;
            let total = found.iter().map(|(_, n)| n).sum();
            counts.push(("national".to_owned(), String::new(), measure.to_owned(), total));
            counts.extend(found.into_iter().map(|(key, n)| (cut.to_owned(), key, measure.to_owned(), n)));
        }
        Ok(counts)
    }

    pub async fn editions(&self) -> Result<Vec<(String, String)>> {
        read(sqlx::query_scalar(EDITIONS).fetch_one(&self.reader).await)
    }

    pub async fn exchange_months(&self) -> Result<Vec<ExchangeMonth>> {
        read(sqlx::query_scalar(MONTHS).fetch_one(&self.reader).await)
    }
}

fn read<T: serde::de::DeserializeOwned>(answer: sqlx::Result<String>) -> Result<T> {
    let text = answer.map_err(db("reading the indicators"))?;
    serde_json::from_str(&text).map_err(|e| Error::internal("reading the indicators", e))
}
