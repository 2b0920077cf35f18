//! What was asked of the figures, and what is told: counts as they were kept, labels, and rates made of counts that are both told.

use super::Indicators;
use super::cell::{Cut, Measure, Part};
use super::hide::SHARES;
use crate::error::{Error, Kind, Result};
use crate::store::indicators::{CountedDay, FigureQuery, FigureRow};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;

/// Days of one answer.
pub const MOST_DAYS: i32 = 400;
/// Figures of one answer.
pub const MOST_FIGURES: usize = 50_000;

/// Whose figures.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    #[default]
    Public,
    /// Hidden mailboxes too: roles autorite-sanitaire and administrateur.
    Full,
}

impl Scope {
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Full => "full",
        }
    }
}

/// A question; nothing said is the last day, the nation, everything.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    pub scope: Scope,
    /// One day (`2026-11-27`) or, of exchange figures, one month (`2026-11`).
    pub day: Option<String>,
    pub from: Option<String>,
    pub to: Option<String>,
    pub cut: Option<Cut>,
    pub key: Option<String>,
    /// A measure, or a rate: `equipment_rate`, `zero_papier_share` …
    pub measure: Option<String>,
}

/// One figure as it is told.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Figure {
    /// Europe/Paris; a month for exchange figures.
    #[schema(example = "2026-11-27")]
    pub day: String,
    #[schema(example = "department")]
    pub cut: String,
    /// Empty for the nation.
    #[schema(example = "69")]
    pub key: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub label: String,
    #[schema(example = "mailboxes")]
    pub measure: String,
    /// Null: from 1 to 4, or hidden so that such a count cannot be computed.
    #[schema(example = 1234)]
    pub value: Option<f64>,
}

/// A day that was counted.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Compared {
    #[schema(example = "2026-11-27")]
    pub day: String,
    /// The day counted before, from which `mailboxes_created`, `_gone` and `_changed` tell the difference; null: they are not known.
    #[schema(example = "2026-11-26")]
    pub compared_with: Option<String>,
}

/// The figures of an answer, in the order of day, cut, key and measure. A count that is not listed is 0 of a day that was counted, and not
/// known of any other.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Answered {
    /// Days asked for of which the directory was counted.
    pub days: Vec<Compared>,
    /// Days of which there are figures of questions.
    pub consultation_days: Vec<String>,
    /// Months of which there are exchange figures.
    pub months: Vec<String>,
    pub items: Vec<Figure>,
}

/// A rate, and the part and the whole it is made of: each a pair of [`SHARES`], so that neither the part nor the rest of one that is told is
/// a small count.
const RATES: [(&str, Measure); 5] = [
    ("equipment_rate", Measure::ProfessionalsEquipped),
    ("zero_papier_share", Measure::ZeroPapierAccepted),
    ("liste_rouge_share", Measure::MailboxesListeRouge),
    ("structures_with_org_share", Measure::StructuresWithOrg),
    ("questions_empty_share", Measure::QuestionsEmpty),
];

fn part_of_rate(word: &str) -> Option<Measure> {
    RATES.into_iter().find(|(rate, _)| *rate == word).map(|(_, part)| part)
}

impl Asked {
    /// Is this a word that a figure can have?
    #[must_use]
    pub fn is_measure(word: &str) -> bool {
        Measure::parse(word).is_some() || part_of_rate(word).is_some()
    }

    /// What the asked figures are counted with.
    fn part(&self) -> Option<Part> {
        let measure = self.measure.as_deref().and_then(|word| Measure::parse(word).or_else(|| part_of_rate(word)));
        measure.map(Measure::part).or((self.cut == Some(Cut::Interface)).then_some(Part::Consultation))
    }

    /// Are there ever figures of this cut and measure in this scope?
    fn check(&self) -> Result<()> {
        if self.cut.is_some_and(|cut| !cut.is_in(self.scope)) {
            return Err(refused("cut", format!("{} figures are not cut by it", self.scope.word())));
        }
        let Some(word) = self.measure.as_deref() else { return Ok(()) };
        let counted = Measure::parse(word).or_else(|| part_of_rate(word));
        match counted {
            None => Err(refused("measure", "there is no such measure".to_owned())),
            Some(measure) if !measure.is_in(self.scope) => {
                Err(refused("measure", format!("it is none of the {} figures", self.scope.word())))
            }
            Some(_) => Ok(()),
        }
    }

    /// From and to, both ends with them; the last day there is when neither is said.
    fn days(&self, last: Option<String>) -> Result<(String, String)> {
        if let Some(day) = &self.day {
            if self.from.is_some() || self.to.is_some() {
                return Err(refused("day", "a day, or from and to".to_owned()));
            }
            check_day(day, "day")?;
            return Ok((day.clone(), day.clone()));
        }
        let last = last.unwrap_or_default();
        let end = |given: &Option<String>, field| match given {
            Some(day) => check_day(day, field).map(|date| (day.clone(), Some(date))),
            None => Ok((last.clone(), whole_day(&last))),
        };
        let ((from, first), (to, end)) = (end(&self.from, "from")?, end(&self.to, "to")?);
        let days = first.zip(end).map_or(0, |(first, end)| (end - first).get_days());
        if days >= MOST_DAYS {
            return Err(refused("from", format!("{MOST_DAYS} days at most are told at once")));
        }
        Ok((from, to))
    }
}

fn whole_day(text: &str) -> Option<Date> {
    if text.len() == 7 { format!("{text}-01").parse().ok() } else { text.parse().ok() }
}

fn check_day(text: &str, field: &'static str) -> Result<Date> {
    let plain = matches!(text.len(), 7 | 10) && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    whole_day(text).filter(|_| plain).ok_or_else(|| refused(field, "a day is expected, as 2026-11-27, or a month".to_owned()))
}

fn refused(field: &'static str, message: String) -> Error {
    Error::new(Kind::Invalid, "invalid_parameter", message).at_field(field)
}

impl Indicators {
    /// Answers a question. Errors: `invalid_parameter` that names the parameter, `too_many_figures`; `not_counted` for one day that was not,
    /// `unknown_key` where nothing has the key.
    pub async fn answer(&self, asked: &Asked) -> Result<Answered> {
        asked.check()?;
        let (scope, part) = (asked.scope.word(), asked.part());
        let (from, to) = asked.days(self.store.last_counted(scope, part.unwrap_or(Part::Directory).word()).await?)?;
        let rate = asked.measure.as_deref().is_some_and(|word| part_of_rate(word).is_some());
        let query = FigureQuery {
            from,
            to,
            cut: Some(asked.cut.unwrap_or(Cut::National).word().to_owned()),
            key: asked.key.clone(),
            // A rate takes two.
            measure: asked.measure.clone().filter(|_| !rate),
            limit: MOST_FIGURES + 1,
        };
        let mut answered = self.counted(asked, &query).await?;
        let rows = self.store.figures(scope, &query).await?;
        if rows.len() > MOST_FIGURES {
            return Err(Error::new(
                Kind::Invalid,
                "too_many_figures",
                "more figures than one answer holds: ask for fewer days, or one key",
            ));
        }
        if let Some(key) = asked.key.as_deref().filter(|_| rows.is_empty()) {
            self.check_key(asked.scope, asked.cut.unwrap_or(Cut::National), key).await?;
        }
        answered.items = with_rates(rows, asked.scope);
        if let Some(word) = asked.measure.as_deref() {
            answered.items.retain(|figure| figure.measure == word);
        }
        self.label(&mut answered.items).await?;
        Ok(answered)
    }

    /// What was counted of the days asked for.
    async fn counted(&self, asked: &Asked, query: &FigureQuery) -> Result<Answered> {
        let mut answered = Answered::default();
        for CountedDay { part, day, compared_with } in self.store.counted_days(asked.scope.word(), &query.from, &query.to).await? {
            let part = Part::parse(&part).filter(|part| asked.part().is_none_or(|asked| asked == *part));
            match part {
                Some(Part::Directory) => answered.days.push(Compared { day, compared_with }),
                Some(Part::Consultation) => answered.consultation_days.push(day),
                Some(Part::Exchanges) => answered.months.push(day),
                None => {}
            }
        }
        let nothing = answered.days.is_empty() && answered.consultation_days.is_empty() && answered.months.is_empty();
        if nothing && asked.day.is_some() {
            return Err(Error::new(Kind::NotFound, "not_counted", "this day was not counted").at_field("day"));
        }
        Ok(answered)
    }
}

/// Measures of a cell with their values.
type Measured = Vec<(String, Option<f64>)>;

/// Counts, and behind those of each cell its rates: a hidden count has no rate, for that would tell it.
fn with_rates(rows: Vec<FigureRow>, scope: Scope) -> Vec<Figure> {
    let mut cells: BTreeMap<(String, String, String), Measured> = BTreeMap::new();
    for FigureRow { day, cut, key, measure, value } in rows {
        #[expect(clippy::cast_precision_loss, reason = "counts of a country are far below 2^52")]
        let value = value.map(|n| n as f64);
        cells.entry((day, cut, key)).or_default().push((measure, value));
    }
    let mut figures = Vec::new();
    for ((day, cut, key), mut values) in cells {
        for (rate, part) in RATES.into_iter().filter(|(_, part)| part.is_in(scope)) {
            let of = |measure: Measure| values.iter().find(|(word, _)| word == measure.word()).map(|(_, value)| *value);
            let whole = SHARES.into_iter().find(|(of, _)| *of == part).and_then(|(_, whole)| of(whole));
            let Some(whole) = whole else { continue };
            let part = of(part).unwrap_or(Some(0.0));
            let value = part.zip(whole).filter(|(_, whole)| *whole > 0.0).map(|(part, whole)| (part / whole * 10_000.0).round() / 10_000.0);
            values.push((rate.to_owned(), value));
        }
        figures.extend(values.into_iter().map(|(measure, value)| Figure {
            day: day.clone(),
            cut: cut.clone(),
            key: key.clone(),
            label: String::new(),
            measure,
            value,
        }));
    }
    figures
}
