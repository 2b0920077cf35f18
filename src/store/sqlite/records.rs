//! Complete records for the projection: a batch of entries is read with a dozen statements, in one read transaction.
//!
//! What is read is everything known, hidden or not: closed people, red mailboxes, domains not listed. Deciding is `visibility`'s.
//! Reading is here, putting together is `assemble`. Each statement answers one JSON array with an array for each row, in the order of the
//! fields of its type: a row by itself costs a turn between two threads, and a country has tens of millions.

use super::assemble::{Batch, MailboxRows, PersonRows};
use super::labels::LabelBook;
use super::{Sqlite, db, json, meta, statements};
use crate::error::{Error, Result};
use crate::model::{
    Activity, Attachment, EntryKey, Exercise, Expertise, Kind, Mailbox, OperatorState, Professional, Record, Structure, tables,
};
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqliteArguments;
use sqlx::{Sqlite as Driver, SqliteConnection};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// Role codes are given from three tables.
pub(super) const ROLE_TABLES: [&str; 3] = [tables::ROLE, "TRE_R85", "TRE_R96"];

const BATCH: usize = 500;

/// A column of 0 and 1 as JSON; null stays null.
macro_rules! flag {
    ($column:literal) => {
        concat!("CASE ", $column, " WHEN 0 THEN json('false') WHEN 1 THEN json('true') END")
    };
}

statements! {
    // $1 mailboxes, $2 professionals, $3 structures.
    MAILBOXES = concat!("SELECT json_group_array(json_array(address, kind, source, operator, state, ", flag!("test"), ", ",
        flag!("liste_rouge"), ", ", flag!("liste_rouge_held"), ", ", flag!("frozen"), ", ", flag!("zero_papier"), ", phone, ",
        flag!("phone_opposed"), ", ", flag!("phone_opposed_held"), ", responsible, service, description, rank, ", flag!("in_extraction"),
        ", json('[]')))
        FROM mailbox WHERE address IN (SELECT value FROM json_each($1)
        UNION SELECT a.mailbox FROM attachment AS a
            WHERE a.professional IN (SELECT value FROM json_each($2)) AND a.professional <> ''
        UNION SELECT m.address FROM structure_alias AS x
            JOIN attachment AS a ON a.structure_kind = x.kind AND a.structure_value = x.value AND a.structure_kind <> ''
            JOIN mailbox AS m ON m.address = a.mailbox AND m.kind <> 'PER'
            WHERE x.structure IN (SELECT value FROM json_each($3)))");
    ATTACHMENTS = "SELECT json_group_array(json_array(a.mailbox, x.structure,
            json_array(a.professional, a.structure_kind, a.structure_value, a.service)))
        FROM attachment AS a LEFT JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
        WHERE a.mailbox IN (SELECT value FROM json_each($1))";
    PEOPLE = concat!("SELECT json_group_array(json_array(id, id_type, id_value, civility, exercise_civility, family, given, origin, ",
        flag!("closed_at IS NOT NULL"), ", replaces)) FROM professional WHERE id IN (SELECT value FROM json_each($1))");
    EXERCISES = "SELECT json_group_array(json_array(professional, json_array(profession, category))) FROM exercise
        WHERE professional IN (SELECT value FROM json_each($1))";
    SAVOIR_FAIRE = "SELECT json_group_array(json_array(professional, source, json_array(profession, category, kind, code)))
        FROM savoir_faire WHERE professional IN (SELECT value FROM json_each($1))";
    ACTIVITIES = "SELECT json_group_array(json_array(lower(hex(id)), professional, profession, category, mode, structure, sector, section, role,
            genre)) FROM activity WHERE professional IN (SELECT value FROM json_each($1))";
    STRUCTURES = concat!("SELECT json_group_array(json_array(id, name, trade_name, siret, siren, finess, finess_ej, legacy_id,
            json_array(recipient, geographic, number, repetition, street_type, street, distribution, last_line, postal_code, insee, city,
                country_code, country, department), phone, phone2, fax, email, sector, ", flag!("in_rpps"), ", ",
            flag!("closed_at IS NOT NULL"), ")) FROM structure WHERE id IN (SELECT value FROM json_each($1))");
    LISTED_DOMAINS = "SELECT json_group_array(name) FROM domain WHERE listed = 1 AND name IN (SELECT value FROM json_each($1))";
    DOMAIN_OPERATORS = "SELECT json_group_array(json_array(domain, id, state)) FROM (SELECT DISTINCT d.domain, o.id, o.state
        FROM domain_certificate AS d
        JOIN operator_certificate AS c ON c.dn_key = d.dn_key JOIN operator AS o ON o.id = c.operator
        WHERE d.domain IN (SELECT value FROM json_each($1)))";
    OPERATORS = "SELECT json_group_array(json_array(id, state)) FROM operator WHERE id IN (SELECT value FROM json_each($1))";
}

/// What was read of some entries, each batch of them at one moment of the store.
#[derive(Debug)]
pub struct Records {
    batches: Vec<Batch>,
    /// The batch of each entry asked for: others may know it as a neighbour, without all that belongs to it.
    of: HashMap<EntryKey, usize>,
}

impl Records {
    /// The record of an entry that was asked for; `None` when the store does not know it.
    #[must_use]
    pub fn get(&self, key: &EntryKey) -> Option<Record> {
        self.batches.get(*self.of.get(key)?)?.record(key)
    }
}

impl Sqlite {
    pub async fn read_records(&self, keys: &[EntryKey]) -> Result<Records> {
        let mut records = Records { batches: Vec::new(), of: HashMap::new() };
        for keys in keys.chunks(BATCH) {
            let mut read = self.read().await?;
            records.of.extend(keys.iter().map(|key| (key.clone(), records.batches.len())));
            records.batches.push(load(&mut read, keys).await?);
        }
        Ok(records)
    }

    pub async fn records(&self, keys: &[EntryKey]) -> Result<Vec<(EntryKey, Option<Record>)>> {
        let mut records = Vec::with_capacity(keys.len());
        for keys in keys.chunks(BATCH) {
            let batch = self.read_records(keys).await?;
            records.extend(keys.iter().map(|key| (key.clone(), batch.get(key))));
        }
        Ok(records)
    }
}

async fn load(connection: &mut SqliteConnection, keys: &[EntryKey]) -> Result<Batch> {
    let of = |kind: Kind| keys.iter().filter(move |key| key.kind == kind).map(|key| key.id.as_str()).collect::<BTreeSet<_>>();
    let (addresses, people, sites) = (of(Kind::Mailbox), of(Kind::Professional), of(Kind::Structure));
    let mut batch = Batch::default();
    batch.standings.list_loaded = meta::list_loaded(connection).await?;

    load_mailboxes(connection, &mut batch, &addresses, &people, &sites).await?;
    // Of the other holders only the standing is asked.
    let shown = batch.mailboxes.iter().filter(|(address, _)| addresses.contains(address.as_str()));
    let mut complete: BTreeSet<String> = shown.flat_map(|(_, mailbox)| mailbox.holders()).map(str::to_owned).collect();
    complete.extend(people.iter().map(|&id| id.to_owned()));
    load_people(connection, &mut batch, &complete).await?;

    let active = batch.people.values().flat_map(|person| &person.activities).map(|activity| activity.structure.as_str());
    let attached = batch.mailboxes.values().flat_map(|mailbox| mailbox.sites());
    let wanted: BTreeSet<&str> = active.chain(attached).chain(sites.iter().copied()).filter(|id| !id.is_empty()).collect();
    let found: Vec<Structure> = all(connection, STRUCTURES, json(wanted)).await?;
    batch.structures = found.into_iter().map(|structure| (structure.id.clone(), Arc::new(structure))).collect();

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
    let query = sqlx::query_scalar(MAILBOXES).bind(json(addresses)).bind(json(people)).bind(json(sites));
    for mailbox in rows_of::<Mailbox>(connection, query).await? {
        batch.mailboxes.insert(mailbox.address.as_str().to_owned(), MailboxRows { mailbox, sites: Vec::new() });
    }
    let asked = json(batch.mailboxes.keys());
    let mut attached: Vec<(String, Option<String>, Attachment)> = all(connection, ATTACHMENTS, asked).await?;
    attached.sort_by(|a, b| (&a.0, &a.2).cmp(&(&b.0, &b.2)));
    for (address, site, attachment) in attached {
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
    for professional in all::<Professional>(connection, PEOPLE, json(known)).await? {
        batch.people.insert(professional.id.clone(), PersonRows::new(professional));
    }
    let complete = json(complete);
    for (id, exercise) in all::<(String, Exercise)>(connection, EXERCISES, complete.clone()).await? {
        if let Some(person) = batch.people.get_mut(&id) {
            person.exercises.push(exercise);
        }
    }
    let mut expertises: Vec<(String, i64, Expertise)> = all(connection, SAVOIR_FAIRE, complete.clone()).await?;
    expertises.sort();
    for (id, source, expertise) in expertises {
        if let Some(person) = batch.people.get_mut(&id) {
            person.add_expertise(source, expertise);
        }
    }
    let mut activities: Vec<Activity> = all(connection, ACTIVITIES, complete).await?;
    activities.sort_unstable_by(|a, b| a.id.cmp(&b.id));
    for activity in activities {
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
    batch.standings.listed = all(connection, LISTED_DOMAINS, domains.clone()).await?.into_iter().collect();
    let mut of_domains: Vec<(String, String, String)> = all(connection, DOMAIN_OPERATORS, domains).await?;
    of_domains.sort();
    for (domain, id, state) in of_domains {
        batch.standings.domain_holders.insert((domain.clone(), id));
        batch.standings.domain_operators.entry(domain).or_default().push(operator_state(&state)?);
    }
    for (id, state) in all::<(String, String)>(connection, OPERATORS, operators).await? {
        batch.standings.operators.insert(id, operator_state(&state)?);
    }
    Ok(())
}

pub(super) fn operator_state(word: &str) -> Result<OperatorState> {
    OperatorState::parse(word).ok_or_else(|| Error::internal("reading records", "an operator's state is a word unknown to this program"))
}

type Query<'q> = sqlx::query::QueryScalar<'q, Driver, String, SqliteArguments>;

/// Every row of a statement over one list.
pub(super) async fn all<T: DeserializeOwned>(connection: &mut SqliteConnection, statement: &'static str, list: String) -> Result<Vec<T>> {
    rows_of(connection, sqlx::query_scalar(statement).bind(list)).await
}

pub(super) async fn rows_of<T: DeserializeOwned>(connection: &mut SqliteConnection, query: Query<'_>) -> Result<Vec<T>> {
    let rows: String = query.fetch_one(connection).await.map_err(db("reading records"))?;
    serde_json::from_str(&rows).map_err(|e| Error::internal("reading records", e))
}
