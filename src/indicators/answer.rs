//! What was asked of the figures, and what is told: counts as they were kept, labels, and rates made of counts that are both told.

use super::Indicators;
use super::cell::{Cut, Measure};
use crate::error::{Error, Kind, Result};
use crate::model::{profession_table, territory};
use crate::store::indicators::{FigureQuery, FigureRow};
use jiff::civil::Date;
use serde::Serialize;
use std::collections::BTreeMap;
use std::fmt::Write as _;

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
    /// A measure, or `equipment_rate`, `zero_papier_share`, `liste_rouge_share`.
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

/// The figures of an answer, in the order of day, cut, key and measure.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
pub struct Answered {
    pub items: Vec<Figure>,
}

/// A rate, and the two counts it is made of.
const RATES: [(&str, Measure, Measure); 3] = [
    ("equipment_rate", Measure::ProfessionalsEquipped, Measure::Professionals),
    ("zero_papier_share", Measure::ZeroPapierAccepted, Measure::Mailboxes),
    ("liste_rouge_share", Measure::MailboxesListeRouge, Measure::Mailboxes),
];

impl Asked {
    /// Is this a word that a figure can have?
    #[must_use]
    pub fn is_measure(word: &str) -> bool {
        Measure::parse(word).is_some() || RATES.iter().any(|(rate, ..)| *rate == word)
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
    /// Answers a question. Errors: `invalid_parameter` that names the parameter; `too_many_figures`.
    pub async fn answer(&self, asked: &Asked) -> Result<Answered> {
        let (from, to) = asked.days(self.store.last_figures(asked.scope.word()).await?)?;
        let rate = asked.measure.as_deref().and_then(|word| RATES.into_iter().find(|(rate, ..)| *rate == word));
        let query = FigureQuery {
            from,
            to,
            cut: Some(asked.cut.unwrap_or(Cut::National).word().to_owned()),
            key: asked.key.clone(),
            // A rate takes two.
            measure: asked.measure.clone().filter(|_| rate.is_none()),
            limit: MOST_FIGURES + 1,
        };
        let rows = self.store.figures(asked.scope.word(), &query).await?;
        if rows.len() > MOST_FIGURES {
            return Err(Error::new(
                Kind::Invalid,
                "too_many_figures",
                "more figures than one answer holds: ask for fewer days, or one key",
            ));
        }
        let mut items = with_rates(rows, asked.scope);
        if let Some(word) = asked.measure.as_deref() {
            items.retain(|figure| figure.measure == word);
        }
        for figure in &mut items {
            figure.label = self.label(&figure.cut, &figure.key);
        }
        Ok(Answered { items })
    }

    fn label(&self, cut: &str, key: &str) -> String {
        let named = |table: &str, code: &str| {
            let table = self.directory.nomenclature(table)?;
            table.iter().find(|coded| coded.code == code).map(|coded| coded.label.clone())
        };
        let label = match cut {
            "region" => territory::of_region(key).next().map(|department| department.region_name.to_owned()),
            "department" => territory::department(key).map(|department| department.name.to_owned()),
            "profession" => named(profession_table(key), key),
            "specialty" => {
                let code = key.split_once(':').map_or(key, |(_, code)| code);
                ["TRE_R38", "TRE_R39", "TRE_R40", "TRE_R42", "TRE_R43", "TRE_R44", "TRE_R45"].iter().find_map(|table| named(table, code))
            }
            _ => None,
        };
        label.unwrap_or_default()
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
        for (rate, part, whole) in RATES {
            let of = |measure: Measure| values.iter().find(|(word, _)| word == measure.word()).map(|(_, value)| *value);
            // Who is on the liste rouge is among those that are active.
            // And how many want no paper is counted of what the public sees only.
            let known = match part {
                Measure::MailboxesListeRouge => scope == Scope::Full,
                Measure::ZeroPapierAccepted => scope == Scope::Public,
                _ => true,
            };
            let Some(whole) = of(whole).filter(|_| known) else { continue };
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

/// `day;cut;key;label;measure;value;hidden`, UTF-8, quoted where needed.
#[must_use]
pub fn csv(answered: &Answered) -> String {
    let mut out = String::from("day;cut;key;label;measure;value;hidden\n");
    let cell = |text: &str| match text.contains([';', '"', '\n', '\r']) || text.starts_with(['=', '+', '-', '@', '\t']) {
        true => format!("\"{}{}\"", if text.starts_with(['=', '+', '-', '@', '\t']) { "'" } else { "" }, text.replace('"', "\"\"")),
        false => text.to_owned(),
    };
    for Figure { day, cut, key, label, measure, value } in &answered.items {
        let value = value.map(|value| value.to_string());
        let hidden = u8::from(value.is_none());
        let _ = writeln!(out, "{day};{cut};{};{};{measure};{};{hidden}", cell(key), cell(label), value.unwrap_or_default());
    }
    out
}
