//! Everybody whom an alert may concern, read at one moment of the store: one read transaction on a connection of its own, batch by batch
//! in the order of ids, so that memory is that of a batch however large the country.
//!
//! A filter first gathers the professionals it may concern in a temporary table (it spills to a file when it grows): whole tables read once
//! cost less than a look-up for each person of a country. This only narrows: the caller tests each activity itself. Each statement answers
//! one JSON array, as in `records`. Mailboxes of organisations are walked once, by address: to look them up by structure would read a
//! hospital's thousands of attachments again and again.

use super::super::alerts::{AlertActivity, AlertMailbox, AlertPerson, AlertScope, AlertStructure};
use super::records::{all, operator_state, rows_of};
use super::standings::Standings;
use super::{Sqlite, db, json, meta, statements};
use crate::error::{Error, Result};
use crate::model::{Address, Exercise, Expertise, HolderStanding, Mailbox, MailboxRecord, MailboxState, MailboxType, Source};
use serde::Deserialize;
use sqlx::{ConnectOptions, SqliteConnection};
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// A batch of the people of a set of ids, which ends with a condition: $2 savoir-faire, NULL when none is asked for.
macro_rules! people {
    ($from:literal) => {
        concat!(
            "SELECT json_group_array(json_array(id, family, given, origin)) FROM (SELECT p.id, p.family, p.given, p.origin FROM ",
            $from,
            " AND p.closed_at IS NULL
            AND ($2 IS NULL
                OR EXISTS (SELECT 1 FROM savoir_faire AS s WHERE s.professional = p.id AND s.code IN (SELECT value FROM json_each($2))))
            ORDER BY p.id LIMIT $3)"
        )
    };
}
pub(super) use people;

/// Whoever has an activity `a` of these professions ($1), modes ($2) and sectors ($3), each NULL when not asked for.
macro_rules! activity_fits {
    () => {
        "($1 IS NULL OR a.profession IN (SELECT value FROM json_each($1))) AND ($2 IS NULL OR a.mode IN (SELECT value FROM json_each($2)))
            AND ($3 IS NULL OR a.sector IN (SELECT value FROM json_each($3)))"
    };
}
pub(super) use activity_fits;

/// Whoever exercises one of the professions $1. Of people whom Personne_activite does not tell of, SavoirFaire says it, by its best source.
macro_rules! exercising {
    () => {
        "SELECT professional FROM exercise WHERE profession IN (SELECT value FROM json_each($1))
        UNION SELECT professional FROM activity WHERE profession IN (SELECT value FROM json_each($1))
        UNION SELECT s.professional FROM savoir_faire AS s JOIN professional AS p ON p.id = s.professional AND p.origin <> 'rpps'
            WHERE s.profession IN (SELECT value FROM json_each($1))
            AND s.source = (SELECT max(o.source) FROM savoir_faire AS o WHERE o.professional = s.professional)"
    };
}
pub(super) use exercising;

/// What [`MailboxRow`] reads of `m`, and one more array.
macro_rules! mailboxes {
    ($names:literal, $rest:literal) => {
        concat!(
            "SELECT json_group_array(json_array(m.address, m.kind, m.source, m.operator, m.state, m.test, m.liste_rouge, m.frozen, m.rank,
            m.in_extraction, m.created_at, m.changed_at, json((SELECT json_group_array(",
            $names,
            ")))) FROM ",
            $rest
        )
    };
}

statements! {
    APPLYING = "SELECT EXISTS (SELECT 1 FROM import_run WHERE state = 'applying')";
    PEOPLE = people!("professional AS p WHERE p.id > $1");
    EXERCISES = "SELECT json_group_array(json_array(professional, profession, category)) FROM exercise
        WHERE professional IN (SELECT value FROM json_each($1))";
    SAVOIR_FAIRE = "SELECT json_group_array(json_array(professional, source, json_array(profession, category, kind, code)))
        FROM savoir_faire WHERE professional IN (SELECT value FROM json_each($1))";
    ACTIVITIES = "SELECT json_group_array(json_array(professional, hex(id), profession, category, mode, sector, structure)) FROM activity
        WHERE professional IN (SELECT value FROM json_each($1))";
    STRUCTURES = "SELECT json_group_array(json_array(id, name, trade_name, postal_code, insee, city, department, sector)) FROM structure
        WHERE id IN (SELECT value FROM json_each($1)) AND closed_at IS NULL";
    OF_PEOPLE = mailboxes!("json_array(h.professional, p.id IS NOT NULL, p.closed_at IS NOT NULL))
            FROM attachment AS h LEFT JOIN professional AS p ON p.id = h.professional WHERE h.mailbox = m.address AND h.professional <> ''",
        "mailbox AS m WHERE m.address IN (SELECT a.mailbox FROM attachment AS a
            WHERE a.professional IN (SELECT value FROM json_each($1)) AND a.professional <> '')
        AND m.kind IN ('PER', 'CAB') AND m.state <> 'closed'");
    OF_STRUCTURES = mailboxes!("x.structure) FROM attachment AS a
            JOIN structure_alias AS x ON x.kind = a.structure_kind AND x.value = a.structure_value
            WHERE a.mailbox = m.address AND a.structure_kind <> ''",
        "(SELECT * FROM mailbox WHERE kind = 'ORG' AND state <> 'closed' AND address > $1 ORDER BY address LIMIT $2) AS m");
    COMMUNES = "SELECT json_group_array(DISTINCT insee) FROM structure WHERE closed_at IS NULL AND insee IN (SELECT value FROM json_each($1))";
    POSTAL_CODES = "SELECT json_group_array(DISTINCT postal_code) FROM structure
        WHERE closed_at IS NULL AND postal_code IN (SELECT value FROM json_each($1))";
    LISTED = "SELECT json_group_array(name) FROM domain WHERE listed = 1";
    HOLDERS = "SELECT json_group_array(json_array(domain, id, state)) FROM (SELECT DISTINCT d.domain, o.id, o.state
        FROM domain_certificate AS d JOIN operator_certificate AS c ON c.dn_key = d.dn_key JOIN operator AS o ON o.id = c.operator)";
    OPERATORS = "SELECT json_group_array(json_array(id, state)) FROM operator";
    // Stable id, any key of the site, and every site of a legal entity.
    NAMED = "SELECT json_group_array(json_array(name, structure)) FROM (
        SELECT q.value AS name, s.id AS structure FROM json_each($1) AS q JOIN structure AS s ON s.id = q.value
        UNION SELECT x.value, x.structure FROM structure_alias AS x WHERE x.kind IN ('technical', 'finess', 'finess_ej', 'siret')
            AND x.value IN (SELECT value FROM json_each($1))
        UNION SELECT s.finess_ej, s.id FROM structure AS s WHERE s.finess_ej <> '' AND s.finess_ej IN (SELECT value FROM json_each($1)))";
}

// Over the temporary table, which is there only after the first.
const CANDIDATES: &str = "CREATE TEMP TABLE alert_candidate (id TEXT PRIMARY KEY) WITHOUT ROWID";
const BY_PLACE: &str = concat!(
    "INSERT OR IGNORE INTO temp.alert_candidate SELECT a.professional FROM structure AS s JOIN activity AS a ON a.structure = s.id
    WHERE s.closed_at IS NULL AND ($4 IS NULL OR s.id IN (SELECT value FROM json_each($4)))
    AND (NOT $5 OR s.department IN (SELECT value FROM json_each($6)) OR s.insee IN (SELECT value FROM json_each($7))
        OR s.postal_code IN (SELECT value FROM json_each($8))) AND ",
    activity_fits!()
);
const BY_ACTIVITY: &str =
    concat!("INSERT OR IGNORE INTO temp.alert_candidate SELECT a.professional FROM activity AS a WHERE ", activity_fits!());
const BY_EXERCISE: &str = concat!("INSERT INTO temp.alert_candidate ", exercising!());
const PEOPLE_AMONG: &str = people!("temp.alert_candidate AS c JOIN professional AS p ON p.id = c.id WHERE c.id > $1");

/// A moment of the store, and the place in it.
#[derive(Debug)]
pub struct AlertReading {
    pub(super) connection: SqliteConnection,
    standings: Standings,
    pub(super) scope: AlertScope,
    among: bool,
}

impl Sqlite {
    pub async fn alert_reading(&self) -> Result<Option<AlertReading>> {
        let mut connection = self.reader.connect_options().connect().await.map_err(db("the store could not be opened for reading"))?;
        sqlx::query("BEGIN").execute(&mut connection).await.map_err(db("the store could not be read"))?;
        let applying: bool = sqlx::query_scalar(APPLYING).fetch_one(&mut connection).await.map_err(db("reading the imports"))?;
        if applying {
            return Ok(None);
        }
        let mut standings = Standings { list_loaded: meta::list_loaded(&mut connection).await?, ..Standings::default() };
        standings.listed = rows(&mut connection, LISTED).await?.into_iter().collect();
        let mut holders: Vec<(String, String, String)> = rows(&mut connection, HOLDERS).await?;
        holders.sort();
        for (domain, id, state) in holders {
            standings.domain_holders.insert((domain.clone(), id));
            standings.domain_operators.entry(domain).or_default().push(operator_state(&state)?);
        }
        for (id, state) in rows::<(String, String)>(&mut connection, OPERATORS).await? {
            standings.operators.insert(id, operator_state(&state)?);
        }
        Ok(Some(AlertReading { connection, standings, scope: AlertScope::default(), among: false }))
    }
}

impl AlertReading {
    /// Structures that these texts name: stable id, FINESS of the site or of its legal entity, SIRET. Pairs of text and stable id.
    pub async fn named(&mut self, texts: &[String]) -> Result<Vec<(String, String)>> {
        all(&mut self.connection, NAMED, json(texts)).await
    }

    /// Of these communes (INSEE) and postal codes, those in which a structure in force lies.
    pub async fn known_places(&mut self, communes: &[String], postal_codes: &[String]) -> Result<(BTreeSet<String>, BTreeSet<String>)> {
        let mut known = (BTreeSet::new(), BTreeSet::new());
        if !communes.is_empty() {
            known.0 = all::<String>(&mut self.connection, COMMUNES, json(communes)).await?.into_iter().collect();
        }
        if !postal_codes.is_empty() {
            known.1 = all::<String>(&mut self.connection, POSTAL_CODES, json(postal_codes)).await?.into_iter().collect();
        }
        Ok(known)
    }

    /// Says who may be left out from now on. To be called once, before any people are read.
    pub async fn narrow(&mut self, scope: AlertScope) -> Result<()> {
        let failed = || db("reading people by what they exercise");
        if scope.placed() || scope.structures.is_some() || scope.of_activities() || !scope.professions.is_empty() {
            sqlx::query(CANDIDATES).execute(&mut self.connection).await.map_err(failed())?;
            let find =
                |statement| sqlx::query(statement).bind(asked(&scope.professions)).bind(asked(&scope.modes)).bind(asked(&scope.sectors));
            let find = if scope.placed() || scope.structures.is_some() {
                find(BY_PLACE)
                    .bind(scope.structures.as_ref().map(json))
                    .bind(scope.placed())
                    .bind(json(&scope.departments))
                    .bind(json(&scope.communes))
                    .bind(json(&scope.postal_codes))
            } else if scope.of_activities() {
                find(BY_ACTIVITY)
            } else {
                sqlx::query(BY_EXERCISE).bind(asked(&scope.professions))
            };
            find.execute(&mut self.connection).await.map_err(failed())?;
            self.among = true;
        }
        self.scope = scope;
        Ok(())
    }

    /// People in force behind an id, in the order of ids; fewer than `most` at the end only.
    pub async fn people_after(&mut self, after: &str, most: u32) -> Result<Vec<AlertPerson>> {
        let from = if self.among { PEOPLE_AMONG } else { PEOPLE };
        self.people(from, after, most).await
    }

    pub(super) async fn people(&mut self, from: &'static str, after: &str, most: u32) -> Result<Vec<AlertPerson>> {
        let query = sqlx::query_scalar(from).bind(after.to_owned()).bind(asked(&self.scope.specialties)).bind(most);
        let mut found: Vec<(String, String, String, String)> = rows_of(&mut self.connection, query).await?;
        found.sort();
        let ids = json(found.iter().map(|(id, ..)| id));
        let complete = found.iter().map(|(id, _, _, origin)| (id.clone(), origin == "rpps")).collect::<HashMap<_, _>>();
        let mut exercises = self.exercises(&ids).await?;
        let mut specialties = self.specialties(&ids).await?;
        let mut activities = self.activities(&ids).await?;
        let mut mailboxes = self.mailboxes_of(&ids).await?;
        let people = found.into_iter().map(|(id, family, given, _)| {
            let specialties = specialties.remove(&id).unwrap_or_default();
            let mut exercises = exercises.remove(&id).unwrap_or_default();
            // Whoever Personne_activite does not tell of exercises what SavoirFaire says.
            if complete.get(&id) != Some(&true) {
                exercises.extend(specialties.iter().map(|e| Exercise { profession: e.profession.clone(), category: e.category.clone() }));
            }
            AlertPerson {
                exercises: exercises.into_iter().collect(),
                specialties,
                activities: activities.remove(&id).unwrap_or_default(),
                mailboxes: mailboxes.remove(&id).unwrap_or_default(),
                id,
                family,
                given,
            }
        });
        Ok(people.collect())
    }

    async fn exercises(&mut self, ids: &str) -> Result<HashMap<String, BTreeSet<Exercise>>> {
        let mut of: HashMap<String, BTreeSet<Exercise>> = HashMap::new();
        for (id, profession, category) in all::<(String, String, String)>(&mut self.connection, EXERCISES, ids.to_owned()).await? {
            of.entry(id).or_default().insert(Exercise { profession, category });
        }
        Ok(of)
    }

    async fn specialties(&mut self, ids: &str) -> Result<HashMap<String, Vec<Expertise>>> {
        let mut found: Vec<(String, i64, Expertise)> = all(&mut self.connection, SAVOIR_FAIRE, ids.to_owned()).await?;
        found.sort();
        let mut of: HashMap<String, (i64, Vec<Expertise>)> = HashMap::new();
        for (id, source, specialty) in found {
            let (best, own) = of.entry(id).or_default();
            // SavoirFaire owns them; Personne_activite fills in for people absent from it.
            if source > *best {
                *best = source;
                own.clear();
            }
            own.push(specialty);
        }
        Ok(of.into_iter().map(|(id, (_, own))| (id, own)).collect())
    }

    async fn activities(&mut self, ids: &str) -> Result<HashMap<String, Vec<AlertActivity>>> {
        type Row = (String, String, String, String, String, String, String);
        let mut found: Vec<Row> = all(&mut self.connection, ACTIVITIES, ids.to_owned()).await?;
        found.sort();
        let wanted: BTreeSet<&str> = found.iter().map(|row| row.6.as_str()).filter(|id| !id.is_empty()).collect();
        let structures: HashMap<String, Arc<AlertStructure>> =
            self.structures(wanted).await?.into_iter().map(|s| (s.id.clone(), Arc::new(s))).collect();
        let mut of: HashMap<String, Vec<AlertActivity>> = HashMap::new();
        for (id, _, profession, category, mode, sector, structure) in found {
            let structure = structures.get(&structure).cloned();
            of.entry(id).or_default().push(AlertActivity { profession, category, mode, sector, structure });
        }
        Ok(of)
    }

    pub(super) async fn mailboxes_of(&mut self, ids: &str) -> Result<HashMap<String, Vec<Arc<AlertMailbox>>>> {
        type Holder = (String, i64, i64);
        let found: Vec<Row<Holder>> = all(&mut self.connection, OF_PEOPLE, ids.to_owned()).await?;
        let mut found: Vec<_> = found.into_iter().map(Row::split).collect();
        found.sort_by(|a, b| a.0.address.cmp(&b.0.address));
        let mut of: HashMap<String, Vec<Arc<AlertMailbox>>> = HashMap::new();
        for (row, mut holders) in found {
            holders.sort();
            holders.dedup();
            let standing = |(_, known, closed): &Holder| match (*known, *closed) {
                (0, _) => HolderStanding::Unseen,
                (_, 0) => HolderStanding::Present,
                _ => HolderStanding::Closed,
            };
            let standings = holders.iter().map(standing).collect();
            let names: Vec<String> = holders.into_iter().map(|(id, ..)| id).collect();
            let mailbox = Arc::new(AlertMailbox { holders: names.clone(), ..self.mailbox(row, standings)? });
            for holder in names {
                of.entry(holder).or_default().push(Arc::clone(&mailbox));
            }
        }
        Ok(of)
    }

    /// ORG mailboxes behind an address, in the order of addresses; fewer than `most` at the end only.
    pub async fn organisations_after(&mut self, after: &str, most: u32) -> Result<Vec<AlertMailbox>> {
        let query = sqlx::query_scalar(OF_STRUCTURES).bind(after.to_owned()).bind(most);
        let mut found: Vec<_> = rows_of::<Row<String>>(&mut self.connection, query).await?.into_iter().map(Row::split).collect();
        found.sort_by(|a, b| a.0.address.cmp(&b.0.address));
        let read = found.into_iter().map(|(row, mut structures)| {
            structures.sort();
            structures.dedup();
            Ok(AlertMailbox { structures, ..self.mailbox(row, Vec::new())? })
        });
        read.collect()
    }

    /// Structures in force of these ids, by id.
    pub async fn structures(&mut self, ids: impl IntoIterator<Item = &str>) -> Result<Vec<AlertStructure>> {
        type Row = (String, String, String, String, String, String, String, String);
        let mut found: Vec<Row> = all(&mut self.connection, STRUCTURES, json(ids)).await?;
        found.sort();
        let told = found.into_iter().map(|(id, name, trade_name, postal_code, insee, city, department, sector)| {
            let name = if name.is_empty() { trade_name } else { name };
            AlertStructure { id, name, postal_code, insee, city, department, sector }
        });
        Ok(told.collect())
    }

    fn mailbox(&self, row: MailboxRow, holder_standings: Vec<HolderStanding>) -> Result<AlertMailbox> {
        let unknown = || Error::internal("reading mailboxes", "a column holds a word unknown to this program");
        let address = Address::parse(&row.address).map_err(|_| unknown())?;
        let kind = MailboxType::parse(&row.kind).ok_or_else(unknown)?;
        let mailbox = Mailbox {
            source: Source::parse(&row.source).ok_or_else(unknown)?,
            operator: row.operator,
            state: MailboxState::parse(&row.state).ok_or_else(unknown)?,
            test: row.test != 0,
            liste_rouge: row.liste_rouge != 0,
            frozen: row.frozen != 0,
            rank: row.rank,
            in_extraction: row.in_extraction != 0,
            ..Mailbox::extracted(address, kind)
        };
        let standing = self.standings.of(&mailbox);
        let record = MailboxRecord { mailbox, standing, holder_standings, holders: Vec::new(), sites: Vec::new() };
        Ok(AlertMailbox { record, holders: Vec::new(), structures: Vec::new(), created_at: row.created_at, changed_at: row.changed_at })
    }
}

/// What NULL says when nothing is asked.
pub(super) fn asked(codes: &[String]) -> Option<String> {
    (!codes.is_empty()).then(|| json(codes))
}

async fn rows<T: serde::de::DeserializeOwned>(connection: &mut SqliteConnection, statement: &'static str) -> Result<Vec<T>> {
    rows_of(connection, sqlx::query_scalar(statement)).await
}

/// A mailbox as its statement answers it.
#[derive(Debug)]
struct MailboxRow {
    address: String,
    kind: String,
    source: String,
    operator: Option<String>,
    state: String,
    test: i64,
    liste_rouge: i64,
    frozen: i64,
    rank: Option<u32>,
    in_extraction: i64,
    created_at: i64,
    changed_at: i64,
}

/// The same, read from its array, with those it is attached to.
#[derive(Deserialize)]
struct Row<T>(String, String, String, Option<String>, String, i64, i64, i64, Option<u32>, i64, i64, i64, Vec<T>);

impl<T> Row<T> {
    fn split(self) -> (MailboxRow, Vec<T>) {
        let Self(address, kind, source, operator, state, test, liste_rouge, frozen, rank, in_extraction, created_at, changed_at, of) = self;
        let row =
            MailboxRow { address, kind, source, operator, state, test, liste_rouge, frozen, rank, in_extraction, created_at, changed_at };
        (row, of)
    }
}

#[cfg(test)]
mod tests {
    use super::super::prepare;
    use super::*;
    use sqlx::Executor;
    use sqlx::sqlite::SqliteConnectOptions;

    #[tokio::test]
    async fn statements_over_the_temporary_table_prepare() {
        let mut connection = SqliteConnectOptions::new().in_memory(true).connect().await.unwrap();
        prepare(&mut connection).await.unwrap();
        (&mut connection).execute(CANDIDATES).await.unwrap();
        for sql in [BY_PLACE, BY_ACTIVITY, BY_EXERCISE, PEOPLE_AMONG] {
            (&mut connection).prepare(sqlx::SqlStr::from_static(sql)).await.unwrap_or_else(|error| panic!("{sql}\n{error}"));
        }
    }
}
