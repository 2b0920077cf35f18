//! From a compiled filter to the terms its matches must hold. Always a superset: what has no term plans as everything.

use super::filter::{Check, Node, Test, is_native};
use super::plan::{Place, Plan, ValueTest};
use super::terms::{Coverage, END, Gram, START, coverage, equal, grams_of_piece, is_always_there, present};
use crate::ldap_entry::attributes::Attribute;
use crate::ldap_entry::matching::Rule;
use std::collections::BTreeSet;

/// Grams looked up for one assertion at most. Each opens a posting list of about a kilobyte, and a filter may bring tens of thousands of
/// grams; fewer only let more candidates through.
const MOST_GRAMS: usize = 24;

/// Entries for which the node may be TRUE.
pub(super) fn plan(node: &Node) -> Plan {
    match node {
        Node::And(members) => Plan::and(members.iter().map(plan).collect()),
        Node::Or(members) => Plan::or(members.iter().map(plan).collect()),
        Node::Not(inner) => plan_false(inner),
        Node::Undefined => Plan::None,
        Node::Entry(key) => Plan::Term(Place::Key, key.clone()),
        Node::Test(test) => plan_test(test),
    }
}

/// Entries for which the node may be FALSE: none when it is Undefined for all of them.
fn plan_false(node: &Node) -> Plan {
    match node {
        Node::And(members) => Plan::or(members.iter().map(plan_false).collect()),
        Node::Or(members) => Plan::and(members.iter().map(plan_false).collect()),
        Node::Not(inner) => plan(inner),
        Node::Undefined => Plan::None,
        Node::Entry(_) | Node::Test(_) => Plan::All,
    }
}

fn plan_test(test: &Test) -> Plan {
    if test.dn_attributes {
        return Plan::All;
    }
    Plan::or(test.attributes.iter().map(|attribute| plan_attribute(test, attribute)).collect())
}

fn plan_attribute(test: &Test, attribute: &Attribute) -> Plan {
    let coverage = coverage(attribute);
    if coverage == Coverage::Never {
        return Plan::None;
    }
    match &test.check {
        Check::Present if is_always_there(attribute) => Plan::All,
        Check::Present => Plan::Term(Place::Equal, present(attribute.name)),
        _ if !is_native(test, attribute) => Plan::All,
        Check::Equal(prepared) if test.rule == Rule::Dn => plan_dn(prepared),
        Check::Equal(prepared) => match coverage {
            Coverage::Equal | Coverage::Listed | Coverage::Grams { equal: true, .. } => {
                Plan::Term(Place::Equal, equal(attribute.name, prepared))
            }
            Coverage::Grams { .. } => grams(coverage, std::iter::once(format!("{START}{prepared}{END}"))),
            Coverage::Never | Coverage::Nothing => Plan::All,
        },
        Check::Substring(pattern) if pattern.is_impossible() => Plan::None,
        Check::Substring(pattern) if coverage == Coverage::Listed => values(attribute, ValueTest::Substring(pattern.clone()), Plan::All),
        Check::Words(words) if coverage == Coverage::Listed => values(attribute, ValueTest::Words(words.clone()), Plan::All),
        // The grams of a beginning are shared by every attribute of their field: `sn=mar*` would look at all who are called Marie.
        Check::Substring(pattern) if matches!(coverage, Coverage::Grams { equal: true, .. }) && pattern.initial().chars().count() > 1 => {
            values(attribute, ValueTest::Substring(pattern.clone()), grams(coverage, pattern.marked_pieces(START, END)))
        }
        Check::Substring(pattern) => grams(coverage, pattern.marked_pieces(START, END)),
        Check::Words(words) => grams(coverage, words.iter().cloned()),
        Check::AtLeast(_) | Check::AtMost(_) => Plan::All,
    }
}

fn values(attribute: &Attribute, test: ValueTest, otherwise: Plan) -> Plan {
    Plan::Values(attribute.name, test, Box::new(otherwise))
}

fn grams(coverage: Coverage, pieces: impl Iterator<Item = String>) -> Plan {
    let place = match coverage {
        Coverage::Grams { naming: true, .. } => Place::NameGrams,
        Coverage::Grams { naming: false, .. } => Place::TextGrams,
        Coverage::Never | Coverage::Equal | Coverage::Listed | Coverage::Nothing => return Plan::All,
    };
    let grams: BTreeSet<Gram> = pieces.flat_map(|piece| grams_of_piece(&piece)).collect();
    let step = grams.len().div_ceil(MOST_GRAMS).max(1);
    let plan = |gram| match gram {
        Gram::Whole(gram) => Plan::Term(place, gram),
        Gram::Beginning(two) => Plan::Beginning(place, two),
    };
    Plan::and(grams.into_iter().step_by(step).map(plan).collect())
}

/// The leaf name of a prepared DN is an equality of the entry's own naming attribute.
fn plan_dn(prepared: &str) -> Plan {
    let leaf = prepared.split('\u{1}').find(|rdn| !rdn.is_empty()).and_then(|rdn| rdn.split_once('='));
    match leaf {
        Some((naming @ ("mail" | "uid"), value)) => Plan::Term(Place::Equal, equal(naming, value)),
        _ => Plan::All,
    }
}

#[cfg(test)]
mod tests {
    use super::super::filter::compile;
    use super::super::query::AttributeFilter;
    use super::*;

    fn terms(plan: &Plan) -> usize {
        match plan {
            Plan::Term(..) | Plan::Beginning(..) => 1,
            Plan::Values(.., otherwise) => 1 + terms(otherwise),
            Plan::And(members) | Plan::Or(members) => members.iter().map(terms).sum(),
            Plan::All | Plan::None => 0,
            Plan::InOneSlot(inner) => terms(inner),
            Plan::Near(..) | Plan::Inside(_) | Plan::Levels(_) | Plan::Behind { .. } | Plan::OnePractice(..) => {
                unreachable!("only criteria are asked so")
            }
        }
    }

    #[test]
    fn a_long_assertion_looks_few_grams_up() {
        let long: String = ('a'..='z').flat_map(|a| ('a'..='z').flat_map(move |b| [a, b])).collect();
        let any = vec![long.into_bytes(); 3];
        let contains = AttributeFilter::Substring { attribute: "cn".into(), initial: None, any, last: None };
        let typed = AttributeFilter::Approx("cn".into(), b"jean-francois martin lyon".to_vec());
        let count = |filter: &AttributeFilter| terms(&plan(&compile(filter).unwrap()));
        assert!((MOST_GRAMS / 2..=MOST_GRAMS).contains(&count(&contains)));
        assert_eq!(count(&typed), 2 + 6 + 4 + 2, "what people type is looked up whole");
    }
}
