//! Invented structures: hospitals, pharmacies, laboratories, cabinets, companies, and places without any identifier.
//!
//! Identifiers have the real forms in ranges not in use: FINESS with 9 (site) or 8 (legal entity) after the département, SIREN 998 and
//! 999, cabinet numbers R109. Keys are right but where Corsica's letters leave them open.

use super::World;
use super::dice::{Dice, Topic, with_luhn_key};
use super::identity::identity;
use super::long_tail;
use super::names::{self, slug};
use super::tables::{COMMUNES, Commune, TOWNS};
use crate::extraction::structure_id_without_identifier;
use std::borrow::Cow;
use std::sync::LazyLock;

/// A kind of structure and a number in it: enough to make it again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Site {
    Hospital(u64),
    Pharmacy(u64),
    Laboratory(u64),
    /// Cabinet with an R number; persons who follow each other in the country share one.
    Cabinet(u64),
    /// Known by SIRET only.
    Company(u64),
    /// Without identifier.
    Unidentified(u64),
}

/// Everything the files say of a structure.
#[derive(Clone, Debug, Default)]
pub(super) struct Structure {
    pub technical_id: String,
    pub name: String,
    pub trade_name: String,
    pub siret: String,
    pub siren: String,
    pub finess: String,
    pub finess_ej: String,
    pub legacy_id: String,
    pub geographic: String,
    pub number: String,
    pub repetition: &'static str,
    pub street_type: (&'static str, &'static str),
    pub street: Cow<'static, str>,
    pub distribution: String,
    pub commune: Option<&'static Commune>,
    pub phone: String,
    pub phone2: String,
    pub fax: String,
    pub email: String,
    pub sector: (&'static str, &'static str),
    /// First label of the mail domain of a hospital or laboratory.
    pub domain: String,
}

/// Of structures behind the first ones of a large country, in a thousand: in a commune of the tail, in a street of it.
const RARE_COMMUNES: u64 = 550;
const RARE_STREETS: u64 = 600;
/// Of the towns of the tables; others are in the tail.
const HOSPITALS_OF_A_TOWN: u64 = 8;

const STREET_TYPES: [(&str, &str); 9] = [
    ("R", "Rue"),
    ("R", "Rue"),
    ("AV", "Avenue"),
    ("BD", "Boulevard"),
    ("PL", "Place"),
    ("CHE", "Chemin"),
    ("ALL", "Allée"),
    ("QU", "Quai"),
    ("", ""),
];
const STREETS: [&str; 20] = [
    "DES  TILLEULS",
    "VICTOR HUGO",
    "DU 8 MAI 1945",
    "DE L'HOPITAL",
    "JEAN JAURÈS",
    "DES ORMES",
    "DE LA RÉPUBLIQUE",
    "du Marché",
    "SAINT-MARTIN",
    "PASTEUR",
    "DES LILAS",
    "DE L'ÉGLISE",
    "GAMBETTA",
    "DE LA GARE",
    "DU CHÂTEAU",
    "DES FRÈRES LUMIÈRE",
    "D'ALSACE",
    "DES ŒILLETS",
    "MARIE CURIE",
    "DU GÉNÉRAL DE GAULLE",
];
/// Number ranges that broadcasters and the regulator set aside for fiction.
const PHONE_PREFIXES: [&str; 6] = ["019900", "026191", "035301", "046571", "053649", "063998"];

static LONDON: LazyLock<Commune> = LazyLock::new(|| Commune { city: "LONDON".into(), postal_code: "NW1".into(), ..Commune::default() });

impl Structure {
    /// The id the directory knows it by.
    pub fn stable_id(&self) -> String {
        if !self.technical_id.is_empty() {
            return self.technical_id.clone();
        }
        let postal_code = self.commune.map_or("", |c| c.postal_code.as_str());
        structure_id_without_identifier(&self.name, postal_code, &self.street).unwrap_or_default()
    }

    pub fn is_abroad(&self) -> bool {
        self.commune.is_some_and(|c| c.insee.is_empty())
    }
}

/// Makes a structure.
pub(super) fn structure(world: &World, site: Site) -> Structure {
    let (rank, n) = match site {
        Site::Hospital(n) => (0, n),
        Site::Pharmacy(n) => (1, n),
        Site::Laboratory(n) => (2, n),
        Site::Cabinet(n) => (3, n),
        Site::Company(n) => (4, n),
        Site::Unidentified(n) => (5, n),
    };
    let mut dice = Dice::new(world.seed, Topic::Site, (rank << 40) | n);
    let mut made = place(&mut dice);
    // The first of each kind are those of a small country.
    let of_small = World::of(long_tail::FROM).number_of(site);
    if n >= of_small {
        let mut tail = Dice::new(world.seed, Topic::TailSite, (rank << 40) | n);
        if tail.per_mille(RARE_COMMUNES) {
            made.commune = long_tail::commune(&mut tail);
        }
        if tail.per_mille(RARE_STREETS) {
            made.street = long_tail::street(&mut tail).into();
        }
    }
    match site {
        Site::Hospital(n) => hospital(&mut made, n),
        Site::Pharmacy(n) => pharmacy(&mut made, world, n, &mut dice),
        Site::Laboratory(n) => laboratory(&mut made, world, n),
        Site::Cabinet(n) => cabinet(&mut made, world, n),
        Site::Company(n) => company(&mut made, n, &mut dice),
        Site::Unidentified(n) => {
            let what = ["MÉDICAL", "PARAMÉDICAL", "DE SOINS"].get((n % 3) as usize).copied().unwrap_or_default();
            made.name = format!("CABINET {what}, {}", made.street);
            made.sector = ("SA08", "Cabinet de groupe");
        }
    }
    made
}

/// Address and telephones.
fn place(dice: &mut Dice) -> Structure {
    let street_type = dice.pick(&STREET_TYPES);
    let number = match dice.below(20) {
        0 => String::new(),
        1 => "P".to_owned(),
        _ => (dice.below(180) + 1).to_string(),
    };
    let phone = phone(dice);
    Structure {
        number,
        repetition: if dice.per_mille(80) { dice.pick(&["B", "T", "A"]) } else { "" },
        street_type,
        street: dice.pick(&STREETS).into(),
        geographic: if dice.per_mille(100) { format!("BAT  {}", dice.pick(&["A", "B", "C"])) } else { String::new() },
        distribution: if dice.per_mille(80) { format!("BP {}", dice.below(900) + 10) } else { String::new() },
        commune: dice.weighted(&COMMUNES, |c| c.weight),
        phone,
        fax: if dice.per_mille(200) { self::phone(dice) } else { String::new() },
        phone2: if dice.per_mille(50) { self::phone(dice) } else { String::new() },
        ..Structure::default()
    }
}

fn phone(dice: &mut Dice) -> String {
    let digits = format!("{}{:04}", dice.pick(&PHONE_PREFIXES), dice.below(10_000));
    let pairs = |separator: &str| {
        let pairs: Vec<String> = digits.as_bytes().chunks(2).map(|pair| pair.iter().map(|b| char::from(*b)).collect()).collect();
        pairs.join(separator)
    };
    match dice.below(10) {
        0..=4 => pairs(" "),
        5 => pairs("."),
        6 => format!("+33 {}", pairs(" ").trim_start_matches('0')),
        7 => String::new(),
        _ => digits.clone(),
    }
}

/// FINESS number: département, series, five digits, key.
fn finess(commune: Option<&Commune>, series: char, ordinal: u64) -> String {
    let department: String = commune.map_or("99", |c| c.department.as_str()).chars().take(2).collect();
    let number = format!("{department}{series}{:05}", ordinal % 100_000);
    if department.bytes().all(|b| b.is_ascii_digit()) { with_luhn_key(&number) } else { format!("{number}{}", ordinal % 10) }
}

fn with_finess(made: &mut Structure, ordinal: u64) {
    made.finess = finess(made.commune, '9', ordinal);
    made.technical_id = format!("F{}", made.finess);
    made.legacy_id = format!("1{}", made.finess);
}

/// SIREN and SIRET of company `ordinal`.
pub(super) fn siret(ordinal: u64) -> (String, String) {
    let siren = with_luhn_key(&format!("99{:06}", 800_000 + ordinal));
    let siret = with_luhn_key(&format!("{siren}0001"));
    (siren, siret)
}

fn hospital(made: &mut Structure, n: u64) {
    let towns = TOWNS.len().max(1) as u64;
    let in_towns = towns * HOSPITALS_OF_A_TOWN;
    let of_tail = n.checked_sub(in_towns);
    made.commune = of_tail.map_or_else(|| TOWNS.get((n % towns) as usize).copied(), long_tail::commune_of_hospital);
    let slug = made.commune.map(Commune::slug).unwrap_or_default();
    let city = slug.to_uppercase().replace('-', " ");
    let (public, private) = (("SA01", "Etablissement Public de santé"), ("SA04", "Etablissement privé non PSPH"));
    (made.name, made.sector, made.domain) = if of_tail.is_some() {
        // Places of one name are in several départements: the number is in the domain.
        match n % 3 {
            0 => (format!("CENTRE HOSPITALIER DE {city}"), public, format!("ch{n}-{slug}")),
            1 => (format!("HOPITAL LOCAL DE {city}"), public, format!("hl{n}-{slug}")),
            _ => (format!("CLINIQUE DE {city}"), private, format!("clinique{n}-{slug}")),
        }
    } else {
        let round = n / towns;
        let rank = if round == 0 { String::new() } else { format!(" {}", round + 1) };
        let label = if round == 0 { String::new() } else { (round + 1).to_string() };
        match n % 4 {
            3 => (format!("CLINIQUE DES  TILLEULS {city}{rank}"), private, format!("clinique{label}-{slug}")),
            2 => (format!("CENTRE HOSPITALIER {city}{rank}"), public, format!("ch{label}-{slug}")),
            1 => (format!("HOPITAL \"LES ÉRABLES {city}{rank}"), ("SA03", "Etablissement privé PSPH"), format!("hopital{label}-{slug}")),
            _ => (format!("CENTRE HOSPITALIER UNIVERSITAIRE DE {city}{rank}"), public, format!("chu{label}-{slug}")),
        }
    };
    made.finess_ej = finess(made.commune, '8', n);
    made.email = format!("Contact@{}.invalid", made.domain);
    with_finess(made, n);
}

fn pharmacy(made: &mut Structure, world: &World, n: u64, dice: &mut Dice) {
    let owner = names::name(world, n).family;
    made.name = match dice.below(6) {
        0 => format!("SELARL \"PHARMACIE {owner}"),
        1 => format!("PHARMACIE  {owner}"),
        2 => "SELAS GRANDE PHARMACIE".to_owned(),
        _ => format!("PHARMACIE {}", made.street.to_uppercase()),
    };
    made.trade_name = if dice.per_mille(300) { format!("PHARMACIE \"{}\"", made.street) } else { String::new() };
    (made.siren, made.siret) = siret(world.companies + n);
    made.sector = ("SA33", "Pharmacie d'officine");
    with_finess(made, world.hospitals + n);
}

fn laboratory(made: &mut Structure, world: &World, n: u64) {
    let owner = names::name(world, world.people + n).family;
    made.domain = format!("labo-{}-{n}", slug(&owner));
    made.name = format!("LABORATOIRE  {owner} & ASSOCIÉS");
    made.sector = ("SA25", "Laboratoire de biologie médicale");
    with_finess(made, world.hospitals + world.pharmacies + n);
}

fn cabinet(made: &mut Structure, world: &World, n: u64) {
    let founder = identity(world, (n * world.people).div_ceil(world.cabinets.max(1)));
    let (family, given) = (&founder.name.family, founder.name.given.trim());
    made.name = match founder.profession.code.as_str() {
        "10" => format!("CABINET DU DR {family}"),
        "60" => format!("CABINET INFIRMIER {family}"),
        "40" => format!("CABINET DENTAIRE {family}"),
        "70" => format!("CABINET DE KINÉSITHÉRAPIE {family}"),
        _ => format!("{} {} {family}", if founder.name.civility == "M" { "MONSIEUR" } else { "MADAME" }, given.to_uppercase()),
    };
    made.technical_id = format!("R109{n:011}");
    made.legacy_id = format!("4{}001", founder.id_value);
    if founder.id_type == "0" {
        made.technical_id = format!("C{}00", founder.id_value);
        made.legacy_id = format!("0{}00", founder.id_value);
    }
    made.sector = if n.is_multiple_of(4) { ("SA08", "Cabinet de groupe") } else { ("SA07", "Cabinet individuel") };
    made.email = if n.is_multiple_of(7) { format!("Cabinet.{}@EXEMPLE.invalid", slug(family)) } else { String::new() };
    if n % 400 == 7 {
        made.commune = Some(&LONDON);
        (made.street_type, made.street) = (("", ""), "BAKER STREET".into());
    }
}

fn company(made: &mut Structure, n: u64, dice: &mut Dice) {
    (made.siren, made.siret) = siret(n);
    let place = made.street.to_uppercase();
    (made.name, made.sector) = match dice.below(5) {
        0 => (format!("SCM {place} & ASSOCIÉS"), ("SA09", "Exercice en société")),
        1 => (format!("CENTRE DE SANTÉ {place}"), ("SA05", "Centre de santé")),
        2 => (format!("MSP  {place}"), ("SA52", "Maison de santé ou Pôle de santé")),
        3 => (format!("SELARL DU \"{place}"), ("SA09", "Exercice en société")),
        _ => (format!("ASSOCIATION D'AIDE {place}"), ("SA28", "Association ou organisme humanitaire")),
    };
    if dice.per_mille(700) {
        made.siren.clear();
    }
    made.technical_id = format!("C{}", made.siret);
    made.legacy_id = format!("3{}", made.siret);
}

#[cfg(test)]
mod tests {
    use super::super::Options;
    use super::*;
    use crate::model::luhn_valid;

    type Numbered = fn(u64) -> Site;

    #[test]
    fn structures_have_real_forms_and_ids_of_their_own() {
        let world = World::new(&Options { people: 9000, ..Options::default() });
        let sites = (0..world.hospitals).map(Site::Hospital);
        let sites = sites.chain((0..world.pharmacies).map(Site::Pharmacy)).chain((0..world.laboratories).map(Site::Laboratory));
        let sites = sites.chain((0..world.cabinets).map(Site::Cabinet)).chain((0..world.companies).map(Site::Company));
        let made: Vec<_> = sites.map(|site| structure(&world, site)).collect();
        let ids: std::collections::BTreeSet<_> = made.iter().map(Structure::stable_id).collect();
        assert_eq!(ids.len(), made.len());
        for s in &made {
            assert!(s.siret.is_empty() || s.siret.len() == 14 && luhn_valid(&s.siret), "{s:?}");
            assert!(s.finess.is_empty() || s.finess.len() == 9 && (s.finess.contains(['A', 'B']) || luhn_valid(&s.finess)), "{s:?}");
            assert!(!s.name.is_empty() && s.commune.is_some() && !s.legacy_id.is_empty());
        }
        assert!(made.iter().any(Structure::is_abroad) && made.iter().any(|s| s.finess.starts_with("2A")));
        assert!(structure(&world, Site::Unidentified(3)).stable_id().starts_with('X'));
    }

    #[test]
    fn structures_behind_the_first_of_a_large_country_stand_in_the_tail() {
        let [small, large] = [20_000, 400_000].map(|people| World::new(&Options { people, ..Options::default() }));
        let kinds: [(Numbered, u64); 5] = [
            (Site::Hospital, large.hospitals),
            (Site::Pharmacy, large.pharmacies),
            (Site::Laboratory, large.laboratories),
            (Site::Cabinet, large.cabinets),
            (Site::Company, large.companies),
        ];
        for (site, number) in kinds {
            let first = small.number_of(site(0)) - 1;
            let places = |world: &World, n| {
                let made = structure(world, site(n));
                (made.commune.map(|commune| commune.insee.clone()), made.street)
            };
            assert_eq!(places(&small, first), places(&large, first));
            let last: Vec<_> = (number - 500..number).map(|n| places(&large, n)).collect();
            let known = |insee: &Option<String>| COMMUNES.iter().any(|commune| Some(&commune.insee) == insee.as_ref());
            assert!(last.iter().filter(|(insee, _)| !known(insee)).count() > 200);
            assert!(last.iter().filter(|(_, street)| !STREETS.contains(&street.as_ref())).count() > 200);
        }
    }

    #[test]
    fn mail_domains_of_hospitals_are_their_own() {
        // More than the towns of the tables have.
        let world = World::new(&Options { people: 400_000, ..Options::default() });
        let domains: std::collections::BTreeSet<_> = (0..world.hospitals).map(|n| structure(&world, Site::Hospital(n)).domain).collect();
        assert_eq!(domains.len() as u64, world.hospitals);
    }
}
