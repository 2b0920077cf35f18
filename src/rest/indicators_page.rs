//! `/indicateurs`: the public figures as a page to read and print, in French, and all of them as one file: a page of the site, with what
//! tables and plots need beside the site's style in a file of its own. It needs no script. What is read for it is here, what it says in
//! `indicators_sections`.

use super::indicators_sections::{self, CUTS};
use super::problem::Problem;
use super::query_string::NoParameters;
use super::router::Shared;
use super::site;
use crate::error::Result;
use crate::indicators::{Answered, Asked, Cut, Figure, Indicators, csv};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_DISPOSITION, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use jiff::civil::Date;
use std::collections::BTreeMap;

/// Days of the plots, and of the months beside them.
const DAYS: i64 = 90;
const DAYS_OF_MONTHS: i64 = 360;
/// Figures change once a day.
const KEPT: &str = "public, max-age=300";

/// The page and its file; pages are no part of the API's description.
pub(super) fn pages() -> Router<Shared> {
    Router::new().route("/indicateurs", get(page)).route("/indicateurs.csv", get(file))
}

async fn page(State(api): State<Shared>, _: NoParameters) -> Result<Response, Problem> {
    let content = indicators_sections::render(&Page::read(&api.service.indicators).await?);
    let page = site::Page { title: "Indicateurs", path: "/indicateurs", public_address: api.public_address(), listed: true, content };
    let mut response = site::page_of(page.markup_with(Some(&site::STYLE_OF_FIGURES.path)).into_string());
    response.headers_mut().insert(CACHE_CONTROL, HeaderValue::from_static(KEPT));
    Ok(response)
}

/// Every figure of the page, with its words.
async fn file(State(api): State<Shared>, _: NoParameters) -> Result<Response, Problem> {
    let page = Page::read(&api.service.indicators).await?;
    let disposition = "attachment; filename=\"indicateurs.csv\"";
    let headers = [(CONTENT_TYPE, "text/csv; charset=utf-8"), (CONTENT_DISPOSITION, disposition), (CACHE_CONTROL, KEPT)];
    Ok((headers, csv(&page.figures)).into_response())
}

/// Values by measure.
pub(super) type Values = BTreeMap<String, Option<f64>>;

/// Values of one key.
pub(super) struct Row {
    pub key: String,
    pub label: String,
    pub values: Values,
}

/// The nation on a day.
pub(super) struct Day {
    pub day: String,
    /// Are its movements known?
    pub compared: bool,
    pub values: Values,
}

/// What was asked on a day.
pub(super) struct AskedDay {
    pub day: String,
    pub nation: Values,
    /// By door.
    pub doors: BTreeMap<String, Values>,
}

/// Everything that is shown.
#[derive(Default)]
pub(super) struct Page {
    /// The last day counted; empty when none was.
    pub day: String,
    pub nation: Values,
    pub days: Vec<Day>,
    pub cuts: Vec<(Cut, Vec<Row>)>,
    pub asked: Vec<AskedDay>,
    pub months: Vec<(String, Values)>,
    /// All of it, as it was answered.
    figures: Vec<Figure>,
}

impl Page {
    async fn read(indicators: &Indicators) -> Result<Self> {
        let last = indicators.answer(&Asked::default()).await?;
        let Some(last) = last.days.last().and_then(|last| last.day.parse::<Date>().ok()) else { return Ok(Self::default()) };
        let since = |days: i64| Some(last.saturating_sub(jiff::Span::new().days(days - 1)).to_string());
        let mut page = Self { day: last.to_string(), ..Self::default() };
        let to = Some(page.day.clone());
        page.take_days(indicators.answer(&Asked { from: since(DAYS), to: to.clone(), ..Asked::default() }).await?);
        let asked = Asked { from: since(DAYS), to: to.clone(), cut: Some(Cut::Interface), ..Asked::default() };
        page.take_doors(indicators.answer(&asked).await?);
        page.take_months(indicators.answer(&Asked { from: since(DAYS_OF_MONTHS), to: to.clone(), ..Asked::default() }).await?);
        for (cut, ..) in CUTS {
            let items = indicators.answer(&Asked { day: to.clone(), cut: Some(cut), ..Asked::default() }).await?.items;
            page.cuts.push((cut, by_key(&items)));
            page.figures.extend(items);
        }
        Ok(page)
    }

    fn take_days(&mut self, Answered { days, consultation_days, items, .. }: Answered) {
        let items: Vec<Figure> = items.into_iter().filter(|figure| figure.day.len() == 10).collect();
        let mut values = by_day(&items);
        self.asked = consultation_days
            .into_iter()
            .map(|day| AskedDay { nation: values.get(&day).cloned().unwrap_or_default(), day, doors: BTreeMap::new() })
            .collect();
        self.days = days
            .into_iter()
            .map(|counted| Day {
                values: values.remove(&counted.day).unwrap_or_default(),
                compared: counted.compared_with.is_some(),
                day: counted.day,
            })
            .collect();
        self.nation = self.days.last().map(|day| day.values.clone()).unwrap_or_default();
        self.figures.extend(items);
    }

    fn take_doors(&mut self, Answered { items, .. }: Answered) {
        for figure in &items {
            if let Some(asked) = self.asked.iter_mut().find(|asked| asked.day == figure.day) {
                asked.doors.entry(figure.key.clone()).or_default().insert(figure.measure.clone(), figure.value);
            }
        }
        self.figures.extend(items);
    }

    fn take_months(&mut self, Answered { months, items, .. }: Answered) {
        let items: Vec<Figure> = items.into_iter().filter(|figure| figure.day.len() == 7).collect();
        let mut values = by_day(&items);
        self.months = months
            .into_iter()
            .map(|month| {
                let of = values.remove(&month).unwrap_or_default();
                (month, of)
            })
            .collect();
        self.figures.extend(items);
    }

    /// Values of each day between the first and the last counted; none of a day that was not.
    pub(super) fn series(&self, of: impl Fn(&Day) -> Option<f64>) -> Vec<Option<f64>> {
        by_date(self.days.iter().map(|day| (day.day.as_str(), of(day))))
    }
}

/// One value a date from the first to the last.
pub(super) fn by_date<'a>(values: impl Iterator<Item = (&'a str, Option<f64>)>) -> Vec<Option<f64>> {
    let values: BTreeMap<Date, Option<f64>> = values.filter_map(|(day, value)| Some((day.parse().ok()?, value))).collect();
    let (Some((first, _)), Some((last, _))) = (values.first_key_value(), values.last_key_value()) else { return Vec::new() };
    let dates = first.series(jiff::Span::new().days(1)).take_while(|date| date <= last);
    dates.map(|date| values.get(&date).copied().flatten()).collect()
}

fn by_day(figures: &[Figure]) -> BTreeMap<String, Values> {
    let mut days: BTreeMap<String, Values> = BTreeMap::new();
    for figure in figures {
        days.entry(figure.day.clone()).or_default().insert(figure.measure.clone(), figure.value);
    }
    days
}

fn by_key(figures: &[Figure]) -> Vec<Row> {
    let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
    for figure in figures {
        let new = || Row { key: figure.key.clone(), label: figure.label.clone(), values: Values::new() };
        rows.entry(&figure.key).or_insert_with(new).values.insert(figure.measure.clone(), figure.value);
    }
    rows.into_values().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_that_was_not_counted_is_a_gap() {
        let values = [("2026-11-29", Some(1.0)), ("2026-12-02", None), ("2026-12-01", Some(2.0))];
        assert_eq!(by_date(values.into_iter()), [Some(1.0), None, Some(2.0), None]);
        assert_eq!(by_date(std::iter::empty()), []);
    }
}
