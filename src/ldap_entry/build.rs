//! Attributes and values of an entry, from its view. What the view does not hold cannot appear here.

use super::attributes::ATTRIBUTES;
use super::names::{common_names, display_name, label};
use super::operational::{OF_MAILBOX_OF_STRUCTURE, OF_PERSON, OF_STRUCTURE};
use crate::model::{Address, Kind, MailboxType};
use crate::visibility::{ExerciseView, MailboxView, OrganizationView, PersonView, View, ZeroPapier};

/// Values by attribute type, each once, in the order first put.
#[derive(Default)]
struct Attributes {
    found: Vec<(&'static str, Vec<String>)>,
}

impl Attributes {
    fn put(&mut self, name: &'static str, value: impl Into<String>) {
        let value = value.into();
        if value.trim().is_empty() {
            return;
        }
        match self.found.iter_mut().find(|(known, _)| *known == name) {
            Some((_, values)) if values.contains(&value) => {}
            Some((_, values)) => values.push(value),
            None => self.found.push((name, vec![value])),
        }
    }

    fn has(&self, name: &str) -> bool {
        self.found.iter().any(|(known, _)| *known == name)
    }

    /// In the order of the table.
    fn sorted(mut self) -> Vec<(&'static str, Vec<String>)> {
        self.found.sort_by_cached_key(|(name, _)| ATTRIBUTES.iter().position(|a| a.name == *name));
        self.found
    }
}

/// User attributes; the others are no part of the content (see [`super::operational`]).
pub(super) fn attributes_of(view: &View) -> Vec<(&'static str, Vec<String>)> {
    let mut out = Attributes::default();
    let structural = object_classes(view, &mut out);
    for name in common_names(view) {
        out.put("cn", name);
    }
    out.put("displayName", display_name(view));
    match view {
        View::Mailbox(v) => mailbox(v, &mut out),
        View::Professional(v) => {
            out.put("uid", view.id());
            person(&v.person, &v.exercises, &mut out);
            modes(v.activities.iter().filter_map(|a| a.mode.as_ref()), &mut out);
        }
        View::Structure(v) => {
            out.put("uid", view.id());
            out.put("telephoneNumber", v.phone.as_str());
            out.put("facsimileTelephoneNumber", v.fax.as_str());
        }
    }
    for place in view.practices().into_iter().filter_map(|p| p.organization) {
        organization(place, &mut out);
    }
    mailboxes(view, &mut out);
    fallbacks(view, structural, &mut out);
    out.sorted()
}

/// Puts the classes with their superclasses; gives the structural one back.
fn object_classes(view: &View, out: &mut Attributes) -> &'static str {
    const PERSON: [&str; 4] = ["top", "person", "organizationalPerson", OF_PERSON];
    let (chain, auxiliary): (&[&'static str], _) = match view {
        View::Mailbox(v) if v.mailbox.kind.held_by_people() => (&PERSON, Some("mssBal")),
        View::Mailbox(_) => (&["top", OF_MAILBOX_OF_STRUCTURE], Some("mssBal")),
        View::Professional(_) => (&PERSON, Some("mssProfessionnel")),
        View::Structure(_) => (&["top", OF_STRUCTURE], None),
    };
    for class in chain.iter().copied().chain(auxiliary) {
        out.put("objectClass", class);
    }
    chain.last().copied().unwrap_or("top")
}

fn mailbox(v: &MailboxView, out: &mut Attributes) {
    out.put("TypeBAL", v.mailbox.kind.code());
    for holder in &v.holders {
        person(&holder.person, &holder.exercises, out);
        modes(holder.activities.iter().filter_map(|a| a.mode.as_ref()), out);
    }
}

fn person(person: &PersonView, exercises: &[ExerciseView], out: &mut Attributes) {
    out.put("sn", person.family_name.as_str());
    out.put("givenName", person.given_name.as_str());
    out.put("personalTitle", person.title.as_str());
    for (kind, number) in [("8", &person.rpps), ("0", &person.adeli)] {
        if !number.is_empty() {
            out.put("TypeIdentifiantPP", kind);
            out.put("IdentifiantPP", number.as_str());
        }
    }
    if person.rpps.is_empty() && person.adeli.is_empty() {
        out.put("IdentifiantPP", person.id.as_str());
    }
    out.put("rpps", person.rpps.as_str());
    for exercise in exercises {
        out.put("profession", exercise.profession.code.as_str());
        out.put("professionLibelle", label(&exercise.profession));
        out.put("title", label(&exercise.profession));
        for specialty in &exercise.specialties {
            out.put("specialite", specialty.code.as_str());
            out.put("specialiteLibelle", specialty.label.as_str());
        }
    }
}

fn modes<'a>(modes: impl Iterator<Item = &'a crate::model::Coded>, out: &mut Attributes) {
    for mode in modes {
        out.put("modeExercice", mode.code.as_str());
    }
}

fn organization(o: &OrganizationView, out: &mut Attributes) {
    out.put("o", o.name.as_str());
    out.put("o", o.trade_name.as_str());
    for (kind, number) in [("FINESS", &o.finess), ("FINESS", &o.finess_ej), ("SIRET", &o.siret)] {
        if !number.is_empty() {
            out.put("TypeIdentifiantPM", kind);
            out.put("IdentifiantPM", number.as_str());
        }
    }
    out.put("finess", o.finess.as_str());
    out.put("finess", o.finess_ej.as_str());
    if let Some(sector) = &o.sector {
        out.put("businessCategory", label(sector));
    }
    out.put("street", o.street.as_str());
    out.put("postalCode", o.postal_code.as_str());
    out.put("l", o.city.as_str());
    if let Some(department) = &o.department {
        out.put("departement", department.code.as_str());
        out.put("st", label(department));
    }
}

fn mailboxes(view: &View, out: &mut Attributes) {
    let mailboxes = view.mailboxes();
    for mailbox in mailboxes {
        out.put("mail", mailbox.address.as_str());
        out.put("telephoneNumber", mailbox.phone.as_str());
        if view.kind() != Kind::Structure {
            out.put("ou", mailbox.service.as_str());
            out.put("serviceRattachement", mailbox.service.as_str());
        }
        if view.kind() == Kind::Mailbox {
            out.put("description", mailbox.description.as_str());
        }
    }
    let stated = |wanted| mailboxes.iter().any(|m| m.zero_papier == Some(wanted));
    if stated(ZeroPapier::Accepted) {
        out.put("dematerialisation", "O");
    } else if stated(ZeroPapier::Refused) {
        out.put("dematerialisation", "N");
    }
}

/// What the structural class demands is never missing: sn falls back to the local part, o to the service or the domain.
fn fallbacks(view: &View, structural: &str, out: &mut Attributes) {
    let address = Address::parse(view.id()).ok();
    let part = |pick: fn(&Address) -> &str| address.as_ref().map_or(view.id(), pick).to_owned();
    if structural == OF_PERSON && !out.has("sn") {
        out.put("sn", part(Address::local));
    }
    if !out.has("o") {
        match view {
            View::Mailbox(v) if matches!(v.mailbox.kind, MailboxType::Org | MailboxType::App) => {
                let service = v.mailbox.service.clone();
                out.put("o", if service.is_empty() { part(Address::domain) } else { service });
            }
            View::Structure(_) => out.put("o", view.id()),
            View::Mailbox(_) | View::Professional(_) => {}
        }
    }
}
