//! Words of a question that stand for codes: everyday words, départements by number or name, regions, arrondissements.

use super::alternative::{Alternative, How, Test, WHOLE};
use super::facts::Tag;
use super::practice::telling_words;
use crate::model::territory::{department, departments, of_region};
use crate::text::everyday::{self, Everyday};
use crate::text::phrases::Phrases;
use crate::text::{fold, town};
use std::sync::LazyLock;

/// Names of départements and regions, and the codes of départements each stands for.
struct Territory {
    phrases: Phrases,
    codes: Vec<(Vec<&'static str>, How)>,
}

static TERRITORY: LazyLock<Territory> = LazyLock::new(|| {
    let mut territory = Territory { phrases: Phrases::default(), codes: Vec::new() };
    let mut add = |name: &str, codes, how| {
        territory.phrases.add(name, territory.codes.len());
        territory.codes.push((codes, how));
    };
    for one in departments() {
        add(one.name, vec![one.code], How::Whole);
    }
    for one in departments() {
        add(one.region_name, of_region(one.region).map(|d| d.code).collect(), How::Synonym);
    }
    territory
});

/// Ways to match by what an everyday word stands for.
pub(super) fn codes(row: &Everyday, quality: u8, how: How) -> Vec<Alternative> {
    let code = |kind: &'static str| move |code: &&str| Test::Code(kind, fold(code));
    let regions = row.regions.iter().flat_map(|region| of_region(region)).map(|d| Test::Code("dept", fold(d.code)));
    let tests = row.specialties.iter().map(code("spec")).chain(row.professions.iter().map(code("prof")));
    // Who asks for a pharmacy means the place before those who work at one.
    let tests = tests.chain(row.sectors.iter().map(code("sect"))).chain(row.sectors.iter().map(code("work"))).chain(regions);
    let way = |test: Test| {
        let person = !row.sectors.is_empty() && matches!(test, Test::Code("spec" | "prof", _));
        let way = Alternative::new(quality, how, test);
        Alternative { level: way.level + u8::from(person), ..way }
    };
    tests.map(way).collect()
}

/// Départements whose name, number or region this is as a whole.
pub(super) fn departments_named(asked: &str) -> Vec<String> {
    let words = telling_words(super::facts::name_words(asked));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let (count, ways) = longest(&words, None);
    let codes = ways.into_iter().filter_map(|way| match way.test {
        Test::Code("dept", code) => Some(code),
        _ => None,
    });
    if count == words.len() { codes.collect() } else { Vec::new() }
}

/// What the first words stand for, the longest phrase first: how many they are, and the ways to match. One word of no known meaning is one.
pub(super) fn longest(words: &[&str], before: Option<&str>) -> (usize, Vec<Alternative>) {
    let word = words.first().copied().unwrap_or_default();
    if let Some(ways) = number(word, before) {
        return (1, ways);
    }
    let everyday = everyday::phrase(words);
    let territory = TERRITORY.phrases.longest(words);
    let count = everyday.map_or(0, |(count, _)| count).max(territory.map_or(0, |(count, _)| count)).max(1);
    let mut ways = Vec::new();
    if let Some((_, row)) = everyday.filter(|(of, _)| *of == count) {
        ways.extend(codes(row, WHOLE, How::Synonym));
    }
    if let Some((codes, how)) = territory.filter(|(of, _)| *of == count).and_then(|(_, place)| TERRITORY.codes.get(place)) {
        ways.extend(codes.iter().map(|code| Alternative::new(WHOLE, *how, Test::Code("dept", fold(code)))));
    }
    (count, ways)
}

/// An arrondissement behind its town, or as an ordinal; else a département by its number.
fn number(word: &str, before: Option<&str>) -> Option<Vec<Alternative>> {
    let numbered = |test| Alternative::new(WHOLE, How::Number, test);
    let roman = || town::roman(word).filter(|number| before.is_some_and(|town| town::has_arrondissement(town, *number)));
    let ordinal = town::ordinal(word).or_else(roman);
    let told = ordinal.filter(|number| {
        let is_ordinal = !word.bytes().all(|b| b.is_ascii_digit());
        is_ordinal || before.is_some_and(|town| town::has_arrondissement(town, *number))
    });
    if let Some(number) = told {
        let number = number.to_string();
        return Some(vec![numbered(Test::Code("arr", number.clone())), numbered(Test::Word(Tag::Practice, number))]);
    }
    let code = word.to_uppercase();
    let padded = if code.len() == 1 { format!("0{code}") } else { code };
    let codes: &[&str] = if padded == "20" { &["2A", "2B"] } else { &[padded.as_str()] };
    let is_number = (1..=3).contains(&word.len()) && word.starts_with(|c: char| c.is_ascii_digit());
    let found: Vec<_> = codes.iter().filter(|code| is_number && department(code).is_some()).collect();
    (!found.is_empty()).then(|| found.into_iter().map(|code| numbered(Test::Code("dept", fold(code)))).collect())
}
