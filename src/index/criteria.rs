//! From REST criteria to an exact plan, and to the plan of those matches that hold every free word whole (the first class of the rank).

use super::plan::{Place, Plan};
use super::practice::{Criterion, plan_coded, plan_exact, plan_words};
use super::query::{Criteria, ZeroPapierFilter};
use super::terms::LONGEST_EDGE;
use crate::model::Address;
use crate::text;

/// (all matches, those of class 0).
pub(super) fn plan(criteria: &Criteria) -> (Plan, Plan) {
    let mut rest = Vec::new();
    let mut whole = Vec::new();
    for (tag, asked) in [('q', &criteria.q), ('n', &criteria.name), ('g', &criteria.given)] {
        if let Some(asked) = asked {
            let words = text::words(asked);
            if words.is_empty() {
                rest.push(Plan::None);
            }
            for word in words {
                rest.push(tagged(tag, &word, beginning));
                whole.push(tagged(tag, &word, |tag, word| Plan::Term(Place::Words, format!("{tag}:{word}"))));
            }
        }
    }
    rest.push(one_practice(criteria));
    rest.extend(criteria.identifier.as_deref().map(|id| Criterion::identifier(id).map_or(Plan::None, |t| Plan::Term(Place::Codes, t))));
    rest.extend(criteria.address.as_deref().map(address));
    rest.extend(criteria.has_mailbox.map(|has| Plan::Term(Place::Codes, Criterion::has_mailbox(has))));
    let zero_papier = criteria.zero_papier.map(|z| match z {
        ZeroPapierFilter::Accepted => "accepted",
        ZeroPapierFilter::Refused => "refused",
        ZeroPapierFilter::NotStated => "none",
    });
    if criteria.mailbox_type.is_some() || zero_papier.is_some() {
        rest.push(Plan::Term(Place::Codes, Criterion::mailbox(criteria.mailbox_type.map(|t| t.code()), zero_papier)));
    }
    (Plan::and(rest), Plan::and(whole))
}

/// A free word may also be a name: names are kept under their own tags only.
fn tagged(tag: char, word: &str, plan: impl Fn(char, &str) -> Plan) -> Plan {
    let tags: &[char] = if tag == 'q' { &['n', 'g', 'q'] } else { &[tag] };
    Plan::or(tags.iter().map(|tag| plan(*tag, word)).collect())
}

fn beginning(tag: char, word: &str) -> Plan {
    let term = format!("{tag}:{word}");
    if word.chars().count() <= LONGEST_EDGE { Plan::Term(Place::Edges, term) } else { Plan::Beginning(Place::Words, term) }
}

/// What is asked of one same practice.
fn one_practice(criteria: &Criteria) -> Plan {
    let mut inside = Vec::new();
    let mut ask = |asked: &Option<String>, plan: &dyn Fn(&str) -> Plan| inside.extend(asked.as_deref().map(plan));
    ask(&criteria.profession, &|text| plan_coded("prof", text));
    ask(&criteria.specialty, &|text| plan_coded("spec", text));
    ask(&criteria.department, &|text| plan_coded("dept", text));
    ask(&criteria.postal_code, &|text| plan_exact("cp", text));
    ask(&criteria.city, &|text| plan_words("c", text));
    ask(&criteria.organization, &|text| Plan::or(vec![plan_exact("o", text), plan_words("o", text)]));
    match Plan::and(inside) {
        Plan::All => Plan::All,
        Plan::None => Plan::None,
        inside => Plan::InOneSlot(Box::new(inside)),
    }
}

/// A whole address, or `@domain`.
fn address(asked: &str) -> Plan {
    let asked = asked.trim();
    if let Some(domain) = asked.strip_prefix('@') {
        return crate::model::normalize_domain(domain).map_or(Plan::None, |d| Plan::Term(Place::Domain, d));
    }
    Address::parse(asked).map_or(Plan::None, |a| Plan::Term(Place::Address, a.as_str().to_owned()))
}
