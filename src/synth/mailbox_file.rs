//! The rows of the mailbox extraction: personal mailboxes by person, organisational ones by structure, in the real proportions.
//!
//! Oddities: an address on two rows, capitals, blanks around, structure types as codes or labels and ids with or without prefix,
//! holders unknown to Personne_activite, domains that no list names.

use super::World;
use super::dice::{Dice, Topic};
use super::domains::{APICRYPT_DOMAIN, TEST_DOMAINS, UNLISTED_DOMAIN, site_domain};
use super::identity::Identity;
use super::names::slug;
use super::person::{Person, person};
use super::site::{Site, Structure, structure};
use super::tables::Specialty;
use crate::extraction::write::{Cells, Shape, Writer};
use crate::extraction::{FileKind, MailboxColumn};
use std::collections::HashMap;
use std::io::{self, Write};

/// Persons that only the mailbox file names.
const STRANGERS: u64 = 6_500_000;

/// Local parts handed out so far: looked up by key, never walked, so its order does not matter.
#[derive(Default)]
pub(super) struct Addresses(HashMap<String, u32>);

impl Addresses {
    /// `prenom.nom@domain`, with a digit for namesakes.
    fn of_person(&mut self, identity: &Identity, domain: &str) -> String {
        self.take(&format!("{}.{}", slug(&identity.name.given), slug(&identity.name.family)), domain)
    }

    fn take(&mut self, local: &str, domain: &str) -> String {
        let local: String = local.chars().take(60).collect();
        let count = self.0.entry(format!("{local}@{domain}")).or_default();
        *count += 1;
        if *count == 1 { format!("{local}@{domain}") } else { format!("{local}{count}@{domain}") }
    }
}

/// Writes the extraction; answers the number of rows.
pub(super) fn mailboxes(world: &World, shape: Shape, sink: impl Write) -> io::Result<u64> {
    let mut file = File {
        world,
        addresses: Addresses::default(),
        cells: Cells::new(FileKind::Mailboxes),
        writer: Writer::new(FileKind::Mailboxes, shape, sink)?,
        rows: 0,
    };
    for index in (0..world.people).chain(STRANGERS..=STRANGERS + world.people / 500) {
        file.of_person(index)?;
    }
    file.of_structures()?;
    if world.next_day {
        file.newcomers()?;
    }
    file.writer.finish()?;
    Ok(file.rows)
}

struct File<'a, W> {
    world: &'a World,
    addresses: Addresses,
    cells: Cells<MailboxColumn>,
    writer: Writer<W>,
    rows: u64,
}

impl<W: Write> File<'_, W> {
    /// Addresses are drawn as on the first day even for what vanished since, so that nobody else's number changes.
    fn of_person(&mut self, index: u64) -> io::Result<()> {
        let world = self.world;
        let stranger = index >= world.people;
        let mut dice = Dice::new(world.seed, Topic::Mailbox, index);
        if !stranger && !dice.per_mille(392) {
            return Ok(());
        }
        let person = person(world, index);
        let count = if dice.per_mille(50) { 2 } else { 1 };
        for _ in 0..count {
            let site = person.first_site().filter(|_| dice.per_mille(500));
            let domain = domain_of(world, &person, site, &mut dice);
            let address = self.addresses.of_person(&person.identity, &domain);
            let address = match dice.below(100) {
                0..=2 => address.to_uppercase(),
                3..=4 => format!(" {address} "),
                _ => address,
            };
            let zero_papier = zero_papier(&mut dice);
            let style = dice.below(4);
            let twice = dice.per_mille(30);
            if world.is_gone(index) || world.lost_mailbox(index) {
                continue;
            }
            let holder = Some((&person.identity, person.main_specialty()));
            let made = site.map(|site| structure(world, site));
            self.row("PER", &address, holder, made.as_ref(), style, "", zero_papier)?;
            if twice {
                let other = if made.is_some() { None } else { Some(structure(world, Site::Company(index % world.companies.max(1)))) };
                self.row("PER", &address, holder, other.as_ref(), style, "", zero_papier)?;
            }
        }
        Ok(())
    }

    fn of_structures(&mut self) -> io::Result<()> {
        let world = self.world;
        for n in 0..world.hospitals {
            self.of_structure(Site::Hospital(n), n, &SERVICES, 3 + n % 3)?;
        }
        for n in 0..world.pharmacies {
            self.of_structure(Site::Pharmacy(n), (1 << 40) | n, &[("officine", "")], u64::from(n % 5 != 4))?;
        }
        for n in 0..world.laboratories {
            self.of_structure(Site::Laboratory(n), (2 << 40) | n, &[("resultats", "Résultats"), ("labo", "")], 1)?;
        }
        for n in (0..world.cabinets).step_by(13) {
            self.of_structure(Site::Cabinet(n), (3 << 40) | n, &[("secretariat", "Secrétariat")], 1)?;
        }
        for n in (0..world.companies).step_by(6) {
            self.of_structure(Site::Company(n), (4 << 40) | n, &[("accueil", "Accueil - secrétariat"), ("centre", "")], 1)?;
        }
        for n in (0..world.unidentified).step_by(4) {
            self.of_structure(Site::Unidentified(n), (5 << 40) | n, &[("cabinet", "")], 1)?;
        }
        Ok(())
    }

    fn of_structure(&mut self, site: Site, stream: u64, services: &[(&'static str, &'static str)], count: u64) -> io::Result<()> {
        let mut dice = Dice::new(self.world.seed, Topic::SiteMailbox, stream);
        let made = structure(self.world, site);
        let domain = site_domain(self.world, site);
        for (local, service) in services.iter().take(count as usize) {
            let address = match &domain {
                Some(domain) => self.addresses.take(local, domain),
                None => self.addresses.take(&format!("{local}.{}", slug(&made.name)), "pro.mssante.fr"),
            };
            let address = if dice.per_mille(40) { address.to_uppercase() } else { address };
            let (zero_papier, style) = (zero_papier(&mut dice), dice.below(4));
            self.row("ORG", &address, None, Some(&made), style, service, zero_papier)?;
        }
        Ok(())
    }

    /// Mailboxes opened since the first day.
    fn newcomers(&mut self) -> io::Result<()> {
        let world = self.world;
        for index in world.people..world.people + world.changes() {
            let person = person(world, index);
            let address = self.addresses.of_person(&person.identity, "pro.mssante.fr");
            self.row("PER", &address, Some((&person.identity, person.main_specialty())), None, 0, "", "O")?;
        }
        Ok(())
    }

    #[expect(clippy::too_many_arguments, reason = "one row's parts, in the order of its columns")]
    fn row(
        &mut self,
        kind: &str,
        address: &str,
        holder: Option<(&Identity, Option<&Specialty>)>,
        structure: Option<&Structure>,
        style: u64,
        service: &str,
        zero_papier: &str,
    ) -> io::Result<()> {
        use MailboxColumn as C;
        let cells = &mut self.cells;
        cells.clear();
        cells.set(C::Kind, kind);
        cells.set(C::Address, address);
        cells.set(C::Service, service);
        cells.set(C::ZeroPapier, zero_papier);
        if let Some((identity, specialty)) = holder {
            holder_cells(self.world, cells, identity, specialty);
        }
        if let Some(structure) = structure {
            structure_cells(cells, structure, style);
        }
        self.rows += 1;
        self.writer.row(cells)
    }
}

const SERVICES: [(&str, &str); 6] = [
    ("secretariat.cardiologie", "Cardiologie - secrétariat"),
    ("urgences", "Urgences"),
    ("secretariat", ""),
    ("imagerie", "Imagerie  médicale"),
    ("pharmacie", "Pharmacie à usage intérieur"),
    ("maternite", "Maternité"),
];

fn zero_papier(dice: &mut Dice) -> &'static str {
    match dice.below(100) {
        0..=54 => "O",
        55..=74 => "N",
        _ => "",
    }
}

/// The domain of a personal mailbox.
fn domain_of(world: &World, person: &Person, site: Option<Site>, dice: &mut Dice) -> String {
    let national = format!("{}.mssante.fr", person.identity.profession.domain);
    match dice.below(1000) {
        0..=5 => UNLISTED_DOMAIN.to_owned(),
        6..=12 => dice.pick(&TEST_DOMAINS).to_owned(),
        13..=49 => APICRYPT_DOMAIN.to_owned(),
        _ => site.and_then(|site| site_domain(world, site)).unwrap_or(national),
    }
}

fn holder_cells(world: &World, cells: &mut Cells<MailboxColumn>, identity: &Identity, specialty: Option<&Specialty>) {
    use MailboxColumn as C;
    for (column, value) in [
        (C::IdType, identity.id_type),
        (C::IdValue, &identity.id_value),
        (C::NationalId, &identity.national_id()),
        (C::ExerciseCivility, identity.exercise_civility.0),
        (C::Family, &identity.name.family),
        (C::Given, &identity.name.given),
        (C::Category, identity.category.0),
        (C::CategoryLabel, identity.category.1),
        (C::Profession, &identity.profession.code),
        (C::ProfessionLabel, &identity.profession.label),
    ] {
        cells.set(column, value);
    }
    if let Some(specialty) = specialty {
        cells.set(C::Expertise, &specialty.code);
        cells.set(C::ExpertiseLabel, world.label_today(specialty));
    }
}

/// `style` 1 writes the type as a code of TRE_G07, 2 the id with its prefix; others a label and the bare id.
fn structure_cells(cells: &mut Cells<MailboxColumn>, structure: &Structure, style: u64) {
    use MailboxColumn as C;
    let (prefix, label) = match structure.legacy_id.chars().next() {
        Some('1') => ("1", "FINESS"),
        Some('3') => ("3", "SIRET"),
        Some('4') => ("4", "Id Cabinet RPPS"),
        Some('0') => ("0", "Id Cabinet ADELI"),
        _ => ("", ""),
    };
    cells.set(C::StructureIdType, if style == 1 { prefix } else { label });
    let bare = structure.legacy_id.get(1..).unwrap_or_default();
    cells.set(C::StructureId, if style == 2 { &structure.legacy_id } else { bare });
    for (column, value) in [
        (C::Name, structure.name.as_str()),
        (C::TradeName, &structure.trade_name),
        (C::Geographic, &structure.geographic),
        (C::Number, &structure.number),
        (C::Repetition, structure.repetition),
        (C::StreetType, structure.street_type.0),
        (C::Street, &structure.street),
        (C::Distribution, &structure.distribution),
    ] {
        cells.set(column, value);
    }
    if let Some(commune) = structure.commune {
        cells.set(C::PostalCode, &commune.postal_code);
        let town = if structure.is_abroad() { &commune.city } else { &commune.last_line };
        cells.set(C::LastLine, &format!("{} {town}", commune.postal_code));
        cells.set(C::Department, &commune.department);
        cells.set(C::Country, if structure.is_abroad() { "ROYAUME-UNI" } else { "France" });
    }
}
