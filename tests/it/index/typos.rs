//! One error in a word: compared with a plain count of edits over every entry, for both audiences, and over pages.

use super::sample::{Dice, Doc, nurse, person, world};
use super::{add, built, keys, query, run};
use annuaire::index::query::{Criteria, Matching, Order, Query};
use annuaire::index::{Committed, Reader};
use annuaire::model::{Audience, Record};
use annuaire::text;
use std::collections::BTreeSet;

fn ranked(criteria: Criteria) -> Query {
    Query { order: Order::Rank, ..query(Matching::Criteria(criteria)) }
}

/// Keys and classes, in order.
fn asked(reader: &Reader, audience: Audience, criteria: &Criteria) -> Vec<(String, u8)> {
    let answer = run(reader, audience, &ranked(criteria.clone()));
    assert_eq!(answer.total, Some(answer.hits.len() as u64), "{criteria:?}");
    answer.hits.iter().map(|hit| (hit.stored.key().to_owned(), hit.rank.class)).collect()
}

/// Edits between two words, two neighbours swapped being one.
fn edits(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut table = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            table[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let changed = table[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let best = changed.min(table[i - 1][j] + 1).min(table[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swapped { best.min(table[i - 2][j - 2] + 1) } else { best }
            };
        }
    }
    table[a.len()][b.len()]
}

fn with_an_error(dice: &mut Dice, word: &str) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    let letter = char::from(b'a' + u8::try_from(dice.roll(26)).unwrap());
    let at = dice.roll(letters.len());
    match dice.roll(4) {
        0 => letters.insert(at, letter),
        1 => drop(letters.remove(at)),
        2 => letters[at] = letter,
        _ => letters.swap(at, at.saturating_sub(1)),
    }
    letters.into_iter().collect()
}

/// What an entry is compared by: words of family names, of given names, of communes by practice.
struct Words {
    names: BTreeSet<String>,
    givens: BTreeSet<String>,
    cities: Vec<BTreeSet<String>>,
}

impl Words {
    fn of(doc: &Doc) -> Self {
        let view = doc.published.view();
        let persons = view.persons();
        Self {
            names: persons.iter().flat_map(|p| text::words(&p.family_name)).collect(),
            givens: persons.iter().flat_map(|p| text::words(&p.given_name)).collect(),
            cities: view.practices().iter().filter_map(|p| Some(text::words(&p.organization?.city).into_iter().collect())).collect(),
        }
    }

    /// Do all words hold, with at most `errors` of them by a neighbour?
    fn hold(&self, name: &[String], given: &[String], city: &[String], errors: usize) -> bool {
        let near = |all: &BTreeSet<String>, word: &String| {
            word.chars().count() >= 3 && word.chars().all(char::is_alphabetic) && all.iter().any(|own| edits(own, word) <= 1)
        };
        let free = |all: &BTreeSet<String>, words: &[String]| -> Option<usize> {
            let cost = |w: &String| if all.iter().any(|own| own.starts_with(w.as_str())) { Some(0) } else { near(all, w).then_some(1) };
            words.iter().map(cost).sum()
        };
        let place = |all: &BTreeSet<String>| -> Option<usize> {
            city.iter().map(|w| if all.contains(w) { Some(0) } else { near(all, w).then_some(1) }).sum()
        };
        let places = if city.is_empty() { Some(0) } else { self.cities.iter().filter_map(place).min() };
        matches!((free(&self.names, name), free(&self.givens, given), places), (Some(a), Some(b), Some(c)) if a + b + c <= errors)
    }
}

#[test]
fn an_answer_is_what_a_count_of_edits_says() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let entries: Vec<(&Doc, Words)> = docs.iter().map(|doc| (doc, Words::of(doc))).collect();
    let mut dice = Dice(7);
    let mut forgiven = 0;
    for round in 0..1_500 {
        let (_, source) = dice.of(&entries);
        let mut pick = |all: &BTreeSet<String>, asked: bool| -> Vec<String> {
            let all: Vec<_> = all.iter().filter(|word| word.chars().count() >= 2).cloned().collect();
            if all.is_empty() || !asked { vec![] } else { vec![dice.of(&all).clone()] }
        };
        let shape = round % 7;
        let mut name = pick(&source.names, matches!(shape, 0 | 3 | 4 | 6));
        let mut given = pick(&source.givens, matches!(shape, 1 | 3 | 5 | 6));
        let mut city = pick(source.cities.first().unwrap_or(&BTreeSet::new()), matches!(shape, 2 | 4 | 5 | 6));
        let mut words: Vec<&mut String> = name.iter_mut().chain(&mut given).chain(&mut city).collect();
        if words.is_empty() {
            continue;
        }
        let at = dice.roll(words.len());
        *words[at] = with_an_error(&mut dice, words[at]);
        if words[at].is_empty() {
            continue;
        }
        let said = |words: &[String]| (!words.is_empty()).then(|| words.join(" "));
        let criteria = Criteria { name: said(&name), given: said(&given), city: said(&city), ..Criteria::default() };
        for audience in Audience::ALL {
            let matching = |errors| -> BTreeSet<String> {
                let shown = entries.iter().filter(|(doc, words)| doc.shown_to(audience) && words.hold(&name, &given, &city, errors));
                shown.map(|(doc, _)| doc.key()).collect()
            };
            let typed = matching(0);
            let answer = asked(&reader, audience, &criteria);
            assert_eq!(answer.iter().any(|(_, class)| *class >= 3), typed.is_empty() && !answer.is_empty(), "{criteria:?}");
            let expected = if typed.is_empty() { matching(1) } else { typed };
            forgiven += usize::from(answer.iter().any(|(_, class)| *class >= 3));
            assert_eq!(answer.into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>(), expected, "{criteria:?}");
        }
    }
    assert!(forgiven > 500, "the questions are of the kind meant: {forgiven}");
}

fn named(rpps: &str, name: &str) -> Vec<Doc> {
    super::sample::documents(&Record::Professional(person(rpps, "Ada", name, vec![super::sample::exercise(nurse(), &[])], vec![])))
}

#[test]
fn a_walk_that_began_with_an_error_ends_with_it() {
    let docs: Vec<Doc> = (0..9).flat_map(|i| named(&format!("1000000000{i}"), "MARTINET")).collect();
    let (_folder, mut index) = built(&docs);
    let reader = index.reader();
    let page = |after| run(&reader, Audience::Public, &Query { limit: 4, after, ..ranked(name("martinte")) });
    let first = page(None);
    assert_eq!((first.hits.len(), first.more, first.total), (4, true, Some(9)));
    // Somebody comes whose name is just as typed.
    add(index.live(), &named("10000000020", "MARTINTE"));
    index.live().commit(Committed { seq: 2 }).unwrap();
    let second = page(first.hits.last().map(|hit| hit.rank.clone()));
    let third = page(second.hits.last().map(|hit| hit.rank.clone()));
    let walked: Vec<String> = [&first, &second, &third].into_iter().flat_map(keys).collect();
    let old = docs.iter().map(Doc::key).collect::<BTreeSet<_>>();
    assert!(old.is_subset(&walked.iter().cloned().collect()), "{walked:?}");
    assert_eq!(walked.len(), walked.iter().collect::<BTreeSet<_>>().len());
    assert!(!third.more);
    let again = asked(&reader, Audience::Public, &name("martinte"));
    assert_eq!((again.len(), again[0].1), (1, 0), "a fresh question finds what is as typed, alone");
}

fn name(name: &str) -> Criteria {
    Criteria { name: Some(name.to_owned()), ..Criteria::default() }
}

#[test]
fn the_whole_name_comes_before_longer_ones_that_hold_it() {
    let docs = [
        named("10000000001", "BOIS-MARTINET"),
        named("10000000002", "DE MARTINET"),
        named("10000000003", "MARTINET"),
        named("10000000004", "MARTINET DU LAC"),
        named("10000000005", "Martinet"),
        named("10000000006", "MARTINETON"),
    ];
    let (_folder, index) = built(&docs.concat());
    let reader = index.reader();
    let found = |typed| -> Vec<(char, u8)> {
        let answer = asked(&reader, Audience::Public, &name(typed));
        answer.into_iter().map(|(key, class)| (key.chars().next_back().unwrap(), class)).collect()
    };
    assert_eq!(found("martinet"), [('3', 0), ('5', 0), ('1', 1), ('2', 1), ('4', 1), ('6', 2)]);
    assert_eq!(found("de martinet"), [('2', 0)]);
    assert_eq!(found("martiet"), [('3', 3), ('5', 3), ('1', 4), ('2', 4), ('4', 4)]);
    assert_eq!(found("de martiet"), [('2', 3)]);
    assert_eq!(found("matrinet lac"), [('4', 4)], "not all of the name");
}

#[test]
fn an_error_is_forgiven_in_what_is_asked_of_a_practice() {
    let (_folder, index) = built(&world());
    let reader = index.reader();
    let practising = |profession: &str, specialty: Option<&str>, city: &str| {
        let said = |text: &str| Some(text.to_owned());
        let criteria =
            Criteria { profession: said(profession), specialty: specialty.map(str::to_owned), city: said(city), ..Criteria::default() };
        let answer = asked(&reader, Audience::Public, &criteria);
        (answer.iter().map(|(key, _)| key.clone()).collect::<BTreeSet<_>>(), answer.first().map(|(_, class)| *class))
    };
    let nurses = practising("Infirmier", None, "grenoble");
    assert!(!nurses.0.is_empty() && nurses.1 == Some(0));
    for (profession, city) in [("infirmeir", "grenoble"), ("infirmie", "grenoble"), ("60", "grenobel"), ("infirmier", "genoble")] {
        assert_eq!(practising(profession, None, city), (nurses.0.clone(), Some(4)), "{profession} {city}");
    }
    let hearts = practising("10", Some("cardiologie"), "lyon");
    assert_eq!(practising("10", Some("cardiologei"), "lyon"), (hearts.0, Some(4)));
    for (profession, city) in [("infirmeir", "grenobel"), ("61", "grenoble"), ("infrimeir", "grenoble")] {
        assert!(practising(profession, None, city).0.is_empty(), "two errors, or another code: {profession} {city}");
    }
}

#[test]
fn who_is_gone_is_not_found_by_an_error() {
    let (_folder, mut index) = built(&[named("10000000001", "ROUGIER"), named("10000000002", "BLANCHET")].concat());
    let reader = index.reader();
    assert_eq!(asked(&reader, Audience::Public, &name("rougeir")).len(), 1);
    let key = named("10000000001", "ROUGIER")[0].published.key();
    index.live().delete_entries(&[key]);
    index.live().commit(Committed { seq: 2 }).unwrap();
    for typed in ["rougeir", "rougie", "rougierr", "rouguer", "rougier"] {
        assert!(asked(&reader, Audience::Public, &name(typed)).is_empty(), "its term may still be there, the entry is not: {typed}");
    }
}
