//! From REST criteria to exact plans: of all matches and of the classes of their rank (see [`super::query::RankKey::class`]), as typed, and
//! with one error forgiven, which is asked only when nothing matches as typed for this audience. A page that continues behind an entry
//! found with an error stays with the tolerant plan, whatever has come to match since.

use super::document::whole_name;
use super::near::Near;
use super::plan::{Place, Plan};
use super::practice::{Criterion, plan_coded, plan_exact, plan_words};
use super::query::{Criteria, ZeroPapierFilter};
use super::terms::LONGEST_EDGE;
use crate::model::Address;
use crate::text;

/// What a question looks up.
pub(super) struct Plans {
    pub matches: Plan,
    /// What a match of each class holds, the best first; the others are of the class behind.
    pub classes: Vec<Plan>,
}

/// The plans of a question as it is typed: by classes, those whose family name is what was typed, those that hold every free word whole.
pub(super) fn plan(criteria: &Criteria) -> Plans {
    let words = free_words(criteria);
    let whole = Plan::and(words.iter().map(FreeWord::whole).collect());
    let name = criteria.name.as_deref().map(|name| Plan::Term(Place::Words, whole_name(name)));
    let classes = match name {
        Some(name) => vec![Plan::and(vec![name, whole.clone()]), whole],
        None => vec![whole, Plan::None],
    };
    Plans { matches: with_error(criteria, &words, Mistaken::None), classes }
}

/// The plans that forgive one error in one word of `q`, `name`, `given`, `city`, `profession` or `specialty`: the union, over the words, of
/// the question with this one word by its neighbours and everything else as typed. A word with an error is a whole one: a beginning has too
/// many neighbours to mean any. A name of somebody else's that holds the typed one as a word comes behind those who have no other.
pub(super) fn tolerant(criteria: &Criteria) -> Plans {
    let words = free_words(criteria);
    let free = (0..words.len()).map(Mistaken::Free);
    let spelt = Spelt::ALL.into_iter().flat_map(|spelt| (0..spelt.words(criteria).len()).map(move |at| Mistaken::Practice(spelt, at)));
    let matches = Plan::or(free.chain(spelt).map(|error| with_error(criteria, &words, error)).collect());
    let name = criteria.name.as_deref().map_or(Plan::None, |name| {
        let near = Near::plan(Place::Words, "f", &text::words(name).join(" "));
        Plan::or([Plan::Term(Place::Words, whole_name(name))].into_iter().chain(near).collect())
    });
    Plans { matches, classes: vec![name] }
}

/// Where the error is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Mistaken {
    None,
    Free(usize),
    Practice(Spelt, usize),
}

/// What is asked of a practice by words that may be misspelt.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spelt {
    City,
    Profession,
    Specialty,
}

impl Spelt {
    const ALL: [Self; 3] = [Self::City, Self::Profession, Self::Specialty];

    fn tag(self) -> &'static str {
        match self {
            Self::City => "c",
            Self::Profession => "prof",
            Self::Specialty => "spec",
        }
    }

    fn words(self, criteria: &Criteria) -> Vec<String> {
        let asked = match self {
            Self::City => &criteria.city,
            Self::Profession => &criteria.profession,
            Self::Specialty => &criteria.specialty,
        };
        asked.as_deref().map(text::words).unwrap_or_default()
    }

    /// All words, one of them by its neighbours.
    fn plan(self, criteria: &Criteria, error: Mistaken) -> Plan {
        let words = self.words(criteria).into_iter().enumerate().map(|(at, word)| {
            let near = || Near::plan(Place::Codes, self.tag(), &word).unwrap_or(Plan::None);
            if error == Mistaken::Practice(self, at) { near() } else { Plan::Term(Place::Codes, format!("{}:{word}", self.tag())) }
        });
        Plan::and(words.collect())
    }
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

fn with_error(criteria: &Criteria, words: &[FreeWord], error: Mistaken) -> Plan {
    let said_nothing = [&criteria.q, &criteria.name, &criteria.given, &criteria.city];
    if said_nothing.into_iter().flatten().any(|asked| text::words(asked).is_empty()) {
        return Plan::None;
    }
    let mut all = Vec::new();
    for (at, word) in words.iter().enumerate() {
        all.push(if error == Mistaken::Free(at) { word.near() } else { word.beginning() });
    }
    all.push(one_practice(criteria, error));
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
fn one_practice(criteria: &Criteria, error: Mistaken) -> Plan {
    let coded = |spelt: Spelt, text: &str| match error {
        Mistaken::Practice(mistaken, _) if mistaken == spelt => spelt.plan(criteria, error),
        _ => plan_coded(spelt.tag(), text),
    };
    let mut inside = vec![Spelt::City.plan(criteria, error)];
    let mut ask = |asked: &Option<String>, plan: &dyn Fn(&str) -> Plan| inside.extend(asked.as_deref().map(plan));
    ask(&criteria.profession, &|text| coded(Spelt::Profession, text));
    ask(&criteria.specialty, &|text| coded(Spelt::Specialty, text));
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
