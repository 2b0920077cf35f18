//! Mailboxes that operators publish themselves, as JSON lines with the REST field names: what the extraction never holds. APP and CAB,
//! liste rouge, zéro papier stated, telephones with opposition, test, suspended and unopened ones, each in a domain that the liste
//! blanche gives to the operator. The same on every day.

use super::World;
use super::dice::{Dice, Topic};
use super::domains::{Operator, hospital_operator, site_domain};
use super::names::slug;
use super::person::{Person, person};
use super::site::{Site, structure};
use serde::Serialize;
use std::io::{self, Write};

/// Most lines of one operator: enough to try, whatever the size of the country.
const MAX_LINES: u64 = 300;

#[derive(Debug, Default, Serialize)]
struct Line {
    address: String,
    #[serde(rename = "type")]
    kind: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    professional_id: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    holders: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    structure_id: Option<String>,
    #[serde(skip_serializing_if = "str::is_empty")]
    service: &'static str,
    #[serde(skip_serializing_if = "str::is_empty")]
    description: &'static str,
    #[serde(skip_serializing_if = "String::is_empty")]
    responsible: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    phone: String,
    phone_opposed: bool,
    liste_rouge: bool,
    zero_papier: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rank: Option<u32>,
    test: bool,
    state: &'static str,
}

/// Writes the lines of one operator; answers their number.
pub(super) fn operator_mailboxes(world: &World, operator: Operator, mut sink: impl Write) -> io::Result<u64> {
    let lines: Vec<Line> = match operator {
        Operator::National => (0..(world.people / 50).clamp(12, MAX_LINES)).map(|n| national(world, n)).collect(),
        Operator::Second => physicians(world).take((world.people / 300).clamp(3, 50) as usize).collect(),
        Operator::Regional => (0..world.laboratories.min(MAX_LINES)).map(|n| of_structure(world, Site::Laboratory(n), n)).collect(),
        Operator::HospitalSoftware => {
            let served = (0..world.hospitals).filter(|n| hospital_operator(*n) == operator).take(MAX_LINES as usize / 3);
            served.flat_map(|h| (0..3).map(move |n| of_structure(world, Site::Hospital(h), h + n))).collect()
        }
        Operator::Hospital(h) => (0..6).map(|n| of_structure(world, Site::Hospital(h), n)).collect(),
        Operator::Apicrypt => Vec::new(),
    };
    for line in &lines {
        serde_json::to_writer(&mut sink, line)?;
        sink.write_all(b"\n")?;
    }
    sink.flush()?;
    Ok(lines.len() as u64)
}

/// A personal mailbox, plain but for its number in the local part, which keeps it apart from the extraction's.
fn personal(world: &World, index: u64, domain: &str) -> (Person, Line) {
    let person = person(world, index);
    let name = &person.identity.name;
    let line = Line {
        address: format!("{}.{}.{}@{domain}", slug(&name.given), slug(&name.family), index % 1000),
        kind: "PER",
        professional_id: Some(person.identity.national_id()),
        structure_id: person.first_site().map(|site| structure(world, site).stable_id()).filter(|id| !id.is_empty()),
        state: "active",
        ..Line::default()
    };
    (person, line)
}

/// The first person from this one on whose profession may hold a mailbox (reference S24: no psychologist, no osteopath).
fn entitled(world: &World, from: u64) -> u64 {
    let is = |index: &u64| !matches!(super::identity::identity(world, *index).profession.code.as_str(), "71" | "93");
    (from..from + world.people).map(|index| index % world.people).find(is).unwrap_or_default()
}

/// Twelve cases in turn.
fn national(world: &World, n: u64) -> Line {
    let index = entitled(world, n * 37 + 5);
    let domain = format!("{}.mssante.fr", person(world, index).identity.profession.domain);
    let (person, mut line) = personal(world, index, &domain);
    let mut dice = Dice::new(world.seed, Topic::OperatorMailbox, n);
    let phone = format!("01 99 00 {:02} {:02}", dice.below(100), dice.below(100));
    match n % 12 {
        0 | 1 => (line.liste_rouge, line.phone) = (true, phone),
        2 => line.zero_papier = Some("refused"),
        3 => (line.zero_papier, line.phone) = (Some("accepted"), phone),
        4 => (line.phone, line.phone_opposed) = (phone, true),
        5 => line.test = true,
        6 => line.state = "suspended",
        7 => line.state = "unopened",
        8..=10 => {
            line.kind = "CAB";
            line.address = format!("cabinet.{}.{n}@pro.mssante.fr", slug(&person.identity.name.family));
            line.professional_id = None;
            line.holders = (0..2 + n % 3).map(|k| super::identity::identity(world, entitled(world, index + k)).national_id()).collect();
            line.holders.sort();
            line.holders.dedup();
            line.liste_rouge = n % 24 == 10;
        }
        _ => (line.rank, line.zero_papier) = (Some(2), Some("accepted")),
    }
    line
}

fn physicians(world: &World) -> impl Iterator<Item = Line> {
    let physicians = (0..world.people).rev().filter(|i| super::identity::identity(world, *i).profession.code == "10");
    physicians.map(|index| Line { rank: Some(1), ..personal(world, index, "medecin.mssante.fr").1 })
}

/// Mailboxes of a hospital or laboratory: software, services, some hidden.
fn of_structure(world: &World, site: Site, n: u64) -> Line {
    let made = structure(world, site);
    let domain = site_domain(world, site).unwrap_or_default();
    let cases: [(&str, &str, &str, &str); 6] = [
        ("APP", "dpi", "Dossier patient informatisé", "Logiciel du dossier patient"),
        ("ORG", "bloc", "Bloc opératoire", "Comptes rendus opératoires"),
        ("APP", "labo", "Laboratoire", "Envoi automatique des résultats"),
        ("ORG", "direction", "Direction des soins", "Organisation des soins"),
        ("ORG", "crise", "Cellule de crise", "Alertes sanitaires"),
        ("ORG", "recette", "Recette", "Essais du service informatique"),
    ];
    let at = n % cases.len() as u64;
    let (kind, local, service, description) = cases.get(at as usize).copied().unwrap_or_default();
    Line {
        address: format!("{local}.op@{domain}"),
        kind,
        structure_id: Some(made.stable_id()),
        service,
        description,
        responsible: format!("Responsable {}", super::names::name(world, world.people + n).family.to_uppercase()),
        phone: made.phone,
        phone_opposed: at == 3,
        liste_rouge: at == 4,
        zero_papier: if at == 1 { Some("accepted") } else { None },
        test: at == 5,
        state: if at == 3 && n % 12 == 9 { "suspended" } else { "active" },
        ..Line::default()
    }
}
