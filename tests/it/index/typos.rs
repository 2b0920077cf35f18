//! Errors in words: compared with a plain count of edits over every entry, for both audiences, and over pages.

use super::sample::{Dice, Doc, nurse, person, physician, world};
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
fn asked(reader: &Reader, audience: Audience, criteria: &Criteria) -> Vec<(String, u16)> {
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

/// What an entry is compared by: words of family names and of given names, neighbours written as one among them, of communes by practice.
struct Words {
    names: BTreeSet<String>,
    givens: BTreeSet<String>,
    initials: BTreeSet<String>,
    /// Sounds of the names of each kind.
    sounds: [BTreeSet<String>; 2],
    cities: Vec<BTreeSet<String>>,
}

/// Words of one question that are asked of one set.
#[derive(Clone, Copy)]
enum Asked<'a> {
    Name(&'a str),
    Given(&'a str),
    City(&'a str),
}

impl<'a> Asked<'a> {
    fn word(self) -> &'a str {
        match self {
            Self::Name(word) | Self::Given(word) | Self::City(word) => word,
        }
    }

    fn errors(self) -> usize {
        match self.word().chars().count() {
            _ if !self.word().chars().all(char::is_alphabetic) => 0,
            8.. => 2,
            4.. => 1,
            _ => 0,
        }
    }
}

impl Words {
    fn of(doc: &Doc) -> Self {
        let view = doc.published.view();
        let persons = view.persons();
        let all = |name: &str| {
            let words: Vec<String> = text::words(name).iter().map(|w| text::small_words::canonical(w).to_owned()).collect();
            let joined: Vec<String> = text::small_words::joined(&words).map(|(_, joined)| joined).collect();
            words.into_iter().chain(joined)
        };
        let initials = |name: &str| text::words(name).iter().filter_map(|w| w.chars().next()).collect::<String>();
        let town = |place: &annuaire::visibility::OrganizationView| {
            let number = text::town::arrondissement(&place.city, &place.postal_code).map(|number| number.to_string());
            let words = text::town::town_words(&place.city);
            let joined = (words.len() > 1).then(|| words.iter().filter(|w| w.parse::<u32>().is_err()).map(String::as_str).collect());
            words.into_iter().chain(joined).chain(number).collect()
        };
        let names: BTreeSet<String> = persons.iter().flat_map(|p| all(&p.family_name)).collect();
        let givens: BTreeSet<String> = persons.iter().flat_map(|p| all(&p.given_name)).collect();
        Self {
            sounds: [&names, &givens].map(|words| words.iter().filter_map(|word| text::phonetic::key(word)).collect()),
            names,
            givens,
            initials: persons.iter().map(|p| initials(&p.given_name)).filter(|i| i.len() > 1).collect(),
            cities: view.practices().iter().filter_map(|p| p.organization.map(town)).collect(),
        }
    }

    /// Edits between an asked word and the nearest own one of a set; none where it is found as it is typed.
    fn edits(&self, asked: Asked<'_>, city: &BTreeSet<String>) -> Option<usize> {
        let own = match asked {
            Asked::Name(_) => &self.names,
            Asked::Given(_) => &self.givens,
            Asked::City(_) => city,
        };
        let (typed, word) = (asked.word(), text::small_words::canonical(asked.word()));
        let sound = text::phonetic::key(word);
        let alike = |kind: usize| own.iter().any(|o| o.starts_with(typed)) || sound.is_some_and(|sound| self.sounds[kind].contains(&sound));
        let full = || text::everyday::full_names(typed).iter().any(|names| names.iter().all(|name| own.contains(name)));
        let found = match asked {
            Asked::City(_) => own.contains(word),
            Asked::Name(_) => own.contains(word) || alike(0),
            Asked::Given(_) => own.contains(word) || alike(1) || self.initials.contains(typed) || full(),
        };
        if found {
            return Some(0);
        }
        let near = |o: &String| {
            let edits = edits(o, word);
            (edits < 2 || o.chars().next() == word.chars().next()).then_some(edits)
        };
        own.iter().filter_map(near).min()
    }

    /// Do all words hold, those marked with at most so many errors?
    fn hold(&self, asked: &[(Asked<'_>, bool)], errors: usize) -> bool {
        let holds = |city: &BTreeSet<String>| {
            asked.iter().all(|(word, marked)| {
                let most = if *marked { errors.min(word.errors()) } else { 0 };
                self.edits(*word, city).is_some_and(|edits| edits <= most)
            })
        };
        match asked.iter().any(|(word, _)| matches!(word, Asked::City(_))) {
            true => self.cities.iter().any(holds),
            false => holds(&BTreeSet::new()),
        }
    }

    fn has_whole(&self, asked: Asked<'_>) -> bool {
        match asked {
            Asked::Name(word) => self.names.contains(word),
            Asked::Given(word) => self.givens.contains(word),
            Asked::City(word) => self.cities.iter().any(|city| city.contains(word)),
        }
    }
}

#[test]
fn an_answer_is_what_a_count_of_edits_says() {
    let docs = world();
    let (_folder, index) = built(&docs);
    let reader = index.reader();
    let entries: Vec<(&Doc, Words)> = docs.iter().map(|doc| (doc, Words::of(doc))).collect();
    let mut dice = Dice(7);
    let mut forgiven = [0; 3];
    for round in 0..1_000 {
        let (_, source) = dice.of(&entries);
        let mut pick = |all: &BTreeSet<String>, asked: bool| -> Option<String> {
            let all: Vec<_> = all.iter().filter(|word| word.chars().count() >= 2).cloned().collect();
            if all.is_empty() || !asked { None } else { Some(dice.of(&all).clone()) }
        };
        let shape = round % 7;
        let mut name = pick(&source.names, matches!(shape, 0 | 3 | 4 | 6));
        let mut given = pick(&source.givens, matches!(shape, 1 | 3 | 5 | 6));
        let mut city = pick(source.cities.first().unwrap_or(&BTreeSet::new()), matches!(shape, 2 | 4 | 5 | 6));
        let mut words: Vec<&mut String> = name.iter_mut().chain(&mut given).chain(&mut city).collect();
        if words.is_empty() {
            continue;
        }
        for _ in 0..=dice.roll(2) {
            let at = dice.roll(words.len());
            *words[at] = with_an_error(&mut dice, words[at]);
        }
        if words.iter().any(|word| word.is_empty()) {
            continue;
        }
        let criteria = Criteria { name: name.clone(), given: given.clone(), city: city.clone(), ..Criteria::default() };
        let asking: Vec<Asked<'_>> =
            [name.as_deref().map(Asked::Name), given.as_deref().map(Asked::Given), city.as_deref().map(Asked::City)]
                .into_iter()
                .flatten()
                .collect();
        for audience in Audience::ALL {
            let shown = || entries.iter().filter(|(doc, _)| doc.shown_to(audience));
            let marked: Vec<_> = asking.iter().map(|word| (*word, !shown().any(|(_, words)| words.has_whole(*word)))).collect();
            let matching = |errors| -> BTreeSet<String> {
                shown().filter(|(_, words)| words.hold(&marked, errors)).map(|(doc, _)| doc.key()).collect()
            };
            let answers: Vec<_> = (0..3).map(matching).collect();
            let level = answers.iter().position(|answer| !answer.is_empty());
            let answer = asked(&reader, audience, &criteria);
            let expected = level.map(|level| answers[level].clone()).unwrap_or_default();
            let least = [0, 576, 768];
            assert!(answer.iter().all(|(_, class)| *class >= least[level.unwrap_or_default()]), "{criteria:?}");
            assert!(level != Some(0) || answer.iter().all(|(_, class)| *class < 576), "{criteria:?}");
            forgiven[level.unwrap_or_default()] += 1;
            assert_eq!(answer.into_iter().map(|(key, _)| key).collect::<BTreeSet<_>>(), expected, "{criteria:?}");
        }
    }
    assert!(forgiven[1] > 300 && forgiven[2] > 30, "the questions are of the kind meant: {forgiven:?}");
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
    let found = |typed| -> Vec<(char, u16)> {
        let answer = asked(&reader, Audience::Public, &name(typed));
        answer.into_iter().map(|(key, class)| (key.chars().next_back().unwrap(), class)).collect()
    };
    assert_eq!(found("martinet"), [('3', 0), ('5', 0), ('1', 2), ('2', 2), ('4', 2), ('6', 194)]);
    assert_eq!(found("de martinet"), [('2', 0), ('1', 3), ('3', 3), ('5', 3), ('4', 3), ('6', 195)], "the particle breaks ties");
    assert_eq!(found("martiet"), [('3', 576), ('5', 576), ('1', 578), ('2', 578), ('4', 578)]);
    assert_eq!(found("de martiet")[0], ('2', 576));
    assert_eq!(found("matrinet lac"), [('4', 578)], "not all of the name");
    assert_eq!(found("bois martinte"), [('1', 576)]);
    // Two errors from eight letters, none in the first letter; one from four.
    assert_eq!(found("matrniet")[0], ('3', 768));
    assert!(found("amrtniet").is_empty() && found("dub").is_empty());
    // It sounds alike.
    assert_eq!(found("martinay").iter().map(|(_, class)| *class).collect::<Vec<_>>(), [386; 5]);
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
        assert_eq!(practising(profession, None, city), (nurses.0.clone(), Some(576)), "{profession} {city}");
    }
    let hearts = practising("10", Some("cardiologie"), "lyon");
    assert_eq!(practising("10", Some("cardiologei"), "lyon"), (hearts.0, Some(576)));
    assert_eq!(practising("infirmeir", None, "grenobel"), (nurses.0.clone(), Some(576)), "an error in each word");
    assert_eq!(practising("infrimeir", None, "grenoble"), (nurses.0, Some(768)), "two in a long one");
    for (profession, city) in [("61", "grenoble"), ("ifnrmeir", "grenoble"), ("infirmier", "gernobel2"), ("infirmier", "nice")] {
        assert!(practising(profession, None, city).0.is_empty(), "too many errors, or another code: {profession} {city}");
    }
}

#[test]
fn a_name_that_nobody_of_the_profession_has_may_be_an_error() {
    let practising = |rpps: &str, name: &str, profession: fn() -> annuaire::model::Coded, city: &str| {
        let site = super::sample::site(&format!("R10{rpps}"), "CABINET", "38000", city, ("38", "Isère"));
        let (exercise, activity) = (super::sample::exercise(profession(), &[]), super::sample::activity(profession(), Some(site)));
        super::sample::documents(&Record::Professional(person(rpps, "Ada", name, vec![exercise], vec![activity])))
    };
    let mut docs = practising("10000000001", "MARTINEL", physician, "GRENOBLE");
    docs.extend(practising("10000000002", "MARINEL", nurse, "VOIRON"));
    // A physician of that name whom the public is not shown.
    let hidden = practising("10000000004", "MARINEL", physician, "VOIRON");
    docs.extend(hidden.into_iter().map(|doc| Doc { audiences: Audience::Professional.bit(), ..doc }));
    let (_folder, mut index) = built(&docs);
    let reader = index.reader();
    let who = |criteria: &Criteria| -> Vec<(char, u16)> {
        let answer = asked(&reader, Audience::Public, criteria);
        answer.into_iter().map(|(key, class)| (key.chars().next_back().unwrap(), class)).collect()
    };
    let practised = |name: &str, profession: &str| Criteria { profession: Some(profession.to_owned()), ..self::name(name) };
    let q = |q: &str| Criteria { q: Some(q.to_owned()), ..Criteria::default() };
    let in_grenoble = Criteria { city: Some("grenoble".to_owned()), ..practised("marinel", "10") };
    assert_eq!(who(&practised("marinel", "60")), [('2', 0)]);
    for criteria in [practised("marinel", "10"), practised("marinel", "médecin"), in_grenoble.clone()] {
        assert_eq!(who(&criteria), [('1', 576)], "{criteria:?}");
    }
    assert!(asked(&reader, Audience::Professional, &in_grenoble).is_empty(), "who is shown to this audience is right");
    assert!(who(&practised("marinel", "médecni")).is_empty(), "of a profession that is misspelt itself the name is right");
    assert!(who(&q("marinel medecin grenoble")).is_empty(), "in one box it is right wherever somebody has it");
    // Somebody of the profession comes who is called so: it is right, wherever that may be.
    add(index.live(), &practising("10000000003", "MARINEL", physician, "VOIRON"));
    index.live().commit(Committed { seq: 2 }).unwrap();
    assert!(who(&in_grenoble).is_empty());
    assert_eq!(who(&practised("marinel", "10")), [('3', 0)]);
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
