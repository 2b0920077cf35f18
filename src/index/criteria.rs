//! From REST criteria to exact plans: of all matches, of those that hold every free word whole (class 0 of the rank, the others are class
//! 1), and the tolerant plan (class 2), which is asked only when nothing matches as typed for this audience. A page that continues
//! behind an entry of class 2 stays with the tolerant plan, whatever has come to match since.

use super::near::Near;
use super::plan::{Place, Plan};
use super::practice::{Criterion, plan_coded, plan_exact, plan_words};
use super::query::{Criteria, ZeroPapierFilter};
use super::terms::LONGEST_EDGE;
use crate::model::Address;
use crate::text;

/// What a question looks up.
pub(super) struct Plans {
    /// All matches as typed.
    pub typed: Plan,
    /// Those of class 0.
    pub whole: Plan,
}

/// The plans of a question as it is typed.
pub(super) fn plan(criteria: &Criteria) -> Plans {
    let (words, places) = (free_words(criteria), place_words(criteria));
    let whole = words.iter().map(FreeWord::whole);
    Plans { typed: with_error(criteria, &words, &places, Mistaken::None), whole: Plan::and(whole.collect()) }
}

/// The plan that forgives one error in one word of `q`, `name`, `given` or `city`: the union, over the words, of the question with this one
/// word by its neighbours and everything else as typed. A word with an error is a whole one: a beginning has too many neighbours to mean any.
pub(super) fn tolerant(criteria: &Criteria) -> Plan {
    let (words, places) = (free_words(criteria), place_words(criteria));
    let free = (0..words.len()).map(Mistaken::Free);
    let all = free.chain((0..places.len()).map(Mistaken::Place));
    Plan::or(all.map(|error| with_error(criteria, &words, &places, error)).collect())
}

/// Where the error is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistaken {
    None,
    Free(usize),
    Place(usize),
}

/// A word of `q`, `name` or `given`. A free word may also be a name: names are kept under their own tags only.
struct FreeWord {
    tags: &'static [&'static str],
    word: String,
}

impl FreeWord {
    fn under_any_tag(&self, plan: impl Fn(&str) -> Plan) -> Plan {
        Plan::or(self.tags.iter().map(|tag| plan(tag)).collect())
    }

    fn whole(&self) -> Plan {
        self.under_any_tag(|tag| Plan::Term(Place::Words, format!("{tag}:{}", self.word)))
    }

    fn near(&self) -> Plan {
        self.under_any_tag(|tag| Near::plan(Place::Words, tag, &self.word).unwrap_or(Plan::None))
    }

    fn beginning(&self) -> Plan {
        let short = self.word.chars().count() <= LONGEST_EDGE;
        self.under_any_tag(|tag| {
            let term = format!("{tag}:{}", self.word);
            if short { Plan::Term(Place::Edges, term) } else { Plan::Beginning(Place::Words, term) }
        })
    }
}

fn free_words(criteria: &Criteria) -> Vec<FreeWord> {
    let asked: [(&'static [&'static str], _); 3] = [(&["n", "g", "q"], &criteria.q), (&["n"], &criteria.name), (&["g"], &criteria.given)];
    let words = asked.into_iter().filter_map(|(tags, asked)| Some((tags, text::words(asked.as_ref()?))));
    words.flat_map(|(tags, words)| words.into_iter().map(move |word| FreeWord { tags, word })).collect()
}

fn place_words(criteria: &Criteria) -> Vec<String> {
    criteria.city.as_deref().map(text::words).unwrap_or_default()
}

fn with_error(criteria: &Criteria, words: &[FreeWord], places: &[String], error: Mistaken) -> Plan {
    let said_nothing = [&criteria.q, &criteria.name, &criteria.given, &criteria.city];
    if said_nothing.into_iter().flatten().any(|asked| text::words(asked).is_empty()) {
        return Plan::None;
    }
    let mut all = Vec::new();
    for (at, word) in words.iter().enumerate() {
        all.push(if error == Mistaken::Free(at) { word.near() } else { word.beginning() });
    }
    let city = places.iter().enumerate().map(|(at, word)| {
        let near = || Near::plan(Place::Codes, "c", word).unwrap_or(Plan::None);
        if error == Mistaken::Place(at) { near() } else { Plan::Term(Place::Codes, format!("c:{word}")) }
    });
    all.push(one_practice(criteria, Plan::and(city.collect())));
    all.extend(rest(criteria));
    Plan::and(all)
}

/// What is not asked by words.
fn rest(criteria: &Criteria) -> Vec<Plan> {
    let mut rest = Vec::new();
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
    rest
}

/// What is asked of one same practice.
fn one_practice(criteria: &Criteria, city: Plan) -> Plan {
    let mut inside = vec![city];
    let mut ask = |asked: &Option<String>, plan: &dyn Fn(&str) -> Plan| inside.extend(asked.as_deref().map(plan));
    ask(&criteria.profession, &|text| plan_coded("prof", text));
    ask(&criteria.specialty, &|text| plan_coded("spec", text));
    ask(&criteria.department, &|text| plan_coded("dept", text));
    ask(&criteria.postal_code, &|text| plan_exact("cp", text));
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
