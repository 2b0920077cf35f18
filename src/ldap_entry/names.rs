//! Names of an entry as address books show them (semantics: "LDAP tree"): namesakes can be told apart by the first value of `cn`.

use crate::model::{Coded, MailboxType};
use crate::text;
use crate::visibility::{ExerciseView, MailboxView, PersonView, View};

/// Values of `cn`, the telling one first; never empty.
pub(super) fn common_names(view: &View) -> Vec<String> {
    let mut names = match view {
        View::Professional(v) => person_names(&v.person, what(&v.exercises), city(view)),
        View::Structure(v) => {
            let o = &v.organization;
            vec![with_remark(&o.name, &[&o.city]), o.name.clone(), o.trade_name.clone()]
        }
        View::Mailbox(v) => mailbox_names(v, view),
    };
    names.push(view.id().to_owned());
    let fallback = names.len() - 1;
    let mut distinct: Vec<String> = Vec::new();
    for (i, name) in names.into_iter().enumerate() {
        if !name.is_empty() && !distinct.contains(&name) && (i < fallback || distinct.is_empty()) {
            distinct.push(name);
        }
    }
    distinct
}

/// Value of `displayName`.
pub(super) fn display_name(view: &View) -> String {
    let named = match view {
        View::Professional(v) => natural(&v.person),
        View::Mailbox(v) if v.mailbox.kind == MailboxType::Per => v.holders.first().map(|h| natural(&h.person)).unwrap_or_default(),
        View::Structure(_) | View::Mailbox(_) => String::new(),
    };
    if named.is_empty() { common_names(view).swap_remove(0) } else { named }
}

/// Folded `NOM Prénom` of a person, else the folded first name of the entry.
pub(super) fn sort_name(view: &View) -> String {
    let person = match view {
        View::Professional(v) => Some(&v.person),
        View::Mailbox(v) if v.mailbox.kind == MailboxType::Per => v.holders.first().map(|h| &h.person),
        View::Structure(_) | View::Mailbox(_) => None,
    };
    match person.filter(|p| !p.family_name.is_empty() || !p.given_name.is_empty()) {
        Some(person) => text::sort_key(&person.family_name, &person.given_name),
        None => text::sort_key(&common_names(view).swap_remove(0), ""),
    }
}

fn mailbox_names(v: &MailboxView, view: &View) -> Vec<String> {
    let people = || v.holders.iter().flat_map(|h| person_names(&h.person, what(&h.exercises), city(view)));
    if v.mailbox.kind == MailboxType::Per {
        return people().collect();
    }
    let organization = v.organizations.first();
    let place = organization.map_or("", |o| o.name.as_str());
    let subject = if v.mailbox.service.is_empty() && place.is_empty() { &v.mailbox.description } else { &v.mailbox.service };
    let joined = [subject.as_str(), place].into_iter().filter(|p| !p.is_empty()).collect::<Vec<_>>().join(" – ");
    if joined.is_empty() {
        return people().collect();
    }
    vec![with_remark(&joined, &[organization.map_or("", |o| o.city.as_str())])]
}

/// `Prénom NOM (spécialité ou profession, Commune)`, `Prénom NOM`, `NOM Prénom`.
fn person_names(person: &PersonView, what: String, city: &str) -> Vec<String> {
    let natural = natural(person);
    let reversed = join(&person.family_name.to_uppercase(), &person.given_name);
    vec![with_remark(&natural, &[&what, city]), natural, reversed]
}

fn natural(person: &PersonView) -> String {
    join(&person.given_name, &person.family_name.to_uppercase())
}

fn join(first: &str, second: &str) -> String {
    format!("{first} {second}").trim().to_owned()
}

fn with_remark(name: &str, remarks: &[&str]) -> String {
    let said: Vec<_> = remarks.iter().map(|r| r.split_whitespace().collect::<Vec<_>>().join(" ")).filter(|r| !r.is_empty()).collect();
    if name.is_empty() || said.is_empty() { name.to_owned() } else { format!("{name} ({})", said.join(", ")) }
}

/// First ordinal specialty (TRE_R38), else first profession, by its label.
fn what(exercises: &[ExerciseView]) -> String {
    let specialty = exercises.iter().flat_map(|e| &e.specialties).find(|s| s.kind.code == "S").map(|s| bare(&s.label));
    let profession = || exercises.first().map(|e| e.profession.label.clone());
    specialty.filter(|s| !s.is_empty()).or_else(profession).unwrap_or_default()
}

/// Labels of TRE_R38 end in the kind of specialty (`Chirurgie orale (SCD)`), which says nothing to a reader.
fn bare(label: &str) -> String {
    match label.rsplit_once(" (") {
        Some((text, tail)) if tail.strip_suffix(')').is_some_and(|t| t.chars().all(|c| c.is_ascii_uppercase())) => text.to_owned(),
        _ => label.to_owned(),
    }
}

/// First commune of the places it is practised in.
fn city(view: &View) -> &str {
    let places = view.practices().into_iter().filter_map(|p| p.organization);
    places.map(|o| o.city.as_str()).find(|c| !c.is_empty()).unwrap_or_default()
}

/// A label, else its code.
pub(super) fn label(coded: &Coded) -> String {
    if coded.label.is_empty() { coded.code.clone() } else { coded.label.clone() }
}
