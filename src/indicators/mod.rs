//! Figures of a day: counted from what the public is shown, and beside them, for the health authority and administrators, from everything.
//!
//! In the order of the data: `cell` what is counted and by what it is cut, `tally` the counts of one walk with `former` the day before,
//! `consultation` the questions of a day, `hide` what may be told of them, `answer` what was asked, with `label` and `csv` in which words. Public figures come from the views of a walk and nothing else, so that no
//! hidden mailbox moves any of them ([`Indicators::counting`] can be fed by whoever walks for the open files); full ones from the store, for
//! the nation and its regions only. The hour at which a day is counted, and keeping exchange figures, is `keep`.

mod answer;
mod cell;
mod consultation;
mod csv;
mod exchanges;
mod former;
mod hide;
mod keep;
mod label;
mod tally;

pub use answer::{Answered, Asked, Compared, Figure, MOST_DAYS, MOST_FIGURES, Scope};
pub use cell::{Cell, Cut, Measure, Operators, Part};
pub use consultation::Waiting;
pub use csv::csv;
pub use exchanges::{Exchanges, Format, MOST_LINES, Receipt};
pub use former::Former;
pub use hide::{SMALL, Told, told};
pub use keep::{day_of, months_to_anonymise};
pub use tally::{Counts, Tally};

use crate::directory::{Audience, Directory};
use crate::error::{Error, Result};
use crate::model::territory;
use crate::store::indicators::{CountedDay, FigureQuery, FigureRow};
use crate::store::operators::DomainListing;
use crate::store::{DataDir, Store, Trace};
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;
use tokio::sync::Mutex;

/// Domains asked of the store at once.
const DOMAINS: u32 = 1_000;
/// Who counts, in the traces.
const ACTOR: &str = "service";

/// Counts and answers; clones share who counts.
#[derive(Clone)]
pub struct Indicators {
    store: Store,
    directory: Directory,
    folder: PathBuf,
    counting: Arc<Mutex<()>>,
}

impl Indicators {
    #[must_use]
    pub fn new(store: Store, directory: Directory, data: &DataDir) -> Self {
        Self { store, directory, folder: data.root().join("indicators"), counting: Arc::default() }
    }

    /// Counts the day of `now` (UTC seconds) from a walk of its own, and keeps its figures in the place of those of the same day.
    /// Errors: unavailable when the gate is closed, internal.
    pub async fn build(&self, now: i64) -> Result<Date> {
        let _alone = self.counting.lock().await;
        let day = day_of(now)?;
        let (tally, directory) = (self.counting(day).await?, self.directory.clone());
        let counted = tokio::task::spawn_blocking(move || {
            let mut tally = tally;
            directory.walk(Audience::Public, &mut |walked| tally.add(&walked, walked.published()?.view()))?;
            Ok(tally)
        });
        let tally = counted.await.map_err(|e| Error::internal("counting ended abnormally", e))??;
        self.finish(day, tally, now).await?;
        Ok(day)
    }

    /// Ends what [`Indicators::counting`] began, when the whole walk was shown to it.
    pub async fn finish(&self, day: Date, tally: Tally, now: i64) -> Result<()> {
        let counted = tokio::task::spawn_blocking(|| tally.finish());
        let (counts, compared_with) = counted.await.map_err(|e| Error::internal("counting ended abnormally", e))??;
        self.keep(day, counts, compared_with, now).await
    }

    /// What the public entries of a day are to be shown to, in the order of a walk.
    pub async fn counting(&self, day: Date) -> Result<Tally> {
        let (operators, folder) = (self.operators().await?, self.folder.clone());
        let former = tokio::task::spawn_blocking(move || Former::open(&folder, &day.to_string()));
        Ok(Tally::new(operators, former.await.map_err(|e| Error::internal("counting ended abnormally", e))??))
    }

    /// Keeps what a [`Tally`] counted, with what is not in any view, as the figures of the day.
    async fn keep(&self, day: Date, mut counts: Counts, compared_with: Option<String>, now: i64) -> Result<()> {
        let operators = self.operators().await?;
        let in_force: BTreeSet<&String> = operators.values().flatten().collect();
        let mut nation = |measure, n: usize| counts.insert((Cell::nation(), measure), i64::try_from(n).unwrap_or(i64::MAX));
        nation(Measure::Operators, in_force.len());
        nation(Measure::Domains, operators.len());
        for (kind, edition) in self.store.editions().await? {
            let measure = match kind.as_str() {
                "personne_activite" => Measure::AgeOfRppsDays,
                "mailboxes" => Measure::AgeOfMailboxesDays,
                "liste_blanche" => Measure::AgeOfListeBlancheDays,
                _ => continue,
            };
            if let Some(of) = edition.get(..8).and_then(|text| Date::strptime("%Y%m%d", text).ok()) {
                counts.insert((Cell::nation(), measure), i64::from((day - of).get_days()));
            }
        }
        let hidden_before = match &compared_with {
            Some(before) => Some(self.hidden_stocks(before).await?),
            None => None,
        };
        let public = told(counts, &operators, hidden_before.as_ref());
        let counted = CountedDay { part: Part::Directory.word().to_owned(), day: day.to_string(), compared_with };
        self.write(Scope::Public, &counted, public, now).await?;
        let full = told(self.full(day, now).await?, &operators, None);
        self.write(Scope::Full, &CountedDay { compared_with: None, ..counted }, full, now).await?;
        self.keep_months(&operators, now).await
    }

    /// Exchange figures by month: to the public those of mailboxes it was shown; all of them of the nation only.
    async fn keep_months(&self, operators: &Operators, now: i64) -> Result<()> {
        let mut months: BTreeMap<(Scope, String), Counts> = BTreeMap::new();
        for row in self.store.exchange_months().await? {
            let [messages, bytes, active] = match row.sent {
                true => [Measure::MessagesSent, Measure::BytesSent, Measure::MailboxesSending],
                false => [Measure::MessagesReceived, Measure::BytesReceived, Measure::MailboxesReceiving],
            };
            let mut add = |scope, cells: &[Cell]| {
                let counts = months.entry((scope, row.month.clone())).or_default();
                for (measure, n) in [(messages, row.messages), (bytes, row.bytes), (active, row.active_mailboxes)] {
                    cells.iter().for_each(|cell| *counts.entry((cell.clone(), measure)).or_default() += n);
                }
            };
            add(Scope::Full, &[Cell::nation()]);
            if row.shown {
                add(Scope::Public, &[Cell::nation(), Cell::new(Cut::Operator, &*row.operator), Cell::new(Cut::Domain, &*row.domain)]);
            }
        }
        for ((scope, month), counts) in months {
            let counted = CountedDay { part: Part::Exchanges.word().to_owned(), day: month, compared_with: None };
            self.write(scope, &counted, exchanges::told_by_month(counts, operators), now).await?;
        }
        Ok(())
    }

    async fn write(&self, scope: Scope, counted: &CountedDay, told: Told, now: i64) -> Result<()> {
        let day = &counted.day;
        let row = |((cell, measure), value): ((Cell, Measure), Option<i64>)| FigureRow {
            day: day.clone(),
            cut: cell.cut.word().to_owned(),
            key: cell.key,
            measure: measure.word().to_owned(),
            value,
        };
        let rows: Vec<FigureRow> = told.into_iter().map(row).collect();
        let of_part = |measure: &&Measure| measure.part().word() == counted.part;
        let measures: Vec<&str> = Measure::ALL.iter().filter(of_part).map(|measure| measure.word()).collect();
        let detail = serde_json::json!({ "day": day, "part": counted.part, "scope": scope.word(), "figures": rows.len() });
        let trace = Trace { at: now, actor: ACTOR.to_owned(), action: "indicators.build".to_owned(), detail };
        self.store.write_figures(scope.word(), counted, &measures, &rows, &trace).await
    }

    /// Cells whose number of mailboxes was hidden on a day.
    async fn hidden_stocks(&self, day: &str) -> Result<BTreeSet<Cell>> {
        let measure = Some(Measure::Mailboxes.word().to_owned());
        let query = FigureQuery { from: day.to_owned(), to: day.to_owned(), measure, limit: usize::MAX, ..FigureQuery::default() };
        let hidden = self.store.figures(Scope::Public.word(), &query).await?.into_iter().filter(|row| row.value.is_none());
        Ok(hidden.filter_map(|row| Some(Cell::new(Cut::parse(&row.cut)?, row.key))).collect())
    }

    /// Everything the store holds, for the nation and its regions, and how long ago each operator sent something.
    async fn full(&self, day: Date, now: i64) -> Result<Counts> {
        let regions: Vec<(&str, &str)> = territory::departments().iter().map(|d| (d.code, d.region)).collect();
        let counted = self.store.full_counts(&regions).await?;
        let figure = |(cut, key, measure, n): (String, String, String, i64)| {
            Some(((Cell::new(Cut::parse(&cut)?, key), Measure::parse(&measure)?), n))
        };
        let mut counts: Counts = counted.into_iter().filter_map(figure).collect();
        for (operator, at) in self.store.operator_feeds().await? {
            let age = i64::from((day - day_of(at.min(now))?).get_days());
            counts.insert((Cell::new(Cut::Operator, operator), Measure::AgeOfFeedDays), age.max(0));
        }
        Ok(counts)
    }

    /// Listed domains with their operators in force, as anybody may know them.
    async fn operators(&self) -> Result<Operators> {
        let domains = self.domains().await?.into_iter();
        Ok(domains.map(|domain| (domain.name, domain.operators.into_iter().map(|(id, _)| id).collect())).collect())
    }

    /// Names of those operators by id.
    async fn operator_names(&self) -> Result<BTreeMap<String, String>> {
        Ok(self.domains().await?.into_iter().flat_map(|domain| domain.operators).collect())
    }

    async fn domains(&self) -> Result<Vec<DomainListing>> {
        let mut domains: Vec<DomainListing> = Vec::new();
        loop {
            let after = domains.last().map(|domain| domain.name.clone()).unwrap_or_default();
            let page = self.store.public_domains(&after, DOMAINS).await?;
            if page.is_empty() {
                return Ok(domains);
            }
            domains.extend(page);
        }
    }
}
