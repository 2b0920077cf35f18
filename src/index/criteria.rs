//! From REST criteria to exact plans, as typed and with errors forgiven.
//!
//! Each word of `q`, `name` and `given` is a set of levels (see [`super::alternative`]): the best level a document holds is where it stands,
//! its worst word where the document does. Errors are asked for only when nothing matches as typed for this audience, and only in words
//! that nobody shown to it holds as typed: with another spelling they would be another name, and the right name in the wrong town is no error.
//! A word of `name` or `given` that nobody of the `profession` asked has may be an error all the same.

use super::alternative::{Alternative, ONE_ERROR, RANKS, TWO_ERRORS, Test};
use super::document::whole_name;
use super::facts::Tag;
use super::near::Near;
use super::plan::{OfPractice, Place, Plan};
use super::practice::{Criterion, plan_coded, plan_exact, plan_words, telling_words};
use super::query::{Criteria, INEXACT, OTHER_NAME, ZeroPapierFilter};
use super::reading::{Asked, MOST_FORGIVEN, Reading, Source, errors_of};
use super::recognised;
use crate::model::Address;
use crate::text::small_words::is_particle;
use crate::text::{everyday, town};

/// Errors a word may hold, by the length it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tolerance {
    None,
    One,
    Two,
}

impl Tolerance {
    pub fn errors(self) -> u8 {
        match self {
            Self::None => 0,
            Self::One => 1,
            Self::Two => 2,
        }
    }

    /// No entry that is found so stands before this level.
    pub fn least(self) -> u8 {
        match self {
            Self::None => 0,
            Self::One => ONE_ERROR * RANKS,
            Self::Two => TWO_ERRORS * RANKS,
        }
    }
}

/// Words that may hold errors: those of the reading, then those of the practice, in the order of [`Spelt::ALL`].
pub(super) struct Forgivable {
    reading: Reading,
    practice: Vec<(Spelt, usize, String)>,
}

impl Forgivable {
    pub fn of(criteria: &Criteria) -> Self {
        let words = |spelt: Spelt| spelt.words(criteria).into_iter().enumerate().map(move |(at, word)| (spelt, at, word));
        let practice = Spelt::ALL.into_iter().flat_map(words).filter(|(.., word)| errors_of(word) > 0).take(MOST_FORGIVEN).collect();
        Self { reading: Reading::of(criteria), practice }
    }

    /// Who practises what `profession` asks; nothing when it is not asked.
    pub fn profession(criteria: &Criteria) -> Option<Plan> {
        let asked = criteria.profession.as_deref()?;
        Some(Plan::InOneSlot(Box::new(coded(Spelt::Profession, criteria, asked, &[], Tolerance::None))))
    }

    /// For each word that may hold an error, what holds it as typed: a name, a town, a profession; and is it a name and nothing else?
    pub fn as_typed(&self) -> Vec<(Plan, bool)> {
        let of_reading = self.reading.words.iter().map(|word| {
            let plan = if word.forgivable { as_typed(word) } else { Plan::All };
            (plan, word.forgivable && matches!(word.source, Source::Name | Source::Given))
        });
        let tag = Tag::Practice.term();
        let of_practice = self.practice.iter().map(|(.., word)| (Plan::Term(Place::Words, format!("{tag}{word}")), false));
        of_reading.chain(of_practice).collect()
    }

    /// The plan that forgives so much in the words marked; `None` when that is no more than was asked before.
    pub fn plan(&self, criteria: &Criteria, marked: &[bool], tolerance: Tolerance) -> Option<Plan> {
        let (words, practice) = marked.split_at_checked(self.reading.words.len())?;
        let longest = |word: &str| errors_of(word) >= tolerance.errors();
        let in_words = self.reading.words.iter().zip(words).any(|(word, marked)| *marked && word.forgivable && longest(&word.text));
        let in_practice = self.practice.iter().zip(practice).any(|((.., word), marked)| *marked && longest(word));
        let mistaken: Vec<_> =
            self.practice.iter().zip(practice).filter(|(_, marked)| **marked).map(|((spelt, at, _), _)| (*spelt, *at)).collect();
        (in_words || in_practice).then(|| whole(criteria, &self.reading, words, &mistaken, tolerance))
    }
}

/// Entries that hold the word itself where an error would be taken for it.
fn as_typed(word: &Asked) -> Plan {
    let whole = word.typed.iter().filter(|way| way.level < 2).map(|way| way.test.plan());
    Plan::or(whole.collect())
}

/// The plan of a question as it is typed.
pub(super) fn plan(criteria: &Criteria) -> Plan {
    whole(criteria, &Reading::of(criteria), &[], &[], Tolerance::None)
}

fn whole(criteria: &Criteria, reading: &Reading, marked: &[bool], mistaken: &[(Spelt, usize)], tolerance: Tolerance) -> Plan {
    if reading.says_nothing || criteria.city.as_deref().is_some_and(|city| town::town_words(city).is_empty()) {
        return Plan::None;
    }
    let mut words = Vec::new();
    let mut all = Vec::new();
    for (at, word) in reading.words.iter().enumerate() {
        let mut ways = word.typed.clone();
        if word.forgivable && marked.get(at).copied().unwrap_or_default() {
            ways.extend(word.mistaken(tolerance.errors()));
        }
        all.push(levels(&ways));
        words.push(ways);
    }
    if let Some(name) = &criteria.name {
        all.push(other_name(name, tolerance));
    }
    all.extend(reading.spelled.iter().filter_map(|(spelled, folded)| inexact(spelled, folded)));
    all.push(one_practice(criteria, mistaken, tolerance));
    all.extend(rest(criteria));
    together(Plan::and(all), &words)
}

/// Ways to match by level.
fn levels(ways: &[Alternative]) -> Plan {
    let mut by_level: Vec<u8> = ways.iter().map(|way| way.level).collect();
    by_level.sort_unstable();
    by_level.dedup();
    let plan = |level: u8| Plan::or(ways.iter().filter(|way| way.level == level).map(|way| way.test.plan()).collect());
    Plan::Levels(by_level.into_iter().map(|level| (level, plan(level))).collect())
}

/// Those whose family name is more than what was typed come behind.
fn other_name(name: &str, tolerance: Tolerance) -> Plan {
    let whole = whole_name(name);
    let bare = whole.strip_prefix("f:").unwrap_or_default().to_owned();
    let near =
        (1..=tolerance.errors().min(errors_of(&bare.replace(' ', "")))).filter_map(|errors| Near::plan(Place::Words, "f", &bare, errors));
    let named = Plan::or(std::iter::once(Plan::Term(Place::Words, whole)).chain(near).collect());
    Plan::Behind { bit: OTHER_NAME, plan: Box::new(named) }
}

/// Those who spell it with other accents than typed come behind; of a particle, those who have none. Who types no accent means any.
fn inexact(spelled: &str, folded: &str) -> Option<Plan> {
    let term = match spelled != folded {
        true => format!("x:{spelled}"),
        false => is_particle(folded).then(|| format!("n:{folded}"))?,
    };
    Some(Plan::Behind { bit: INEXACT, plan: Box::new(Plan::Term(Place::Words, term)) })
}

/// Words of `q` that only a practice holds, of what is practised or where, are held by one same practice.
fn together(plan: Plan, words: &[Vec<Alternative>]) -> Plan {
    let of_practice = words.iter().filter_map(|ways| {
        let (begun, practice): (Vec<_>, Vec<_>) = ways.iter().partition(|way| matches!(way.test, Test::Begins(..)));
        let of_one = |ways: &[&Alternative]| ways.iter().filter_map(|way| way.test.plan_of_practice()).collect::<Vec<_>>();
        let (begun, practice) = (of_one(&begun), of_one(&practice));
        let entry = ways.iter().filter_map(|way| way.test.plan_of_entry());
        (!practice.is_empty() || !begun.is_empty()).then(|| OfPractice {
            entry: Plan::or(entry.collect()),
            practice: Plan::or(practice),
            begun: Plan::or(begun),
        })
    });
    let of_practice: Vec<_> = of_practice.collect();
    if of_practice.len() < 2 { plan } else { Plan::OnePractice(Box::new(plan), of_practice) }
}

/// What is asked of a practice by words that may be misspelt.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Spelt {
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

    fn asked(self, criteria: &Criteria) -> Option<&str> {
        match self {
            Self::City => criteria.city.as_deref(),
            Self::Profession => criteria.profession.as_deref(),
            Self::Specialty => criteria.specialty.as_deref(),
        }
    }

    fn words(self, criteria: &Criteria) -> Vec<String> {
        let words = self.asked(criteria).map(|asked| match self {
            Self::City => town::town_words(asked),
            Self::Profession | Self::Specialty => super::facts::name_words(asked),
        });
        telling_words(words.unwrap_or_default())
    }

    /// All words, some of them by their neighbours.
    fn plan(self, criteria: &Criteria, mistaken: &[(Self, usize)], tolerance: Tolerance) -> Plan {
        let words = self.words(criteria).into_iter().enumerate().map(|(at, word)| {
            let typed = Plan::Term(Place::Codes, format!("{}:{word}", self.tag()));
            if !mistaken.contains(&(self, at)) {
                return typed;
            }
            let errors = tolerance.errors().min(errors_of(&word));
            Plan::or(std::iter::once(typed).chain(Near::plan(Place::Codes, self.tag(), &word, errors)).collect())
        });
        Plan::and(words.collect())
    }

    /// What the whole of it stands for among everyday words.
    fn everyday(self, criteria: &Criteria) -> Plan {
        let words = self.words(criteria);
        let found = everyday::phrase(&words).filter(|(count, _)| *count == words.len() && self != Self::City);
        let ways = found.map(|(_, row)| recognised::codes(row, 0, super::alternative::How::Synonym)).unwrap_or_default();
        let own = ways.iter().filter(|way| matches!(way.test, Test::Code(kind, _) if kind == self.tag()));
        Plan::or(own.filter_map(|way| way.test.plan_of_practice()).collect())
    }
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

/// A profession or a specialty by its code, its words, or an everyday word.
fn coded(spelt: Spelt, criteria: &Criteria, text: &str, mistaken: &[(Spelt, usize)], tolerance: Tolerance) -> Plan {
    let by_words = spelt.plan(criteria, mistaken, tolerance);
    let by_words = if by_words == Plan::All { Plan::None } else { by_words };
    Plan::or(vec![plan_exact(spelt.tag(), text), by_words, spelt.everyday(criteria)])
}

/// What is asked of one same practice.
fn one_practice(criteria: &Criteria, mistaken: &[(Spelt, usize)], tolerance: Tolerance) -> Plan {
    let coded = |spelt, text: &str| coded(spelt, criteria, text, mistaken, tolerance);
    let mut inside = vec![Spelt::City.plan(criteria, mistaken, tolerance)];
    let mut ask = |asked: &Option<String>, plan: &dyn Fn(&str) -> Plan| inside.extend(asked.as_deref().map(plan));
    ask(&criteria.profession, &|text| coded(Spelt::Profession, text));
    ask(&criteria.specialty, &|text| coded(Spelt::Specialty, text));
    ask(&criteria.department, &|text| match recognised::departments_named(text) {
        known if known.is_empty() => plan_coded("dept", text),
        known => Plan::or(known.iter().map(|code| plan_exact("dept", code)).collect()),
    });
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
