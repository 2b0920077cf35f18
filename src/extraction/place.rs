//! Where a structure is and how it is named when the file leaves it open: département, last address line, structure id.
//!
//! Rules: INSEE geographic codes and La Poste's postcodes (200 and 201 are Corse-du-Sud, 202 and 206 Haute-Corse; overseas
//! départements and collectivities take three digits); structure id by semantics "Things and their names".

use crate::model::{PostalAddress, hashed_structure_id, luhn_valid};
use crate::text;

/// Country code of France in the INSEE geographic code.
pub(super) const FRANCE: &str = "99000";

/// Département of a place, from the INSEE code of its commune, else its postcode: `69`, `2A`, `971`. `None` abroad (`country_code`
/// filled and not `99000`) and where neither code is of a département or overseas collectivity.
#[must_use]
pub fn department<'a>(insee: &'a str, postal_code: &'a str, country_code: &str) -> Option<&'a str> {
    if !country_code.is_empty() && country_code != FRANCE {
        return None;
    }
    let of = |code: &'a str| match code.get(..2)? {
        _ if code.len() != 5 => None,
        "2A" | "2a" => Some("2A"),
        "2B" | "2b" => Some("2B"),
        "97" | "98" => code.get(..3).filter(|d| ("971"..="978").contains(d) || ["984", "986", "987", "988"].contains(d)),
        "20" => match code.get(..3)? {
            "200" | "201" => Some("2A"),
            "202" | "206" => Some("2B"),
            _ => None,
        },
        two => Some(two).filter(|d| ("01".."96").contains(d) && d.bytes().all(|b| b.is_ascii_digit())),
    };
    of(insee).or_else(|| of(postal_code))
}

/// Fills what the other lines of the address tell: postcode and city from the last line, the département from the codes.
pub(super) fn complete(address: &mut PostalAddress) {
    let abroad = !address.country_code.is_empty() && address.country_code != FRANCE;
    if !abroad && let Some((postal_code, city)) = split_last_line(&address.last_line) {
        if address.postal_code.is_empty() {
            address.postal_code = postal_code.to_owned();
        }
        if address.city.is_empty() {
            address.city = city.to_owned();
        }
    }
    if !is_department_code(&address.department) {
        address.department =
            department(&address.insee, &address.postal_code, &address.country_code).map_or_else(String::new, str::to_owned);
    }
}

/// Is this a code rather than a name or nothing? The mailbox extraction's column may hold either.
fn is_department_code(text: &str) -> bool {
    (2..=3).contains(&text.len()) && text.starts_with(|c: char| c.is_ascii_digit()) && text.bytes().all(|b| b.is_ascii_alphanumeric())
}

/// `69437 LYON CEDEX 03` → (`69437`, `LYON`).
fn split_last_line(line: &str) -> Option<(&str, &str)> {
    let (postal_code, rest) = line.split_once(char::is_whitespace)?;
    if postal_code.len() != 5 || !postal_code.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let city = rest.trim();
    let cedex = city.to_ascii_uppercase().find(" CEDEX");
    Some((postal_code, cedex.and_then(|at| city.get(..at)).unwrap_or(city).trim_end()))
}

/// Id of a structure that has neither technical id nor FINESS nor SIRET: a hash of its folded name, postcode and folded street label.
/// `None` when all three are empty: unrelated rows must not meet in one structure.
#[must_use]
pub fn structure_id_without_identifier(name: &str, postal_code: &str, street: &str) -> Option<String> {
    let (name, street) = (text::fold(name), text::fold(street));
    let named = !name.is_empty() || !postal_code.is_empty() || !street.is_empty();
    named.then(|| hashed_structure_id(&name, postal_code, &street))
}

/// Luhn for FINESS, SIREN, SIRET: what holds letters (Corsica) is not checked, nor the sites of La Poste, whose digits follow another
/// rule. Empty is right.
pub(super) fn structure_key_is_right(value: &str) -> bool {
    value.is_empty() || value.starts_with("356000000") || !value.bytes().all(|b| b.is_ascii_digit()) || luhn_valid(value)
}

/// Luhn for RPPS and ADELI numbers inside an identification nationale; other types have no key.
pub(super) fn person_key_is_right(id_type: &str, value: &str) -> bool {
    !matches!(id_type, "0" | "8") || !value.bytes().all(|b| b.is_ascii_digit()) || luhn_valid(value)
}

/// An identifier that may serve as a key: printable ASCII without blanks, 64 bytes at most.
pub(super) fn is_plain_id(id: &str) -> bool {
    !id.is_empty() && id.len() <= 64 && id.bytes().all(|b| b.is_ascii_graphic())
}

/// An ordinary e-mail column may hold anything, even a citizen's address, which is never kept.
pub(super) fn without_patient(email: &str) -> &str {
    if email.to_ascii_lowercase().contains("patient.mssante.fr") { "" } else { email }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn departments_are_derived() {
        for (insee, postal_code, country, expected) in [
            ("69123", "75001", "", Some("69")),
            ("", "69003", "99000", Some("69")),
            ("2A004", "", "", Some("2A")),
            ("", "20000", "", Some("2A")),
            ("", "20167", "", Some("2A")),
            ("", "20200", "", Some("2B")),
            ("", "20600", "", Some("2B")),
            ("", "97110", "", Some("971")),
            ("97801", "97150", "", Some("978")),
            ("", "98800", "", Some("988")),
            ("", "01000", "", Some("01")),
            ("", "69003", "99132", None),
            ("", "NW1", "", None),
            ("", "98000", "", None),
            ("", "99001", "", None),
            ("", "", "", None),
            ("é9123", "6900é", "", None),
        ] {
            assert_eq!(department(insee, postal_code, country), expected, "{insee} {postal_code} {country}");
        }
    }

    #[test]
    fn the_last_line_tells_postcode_and_city() {
        let mut address = PostalAddress { last_line: "69437 LYON CEDEX 03".into(), department: "Rhône".into(), ..Default::default() };
        complete(&mut address);
        assert_eq!((address.postal_code.as_str(), address.city.as_str(), address.department.as_str()), ("69437", "LYON", "69"));
        let mut given =
            PostalAddress { last_line: "99009 EXEMPLEVILLE".into(), city: "X".into(), department: "99".into(), ..Default::default() };
        complete(&mut given);
        assert_eq!((given.city.as_str(), given.department.as_str()), ("X", "99"));
        let mut abroad = PostalAddress { last_line: "12345 BERLIN".into(), country_code: "99109".into(), ..Default::default() };
        complete(&mut abroad);
        assert_eq!((abroad.city.as_str(), abroad.department.as_str()), ("", ""));
    }

    #[test]
    fn structures_without_identifier_meet_by_name_and_place() {
        let id = |name, street| structure_id_without_identifier(name, "99001", street).unwrap();
        assert_eq!(id("Cabinet  DU Dr Éole", "des  Tilleuls"), id("CABINET DU DR EOLE", "DES TILLEULS"));
        assert_ne!(id("Cabinet A", "x"), id("Cabinet B", "x"));
        assert!(id("Cabinet A", "x").starts_with('X'));
        assert_eq!(structure_id_without_identifier(" ", "", ""), None);
    }

    #[test]
    fn keys() {
        assert!(structure_key_is_right("") && structure_key_is_right("990999013") && structure_key_is_right("2A0000001"));
        assert!(structure_key_is_right("35600000000048") && !structure_key_is_right("990999014"));
        assert!(person_key_is_right("8", "10999990012") && !person_key_is_right("8", "10999990047") && person_key_is_right("5", "x/1"));
    }
}
