//! Complete records for the projection: a batch of entries is read with a dozen statements, whatever its size, in one read transaction.
//!
//! What is read is everything known, hidden or not: closed people, red mailboxes, domains not listed. Deciding is `visibility`'s.
//! Reading is here, putting together is `assemble`.

use super::assemble::{Batch, MailboxRows, PersonRows};
use super::labels::LabelBook;
use super::{Sqlite, db, json, meta, rows, statements};
use crate::error::Result;
use crate::model::{Activity, EntryKey, Exercise, Expertise, Kind, OperatorState, Record, tables};
use sqlx::sqlite::{SqliteArguments, SqliteRow};
use sqlx::{Row, Sqlite as Driver, SqliteConnection};
use std::collections::BTreeSet;

/// Role codes are given from three tables.
pub(super) const ROLE_TABLES: [&str; 3] = [tables::ROLE, "TRE_R85", "TRE_R96"];

const BATCH: usize = 500;

statements! {
    // $1 mailboxes, $2 professionals, $3 structures.
    MAILBOXES = "SELECT * FROM mailbox WHERE address IN (SELECT value FROM json_each($1)
        UNION SELECT a.mailbox FROM attachment AS a
            WHERE a.professional IN (SELECT value FROM json_each($2)) AND a.professional <> ''
        UNION SELECT m.address FROM structure_alias AS x
            JOIN attachment AS a ON a.structure_kind = x.kind AND a.structure_value = x.value AND a.structure_kind <> ''
            JOIN mailbox AS m ON m.address = a.mailbox AND m.kind <> 'PER'
            WHERE x.structure IN (SELECT value FROM json_each($3)))";
    ATTACHMENTS = "SELECT a.mailbox, a.professional, a.structure_kind, a.structure_value, a.service, x.structure AS site
        FROM attachment AS a LEFT JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
        WHERE a.mailbox IN (SELECT value FROM json_each($1))
        ORDER BY a.mailbox, a.professional, a.structure_kind, a.structure_value, a.service";
    PEOPLE = "SELECT * FROM professional WHERE id IN (SELECT value FROM json_each($1))";
    EXERCISES = "SELECT professional, profession, category FROM exercise
        WHERE professional IN (SELECT value FROM json_each($1)) ORDER BY professional, profession, category";
    SAVOIR_FAIRE = "SELECT professional, profession, category, kind, code, source FROM savoir_faire
        WHERE professional IN (SELECT value FROM json_each($1)) ORDER BY professional, source, profession, category, kind, code";
    ACTIVITIES = "SELECT id, professional, profession, category, mode, structure, sector, section, role, genre FROM activity
        WHERE professional IN (SELECT value FROM json_each($1)) ORDER BY professional, id";
    STRUCTURES = "SELECT * FROM structure WHERE id IN (SELECT value FROM json_each($1))";
    LISTED_DOMAINS = "SELECT name FROM domain WHERE listed = 1 AND name IN (SELECT value FROM json_each($1))";
    DOMAIN_OPERATORS = "SELECT DISTINCT d.domain, o.id, o.state FROM domain_certificate AS d
        JOIN operator_certificate AS c ON c.dn_key = d.dn_key JOIN operator AS o ON o.id = c.operator
        WHERE d.domain IN (SELECT value FROM json_each($1)) ORDER BY d.domain, o.id";
    OPERATORS = "SELECT id, state FROM operator WHERE id IN (SELECT value FROM json_each($1))";
}

impl Sqlite {
    pub async fn records(&self, keys: &[EntryKey]) -> Result<Vec<(EntryKey, Option<Record>)>> {
        let mut records = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let mut read = self.read().await?;
            let batch = load(&mut read, keys).await?;
            records.extend(keys.iter().map(|key| (key.clone(), batch.record(key))));
        }
        Ok(records)
    }
}

async fn load(connection: &mut SqliteConnection, keys: &[EntryKey]) -> Result<Batch> {
    let of = |kind: Kind| keys.iter().filter(move |key| key.kind == kind).map(|key| key.id.as_str()).collect::<BTreeSet<_>>();
    let (addresses, people, sites) = (of(Kind::Mailbox), of(Kind::Professional), of(Kind::Structure));
    let mut batch = Batch::default();
    batch.list_loaded = meta::list_loaded(connection).await?;

    load_mailboxes(connection, &mut batch, &addresses, &people, &sites).await?;
    // Of the other holders only the standing is asked.
    let shown = batch.mailboxes.iter().filter(|(address, _)| addresses.contains(address.as_str()));
    let mut complete: BTreeSet<String> = shown.flat_map(|(_, mailbox)| mailbox.holders()).map(str::to_owned).collect();
    complete.extend(people.iter().map(|&id| id.to_owned()));
    load_people(connection, &mut batch, &complete).await?;

    let active = batch.people.values().flat_map(|person| &person.activities).map(|activity| activity.structure.as_str());
    let attached = batch.mailboxes.values().flat_map(|mailbox| mailbox.sites());
    let wanted: BTreeSet<&str> = active.chain(attached).chain(sites.iter().copied()).filter(|id| !id.is_empty()).collect();
    let found = all(connection, STRUCTURES, json(wanted), |row| rows::structure(&row)).await?;
    batch.structures = found.into_iter().map(|structure| (structure.id.clone(), structure)).collect();

    load_standings(connection, &mut batch).await?;
    let mut labels = LabelBook::default();
    batch.want_labels(&mut labels);
    labels.load(connection).await?;
    batch.labels = labels;
    Ok(batch)
}

async fn load_mailboxes(
    connection: &mut SqliteConnection,
    batch: &mut Batch,
    addresses: &BTreeSet<&str>,
    people: &BTreeSet<&str>,
    sites: &BTreeSet<&str>,
) -> Result<()> {
    let query = sqlx::query(MAILBOXES).bind(json(addresses)).bind(json(people)).bind(json(sites));
    for mailbox in mapped(connection, query, |row| rows::mailbox(&row)).await? {
        batch.mailboxes.insert(mailbox.address.as_str().to_owned(), MailboxRows { mailbox, sites: Vec::new() });
    }
    let asked = json(batch.mailboxes.keys());
    let row = |row: SqliteRow| Ok((row.try_get::<String, _>("mailbox")?, rows::attachment(&row)?, row.try_get("site")?));
    for (address, attachment, site) in all(connection, ATTACHMENTS, asked, row).await? {
        if let Some(mailbox) = batch.mailboxes.get_mut(&address) {
            mailbox.mailbox.attachments.push(attachment);
            mailbox.sites.push(site);
        }
    }
    batch.index_mailboxes();
    Ok(())
}

async fn load_people(connection: &mut SqliteConnection, batch: &mut Batch, complete: &BTreeSet<String>) -> Result<()> {
    let holders = batch.mailboxes.values().flat_map(|mailbox| mailbox.holders());
    let known: BTreeSet<&str> = holders.chain(complete.iter().map(String::as_str)).collect();
    for professional in all(connection, PEOPLE, json(known), |row| rows::professional(&row)).await? {
        batch.people.insert(professional.id.clone(), PersonRows::new(professional));
    }
    let exercise = |row: SqliteRow| {
        let id: String = row.try_get("professional")?;
        Ok((id, Exercise { profession: row.try_get("profession")?, category: row.try_get("category")? }))
    };
    for (id, exercise) in all(connection, EXERCISES, json(complete), exercise).await? {
        if let Some(person) = batch.people.get_mut(&id) {
            person.exercises.push(exercise);
        }
    }
    for (id, source, expertise) in all(connection, SAVOIR_FAIRE, json(complete), expertise).await? {
        if let Some(person) = batch.people.get_mut(&id) {
            person.add_expertise(source, expertise);
        }
    }
    for activity in all(connection, ACTIVITIES, json(complete), activity).await? {
        if let Some(person) = batch.people.get_mut(&activity.professional) {
            person.activities.push(activity);
        }
    }
    Ok(())
}

async fn load_standings(connection: &mut SqliteConnection, batch: &mut Batch) -> Result<()> {
    let domains: BTreeSet<&str> = batch.mailboxes.values().map(|mailbox| mailbox.mailbox.address.domain()).collect();
    let operators: BTreeSet<&str> = batch.mailboxes.values().filter_map(|mailbox| mailbox.mailbox.operator.as_deref()).collect();
    let (domains, operators) = (json(domains), json(operators));
    let listed = all(connection, LISTED_DOMAINS, domains.clone(), |row| row.try_get::<String, _>("name")).await?;
    batch.listed = listed.into_iter().collect();
    let state = |row: &SqliteRow| rows::word(row, "state", OperatorState::parse);
    let of_domain = |row: SqliteRow| Ok((row.try_get::<String, _>("domain")?, state(&row)?));
    for (domain, state) in all(connection, DOMAIN_OPERATORS, domains, of_domain).await? {
        batch.domain_operators.entry(domain).or_default().push(state);
    }
    let of_operator = |row: SqliteRow| Ok((row.try_get::<String, _>("id")?, state(&row)?));
    batch.operators = all(connection, OPERATORS, operators, of_operator).await?.into_iter().collect();
    Ok(())
}

fn expertise(row: SqliteRow) -> sqlx::Result<(String, i64, Expertise)> {
    let expertise = Expertise {
        profession: row.try_get("profession")?,
        category: row.try_get("category")?,
        kind: row.try_get("kind")?,
        code: row.try_get("code")?,
    };
    Ok((row.try_get("professional")?, row.try_get("source")?, expertise))
}

fn activity(row: SqliteRow) -> sqlx::Result<Activity> {
    Ok(Activity {
        id: row.try_get("id")?,
        professional: row.try_get("professional")?,
        profession: row.try_get("profession")?,
        category: row.try_get("category")?,
        mode: row.try_get("mode")?,
        structure: row.try_get("structure")?,
        sector: row.try_get("sector")?,
        section: row.try_get("section")?,
        role: row.try_get("role")?,
        genre: row.try_get("genre")?,
    })
}

type Query<'q> = sqlx::query::Query<'q, Driver, SqliteArguments>;

/// Every row of a statement over one list.
async fn all<T: Send + Unpin>(
    connection: &mut SqliteConnection,
    statement: &'static str,
    list: String,
    map: impl FnMut(SqliteRow) -> sqlx::Result<T> + Send,
) -> Result<Vec<T>> {
    mapped(connection, sqlx::query(statement).bind(list), map).await
}

async fn mapped<T: Send + Unpin>(
    connection: &mut SqliteConnection,
    query: Query<'_>,
    map: impl FnMut(SqliteRow) -> sqlx::Result<T> + Send,
) -> Result<Vec<T>> {
    query.try_map(map).fetch_all(connection).await.map_err(db("reading records"))
}
