//! From a compiled filter to the terms its matches must hold. Always a superset: what has no term plans as everything.

use super::filter::{Check, Node, Test, is_native};
use super::pairs::paired;
use super::plan::{Place, Plan, ValueTest};
use super::terms::{
    Coverage, END, Gram, START, Texts, coverage, equal, grams_of_piece, is_always_there, is_number, is_whole, name_and_remark,
    parts_of_remark, present,
};
use crate::ldap_entry::attributes::Attribute;
use crate::ldap_entry::matching::Rule;
use std::collections::BTreeSet;

/// Grams looked up for one assertion in one field at most. Each opens a posting list of about a kilobyte, and a filter may bring tens of thousands
/// of grams; fewer only let more candidates through.
pub(super) const MOST_GRAMS: usize = 24;

/// Conjunctions that one AND of ORs is spread to at most.
const MOST_SPREAD: usize = 9;
/// ORs of it: beside what is no gram of one of them the others are repeated.
const MOST_ORS: usize = 4;

/// Entries for which the node may be TRUE.
pub(super) fn plan(node: &Node) -> Plan {
    paired(plan_true(node))
}

fn plan_true(node: &Node) -> Plan {
    match node {
        Node::And(members) => spread(Plan::and(members.iter().map(plan_true).collect())),
        Node::Or(members) => Plan::or(members.iter().map(plan_true).collect()),
        Node::Not(inner) => plan_false(inner),
        Node::Undefined => Plan::None,
        Node::Entry(key) => Plan::Term(Place::Key, key.clone()),
        Node::Test(test) => plan_test(test),
    }
}

/// An AND of ORs of grams as an OR of ANDs: the lists of a conjunction meet all at once, the rarest first, where an OR in an AND walks through
/// all that it finds by itself. Of what is no gram each OR stays as it is, beside the whole of the others.
fn spread(plan: Plan) -> Plan {
    let Plan::And(members) = plan else { return plan };
    let (ors, rest): (Vec<_>, Vec<_>) = members.into_iter().partition(|member| matches!(member, Plan::Or(_)));
    let branches = ors.iter().map(|or| match or {
        Plan::Or(branches) => branches.iter().cloned().partition(Plan::is_of_grams),
        _ => (Vec::new(), Vec::new()),
    });
    let branches: Vec<(Vec<Plan>, Vec<Plan>)> = branches.collect();
    let conjunctions: usize = branches.iter().map(|(grams, _)| grams.len()).product();
    if !(2..=MOST_ORS).contains(&ors.len()) || !(1..=MOST_SPREAD).contains(&conjunctions) {
        return Plan::and([ors, rest].concat());
    }
    let mut spread = vec![rest.clone()];
    for (grams, _) in &branches {
        spread =
            spread.iter().flat_map(|before| grams.iter().map(|gram| [before.as_slice(), std::slice::from_ref(gram)].concat())).collect();
    }
    let others = branches.into_iter().enumerate().filter(|(_, (_, others))| !others.is_empty()).map(|(at, (_, others))| {
        let beside = ors.iter().enumerate().filter(|(or, _)| *or != at).map(|(_, or)| or.clone());
        beside.chain(rest.iter().cloned()).chain([Plan::or(others)]).collect()
    });
    let others: Vec<Vec<Plan>> = others.collect();
    Plan::or(spread.into_iter().chain(others).map(Plan::and).collect())
}

/// Entries for which the node may be FALSE: none when it is Undefined for all of them.
fn plan_false(node: &Node) -> Plan {
    match node {
        Node::And(members) => Plan::or(members.iter().map(plan_false).collect()),
        Node::Or(members) => Plan::and(members.iter().map(plan_false).collect()),
        Node::Not(inner) => plan_true(inner),
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
            Coverage::Equal | Coverage::Listed | Coverage::Grams { equal: true, .. } => of_value(attribute.name, prepared),
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

/// Is what the plan of a node finds proved by it, where all values that it tries were tried? Texts found by their grams are not.
pub(super) fn is_exact(node: &Node) -> bool {
    match node {
        Node::And(members) | Node::Or(members) => members.iter().all(is_exact),
        Node::Not(_) => false,
        // No entry, and the one.
        Node::Undefined | Node::Entry(_) => true,
        Node::Test(test) => !test.dn_attributes && test.attributes.iter().all(|attribute| is_exact_of(test, attribute)),
    }
}

fn is_exact_of(test: &Test, attribute: &Attribute) -> bool {
    let coverage = coverage(attribute);
    match &test.check {
        _ if coverage == Coverage::Never => true,
        Check::Present => !is_always_there(attribute),
        _ if !is_native(test, attribute) || test.rule == Rule::Dn => false,
        Check::Equal(_) | Check::Substring(_) if attribute.name == "entryUUID" || is_number(attribute.name) => false,
        Check::Equal(prepared) => {
            matches!(coverage, Coverage::Equal | Coverage::Listed | Coverage::Grams { equal: true, .. }) && is_whole(prepared)
        }
        Check::Substring(pattern) => {
            pattern.is_impossible()
                || coverage == Coverage::Listed
                || matches!(coverage, Coverage::Grams { equal: true, .. }) && pattern.initial().chars().count() > 1
        }
        Check::Words(_) => coverage == Coverage::Listed,
        Check::AtLeast(_) | Check::AtMost(_) => false,
    }
}

/// Entries with an attribute of a prepared value.
pub(super) fn of_value(attribute: &str, prepared: &str) -> Plan {
    let (place, term) = equal(attribute, prepared);
    Plan::Term(place, term)
}

fn values(attribute: &Attribute, test: ValueTest, otherwise: Plan) -> Plan {
    Plan::Values(attribute.name, test, Box::new(otherwise))
}

fn grams(coverage: Coverage, pieces: impl Iterator<Item = String>) -> Plan {
    let Coverage::Grams { of, .. } = coverage else { return Plan::All };
    let pieces: BTreeSet<String> = pieces.collect();
    let most = (MOST_GRAMS / pieces.len().max(1)).max(1);
    Plan::and(pieces.iter().take(MOST_GRAMS).map(|piece| of_piece(of, piece, most)).collect())
}

/// Entries with a value of these texts that holds the piece, by so many of its grams at most.
pub(super) fn of_piece(of: Texts, piece: &str, most: usize) -> Plan {
    let grams = |place, piece: &str, goes_on| {
        let grams: BTreeSet<_> = grams_of_piece(place, piece, goes_on).into_iter().collect();
        let step = grams.len().div_ceil(most).max(1);
        let plan = |gram| match gram {
            Gram::Whole(gram) => Plan::Term(place, gram),
            Gram::Beginning(two) => Plan::Beginning(place, two),
        };
        Plan::and(grams.into_iter().step_by(step).map(plan).collect())
    };
    match of {
        Texts::Names => grams(Place::NameGrams, piece, false),
        Texts::Labels => grams(Place::LabelGrams, piece, false),
        Texts::Others => grams(Place::OtherGrams, piece, false),
        Texts::Remarked => {
            // It begins in the name, or lies behind it.
            let (name, behind) = name_and_remark(piece);
            let begun = Plan::and(vec![grams(Place::NameGrams, name, !behind.is_empty()), remark(behind)]);
            if piece.starts_with(START) { begun } else { Plan::or(vec![begun, remark(piece)]) }
        }
    }
}

/// Entries with a remark that holds the piece. A part of a remark ends in a blank, so that none is asked for of a piece that begins with it.
fn remark(piece: &str) -> Plan {
    let parts = parts_of_remark(piece.trim_start_matches(' ')).filter(|part| !part.chars().all(|c| c == END));
    Plan::and(parts.map(|part| Plan::Remark(part.to_owned())).collect())
}

/// The leaf name of a prepared DN is an equality of the entry's own naming attribute.
fn plan_dn(prepared: &str) -> Plan {
    let leaf = prepared.split('\u{1}').find(|rdn| !rdn.is_empty()).and_then(|rdn| rdn.split_once('='));
    match leaf {
        Some((naming @ ("mail" | "uid"), value)) => of_value(naming, value),
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
            Plan::Term(..) | Plan::Beginning(..) | Plan::Remark(_) => 1,
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
    fn two_words_of_a_quick_search_are_conjunctions() {
        let contains = |attribute: &str, piece: &str| AttributeFilter::Substring {
            attribute: attribute.into(),
            initial: None,
            any: vec![piece.as_bytes().to_vec()],
            last: None,
        };
        let word = |piece: &str| AttributeFilter::Or(["cn", "mail", "o", "title"].map(|name| contains(name, piece)).to_vec());
        let planned = plan(&compile(&AttributeFilter::And(vec![word("abcd"), word("wxyz")])).unwrap());
        let Plan::Or(members) = &planned else { panic!("{planned:?}") };
        let (of_grams, others): (Vec<_>, Vec<_>) = members.iter().partition(|member| member.is_of_grams());
        assert_eq!((of_grams.len(), others.len()), (4, 2), "names and labels of both; remarks and a title beside all of the other");
        assert!(of_grams.iter().all(|member| terms(member) == 4));
        // What would be too many stays as it was written.
        let many = plan(&compile(&AttributeFilter::And(["abcd", "wxyz", "efgh", "ijkl"].map(word).to_vec())).unwrap());
        assert!(matches!(&many, Plan::And(members) if members.len() == 4), "{many:?}");
        let one = plan(&compile(&AttributeFilter::And(vec![word("abcd")])).unwrap());
        assert!(matches!(&one, Plan::Or(members) if members.len() == 4), "{one:?}");
    }

    /// Does a document with these grams and remarks hold the plan?
    fn held(plan: &Plan, grams: &BTreeSet<&str>, remarks: &BTreeSet<&str>) -> bool {
        match plan {
            Plan::All => true,
            Plan::Term(_, gram) => grams.contains(gram.as_str()),
            Plan::Beginning(_, two) => grams.iter().any(|gram| gram.starts_with(two.as_str())),
            Plan::Remark(piece) => remarks.iter().any(|part| part.contains(piece.as_str())),
            Plan::And(members) => members.iter().all(|member| held(member, grams, remarks)),
            Plan::Or(members) => members.iter().any(|member| held(member, grams, remarks)),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn the_plan_of_every_piece_of_a_name_and_its_remark_finds_it() {
        for value in ["a", "jo zy", "jo (dentiste, lyon)", "(b", "a.b@c-d.mssante.fr", "a@(b@c", "@", "zy (k, (l), m, n", "z (, k)"] {
            let entry = crate::ldap_entry::encode_entry("cn=a", &[("cn", vec![value.to_owned()])]);
            let terms = super::super::terms::AttributeTerms::of(&entry);
            let (grams, remarks) = (terms.name_grams.into_value(Place::NameGrams), terms.remarks.into_value());
            let [grams, remarks] = [&grams, &remarks].map(|terms| terms.split('\u{1}').collect::<BTreeSet<_>>());
            let marked: Vec<char> = format!("{START}{value}{END}").chars().collect();
            for (from, to) in (0..marked.len()).flat_map(|from| (from + 1..=marked.len()).map(move |to| (from, to))) {
                let piece: String = marked[from..to].iter().collect();
                let plan = of_piece(Texts::Remarked, &piece, MOST_GRAMS);
                assert!(held(&plan, &grams, &remarks), "{piece:?} of {value:?}: {plan:?}");
            }
        }
    }

    #[test]
    fn whole_values_and_their_beginnings_are_proved_by_the_plan_and_nothing_else() {
        use AttributeFilter as F;
        let equal = |name: &str, value: &str| F::Equal(name.into(), value.into());
        let beginning =
            |name: &str, initial: &str| F::Substring { attribute: name.into(), initial: Some(initial.into()), any: vec![], last: None };
        let not = |filter: F| F::Not(Box::new(filter));
        for (filter, expected) in [
            (equal("mail", "a@b.mssante.fr"), true),
            (equal("specialite", "SM01"), true),
            (F::And(vec![equal("sn", "martin"), equal("l", "lyon")]), true),
            (F::Or(vec![equal("sn", "martin"), equal("mozillaNickname", "martin")]), true),
            (F::Present("mail".into()), true),
            (beginning("sn", "mar"), true),
            (beginning("title", "m"), true),
            // Of a value that is cut in its term, of grams, of what has no term, of negations.
            (equal("sn", &"a".repeat(300)), false),
            (equal("cn", "jean martin"), false),
            (equal("rpps", "10000000001"), false),
            (beginning("IdentifiantPP", "10"), false),
            (equal("finess", "990999013"), true),
            (beginning("uid", "81"), true),
            (equal("entryUUID", "6f1d0c52-8a3e-5b47-9c60-2f4b7d15e3a8"), false),
            (equal("entryDN", "uid=1,ou=professionnels,dc=annuaire,dc=sante,dc=fr"), false),
            (F::Present("objectClass".into()), false),
            (beginning("sn", "m"), false),
            (beginning("cn", "mar"), false),
            (F::And(vec![equal("sn", "martin"), not(equal("l", "lyon"))]), false),
        ] {
            assert_eq!(is_exact(&compile(&filter).unwrap()), expected, "{filter:?}");
        }
    }

    #[test]
    fn a_long_assertion_looks_few_grams_up() {
        let long: String = ('a'..='z').flat_map(|a| ('a'..='z').flat_map(move |b| [a, b])).collect();
        let any = vec![long.into_bytes(); 3];
        let contains = AttributeFilter::Substring { attribute: "cn".into(), initial: None, any, last: None };
        let typed = AttributeFilter::Approx("cn".into(), b"jean-francois martin lyon".to_vec());
        let count = |filter: &AttributeFilter| terms(&plan(&compile(filter).unwrap()));
        assert!((MOST_GRAMS / 2..=MOST_GRAMS + 1).contains(&count(&contains)), "{}", count(&contains));
        assert_eq!(count(&typed), 2 + 6 + 4 + 2 + 4, "what people type is looked up whole");
    }
}
