//! One professional or structure at a stable address. Natural numbers (RPPS, FINESS) lead to it; what may not be shown is the very page of what
//! never existed.

use super::super::credential::Caller;
use super::super::entry::{answered, moved, named_by};
use super::super::french;
use super::super::item::Item;
use super::super::path::Segment;
use super::super::problem::Problem;
use super::super::router::Shared;
use super::card::{name, occupations, professional_path, structure_name};
use super::filters::search_box;
use super::layout::Page;
use super::mailboxes;
use super::place::{envelope, structure as structure_path, telephone};
use super::question::Question;
use crate::directory::{ActivityView, OrganizationView, ProfessionalView, StructureView, View};
use crate::model::{Coded, EntryKey, Kind};
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use maud::{Markup, html};
use std::time::Instant;

pub(super) async fn professional(State(api): State<Shared>, caller: Caller, Segment(id): Segment) -> Result<Response, Problem> {
    answer(&api, caller, Kind::Professional, &id, "/professionnel").await
}

pub(super) async fn structure(State(api): State<Shared>, caller: Caller, Segment(id): Segment) -> Result<Response, Problem> {
    answer(&api, caller, Kind::Structure, &id, "/structure").await
}

async fn answer(api: &Shared, Caller(caller): Caller, kind: Kind, id: &str, collection: &str) -> Result<Response, Problem> {
    let begun = Instant::now();
    if let Some(hit) = api.service.directory.entry(&caller, EntryKey::new(kind, id)).await? {
        answered(api, begun, false);
        return shown(api, &Item::of(&hit)?);
    }
    let id = named_by(api, &caller, kind, id).await?;
    // Who follows the move asks once, there.
    if id.is_none() {
        answered(api, begun, true);
    }
    moved(collection, &id.ok_or_else(Problem::not_found)?)
}

fn shown(api: &Shared, item: &Item) -> Result<Response, Problem> {
    let (title, path, content) = match &item.view {
        View::Professional(view) => (name(&view.person), professional_path(&view.person.id), of_professional(view)),
        View::Structure(view) => (structure_name(view).to_owned(), structure_path(&view.organization.id), of_structure(view)),
        View::Mailbox(_) => return Err(Problem::not_found()),
    };
    let content = html! {
        div .wrap.entry {
            (search_box(&Question::default()))
            (content)
            p .updated {
                "Fiche mise à jour le " time datetime=(item.updated_at) { (french::day(item.updated_at.get(..10).unwrap_or_default())) } ". "
                a href="/ne-plus-y-figurer#corriger" { "Faire corriger cette fiche" } "."
            }
        }
    };
    Ok(Page { title: &title, path: &path, public_address: api.public_address(), listed: false, content }.into_response())
}

fn of_professional(view: &ProfessionalView) -> Markup {
    let person = &view.person;
    html! {
        h1 { (name(person)) }
        (occupations(&view.exercises))
        section aria-labelledby="boites" {
            h2 #boites { "Messagerie sécurisée" }
            (mailboxes::list(&view.mailboxes))
        }
        section aria-labelledby="lieux" {
            h2 #lieux { "Lieux d'exercice" }
            @if view.activities.is_empty() { p .none { "Aucun lieu d'exercice publié" } }
            @for activity in &view.activities { (of_activity(activity)) }
        }
        section aria-labelledby="identite" {
            h2 #identite { "Identité professionnelle" }
            dl {
                @for (term, value) in [("Numéro RPPS", &person.rpps), ("Numéro ADELI", &person.adeli), ("Identification nationale", &person.id)] {
                    @if !value.is_empty() { dt { (term) } dd { (value) } }
                }
                @for exercise in &view.exercises {
                    dt { "Profession" }
                    dd {
                        (exercise.profession.label)
                        @if !exercise.category.label.is_empty() { " (" (exercise.category.label.to_lowercase()) ")" }
                    }
                    @for specialty in &exercise.specialties {
                        dt { @if specialty.kind.label.is_empty() { "Savoir-faire" } @else { (specialty.kind.label) } }
                        dd { (specialty.label) }
                    }
                }
            }
        }
    }
}

fn of_activity(activity: &ActivityView) -> Markup {
    let how = [activity.mode.as_ref(), activity.role.as_ref(), activity.section.as_ref()];
    let how: Vec<&str> = how.into_iter().flatten().map(|coded| coded.label.as_str()).filter(|label| !label.is_empty()).collect();
    html! {
        div .activity {
            @if let Some(organization) = &activity.organization {
                h3 { a href=(structure_path(&organization.id)) { (place_name(organization)) } }
                (envelope(organization))
            } @else {
                h3 { "Sans lieu publié" }
            }
            p { (activity.profession.label) @for label in how { " · " (label) } }
            @if let Some(Coded { label, .. }) = &activity.sector { p { (label) } }
        }
    }
}

fn place_name(organization: &OrganizationView) -> &str {
    if organization.name.is_empty() { "Lieu d'exercice" } else { &organization.name }
}

fn of_structure(view: &StructureView) -> Markup {
    let organization = &view.organization;
    let people = Question::of_organization(&organization.id);
    html! {
        h1 { (structure_name(view)) }
        @if !organization.trade_name.is_empty() && organization.trade_name != structure_name(view) { p { (organization.trade_name) } }
        @if let Some(sector) = &organization.sector { p .occupation { (sector.label) } }
        section aria-labelledby="boites" {
            h2 #boites { "Messagerie sécurisée" }
            (mailboxes::list(&view.mailboxes))
        }
        section aria-labelledby="adresse" {
            h2 #adresse { "Adresse et téléphone" }
            (envelope(organization))
            @if !view.phone.is_empty() { p { (telephone("Téléphone\u{a0}:", &view.phone)) } }
            @if !view.fax.is_empty() { p { "Télécopie\u{a0}: " (view.fax) } }
        }
        section aria-labelledby="personnes" {
            h2 #personnes { "Professionnels" }
            p { a href=(people.href()) { "Les professionnels qui y exercent" } }
        }
        section aria-labelledby="identite" {
            h2 #identite { "Identifiants" }
            dl {
                @for (term, value) in [
                    ("FINESS", &organization.finess), ("FINESS juridique", &organization.finess_ej), ("SIRET", &organization.siret),
                    ("Identifiant technique", &organization.id), ("Code INSEE de la commune", &organization.insee),
                ] {
                    @if !value.is_empty() { dt { (term) } dd { (value) } }
                }
            }
        }
    }
}
