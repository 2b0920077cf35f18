//! Invented operators, their domains, and the liste blanche that says which certificate serves which domain.
//!
//! The layout of `listeblanchemssante.xml` without its signature: one `Domaine` for each pair of domain and certificate. Operators are
//! named by the OU of their certificates (`1`+FINESS or `3`+SIRET), as the field does.

use super::World;
use super::site::{Site, siret, structure};
use jiff::Timestamp;
use std::io::{self, Write};

/// A domain that mailboxes use and no list names: its operator left.
pub(super) const UNLISTED_DOMAIN: &str = "domaine-retire.mssante.fr";
pub(super) const APICRYPT_DOMAIN: &str = "mssante.apicrypt.org";
pub(super) const TEST_DOMAINS: [&str; 2] = ["test-medecin.mssante.fr", "medecin.formation.mssante.fr"];
/// Profession-wide domains, without suffix.
const NATIONAL: [&str; 9] = [
    "medecin",
    "infirmier",
    "pharmacien",
    "masseur-kinesitherapeute",
    "chirurgien-dentiste",
    "sage-femme",
    "pedicure-podologue",
    "pro",
    "secretariat-medical",
];

/// The operators of the invented country.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operator {
    /// Serves the profession-wide domains.
    National,
    /// Serves `medecin` beside the national one.
    Second,
    /// Serves the laboratories of the regions.
    Regional,
    /// Serves the hospitals that do not serve themselves.
    HospitalSoftware,
    Apicrypt,
    /// A hospital that serves its own domain.
    Hospital(u64),
}

impl Operator {
    /// The operators that publish mailboxes of their own, with a file each.
    pub const PUBLISHERS: [Self; 5] = [Self::National, Self::Second, Self::Regional, Self::HospitalSoftware, Self::Hospital(0)];

    /// OU of its certificates.
    pub fn id(self, world: &World) -> String {
        let company = |n: u64| format!("3{}", siret(190_000 + n).1);
        match self {
            Self::National => company(1),
            Self::Second => company(2),
            Self::Regional => company(3),
            Self::HospitalSoftware => company(4),
            Self::Apicrypt => company(5),
            Self::Hospital(n) => format!("1{}", structure(world, Site::Hospital(n)).finess_ej),
        }
    }

    fn name(self, world: &World) -> String {
        match self {
            Self::National => "OPERATEUR NATIONAL FICTIF".to_owned(),
            Self::Second => "OPERATEUR SECOND  FICTIF".to_owned(),
            Self::Regional => "GROUPEMENT REGIONAL FICTIF".to_owned(),
            Self::HospitalSoftware => "EDITEUR HOSPITALIER FICTIF".to_owned(),
            Self::Apicrypt => "OPERATEUR HISTORIQUE FICTIF".to_owned(),
            Self::Hospital(n) => structure(world, Site::Hospital(n)).name.replace(['"', ','], ""),
        }
    }

    /// Subject of certificate number `rank`.
    fn certificate(self, world: &World, rank: u64) -> String {
        let host = match self {
            Self::National => "national",
            Self::Second => "second",
            Self::Regional => "regional",
            Self::HospitalSoftware => "hospitalier",
            Self::Apicrypt => "historique",
            Self::Hospital(_) => "etablissement",
        };
        let rank = if rank == 0 { String::new() } else { (rank + 1).to_string() };
        format!("CN=mss{rank}.{host}.invalid,OU={},O={},ST=Exemple (99),C=FR", self.id(world), self.name(world))
    }
}

/// Who serves the domain of hospital `n`.
pub(super) fn hospital_operator(n: u64) -> Operator {
    if n.is_multiple_of(3) { Operator::Hospital(n) } else { Operator::HospitalSoftware }
}

/// Mail domain of a hospital or laboratory; `None` for other structures.
pub(super) fn site_domain(world: &World, site: Site) -> Option<String> {
    let made = structure(world, site);
    match site {
        Site::Hospital(_) => Some(format!("{}.mssante.fr", made.domain)),
        Site::Laboratory(_) => Some(format!("{}.{}.mssante.fr", made.domain, made.commune.map_or("idf", |c| c.region.as_str()))),
        _ => None,
    }
}

/// Writes the list; answers the number of distinct domains.
pub(super) fn liste_blanche(world: &World, generated: Timestamp, mut sink: impl Write) -> io::Result<u64> {
    let head = r#"<?xml version="1.0" encoding="UTF-8"?><ListeBlancheMSSante xmlns="https://listeblanche.mssante.fr/schema">"#;
    writeln!(sink, "{head}\n    <DateDeGeneration>{generated}</DateDeGeneration>\n    <ListeDomaines>")?;
    let mut list = List { world, sink, generated, domains: 0 };
    for name in NATIONAL {
        let ranks = if name == "infirmier" { 2 } else { 1 };
        let second = (name == "medecin").then_some((Operator::Second, 1));
        list.domain(
            &format!("{name}.mssante.fr"),
            &format!("Domaine national & profession {name}"),
            [(Operator::National, ranks)].into_iter().chain(second),
        )?;
    }
    for name in TEST_DOMAINS {
        list.domain(name, "Domaine de test", [(Operator::National, 1)])?;
    }
    list.domain(APICRYPT_DOMAIN, "Domaine fictif hors mssante.fr", [(Operator::Apicrypt, 1)])?;
    for n in 0..world.hospitals {
        let site = Site::Hospital(n);
        let description = format!("Domaine de messagerie MSSanté {}", structure(world, site).name);
        let ranks = if n == 1 { 2 } else { 1 };
        list.domain(&site_domain(world, site).unwrap_or_default(), &description, [(hospital_operator(n), ranks)])?;
    }
    for n in 0..world.laboratories {
        let site = Site::Laboratory(n);
        list.domain(&site_domain(world, site).unwrap_or_default(), &structure(world, site).name, [(Operator::Regional, 1)])?;
    }
    if world.next_day {
        list.domain("domaine-nouveau.mssante.fr", "Domaine ouvert ce jour", [(Operator::Second, 1)])?;
    }
    let (mut sink, domains) = (list.sink, list.domains);
    writeln!(sink, "    </ListeDomaines>\n</ListeBlancheMSSante>")?;
    sink.flush()?;
    Ok(domains)
}

struct List<'a, W> {
    world: &'a World,
    sink: W,
    generated: Timestamp,
    domains: u64,
}

impl<W: Write> List<'_, W> {
    /// One `Domaine` for each certificate of each operator (operator, number of certificates).
    fn domain(&mut self, name: &str, description: &str, operators: impl IntoIterator<Item = (Operator, u64)>) -> io::Result<()> {
        self.domains += 1;
        // A domain's entry was last touched some days before the list was made.
        let touched = self.generated.as_second() - 86_400 * (10 + self.domains as i64 % 300);
        let touched = Timestamp::from_second(touched).map_err(io::Error::other)?;
        for (operator, ranks) in operators {
            for rank in 0..ranks {
                let fields = [
                    ("Nom", name),
                    ("Description", description),
                    ("DNCertificatOperateur", &operator.certificate(self.world, rank)),
                    ("ResponsableContact", "01 99 00 00 09,  responsable@exemple.invalid"),
                    ("SupportContact", "01 99 00 00 08,  support@exemple.invalid"),
                    ("DateMAJ", &touched.to_string()),
                ];
                writeln!(self.sink, "        <Domaine>")?;
                for (tag, value) in fields {
                    let value = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
                    writeln!(self.sink, "            <{tag}>{value}</{tag}>")?;
                }
                writeln!(self.sink, "        </Domaine>")?;
            }
        }
        Ok(())
    }
}
