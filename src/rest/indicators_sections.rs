//! What the page of the indicators says, section by section. Each plot has its figures in a table behind it; a figure that may not be told says
//! so, and so does one that is not known.

use super::french;
use super::indicators_page::{AskedDay, Day, Page, Row, Values, by_date};
use super::indicators_plot::{Plot, share};
use crate::indicators::Cut;
use maud::{Markup, html};

/// The cuts that a person reads, with heading and name of the keys; domains are for `/v1/indicators`.
pub(super) const CUTS: [(Cut, &str, &str); 6] = [
    (Cut::Profession, "Par profession", "Profession"),
    (Cut::Specialty, "Par savoir-faire", "Savoir-faire"),
    (Cut::Region, "Par région", "Région"),
    (Cut::Department, "Par département", "Département"),
    (Cut::Type, "Par type de boîte", "Type"),
    (Cut::Operator, "Par opérateur", "Opérateur"),
];

/// The content of the page; what is around it is the site's.
pub(super) fn render(page: &Page) -> Markup {
    html! {
        div .wrap.figures {
            h1 { "Indicateurs de l'annuaire MSSanté" }
            @if page.day.is_empty() {
                p { "Aucun indicateur n'a encore été calculé." }
            } @else {
                (introduction(page))
                @if page.days.len() > 1 {
                    (stock(page))
                    (movements(page))
                } @else {
                    p { "Une seule journée est comptée\u{a0}: les courbes, créations et suppressions commencent à la suivante." }
                }
                @for ((_, heading, column), (cut, rows)) in CUTS.iter().zip(&page.cuts) {
                    (table_of_cut(heading, column, *cut, rows))
                }
                (consultation(&page.asked))
                (exchanges(&page.months))
            }
        }
    }
}

/// A table. One wider than a phone scrolls by itself, by keyboard too.
fn table(caption: &str, content: &Markup) -> Markup {
    html! {
        div .scroll tabindex="0" role="region" aria-label=(caption) { table { caption { (caption) } (content) } }
    }
}

fn introduction(page: &Page) -> Markup {
    let of = |measure: &str| value(&page.nation, measure);
    html! {
        p {
            "Situation du " time datetime=(page.day) { (french::day(&page.day)) } ". Sont comptées les boîtes que le public peut voir\u{a0}: "
            "ni liste rouge, ni boîtes de test, ni boîtes applicatives. Les effectifs de 1 à 4 sont masqués, et avec eux ceux qui "
            "permettraient de les retrouver. "
            a href="/indicateurs.csv" { "Télécharger tous les chiffres de cette page (CSV)" } "."
        }
        (table("Chiffres nationaux", &html! {
            thead { tr { th scope="col" { "Indicateur" } th .number scope="col" { "Valeur" } } }
            tbody {
                @for (label, measure) in [
                    ("Boîtes aux lettres visibles", "mailboxes"),
                    ("Boîtes sans structure", "mailboxes_without_structure"),
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
                    ("Âge de l'extraction des boîtes", "age_of_mailboxes_days"),
                    ("Âge de la liste blanche", "age_of_liste_blanche_days"),
                ] {
                    @if let Some(Some(days)) = page.nation.get(measure) {
                        tr { th scope="row" { (label) } td .number { (days) "\u{a0}j" } }
                    }
                }
            }
        }))
    }
}

/// Both ends of the days counted.
fn ends(days: &[&str]) -> [String; 2] {
    let day = |day: Option<&&str>| day.map(|day| french::day(day)).unwrap_or_default();
    [day(days.first()), day(days.last())]
}

fn stock(page: &Page) -> Markup {
    let values = page.series(|day| value(&day.values, "mailboxes"));
    let (first, last) = (values.iter().flatten().next().copied(), values.iter().flatten().next_back().copied());
    let [begin, end] = ends(&page.days.iter().map(|day| day.day.as_str()).collect::<Vec<_>>());
    let words = format!("Du {begin} au {end}\u{a0}: de {} à {} boîtes.", number(first), number(last));
    let plot = Plot { id: "stock", title: "Boîtes visibles, par jour", description: &words, days: [&begin, &end], number };
    html! {
        h2 { "Boîtes visibles" }
        figure { (plot.line(&values)) figcaption { (words) } }
        (table_of_days(&page.days, "Boîtes visibles par jour", &[("Boîtes", "mailboxes"), ("Équipés", "professionals_equipped")]))
    }
}

fn movements(page: &Page) -> Markup {
    let of = |measure: &str| page.series(|day| moved(day, measure).flatten());
    let [begin, end] = ends(&page.days.iter().map(|day| day.day.as_str()).collect::<Vec<_>>());
    let words = "Créations au-dessus de l'axe, suppressions au-dessous\u{202f}; les jours masqués ou non comptés sont vides.";
    let plot = Plot { id: "mouvements", title: "Créations et suppressions, par jour", description: words, days: [&begin, &end], number };
    let columns = [("Créations", "mailboxes_created"), ("Suppressions", "mailboxes_gone"), ("Modifications", "mailboxes_changed")];
    html! {
        h2 { "Créations et suppressions" }
        figure { (plot.bars(&of("mailboxes_created"), &of("mailboxes_gone"))) figcaption { (words) } }
        (table_of_days(&page.days, "Créations, suppressions et modifications par jour", &columns))
    }
}

/// `None`: not known, for the day was compared with none.
fn moved(day: &Day, measure: &str) -> Option<Option<f64>> {
    let movement = ["mailboxes_created", "mailboxes_gone", "mailboxes_changed"].contains(&measure);
    (day.compared || !movement).then(|| value(&day.values, measure))
}

fn table_of_days(days: &[Day], caption: &str, columns: &[(&str, &str)]) -> Markup {
    html! {
        details {
            summary { (caption) " (tableau)" }
            (table(caption, &html! {
                thead { tr { th scope="col" { "Jour" } @for (label, _) in columns { th .number scope="col" { (label) } } } }
                tbody {
                    @for day in days.iter().rev() {
                        tr {
                            th scope="row" { (french::day(&day.day)) }
                            @for (_, measure) in columns {
                                td .number { (moved(day, measure).map_or_else(|| "non connu".to_owned(), number)) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

fn table_of_cut(heading: &str, column: &str, cut: Cut, rows: &[Row]) -> Markup {
    let people = !matches!(cut, Cut::Type | Cut::Operator);
    html! {
        h2 { (heading) }
        (table(heading, &html! {
            thead {
                tr {
                    th scope="col" { (column) }
                    th .number scope="col" { "Boîtes visibles" }
                    th .number scope="col" { "Sans structure" }
                    @if people { th .number scope="col" { "Professionnels" } th scope="col" { "Taux d'équipement" } }
                    th .number scope="col" { "Zéro papier" }
                }
            }
            tbody {
                @for Row { key, label, values } in rows {
                    tr {
                        th scope="row" { @if label.is_empty() { (key) } @else { (label) } }
                        td .number { (number(value(values, "mailboxes"))) }
                        td .number { (number(value(values, "mailboxes_without_structure"))) }
                        @if people {
                            td .number { (number(value(values, "professionals"))) }
                            @let equipped = values.get("equipment_rate").copied();
                            td { (rate_of(equipped)) @if let Some(Some(equipped)) = equipped { (share(equipped)) } }
                        }
                        td .number { (rate_of(values.get("zero_papier_share").copied())) }
                    }
                }
            }
        }))
    }
}

const LATENCIES: &str = "Questions répondues par jour, part sans résultat, et durée que la moitié, 95\u{202f}% et 99\u{202f}% des \
    réponses n'ont pas dépassée";

fn consultation(asked: &[AskedDay]) -> Markup {
    let [begin, end] = ends(&asked.iter().map(|day| day.day.as_str()).collect::<Vec<_>>());
    let values = by_date(asked.iter().map(|day| (day.day.as_str(), value(&day.nation, "questions"))));
    let known = || values.iter().flatten().copied();
    let (low, high) = (known().reduce(f64::min), known().reduce(f64::max));
    let words = format!("Du {begin} au {end}\u{a0}: de {} à {} questions par jour.", number(low), number(high));
    let plot = Plot { id: "questions", title: "Questions à l'annuaire, par jour", description: &words, days: [&begin, &end], number };
    let door = |day: &AskedDay, door: &str| number(day.doors.get(door).map_or(Some(0.0), |values| value(values, "questions")));
    let took = |day: &AskedDay, measure: &str| milliseconds(day.nation.get(measure).copied().flatten());
    html! {
        @if !asked.is_empty() {
            h2 { "Consultation" }
            @if asked.len() > 1 { figure { (plot.line(&values)) figcaption { (words) } } }
            details {
                summary { "Consultation par jour (tableau)" }
                (table(LATENCIES, &html! {
                    thead {
                        tr {
                            th scope="col" { "Jour" }
                            @for label in ["LDAP", "REST", "Sans résultat", "Médiane", "95\u{202f}%", "99\u{202f}%"] {
                                th .number scope="col" { (label) }
                            }
                        }
                    }
                    tbody {
                        @for day in asked.iter().rev() {
                            tr {
                                th scope="row" { (french::day(&day.day)) }
                                td .number { (door(day, "ldap")) }
                                td .number { (door(day, "rest")) }
                                td .number { (rate_of(day.nation.get("questions_empty_share").copied())) }
                                @for measure in ["latency_p50_us", "latency_p95_us", "latency_p99_us"] { td .number { (took(day, measure)) } }
                            }
                        }
                    }
                }))
            }
        }
    }
}

fn exchanges(months: &[(String, Values)]) -> Markup {
    html! {
        @if !months.is_empty() {
            h2 { "Messages échangés" }
            (table("Par mois, d'après les dépôts des opérateurs, pour les boîtes visibles", &html! {
                thead {
                    tr {
                        th scope="col" { "Mois" }
                        @for label in ["Envoyés", "Reçus", "Boîtes émettrices"] { th .number scope="col" { (label) } }
                    }
                }
                tbody {
                    @for (month, values) in months.iter().rev() {
                        tr {
                            th scope="row" { (month) }
                            @for measure in ["messages_sent", "messages_received", "mailboxes_sending"] {
                                td .number { (number(value(values, measure))) }
                            }
                        }
                    }
                }
            }))
        }
    }
}

/// What is not listed is 0; a hidden figure is `None`.
fn value(values: &Values, measure: &str) -> Option<f64> {
    values.get(measure).copied().unwrap_or(Some(0.0))
}

/// With the narrow no-break spaces of French; a hidden figure says so.
fn number(value: Option<f64>) -> String {
    let Some(value) = value else { return "masqué".to_owned() };
    french::digits(&format!("{value:.0}"))
}

fn rate(value: Option<f64>) -> String {
    value.map_or_else(|| "masqué".to_owned(), |value| format!("{:.1}\u{202f}%", value * 100.0).replace('.', ","))
}

/// Of nothing there is no rate.
fn rate_of(listed: Option<Option<f64>>) -> String {
    listed.map_or_else(|| "sans objet".to_owned(), rate)
}

/// Of microseconds.
fn milliseconds(value: Option<f64>) -> String {
    value.map_or_else(|| "masqué".to_owned(), |value| format!("{:.1}\u{202f}ms", value / 1_000.0).replace('.', ","))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_french() {
        assert_eq!(number(Some(1_234_567.0)), "1\u{202f}234\u{202f}567");
        assert_eq!((number(Some(12.0)), number(None)), ("12".to_owned(), "masqué".to_owned()));
        assert_eq!(rate(Some(0.4567)), "45,7\u{202f}%");
        assert_eq!((rate_of(None), rate_of(Some(None))), ("sans objet".to_owned(), "masqué".to_owned()));
        assert_eq!(milliseconds(Some(319.0)), "0,3\u{202f}ms");
    }
}
