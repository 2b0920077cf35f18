//! The coverage report as a page that a person reads and prints: French, whole in one file, no script, nothing loaded from anywhere.
//!
//! Its style stands in the page and is named by its digest in the content security policy, so that nothing else can be let in. Every
//! number has its words beside it; colour says nothing alone.

use super::coverage::{Counts, Group, Unplaced};
use super::kept::Report;
use super::request::Choice;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

const STYLE: &str = include_str!("page.css");

/// The policy of the page: its own style, and nothing else.
#[must_use]
pub fn content_security_policy() -> String {
    let digest = STANDARD.encode(Sha256::digest(STYLE));
    format!("default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'")
}

/// The page.
#[must_use]
pub fn page(report: &Report) -> String {
    let alert = &report.alert;
    let total = &report.coverage.total;
    let title = format!("Couverture de l'alerte {}", alert.reference);
    html! {
        (DOCTYPE)
        html lang="fr" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    h1 { (title) }
                    p .answer {
                        strong { (number(total.reached + total.by_organization)) }
                        " des " (number(total.people)) " professionnels recherchés sont joints par la liste (" (share(total)) "). "
                        @if total.missed() > 0 {
                            strong .missed { (number(total.missed())) } " ne le sont pas et sont à prévenir autrement."
                        } @else {
                            "Aucun n'est oublié."
                        }
                    }
                    @if let Some(unplaced) = report.coverage.unplaced { p .answer { (beside(unplaced)) } }
                    (about(report))
                    h2 { "Par profession" }
                    (summary("Professionnels par profession", "Profession", &report.coverage.by_profession(), total))
                    h2 { "Par département d'exercice" }
                    (summary("Professionnels par département de la première activité qui répond aux critères", "Département",
                        &report.coverage.by_department(), total))
                    h2 { "Par profession et département" }
                    (rows(report))
                    h2 { "Comment lire ces nombres" }
                    dl {
                        dt { "Joints" } dd { "Au moins une BAL du professionnel est dans la liste." }
                        dt { "Par la structure" } dd { "Aucune BAL du professionnel, mais une BAL organisationnelle d'une structure où il exerce." }
                        dt { "BAL fermée" } dd { "Le professionnel n'a que des BAL suspendues ou jamais ouvertes\u{a0}: elles ne sont pas dans la liste." }
                        dt { "Sans BAL" } dd { "Aucune BAL à laquelle écrire." }
                    }
                }
            }
        }
    }
    .into_string()
}

/// Whom no list of places can hold.
fn beside(Unplaced { people, with_mailbox }: Unplaced) -> Markup {
    html! {
        @if people == 0 {
            "Aucun autre de ces professionnels n'est sans lieu d'exercice connu."
        } @else {
            strong .missed { (number(people)) } " de plus n'ont aucun lieu d'exercice connu (" (number(with_mailbox)) " avec une BAL)\u{a0}: "
            "ils répondent aux autres critères, ne sont dans aucune liste par territoire et ne sont pas comptés ci-dessous."
        }
    }
}

fn about(report: &Report) -> Markup {
    let alert = &report.alert;
    let lists = alert.filter.lists();
    let asked = lists.iter().filter(|(_, values)| !values.is_empty());
    html! {
        dl {
            dt { "Motif" } dd { (alert.reason) }
            dt { "Référence" } dd { (alert.reference) }
            dt { "Liste" } dd { (alert.id) }
            dt { "Établie le" } dd { (moment(alert.created_at)) " par " (alert.actor) }
            dt { "Adresses" } dd {
                (number(alert.recipients)) ", "
                @match alert.choice { Choice::One => "une par destinataire", Choice::All => "toutes celles de chaque destinataire" }
                @if alert.fallback_org { "\u{202f}; à défaut, celle de la structure" }
            }
            @if let Some(confirmation) = &alert.confirmation {
                dt { "Confirmation" } dd {
                    (confirmation.message)
                    @match &alert.confirmed_by { Some(by) => { " – confirmée par " (by) } None => " – en attente" }
                }
            }
            @for (name, values) in asked {
                dt { (words(name)) } dd { (values.join(", ")) }
            }
        }
    }
}

fn words(list: &str) -> &'static str {
    match list {
        "professions" => "Professions",
        "specialties" => "Savoir-faire",
        "modes" => "Modes d'exercice",
        "sectors" => "Secteurs d'activité",
        "structures" => "Structures",
        "regions" => "Régions",
        "departments" => "Départements",
        "communes" => "Communes",
        "postal_codes" => "Codes postaux",
        _ => "Types de BAL",
    }
}

fn summary(caption: &str, first: &str, groups: &[Group], total: &Counts) -> Markup {
    html! {
        div .wide tabindex="0" role="region" aria-label=(caption) {
            table {
                caption { (caption) }
                thead { tr { th scope="col" { (first) } (heads()) } }
                tbody {
                    @for group in groups {
                        tr { th scope="row" { (name(&group.group.code, &group.group.label)) } (cells(&group.counts)) }
                    }
                }
                tfoot { tr { th scope="row" { "Total" } (cells(total)) } }
            }
        }
    }
}

fn rows(report: &Report) -> Markup {
    let caption = "Professionnels par profession et département";
    html! {
        details open {
            summary { (number(report.coverage.rows.len() as u64)) " lignes" }
            div .wide tabindex="0" role="region" aria-label=(caption) {
                table {
                    caption { (caption) }
                    thead { tr { th scope="col" { "Profession" } th scope="col" { "Département" } (heads()) } }
                    tbody {
                        @for row in &report.coverage.rows {
                            tr {
                                th scope="row" { (name(&row.profession.code, &row.profession.label)) }
                                td .word { (name(&row.department.code, &row.department.label)) }
                                (cells(&row.counts))
                            }
                        }
                    }
                }
            }
        }
    }
}

fn heads() -> Markup {
    html! {
        @for head in ["Professionnels", "Joints", "Par la structure", "BAL fermée", "Sans BAL", "Part jointe"] {
            th scope="col" { (head) }
        }
    }
}

fn cells(counts: &Counts) -> Markup {
    let missed = |n: u64| html! { @if n > 0 { td .missed { (number(n)) } } @else { td { "0" } } };
    html! {
        td { (number(counts.people)) }
        td { (number(counts.reached)) }
        td { (number(counts.by_organization)) }
        (missed(counts.suspended))
        (missed(counts.without))
        td { (share(counts)) }
    }
}

fn name(code: &str, label: &str) -> String {
    match (code, label) {
        ("", _) => "Non renseigné".to_owned(),
        (code, label) if label.is_empty() || label == code => code.to_owned(),
        (code, label) => format!("{label} ({code})"),
    }
}

/// `1 234 567`, with blanks that do not break.
fn number(n: u64) -> String {
    let digits = n.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3 * 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// Rounded down: nothing is whole that is not.
fn share(counts: &Counts) -> String {
    let reached = counts.reached + counts.by_organization;
    match (reached * 100).checked_div(counts.people) {
        Some(percent) => format!("{percent}\u{202f}%"),
        None => "–".to_owned(),
    }
}

fn moment(second: i64) -> String {
    let time = Timestamp::from_second(second).map(|time| time.to_zoned(crate::model::paris()));
    time.map_or_else(|_| second.to_string(), |time| time.strftime("%d/%m/%Y à %H\u{a0}h\u{a0}%M (heure de Paris)").to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_french_ones() {
        assert_eq!(number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(number(999), "999");
        let counts = Counts { people: 1_000, reached: 999, without: 1, ..Counts::default() };
        assert_eq!((share(&counts), share(&Counts::default())), ("99\u{202f}%".to_owned(), "–".to_owned()));
        assert_eq!(moment(1_790_000_000), "21/09/2026 à 16\u{a0}h\u{a0}13 (heure de Paris)");
    }
}
