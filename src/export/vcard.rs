//! Address cards: vCard 4.0 (RFC 6350), one for each professional with an address and one for each mailbox that no person holds.
//!
//! Lines end in CRLF and are folded at 75 octets, never inside a character. The preferred mailbox has `PREF=1`. `UID` is the entryUUID, so
//! that a card read again replaces the former one.

use super::text_form::TextForm;
use super::unwritable;
use crate::directory::{View, Walked};
use crate::error::Result;
use crate::ldap_entry;
use crate::model::{Coded, entry_uuid};
use crate::visibility::{MailboxSummary, MailboxView, OrganizationView, ProfessionalView};
use std::io::Write;

/// Longest line, octets, its end not counted.
const LINE: usize = 75;

#[derive(Default)]
pub(super) struct Cards {
    card: String,
}

impl TextForm for Cards {
    fn entry(&mut self, entry: &Walked, view: &View, out: &mut dyn Write) -> Result<u64> {
        let wanted = match view {
            View::Professional(view) => !view.mailboxes.is_empty(),
            View::Mailbox(view) => view.holders.is_empty(),
            View::Structure(_) => false,
        };
        if !wanted {
            return Ok(0);
        }
        self.card.clear();
        self.line("BEGIN", "VCARD");
        self.line("VERSION", "4.0");
        let uuid = entry_uuid(view.kind().name(), view.id());
        self.line("UID", &format!("urn:uuid:{uuid}"));
        match view {
            View::Professional(professional) => self.person(professional, view),
            View::Mailbox(mailbox) => self.organization(mailbox, entry),
            View::Structure(_) => {}
        }
        if let Ok(updated) = jiff::Timestamp::from_second(entry.since()) {
            self.line("REV", &updated.strftime("%Y%m%dT%H%M%SZ").to_string());
        }
        self.line("END", "VCARD");
        out.write_all(self.card.as_bytes()).map_err(unwritable)?;
        Ok(1)
    }
}

impl Cards {
    fn person(&mut self, professional: &ProfessionalView, view: &View) {
        let person = &professional.person;
        self.line("KIND", "individual");
        let name = [person.given_name.as_str(), &person.family_name.to_uppercase()].join(" ");
        self.text("FN", name.trim());
        let parts = [&person.family_name, &person.given_name, "", &person.title, ""].map(escaped);
        self.line("N", &parts.join(";"));
        self.mailboxes(&professional.mailboxes);
        for title in distinct(professional.exercises.iter().map(|exercise| said(&exercise.profession))) {
            self.text("TITLE", title);
        }
        let specialties = professional.exercises.iter().flat_map(|exercise| &exercise.specialties);
        for role in distinct(specialties.map(|s| if s.label.is_empty() { s.code.as_str() } else { s.label.as_str() })) {
            self.text("ROLE", role);
        }
        let mut seen: Vec<&str> = Vec::new();
        for place in view.practices().into_iter().filter_map(|practice| practice.organization) {
            if !seen.contains(&place.id.as_str()) {
                seen.push(&place.id);
                self.place(place);
            }
        }
        for (property, number) in [("X-RPPS", &person.rpps), ("X-ADELI", &person.adeli)] {
            if !number.is_empty() {
                self.text(property, number);
            }
        }
    }

    fn organization(&mut self, view: &MailboxView, entry: &Walked) {
        self.line("KIND", if view.mailbox.kind.held_by_people() { "group" } else { "org" });
        let mut names = ldap_entry::user_values(entry.ldap()).filter(|(attribute, _)| attribute.eq_ignore_ascii_case("cn"));
        let name = names.next().and_then(|(_, mut values)| values.next()).map(String::from_utf8_lossy).unwrap_or_default();
        let name = if name.is_empty() { view.mailbox.address.as_str().into() } else { name };
        self.text("FN", &name);
        self.line("N", &format!("{};;;;", escaped(&name)));
        self.mailboxes(std::slice::from_ref(&view.mailbox));
        for place in &view.organizations {
            self.place(place);
            if !place.finess.is_empty() {
                self.text("X-FINESS", &place.finess);
            }
        }
        if !view.mailbox.description.is_empty() {
            self.text("NOTE", &view.mailbox.description);
        }
    }

    fn mailboxes(&mut self, mailboxes: &[MailboxSummary]) {
        for (place, mailbox) in mailboxes.iter().enumerate() {
            let preference = (place + 1).min(100);
            self.text(&format!("EMAIL;TYPE=work;PREF={preference}"), &mailbox.address);
        }
        for phone in distinct(mailboxes.iter().map(|mailbox| mailbox.phone.as_str())) {
            self.text("TEL;VALUE=text;TYPE=work", phone);
        }
    }

    fn place(&mut self, place: &OrganizationView) {
        self.text("ORG", &place.name);
        let region = place.department.as_ref().map_or("", said);
        let parts = ["", &place.address_complement, &place.street, &place.city, region, &place.postal_code, &place.country].map(escaped);
        if parts.iter().any(|part| !part.is_empty()) {
            self.line("ADR;TYPE=work", &parts.join(";"));
        }
    }

    /// A line whose value is one text.
    fn text(&mut self, property: &str, value: &str) {
        self.line(property, &escaped(value));
    }

    /// A line whose value is escaped already, folded.
    fn line(&mut self, property: &str, value: &str) {
        let mut column = 0;
        for c in property.chars().chain([':']).chain(value.chars()) {
            if column + c.len_utf8() > LINE {
                self.card.push_str("\r\n ");
                column = 1;
            }
            self.card.push(c);
            column += c.len_utf8();
        }
        self.card.push_str("\r\n");
    }
}

/// RFC 6350 section 3.4; control characters have no place in a value, nor have blanks at its ends.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.trim().chars() {
        match c {
            '\\' | ',' | ';' => out.extend(['\\', c]),
            '\n' => out.push_str("\\n"),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out.truncate(out.trim_end().len());
    out
}

fn said(coded: &Coded) -> &str {
    if coded.label.is_empty() { &coded.code } else { &coded.label }
}

fn distinct<'a>(values: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    let mut kept = Vec::new();
    for value in values {
        if !value.is_empty() && !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_folded_at_75_octets_between_characters() {
        let mut cards = Cards::default();
        let value = "é€a;b,c\\d\n".repeat(40);
        cards.text("NOTE", &value);
        assert!(cards.card.split("\r\n").all(|line| line.len() <= LINE), "{}", cards.card);
        let unfolded = cards.card.replace("\r\n ", "");
        assert_eq!(unfolded.trim_end(), format!("NOTE:{}", escaped(&value)));
        assert_eq!(escaped("a;b,c\\\u{7}\r\n"), "a\\;b\\,c\\\\");
    }
}
