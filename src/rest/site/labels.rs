//! Codes in words: what the selects offer and what a criterion is called. Labels are those of the official files, as the directory publishes
//! them.

use crate::directory::Directory;
use crate::model::{Coded, MailboxType, tables};
use crate::text;

/// A value of a select and its words.
pub(super) type Choice = (String, String);

/// Professions of the three tables that `Code profession` draws from (`model::profession_table`), by label.
pub(super) fn professions(directory: &Directory) -> Vec<Choice> {
    choices(directory, &[tables::PROFESSION, "TRE_R94", "TRE_R95"])
}

/// Ordinal specialties, by label.
pub(super) fn specialties(directory: &Directory) -> Vec<Choice> {
    choices(directory, &["TRE_R38"])
}

/// Départements, by code.
pub(super) fn departments(directory: &Directory) -> Vec<Choice> {
    let mut items = table(directory, tables::DEPARTMENT);
    items.sort_by(|a, b| a.code.cmp(&b.code));
    items.into_iter().map(|item| (item.code.clone(), format!("{} – {}", item.code, item.label))).collect()
}

pub(super) const MAILBOX_TYPES: [(MailboxType, &str); 4] = [
    (MailboxType::Per, "Personnelle"),
    (MailboxType::Org, "Organisationnelle"),
    (MailboxType::Cab, "De cabinet"),
    (MailboxType::App, "Applicative"),
];

pub(super) const ZERO_PAPIER: [(&str, &str); 3] = [("accepted", "Accepté"), ("refused", "Refusé"), ("unknown", "Non précisé")];

/// « Sans » is what is not published: who has none and who is on the liste rouge are shown alike.
pub(super) const HAS_MAILBOX: [(&str, &str); 2] = [("true", "Avec adresse publiée"), ("false", "Sans adresse publiée")];

pub(super) const KINDS: [(&str, &str); 2] = [("professional", "Professionnels"), ("structure", "Structures")];

pub(super) fn mailbox_type(kind: MailboxType) -> &'static str {
    MAILBOX_TYPES.into_iter().find(|(known, _)| *known == kind).map_or("", |(_, label)| label)
}

/// Words of a value of a criterion that is no nomenclature.
pub(super) fn fixed(name: &str, value: &str) -> Option<&'static str> {
    let of = |choices: &[(&str, &'static str)]| choices.iter().find(|(code, _)| *code == value).map(|(_, label)| *label);
    match name {
        "mailbox_type" => MailboxType::parse(value).map(mailbox_type),
        "zero_papier" => of(&ZERO_PAPIER),
        "has_mailbox" => of(&HAS_MAILBOX),
        "kind" => of(&KINDS),
        _ => None,
    }
}

/// A value of a criterion in words; itself when it is words.
pub(super) fn value(directory: &Directory, name: &str, value: &str) -> String {
    let of = |choices: Vec<Choice>| choices.into_iter().find(|(code, _)| code == value).map(|(_, label)| label);
    let known = match name {
        "profession" => of(professions(directory)),
        "specialty" => of(specialties(directory)),
        "department" => of(departments(directory)),
        _ => fixed(name, value).map(str::to_owned),
    };
    known.unwrap_or_else(|| value.to_owned())
}

fn table(directory: &Directory, name: &str) -> Vec<Coded> {
    directory.nomenclature(name).map(|items| items.as_ref().clone()).unwrap_or_default()
}

/// By label; a label that several codes have is asked by its words, which finds them all.
fn choices(directory: &Directory, names: &[&str]) -> Vec<Choice> {
    let mut items: Vec<Coded> = names.iter().flat_map(|name| table(directory, name)).filter(|item| !item.label.is_empty()).collect();
    items.sort_by_cached_key(|item| (text::sort_key(&item.label, ""), item.code.clone()));
    let mut choices: Vec<Choice> = Vec::new();
    for Coded { code, label } in items {
        match choices.last_mut() {
            Some((value, before)) if *before == label => *value = label,
            _ => choices.push((code, label)),
        }
    }
    choices
}
