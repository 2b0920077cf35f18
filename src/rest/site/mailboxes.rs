//! The mailboxes of an entry. The script puts a copy button behind each address; without it the address is a link and text.

use super::super::path;
use super::labels;
use super::place::telephone;
use crate::directory::{MailboxSummary, ZeroPapier};
use maud::{Markup, html};

/// All mailboxes shown, or the words for none: whoever has none and whoever does not want to be listed are shown alike.
pub(super) fn list(mailboxes: &[MailboxSummary]) -> Markup {
    html! {
        @if mailboxes.is_empty() {
            p .none { "Aucune adresse MSSanté publiée" }
        } @else {
            ul .mailboxes { @for mailbox in mailboxes { li { (one(mailbox)) } } }
        }
    }
}

fn one(mailbox: &MailboxSummary) -> Markup {
    let address = &mailbox.address;
    html! {
        p .address {
            a href=(format!("mailto:{}", path::encode(address))) data-address=(address) { (broken(address)) }
        }
        p .about {
            span { "Boîte " (labels::mailbox_type(mailbox.kind).to_lowercase()) }
            @match mailbox.zero_papier {
                Some(ZeroPapier::Accepted) => span .mark { "Zéro papier accepté" },
                Some(ZeroPapier::Refused) => span .mark.refused { "Zéro papier refusé" },
                None => {},
            }
            @for text in [&mailbox.service, &mailbox.description] { @if !text.is_empty() { span { (text) } } }
            @if !mailbox.phone.is_empty() { (telephone("Tél.", &mailbox.phone)) }
        }
    }
}

/// An address that may be broken into lines behind its dots and before its `@`, not within a word.
fn broken(address: &str) -> Markup {
    let parts = address.split_inclusive(['.', '-']).flat_map(|part| match part.split_once('@') {
        Some((before, behind)) => vec![before.to_owned(), format!("@{behind}")],
        None => vec![part.to_owned()],
    });
    html! { @for (at, part) in parts.enumerate() { @if at > 0 { wbr; } (part) } }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_broken_address_is_the_address() {
        let html = broken("jean-luc.d@ch-x.mssante.fr").into_string();
        assert_eq!(html, "jean-<wbr>luc.<wbr>d<wbr>@ch-<wbr>x.<wbr>mssante.<wbr>fr");
    }
}
