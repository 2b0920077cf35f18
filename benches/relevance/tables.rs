//! Tables that both rivals have, and the conditions of filters on them. Columns of filters hold folded words between blanks (` le havre `),
//! so that a word or its beginning is a LIKE. Profession, specialty and place are asked of one same row of `practice`.

use crate::asked::Asked;
use crate::entries::Entry;
use crate::tool::quoted;
use annuaire::text;

pub const TABLES: &str = "
CREATE TABLE practice (entry integer, profession text, profession_label text, specialties text, specialty_labels text, organization_id text,
  organization text, postal_code text, city text, department text, department_label text);
CREATE TABLE mailbox (entry integer, address text, kind text, zero_papier text);
";

fn folded(text: &str) -> String {
    format!(" {} ", text::words(text).join(" "))
}

/// Rows of the tables of filters, as INSERT statements of many rows.
pub fn inserts(entries: &[Entry]) -> String {
    let mut practices = Vec::new();
    let mut mailboxes = Vec::new();
    for (number, entry) in entries.iter().enumerate() {
        for p in &entry.practices {
            let folded =
                [&p.specialty_labels, &p.organization, &p.city, &p.department_label, &p.profession_label].map(|text| quoted(&folded(text)));
            let [specialty_labels, organization, city, department_label, profession_label] = folded;
            let codes = [&p.profession, &p.organization_id, &p.postal_code, &p.department].map(|code| quoted(code));
            let [profession, organization_id, postal_code, department] = codes;
            let specialties = quoted(&format!(" {} ", p.specialties));
            practices.push(format!(
                "({number},{profession},{profession_label},{specialties},{specialty_labels},{organization_id},{organization},{postal_code},{city},\
                 {department},{department_label})"
            ));
        }
        let row = |m: &crate::entries::Mailbox| format!("({number},{},{},{})", quoted(&m.address), quoted(m.kind), quoted(m.zero_papier));
        mailboxes.extend(entry.mailboxes.iter().map(row));
    }
    format!("{}{}", many("practice", &practices), many("mailbox", &mailboxes))
}

/// INSERT statements of five hundred rows each.
pub fn many(table: &str, rows: &[String]) -> String {
    rows.chunks(500).map(|rows| format!("INSERT INTO {table} VALUES {};\n", rows.join(",\n"))).collect()
}

/// What the filters ask of an entry `e`; with errors forgiven, not those whose words are then compared otherwise.
pub fn conditions(asked: &Asked, forgiving: bool) -> Vec<String> {
    let all = |column: &str, words: &[String], beginning: bool| {
        let end = if beginning { "%" } else { " %" };
        words.iter().map(|word| format!("{column} LIKE {}", quoted(&format!("% {word}{end}")))).collect::<Vec<_>>().join(" AND ")
    };
    let kinds: Vec<_> = asked.kinds().into_iter().map(quoted).collect();
    let mut conditions = vec![format!("e.kind IN ({})", kinds.join(","))];
    let mut practice = Vec::new();
    let mut mailbox = Vec::new();
    for name in ["name", "given"].into_iter().filter(|name| !forgiving && asked.get(name).is_some()) {
        let column = if name == "name" { "e.family" } else { "e.given" };
        conditions.push(all(column, &asked.words(name), true));
    }
    let coded = |name: &str, code: &str, label: &str| {
        let value = asked.get(name)?;
        Some(format!("({code} LIKE {} OR {})", quoted(&format!("% {value} %")), all(label, &asked.words(name), false)))
    };
    practice.extend(coded("profession", "' '||p.profession||' '", "p.profession_label"));
    practice.extend(coded("specialty", "p.specialties", "p.specialty_labels"));
    practice.extend(coded("department", "' '||p.department||' '", "p.department_label"));
    practice.extend(coded("organization", "' '||p.organization_id||' '", "p.organization"));
    practice.extend(asked.get("postal_code").map(|value| format!("p.postal_code = {}", quoted(value))));
    if !forgiving && asked.get("city").is_some() {
        practice.push(all("p.city", &asked.words("city"), false));
    }
    if let Some(address) = asked.get("address") {
        mailbox.push(format!("m.address = {}", quoted(&address.to_lowercase())));
    }
    mailbox.extend(asked.get("mailbox_type").map(|value| format!("m.kind = {}", quoted(value))));
    mailbox.extend(asked.get("zero_papier").map(|value| format!("m.zero_papier = {}", quoted(value))));
    if let Some(number) = asked.get("identifier") {
        conditions.push(format!("' '||e.numbers||' ' LIKE {}", quoted(&format!("% {number} %"))));
    }
    if let Some(has) = asked.get("has_mailbox") {
        conditions.push(format!("e.has_mailbox = {}", u8::from(has == "true")));
    }
    for (table, alias, inside) in [("practice", "p", practice), ("mailbox", "m", mailbox)] {
        if !inside.is_empty() {
            conditions.push(format!("EXISTS (SELECT 1 FROM {table} {alias} WHERE {alias}.entry = e.number AND {})", inside.join(" AND ")));
        }
    }
    conditions
}
