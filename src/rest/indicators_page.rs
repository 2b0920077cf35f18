//! `/indicateurs`: the public figures as a page to read and print, in French. No script, nothing from elsewhere; its style is a file of its
//! own, so that the policy need let nothing in that stands in the page. Each plot has its figures in a table.

use super::french;
use super::indicators_plot::{bars, line, share};
use super::problem::Problem;
use super::query_string::NoParameters;
use super::router::Shared;
use crate::error::Result;
use crate::indicators::{Asked, Cut, Figure, Indicators};
use axum::Router;
use axum::extract::State;
use axum::http::HeaderValue;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use maud::{DOCTYPE, Markup, html};
use std::collections::BTreeMap;

const STYLE: &str = include_str!("indicators.css");
const POLICY: &str = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
/// Days of the plots.
const DAYS: i64 = 90;
/// Figures change once a day.
const KEPT: &str = "public, max-age=300";

/// The page and its style; pages are no part of the API's description.
pub(super) fn pages() -> Router<Shared> {
    let style = async || ([(CONTENT_TYPE, "text/css; charset=utf-8"), (CACHE_CONTROL, KEPT)], STYLE);
    Router::new().route("/indicateurs", get(page)).route("/indicateurs.css", get(style))
}

async fn page(State(api): State<Shared>, _: NoParameters) -> Result<Response, Problem> {
    let page = Page::read(&api.service.indicators).await?.render().into_string();
    let headers = [(CONTENT_TYPE, "text/html; charset=utf-8"), (CACHE_CONTROL, KEPT)];
    let mut response = (headers, page).into_response();
    response.headers_mut().insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    Ok(response)
}

/// Values by measure.
type Values = BTreeMap<String, Option<f64>>;
/// Key, label, values.
type Row = (String, String, Values);

struct Page {
    /// The last day counted; empty when none was.
    day: String,
    nation: Values,
    /// Day, and values of the nation.
    days: Vec<(String, Values)>,
    /// Cuts of the last day.
    cuts: Vec<(Cut, Vec<Row>)>,
    months: Vec<(String, Values)>,
}

/// The cuts that a person reads; the others are in the file.
const CUTS: [(Cut, &str, &str); 4] = [
    (Cut::Profession, "Par profession", "Profession"),
    (Cut::Region, "Par région", "Région"),
    (Cut::Department, "Par département", "Département"),
    (Cut::Type, "Par type de boîte", "Type"),
];

impl Page {
    async fn read(indicators: &Indicators) -> Result<Self> {
        let nation = indicators.answer(&Asked::default()).await?.items;
        let day = nation.first().map(|figure| figure.day.clone()).unwrap_or_default();
        let mut page = Self { day: day.clone(), nation: values(&nation), days: Vec::new(), cuts: Vec::new(), months: Vec::new() };
        let Some(last) = day.parse::<jiff::civil::Date>().ok() else { return Ok(page) };
        let days = |back: i64| last.saturating_sub(jiff::Span::new().days(back)).to_string();
        let of_days = Asked { from: Some(days(DAYS - 1)), to: Some(day.clone()), ..Asked::default() };
        page.days = by_day(indicators.answer(&of_days).await?.items, 10);
        let of_months = Asked { from: Some(days(360)), to: Some(day.clone()), ..Asked::default() };
        page.months = by_day(indicators.answer(&of_months).await?.items, 7);
        for (cut, ..) in CUTS {
            let asked = Asked { day: Some(day.clone()), cut: Some(cut), ..Asked::default() };
            page.cuts.push((cut, by_key(indicators.answer(&asked).await?.items)));
        }
        Ok(page)
    }

    fn render(&self) -> Markup {
        html! {
            (DOCTYPE)
            html lang="fr" {
                head {
                    meta charset="utf-8";
                    meta name="viewport" content="width=device-width, initial-scale=1";
                    title { "Indicateurs de l'annuaire MSSanté" }
                    link rel="stylesheet" href="/indicateurs.css";
                }
                body {
                    main {
                        p { a href="/" { "Annuaire MSSanté" } }
                        h1 { "Indicateurs de l'annuaire MSSanté" }
                        @if self.day.is_empty() {
                            p { "Aucun indicateur n'a encore été calculé." }
                        } @else {
                            (self.introduction())
                            @if self.days.len() > 1 {
                                (self.stock())
                                (self.movements())
                            } @else {
                                p { "Une seule journée est comptée : les courbes, créations et suppressions commencent à la suivante." }
                            }
                            @for ((_, heading, column), (cut, rows)) in CUTS.iter().zip(&self.cuts) {
                                (table_of_cut(heading, column, *cut, rows))
                            }
                            (self.exchanges())
                        }
                    }
                }
            }
        }
    }

    fn introduction(&self) -> Markup {
        let of = |measure: &str| value(&self.nation, measure);
        html! {
            p {
                "Situation du " time datetime=(self.day) { (french::day(&self.day)) } ". Sont comptées les boîtes que le public peut voir : "
                "ni liste rouge, ni boîtes de test, ni boîtes applicatives. Les effectifs de 1 à 4 sont masqués, et avec eux ceux qui "
                "permettraient de les retrouver. "
                a href="/v1/indicators?format=csv" { "Télécharger ces chiffres (CSV)" } "."
            }
            table {
                caption { "Chiffres nationaux" }
                tbody {
                    @for (label, measure) in [
                        ("Boîtes aux lettres visibles", "mailboxes"),
                        ("Professionnels au répertoire", "professionals"),
                        ("Professionnels équipés d'une boîte", "professionals_equipped"),
                        ("Structures", "structures"),
                        ("Structures avec une boîte organisationnelle", "structures_with_org"),
                        ("Opérateurs en vigueur", "operators"),
                        ("Domaines de la liste blanche", "domains"),
                    ] {
                        tr { th scope="row" { (label) } td .number { (number(of(measure))) } }
                    }
                    @for (label, measure) in [("Taux d'équipement", "equipment_rate"), ("Boîtes acceptant le zéro papier", "zero_papier_share")] {
                        tr { th scope="row" { (label) } td .number { (rate(of(measure))) } }
                    }
                    @for (label, measure) in [
                        ("Âge des données RPPS", "age_of_rpps_days"),
                        ("Âge de la liste blanche", "age_of_liste_blanche_days"),
                    ] {
                        @if let Some(Some(days)) = self.nation.get(measure) {
                            tr { th scope="row" { (label) } td .number { (days) " j" } }
                        }
                    }
                }
            }
        }
    }

    fn stock(&self) -> Markup {
        let values: Vec<Option<f64>> = self.days.iter().map(|(_, values)| value(values, "mailboxes")).collect();
        let (first, last) = (values.iter().flatten().next().copied(), values.iter().flatten().next_back().copied());
        let words = format!("Du {} au {} : de {} à {} boîtes.", self.first_day(), french::day(&self.day), number(first), number(last));
        html! {
            h2 { "Boîtes visibles" }
            figure {
                (line("stock", "Boîtes visibles, par jour", &words, &values))
                figcaption { (words) }
            }
            (self.table_of_days("Boîtes visibles par jour", &[("Boîtes", "mailboxes"), ("Équipés", "professionals_equipped")]))
        }
    }

    fn movements(&self) -> Markup {
        let of = |measure: &str| -> Vec<Option<f64>> { self.days.iter().map(|(_, values)| value(values, measure)).collect() };
        let words = "Créations au-dessus de l'axe, suppressions au-dessous ; les jours masqués sont vides.";
        html! {
            h2 { "Créations et suppressions" }
            figure {
                (bars("mouvements", "Créations et suppressions, par jour", words, &of("mailboxes_created"), &of("mailboxes_gone")))
                figcaption { (words) }
            }
            (self.table_of_days("Créations et suppressions par jour", &[("Créations", "mailboxes_created"), ("Suppressions", "mailboxes_gone")]))
        }
    }

    fn first_day(&self) -> String {
        self.days.first().map(|(day, _)| french::day(day)).unwrap_or_default()
    }

    fn table_of_days(&self, caption: &str, columns: &[(&str, &str)]) -> Markup {
        html! {
            details {
                summary { (caption) " (tableau)" }
                table {
                    caption { (caption) }
                    thead { tr { th scope="col" { "Jour" } @for (label, _) in columns { th .number scope="col" { (label) } } } }
                    tbody {
                        @for (day, values) in self.days.iter().rev() {
                            tr { th scope="row" { (french::day(day)) } @for (_, measure) in columns { td .number { (number(value(values, measure))) } } }
                        }
                    }
                }
            }
        }
    }

    fn exchanges(&self) -> Markup {
        html! {
            @if !self.months.is_empty() {
                h2 { "Messages échangés" }
                table {
                    caption { "Par mois, d'après les dépôts des opérateurs, pour les boîtes visibles" }
                    thead { tr { th scope="col" { "Mois" } th .number scope="col" { "Envoyés" } th .number scope="col" { "Reçus" } th .number scope="col" { "Boîtes émettrices" } } }
                    tbody {
                        @for (month, values) in self.months.iter().rev() {
                            tr {
                                th scope="row" { (month) }
                                @for measure in ["messages_sent", "messages_received", "mailboxes_sending"] {
                                    td .number { (number(value(values, measure))) }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}

fn table_of_cut(heading: &str, column: &str, cut: Cut, rows: &[Row]) -> Markup {
    let people = cut != Cut::Type;
    html! {
        h2 { (heading) }
        table {
            caption { (heading) }
            thead {
                tr {
                    th scope="col" { (column) }
                    th .number scope="col" { "Boîtes visibles" }
                    @if people { th .number scope="col" { "Professionnels" } th scope="col" { "Taux d'équipement" } }
                    th .number scope="col" { "Zéro papier" }
                }
            }
            tbody {
                @for (key, label, values) in rows {
                    tr {
                        th scope="row" { @if label.is_empty() { (key) } @else { (label) } }
                        td .number { (number(value(values, "mailboxes"))) }
                        @if people {
                            td .number { (number(value(values, "professionals"))) }
                            @let equipped = values.get("equipment_rate").copied().flatten();
                            td { (rate(equipped)) @if let Some(equipped) = equipped { (share(equipped)) } }
                        }
                        td .number { (rate(values.get("zero_papier_share").copied().flatten())) }
                    }
                }
            }
        }
    }
}

/// What is not listed is 0; a hidden figure is `None`.
fn value(values: &Values, measure: &str) -> Option<f64> {
    values.get(measure).copied().unwrap_or(Some(0.0))
}

fn values(figures: &[Figure]) -> Values {
    figures.iter().map(|figure| (figure.measure.clone(), figure.value)).collect()
}

/// Figures by day, or month, of a name of so many characters.
fn by_day(figures: Vec<Figure>, length: usize) -> Vec<(String, Values)> {
    let mut days: BTreeMap<String, Values> = BTreeMap::new();
    for figure in figures.into_iter().filter(|figure| figure.day.len() == length) {
        days.entry(figure.day).or_default().insert(figure.measure, figure.value);
    }
    days.into_iter().collect()
}

fn by_key(figures: Vec<Figure>) -> Vec<Row> {
    let mut keys: BTreeMap<String, (String, Values)> = BTreeMap::new();
    for figure in figures {
        let (label, values) = keys.entry(figure.key).or_default();
        *label = figure.label;
        values.insert(figure.measure, figure.value);
    }
    keys.into_iter().map(|(key, (label, values))| (key, label, values)).collect()
}

/// With the narrow no-break spaces of French; a hidden figure says so.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return "masqué".to_owned() };
    french::digits(&format!("{value:.0}"))
}

fn rate(value: Option<f64>) -> String {
    value.map_or_else(|| "masqué".to_owned(), |value| format!("{:.1}\u{202f}%", value * 100.0).replace('.', ","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_french() {
        assert_eq!(number(Some(1_234_567.0)), "1\u{202f}234\u{202f}567");
        assert_eq!((number(Some(12.0)), number(None)), ("12".to_owned(), "masqué".to_owned()));
        assert_eq!(rate(Some(0.4567)), "45,7\u{202f}%");
    }
}
