//! A place of exercise: who is there is written as on an envelope.

use super::super::path;
use crate::directory::OrganizationView;
use crate::text;
use maud::{Markup, html};

/// Name as a link to its page, and postal address.
pub(super) fn place(organization: &OrganizationView) -> Markup {
    html! {
        p .place {
            @if !organization.name.is_empty() {
                a href=(structure(&organization.id)) { (organization.name) }
                @if let Some(line) = line(organization) { ", " (line) }
            } @else if let Some(line) = line(organization) {
                (line)
            } @else {
                a href=(structure(&organization.id)) { "Lieu d'exercice" }
            }
        }
    }
}

/// Postal address, a line each.
pub(super) fn envelope(organization: &OrganizationView) -> Markup {
    let (_, town) = lines(organization);
    html! {
        address {
            @for part in [&organization.address_complement, &organization.street, &town] { @if !part.is_empty() { (part) br; } }
            @if !is_france(&organization.country) { (organization.country) }
        }
    }
}

pub(super) fn structure(id: &str) -> String {
    format!("/structure/{}", path::encode(id))
}

/// A telephone number that can be dialled.
pub(super) fn telephone(label: &str, number: &str) -> Markup {
    html! { span { (label) " " a href=(format!("tel:{}", text::phone_digits(number))) { (number) } } }
}

/// Street and town in one line.
fn line(organization: &OrganizationView) -> Option<String> {
    let (street, town) = lines(organization);
    let parts: Vec<_> = [street, town].into_iter().filter(|part| !part.is_empty()).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn lines(organization: &OrganizationView) -> (String, String) {
    (organization.street.clone(), format!("{} {}", organization.postal_code, organization.city).trim().to_owned())
}

fn is_france(country: &str) -> bool {
    country.is_empty() || country.eq_ignore_ascii_case("france")
}
