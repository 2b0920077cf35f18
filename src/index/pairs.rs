//! Pairs: who is of one kind, and who is in one département, which is what lists are asked by, as one term. Of two lists that each hold a fair part
//! of the country most of the walk is through what only one of them holds.
//!
//! As in an entry, a kind and a département need not be of the same practice.

use super::plan::{Place, Plan};
use super::ready::Terms;
use super::terms::{START, equal};

const KINDS: [&str; 2] = ["profession", "specialite"];
const DEPARTMENT: &str = "departement";

/// Begins what is no term of an attribute: no name of one does.
const MARK: char = '&';
/// Pairs of one entry at most: so many départements have no more than a few people, and an entry would grow with the square of its practices.
const MOST: usize = 256;
/// Stands for the pairs of an entry that has more.
const MORE: &str = "&";

/// Is this attribute one of a pair's?
pub(super) fn is_paired(attribute: &str) -> bool {
    attribute == DEPARTMENT || KINDS.contains(&attribute)
}

/// The equality terms of one entry that make pairs.
#[derive(Default)]
pub(super) struct Pairs {
    kinds: Vec<String>,
    departments: Vec<String>,
}

impl Pairs {
    /// A prepared value of an attribute.
    pub fn add(&mut self, attribute: &str, prepared: &str) {
        let of = if attribute == DEPARTMENT { &mut self.departments } else { &mut self.kinds };
        of.push(equal(attribute, prepared).1);
    }

    pub fn add_to(mut self, terms: &mut Terms) {
        for of in [&mut self.kinds, &mut self.departments] {
            of.sort_unstable();
            of.dedup();
        }
        if self.kinds.len() * self.departments.len() > MOST {
            return terms.add(&[MORE]);
        }
        for department in &self.departments {
            self.kinds.iter().for_each(|kind| terms.add(&[&pair(kind, department)]));
        }
    }
}

/// No prepared value holds the mark between.
fn pair(kind: &str, department: &str) -> String {
    format!("{MARK}{kind}{START}{department}")
}

fn is_of(term: &str, attribute: &str) -> bool {
    term.strip_prefix(attribute).is_some_and(|value| value.starts_with('='))
}

/// The same plan with pairs for kinds and a département that are asked for together.
pub(super) fn paired(plan: Plan) -> Plan {
    match plan {
        Plan::Or(members) => Plan::or(members.into_iter().map(paired).collect()),
        Plan::And(members) => {
            let is_department = |member: &Plan| matches!(member, Plan::Term(Place::Equal, term) if is_of(term, DEPARTMENT));
            let is_kind = |member: &Plan| matches!(member, Plan::Term(Place::Equal, term) if KINDS.iter().any(|kind| is_of(term, kind)));
            let mut members: Vec<Plan> = members.into_iter().map(paired).collect();
            let department = members.iter().position(is_department).filter(|_| members.iter().any(is_kind));
            let Some(department) = department.map(|at| members.remove(at)) else { return Plan::and(members) };
            let (kinds, others): (Vec<Plan>, Vec<Plan>) = members.into_iter().partition(is_kind);
            let pairs = kinds.into_iter().map(|kind| of(kind, &department));
            Plan::and(pairs.chain(others).collect())
        }
        other => other,
    }
}

fn of(kind: Plan, department: &Plan) -> Plan {
    let (Plan::Term(_, one), Plan::Term(_, other)) = (&kind, department) else { return Plan::and(vec![kind, department.clone()]) };
    let pair = Plan::Term(Place::Equal, pair(one, other));
    // First what there mostly is none of: the two are not opened then.
    let more = Plan::Term(Place::Equal, MORE.to_owned());
    Plan::or(vec![pair, Plan::and(vec![more, kind, department.clone()])])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::index::filter::compile;
    use crate::index::filter_plan::plan;
    use crate::index::query::AttributeFilter as F;
    use crate::index::terms::AttributeTerms;
    use std::collections::BTreeSet;

    fn held(plan: &Plan, terms: &BTreeSet<&str>) -> bool {
        match plan {
            Plan::Term(Place::Equal, term) => terms.contains(term.as_str()),
            Plan::And(members) => members.iter().all(|member| held(member, terms)),
            Plan::Or(members) => members.iter().any(|member| held(member, terms)),
            other => panic!("{other:?}"),
        }
    }

    fn finds(filter: &F, entry: &[(&'static str, Vec<String>)]) -> bool {
        let terms = AttributeTerms::of(&crate::ldap_entry::encode_entry("cn=a", entry)).equal.into_value();
        held(&plan(&compile(filter).unwrap()), &terms.split('\u{1}').collect())
    }

    fn equals(name: &str, value: &str) -> F {
        F::Equal(name.into(), value.into())
    }

    fn entry(kinds: &[&str], departments: &[String]) -> [(&'static str, Vec<String>); 2] {
        [("specialite", kinds.iter().map(|&kind| kind.to_owned()).collect()), ("departement", departments.to_vec())]
    }

    #[test]
    fn a_kind_and_a_department_are_one_term() {
        let both = |rest: &[F]| F::And([&[equals("specialite", "SM38"), equals("departement", "66")], rest].concat());
        let planned = plan(&compile(&both(&[])).unwrap());
        let Plan::Or(members) = &planned else { panic!("{planned:?}") };
        assert_eq!(members[0], Plan::Term(Place::Equal, "&specialite=sm38\u{2}departement=66".into()));
        // What else is asked stays, at any depth.
        let people = entry(&["SM38", "SM01"], &["66".into(), "2A".into()]);
        assert!(finds(&both(&[]), &people) && finds(&F::And(vec![both(&[]), equals("departement", "2a")]), &people));
        assert!(!finds(&both(&[equals("departement", "69")]), &people) && !finds(&both(&[equals("sn", "martin")]), &people));
        assert!(!finds(&both(&[equals("profession", "10")]), &people));
        assert!(finds(&F::Or(vec![equals("sn", "x"), F::And(vec![equals("departement", "66"), both(&[])])]), &people));
        for (kinds, department) in [(&["SM01"][..], "66"), (&["SM38"], "67"), (&[], "66")] {
            assert!(!finds(&both(&[]), &entry(kinds, &[department.into()])), "{kinds:?} {department}");
        }
        let kinds = F::And(vec![equals("specialite", "SM38"), equals("specialite", "SM01"), equals("departement", "66")]);
        assert!(finds(&kinds, &people) && !finds(&kinds, &entry(&["SM01"], &["66".into()])));
    }

    #[test]
    fn more_practices_than_pairs_are_found_all_the_same() {
        let departments: Vec<String> = (0..=MOST).map(|number| format!("{number:03}")).collect();
        let many = entry(&["SM38"], &departments);
        let ask = |department: &str| F::And(vec![equals("specialite", "SM38"), equals("departement", department)]);
        assert!(departments.iter().all(|department| finds(&ask(department), &many)) && !finds(&ask("999"), &many));
        let terms = AttributeTerms::of(&crate::ldap_entry::encode_entry("cn=a", &many)).equal.into_value();
        assert_eq!(terms.split('\u{1}').filter(|term| term.starts_with(MARK)).collect::<Vec<_>>(), [MORE]);
    }

    #[test]
    fn no_value_spells_a_pair() {
        for value in ["sm38\u{2}departement=66", "SM38&departement=66", "sm38 departement=66"] {
            let ask = F::And(vec![equals("specialite", "SM38"), equals("departement", "66")]);
            assert!(!finds(&ask, &entry(&[value], &["67".into()])), "{value:?}");
            assert!(!finds(&equals("specialite", value), &entry(&["SM38"], &["66".into()])), "{value:?}");
        }
    }
}
