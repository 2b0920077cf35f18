//! Everything the public may see, in the texts a developer of a search service would put into tables: what is hidden from our answers is
//! hidden from the others too.

use annuaire::cli::relevance::World;
use annuaire::directory::View;
use annuaire::text;
use anyhow::Result;

#[derive(Clone, Debug, Default)]
pub struct Entry {
    pub id: String,
    /// `professional`, `structure` or `mailbox`.
    pub kind: &'static str,
    pub family: String,
    pub given: String,
    pub numbers: Vec<String>,
    pub practices: Vec<Practice>,
    pub mailboxes: Vec<Mailbox>,
}

#[derive(Clone, Debug, Default)]
pub struct Practice {
    pub profession: String,
    pub profession_label: String,
    /// Codes, blank between.
    pub specialties: String,
    pub specialty_labels: String,
    pub organization_id: String,
    pub organization: String,
    pub street: String,
    pub postal_code: String,
    pub city: String,
    pub department: String,
    pub department_label: String,
}

#[derive(Clone, Debug, Default)]
pub struct Mailbox {
    pub address: String,
    pub kind: &'static str,
    pub zero_papier: &'static str,
    pub service: String,
}

/// Reads them from the directory.
pub fn of(world: &World) -> Result<Vec<Entry>> {
    let mut entries = Vec::new();
    world.walk(&mut |view| {
        entries.push(entry(view));
        Ok(())
    })?;
    Ok(entries)
}

fn entry(view: &View) -> Entry {
    let mut entry = Entry { id: view.id().to_owned(), kind: view.kind().name(), ..Entry::default() };
    for person in view.persons() {
        join(&mut entry.family, &person.family_name);
        join(&mut entry.given, &person.given_name);
        entry.numbers.extend([person.id.clone(), person.rpps.clone(), person.adeli.clone()]);
    }
    if let View::Structure(structure) = view {
        let place = &structure.organization;
        entry.numbers.extend([place.id.clone(), place.finess.clone(), place.finess_ej.clone(), place.siret.clone()]);
        entry.numbers.extend([text::phone_digits(&structure.phone), text::phone_digits(&structure.fax)]);
    }
    for practice in view.practices() {
        let mut made = Practice::default();
        if let Some(profession) = practice.profession {
            (made.profession, made.profession_label) = (profession.code.clone(), profession.label.clone());
        }
        for specialty in practice.specialties {
            join(&mut made.specialties, &specialty.code);
            join(&mut made.specialty_labels, &specialty.label);
        }
        if let Some(place) = practice.organization {
            made.organization_id.clone_from(&place.id);
            made.organization = format!("{} {}", place.name, place.trade_name);
            (made.street, made.postal_code, made.city) = (place.street.clone(), place.postal_code.clone(), place.city.clone());
            if let Some(department) = &place.department {
                (made.department, made.department_label) = (department.code.clone(), department.label.clone());
            }
        }
        entry.practices.push(made);
    }
    for mailbox in view.mailboxes() {
        entry.numbers.push(text::phone_digits(&mailbox.phone));
        entry.mailboxes.push(Mailbox {
            address: mailbox.address.clone(),
            kind: mailbox.kind.code(),
            zero_papier: mailbox.zero_papier.map_or("unknown", |zero_papier| zero_papier.name()),
            service: mailbox.service.clone(),
        });
    }
    entry.numbers.retain(|number| !number.is_empty());
    entry
}

fn join(text: &mut String, more: &str) {
    if !text.is_empty() {
        text.push(' ');
    }
    text.push_str(more);
}

impl Entry {
    /// The texts to look through, most telling first: names, what they do, where, numbers, addresses.
    pub fn texts(&self) -> [String; 5] {
        let of_practices = |parts: &dyn Fn(&Practice) -> Vec<String>| {
            let mut all: Vec<_> = self.practices.iter().flat_map(parts).filter(|part| !part.trim().is_empty()).collect();
            all.sort();
            all.dedup();
            all.join(" · ")
        };
        let places = of_practices(&|p| {
            vec![
                p.organization.clone(),
                p.street.clone(),
                p.postal_code.clone(),
                p.city.clone(),
                p.department.clone(),
                p.department_label.clone(),
            ]
        });
        let services: Vec<_> = self.mailboxes.iter().map(|mailbox| mailbox.service.as_str()).collect();
        // What a structure is called is its name; for people it is a place.
        let own_name = if self.kind == "structure" { of_practices(&|p| vec![p.organization.clone()]) } else { String::new() };
        [
            format!("{} {}{own_name}", self.given, self.family),
            of_practices(&|p| vec![p.profession_label.clone(), p.specialty_labels.clone()]),
            format!("{places} {}", services.join(" ")),
            self.numbers.join(" "),
            self.mailboxes.iter().map(|mailbox| mailbox.address.clone()).collect::<Vec<_>>().join(" "),
        ]
    }

    pub fn has_mailbox(&self) -> bool {
        !self.mailboxes.is_empty()
    }
}
