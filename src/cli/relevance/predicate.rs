//! What entries have in common: `family=dupont city=lyon|villeurbanne`, alternatives of several terms joined by ` or `.
//!
//! `family`, `given`, `city`, `org` and `department` compare words, case and accents ignored; `^=` compares a beginning, from any word on. A city
//! is also met by its arrondissements, an `org` by a name that has all its words. `profession`, `specialty`, `postal_code`, `sector` and
//! `kind` (`professional` or `structure`) are compared as written. All terms but the names and the kind hold of one same practice.

use super::witness::{Entry, Practice};
use crate::text;
use anyhow::{Context as _, ensure};

/// Alternatives, each of terms that all hold.
#[derive(Debug)]
pub(super) struct Predicate(Vec<Vec<Term>>);

#[derive(Debug)]
struct Term {
    field: String,
    beginning: bool,
    values: Vec<String>,
}

const OF_THE_ENTRY: [&str; 3] = ["family", "given", "kind"];
const OF_A_PRACTICE: [&str; 7] = ["profession", "specialty", "city", "postal_code", "department", "org", "sector"];

impl Predicate {
    pub fn read(text: &str) -> anyhow::Result<Self> {
        let alternatives = text.split(" or ").map(|terms| terms.split_whitespace().map(Term::read).collect());
        Ok(Self(alternatives.collect::<anyhow::Result<_>>()?))
    }

    pub fn holds(&self, entry: &Entry) -> bool {
        self.0.iter().any(|terms| {
            let (own, practised): (Vec<_>, Vec<_>) = terms.iter().partition(|term| OF_THE_ENTRY.contains(&term.field.as_str()));
            let of_entry = |term: &&Term| match term.field.as_str() {
                "family" => term.meets(&entry.family),
                "given" => term.meets(&entry.given),
                _ => term.values.iter().any(|kind| (kind == "structure") == entry.structure),
            };
            let together = |practice: &Practice| practised.iter().all(|term| term.of_practice(practice));
            own.iter().all(of_entry) && (practised.is_empty() || entry.practices.iter().any(together))
        })
    }
}

fn folded(text: &str) -> String {
    text::words(text).join(" ")
}

impl Term {
    fn read(text: &str) -> anyhow::Result<Self> {
        let (field, values) = text.split_once('=').with_context(|| format!("{text}: field=value"))?;
        let (field, beginning) = field.strip_suffix('^').map_or((field, false), |field| (field, true));
        ensure!(OF_THE_ENTRY.contains(&field) || OF_A_PRACTICE.contains(&field), "no field {field}");
        Ok(Self { field: field.to_owned(), beginning, values: values.split('|').map(str::to_owned).collect() })
    }

    fn meets(&self, value: &str) -> bool {
        let value = folded(value);
        let at_a_word = |wanted: &str| format!(" {value}").contains(&format!(" {wanted}"));
        self.values.iter().map(|wanted| folded(wanted)).any(|wanted| if self.beginning { at_a_word(&wanted) } else { value == wanted })
    }

    fn of_practice(&self, practice: &Practice) -> bool {
        let is = |value: &str| self.values.iter().any(|wanted| wanted == value);
        match self.field.as_str() {
            "profession" => is(&practice.profession),
            "specialty" => practice.specialties.iter().any(|code| is(code)),
            "postal_code" => is(&practice.postal_code),
            "sector" => is(&practice.sector),
            "department" => self.meets(&practice.department) || self.meets(&practice.department_label),
            "city" => {
                let city = folded(&practice.city);
                self.values
                    .iter()
                    .map(|wanted| folded(wanted))
                    .any(|wanted| city.strip_prefix(&wanted).is_some_and(|rest| rest.is_empty() || rest.ends_with(" arrondissement")))
            }
            _ => {
                let name = text::words(&practice.organization);
                self.values.iter().any(|wanted| text::words(wanted).iter().all(|word| name.contains(word)))
            }
        }
    }
}
