//! One result of a search.

use super::super::path;
use super::mailboxes;
use super::place::{place, structure, telephone};
use crate::directory::{ExerciseView, PersonView, ProfessionalView, StructureView, View};
use maud::{Markup, html};
use std::collections::BTreeSet;

/// Places on a card; the others are on the page of the entry.
const PLACES: usize = 3;

pub(super) fn card(view: &View) -> Markup {
    match view {
        View::Professional(professional) => of_professional(view, professional),
        View::Structure(structure) => of_structure(structure),
        View::Mailbox(mailbox) => mailboxes::list(std::slice::from_ref(&mailbox.mailbox)),
    }
}

fn of_professional(view: &View, professional: &ProfessionalView) -> Markup {
    let practices = view.practices();
    let mut seen = BTreeSet::new();
    let places: Vec<_> =
        practices.iter().filter_map(|practice| practice.organization).filter(|place| seen.insert(place.id.as_str())).collect();
    let more = places.len().saturating_sub(PLACES);
    html! {
        article {
            h3 { a href=(professional_path(&professional.person.id)) { (name(&professional.person)) } }
            (occupations(&professional.exercises))
            @for organization in places.iter().take(PLACES) { (place(organization)) }
            @if more == 1 { p .place { "et un autre lieu" } } @else if more > 1 { p .place { "et " (more) " autres lieux" } }
            (mailboxes::list(&professional.mailboxes))
        }
    }
}

fn of_structure(view: &StructureView) -> Markup {
    let organization = &view.organization;
    html! {
        article {
            h3 { a href=(structure(&organization.id)) { (structure_name(view)) } }
            p .occupation { (organization.sector.as_ref().map_or("Structure", |sector| sector.label.as_str())) }
            (super::place::envelope(organization))
            @if !view.phone.is_empty() { p { (telephone("Tél.", &view.phone)) } }
            (mailboxes::list(&view.mailboxes))
        }
    }
}

pub(super) fn professional_path(id: &str) -> String {
    format!("/professionnel/{}", path::encode(id))
}

/// Title, given name, family name. The plain titles say nothing.
pub(super) fn name(person: &PersonView) -> String {
    let title = Some(person.title.as_str()).filter(|title| !matches!(*title, "Monsieur" | "Madame" | "Mademoiselle"));
    let parts = [title.unwrap_or_default(), &person.given_name, &person.family_name];
    let named = parts.into_iter().filter(|part| !part.is_empty()).collect::<Vec<_>>().join(" ");
    if named.is_empty() { "Professionnel sans nom publié".to_owned() } else { named }
}

pub(super) fn structure_name(view: &StructureView) -> &str {
    let organization = &view.organization;
    let names = [organization.name.as_str(), organization.trade_name.as_str(), organization.id.as_str()];
    names.into_iter().find(|name| !name.is_empty()).unwrap_or_default()
}

/// Profession and savoir-faire, a line each.
pub(super) fn occupations(exercises: &[ExerciseView]) -> Markup {
    html! {
        @for exercise in exercises {
            p .occupation {
                (exercise.profession.label)
                @for specialty in &exercise.specialties { " · " (specialty.label) }
            }
        }
    }
}
